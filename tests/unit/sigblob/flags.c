/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "signer/sigblob/codedir.h"

static uint32_t parsed(const char *text)
{
	struct sgn_error err = SGN_ERROR_INIT;
	uint32_t flags = 0xdead;

	cr_assert_eq(sgn_cs_flags_parse(text, &flags, &err), 0, "%s: %s", text, err.text);
	return flags;
}

static void refused(const char *text, const char *why)
{
	struct sgn_error err = SGN_ERROR_INIT;
	uint32_t flags = 0xdead;

	cr_assert_eq(sgn_cs_flags_parse(text, &flags, &err), SGN_E_USAGE, "%s", text);
	cr_assert_eq(err.osstatus, -67070);
	cr_assert(strstr(err.text, why), "%s: %s", text, err.text);
	cr_assert(strstr(err.cure, "library-validation"));
	cr_assert_eq(flags, 0xdead, "nothing is changed on failure");
	sgn_error_dispose(&err);
}

static void prints_as(uint32_t flags, const char *expected)
{
	struct sgn_buf out;

	sgn_buf_init(&out, 1000);
	sgn_cs_flags_print(flags, &out);
	cr_assert_str_eq(sgn_buf_str(&out), expected);
	sgn_buf_dispose(&out);
}

Test(sigblob_flags, names_become_bits)
{
	cr_assert_eq(parsed("host"), 0x1);
	cr_assert_eq(parsed("hard"), 0x100);
	cr_assert_eq(parsed("kill"), 0x200);
	cr_assert_eq(parsed("expires"), 0x400);
	cr_assert_eq(parsed("restrict"), 0x800);
	cr_assert_eq(parsed("enforcement"), 0x1000);
	cr_assert_eq(parsed("library-validation"), 0x2000);
	cr_assert_eq(parsed("runtime"), 0x10000);
	cr_assert_eq(parsed("linker-signed"), 0x20000);
	cr_assert_eq(parsed("runtime,hard,kill"), 0x10300);
	cr_assert_eq(parsed("hard,hard"), 0x100, "saying it twice changes nothing");
}

Test(sigblob_flags, a_number_is_taken_as_it_is)
{
	cr_assert_eq(parsed("0"), 0);
	cr_assert_eq(parsed("65536"), 0x10000);
	cr_assert_eq(parsed("0x10002"), 0x10002);
	cr_assert_eq(parsed("0xffffffff"), 0xffffffffu);
}

Test(sigblob_flags, what_is_no_flag_is_refused_by_name)
{
	refused("", "\"\" is not known");
	refused("runtime,", "\"\" is not known");
	refused(",runtime", "\"\" is not known");
	refused("runtime,hrad", "\"hrad\" is not known");
	refused("run", "\"run\" is not known");
	refused("Runtime", "\"Runtime\" is not known");
	refused("runtime, hard", "\" hard\" is not known");
	refused("none", "\"none\" is not known");
	refused("adhoc", "cannot be asked for");
}

Test(sigblob_flags, what_is_no_number_of_32_bits_is_refused)
{
	refused("0x100000000", "no number of 32 bits");
	refused("99999999999999999999999", "no number of 32 bits");
	refused("0x", "no number of 32 bits");
	refused("12kill", "no number of 32 bits");
	refused("0x100,hard", "no number of 32 bits");
}

Test(sigblob_flags, a_very_long_word_is_shown_cut)
{
	static char text[100000];
	struct sgn_error err = SGN_ERROR_INIT;
	uint32_t flags;

	memset(text, 'x', sizeof(text) - 1);
	cr_assert_eq(sgn_cs_flags_parse(text, &flags, &err), SGN_E_USAGE);
	cr_assert_lt(strlen(err.text), 100);
	cr_assert(strstr(err.text, "is not known"));
	sgn_error_dispose(&err);
}

Test(sigblob_flags, printing_joins_names_in_table_order)
{
	prints_as(0, "none");
	prints_as(0x10000, "runtime");
	prints_as(0x20002, "adhoc,linker-signed");
	prints_as(0x10302, "adhoc,hard,kill,runtime");
}

Test(sigblob_flags, unknown_bits_are_not_lost_in_print)
{
	prints_as(0x4, "0x4");
	prints_as(0x80010002u, "adhoc,runtime,0x80000000");
}

Test(sigblob_flags, each_settable_name_survives_the_round_trip)
{
	for (unsigned bit = 0; bit < 32; bit++) {
		struct sgn_buf out;

		sgn_buf_init(&out, 100);
		sgn_cs_flags_print((uint32_t)1 << bit, &out);
		if (bit != 1)
			cr_assert_eq(parsed(sgn_buf_str(&out)), (uint32_t)1 << bit);
		sgn_buf_dispose(&out);
	}
}
