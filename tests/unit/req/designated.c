/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/req/certs.h"
#include "tests/unit/req/helpers.h"

static struct fake_cert leaf, middle, root;
static const struct sgn_cert *chain[4];
static struct sgn_buf out;
static char text[1024];

static void init(void)
{
	fake_init(&leaf, "Leaf Name", "Org", "ABCDE12345", 0x11);
	fake_init(&middle, "CA", "Apple Inc.", NULL, 0x22);
	fake_init(&root, "Root", "Apple Inc.", NULL, 0x33);
	chain[0] = &leaf.cert;
	chain[1] = &middle.cert;
	chain[2] = &root.cert;
	sgn_buf_init(&out, 4096);
}

static void dispose(void)
{
	sgn_buf_dispose(&out);
}

TestSuite(req_designated, .init = init, .fini = dispose);

static const char *made(size_t count, bool apple)
{
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_req_designated(sgn_view_str("com.example.app"), chain, count, apple, &out,
	                                &err),
	             0, "%s", err.text);
	decompile_ok(sgn_buf_view(&out), text, sizeof(text));
	return text;
}

Test(req_designated, developer_id)
{
	fake_ext(&middle, SGN_OID_APPLE_CA_DEVELOPER_ID, SGN_VIEW_EMPTY);
	cr_expect_str_eq(made(3, true),
	                 "identifier \"com.example.app\" and anchor apple generic and certificate "
	                 "1[field.1.2.840.113635.100.6.2.6] /* exists */ and certificate "
	                 "leaf[field.1.2.840.113635.100.6.1.13] /* exists */ and certificate "
	                 "leaf[subject.OU] = ABCDE12345");
}

Test(req_designated, it_is_nested_to_the_right_as_in_real_signatures)
{
	struct sgn_buf want;

	fake_ext(&middle, SGN_OID_APPLE_CA_DEVELOPER_ID, SGN_VIEW_EMPTY);
	made(3, true);
	compile_ok("identifier \"com.example.app\" and (anchor apple generic and (certificate "
	           "1[field.1.2.840.113635.100.6.2.6] and (certificate "
	           "leaf[field.1.2.840.113635.100.6.1.13] and certificate leaf[subject.OU] = "
	           "ABCDE12345)))",
	           &want);
	cr_expect(sgn_view_equal(sgn_buf_view(&out), sgn_buf_view(&want)));
	sgn_buf_dispose(&want);
}

Test(req_designated, development_and_store_certificates)
{
	struct sgn_buf want;

	fake_ext(&middle, SGN_OID_APPLE_CA_WWDR, SGN_VIEW_EMPTY);
	cr_expect_str_eq(made(3, true),
	                 "identifier \"com.example.app\" and anchor apple generic and certificate "
	                 "leaf[subject.CN] = \"Leaf Name\" and certificate "
	                 "1[field.1.2.840.113635.100.6.2.1] /* exists */");
	compile_ok("identifier \"com.example.app\" and (anchor apple generic and (certificate "
	           "leaf[subject.CN] = \"Leaf Name\" and certificate "
	           "1[field.1.2.840.113635.100.6.2.1]))",
	           &want);
	cr_expect(sgn_view_equal(sgn_buf_view(&out), sgn_buf_view(&want)));
	sgn_buf_dispose(&want);
}

Test(req_designated, any_other_apple_chain_is_anchor_apple)
{
	cr_expect_str_eq(made(3, true), "identifier \"com.example.app\" and anchor apple");
}

Test(req_designated, three_certificates_are_needed_for_the_apple_kinds)
{
	fake_ext(&middle, SGN_OID_APPLE_CA_DEVELOPER_ID, SGN_VIEW_EMPTY);
	chain[3] = chain[2];
	cr_expect_str_eq(made(4, true), "identifier \"com.example.app\" and anchor apple");
	sgn_buf_reset(&out);
	cr_expect_str_eq(made(2, true), "identifier \"com.example.app\" and anchor apple");
}

