/* SPDX-License-Identifier: Apache-2.0 */
/* The picture of a bundle's code: the tree, a line of facts for each item, and what is wrong with it. */
#include <signet/show.h>
#include <signet/verify.h>

#include <stdlib.h>
#include <string.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/ops/context.h"
#include "signer/ops/enclosing.h"
#include "signer/ops/tree.h"

struct picture {
	struct sgn_described_tree pub; /* first, so that freeing knows where it is */
	struct sgn_arena arena;
	struct sgn_context *ctx;
	struct sgn_tree_item *items;
	const char *root; /* the bundle's path as findings have it */
};

static const char *keep(struct picture *p, const char *text, int *rc, struct sgn_error *err)
{
	const char *copy = text ? sgn_arena_strdup(&p->arena, text) : NULL;

	if (text && !copy && *rc == 0)
		*rc = sgn_fail_nomem(err);
	return copy;
}

/* --- order ---------------------------------------------------------------------------------------- */

/* Parents before children, siblings by path: paths with "/" as the smallest character. */
static int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return 0;
	if (*a == '\0' || (*a == '/' && *b != '\0'))
		return -1;
	if (*b == '\0' || *b == '/')
		return 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int by_path(const void *a, const void *b)
{
	const struct sgn_item *const *x = a, *const *y = b;

	return compare_paths((*x)->path, (*y)->path);
}

static unsigned depth_of(const struct sgn_tree *tree, const struct sgn_item *item)
{
	unsigned depth = 0;

	for (; item->parent != SIZE_MAX; item = &tree->items[item->parent])
		depth++;
	return depth;
}

/* --- facts ---------------------------------------------------------------------------------------- */

static const char *arch_names(struct picture *p, const struct sgn_description *d, int *rc,
                              struct sgn_error *err)
{
	const char *text;
	struct sgn_buf buf;

	sgn_buf_init(&buf, SGN_LIMIT_PATH);
	for (size_t i = 0; i < d->slice_count; i++)
		sgn_wr_fmt(&buf, "%s%s", i ? " " : "", d->slices[i].arch);
	text = keep(p, sgn_buf_str(&buf), rc, err);
	sgn_buf_dispose(&buf);
	return text;
}

static void complain(struct sgn_tree_item *item, bool is_error, const char *id, int32_t osstatus,
                     const char *text)
{
	bool first = item->errors == 0 && (is_error || item->warnings == 0);

	if (is_error)
		item->errors++;
	else
		item->warnings++;
	if (!first)
		return;
	item->problem = text;
	item->problem_id = id;
	item->osstatus = osstatus;
}

static int take_facts(struct picture *p, const struct sgn_description *d, struct sgn_tree_item *out,
                      struct sgn_error *err)
{
	const struct sgn_shown_slice *s = &d->slices[d->native];
	const struct sgn_shown_dir *best;
	int rc = 0;

	out->archs = arch_names(p, d, &rc, err);
	out->is_signed = s->is_signed && !s->problem;
	if (!out->is_signed && !out->problem)
		complain(out, true, "unsigned", errSecCSUnsigned, "not signed");
	if (!out->is_signed)
		return rc;
	best = &s->dirs[s->best];
	out->identifier = keep(p, s->identifier, &rc, err);
	out->team = keep(p, s->team, &rc, err);
	out->flags = best->flags;
	out->flags_text = keep(p, best->flags_text, &rc, err);
	out->entitlements = s->entitlements_xml.size || s->entitlements_der.size;
	out->adhoc = s->adhoc;
	out->linker_signed = s->linker_signed;
	if (s->chain_count)
		out->authority = keep(p, s->chain[0].name, &rc, err);
	out->has_timestamp = s->has_timestamp;
	out->timestamp = s->timestamp;
	if (best->cdhash.size >= 20)
		sgn_hex_encode(best->cdhash.data, 20, out->cdhash);
	return rc;
}

/* What cannot even be described has a problem instead of facts. */
static int describe(struct picture *p, const char *path, struct sgn_tree_item *item,
                    struct sgn_error *err)
{
	struct sgn_error why = SGN_ERROR_INIT;
	struct sgn_description *d;
	int rc = sgn_describe_path(p->ctx, path, &d, &why);

