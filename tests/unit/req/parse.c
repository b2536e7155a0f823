/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "signer/req/ast.h"
#include "tests/unit/req/helpers.h"

static struct sgn_arena arena;
static struct sgn_req_tree tree;
static const struct sgn_req_compile_options any = {.want = SGN_REQ_ANY};

static int parse(const char *text, struct sgn_error *err)
{
	return sgn_req_parse(sgn_view_str(text), &any, &arena, &tree, err);
}

static void dispose(void)
{
	sgn_arena_dispose(&arena);
}

TestSuite(req_parse, .fini = dispose);

Test(req_parse, and_binds_tighter_than_or_and_both_lean_left)
{
	const struct sgn_req_node *top;

	cr_assert_eq(parse("true or false and true or notarized", NULL), 0);
	top = tree.entries[0].expr;
	cr_assert_eq(top->op.code, SGN_REQ_OP_OR);
	cr_expect_eq(top->right->op.code, SGN_REQ_OP_NOTARIZED);
	cr_assert_eq(top->left->op.code, SGN_REQ_OP_OR);
	cr_expect_eq(top->left->right->op.code, SGN_REQ_OP_AND);
	cr_expect_eq(top->depth, 4);
}

Test(req_parse, what_is_compiled_follows_from_the_first_token)
{
	cr_assert_eq(parse("anchor apple", NULL), 0);
	cr_expect_not(tree.is_set);
	cr_assert_eq(parse("host => anchor apple 7 => true", NULL), 0);
	cr_expect(tree.is_set);
	cr_expect_eq(tree.count, 2);
	cr_expect_eq(tree.entries[1].type, 7);
}

Test(req_parse, a_later_entry_of_a_type_replaces_the_earlier)
{
	cr_assert_eq(parse("host => true; guest => false; host => notarized", NULL), 0);
	cr_assert_eq(tree.count, 2);
	cr_expect_eq(tree.entries[0].expr->op.code, SGN_REQ_OP_NOTARIZED);
}

Test(req_parse, the_callers_wish_is_checked)
{
	struct sgn_req_compile_options opts = {.want = SGN_REQ_SINGLE};
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_req_parse(sgn_view_str(" host => true"), &opts, &arena, &tree, &err),
	             SGN_E_FORMAT);
	cr_expect_str_eq(err.text,
	                 "line 1, column 2: unexpected keyword \"host\", expected a single "
	                 "requirement, not a set");
	opts.want = SGN_REQ_SET;
	cr_assert_eq(sgn_req_parse(sgn_view_str("true"), &opts, &arena, &tree, &err), SGN_E_FORMAT);
	cr_expect(strstr(err.text, "expected a requirement set"));
}

/* count times open, then middle, then count times close */
static char *bomb(const char *open, const char *middle, const char *close, size_t count)
{
	size_t o = strlen(open), m = strlen(middle), c = strlen(close);
	char *text = malloc(count * (o + c) + m + 1), *at = text;

	for (size_t i = 0; i < count; i++, at += o)
		memcpy(at, open, o);
	memcpy(at, middle, m);
	at += m;
	for (size_t i = 0; i < count; i++, at += c)
		memcpy(at, close, c);
	*at = '\0';
	return text;
}

Test(req_parse, depth_bombs_are_refused_at_their_place)
{
	static const struct {
		const char *open, *close;
		unsigned column;
	} bombs[] = {
		{"(", ")", 1000},    {"! ", "", 1999},       {"", " and true", 8997},
		{"", " or true", 0}, {"true and (", ")", 0}, {"!(", ")", 0},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(bombs); i++) {
		char *text = bomb(bombs[i].open, "true", bombs[i].close, 40000);
		struct sgn_error err = SGN_ERROR_INIT;
		char place[48];

		cr_assert_eq(parse(text, &err), SGN_E_FORMAT, "bomb %zu", i);
		cr_expect(strstr(err.text, "nested deeper than 1000 levels"), "%s", err.text);
		snprintf(place, sizeof(place), "line 1, column %u: ", bombs[i].column);
		if (bombs[i].column)
			cr_expect(strstr(err.text, place), "bomb %zu: %s", i, err.text);
		cr_expect_lt(arena.used_total, 16u << 20);
		free(text);
	}
}

Test(req_parse, as_many_terms_as_there_are_levels_are_accepted)
{
	char *text = bomb("", "true", " or true", SGN_LIMIT_REQ_DEPTH - 1);

	cr_assert_eq(parse(text, NULL), 0);
	cr_expect_eq(tree.entries[0].expr->depth, SGN_LIMIT_REQ_DEPTH);
	free(text);
}

Test(req_parse, a_set_has_a_limit)
{
	char text[2048] = "";
	struct sgn_error err = SGN_ERROR_INIT;

	for (unsigned i = 0; i <= SGN_LIMIT_BLOBS; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%u => true\n", i + 10);
	cr_assert_eq(parse(text, &err), SGN_E_FORMAT);
	cr_expect_str_eq(err.text, "line 65, column 1: more than 64 requirements in one set");
}

Test(req_parse, words_glued_by_a_dash_have_a_cure)
{
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(parse("identifier my-app", &err), SGN_E_FORMAT);
	cr_expect(strstr(err.cure, "double quotes"));
}
