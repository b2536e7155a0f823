/* SPDX-License-Identifier: Apache-2.0 */
/* One code object: all slices, native one first, and the pages; then the layout. */
#include "signer/ops/verify_slice.h"

#include <string.h>

int sgn_verify_choose(struct sgn_verify *v, struct sgn_verified *out, struct sgn_error *err)
{
	const struct sgn_code *code = v->code;
	size_t all = code->macho.count;
	size_t *order = sgn_arena_array(&v->arena, all, sizeof(*order));
	int rc;

	*out = (struct sgn_verified){0};
	out->slices = sgn_arena_array(&v->arena, all, sizeof(*out->slices));
	rc = order && out->slices ? sgn_code_order(code, order, err) : sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < all; i++) {
		const struct sgn_code_slice *s = &code->slices[order[i]];

		if (!v->opts->arch || strcmp(v->opts->arch, s->macho->arch) == 0)
			out->slices[out->count++] = (struct sgn_verified_slice){
				.code = s, .macho = s->macho, .sig = s->sig};
	}
	if (rc || out->count)
		return rc;
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

	if (v->opts->no_strict || v->code->is_generic)
		return;
	problem = sgn_macho_strict_problem(&v->code->macho, &v->code->src);
	if (problem)
		sgn_report_add(v->report, SGN_FINDING_STRICT, "", "%s", problem);
}

/* The checks of one slice without its pages; requirements only where they are asked for. */
static int verify_slice(struct sgn_verify *v, enum sgn_verify_depth depth,
                        struct sgn_verified_slice *s, struct sgn_error *err)
{
	int rc = sgn_verify_signature(v, s, err);

	if (rc == 0)
		rc = sgn_verify_slots(v, s, err);
	if (rc == 0 && depth == SGN_VERIFY_ROOT)
		rc = sgn_verify_requirements(v, s, err);
	return sgn_error_at_arch(err, rc, s->macho->arch);
}

struct checking {
	struct sgn_verified *code;
	enum sgn_verify_depth depth;
};

/* First all slices, then the pages of all. */
static int check_part(struct sgn_verify *part, void *arg, size_t i, struct sgn_error *err)
{
	const struct checking *c = arg;
	size_t slices = c->code->count;

	if (i < slices)
		return verify_slice(part, c->depth, &c->code->slices[i], err);
	return sgn_verify_pages(part, &c->code->slices[i - slices], err);
}

int sgn_verify_code(struct sgn_verify *v, enum sgn_verify_depth depth, struct sgn_verified *code,
                    struct sgn_error *err)
{
	struct checking c = {code, depth};
	size_t count = depth == SGN_VERIFY_BASIC ? code->count : 2 * code->count;
	struct sgn_verify_part *parts = sgn_arena_array(&v->arena, count, sizeof(*parts));
	int rc = parts ? sgn_verify_run_parts(v, parts, count, check_part, &c, err)
	               : sgn_fail_nomem(err);

	if (rc)
		return rc;
	for (size_t i = 0; i < count; i++)
		sgn_verify_end_part(v, &parts[i]);
	check_teams(v, code->slices, code->count);
	if (depth != SGN_VERIFY_BASIC)
		check_layout(v);
	return 0;
}
