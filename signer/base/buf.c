/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/text.h"

void sgn_buf_init(struct sgn_buf *b, size_t max)
{
	*b = (struct sgn_buf){.max = max};
}

void sgn_buf_init_secret(struct sgn_buf *b, size_t max)
{
	*b = (struct sgn_buf){.max = max, .secret = true};
}

void sgn_buf_dispose(struct sgn_buf *b)
{
	if (b->secret)
		sgn_wipe(b->data, b->cap);
	sgn_free(b->data);
	*b = (struct sgn_buf){0};
}

void sgn_buf_reset(struct sgn_buf *b)
{
	b->size = 0;
	b->bad = false;
	b->nomem = false;
	b->range = false;
}

struct sgn_view sgn_buf_view(const struct sgn_buf *b)
{
	return sgn_view_of(b->data, b->size);
}

/* realloc() would leave the old bytes behind wherever they were. */
static uint8_t *grow(struct sgn_buf *b, size_t cap)
{
	uint8_t *grown;

	if (!b->secret)
		return sgn_realloc(b->data, cap);
	grown = sgn_malloc(cap);
	if (!grown)
		return NULL;
	if (b->data) {
		memcpy(grown, b->data, b->size);
		sgn_wipe(b->data, b->cap);
		sgn_free(b->data);
	}
	return grown;
}

/* Room for len more bytes and the NUL that sgn_buf_str() may add. */
static bool reserve(struct sgn_buf *b, size_t len)
{
	size_t need, cap;
	uint8_t *grown;

	if (b->bad)
		return false;
	if (len > b->max || b->size > b->max - len) {
		b->bad = true;
		return false;
	}
	need = b->size + len;
	if (need == SIZE_MAX) {
		b->bad = true;
		b->nomem = true;
		return false;
	}
	need++;
	if (need <= b->cap)
		return true;
	cap = b->cap < 64 ? 64 : b->cap;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	grown = grow(b, cap);
	if (!grown) {
		b->bad = true;
		b->nomem = true;
		return false;
	}
	b->data = grown;
	b->cap = cap;
	return true;
}

const char *sgn_buf_str(struct sgn_buf *b)
{
	if (!b->data || b->size == b->cap)
		return "";
	b->data[b->size] = '\0';
	return (const char *)b->data;
}

uint8_t *sgn_buf_take(struct sgn_buf *b, size_t *size)
{
	uint8_t *data = b->data;
	size_t max = b->max;

	if (data)
		data[b->size] = '\0';
	if (size)
		*size = b->size;
	sgn_buf_init(b, max);
	return data;
}

void sgn_wr_bytes(struct sgn_buf *b, const void *data, size_t len)
{
	if (len == 0 || !reserve(b, len))
		return;
	memcpy(b->data + b->size, data, len);
	b->size += len;
}

void sgn_wr_view(struct sgn_buf *b, struct sgn_view v)
{
	sgn_wr_bytes(b, v.data, v.size);
}

void sgn_wr_str(struct sgn_buf *b, const char *text)
{
	sgn_wr_bytes(b, text, strlen(text));
}

void sgn_wr_fmt(struct sgn_buf *b, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0 || !reserve(b, (size_t)len)) {
		b->bad = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf((char *)b->data + b->size, (size_t)len + 1, fmt, ap);
	va_end(ap);
	b->size += (size_t)len;
}

void sgn_wr_hex(struct sgn_buf *b, struct sgn_view v)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < v.size; i++) {
		sgn_wr_u8(b, (uint8_t)digits[v.data[i] >> 4]);
		sgn_wr_u8(b, (uint8_t)digits[v.data[i] & 15]);
	}
}

void sgn_wr_zero(struct sgn_buf *b, size_t count)
{
	if (count == 0 || !reserve(b, count))
		return;
	memset(b->data + b->size, 0, count);
	b->size += count;
}

static void write_be(struct sgn_buf *b, uint64_t v, size_t width)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < width; i++)
		bytes[width - 1 - i] = (uint8_t)(v >> (8 * i));
	sgn_wr_bytes(b, bytes, width);
}

void sgn_wr_u8(struct sgn_buf *b, uint8_t v)
{
	sgn_wr_bytes(b, &v, 1);
}

void sgn_wr_be32(struct sgn_buf *b, uint32_t v)
{
	write_be(b, v, 4);
}

void sgn_wr_be64(struct sgn_buf *b, uint64_t v)
{
	write_be(b, v, 8);
}

struct sgn_mark sgn_wr_hole32(struct sgn_buf *b)
{
	struct sgn_mark m = {b->size};

	sgn_wr_be32(b, 0);
	return m;
}

void sgn_wr_fill32(struct sgn_buf *b, struct sgn_mark m, uint64_t v)
{
	uint8_t bytes[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

	if (v > UINT32_MAX && !b->bad) {
		b->bad = true;
		b->range = true;
	}
	sgn_wr_patch(b, m.at, bytes, sizeof(bytes));
}

void sgn_wr_patch(struct sgn_buf *b, size_t off, const void *data, size_t len)
{
	if (b->bad)
		return;
	if (off > b->size || len > b->size - off) {
		b->bad = true;
		b->range = true;
		return;
	}
	if (len)
		memcpy(b->data + off, data, len);
}

int sgn_buf_finish(const struct sgn_buf *b, struct sgn_error *err, const char *what)
{
	if (!b->bad)
		return 0;
	if (b->nomem)
		return sgn_fail_nomem(err);
	if (b->range)
		return sgn_fail(err, SGN_E_LIMIT, "%s: a length or offset is out of range", what);
	return sgn_fail(err, SGN_E_LIMIT, "%s: more than %zu bytes", what, b->max);
}
