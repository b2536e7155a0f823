/* SPDX-License-Identifier: Apache-2.0 */
/* The trace of a verdict as people read it: chains of one operator are one group, and the clauses that
 * decide are marked. */
#include "signer/ops/subject.h"

static enum sgn_met met_of(enum sgn_truth t)
{
	return t == SGN_TRUE ? SGN_MET : t == SGN_FALSE ? SGN_NOT_MET : SGN_MET_OPEN;
}

enum sgn_met sgn_met_worse(enum sgn_met a, enum sgn_met b)
{
	static const int rank[] = {[SGN_NOT_MET] = 2, [SGN_MET] = 0, [SGN_MET_OPEN] = 1};

	return rank[b] > rank[a] ? b : a;
}

/* Operators have operands behind them, one level deeper. */
static bool is_group(const struct sgn_req_trace *t, size_t i)
{
	return i + 1 < t->count && t->steps[i + 1].depth > t->steps[i].depth;
}

/* One level of the way from the root to the present step. */
struct level {
	const struct sgn_clause *clause; /* the group it is shown in */
	bool is_not;
};

static int copy_text(struct sgn_view v, struct sgn_arena *arena, const char **out,
                     struct sgn_error *err)
{
	*out = v.size ? sgn_arena_strndup(arena, (const char *)v.data, v.size) : NULL;
	return v.size && !*out ? sgn_fail_nomem(err) : 0;
}

static int fill(const struct sgn_req_step *step, bool group, struct sgn_arena *arena,
                struct sgn_clause *c, struct sgn_error *err)
{
	int rc = copy_text(step->text, arena, &c->text, err);

	if (rc == 0)
		rc = copy_text(step->found, arena, &c->found, err);
	if (rc == 0)
		rc = copy_text(step->why, arena, &c->why, err);
	c->met = met_of(step->verdict);
	c->group = group ? c->text : NULL;
	return rc;
}

/* A clause decides when the group around it does, and says what the group says; under "!" the
 * opposite is the same thing. */
static bool decides(const struct level *outer, enum sgn_met met)
{
	return !outer || (outer->clause->decisive && (outer->is_not || outer->clause->met == met));
}

/* "a and b and c" is two operators in the bytes, but one group to a reader. */
static bool continues(const struct sgn_req_step *step, const struct level *outer)
{
	return outer && !outer->is_not &&
	       sgn_view_equal(step->text, sgn_view_str(outer->clause->text));
}

static int convert(const struct sgn_req_trace *t, struct level *levels, struct sgn_arena *arena,
                   struct sgn_judged *out, struct sgn_error *err)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct sgn_req_step *step = &t->steps[i];
		struct level *own = &levels[step->depth];
		const struct level *outer = step->depth ? own - 1 : NULL;
		bool group = is_group(t, i);
		struct sgn_clause *c = &out->clauses[out->count];
		int rc;

		/* Its verdict may differ from the whole group's only where it does not matter: the
		 * clauses in it are judged against the whole. */
		if (group && continues(step, outer)) {
			*own = *outer;
			continue;
		}
		rc = fill(step, group, arena, c, err);
		if (rc)
			return rc;
		c->depth = outer ? outer->clause->depth + 1 : 0;
		c->decisive = decides(outer, c->met);
		*own = (struct level){c, group && c->text[0] == '!'};
		out->count++;
	}
	return 0;
}

int sgn_judge_clauses(struct sgn_view requirement, const struct sgn_req_facts *facts,
                      struct sgn_arena *arena, struct sgn_judged *out, struct sgn_error *err)
{
	struct sgn_arena scratch = {0};
	struct sgn_req_trace trace = {.arena = &scratch};
	struct level *levels;
	enum sgn_truth truth;
	int rc = sgn_req_eval(requirement, facts, &truth, &trace, err);

	*out = (struct sgn_judged){0};
	if (rc == 0) {
		out->met = met_of(truth);
		out->clauses = sgn_arena_array(arena, trace.count, sizeof(*out->clauses));
		levels = sgn_arena_array(&scratch, SGN_LIMIT_REQ_DEPTH + 1, sizeof(*levels));
		rc = out->clauses && levels ? convert(&trace, levels, arena, out, err)
		                            : sgn_fail_nomem(err);
	}
	sgn_arena_dispose(&scratch);
	return rc;
}
