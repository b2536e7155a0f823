/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/req/ast.h"
#include "tests/unit/req/helpers.h"

static struct sgn_arena arena;
static struct sgn_req_tree tree;

static void dispose(void)
{
	sgn_arena_dispose(&arena);
}

TestSuite(req_parse_clause, .fini = dispose);

static const struct sgn_req_op *parse_ok(const char *text)
{
	static const struct sgn_req_compile_options any = {.want = SGN_REQ_ANY};
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_req_parse(sgn_view_str(text), &any, &arena, &tree, &err), 0, "%s: %s",
	             text, err.text);
	return &tree.entries[0].expr->op;
}

Test(req_parse_clause, stars_choose_the_match)
{
	cr_expect_eq(parse_ok("info[k] = v")->match.code, SGN_REQ_MATCH_EQUAL);
	cr_expect_eq(parse_ok("info[k] = v*")->match.code, SGN_REQ_MATCH_BEGINS);
	cr_expect_eq(parse_ok("info[k] = *v")->match.code, SGN_REQ_MATCH_ENDS);
	cr_expect_eq(parse_ok("info[k] = *v*")->match.code, SGN_REQ_MATCH_CONTAINS);
	cr_expect_eq(parse_ok("info[k]")->match.code, SGN_REQ_MATCH_EXISTS);
}

Test(req_parse_clause, the_bracket_key_chooses_the_opcode)
{
	cr_expect_eq(parse_ok("cert leaf[subject.CN]")->code, SGN_REQ_OP_CERT_SUBJECT);
	cr_expect_eq(parse_ok("cert leaf[field.1.2]")->code, SGN_REQ_OP_CERT_FIELD);
	cr_expect_eq(parse_ok("cert leaf[extension.1.2]")->code, SGN_REQ_OP_CERT_FIELD);
	cr_expect_eq(parse_ok("cert leaf[policy.1.2]")->code, SGN_REQ_OP_CERT_POLICY);
	cr_expect_eq(parse_ok("cert leaf[timestamp.1.2]")->code, SGN_REQ_OP_CERT_DATE);
}

Test(req_parse_clause, the_slot_survives_the_choice_of_the_opcode)
{
	cr_expect_eq(parse_ok("certificate -3[field.1.2]")->number, -3);
	cr_expect_eq(parse_ok("certificate 2 trusted")->number, 2);
	cr_expect_eq(parse_ok("anchor[subject.CN]")->number, -1);
}

struct asked {
	char path[64];
	int answer;
};

static int cert_sha1(void *arg, const char *path, uint8_t out[20], struct sgn_error *err)
{
	struct asked *asked = arg;

	snprintf(asked->path, sizeof(asked->path), "%s", path);
	memset(out, 0xab, 20);
	return asked->answer ? sgn_fail(err, SGN_E_IO, "cannot read it") : 0;
}

Test(req_parse_clause, a_certificate_file_becomes_its_hash)
{
	struct asked asked = {.answer = 0};
	const struct sgn_req_compile_options opts = {.cert_sha1 = cert_sha1, .arg = &asked};
	const struct sgn_req_op *op;

	cr_assert_eq(
		sgn_req_parse(sgn_view_str("certificate 1 = /a/b1/c"), &opts, &arena, &tree, NULL),
		0);
	op = &tree.entries[0].expr->op;
	cr_expect_str_eq(asked.path, "/a/b1/c");
	cr_expect_eq(op->code, SGN_REQ_OP_CERT_HASH);
	cr_expect_eq(op->number, 1);
	cr_assert_eq(op->data.size, 20);
	cr_expect_eq(op->data.data[19], 0xab);
	cr_assert_eq(
		sgn_req_parse(sgn_view_str("anchor \"my ca.cer\""), &opts, &arena, &tree, NULL), 0);
	cr_expect_str_eq(asked.path, "my ca.cer");
}

Test(req_parse_clause, a_certificate_file_that_cannot_be_read_is_named_with_its_place)
{
	struct asked asked = {.answer = -1};
	const struct sgn_req_compile_options opts = {.cert_sha1 = cert_sha1, .arg = &asked};
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_req_parse(sgn_view_str("true and\ncertificate 1 = /a/b"), &opts, &arena,
	                           &tree, &err),
	             SGN_E_IO);
	cr_expect_str_eq(err.text, "line 2, column 17: cannot read it");
}

Test(req_parse_clause, a_path_with_a_nul_byte_is_refused)
{
	struct asked asked = {.answer = 0};
	const struct sgn_req_compile_options opts = {.cert_sha1 = cert_sha1, .arg = &asked};
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_req_parse(sgn_view_of("anchor \"a\0b\"", 12), &opts, &arena, &tree, &err),
	             SGN_E_FORMAT);
	cr_expect_str_eq(err.text, "line 1, column 8: NUL byte in a path");
	cr_expect_str_eq(asked.path, "");
}

Test(req_parse_clause, numbers_and_keywords_as_strings_have_a_cure)
{
	static const struct sgn_req_compile_options any = {.want = SGN_REQ_ANY};
	struct sgn_error err = SGN_ERROR_INIT;

	sgn_req_parse(sgn_view_str("info[CFBundleVersion] >= 17"), &any, &arena, &tree, &err);
	cr_expect_str_eq(err.text, "line 1, column 26: unexpected number 17, expected a string");
	cr_expect_str_eq(err.cure, "put it in double quotes");
	sgn_req_parse(sgn_view_str("identifier host"), &any, &arena, &tree, &err);
	cr_expect(strstr(err.cure, "keyword"));
}
