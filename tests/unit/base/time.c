/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/time.h"

#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

Test(base_time, known_moments)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} known[] = {
		{0, "1970-01-01T00:00:00Z"},
		{-1, "1969-12-31T23:59:59Z"},
		{SGN_APPLE_EPOCH, "2001-01-01T00:00:00Z"},
		{951782400, "2000-02-29T00:00:00Z"},
		{4107542400, "2100-03-01T00:00:00Z"},
		{2147483648, "2038-01-19T03:14:08Z"},
		{-62135596800, "0001-01-01T00:00:00Z"},
		{253402300799, "9999-12-31T23:59:59Z"},
	};
	char text[21];
	int64_t back;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		sgn_time_iso(known[i].seconds, text);
		cr_assert_str_eq(text, known[i].text);
		cr_assert(sgn_time_parse(text, &back));
		cr_assert_eq(back, known[i].seconds, "%s", text);
	}
}

Test(base_time, every_day_of_800_years_agrees_with_the_system)
{
	for (int64_t day = -200000; day < 100000; day++) {
		int64_t seconds = day * 86400 + (day & 0xffff), back;
		time_t system = (time_t)seconds;
		struct sgn_time t = sgn_time_split(seconds);
		struct tm tm;

		cr_assert_not_null(gmtime_r(&system, &tm));
		cr_assert(t.year == tm.tm_year + 1900 && t.month == tm.tm_mon + 1 &&
		                  t.day == tm.tm_mday && t.hour == tm.tm_hour &&
		                  t.minute == tm.tm_min && t.second == tm.tm_sec,
		          "day %lld", (long long)day);
		cr_assert(sgn_time_join(&t, &back));
		cr_assert_eq(back, seconds);
	}
}

Test(base_time, times_that_no_calendar_has_are_refused)
{
	static const char *const bad[] = {
		"",
		"2024-02-30T00:00:00Z",
		"2023-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z",
		"2024-00-01T00:00:00Z",
		"2024-13-01T00:00:00Z",
		"2024-01-00T00:00:00Z",
		"2024-04-31T00:00:00Z",
		"2024-01-01T24:00:00Z",
		"2024-01-01T00:60:00Z",
		"2024-01-01T00:00:61Z",
		"0000-01-01T00:00:00Z",
		"2024-1-01T00:00:00Z",
		"2024-01-01",
		"2024-01-01T",
		"2024-01-01T00:00",
		"2024-01-01T00:00:00+01:00",
		"2024-01-01T00:00:00ZZ",
		"2024/01/01T00:00:00Z",
		"-5",
		"9223372036854775808",
	};
	int64_t out = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(sgn_time_parse(bad[i], &out), "\"%s\"", bad[i]);
	cr_assert_eq(out, 42);
}

Test(base_time, the_other_accepted_spellings)
{
	int64_t out;

	cr_assert(sgn_time_parse("2001-01-01 00:00:00", &out));
	cr_assert_eq(out, SGN_APPLE_EPOCH);
	cr_assert(sgn_time_parse("978307200", &out));
	cr_assert_eq(out, SGN_APPLE_EPOCH);
	cr_assert(sgn_time_parse("9223372036854775807", &out));
	cr_assert_eq(out, INT64_MAX);
}

Test(base_time, times_beyond_the_years_of_iso_stay_in_the_room)
{
	char text[21];

	sgn_time_iso(INT64_MAX, text);
	cr_assert_str_eq(text, "9999-12-31T23:59:59Z");
	sgn_time_iso(INT64_MIN, text);
	cr_assert_str_eq(text, "0001-01-01T00:00:00Z");
}

Test(base_time, now_is_after_this_was_written)
{
	cr_assert(sgn_time_now() > 1700000000);
}
