/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying and removing directory trees, for txn.c. All by descriptors, one per level, so that a folder
 * that is swapped for a symlink meanwhile leads nowhere.
 */
#ifndef SIGNER_BASE_TREE_H
#define SIGNER_BASE_TREE_H

#include "signer/base/walk.h"

/* A mode that a copied folder gets at the very end: until then its owner must be able to change it. */
struct sgn_tree_mode {
	struct sgn_tree_mode *next;
	const char *path; /* from the root of the copy */
	unsigned mode;
};

struct sgn_tree_copy {
	const struct sgn_walk *walk;
	bool share;                  /* hard links where the file system has them */
	struct sgn_arena *arena;     /* for modes */
	struct sgn_tree_mode *modes; /* result: of the root, and of folders closed to their owner */
};

/* Copies what walk lists from the open folder from (the walk's root) into the open, empty folder to. */
int sgn_tree_copy(struct sgn_tree_copy *copy, int from, int to, struct sgn_error *err);

/* Gives the folders of the copy whose root is to their modes. Those that are gone are passed over. */
int sgn_tree_set_modes(const struct sgn_tree_mode *modes, int to, struct sgn_error *err);

/* As sgn_tree_remove(), relative to a folder. */
int sgn_tree_remove_at(int dir, const char *name, struct sgn_error *err);

/* Opens a folder itself, never what a symlink names; -1 with errno. */
int sgn_dir_open_at(int dir, const char *name);

/* All bytes of one file into a new, empty one: shared extents, else copied by the system, else by us. */
int sgn_bytes_clone(int from, int to, struct sgn_error *err);

#endif
