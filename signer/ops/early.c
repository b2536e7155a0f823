/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/early.h"

#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/bundle/rules.h"

/* From the walk's root, "" and no slash where there is none. */
static void join(struct sgn_buf *out, const char *folder, const char *rest)
{
	sgn_wr_fmt(out, "%s%s%s", folder, *folder && *rest ? "/" : "", rest);
}

/* The file that carries the item's signature, from the walk's root. */
static int file_path(const struct sgn_item *item, struct sgn_buf *out, struct sgn_error *err)
{
	sgn_buf_reset(out);
	join(out, item->path, item->bundle ? item->bundle->main_path : "");
	return sgn_buf_finish(out, err, "path");
}

/* The path below the bundle's support directory; NULL when it lies elsewhere. */
static const char *below_support(const struct sgn_item *bundle, const char *path,
                                 struct sgn_buf *scratch)
{
	size_t len;

	sgn_buf_reset(scratch);
	join(scratch, bundle->path, bundle->bundle->support);
	len = scratch->size;
	if (len == 0)
		return path;
	if (strncmp(path, sgn_buf_str(scratch), len) != 0 || path[len] != '/')
		return NULL;
	return path + len + 1;
}

/* Version 1 of a seal has files only, also those of nested code. */
static bool has_bytes(const struct sgn_rules *v1, const char *path)
{
	const struct sgn_rule *rule = path ? sgn_rules_match(v1, path) : NULL;

	return rule && !rule->omit;
}

/* The item inside bundle on the way down to i; SIZE_MAX when i is not inside. */
static size_t child_towards(const struct sgn_tree *tree, size_t bundle, size_t i)
{
	while (i < bundle && tree->items[i].parent != bundle)
		i = tree->items[i].parent;
	return i < bundle ? i : SIZE_MAX;
}

int sgn_sealed_bytes(const struct sgn_tree *tree, size_t bundle, bool *sealed,
                     struct sgn_error *err)
{
	const struct sgn_item *around = &tree->items[bundle];
	struct sgn_buf path, scratch;
	struct sgn_rules v1 = {0};
	int rc = sgn_rules_default(around->bundle, 1, &v1, err);

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_buf_init(&scratch, SGN_LIMIT_PATH);
	for (size_t i = 0; rc == 0 && i < bundle; i++) {
		size_t child = child_towards(tree, bundle, i);

		sealed[i] = child != SIZE_MAX && (!tree->items[child].as_code ||
		                                  around->bundle->layout == SGN_BUNDLE_FLAT);
		if (child == SIZE_MAX || sealed[i])
			continue;
		rc = file_path(&tree->items[i], &path, err);
		if (rc == 0)
			sealed[i] =
				has_bytes(&v1, below_support(around, sgn_buf_str(&path), &scratch));
	}
	sgn_buf_dispose(&path);
	sgn_buf_dispose(&scratch);
	sgn_rules_dispose(&v1);
	return rc;
}

int sgn_early_items(const struct sgn_tree *tree, bool *early, struct sgn_error *err)
{
	bool *sealed = sgn_calloc(tree->count, sizeof(*sealed));
	int rc = sealed ? 0 : sgn_fail_nomem(err);

	for (size_t i = 0; i < tree->count; i++) {
		const struct sgn_item *item = &tree->items[i];

		early[i] = item->parent != SIZE_MAX &&
		           (!item->bundle || item->bundle->main_kind == SGN_MAIN_MACHO);
	}
	for (size_t bundle = 0; rc == 0 && bundle < tree->count; bundle++) {
		if (!tree->items[bundle].bundle)
			continue;
		rc = sgn_sealed_bytes(tree, bundle, sealed, err);
		for (size_t i = 0; rc == 0 && i < bundle; i++)
			early[i] &= !sealed[i];
	}
	sgn_free(sealed);
	return rc;
}
