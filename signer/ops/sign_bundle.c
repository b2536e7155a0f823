/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle is signed in a copy beside it, made of hard links, while all files are read: find the code, sign
 * it inside out, then exchange the two. Until then the bundle is as it was. In place: its own tree is signed, and
 * a record beside it has what is needed to undo that.
 */
#include "signer/ops/sign_bundle.h"

#include <stdio.h>
#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/base/txn.h"
#include "signer/net/http.h"
#include "signer/ops/early.h"
#include "signer/ops/gate.h"
#include "signer/ops/handover.h"
#include "signer/ops/in_place.h"
#include "signer/ops/in_place_bundle.h"
#include "signer/ops/plan_items.h"
#include "signer/ops/repair.h"
#include "signer/ops/timestamp.h"

static int sign_one(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct sgn_bundle_job *job = arg;
	const char *path = job->tree->items[i].path;
	int rc;

	SGN_UNUSED(worker);
	sgn_gate_enter(job->ctx->gate);
	rc = sgn_sign_item(job, i, err);
	sgn_gate_leave(job->ctx->gate);
	if (rc && err && *path && !err->subcomponent)
		err->subcomponent = sgn_strdup(path);
	return rc;
}

static void explain(const struct sgn_item_plan *plan, const struct sgn_item_done *done,
                    struct sgn_signed_item *to)
{
	const struct sgn_value_why old = {.from = SGN_FROM_OLD};
	bool is_new = done->action == SGN_ITEM_SIGNED;

	to->identifier_why = is_new ? plan->identifier : old;
	to->entitlements_why = is_new ? plan->entitlements : old;
	to->flags_why = is_new ? plan->flags : old;
	if (done->entitlements < 0 && to->entitlements_why.from != SGN_FROM_RULE)
		to->entitlements_why = (struct sgn_value_why){.from = SGN_FROM_NOTHING};
	if ((done->flags & ~(uint32_t)CS_ADHOC) == 0)
		to->flags_why = (struct sgn_value_why){.from = SGN_FROM_NOTHING};
}

static int describe_items(const struct sgn_bundle_job *job, struct sgn_sign_result *out,
                          struct sgn_error *err)
{
	out->items = sgn_calloc(job->tree->count, sizeof(*out->items));
	if (!out->items)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < job->tree->count; i++) {
		const struct sgn_item *item = &job->tree->items[i];
		const struct sgn_item_done *done = &job->done[i];
		struct sgn_signed_item *to = &out->items[out->item_count++];

		to->path = sgn_strdup(*item->path ? item->path : ".");
		to->identifier = sgn_strdup(done->identifier ? done->identifier : "");
		to->kind = sgn_item_kind(item);
		to->action = done->action;
		to->flags = done->flags;
		to->entitlements = done->entitlements;
		to->sealed_as_code = item->as_code;
		to->parent = item->parent == SIZE_MAX ? i : item->parent;
		to->is_program = job->before[i].old.is_program;
		to->team = done->team ? sgn_strdup(done->team) : NULL;
		/* The seals of a dry run are not those of the real one: bytes of nested code differ. */
		if (done->identifier && !job->opts->dry_run)
			sgn_hex_encode(done->cdhash, sizeof(done->cdhash), to->cdhash);
		explain(&job->before[i].plan, done, to);
		if (!to->path || !to->identifier || (done->team && !to->team))
			return sgn_fail_nomem(err);
	}
	return 0;
}

/*
 * On more threads than shall work at a time: most of them wait for a timestamp server, and as many requests
 * as it answers together shall be under way. The gate keeps the others down to the number that was asked for.
 */
static int sign_waiting(struct sgn_bundle_job *job, const size_t *parents, bool *early,
                        struct sgn_error *err)
{
	struct sgn_context *ctx = job->ctx, wide = *ctx;
	size_t count = job->tree->count;
	struct sgn_pool *pool =
		sgn_pool_new(count < SGN_HTTP_IN_FLIGHT ? (unsigned)count : SGN_HTTP_IN_FLIGHT);
	int rc = sgn_early_items(job->tree, early, err);

	wide.gate = sgn_gate_new(sgn_pool_jobs(ctx->pool));
	job->ctx = &wide;
	/* What is only recorded is not written, so there is nothing that its parent could go on with early. */
	job->early = sgn_handover_records(job->opts->handover) ? NULL : early;
	job->waiting = pool;
	if (rc == 0 && pool && wide.gate)
		rc = sgn_parallel_forest(pool, count, parents, sign_one, job, err);
	else if (rc == 0)
		rc = sgn_fail_nomem(err);
	job->ctx = ctx;
	job->early = NULL;
	job->waiting = NULL;
	sgn_pool_free(pool);
	sgn_gate_free(wide.gate);
	return rc;
}

static int sign_items(struct sgn_bundle_job *job, const size_t *parents, struct sgn_error *err)
{
	struct sgn_timestamper t;
	bool *early;
	int rc = sgn_timestamper_init(job->ctx, job->opts, &t, err);

	if (rc)
		return rc;
	if (t.server_count && job->tree->count > 1) {
		early = sgn_calloc(job->tree->count, sizeof(*early));
		rc = early ? sign_waiting(job, parents, early, err) : sgn_fail_nomem(err);
		sgn_free(early);
		return rc;
	}
	return sgn_parallel_forest(job->ctx->pool, job->tree->count, parents, sign_one, job, err);
}

