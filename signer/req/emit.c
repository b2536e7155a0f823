/* SPDX-License-Identifier: Apache-2.0 */
/* One operation as bytes. docs/format/requirements.md, "Bytes" */
#include "signer/req/ops.h"

static void put_data(struct sgn_buf *out, struct sgn_view v)
{
	sgn_wr_be32(out, (uint32_t)v.size);
	sgn_wr_view(out, v);
	sgn_wr_zero(out, (4 - v.size % 4) % 4);
}

static void put_match(struct sgn_buf *out, const struct sgn_req_match *m)
{
	const struct sgn_req_match_info *info = sgn_req_match_info(m->code);

	sgn_wr_be32(out, m->code);
	if (info && info->operand == 't')
		sgn_wr_be64(out, (uint64_t)m->time);
	else if (!info || info->operand == 'd')
		put_data(out, m->string);
}

void sgn_req_emit(struct sgn_buf *out, const struct sgn_req_op *op)
{
	sgn_wr_be32(out, op->raw);
	for (const char *c = op->text; *c; c++) {
		if (*c != '$')
			continue;
		switch (*++c) {
		case 's':
		case 'i': sgn_wr_be32(out, (uint32_t)op->number); break;
		case 'k':
		case 'o': put_data(out, op->key); break;
		case 'd':
		case 'h': put_data(out, op->data); break;
		case 'm': put_match(out, &op->match); break;
		default: break;
		}
	}
}

struct sgn_mark sgn_req_emit_begin(struct sgn_buf *out)
{
	struct sgn_mark begin = {out->size};

	sgn_wr_be32(out, SGN_REQ_MAGIC);
	sgn_wr_be32(out, 0);
	sgn_wr_be32(out, SGN_REQ_FORM_EXPRESSION);
	return begin;
}

void sgn_req_emit_end(struct sgn_buf *out, struct sgn_mark begin)
{
	struct sgn_mark length = {begin.at + 4};

	if (!out->bad)
		sgn_wr_fill32(out, length, out->size - begin.at);
}
