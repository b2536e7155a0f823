/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying and removing directory trees, for txn.c. All by descriptors, one per level, so that a folder
 * that is swapped for a symlink meanwhile leads nowhere.
 */
#ifndef SIGNER_BASE_TREE_H
#define SIGNER_BASE_TREE_H

#include "signer/base/pool.h"
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

/* Opens "a/b/c" step by step, so that no symlink on the way is followed; -1 with errno. */
int sgn_dir_open_beneath(int root, const char *path);

/* Removes what listed says of the files of the tree at path, on all threads of the pool; folders stay, and
 * so does what cannot be removed: sgn_tree_remove() takes care of both. */
void sgn_tree_remove_files(const char *path, const struct sgn_walk *listed, struct sgn_pool *pool);

/* All bytes of one file into a new, empty one: shared extents, else copied by the system, else by us. */
int sgn_bytes_clone(int from, int to, struct sgn_error *err);

#endif
