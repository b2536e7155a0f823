/* SPDX-License-Identifier: Apache-2.0 */
/* Clauses: everything that is neither "and", "or", "!" nor parentheses. docs/format/requirements.md, "Grammar" */
#include "signer/base/oid.h"
#include "signer/base/text.h"
#include "signer/req/parser.h"

#define HASH_SIZE 20

static int skip_equals(struct sgn_req_parser *p)
{
	return sgn_req_at_punct(p, "=") || sgn_req_at_punct(p, "==") ? sgn_req_next(p) : 0;
}

/* Decodes hexadecimal digits into the arena. */
static int take_hex(struct sgn_req_parser *p, struct sgn_view *out)
{
	size_t size = p->tok.value.size / 2;
	uint8_t *bytes = sgn_arena_alloc(p->arena, size);

	if (!bytes)
		return sgn_fail_nomem(p->err);
	sgn_hex_decode(p->tok.value, bytes,
	               size); /* the lexer saw that they are digits, and even */
	*out = sgn_view_of(bytes, size);
	return sgn_req_next(p);
}

static int take_hash(struct sgn_req_parser *p, struct sgn_view *out)
{
	if (p->tok.kind != SGN_TOK_HASH)
		return sgn_req_unexpected(p, "a hash such as H\"0123...\"");
	if (p->tok.value.size != 2 * HASH_SIZE)
		return sgn_req_syntax(p->err, p->tok.line, p->tok.column,
		                      "invalid hash length: %zu hexadecimal digits, expected %d",
		                      p->tok.value.size, 2 * HASH_SIZE);
	return take_hex(p, out);
}

/* --- matches ---------------------------------------------------------------------------------- */

