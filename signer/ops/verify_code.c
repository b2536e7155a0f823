/* SPDX-License-Identifier: Apache-2.0 */
/* One code object: all slices, native one first; then pages; then the layout. */
#include "signer/ops/verify_slice.h"

#include <string.h>

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

	if (v->opts->no_strict || v->code->is_generic)
		return;
	problem = sgn_macho_strict_problem(&v->code->macho, &v->code->src);
	if (problem)
		sgn_report_add(v->report, SGN_FINDING_STRICT, "", "%s", problem);
}

/* The checks of one slice; requirements only where they are asked for. */
static int verify_slice(struct sgn_verify *v, enum sgn_verify_depth depth,
                        const struct sgn_code_slice *s, struct sgn_verified_slice *out,
                        struct sgn_error *err)
{
	int rc = sgn_verify_signature(v, s, out, err);

	if (rc == 0)
		rc = sgn_verify_slots(v, out, err);
	if (rc == 0 && depth == SGN_VERIFY_ROOT)
		rc = sgn_verify_requirements(v, out, err);
	return sgn_error_at_arch(err, rc, s->macho->arch);
}

int sgn_verify_code(struct sgn_verify *v, enum sgn_verify_depth depth, struct sgn_verified *out,
                    struct sgn_error *err)
{
	size_t *chosen = sgn_arena_array(&v->arena, v->code->macho.count, sizeof(*chosen));
	size_t count = 0;
	int rc;

	*out = (struct sgn_verified){0};
	out->slices = sgn_arena_array(&v->arena, v->code->macho.count, sizeof(*out->slices));
	rc = chosen && out->slices ? choose_slices(v, chosen, &count, err) : sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = verify_slice(v, depth, &v->code->slices[chosen[i]], &out->slices[i], err);
	out->count = count;
	if (rc == 0 && depth != SGN_VERIFY_BASIC)
		rc = sgn_verify_pages(v, out->slices, count, err);
	if (rc)
		return rc;
	check_teams(v, out->slices, count);
	if (depth != SGN_VERIFY_BASIC)
		check_layout(v);
	return 0;
}
