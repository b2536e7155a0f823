/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/filehash.h"

#include "signer/base/file.h"
#include "signer/base/mem.h"

#define CHUNK (256u * 1024)

struct stream {
	enum sgn_digest alg;
	struct sgn_hasher *hasher;
	struct sgn_digest_bytes *out;
};

static int hash_source(const struct sgn_source *src, struct stream *s, size_t n,
                       struct sgn_error *err)
{
	size_t room = src->size < CHUNK ? (size_t)src->size : CHUNK;
	uint8_t *buf = sgn_malloc(room ? room : 1);
	int rc = buf ? 0 : sgn_fail_nomem(err);

	for (uint64_t at = 0; rc == 0 && at < src->size; at += room) {
		size_t len = src->size - at < room ? (size_t)(src->size - at) : room;

		rc = sgn_source_read(src, at, buf, len, err);
		for (size_t i = 0; rc == 0 && i < n; i++)
			rc = sgn_hasher_update(s[i].hasher, sgn_view_of(buf, len), err);
	}
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = sgn_hasher_finish(s[i].hasher, s[i].out, err);
	sgn_free(buf);
	return rc;
}

int sgn_hash_file(const char *path, unsigned wanted, struct sgn_file_hashes *out,
                  struct sgn_error *err)
{
	struct stream all[] = {{SGN_DIGEST_SHA1, NULL, &out->sha1},
	                       {SGN_DIGEST_SHA256, NULL, &out->sha256},
	                       {SGN_DIGEST_SHA384, NULL, &out->sha384}};
	struct stream used[SGN_ARRAY_LEN(all)];
	struct sgn_source src;
	size_t n = 0;
	int rc = sgn_source_open(path, &src, err);

	*out = (struct sgn_file_hashes){0};
	if (rc)
		return sgn_error_at_path(err, rc, path);
	for (size_t i = 0; rc == 0 && i < SGN_ARRAY_LEN(all); i++) {
		if (!(wanted & 1u << all[i].alg))
			continue;
		used[n] = all[i];
		rc = sgn_hasher_new(used[n].alg, &used[n].hasher, err);
		if (rc == 0)
			n++;
	}
	if (rc == 0)
		rc = hash_source(&src, used, n, err);
	for (size_t i = 0; i < n; i++)
		sgn_hasher_free(used[i].hasher);
	sgn_source_close(&src);
	return sgn_error_at_path(err, rc, path);
}
