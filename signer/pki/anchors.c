/* SPDX-License-Identifier: Apache-2.0 */
/* Which certificates are trusted as Apple's, and which merely help to build a chain to them. */
#include <string.h>

#include "signer/base/file.h"
#include "signer/pki/apple_certs.h"
#include "signer/pki/internal.h"

static int load_built_in(struct sgn_anchors *a, struct sgn_error *err)
{
	struct sgn_cert *certs = sgn_arena_array(&a->arena, sgn_apple_cert_count, sizeof(*certs));

	if (!certs)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < sgn_apple_cert_count; i++) {
		int rc = sgn_cert_parse(sgn_apple_certs[i].der, &a->arena, &certs[i], err);

		if (rc)
			return sgn_wrap(err, rc, "built-in %s", sgn_apple_certs[i].file);
	}
	a->apple = certs;
	a->apple_count = sgn_apple_cert_count;
	return 0;
}

static int load_file(const char *path, struct sgn_arena *arena, struct sgn_cert **certs,
                     size_t *count, struct sgn_error *err)
{
	struct sgn_buf bytes;
	int rc;

	sgn_buf_init(&bytes, SGN_LIMIT_CERT_FILE);
	rc = sgn_file_load(path, &bytes, err);
	if (rc == 0)
		rc = sgn_certs_load(sgn_buf_view(&bytes), arena, certs, count, err);
	sgn_buf_dispose(&bytes);
	return sgn_error_at_path(err, rc, path);
}

static int load_extra(const char *const *paths, size_t path_count, struct sgn_anchors *a,
                      struct sgn_error *err)
{
	struct sgn_cert *all, *some;
	size_t total = 0, count = 0;
	int rc = 0;

	all = sgn_arena_array(&a->arena, path_count * SGN_LIMIT_CERTS, sizeof(*all));
	if (!all)
		return sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < path_count; i++) {
		rc = load_file(paths[i], &a->arena, &some, &count, err);
		if (rc)
			break;
		memcpy(all + total, some, count * sizeof(*some));
		total += count;
	}
	a->extra = all;
	a->extra_count = total;
	return rc;
}

int sgn_anchors_load(const char *const *extra_paths, size_t extra_count, struct sgn_anchors *out,
                     struct sgn_error *err)
{
	int rc;

	memset(out, 0, sizeof(*out));
	if (extra_count > SGN_LIMIT_CERTS)
		return sgn_fail(err, SGN_E_LIMIT, "%zu files of extra roots, more than %d",
		                extra_count, SGN_LIMIT_CERTS);
	rc = load_built_in(out, err);
	if (rc == 0 && extra_count)
		rc = load_extra(extra_paths, extra_count, out, err);
	if (rc)
		sgn_anchors_dispose(out);
	return rc;
}

void sgn_anchors_dispose(struct sgn_anchors *a)
{
	sgn_arena_dispose(&a->arena);
	memset(a, 0, sizeof(*a));
}

bool sgn_anchors_is_root(const struct sgn_anchors *anchors, const struct sgn_cert *cert)
{
	if (!anchors)
		return false;
	/* a->apple is in the order of the table. */
	for (size_t i = 0; i < anchors->apple_count; i++)
		if (sgn_apple_certs[i].anchor && sgn_cert_same(&anchors->apple[i], cert))
			return true;
	for (size_t i = 0; i < anchors->extra_count; i++)
		if (sgn_cert_same(&anchors->extra[i], cert))
			return true;
	return false;
}
