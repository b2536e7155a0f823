/* SPDX-License-Identifier: Apache-2.0 */
/* What was signed, as plain values for the caller. */
#ifndef SIGNER_OPS_SIGN_RESULT_H
#define SIGNER_OPS_SIGN_RESULT_H

#include "signer/ops/assemble.h"

int sgn_sign_result_make(const struct sgn_code *code, const struct sgn_plan *plan,
                         const struct sgn_assembled *parts, const struct sgn_sign_options *opts,
                         struct sgn_sign_result *out, struct sgn_error *err);

#endif
