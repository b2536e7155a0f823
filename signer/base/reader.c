/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/reader.h"

#include <string.h>

struct sgn_reader sgn_rd_init(struct sgn_view in)
{
	return (struct sgn_reader){.in = in};
}

size_t sgn_rd_left(const struct sgn_reader *r)
{
	return r->bad ? 0 : r->in.size - r->pos;
}

bool sgn_rd_ok(const struct sgn_reader *r)
{
	return !r->bad;
}

struct sgn_view sgn_rd_bytes(struct sgn_reader *r, uint64_t len)
{
	struct sgn_view out = SGN_VIEW_EMPTY;

	if (r->bad)
		return out;
	if (!sgn_view_slice(r->in, r->pos, len, &out)) {
		r->bad = true;
		r->bad_at = r->pos;
		return out;
	}
	r->pos += (size_t)len;
	return out;
}

static uint64_t read_uint(struct sgn_reader *r, size_t width, bool little)
{
	struct sgn_view v = sgn_rd_bytes(r, width);
	uint64_t value = 0;

	for (size_t i = 0; i < v.size; i++)
		value = value << 8 | v.data[little ? v.size - 1 - i : i];
	return value;
}

uint8_t sgn_rd_u8(struct sgn_reader *r)
{
	return (uint8_t)read_uint(r, 1, false);
}

uint16_t sgn_rd_be16(struct sgn_reader *r)
{
	return (uint16_t)read_uint(r, 2, false);
}

uint32_t sgn_rd_be32(struct sgn_reader *r)
{
	return (uint32_t)read_uint(r, 4, false);
}

uint64_t sgn_rd_be64(struct sgn_reader *r)
{
	return read_uint(r, 8, false);
}

uint16_t sgn_rd_u16(struct sgn_reader *r)
{
	return (uint16_t)read_uint(r, 2, r->little);
}

uint32_t sgn_rd_u32(struct sgn_reader *r)
{
	return (uint32_t)read_uint(r, 4, r->little);
}

uint64_t sgn_rd_u64(struct sgn_reader *r)
{
	return read_uint(r, 8, r->little);
}

void sgn_rd_fixed_str(struct sgn_reader *r, char *out, size_t width)
{
	struct sgn_view v = sgn_rd_bytes(r, width);
	size_t len = 0;

	while (len < v.size && v.data[len] != 0)
		len++;
	if (len)
		memcpy(out, v.data, len);
	memset(out + len, 0, width - len + 1);
}

void sgn_rd_skip(struct sgn_reader *r, uint64_t len)
{
	sgn_rd_bytes(r, len);
}

void sgn_rd_seek(struct sgn_reader *r, uint64_t pos)
{
	if (r->bad)
		return;
	if (pos > r->in.size) {
		r->bad = true;
		r->bad_at = r->pos;
		return;
	}
	r->pos = (size_t)pos;
}

int sgn_rd_finish(const struct sgn_reader *r, struct sgn_error *err, const char *what)
{
	if (!r->bad)
		return 0;
	sgn_fail(err, SGN_E_FORMAT, "%s: truncated", what);
	return sgn_error_at_offset(err, SGN_E_FORMAT, (uint64_t)r->base + r->bad_at);
}
