/* SPDX-License-Identifier: Apache-2.0 */
/* The last look before a signature is committed: signet does not write what it would not accept. */
#ifndef SIGNER_OPS_SELF_CHECK_H
#define SIGNER_OPS_SELF_CHECK_H

#include "signer/ops/assemble.h"

/* Structure, special slots, CMS with its agility attributes, designated requirement of one slice.
 * SGN_E_INTERNAL when signet made a mistake, SGN_E_MISMATCH when the requirement that was given or
 * preserved does not accept the new signer. */
int sgn_self_check_slice(const struct sgn_context *ctx, const struct sgn_plan *plan, size_t slice,
                         const struct sgn_assembled *a, const struct sgn_sign_options *opts,
                         struct sgn_error *err);

/* The file as it is now, or will be: parses, is laid out soundly, and holds the signatures. */
int sgn_self_check_file(const struct sgn_source *src, const struct sgn_assembled *parts,
                        size_t count, struct sgn_error *err);

#endif
