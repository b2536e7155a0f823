/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/in_place_bundle.h"

#include <string.h>

#include "signer/base/file.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/undo.h"
#include "signer/profile/profile.h"

/* --- what may be changed ---------------------------------------------------------------------------- */

static int add(struct sgn_places *p, const char *path, bool folder, struct sgn_error *err)
{
	if (p->count == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 16;
		struct sgn_undo_place *grown = sgn_realloc(p->all, cap * sizeof(*grown));

		if (!grown)
			return sgn_fail_nomem(err);
		p->all = grown;
		p->cap = cap;
	}
	p->all[p->count] = (struct sgn_undo_place){sgn_arena_strdup(&p->arena, path), folder};
	if (!p->all[p->count].path)
		return sgn_fail_nomem(err);
	p->count++;
	return 0;
}

/* The file itself, where a link leads to it. */
static int add_main(struct sgn_places *p, const struct sgn_walk *walk, const char *path,
                    struct sgn_error *err)
{
	size_t len = strlen(walk->root);
	char *real = NULL;
	int rc = sgn_path_real(path, &real, err);

	if (rc == 0 && (strncmp(real, walk->root, len) != 0 || real[len] != '/')) {
		rc = sgn_fail(err, SGN_E_UNSUPPORTED,
		              "cannot be changed in place: %s is a link that leads out of it",
		              path);
		sgn_error_cure(err, rc, "do it without --in-place");
	}
	if (rc == 0)
		rc = add(p, real + len + 1, false, err);
	sgn_free(real);
	return rc;
}

/* In the folder of the bundle where signatures and profiles lie. */
static int add_beside(struct sgn_places *p, const struct sgn_walk *walk, const struct sgn_bundle *b,
                      const char *name, bool folder, struct sgn_error *err)
{
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_bundle_path(b, b->support, &path);
	sgn_wr_fmt(&path, "/%s", name);
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		rc = add(p, sgn_buf_str(&path) + strlen(walk->root) + 1, folder, err);
	sgn_buf_dispose(&path);
	return rc;
}

/* A bundle that is not in order may have no executable. */
static int add_file(struct sgn_places *p, const struct sgn_walk *walk, const struct sgn_item *item,
                    struct sgn_error *err)
{
	const struct sgn_bundle *b = item->bundle;
	struct sgn_buf path;
	int rc;

	if (b && b->main_kind != SGN_MAIN_MACHO)
		return 0;
	sgn_buf_init(&path, SGN_LIMIT_PATH);
	if (b)
		sgn_bundle_path(b, b->main_path, &path);
	else
		sgn_wr_fmt(&path, "%s/%s", walk->root, item->path);
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		rc = add_main(p, walk, sgn_buf_str(&path), err);
	sgn_buf_dispose(&path);
	return rc;
}

int sgn_places_add(struct sgn_places *p, const struct sgn_walk *walk, const struct sgn_item *item,
                   bool profiles, struct sgn_error *err)
{
	const struct sgn_bundle *b = item->bundle;
	int rc = add_file(p, walk, item, err);

	if (rc == 0 && b)
		rc = add_beside(p, walk, b, "_CodeSignature", true, err);
	for (int mac = 0; rc == 0 && b && profiles && mac < 2; mac++)
		rc = add_beside(p, walk, b, sgn_profile_file_name(mac), false, err);
	return rc;
}

void sgn_places_dispose(struct sgn_places *p)
{
	sgn_arena_dispose(&p->arena);
	sgn_free(p->all);
	*p = (struct sgn_places){0};
}

int sgn_in_place_end(struct sgn_undo_tree *undo, int rc, struct sgn_error *err)
{
	if (!undo)
		return rc;
	if (rc == 0)
		rc = sgn_undo_tree_commit(undo, err);
	if (rc != 0)
		sgn_undo_tree_roll_back(undo, rc, err);
	sgn_undo_tree_free(undo);
	return rc;
}

/* --- after an interruption -------------------------------------------------------------------------- */

int sgn_in_place_recover_bundles(struct sgn_context *ctx, const char *path, struct sgn_error *err)
{
	char *restored;
	int rc = sgn_undo_tree_recover(path, &restored, err);

	if (rc == 0 && restored)
		sgn_note(ctx, SGN_NOTE_WARNING, restored, NULL, NULL,
		         "a run that changed it in place had been interrupted: the bundle was "
		         "restored first");
	sgn_free(restored);
	return rc;
}

/* The path of a bundle whose record lies in the walk; empty when e is none. */
static int recorded(const struct sgn_walk *walk, const struct sgn_walk_entry *e,
                    struct sgn_buf *out, struct sgn_error *err)
{
	struct sgn_view name;

	sgn_buf_reset(out);
	if (e->kind != SGN_WALK_DIR || !sgn_undo_names(e->name, &name))
		return 0;
	sgn_wr_fmt(out, "%s/", walk->root);
	sgn_wr_bytes(out, e->path, (size_t)(e->name - e->path));
	sgn_wr_view(out, name);
	return sgn_buf_finish(out, err, "path");
}

int sgn_in_place_recover_nested(struct sgn_context *ctx, const struct sgn_walk *walk, bool *again,
                                struct sgn_error *err)
{
	struct sgn_buf path;
	int rc = 0;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	for (size_t i = 0; rc == 0 && i < walk->count; i++) {
		rc = recorded(walk, &walk->entries[i], &path, err);
		if (rc || path.size == 0)
			continue;
		*again = true;
		rc = sgn_in_place_recover_bundles(ctx, sgn_buf_str(&path), err);
	}
	sgn_buf_dispose(&path);
	return rc;
}

int sgn_in_place_refuse_nested(const struct sgn_walk *walk, struct sgn_error *err)
{
	struct sgn_buf path;
	int rc = 0;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	for (size_t i = 0; rc == 0 && i < walk->count; i++) {
		rc = recorded(walk, &walk->entries[i], &path, err);
		if (rc == 0 && path.size)
			rc = sgn_undo_tree_refuse_pending(sgn_buf_str(&path), err);
	}
	sgn_buf_dispose(&path);
	return rc;
}
