/* SPDX-License-Identifier: Apache-2.0 */
/* The file that the signature is about: the executable, or what stands for it.
 * docs/format/bundles.md, "Main executable". */
#include <string.h>

#include "signer/base/file.h"
#include "signer/base/limits.h"
#include "signer/base/text.h"
#include "signer/bundle/internal.h"
#include "signer/macho/macho.h"

enum from { FROM_SUPPORT, FROM_BASE };

/* Folders that are searched for the executable, in order. */
static const struct {
	enum sgn_bundle_layout layout;
	enum from from;
	const char *folder;
} places[] = {
	{SGN_BUNDLE_DEEP, FROM_SUPPORT, "MacOS"},   {SGN_BUNDLE_DEEP, FROM_SUPPORT, "."},
	{SGN_BUNDLE_DEEP, FROM_BASE, "."},          {SGN_BUNDLE_FLAT, FROM_BASE, "MacOS"},
	{SGN_BUNDLE_FLAT, FROM_BASE, "."},          {SGN_BUNDLE_RESOURCES, FROM_BASE, "."},
	{SGN_BUNDLE_LEGACY, FROM_SUPPORT, "MacOS"}, {SGN_BUNDLE_LEGACY, FROM_SUPPORT, "."},
	{SGN_BUNDLE_LEGACY, FROM_BASE, "."},
};

/* A link that leads out of the walk may still lead somewhere. */
static bool leads_out(const struct sgn_walk *w, const struct sgn_walk_entry *link)
{
	struct sgn_buf path;
	bool is_file;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s/%s", w->root, link->path);
	is_file = sgn_buf_finish(&path, NULL, "path") == 0 && sgn_path_exists(sgn_buf_str(&path)) &&
	          !sgn_path_is_dir(sgn_buf_str(&path));
	sgn_buf_dispose(&path);
	return is_file;
}

static bool can_execute(const struct sgn_walk *w, const struct sgn_walk_entry *e)
{
	const struct sgn_walk_entry *real = sgn_tree_real(w, e);

	if (!e)
		return false;
	if (real)
		return real->kind == SGN_WALK_FILE;
	return e->kind == SGN_WALK_SYMLINK && leads_out(w, e);
}

const struct sgn_walk_entry *sgn_find_executable(const struct sgn_walk *w,
                                                 const struct sgn_shape *shape, const char *name)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(places); i++) {
		const struct sgn_walk_entry *folder, *found;

		if (places[i].layout != shape->layout)
			continue;
		folder = places[i].from == FROM_SUPPORT ? shape->support : shape->base;
		folder = sgn_tree_lookup(w, folder, places[i].folder, true);
		found = folder ? sgn_tree_lookup(w, folder, name, false) : NULL;
		if (can_execute(w, found))
			return found;
	}
	return NULL;
}

const char *sgn_executable_name(const struct sgn_opening *o, bool *is_explicit)
{
	struct sgn_view v = sgn_value_string(sgn_value_get(o->out->info, "CFBundleExecutable"));

	*is_explicit = v.size > 0;
	/* Text of a value lives in an arena, and so has a NUL behind it. */
	return v.size > 0 ? (const char *)v.data : o->stem;
}

/* Absolute, or with a ".." in it. */
static bool leaves_bundle(const char *name)
{
	if (name[0] == '/')
		return true;
	for (;;) {
		size_t len = strcspn(name, "/");

		if (len == 2 && name[0] == '.' && name[1] == '.')
			return true;
		if (name[len] == '\0')
			return false;
		name += len + 1;
	}
}

static int sniff(struct sgn_opening *o, const struct sgn_walk_entry *file, struct sgn_error *err)
{
	struct sgn_source src = {.fd = -1};
	struct sgn_buf path;
	enum sgn_file_kind kind = SGN_FILE_OTHER;
	bool is_macho;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s/%s", o->walk->root, file->path);
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		rc = sgn_source_open(sgn_buf_str(&path), &src, err);
	if (rc == 0)
		rc = sgn_macho_sniff(&src, &kind, err);
	sgn_source_close(&src);
	is_macho = kind == SGN_FILE_MACHO || kind == SGN_FILE_FAT || kind == SGN_FILE_FAT64;
	o->out->main_kind = is_macho ? SGN_MAIN_MACHO : SGN_MAIN_GENERIC;
	rc = sgn_error_at_path(err, rc, sgn_buf_str(&path));
	sgn_buf_dispose(&path);
	return rc;
}

static int use_executable(struct sgn_opening *o, const struct sgn_walk_entry *e,
                          struct sgn_error *err)
{
	const struct sgn_walk_entry *real = sgn_tree_real(o->walk, e);
	bool inside = real && sgn_tree_inside(o->walk, o->root, real) &&
	              sgn_tree_inside(o->walk, o->root, e);

