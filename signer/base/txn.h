/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a whole directory tree at once. The change is prepared in a copy beside the tree
 * (".NAME.signet-RANDOM", of hard links, so that it costs no space); commit exchanges the two. An
 * interrupted run leaves the tree as it was and a folder that the next run removes. Nothing of ours
 * ever lies inside the tree.
 *
 * SIGINT and SIGTERM: removing a tree is nothing that a signal handler may do, so the stage of a run that
 * is killed by one stays until sgn_txn_recover(), as after SIGKILL.
 */
#ifndef SIGNER_BASE_TXN_H
#define SIGNER_BASE_TXN_H

#include "signer/base/pool.h"
#include "signer/base/walk.h"

struct sgn_tree_mode;

struct sgn_txn {
	char *target;  /* what will be replaced or made; absolute, symlinks resolved; owned */
	char *stage;   /* the copy, absolute; owned; NULL when done */
	bool replaces; /* target exists and is exchanged; else the stage is renamed to it */
	bool durable;
	/* What the old tree was, and threads to remove it with: may be set before commit. */
	const struct sgn_walk *listed;
	struct sgn_pool *pool;
	int lock; /* the stage's root, open and locked as long as stage is set: the run is alive */
	struct sgn_arena arena;      /* owns modes */
	struct sgn_tree_mode *modes; /* of folders, to be set by commit */
};

/*
 * Tidies up after interrupted runs that were to change or make target: puts the old tree back where a run
 * had moved it away, and removes what is left over. To be called before the tree is walked. Stages of
 * runs that are alive are left alone. target need not exist. 0 when there was nothing to do.
 */
int sgn_txn_recover(const char *target, struct sgn_error *err);

/*
 * Prepares the copy of the tree that walk lists. output NULL: the tree itself is to be changed, files
 * are hard links (copies where the file system refuses links). output given: a new tree of that name,
 * files are reflinks or copies, so that the two never share a file; it must not exist yet
 * (SGN_E_EXISTS). Directory modes, file modes, times, extended attributes, symlinks are kept. An
 * older stage of a run that was interrupted is removed first; where that run had even moved the tree
 * away, and sgn_txn_recover() was not called before the walk, the status is SGN_E_MISMATCH. Files in the
 * stage may be shared with the original: replace them (sgn_output), never write into them. Until commit
 * the owner may write in all folders of the stage, whatever their mode will be, and others may not enter.
 */
int sgn_txn_begin(const struct sgn_walk *walk, const char *output, bool durable,
                  struct sgn_txn *out, struct sgn_error *err);

/*
 * The stage becomes the target, the old tree goes away. On failure the target is as it was, unless the
 * message says otherwise (only the directory's fsync comes after the change). durable: all that the
 * stage's file system holds is flushed before, the directory after. That an old tree could not be removed
 * is no failure: the next run tries again.
 */
int sgn_txn_commit(struct sgn_txn *txn, struct sgn_error *err);

/* Removes the stage unless committed. Safe on a zeroed txn. */
void sgn_txn_dispose(struct sgn_txn *txn);

/* Removes a directory tree, symlinks not followed; missing is fine. */
int sgn_tree_remove(const char *path, struct sgn_error *err);

#endif