/* From here on the tree may change. */
static int begin_in_place(struct sgn_bundle_job *job, struct sgn_error *err)
{
	struct sgn_places places = {0};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < job->tree->count; i++)
		if (sgn_item_action(&job->before[i]) == SGN_ITEM_SIGNED)
			rc = sgn_places_add(&places, job->walk, &job->tree->items[i],
			                    job->profiles->count > 0, err);
	if (rc == 0)
		rc = sgn_undo_tree_begin(job->walk->root, places.all, places.count,
		                         job->opts->durable, job->ctx->pool, &job->ctx->undo, err);
	sgn_places_dispose(&places);
	return rc;
}

/* Signs every item of the tree that walk lists. */
static int sign_tree(struct sgn_bundle_job *job, struct sgn_error *err)
{
	struct sgn_tree tree;
	size_t *parents;
	struct sgn_tree_options topts = {
		.only_code_places = job->opts->only_code_places,
		.allow_no_executable = job->opts->allow_no_executable,
		.survey = job->survey,
	};
	int rc = sgn_tree_discover(job->walk, &topts, &tree, err);

	if (rc)
		return rc;
	job->tree = &tree;
	job->done = sgn_arena_array(&tree.arena, tree.count, sizeof(*job->done));
	parents = sgn_arena_array(&tree.arena, tree.count, sizeof(*parents));
	if (!job->done || !parents)
		rc = sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < tree.count; i++)
		parents[i] = tree.items[i].parent;
	if (rc == 0)
		rc = sgn_plan_items(job, err);
	if (rc == 0 && job->in_place)
		rc = begin_in_place(job, err);
	if (rc == 0)
		rc = sign_items(job, parents, err);
	if (rc == 0 && job->result)
		rc = describe_items(job, job->result, err);
	rc = sgn_in_place_end(job->ctx->undo, rc, err);
	job->ctx->undo = NULL;
	for (size_t i = 0; job->done && i < tree.count; i++)
		sgn_item_done_dispose(&job->done[i]);
	sgn_plan_items_dispose(job);
	sgn_tree_dispose(&tree);
	job->tree = NULL;
	return rc;
}

static int make_survey(struct sgn_bundle_job *job, const struct sgn_walk *walk,
                       int (*meanwhile)(void *arg, struct sgn_error *err), void *arg,
                       struct sgn_survey *out, struct sgn_error *err)
{
	const struct sgn_sign_options *o = job->opts;
	/* Version 1 of a seal knows SHA-1 only, whatever the signature uses. */
	struct sgn_survey_options opts = {.wanted = SGN_WANT_SHA1,
	                                  .keep_signed = !o->force,
	                                  .meanwhile = meanwhile,
	                                  .arg = arg};

	for (size_t i = 0; i < o->digest_count; i++)
		opts.wanted |= 1u << o->digests[i];
	if (o->digest_count == 0)
		opts.wanted |= SGN_WANT_SHA256;
	return sgn_survey_make(job->ctx->pool, walk, &opts, out, err);
}

static int sign_surveyed(struct sgn_bundle_job *job, const struct sgn_walk *walk,
                         const struct sgn_survey *survey, struct sgn_error *err)
{
	job->walk = walk;
	job->survey = survey;
	return sign_tree(job, err);
}

static int sign_walked(struct sgn_bundle_job *job, const struct sgn_walk *walk,
                       struct sgn_error *err)
{
	struct sgn_survey survey;
	int rc = make_survey(job, walk, NULL, NULL, &survey, err);

	if (rc)
		return rc;
	rc = sign_surveyed(job, walk, &survey, err);
	sgn_survey_dispose(&survey);
	return rc;
}

int sgn_bundle_error(struct sgn_error *err, int rc, const char *path)
{
	struct sgn_buf whole;

	if (rc == 0 || !err)
		return rc;
	sgn_free(err->path);
	err->path = NULL;
	if (err->subcomponent) {
		sgn_buf_init(&whole, SGN_LIMIT_PATH);
		sgn_wr_fmt(&whole, "%s/%s", path, err->subcomponent);
		sgn_free(err->subcomponent);
		err->subcomponent = sgn_strdup(sgn_buf_str(&whole));
		sgn_buf_dispose(&whole);
	}
	return sgn_error_at_path(err, rc, path);
}

struct staging {
	const struct sgn_sign_options *opts;
	const struct sgn_walk *walk;
	struct sgn_txn txn;
};

static int begin_copy(void *arg, struct sgn_error *err)
{
	struct staging *s = arg;

	return sgn_txn_begin(s->walk, s->opts->dry_run ? NULL : s->opts->output, s->opts->durable,
	                     &s->txn, err);
}

