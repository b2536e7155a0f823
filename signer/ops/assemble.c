/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/assemble.h"

#include "signer/base/mem.h"
#include "signer/ops/handover.h"

static int special_hashes(const struct sgn_plan *plan, const struct sgn_plan_slice *s,
                          struct sgn_codedir_spec *spec, struct sgn_error *err)
{
	int rc = 0;

	for (uint32_t slot = 1; rc == 0 && slot <= CSSLOT_SPECIAL_MAX; slot++) {
		bool present;
		struct sgn_view content = sgn_plan_special(plan, s, slot, &present);

		spec->special[slot].size = 0;
		if (present)
			rc = sgn_digest(spec->digest, content, &spec->special[slot], err);
	}
	return rc;
}

/* What the old CodeDirectory of the same digest has, when it describes as many pages; else empty: the new
 * page hashes serve. */
static struct sgn_view kept_pre_encrypt(const struct sgn_plan_slice *s,
                                        const struct sgn_codedir_spec *spec)
{
	uint64_t size = sgn_codedir_page_count(spec) * sgn_digest_size(spec->digest);

	for (size_t i = 0; s->old && i < s->old->dir_count; i++)
		if (s->old->dirs[i].digest == spec->digest &&
		    s->old->dirs[i].pre_encrypt.size == size)
			return s->old->dirs[i].pre_encrypt;
	return SGN_VIEW_EMPTY;
}

static int assemble_dir(const struct sgn_plan *plan, const struct sgn_plan_slice *s, size_t d,
                        uint64_t code_limit, const uint8_t *hashes, struct sgn_assembled *out,
                        struct sgn_error *err)
{
	struct sgn_codedir_spec spec = s->spec;
	struct sgn_buf *buf = &out->dirs[d];
	int rc;

	spec.digest = plan->digests[d];
	spec.code_limit = code_limit;
	spec.pre_encrypt = kept_pre_encrypt(s, &spec);
	rc = special_hashes(plan, s, &spec, err);
	if (rc)
		return rc;
	sgn_buf_init(buf, SGN_LIMIT_SIGNATURE);
	rc = sgn_codedir_write(&spec, hashes, buf, err);
	if (rc == 0)
		rc = sgn_buf_finish(buf, err, "CodeDirectory");
	out->cdhashes[d].digest = spec.digest;
	if (rc == 0)
		rc = sgn_digest(spec.digest, sgn_buf_view(buf), &out->cdhashes[d].full, err);
	return rc;
}

int sgn_assemble_dirs(const struct sgn_plan *plan, size_t slice, uint64_t code_limit,
                      uint8_t *const hashes[3], struct sgn_assembled *out, struct sgn_error *err)
{
	const struct sgn_plan_slice *s = &plan->slices[slice];
	int rc = 0;

	*out = (struct sgn_assembled){.dir_count = plan->digest_count};
	for (size_t d = 0; rc == 0 && d < plan->digest_count; d++)
		rc = assemble_dir(plan, s, d, code_limit, hashes[d], out, err);
	return rc;
}

int sgn_assemble_sign(const struct sgn_plan *plan, size_t slice,
                      const struct sgn_sign_options *opts, int64_t signing_time,
                      struct sgn_assembled *out, struct sgn_error *err)
{
	const struct sgn_plan_slice *s = &plan->slices[slice];
	struct sgn_cms_sign_input in = {
		.identity = opts->identity,
		.content = sgn_buf_view(&out->dirs[0]),
		.cdhashes = out->cdhashes,
		.cdhash_count = out->dir_count,
		.has_signing_time = !opts->no_signing_time,
		.signing_time = signing_time,
	};
	struct sgn_digest_bytes digest;
	int rc;

	if (!opts->identity)
		return 0;
	if (!opts->handover)
		return sgn_cms_sign_begin(&in, &out->cms, err);
	rc = sgn_cms_draft_make(&in, &out->cms, &digest, err);
	if (rc == 0)
		rc = sgn_handover_answer(opts, opts->handover_name, s->code->macho->arch,
		                         s->components.blob[CSSLOT_ENTITLEMENTS], &digest, out,
		                         err);
	return rc;
}

bool sgn_assembled_pending(const struct sgn_assembled *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (parts[i].pending)
			return true;
	return false;
}

/* Tokens for those that have none yet; which[] has room for all. */
static int stamp(const struct sgn_timestamper *t, struct sgn_assembled *parts, size_t count,
                 struct sgn_stamp *stamps, size_t *which, struct sgn_error *err)
{
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < count; i++) {
		if (parts[i].stamp.token.size)
			continue;
		stamps[n].signature = sgn_buf_view(&parts[i].cms.signature);
		which[n++] = i;
	}
	rc = sgn_timestamp(t, stamps, n, err);
	for (size_t i = 0; i < n; i++)
		parts[which[i]].stamp = stamps[i];
	return rc;
}

