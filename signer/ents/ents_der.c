/* SPDX-License-Identifier: Apache-2.0 */
/* Entitlements as DER, both ways (docs/format/entitlements.md, "DER"). */
#include <stdio.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/codec/der.h"
#include "signer/codec/dict.h"
#include "signer/ents/ents_int.h"

#define TAG_ENTITLEMENTS 0x70 /* [APPLICATION 16], constructed */
#define TAG_DICT         0xb0 /* [CONTEXT 16], constructed */
#define FORMAT_VERSION   1

int sgn_ents_invalid(struct sgn_error *err, int rc)
{
	return rc == SGN_E_NOMEM ? rc : sgn_error_osstatus(err, rc, errSecCSInvalidEntitlements);
}

/* ---- writing ---- */

/* Where a value stands: printed as "key[2].inner" when something is wrong with it. */
struct trail {
	const struct trail *up;
	struct sgn_view key; /* in a dictionary */
	size_t index;        /* in an array, when key.data is NULL */
	unsigned depth;
};

static int write_value(const struct sgn_value *v, const struct trail *trail, struct sgn_buf *out,
                       struct sgn_error *err);

static void print_trail(const struct trail *trail, struct sgn_buf *out)
{
	if (trail->up)
		print_trail(trail->up, out);
	if (trail->key.data)
		sgn_wr_fmt(out, "%s%.*s", out->size > 0 ? "." : "", (int)trail->key.size,
		           (const char *)trail->key.data);
	else if (trail->up)
		sgn_wr_fmt(out, "[%zu]", trail->index);
}

static int refuse(const struct trail *trail, struct sgn_error *err, const char *what)
{
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, 4096);
	print_trail(trail, &path);
	rc = sgn_fail(err, SGN_E_FORMAT, "entitlement '%.200s' %s", sgn_buf_str(&path), what);
	sgn_buf_dispose(&path);
	return sgn_ents_invalid(err, rc);
}

static int write_array(const struct sgn_value *v, const struct trail *trail, struct sgn_buf *out,
                       struct sgn_error *err)
{
	size_t start = out->size;

	for (size_t i = 0; i < v->u.array.count; i++) {
		struct trail item = {trail, SGN_VIEW_EMPTY, i, trail->depth + 1};
		int rc = write_value(&v->u.array.items[i], &item, out, err);

		if (rc < 0)
			return rc;
	}
	sgn_der_wrap(out, start, SGN_DER_SEQUENCE);
	return 0;
}

static int write_entry(const struct sgn_value_entry *entry, const struct trail *trail,
                       struct sgn_buf *out, struct sgn_error *err)
{
	struct trail item = {trail, entry->key, 0, trail->depth + 1};
	size_t start = out->size;
	int rc;

	sgn_der_write(out, SGN_DER_UTF8, entry->key);
	rc = write_value(&entry->value, &item, out, err);
	sgn_der_wrap(out, start, SGN_DER_SEQUENCE);
	return rc;
}

static int write_dict(const struct sgn_value *v, const struct trail *trail, struct sgn_buf *out,
                      struct sgn_error *err)
{
	struct sgn_dict_order order;
	size_t start = out->size;
	int rc = sgn_dict_sort(v, sgn_view_compare, &order, err);

	for (size_t i = 0; rc == 0 && i < order.count; i++)
		rc = write_entry(order.entries[i], trail, out, err);
	sgn_der_wrap(out, start, TAG_DICT);
	sgn_dict_order_dispose(&order);
	return rc;
}

static void write_bool(bool truth, struct sgn_buf *out)
{
	const uint8_t content = truth ? 0xff : 0x00;

	sgn_der_write(out, SGN_DER_BOOLEAN, sgn_view_of(&content, 1));
}

static int write_value(const struct sgn_value *v, const struct trail *trail, struct sgn_buf *out,
                       struct sgn_error *err)
{
	if (trail->depth > SGN_LIMIT_DER_DEPTH)
		return refuse(trail, err, "is nested too deeply");
	switch (v->kind) {
	case SGN_VALUE_BOOL: write_bool(v->u.boolean, out); break;
	case SGN_VALUE_INT:
		if (v->is_unsigned)
			sgn_der_write_uint(out, v->u.uint);
		else
			sgn_der_write_int(out, v->u.integer);
		break;
	case SGN_VALUE_STRING: sgn_der_write(out, SGN_DER_UTF8, v->u.bytes); break;
	case SGN_VALUE_DATA: sgn_der_write(out, SGN_DER_OCTETS, v->u.bytes); break;
	case SGN_VALUE_REAL:
		return refuse(trail, err, "is a real number, which entitlements cannot hold");
	case SGN_VALUE_DATE: return refuse(trail, err, "is a date, which entitlements cannot hold");
	case SGN_VALUE_ARRAY: return write_array(v, trail, out, err);
	case SGN_VALUE_DICT: return write_dict(v, trail, out, err);
	}
	return 0;
}

