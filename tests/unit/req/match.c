/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/req/match.h"

#include "tests/unit/req/helpers.h"

static struct sgn_value string(const char *text)
{
	return (struct sgn_value){.kind = SGN_VALUE_STRING, .u.bytes = sgn_view_str(text)};
}

static struct sgn_value boolean(bool yes)
{
	return (struct sgn_value){.kind = SGN_VALUE_BOOL, .u.boolean = yes};
}

static bool matches(enum sgn_req_match_code code, const char *wanted, const struct sgn_value *v)
{
	struct sgn_req_match m = {.code = code, .string = sgn_view_str(wanted)};

	return sgn_req_matches(&m, v);
}

static bool text_matches(enum sgn_req_match_code code, const char *wanted, const char *seen)
{
	struct sgn_value v = string(seen);

	return matches(code, wanted, &v);
}

Test(req_match, what_is_not_there_is_only_absent)
{
	for (unsigned code = 0; code <= SGN_REQ_MATCH_COUNT + 3; code++) {
		struct sgn_req_match m = {.code = code};

		cr_expect_eq(sgn_req_matches(&m, NULL), code == SGN_REQ_MATCH_ABSENT, "match %u",
		             code);
	}
}

Test(req_match, everything_but_false_exists)
{
	struct sgn_value yes = boolean(true), no = boolean(false), empty = string("");
	struct sgn_value number = {.kind = SGN_VALUE_INT}, dict = {.kind = SGN_VALUE_DICT};
	struct sgn_value array = {.kind = SGN_VALUE_ARRAY};

	cr_expect(matches(SGN_REQ_MATCH_EXISTS, "", &yes));
	cr_expect_not(matches(SGN_REQ_MATCH_EXISTS, "", &no));
	cr_expect(matches(SGN_REQ_MATCH_EXISTS, "", &empty));
	cr_expect(matches(SGN_REQ_MATCH_EXISTS, "", &number));
	cr_expect(matches(SGN_REQ_MATCH_EXISTS, "", &dict));
	cr_expect(matches(SGN_REQ_MATCH_EXISTS, "", &array), "even when it is empty");
	cr_expect_not(matches(SGN_REQ_MATCH_ABSENT, "", &no), "false is there");
}

Test(req_match, equality_is_exact_in_kind_and_case)
{
	struct sgn_value yes = boolean(true);
	struct sgn_value number = {.kind = SGN_VALUE_INT, .u.integer = 17};
	struct sgn_value data = {.kind = SGN_VALUE_DATA, .u.bytes = sgn_view_str("x")};

	cr_expect(text_matches(SGN_REQ_MATCH_EQUAL, "x", "x"));
	cr_expect_not(text_matches(SGN_REQ_MATCH_EQUAL, "x", "X"));
	cr_expect_not(matches(SGN_REQ_MATCH_EQUAL, "true", &yes));
	cr_expect_not(matches(SGN_REQ_MATCH_EQUAL, "17", &number));
	cr_expect_not(matches(SGN_REQ_MATCH_EQUAL, "x", &data));
	cr_expect(text_matches(SGN_REQ_MATCH_EQUAL, "", ""));
}

Test(req_match, parts_of_strings)
{
	cr_expect(text_matches(SGN_REQ_MATCH_CONTAINS, "bc", "abcd"));
	cr_expect_not(text_matches(SGN_REQ_MATCH_CONTAINS, "BC", "abcd"));
	cr_expect(text_matches(SGN_REQ_MATCH_BEGINS, "ab", "abcd"));
	cr_expect_not(text_matches(SGN_REQ_MATCH_BEGINS, "bc", "abcd"));
	cr_expect(text_matches(SGN_REQ_MATCH_ENDS, "cd", "abcd"));
	cr_expect_not(text_matches(SGN_REQ_MATCH_ENDS, "bc", "abcd"));
	cr_expect_not(text_matches(SGN_REQ_MATCH_BEGINS, "abcde", "abcd"));
}

