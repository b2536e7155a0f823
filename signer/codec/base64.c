/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/codec/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 0..63, or -1. */
static int digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Four digits, of which the last pad are '=': one to three bytes. */
static void put_group(struct sgn_buf *out, uint32_t bits, unsigned pad)
{
	sgn_wr_u8(out, (uint8_t)(bits >> 16));
	if (pad < 2)
		sgn_wr_u8(out, (uint8_t)(bits >> 8));
	if (pad < 1)
		sgn_wr_u8(out, (uint8_t)bits);
}

bool sgn_base64_decode(struct sgn_view text, struct sgn_buf *out, size_t *bad_at)
{
	unsigned have = 0, pad = 0;
	bool ended = false;
	uint32_t bits = 0;

	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];
		int value = digit(c);

		*bad_at = i;
		if (is_blank(c))
			continue;
		if (c == '=' && have >= 2)
			pad++;
		else if (value < 0 || pad > 0)
			return false;
		if (ended)
			return false;
		bits = bits << 6 | (value < 0 ? 0u : (uint32_t)value);
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

void sgn_base64_encode(struct sgn_view bytes, struct sgn_buf *out)
{
	for (size_t i = 0; i < bytes.size; i += 3) {
		size_t left = bytes.size - i;
		uint32_t bits = (uint32_t)bytes.data[i] << 16;
		char group[4];

		if (left > 1)
			bits |= (uint32_t)bytes.data[i + 1] << 8;
		if (left > 2)
			bits |= bytes.data[i + 2];
		group[0] = alphabet[bits >> 18];
		group[1] = alphabet[bits >> 12 & 63];
		group[2] = left > 1 ? alphabet[bits >> 6 & 63] : '=';
		group[3] = left > 2 ? alphabet[bits & 63] : '=';
		sgn_wr_bytes(out, group, sizeof(group));
	}
}
