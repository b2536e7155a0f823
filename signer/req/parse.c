/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions and sets. docs/format/requirements.md, "Grammar" */
#include "signer/base/text.h"
#include "signer/req/parser.h"

int sgn_req_next(struct sgn_req_parser *p)
{
	return sgn_req_lex(&p->lx, &p->tok, p->err);
}

bool sgn_req_at_punct(const struct sgn_req_parser *p, const char *text)
{
	return p->tok.kind == SGN_TOK_PUNCT && sgn_view_equal(p->tok.text, sgn_view_str(text));
}

bool sgn_req_at_word(const struct sgn_req_parser *p, const char *word)
{
	return p->tok.kind == SGN_TOK_WORD && sgn_view_equal(p->tok.text, sgn_view_str(word));
}

bool sgn_req_at_string(const struct sgn_req_parser *p)
{
	return p->tok.kind == SGN_TOK_STRING || (p->tok.kind == SGN_TOK_WORD && !p->tok.keyword);
}

int sgn_req_unexpected(struct sgn_req_parser *p, const char *what)
{
	char seen[96];

	sgn_req_token_describe(&p->tok, seen, sizeof(seen));
	return sgn_req_syntax(p->err, p->tok.line, p->tok.column, "unexpected %s, expected %s",
	                      seen, what);
}

int sgn_req_take_punct(struct sgn_req_parser *p, const char *text)
{
	char what[8] = {'"', text[0], '"', '\0'};

	if (sgn_req_at_punct(p, text))
		return sgn_req_next(p);
	return sgn_req_unexpected(p, text[1] ? "\"=>\"" : what);
}

int sgn_req_take_string(struct sgn_req_parser *p, struct sgn_view *out)
{
	int rc;

	if (!sgn_req_at_string(p)) {
		rc = sgn_req_unexpected(p, "a string");
		if (p->tok.kind == SGN_TOK_INTEGER)
			return sgn_error_cure(p->err, rc, "put it in double quotes");
		if (p->tok.keyword)
			return sgn_error_cure(
				p->err, rc,
				"put it in double quotes: a bare word may not be a keyword");
		return rc;
	}
	*out = p->tok.value;
	return sgn_req_next(p);
}

int sgn_req_take_integer(struct sgn_req_parser *p, uint32_t max, const char *what, uint32_t *out)
{
	uint64_t value = 0;

	if (p->tok.kind != SGN_TOK_INTEGER)
		return sgn_req_unexpected(p, what);
	for (size_t i = 0; i < p->tok.text.size && value <= max; i++)
		value = value * 10 + (unsigned)(p->tok.text.data[i] - '0');
	if (value > max)
		return sgn_req_syntax(p->err, p->tok.line, p->tok.column,
		                      "number too large, at most %lu", (unsigned long)max);
	*out = (uint32_t)value;
	return sgn_req_next(p);
}

struct sgn_req_node *sgn_req_node_new(struct sgn_req_parser *p, enum sgn_req_opcode code)
{
	struct sgn_req_node *node = sgn_arena_alloc(p->arena, sizeof(*node));

	if (!node) {
		sgn_fail_nomem(p->err);
		return NULL;
	}
	node->op = sgn_req_op_make(code);
	node->depth = 1;
	return node;
}

static int too_deep(struct sgn_req_parser *p, unsigned line, unsigned column)
{
	return sgn_req_syntax(p->err, line, column, "nested deeper than %d levels",
	                      SGN_LIMIT_REQ_DEPTH);
}

/* An inner node; the place is that of its operator, for the message. */
static int join(struct sgn_req_parser *p, enum sgn_req_opcode code, const struct sgn_req_token *at,
                const struct sgn_req_node *left, const struct sgn_req_node *right,
                const struct sgn_req_node **out)
{
	struct sgn_req_node *node = sgn_req_node_new(p, code);

	if (!node)
		return SGN_E_NOMEM;
	node->left = left;
	node->right = right;
	node->depth = 1 + left->depth;
	if (right && right->depth >= node->depth)
		node->depth = 1 + right->depth;
	if (node->depth > SGN_LIMIT_REQ_DEPTH)
		return too_deep(p, at->line, at->column);
	*out = node;
	return 0;
}

