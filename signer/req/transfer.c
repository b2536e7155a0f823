/* SPDX-License-Identifier: Apache-2.0 */
/* A requirement of one team made to hold for another one, too: clauses that name the team get an
 * alternative, and nothing else changes. docs/format/requirements.md, "Another team" */
#include <string.h>

#include "signer/base/limits.h"
#include "signer/req/opreader.h"
#include "signer/req/req.h"

struct mover {
	struct sgn_reader rd;
	struct sgn_view from, to;
	struct sgn_buf *out;
	struct sgn_arena arena;
	unsigned moved;
};

/* "Apple Development: Jane Doe (ABCDE12345)": the kind of certificate, up to the blank behind the
 * colon; empty when the name has no such part. */
static struct sgn_view kind_prefix(struct sgn_view name)
{
	struct sgn_view prefix = SGN_VIEW_EMPTY;

	for (size_t i = 0; i + 1 < name.size && !prefix.size; i++)
		if (name.data[i] == ':' && name.data[i + 1] == ' ')
			sgn_view_slice(name, 0, i + 2, &prefix);
	return prefix;
}

static void put_subject(struct mover *m, const char *key, enum sgn_req_match_code match,
                        struct sgn_view value)
{
	struct sgn_req_op op = sgn_req_op_make(SGN_REQ_OP_CERT_SUBJECT);

	op.key = sgn_view_str(key);
	op.match.code = match;
	op.match.string = value;
	sgn_req_emit(m->out, &op);
}

static void put_plain(struct mover *m, enum sgn_req_opcode code)
{
	struct sgn_req_op op = sgn_req_op_make(code);

	sgn_req_emit(m->out, &op);
}

/* --- the alternatives ----------------------------------------------------------------------------- */

/* The same clause about the other team. */
static int other_team(struct mover *m, const struct sgn_req_op *op, struct sgn_error *err)
{
	struct sgn_req_op other = *op;

	SGN_UNUSED(err);
	other.match.string = m->to;
	sgn_req_emit(m->out, &other);
	return 0;
}

/* Nobody knows the names in the other team's certificates. Their kind and their team are as narrow as
 * it gets. */
static int other_name(struct mover *m, const struct sgn_req_op *op, struct sgn_error *err)
{
	SGN_UNUSED(err);
	put_plain(m, SGN_REQ_OP_AND);
	put_subject(m, "subject.CN", SGN_REQ_MATCH_BEGINS, kind_prefix(op->match.string));
	put_subject(m, "subject.OU", SGN_REQ_MATCH_EQUAL, m->to);
	return 0;
}

static int other_company(struct mover *m, const struct sgn_req_op *op, struct sgn_error *err)
{
	SGN_UNUSED(op);
	SGN_UNUSED(err);
	put_subject(m, "subject.OU", SGN_REQ_MATCH_EQUAL, m->to);
	return 0;
}

/* "OLDTEAM000.com.example" becomes "NEWTEAM000.com.example". */
static int other_prefix(struct mover *m, const struct sgn_req_op *op, struct sgn_error *err)
{
	struct sgn_view rest = sgn_view_from(op->match.string, m->from.size);
	struct sgn_req_op other = *op;
	char *text = sgn_arena_alloc(&m->arena, m->to.size + rest.size + 1);

	if (!text)
		return sgn_fail_nomem(err);
	memcpy(text, m->to.data, m->to.size);
	if (rest.size)
		memcpy(text + m->to.size, rest.data, rest.size);
	other.match.string = sgn_view_of(text, m->to.size + rest.size);
	sgn_req_emit(m->out, &other);
	return 0;
}

/* --- which clauses ---------------------------------------------------------------------------------- */

static bool names_team(const struct mover *m, const struct sgn_req_op *op)
{
	return op->match.code == SGN_REQ_MATCH_EQUAL && sgn_view_equal(op->match.string, m->from);
}

static bool names_person(const struct mover *m, const struct sgn_req_op *op)
{
	SGN_UNUSED(m);
	return op->match.code == SGN_REQ_MATCH_EQUAL && kind_prefix(op->match.string).size;
}

static bool names_company(const struct mover *m, const struct sgn_req_op *op)
{
	SGN_UNUSED(m);
	return op->match.code == SGN_REQ_MATCH_EQUAL;
}

static bool begins_with_team(const struct mover *m, const struct sgn_req_op *op)
{
	struct sgn_view v = op->match.string;

	if (op->match.code != SGN_REQ_MATCH_EQUAL && op->match.code != SGN_REQ_MATCH_BEGINS)
		return false;
	return sgn_view_starts_with(v, m->from) &&
	       (v.size == m->from.size || v.data[m->from.size] == '.');
}

