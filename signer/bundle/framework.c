/* SPDX-License-Identifier: Apache-2.0 */
/* The root of a framework with versions: links into the current one, and nothing else.
 * docs/format/bundles.md, "Frameworks with versions". */
#include <string.h>

#include "signer/bundle/internal.h"

static const char *without_dot(const char *link)
{
	return strncmp(link, "./", 2) == 0 ? link + 2 : link;
}

/* One path component that is neither "." nor "..". */
static bool is_plain_name(const char *name)
{
	return name[0] != '\0' && !strchr(name, '/') && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static bool is_inert(const struct sgn_walk_entry *e, const char *name)
{
	return strcmp(e->name, name) == 0 && e->kind == SGN_WALK_FILE && !(e->mode & 0111);
}

/* "Versions/Current/NAME", or with the current version's own name. */
static bool links_into_version(const struct sgn_walk_entry *e, const char *current)
{
	const char *rest = sgn_path_below("Versions", without_dot(e->link ? e->link : ""));
	const char *name;

	if (!rest)
		return false;
	name = sgn_path_below("Current", rest);
	if (!name && current[0] != '\0')
		name = sgn_path_below(current, rest);
	return name && strcmp(name, e->name) == 0;
}

static void note(struct sgn_opening *o, const struct sgn_walk_entry *e, const char *text,
                 const char *cure)
{
	sgn_note_problem(o, errSecCSUnsealedFrameworkRoot, false, e, text, cure);
}

/* The text of Versions/Current, "" when that is no link to a version beside it. */
static const char *check_current(struct sgn_opening *o, const struct sgn_walk_entry *versions)
{
	const struct sgn_walk_entry *e = sgn_tree_child(o->walk, versions, "Current");
	const char *target;

	if (!e) {
		note(o, versions, "has no link Current to the current version",
		     SGN_CURE_LOST_LINKS);
		return "";
	}
	if (e->kind != SGN_WALK_SYMLINK) {
		note(o, e, "is not a symbolic link to a version: links were turned into copies",
		     SGN_CURE_LOST_LINKS);
		return "";
	}
	target = without_dot(e->link ? e->link : "");
	if (is_plain_name(target))
		return target;
	note(o, e, "is a link that does not name a version beside it",
	     "make it a link to the plain name of a version, such as A");
	return "";
}

static void check_versions(struct sgn_opening *o, const struct sgn_walk_entry *versions)
{
	const struct sgn_walk_entry *e = NULL;
	size_t count = 0;

	while ((e = sgn_tree_next(o->walk, versions, e)) != NULL) {
		if (e->kind == SGN_WALK_DIR && strcmp(e->name, "Current") != 0)
			count++;
		else if (strcmp(e->name, "Current") != 0 && !is_inert(e, ".DS_Store"))
			note(o, e, "is neither a version nor the link Current",
			     "move it into a version's Resources, or delete it");
	}
	if (count == 0)
		note(o, versions, "holds no version", SGN_CURE_LOST_LINKS);
}

static void check_entry(struct sgn_opening *o, const struct sgn_walk_entry *e, const char *current)
{
	if (is_inert(e, ".DS_Store") || is_inert(e, "module.map"))
		return;
	if (e->kind == SGN_WALK_SYMLINK) {
		if (!links_into_version(e, current))
			note(o, e, "is a link, but not to the same name in the current version",
			     "make it a link to Versions/Current/NAME, or delete it");
		return;
	}
	if (sgn_tree_child(o->walk, o->shape.base, e->name))
		note(o, e, "is a copy, where a link to Versions/Current/NAME belongs",
		     SGN_CURE_LOST_LINKS);
	else
		note(o, e, "lies beside Versions, where nothing can be sealed",
		     "move it into the version's Resources, or delete it");
}

void sgn_check_framework(struct sgn_opening *o)
{
	const struct sgn_walk_entry *versions = sgn_tree_child(o->walk, o->root, "Versions");
	const struct sgn_walk_entry *e = NULL;
	const char *current;

	if (!o->out->is_framework)
		return;
	if (versions->kind != SGN_WALK_DIR) {
		note(o, versions, "is a symbolic link, not a directory", NULL);
		versions = sgn_tree_real_dir(o->walk, versions);
	}
	current = check_current(o, versions);
	check_versions(o, versions);
	while ((e = sgn_tree_next(o->walk, o->root, e)) != NULL)
		if (strcmp(e->name, "Versions") != 0)
			check_entry(o, e, current);
}

static void note_ambiguous(struct sgn_opening *o, const struct sgn_walk_entry *at, const char *what)
{
	sgn_note_problem(o, errSecCSAmbiguousBundleFormat, true, at, what, SGN_CURE_LOST_LINKS);
}

/*
 * Seen from its root the framework must lead to the same files as its current version does. It does
 * not where links were turned into copies: then it could be read as either of two bundles.
 */
void sgn_check_ambiguous(struct sgn_opening *o)
{
	const struct sgn_walk_entry *info, *exec;
	struct sgn_shape root;
	bool is_explicit;
	const char *name;
	bool ext = sgn_name_is(sgn_name_extension(o->root->name), "framework");

	if (!o->out->is_framework || o->explicit_version || !o->main)
		return;
	sgn_shape_of(o->walk, o->root, ext, &root);
	info = sgn_tree_real(o->walk, sgn_find_info(o->walk, &root));
	if (info && info != sgn_tree_real(o->walk, o->info)) {
		note_ambiguous(o, info, "is another Info.plist than that of the current version");
		return;
	}
	/* Without an Info.plist in the root, the executable goes by the bundle's name. */
	name = info ? sgn_executable_name(o, &is_explicit) : o->stem;
	exec = sgn_find_executable(o->walk, &root, name);
	if (exec && sgn_tree_real(o->walk, exec) != o->main)
		note_ambiguous(o, exec,
		               "is another main executable than that of the current version");
}
