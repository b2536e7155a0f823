/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/text.h"

#include <string.h>

bool sgn_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

bool sgn_is_alpha(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool sgn_is_alnum(uint8_t c)
{
	return sgn_is_digit(c) || sgn_is_alpha(c);
}

bool sgn_is_print(uint8_t c)
{
	return c >= 0x20 && c < 0x7f;
}

/* Length of the UTF-8 sequence at v.data[at], 0 when it is not well formed (RFC 3629). */
static size_t utf8_sequence(struct sgn_view v, size_t at)
{
	static const struct {
		uint8_t first_lo, first_hi, second_lo, second_hi;
		uint8_t len;
	} forms[] = {
		{0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	uint8_t c = v.data[at];

	for (size_t f = 0; f < SGN_ARRAY_LEN(forms); f++) {
		if (c < forms[f].first_lo || c > forms[f].first_hi)
			continue;
		if (v.size - at < forms[f].len)
			return 0;
		if (forms[f].len > 1 &&
		    (v.data[at + 1] < forms[f].second_lo || v.data[at + 1] > forms[f].second_hi))
			return 0;
		for (size_t i = 2; i < forms[f].len; i++)
			if ((v.data[at + i] & 0xc0) != 0x80)
				return 0;
		return forms[f].len;
	}
	return 0;
}

bool sgn_utf8_valid(struct sgn_view v)
{
	size_t at = 0;

	while (at < v.size) {
		size_t len = utf8_sequence(v, at);

		if (len == 0)
			return false;
		at += len;
	}
	return true;
}

int sgn_hex_digit(uint8_t c)
{
	if (sgn_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool sgn_hex_decode(struct sgn_view text, uint8_t *out, size_t out_size)
{
	if (text.size / 2 != out_size || text.size % 2 != 0)
		return false;
	for (size_t i = 0; i < out_size; i++) {
		int high = sgn_hex_digit(text.data[2 * i]);
		int low = sgn_hex_digit(text.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void sgn_hex_encode(const uint8_t *data, size_t size, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		out[2 * i] = digits[data[i] >> 4];
		out[2 * i + 1] = digits[data[i] & 15];
	}
	out[2 * size] = '\0';
}

bool sgn_parse_u64(const char *text, uint64_t *out)
{
	unsigned base = 10;
	uint64_t value = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (*text == '\0')
		return false;
	for (; *text; text++) {
		int digit = sgn_hex_digit((uint8_t)*text);

		if (digit < 0 || (unsigned)digit >= base)
			return false;
		if (value > (UINT64_MAX - (unsigned)digit) / base)
			return false;
		value = value * base + (unsigned)digit;
	}
	*out = value;
	return true;
}

const char *sgn_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
