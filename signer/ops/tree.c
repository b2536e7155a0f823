/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/tree.h"

#include <string.h>

#include "signer/base/file.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/macho/macho.h"

/* Bundles inside bundles; real ones: 4 (app, framework, app, framework). */
#define NESTING_LIMIT 32

struct finder {
	struct sgn_tree *tree;
	const struct sgn_tree_options *opts;
	unsigned depth;
};

static int discover_bundle(struct finder *f, const char *at, bool as_code, size_t *index,
                           struct sgn_error *err);

static int add_item(struct sgn_tree *t, const struct sgn_item *item, size_t *index,
                    struct sgn_error *err)
{
	if (t->count == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 64;
		struct sgn_item *grown = sgn_realloc(t->items, cap * sizeof(*grown));

		if (!grown)
			return sgn_fail_nomem(err);
		t->items = grown;
		t->cap = cap;
	}
	*index = t->count;
	t->items[t->count++] = *item;
	return 0;
}

/* Full path of an entry of the walk. */
static int entry_path(const struct sgn_walk *walk, const char *path, struct sgn_buf *out,
                      struct sgn_error *err)
{
	sgn_buf_init(out, SGN_LIMIT_PATH);
	sgn_wr_str(out, walk->root);
	if (*path) {
		sgn_wr_str(out, "/");
		sgn_wr_str(out, path);
	}
	return sgn_buf_finish(out, err, "path");
}

static int sniff(const struct sgn_walk *walk, const char *path, enum sgn_file_kind *kind,
                 struct sgn_error *err)
{
	struct sgn_source src;
	struct sgn_buf full;
	int rc = entry_path(walk, path, &full, err);

	if (rc == 0)
		rc = sgn_source_open(sgn_buf_str(&full), &src, err);
	if (rc == 0) {
		rc = sgn_macho_sniff(&src, kind, err);
		sgn_source_close(&src);
	}
	rc = sgn_error_at_path(err, rc, sgn_buf_str(&full));
	sgn_buf_dispose(&full);
	return rc;
}

/* Is that file code that carries a signature? */
static int is_code(const struct finder *f, const struct sgn_walk_entry *e, bool *out,
                   struct sgn_error *err)
{
	const struct sgn_walk *walk = f->tree->walk;
	enum sgn_file_kind kind = SGN_FILE_OTHER;
	int rc = 0;

	if (!sgn_survey_kind(f->opts->survey, sgn_walk_index(walk, e), &kind))
		rc = sniff(walk, e->path, &kind, err);
	*out = kind == SGN_FILE_MACHO || kind == SGN_FILE_FAT;
	return rc;
}

static bool is_dsym(const char *name)
{
	return sgn_view_ends_with(sgn_view_str(name), sgn_view_str(".dSYM"));
}

static int no_code_in_code_place(const char *path, struct sgn_error *err)
{
	int rc;

	if (sgn_is_leftover(sgn_path_base(path))) {
		rc = sgn_fail(err, SGN_E_UNSUPPORTED,
		              "%s is an AppleDouble file, left by a Mac's archiver", path);
		sgn_error_osstatus(err, rc, errSecCSUnsigned);
		return sgn_error_cure(err, rc,
		                      "delete it and its like: find . -name '._*' -delete");
	}
	rc = sgn_fail(err, SGN_E_UNSUPPORTED,
	              "%s lies where the bundle's rules expect code, but is none", path);

	sgn_error_osstatus(err, rc, errSecCSUnsigned);
	return sgn_error_cure(
		err, rc,
		"move it to Contents/Resources (for a versioned framework: to Resources), "
		"where it is sealed as data");
}

/* A failure that is about one item only becomes its problem, when that is wanted. */
static int forgive(const struct finder *f, int rc, struct sgn_error *why, struct sgn_item *item,
                   struct sgn_error *err)
{
	if (f->opts->tolerant &&
	    (rc == SGN_E_FORMAT || rc == SGN_E_UNSUPPORTED || rc == SGN_E_IO)) {
		item->problem = sgn_arena_strdup(&f->tree->arena, why->text);
		item->osstatus = why->osstatus;
		rc = item->problem ? 0 : sgn_fail_nomem(err);
	} else if (rc) {
		sgn_error_move(err, why);
	}
	sgn_error_dispose(why);
	return rc;
}

