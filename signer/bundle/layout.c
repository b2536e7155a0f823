/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a bundle: which layout, which framework version, and then the parts one after another.
 * docs/format/bundles.md, "Layouts". */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/file.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/bundle/internal.h"

struct candidate {
	const char *name;
	enum sgn_bundle_layout layout;
};

static const struct candidate usual_order[] = {
	{"Contents", SGN_BUNDLE_DEEP},
	{"Resources", SGN_BUNDLE_RESOURCES},
	{"Support Files", SGN_BUNDLE_LEGACY},
};

static const struct candidate framework_order[] = {
	{"Resources", SGN_BUNDLE_RESOURCES},
	{"Contents", SGN_BUNDLE_DEEP},
	{"Support Files", SGN_BUNDLE_LEGACY},
};

static const struct sgn_walk_entry *dir_nocase(const struct sgn_walk *w,
                                               const struct sgn_walk_entry *dir, const char *name)
{
	return sgn_tree_real_dir(w, sgn_tree_child_nocase(w, dir, name));
}

void sgn_shape_of(const struct sgn_walk *w, const struct sgn_walk_entry *dir, bool is_framework,
                  struct sgn_shape *out)
{
	const struct candidate *order = is_framework ? framework_order : usual_order;

	*out = (struct sgn_shape){SGN_BUNDLE_FLAT, dir, dir, dir};
	for (size_t i = 0; i < SGN_ARRAY_LEN(usual_order); i++) {
		const struct sgn_walk_entry *found = dir_nocase(w, dir, order[i].name);

		if (!found)
			continue;
		out->layout = order[i].layout;
		out->info_dir = found;
		if (out->layout != SGN_BUNDLE_RESOURCES)
			out->support = found;
		return;
	}
}

void sgn_note_problem(struct sgn_opening *o, int32_t osstatus, bool fatal,
                      const struct sgn_walk_entry *at, const char *text, const char *cure)
{
	struct sgn_bundle *b = o->out;

	/* What stops everything is found first, so it is not what gets lost. */
	if (b->problem_count == SGN_BUNDLE_PROBLEMS)
		return;
	if (at && !sgn_tree_inside(o->walk, o->root, at))
		at = NULL;
	b->problems[b->problem_count++] = (struct sgn_bundle_problem){
		osstatus, at ? sgn_tree_relative(o->root, at) : "", text, cure, fatal};
}

const char *sgn_problem_text(struct sgn_opening *o, const char *fmt, ...)
{
	char text[480];
	char *kept;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	kept = sgn_arena_strdup(&o->out->arena, text);
	o->nomem = o->nomem || !kept;
	return kept ? kept : "";
}

/* The version is named by its directory, "A", also where it was found through Current. */
static int choose_version(struct sgn_opening *o, const char *version,
                          const struct sgn_walk_entry **out, struct sgn_error *err)
{
	const struct sgn_walk_entry *versions =
		sgn_tree_real_dir(o->walk, sgn_tree_child(o->walk, o->root, "Versions"));
	const struct sgn_walk_entry *found = NULL;
	int rc;

	if (versions)
		found = sgn_tree_real_dir(
			o->walk, sgn_tree_child(o->walk, versions, version ? version : "Current"));
	if (found && found != o->root && sgn_tree_inside(o->walk, o->root, found)) {
		*out = found;
		return 0;
	}
	if (!version)
		return 0;
	rc = sgn_fail(err, SGN_E_NOTFOUND, "the bundle has no version \"%s\"", version);
	return sgn_error_osstatus(err, rc, errSecCSStaticCodeNotFound);
}

static int classify(struct sgn_opening *o, const char *version, struct sgn_error *err)
{
	struct sgn_bundle *b = o->out;
	const struct sgn_walk_entry *chosen = NULL;
	bool ext = sgn_name_is(sgn_name_extension(o->root->name), "framework");
	int rc = 0;

	if (!dir_nocase(o->walk, o->root, "Contents") &&
	    !dir_nocase(o->walk, o->root, "Support Files"))
		rc = choose_version(o, version, &chosen, err);
	if (rc != 0)
		return rc;
	if (chosen) {
		b->is_framework = true;
		b->version = chosen->name;
		sgn_shape_of(o->walk, chosen, false, &o->shape);
	} else {
		sgn_shape_of(o->walk, o->root, ext, &o->shape);
	}
	if (!sgn_tree_inside(o->walk, o->root, o->shape.support)) {
		sgn_note_problem(o, errSecCSBadBundleFormat, true, NULL,
		                 "its Contents is a symbolic link that leads out of the bundle",
		                 "put the directory itself in the place of the link");
		o->shape.support = o->root;
	}
	b->layout = o->shape.layout;
	b->support = sgn_tree_relative(o->root, o->shape.support);
	/* CFBundle names a Resources directory for these layouts even where there is none. */
	b->resources = b->layout == SGN_BUNDLE_FLAT ? "" : "Resources";
	return 0;
}

