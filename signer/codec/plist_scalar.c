/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and dates of XML property lists, independent of the process's locale. */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/base/text.h"
#include "signer/base/time.h"
#include "signer/codec/plist_int.h"

/* Longest <real> that is looked at; the longest that is ever written has 24 characters. */
#define REAL_MAX 127

bool sgn_plist_is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct sgn_view sgn_plist_trim(struct sgn_view text)
{
	size_t start = 0, end = text.size;

	while (start < end && sgn_plist_is_blank(text.data[start]))
		start++;
	while (end > start && sgn_plist_is_blank(text.data[end - 1]))
		end--;
	return sgn_view_of(start < end ? text.data + start : NULL, end - start);
}

/* Digits of one base, nothing else. */
static bool parse_digits(struct sgn_view text, unsigned base, uint64_t *out)
{
	*out = 0;
	if (text.size == 0)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		int digit = sgn_hex_digit(text.data[i]);

		if (digit < 0 || (unsigned)digit >= base)
			return false;
		if (*out > (UINT64_MAX - (unsigned)digit) / base)
			return false;
		*out = *out * base + (unsigned)digit;
	}
	return true;
}

bool sgn_plist_parse_int(struct sgn_view text, struct sgn_value *out)
{
	bool negative = false;
	unsigned base = 10;
	uint64_t v;

	text = sgn_plist_trim(text);
	if (text.size > 0 && (text.data[0] == '-' || text.data[0] == '+')) {
		negative = text.data[0] == '-';
		text = sgn_view_from(text, 1);
	}
	if (text.size > 2 && text.data[0] == '0' && (text.data[1] == 'x' || text.data[1] == 'X')) {
		base = 16;
		text = sgn_view_from(text, 2);
	}
	if (!parse_digits(text, base, &v))
		return false;
	if (negative && v > (uint64_t)INT64_MAX + 1)
		return false;
	*out = (struct sgn_value){.kind = SGN_VALUE_INT};
	out->is_unsigned = !negative && v > INT64_MAX;
	out->u.uint = negative ? 0 - v : v;
	return true;
}

/* The names that CoreFoundation knows, without sign. */
static bool parse_real_name(const char *text, double *out)
{
	static const struct {
		const char *name;
		double value;
	} names[] = {
		{"nan", NAN}, {"inf", HUGE_VAL}, {"infinity", HUGE_VAL}, {"Infinity", HUGE_VAL}};

	for (size_t i = 0; i < SGN_ARRAY_LEN(names); i++) {
		if (strcmp(text, names[i].name) == 0) {
			*out = names[i].value;
			return true;
		}
	}
	return false;
}

/* strtod() takes hexadecimal, names and the locale's point; so the form is checked first and the
 * point is put in as the locale wants it. */
static bool parse_real_digits(char *text, size_t room, double *out)
{
	const char *point = localeconv()->decimal_point;
	char *dot = strchr(text, '.'), *end;
	size_t point_size = strlen(point);

	if (text[strspn(text, "0123456789.eE+-")] != '\0' || !sgn_is_digit((uint8_t)text[0]))
		return false;
	if (dot && strcmp(point, ".") != 0) {
		if (strlen(text) + point_size > room)
			return false;
		memmove(dot + point_size, dot + 1, strlen(dot + 1) + 1);
		memcpy(dot, point, point_size);
	}
	*out = strtod(text, &end);
	return *end == '\0';
}

bool sgn_plist_parse_real(struct sgn_view text, double *out)
{
	char copy[REAL_MAX + 16] = {0};
	bool negative = false;

	text = sgn_plist_trim(text);
	if (text.size > 0 && (text.data[0] == '-' || text.data[0] == '+')) {
		negative = text.data[0] == '-';
		text = sgn_view_from(text, 1);
	}
	if (text.size == 0 || text.size > REAL_MAX)
		return false;
	memcpy(copy, text.data, text.size);
	if (!parse_real_name(copy, out) && !parse_real_digits(copy, REAL_MAX, out))
		return false;
	if (negative)
		*out = -*out;
	return true;
}

/* 17 significant digits give every double back; zero is the one value with a point for nothing
 * (docs/format/entitlements.md, "Property lists as written"). */
void sgn_plist_print_real(struct sgn_buf *out, double v)
{
	const char *point = localeconv()->decimal_point;
	char text[64];
	char *at;

	if (isnan(v)) {
		sgn_wr_str(out, "nan");
	} else if (isinf(v)) {
		sgn_wr_str(out, v < 0 ? "-infinity" : "+infinity");
	} else if (v >= 0 && v <= 0) {
		sgn_wr_str(out, "0.0");
	} else {
		snprintf(text, sizeof(text), "%.17g", v);
		at = strcmp(point, ".") != 0 ? strstr(text, point) : NULL;
		if (at) {
			*at = '.';
			memmove(at + 1, at + strlen(point), strlen(at + strlen(point)) + 1);
		}
		sgn_wr_str(out, text);
	}
}

bool sgn_plist_parse_date(struct sgn_view text, double *out)
{
	char copy[21] = {0};
	int64_t seconds;

	text = sgn_plist_trim(text);
	if (text.size != 20 || text.data[10] != 'T' || text.data[19] != 'Z')
		return false;
	memcpy(copy, text.data, 20);
	if (!sgn_time_parse(copy, &seconds))
		return false;
	*out = (double)(seconds - SGN_APPLE_EPOCH);
	return true;
}

bool sgn_plist_print_date(struct sgn_buf *out, double v)
{
	char text[21];
	int64_t seconds;

	/* Years 1 to 9999: what YYYY-MM-DD can say. */
	if (!(v >= -63113904000.0 && v < 252423993600.0))
		return false;
	seconds = (int64_t)v;
	if ((double)seconds > v) /* down, also before 2001 */
		seconds--;
	sgn_time_iso(seconds + SGN_APPLE_EPOCH, text);
	sgn_wr_str(out, text);
	return true;
}
