/* SPDX-License-Identifier: Apache-2.0 */
/* Clauses about everything but certificates; those are in facts_cert.c. */
#include "signer/req/facts.h"

#include "tests/unit/req/certs.h"
#include "tests/unit/req/helpers.h"

static struct sgn_req_facts facts;

static enum sgn_truth judge(const char *source)
{
	struct sgn_error err = SGN_ERROR_INIT;
	enum sgn_truth truth = SGN_UNDECIDED;
	struct sgn_buf blob;

	compile_ok(source, &blob);
	cr_assert_eq(sgn_req_eval(sgn_buf_view(&blob), &facts, &truth, NULL, &err), 0, "%s",
	             err.text);
	sgn_buf_dispose(&blob);
	return truth;
}

static void init(void)
{
	facts = (struct sgn_req_facts){.identifier = sgn_view_str("com.example.app"),
	                               .platform = 2,
	                               .notarized = SGN_UNDECIDED,
	                               .trusted_by_settings = SGN_UNDECIDED};
}

TestSuite(req_facts, .init = init);

Test(req_facts, constants)
{
	cr_expect_eq(judge("true"), SGN_TRUE);
	cr_expect_eq(judge("false"), SGN_FALSE);
}

Test(req_facts, the_identifier_is_compared_byte_by_byte)
{
	cr_expect_eq(judge("identifier com.example.app"), SGN_TRUE);
	cr_expect_eq(judge("identifier com.example.App"), SGN_FALSE);
	cr_expect_eq(judge("identifier com.example"), SGN_FALSE);
	cr_expect_eq(judge("identifier \"\""), SGN_FALSE);
}

Test(req_facts, any_cdhash_will_do)
{
	static const uint8_t a[20] = {1}, b[20] = {2};
	const struct sgn_view hashes[] = {sgn_view_of(a, 20), sgn_view_of(b, 20)};

	facts.cdhashes = hashes;
	facts.cdhash_count = 2;
	cr_expect_eq(judge("cdhash H\"0200000000000000000000000000000000000000\""), SGN_TRUE);
	cr_expect_eq(judge("cdhash H\"0300000000000000000000000000000000000000\""), SGN_FALSE);
}

Test(req_facts, platform)
{
	cr_expect_eq(judge("platform = 2"), SGN_TRUE);
	cr_expect_eq(judge("platform = 258"), SGN_FALSE);
}

Test(req_facts, info_and_entitlements_look_at_the_top_level)
{
	struct sgn_value_entry entries[] = {
		{.key = sgn_view_str("Name"),
	         .value = {.kind = SGN_VALUE_STRING, .u.bytes = sgn_view_str("x")}},
		{.key = sgn_view_str("off"), .value = {.kind = SGN_VALUE_BOOL}},
	};
	struct sgn_value dict = {.kind = SGN_VALUE_DICT, .u.dict = {entries, 2}};

	cr_expect_eq(judge("info[Name] = x"), SGN_FALSE, "no Info.plist");
	cr_expect_eq(judge("info[Name] absent"), SGN_TRUE, "no Info.plist");
	cr_expect_eq(judge("entitlement[Name] absent"), SGN_TRUE);
	facts.info = &dict;
	cr_expect_eq(judge("info[Name] = x"), SGN_TRUE);
	cr_expect_eq(judge("info[Name] absent"), SGN_FALSE);
	cr_expect_eq(judge("info[off]"), SGN_FALSE);
	cr_expect_eq(judge("info[other] absent"), SGN_TRUE);
	cr_expect_eq(judge("entitlement[Name]"), SGN_FALSE, "a plist of its own");
	facts.entitlements = &dict;
	cr_expect_eq(judge("entitlement[Name]"), SGN_TRUE);
}

Test(req_facts, the_legacy_info_clause_is_equality)
{
	struct sgn_value_entry entry = {
		.key = sgn_view_str("k"),
		.value = {.kind = SGN_VALUE_STRING, .u.bytes = sgn_view_str("v")}};
	struct sgn_value dict = {.kind = SGN_VALUE_DICT, .u.dict = {&entry, 1}};
	enum sgn_truth truth;
	uint8_t bytes[64];

	facts.info = &dict;
	cr_assert_eq(sgn_req_eval(blob_of("00000005000000016b0000000000000176000000", bytes),
	                          &facts, &truth, NULL, NULL),
	             0);
	cr_expect_eq(truth, SGN_TRUE);
	cr_assert_eq(sgn_req_eval(blob_of("00000005000000016b0000000000000177000000", bytes),
	                          &facts, &truth, NULL, NULL),
	             0);
	cr_expect_eq(truth, SGN_FALSE);
}