Test(req_match, order_counts_runs_of_digits_as_numbers)
{
	static const struct {
		const char *a, *b;
		int order;
	} pairs[] = {
		{"10", "9", 1},
		{"1.10", "1.9", 1},
		{"1.2", "1.2.1", -1},
		{"007", "7", 0},
		{"a9", "a10", -1},
		{"a", "b", -1},
		{"", "", 0},
		{"", "0", -1},
		{"1.0", "1", 1},
		{"10.15.7", "10.9", 1},
		{"2a", "2b", -1},
		{"2", "a", -1},
		{"00", "0", 0},
		{"1a", "1", 1},
		{"x1y2", "x1y10", -1},
		{"99999999999999999999999999999", "100000000000000000000000000000", -1},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(pairs); i++) {
		struct sgn_view a = sgn_view_str(pairs[i].a), b = sgn_view_str(pairs[i].b);

		cr_expect_eq(sgn_req_compare_numeric(a, b), pairs[i].order, "%s %s", pairs[i].a,
		             pairs[i].b);
		cr_expect_eq(sgn_req_compare_numeric(b, a), -pairs[i].order, "%s %s", pairs[i].b,
		             pairs[i].a);
	}
}

Test(req_match, order_is_for_strings_only)
{
	struct sgn_value number = {.kind = SGN_VALUE_INT, .u.integer = 17};

	cr_expect(text_matches(SGN_REQ_MATCH_GREATER_EQUAL, "17", "17"));
	cr_expect(text_matches(SGN_REQ_MATCH_LESS_EQUAL, "17", "9"));
	cr_expect(text_matches(SGN_REQ_MATCH_GREATER, "9", "17"));
	cr_expect_not(text_matches(SGN_REQ_MATCH_LESS, "9", "17"));
	cr_expect_not(matches(SGN_REQ_MATCH_GREATER_EQUAL, "1", &number));
}

Test(req_match, one_element_of_an_array_is_enough)
{
	struct sgn_value items[] = {string("a"), boolean(false), string("b")}, nested[1];
	struct sgn_value array = {.kind = SGN_VALUE_ARRAY, .u.array = {items, 3}};
	struct sgn_value outer = {.kind = SGN_VALUE_ARRAY, .u.array = {nested, 1}};

	nested[0] = array;
	cr_expect(matches(SGN_REQ_MATCH_EQUAL, "b", &array));
	cr_expect(matches(SGN_REQ_MATCH_EQUAL, "b", &outer));
	cr_expect_not(matches(SGN_REQ_MATCH_EQUAL, "c", &array));
	cr_expect_not(matches(SGN_REQ_MATCH_ABSENT, "", &array));
}

Test(req_match, dates_compare_instants)
{
	struct sgn_value date = {.kind = SGN_VALUE_DATE, .u.date = 100.0}, text = string("100");
	static const bool want[3][5] = {
		/* on, before, after, on or before, on or after */
		{true, false, false, true, true},  /* 100 against 100 */
		{false, true, false, true, false}, /* against 101 */
		{false, false, true, false, true}, /* against 99 */
	};
	static const int64_t times[3] = {100, 101, 99};

	for (unsigned t = 0; t < 3; t++)
		for (unsigned i = 0; i < 5; i++) {
			struct sgn_req_match m = {.code = SGN_REQ_MATCH_ON + i, .time = times[t]};

			cr_expect_eq(sgn_req_matches(&m, &date), want[t][i], "%u %u", t, i);
			cr_expect_not(sgn_req_matches(&m, &text), "a string is no date");
		}
	cr_expect_not(matches(SGN_REQ_MATCH_EQUAL, "100", &date));
}

Test(req_match, an_unknown_match_never_holds)
{
	struct sgn_value v = string("v");
	struct sgn_req_match m = {.code = 15, .string = sgn_view_str("v")};

	cr_expect_not(sgn_req_matches(&m, &v));
}
