/* SPDX-License-Identifier: Apache-2.0 */
/* Signing one Mach-O file, as the list of steps it is: run(), at the end. */
#include "signer/ops/sign_macho.h"

#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/time.h"
#include "signer/base/undo.h"
#include "signer/ops/assemble.h"
#include "signer/ops/image.h"
#include "signer/ops/in_place.h"
#include "signer/ops/plan.h"
#include "signer/ops/self_check.h"
#include "signer/ops/sign_result.h"

struct job {
	struct sgn_context *ctx;
	const struct sgn_sign_options *opts;
	const struct sgn_bundle_parts *parts_of_bundle; /* NULL: no bundle's main executable */
	const struct sgn_early *early;                  /* or NULL */
	int64_t signing_time;
	struct sgn_code code;
	struct sgn_plan plan;
	struct sgn_layout layout;
	struct sgn_image_hash *hash; /* per slice */
	struct sgn_assembled *parts; /* per slice */
	struct sgn_timestamper timestamper;
	struct sgn_output out;
};

static int check_identity(struct job *j, struct sgn_error *err)
{
	const struct sgn_sign_options *opts = j->opts;
	int rc = 0;

	if (opts->identity)
		rc = sgn_identity_check(opts->identity, j->signing_time, opts->allow_expired, err);
	return rc ? rc : sgn_timestamper_init(j->ctx, opts, &j->timestamper, err);
}

static int check_may_sign(const struct job *j, struct sgn_error *err)
{
	int rc;

	for (size_t i = 0; !j->opts->force && i < j->code.macho.count; i++) {
		if (!sgn_code_slice_is_signed(&j->code.slices[i]))
			continue;
		rc = sgn_fail(err, SGN_E_EXISTS, "is already signed");
		return sgn_error_cure(err, rc, "pass --force to replace the signature");
	}
	return 0;
}

static int lay_out(struct job *j, struct sgn_error *err)
{
	uint32_t *sizes = sgn_arena_array(&j->plan.arena, j->plan.count, sizeof(*sizes));
	int rc;

	if (!sizes)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < j->plan.count; i++)
		sizes[i] = j->plan.slices[i].reserve;
	rc = sgn_layout_sign(&j->code.macho, sizes, &j->layout, err);
	if (rc == 0 && j->opts->in_place)
		rc = sgn_in_place_check(&j->code, &j->layout, j->opts->in_place_links, err);
	return rc;
}

static int make_room_for_hashes(struct job *j, struct sgn_error *err)
{
	struct sgn_arena *arena = &j->plan.arena;

	j->hash = sgn_arena_array(arena, j->plan.count, sizeof(*j->hash));
	j->parts = sgn_arena_array(arena, j->plan.count, sizeof(*j->parts));
	if (!j->hash || !j->parts)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < j->plan.count; i++) {
		uint8_t shift = j->plan.slices[i].spec.page_shift;
		uint64_t page = shift ? (uint64_t)1 << shift : 0;
		uint64_t pages = sgn_image_pages(j->layout.slices[i].code_limit, page);

		j->hash[i] = (struct sgn_image_hash){.page_size = page,
		                                     .digests = j->plan.digests,
		                                     .digest_count = j->plan.digest_count};
		for (size_t d = 0; d < j->plan.digest_count; d++) {
			size_t size = sgn_digest_size(j->plan.digests[d]);

			j->hash[i].hashes[d] = sgn_arena_array(arena, (size_t)pages, size);
			if (!j->hash[i].hashes[d])
				return sgn_fail_nomem(err);
		}
	}
	return 0;
}

static int copy_and_hash(struct job *j, struct sgn_error *err)
{
	const char *target = j->opts->output ? j->opts->output : j->code.path;
	struct sgn_image image = {
		.src = &j->code.src,
		.macho = &j->code.macho,
		.layout = &j->layout,
		.hash = j->hash,
	};
	int rc = 0;

	if (!j->opts->dry_run && !j->opts->in_place) {
		rc = sgn_output_create(target, &j->out, err);
		image.out = &j->out;
	}
	return rc ? rc : sgn_image_write(&image, j->ctx->pool, err);
}

static int sign_slice(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct job *j = arg;
	int rc = sgn_assemble_dirs(&j->plan, i, j->layout.slices[i].code_limit, j->hash[i].hashes,
	                           &j->parts[i], err);

	SGN_UNUSED(worker);
	if (rc == 0)
		rc = sgn_assemble_sign(&j->plan, i, j->opts, j->signing_time, &j->parts[i], err);
	return sgn_error_at_arch(err, rc, j->code.macho.slices[i].arch);
}

static int finish_slice(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct job *j = arg;
	int rc = sgn_assemble_finish(&j->plan, i, &j->parts[i], err);

	SGN_UNUSED(worker);
	if (rc == 0)
		rc = sgn_self_check_slice(j->ctx, &j->plan, i, &j->parts[i], j->opts, err);
	return sgn_error_at_arch(err, rc, j->code.macho.slices[i].arch);
}

static int tell_early(struct job *j, struct sgn_error *err)
{
	struct sgn_sign_result result = {0};
	int rc;

	if (!j->early)
		return 0;
	rc = sgn_output_place(&j->out, j->code.path, err);
	if (rc == 0)
		rc = sgn_sign_result_make(&j->code, &j->plan, j->parts, j->opts, &result, err);
	return rc ? rc : j->early->tell(j->early->arg, &result, err);
}

