/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/req/lex.h"

#include <stdlib.h>

#include "tests/unit/req/helpers.h"

static struct sgn_arena arena;
static struct sgn_req_lexer lx;

static void start(const char *text, const char *self)
{
	sgn_req_lex_init(&lx, sgn_view_str(text), &arena, self);
}

static struct sgn_req_token next_ok(void)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_req_token tok;

	cr_assert_eq(sgn_req_lex(&lx, &tok, &err), 0, "%s", err.text);
	return tok;
}

static bool value_is(const struct sgn_req_token *tok, const char *text)
{
	return sgn_view_equal(tok->value, sgn_view_str(text));
}

Test(req_lex, every_kind_of_token_is_told_apart)
{
	static const enum sgn_req_token_kind want[] = {
		SGN_TOK_WORD,  SGN_TOK_WORD,  SGN_TOK_STRING,  SGN_TOK_HASH,
		SGN_TOK_HEX,   SGN_TOK_PATH,  SGN_TOK_INTEGER, SGN_TOK_PUNCT,
		SGN_TOK_PUNCT, SGN_TOK_PUNCT, SGN_TOK_END,     SGN_TOK_END,
	};

	start("leaf a.b9.7 \"x\" H\"00ff\" 0xAB /etc/cert 42 => <= =", NULL);
	for (size_t i = 0; i < SGN_ARRAY_LEN(want); i++)
		cr_expect_eq(next_ok().kind, want[i], "token %zu", i);
	sgn_arena_dispose(&arena);
}

Test(req_lex, a_keyword_is_a_word_without_dots)
{
	start("apple apple.x Apple", NULL);
	cr_expect(next_ok().keyword);
	cr_expect_not(next_ok().keyword);
	cr_expect_not(next_ok().keyword);
}

Test(req_lex, lines_and_columns_count_characters)
{
	struct sgn_req_token tok;

	start("a\n\t\"\xc3\xa9\xc3\xa9\" b /* x\n */ c", NULL);
	next_ok();
	tok = next_ok();
	cr_expect_eq(tok.line, 2);
	cr_expect_eq(tok.column, 2);
	tok = next_ok();
	cr_expect_eq(tok.column, 7, "two bytes of one letter are one column");
	tok = next_ok();
	cr_expect_eq(tok.line, 3);
	cr_expect_eq(tok.column, 5);
}

Test(req_lex, glued_tells_whether_a_blank_was_there)
{
	start("a-b c", NULL);
	next_ok();
	cr_expect(next_ok().glued);
	cr_expect(next_ok().glued);
	cr_expect_not(next_ok().glued);
}

Test(req_lex, escaped_quotes_are_decoded)
{
	struct sgn_req_token tok;

	start("\"a\\\"b\\\"\"", NULL);
	tok = next_ok();
	cr_expect(value_is(&tok, "a\"b\""));
	sgn_arena_dispose(&arena);
}

Test(req_lex, the_identifier_of_self_is_put_in_with_and_without_quotes)
{
	struct sgn_req_token tok;

	start("$self.identifier $self.identifier.x.9 \"a $self.identifier\\\"\"", "id-1");
	tok = next_ok();
	cr_expect(value_is(&tok, "id-1"));
	cr_expect_eq(tok.kind, SGN_TOK_STRING);
	tok = next_ok();
	cr_expect(value_is(&tok, "id-1.x.9"));
	tok = next_ok();
	cr_expect(value_is(&tok, "a id-1\""));
	sgn_arena_dispose(&arena);
}

Test(req_lex, replacing_self_cannot_blow_up)
{
	const size_t count = 2000;
	char *text = malloc(count * 16 + 3), *self = malloc(1001);
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_req_token tok;

	memset(self, 'x', 1000);
	self[1000] = '\0';
	text[0] = '"';
	for (size_t i = 0; i < count; i++)
		memcpy(text + 1 + 16 * i, "$self.identifier", 16);
	memcpy(text + 1 + 16 * count, "\"", 2);
	start(text, self);
	cr_assert_eq(sgn_req_lex(&lx, &tok, &err), SGN_E_LIMIT);
	cr_expect_eq(arena.used_total, 0);
	free(self);
	free(text);
}

Test(req_lex, a_carriage_return_has_a_cure)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_req_token tok;

	start("\r\n", NULL);
	cr_assert_eq(sgn_req_lex(&lx, &tok, &err), SGN_E_FORMAT);
	cr_expect_str_eq(err.text, "line 1, column 1: illegal character: carriage return");
	cr_expect(strstr(err.cure, "Unix line ends"));
	cr_expect_eq(err.osstatus, errSecCSReqInvalid);
}

Test(req_lex, a_long_token_is_cut_in_messages)
{
	char shown[96];
	struct sgn_req_token tok;

	start("\"0123456789012345678901234567890123456789012345678901234567890123456789\x01\"",
	      NULL);
	tok = next_ok();
	sgn_req_token_describe(&tok, shown, sizeof(shown));
	cr_expect_str_eq(shown, "string \"01234567890123456789012345678901234567890123456...");
}
