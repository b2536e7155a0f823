/* SPDX-License-Identifier: Apache-2.0 */
/* Files hashed with several digests over the same bytes, each byte read once. */
#ifndef SIGNER_OPS_FILEHASH_H
#define SIGNER_OPS_FILEHASH_H

#include "signer/base/pool.h"
#include "signer/hash/files.h"

/* wanted: bits of signer/hash/files.h. */
int sgn_hash_file(const char *path, unsigned wanted, struct sgn_file_hashes *out,
                  struct sgn_error *err);

#endif
