/* SPDX-License-Identifier: Apache-2.0 */
/* Signing a bundle through separate files. The same plan, hashes and assembly as for a Mach-O. */
#include <string.h>

#include "signer/base/time.h"
#include "signer/ops/assemble.h"
#include "signer/ops/generic.h"
#include "signer/ops/image.h"
#include "signer/ops/self_check.h"
#include "signer/ops/sign_result.h"

static int hash_file(struct sgn_context *ctx, const struct sgn_code *code, struct sgn_plan *plan,
                     struct sgn_image_hash *hash, struct sgn_error *err)
{
	struct sgn_slice_layout one = {.code_limit = code->src.size, .copy_size = code->src.size};
	struct sgn_layout layout = {.slices = &one, .count = 1};
	struct sgn_image image = {
		.src = &code->src, .macho = &code->macho, .layout = &layout, .hash = hash};

	*hash = (struct sgn_image_hash){.digests = plan->digests,
	                                .digest_count = plan->digest_count};
	for (size_t d = 0; d < plan->digest_count; d++) {
		hash->hashes[d] = sgn_arena_alloc(&plan->arena, SGN_DIGEST_MAX_SIZE);
		if (!hash->hashes[d])
			return sgn_fail_nomem(err);
	}
	return sgn_image_write(&image, ctx->pool, err);
}

static int store(const struct sgn_bundle *b, uint32_t slot, struct sgn_view blob,
                 struct sgn_error *err)
{
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_bundle_path(b, b->support, &path);
	sgn_wr_fmt(&path, "/_CodeSignature/%s", sgn_separate_name(slot));
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		rc = sgn_file_store(sgn_buf_str(&path), blob, 0644, err);
	sgn_buf_dispose(&path);
	return rc;
}

/* Each entry of the assembled SuperBlob into its file; the CMS without its wrapper. */
static int store_all(const struct sgn_bundle *b, const struct sgn_assembled *a,
                     struct sgn_error *err)
{
	struct sgn_superblob sb;
	int rc = sgn_superblob_read(sgn_buf_view(&a->superblob), CSMAGIC_EMBEDDED_SIGNATURE, &sb,
	                            err);

	for (uint32_t i = 0; rc == 0 && i < sb.count; i++) {
		const struct sgn_superblob_entry *e = &sb.entries[i];
		bool cms = e->type == CSSLOT_SIGNATURESLOT;

		rc = store(b, e->type, cms ? sgn_blob_payload(e->blob) : e->blob, err);
	}
	return rc;
}

static int sign(struct sgn_context *ctx, const struct sgn_code *code, const struct sgn_bundle *b,
                const struct sgn_sign_options *opts, struct sgn_plan *plan,
                struct sgn_sign_result *result, struct sgn_error *err)
{
	int64_t now = opts->has_signing_time ? opts->signing_time : sgn_time_now();
	struct sgn_timestamper timestamper;
	struct sgn_assembled part = {0};
	struct sgn_image_hash hash;
	int rc = 0;

	plan->slices[0].reserve = SGN_LIMIT_SIGNATURE; /* files have no room to fit into */
	if (opts->identity)
		rc = sgn_identity_check(opts->identity, now, opts->allow_expired, err);
	if (rc == 0)
		rc = sgn_timestamper_init(ctx, opts, &timestamper, err);
	if (rc == 0)
		rc = hash_file(ctx, code, plan, &hash, err);
	if (rc == 0)
		rc = sgn_assemble_dirs(plan, 0, code->src.size, hash.hashes, &part, err);
	if (rc == 0)
		rc = sgn_assemble_sign(plan, 0, opts, now, &part, err);
	if (rc == 0)
		rc = sgn_assemble_stamp(&timestamper, opts, &part, 1, err);
	if (rc == 0)
		rc = sgn_assemble_finish(plan, 0, &part, err);
	if (rc == 0)
		rc = sgn_self_check_slice(ctx, plan, 0, &part, opts, err);
	if (rc == 0)
		rc = sgn_sign_result_make(code, plan, &part, opts, result, err);
	if (rc == 0 && !opts->dry_run && !part.pending)
		rc = store_all(b, &part, err);
	sgn_assembled_dispose(&part);
	return rc;
}

int sgn_sign_generic(struct sgn_context *ctx, const struct sgn_code *code,
                     const struct sgn_bundle *b, const struct sgn_bundle_parts *parts,
                     const struct sgn_sign_options *opts, struct sgn_sign_result *result,
                     struct sgn_error *err)
{
	struct sgn_plan plan;
	int rc = sgn_plan_make(ctx, code, parts, opts, &plan, err);

	if (rc == 0) {
		rc = sign(ctx, code, b, opts, &plan, result, err);
		sgn_plan_dispose(&plan);
	}
	return sgn_error_at_path(err, rc, code->path);
}
