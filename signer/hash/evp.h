/* SPDX-License-Identifier: Apache-2.0 */
/* Digests through OpenSSL, for those that have no kernel of our own. */
#ifndef SIGNER_HASH_EVP_H
#define SIGNER_HASH_EVP_H

#include "signer/base/error.h"
#include "signer/base/view.h"

/* One digest computation, used again and again. Not to be shared between threads. */
struct sgn_evp;

/* name: OpenSSL's. SGN_E_CRYPTO when OpenSSL does not offer it, SGN_E_NOMEM. */
int sgn_evp_new(const char *name, struct sgn_evp **out, struct sgn_error *err);
void sgn_evp_free(struct sgn_evp *evp);

/* begin also drops what an earlier computation left. out receives size bytes: all of the digest. */
int sgn_evp_begin(struct sgn_evp *evp, struct sgn_error *err);
int sgn_evp_update(struct sgn_evp *evp, struct sgn_view bytes, struct sgn_error *err);
int sgn_evp_finish(struct sgn_evp *evp, uint8_t *out, size_t size, struct sgn_error *err);

#endif