static int parse_expr(struct sgn_req_parser *p, const struct sgn_req_node **out);

static int parse_not(struct sgn_req_parser *p, const struct sgn_req_node **out);

/* Behind "(": a string there is the name of a fragment, anything else an expression. */
static int parse_parenthesis(struct sgn_req_parser *p, const struct sgn_req_node **out)
{
	struct sgn_req_node *node;
	int rc = sgn_req_next(p);

	if (rc < 0)
		return rc;
	if (sgn_req_at_string(p)) {
		node = sgn_req_node_new(p, SGN_REQ_OP_NAMED_CODE);
		if (!node)
			return SGN_E_NOMEM;
		rc = sgn_req_take_string(p, &node->op.data);
		*out = node;
	} else {
		rc = parse_expr(p, out);
	}
	if (rc < 0)
		return rc;
	if (!sgn_req_at_punct(p, ")"))
		return sgn_req_unexpected(p, "\"and\", \"or\" or \")\"");
	return sgn_req_next(p);
}

static int parse_primary(struct sgn_req_parser *p, const struct sgn_req_node **out)
{
	struct sgn_req_token at = p->tok;
	int rc;

	if (p->tok.kind == SGN_TOK_WORD)
		return sgn_req_parse_clause(p, out);
	if (!sgn_req_at_punct(p, "(") && !sgn_req_at_punct(p, "!"))
		return sgn_req_unexpected(p,
		                          "a requirement such as identifier, anchor, certificate, "
		                          "cdhash, info, entitlement, \"(\" or \"!\"");
	if (++p->nesting >= SGN_LIMIT_REQ_DEPTH)
		return too_deep(p, at.line, at.column);
	rc = sgn_req_at_punct(p, "(") ? parse_parenthesis(p, out) : parse_not(p, out);
	p->nesting--;
	return rc;
}

static int parse_not(struct sgn_req_parser *p, const struct sgn_req_node **out)
{
	struct sgn_req_token at = p->tok;
	const struct sgn_req_node *inner;
	int rc = sgn_req_next(p);

	if (rc < 0)
		return rc;
	rc = parse_primary(p, &inner);
	return rc < 0 ? rc : join(p, SGN_REQ_OP_NOT, &at, inner, NULL, out);
}

/* a WORD b WORD c: everything so far becomes the left operand each time. */
static int parse_chain(struct sgn_req_parser *p, const char *word, enum sgn_req_opcode code,
                       int (*part)(struct sgn_req_parser *, const struct sgn_req_node **),
                       const struct sgn_req_node **out)
{
	const struct sgn_req_node *left, *right;
	int rc = part(p, &left);

	while (rc == 0 && sgn_req_at_word(p, word)) {
		struct sgn_req_token at = p->tok;

		rc = sgn_req_next(p);
		if (rc == 0)
			rc = part(p, &right);
		if (rc == 0)
			rc = join(p, code, &at, left, right, &left);
	}
	if (rc == 0)
		*out = left;
	return rc;
}

static int parse_term(struct sgn_req_parser *p, const struct sgn_req_node **out)
{
	return parse_chain(p, "and", SGN_REQ_OP_AND, parse_primary, out);
}

static int parse_expr(struct sgn_req_parser *p, const struct sgn_req_node **out)
{
	return parse_chain(p, "or", SGN_REQ_OP_OR, parse_term, out);
}

static int skip_semicolons(struct sgn_req_parser *p)
{
	int rc = 0;

	while (rc == 0 && sgn_req_at_punct(p, ";"))
		rc = sgn_req_next(p);
	return rc;
}

