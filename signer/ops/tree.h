/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The code inside a bundle as a tree: what has to be signed, innermost first. Found by the bundle's own
 * rules, and by looking at every other file's first bytes: notarization looks everywhere, too.
 */
#ifndef SIGNER_OPS_TREE_H
#define SIGNER_OPS_TREE_H

#include "signer/base/pool.h"
#include "signer/bundle/seal.h"
#include "signer/ops/survey.h"

struct sgn_item {
	const char *path; /* from the walk's root; "" is the root itself */
	size_t parent;    /* index of the bundle that seals it, > own; SIZE_MAX for the root */
	struct sgn_bundle *bundle; /* NULL: a lone Mach-O file */
	bool as_code;              /* the parent seals cdhash and requirement; false: its bytes */
	const char *problem;       /* tolerant: why it cannot be signed as it is, or NULL */
	int32_t osstatus;          /* Apple's number for that, or 0 */
};

struct sgn_tree {
	struct sgn_arena arena;
	const struct sgn_walk *walk;
	struct sgn_item *items; /* children before their parent; the root is last */
	size_t count, cap;
};

struct sgn_tree_options {
	bool only_code_places;    /* leave out what lies outside the places for code */
	bool allow_no_executable; /* CFBundleExecutable may name a missing file */
	bool tolerant; /* for showing: what cannot be signed is an item with its problem */
	const struct sgn_survey *survey; /* of the walk: what is known of files, or NULL */
};

/* -67028 and friends for a bundle that cannot be signed (err names the subcomponent). */
int sgn_tree_discover(const struct sgn_walk *walk, const struct sgn_tree_options *opts,
                      struct sgn_tree *out, struct sgn_error *err);
void sgn_tree_dispose(struct sgn_tree *tree);

/* The item of a path, or NULL. */
const struct sgn_item *sgn_tree_find(const struct sgn_tree *tree, const char *path);

/* "app", "framework", "xpc", "plugin", "bundle" or "macho". */
const char *sgn_item_kind(const struct sgn_item *item);

#endif
