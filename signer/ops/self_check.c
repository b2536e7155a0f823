/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/self_check.h"

#include "signer/ops/facts.h"

static int check_slots(const struct sgn_plan *plan, const struct sgn_plan_slice *s,
                       const struct sgn_codedir *cd, struct sgn_error *err)
{
	for (uint32_t slot = 1; slot <= cd->special_count; slot++) {
		bool present;
		struct sgn_view want, content = sgn_plan_special(plan, s, slot, &present);
		struct sgn_digest_bytes got = {.size = cd->hash_size};
		int rc = 0;

		if (present)
			rc = sgn_digest(cd->digest, content, &got, err);
		if (rc)
			return rc;
		if (!sgn_codedir_special(cd, slot, &want) ||
		    !sgn_view_equal(want, sgn_digest_view(&got)))
			return sgn_fail(err, SGN_E_INTERNAL,
			                "slot -%u of the new signature is wrong", slot);
	}
	return 0;
}

/* Problems of the certificate are the identity check's business; these are ours. */
static bool is_our_mistake(enum sgn_cms_problem_id id)
{
	switch (id) {
	case SGN_CMS_UNREADABLE:
	case SGN_CMS_BAD_SIGNATURE:
	case SGN_CMS_WRONG_CONTENT:
	case SGN_CMS_AGILITY_V1:
	case SGN_CMS_AGILITY_V2:
	case SGN_CMS_NO_SIGNER_CERT:
	case SGN_CMS_BAD_TIMESTAMP: return true;
	default: return false;
	}
}

static int check_cms(const struct sgn_context *ctx, const struct sgn_signature *sig,
                     const struct sgn_assembled *a, struct sgn_error *err)
{
	struct sgn_cms_verify_input in = {
		.cms = sig->cms,
		.content = sig->dirs[0].blob,
		.cdhashes = a->cdhashes,
		.cdhash_count = a->dir_count,
		.anchors = &ctx->anchors,
	};
	struct sgn_arena arena = {0};
	struct sgn_cms_info info;
	int rc = sgn_cms_verify(&in, &arena, &info, err);

	for (size_t i = 0; rc == 0 && i < info.problem_count; i++)
		if (is_our_mistake(info.problems[i].id))
			rc = sgn_fail(err, SGN_E_INTERNAL, "the new CMS does not verify: %s",
			              info.problems[i].text);
	sgn_arena_dispose(&arena);
	return rc;
}

static int check_designated(const struct sgn_plan *plan, const struct sgn_signature *sig,
                            const struct sgn_sign_options *opts, struct sgn_error *err)
{
	const struct sgn_chain *chain = opts->identity ? sgn_identity_chain(opts->identity) : NULL;
	enum sgn_truth verdict = SGN_UNDECIDED;
	struct sgn_facts facts;
	struct sgn_buf buf, why;
	struct sgn_view dr;
	bool implied;
	int rc;

	sgn_buf_init(&buf, SGN_LIMIT_REQUIREMENTS);
	sgn_buf_init(&why, SGN_LIMIT_REQUIREMENTS);
	rc = sgn_facts_make(sig, chain, plan->info,
	                    plan->entitlement_count >= 0 ? &plan->entitlements : NULL, &facts, err);
	if (rc == 0)
		rc = sgn_facts_designated(sig, &facts, &buf, &dr, &implied, err);
	if (rc == 0)
		rc = sgn_facts_judge(dr, &facts, &verdict, &why, err);
	if (rc == 0 && verdict == SGN_FALSE) {
		rc = sgn_fail(err, SGN_E_MISMATCH,
		              "the designated requirement would not accept this very signature: %s",
		              sgn_buf_str(&why));
		sgn_error_osstatus(err, rc, errSecCSReqFailed);
		sgn_error_cure(
			err, rc,
			"leave \"requirements\" out of --preserve-metadata (the old one names "
			"the old signer), or pass a requirement that fits with -r");
	}
	sgn_buf_dispose(&buf);
	sgn_buf_dispose(&why);
	return rc;
}

int sgn_self_check_slice(const struct sgn_context *ctx, const struct sgn_plan *plan, size_t slice,
                         const struct sgn_assembled *a, const struct sgn_sign_options *opts,
                         struct sgn_error *err)
{
	const struct sgn_plan_slice *s = &plan->slices[slice];
	struct sgn_signature sig;
	int rc = sgn_signature_read(sgn_buf_view(&a->superblob), &sig, err);

	if (rc == 0 && sig.dir_count != plan->digest_count)
		rc = sgn_fail(err, SGN_E_INTERNAL, "%zu CodeDirectories instead of %zu",
		              sig.dir_count, plan->digest_count);
	for (size_t d = 0; rc == 0 && d < sig.dir_count; d++)
		rc = check_slots(plan, s, &sig.dirs[d], err);
	if (rc == 0 && opts->identity && !a->pending)
		rc = check_cms(ctx, &sig, a, err);
	if (rc == 0)
		rc = check_designated(plan, &sig, opts, err);
	return sgn_error_at_arch(err, rc, s->code->macho->arch);
}

static int check_slice_on_disk(const struct sgn_slice *s, const struct sgn_assembled *a,
                               struct sgn_error *err)
{
	struct sgn_view stored;

	if (s->has_signature_cmd && sgn_view_slice(s->signature, 0, a->superblob.size, &stored) &&
	    sgn_view_equal(stored, sgn_buf_view(&a->superblob)) &&
	    sgn_view_is_zero(sgn_view_from(s->signature, a->superblob.size)))
		return 0;
	return sgn_error_at_arch(
		err, sgn_fail(err, SGN_E_INTERNAL, "the file just written lacks its signature"),
		s->arch);
}

int sgn_self_check_file(const struct sgn_source *src, const struct sgn_assembled *parts,
                        size_t count, struct sgn_error *err)
{
	struct sgn_macho m = {0};
	const char *problem = NULL;
	int rc = sgn_macho_read(src, &m, err);

	if (rc == 0 && m.count != count)
		rc = sgn_fail(err, SGN_E_INTERNAL, "%zu slices were written instead of %zu",
		              m.count, count);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = check_slice_on_disk(&m.slices[i], &parts[i], err);
	if (rc == 0)
		problem = sgn_macho_strict_problem(&m, src);
	if (problem) {
		rc = sgn_fail(err, SGN_E_FORMAT, "the signed file would fail strict validation: %s",
		              problem);
		sgn_error_osstatus(err, rc, errSecCSBadMainExecutable);
		sgn_error_cure(err, rc,
		               "the input is laid out oddly; rebuild it, or run it through "
		               "strip or lipo");
	}
	sgn_macho_dispose(&m);
	return rc;
}