static const struct rule {
	enum sgn_req_opcode code;
	const char *key; /* NULL: any */
	bool (*applies)(const struct mover *m, const struct sgn_req_op *op);
	int (*put)(struct mover *m, const struct sgn_req_op *op, struct sgn_error *err);
	enum sgn_req_moved moved;
} rules[] = {
	{SGN_REQ_OP_CERT_SUBJECT, "subject.OU", names_team, other_team, SGN_REQ_MOVED_TEAM},
	{SGN_REQ_OP_CERT_SUBJECT, "subject.UID", names_team, other_team, SGN_REQ_MOVED_TEAM},
	{SGN_REQ_OP_CERT_SUBJECT, "subject.CN", names_person, other_name, SGN_REQ_MOVED_NAME},
	{SGN_REQ_OP_CERT_SUBJECT, "subject.O", names_company, other_company, SGN_REQ_MOVED_COMPANY},
	{SGN_REQ_OP_ENTITLEMENT, NULL, begins_with_team, other_prefix, SGN_REQ_MOVED_PREFIX},
	{SGN_REQ_OP_INFO, NULL, begins_with_team, other_prefix, SGN_REQ_MOVED_PREFIX},
};

static const struct rule *find_rule(const struct mover *m, const struct sgn_req_op *op)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(rules); i++) {
		const struct rule *r = &rules[i];

		if (op->code != r->code ||
		    (r->key && !sgn_view_equal(op->key, sgn_view_str(r->key))))
			continue;
		/* Only the signer's certificate is the team's. */
		if (op->code == SGN_REQ_OP_CERT_SUBJECT && op->number != 0)
			continue;
		if (r->applies(m, op))
			return r;
	}
	return NULL;
}

/* --- walking ---------------------------------------------------------------------------------------- */

static int negated(const struct sgn_req_op *op, struct sgn_error *err)
{
	struct sgn_buf text;
	int rc;

	sgn_buf_init(&text, SGN_LIMIT_REQUIREMENTS);
	sgn_req_clause_print(&text, op);
	rc = sgn_fail(err, SGN_E_UNSUPPORTED,
	              "requirement: \"%s\" stands under \"!\", so no other team can be added to it",
	              sgn_buf_str(&text));
	sgn_buf_dispose(&text);
	return rc;
}

static int move_clause(struct mover *m, const struct sgn_req_op *op, struct sgn_view raw,
                       bool under_not, struct sgn_error *err)
{
	const struct rule *rule = find_rule(m, op);

	if (!rule) {
		sgn_wr_view(m->out, raw);
		return 0;
	}
	if (under_not)
		return negated(op, err);
	put_plain(m, SGN_REQ_OP_OR);
	sgn_wr_view(m->out, raw);
	m->moved |= (unsigned)rule->moved;
	return rule->put(m, op, err);
}

static int unknown(const struct sgn_req_op *op, struct sgn_error *err)
{
	int rc = sgn_fail(err, SGN_E_UNSUPPORTED,
	                  "requirement: unknown opcode %lu, which may not be skipped",
	                  (unsigned long)op->raw);

	return sgn_error_osstatus(err, rc, errSecCSUnimplemented);
}

static int move_expr(struct mover *m, unsigned depth, bool under_not, struct sgn_error *err)
{
	struct sgn_view raw = SGN_VIEW_EMPTY;
	size_t start = m->rd.pos;
	struct sgn_req_op op;
	int rc;

	if (depth > SGN_LIMIT_REQ_DEPTH)
		return sgn_opreader_too_deep(err);
	do
		rc = sgn_opreader_next(&m->rd, &op, err);
	while (rc == 0 && sgn_req_op_skippable(&op));
	if (rc == 0 && !op.text && !sgn_req_op_false(&op))
		rc = unknown(&op, err);
	if (rc)
		return rc;
	sgn_view_slice(m->rd.in, start, m->rd.pos - start, &raw);
	if (!op.text ||
	    (op.code != SGN_REQ_OP_AND && op.code != SGN_REQ_OP_OR && op.code != SGN_REQ_OP_NOT))
		return move_clause(m, &op, raw, under_not, err);
	sgn_wr_view(m->out, raw);
	rc = move_expr(m, depth + 1, under_not || op.code == SGN_REQ_OP_NOT, err);
	if (rc == 0 && op.code != SGN_REQ_OP_NOT)
		rc = move_expr(m, depth + 1, under_not, err);
	return rc;
}

int sgn_req_move_team(struct sgn_view blob, struct sgn_view from, struct sgn_view to,
                      struct sgn_buf *out, unsigned *moved, struct sgn_error *err)
{
	struct mover m = {.from = from, .to = to, .out = out};
	size_t begin_at = out->size;
	struct sgn_mark begin;
	uint32_t form;
	int rc = sgn_opreader_open(blob, &m.rd, &form, err);

	if (rc == 0 && form != SGN_REQ_FORM_EXPRESSION) {
		rc = sgn_fail(err, SGN_E_UNSUPPORTED,
		              "requirement: of a kind that is no expression");
		sgn_error_osstatus(err, rc, errSecCSReqUnsupported);
	}
	if (rc)
		return rc;
	begin = sgn_req_emit_begin(out);
	rc = move_expr(&m, 1, false, err);
	if (rc == 0)
		rc = sgn_opreader_end(&m.rd, err);
	sgn_req_emit_end(out, begin);
	*moved = m.moved;
	sgn_arena_dispose(&m.arena);
	return sgn_req_append_done(out, begin_at, rc, err);
}
