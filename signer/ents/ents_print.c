/* SPDX-License-Identifier: Apache-2.0 */
/* The readable tree that codesign -d --entitlements - prints (docs/format/entitlements.md, "Text"). */
#include <inttypes.h>

#include "signer/base/limits.h"
#include "signer/base/time.h"
#include "signer/codec/dict.h"
#include "signer/ents/ents.h"

static void print_value(const struct sgn_value *v, unsigned indent, struct sgn_buf *out);

static void print_label(unsigned indent, const char *label, struct sgn_buf *out)
{
	while (indent-- > 0)
		sgn_wr_u8(out, '\t');
	sgn_wr_str(out, label);
}

/* A signature is somebody else's text: nothing in it may start a new line of the tree or give
 * commands to the terminal. */
static void print_text(struct sgn_view text, struct sgn_buf *out)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if (c == '\n')
			sgn_wr_str(out, "\\n");
		else if (c < 0x20 || c == 0x7f)
			sgn_wr_fmt(out, "\\x%02x", c);
		else
			sgn_wr_u8(out, c);
	}
	sgn_wr_u8(out, '\n');
}

static void print_array(const struct sgn_value *v, unsigned indent, struct sgn_buf *out)
{
	print_label(indent, "[Array]\n", out);
	for (size_t i = 0; i < v->u.array.count; i++)
		print_value(&v->u.array.items[i], indent + 1, out);
}

static void print_dict(const struct sgn_value *v, unsigned indent, struct sgn_buf *out)
{
	struct sgn_dict_order order;

	if (sgn_dict_sort(v, sgn_view_compare, &order, NULL) < 0) {
		out->bad = true;
		out->nomem = true;
		return;
	}
	print_label(indent, "[Dict]\n", out);
	for (size_t i = 0; i < order.count; i++) {
		print_label(indent + 1, "[Key] ", out);
		print_text(order.entries[i]->key, out);
		print_label(indent + 1, "[Value]\n", out);
		print_value(&order.entries[i]->value, indent + 2, out);
	}
	sgn_dict_order_dispose(&order);
}

static void print_int(const struct sgn_value *v, struct sgn_buf *out)
{
	if (v->is_unsigned)
		sgn_wr_fmt(out, "%" PRIu64 "\n", v->u.uint);
	else
		sgn_wr_fmt(out, "%" PRId64 "\n", v->u.integer);
}

/* Dates and reals have no place in entitlements; an old XML blob may hold some nevertheless. */
static void print_date(double date, struct sgn_buf *out)
{
	char text[21] = "?";

	if (date > -1e10 && date < 1e11)
		sgn_time_iso((int64_t)date + SGN_APPLE_EPOCH, text);
	sgn_wr_fmt(out, "%s\n", text);
}

static void print_value(const struct sgn_value *v, unsigned indent, struct sgn_buf *out)
{
	static const char *const labels[] = {
		[SGN_VALUE_BOOL] = "[Bool] ", [SGN_VALUE_INT] = "[Int] ",
		[SGN_VALUE_REAL] = "[Real] ", [SGN_VALUE_STRING] = "[String] ",
		[SGN_VALUE_DATA] = "[Data] ", [SGN_VALUE_DATE] = "[Date] ",
	};

	if (v->kind == SGN_VALUE_ARRAY) {
		print_array(v, indent, out);
		return;
	}
	if (v->kind == SGN_VALUE_DICT) {
		print_dict(v, indent, out);
		return;
	}
	print_label(indent, labels[v->kind], out);
	switch (v->kind) {
	case SGN_VALUE_BOOL: sgn_wr_str(out, v->u.boolean ? "true\n" : "false\n"); break;
	case SGN_VALUE_INT: print_int(v, out); break;
	case SGN_VALUE_REAL: sgn_wr_fmt(out, "%.17g\n", v->u.real); break;
	case SGN_VALUE_STRING: print_text(v->u.bytes, out); break;
	case SGN_VALUE_DATA:
		sgn_wr_hex(out, v->u.bytes);
		sgn_wr_u8(out, '\n');
		break;
	case SGN_VALUE_DATE: print_date(v->u.date, out); break;
	default: break;
	}
}

void sgn_ents_print(const struct sgn_value *dict, struct sgn_buf *out)
{
	print_value(dict, 0, out);
}
