/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory tree as one sorted list: read once, decided over by pure functions. Symlinks are never
 * followed. Names are kept as the file system has them, whatever their encoding.
 */
#ifndef SIGNER_BASE_WALK_H
#define SIGNER_BASE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "signer/base/arena.h"
#include "signer/base/error.h"
#include "signer/base/pool.h"

#define SGN_SIZE_UNKNOWN UINT64_MAX

enum sgn_walk_kind {
	SGN_WALK_FILE,
	SGN_WALK_DIR,
	SGN_WALK_SYMLINK,
	SGN_WALK_OTHER /* socket, device, pipe */
};

struct sgn_walk_entry {
	const char *path; /* from the root, "/" between components; "" is the root itself */
	const char *name; /* last component, inside path */
	const char *link; /* target text of a symlink; NULL otherwise */
	enum sgn_walk_kind kind;
	unsigned mode;
	uint64_t size; /* or SGN_SIZE_UNKNOWN */
	size_t end; /* index behind the last entry of the subtree; own index + 1 for non-directories */
	size_t before; /* sgn_walk_again(): its index in the older list, or SIZE_MAX */
	int problem; /* errno with which a directory or link could not be read; 0 otherwise. Of such
	              * a directory no content is listed */
};

struct sgn_walk {
	struct sgn_arena arena;
	const char *root;
	struct sgn_walk_entry
		*entries; /* [0] is the root; a directory comes right before its content */
	size_t count;
};

/* Lists everything below root (itself a directory, or a symlink to one), children sorted by name in
 * byte order. SGN_E_NOTFOUND, SGN_E_IO, SGN_E_UNSUPPORTED (no directory), SGN_E_LIMIT, SGN_E_NOMEM. An
 * unreadable subdirectory is recorded in its entry, not an error. No path is looked up twice, so that
 * what changes meanwhile cannot lead out of the tree. */
int sgn_walk_tree(const char *root, struct sgn_walk *out, struct sgn_error *err);

/* The same, by all threads of a pool: each lists other folders. */
int sgn_walk_tree_on(struct sgn_pool *pool, const char *root, struct sgn_walk *out,
                     struct sgn_error *err);
void sgn_walk_dispose(struct sgn_walk *w);

/*
 * The list of a part of the tree after some of it was changed: what lies below the folder at, with that
 * as its root. changed: per entry of old from the folder on; a folder that is marked is read anew with all
 * below it, a marked file's size is not known any more, the rest is taken over. before tells what an entry
 * was: also for one that was read anew, when it is a file of the same path and size. Borrows from old.
 */
int sgn_walk_again(const struct sgn_walk *old, const char *at, const bool *changed,
                   struct sgn_walk *out, struct sgn_error *err);

/* The entry of a path, or NULL. Binary search over the sorted list. */
const struct sgn_walk_entry *sgn_walk_find(const struct sgn_walk *w, const char *path);

/* The order of paths in a list. */
int sgn_walk_compare(const char *a, const char *b);

/* Index of an entry. */
size_t sgn_walk_index(const struct sgn_walk *w, const struct sgn_walk_entry *e);

#endif
