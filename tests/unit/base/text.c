/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/text.h"

#include <criterion/criterion.h>
#include <string.h>

Test(base_text, character_classes_are_ascii)
{
	int digits = 0, letters = 0, both = 0, printable = 0;

	for (int c = 0; c < 256; c++) {
		digits += sgn_is_digit((uint8_t)c);
		letters += sgn_is_alpha((uint8_t)c);
		both += sgn_is_alnum((uint8_t)c);
		printable += sgn_is_print((uint8_t)c);
	}
	cr_assert_eq(digits, 10);
	cr_assert_eq(letters, 52);
	cr_assert_eq(both, 62);
	cr_assert_eq(printable, 95);
}

Test(base_text, well_formed_utf8)
{
	static const char *const good[] = {
		"",
		"abc",
		"\x7f",
		"\xc2\x80",
		"\xdf\xbf",
		"\xe0\xa0\x80",
		"\xed\x9f\xbf",
		"\xee\x80\x80",
		"\xef\xbf\xbf",
		"\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf",
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(good); i++)
		cr_assert(sgn_utf8_valid(sgn_view_str(good[i])), "%zu", i);
}

Test(base_text, malformed_utf8)
{
	static const char *const bad[] = {
		"\x80",
		"\xbf",
		"\xc0\x80",
		"\xc1\xbf",
		"\xc2",
		"\xc2\x41",
		"\xe0\x9f\xbf",
		"\xe1\x80",
		"\xe1\x80\x41",
		"\xed\xa0\x80",
		"\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xff",
		"ok\xfe",
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(bad); i++)
		cr_assert_not(sgn_utf8_valid(sgn_view_str(bad[i])), "%zu", i);
	cr_assert_not(sgn_utf8_valid(sgn_view_of("a\0b", 3)), "NUL is not text");
}

Test(base_text, hexadecimal_both_ways)
{
	uint8_t bytes[3];
	char text[7];

	cr_assert(sgn_hex_decode(sgn_view_str("00fFA5"), bytes, 3));
	sgn_hex_encode(bytes, 3, text);
	cr_assert_str_eq(text, "00ffa5");
	cr_assert(sgn_hex_decode(SGN_VIEW_EMPTY, bytes, 0));
	sgn_hex_encode(bytes, 0, text);
	cr_assert_str_eq(text, "");
}

Test(base_text, hexadecimal_must_fit_exactly)
{
	uint8_t bytes[3];

	cr_assert_not(sgn_hex_decode(sgn_view_str("00ff"), bytes, 3));
	cr_assert_not(sgn_hex_decode(sgn_view_str("00ffa5b"), bytes, 3));
	cr_assert_not(sgn_hex_decode(sgn_view_str("00ffa5b6"), bytes, 3));
	cr_assert_not(sgn_hex_decode(sgn_view_str("00fg00"), bytes, 3));
	cr_assert_not(sgn_hex_decode(sgn_view_str("0 ff00"), bytes, 3));
}

Test(base_text, numbers)
{
	uint64_t n;

	cr_assert(sgn_parse_u64("0", &n));
	cr_assert_eq(n, 0);
	cr_assert(sgn_parse_u64("18446744073709551615", &n));
	cr_assert_eq(n, UINT64_MAX);
	cr_assert(sgn_parse_u64("0XfF", &n));
	cr_assert_eq(n, 255);
	cr_assert(sgn_parse_u64("0xffffffffffffffff", &n));
	cr_assert_eq(n, UINT64_MAX);
	cr_assert(sgn_parse_u64("010", &n));
	cr_assert_eq(n, 10, "no octal");
}

Test(base_text, texts_that_are_no_numbers_leave_the_result_alone)
{
	static const char *const bad[] = {
		"",
		"-1",
		"+1",
		" 1",
		"1 ",
		"1a",
		"0x",
		"0xg",
		"x",
		"18446744073709551616",
		"0x10000000000000000",
		"1.5",
	};
	uint64_t n = 77;

	for (size_t i = 0; i < SGN_ARRAY_LEN(bad); i++)
		cr_assert_not(sgn_parse_u64(bad[i], &n), "\"%s\"", bad[i]);
	cr_assert_eq(n, 77);
}

Test(base_text, the_last_component_of_a_path)
{
	cr_assert_str_eq(sgn_path_base("/a/b.c"), "b.c");
	cr_assert_str_eq(sgn_path_base("b"), "b");
	cr_assert_str_eq(sgn_path_base("/"), "");
	cr_assert_str_eq(sgn_path_base(""), "");
}
