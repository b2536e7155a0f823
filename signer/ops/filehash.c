/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/filehash.h"

#include "signer/base/file.h"
#include "signer/base/mem.h"

/* As in image.c. */
#define CHUNK (96u * 1024)

static int hash_source(const struct sgn_source *src, struct sgn_file_hasher *hasher,
                       struct sgn_file_hashes *out, struct sgn_error *err)
{
	size_t room = src->size < CHUNK ? (size_t)src->size : CHUNK;
	uint8_t *buf = sgn_malloc(room ? room : 1);
	int rc = buf ? 0 : sgn_fail_nomem(err);

	for (uint64_t at = 0; rc == 0 && at < src->size; at += room) {
		size_t len = src->size - at < room ? (size_t)(src->size - at) : room;

		rc = sgn_source_read(src, at, buf, len, err);
		if (rc == 0)
			rc = sgn_file_hasher_update(hasher, sgn_view_of(buf, len), err);
	}
	if (rc == 0)
		rc = sgn_file_hasher_finish(hasher, out, err);
	sgn_free(buf);
	return rc;
}

int sgn_hash_file(const char *path, unsigned wanted, struct sgn_file_hashes *out,
                  struct sgn_error *err)
{
	struct sgn_file_hasher *hasher = NULL;
	struct sgn_source src;
	int rc = sgn_source_open(path, &src, err);

	*out = (struct sgn_file_hashes){0};
	if (rc)
		return sgn_error_at_path(err, rc, path);
	rc = sgn_file_hasher_new(wanted, &hasher, err);
	if (rc == 0)
		rc = hash_source(&src, hasher, out, err);
	sgn_file_hasher_free(hasher);
	sgn_source_close(&src);
	return sgn_error_at_path(err, rc, path);
}
