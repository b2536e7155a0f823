/* SPDX-License-Identifier: Apache-2.0 */
/* What may lie beside Contents and in _CodeSignature, and shapes that are nearly always a mistake.
 * docs/format/bundles.md, "The root of a deep bundle". */
#include <string.h>

#include "signer/bundle/internal.h"

/* Files that Finder and installers leave; not sealed, and so not executable. */
static const char *const allowed_names[] = {
	".LSOverride",
	".DS_Store",
	"Icon\r",
	".SoftwareDepot.tracking",
};

static bool is_allowed_name(const char *name)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(allowed_names); i++)
		if (strcmp(name, allowed_names[i]) == 0)
			return true;
	return false;
}

static const char *cure_for(const struct sgn_walk_entry *e)
{
	if (strncmp(e->name, "._", 2) == 0)
		return "delete it: it holds Finder information of another file (AppleDouble)";
	if (strcmp(e->name, "_CodeSignature") == 0)
		return "delete it: the signature belongs into Contents";
	return "move it into Contents/Resources, or delete it";
}

static void check_child(struct sgn_opening *o, const struct sgn_walk_entry *e)
{
	const char *text = "lies beside Contents, where nothing can be sealed";

	if (strcmp(e->name, "Contents") == 0) {
		if (e->kind != SGN_WALK_DIR)
			sgn_note_problem(o, errSecCSUnsealedAppRoot, false, e,
			                 "Contents is a symbolic link",
			                 "put the directory itself in the place of the link");
		return;
	}
	if (sgn_name_is(e->name, "Contents")) {
		sgn_note_problem(o, errSecCSUnsealedAppRoot, false, e, "is not spelled Contents",
		                 "rename it to Contents");
		return;
	}
	if (is_allowed_name(e->name) && e->kind == SGN_WALK_FILE) {
		if (!(e->mode & 0111))
			return;
		text = "may lie beside Contents only when it is not executable";
	}
	sgn_note_problem(o, errSecCSUnsealedAppRoot, false, e, text, cure_for(e));
}

static void check_signature_dir(struct sgn_opening *o)
{
	const struct sgn_walk_entry *dir, *e = NULL;

	dir = sgn_tree_child(o->walk, o->shape.support, "_CodeSignature");
	if (!dir)
		return;
	if (dir->kind != SGN_WALK_DIR) {
		sgn_note_problem(o, errSecCSUnsealedAppRoot, false, dir, "is not a directory",
		                 "delete it, and sign again");
		return;
	}
	while ((e = sgn_tree_next(o->walk, dir, e)) != NULL)
		if (e->kind != SGN_WALK_FILE)
			sgn_note_problem(o, errSecCSUnsealedAppRoot, false, e,
			                 "only regular files may lie in _CodeSignature",
			                 "delete it, and sign again");
}

/* An app for iOS with a folder named Resources looks like an old Mac bundle, whose Info.plist lies in
 * there: everything in the root is then overlooked. */
static void check_overlooked_info(struct sgn_opening *o)
{
	if (o->shape.layout != SGN_BUNDLE_RESOURCES || o->info || o->out->is_framework)
		return;
	if (sgn_tree_child_nocase(o->walk, o->root, "Info.plist"))
		sgn_note_problem(o, errSecCSBadBundleFormat, false, o->shape.info_dir,
		                 "because of this folder the Info.plist beside it is overlooked",
		                 "give the folder another name than Resources");
}

void sgn_check_root(struct sgn_opening *o)
{
	const struct sgn_walk_entry *e = NULL;

	check_signature_dir(o);
	check_overlooked_info(o);
	/* Also for a framework that has both: Contents decides what the root may hold. */
	if (!sgn_tree_real_dir(o->walk, sgn_tree_child_nocase(o->walk, o->root, "Contents")))
		return;
	while ((e = sgn_tree_next(o->walk, o->root, e)) != NULL)
		check_child(o, e);
}
