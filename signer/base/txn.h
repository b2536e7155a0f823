/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a whole directory tree at once. The change is prepared in a copy beside the tree
 * (".NAME.signet-RANDOM", of hard links, so that it costs no space); commit exchanges the two. An
 * interrupted run leaves the tree as it was and a folder that the next run removes. Nothing of ours
 * ever lies inside the tree.
 */
#ifndef SIGNER_BASE_TXN_H
#define SIGNER_BASE_TXN_H

#include "signer/base/walk.h"

struct sgn_txn {
	char *target;  /* what will be replaced or made; absolute, symlinks resolved; owned */
	char *stage;   /* the copy, absolute; owned; NULL when done */
	bool replaces; /* target exists and is exchanged; else the stage is renamed to it */
	bool durable;
};

/*
 * Prepares the copy of the tree that walk lists. output NULL: the tree itself is to be changed, files
 * are hard links (copies where the file system refuses links). output given: a new tree of that name,
 * files are reflinks or copies, so that the two never share a file; it must not exist yet
 * (SGN_E_EXISTS). Directory modes, file modes, times, extended attributes, symlinks are kept. An
 * older stage of a run that was interrupted is removed first. Files in the stage may be shared with
 * the original: replace them (sgn_output), never write into them.
 */
int sgn_txn_begin(const struct sgn_walk *walk, const char *output, bool durable,
                  struct sgn_txn *out, struct sgn_error *err);

/* The stage becomes the target, the old tree goes away. On failure the target is as it was. */
int sgn_txn_commit(struct sgn_txn *txn, struct sgn_error *err);

/* Removes the stage unless committed. Safe on a zeroed txn. */
void sgn_txn_dispose(struct sgn_txn *txn);

/* Removes a directory tree, symlinks not followed; missing is fine. */
int sgn_tree_remove(const char *path, struct sgn_error *err);

#endif
