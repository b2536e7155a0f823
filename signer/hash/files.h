/* SPDX-License-Identifier: Apache-2.0 */
/* Whole contents of files: several digests in one pass over the bytes, and many small files at once. */
#ifndef SIGNER_HASH_FILES_H
#define SIGNER_HASH_FILES_H

#include "signer/hash/digest.h"

/* Which digests are wanted, by bit. Others are SGN_E_UNSUPPORTED. */
#define SGN_WANT_SHA1   (1u << SGN_DIGEST_SHA1)
#define SGN_WANT_SHA256 (1u << SGN_DIGEST_SHA256)
#define SGN_WANT_SHA384 (1u << SGN_DIGEST_SHA384)

struct sgn_file_hashes {
	struct sgn_digest_bytes sha1, sha256, sha384; /* size 0: not asked for */
};

/* One content in pieces. After finish it begins a new one. */
struct sgn_file_hasher;
int sgn_file_hasher_new(unsigned wanted, struct sgn_file_hasher **out, struct sgn_error *err);
int sgn_file_hasher_update(struct sgn_file_hasher *h, struct sgn_view bytes, struct sgn_error *err);
int sgn_file_hasher_finish(struct sgn_file_hasher *h, struct sgn_file_hashes *out,
                           struct sgn_error *err);
void sgn_file_hasher_free(struct sgn_file_hasher *h);

/* n contents of any lengths, out[i] for messages[i]. They share the lanes of the kernels: whenever one
 * ends, the next one takes its place. */
int sgn_hash_many(const struct sgn_view *messages, size_t n, unsigned wanted,
                  struct sgn_file_hashes *out, struct sgn_error *err);

#endif
