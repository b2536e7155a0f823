/* SPDX-License-Identifier: Apache-2.0 */
/* Info.plist: where it lies, its bytes and its content. docs/format/bundles.md, "Info.plist". */
#include <string.h>

#include "signer/base/file.h"
#include "signer/base/limits.h"
#include "signer/bundle/internal.h"
#include "signer/codec/plist.h"

/* The first one wins; compared without case. */
static const char *const info_names[] = {"Info-macos.plist", "Info.plist"};

const struct sgn_walk_entry *sgn_find_info(const struct sgn_walk *w, const struct sgn_shape *shape)
{
	const struct sgn_walk_entry *found;

	for (size_t i = 0; i < SGN_ARRAY_LEN(info_names); i++) {
		found = sgn_tree_child_nocase(w, shape->info_dir, info_names[i]);
		if (found)
			return found;
	}
	return NULL;
}

static int load_bytes(struct sgn_opening *o, const struct sgn_walk_entry *file,
                      struct sgn_error *err)
{
	struct sgn_buf path, bytes;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_buf_init(&bytes, SGN_LIMIT_INFO_PLIST);
	sgn_wr_fmt(&path, "%s/%s", o->walk->root, file->path);
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		rc = sgn_file_load(sgn_buf_str(&path), &bytes, err);
	if (rc == 0 && !sgn_arena_copy(&o->out->arena, sgn_buf_view(&bytes), &o->out->info_bytes))
		rc = sgn_fail_nomem(err);
	sgn_buf_dispose(&bytes);
	sgn_buf_dispose(&path);
	return rc;
}

/* A damaged Info.plist is a finding; only lack of memory is an error. */
static int parse(struct sgn_opening *o, struct sgn_error *err)
{
	struct sgn_error why = SGN_ERROR_INIT;
	struct sgn_value *value = sgn_arena_alloc(&o->out->arena, sizeof(*value));
	const char *text = "its content is not a dictionary";
	int rc;

	if (!value)
		return sgn_fail_nomem(err);
	rc = sgn_plist_read(o->out->info_bytes, &o->out->arena, value, NULL, &why);
	if (rc == SGN_E_NOMEM) {
		sgn_error_dispose(&why);
		return sgn_fail_nomem(err);
	}
	if (rc == 0 && value->kind == SGN_VALUE_DICT) {
		o->out->info = value;
		return 0;
	}
	if (rc != 0)
		text = sgn_problem_text(o, "%s", why.text);
	sgn_note_problem(o, errSecCSBadDictionaryFormat, true, o->info, text,
	                 "correct the file; plutil -lint shows what is wrong");
	sgn_error_dispose(&why);
	return 0;
}

/* Text of a key, with a NUL; NULL where there is none or it is empty. */
static const char *info_text(struct sgn_opening *o, const char *key)
{
	struct sgn_view v = sgn_value_string(sgn_value_get(o->out->info, key));
	const char *text;

	if (v.size == 0)
		return NULL;
	text = sgn_arena_strndup(&o->out->arena, (const char *)v.data, v.size);
	o->nomem = o->nomem || !text;
	return text;
}

static void read_keys(struct sgn_opening *o)
{
	struct sgn_bundle *b = o->out;
	struct sgn_view type = sgn_value_string(sgn_value_get(b->info, "CFBundlePackageType"));

	b->is_app = sgn_view_equal(type, sgn_view_str("APPL"));
	b->identifier = info_text(o, "CFBundleIdentifier");
	if (!b->identifier)
		b->identifier = info_text(o, "CFBundleName");
}

int sgn_load_info(struct sgn_opening *o, struct sgn_error *err)
{
	const struct sgn_walk_entry *file = sgn_tree_real(o->walk, o->info);
	int rc;

	if (!o->info)
		return 0;
	/* info_dir lies in the bundle unless a Resources link leads out: then there is none. */
	if (!sgn_tree_inside(o->walk, o->root, o->info)) {
		o->info = NULL;
		return 0;
	}
	o->out->info_path = sgn_tree_relative(o->root, o->info);
	if (o->info->kind != SGN_WALK_FILE)
		sgn_note_problem(o, errSecCSInvalidSymlink, true, o->info,
		                 "Info.plist is not a regular file",
		                 "put the file itself in the place of the link");
	if (!file || file->kind != SGN_WALK_FILE)
		return 0;
	rc = load_bytes(o, file, err);
	if (rc == 0)
		rc = parse(o, err);
	if (rc == 0)
		read_keys(o);
	return sgn_error_at_path(err, rc, o->out->info_path);
}
