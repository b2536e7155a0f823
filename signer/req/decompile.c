/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to text in Apple's wording. docs/format/requirements.md, "Canonical text" */
#include "signer/base/limits.h"
#include "signer/req/opreader.h"
#include "signer/req/req.h"

/* How tightly the place binds where an expression stands; a looser expression needs parentheses. */
enum level { PRIMARY, TERM, EXPRESSION, TOP };

struct printer {
	struct sgn_reader rd;
	struct sgn_buf *out;
	bool stopped; /* an opcode whose operands are unknown: nothing behind it can be read */
};

static int print_expr(struct printer *p, enum level level, unsigned depth, struct sgn_error *err);

static int print_pair(struct printer *p, enum level mine, enum level level, unsigned depth,
                      struct sgn_error *err)
{
	int rc;

	if (level < mine)
		sgn_wr_u8(p->out, '(');
	rc = print_expr(p, mine, depth + 1, err);
	if (rc < 0 || p->stopped)
		return rc;
	sgn_wr_str(p->out, mine == TERM ? " and " : " or ");
	rc = print_expr(p, mine, depth + 1, err);
	if (rc < 0 || p->stopped)
		return rc;
	if (level < mine)
		sgn_wr_u8(p->out, ')');
	return 0;
}

/* Shows what is left as bytes, so that nothing is hidden. */
static void print_stop(struct printer *p, const struct sgn_req_op *op)
{
	size_t left = sgn_rd_left(&p->rd);

	sgn_wr_fmt(p->out, "OPCODE %lu NOT UNDERSTOOD (ending print)", (unsigned long)op->raw);
	if (left) {
		sgn_wr_str(p->out, " /* 0x");
		sgn_wr_hex(p->out, sgn_rd_bytes(&p->rd, left));
		sgn_wr_str(p->out, " */");
	}
	p->stopped = true;
}

static int print_known(struct printer *p, const struct sgn_req_op *op, enum level level,
                       unsigned depth, struct sgn_error *err)
{
	switch (op->code) {
	case SGN_REQ_OP_AND: return print_pair(p, TERM, level, depth, err);
	case SGN_REQ_OP_OR: return print_pair(p, EXPRESSION, level, depth, err);
	case SGN_REQ_OP_NOT:
		sgn_wr_str(p->out, "! ");
		return print_expr(p, PRIMARY, depth + 1, err);
	default: sgn_req_clause_print(p->out, op); return 0;
	}
}

static int print_expr(struct printer *p, enum level level, unsigned depth, struct sgn_error *err)
{
	struct sgn_req_op op;
	int rc;

	if (depth > SGN_LIMIT_REQ_DEPTH)
		return sgn_opreader_too_deep(err);
	rc = sgn_opreader_next(&p->rd, &op, err);
	while (rc == 0 && sgn_req_op_skippable(&op)) {
		sgn_req_unknown_print(p->out, &op);
		sgn_wr_u8(p->out, ' ');
		rc = sgn_opreader_next(&p->rd, &op, err);
	}
	if (rc < 0)
		return rc;
	if (op.text)
		return print_known(p, &op, level, depth, err);
	if (sgn_req_op_false(&op))
		sgn_req_unknown_print(p->out, &op);
	else
		print_stop(p, &op);
	return 0;
}

/* Not the expression language: shown as a comment, so that it is not taken for one. */
static void print_other(struct printer *p, uint32_t form)
{
	struct sgn_view payload = sgn_view_from(p->rd.in, SGN_REQ_HEADER_SIZE);
	struct sgn_view der = sgn_opreader_data(&p->rd);

	if (form == SGN_REQ_FORM_LIGHTWEIGHT && sgn_rd_ok(&p->rd) && sgn_rd_left(&p->rd) == 0) {
		sgn_wr_fmt(p->out, "/* lightweight code requirement, %zu bytes of DER: 0x",
		           der.size);
		sgn_wr_hex(p->out, der);
	} else {
		sgn_wr_fmt(p->out, "/* requirement of kind %lu, %zu bytes: 0x", (unsigned long)form,
		           payload.size);
		sgn_wr_hex(p->out, payload);
	}
	sgn_wr_str(p->out, " */");
}

static int print_blob(struct sgn_view blob, struct sgn_buf *out, struct sgn_error *err)
{
	struct printer p = {.out = out};
	uint32_t form;
	int rc = sgn_opreader_open(blob, &p.rd, &form, err);

	if (rc < 0)
		return rc;
	if (form != SGN_REQ_FORM_EXPRESSION) {
		print_other(&p, form);
		return 0;
	}
	rc = print_expr(&p, TOP, 1, err);
	return rc < 0 ? rc : sgn_opreader_end(&p.rd, err);
}

int sgn_req_decompile(struct sgn_view blob, struct sgn_buf *out, struct sgn_error *err)
{
	size_t start = out->size;

	return sgn_req_append_done(out, start, print_blob(blob, out, err), err);
}
