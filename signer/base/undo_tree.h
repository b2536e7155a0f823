/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing some files of a directory tree where it is. Before the first change a record lies beside the tree, a
 * folder ".NAME.signet-undo" with a hard link to each file that may be replaced, and a list of what was not
 * there: with it the tree can be had back, whatever ends the process, or the machine. New content is written
 * into that folder, too, so nothing unfinished ever lies in the tree. docs/safe-writing.md, "A bundle in place".
 */
#ifndef SIGNER_BASE_UNDO_TREE_H
#define SIGNER_BASE_UNDO_TREE_H

#include "signer/base/file.h"
#include "signer/base/pool.h"

struct sgn_undo_tree;

/* Something that may be changed. */
struct sgn_undo_place {
	const char *path; /* from the root of the tree; no symlink on the way, nor at its end */
	/* All that lies in this folder is the caller's: its files are changed at will. Otherwise a file, which
	 * is only changed through the record. Neither need be there before. */
	bool folder;
};

/*
 * Makes the record, and holds its lock. durable: everything is flushed, else only what the disk has. pool:
 * borrowed; threads to give old files back with; may be NULL. SGN_E_IO
 * with EBUSY when another run is at work; SGN_E_UNSUPPORTED where it cannot be made safe (a file system without
 * hard links or locks, a place that is something else).
 */
int sgn_undo_tree_begin(const char *root, const struct sgn_undo_place *places, size_t count,
                        bool durable, struct sgn_pool *pool, struct sgn_undo_tree **out,
                        struct sgn_error *err);

/* Where the new content of the file at path (below the root, symlinks resolved) is to be written. */
int sgn_undo_tree_new_path(const struct sgn_undo_tree *tree, const char *path, char **out,
                           struct sgn_error *err);

/* What lies there takes its place. Thread-safe for different files. */
int sgn_undo_tree_put(const struct sgn_undo_tree *tree, const char *path, struct sgn_error *err);

/* Both, for one small file: sgn_file_store(). */
int sgn_undo_tree_store(const struct sgn_undo_tree *tree, const char *path, struct sgn_view bytes,
                        unsigned mode, struct sgn_error *err);

/* The change stays, the record goes. On failure the tree can still be rolled back, unless the message says
 * that it was changed. */
int sgn_undo_tree_commit(struct sgn_undo_tree *tree, struct sgn_error *err);

/* Everything is as it was. rc and err: why; what is in the way of it is told beside. Returns rc. */
int sgn_undo_tree_roll_back(struct sgn_undo_tree *tree, int rc, struct sgn_error *err);

/* Neither: leaves the record as it is. NULL is fine. */
void sgn_undo_tree_free(struct sgn_undo_tree *tree);

/*
 * Restores what interrupted runs have left half changed: the tree at path, and every tree around it. restored:
 * the outermost of them, freed with sgn_free(), or NULL. path need not exist. SGN_E_IO with EBUSY when such a run
 * is alive; SGN_E_MISMATCH when somebody has changed the tree since: then nothing is touched.
 */
int sgn_undo_tree_recover(const char *path, char **restored, struct sgn_error *err);

/* 0, or SGN_E_FORMAT with what to do, when the tree at path, or one around it, may be half changed. */
int sgn_undo_tree_refuse_pending(const char *path, struct sgn_error *err);

#endif