	if (rc == 0) {
		rc = take_facts(p, d, item, err);
		sgn_description_free(d);
	} else if (rc == SGN_E_NOMEM) {
		sgn_error_move(err, &why);
	} else {
		rc = 0;
		if (!item->problem)
			complain(item, true, "structure", why.osstatus,
			         keep(p, why.text, &rc, err));
	}
	sgn_error_dispose(&why);
	return rc;
}

/* --- findings --------------------------------------------------------------------------------------- */

static struct sgn_tree_item *item_at(struct picture *p, const char *path)
{
	size_t skip = strlen(p->root);

	if (!path || strncmp(path, p->root, skip) != 0 || path[skip] != '/')
		return NULL;
	for (size_t i = 0; i < p->pub.count; i++)
		if (strcmp(p->items[i].path, path + skip + 1) == 0)
			return &p->items[i];
	return NULL;
}

/* The item that a finding is about: what changed, if that is code, else what it lies in. */
static struct sgn_tree_item *find_item(struct picture *p, const struct sgn_finding *f,
                                       struct sgn_tree_item *whole)
{
	struct sgn_tree_item *item = item_at(p, f->resource);

	if (!item)
		item = item_at(p, f->subcomponent);
	return item ? item : whole;
}

/* That is said of every item that is not signed, once. */
static bool says_unsigned(const struct sgn_finding *f)
{
	return strcmp(f->id, "unsigned") == 0 || strcmp(f->id, "nested-unsigned") == 0;
}

static int take_findings(struct picture *p, const struct sgn_report *report,
                         struct sgn_tree_item *whole, struct sgn_error *err)
{
	const struct sgn_finding *f;
	int rc = 0;

	for (size_t i = 0; rc == 0 && (f = sgn_report_finding(report, i)); i++)
		if (f->severity != SGN_SEVERITY_NOTE && !says_unsigned(f))
			complain(find_item(p, f, whole), f->severity == SGN_SEVERITY_ERROR,
			         keep(p, f->id, &rc, err), f->osstatus, keep(p, f->text, &rc, err));
	return rc;
}

/* item gets what belongs to no other. */
static int verify(struct picture *p, const char *path, struct sgn_tree_item *item,
                  struct sgn_error *err)
{
	static const struct sgn_verify_options deep = {.deep = true};
	struct sgn_error why = SGN_ERROR_INIT;
	struct sgn_report *report;
	int rc = sgn_verify_path(p->ctx, path, &deep, &report, &why);

	if (rc == 0) {
		rc = take_findings(p, report, item, err);
		sgn_report_free(report);
	} else if (rc == SGN_E_NOMEM) {
		sgn_error_move(err, &why);
	} else {
		rc = 0;
		if (!item->problem)
			complain(item, true, "structure", why.osstatus,
			         keep(p, why.text, &rc, err));
	}
	sgn_error_dispose(&why);
	return rc;
}

/* Verifying the bundle reaches what is sealed as code, and in there again; other code is looked at by
 * itself. */
static bool is_start(const struct sgn_item *item)
{
	return item->parent == SIZE_MAX || !item->as_code;
}

/* --- the tree --------------------------------------------------------------------------------------- */

static int draw_item(struct picture *p, const struct sgn_tree *tree, const struct sgn_item *item,
                     struct sgn_tree_item *out, struct sgn_error *err)
{
	struct sgn_buf path;
	int rc = 0;

	out->path = keep(p, *item->path ? item->path : ".", &rc, err);
	out->depth = depth_of(tree, item);
	out->kind = sgn_item_kind(item);
	out->sealed_as_code = item->as_code;
	out->archs = "";
	if (item->problem)
		complain(out, true, "structure", item->osstatus, keep(p, item->problem, &rc, err));
	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s%s%s", p->root, *item->path ? "/" : "", item->path);
	if (rc == 0)
		rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		rc = describe(p, sgn_buf_str(&path), out, err);
	sgn_buf_dispose(&path);
	return rc;
}

static int judge_item(struct picture *p, const struct sgn_item *item, struct sgn_tree_item *out,
                      struct sgn_error *err)
{
	struct sgn_buf path;
	int rc;