static const struct relation {
	const char *token;
	enum sgn_req_match_code with_string, with_time;
} relations[] = {
#define RELATION(token, string_match, time_match) \
	{(token), SGN_REQ_MATCH_##string_match, SGN_REQ_MATCH_##time_match},
#include "signer/req/ops.def"
};

static int take_time(struct sgn_req_parser *p, struct sgn_req_match *m)
{
	int rc = sgn_req_next(p);

	if (rc < 0)
		return rc;
	if (p->tok.kind != SGN_TOK_STRING)
		return sgn_req_unexpected(p, "a time such as \"20250131235959Z\"");
	if (!sgn_req_time_parse(p->tok.value, &m->time))
		return sgn_req_syntax(p->err, p->tok.line, p->tok.column,
		                      "not a time, expected \"YYYYMMDDHHMMSSZ\"");
	return sgn_req_next(p);
}

static int take_value(struct sgn_req_parser *p, struct sgn_view *out)
{
	return p->tok.kind == SGN_TOK_HEX ? take_hex(p, out) : sgn_req_take_string(p, out);
}

static int skip_star(struct sgn_req_parser *p, bool *seen)
{
	*seen = sgn_req_at_punct(p, "*");
	return *seen ? sgn_req_next(p) : 0;
}

/* Behind "=": a star before the value asks for the end, one behind it for the beginning. */
static int take_wildcard(struct sgn_req_parser *p, struct sgn_req_match *m)
{
	bool before = false, behind = false;
	int rc = skip_star(p, &before);

	if (rc == 0)
		rc = take_value(p, &m->string);
	if (rc == 0)
		rc = skip_star(p, &behind);
	if (before)
		m->code = behind ? SGN_REQ_MATCH_CONTAINS : SGN_REQ_MATCH_ENDS;
	else if (behind)
		m->code = SGN_REQ_MATCH_BEGINS;
	return rc;
}

static int take_match(struct sgn_req_parser *p, struct sgn_req_match *m)
{
	const struct relation *found = NULL;
	int rc;

	m->code = SGN_REQ_MATCH_EXISTS;
	if (sgn_req_at_word(p, "exists"))
		return sgn_req_next(p);
	if (sgn_req_at_word(p, "absent")) {
		m->code = SGN_REQ_MATCH_ABSENT;
		return sgn_req_next(p);
	}
	for (size_t i = 0; i < SGN_ARRAY_LEN(relations); i++)
		if (sgn_req_at_punct(p, relations[i].token))
			found = &relations[i];
	if (!found)
		return 0;
	rc = sgn_req_next(p);
	if (rc < 0)
		return rc;
	if (sgn_req_at_word(p, "timestamp") && found->with_time != SGN_REQ_MATCH_EXISTS) {
		m->code = found->with_time;
		return take_time(p, m);
	}
	m->code = found->with_string;
	return m->code == SGN_REQ_MATCH_EQUAL ? take_wildcard(p, m) : take_value(p, &m->string);
}

static int take_key(struct sgn_req_parser *p, struct sgn_view *out)
{
	int rc = sgn_req_take_punct(p, "[");

	if (rc == 0)
		rc = sgn_req_take_string(p, out);
	return rc < 0 ? rc : sgn_req_take_punct(p, "]");
}

/* --- certificates ----------------------------------------------------------------------------- */

static const struct {
	const char *prefix;
	enum sgn_req_opcode code;
} fields[] = {
#define FIELD(prefix, symbol) {(prefix), SGN_REQ_OP_##symbol},
#include "signer/req/ops.def"
};

static int set_oid_field(struct sgn_req_parser *p, struct sgn_req_op *op, struct sgn_view dotted,
                         const struct sgn_req_token *at)
{
	struct sgn_oid oid;

	if (!sgn_oid_parse((const char *)dotted.data, dotted.size, &oid))
		return sgn_req_syntax(p->err, at->line, at->column,
		                      "not an object identifier, expected numbers such as 1.2.840");
	return sgn_arena_copy(p->arena, sgn_oid_view(&oid), &op->key) ? 0 : sgn_fail_nomem(p->err);
}

/* What the key in certificate SLOT[key] asks for. */
static int set_field(struct sgn_req_parser *p, struct sgn_req_op *op, struct sgn_view key,
                     const struct sgn_req_token *at)
{
	int32_t slot = op->number;
	char seen[96];

	for (size_t i = 0; i < SGN_ARRAY_LEN(fields); i++) {
		struct sgn_view prefix = sgn_view_str(fields[i].prefix);

		if (!sgn_view_starts_with(key, prefix))
			continue;
		*op = sgn_req_op_make(fields[i].code);
		op->number = slot;
		return set_oid_field(p, op, sgn_view_from(key, prefix.size), at);
	}
	if (!sgn_view_starts_with(key, sgn_view_str("subject."))) {
		sgn_req_token_describe(at, seen, sizeof(seen));
		return sgn_req_syntax(p->err, at->line, at->column,
		                      "unrecognized certificate field %s, expected subject.NAME, "
		                      "field.OID, extension.OID, policy.OID or timestamp.OID",
		                      seen);
	}
	*op = sgn_req_op_make(SGN_REQ_OP_CERT_SUBJECT);
	op->number = slot;
	op->key = key;
	return 0;
}

static int take_field(struct sgn_req_parser *p, struct sgn_req_op *op)
{
	struct sgn_req_token at;
	struct sgn_view key;
	int rc = sgn_req_take_punct(p, "[");

	at = p->tok;
	if (rc == 0)
		rc = sgn_req_take_string(p, &key);
	if (rc == 0)
		rc = set_field(p, op, key, &at);
	if (rc == 0)
		rc = sgn_req_take_punct(p, "]");
	return rc < 0 ? rc : take_match(p, &op->match);
}

/* A certificate file is hashed while compiling; only the caller may touch files. */
static int take_cert_file(struct sgn_req_parser *p, struct sgn_req_op *op)
{
	struct sgn_req_token at = p->tok;
	uint8_t *hash = sgn_arena_alloc(p->arena, HASH_SIZE);
	char *path = sgn_arena_strndup(p->arena, (const char *)at.value.data, at.value.size);
	int rc;

	if (!hash || !path)
		return sgn_fail_nomem(p->err);
	if (!p->opts->cert_sha1)
		return sgn_req_syntax(
			p->err, at.line, at.column,
			"certificate files are not read here, expected their SHA-1 as "
			"H\"...\"");
	for (size_t i = 0; i < at.value.size; i++)
		if (path[i] == '\0')
			return sgn_req_syntax(p->err, at.line, at.column, "NUL byte in a path");
	rc = p->opts->cert_sha1(p->opts->arg, path, hash, p->err);
	if (rc < 0)
		return sgn_wrap(p->err, rc, "line %u, column %u", at.line, at.column);
	op->data = sgn_view_of(hash, HASH_SIZE);
	return sgn_req_next(p);
}

/* Behind the slot: a field, a hash or a file. */
static int take_cert_spec(struct sgn_req_parser *p, struct sgn_req_op *op)
{
	int rc;

	if (sgn_req_at_punct(p, "["))
		return take_field(p, op);
	rc = skip_equals(p);
	if (rc < 0)
		return rc;
	if (p->tok.kind == SGN_TOK_HASH)
		return take_hash(p, &op->data);
	if (p->tok.kind == SGN_TOK_PATH || p->tok.kind == SGN_TOK_STRING)
		return take_cert_file(p, op);
	return sgn_req_unexpected(p, "\"[\", a hash such as H\"0123...\" or the path of a "
	                             "certificate file");
}

static int take_slot(struct sgn_req_parser *p, int32_t *slot)
{
	bool negative = sgn_req_at_punct(p, "-");
	bool named = sgn_req_at_word(p, "leaf") || sgn_req_at_word(p, "root");
	uint32_t number;
	int rc;

	if (named) {
		*slot = sgn_req_at_word(p, "leaf") ? 0 : -1;
		return sgn_req_next(p);
	}
	rc = negative ? sgn_req_next(p) : 0;
	if (rc == 0)
		rc = sgn_req_take_integer(
			p, INT32_MAX,
			negative ? "a number"
				 : "leaf, root, trusted or the number of a certificate",
			&number);
	if (rc == 0)
		*slot = negative ? -(int32_t)number : (int32_t)number;
	return rc;
}

/* --- one function per word -------------------------------------------------------------------- */

/* Each starts behind its word with a node of the opcode in the table below. */

static int clause_plain(struct sgn_req_parser *p, struct sgn_req_op *op)
{
	SGN_UNUSED(p);
	SGN_UNUSED(op);
	return 0;
}

static int clause_string(struct sgn_req_parser *p, struct sgn_req_op *op)
{
	int rc = skip_equals(p);

	return rc < 0 ? rc : sgn_req_take_string(p, &op->data);
}

static int clause_hash(struct sgn_req_parser *p, struct sgn_req_op *op)
{
	int rc = skip_equals(p);

	return rc < 0 ? rc : take_hash(p, &op->data);
}

static int clause_number(struct sgn_req_parser *p, struct sgn_req_op *op)
{
	uint32_t number;
	int rc = skip_equals(p);

	if (rc == 0)
		rc = sgn_req_take_integer(p, INT32_MAX, "a number", &number);
	if (rc == 0)
		op->number = (int32_t)number;
	return rc;
}

static int clause_keyed(struct sgn_req_parser *p, struct sgn_req_op *op)
{
	int rc = take_key(p, &op->key);

	return rc < 0 ? rc : take_match(p, &op->match);
}

static int anchor_apple(struct sgn_req_parser *p, struct sgn_req_op *op)
{
	int rc = sgn_req_next(p);

	if (rc < 0)
		return rc;
	if (sgn_req_at_word(p, "generic")) {
		*op = sgn_req_op_make(SGN_REQ_OP_APPLE_GENERIC);
		return sgn_req_next(p);
	}
	if (sgn_req_at_string(p)) {
		*op = sgn_req_op_make(SGN_REQ_OP_NAMED_ANCHOR);
		return sgn_req_take_string(p, &op->data);
	}
	*op = sgn_req_op_make(SGN_REQ_OP_APPLE);
	return 0;
}

static int trusted_any(struct sgn_req_parser *p, struct sgn_req_op *op)
{
	*op = sgn_req_op_make(SGN_REQ_OP_TRUSTED_CERTS);
	return sgn_req_next(p);
}

static int clause_anchor(struct sgn_req_parser *p, struct sgn_req_op *op)
{
	int rc;

	if (sgn_req_at_word(p, "apple"))
		return anchor_apple(p, op);
	if (sgn_req_at_word(p, "trusted"))
		return trusted_any(p, op);
	if (sgn_req_at_word(p, "generic")) {
		rc = sgn_req_next(p);
		if (rc < 0)
			return rc;
		if (!sgn_req_at_word(p, "apple"))
			return sgn_req_unexpected(p, "apple");
		*op = sgn_req_op_make(SGN_REQ_OP_APPLE_GENERIC);
		return sgn_req_next(p);
	}
	op->number = -1;
	return take_cert_spec(p, op);
}

static int clause_certificate(struct sgn_req_parser *p, struct sgn_req_op *op)
{
	int32_t slot = 0;
	int rc;

	if (sgn_req_at_word(p, "trusted"))
		return trusted_any(p, op);
	rc = take_slot(p, &slot);
	if (rc < 0)
		return rc;
	op->number = slot;
	if (!sgn_req_at_word(p, "trusted"))
		return take_cert_spec(p, op);
	*op = sgn_req_op_make(SGN_REQ_OP_TRUSTED_CERT);
	op->number = slot;
	return sgn_req_next(p);
}

static const struct {
	const char *word;
	enum sgn_req_opcode code;
	int (*parse)(struct sgn_req_parser *p, struct sgn_req_op *op);
} clauses[] = {
	{"always", SGN_REQ_OP_TRUE, clause_plain},
	{"true", SGN_REQ_OP_TRUE, clause_plain},
	{"never", SGN_REQ_OP_FALSE, clause_plain},
	{"false", SGN_REQ_OP_FALSE, clause_plain},
	{"identifier", SGN_REQ_OP_IDENT, clause_string},
	{"cdhash", SGN_REQ_OP_CDHASH, clause_hash},
	{"platform", SGN_REQ_OP_PLATFORM, clause_number},
	{"notarized", SGN_REQ_OP_NOTARIZED, clause_plain},
	{"legacy", SGN_REQ_OP_LEGACY, clause_plain},
	{"anchor", SGN_REQ_OP_CERT_HASH, clause_anchor},
	{"certificate", SGN_REQ_OP_CERT_HASH, clause_certificate},
	{"cert", SGN_REQ_OP_CERT_HASH, clause_certificate},
	{"info", SGN_REQ_OP_INFO, clause_keyed},
	{"entitlement", SGN_REQ_OP_ENTITLEMENT, clause_keyed},
};

int sgn_req_parse_clause(struct sgn_req_parser *p, const struct sgn_req_node **out)
{
	struct sgn_req_node *node;
	int rc;

	for (size_t i = 0; i < SGN_ARRAY_LEN(clauses); i++) {
		if (!sgn_req_at_word(p, clauses[i].word))
			continue;
		node = sgn_req_node_new(p, clauses[i].code);
		if (!node)
			return SGN_E_NOMEM;
		*out = node;
		rc = sgn_req_next(p);
		return rc < 0 ? rc : clauses[i].parse(p, &node->op);
	}
	return sgn_req_unexpected(p,
	                          "a requirement such as identifier, anchor, certificate, cdhash, "
	                          "info, entitlement, \"(\" or \"!\"");
}
