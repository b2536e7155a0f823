/* SPDX-License-Identifier: Apache-2.0 */
/* The table of digest algorithms, for the files of this room. */
#ifndef SIGNER_HASH_DIGEST_TABLE_H
#define SIGNER_HASH_DIGEST_TABLE_H

#include <signet/hash.h>

#include "signer/hash/sha.h"

struct sgn_digest_row {
	enum sgn_digest alg;
	const char *name;          /* codesign's */
	size_t size;               /* bytes that are kept */
	const struct sgn_sha *sha; /* our own; NULL: OpenSSL's */
	const char *evp_name;      /* OpenSSL's name */
};

/* NULL when unknown. */
const struct sgn_digest_row *sgn_digest_row(enum sgn_digest alg);

/* The same, or SGN_E_UNSUPPORTED. */
int sgn_digest_require(enum sgn_digest alg, const struct sgn_digest_row **out,
                       struct sgn_error *err);

#endif