int sgn_ents_to_der(const struct sgn_value *dict, struct sgn_buf *out, struct sgn_error *err)
{
	const struct trail root = {0};
	size_t start = out->size;
	int rc;

	if (dict->kind != SGN_VALUE_DICT)
		return sgn_ents_invalid(err, sgn_fail(err, SGN_E_FORMAT,
		                                      "entitlements are a %s, not a dictionary",
		                                      sgn_value_kind_name(dict->kind)));
	sgn_der_write_int(out, FORMAT_VERSION);
	rc = write_dict(dict, &root, out, err);
	if (rc < 0)
		return rc;
	sgn_der_wrap(out, start, TAG_ENTITLEMENTS);
	return sgn_buf_finish(out, err, "DER entitlements");
}

/* ---- reading ---- */

struct der_reader {
	struct sgn_view all; /* for offsets in messages */
	struct sgn_arena *arena;
	struct sgn_error *err;
	uint64_t end; /* offset behind the item that was read last */
	bool legacy;  /* SET for dictionaries, any non-zero byte for true */
};

static int read_value(struct der_reader *r, const struct sgn_der_item *item, unsigned depth,
                      struct sgn_value *out);

static int damaged(struct der_reader *r, struct sgn_view at, const char *what)
{
	int rc = sgn_fail(r->err, SGN_E_FORMAT, "DER entitlements: %s", what);

	sgn_error_at_offset(r->err, rc, at.data ? (uint64_t)(at.data - r->all.data) : 0);
	return sgn_ents_invalid(r->err, rc);
}

/* in is a part of r->all. */
static int next_item(struct der_reader *r, struct sgn_view *in, struct sgn_der_item *out)
{
	uint64_t base = in->size > 0 ? (uint64_t)(in->data - r->all.data) : r->end;
	int rc = sgn_der_next(in, out, r->err);

	if (rc == 0) {
		r->end = base + out->whole.size;
		return 0;
	}
	if (r->err && r->err->offset != SGN_NO_OFFSET)
		r->err->offset += base;
	return sgn_ents_invalid(r->err, sgn_wrap(r->err, rc, "DER entitlements"));
}

