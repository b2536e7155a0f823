/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names that txn.c and recover.c agree on. All lie beside the target, and begin with
 * ".NAME.signet-RANDOM":
 *
 *   (nothing)  the stage. Whoever works on it holds flock(2) on its root: the kernel drops the lock
 *              when the process ends in any way, and unlike a process number in the name it means the same
 *              in every container. Without a lock the folder is litter.
 *   "-old"     the tree that was moved away, where the two cannot be exchanged at once. Beside an
 *              abandoned stage, or without a target, it is the truth; else it is litter.
 *   "-part"    a copy of the tree that is to become "-old", where a folder cannot be renamed
 *              (overlayfs, lower layer). Litter.
 *
 * Of a file or tree that is changed in place (undo.c, undo_tree.c) there is one thing more,
 * ".NAME.signet-undo": a file or folder with what was there before. One at a time, hence no random number;
 * flock(2) on it as above. The folder is made as a stage, and is litter by a stage's name when it is over.
 */
#ifndef SIGNER_BASE_TXN_NAMES_H
#define SIGNER_BASE_TXN_NAMES_H

#include <stdbool.h>

#include "signer/base/error.h"

#define SGN_TXN_INFIX      ".signet-"
#define SGN_TXN_RANDOM     4 /* bytes */
#define SGN_TXN_RANDOM_HEX (2 * SGN_TXN_RANDOM)
#define SGN_TXN_OLD        "-old"
#define SGN_TXN_PART       "-part"
#define SGN_TXN_UNDO       "undo"

enum sgn_lock {
	SGN_LOCK_MINE,    /* *fd is open and locked */
	SGN_LOCK_UNKNOWN, /* *fd is open; the file system has no locks, so somebody may work there */
	SGN_LOCK_ALIVE,   /* somebody works there */
	SGN_LOCK_MISSING, /* no such folder */
};

/* Locks the folder of that name in dir. */
enum sgn_lock sgn_txn_lock(int dir, const char *name, int *fd);

/* ".NAME.signet-RANDOM" beside target; freed with sgn_free(). SGN_E_LIMIT: the name is too long. */
int sgn_txn_name(const char *target, char **out, struct sgn_error *err);

/* An empty folder of such a name, open and, where the file system has locks, locked. */
int sgn_txn_make_folder(const char *target, char **path, int *lock, struct sgn_error *err);

/* As sgn_txn_recover(), for an absolute path; restored: the target was put back. */
int sgn_txn_recover_at(const char *target, bool *restored, struct sgn_error *err);

/* The folder that something lies in, open. */
int sgn_txn_open_parent(const char *path, int *fd, struct sgn_error *err);

/* Does a name lie in dir? Symlinks are not followed. */
bool sgn_txn_is_there(int dir, const char *name);

#endif
