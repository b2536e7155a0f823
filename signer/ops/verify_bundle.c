/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bundle: its main part with what the bundle adds, its structure, its seal against the tree, and the
 * code nested in it. (docs/format/verification.md, resources.md)
 */
#include <string.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "signer/ops/generic.h"
#include "signer/ops/verify_seal.h"

/* Nested code inside nested code; real ones: 4. */
#define NESTING_LIMIT 32

/* --- parts of the bundle ------------------------------------------------------------------------ */

static void report_structure(struct sgn_verify *v, const struct sgn_bundle *b)
{
	for (size_t i = 0; i < b->problem_count; i++) {
		const struct sgn_bundle_problem *p = &b->problems[i];
		struct sgn_finding *f;

		/* Systems take Info.plist for the main part then, and do not complain. */
		if (p->osstatus == errSecCSNoMainExecutable && !p->fatal)
			continue;
		if (v->opts->no_strict && !p->fatal)
			continue;
		f = sgn_report_add(v->report, SGN_FINDING_STRUCTURE, "", "%s%s%s", p->path,
		                   *p->path ? ": " : "", p->text);
		f->osstatus = p->osstatus;
		if (p->cure)
			f->cause = sgn_report_text(v->report, "%s", p->cure);
	}
}

/* --- nested code ---------------------------------------------------------------------------------- */

static int verify_at(struct sgn_verify *v, const struct sgn_walk *walk, const char *at,
                     const struct sgn_sealed *sealed, unsigned nesting, struct sgn_error *err);

/* What the parent sealed about this code: its requirement. */
static int check_sealed(struct sgn_verify *v, const struct sgn_verified *code,
                        const struct sgn_sealed *sealed, struct sgn_error *err)
{
	static const struct sgn_req_compile_options single = {.want = SGN_REQ_SINGLE};
	struct sgn_error why_not = SGN_ERROR_INIT;
	enum sgn_truth verdict = SGN_FALSE;
	struct sgn_buf blob, why;
	struct sgn_finding *f;
	int rc;

	if (!sealed || code->count == 0 || !code->slices[0].sig)
		return 0;
	sgn_buf_init(&blob, SGN_LIMIT_REQUIREMENTS);
	sgn_buf_init(&why, SGN_LIMIT_REQUIREMENTS);
	rc = sgn_req_compile(sealed->requirement, &single, &blob, &why_not);
	if (rc == 0)
		rc = sgn_verify_sealed_requirement(v, &code->slices[0], sgn_buf_view(&blob),
		                                   &verdict, &why, &why_not);
	if (rc == SGN_E_NOMEM)
		rc = sgn_fail_nomem(err);
	else if (rc || verdict == SGN_FALSE) {
		f = sgn_report_add(v->report, SGN_FINDING_NESTED_CHANGED, "",
		                   "does not meet the requirement sealed by its bundle: %s",
		                   rc ? why_not.text : sgn_buf_str(&why));
		f->kind = SGN_KIND_MODIFIED;
		f->expected = sgn_report_text(v->report, "%.*s", (int)sealed->requirement.size,
		                              (const char *)sealed->requirement.data);
		rc = 0;
	}
	sgn_buf_dispose(&blob);
	sgn_buf_dispose(&why);
	sgn_error_dispose(&why_not);
	return rc;
}

static enum sgn_verify_depth depth_of(const struct sgn_verify *v, unsigned nesting)
{
	if (nesting == 0)
		return SGN_VERIFY_ROOT;
	return v->opts->deep ? SGN_VERIFY_FULL : SGN_VERIFY_BASIC;
}

/* A nested Mach-O file without a bundle of its own. */
static int verify_nested_file(struct sgn_verify *v, const struct sgn_walk *walk, const char *at,
                              const struct sgn_sealed *sealed, unsigned nesting,
                              struct sgn_error *err)
{
	struct sgn_error why = SGN_ERROR_INIT;
	struct sgn_verified verified;
	struct sgn_code code;
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s/%s", walk->root, at);
	v->bundle = NULL;
	v->has_seal = false;
	rc = sgn_code_open(sgn_buf_str(&path), false, &code, &why);
	if (rc == SGN_E_UNSUPPORTED || rc == SGN_E_FORMAT) {
		sgn_report_add(v->report, SGN_FINDING_NESTED_UNSIGNED, "", "%s",
		               sgn_osstatus_text(errSecCSUnsigned));
		rc = 0;
	} else if (rc == 0) {
		v->code = &code;
		rc = sgn_verify_choose(v, &verified, err);
		if (rc == 0)
			rc = sgn_verify_code(v, depth_of(v, nesting), &verified, err);
		if (rc == 0)
			rc = check_sealed(v, &verified, sealed, err);
		sgn_code_close(&code);
	} else {
		sgn_error_move(err, &why);
	}
	sgn_error_dispose(&why);
	sgn_buf_dispose(&path);
	return rc;
}

