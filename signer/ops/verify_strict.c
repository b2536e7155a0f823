/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "signer/base/file.h"
#include "signer/ops/generic.h"
#include "signer/ops/links.h"
#include "signer/ops/verify_seal.h"

/* "<bundle>/<support>/<path>" as long as the report lives. */
static const char *full_path(struct sgn_verify *v, const struct sgn_bundle *b, const char *path)
{
	struct sgn_buf whole;
	const char *text;

	sgn_buf_init(&whole, SGN_LIMIT_PATH);
	sgn_bundle_path(b, b->support, &whole);
	sgn_wr_fmt(&whole, "/%s", path);
	text = sgn_report_text(v->report, "%s", sgn_buf_str(&whole));
	sgn_buf_dispose(&whole);
	return text;
}

static struct sgn_finding *tell(struct sgn_verify *v, enum sgn_finding_code code, const char *path,
                                const char *what)
{
	struct sgn_finding *f = sgn_report_add(v->report, code, "", "%s: %s", what, path);

	f->resource = path;
	return f;
}

/* --- _CodeSignature -------------------------------------------------------------------------------- */

/* Files that the signature of this bundle itself is made of. */
static bool belongs(const struct sgn_bundle *b, const char *name)
{
	if (strcmp(name, "CodeResources") == 0)
		return true;
	if (b->main_kind == SGN_MAIN_MACHO)
		return false;
	for (uint32_t slot = 0; slot <= CSSLOT_SPECIAL_MAX; slot++)
		if (sgn_separate_name(slot) && strcmp(name, sgn_separate_name(slot)) == 0)
			return true;
	for (uint32_t n = 0; n < CSSLOT_ALTERNATE_CODEDIRECTORY_MAX; n++) {
		const char *alternate = sgn_separate_name(CSSLOT_ALTERNATE_CODEDIRECTORIES + n);

		if (alternate && strcmp(name, alternate) == 0)
			return true;
	}
	return strcmp(name, sgn_separate_name(CSSLOT_SIGNATURESLOT)) == 0;
}

static void check_signature_dir(struct sgn_verify *v, const struct sgn_bundle *b)
{
	const struct sgn_walk_entry *dir;
	struct sgn_buf at;

	sgn_buf_init(&at, SGN_LIMIT_PATH);
	sgn_wr_fmt(&at, "%s%s%s%s_CodeSignature", b->at, *b->at ? "/" : "", b->support,
	           *b->support ? "/" : "");
	dir = sgn_walk_find(b->walk, sgn_buf_str(&at));
	sgn_buf_dispose(&at);
	if (!dir)
		return;
	for (size_t i = sgn_walk_index(b->walk, dir) + 1; i < dir->end;
	     i = b->walk->entries[i].end) {
		const struct sgn_walk_entry *e = &b->walk->entries[i];
		/* Older tools left an empty CodeSignature behind. */
		bool empty_leftover = strcmp(e->name, "CodeSignature") == 0 && e->size == 0;

		if (e->kind == SGN_WALK_FILE && (belongs(b, e->name) || empty_leftover))
			continue;
		tell(v, SGN_FINDING_SIGNATURE_DIR,
		     sgn_report_text(v->report, "%s/%s", b->walk->root, e->path),
		     "not a part of the signature");
	}
}

/* --- symlinks ---------------------------------------------------------------------------------------- */

static void check_link(struct sgn_verify *v, const struct sgn_bundle *b,
                       const struct sgn_seal_item *item)
{
	const char *path = full_path(v, b, item->path);
	struct sgn_finding *f;

	/* Inside the outermost bundle that is verified: an enclosing one will do. */
	if (sgn_link_stays_inside(v->bundle->walk->root, path, item->link))
		return;
	f = tell(v, SGN_FINDING_SYMLINK, path, "leads out of the bundle, or nowhere");
	f->found = sgn_report_text(v->report, "%s", item->link);
}

/* --- extended attributes ----------------------------------------------------------------------------- */

/* What a Mac keeps in attributes lies below "user." on Linux, where an archiver put it. */
static const char *const disallowed[] = {
	"user.com.apple.FinderInfo",
	"user.com.apple.ResourceFork",
	"com.apple.FinderInfo",
	"com.apple.ResourceFork",
};

static void check_xattrs(struct sgn_verify *v, const char *path)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(disallowed); i++) {
		struct sgn_finding *f;

		if (!sgn_path_has_xattr(path, disallowed[i]))
			continue;
		f = sgn_report_add(v->report, SGN_FINDING_SIDEBAND, "",
		                   "disallowed extended attribute %s found on %s", disallowed[i],
		                   path);
		f->kind = SGN_KIND_SIDEBAND;
		f->resource = path;
	}
}

/* --- lost in packing ---------------------------------------------------------------------------------- */

static void check_leftovers(struct sgn_verify *v, const struct sgn_bundle *b)
{
	const struct sgn_walk_entry *root = sgn_walk_find(b->walk, b->at);
	size_t i = root ? sgn_walk_index(b->walk, root) + 1 : 0;

	for (; root && i < root->end; i++) {
		const struct sgn_walk_entry *e = &b->walk->entries[i];

		if (!sgn_is_leftover(e->name))
			continue;
		tell(v, SGN_FINDING_LEFTOVER,
		     sgn_report_text(v->report, "%s/%s", b->walk->root, e->path),
		     "left by a Mac's archiver");
		i = e->end - 1;
	}
}

static void check_x_bits(struct sgn_verify *v, const struct sgn_bundle *b)
{
	const struct sgn_walk_entry *e;
	struct sgn_buf at;

	if (b->main_kind != SGN_MAIN_MACHO || v->code->is_generic ||
	    v->code->slices[v->code->native].macho->filetype != MH_EXECUTE)
		return;
	sgn_buf_init(&at, SGN_LIMIT_PATH);
	sgn_wr_fmt(&at, "%s%s%s", b->at, *b->at ? "/" : "", b->main_path);
	e = sgn_walk_find(b->walk, sgn_buf_str(&at));
	if (e && e->kind == SGN_WALK_FILE && !(e->mode & 0111))
		tell(v, SGN_FINDING_NOT_EXECUTABLE,
		     sgn_report_text(v->report, "%s/%s", b->walk->root, e->path),
		     "the main executable has no x bit");
	sgn_buf_dispose(&at);
}

void sgn_verify_strict(struct sgn_verify *v, const struct sgn_bundle *b,
                       const struct sgn_seal_scan *scan, const bool *no_xattrs)
{
	struct sgn_buf root;

	check_signature_dir(v, b);
	check_x_bits(v, b);
	if (v->report->subcomponent == NULL)
		check_leftovers(v, b);
	sgn_buf_init(&root, SGN_LIMIT_PATH);
	sgn_bundle_path(b, "", &root);
	check_xattrs(v, sgn_report_text(v->report, "%s", sgn_buf_str(&root)));
	sgn_buf_dispose(&root);
	for (size_t i = 0; i < scan->count; i++) {
		const struct sgn_seal_item *item = &scan->items[i];

		if (item->kind == SGN_SEAL_LINK)
			check_link(v, b, item);
		else if (item->kind == SGN_SEAL_FILE && !no_xattrs[i])
			check_xattrs(v, full_path(v, b, item->path));
	}
}