static int make_signatures(struct job *j, struct sgn_error *err)
{
	struct sgn_pool *pool = j->ctx->pool;
	int rc = sgn_parallel_for(pool, j->plan.count, sign_slice, j, err);

	if (rc == 0)
		rc = tell_early(j, err);
	if (rc == 0)
		rc = sgn_assemble_stamp(&j->timestamper, j->opts, j->parts, j->plan.count, err);
	return rc ? rc : sgn_parallel_for(pool, j->plan.count, finish_slice, j, err);
}

/* SuperBlobs and zeros up to the reserved sizes. */
static int pad_signatures(struct job *j, struct sgn_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < j->plan.count; i++) {
		struct sgn_buf *blob = &j->parts[i].superblob;

		sgn_wr_zero(blob, j->layout.slices[i].datasize - blob->size);
		rc = sgn_buf_finish(blob, err, "signature");
	}
	return rc;
}

static int check_output(const struct job *j, struct sgn_error *err)
{
	struct sgn_source written;
	int rc = sgn_output_reopen(&j->out, &written, err);

	if (rc == 0)
		rc = sgn_self_check_file(&written, j->parts, j->plan.count, err);
	sgn_source_close(&written);
	return rc;
}

static int commit_output(struct job *j, struct sgn_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < j->plan.count; i++) {
		const struct sgn_slice_layout *l = &j->layout.slices[i];
		const struct sgn_buf *blob = &j->parts[i].superblob;

		rc = sgn_output_write(&j->out, l->new_offset + l->code_limit, blob->data,
		                      blob->size, err);
	}
	if (rc == 0)
		rc = check_output(j, err);
	return rc ? rc : sgn_output_commit(&j->out, j->code.path, j->opts->durable, err);
}

/* The check comes before the first byte is written. */
static int commit_in_place(struct job *j, struct sgn_error *err)
{
	struct sgn_view *tails = sgn_arena_array(&j->plan.arena, j->plan.count, sizeof(*tails));
	struct sgn_change change;
	struct sgn_source then;
	int rc;

	if (!tails)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < j->plan.count; i++)
		tails[i] = sgn_buf_view(&j->parts[i].superblob);
	rc = sgn_in_place_plan(&j->code, &j->layout, tails, &j->plan.arena, &change, err);
	if (rc)
		return rc;
	sgn_source_changed(&j->code.src, &change, &then);
	rc = sgn_self_check_file(&then, j->parts, j->plan.count, err);
	if (rc == 0 && !j->opts->dry_run)
		rc = sgn_undo_change(j->code.real_path, &j->code.src, &change, j->opts->durable,
		                     err);
	return rc;
}

static int commit(struct job *j, struct sgn_error *err)
{
	int rc = pad_signatures(j, err);

	if (rc == 0 && j->opts->in_place)
		rc = commit_in_place(j, err);
	/* Nothing in this round needs the file when its signature is not there: handover.h. */
	else if (rc == 0 && !j->opts->dry_run && !sgn_assembled_pending(j->parts, j->plan.count))
		rc = commit_output(j, err);
	return rc;
}

static int run(struct job *j, struct sgn_sign_result *result, struct sgn_error *err)
{
	int rc = check_identity(j, err);

	if (rc)
		return rc;
	rc = check_may_sign(j, err);
	if (rc == 0)
		rc = sgn_plan_make(j->ctx, &j->code, j->parts_of_bundle, j->opts, &j->plan, err);
	if (rc == 0)
		rc = lay_out(j, err);
	if (rc == 0)
		rc = make_room_for_hashes(j, err);
	if (rc == 0)
		rc = copy_and_hash(j, err);
	if (rc == 0)
		rc = make_signatures(j, err);
	/* Everything that can fail comes before the commit: a failure must leave the file as it was. */
	if (rc == 0 && result && !j->early)
		rc = sgn_sign_result_make(&j->code, &j->plan, j->parts, j->opts, result, err);
	if (rc == 0) {
		rc = commit(j, err);
		if (rc && result)
			sgn_sign_result_dispose(result);
	}
	return rc;
}

int sgn_sign_macho(struct sgn_context *ctx, const char *path, const struct sgn_bundle_parts *parts,
                   const struct sgn_sign_options *opts, const struct sgn_early *early,
                   struct sgn_sign_result *result, struct sgn_error *err)
{
	struct job j = {.ctx = ctx,
	                .opts = opts,
	                .parts_of_bundle = parts,
	                .early = early,
	                .out = {.fd = -1}};
	int rc;

	j.signing_time = opts->has_signing_time ? opts->signing_time : sgn_time_now();
	rc = sgn_code_open(path, opts->intel_host, &j.code, err);
	if (rc)
		return rc;
	rc = run(&j, result, err);
	for (size_t i = 0; j.parts && i < j.plan.count; i++)
		sgn_assembled_dispose(&j.parts[i]);
	sgn_output_dispose(&j.out);
	sgn_layout_dispose(&j.layout);
	sgn_plan_dispose(&j.plan);
	sgn_code_close(&j.code);
	return sgn_error_at_path(err, rc, path);
}
