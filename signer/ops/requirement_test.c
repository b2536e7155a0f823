/* SPDX-License-Identifier: Apache-2.0 */
/* sgn_requirement_judge(): one requirement, one program, every clause. */
#include <stdio.h>

#include "signer/base/mem.h"
#include "signer/ops/subject.h"

/* The public judgement and what it points to live and die together. */
struct judgement {
	struct sgn_judgement pub; /* first, so that freeing knows where it is */
	struct sgn_arena arena;
	struct sgn_subjects subjects;
};

static int judge_slice(struct judgement *j, const struct sgn_subject_slice *s,
                       struct sgn_view requirement, struct sgn_judged_slice *out,
                       struct sgn_error *err)
{
	struct sgn_judged judged;
	int rc = sgn_judge_clauses(requirement, &s->facts.req, &j->arena, &judged, err);

	if (rc == 0)
		rc = sgn_requirement_text(requirement, &j->arena, &out->requirement, err);
	if (rc)
		return sgn_error_at_arch(err, rc, s->arch);
	snprintf(out->arch, sizeof(out->arch), "%s", s->arch);
	out->implied = j->pub.own && s->implied;
	out->met = judged.met;
	out->clauses = judged.clauses;
	out->clause_count = judged.count;
	return 0;
}

static int judge(struct judgement *j, const struct sgn_judge_options *opts, struct sgn_error *err)
{
	const struct sgn_subject *s = &j->subjects.items[0];
	struct sgn_view given = SGN_VIEW_EMPTY;
	struct sgn_judged_slice *slices;
	int rc = sgn_subject_must_be_signed(s, err);

	if (rc)
		return rc;
	j->pub.identifier = s->slices[0].sig->best->identifier;
	j->pub.team = s->slices[0].sig->best->team;
	j->pub.problem = s->problem;
	j->pub.own = opts->requirement == NULL;
	j->pub.met = SGN_MET;
	if (opts->requirement)
		rc = sgn_wrap(err,
		              sgn_requirement_single(
				      sgn_view_of(opts->requirement, opts->requirement_size),
				      j->pub.identifier, &j->arena, &given, err),
		              "requirement");
	slices = sgn_arena_array(&j->arena, s->count, sizeof(*slices));
	if (rc == 0 && !slices)
		rc = sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < s->count; i++) {
		rc = judge_slice(j, &s->slices[i], given.size ? given : s->slices[i].designated,
		                 &slices[i], err);
		j->pub.met = sgn_met_worse(j->pub.met, slices[i].met);
	}
	j->pub.slices = slices;
	j->pub.slice_count = s->count;
	return rc;
}

int sgn_requirement_judge(struct sgn_context *ctx, const char *path,
                          const struct sgn_judge_options *opts, struct sgn_judgement **out,
                          struct sgn_error *err)
{
	static const struct sgn_judge_options defaults;
	struct judgement *j = sgn_calloc(1, sizeof(*j));
	int rc;

	*out = NULL;
	if (!j)
		return sgn_fail_nomem(err);
	opts = opts ? opts : &defaults;
	rc = sgn_subjects_open(ctx, path, opts->arch, false, &j->subjects, err);
	if (rc == 0)
		rc = sgn_error_at_path(err, judge(j, opts, err), path);
	if (rc == 0)
		*out = &j->pub;
	else
		sgn_judgement_free(&j->pub);
	return rc;
}

void sgn_judgement_free(struct sgn_judgement *judgement)
{
	struct judgement *j = (struct judgement *)judgement;

	if (!j)
		return;
	sgn_subjects_close(&j->subjects);
	sgn_arena_dispose(&j->arena);
	sgn_free(j);
}