/* How many items stand in a content; their insides are looked at later. */
static int count_items(struct der_reader *r, struct sgn_view content, size_t *count)
{
	struct sgn_der_item item;

	for (*count = 0; content.size > 0; ++*count) {
		int rc = next_item(r, &content, &item);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_text(struct der_reader *r, const struct sgn_der_item *item, struct sgn_view *out)
{
	if (!sgn_utf8_valid(item->content))
		return damaged(r, item->whole, "text is not UTF-8");
	if (!sgn_arena_copy(r->arena, item->content, out))
		return sgn_fail_nomem(r->err);
	return 0;
}

static int read_entry(struct der_reader *r, const struct sgn_der_item *pair, unsigned depth,
                      struct sgn_value_entry *out)
{
	struct sgn_view rest = pair->content;
	struct sgn_der_item key, value;
	int rc;

	if (pair->tag != SGN_DER_SEQUENCE)
		return damaged(r, pair->whole, "entry is no SEQUENCE");
	rc = next_item(r, &rest, &key);
	if (rc == 0 && key.tag != SGN_DER_UTF8)
		rc = damaged(r, key.whole, "key is no UTF8String");
	if (rc == 0)
		rc = read_text(r, &key, &out->key);
	if (rc == 0)
		rc = next_item(r, &rest, &value);
	if (rc == 0 && rest.size > 0)
		rc = damaged(r, rest, "entry has more than a key and a value");
	return rc < 0 ? rc : read_value(r, &value, depth, &out->value);
}

/* The kernel finds keys by halving, so the order is part of the format; a SET was ordered by the
 * encoded entries, which says nothing about keys: there only equal neighbours are looked for. */
static bool in_order(const struct der_reader *r, const struct sgn_value_entry *before,
                     const struct sgn_value_entry *after)
{
	int order = sgn_view_compare(before->key, after->key);

	return r->legacy ? order != 0 : order < 0;
}

static int read_dict(struct der_reader *r, const struct sgn_der_item *dict, unsigned depth,
                     struct sgn_value *out)
{
	struct sgn_view rest = dict->content;
	struct sgn_value_entry *entries;
	size_t count;
	int rc = count_items(r, rest, &count);

	if (rc < 0)
		return rc;
	entries = sgn_arena_array(r->arena, count, sizeof(*entries));
	if (!entries)
		return sgn_fail_nomem(r->err);
	for (size_t i = 0; i < count; i++) {
		struct sgn_der_item pair;

		rc = next_item(r, &rest, &pair);
		if (rc == 0)
			rc = read_entry(r, &pair, depth + 1, &entries[i]);
		if (rc == 0 && i > 0 && !in_order(r, &entries[i - 1], &entries[i]))
			rc = damaged(r, pair.whole, "keys are not in order");
		if (rc < 0)
			return rc;
	}
	*out = (struct sgn_value){.kind = SGN_VALUE_DICT};
	out->u.dict.entries = entries;
	out->u.dict.count = count;
	return 0;
}

static int read_array(struct der_reader *r, const struct sgn_der_item *array, unsigned depth,
                      struct sgn_value *out)
{
	struct sgn_view rest = array->content;
	struct sgn_value *items;
	size_t count;
	int rc = count_items(r, rest, &count);

	if (rc < 0)
		return rc;
	items = sgn_arena_array(r->arena, count, sizeof(*items));
	if (!items)
		return sgn_fail_nomem(r->err);
	for (size_t i = 0; i < count; i++) {
		struct sgn_der_item item;

		rc = next_item(r, &rest, &item);
		if (rc == 0)
			rc = read_value(r, &item, depth + 1, &items[i]);
		if (rc < 0)
			return rc;
	}
	*out = (struct sgn_value){.kind = SGN_VALUE_ARRAY};
	out->u.array.items = items;
	out->u.array.count = count;
	return 0;
}

static int read_bool(struct der_reader *r, const struct sgn_der_item *item, struct sgn_value *out)
{
	uint8_t byte = item->content.size == 1 ? item->content.data[0] : 0;

	if (item->content.size != 1 || (byte != 0 && byte != 0xff && !r->legacy))
		return damaged(r, item->whole, "BOOLEAN is neither 00 nor ff");
	out->u.boolean = byte != 0;
	return 0;
}

static int read_int(struct der_reader *r, const struct sgn_der_item *item, struct sgn_value *out)
{
	out->kind = SGN_VALUE_INT;
	if (sgn_der_get_int(item->content, &out->u.integer))
		return 0;
	out->is_unsigned = true;
	if (sgn_der_get_uint(item->content, &out->u.uint))
		return 0;
	return damaged(r, item->whole,
	               "INTEGER has more than 64 bits or is not in its shortest form");
}

static int read_value(struct der_reader *r, const struct sgn_der_item *item, unsigned depth,
                      struct sgn_value *out)
{
	if (depth > SGN_LIMIT_DER_DEPTH)
		return sgn_ents_invalid(r->err, sgn_fail(r->err, SGN_E_LIMIT,
		                                         "DER entitlements: more than %d levels",
		                                         SGN_LIMIT_DER_DEPTH));
	*out = (struct sgn_value){.kind = SGN_VALUE_BOOL};
	switch (item->tag) {
	case SGN_DER_BOOLEAN: return read_bool(r, item, out);
	case SGN_DER_INTEGER: return read_int(r, item, out);
	case SGN_DER_UTF8: out->kind = SGN_VALUE_STRING; return read_text(r, item, &out->u.bytes);
	case SGN_DER_OCTETS:
		out->kind = SGN_VALUE_DATA;
		return sgn_arena_copy(r->arena, item->content, &out->u.bytes)
		               ? 0
		               : sgn_fail_nomem(r->err);
	case SGN_DER_SEQUENCE: return read_array(r, item, depth, out);
	case TAG_DICT:
		if (!r->legacy)
			return read_dict(r, item, depth, out);
		break;
	case SGN_DER_SET:
		if (r->legacy)
			return read_dict(r, item, depth, out);
		break;
	default: break;
	}
	return damaged(r, item->whole, "value of a type that entitlements do not have");
}

/* [APPLICATION 16] { INTEGER 1, dictionary } */
static int read_current(struct der_reader *r, const struct sgn_der_item *outer,
                        struct sgn_value *out)
{
	struct sgn_view rest = outer->content;
	struct sgn_der_item version, dict;
	int64_t number = 0;
	int rc = next_item(r, &rest, &version);

	if (rc == 0 && (version.tag != SGN_DER_INTEGER ||
	                !sgn_der_get_int(version.content, &number) || number != FORMAT_VERSION))
		rc = damaged(r, version.whole, "format version is not 1");
	if (rc == 0)
		rc = next_item(r, &rest, &dict);
	if (rc == 0 && (dict.tag != TAG_DICT || rest.size > 0))
		rc = damaged(r, dict.whole, "not one dictionary behind the version");
	return rc < 0 ? rc : read_dict(r, &dict, 0, out);
}

int sgn_ents_from_der(struct sgn_view der, struct sgn_arena *arena, struct sgn_value *out,
                      struct sgn_error *err)
{
	struct der_reader r = {der, arena, err, 0, false};
	struct sgn_view rest = der;
	struct sgn_der_item outer;
	int rc;

	*out = (struct sgn_value){.kind = SGN_VALUE_BOOL};
	if (der.size > SGN_LIMIT_ENTITLEMENTS)
		return sgn_ents_invalid(err, sgn_fail(err, SGN_E_LIMIT,
		                                      "DER entitlements: %zu bytes, more than %u",
		                                      der.size, SGN_LIMIT_ENTITLEMENTS));
	rc = next_item(&r, &rest, &outer);
	if (rc == 0 && rest.size > 0)
		rc = damaged(&r, rest, "more bytes behind the end");
	if (rc < 0)
		return rc;
	if (outer.tag == TAG_ENTITLEMENTS)
		return read_current(&r, &outer, out);
	r.legacy = true;
	if (outer.tag == SGN_DER_SET)
		return read_dict(&r, &outer, 0, out);
	return damaged(&r, outer.whole, "begin neither with tag 0x70 nor with 0x31");
}
