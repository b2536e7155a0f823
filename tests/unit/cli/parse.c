/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "signer/cli/cmd.h"

static int time_of(const char *text, int64_t *out)
{
	struct sgn_error err = SGN_ERROR_INIT;
	int rc = parse_time("--signing-time", text, out, &err);

	sgn_error_dispose(&err);
	return rc;
}

Test(cli_parse, times_are_iso_or_seconds)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {
		{"0", 0},
		{"-1", -1},
		{"1700000000", 1700000000},
		{"1970-01-01", 0},
		{"1970-01-01T00:00:00Z", 0},
		{"2000-02-29T12:00:00Z", 951825600},
		{"2026-01-31 12:00:00", 1769860800},
		{"2026-01-31T12:00:00+02:00", 1769853600},
		{"2026-01-31T12:00:00-02:30", 1769869800},
		{"1969-12-31T23:59:59Z", -1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t t = 99;

		cr_assert_eq(time_of(cases[i].text, &t), 0, "%s", cases[i].text);
		cr_assert_eq(t, cases[i].seconds, "%s: %lld", cases[i].text, (long long)t);
	}
}

Test(cli_parse, what_is_no_time_is_refused)
{
	static const char *const cases[] = {
		"",
		"tomorrow",
		"2026-13-01",
		"2026-02-29",
		"2026-1-1",
		"2026-01-00",
		"2026-01-31T12",
		"1e9",
		"2026-01-31T25:00:00",
		" 5",
		"5x",
		"2026-01-31 +1h",
		"2026-01-31T12:00:00X",
		"99999999999999999999",
		"2026-01-31T12:00:00+99:00",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t t;

		cr_assert_eq(time_of(cases[i], &t), SGN_E_USAGE, "%s", cases[i]);
	}
}

static int u32_of(const char *text, uint32_t max, uint32_t *out)
{
	struct sgn_error err = SGN_ERROR_INIT;
	int rc = parse_u32("--n", text, max, out, &err);

	sgn_error_dispose(&err);
	return rc;
}

Test(cli_parse, numbers_are_decimal_or_hexadecimal_and_have_a_maximum)
{
	uint32_t n = 0;

	cr_assert_eq(u32_of("4096", 5000, &n), 0);
	cr_assert_eq(n, 4096);
	cr_assert_eq(u32_of("0x10", 16, &n), 0);
	cr_assert_eq(n, 16);
	cr_assert_eq(u32_of("010", 16, &n), 0);
	cr_assert_eq(n, 10, "no octal numbers");
	cr_assert_eq(u32_of("17", 16, &n), SGN_E_USAGE);
	cr_assert_eq(u32_of("-1", 16, &n), SGN_E_USAGE);
	cr_assert_eq(u32_of("", 16, &n), SGN_E_USAGE);
	cr_assert_eq(u32_of("4k", 5000, &n), SGN_E_USAGE);
	cr_assert_eq(u32_of("99999999999999999999999", UINT32_MAX, &n), SGN_E_USAGE);
}

Test(cli_parse, preserve_without_a_list_is_all_that_codesign_knows)
{
	struct sgn_error err = SGN_ERROR_INIT;
	const char *ignored;
	unsigned bits;

	cr_assert_eq(parse_preserve(NULL, &bits, &ignored, &err), 0);
	cr_assert_eq(bits, 0x7f);
	cr_assert_null(ignored);
}

Test(cli_parse, preserve_takes_words)
{
	struct sgn_error err = SGN_ERROR_INIT;
	const char *ignored;
	unsigned bits;

	cr_assert_eq(parse_preserve("flags,pagesize", &bits, &ignored, &err), 0);
	cr_assert_eq(bits, SGN_PRESERVE_FLAGS | SGN_PRESERVE_PAGESIZE);
	cr_assert_eq(parse_preserve("resource-rules,flags", &bits, &ignored, &err), 0);
	cr_assert_eq(bits, SGN_PRESERVE_FLAGS);
	cr_assert_str_eq(ignored, "resource-rules");
	cr_assert_eq(parse_preserve("flag", &bits, &ignored, &err), SGN_E_USAGE);
	cr_assert_eq(parse_preserve("flags,", &bits, &ignored, &err), SGN_E_USAGE);
	cr_assert_eq(parse_preserve("", &bits, &ignored, &err), SGN_E_USAGE);
	sgn_error_dispose(&err);
}

Test(cli_parse, digests_are_named_once_each)
{
	struct sgn_sign_options opts;
	struct sgn_error err = SGN_ERROR_INIT;

	sgn_sign_options_init(&opts);
	cr_assert_eq(parse_digests("sha1,sha256", &opts, &err), 0);
	cr_assert_eq(opts.digest_count, 2);
	cr_assert_eq(opts.digests[1], SGN_DIGEST_SHA256);
	cr_assert_eq(parse_digests("sha1,sha1", &opts, &err), SGN_E_USAGE);
	cr_assert_eq(parse_digests("sha1,sha256,sha384,sha1", &opts, &err), SGN_E_USAGE);
	cr_assert_eq(parse_digests("sha1,", &opts, &err), SGN_E_USAGE);
	cr_assert_eq(parse_digests("md5", &opts, &err), SGN_E_USAGE);
	sgn_error_dispose(&err);
}