/* What the rules call nested: a bundle, or a file that must be code. */
static int discover_nested(struct finder *f, const struct sgn_seal_item *item,
                           struct sgn_error *err)
{
	const struct sgn_walk_entry *e = &f->tree->walk->entries[item->entry];
	const char *path = e->path;
	struct sgn_item found = {.path = path, .parent = SIZE_MAX, .as_code = true};
	struct sgn_error why = SGN_ERROR_INIT;
	size_t index;
	bool code;
	int rc;

	if (item->nested_is_dir)
		return discover_bundle(f, path, true, &index, err);
	rc = is_code(f, e, &code, &why);
	if (rc == 0 && !code)
		rc = no_code_in_code_place(path, &why);
	rc = forgive(f, rc, &why, &found, err);
	return rc ? rc : add_item(f->tree, &found, &index, err);
}

/* A lone Mach-O file among the resources: sealed as bytes, but systems and the notary service want it
 * signed. */
static int discover_plain(struct finder *f, const struct sgn_walk_entry *e, struct sgn_error *err)
{
	struct sgn_item found = {.path = e->path, .parent = SIZE_MAX};
	size_t index;
	bool code;
	int rc = is_code(f, e, &code, err);

	/* The path of an error is that of the bundle in the end. */
	sgn_wrap(err, rc, "%s", e->path);
	return rc || !code ? rc : add_item(f->tree, &found, &index, err);
}

/* A bundle in a place that the rules treat as data (Resources/Helper.app, the frameworks of an iOS
 * app). Those without a Mach-O executable are data indeed. */
static int discover_data_bundle(struct finder *f, const struct sgn_walk_entry *e, bool *found,
                                struct sgn_error *err)
{
	struct sgn_bundle b;
	size_t index;
	int rc;

	*found = false;
	if (!strchr(e->name, '.') || is_dsym(e->name) ||
	    !sgn_bundle_looks_like(f->tree->walk, e->path))
		return 0;
	if (sgn_bundle_open(f->tree->walk, e->path, NULL, &b, NULL) != 0)
		return 0;
	*found = b.main_kind == SGN_MAIN_MACHO;
	sgn_bundle_dispose(&b);
	rc = *found ? discover_bundle(f, e->path, false, &index, err) : 0;
	return rc;
}

/* Which item of the scan an entry is, by its distance from the support dir. */
static const struct sgn_seal_item **map_entries(struct finder *f, const struct sgn_seal_scan *scan,
                                                size_t first, size_t end)
{
	const struct sgn_seal_item **map =
		sgn_arena_array(&f->tree->arena, end - first, sizeof(const struct sgn_seal_item *));

	for (size_t i = 0; map && i < scan->count; i++)
		if (scan->items[i].entry >= first && scan->items[i].entry < end)
			map[scan->items[i].entry - first] = &scan->items[i];
	return map;
}

static int discover_children(struct finder *f, const struct sgn_seal_scan *scan, size_t first,
                             size_t end, struct sgn_error *err)
{
	const struct sgn_seal_item **map = map_entries(f, scan, first, end);
	int rc = map ? 0 : sgn_fail_nomem(err);

	for (size_t i = first; rc == 0 && i < end;) {
		const struct sgn_walk_entry *e = &f->tree->walk->entries[i];
		const struct sgn_seal_item *item = map[i - first];
		bool whole = false;

		if (item && item->kind == SGN_SEAL_NESTED) {
			rc = discover_nested(f, item, err);
			whole = true;
		} else if (!f->opts->only_code_places && e->kind == SGN_WALK_DIR && i > first) {
			rc = discover_data_bundle(f, e, &whole, err);
		} else if (!f->opts->only_code_places && item && item->kind == SGN_SEAL_FILE) {
			rc = discover_plain(f, e, err);
		}
		i = whole ? e->end : i + 1;
	}
	return rc;
}

/* The first problem that codesign does not sign over; and a missing executable, over which it does,
 * although the result is hardly what anybody wanted. */
static int refuse_broken(const struct finder *f, const struct sgn_bundle *b, struct sgn_error *err)
{
	for (size_t i = 0; i < b->problem_count; i++) {
		const struct sgn_bundle_problem *p = &b->problems[i];
		int rc;
		bool missing = p->osstatus == errSecCSNoMainExecutable;

		if (!p->fatal && (!missing || f->opts->allow_no_executable))
			continue;
		rc = sgn_fail(err, SGN_E_FORMAT, "%s: %s", *p->path ? p->path : ".", p->text);
		sgn_error_osstatus(err, rc, p->osstatus);
		return p->cure ? sgn_error_cure(err, rc, "%s", p->cure) : rc;
	}
	return 0;
}

