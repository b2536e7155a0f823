/* SPDX-License-Identifier: Apache-2.0 */
/* The tree between text and bytes. All memory belongs to one arena. */
#ifndef SIGNER_REQ_AST_H
#define SIGNER_REQ_AST_H

#include "signer/base/arena.h"
#include "signer/base/limits.h"
#include "signer/req/ops.h"
#include "signer/req/req.h"

struct sgn_req_node {
	struct sgn_req_op op;
	const struct sgn_req_node *left;  /* first $e, or NULL */
	const struct sgn_req_node *right; /* second $e, or NULL */
	unsigned depth;                   /* levels from here down, 1 for a leaf */
};

struct sgn_req_tree {
	bool is_set;
	size_t count; /* 1 unless is_set */
	struct {
		uint32_t type; /* of a set's entry */
		const struct sgn_req_node *expr;
	} entries[SGN_LIMIT_BLOBS]; /* no type twice: a later one replaced the earlier */
};

/* Views in the tree point into the text or into the arena. */
int sgn_req_parse(struct sgn_view text, const struct sgn_req_compile_options *opts,
                  struct sgn_arena *arena, struct sgn_req_tree *tree, struct sgn_error *err);

#endif
