/* SPDX-License-Identifier: Apache-2.0 */
/* One operation as canonical text, with Apple's quoting. docs/format/requirements.md, "Canonical text" */
#include "signer/base/oid.h"
#include "signer/base/text.h"
#include "signer/base/time.h"
#include "signer/req/ops.h"

enum spelling { BARE, QUOTED, HEX };

static bool is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Keys may hold dots and still be bare. */
static enum spelling spelling_of(struct sgn_view v, bool is_key)
{
	enum spelling how = BARE;

	for (size_t i = 0; i < v.size; i++) {
		uint8_t c = v.data[i];

		if (!sgn_is_print(c) && !is_space(c))
			return HEX;
		if (sgn_is_digit(c) ? i == 0 : !sgn_is_alpha(c) && !(is_key && c == '.'))
			how = QUOTED;
	}
	return how == BARE && sgn_req_is_keyword(v) ? QUOTED : how;
}

/* The empty string has no text at all; such text cannot be compiled again. */
static void print_string(struct sgn_buf *out, struct sgn_view v, bool is_key)
{
	switch (spelling_of(v, is_key)) {
	case BARE: sgn_wr_view(out, v); return;
	case HEX:
		sgn_wr_str(out, "0x");
		sgn_wr_hex(out, v);
		return;
	case QUOTED: break;
	}
	sgn_wr_u8(out, '"');
	for (size_t i = 0; i < v.size; i++) {
		if (v.data[i] == '"' || v.data[i] == '\\')
			sgn_wr_u8(out, '\\');
		sgn_wr_u8(out, v.data[i]);
	}
	sgn_wr_u8(out, '"');
}

static void print_slot(struct sgn_buf *out, int32_t slot)
{
	if (slot == 0)
		sgn_wr_str(out, "leaf");
	else if (slot == -1)
		sgn_wr_str(out, "root");
	else
		sgn_wr_fmt(out, "%ld", (long)slot);
}

static void print_time(struct sgn_buf *out, int64_t seconds)
{
	static const int64_t first = -63113904000, last = 252423993600; /* years 1 to 9999 */
	struct sgn_time t;

	if (seconds < first || seconds >= last) {
		sgn_wr_fmt(out, "<%lld seconds since 2001>", (long long)seconds);
		return;
	}
	t = sgn_time_split(seconds + SGN_APPLE_EPOCH);
	sgn_wr_fmt(out, "<%04d-%02d-%02d %02d:%02d:%02d +0000>", t.year, t.month, t.day, t.hour,
	           t.minute, t.second);
}

static void print_match(struct sgn_buf *out, const struct sgn_req_match *m)
{
	const struct sgn_req_match_info *info = sgn_req_match_info(m->code);

	if (!info) {
		sgn_wr_fmt(out, " MATCH OPCODE %lu NOT UNDERSTOOD", (unsigned long)m->code);
		if (m->string.size) {
			sgn_wr_str(out, " /* 0x");
			sgn_wr_hex(out, m->string);
			sgn_wr_str(out, " */");
		}
		return;
	}
	sgn_wr_str(out, info->before);
	if (info->operand == 'd')
		print_string(out, m->string, false);
	else if (info->operand == 't')
		print_time(out, m->time);
	sgn_wr_str(out, info->after);
}

static void print_operand(struct sgn_buf *out, char letter, const struct sgn_req_op *op)
{
	switch (letter) {
	case 's': print_slot(out, op->number); break;
	case 'i': sgn_wr_fmt(out, "%ld", (long)op->number); break;
	case 'k': print_string(out, op->key, true); break;
	case 'o': sgn_oid_print(out, op->key); break;
	case 'd': print_string(out, op->data, false); break;
	case 'h': sgn_wr_hex(out, op->data); break;
	case 'm': print_match(out, &op->match); break;
	default: break;
	}
}

void sgn_req_clause_print(struct sgn_buf *out, const struct sgn_req_op *op)
{
	for (const char *c = op->text; *c; c++) {
		if (*c == '$')
			print_operand(out, *++c, op);
		else
			sgn_wr_u8(out, (uint8_t)*c);
	}
}

/* With this wording the text compiles to what the operation means to a reader that skips it. */
void sgn_req_unknown_print(struct sgn_buf *out, const struct sgn_req_op *op)
{
	if (op->raw & SGN_REQ_IF_UNKNOWN_FALSE)
		sgn_wr_str(out, "false ");
	sgn_wr_fmt(out, "/* opcode %lu", (unsigned long)op->code);
	if (op->data.size) {
		sgn_wr_str(out, " 0x");
		sgn_wr_hex(out, op->data);
	}
	sgn_wr_str(out, " */");
}
