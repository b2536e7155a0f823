/* SPDX-License-Identifier: Apache-2.0 */
/* Text to bytes. docs/format/requirements.md */
#include "signer/req/ast.h"
#include "signer/req/setblob.h"

/* Recursion is as deep as the tree, which the parser bounds. */
static void emit_tree(struct sgn_buf *out, const struct sgn_req_node *node)
{
	sgn_req_emit(out, &node->op);
	if (node->left)
		emit_tree(out, node->left);
	if (node->right)
		emit_tree(out, node->right);
}

static void emit_single(struct sgn_buf *out, const struct sgn_req_node *expr)
{
	struct sgn_mark begin = sgn_req_emit_begin(out);

	emit_tree(out, expr);
	sgn_req_emit_end(out, begin);
}

static int emit_set(struct sgn_buf *out, const struct sgn_req_tree *tree, struct sgn_error *err)
{
	struct sgn_req_part parts[SGN_LIMIT_BLOBS];
	size_t ends[SGN_LIMIT_BLOBS];
	struct sgn_buf blobs;
	size_t start = 0;
	int rc;

	sgn_buf_init(&blobs, SGN_LIMIT_REQUIREMENTS);
	for (size_t i = 0; i < tree->count; i++) {
		emit_single(&blobs, tree->entries[i].expr);
		ends[i] = blobs.size;
	}
	rc = sgn_buf_finish(&blobs, err, "requirement set");
	if (rc < 0)
		goto out;
	for (size_t i = 0; i < tree->count; i++) {
		parts[i] = (struct sgn_req_part){tree->entries[i].type,
		                                 sgn_view_of(blobs.data + start, ends[i] - start)};
		start = ends[i];
	}
	sgn_req_set_write(out, parts, tree->count);
out:
	sgn_buf_dispose(&blobs);
	return rc;
}

int sgn_req_compile(struct sgn_view text, const struct sgn_req_compile_options *opts,
                    struct sgn_buf *out, struct sgn_error *err)
{
	static const struct sgn_req_compile_options defaults = {.want = SGN_REQ_ANY};
	struct sgn_arena arena = {0};
	struct sgn_req_tree tree;
	size_t start = out->size;
	int rc;

	if (text.size > SGN_LIMIT_REQUIREMENTS)
		return sgn_fail(err, SGN_E_LIMIT,
		                "requirement text: %zu bytes, more than the limit of %u", text.size,
		                SGN_LIMIT_REQUIREMENTS);
	rc = sgn_req_parse(text, opts ? opts : &defaults, &arena, &tree, err);
	if (rc < 0)
		goto out;
	if (tree.is_set)
		rc = emit_set(out, &tree, err);
	else
		emit_single(out, tree.entries[0].expr);
	rc = sgn_req_append_done(out, start, rc, err);
out:
	sgn_arena_dispose(&arena);
	return rc;
}
