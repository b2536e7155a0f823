/* SPDX-License-Identifier: Apache-2.0 */
/* Requirement source to tokens. docs/format/requirements.md, "Tokens" */
#ifndef SIGNER_REQ_LEX_H
#define SIGNER_REQ_LEX_H

#include "signer/base/arena.h"
#include "signer/base/error.h"

enum sgn_req_token_kind {
	SGN_TOK_END,
	SGN_TOK_WORD,   /* value: the word, with dots */
	SGN_TOK_STRING, /* value: without quotes and escapes */
	SGN_TOK_HASH,   /* value: the digits */
	SGN_TOK_HEX,    /* value: the digits */
	SGN_TOK_INTEGER,
	SGN_TOK_PATH,
	SGN_TOK_PUNCT
};

struct sgn_req_token {
	enum sgn_req_token_kind kind;
	bool keyword;          /* a WORD that may not be a string */
	struct sgn_view text;  /* as in the source */
	struct sgn_view value; /* see above; otherwise equal to text */
	unsigned line, column; /* from 1; a column is one character (UTF-8), also for a tab */
	bool glued;            /* no blank between this token and the one before */
};

struct sgn_req_lexer {
	struct sgn_view in;
	size_t pos;
	unsigned line, column;
	struct sgn_arena *arena;     /* owns values that differ from the source */
	const char *self_identifier; /* replaces $self.identifier; NULL: refused */
	size_t expanded;             /* bytes put into the arena so far, bounded */
};

void sgn_req_lex_init(struct sgn_req_lexer *lx, struct sgn_view text, struct sgn_arena *arena,
                      const char *self_identifier);

/* The next token; SGN_TOK_END again and again at the end. SGN_E_FORMAT, SGN_E_LIMIT, SGN_E_NOMEM. */
int sgn_req_lex(struct sgn_req_lexer *lx, struct sgn_req_token *tok, struct sgn_error *err);

/* A token for people: keyword "and", string "x", end of text. Cut when long; out is terminated. */
void sgn_req_token_describe(const struct sgn_req_token *tok, char *out, size_t size);

/* SGN_E_FORMAT (-67052) with "line L, column C: <message>". */
int sgn_req_syntax(struct sgn_error *err, unsigned line, unsigned column, const char *fmt, ...)
	SGN_PRINTF(4, 5);

#endif
