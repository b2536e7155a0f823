/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structure of binary property lists, looked at before libplist sees the bytes. libplist follows
 * every reference and makes a new node each time: an object that is named twice by an object that is
 * named twice... doubles with each level. So the list is walked here with the depth and the volume
 * counted, and what libplist cannot tell apart (dates beyond 32 bits, integers of 16 bytes) is
 * refused. Format: docs/format/entitlements.md, "Binary property lists".
 */
#include <math.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/num.h"
#include "signer/base/reader.h"
#include "signer/codec/plist_int.h"

#define TRAILER_SIZE 32

struct bin {
	struct sgn_view objects; /* everything in front of the offset table */
	struct sgn_view table;
	unsigned offset_size;
	unsigned ref_size;
	uint64_t count;
	uint64_t nodes; /* values so far, each time they are named */
	uint64_t bytes; /* of text and data so far */
};

enum {
	MARK_SCALAR = 0x0,
	MARK_INT = 0x1,
	MARK_REAL = 0x2,
	MARK_DATE = 0x3,
	MARK_DATA = 0x4,
	MARK_ASCII = 0x5,
	MARK_UTF16 = 0x6,
	MARK_UID = 0x8,
	MARK_ARRAY = 0xa,
	MARK_DICT = 0xd
};

static int check_object(struct bin *b, uint64_t ref, unsigned depth, struct sgn_error *err);

static uint64_t read_sized(struct sgn_reader *r, unsigned size)
{
	uint64_t v = 0;

	while (size-- > 0)
		v = v << 8 | sgn_rd_u8(r);
	return v;
}

static int damaged(const struct sgn_reader *r, struct sgn_error *err, const char *what)
{
	int rc = sgn_fail(err, SGN_E_FORMAT, "binary property list: %s", what);

	return sgn_error_at_offset(err, rc, r->bad ? r->bad_at : r->pos);
}

/* The byte after the tag's high half, or the integer behind it when that half is 15. */
static bool read_count(struct sgn_reader *r, unsigned low, uint64_t *count)
{
	uint8_t marker;

	*count = low;
	if (low < 15)
		return true;
	marker = sgn_rd_u8(r);
	if (marker >> 4 != MARK_INT || (marker & 15) > 3)
		return false;
	*count = read_sized(r, 1u << (marker & 15));
	return sgn_rd_ok(r);
}

static int check_int(struct sgn_reader *r, unsigned low, struct sgn_error *err)
{
	if (low > 4)
		return damaged(r, err, "integer of an impossible size");
	if (low == 4 && sgn_rd_be64(r) != 0 && sgn_rd_ok(r))
		return damaged(r, err, "integer of more than 64 bits");
	sgn_rd_skip(r, low == 4 ? 8 : 1u << low);
	return sgn_rd_finish(r, err, "binary property list");
}

/* libplist hands dates out as 32-bit seconds: 1932 to 2069. */
static int check_date(struct sgn_reader *r, unsigned low, struct sgn_error *err)
{
	uint64_t bits = sgn_rd_be64(r);
	double seconds;

	memcpy(&seconds, &bits, sizeof(seconds));
	if (low != 3)
		return damaged(r, err, "date of an impossible size");
	if (!(fabs(seconds) < 2147483647.0))
		return damaged(r, err, "date outside the years 1932 to 2069");
	return sgn_rd_finish(r, err, "binary property list");
}

static int check_fixed(struct sgn_reader *r, uint8_t marker, struct sgn_error *err)
{
	unsigned low = marker & 15;

	switch (marker >> 4) {
	case MARK_SCALAR:
		return low == 8 || low == 9 ? 0 : damaged(r, err, "null or fill byte as a value");
	case MARK_INT: return check_int(r, low, err);
	case MARK_DATE: return check_date(r, low, err);
	case MARK_REAL:
		if (low != 2 && low != 3)
			return damaged(r, err, "real of an impossible size");
		sgn_rd_skip(r, 1u << low);
		return sgn_rd_finish(r, err, "binary property list");
	case MARK_UID: return damaged(r, err, "UID: this is a keyed archive");
	default: return damaged(r, err, "object of an unknown type");
	}
}

/* Text with a NUL would be cut by C strings: two different keys could become one. */
static bool has_nul(struct sgn_view text, size_t unit)
{
	for (size_t i = 0; i + unit <= text.size; i += unit)
		if (text.data[i] == 0 && (unit == 1 || text.data[i + 1] == 0))
			return true;
	return false;
}

static int check_bytes(struct bin *b, struct sgn_reader *r, uint8_t marker, struct sgn_error *err)
{
	size_t unit = marker >> 4 == MARK_UTF16 ? 2 : 1;
	struct sgn_view content;
	uint64_t count, size;

	if (!read_count(r, marker & 15, &count) || !sgn_mul_u64(count, unit, &size))
		return damaged(r, err, "length is damaged");
	content = sgn_rd_bytes(r, size);
	if (!sgn_rd_ok(r))
		return sgn_rd_finish(r, err, "binary property list");
	if (marker >> 4 != MARK_DATA && has_nul(content, unit))
		return damaged(r, err, "text with a NUL character");
	b->bytes += size;
	if (b->bytes > SGN_LIMIT_PLIST)
		return sgn_fail(err, SGN_E_LIMIT,
		                "binary property list: more than %u bytes when spelled out",
		                SGN_LIMIT_PLIST);
	return 0;
}

