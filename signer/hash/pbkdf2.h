/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from passwords. */
#ifndef SIGNER_HASH_PBKDF2_H
#define SIGNER_HASH_PBKDF2_H

#include "signer/base/view.h"

#define SGN_PBKDF2_MAX_KEY 32

/* PBKDF2 with HMAC-SHA-256 (RFC 8018 5.2); key_size is at most SGN_PBKDF2_MAX_KEY, one digest, and iterations
 * at least 1. Leaves no copy of what it computed. */
void sgn_pbkdf2_sha256(struct sgn_view password, struct sgn_view salt, uint32_t iterations,
                       uint8_t *key, size_t key_size);

#endif
