/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a seal covers: the support directory, entry by entry, under the rules of each version.
 * docs/format/resources.md, "Walk".
 */
#include <stdlib.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/bundle/seal.h"

/* Taken out before any rule is asked; from the support directory. */
static const char *const excluded[] = {"_CodeSignature", "CodeResources", "_MASReceipt"};

enum verdict { LEFT_OUT, SEALED, NESTED_CODE };

/* One version's walk. The two are independent: where one stops at nested code, the other goes on. */
struct side {
	const struct sgn_rules *rules;
	size_t skip_until; /* index of the entry behind nested code or something excluded */
	const struct sgn_rule *rule;
	enum verdict verdict;
};

struct scan {
	const struct sgn_bundle *b;
	const char *main; /* the main executable from the support directory, or NULL */
	size_t skip;      /* bytes of an entry's path before the support directory's part */
	size_t root_skip; /* the same for the bundle's root */
	struct side v1, v2;
	struct sgn_seal_scan *out;
	size_t room, problem_room;
	struct sgn_error *err;
};

static bool is_excluded(const struct scan *s, const char *path)
{
	if (s->main && strcmp(path, s->main) == 0)
		return true;
	for (size_t i = 0; i < SGN_ARRAY_LEN(excluded); i++)
		if (strcmp(path, excluded[i]) == 0)
			return true;
	return false;
}

static int note(struct scan *s, const struct sgn_walk_entry *e, int32_t osstatus, bool fatal,
                const char *text, const char *cure)
{
	struct sgn_seal_scan *out = s->out;

	if (out->problem_count == s->problem_room) {
		/* Twice the room; the old array stays in the arena. */
		size_t room = s->problem_room ? 2 * s->problem_room : 8;
		struct sgn_bundle_problem *grown =
			sgn_arena_array(&out->arena, room, sizeof(*grown));

		if (!grown)
			return sgn_fail_nomem(s->err);
		if (out->problem_count > 0)
			memcpy(grown, out->problems, out->problem_count * sizeof(*grown));
		out->problems = grown;
		s->problem_room = room;
	}
	out->problems[out->problem_count++] =
		(struct sgn_bundle_problem){osstatus, e->path + s->root_skip, text, cure, fatal};
	return 0;
}

/* Asks one version's rules about an entry that its walk has reached. */
static void judge(struct side *side, size_t index, const struct sgn_walk_entry *e, const char *path)
{
	const struct sgn_rule *rule = NULL;
	bool is_dir = e->kind == SGN_WALK_DIR;

	side->verdict = LEFT_OUT;
	if (!side->rules || index < side->skip_until)
		return;
	/* A directory is of interest only when it may be a nested bundle: with a dot in its name. */
	if (!is_dir || strchr(e->name, '.'))
		rule = sgn_rules_match(side->rules, path);
	side->rule = rule;
	if (!rule)
		return;
	if (is_dir) {
		if (!rule->nested)
			return;
		side->verdict = NESTED_CODE;
		side->skip_until = e->end;
	} else if (!rule->omit) {
		side->verdict = rule->nested && e->kind == SGN_WALK_FILE ? NESTED_CODE : SEALED;
	}
}

static struct sgn_seal_item *new_item(struct scan *s)
{
	struct sgn_seal_scan *out = s->out;

	/* Room for every entry was made before. */
	return out->count < s->room ? &out->items[out->count++] : NULL;
}

static int add_item(struct scan *s, size_t index, const struct sgn_walk_entry *e, const char *path)
{
	/* Version 1 knows neither links nor nested code: files only. */
	bool in_v1 = s->v1.verdict != LEFT_OUT && e->kind == SGN_WALK_FILE;
	bool in_v2 = s->v2.verdict != LEFT_OUT;
	struct sgn_seal_item *item;

	if (!in_v1 && !in_v2)
		return 0;
	item = new_item(s);
	if (!item)
		return sgn_fail(s->err, SGN_E_INTERNAL, "more items than entries");
	item->path = path;
	item->entry = index;
	item->link = e->link;
	item->kind = e->kind == SGN_WALK_SYMLINK ? SGN_SEAL_LINK : SGN_SEAL_FILE;
	if (s->v2.verdict == NESTED_CODE)
		item->kind = SGN_SEAL_NESTED;
	item->nested_is_dir = e->kind == SGN_WALK_DIR;
	item->in_v1 = in_v1;
	item->in_v2 = in_v2;
	item->optional_v1 = in_v1 && s->v1.rule->optional;
	item->optional_v2 = in_v2 && s->v2.rule->optional;
	return 0;
}

