/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory tree as one sorted list: read once, decided over by pure functions. Symlinks are never
 * followed. Names are kept as the file system has them, whatever their encoding.
 */
#ifndef SIGNER_BASE_WALK_H
#define SIGNER_BASE_WALK_H

#include "signer/base/arena.h"
#include "signer/base/error.h"

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
	uint64_t size;
	size_t end; /* index behind the last entry of the subtree; own index + 1 for non-directories */
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
void sgn_walk_dispose(struct sgn_walk *w);

/* The entry of a path, or NULL. Binary search over the sorted list. */
const struct sgn_walk_entry *sgn_walk_find(const struct sgn_walk *w, const char *path);

/* Index of an entry. */
size_t sgn_walk_index(const struct sgn_walk *w, const struct sgn_walk_entry *e);

#endif
