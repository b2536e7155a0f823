/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/sign_result.h"

#include <stdio.h>

#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/req/req.h"

void sgn_sign_result_dispose(struct sgn_sign_result *result)
{
	sgn_free(result->format);
	sgn_free(result->identifier);
	sgn_free(result->team);
	sgn_free(result->requirement);
	sgn_free(result->output);
	sgn_free(result->slices);
	for (size_t i = 0; i < result->item_count; i++) {
		sgn_free(result->items[i].path);
		sgn_free(result->items[i].identifier);
		sgn_free(result->items[i].team);
	}
	sgn_free(result->items);
	*result = (struct sgn_sign_result){0};
}

/* The CodeDirectory with the strongest digest gives the cdhash. */
static size_t best_dir(const struct sgn_plan *plan)
{
	size_t best = 0;

	for (size_t d = 1; d < plan->digest_count; d++)
		if (sgn_digest_rank(plan->digests[d]) > sgn_digest_rank(plan->digests[best]))
			best = d;
	return best;
}

static int describe_slice(const struct sgn_plan *plan, size_t i, const struct sgn_assembled *a,
                          struct sgn_signed_slice *out, struct sgn_error *err)
{
	const struct sgn_plan_slice *s = &plan->slices[i];
	size_t best = best_dir(plan);
	struct sgn_codedir cd;
	int rc = sgn_codedir_read(sgn_buf_view(&a->dirs[best]), &cd, err);

	if (rc)
		return rc;
	snprintf(out->arch, sizeof(out->arch), "%s", s->code->macho->arch);
	sgn_hex_encode(a->cdhashes[best].full.data, CS_CDHASH_LEN, out->cdhash);
	out->digest = plan->digests[best];
	out->version = cd.version;
	out->flags = cd.flags;
	out->page_size = cd.page_shift ? (uint32_t)1 << cd.page_shift : 0;
	out->pages = cd.code_count;
	out->runtime = cd.runtime;
	out->cms_size = (uint32_t)a->cms_size;
	out->reserved = s->reserve;
	out->pending = a->pending;
	return 0;
}

/* Text of the designated requirement: the stored one, or the implied cdhash form over all slices. */
static int requirement_text(const struct sgn_code *code, const struct sgn_plan *plan,
                            const struct sgn_assembled *parts, struct sgn_buf *text,
                            struct sgn_error *err)
{
	struct sgn_view hashes[SGN_LIMIT_FAT_SLICES * 3];
	size_t order[SGN_LIMIT_FAT_SLICES];
	struct sgn_view dr;
	struct sgn_buf buf;
	size_t n = 0;
	int rc = sgn_code_order(code, order, err);

	if (rc == 0)
		rc = sgn_req_set_find(plan->requirements, kSecDesignatedRequirementType, &dr, err);
	sgn_buf_init(&buf, SGN_LIMIT_REQUIREMENTS);
	for (size_t i = 0; rc == 0 && i < plan->count; i++)
		for (size_t d = 0; d < plan->digest_count; d++)
			hashes[n++] =
				sgn_view_of(parts[order[i]].cdhashes[d].full.data, CS_CDHASH_LEN);
	if (rc == 0 && dr.size == 0) {
		rc = sgn_req_implied(hashes, n, &buf, err);
		dr = sgn_buf_view(&buf);
	}
	if (rc == 0)
		rc = sgn_req_decompile(dr, text, err);
	sgn_buf_dispose(&buf);
	return rc;
}

static int copy_strings(const struct sgn_code *code, const struct sgn_plan *plan,
                        const struct sgn_assembled *parts, const struct sgn_sign_options *opts,
                        struct sgn_sign_result *out, struct sgn_error *err)
{
	struct sgn_buf buf;
	int rc;

	sgn_buf_init(&buf, SGN_LIMIT_REQUIREMENTS);
	if (plan->format)
		sgn_wr_str(&buf, plan->format);
	if (!code->is_generic)
		sgn_macho_format_name(&code->macho, &buf);
	out->format = sgn_strdup(sgn_buf_str(&buf));
	sgn_buf_reset(&buf);
	rc = requirement_text(code, plan, parts, &buf, err);
	out->requirement = sgn_strdup(sgn_buf_str(&buf));
	sgn_buf_dispose(&buf);
	out->identifier = sgn_strdup(plan->identifier);
	out->output = sgn_strdup(opts->output ? opts->output : code->path);
	if (plan->team)
		out->team = sgn_strdup(plan->team);
	if (rc == 0 && (!out->format || !out->requirement || !out->identifier || !out->output ||
	                (plan->team && !out->team)))
		rc = sgn_fail_nomem(err);
	return rc;
}

int sgn_sign_result_make(const struct sgn_code *code, const struct sgn_plan *plan,
                         const struct sgn_assembled *parts, const struct sgn_sign_options *opts,
                         struct sgn_sign_result *out, struct sgn_error *err)
{
	int rc = copy_strings(code, plan, parts, opts, out, err);

	out->replaced = plan->replaces;
	out->entitlements = plan->entitlement_count;
	out->slice_count = plan->count;
	out->native = code->native;
	out->slices = sgn_calloc(plan->count, sizeof(*out->slices));
	if (rc == 0 && !out->slices)
		rc = sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < plan->count; i++)
		rc = describe_slice(plan, i, &parts[i], &out->slices[i], err);
	if (rc)
		sgn_sign_result_dispose(out);
	return rc;
}
