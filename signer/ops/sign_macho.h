/* SPDX-License-Identifier: Apache-2.0 */
/* Signing one Mach-O file, alone or as the main executable of a bundle. */
#ifndef SIGNER_OPS_SIGN_MACHO_H
#define SIGNER_OPS_SIGN_MACHO_H

#include "signer/ops/plan.h"

/*
 * Called when the CodeDirectories are final, before the timestamps are asked for. No name in the folder
 * changes any more; all that is still to be written is the signature, inside of the file. Takes the result
 * over, whatever it returns.
 */
struct sgn_early {
	int (*tell)(void *arg, struct sgn_sign_result *result, struct sgn_error *err);
	void *arg;
};

/*
 * parts: what the bundle adds, or NULL. opts and err as for sgn_sign_path(); result may be NULL. early:
 * NULL, or who is told; result stays empty then. Only for a file that nobody else sees before all is
 * well: it is replaced before the signature is complete.
 */
int sgn_sign_macho(struct sgn_context *ctx, const char *path, const struct sgn_bundle_parts *parts,
                   const struct sgn_sign_options *opts, const struct sgn_early *early,
                   struct sgn_sign_result *result, struct sgn_error *err);

#endif
