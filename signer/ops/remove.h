/* SPDX-License-Identifier: Apache-2.0 */
/* Removing signatures: of one file, and of a bundle as one change. */
#ifndef SIGNER_OPS_REMOVE_H
#define SIGNER_OPS_REMOVE_H

#include <signet/sign.h>

/* One Mach-O file, which may be the main executable of a bundle. *removed becomes true when it had a
 * signature. aside: where the file without it is written instead of to its place, when it had one; or NULL. */
int sgn_remove_file(struct sgn_context *ctx, const char *path, const char *aside,
                    const struct sgn_remove_options *opts, bool *removed, struct sgn_error *err);

/* path: the bundle's directory. */
int sgn_remove_bundle(struct sgn_context *ctx, const char *path,
                      const struct sgn_remove_options *opts, bool *removed, struct sgn_error *err);

#endif
