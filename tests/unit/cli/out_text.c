/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/cli/capture.h"

Test(cli_out_text, control_characters_are_shown_and_utf8_is_kept)
{
	struct capture c;

	capture_start(&c, false);
	out_line(&c.out, "%s", "a\033[31mb\nAuthority=Apple\r\x7f\xc2\x9b|\tm\xc3\xbcller");
	capture_expect(&c, "a\\x1b[31mb\\x0aAuthority=Apple\\x0d\\x7f\\x9b|\tm\xc3\xbcller\n");
}

Test(cli_out_text, a_cut_sequence_at_the_end_is_harmless)
{
	struct capture c;

	capture_start(&c, false);
	out_line(&c.out, "%s", "a\xc2");
	capture_expect(&c, "a\xc2\n");
}

Test(cli_out_text, colours_surround_the_line_only_where_wanted)
{
	struct capture c;

	capture_start(&c, true);
	out_paint(&c.out, PAINT_BAD, "no");
	capture_expect(&c, "\033[31mno\033[0m\n");
	capture_start(&c, false);
	out_paint(&c.out, PAINT_BAD, "no");
	capture_expect(&c, "no\n");
}

Test(cli_out_text, values_of_fields_stand_in_one_column)
{
	struct capture c;

	capture_start(&c, false);
	out_field(&c.out, 2, "team", "%s", "ABC");
	out_field(&c.out, 2, "a very long label", "%d", 1);
	capture_expect(&c, "  team           ABC\n  a very long label 1\n");
}

Test(cli_out_text, blocks_are_indented_line_by_line)
{
	struct capture c;

	capture_start(&c, false);
	out_block(&c.out, 2, "a\nb\033\n");
	capture_expect(&c, "  a\n  b\\x1b\n");
}

Test(cli_out_text, words_are_wrapped_and_long_ones_stand_alone)
{
	struct capture c;

	capture_start(&c, false);
	out_wrapped(&c.out, 4, 12, "one two three abcdefghijklmnop x");
	capture_expect(&c, "one two\n    three\n    abcdefghijklmnop\n    x\n");
}

Test(cli_out_text, times_versions_and_bytes_have_one_form)
{
	char time[TIME_TEXT], version[VERSION_TEXT];
	char *hex = text_hex("\x00\xff\x10", 3);

	cr_assert_str_eq(text_time(1700000000, time), "2023-11-14T22:13:20Z");
	cr_assert_str_eq(text_time(-1, time), "1969-12-31T23:59:59Z");
	cr_assert_str_eq(text_time(INT64_MAX, time), "9223372036854775807");
	cr_assert_str_eq(text_version(0x000e0000, 2, version), "14.0");
	cr_assert_str_eq(text_version(0x000e0000, 3, version), "14.0.0");
	cr_assert_str_eq(text_version(0x000e0502, 2, version), "14.5.2");
	cr_assert_str_eq(hex, "00ff10");
	free(hex);
}
