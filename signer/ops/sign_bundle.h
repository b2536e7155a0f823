/* SPDX-License-Identifier: Apache-2.0 */
/* Signing a whole bundle, inside out, as one change. */
#ifndef SIGNER_OPS_SIGN_BUNDLE_H
#define SIGNER_OPS_SIGN_BUNDLE_H

#include "signer/ops/plan.h"

/* path: the bundle's directory. */
int sgn_sign_bundle(struct sgn_context *ctx, const char *path, const struct sgn_sign_options *opts,
                    struct sgn_sign_result *result, struct sgn_error *err);

/* "<path>/<subcomponent>" instead of a path inside the stage, which is gone when the message is read. */
int sgn_bundle_error(struct sgn_error *err, int rc, const char *path);

#endif
