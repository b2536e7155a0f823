/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes and facts to a verdict of three values. Both sides of "and" and "or" are always judged, as
 * Apple's interpreter does, so that a damaged right side is never hidden by the left one.
 * docs/format/requirements.md, "Meaning" */
#include <string.h>

#include "signer/base/limits.h"
#include "signer/req/facts.h"
#include "signer/req/opreader.h"

#define NO_STEP SIZE_MAX

struct judge {
	struct sgn_reader rd;
	const struct sgn_req_facts *facts;
	struct sgn_req_trace *trace; /* or NULL */
	size_t capacity;             /* of the steps */
};

static enum sgn_truth both(enum sgn_truth a, enum sgn_truth b)
{
	if (a == SGN_FALSE || b == SGN_FALSE)
		return SGN_FALSE;
	return a == SGN_TRUE && b == SGN_TRUE ? SGN_TRUE : SGN_UNDECIDED;
}

static enum sgn_truth invert(enum sgn_truth a)
{
	if (a == SGN_UNDECIDED)
		return a;
	return a == SGN_TRUE ? SGN_FALSE : SGN_TRUE;
}

static enum sgn_truth either(enum sgn_truth a, enum sgn_truth b)
{
	return invert(both(invert(a), invert(b)));
}

/* --- trace ------------------------------------------------------------------------------------ */

/* A step in front of those of its operands; the verdict is filled in when it is known. */
static int step_begin(struct judge *j, unsigned depth, size_t *index, struct sgn_error *err)
{
	struct sgn_req_trace *t = j->trace;
	struct sgn_req_step *grown;

	*index = NO_STEP;
	if (!t)
		return 0;
	if (t->count == j->capacity) {
		size_t capacity = j->capacity ? 2 * j->capacity : 16;

		grown = sgn_arena_array(t->arena, capacity, sizeof(*grown));
		if (!grown)
			return sgn_fail_nomem(err);
		if (t->count)
			memcpy(grown, t->steps, t->count * sizeof(*grown));
		t->steps = grown;
		j->capacity = capacity;
	}
	*index = t->count++;
	t->steps[*index] = (struct sgn_req_step){.depth = depth - 1};
	return 0;
}

static void step_end(struct judge *j, size_t index, enum sgn_truth verdict, const char *text)
{
	if (index == NO_STEP)
		return;
	j->trace->steps[index].verdict = verdict;
	if (text)
		j->trace->steps[index].text = sgn_view_str(text);
}

static int step_copy(struct judge *j, struct sgn_buf *from, struct sgn_view *to,
                     struct sgn_error *err)
{
	int rc = sgn_buf_finish(from, err, "requirement");

	if (rc == 0 && !sgn_arena_copy(j->trace->arena, sgn_buf_view(from), to))
		rc = sgn_fail_nomem(err);
	return rc;
}

/* --- judging ---------------------------------------------------------------------------------- */

/* A clause whose texts somebody wants to see. */
static int judge_traced(struct judge *j, const struct sgn_req_op *op, size_t step,
                        struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	struct sgn_req_step *s = &j->trace->steps[step];
	struct sgn_buf text, found;
	int rc;

	sgn_buf_init(&text, 4 * (size_t)SGN_LIMIT_REQUIREMENTS);
	sgn_buf_init(&found, SGN_LIMIT_REQUIREMENTS);
	verdict->found = &found;
	rc = sgn_req_judge_clause(op, j->facts, verdict, err);
	if (rc < 0)
		goto out;
	sgn_req_clause_print(&text, op);
	rc = step_copy(j, &text, &s->text, err);
	if (rc == 0)
		rc = step_copy(j, &found, &s->found, err);
	if (verdict->why)
		s->why = sgn_view_str(verdict->why);
	step_end(j, step, verdict->truth, NULL);
out:
	sgn_buf_dispose(&found);
	sgn_buf_dispose(&text);
	return rc;
}

static int judge_expr(struct judge *j, unsigned depth, enum sgn_truth *truth,
                      struct sgn_error *err);