static int scan_bundle(struct finder *f, const struct sgn_bundle *b, struct sgn_error *err)
{
	const struct sgn_walk *walk = f->tree->walk;
	const struct sgn_walk_entry *support;
	struct sgn_rules v1 = {0}, v2 = {0};
	struct sgn_seal_scan scan = {0};
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s%s%s", b->at, *b->at && *b->support ? "/" : "", b->support);
	support = sgn_walk_find(walk, sgn_buf_str(&path));
	rc = support ? sgn_rules_default(b, 1, &v1, err)
	             : sgn_fail(err, SGN_E_FORMAT, "%s is missing", sgn_buf_str(&path));
	if (rc == 0)
		rc = sgn_rules_default(b, 2, &v2, err);
	if (rc == 0)
		rc = sgn_seal_scan(b, &v1, &v2, &scan, err);
	if (rc == 0)
		rc = discover_children(f, &scan, sgn_walk_index(walk, support), support->end, err);
	sgn_seal_scan_dispose(&scan);
	sgn_rules_dispose(&v1);
	sgn_rules_dispose(&v2);
	sgn_buf_dispose(&path);
	return rc;
}

/* Opens the bundle and finds what lies in it; item->bundle is NULL when there is none. */
static int open_and_scan(struct finder *f, struct sgn_item *item, struct sgn_error *err)
{
	int rc;

	item->bundle = sgn_arena_alloc(&f->tree->arena, sizeof(*item->bundle));
	rc = item->bundle ? sgn_bundle_open(f->tree->walk, item->path, NULL, item->bundle, err)
	                  : sgn_fail_nomem(err);
	if (rc) {
		item->bundle = NULL;
		return rc;
	}
	rc = refuse_broken(f, item->bundle, err);
	return rc ? rc : scan_bundle(f, item->bundle, err);
}

static int discover_bundle(struct finder *f, const char *at, bool as_code, size_t *index,
                           struct sgn_error *err)
{
	struct sgn_item item = {.path = at, .parent = SIZE_MAX, .as_code = as_code};
	struct sgn_error why = SGN_ERROR_INIT;
	size_t first = f->tree->count;
	int rc;

	*index = SIZE_MAX;
	if (++f->depth > NESTING_LIMIT)
		return sgn_fail(err, SGN_E_LIMIT, "bundles are nested more than %d deep",
		                NESTING_LIMIT);
	rc = forgive(f, open_and_scan(f, &item, &why), &why, &item, err);
	if (rc == 0)
		rc = add_item(f->tree, &item, index, err);
	if (rc && item.bundle)
		sgn_bundle_dispose(item.bundle);
	for (size_t i = first; rc == 0 && i < *index; i++)
		if (f->tree->items[i].parent == SIZE_MAX)
			f->tree->items[i].parent = *index;
	f->depth--;
	return rc;
}

int sgn_tree_discover(const struct sgn_walk *walk, const struct sgn_tree_options *opts,
                      struct sgn_tree *out, struct sgn_error *err)
{
	struct finder f = {.tree = out, .opts = opts};
	size_t root = 0;
	int rc;

	*out = (struct sgn_tree){.walk = walk};
	rc = discover_bundle(&f, "", false, &root, err);
	if (rc)
		sgn_tree_dispose(out);
	return rc;
}

void sgn_tree_dispose(struct sgn_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		if (tree->items[i].bundle)
			sgn_bundle_dispose(tree->items[i].bundle);
	sgn_free(tree->items);
	sgn_arena_dispose(&tree->arena);
	*tree = (struct sgn_tree){0};
}

const struct sgn_item *sgn_tree_find(const struct sgn_tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->count; i++)
		if (strcmp(tree->items[i].path, path) == 0)
			return &tree->items[i];
	return NULL;
}

const char *sgn_item_kind(const struct sgn_item *item)
{
	static const struct {
		const char *suffix, *kind;
	} rows[] = {
		{".app", "app"},
		{".framework", "framework"},
		{".xpc", "xpc"},
		{".appex", "plugin"},
		{".plugin", "plugin"},
		{".systemextension", "plugin"},
		{".qlgenerator", "plugin"},
		{".prefPane", "plugin"},
	};
	const char *root = item->bundle ? item->bundle->walk->root : NULL;
	struct sgn_view name = sgn_view_str(*item->path || !root ? item->path : root);

	if (!item->bundle)
		return "macho";
	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++)
		if (sgn_view_ends_with(name, sgn_view_str(rows[i].suffix)))
			return rows[i].kind;
	return item->bundle->is_app ? "app" : "bundle";
}
