/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind of property list, and the binary kind. The only file that sees libplist. */
#include "signer/codec/plist.h"

#include <plist/plist.h>
#include <stdlib.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/text.h"
#include "signer/codec/dict.h"
#include "signer/codec/plist_int.h"

static const char utf8_bom[] = "\xef\xbb\xbf";

enum sgn_plist_format sgn_plist_sniff(struct sgn_view in)
{
	static const uint8_t utf16_marks[][2] = {{0xff, 0xfe}, {0xfe, 0xff}, {'<', 0}, {0, '<'}};

	if (sgn_view_starts_with(in, sgn_view_str("bplist")))
		return SGN_PLIST_BINARY;
	for (size_t i = 0; i < SGN_ARRAY_LEN(utf16_marks); i++)
		if (sgn_view_starts_with(in, sgn_view_of(utf16_marks[i], 2)))
			return SGN_PLIST_XML;
	if (sgn_view_starts_with(in, sgn_view_str(utf8_bom)))
		in = sgn_view_from(in, strlen(utf8_bom));
	in = sgn_plist_trim(in);
	return in.size > 0 && in.data[0] == '<' ? SGN_PLIST_XML : SGN_PLIST_UNKNOWN;
}

struct convert {
	struct sgn_arena *arena;
	struct sgn_plist_info *info;
	struct sgn_error *err;
};

static int convert_node(struct convert *c, plist_t node, struct sgn_value *out);

static int copy_text(struct convert *c, const char *text, uint64_t size, struct sgn_view *out)
{
	if (!sgn_utf8_valid(sgn_view_of(text, size)))
		return sgn_fail(c->err, SGN_E_FORMAT,
		                "binary property list: text that is no Unicode");
	if (!sgn_arena_copy(c->arena, sgn_view_of(text, size), out))
		return sgn_fail_nomem(c->err);
	return 0;
}

/* libplist keeps the width of an integer to itself: only its XML shows whether the top bit is a sign
 * (8 bytes) or part of an unsigned number (16 bytes). */
static int convert_int(struct convert *c, plist_t node, struct sgn_value *out)
{
	uint32_t size = 0;
	char *xml = NULL;

	out->kind = SGN_VALUE_INT;
	plist_get_uint_val(node, &out->u.uint);
	if (out->u.uint <= INT64_MAX)
		return 0;
	plist_to_xml(node, &xml, &size);
	if (!xml)
		return sgn_fail_nomem(c->err);
	out->is_unsigned = !sgn_view_contains(sgn_view_of(xml, size), sgn_view_str("<integer>-"));
	plist_to_xml_free(xml);
	return 0;
}

static int convert_data(struct convert *c, plist_t node, struct sgn_value *out)
{
	uint64_t size = 0;
	const char *data = plist_get_data_ptr(node, &size);

	out->kind = SGN_VALUE_DATA;
	if (!sgn_arena_copy(c->arena, sgn_view_of(data, data ? size : 0), &out->u.bytes))
		return sgn_fail_nomem(c->err);
	return 0;
}

static int convert_string(struct convert *c, plist_t node, struct sgn_value *out)
{
	uint64_t size = 0;
	const char *text = plist_get_string_ptr(node, &size);

	out->kind = SGN_VALUE_STRING;
	return copy_text(c, text, text ? size : 0, &out->u.bytes);
}

static void convert_date(plist_t node, struct sgn_value *out)
{
	int32_t seconds = 0, micros = 0;

	plist_get_date_val(node, &seconds, &micros);
	out->kind = SGN_VALUE_DATE;
	out->u.date = (double)seconds + (double)micros / 1e6;
}

static int convert_array(struct convert *c, plist_t node, struct sgn_value *out)
{
	size_t count = plist_array_get_size(node);
	struct sgn_value *items = sgn_arena_array(c->arena, count, sizeof(*items));
	plist_array_iter iter = NULL;
	int rc = 0;

	plist_array_new_iter(node, &iter);
	if (!items || !iter)
		rc = sgn_fail_nomem(c->err);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		plist_t item = NULL;

		plist_array_next_item(node, iter, &item);
		rc = convert_node(c, item, &items[i]);
	}
	out->kind = SGN_VALUE_ARRAY;
	out->u.array.items = items;
	out->u.array.count = count;
	free(iter);
	return rc;
}

static int convert_entry(struct convert *c, plist_t dict, plist_dict_iter iter,
                         struct sgn_value_entry *out)
{
	plist_t item = NULL;
	char *key = NULL;
	int rc;