static int judge_pair(struct judge *j, bool is_and, unsigned depth, size_t step,
                      enum sgn_truth *truth, struct sgn_error *err)
{
	enum sgn_truth left, right;
	int rc = judge_expr(j, depth + 1, &left, err);

	if (rc == 0)
		rc = judge_expr(j, depth + 1, &right, err);
	if (rc < 0)
		return rc;
	*truth = is_and ? both(left, right) : either(left, right);
	step_end(j, step, *truth, is_and ? "and" : "or");
	return 0;
}

static int judge_not(struct judge *j, unsigned depth, size_t step, enum sgn_truth *truth,
                     struct sgn_error *err)
{
	enum sgn_truth inner;
	int rc = judge_expr(j, depth + 1, &inner, err);

	if (rc < 0)
		return rc;
	*truth = invert(inner);
	step_end(j, step, *truth, "!");
	return 0;
}

static int unknown(const struct sgn_req_op *op, const struct sgn_reader *rd, struct sgn_error *err)
{
	int rc = sgn_fail(
		err, SGN_E_UNSUPPORTED,
		"requirement: unknown opcode %lu before byte %zu, which may not be skipped",
		(unsigned long)op->raw, rd->pos);

	return sgn_error_osstatus(err, rc, errSecCSUnimplemented);
}

static int judge_known(struct judge *j, const struct sgn_req_op *op, unsigned depth, size_t step,
                       enum sgn_truth *truth, struct sgn_error *err)
{
	struct sgn_req_verdict verdict = {.truth = SGN_FALSE};
	int rc;

	switch (op->code) {
	case SGN_REQ_OP_AND:
	case SGN_REQ_OP_OR:
		return judge_pair(j, op->code == SGN_REQ_OP_AND, depth, step, truth, err);
	case SGN_REQ_OP_NOT: return judge_not(j, depth, step, truth, err);
	default: break;
	}
	if (step == NO_STEP)
		rc = sgn_req_judge_clause(op, j->facts, &verdict, err);
	else
		rc = judge_traced(j, op, step, &verdict, err);
	*truth = verdict.truth;
	return rc;
}

static int judge_expr(struct judge *j, unsigned depth, enum sgn_truth *truth, struct sgn_error *err)
{
	struct sgn_req_op op;
	size_t step;
	int rc;

	if (depth > SGN_LIMIT_REQ_DEPTH)
		return sgn_opreader_too_deep(err);
	do
		rc = sgn_opreader_next(&j->rd, &op, err);
	while (rc == 0 && sgn_req_op_skippable(&op));
	if (rc == 0)
		rc = step_begin(j, depth, &step, err);
	if (rc < 0)
		return rc;
	if (op.text)
		return judge_known(j, &op, depth, step, truth, err);
	if (!sgn_req_op_false(&op))
		return unknown(&op, &j->rd, err);
	*truth = SGN_FALSE;
	step_end(j, step, *truth, "never (an unknown opcode that counts as false)");
	return 0;
}

int sgn_req_eval(struct sgn_view blob, const struct sgn_req_facts *facts, enum sgn_truth *verdict,
                 struct sgn_req_trace *trace, struct sgn_error *err)
{
	struct judge j = {.facts = facts, .trace = trace};
	uint32_t form;
	int rc = sgn_opreader_open(blob, &j.rd, &form, err);

	if (rc < 0)
		return rc;
	if (trace) {
		trace->steps = NULL;
		trace->count = 0;
	}
	if (form != SGN_REQ_FORM_EXPRESSION) {
		rc = sgn_fail(err, SGN_E_UNSUPPORTED,
		              form == SGN_REQ_FORM_LIGHTWEIGHT
		                      ? "requirement: kind 2, a lightweight one, is not evaluated"
		                      : "requirement: its kind is neither 1 nor 2");
		return sgn_error_osstatus(err, rc, errSecCSReqUnsupported);
	}
	rc = judge_expr(&j, 1, verdict, err);
	return rc < 0 ? rc : sgn_opreader_end(&j.rd, err);
}