	if (!inside) {
		/* Signing would write to a file that is no part of the bundle. */
		sgn_note_problem(
			o, errSecCSRegularFile, true, o->info,
			"the main executable is a symbolic link that leads out of the bundle",
			"put the file itself in the place of the link");
		return 0;
	}
	o->main = real;
	o->out->main_path = sgn_tree_relative(o->root, e);
	if (e != real)
		sgn_note_problem(o, errSecCSRegularFile, false, e,
		                 "the main executable is a symbolic link",
		                 "put the file itself in the place of the link");
	return sniff(o, real, err);
}

/* Old installer packages have a single *.dist file among their resources. */
static const struct sgn_walk_entry *find_dist(const struct sgn_opening *o)
{
	const struct sgn_walk_entry *dir = o->shape.support, *e = NULL, *found = NULL;

	if (o->shape.layout != SGN_BUNDLE_FLAT)
		dir = sgn_tree_real_dir(o->walk, sgn_tree_child_nocase(o->walk, dir, "Resources"));
	while (dir && (e = sgn_tree_next(o->walk, dir, e)) != NULL) {
		if (strcmp(sgn_name_extension(e->name), "dist") != 0 || e->kind != SGN_WALK_FILE)
			continue;
		if (found)
			return NULL;
		found = e;
	}
	return found && sgn_tree_inside(o->walk, o->root, found) ? found : NULL;
}

static void note_nothing(struct sgn_opening *o)
{
	const struct sgn_walk_entry *versions = sgn_tree_child(o->walk, o->root, "Versions");

	/* Without Versions/Current a framework is taken for a flat bundle, which it is not. */
	if (!o->out->is_framework && versions && versions->kind == SGN_WALK_DIR)
		sgn_note_problem(o, errSecCSBadBundleFormat, true, versions,
		                 "has no link Current to a version: symbolic links were lost",
		                 SGN_CURE_LOST_LINKS);
	else
		sgn_note_problem(o, errSecCSBadBundleFormat, true, NULL,
		                 "has neither an Info.plist nor a main executable",
		                 "check that the bundle was copied or unpacked completely");
}

static void use_stand_in(struct sgn_opening *o, bool name_is_explicit)
{
	struct sgn_bundle *b = o->out;
	const struct sgn_walk_entry *dist = o->info ? NULL : find_dist(o);

	if (!o->info && !dist) {
		note_nothing(o);
		return;
	}
	b->main_kind = SGN_MAIN_INFO;
	b->main_path = dist ? sgn_tree_relative(o->root, dist) : b->info_path;
	b->is_installer = dist || sgn_value_get(b->info, "IFMajorVersion") != NULL;
	if (!dist && o->info->kind != SGN_WALK_FILE)
		sgn_note_problem(
			o, errSecCSRegularFile, false, o->info,
			"Info.plist, which stands for the executable, is not a regular file", NULL);
	if (name_is_explicit)
		sgn_note_problem(
			o, errSecCSNoMainExecutable, false, o->info,
			"CFBundleExecutable names a file that is not there",
			"add the executable, or remove the key from a bundle that has none");
}

/* MainHTML: what is shown is the page, and it is signed as any file. */
static void use_widget(struct sgn_opening *o, struct sgn_view page)
{
	const struct sgn_walk_entry *e = NULL;
	const char *name = (const char *)page.data;

	if (page.size > 0 && !leaves_bundle(name))
		e = sgn_tree_lookup(o->walk, o->shape.base, name, false);
	if (!e || e->kind != SGN_WALK_FILE || !sgn_tree_inside(o->walk, o->root, e)) {
		sgn_note_problem(o, errSecCSBadBundleFormat, true, o->info,
		                 "MainHTML names no file of the widget", NULL);
		return;
	}
	o->out->main_kind = SGN_MAIN_GENERIC;
	o->out->main_path = sgn_tree_relative(o->root, e);
}

int sgn_find_main(struct sgn_opening *o, struct sgn_error *err)
{
	const struct sgn_value *page = sgn_value_get(o->out->info, "MainHTML");
	const struct sgn_walk_entry *found;
	bool is_explicit;
	const char *name = sgn_executable_name(o, &is_explicit);

	if (page) {
		use_widget(o, sgn_value_string(page));
		return 0;
	}
	if (leaves_bundle(name)) {
		sgn_note_problem(o, errSecCSNoMainExecutable, true, o->info,
		                 "CFBundleExecutable leads out of the bundle",
		                 "let it be the plain name of the executable");
		return 0;
	}
	found = sgn_find_executable(o->walk, &o->shape, name);
	if (found)
		return use_executable(o, found, err);
	use_stand_in(o, is_explicit);
	return 0;
}