	if (!is_start(item) || item->problem)
		return 0;
	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s%s%s", p->root, *item->path ? "/" : "", item->path);
	rc = verify(p, sgn_buf_str(&path), out, err);
	sgn_buf_dispose(&path);
	return rc;
}

/* Items lie right behind what they lie in, so that it is the last one before them that is less deep. */
static void count_errors(struct picture *p)
{
	for (size_t i = p->pub.count; i-- > 0;) {
		const struct sgn_tree_item *item = &p->items[i];

		p->pub.errors += item->errors;
		for (size_t k = i; k-- > 0;) {
			if (p->items[k].depth >= item->depth)
				continue;
			p->items[k].errors_inside += item->errors + item->errors_inside;
			break;
		}
	}
}

static int draw(struct picture *p, const struct sgn_tree *tree, struct sgn_error *err)
{
	const struct sgn_item **sorted =
		sgn_arena_array(&p->arena, tree->count, sizeof(const struct sgn_item *));
	int rc = 0;

	p->items = sgn_arena_array(&p->arena, tree->count, sizeof(*p->items));
	if (!sorted || !p->items)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < tree->count; i++)
		sorted[i] = &tree->items[i];
	qsort(sorted, tree->count, sizeof(const struct sgn_item *), by_path);
	p->pub.items = p->items;
	p->pub.count = tree->count;
	for (size_t i = 0; rc == 0 && i < tree->count; i++)
		rc = draw_item(p, tree, sorted[i], &p->items[i], err);
	for (size_t i = 0; rc == 0 && i < tree->count; i++)
		rc = judge_item(p, sorted[i], &p->items[i], err);
	count_errors(p);
	return rc;
}

static int draw_bundle(struct picture *p, const char *bundle, struct sgn_error *err)
{
	static const struct sgn_tree_options tolerant = {.tolerant = true};
	struct sgn_walk walk;
	struct sgn_tree tree;
	int rc = sgn_walk_tree(bundle, &walk, err);

	if (rc)
		return rc;
	rc = sgn_tree_discover(&walk, &tolerant, &tree, err);
	if (rc == 0) {
		rc = draw(p, &tree, err);
		sgn_tree_dispose(&tree);
	}
	sgn_walk_dispose(&walk);
	return rc;
}

static int draw_file(struct picture *p, const char *path, struct sgn_error *err)
{
	struct sgn_description *d;
	int rc;

	p->items = sgn_arena_alloc(&p->arena, sizeof(*p->items));
	if (!p->items)
		return sgn_fail_nomem(err);
	p->pub.items = p->items;
	p->pub.count = 1;
	p->items->path = ".";
	p->items->kind = "macho";
	rc = sgn_describe_path(p->ctx, path, &d, err);
	if (rc)
		return rc;
	rc = take_facts(p, d, p->items, err);
	sgn_description_free(d);
	if (rc == 0)
		rc = verify(p, path, p->items, err);
	p->pub.errors = p->items->errors;
	return rc;
}

static void without_slashes(char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
}

int sgn_describe_tree(struct sgn_context *ctx, const char *path, struct sgn_described_tree **out,
                      struct sgn_error *err)
{
	struct picture *p = sgn_calloc(1, sizeof(*p));
	char *bundle = NULL;
	int rc = p ? sgn_bundle_of(path, &bundle, err) : sgn_fail_nomem(err);

	*out = NULL;
	if (rc == 0) {
		p->ctx = ctx;
		if (bundle)
			without_slashes(bundle);
		p->root = bundle ? bundle : path;
		rc = bundle ? draw_bundle(p, bundle, err) : draw_file(p, path, err);
	}
	sgn_free(bundle);
	if (rc == 0)
		*out = &p->pub;
	else if (p)
		sgn_described_tree_free(&p->pub);
	return sgn_error_at_path(err, rc, path);
}

void sgn_described_tree_free(struct sgn_described_tree *tree)
{
	struct picture *p = (struct picture *)tree;

	if (!p)
		return;
	sgn_arena_dispose(&p->arena);
	sgn_free(p);
}
