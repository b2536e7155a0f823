/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files hashed with several digests over the same bytes, each byte read once. */
#ifndef SIGNER_OPS_FILEHASH_H
#define SIGNER_OPS_FILEHASH_H

#include "signer/base/pool.h"
#include "signer/hash/digest.h"

/* Which digests are wanted, by bit: 1 << SGN_DIGEST_SHA1 ... */
struct sgn_file_hashes {
	struct sgn_digest_bytes sha1, sha256, sha384; /* size 0: not asked for */
};

int sgn_hash_file(const char *path, unsigned wanted, struct sgn_file_hashes *out,
                  struct sgn_error *err);

#endif
