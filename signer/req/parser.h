/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one parse, shared by parse.c (expressions) and parse_clause.c (single clauses). */
#ifndef SIGNER_REQ_PARSER_H
#define SIGNER_REQ_PARSER_H

#include "signer/req/ast.h"
#include "signer/req/lex.h"

struct sgn_req_parser {
	struct sgn_req_lexer lx;
	struct sgn_req_token tok; /* the next token, not consumed yet */
	const struct sgn_req_compile_options *opts;
	struct sgn_arena *arena;
	struct sgn_error *err;
	unsigned nesting; /* open parentheses and "!" */
	bool in_set;
};

/* Consumes the token. */
int sgn_req_next(struct sgn_req_parser *p);
bool sgn_req_at_punct(const struct sgn_req_parser *p, const char *text);
bool sgn_req_at_word(const struct sgn_req_parser *p, const char *word);
bool sgn_req_at_string(const struct sgn_req_parser *p); /* quoted, or a word that is no keyword */

/* Fails with "unexpected <token>, expected <what>". */
int sgn_req_unexpected(struct sgn_req_parser *p, const char *what);

/* Consumes it, or fails. */
int sgn_req_take_punct(struct sgn_req_parser *p, const char *text);
int sgn_req_take_string(struct sgn_req_parser *p, struct sgn_view *out);

/* Digits within [0, max]. */
int sgn_req_take_integer(struct sgn_req_parser *p, uint32_t max, const char *what, uint32_t *out);

struct sgn_req_node *sgn_req_node_new(struct sgn_req_parser *p, enum sgn_req_opcode code);

/* A clause that begins with a word: the word is the next token. */
int sgn_req_parse_clause(struct sgn_req_parser *p, const struct sgn_req_node **out);

#endif
