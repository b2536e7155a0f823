/* SPDX-License-Identifier: Apache-2.0 */
/* Moving about in a walked tree: children by name, and symlinks, which the walk has not followed. */
#include <string.h>

#include "signer/bundle/internal.h"

#define LINKS_MAX 32 /* symlinks in one lookup: what macOS allows (MAXSYMLINKS) */

const struct sgn_walk_entry *sgn_tree_next(const struct sgn_walk *w,
                                           const struct sgn_walk_entry *dir,
                                           const struct sgn_walk_entry *prev)
{
	size_t at = prev ? prev->end : sgn_walk_index(w, dir) + 1;

	return at < dir->end ? &w->entries[at] : NULL;
}

static const struct sgn_walk_entry *child_of_len(const struct sgn_walk *w,
                                                 const struct sgn_walk_entry *dir, const char *name,
                                                 size_t len)
{
	const struct sgn_walk_entry *e = NULL;

	while ((e = sgn_tree_next(w, dir, e)) != NULL)
		if (strncmp(e->name, name, len) == 0 && e->name[len] == '\0')
			return e;
	return NULL;
}

const struct sgn_walk_entry *sgn_tree_child(const struct sgn_walk *w,
                                            const struct sgn_walk_entry *dir, const char *name)
{
	return child_of_len(w, dir, name, strlen(name));
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool sgn_name_is(const char *a, const char *b)
{
	size_t i = 0;

	while (a[i] != '\0' && lower(a[i]) == lower(b[i]))
		i++;
	return a[i] == b[i];
}

const char *sgn_name_extension(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot != name ? dot + 1 : "";
}

const struct sgn_walk_entry *sgn_tree_child_nocase(const struct sgn_walk *w,
                                                   const struct sgn_walk_entry *dir,
                                                   const char *name)
{
	const struct sgn_walk_entry *e = sgn_tree_child(w, dir, name);

	if (e)
		return e;
	while ((e = sgn_tree_next(w, dir, e)) != NULL)
		if (sgn_name_is(e->name, name))
			return e;
	return NULL;
}

static const struct sgn_walk_entry *parent_of(const struct sgn_walk *w,
                                              const struct sgn_walk_entry *e)
{
	size_t index = sgn_walk_index(w, e);

	for (size_t i = index; i-- > 0;)
		if (w->entries[i].end > index)
			return &w->entries[i];
	return NULL;
}

static const struct sgn_walk_entry *lookup(const struct sgn_walk *w,
                                           const struct sgn_walk_entry *at, const char *path,
                                           bool follow_last, unsigned *links);

static const struct sgn_walk_entry *follow(const struct sgn_walk *w, const struct sgn_walk_entry *e,
                                           unsigned *links)
{
	const struct sgn_walk_entry *dir;

	if (e->kind != SGN_WALK_SYMLINK)
		return e;
	dir = parent_of(w, e);
	if (!dir || !e->link || (*links)++ >= LINKS_MAX)
		return NULL;
	return lookup(w, dir, e->link, true, links);
}

static const struct sgn_walk_entry *step(const struct sgn_walk *w, const struct sgn_walk_entry *at,
                                         const char *name, size_t len)
{
	if (at->kind != SGN_WALK_DIR)
		return NULL;
	if (len == 0 || (len == 1 && name[0] == '.'))
		return at;
	if (len == 2 && name[0] == '.' && name[1] == '.')
		return parent_of(w, at);
	return child_of_len(w, at, name, len);
}

static const struct sgn_walk_entry *lookup(const struct sgn_walk *w,
                                           const struct sgn_walk_entry *at, const char *path,
                                           bool follow_last, unsigned *links)
{
	if (path[0] == '/')
		return NULL;
	for (;;) {
		size_t len = strcspn(path, "/");
		bool last = path[len] == '\0';

		at = step(w, at, path, len);
		if (at && (!last || follow_last))
			at = follow(w, at, links);
		if (!at || last)
			return at;
		path += len + 1;
	}
}

const struct sgn_walk_entry *sgn_tree_lookup(const struct sgn_walk *w,
                                             const struct sgn_walk_entry *dir, const char *path,
                                             bool follow_last)
{
	unsigned links = 0;

	return lookup(w, dir, path, follow_last, &links);
}

const struct sgn_walk_entry *sgn_tree_real(const struct sgn_walk *w, const struct sgn_walk_entry *e)
{
	unsigned links = 0;

	return e ? follow(w, e, &links) : NULL;
}

const struct sgn_walk_entry *sgn_tree_real_dir(const struct sgn_walk *w,
                                               const struct sgn_walk_entry *e)
{
	const struct sgn_walk_entry *real = sgn_tree_real(w, e);

	return real && real->kind == SGN_WALK_DIR ? real : NULL;
}

bool sgn_tree_inside(const struct sgn_walk *w, const struct sgn_walk_entry *root,
                     const struct sgn_walk_entry *e)
{
	size_t index = sgn_walk_index(w, e);

	return index >= sgn_walk_index(w, root) && index < root->end;
}

const char *sgn_tree_relative(const struct sgn_walk_entry *root, const struct sgn_walk_entry *e)
{
	size_t skip = strlen(root->path);

	if (skip > 0 && e->path[skip] == '/')
		skip++;
	return e->path + skip;
}

const char *sgn_path_below(const char *folder, const char *path)
{
	size_t len = strlen(folder);

	if (len == 0)
		return path;
	if (strncmp(path, folder, len) != 0 || path[len] != '/')
		return NULL;
	return path + len + 1;
}
