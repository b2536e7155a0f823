/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "signer/base/text.h"

int64_t sgn_time_now(void)
{
	return (int64_t)time(NULL);
}

/* Days since 1970-01-01 of a proleptic Gregorian date: years begin in March, so that the leap day is
 * the last of its year, and 400 years are one cycle of 146097 days. */
static int64_t days_from_date(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t cycle = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_cycle = y - cycle * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return cycle * 146097 + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
	       day_of_year - 719468;
}

struct sgn_time sgn_time_split(int64_t unix_seconds)
{
	int64_t days = unix_seconds / 86400, rest = unix_seconds % 86400;
	int64_t cycle, doc, yoc, doy, mp;
	struct sgn_time t;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	days += 719468;
	cycle = (days >= 0 ? days : days - 146096) / 146097;
	doc = days - cycle * 146097;
	yoc = (doc - doc / 1460 + doc / 36524 - doc / 146096) / 365;
	doy = doc - (365 * yoc + yoc / 4 - yoc / 100);
	mp = (5 * doy + 2) / 153;
	t.day = (int)(doy - (153 * mp + 2) / 5 + 1);
	t.month = (int)(mp < 10 ? mp + 3 : mp - 9);
	t.year = (int)(yoc + cycle * 400 + (t.month <= 2));
	t.hour = (int)(rest / 3600);
	t.minute = (int)(rest % 3600 / 60);
	t.second = (int)(rest % 60);
	return t;
}

bool sgn_time_join(const struct sgn_time *t, int64_t *unix_seconds)
{
	static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = t->year % 4 == 0 && (t->year % 100 != 0 || t->year % 400 == 0);
	int last;

	if (t->year < 1 || t->year > 9999 || t->month < 1 || t->month > 12)
		return false;
	last = month_days[t->month - 1] + (leap && t->month == 2);
	if (t->day < 1 || t->day > last || t->hour < 0 || t->hour > 23 || t->minute < 0 ||
	    t->minute > 59 || t->second < 0 || t->second > 60)
		return false;
	*unix_seconds = days_from_date(t->year, t->month, t->day) * 86400 + t->hour * 3600 +
	                t->minute * 60 + t->second;
	return true;
}

void sgn_time_iso(int64_t unix_seconds, char out[21])
{
	/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z: a hostile certificate may name others. */
	const int64_t first = -62135596800, last = 253402300799;
	struct sgn_time t;
	char wide[80];

	if (unix_seconds < first)
		unix_seconds = first;
	if (unix_seconds > last)
		unix_seconds = last;
	t = sgn_time_split(unix_seconds);
	snprintf(wide, sizeof(wide), "%04d-%02d-%02dT%02d:%02d:%02dZ", t.year, t.month, t.day,
	         t.hour, t.minute, t.second);
	memcpy(out, wide, 20);
	out[20] = '\0';
}

/* Two or four digits; advances. */
static bool take_digits(const char **text, int count, int *out)
{
	*out = 0;
	while (count--) {
		if (!sgn_is_digit((uint8_t) * *text))
			return false;
		*out = *out * 10 + (*(*text)++ - '0');
	}
	return true;
}

bool sgn_time_parse(const char *text, int64_t *unix_seconds)
{
	struct sgn_time t;
	uint64_t seconds;

	if (sgn_parse_u64(text, &seconds) && seconds <= INT64_MAX) {
		*unix_seconds = (int64_t)seconds;
		return true;
	}
	if (!take_digits(&text, 4, &t.year) || *text++ != '-' || !take_digits(&text, 2, &t.month) ||
	    *text++ != '-' || !take_digits(&text, 2, &t.day))
		return false;
	if (*text != 'T' && *text != ' ')
		return false;
	text++;
	if (!take_digits(&text, 2, &t.hour) || *text++ != ':' ||
	    !take_digits(&text, 2, &t.minute) || *text++ != ':' ||
	    !take_digits(&text, 2, &t.second))
		return false;
	if (strcmp(text, "Z") != 0 && *text != '\0')
		return false;
	return sgn_time_join(&t, unix_seconds);
}
