/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/sign_item.h"

#include <string.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/base/txn.h"
#include "signer/base/undo_tree.h"
#include "signer/ops/early.h"
#include "signer/ops/generic.h"
#include "signer/ops/handover.h"
#include "signer/ops/plan_items.h"
#include "signer/ops/sign_macho.h"

int sgn_item_main_path(const struct sgn_bundle_job *job, const struct sgn_item *item,
                       struct sgn_buf *out, struct sgn_error *err)
{
	sgn_buf_init(out, SGN_LIMIT_PATH);
	if (item->bundle) {
		sgn_bundle_path(item->bundle, item->bundle->main_path, out);
	} else {
		sgn_wr_fmt(out, "%s/%s", job->walk->root, item->path);
	}
	return sgn_buf_finish(out, err, "path");
}

static bool has_macho(const struct sgn_item *item)
{
	return !item->bundle || item->bundle->main_kind == SGN_MAIN_MACHO;
}

/* --- a bundle ------------------------------------------------------------------------------------- */

static int store_seal(const struct sgn_bundle *b, const struct sgn_buf *seal, struct sgn_error *err)
{
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_bundle_path(b, b->support, &path);
	sgn_wr_str(&path, "/_CodeSignature");
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		rc = sgn_dir_make(sgn_buf_str(&path), 0755, err);
	sgn_wr_str(&path, "/CodeResources");
	if (rc == 0)
		rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		rc = sgn_file_store(sgn_buf_str(&path), sgn_buf_view(seal), 0644, err);
	sgn_buf_dispose(&path);
	return rc;
}

/* What an older signature left in _CodeSignature goes away; what is no plain file is not ours to touch. */
static int clear_leftovers(const struct sgn_bundle *b, struct sgn_error *err)
{
	const struct sgn_walk_entry *dir;
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s%s%s%s_CodeSignature", b->at, *b->at ? "/" : "", b->support,
	           *b->support ? "/" : "");
	rc = sgn_buf_finish(&path, err, "path");
	dir = rc ? NULL : sgn_walk_find(b->walk, sgn_buf_str(&path));
	for (size_t i = dir ? sgn_walk_index(b->walk, dir) + 1 : 0; rc == 0 && dir && i < dir->end;
	     i = b->walk->entries[i].end) {
		const struct sgn_walk_entry *e = &b->walk->entries[i];

		if (e->kind != SGN_WALK_FILE) {
			rc = sgn_fail(err, SGN_E_FORMAT, "%s is no plain file", e->path);
			sgn_error_osstatus(err, rc, errSecCSUnsealedAppRoot);
			sgn_error_cure(err, rc,
			               "remove it: only signatures belong into _CodeSignature");
			break;
		}
		sgn_buf_reset(&path);
		sgn_wr_fmt(&path, "%s/%s", b->walk->root, e->path);
		rc = sgn_buf_finish(&path, err, "path");
		if (rc == 0)
			rc = sgn_tree_remove(sgn_buf_str(&path), err);
	}
	sgn_buf_dispose(&path);
	return rc;
}

/* --- its main part -------------------------------------------------------------------------------- */

static int open_main(const struct sgn_item *item, const char *path,
                     const struct sgn_sign_options *opts, struct sgn_code *code,
                     struct sgn_error *err)
{
	return has_macho(item) ? sgn_code_open(path, opts->intel_host, code, err)
	                       : sgn_code_open_generic(path, item->bundle, code, err);
}

/* The seal, with the digests that the main part will be signed with. */
static int make_seal(struct sgn_bundle_job *job, size_t i, const struct sgn_code *main,
                     const struct sgn_sign_options *opts, struct sgn_buf *seal,
                     struct sgn_error *err)
{
	const struct sgn_bundle *b = job->tree->items[i].bundle;
	struct sgn_plan plan = {0};
	int rc = sgn_plan_digests(main, opts, &plan, err);

	if (rc == 0)
		rc = sgn_item_seal(job, i, plan.digests, plan.digest_count, seal, err);
	if (rc == 0 && !opts->dry_run)
		rc = clear_leftovers(b, err);
	if (rc == 0 && !opts->dry_run)
		rc = store_seal(b, seal, err);
	return rc;
}

