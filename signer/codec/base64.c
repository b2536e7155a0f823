/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/codec/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of a digit and one more; 0 for anything else. */
static const uint8_t digits[256] = {
	['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,
	['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14,
	['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21,
	['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28,
	['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35,
	['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49,
	['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63,
	['/'] = 64,
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Decoded bytes, handed on many at a time. */
struct chunk {
	struct sgn_buf *out;
	size_t size;
	uint8_t bytes[96];
};

static void flush(struct chunk *c)
{
	sgn_wr_bytes(c->out, c->bytes, c->size);
	c->size = 0;
}

/* Four digits, of which the last pad are '=': one to three bytes. */
static void put_group(struct chunk *c, uint32_t bits, unsigned pad)
{
	if (c->size + 3 > sizeof(c->bytes))
		flush(c);
	c->bytes[c->size] = (uint8_t)(bits >> 16);
	c->bytes[c->size + 1] = (uint8_t)(bits >> 8);
	c->bytes[c->size + 2] = (uint8_t)bits;
	c->size += 3 - pad;
}

/* All whole groups that follow without a blank. Returns how many characters they have. */
static size_t put_groups(struct chunk *out, struct sgn_view text)
{
	size_t i = 0;

	while (text.size - i >= 4) {
		const uint8_t *c = text.data + i;
		uint32_t a = digits[c[0]], b = digits[c[1]], d = digits[c[2]], e = digits[c[3]];

		if (a == 0 || b == 0 || d == 0 || e == 0)
			break;
		put_group(out, (a - 1) << 18 | (b - 1) << 12 | (d - 1) << 6 | (e - 1), 0);
		i += 4;
	}
	return i;
}

static bool decode(struct sgn_view text, struct chunk *out, size_t *bad_at)
{
	unsigned have = 0, pad = 0;
	bool ended = false;
	uint32_t bits = 0;

	for (size_t i = 0; i < text.size; i++) {
		uint8_t c, digit;

		if (have == 0 && !ended)
			i += put_groups(out, sgn_view_from(text, i));
		if (i == text.size)
			break;
		c = text.data[i];
		digit = digits[c];
		*bad_at = i;
		if (is_blank(c))
			continue;
		if (c == '=' && have >= 2)
			pad++;
		else if (digit == 0 || pad > 0)
			return false;
		if (ended)
			return false;
		bits = bits << 6 | (digit ? digit - 1u : 0u);
		if (++have == 4) {
			put_group(out, bits, pad);
			ended = pad > 0;
			have = 0;
			bits = 0;
		}
	}
	*bad_at = text.size;
	return have == 0;
}

bool sgn_base64_decode(struct sgn_view text, struct sgn_buf *out, size_t *bad_at)
{
	struct chunk c;
	bool ok;

	c.out = out;
	c.size = 0;
	ok = decode(text, &c, bad_at);
	flush(&c);
	return ok;
}

/* Text that is handed on in one go: a line, and more. */
#define ROOM 256

void sgn_base64_encode(struct sgn_view bytes, struct sgn_buf *out)
{
	char text[ROOM];
	size_t used = 0;

	for (size_t i = 0; i < bytes.size; i += 3) {
		size_t left = bytes.size - i;
		uint32_t bits = (uint32_t)bytes.data[i] << 16;
		char *group = text + used;

		if (left > 1)
			bits |= (uint32_t)bytes.data[i + 1] << 8;
		if (left > 2)
			bits |= bytes.data[i + 2];
		group[0] = alphabet[bits >> 18];
		group[1] = alphabet[bits >> 12 & 63];
		group[2] = left > 1 ? alphabet[bits >> 6 & 63] : '=';
		group[3] = left > 2 ? alphabet[bits & 63] : '=';
		used += 4;
		if (used == ROOM || left <= 3) {
			sgn_wr_bytes(out, text, used);
			used = 0;
		}
	}
}
