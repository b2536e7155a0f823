/* SPDX-License-Identifier: Apache-2.0 */
/* Names of bundles: how a directory gives itself away, and what its format is called. */
#include <string.h>

#include "signer/base/limits.h"
#include "signer/bundle/internal.h"

/* Extensions of bundles that hold code, as Xcode makes them. */
static const char *const extensions[] = {
	"app",         "framework",   "bundle",
	"appex",       "xpc",         "plugin",
	"kext",        "dext",        "systemextension",
	"xctest",      "xcframework", "mdimporter",
	"qlgenerator", "prefPane",    "saver",
	"component",   "driver",      "service",
	"wdgt",        "dSYM",        "pkg",
	"mpkg",        "action",      "definition",
	"slideSaver",
};

static bool has_file(const struct sgn_walk *w, const struct sgn_walk_entry *dir, const char *path)
{
	const struct sgn_walk_entry *e = dir ? sgn_tree_lookup(w, dir, path, true) : NULL;

	return e && e->kind == SGN_WALK_FILE;
}

static bool has_dir(const struct sgn_walk *w, const struct sgn_walk_entry *dir, const char *path)
{
	const struct sgn_walk_entry *e = sgn_tree_lookup(w, dir, path, true);

	return e && e->kind == SGN_WALK_DIR;
}

bool sgn_bundle_looks_like(const struct sgn_walk *walk, const char *at)
{
	const struct sgn_walk_entry *e = sgn_walk_find(walk, at);
	const char *ext;

	if (!e || e->kind != SGN_WALK_DIR)
		return false;
	ext = sgn_name_extension(e->name);
	for (size_t i = 0; i < SGN_ARRAY_LEN(extensions); i++)
		if (sgn_name_is(ext, extensions[i]))
			return true;
	return has_file(walk, e, "Contents/Info.plist") || has_file(walk, e, "Info.plist") ||
	       has_file(walk, e, "Resources/Info.plist") || has_dir(walk, e, "Versions/Current") ||
	       has_dir(walk, e, "Versions/A");
}

bool sgn_is_leftover(const char *name)
{
	return strncmp(name, "._", 2) == 0 || strcmp(name, "__MACOSX") == 0;
}

void sgn_bundle_format_name(const struct sgn_bundle *b, struct sgn_buf *out)
{
	const char *tail = "";

	if (sgn_value_get(b->info, "MainHTML")) {
		sgn_wr_str(out, "widget bundle");
		return;
	}
	if (b->main_kind == SGN_MAIN_INFO || b->main_kind == SGN_MAIN_NONE) {
		sgn_wr_str(out, b->is_installer ? "installer package bundle" : "bundle");
		return;
	}
	if (b->main_kind == SGN_MAIN_GENERIC)
		tail = "generic";
	sgn_wr_fmt(out, "%sbundle with %s", b->is_app ? "app " : "", tail);
}

void sgn_bundle_path(const struct sgn_bundle *b, const char *relative, struct sgn_buf *out)
{
	const char *const parts[] = {b->at, relative};

	sgn_wr_str(out, b->walk->root);
	for (size_t i = 0; i < SGN_ARRAY_LEN(parts); i++)
		if (parts[i][0] != '\0')
			sgn_wr_fmt(out, "/%s", parts[i]);
}