static int sign_sealed(struct sgn_bundle_job *job, size_t i, const char *path,
                       const struct sgn_sign_options *opts, const struct sgn_early *early,
                       struct sgn_sign_result *result, struct sgn_error *err)
{
	const struct sgn_item *item = &job->tree->items[i];
	const struct sgn_bundle *b = item->bundle;
	struct sgn_bundle_parts parts = {.info_plist = b->info_bytes,
	                                 .has_info_plist = b->info_path != NULL,
	                                 .identifier = b->identifier,
	                                 .name = *item->path ? item->path : job->target};
	struct sgn_buf seal, format;
	struct sgn_code main;
	/* Opened before leftovers go: an old signature in separate files is one of them, and has what
	 * --preserve-metadata takes over. */
	int rc = open_main(item, path, opts, &main, err);

	if (rc)
		return rc;
	sgn_buf_init(&format, SGN_LIMIT_PATH);
	sgn_bundle_format_name(b, &format);
	parts.format = sgn_buf_str(&format);
	sgn_buf_init(&seal, SGN_LIMIT_PLIST);
	rc = make_seal(job, i, &main, opts, &seal, err);
	parts.resources = sgn_buf_view(&seal);
	if (rc == 0 && has_macho(item))
		rc = sgn_sign_macho(job->ctx, path, &parts, opts, early, result, err);
	else if (rc == 0)
		rc = sgn_sign_generic(job->ctx, &main, b, &parts, opts, result, err);
	sgn_code_close(&main);
	sgn_buf_dispose(&seal);
	sgn_buf_dispose(&format);
	return rc;
}

/* A profile has to lie in the bundle before the bundle is sealed. */
static int sign_bundle_item(struct sgn_bundle_job *job, size_t i, const char *path,
                            struct sgn_sign_options *opts, const struct sgn_early *early,
                            struct sgn_sign_result *result, struct sgn_error *err)
{
	const struct sgn_item *item = &job->tree->items[i];
	struct sgn_arena arena = {0};
	int rc = sgn_embed_profile(job->ctx, job->profiles, item->bundle, path,
	                           item->parent == SIZE_MAX, opts, &arena, err);

	if (rc == 0)
		rc = sign_sealed(job, i, path, opts, early, result, err);
	sgn_arena_dispose(&arena);
	return rc;
}

/* --- any item ------------------------------------------------------------------------------------- */

/* What the result of signing says goes to the item; for the root the result goes to the caller. */
static int take_result(struct sgn_bundle_job *job, bool root, struct sgn_sign_result *result,
                       struct sgn_item_done *done, struct sgn_error *err)
{
	const struct sgn_signed_slice *s = &result->slices[result->native];
	int rc = 0;

	if (!sgn_hex_decode(sgn_view_str(s->cdhash), done->cdhash, sizeof(done->cdhash)))
		rc = sgn_fail(err, SGN_E_INTERNAL, "the signature has no cdhash");
	done->identifier = sgn_strdup(result->identifier);
	done->requirement = sgn_strdup(result->requirement);
	if (result->team)
		done->team = sgn_strdup(result->team);
	for (size_t k = 0; k < result->slice_count; k++)
		done->pending |= result->slices[k].pending;
	done->flags = s->flags;
	done->entitlements = result->entitlements;
	if (rc == 0 && (!done->identifier || !done->requirement || (result->team && !done->team)))
		rc = sgn_fail_nomem(err);
	if (rc == 0 && root && job->result)
		*job->result = *result;
	else
		sgn_sign_result_dispose(result);
	return rc;
}

struct early_item {
	struct sgn_bundle_job *job;
	size_t i;
};

/* The parent has all that it seals of the item. */
static int tell_parent(void *arg, struct sgn_sign_result *result, struct sgn_error *err)
{
	const struct early_item *e = arg;
	int rc = take_result(e->job, false, result, &e->job->done[e->i], err);

	if (rc == 0)
		sgn_forest_release(e->job->waiting, e->job, e->i);
	return rc;
}

static int sign_in_its_place(struct sgn_bundle_job *job, size_t i, const char *path,
                             const struct sgn_early *early, struct sgn_sign_result *result,
                             struct sgn_error *err)
{
	const struct sgn_item *item = &job->tree->items[i];
	struct sgn_sign_options *opts = &job->before[i].plan.opts;

	return item->bundle ? sign_bundle_item(job, i, path, opts, early, result, err)
	                    : sgn_sign_macho(job->ctx, path, NULL, opts, early, result, err);
}

