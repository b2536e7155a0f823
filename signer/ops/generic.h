/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles whose main part is no Mach-O file: a script, a static library, or Info.plist itself. Their
 * signature lies in separate files of _CodeSignature, one a slot. Everything else goes the way of a
 * Mach-O: such a file is opened as code with one pseudo slice. (docs/format/bundles.md)
 */
#ifndef SIGNER_OPS_GENERIC_H
#define SIGNER_OPS_GENERIC_H

#include "signer/bundle/bundle.h"
#include "signer/ops/plan.h"

/* path: the main file. The separate files, when there are any, become the pseudo slice's signature. */
int sgn_code_open_generic(const char *path, const struct sgn_bundle *b, struct sgn_code *out,
                          struct sgn_error *err);

/* The main part of a bundle that has one, whatever it is. */
int sgn_code_open_bundle(const struct sgn_bundle *b, struct sgn_code *out, struct sgn_error *err);

/* The bytes of a bundle's CodeResources, in arena; found: there is one. */
int sgn_bundle_seal_bytes(const struct sgn_bundle *b, struct sgn_arena *arena, struct sgn_view *out,
                          bool *found, struct sgn_error *err);

/* code: from sgn_code_open_generic(). What it has read of an old signature counts, even when the separate
 * files are gone since. */
int sgn_sign_generic(struct sgn_context *ctx, const struct sgn_code *code,
                     const struct sgn_bundle *b, const struct sgn_bundle_parts *parts,
                     const struct sgn_sign_options *opts, struct sgn_sign_result *result,
                     struct sgn_error *err);

/* Name of the separate file of a slot, NULL for a slot that has none. */
const char *sgn_separate_name(uint32_t slot);

#endif