static bool find_object(const struct bin *b, uint64_t ref, struct sgn_reader *out)
{
	struct sgn_reader table = sgn_rd_init(b->table);

	*out = sgn_rd_init(b->objects);
	if (ref >= b->count)
		return false;
	sgn_rd_skip(&table, ref * b->offset_size);
	sgn_rd_seek(out, read_sized(&table, b->offset_size));
	return sgn_rd_ok(&table) && out->pos >= 8;
}

static int check_key(struct bin *b, uint64_t ref, const struct sgn_reader *at,
                     struct sgn_error *err)
{
	struct sgn_reader key;
	uint8_t kind;

	if (!find_object(b, ref, &key))
		return damaged(at, err, "key does not exist");
	kind = sgn_rd_u8(&key) >> 4;
	if (kind != MARK_ASCII && kind != MARK_UTF16)
		return damaged(at, err, "key is no string");
	return 0;
}

static int check_container(struct bin *b, struct sgn_reader *r, uint8_t marker, unsigned depth,
                           struct sgn_error *err)
{
	bool is_dict = marker >> 4 == MARK_DICT;
	uint64_t count, refs, size;

	if (depth >= SGN_LIMIT_PLIST_DEPTH)
		return sgn_fail(err, SGN_E_LIMIT, "binary property list: more than %d levels",
		                SGN_LIMIT_PLIST_DEPTH);
	if (!read_count(r, marker & 15, &count) || !sgn_mul_u64(count, is_dict ? 2 : 1, &refs) ||
	    !sgn_mul_u64(refs, b->ref_size, &size) || size > sgn_rd_left(r))
		return damaged(r, err, "count is damaged");
	for (uint64_t i = 0; i < refs; i++) {
		uint64_t ref = read_sized(r, b->ref_size);
		int rc = is_dict && i < count ? check_key(b, ref, r, err) : 0;

		if (rc == 0)
			rc = check_object(b, ref, depth + 1, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int check_object(struct bin *b, uint64_t ref, unsigned depth, struct sgn_error *err)
{
	struct sgn_reader r;
	uint8_t marker;

	if (++b->nodes > SGN_LIMIT_PLIST_NODES)
		return sgn_fail(err, SGN_E_LIMIT,
		                "binary property list: more than %d values when spelled out",
		                SGN_LIMIT_PLIST_NODES);
	if (!find_object(b, ref, &r))
		return damaged(&r, err, "object does not exist");
	marker = sgn_rd_u8(&r);
	if (!sgn_rd_ok(&r))
		return damaged(&r, err, "object lies outside");
	switch (marker >> 4) {
	case MARK_DATA:
	case MARK_ASCII:
	case MARK_UTF16: return check_bytes(b, &r, marker, err);
	case MARK_ARRAY:
	case MARK_DICT: return check_container(b, &r, marker, depth, err);
	default: return check_fixed(&r, marker, err);
	}
}

/* The last 32 bytes: sizes, number of objects, number of the root, place of the offset table. */
static int read_trailer(struct sgn_view in, struct bin *b, uint64_t *root, struct sgn_error *err)
{
	struct sgn_reader r = sgn_rd_init(in);
	uint64_t table_at, table_size;

	if (in.size < 8 + TRAILER_SIZE)
		return damaged(&r, err, "truncated");
	sgn_rd_seek(&r, in.size - TRAILER_SIZE + 6);
	b->offset_size = sgn_rd_u8(&r);
	b->ref_size = sgn_rd_u8(&r);
	b->count = sgn_rd_be64(&r);
	*root = sgn_rd_be64(&r);
	table_at = sgn_rd_be64(&r);
	if (b->offset_size < 1 || b->offset_size > 8 || b->ref_size < 1 || b->ref_size > 8)
		return damaged(&r, err, "trailer: impossible sizes");
	if (table_at < 9 || table_at > in.size - TRAILER_SIZE ||
	    !sgn_mul_u64(b->count, b->offset_size, &table_size) ||
	    !sgn_view_slice(in, table_at, table_size, &b->table) ||
	    table_size > in.size - TRAILER_SIZE - table_at)
		return damaged(&r, err, "trailer: the offset table lies outside");
	b->objects = sgn_view_of(in.data, (size_t)table_at);
	return 0;
}

int sgn_plist_check_binary(struct sgn_view in, struct sgn_error *err)
{
	struct bin b = {0};
	uint64_t root = 0;
	int rc = read_trailer(in, &b, &root, err);

	return rc < 0 ? rc : check_object(&b, root, 0, err);
}
