/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/plan_items.h"

#include "signer/base/mem.h"
#include "signer/ops/identifier.h"

enum sgn_item_action sgn_item_action(const struct sgn_item_before *before)
{
	if (before->plan.skip)
		return SGN_ITEM_SKIPPED;
	return before->plan.keep ? SGN_ITEM_KEPT : SGN_ITEM_SIGNED;
}

/* The identifier that the item would get by itself: what a person sees who looks at the bundle. */
static int name_item(const struct sgn_item *item, struct sgn_item_before *before,
                     struct sgn_error *err)
{
	struct sgn_buf name;
	int rc;

	sgn_buf_init(&name, SGN_LIMIT_PATH);
	if (item->bundle && item->bundle->identifier)
		sgn_wr_str(&name, item->bundle->identifier);
	else if (before->old.identifier)
		sgn_wr_str(&name, before->old.identifier);
	else
		sgn_identifier_canonical(item->path, &name);
	rc = sgn_buf_finish(&name, err, "identifier");
	before->name = rc ? NULL : sgn_strdup(sgn_buf_str(&name));
	if (rc == 0 && !before->name)
		rc = sgn_fail_nomem(err);
	sgn_buf_dispose(&name);
	return rc;
}

static int name_for_handover(const struct sgn_bundle_job *job, const struct sgn_item *item,
                             struct sgn_item_before *before, struct sgn_error *err)
{
	struct sgn_buf name;
	int rc;

	if (!job->opts->handover)
		return 0;
	sgn_buf_init(&name, SGN_LIMIT_PATH);
	sgn_wr_fmt(&name, "%s%s%s", job->opts->handover_name, *item->path ? "/" : "", item->path);
	rc = sgn_buf_finish(&name, err, "path");
	before->handover_name = rc ? NULL : sgn_strdup(sgn_buf_str(&name));
	before->plan.opts.handover_name = before->handover_name;
	if (rc == 0 && !before->handover_name)
		rc = sgn_fail_nomem(err);
	sgn_buf_dispose(&name);
	return rc;
}

static int read_item(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct sgn_bundle_job *job = arg;
	const struct sgn_item *item = &job->tree->items[i];
	struct sgn_item_before *before = &job->before[i];
	struct sgn_buf path;
	int rc = sgn_item_main_path(job, item, &path, err);

	SGN_UNUSED(worker);
	if (rc == 0)
		rc = sgn_existing_read(sgn_buf_str(&path), item->bundle, &before->old, err);
	if (rc == 0)
		rc = name_item(item, before, err);
	if (rc == 0)
		sgn_item_options(job->opts, item, before->name, before->old.is_signed,
		                 before->old.is_adhoc, &before->plan);
	if (rc == 0)
		rc = name_for_handover(job, item, before, err);
	sgn_buf_dispose(&path);
	if (rc && err && *item->path && !err->subcomponent)
		err->subcomponent = sgn_strdup(item->path);
	return rc;
}

/* Parents come later, so this is from the outside in. */
static void keep_inside_kept(struct sgn_bundle_job *job)
{
	for (size_t i = job->tree->count; i-- > 0;) {
		size_t parent = job->tree->items[i].parent;

		if (parent != SIZE_MAX && sgn_item_action(&job->before[parent]) != SGN_ITEM_SIGNED)
			job->before[i].plan.keep = true;
	}
}

static int refuse_signed_root(const struct sgn_bundle_job *job, struct sgn_error *err)
{
	const struct sgn_item_before *root = &job->before[job->tree->count - 1];
	int rc;

	if (!root->old.is_signed || job->opts->force)
		return 0;
	rc = sgn_fail(err, SGN_E_EXISTS, "is already signed");
	return sgn_error_cure(err, rc, "pass --force to replace the signature");
}

/* Only the seal of a bundle that is signed now would have to name it. */
static int refuse_unsigned_skipped(const struct sgn_bundle_job *job, size_t i,
                                   struct sgn_error *err)
{
	const struct sgn_item *item = &job->tree->items[i];
	const struct sgn_item_before *before = &job->before[i];
	int rc;

	if (!before->plan.skip || before->old.is_signed || !item->as_code ||
	    sgn_item_action(&job->before[item->parent]) != SGN_ITEM_SIGNED)
		return 0;
	rc = sgn_fail(err, SGN_E_UNSUPPORTED, "a rule skips it, but it is not signed");
	if (err && !err->subcomponent)
		err->subcomponent = sgn_strdup(item->path);
	sgn_error_osstatus(err, rc, errSecCSUnsigned);
	return sgn_error_cure(err, rc, "sign it first, or take the rule away");
}

int sgn_plan_items(struct sgn_bundle_job *job, struct sgn_error *err)
{
	int rc;

	job->before = sgn_calloc(job->tree->count, sizeof(*job->before));
	if (!job->before)
		return sgn_fail_nomem(err);
	rc = sgn_parallel_for(job->ctx->pool, job->tree->count, read_item, job, err);
	if (rc)
		return rc;
	keep_inside_kept(job);
	rc = refuse_signed_root(job, err);
	for (size_t i = 0; rc == 0 && i < job->tree->count; i++)
		rc = refuse_unsigned_skipped(job, i, err);
	if (rc == 0)
		sgn_note_items(job);
	return rc;
}

void sgn_plan_items_dispose(struct sgn_bundle_job *job)
{
	for (size_t i = 0; job->before && i < job->tree->count; i++) {
		sgn_existing_dispose(&job->before[i].old);
		sgn_free(job->before[i].name);
		sgn_free(job->before[i].handover_name);
	}
	sgn_free(job->before);
	job->before = NULL;
}
