/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "signer/base/buf.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/base/walk.h"

struct again {
	const struct sgn_walk *old;
	size_t first; /* the new root's index in old */
	size_t skip;  /* bytes of an old path before the new one */
	struct sgn_walk *out;
	size_t room;
};

static int append(struct again *a, const struct sgn_walk_entry *e, struct sgn_error *err)
{
	struct sgn_walk *out = a->out;

	if (out->count >= SGN_LIMIT_WALK_ENTRIES)
		return sgn_fail(err, SGN_E_LIMIT, "the folder holds more than %u files and folders",
		                SGN_LIMIT_WALK_ENTRIES);
	if (out->count == a->room) {
		size_t room = a->room * 2;
		struct sgn_walk_entry *bigger =
			sgn_realloc(out->entries, room * sizeof(*out->entries));

		if (!bigger)
			return sgn_fail_nomem(err);
		out->entries = bigger;
		a->room = room;
	}
	out->entries[out->count++] = *e;
	return 0;
}

static struct sgn_walk_entry taken_over(const struct again *a, size_t i)
{
	struct sgn_walk_entry e = a->old->entries[i];
	size_t name = (size_t)(e.name - e.path);

	e.before = i;
	/* The root's own path ends before what is skipped. */
	e.path = i == a->first ? "" : e.path + a->skip;
	e.name = i == a->first ? "" : e.path + (name - a->skip);
	return e;
}

/* "<at>/<path>" in the arena. */
static bool set_path(struct again *a, const char *at, const struct sgn_walk_entry *sub,
                     struct sgn_walk_entry *e)
{
	size_t above = strlen(at), len = strlen(sub->path), slash = above && len;
	char *path = sgn_arena_alloc(&a->out->arena, above + slash + len + 1);

	if (!path)
		return false;
	memcpy(path, at, above);
	if (slash)
		path[above] = '/';
	memcpy(path + above + slash, sub->path, len);
	e->path = path;
	e->name = sgn_path_base(path);
	return true;
}

/* Which entry of the old list the same file was. Both lists are sorted: *i goes along. */
static size_t match(const struct again *a, size_t *i, size_t end, const struct sgn_walk_entry *e,
                    size_t skip)
{
	const struct sgn_walk_entry *all = a->old->entries;

	while (*i < end && sgn_walk_compare(all[*i].path + skip, e->path) < 0)
		++*i;
	if (*i < end && strcmp(all[*i].path + skip, e->path) == 0 && e->kind == SGN_WALK_FILE &&
	    all[*i].kind == SGN_WALK_FILE && all[*i].size == e->size)
		return *i;
	return SIZE_MAX;
}

/* All of the list of a folder that was read anew, behind the others. */
static int insert(struct again *a, size_t old, const struct sgn_walk *sub, struct sgn_error *err)
{
	struct sgn_walk_entry folder = taken_over(a, old);
	const char *was = a->old->entries[old].path;
	size_t skip = *was ? strlen(was) + 1 : 0, base = a->out->count, next = old + 1;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sub->count; i++) {
		struct sgn_walk_entry e = sub->entries[i];

		e.end += base;
		e.before = i ? match(a, &next, a->old->entries[old].end, &e, skip) : SIZE_MAX;
		if (!set_path(a, folder.path, &sub->entries[i], &e))
			return sgn_fail_nomem(err);
		if (e.link)
			e.link = sgn_arena_strdup(&a->out->arena, e.link);
		if (sub->entries[i].link && !e.link)
			return sgn_fail_nomem(err);
		rc = append(a, &e, err);
	}
	return rc;
}

static int read_again(struct again *a, size_t i, struct sgn_error *err)
{
	const char *path = a->old->entries[i].path;
	struct sgn_walk sub = {0};
	struct sgn_buf full;
	int rc;

	sgn_buf_init(&full, SGN_LIMIT_PATH);
	sgn_wr_fmt(&full, "%s%s%s", a->old->root, *path ? "/" : "", path);
	rc = sgn_buf_finish(&full, err, "path");
	if (rc == 0)
		rc = sgn_walk_tree(sgn_buf_str(&full), &sub, err);
	sgn_buf_dispose(&full);
	if (rc == 0)
		rc = insert(a, i, &sub, err);
	sgn_walk_dispose(&sub);
	return rc;
}

/* The entries of old from i on, up to end. */
static int list_range(struct again *a, size_t i, size_t end, const bool *changed,
                      struct sgn_error *err)
{
	const struct sgn_walk_entry *all = a->old->entries;
	int rc = 0;

	while (rc == 0 && i < end) {
		struct sgn_walk_entry e = taken_over(a, i);
		bool is_new = changed[i - a->first];
		size_t at = a->out->count;

		if (is_new && e.kind == SGN_WALK_DIR) {
			rc = read_again(a, i, err);
			i = all[i].end;
			continue;
		}
		if (is_new) {
			e.before = SIZE_MAX;
			e.size = SGN_SIZE_UNKNOWN;
		}
		rc = append(a, &e, err);
		if (rc == 0)
			rc = list_range(a, i + 1, all[i].end, changed, err);
		if (rc == 0)
			a->out->entries[at].end = a->out->count;
		i = all[i].end;
	}
	return rc;
}

int sgn_walk_again(const struct sgn_walk *old, const char *at, const bool *changed,
                   struct sgn_walk *out, struct sgn_error *err)
{
	const struct sgn_walk_entry *top = sgn_walk_find(old, at);
	struct again a = {.old = old, .out = out, .skip = *at ? strlen(at) + 1 : 0};
	struct sgn_buf root;
	int rc;

	*out = (struct sgn_walk){0};
	if (!top)
		return sgn_fail(err, SGN_E_INTERNAL, "%s is not in the list", at);
	a.first = sgn_walk_index(old, top);
	a.room = top->end - a.first;
	sgn_buf_init(&root, SGN_LIMIT_PATH);
	sgn_wr_fmt(&root, "%s%s%s", old->root, *at ? "/" : "", at);
	rc = sgn_buf_finish(&root, err, "path");
	out->root = sgn_arena_strdup(&out->arena, sgn_buf_str(&root));
	out->entries = sgn_malloc(a.room * sizeof(*out->entries));
	if (rc == 0 && (!out->root || !out->entries))
		rc = sgn_fail_nomem(err);
	if (rc == 0)
		rc = list_range(&a, a.first, top->end, changed, err);
	sgn_buf_dispose(&root);
	if (rc != 0)
		sgn_walk_dispose(out);
	return rc;
}
