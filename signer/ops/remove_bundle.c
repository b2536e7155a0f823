/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle without its signature: done in a copy beside it, as signing is. */
#include "signer/ops/remove.h"

#include "signer/base/file.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/txn.h"
#include "signer/ops/in_place.h"
#include "signer/ops/sign_bundle.h"
#include "signer/ops/tree.h"

struct removal {
	struct sgn_context *ctx;
	struct sgn_remove_options opts; /* for the files: no output of their own */
	bool deep;
	bool removed;
};

/* _CodeSignature with everything in it; a stapled ticket beside it is no part of the signature. */
static int remove_folder(struct removal *r, const struct sgn_bundle *b, struct sgn_error *err)
{
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_bundle_path(b, b->support, &path);
	sgn_wr_str(&path, "/_CodeSignature");
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0 && sgn_path_exists(sgn_buf_str(&path))) {
		r->removed = true;
		if (!r->opts.dry_run)
			rc = sgn_tree_remove(sgn_buf_str(&path), err);
	}
	sgn_buf_dispose(&path);
	return rc;
}

static int remove_item(struct removal *r, const struct sgn_walk *walk, const struct sgn_item *item,
                       struct sgn_error *err)
{
	const struct sgn_bundle *b = item->bundle;
	struct sgn_buf path;
	int rc = b ? remove_folder(r, b, err) : 0;

	if (rc || (b && b->main_kind != SGN_MAIN_MACHO))
		return rc;
	sgn_buf_init(&path, SGN_LIMIT_PATH);
	if (b)
		sgn_bundle_path(b, b->main_path, &path);
	else
		sgn_wr_fmt(&path, "%s/%s", walk->root, item->path);
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		rc = sgn_remove_file(r->ctx, sgn_buf_str(&path), &r->opts, &r->removed, err);
	sgn_buf_dispose(&path);
	if (rc && err && *item->path && !err->subcomponent)
		err->subcomponent = sgn_strdup(item->path);
	return rc;
}

/* Only the bundle itself: what lies in it need not be in order. */
static int remove_root(struct removal *r, const struct sgn_walk *walk, struct sgn_error *err)
{
	struct sgn_bundle b;
	struct sgn_item item = {.path = "", .bundle = &b};
	int rc = sgn_bundle_open(walk, "", NULL, &b, err);

	if (rc)
		return rc;
	rc = remove_item(r, walk, &item, err);
	sgn_bundle_dispose(&b);
	return rc;
}

static int remove_all(struct removal *r, const struct sgn_walk *walk, struct sgn_error *err)
{
	static const struct sgn_tree_options tolerant = {.tolerant = true};
	struct sgn_tree tree;
	int rc = sgn_tree_discover(walk, &tolerant, &tree, err);

	if (rc)
		return rc;
	for (size_t i = 0; rc == 0 && i < tree.count; i++)
		if (!tree.items[i].problem || tree.items[i].bundle)
			rc = remove_item(r, walk, &tree.items[i], err);
	sgn_tree_dispose(&tree);
	return rc;
}

static int remove_below(struct removal *r, const char *root, struct sgn_error *err)
{
	struct sgn_walk walk;
	int rc = sgn_walk_tree(root, &walk, err);

	if (rc)
		return rc;
	rc = r->deep ? remove_all(r, &walk, err) : remove_root(r, &walk, err);
	sgn_walk_dispose(&walk);
	return rc;
}

int sgn_remove_bundle(struct sgn_context *ctx, const char *path,
                      const struct sgn_remove_options *opts, bool *removed, struct sgn_error *err)
{
	struct removal r = {.ctx = ctx, .deep = opts->deep, .opts = {.dry_run = opts->dry_run}};
	struct sgn_txn txn = {0};
	struct sgn_walk walk;
	int rc;

	if (opts->dry_run) {
		rc = remove_below(&r, path, err);
		*removed = r.removed;
		return rc;
	}
	rc = sgn_txn_recover(path, err);
	if (rc == 0)
		rc = sgn_walk_tree(path, &walk, err);
	if (rc)
		return rc;
	if (!opts->output)
		rc = sgn_in_place_recover_tree(ctx, path, &walk, err);
	if (rc == 0)
		rc = sgn_txn_begin(&walk, opts->output, opts->durable, &txn, err);
	sgn_walk_dispose(&walk);
	if (rc == 0)
		rc = remove_below(&r, txn.stage, err);
	if (rc == 0 && (r.removed || opts->output))
		rc = sgn_txn_commit(&txn, err);
	sgn_txn_dispose(&txn);
	*removed = r.removed;
	return sgn_bundle_error(err, rc, path);
}
