/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/codec/der.h"

#include <string.h>

/* The low five bits of a tag that continues in further bytes (X.690 section 8.1.2.4). */
#define LONG_TAG 0x1f

/* Tag, 0x80 | count, eight bytes of length. */
#define HEADER_MAX 10

/* The length octets; -1 for the indefinite form, for a longer form than needed (X.690 section 10.1)
 * and for lengths beyond 64 bits. */
static int read_length(struct sgn_reader *r, uint64_t *out)
{
	uint8_t first = sgn_rd_u8(r);
	unsigned count = first & 0x7f;

	*out = first;
	if (first < 0x80)
		return 0;
	if (count == 0 || count > 8)
		return -1;
	*out = 0;
	for (unsigned i = 0; i < count; i++) {
		uint8_t byte = sgn_rd_u8(r);

		if (i == 0 && byte == 0)
			return -1;
		*out = *out << 8 | byte;
	}
	return *out < 0x80 ? -1 : 0;
}

int sgn_der_next(struct sgn_view *in, struct sgn_der_item *out, struct sgn_error *err)
{
	struct sgn_reader r = sgn_rd_init(*in);
	uint64_t length;
	int rc;

	out->tag = sgn_rd_u8(&r);
	if ((out->tag & LONG_TAG) == LONG_TAG) {
		rc = sgn_fail(err, SGN_E_FORMAT, "DER: tag 0x%02x continues in more bytes",
		              out->tag);
		return sgn_error_at_offset(err, rc, 0);
	}
	if (read_length(&r, &length) < 0 && sgn_rd_ok(&r)) {
		rc = sgn_fail(err, SGN_E_FORMAT,
		              "DER: length is indefinite, too large or not in its shortest form");
		return sgn_error_at_offset(err, rc, 1);
	}
	if (sgn_rd_ok(&r) && length > sgn_rd_left(&r)) {
		rc = sgn_fail(err, SGN_E_FORMAT, "DER: length %llu, outside %zu bytes",
		              (unsigned long long)length, sgn_rd_left(&r));
		return sgn_error_at_offset(err, rc, 1);
	}
	out->content = sgn_rd_bytes(&r, length);
	rc = sgn_rd_finish(&r, err, "DER");
	if (rc < 0)
		return rc;
	out->whole = sgn_view_of(in->data, r.pos);
	*in = sgn_view_from(*in, r.pos);
	return 0;
}

/* Fills head with tag and length; returns how many bytes. */
static size_t make_header(uint8_t head[HEADER_MAX], uint8_t tag, uint64_t length)
{
	unsigned count = 0;

	head[0] = tag;
	if (length < 0x80) {
		head[1] = (uint8_t)length;
		return 2;
	}
	while (count < 8 && length >> (8 * count) != 0)
		count++;
	head[1] = (uint8_t)(0x80 | count);
	for (unsigned i = 0; i < count; i++)
		head[2 + i] = (uint8_t)(length >> (8 * (count - 1 - i)));
	return 2 + count;
}

void sgn_der_write(struct sgn_buf *out, uint8_t tag, struct sgn_view content)
{
	uint8_t head[HEADER_MAX];

	sgn_wr_bytes(out, head, make_header(head, tag, content.size));
	sgn_wr_view(out, content);
}

void sgn_der_wrap(struct sgn_buf *out, size_t start, uint8_t tag)
{
	uint8_t head[HEADER_MAX];
	size_t length, head_size;

	if (out->bad || start > out->size)
		return;
	length = out->size - start;
	head_size = make_header(head, tag, length);
	sgn_wr_zero(out, head_size);
	if (out->bad)
		return;
	memmove(out->data + start + head_size, out->data + start, length);
	sgn_wr_patch(out, start, head, head_size);
}

/* Nine bytes, big-endian, the first of them the sign; written without those that only repeat it
 * (X.690 section 8.3.2). */
static void write_shortest(struct sgn_buf *out, const uint8_t bytes[9])
{
	size_t skip = 0;

	while (skip < 8 && bytes[skip] == (bytes[skip + 1] & 0x80 ? 0xff : 0x00))
		skip++;
	sgn_der_write(out, SGN_DER_INTEGER, sgn_view_of(bytes + skip, 9 - skip));
}

static void write_number(struct sgn_buf *out, uint8_t sign, uint64_t v)
{
	uint8_t bytes[9];

	bytes[0] = sign;
	for (unsigned i = 0; i < 8; i++)
		bytes[1 + i] = (uint8_t)(v >> (56 - 8 * i));
	write_shortest(out, bytes);
}

void sgn_der_write_int(struct sgn_buf *out, int64_t v)
{
	write_number(out, v < 0 ? 0xff : 0x00, (uint64_t)v);
}

void sgn_der_write_uint(struct sgn_buf *out, uint64_t v)
{
	write_number(out, 0x00, v);
}

static bool is_shortest(struct sgn_view content)
{
	if (content.size == 0)
		return false;
	if (content.size == 1)
		return true;
	return content.data[0] != (content.data[1] & 0x80 ? 0xff : 0x00);
}

bool sgn_der_get_int(struct sgn_view content, int64_t *out)
{
	uint64_t v;

	if (!is_shortest(content) || content.size > 8)
		return false;
	v = content.data[0] & 0x80 ? UINT64_MAX : 0;
	for (size_t i = 0; i < content.size; i++)
		v = v << 8 | content.data[i];
	*out = (int64_t)v;
	return true;
}

bool sgn_der_get_uint(struct sgn_view content, uint64_t *out)
{
	uint64_t v = 0;

	if (!is_shortest(content) || content.data[0] & 0x80)
		return false;
	if (content.size > 9 || (content.size == 9 && content.data[0] != 0))
		return false;
	for (size_t i = 0; i < content.size; i++)
		v = v << 8 | content.data[i];
	*out = v;
	return true;
}

size_t sgn_der_size(uint64_t content_size)
{
	uint8_t head[HEADER_MAX];

	return make_header(head, 0, content_size) + (size_t)content_size;
}
