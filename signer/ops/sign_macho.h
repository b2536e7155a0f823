/* SPDX-License-Identifier: Apache-2.0 */
/* Signing one Mach-O file, alone or as the main executable of a bundle. */
#ifndef SIGNER_OPS_SIGN_MACHO_H
#define SIGNER_OPS_SIGN_MACHO_H

#include "signer/ops/plan.h"

/* parts: what the bundle adds, or NULL. opts and err as for sgn_sign_path(); result may be NULL. */
int sgn_sign_macho(struct sgn_context *ctx, const char *path, const struct sgn_bundle_parts *parts,
                   const struct sgn_sign_options *opts, struct sgn_sign_result *result,
                   struct sgn_error *err);

#endif
