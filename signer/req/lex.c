/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/req/lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/text.h"
#include "signer/req/ops.h"

static const char self_words[] = "$self.identifier";

void sgn_req_lex_init(struct sgn_req_lexer *lx, struct sgn_view text, struct sgn_arena *arena,
                      const char *self_identifier)
{
	*lx = (struct sgn_req_lexer){.in = text,
	                             .line = 1,
	                             .column = 1,
	                             .arena = arena,
	                             .self_identifier = self_identifier};
}

int sgn_req_syntax(struct sgn_error *err, unsigned line, unsigned column, const char *fmt, ...)
{
	char message[320];
	va_list ap;
	int rc;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	rc = sgn_fail(err, SGN_E_FORMAT, "line %u, column %u: %s", line, column, message);
	return sgn_error_osstatus(err, rc, errSecCSReqInvalid);
}

/* The byte at pos + ahead; 0 behind the end (a NUL in the text is no valid character either). */
static uint8_t peek(const struct sgn_req_lexer *lx, size_t ahead)
{
	return ahead < lx->in.size - lx->pos ? lx->in.data[lx->pos + ahead] : 0;
}

static bool at_end(const struct sgn_req_lexer *lx)
{
	return lx->pos == lx->in.size;
}

static void advance(struct sgn_req_lexer *lx, size_t count)
{
	while (count-- && !at_end(lx)) {
		uint8_t c = lx->in.data[lx->pos++];

		if (c == '\n') {
			lx->line++;
			lx->column = 1;
		} else if ((c & 0xc0) != 0x80) { /* not inside a UTF-8 sequence */
			lx->column++;
		}
	}
}

static void skip_line(struct sgn_req_lexer *lx)
{
	while (!at_end(lx) && peek(lx, 0) != '\n')
		advance(lx, 1);
}

static int skip_block_comment(struct sgn_req_lexer *lx, struct sgn_error *err)
{
	unsigned line = lx->line, column = lx->column;

	advance(lx, 2);
	while (!at_end(lx)) {
		if (peek(lx, 0) == '*' && peek(lx, 1) == '/') {
			advance(lx, 2);
			return 0;
		}
		advance(lx, 1);
	}
	return sgn_req_syntax(err, line, column, "comment is not closed, expected \"*/\"");
}

static int skip_blank(struct sgn_req_lexer *lx, struct sgn_error *err)
{
	for (;;) {
		uint8_t c = peek(lx, 0);
		int rc = 0;

		if (c == ' ' || c == '\t' || c == '\n')
			advance(lx, 1);
		else if (c == '#' || (c == '/' && peek(lx, 1) == '/'))
			skip_line(lx);
		else if (c == '/' && peek(lx, 1) == '*')
			rc = skip_block_comment(lx, err);
		else
			return 0;
		if (rc < 0)
			return rc;
	}
}

/* Lengths of what stands at pos + from. */
static size_t span(const struct sgn_req_lexer *lx, size_t from, bool (*is)(uint8_t))
{
	size_t len = 0;

	while (is(peek(lx, from + len)))
		len++;
	return len;
}

static bool is_hex(uint8_t c)
{
	return sgn_hex_digit(c) >= 0;
}

static size_t span_ident(const struct sgn_req_lexer *lx, size_t from)
{
	return sgn_is_alpha(peek(lx, from)) ? span(lx, from, sgn_is_alnum) : 0;
}

/* The ".part.part" behind a word: each part an identifier or digits. */
static size_t span_dots(const struct sgn_req_lexer *lx, size_t from)
{
	size_t len = 0;

	while (peek(lx, from + len) == '.') {
		size_t part = span_ident(lx, from + len + 1);

		if (part == 0)
			part = span(lx, from + len + 1, sgn_is_digit);
		if (part == 0)
			break;
		len += 1 + part;
	}
	return len;
}

static size_t span_path(const struct sgn_req_lexer *lx)
{
	size_t len = 0, parts = 0;

	while (peek(lx, len) == '/') {
		size_t part = span_ident(lx, len + 1);

		if (part == 0)
			break;
		len += 1 + part;
		parts++;
	}
	return parts >= 2 ? len : 0;
}

/* A token of len bytes. */
static int take(struct sgn_req_lexer *lx, enum sgn_req_token_kind kind, size_t len,
                struct sgn_req_token *tok)
{
	tok->kind = kind;
	tok->text = sgn_view_of(lx->in.data + lx->pos, len);
	tok->value = tok->text;
	advance(lx, len);
	return 0;
}

static int take_word(struct sgn_req_lexer *lx, struct sgn_req_token *tok)
{
	size_t len = span_ident(lx, 0);

	take(lx, SGN_TOK_WORD, len + span_dots(lx, len), tok);
	tok->keyword = sgn_req_is_keyword(tok->text);
	return 0;
}