/* 0 when the next token does not begin a set entry. */
static uint32_t named_type(const struct sgn_req_parser *p)
{
	for (uint32_t type = 1; sgn_req_type_name(type); type++)
		if (sgn_req_at_word(p, sgn_req_type_name(type)))
			return type;
	return 0;
}

static bool at_type(const struct sgn_req_parser *p)
{
	return p->tok.kind == SGN_TOK_INTEGER || named_type(p) != 0;
}

static int parse_type(struct sgn_req_parser *p, uint32_t *type)
{
	int rc;

	*type = named_type(p);
	if (*type == 0)
		rc = sgn_req_take_integer(
			p, UINT32_MAX,
			"a type: host, guest, designated, library, plugin or a number", type);
	else
		rc = sgn_req_next(p);
	return rc < 0 ? rc : sgn_req_take_punct(p, "=>");
}

/* A later entry of a type replaces the earlier one. */
static int add_entry(struct sgn_req_parser *p, struct sgn_req_tree *tree, uint32_t type,
                     const struct sgn_req_node *expr, const struct sgn_req_token *at)
{
	size_t i = 0;

	while (i < tree->count && tree->entries[i].type != type)
		i++;
	if (i == SGN_LIMIT_BLOBS)
		return sgn_req_syntax(p->err, at->line, at->column,
		                      "more than %d requirements in one set", SGN_LIMIT_BLOBS);
	tree->entries[i].type = type;
	tree->entries[i].expr = expr;
	if (i == tree->count)
		tree->count++;
	return 0;
}

static int parse_set(struct sgn_req_parser *p, struct sgn_req_tree *tree)
{
	int rc = 0;

	tree->is_set = true;
	p->in_set = true;
	do {
		const struct sgn_req_node *expr;
		struct sgn_req_token at = p->tok;
		uint32_t type;

		rc = parse_type(p, &type);
		if (rc == 0)
			rc = parse_expr(p, &expr);
		if (rc == 0)
			rc = add_entry(p, tree, type, expr, &at);
		if (rc == 0)
			rc = skip_semicolons(p);
	} while (rc == 0 && at_type(p));
	return rc;
}

static int parse_single(struct sgn_req_parser *p, struct sgn_req_tree *tree)
{
	int rc = parse_expr(p, &tree->entries[0].expr);

	tree->count = 1;
	return rc < 0 ? rc : skip_semicolons(p);
}

/* The wish of the caller against what the first token announces. */
static int check_want(struct sgn_req_parser *p)
{
	if (p->opts->want == SGN_REQ_SINGLE && at_type(p))
		return sgn_req_unexpected(p, "a single requirement, not a set");
	if (p->opts->want == SGN_REQ_SET && !at_type(p))
		return sgn_req_unexpected(p, "a requirement set such as \"designated => ...\"");
	return 0;
}

int sgn_req_parse(struct sgn_view text, const struct sgn_req_compile_options *opts,
                  struct sgn_arena *arena, struct sgn_req_tree *tree, struct sgn_error *err)
{
	struct sgn_req_parser p = {.opts = opts, .arena = arena, .err = err};
	int rc;

	*tree = (struct sgn_req_tree){0};
	sgn_req_lex_init(&p.lx, text, arena, opts->self_identifier);
	rc = sgn_req_next(&p);
	if (rc == 0)
		rc = check_want(&p);
	if (rc == 0)
		rc = at_type(&p) ? parse_set(&p, tree) : parse_single(&p, tree);
	if (rc == 0 && p.tok.kind != SGN_TOK_END) {
		rc = sgn_req_unexpected(&p,
		                        p.in_set ? "\"and\", \"or\", \";\", another type or the end"
		                                 : "\"and\", \"or\", \";\" or the end");
		if (p.tok.glued)
			rc = sgn_error_cure(err, rc,
			                    "put strings that hold more than letters, digits and "
			                    "dots in double quotes");
	}
	return rc;
}
