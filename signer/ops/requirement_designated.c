/* SPDX-License-Identifier: Apache-2.0 */
/* The designated requirement that code has, and the one it would get. */
#include <stdio.h>

#include "signer/base/mem.h"
#include "signer/ops/subject.h"

struct designated {
	struct sgn_designated pub; /* first, so that freeing knows where it is */
	struct sgn_arena arena;
	struct sgn_subjects subjects;
};

/* What signing would have stored by itself; nothing when the certificates do not make one. */
static int standard_of(struct designated *d, const struct sgn_subject_slice *s,
                       struct sgn_designated_slice *out, struct sgn_error *err)
{
	const struct sgn_chain *chain = s->chain;
	struct sgn_buf blob;
	int rc;

	if (!chain || chain->count == 0)
		return 0;
	sgn_buf_init(&blob, SGN_LIMIT_REQUIREMENTS);
	rc = sgn_req_designated(s->facts.req.identifier, chain->certs, chain->count,
	                        chain->apple_root, &blob, NULL);
	if (rc == SGN_E_NOMEM) {
		sgn_fail_nomem(err);
	} else if (rc) {
		rc = 0;
	} else if (blob.size) {
		out->is_standard = sgn_view_equal(sgn_buf_view(&blob), s->designated);
		rc = sgn_requirement_text(sgn_buf_view(&blob), &d->arena, &out->standard, err);
	}
	sgn_buf_dispose(&blob);
	return rc;
}

static int fill_slice(struct designated *d, const struct sgn_subject_slice *s,
                      struct sgn_designated_slice *out, struct sgn_error *err)
{
	int rc;

	snprintf(out->arch, sizeof(out->arch), "%s", s->arch);
	out->stored = !s->implied;
	out->blob = s->designated.data;
	out->blob_size = s->designated.size;
	rc = sgn_requirement_text(s->designated, &d->arena, &out->text, err);
	if (rc == 0)
		rc = standard_of(d, s, out, err);
	return sgn_error_at_arch(err, rc, s->arch);
}

static int fill(struct designated *d, struct sgn_error *err)
{
	const struct sgn_subject *s = &d->subjects.items[0];
	struct sgn_designated_slice *slices;
	int rc = sgn_subject_must_be_signed(s, err);

	if (rc)
		return rc;
	slices = sgn_arena_array(&d->arena, s->count, sizeof(*slices));
	if (!slices)
		return sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < s->count; i++)
		rc = fill_slice(d, &s->slices[i], &slices[i], err);
	d->pub.identifier = s->slices[0].sig->best->identifier;
	d->pub.slices = slices;
	d->pub.slice_count = s->count;
	return rc;
}

int sgn_requirement_designated(struct sgn_context *ctx, const char *path,
                               struct sgn_designated **out, struct sgn_error *err)
{
	struct designated *d = sgn_calloc(1, sizeof(*d));
	int rc;

	*out = NULL;
	if (!d)
		return sgn_fail_nomem(err);
	rc = sgn_subjects_open(ctx, path, NULL, false, &d->subjects, err);
	if (rc == 0)
		rc = sgn_error_at_path(err, fill(d, err), path);
	if (rc == 0)
		*out = &d->pub;
	else
		sgn_designated_free(&d->pub);
	return rc;
}

void sgn_designated_free(struct sgn_designated *designated)
{
	struct designated *d = (struct designated *)designated;

	if (!d)
		return;
	sgn_subjects_close(&d->subjects);
	sgn_arena_dispose(&d->arena);
	sgn_free(d);
}

int sgn_requirement_default(const struct sgn_identity *id, const char *identifier, uint8_t **blob,
                            size_t *blob_size, struct sgn_error *err)
{
	const struct sgn_chain *chain = sgn_identity_chain(id);
	struct sgn_buf out;
	int rc;

	sgn_buf_init(&out, SGN_LIMIT_REQUIREMENTS);
	rc = sgn_req_designated(sgn_view_str(identifier), chain->certs, chain->count,
	                        chain->apple_root, &out, err);
	if (rc == 0)
		rc = sgn_buf_finish(&out, err, "requirement");
	if (rc == 0)
		*blob = sgn_buf_take(&out, blob_size);
	sgn_buf_dispose(&out);
	return rc;
}
