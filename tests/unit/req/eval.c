/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tests/unit/req/helpers.h"

static const struct sgn_req_facts facts = {.notarized = SGN_UNDECIDED};

/* t true, f false, u undecided */
static const char *word(char c)
{
	return c == 't' ? "true" : c == 'f' ? "false" : "notarized";
}

static char judge(const char *source)
{
	struct sgn_error err = SGN_ERROR_INIT;
	enum sgn_truth truth;
	struct sgn_buf blob;

	compile_ok(source, &blob);
	cr_assert_eq(sgn_req_eval(sgn_buf_view(&blob), &facts, &truth, NULL, &err), 0, "%s",
	             err.text);
	sgn_buf_dispose(&blob);
	return truth == SGN_TRUE ? 't' : truth == SGN_FALSE ? 'f' : 'u';
}

Test(req_eval, three_values_are_joined)
{
	static const char *const cases[] = {
		/* left, right, and, or */
		"ttt t", "tff t", "tuu t", "ftf t", "fff f", "fuf u", "utu t", "uff u", "uuu u",
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(cases); i++) {
		const char *c = cases[i];
		char source[64];

		snprintf(source, sizeof(source), "%s and %s", word(c[0]), word(c[1]));
		cr_expect_eq(judge(source), c[2], "%s", source);
		snprintf(source, sizeof(source), "%s or %s", word(c[0]), word(c[1]));
		cr_expect_eq(judge(source), c[4], "%s", source);
	}
	cr_expect_eq(judge("! true"), 'f');
	cr_expect_eq(judge("! false"), 't');
	cr_expect_eq(judge("! notarized"), 'u');
}

static int eval_hex(const char *expr, enum sgn_truth *truth, struct sgn_error *err)
{
	uint8_t bytes[256];

	return sgn_req_eval(blob_of(expr, bytes), &facts, truth, NULL, err);
}

Test(req_eval, unknown_opcodes_follow_their_flags)
{
	struct sgn_error err = SGN_ERROR_INIT;
	enum sgn_truth truth;

	cr_assert_eq(eval_hex("800000630000000101000000", &truth, &err), 0);
	cr_expect_eq(truth, SGN_FALSE);
	cr_assert_eq(eval_hex("40000063000000010100000000000001", &truth, &err), 0);
	cr_expect_eq(truth, SGN_TRUE, "skipped, and the next operation taken");
	cr_assert_eq(eval_hex("80000001", &truth, &err), 0);
	cr_expect_eq(truth, SGN_TRUE, "flags of a known opcode do not matter");
	cr_assert_eq(eval_hex("00000063", &truth, &err), SGN_E_UNSUPPORTED);
	cr_expect_eq(err.osstatus, errSecCSUnimplemented);
	cr_expect(strstr(err.text, "unknown opcode 99"));
}

Test(req_eval, both_sides_are_always_read)
{
	struct sgn_error err = SGN_ERROR_INIT;
	enum sgn_truth truth;

	cr_expect_eq(eval_hex("000000060000000000000063", &truth, &err), SGN_E_UNSUPPORTED,
	             "false and <unknown>");
	cr_expect_eq(eval_hex("0000000700000001", &truth, &err), SGN_E_FORMAT, "true or nothing");
	cr_expect_eq(err.osstatus, errSecCSReqInvalid);
}

Test(req_eval, hashes_of_a_wrong_length_are_damage)
{
	struct sgn_error err = SGN_ERROR_INIT;
	enum sgn_truth truth;

	cr_assert_eq(eval_hex("0000000800000002abcd0000", &truth, &err), SGN_E_FORMAT);
	cr_expect_str_eq(err.text, "requirement: a hash of 2 bytes, not 20");
	cr_expect_eq(err.osstatus, errSecCSReqInvalid);
	cr_expect_eq(eval_hex("000000040000000000000000", &truth, &err), SGN_E_FORMAT,
	             "even when there is no certificate");
}

Test(req_eval, only_expressions_are_evaluated)
{
	uint8_t lightweight[16] = {0xfa, 0xde, 0x0c, 0, 0, 0, 0, 16, 0, 0, 0, 2};
	struct sgn_error err = SGN_ERROR_INIT;
	enum sgn_truth truth;

	cr_assert_eq(sgn_req_eval(sgn_view_of(lightweight, 16), &facts, &truth, NULL, &err),
	             SGN_E_UNSUPPORTED);
	cr_expect_eq(err.osstatus, errSecCSReqUnsupported);
	lightweight[11] = 9;
	cr_assert_eq(sgn_req_eval(sgn_view_of(lightweight, 16), &facts, &truth, NULL, &err),
	             SGN_E_UNSUPPORTED);
	cr_expect_eq(err.osstatus, errSecCSReqUnsupported);
}