/* The bundle's own name: "." as an operand means the directory's real name. */
static int find_stem(struct sgn_opening *o, struct sgn_error *err)
{
	const char *path = o->root->path[0] ? o->root->path : o->walk->root;
	size_t len = strlen(path);
	const char *name;
	char *real = NULL;
	int rc = 0;

	while (len > 1 && path[len - 1] == '/')
		len--;
	name = path + len;
	while (name > path && name[-1] != '/')
		name--;
	len = (size_t)(path + len - name);
	if (len == 0 || (name[0] == '.' && strspn(name, ".") == len)) {
		rc = sgn_path_real(path, &real, err);
		if (rc != 0)
			return rc;
		name = sgn_path_base(real);
		len = strlen(name);
	}
	o->stem = sgn_arena_strndup(&o->out->arena, name, len);
	sgn_free(real);
	if (!o->stem)
		return sgn_fail_nomem(err);
	len = strlen(sgn_name_extension(o->stem));
	if (len > 0)
		o->stem = sgn_arena_strndup(&o->out->arena, o->stem, strlen(o->stem) - len - 1);
	return o->stem ? 0 : sgn_fail_nomem(err);
}

/* An app for iOS as the Mac stores it: the real one lies in Wrapper. */
static bool is_wrapper(const struct sgn_opening *o)
{
	const struct sgn_walk_entry *link = sgn_tree_child(o->walk, o->root, "WrappedBundle");

	return link && link->kind == SGN_WALK_SYMLINK &&
	       sgn_tree_real_dir(o->walk, sgn_tree_child(o->walk, o->root, "Wrapper"));
}

/* Is there so much as the form of a bundle? Otherwise a directory without Info.plist and executable
 * is just a directory. */
static bool has_form(const struct sgn_opening *o)
{
	return o->out->is_framework || o->shape.layout == SGN_BUNDLE_DEEP ||
	       sgn_bundle_looks_like(o->walk, o->root->path);
}

static int no_bundle(struct sgn_opening *o, struct sgn_error *err)
{
	int rc = sgn_fail(err, SGN_E_FORMAT, "is a directory but no bundle: it has no Info.plist");

	sgn_error_osstatus(err, rc, errSecCSBadBundleFormat);
	if (strchr(o->root->name, '.'))
		sgn_error_cure(err, rc,
		               "move a directory with a dot in its name out of the places for "
		               "code, into Contents/Resources");
	return rc;
}

static int read_parts(struct sgn_opening *o, struct sgn_error *err)
{
	int rc;

	if (is_wrapper(o)) {
		sgn_note_problem(o, errSecCSUnimplemented, true, NULL,
		                 "is a wrapper around an app for iOS, which signet does not sign",
		                 "sign the app in the folder Wrapper by itself");
		return 0;
	}
	o->info = sgn_find_info(o->walk, &o->shape);
	rc = sgn_load_info(o, err);
	if (rc == 0)
		rc = sgn_find_main(o, err);
	if (rc != 0)
		return rc;
	if (o->out->main_kind == SGN_MAIN_NONE && !has_form(o))
		return no_bundle(o, err);
	sgn_check_ambiguous(o);
	sgn_check_framework(o);
	sgn_check_root(o);
	return 0;
}

int sgn_bundle_open(const struct sgn_walk *walk, const char *at, const char *version,
                    struct sgn_bundle *out, struct sgn_error *err)
{
	struct sgn_opening o = {.walk = walk, .out = out, .explicit_version = version != NULL};
	int rc;

	*out = (struct sgn_bundle){
		.walk = walk, .support = "", .resources = "", .main_kind = SGN_MAIN_NONE};
	o.root = sgn_walk_find(walk, at);
	if (!o.root || o.root->kind != SGN_WALK_DIR) {
		rc = sgn_fail(err, SGN_E_FORMAT, "is no directory");
		return sgn_error_osstatus(err, rc, errSecCSBadBundleFormat);
	}
	out->at = o.root->path;
	rc = find_stem(&o, err);
	if (rc == 0)
		rc = classify(&o, version, err);
	if (rc == 0)
		rc = read_parts(&o, err);
	if (rc == 0 && o.nomem)
		rc = sgn_fail_nomem(err);
	if (rc != 0)
		sgn_bundle_dispose(out);
	return rc;
}

void sgn_bundle_dispose(struct sgn_bundle *b)
{
	sgn_arena_dispose(&b->arena);
	*b = (struct sgn_bundle){0};
}
