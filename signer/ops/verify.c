/* SPDX-License-Identifier: Apache-2.0 */
/* Verification in Apple's order: all slices, native one first; then the layout; then requirements. */
#include <signet/verify.h>

#include <string.h>

#include "signer/base/oid.h"
#include "signer/base/time.h"
#include "signer/ops/verify_slice.h"

/* -R: text or blob to the blob of one requirement. */
static int read_requirement(struct sgn_verify *v, struct sgn_error *err)
{
	static const struct sgn_req_compile_options single = {.want = SGN_REQ_SINGLE};
	struct sgn_view in = sgn_view_of(v->opts->requirement, v->opts->requirement_size);
	struct sgn_buf buf;
	uint32_t magic;
	int rc = 0;

	if (!v->opts->requirement)
		return 0;
	sgn_buf_init(&buf, SGN_LIMIT_REQUIREMENTS);
	if (in.size && in.data[0] != 0xfa) {
		rc = sgn_req_compile(in, &single, &buf, err);
		in = sgn_buf_view(&buf);
	}
	if (rc == 0)
		rc = sgn_blob_read(in, &magic, &in, err);
	if (rc == 0 && magic == CSMAGIC_REQUIREMENTS)
		rc = sgn_req_set_find(in, kSecDesignatedRequirementType, &in, err);
	if (rc == 0 && in.size == 0)
		rc = sgn_fail(err, SGN_E_USAGE, "the set holds no designated requirement");
	if (rc == 0 && !sgn_arena_copy(&v->arena, in, &v->requirement))
		rc = sgn_fail_nomem(err);
	sgn_buf_dispose(&buf);
	return sgn_wrap(err, rc, "explicit requirement");
}

/* The slices to check, native first. *count = 0 is a usage error already reported. */
static int choose_slices(const struct sgn_verify *v, size_t *chosen, size_t *count,
                         struct sgn_error *err)
{
	size_t all = v->code->macho.count, kept = 0;
	int rc = sgn_code_order(v->code, chosen, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < all; i++)
		if (!v->opts->arch ||
		    strcmp(v->opts->arch, v->code->macho.slices[chosen[i]].arch) == 0)
			chosen[kept++] = chosen[i];
	*count = kept;
	if (kept)
		return 0;
	rc = sgn_fail(err, SGN_E_USAGE, "there is no slice for architecture %s", v->opts->arch);
	return sgn_error_osstatus(err, rc, errSecCSBadObjectFormat);
}

static void check_teams(struct sgn_verify *v, const struct sgn_verified_slice *slices, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const char *a = slices[0].sig ? slices[0].sig->best->team : NULL;
		const char *b = slices[i].sig ? slices[i].sig->best->team : NULL;

		if (!slices[0].sig || !slices[i].sig || (a && b ? strcmp(a, b) == 0 : a == b))
			continue;
		sgn_report_add(v->report, SGN_FINDING_TEAMS_DIFFER, slices[i].macho->arch,
		               "team %s, but %s in the %s slice", b ? b : "(none)",
		               a ? a : "(none)", slices[0].macho->arch);
	}
}

static void check_layout(struct sgn_verify *v)
{
	const char *problem;

	if (v->code->bundle)
		sgn_report_add(v->report, SGN_FINDING_BUNDLE, "",
		               "main executable of %s; its sealed resources were not checked",
		               v->code->bundle);
	if (v->opts->no_strict)
		return;
	problem = sgn_macho_strict_problem(&v->code->macho, &v->code->src);
	if (problem)
		sgn_report_add(v->report, SGN_FINDING_STRICT, "", "%s", problem);
}

static void summarize(struct sgn_verify *v, const struct sgn_verified_slice *slices, size_t count)
{
	struct sgn_report_summary *sum = &v->report->summary;
	const struct sgn_verified_slice *s = &slices[0];
	struct sgn_view name;
	struct sgn_buf buf;

	sgn_buf_init(&buf, SGN_LIMIT_PATH);
	sgn_macho_format_name(&v->code->macho, &buf);
	sum->format = sgn_report_text(v->report, "%s", sgn_buf_str(&buf));
	sgn_buf_dispose(&buf);
	sum->slices = count;
	for (size_t i = 0; i < count; i++)
		sum->is_signed |= slices[i].sig != NULL;
	if (!s->sig)
		return;
	sum->identifier = sgn_report_text(v->report, "%s", s->sig->best->identifier);
	if (s->sig->best->team)
		sum->team = sgn_report_text(v->report, "%s", s->sig->best->team);
	sum->adhoc = (s->sig->best->flags & CS_ADHOC) != 0;
	if (!s->has_cms || !s->cms.signer)
		return;
	name = sgn_cert_name_get(&s->cms.signer->subject, sgn_oid_known(SGN_OID_CN));
	sum->authority =
		sgn_report_text(v->report, "%.*s", (int)name.size, (const char *)name.data);
	sum->apple_anchored = s->cms.chain.apple_root;
	sum->has_timestamp = s->cms.timestamp.present && s->cms.timestamp.ok;
	sum->timestamp = s->cms.timestamp.time;
}

static int run(struct sgn_verify *v, struct sgn_error *err)
{
	size_t *chosen = sgn_arena_array(&v->arena, v->code->macho.count, sizeof(*chosen));
	struct sgn_verified_slice *slices =
		sgn_arena_array(&v->arena, v->code->macho.count, sizeof(*slices));
	size_t count;
	int rc = chosen && slices ? read_requirement(v, err) : sgn_fail_nomem(err);

	if (rc == 0)
		rc = choose_slices(v, chosen, &count, err);
	if (rc)
		return rc;
	v->report->summary.designated = -1;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = sgn_verify_signature(v, &v->code->slices[chosen[i]], &slices[i], err);
		if (rc == 0)
			rc = sgn_verify_slots(v, &slices[i], err);
		if (rc == 0)
			rc = sgn_verify_requirements(v, &slices[i], err);
		rc = sgn_error_at_arch(err, rc, v->code->macho.slices[chosen[i]].arch);
	}
	if (v->report->summary.designated < 0)
		v->report->summary.designated = (int)SGN_UNDECIDED;
	if (rc == 0)
		rc = sgn_verify_pages(v, slices, count, err);
	if (rc)
		return rc;
	check_teams(v, slices, count);
	check_layout(v);
	summarize(v, slices, count);
	return sgn_report_finish(v->report, err);
}

int sgn_verify_path(struct sgn_context *ctx, const char *path,
                    const struct sgn_verify_options *opts, struct sgn_report **report,
                    struct sgn_error *err)
{
	static const struct sgn_verify_options defaults;
	struct sgn_verify v = {.ctx = ctx, .opts = opts ? opts : &defaults};
	struct sgn_code code;
	int rc;

	*report = NULL;
	v.now = v.opts->has_time ? v.opts->time : sgn_time_now();
	rc = sgn_code_open(path, false, &code, err);
	if (rc)
		return rc;
	v.code = &code;
	rc = sgn_report_new(path, &v.report, err);
	if (rc == 0)
		rc = run(&v, err);
	if (rc == 0)
		*report = v.report;
	else
		sgn_report_free(v.report);
	sgn_arena_dispose(&v.arena);
	sgn_code_close(&code);
	return sgn_error_at_path(err, rc, path);
}