int sgn_assemble_stamp(const struct sgn_timestamper *t, const struct sgn_sign_options *opts,
                       struct sgn_assembled *parts, size_t count, struct sgn_error *err)
{
	struct sgn_stamp *stamps;
	size_t *which;
	int rc;

	if (t->server_count == 0)
		return 0;
	/* A file that is not finished in this round needs none. */
	if (sgn_assembled_pending(parts, count))
		return 0;
	stamps = sgn_calloc(count, sizeof(*stamps));
	which = sgn_calloc(count, sizeof(*which));
	rc = stamps && which ? stamp(t, parts, count, stamps, which, err) : sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && sgn_handover_records(opts->handover) && i < count; i++)
		rc = sgn_handover_keep_timestamp(opts->handover, &parts[i], err);
	sgn_free(stamps);
	sgn_free(which);
	return rc;
}

/* The CMS in its wrapper; for ad hoc an empty wrapper, as Apple's signer writes it. */
static int write_cms(struct sgn_assembled *a, struct sgn_buf *wrapper, struct sgn_error *err)
{
	struct sgn_buf cms;
	int rc = 0;

	sgn_buf_init(&cms, SGN_LIMIT_CMS);
	if (a->cms.identity)
		rc = sgn_cms_sign_finish(&a->cms, sgn_buf_view(&a->stamp.token), &cms, err);
	sgn_blob_write(wrapper, CSMAGIC_BLOBWRAPPER, sgn_buf_view(&cms));
	a->cms_size = cms.size;
	sgn_buf_dispose(&cms);
	return rc ? rc : sgn_buf_finish(wrapper, err, "CMS");
}

static int put_together(const struct sgn_plan_slice *s, struct sgn_assembled *a,
                        const struct sgn_buf *wrapper, struct sgn_error *err)
{
	struct sgn_superblob_maker maker;
	int rc;

	sgn_superblob_maker_init(&maker, CSMAGIC_EMBEDDED_SIGNATURE);
	sgn_superblob_add(&maker, CSSLOT_CODEDIRECTORY, sgn_buf_view(&a->dirs[0]));
	for (size_t d = 1; d < a->dir_count; d++)
		sgn_superblob_add(&maker, (uint32_t)(CSSLOT_ALTERNATE_CODEDIRECTORIES + d - 1),
		                  sgn_buf_view(&a->dirs[d]));
	for (uint32_t slot = 1; slot <= CSSLOT_SPECIAL_MAX; slot++)
		if (s->components.blob[slot].size)
			sgn_superblob_add(&maker, slot, s->components.blob[slot]);
	sgn_superblob_add(&maker, CSSLOT_SIGNATURESLOT, sgn_buf_view(wrapper));
	sgn_buf_init(&a->superblob, SGN_LIMIT_SIGNATURE);
	rc = sgn_superblob_write(&maker, &a->superblob, err);
	return rc ? rc : sgn_buf_finish(&a->superblob, err, "signature");
}

static int check_fits(const struct sgn_plan_slice *s, const struct sgn_assembled *a,
                      struct sgn_error *err)
{
	int rc;

	if (a->superblob.size <= s->reserve)
		return 0;
	rc = sgn_fail(err, SGN_E_LIMIT,
	              "the signature has %zu bytes, %zu more than the %u reserved for it",
	              a->superblob.size, a->superblob.size - s->reserve, s->reserve);
	sgn_error_osstatus(err, rc, errSecCSCMSTooLarge);
	return sgn_error_cure(err, rc, "pass --signature-size %zu or more", a->cms_size + 8);
}

int sgn_assemble_finish(const struct sgn_plan *plan, size_t slice, struct sgn_assembled *out,
                        struct sgn_error *err)
{
	const struct sgn_plan_slice *s = &plan->slices[slice];
	struct sgn_buf wrapper;
	int rc;

	sgn_buf_init(&wrapper, SGN_LIMIT_CMS + 8);
	rc = write_cms(out, &wrapper, err);
	if (rc == 0)
		rc = put_together(s, out, &wrapper, err);
	if (rc == 0)
		rc = check_fits(s, out, err);
	sgn_buf_dispose(&wrapper);
	return rc;
}

void sgn_assembled_dispose(struct sgn_assembled *a)
{
	for (size_t d = 0; d < SGN_ARRAY_LEN(a->dirs); d++)
		sgn_buf_dispose(&a->dirs[d]);
	sgn_cms_draft_dispose(&a->cms);
	sgn_buf_dispose(&a->stamp.token);
	sgn_buf_dispose(&a->superblob);
}