/* Nested code that cannot be read at all is a finding: the rest is still checked. */
static int verify_nested_bundle(struct sgn_verify *v, const struct sgn_walk *walk, const char *at,
                                const struct sgn_sealed *sealed, unsigned nesting,
                                struct sgn_error *err)
{
	struct sgn_error why = SGN_ERROR_INIT;
	int rc = verify_at(v, walk, at, sealed, nesting, &why);

	if (rc == SGN_E_FORMAT || rc == SGN_E_UNSUPPORTED || rc == SGN_E_NOTFOUND) {
		struct sgn_finding *f =
			sgn_report_add(v->report, SGN_FINDING_STRUCTURE, "", "%s", why.text);

		if (why.osstatus)
			f->osstatus = why.osstatus;
		if (*why.cure)
			f->cause = sgn_report_text(v->report, "%s", why.cure);
		rc = 0;
	} else if (rc) {
		sgn_error_move(err, &why);
	}
	sgn_error_dispose(&why);
	return rc;
}

int sgn_verify_nested(struct sgn_verify *v, const struct sgn_walk *walk, const char *at,
                      const struct sgn_sealed *sealed, unsigned nesting, struct sgn_error *err)
{
	const struct sgn_walk_entry *e = sgn_walk_find(walk, at);

	if (nesting > NESTING_LIMIT)
		return sgn_fail(err, SGN_E_LIMIT, "code is nested more than %d deep",
		                NESTING_LIMIT);
	v->report->subcomponent = sgn_report_text(v->report, "%s/%s", walk->root, at);
	if (e && e->kind == SGN_WALK_DIR)
		return verify_nested_bundle(v, walk, at, sealed, nesting, err);
	return verify_nested_file(v, walk, at, sealed, nesting, err);
}

/* --- one bundle ----------------------------------------------------------------------------------- */

struct whole_bundle {
	struct sgn_verify *v;
	const struct sgn_bundle *b;
	const struct sgn_sealed *sealed;
	unsigned nesting;
	struct sgn_verified verified;
	struct sgn_verify_part seal;
};

static int check_main(struct whole_bundle *w, struct sgn_error *err)
{
	int rc = sgn_verify_code(w->v, depth_of(w->v, w->nesting), &w->verified, err);

	if (rc == 0)
		rc = check_sealed(w->v, &w->verified, w->sealed, err);
	if (rc == 0 && w->nesting == 0)
		sgn_verify_summarize(w->v, &w->verified);
	return rc;
}

/* The main part, and what its seal covers. */
static int check_half(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct whole_bundle *w = arg;

	SGN_UNUSED(worker);
	if (i == 0)
		return check_main(w, err);
	return sgn_verify_seal(&w->seal.v, w->b, w->verified.slices[0].sig, w->nesting, err);
}

static int verify_halves(struct sgn_verify *v, const struct sgn_bundle *b,
                         const struct sgn_sealed *sealed, unsigned nesting, struct sgn_error *err)
{
	struct whole_bundle w = {.v = v, .b = b, .sealed = sealed, .nesting = nesting};
	int rc = sgn_verify_choose(v, &w.verified, err);
	bool seal;

	if (rc)
		return rc;
	seal = w.verified.slices[0].sig && !v->opts->ignore_resources &&
	       (nesting == 0 || v->opts->deep);
	sgn_verify_begin_part(v, &w.seal);
	rc = sgn_parallel_for(v->ctx->pool, seal ? 2 : 1, check_half, &w, err);
	sgn_verify_end_part(v, &w.seal);
	return rc;
}

static int verify_at(struct sgn_verify *v, const struct sgn_walk *walk, const char *at,
                     const struct sgn_sealed *sealed, unsigned nesting, struct sgn_error *err)
{
	struct sgn_code code;
	struct sgn_bundle b;
	int rc = sgn_bundle_open(walk, at, nesting == 0 ? v->opts->bundle_version : NULL, &b, err);

	if (rc)
		return rc;
	if (nesting == 0 || v->opts->deep)
		report_structure(v, &b);
	if (b.main_kind == SGN_MAIN_NONE || !b.main_path) {
		sgn_bundle_dispose(&b);
		return 0;
	}
	rc = sgn_bundle_seal_bytes(&b, &v->arena, &v->seal, &v->has_seal, err);
	if (rc == 0)
		rc = sgn_code_open_bundle(&b, &code, err);
	if (rc == 0) {
		v->bundle = &b;
		v->code = &code;
		rc = verify_halves(v, &b, sealed, nesting, err);
		sgn_code_close(&code);
	}
	sgn_bundle_dispose(&b);
	return rc;
}

int sgn_verify_bundle(struct sgn_verify *v, const char *path, struct sgn_error *err)
{
	struct sgn_walk walk;
	int rc = sgn_walk_tree_on(v->ctx->pool, path, &walk, err);

	if (rc)
		return rc;
	rc = verify_at(v, &walk, "", NULL, 0, err);
	sgn_walk_dispose(&walk);
	v->bundle = NULL;
	return rc;
}
