/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of undo_tree.h share: the record, and the list in it. */
#ifndef SIGNER_BASE_UNDO_LIST_H
#define SIGNER_BASE_UNDO_LIST_H

#include "signer/base/arena.h"
#include "signer/base/undo_tree.h"

/*
 * The record has the files
 *
 *   list    what follows, numbers big-endian:
 *             "signetT1", number of entries (32 bits); each: its kind (8 bits), mode, user, group, length of the
 *             path (32 bits each), the path; the sum of all that (64 bits)
 *   N-old   the file of entry N as it was, a hard link
 *   N-new   what takes its place, once it is complete: the name that it gets in the tree is another link
 *   N-link  a link on its way to the tree
 */
#define SGN_UNDO_LIST "list"
#define SGN_UNDO_NAME 32 /* room for such a name */

enum sgn_undo_kind {
	SGN_UNDO_KEPT = 'f',      /* a file */
	SGN_UNDO_ABSENT = 'a',    /* there was none */
	SGN_UNDO_FOLDER = 'd',    /* a folder that is the caller's */
	SGN_UNDO_INSIDE = 'i',    /* a file in the last such folder */
	SGN_UNDO_NO_FOLDER = 'n', /* there was none */
};

struct sgn_undo_entry {
	enum sgn_undo_kind kind;
	uint32_t mode, user, group; /* of folders */
	const char *path;           /* from the root; in the arena */
};

struct sgn_undo_tree {
	char *root;      /* absolute, symlinks resolved; owned */
	char *record;    /* ".NAME.signet-undo", absolute; owned */
	char *litter;    /* the name that it is made by, and goes away by; owned */
	int root_fd, fd; /* of the tree and of the record; the lock is on the latter */
	bool named;      /* the record has its name: the tree may be changed */
	bool flush, durable;
	struct sgn_pool *pool; /* may be NULL */
	struct sgn_arena arena;
	struct sgn_undo_entry *entries;
	size_t count, cap;
};

/* For the tree at root (absolute, symlinks resolved), nothing open; NULL when out of memory. */
struct sgn_undo_tree *sgn_undo_tree_new(const char *root);
int sgn_undo_open_root(struct sgn_undo_tree *tree, struct sgn_error *err);

/* SGN_E_IO with EBUSY. */
int sgn_undo_busy(struct sgn_error *err);

/* "N-old" and the like. */
void sgn_undo_name(size_t i, const char *what, char out[SGN_UNDO_NAME]);

/* The folder that an entry lies in, open, and its name there; -1 with errno. */
int sgn_undo_parent(const struct sgn_undo_tree *tree, const char *path, const char **name);

int sgn_undo_list_add(struct sgn_undo_tree *tree, const struct sgn_undo_entry *e,
                      struct sgn_error *err);
int sgn_undo_list_write(const struct sgn_undo_tree *tree, struct sgn_error *err);
int sgn_undo_list_read(struct sgn_undo_tree *tree, struct sgn_error *err);

/* A link to a file of the record takes the place of what is at path, or of nothing. */
int sgn_undo_link(const struct sgn_undo_tree *tree, size_t i, const char *what, const char *path,
                  struct sgn_error *err);

/* Puts everything back; the record stays. SGN_E_MISMATCH: nothing was touched. */
int sgn_undo_restore(const struct sgn_undo_tree *tree, struct sgn_error *err);

/* Flushes what was put into the tree, and the folders where names have changed. */
int sgn_undo_flush_tree(struct sgn_undo_tree *tree, struct sgn_error *err);

/* The record loses its name, in one step, and then goes away. What stays of it is litter. */
int sgn_undo_drop(struct sgn_undo_tree *tree, struct sgn_error *err);

/* Restores, flushes and drops. */
int sgn_undo_put_back(struct sgn_undo_tree *tree, struct sgn_error *err);

#endif
