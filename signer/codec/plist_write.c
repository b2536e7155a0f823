/* SPDX-License-Identifier: Apache-2.0 */
/* Property lists as CoreFoundation writes them (docs/format/entitlements.md, "Property lists as
 * written"). */
#include <inttypes.h>

#include "signer/base/limits.h"
#include "signer/base/text.h"
#include "signer/codec/base64.h"
#include "signer/codec/dict.h"
#include "signer/codec/plist_int.h"

/* Base64 lines are this wide, a tab counted as eight; from eight tabs on they do not get narrower. */
#define DATA_WIDTH      76
#define DATA_TAB        8
#define DATA_INDENT_MAX 8

static const char header[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			     "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
			     "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
			     "<plist version=\"1.0\">\n";
static const char footer[] = "</plist>\n";

static int write_value(const struct sgn_value *v, unsigned indent, struct sgn_buf *out,
                       struct sgn_error *err);

static void write_tabs(struct sgn_buf *out, unsigned count)
{
	while (count-- > 0)
		sgn_wr_u8(out, '\t');
}

/* Neither control characters nor the non-characters U+FFFE and U+FFFF can stand in XML 1.0, not even
 * as references (section 2.2). */
static bool fits_in_xml(struct sgn_view text)
{
	if (!sgn_utf8_valid(text))
		return false;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if (c < 0x20 && !sgn_plist_is_blank(c))
			return false;
		if (c == 0xef && text.data[i + 1] == 0xbf && text.data[i + 2] >= 0xbe)
			return false;
	}
	return true;
}

static const char *escaped(uint8_t c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	default: return NULL;
	}
}

static int write_text(const char *element, struct sgn_view text, struct sgn_buf *out,
                      struct sgn_error *err)
{
	size_t plain = 0; /* what is written as it is, from here on */

	if (!fits_in_xml(text))
		return sgn_fail(err, SGN_E_FORMAT, "a %s holds a character that XML cannot express",
		                element);
	sgn_wr_str(out, "<");
	sgn_wr_str(out, element);
	sgn_wr_str(out, ">");
	for (size_t i = 0; i < text.size; i++) {
		const char *instead = escaped(text.data[i]);

		if (!instead)
			continue;
		sgn_wr_bytes(out, text.data + plain, i - plain);
		sgn_wr_str(out, instead);
		plain = i + 1;
	}
	sgn_wr_view(out, sgn_view_from(text, plain));
	sgn_wr_str(out, "</");
	sgn_wr_str(out, element);
	sgn_wr_str(out, ">\n");
	return 0;
}

static void write_data(struct sgn_view data, unsigned indent, struct sgn_buf *out)
{
	unsigned tabs = indent < DATA_INDENT_MAX ? indent : DATA_INDENT_MAX;
	size_t per_line = (DATA_WIDTH - DATA_TAB * tabs) / 4 * 3;
	struct sgn_view line;

	sgn_wr_str(out, "<data>\n");
	for (size_t at = 0; at < data.size; at += line.size) {
		line = sgn_view_from(data, at);
		if (line.size > per_line)
			line.size = per_line;
		write_tabs(out, tabs);
		sgn_base64_encode(line, out);
		sgn_wr_u8(out, '\n');
	}
	write_tabs(out, indent);
	sgn_wr_str(out, "</data>\n");
}

static int write_date(double date, struct sgn_buf *out, struct sgn_error *err)
{
	sgn_wr_str(out, "<date>");
	if (!sgn_plist_print_date(out, date))
		return sgn_fail(err, SGN_E_FORMAT, "a date is outside the years 1 to 9999");
	sgn_wr_str(out, "</date>\n");
	return 0;
}

static void write_int(const struct sgn_value *v, struct sgn_buf *out)
{
	if (v->is_unsigned)
		sgn_wr_fmt(out, "<integer>%" PRIu64 "</integer>\n", v->u.uint);
	else
		sgn_wr_fmt(out, "<integer>%" PRId64 "</integer>\n", v->u.integer);
}

static void write_real(double v, struct sgn_buf *out)
{
	sgn_wr_str(out, "<real>");
	sgn_plist_print_real(out, v);
	sgn_wr_str(out, "</real>\n");
}

static int write_array(const struct sgn_value *v, unsigned indent, struct sgn_buf *out,
                       struct sgn_error *err)
{
	if (v->u.array.count == 0) {
		sgn_wr_str(out, "<array/>\n");
		return 0;
	}
	sgn_wr_str(out, "<array>\n");
	for (size_t i = 0; i < v->u.array.count; i++) {
		int rc = write_value(&v->u.array.items[i], indent + 1, out, err);

		if (rc < 0)
			return rc;
	}
	write_tabs(out, indent);
	sgn_wr_str(out, "</array>\n");
	return 0;
}

static int write_entries(const struct sgn_dict_order *order, unsigned indent, struct sgn_buf *out,
                         struct sgn_error *err)
{
	for (size_t i = 0; i < order->count; i++) {
		int rc;

		write_tabs(out, indent);
		rc = write_text("key", order->entries[i]->key, out, err);
		if (rc == 0)
			rc = write_value(&order->entries[i]->value, indent, out, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int write_dict(const struct sgn_value *v, unsigned indent, struct sgn_buf *out,
                      struct sgn_error *err)
{
	struct sgn_dict_order order;
	int rc;

	if (v->u.dict.count == 0) {
		sgn_wr_str(out, "<dict/>\n");
		return 0;
	}
	rc = sgn_dict_sort(v, sgn_key_compare_utf16, &order, err);
	if (rc < 0)
		return rc;
	sgn_wr_str(out, "<dict>\n");
	rc = write_entries(&order, indent + 1, out, err);
	write_tabs(out, indent);
	sgn_wr_str(out, "</dict>\n");
	sgn_dict_order_dispose(&order);
	return rc;
}

static int write_value(const struct sgn_value *v, unsigned indent, struct sgn_buf *out,
                       struct sgn_error *err)
{
	bool nested = v->kind == SGN_VALUE_ARRAY || v->kind == SGN_VALUE_DICT;

	if (nested && indent >= SGN_LIMIT_PLIST_DEPTH)
		return sgn_fail(err, SGN_E_LIMIT, "property list: more than %d levels",
		                SGN_LIMIT_PLIST_DEPTH);
	write_tabs(out, indent);
	switch (v->kind) {
	case SGN_VALUE_BOOL: sgn_wr_str(out, v->u.boolean ? "<true/>\n" : "<false/>\n"); break;
	case SGN_VALUE_INT: write_int(v, out); break;
	case SGN_VALUE_REAL: write_real(v->u.real, out); break;
	case SGN_VALUE_STRING: return write_text("string", v->u.bytes, out, err);
	case SGN_VALUE_DATA: write_data(v->u.bytes, indent, out); break;
	case SGN_VALUE_DATE: return write_date(v->u.date, out, err);
	case SGN_VALUE_ARRAY: return write_array(v, indent, out, err);
	case SGN_VALUE_DICT: return write_dict(v, indent, out, err);
	}
	return 0;
}

int sgn_plist_write_xml(const struct sgn_value *v, struct sgn_buf *out, struct sgn_error *err)
{
	int rc;

	sgn_wr_str(out, header);
	rc = write_value(v, 0, out, err);
	if (rc < 0)
		return rc;
	sgn_wr_str(out, footer);
	return sgn_buf_finish(out, err, "property list");
}