	plist_dict_next_item(dict, iter, &key, &item);
	if (!key)
		return sgn_fail_nomem(c->err);
	rc = copy_text(c, key, strlen(key), &out->key);
	free(key);
	return rc < 0 ? rc : convert_node(c, item, &out->value);
}

static int convert_dict(struct convert *c, plist_t node, struct sgn_value *out)
{
	uint32_t count = plist_dict_get_size(node);
	struct sgn_value_entry *entries = sgn_arena_array(c->arena, count, sizeof(*entries));
	plist_dict_iter iter = NULL;
	int rc = 0;

	plist_dict_new_iter(node, &iter);
	if (!entries || !iter)
		rc = sgn_fail_nomem(c->err);
	for (uint32_t i = 0; rc == 0 && i < count; i++)
		rc = convert_entry(c, node, iter, &entries[i]);
	free(iter);
	out->kind = SGN_VALUE_DICT;
	out->u.dict.entries = entries;
	out->u.dict.count = count;
	if (rc == 0 && !sgn_plist_note_duplicates(out, c->info))
		rc = sgn_fail_nomem(c->err);
	return rc;
}

/* Depth and size were bounded by sgn_plist_check_binary(). */
static int convert_node(struct convert *c, plist_t node, struct sgn_value *out)
{
	uint8_t truth = 0;

	*out = (struct sgn_value){.kind = SGN_VALUE_BOOL};
	switch (plist_get_node_type(node)) {
	case PLIST_BOOLEAN:
		plist_get_bool_val(node, &truth);
		out->u.boolean = truth != 0;
		return 0;
	case PLIST_UINT: return convert_int(c, node, out);
	case PLIST_REAL:
		out->kind = SGN_VALUE_REAL;
		plist_get_real_val(node, &out->u.real);
		return 0;
	case PLIST_DATE: convert_date(node, out); return 0;
	case PLIST_STRING: return convert_string(c, node, out);
	case PLIST_DATA: return convert_data(c, node, out);
	case PLIST_ARRAY: return convert_array(c, node, out);
	case PLIST_DICT: return convert_dict(c, node, out);
	default:
		return sgn_fail(c->err, SGN_E_FORMAT,
		                "binary property list: a value that only keyed archives have");
	}
}

static int read_binary(struct sgn_view in, struct sgn_arena *arena, struct sgn_value *out,
                       struct sgn_plist_info *info, struct sgn_error *err)
{
	struct convert c = {arena, info, err};
	plist_t root = NULL;
	int rc;

	rc = sgn_plist_check_binary(in, err);
	if (rc < 0)
		return rc;
	plist_from_bin((const char *)in.data, (uint32_t)in.size, &root);
	if (!root)
		return sgn_fail(err, SGN_E_FORMAT, "binary property list: damaged");
	rc = convert_node(&c, root, out);
	plist_free(root);
	return rc;
}

bool sgn_plist_note_duplicates(const struct sgn_value *dict, struct sgn_plist_info *info)
{
	struct sgn_dict_order order;

	if (dict->u.dict.count < 2 || info->oddities & SGN_PLIST_DUPLICATE_KEY)
		return true;
	if (sgn_dict_sort(dict, sgn_view_compare, &order, NULL) < 0)
		return false;
	if (order.count < dict->u.dict.count)
		info->oddities |= SGN_PLIST_DUPLICATE_KEY;
	sgn_dict_order_dispose(&order);
	return true;
}

int sgn_plist_read(struct sgn_view in, struct sgn_arena *arena, struct sgn_value *out,
                   struct sgn_plist_info *info, struct sgn_error *err)
{
	struct sgn_plist_info unused;
	int rc;

	if (!info)
		info = &unused;
	*info = (struct sgn_plist_info){.format = sgn_plist_sniff(in)};
	*out = (struct sgn_value){.kind = SGN_VALUE_BOOL};
	if (in.size > SGN_LIMIT_PLIST)
		return sgn_fail(err, SGN_E_LIMIT, "property list: %zu bytes, more than %u", in.size,
		                SGN_LIMIT_PLIST);
	switch (info->format) {
	case SGN_PLIST_XML:
		if (sgn_plist_read_plain(in, arena, out, info, &rc, err))
			return rc;
		return sgn_plist_read_xml(in, arena, out, info, err);
	case SGN_PLIST_BINARY: return read_binary(in, arena, out, info, err);
	case SGN_PLIST_UNKNOWN: break;
	}
	return sgn_plist_not_xml(in, err);
}