/* The copy has what the walk lists, so it need not be walked, and while it is made the files are read. */
static int copy_and_sign(struct sgn_bundle_job *job, struct staging *s, struct sgn_error *err)
{
	struct sgn_walk staged = *s->walk; /* borrowed, but for where it lies */
	struct sgn_survey survey;
	int rc = make_survey(job, s->walk, begin_copy, s, &survey, err);

	if (rc)
		return rc;
	staged.root = s->txn.stage;
	rc = sign_surveyed(job, &staged, &survey, err);
	sgn_survey_dispose(&survey);
	return rc;
}

static int copy_repair_and_sign(struct sgn_bundle_job *job, struct staging *s,
                                struct sgn_error *err)
{
	struct sgn_walk walk;
	int rc = begin_copy(s, err);

	if (rc == 0)
		rc = sgn_repair_links(job->ctx, s->txn.stage, job->shown, err);
	if (rc == 0)
		rc = sgn_walk_tree(s->txn.stage, &walk, err);
	if (rc)
		return rc;
	rc = sign_walked(job, &walk, err);
	sgn_walk_dispose(&walk);
	return rc;
}

/* A dry run writes nothing, but for links that have to be made before the bundle can be read: that is
 * tried in a copy. Recording for two-step signing needs the copy, too: profiles and signatures that are
 * there already go into it and are sealed. */
static int sign_copy(struct sgn_bundle_job *job, const struct sgn_walk *walk, struct sgn_error *err)
{
	struct staging s = {.opts = job->opts, .walk = walk, .txn = {.lock = -1}};
	int rc = job->opts->repair_symlinks ? copy_repair_and_sign(job, &s, err)
	                                    : copy_and_sign(job, &s, err);

	s.txn.listed = walk;
	s.txn.pool = job->ctx->pool;
	if (rc == 0 && !job->opts->dry_run && !sgn_handover_records(job->opts->handover))
		rc = sgn_txn_commit(&s.txn, err);
	sgn_txn_dispose(&s.txn);
	return rc;
}

/* Mending removes what lies in the place of a link, which may be anything: not in place. */
static void refuse_lost(const struct sgn_bundle_job *job, struct sgn_error *lost, int rc,
                        struct sgn_error *err)
{
	if (job->in_place && job->opts->repair_symlinks) {
		lost->cure[0] = '\0';
		sgn_error_cure(lost, rc, "do it without --in-place");
	}
	sgn_error_move(err, lost);
}

static int sign_in_stage(struct sgn_bundle_job *job, struct sgn_error *err)
{
	struct sgn_error lost = SGN_ERROR_INIT;
	struct sgn_walk walk;
	int rc = sgn_walk_tree_on(job->ctx->pool, job->target, &walk, err);

	if (rc)
		return rc;
	if (!job->opts->dry_run && !job->opts->output)
		rc = sgn_in_place_recover_tree(job->ctx, job->target, &walk, err);
	else
		rc = sgn_in_place_refuse_nested(&walk, err);
	if (rc)
		goto out;
	rc = sgn_refuse_lost_links(&walk, &lost);
	if (rc && (rc != SGN_E_FORMAT || !job->opts->repair_symlinks || job->in_place))
		refuse_lost(job, &lost, rc, err);
	else if (job->in_place)
		rc = sign_walked(job, &walk, err);
	else if (rc || !job->opts->dry_run)
		rc = sign_copy(job, &walk, err);
	else
		rc = sign_walked(job, &walk, err);
out:
	sgn_error_dispose(&lost);
	sgn_walk_dispose(&walk);
	return rc;
}

/* The paths in the result are the user's, not the stage's. */
static void take_path(struct sgn_sign_result *result, char **path)
{
	sgn_free(result->output);
	result->output = *path;
	*path = NULL;
}

int sgn_sign_bundle(struct sgn_context *ctx, const char *path, const struct sgn_sign_options *opts,
                    struct sgn_sign_result *result, struct sgn_error *err)
{
	struct sgn_context own_ctx = *ctx; /* what is in it is shared */
	struct sgn_sign_options own = *opts;
	struct sgn_bundle_job job = {
		.ctx = &own_ctx, .opts = &own, .shown = path, .result = result};
	struct sgn_profiles profiles;
	char *real = NULL, *made = NULL;
	int rc = sgn_profiles_load(opts, &profiles, err);

	if (rc)
		return rc;
	job.in_place = own.in_place && !own.dry_run && !sgn_handover_records(own.handover);
	own.in_place = false;
	job.profiles = &profiles;
	if (!opts->dry_run)
		rc = sgn_txn_recover(path, err);
	if (rc == 0)
		rc = sgn_path_real(path, &real, err);
	job.target = real;
	/* Nothing may fail after the bundle was changed. */
	made = sgn_strdup(opts->output ? opts->output : path);
	if (rc == 0 && !made)
		rc = sgn_fail_nomem(err);
	if (rc == 0)
		rc = sign_in_stage(&job, err);
	if (rc && result)
		sgn_sign_result_dispose(result);
	else if (result)
		take_path(result, &made);
	sgn_free(made);
	sgn_free(real);
	sgn_profiles_dispose(&profiles);
	return sgn_bundle_error(err, rc, path);
}