/* In place: beside the bundle, then with one step into it. */
static int sign_aside(struct sgn_bundle_job *job, size_t i, const char *path,
                      const struct sgn_early *early, struct sgn_sign_result *result,
                      struct sgn_error *err)
{
	struct sgn_sign_options *opts = &job->before[i].plan.opts;
	char *real = NULL, *aside = NULL;
	int rc = sgn_path_real(path, &real, err);

	if (rc == 0)
		rc = sgn_undo_tree_new_path(job->ctx->undo, real, &aside, err);
	opts->output = aside;
	if (rc == 0)
		rc = sign_in_its_place(job, i, path, early, result, err);
	if (rc == 0) {
		rc = sgn_undo_tree_put(job->ctx->undo, real, err);
		if (rc)
			sgn_sign_result_dispose(result);
	}
	opts->output = NULL;
	sgn_free(aside);
	sgn_free(real);
	return rc;
}

static int make_item(struct sgn_bundle_job *job, size_t i, const char *path,
                     const struct sgn_early *early, struct sgn_sign_result *result,
                     struct sgn_error *err)
{
	return job->ctx->undo && has_macho(&job->tree->items[i])
	               ? sign_aside(job, i, path, early, result, err)
	               : sign_in_its_place(job, i, path, early, result, err);
}

/* Signs, or keeps what is there; path is the file that carries the signature. */
static int do_item(struct sgn_bundle_job *job, size_t i, const char *path, struct sgn_error *err)
{
	const struct sgn_item *item = &job->tree->items[i];
	struct sgn_item_before *before = &job->before[i];
	struct sgn_item_done *done = &job->done[i];
	struct sgn_sign_result result = {0};
	struct early_item waiting = {job, i};
	const struct sgn_early teller = {tell_parent, &waiting};
	const struct sgn_early *early = job->early && job->early[i] ? &teller : NULL;
	int rc;

	done->action = sgn_item_action(before);
	if (done->action != SGN_ITEM_SIGNED) {
		sgn_existing_move(&before->old, done);
		return 0;
	}
	rc = make_item(job, i, path, early, &result, err);
	if (rc || early)
		return rc;
	return take_result(job, item->parent == SIZE_MAX, &result, done, err);
}

/* The first item that i has to wait for; SIZE_MAX: none. */
static int find_blocking(const struct sgn_bundle_job *job, size_t i, size_t *on,
                         struct sgn_error *err)
{
	const struct sgn_tree *tree = job->tree;
	bool *sealed = sgn_calloc(i + 1, sizeof(*sealed));
	int rc = sealed ? 0 : sgn_fail_nomem(err);

	*on = SIZE_MAX;
	if (rc == 0 && tree->items[i].bundle)
		rc = sgn_sealed_bytes(tree, i, sealed, err);
	for (size_t k = 0; rc == 0 && k < i && *on == SIZE_MAX; k++)
		/* Only what lies inside is done; others may be worked on at this moment. */
		if ((sealed[k] && job->done[k].pending) ||
		    (tree->items[k].parent == i && job->done[k].blocked))
			*on = k;
	sgn_free(sealed);
	return rc;
}

/* In two-step signing that records, a bundle waits that seals what is not signed yet. */
static int check_blocked(struct sgn_bundle_job *job, size_t i, struct sgn_error *err)
{
	struct sgn_item_done *done = &job->done[i];
	size_t on;
	int rc = find_blocking(job, i, &on, err);

	if (rc || on == SIZE_MAX)
		return rc;
	done->blocked = true;
	done->action = SGN_ITEM_WAITING;
	done->entitlements = -1;
	return sgn_handover_wait(job->opts->handover, job->before[i].handover_name,
	                         job->before[on].handover_name, err);
}

int sgn_sign_item(struct sgn_bundle_job *job, size_t i, struct sgn_error *err)
{
	struct sgn_buf path;
	int rc = 0;

	if (sgn_handover_records(job->opts->handover) &&
	    sgn_item_action(&job->before[i]) == SGN_ITEM_SIGNED)
		rc = check_blocked(job, i, err);
	if (rc || job->done[i].blocked)
		return rc;
	rc = sgn_item_main_path(job, &job->tree->items[i], &path, err);

	if (rc == 0)
		rc = do_item(job, i, sgn_buf_str(&path), err);
	sgn_buf_dispose(&path);
	return rc;
}

void sgn_item_done_dispose(struct sgn_item_done *done)
{
	sgn_free(done->identifier);
	sgn_free(done->requirement);
	sgn_free(done->team);
	*done = (struct sgn_item_done){0};
}
