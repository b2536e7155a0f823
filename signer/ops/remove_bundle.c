/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle without its signature: done in a copy beside it, or in place, as signing is. */
#include "signer/ops/remove.h"

#include "signer/base/file.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/txn.h"
#include "signer/ops/in_place.h"
#include "signer/ops/in_place_bundle.h"
#include "signer/ops/sign_bundle.h"
#include "signer/ops/tree.h"

struct removal {
	struct sgn_context *ctx;
	struct sgn_remove_options opts; /* for the files: no output of their own */
	bool deep;
	bool removed;
	bool in_place, durable;
	struct sgn_undo_tree *undo; /* in place */
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

/* In place: beside the bundle, then with one step into it. */
static int remove_aside(struct removal *r, const char *path, struct sgn_error *err)
{
	char *real = NULL, *aside = NULL;
	bool any = false;
	int rc = sgn_path_real(path, &real, err);

	if (rc == 0)
		rc = sgn_undo_tree_new_path(r->undo, real, &aside, err);
	if (rc == 0)
		rc = sgn_remove_file(r->ctx, path, aside, &r->opts, &any, err);
	if (rc == 0 && any)
		rc = sgn_undo_tree_put(r->undo, real, err);
	r->removed |= any;
	sgn_free(aside);
	sgn_free(real);
	return rc;
}

static int remove_main(struct removal *r, const char *path, struct sgn_error *err)
{
	return r->undo ? remove_aside(r, path, err)
	               : sgn_remove_file(r->ctx, path, NULL, &r->opts, &r->removed, err);
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
		rc = remove_main(r, sgn_buf_str(&path), err);
	sgn_buf_dispose(&path);
	if (rc && err && *item->path && !err->subcomponent)
		err->subcomponent = sgn_strdup(item->path);
	return rc;
}

/* Not what cannot be a signed file. */
static bool is_wanted(const struct sgn_item *item)
{
	return !item->problem || item->bundle;
}

static int begin_in_place(struct removal *r, const struct sgn_walk *walk,
                          const struct sgn_item *items, size_t count, struct sgn_error *err)
{
	struct sgn_places places = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		if (is_wanted(&items[i]))
			rc = sgn_places_add(&places, walk, &items[i], false, err);
	if (rc == 0)
		rc = sgn_undo_tree_begin(walk->root, places.all, places.count, r->durable,
		                         r->ctx->pool, &r->undo, err);
	sgn_places_dispose(&places);
	return rc;
}

static int remove_items(struct removal *r, const struct sgn_walk *walk,
                        const struct sgn_item *items, size_t count, struct sgn_error *err)
{
	int rc = r->in_place ? begin_in_place(r, walk, items, count, err) : 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		if (is_wanted(&items[i]))
			rc = remove_item(r, walk, &items[i], err);
	rc = sgn_in_place_end(r->undo, rc, err);
	r->undo = NULL;
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
	rc = remove_items(r, walk, &item, 1, err);
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
	rc = remove_items(r, walk, tree.items, tree.count, err);
	sgn_tree_dispose(&tree);
	return rc;
}

static int remove_below(struct removal *r, const char *root, struct sgn_error *err)
{
	struct sgn_walk walk;
	int rc = sgn_walk_tree_on(r->ctx->pool, root, &walk, err);

	if (rc)
		return rc;
	rc = r->deep ? remove_all(r, &walk, err) : remove_root(r, &walk, err);
	sgn_walk_dispose(&walk);
	return rc;
}

static int remove_in_place(struct removal *r, const char *path,
                           const struct sgn_remove_options *opts, struct sgn_error *err)
{
	struct sgn_walk walk;
	char *real = NULL;
	int rc = sgn_txn_recover(path, err);

	if (rc == 0)
		rc = sgn_path_real(path, &real, err);
	if (rc == 0)
		rc = sgn_walk_tree_on(r->ctx->pool, real, &walk, err);
	if (rc)
		goto out;
	rc = sgn_in_place_recover_tree(r->ctx, real, &walk, err);
	sgn_walk_dispose(&walk);
	r->in_place = true;
	r->durable = opts->durable;
	if (rc == 0)
		rc = remove_below(r, real, err);
out:
	sgn_free(real);
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
	if (opts->in_place) {
		rc = remove_in_place(&r, path, opts, err);
		*removed = r.removed;
		return sgn_bundle_error(err, rc, path);
	}
	rc = sgn_txn_recover(path, err);
	if (rc == 0)
		rc = sgn_walk_tree_on(ctx->pool, path, &walk, err);
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
