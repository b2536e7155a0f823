/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/oid.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_printed(struct sgn_view der, const char *dotted)
{
	struct sgn_buf text;

	sgn_buf_init(&text, 1000);
	sgn_oid_print(&text, der);
	cr_assert_str_eq(sgn_buf_str(&text), dotted);
	sgn_buf_dispose(&text);
}

Test(base_oid, both_spellings_of_every_known_oid_agree)
{
	for (int i = 0; i < SGN_OID_COUNT; i++) {
		const char *dotted = sgn_oid_dotted((enum sgn_known_oid)i);
		struct sgn_view der = sgn_oid_known((enum sgn_known_oid)i);
		struct sgn_oid parsed;

		cr_assert(sgn_oid_parse(dotted, strlen(dotted), &parsed), "%s", dotted);
		cr_assert(sgn_view_equal(sgn_oid_view(&parsed), der), "%s", dotted);
		expect_printed(der, dotted);
	}
}

Test(base_oid, no_oid_is_known_twice)
{
	for (int i = 0; i < SGN_OID_COUNT; i++)
		for (int k = 0; k < i; k++)
			cr_assert_not(sgn_view_equal(sgn_oid_known((enum sgn_known_oid)i),
			                             sgn_oid_known((enum sgn_known_oid)k)),
			              "%s", sgn_oid_dotted((enum sgn_known_oid)i));
}

Test(base_oid, first_arcs_at_their_edges)
{
	static const struct {
		const char *dotted;
		const char *der;
		size_t size;
	} good[] = {
		{"0.0", "\x00", 1},
		{"0.39", "\x27", 1},
		{"1.0", "\x28", 1},
		{"1.39", "\x4f", 1},
		{"2.0", "\x50", 1},
		{"2.40", "\x78", 1},
		{"2.999.3", "\x88\x37\x03", 3},
		{"1.2.18446744073709551615", "\x2a\x81\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11},
	};
	struct sgn_oid oid;

	for (size_t i = 0; i < SGN_ARRAY_LEN(good); i++) {
		cr_assert(sgn_oid_parse(good[i].dotted, strlen(good[i].dotted), &oid));
		cr_assert(
			sgn_view_equal(sgn_oid_view(&oid), sgn_view_of(good[i].der, good[i].size)),
			"%s", good[i].dotted);
		expect_printed(sgn_oid_view(&oid), good[i].dotted);
	}
}

Test(base_oid, texts_that_are_no_oid_are_refused)
{
	static const char *const bad[] = {
		"",
		"1",
		"1.",
		".1",
		"1..2",
		"1.2.",
		"3.1",
		"0.40",
		"1.40",
		"1.2.x",
		" 1.2",
		"1.2 ",
		"1.-2",
		"1.2.18446744073709551616",
		"2.18446744073709551615",
	};
	struct sgn_oid oid;

	for (size_t i = 0; i < SGN_ARRAY_LEN(bad); i++)
		cr_assert_not(sgn_oid_parse(bad[i], strlen(bad[i]), &oid), "\"%s\"", bad[i]);
}

Test(base_oid, too_long_texts_are_refused)
{
	struct sgn_buf dotted;
	struct sgn_oid oid;

	sgn_buf_init(&dotted, 400);
	sgn_wr_str(&dotted, "1.2");
	for (int i = 0; i < SGN_OID_MAX - 1; i++)
		sgn_wr_str(&dotted, ".1");
	cr_assert(sgn_oid_parse(sgn_buf_str(&dotted), dotted.size, &oid));
	cr_assert_eq(oid.size, SGN_OID_MAX);
	sgn_wr_str(&dotted, ".1");
	cr_assert_not(sgn_oid_parse(sgn_buf_str(&dotted), dotted.size, &oid));
	sgn_buf_dispose(&dotted);
}

Test(base_oid, bytes_that_are_no_oid_print_as_a_question_mark)
{
	expect_printed(SGN_VIEW_EMPTY, "?");
	expect_printed(sgn_view_of("\x2a\x86", 2), "?");
	expect_printed(sgn_view_of("\x80\x2a", 2), "?");
	expect_printed(sgn_view_of("\x2a\x80\x01", 3), "?");
	/* One bit more than 64: must not print as a smaller arc. */
	expect_printed(sgn_view_of("\x2a\x82\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11), "?");
	expect_printed(sgn_view_of("\x2a\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11),
	               "1.2.9223372036854775808");
}
