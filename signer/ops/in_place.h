/* SPDX-License-Identifier: Apache-2.0 */
/* Changing a Mach-O file where it is, over base/undo.h: docs/safe-writing.md, "In place". */
#ifndef SIGNER_OPS_IN_PLACE_H
#define SIGNER_OPS_IN_PLACE_H

#include "signer/base/walk.h"
#include "signer/ops/code.h"
#include "signer/ops/context.h"

/* Can the layout be had by changing the file where it is? 0, or SGN_E_UNSUPPORTED with the reason: another
 * slice would have to move, or the file has other names (hard links) and twins is not set. */
int sgn_in_place_check(const struct sgn_code *code, const struct sgn_layout *layout, bool twins,
                       struct sgn_error *err);

/* What has to be written: universal header, load commands, and behind the code of each slice tails[i] (the
 * signature, datasize bytes; tails NULL: none). Everything is in arena, or borrowed. */
int sgn_in_place_plan(const struct sgn_code *code, const struct sgn_layout *layout,
                      const struct sgn_view *tails, struct sgn_arena *arena, struct sgn_change *out,
                      struct sgn_error *err);

/* Before a file is read that will be changed: what an interrupted run has left is put right, and told. */
int sgn_in_place_recover(struct sgn_context *ctx, const char *path, struct sgn_error *err);

/* The same for every file and every bundle inside a bundle that has a record; walk is made anew then. */
int sgn_in_place_recover_tree(struct sgn_context *ctx, const char *root, struct sgn_walk *walk,
                              struct sgn_error *err);

#endif