Test(req_facts, what_only_the_system_knows_is_undecided)
{
	struct fake_cert cert;
	const struct sgn_cert *chain[] = {&cert.cert};

	fake_init(&cert, "x", NULL, NULL, 1);
	facts.certs = chain;
	facts.cert_count = 1;
	cr_expect_eq(judge("notarized"), SGN_UNDECIDED);
	cr_expect_eq(judge("anchor trusted"), SGN_UNDECIDED);
	cr_expect_eq(judge("certificate leaf trusted"), SGN_UNDECIDED);
	cr_expect_eq(judge("certificate 1 trusted"), SGN_FALSE, "there is no such certificate");
	cr_expect_eq(judge("anchor apple fragment"), SGN_UNDECIDED);
	cr_expect_eq(judge("(fragment)"), SGN_UNDECIDED);
}

Test(req_facts, facts_decide_what_the_system_would)
{
	struct fake_cert cert;
	const struct sgn_cert *chain[] = {&cert.cert};

	fake_init(&cert, "x", NULL, NULL, 1);
	facts.notarized = SGN_TRUE;
	facts.trusted_by_settings = SGN_TRUE;
	cr_expect_eq(judge("notarized"), SGN_TRUE);
	cr_expect_eq(judge("anchor trusted"), SGN_FALSE, "no certificates");
	facts.certs = chain;
	facts.cert_count = 1;
	cr_expect_eq(judge("anchor trusted"), SGN_TRUE);
	facts.notarized = SGN_FALSE;
	facts.trusted_by_settings = SGN_FALSE;
	cr_expect_eq(judge("notarized"), SGN_FALSE);
	cr_expect_eq(judge("certificate root trusted"), SGN_FALSE);
}

static void expect_found(const struct sgn_value *v, const char *want)
{
	struct sgn_buf found;
	struct sgn_req_verdict verdict = {.found = &found};

	sgn_buf_init(&found, 4096);
	sgn_req_found_value(&verdict, v);
	cr_expect_str_eq(sgn_buf_str(&found), want);
	sgn_buf_dispose(&found);
}

Test(req_facts, values_are_shown_to_people)
{
	struct sgn_value v = {.kind = SGN_VALUE_BOOL, .u.boolean = true}, items[9];
	char longer[300];

	expect_found(NULL, "not present");
	expect_found(&v, "true");
	v = (struct sgn_value){.kind = SGN_VALUE_INT, .u.integer = -5};
	expect_found(&v, "-5");
	v = (struct sgn_value){.kind = SGN_VALUE_INT, .is_unsigned = true, .u.uint = UINT64_MAX};
	expect_found(&v, "18446744073709551615");
	v = (struct sgn_value){.kind = SGN_VALUE_DATA, .u.bytes = sgn_view_str("\x01\xff")};
	expect_found(&v, "01ff");
	v = (struct sgn_value){.kind = SGN_VALUE_DATE, .u.date = 0};
	expect_found(&v, "2001-01-01T00:00:00Z");
	v.u.date = 1e300;
	expect_found(&v, "a date far away");
	for (size_t i = 0; i < 9; i++)
		items[i] = (struct sgn_value){.kind = SGN_VALUE_INT, .u.integer = (int64_t)i};
	v = (struct sgn_value){.kind = SGN_VALUE_ARRAY, .u.array = {items, 2}};
	expect_found(&v, "[0, 1]");
	v.u.array.count = 9;
	expect_found(&v, "[0, 1, 2, 3, 4, 5, 6, 7, ...]");
	memset(longer, 'a', sizeof(longer));
	v = (struct sgn_value){.kind = SGN_VALUE_STRING, .u.bytes = sgn_view_of(longer, 300)};
	memcpy(longer + 200, "...", 4);
	expect_found(&v, longer);
}
