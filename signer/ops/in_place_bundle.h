/* SPDX-License-Identifier: Apache-2.0 */
/* Changing a bundle where it is, over base/undo_tree.h: docs/safe-writing.md, "A bundle in place". */
#ifndef SIGNER_OPS_IN_PLACE_BUNDLE_H
#define SIGNER_OPS_IN_PLACE_BUNDLE_H

#include "signer/base/undo_tree.h"
#include "signer/ops/context.h"
#include "signer/ops/tree.h"

/* What may be changed below a root. */
struct sgn_places {
	struct sgn_arena arena;
	struct sgn_undo_place *all;
	size_t count, cap;
};

/* Of one item: the file with its signature, and of a bundle _CodeSignature; with profiles those, too. */
int sgn_places_add(struct sgn_places *p, const struct sgn_walk *walk, const struct sgn_item *item,
                   bool profiles, struct sgn_error *err);
void sgn_places_dispose(struct sgn_places *p);

/* Commits when rc is 0, else rolls back; frees undo, which may be NULL. Returns rc, or why it failed. */
int sgn_in_place_end(struct sgn_undo_tree *undo, int rc, struct sgn_error *err);

/* Before anything is read of path, which may be a bundle, its executable, or lie in one: what an interrupted run
 * has left is put right, and told. */
int sgn_in_place_recover_bundles(struct sgn_context *ctx, const char *path, struct sgn_error *err);

/* The same for bundles inside one; again: something was, so that the walk has to be made anew. */
int sgn_in_place_recover_nested(struct sgn_context *ctx, const struct sgn_walk *walk, bool *again,
                                struct sgn_error *err);

/* SGN_E_FORMAT when a bundle inside may be half changed. */
int sgn_in_place_refuse_nested(const struct sgn_walk *walk, struct sgn_error *err);

#endif