/* count operations of the same opcode, then "true" */
static uint8_t *nested(uint8_t opcode, size_t count, size_t *size)
{
	uint8_t *blob;

	*size = 12 + 4 * (count + 1);
	blob = calloc(1, *size);
	memcpy(blob, "\xfa\xde\x0c", 3);
	for (unsigned i = 0; i < 4; i++)
		blob[4 + i] = (uint8_t)(*size >> (24 - 8 * i));
	blob[11] = 1;
	for (size_t i = 0; i < count; i++)
		blob[12 + 4 * i + 3] = opcode;
	blob[*size - 1] = 1;
	return blob;
}

Test(req_eval, depth_bombs_end_at_the_limit)
{
	static const uint8_t opcodes[] = {9, 6, 7};
	enum sgn_truth truth;
	size_t size;

	for (size_t i = 0; i < sizeof(opcodes); i++) {
		uint8_t *blob = nested(opcodes[i], 200000, &size);
		struct sgn_error err = SGN_ERROR_INIT;
		struct sgn_buf out;

		sgn_buf_init(&out, 1 << 20);
		cr_expect_eq(sgn_req_eval(sgn_view_of(blob, size), &facts, &truth, NULL, &err),
		             SGN_E_FORMAT);
		cr_expect(strstr(err.text, "nested deeper than 1000 levels"), "%s", err.text);
		cr_expect_eq(err.osstatus, errSecCSReqInvalid);
		cr_expect_eq(sgn_req_decompile(sgn_view_of(blob, size), &out, &err), SGN_E_FORMAT);
		cr_expect(strstr(err.text, "nested deeper"), "%s", err.text);
		sgn_buf_dispose(&out);
		free(blob);
	}
}

Test(req_eval, the_deepest_allowed_expression_is_judged_and_printed)
{
	size_t size;
	uint8_t *blob = nested(9, SGN_LIMIT_REQ_DEPTH - 1, &size);
	enum sgn_truth truth;
	struct sgn_buf out;

	sgn_buf_init(&out, 1 << 20);
	cr_assert_eq(sgn_req_eval(sgn_view_of(blob, size), &facts, &truth, NULL, NULL), 0);
	cr_expect_eq(truth, SGN_FALSE, "an odd number of negations");
	cr_assert_eq(sgn_req_decompile(sgn_view_of(blob, size), &out, NULL), 0);
	cr_expect_eq(out.size, 2 * (SGN_LIMIT_REQ_DEPTH - 1) + 6);
	sgn_buf_dispose(&out);
	free(blob);
}

static bool step_is(const struct sgn_req_step *s, unsigned depth, enum sgn_truth verdict,
                    const char *text, const char *found)
{
	return s->depth == depth && s->verdict == verdict &&
	       sgn_view_equal(s->text, sgn_view_str(text)) &&
	       sgn_view_equal(s->found, sgn_view_str(found));
}

Test(req_eval, the_trace_tells_each_clause_in_reading_order)
{
	struct sgn_req_facts some = facts;
	struct sgn_arena arena = {0};
	struct sgn_req_trace trace = {.arena = &arena};
	enum sgn_truth truth;
	struct sgn_buf blob;

	some.identifier = sgn_view_str("com.example.app");
	compile_ok("identifier foo or ! (info[k] absent and notarized)", &blob);
	cr_assert_eq(sgn_req_eval(sgn_buf_view(&blob), &some, &truth, &trace, NULL), 0);
	sgn_buf_dispose(&blob); /* nothing of the trace points into it */
	cr_expect_eq(truth, SGN_UNDECIDED);
	cr_assert_eq(trace.count, 6);
	cr_expect(step_is(&trace.steps[0], 0, SGN_UNDECIDED, "or", ""));
	cr_expect(step_is(&trace.steps[1], 1, SGN_FALSE, "identifier foo", "com.example.app"));
	cr_expect(step_is(&trace.steps[2], 1, SGN_UNDECIDED, "!", ""));
	cr_expect(step_is(&trace.steps[3], 2, SGN_UNDECIDED, "and", ""));
	cr_expect(step_is(&trace.steps[4], 3, SGN_TRUE, "info[k] absent ", "not present"));
	cr_expect(step_is(&trace.steps[5], 3, SGN_UNDECIDED, "notarized", ""));
	cr_expect_gt(trace.steps[5].why.size, 0);
	cr_expect_eq(trace.steps[0].why.size, 0);
	sgn_arena_dispose(&arena);
}

Test(req_eval, a_trace_of_many_clauses_keeps_all)
{
	char text[4096] = "true";
	struct sgn_arena arena = {0};
	struct sgn_req_trace trace = {.arena = &arena};
	enum sgn_truth truth;
	struct sgn_buf blob;

	for (unsigned i = 0; i < 100; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " or identifier x%u", i);
	compile_ok(text, &blob);
	cr_assert_eq(sgn_req_eval(sgn_buf_view(&blob), &facts, &truth, &trace, NULL), 0);
	cr_assert_eq(trace.count, 201);
	cr_expect(step_is(&trace.steps[200], 1, SGN_FALSE, "identifier x99", ""));
	cr_expect(step_is(&trace.steps[100], 100, SGN_TRUE, "always", ""));
	sgn_buf_dispose(&blob);
	sgn_arena_dispose(&arena);
}