/* Organisations from leaf to root, "-" for none, and the slot that must result. */
Test(req_designated, a_foreign_chain_is_held_by_the_highest_certificate_of_the_organisation)
{
	static const struct {
		const char *orgs[3];
		size_t count;
		const char *slot;
	} cases[] = {
		{{"A", "B", "B"}, 3, "leaf = H\"11"},
		{{"A", "A", "B"}, 3, "1 = H\"22"},
		{{"A", "A", "A"}, 3, "root = H\"33"},
		{{"A", "B", "A"}, 3, "leaf = H\"11"},
		{{NULL, NULL, NULL}, 3, "leaf = H\"11"},
		{{"A"}, 1, "root = H\"11"},
		{{NULL}, 1, "leaf = H\"11"},
		{{"A", "A"}, 2, "root = H\"22"},
		{{"A", NULL}, 2, "leaf = H\"11"},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(cases); i++) {
		fake_init(&leaf, "L", cases[i].orgs[0], NULL, 0x11);
		fake_init(&middle, "M", cases[i].orgs[1], NULL, 0x22);
		fake_init(&root, "R", cases[i].orgs[2], NULL, 0x33);
		sgn_buf_reset(&out);
		cr_expect(strstr(made(cases[i].count, false), cases[i].slot), "case %zu: %s", i,
		          text);
	}
}

Test(req_designated, ad_hoc_code_stores_none)
{
	cr_assert_eq(sgn_req_designated(sgn_view_str("x"), NULL, 0, false, &out, NULL), 0);
	cr_expect_eq(out.size, 0);
}

Test(req_designated, a_missing_field_is_named)
{
	struct sgn_error err = SGN_ERROR_INIT;

	fake_init(&leaf, NULL, "Org", NULL, 0x11);
	fake_ext(&middle, SGN_OID_APPLE_CA_DEVELOPER_ID, SGN_VIEW_EMPTY);
	cr_assert_eq(sgn_req_designated(sgn_view_str("x"), chain, 3, true, &out, &err),
	             SGN_E_FORMAT);
	cr_expect_eq(err.osstatus, errSecCSReqInvalid);
	cr_expect(strstr(err.text, "organisational unit"));
	cr_expect_eq(out.size, 0, "nothing half-written");
	fake_ext(&middle, SGN_OID_APPLE_CA_WWDR, SGN_VIEW_EMPTY);
	cr_assert_eq(sgn_req_designated(sgn_view_str("x"), chain, 3, true, &out, &err),
	             SGN_E_FORMAT);
	cr_expect(strstr(err.text, "common name"));
}

Test(req_designated, the_common_name_is_taken_over_byte_by_byte)
{
	fake_init(&leaf, "Jos\x65\xcc\x81 X", "Org", NULL, 0x11);
	fake_ext(&middle, SGN_OID_APPLE_CA_WWDR, SGN_VIEW_EMPTY);
	cr_expect(strstr(made(3, true), "leaf[subject.CN] = 0x4a6f7365cc812058 and"));
}

Test(req_designated, the_implied_one_lists_the_cdhashes)
{
	uint8_t a[20] = {0xaa}, b[20] = {0xbb}, c[20] = {0xcc};
	const struct sgn_view hashes[] = {sgn_view_of(a, 20), sgn_view_of(b, 20),
	                                  sgn_view_of(c, 20)};
	struct sgn_buf want;

	cr_assert_eq(sgn_req_implied(hashes, 3, &out, NULL), 0);
	decompile_ok(sgn_buf_view(&out), text, sizeof(text));
	cr_expect_str_eq(text, "cdhash H\"aa00000000000000000000000000000000000000\" or cdhash "
	                       "H\"bb00000000000000000000000000000000000000\" or cdhash "
	                       "H\"cc00000000000000000000000000000000000000\"");
	compile_ok(text, &want);
	cr_expect(sgn_view_equal(sgn_buf_view(&out), sgn_buf_view(&want)), "text gives it again");
	sgn_buf_dispose(&want);
}

Test(req_designated, nothing_is_implied_without_cdhashes_and_wrong_ones_are_refused)
{
	const struct sgn_view wrong = sgn_view_str("short");

	cr_assert_eq(sgn_req_implied(NULL, 0, &out, NULL), 0);
	cr_expect_eq(out.size, 0);
	cr_expect_eq(sgn_req_implied(&wrong, 1, &out, NULL), SGN_E_INTERNAL);
}