/* An arena copy of room bytes, within the bound on all copies together. */
static int expand(struct sgn_req_lexer *lx, size_t room, uint8_t **out, struct sgn_error *err)
{
	if (room > SGN_LIMIT_REQUIREMENTS - lx->expanded)
		return sgn_fail(err, SGN_E_LIMIT,
		                "requirement text: strings of more than %u bytes in all",
		                SGN_LIMIT_REQUIREMENTS);
	lx->expanded += room;
	*out = sgn_arena_alloc(lx->arena, room);
	return *out ? 0 : sgn_fail_nomem(err);
}

static int no_self(const struct sgn_req_token *tok, struct sgn_error *err)
{
	return sgn_req_syntax(err, tok->line, tok->column,
	                      "%s has no meaning here, because no identifier is known", self_words);
}

/* The content of a string without escapes and with $self.identifier replaced; out NULL: only counts. */
static size_t decode(struct sgn_view raw, struct sgn_view self, uint8_t *out)
{
	const struct sgn_view words = sgn_view_str(self_words);
	size_t len = 0;

	for (size_t i = 0; i < raw.size; i++) {
		struct sgn_view part = sgn_view_of(raw.data + i, 1);

		if (raw.data[i] == '\\') { /* always followed by a quote: the scan made sure */
			part = sgn_view_of(raw.data + ++i, 1);
		} else if (sgn_view_starts_with(sgn_view_from(raw, i), words)) {
			part = self;
			i += words.size - 1;
		}
		if (out && part.size)
			memcpy(out + len, part.data, part.size);
		len += part.size;
	}
	return len;
}

/* Finds the closing quote; *len counts both quotes, *plain tells that nothing is to be replaced. */
static int scan_string(const struct sgn_req_lexer *lx, size_t *len, bool *plain,
                       struct sgn_error *err)
{
	struct sgn_req_lexer at = *lx; /* for line and column of a bad place */
	size_t i = 1;

	*plain = true;
	for (;; i++) {
		if (i >= lx->in.size - lx->pos)
			return sgn_req_syntax(err, lx->line, lx->column,
			                      "string is not closed, expected '\"'");
		if (peek(lx, i) == '"')
			break;
		if (peek(lx, i) == '$')
			*plain = false;
		if (peek(lx, i) != '\\')
			continue;
		*plain = false;
		if (peek(lx, ++i) != '"') {
			advance(&at, i - 1);
			return sgn_req_syntax(err, at.line, at.column,
			                      "illegal backslash in a string, only \\\" is known");
		}
	}
	*len = i + 1;
	return 0;
}

static int take_string(struct sgn_req_lexer *lx, struct sgn_req_token *tok, struct sgn_error *err)
{
	struct sgn_view raw, self = SGN_VIEW_EMPTY;
	bool plain;
	size_t len = 0, room;
	uint8_t *copy;
	int rc = scan_string(lx, &len, &plain, err);

	if (rc < 0)
		return rc;
	take(lx, SGN_TOK_STRING, len, tok);
	raw = sgn_view_of(tok->text.data + 1, len - 2);
	tok->value = raw;
	if (plain)
		return 0;
	if (lx->self_identifier)
		self = sgn_view_str(lx->self_identifier);
	else if (sgn_view_contains(raw, sgn_view_str(self_words)))
		return no_self(tok, err);
	room = decode(raw, self, NULL);
	rc = expand(lx, room, &copy, err);
	if (rc < 0)
		return rc;
	decode(raw, self, copy);
	tok->value = sgn_view_of(copy, room);
	return 0;
}

/* $self.identifier outside quotes, perhaps with more parts behind: a string. */
static int take_self(struct sgn_req_lexer *lx, struct sgn_req_token *tok, struct sgn_error *err)
{
	const size_t words = sizeof(self_words) - 1;
	size_t tail, size;
	uint8_t *copy;
	int rc;

	if (!sgn_view_starts_with(sgn_view_from(lx->in, lx->pos), sgn_view_str(self_words)))
		return sgn_req_syntax(err, lx->line, lx->column,
		                      "illegal character '$', only %s may begin with it",
		                      self_words);
	tail = span_dots(lx, words);
	take(lx, SGN_TOK_STRING, words + tail, tok);
	if (!lx->self_identifier)
		return no_self(tok, err);
	size = strlen(lx->self_identifier);
	rc = expand(lx, size + tail, &copy, err);
	if (rc < 0)
		return rc;
	if (size)
		memcpy(copy, lx->self_identifier, size);
	if (tail)
		memcpy(copy + size, tok->text.data + words, tail);
	tok->value = sgn_view_of(copy, size + tail);
	return 0;
}

static int take_hash(struct sgn_req_lexer *lx, struct sgn_req_token *tok, struct sgn_error *err)
{
	size_t digits = span(lx, 2, is_hex);

	if (peek(lx, 2 + digits) != '"') {
		unsigned column = lx->column + 2 + (unsigned)digits;

		if (lx->pos + 2 + digits >= lx->in.size)
			return sgn_req_syntax(err, lx->line, lx->column,
			                      "hash is not closed, expected '\"'");
		return sgn_req_syntax(err, lx->line, column,
		                      "illegal character in a hash, expected hexadecimal digits");
	}
	take(lx, SGN_TOK_HASH, digits + 3, tok);
	tok->value = sgn_view_of(tok->text.data + 2, digits);
	return 0;
}