/* Inside of nested code only that code's own seal counts, although version 1 walks through it. */
static int note_oddity(struct scan *s, size_t index, const struct sgn_walk_entry *e)
{
	if (s->v2.rules && index < s->v2.skip_until)
		return 0;
	if (e->kind == SGN_WALK_OTHER)
		return note(s, e, errSecCSResourceNotSupported, false,
		            "is a socket, pipe or device, which cannot be sealed", "delete it");
	if (e->problem != 0)
		return note(s, e, errSecCSSignatureNotVerifiable, false, "cannot be read",
		            "correct its permissions");
	if (e->kind == SGN_WALK_SYMLINK && strcmp(e->name, ".DS_Store") == 0)
		return note(s, e, errSecCSDSStoreSymlink, true,
		            "a symbolic link named .DS_Store is not allowed", "delete it");
	return 0;
}

static int visit(struct scan *s, size_t index, const struct sgn_walk_entry *e)
{
	const char *path = e->path + s->skip;
	int rc;

	if (is_excluded(s, path)) {
		s->v1.skip_until = s->v2.skip_until = e->end;
		return 0;
	}
	rc = note_oddity(s, index, e);
	judge(&s->v1, index, e, path);
	judge(&s->v2, index, e, path);
	if (rc != 0 || e->kind == SGN_WALK_OTHER)
		return rc;
	return add_item(s, index, e, path);
}

/* Behind what no version's walk enters. A version without rules enters nothing. */
static size_t next_index(const struct scan *s, size_t index)
{
	size_t v1 = s->v1.rules ? s->v1.skip_until : SIZE_MAX;
	size_t v2 = s->v2.rules ? s->v2.skip_until : SIZE_MAX;
	size_t both = v1 < v2 ? v1 : v2;

	return both != SIZE_MAX && both > index + 1 ? both : index + 1;
}

static int compare_items(const void *a, const void *b)
{
	return strcmp(((const struct sgn_seal_item *)a)->path,
	              ((const struct sgn_seal_item *)b)->path);
}

/* The walk entry of the support directory. */
static int find_support(const struct sgn_bundle *b, const struct sgn_walk_entry **out,
                        struct sgn_error *err)
{
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s%s%s", b->at, b->at[0] && b->support[0] ? "/" : "", b->support);
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0) {
		*out = sgn_walk_find(b->walk, sgn_buf_str(&path));
		if (!*out)
			rc = sgn_fail(err, SGN_E_INTERNAL,
			              "the support directory is not in the list");
	}
	sgn_buf_dispose(&path);
	return rc;
}

static const char *main_in_support(const struct sgn_bundle *b)
{
	size_t len = strlen(b->support);

	if (!b->main_path || len == 0)
		return b->main_path;
	if (strncmp(b->main_path, b->support, len) != 0 || b->main_path[len] != '/')
		return NULL;
	return b->main_path + len + 1;
}

static size_t behind_slash(const char *path)
{
	return path[0] ? strlen(path) + 1 : 0;
}

int sgn_seal_scan(const struct sgn_bundle *b, const struct sgn_rules *v1,
                  const struct sgn_rules *v2, struct sgn_seal_scan *out, struct sgn_error *err)
{
	struct scan s = {.b = b, .v1.rules = v1, .v2.rules = v2, .out = out, .err = err};
	const struct sgn_walk_entry *support;
	size_t index;
	int rc;

	*out = (struct sgn_seal_scan){0};
	rc = find_support(b, &support, err);
	if (rc != 0)
		return rc;
	index = sgn_walk_index(b->walk, support);
	s.main = main_in_support(b);
	s.skip = behind_slash(support->path);
	s.root_skip = behind_slash(b->at);
	s.room = support->end - index;
	out->items = sgn_arena_array(&out->arena, s.room, sizeof(*out->items));
	if (!out->items)
		return sgn_fail_nomem(err);
	for (index++; index < support->end && rc == 0; index = next_index(&s, index))
		rc = visit(&s, index, &b->walk->entries[index]);
	if (rc != 0)
		sgn_seal_scan_dispose(out);
	else if (out->count > 1)
		qsort(out->items, out->count, sizeof(*out->items), compare_items);
	return rc;
}

void sgn_seal_scan_dispose(struct sgn_seal_scan *s)
{
	sgn_arena_dispose(&s->arena);
	*s = (struct sgn_seal_scan){0};
}
