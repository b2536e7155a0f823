/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/req/opreader.h"

#include "signer/base/limits.h"

static int invalid(struct sgn_error *err, int rc)
{
	return sgn_error_osstatus(err, rc, errSecCSReqInvalid);
}

int sgn_opreader_open(struct sgn_view blob, struct sgn_reader *rd, uint32_t *form,
                      struct sgn_error *err)
{
	uint32_t magic, length;

	if (blob.size > SGN_LIMIT_REQUIREMENTS)
		return invalid(err, sgn_fail(err, SGN_E_LIMIT,
		                             "requirement: %zu bytes, more than the limit of %u",
		                             blob.size, SGN_LIMIT_REQUIREMENTS));
	*rd = sgn_rd_init(blob);
	magic = sgn_rd_be32(rd);
	length = sgn_rd_be32(rd);
	*form = sgn_rd_be32(rd);
	if (!sgn_rd_ok(rd))
		return invalid(err,
		               sgn_fail(err, SGN_E_FORMAT,
		                        "requirement: %zu bytes, shorter than its header of %d",
		                        blob.size, SGN_REQ_HEADER_SIZE));
	if (magic != SGN_REQ_MAGIC)
		return invalid(err, sgn_fail(err, SGN_E_FORMAT,
		                             "requirement: magic 0x%08lx, not 0x%08lx",
		                             (unsigned long)magic, (unsigned long)SGN_REQ_MAGIC));
	if (length != blob.size)
		return invalid(err,
		               sgn_fail(err, SGN_E_FORMAT,
		                        "requirement: declared length %lu, but %zu bytes are there",
		                        (unsigned long)length, blob.size));
	return 0;
}

struct sgn_view sgn_opreader_data(struct sgn_reader *rd)
{
	uint32_t size = sgn_rd_be32(rd);
	struct sgn_view v = sgn_rd_bytes(rd, size);

	sgn_rd_skip(rd, (4 - size % 4) % 4);
	return v;
}

/* An unknown match is taken to have one string, as the format promises for all new ones. */
static void read_match(struct sgn_reader *rd, struct sgn_req_match *m)
{
	const struct sgn_req_match_info *info;

	m->code = sgn_rd_be32(rd);
	info = sgn_req_match_info(m->code);
	if (!info || info->operand == 'd')
		m->string = sgn_opreader_data(rd);
	else if (info->operand == 't')
		m->time = (int64_t)sgn_rd_be64(rd);
}

static void read_operands(struct sgn_reader *rd, struct sgn_req_op *op)
{
	for (const char *c = op->text; *c; c++) {
		if (*c != '$')
			continue;
		switch (*++c) {
		case 's':
		case 'i': op->number = (int32_t)sgn_rd_be32(rd); break;
		case 'k':
		case 'o': op->key = sgn_opreader_data(rd); break;
		case 'd':
		case 'h': op->data = sgn_opreader_data(rd); break;
		case 'm': read_match(rd, &op->match); break;
		default: break;
		}
	}
}

int sgn_opreader_next(struct sgn_reader *rd, struct sgn_req_op *op, struct sgn_error *err)
{
	size_t start = rd->pos;

	*op = (struct sgn_req_op){.raw = sgn_rd_be32(rd)};
	if (!sgn_rd_ok(rd))
		return invalid(err,
		               sgn_fail(err, SGN_E_FORMAT,
		                        "requirement: an operation is missing at byte %zu, the end",
		                        start));
	op->code = op->raw & SGN_REQ_OPCODE_MASK;
	op->text = sgn_req_op_text(op->code);
	if (op->text)
		read_operands(rd, op);
	else if (sgn_req_op_false(op) || sgn_req_op_skippable(op))
		op->data = sgn_opreader_data(rd);
	if (sgn_rd_ok(rd))
		return 0;
	return invalid(err,
	               sgn_fail(err, SGN_E_FORMAT,
	                        "requirement: an operand of opcode %lu at byte %zu runs past the "
	                        "end, byte %zu",
	                        (unsigned long)op->code, start, rd->in.size));
}

bool sgn_req_op_false(const struct sgn_req_op *op)
{
	return !op->text && (op->raw & SGN_REQ_IF_UNKNOWN_FALSE);
}

bool sgn_req_op_skippable(const struct sgn_req_op *op)
{
	return !op->text && !sgn_req_op_false(op) && (op->raw & SGN_REQ_IF_UNKNOWN_SKIP);
}

int sgn_opreader_end(const struct sgn_reader *rd, struct sgn_error *err)
{
	if (sgn_rd_left(rd) == 0)
		return 0;
	return invalid(
		err, sgn_fail(err, SGN_E_FORMAT,
	                      "requirement: %zu bytes behind the end of the expression at byte %zu",
	                      sgn_rd_left(rd), rd->pos));
}

int sgn_opreader_too_deep(struct sgn_error *err)
{
	return invalid(err, sgn_fail(err, SGN_E_FORMAT,
	                             "requirement: expression nested deeper than %d levels",
	                             SGN_LIMIT_REQ_DEPTH));
}