static int take_number(struct sgn_req_lexer *lx, struct sgn_req_token *tok, struct sgn_error *err)
{
	size_t digits;

	if (peek(lx, 0) != '0' || peek(lx, 1) != 'x')
		return take(lx, SGN_TOK_INTEGER, span(lx, 0, sgn_is_digit), tok);
	digits = span(lx, 2, is_hex);
	if (digits == 0 || digits % 2 != 0)
		return sgn_req_syntax(err, lx->line, lx->column,
		                      "0x with %zu hexadecimal digits, expected two for each byte",
		                      digits);
	take(lx, SGN_TOK_HEX, 2 + digits, tok);
	tok->value = sgn_view_of(tok->text.data + 2, digits);
	return 0;
}

static int illegal(const struct sgn_req_lexer *lx, struct sgn_error *err)
{
	uint8_t c = peek(lx, 0);
	int rc;

	if (c == '\r') {
		rc = sgn_req_syntax(err, lx->line, lx->column,
		                    "illegal character: carriage return");
		return sgn_error_cure(err, rc, "save the text with Unix line ends");
	}
	if (c == '/')
		return sgn_req_syntax(
			err, lx->line, lx->column,
			"illegal character '/', a path has two or more parts of letters "
			"and digits");
	if (sgn_is_print(c))
		rc = sgn_req_syntax(err, lx->line, lx->column, "illegal character '%c'", c);
	else
		rc = sgn_req_syntax(err, lx->line, lx->column, "illegal character 0x%02x", c);
	return sgn_error_cure(
		err, rc,
		"put strings that hold more than letters, digits and dots in straight "
		"double quotes");
}

static int take_punct(struct sgn_req_lexer *lx, struct sgn_req_token *tok, struct sgn_error *err)
{
	static const char *const puncts[] = {"=>", "<=", ">=", "==", ";", "(", ")", "[", "]",
	                                     "<",  ">",  ",",  "=",  "~", "-", "!", "*"};
	struct sgn_view rest = sgn_view_from(lx->in, lx->pos);
	size_t len;

	for (size_t i = 0; i < SGN_ARRAY_LEN(puncts); i++)
		if (sgn_view_starts_with(rest, sgn_view_str(puncts[i])))
			return take(lx, SGN_TOK_PUNCT, strlen(puncts[i]), tok);
	len = peek(lx, 0) == '/' ? span_path(lx) : 0;
	return len ? take(lx, SGN_TOK_PATH, len, tok) : illegal(lx, err);
}

int sgn_req_lex(struct sgn_req_lexer *lx, struct sgn_req_token *tok, struct sgn_error *err)
{
	size_t before = lx->pos;
	int rc = skip_blank(lx, err);
	uint8_t c;

	if (rc < 0)
		return rc;
	*tok = (struct sgn_req_token){
		.line = lx->line, .column = lx->column, .glued = lx->pos == before};
	if (at_end(lx))
		return take(lx, SGN_TOK_END, 0, tok);
	c = peek(lx, 0);
	if (c == 'H' && peek(lx, 1) == '"')
		return take_hash(lx, tok, err);
	if (sgn_is_alpha(c))
		return take_word(lx, tok);
	if (sgn_is_digit(c))
		return take_number(lx, tok, err);
	if (c == '"')
		return take_string(lx, tok, err);
	if (c == '$')
		return take_self(lx, tok, err);
	return take_punct(lx, tok, err);
}

void sgn_req_token_describe(const struct sgn_req_token *tok, char *out, size_t size)
{
	static const struct {
		const char *before, *after;
	} forms[] = {
		[SGN_TOK_END] = {"the end of the text", ""},
		[SGN_TOK_WORD] = {"\"", "\""},
		[SGN_TOK_STRING] = {"string ", ""},
		[SGN_TOK_HASH] = {"hash ", ""},
		[SGN_TOK_HEX] = {"number ", ""},
		[SGN_TOK_INTEGER] = {"number ", ""},
		[SGN_TOK_PATH] = {"path ", ""},
		[SGN_TOK_PUNCT] = {"\"", "\""},
	};
	size_t len = tok->text.size < 48 ? tok->text.size : 48;
	char shown[64];

	for (size_t i = 0; i < len; i++)
		shown[i] = (char)(sgn_is_print(tok->text.data[i]) ? tok->text.data[i] : '?');
	shown[len] = '\0';
	snprintf(out, size, "%s%s%s%s%s", tok->keyword ? "keyword " : "", forms[tok->kind].before,
	         shown, len < tok->text.size ? "..." : "", forms[tok->kind].after);
}
