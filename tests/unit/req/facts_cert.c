/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/req/certs.h"
#include "tests/unit/req/helpers.h"

static struct fake_cert leaf, middle, root;
static const struct sgn_cert *chain[3];
static struct sgn_req_facts facts;

static void init(void)
{
	fake_init(&leaf, "First", "Org", "ABCDE12345", 0x11);
	fake_init(&middle, "Apple Code Signing Certification Authority", "Apple Inc.", NULL, 0x22);
	fake_init(&root, "Root", "Apple Inc.", NULL, 0x33);
	chain[0] = &leaf.cert;
	chain[1] = &middle.cert;
	chain[2] = &root.cert;
	facts = (struct sgn_req_facts){
		.certs = chain, .cert_count = 3, .root_is_apple = true, .notarized = SGN_UNDECIDED};
}

TestSuite(req_facts_cert, .init = init);

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

Test(req_facts_cert, slots_count_from_both_ends)
{
	static const struct {
		const char *slot, *byte;
		enum sgn_truth want;
	} cases[] = {
		{"leaf", "11", SGN_TRUE},  {"root", "33", SGN_TRUE},
		{"0", "11", SGN_TRUE},     {"1", "22", SGN_TRUE},
		{"2", "33", SGN_TRUE},     {"3", "33", SGN_FALSE},
		{"-1", "33", SGN_TRUE},    {"-2", "22", SGN_TRUE},
		{"-3", "11", SGN_TRUE},    {"-4", "11", SGN_FALSE},
		{"leaf", "22", SGN_FALSE}, {"2147483647", "11", SGN_FALSE},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(cases); i++) {
		char hash[41] = "", source[128];

		for (size_t k = 0; k < 20; k++)
			memcpy(hash + 2 * k, cases[i].byte, 2);
		snprintf(source, sizeof(source), "certificate %s = H\"%s\"", cases[i].slot, hash);
		cr_expect_eq(judge(source), cases[i].want, "%s", source);
	}
}

Test(req_facts_cert, subject_fields)
{
	cr_expect_eq(judge("certificate leaf[subject.CN] = First"), SGN_TRUE);
	cr_expect_eq(judge("certificate leaf[subject.OU] = ABCDE12345"), SGN_TRUE);
	cr_expect_eq(judge("certificate leaf[subject.OU] = abcde12345"), SGN_FALSE);
	cr_expect_eq(judge("certificate leaf[subject.L] absent"), SGN_TRUE);
	cr_expect_eq(judge("certificate leaf[subject.L]"), SGN_FALSE);
	cr_expect_eq(judge("certificate 5[subject.CN] absent"), SGN_FALSE, "no such certificate");
	cr_expect_eq(judge("certificate leaf[subject.NONSENSE] absent"), SGN_FALSE,
	             "no such field");
}

Test(req_facts_cert, the_last_of_several_attributes_counts)
{
	fake_attr(&leaf, SGN_OID_CN, "Last");
	cr_expect_eq(judge("certificate leaf[subject.CN] = Last"), SGN_TRUE);
	cr_expect_eq(judge("certificate leaf[subject.CN] = First"), SGN_FALSE);
}

Test(req_facts_cert, an_empty_attribute_is_there)
{
	fake_attr(&leaf, SGN_OID_L, "");
	cr_expect_eq(judge("certificate leaf[subject.L] exists"), SGN_TRUE);
	cr_expect_eq(judge("certificate leaf[subject.L] = \"\""), SGN_TRUE);
	cr_expect_eq(judge("certificate leaf[subject.L] absent"), SGN_FALSE);
}

Test(req_facts_cert, any_email_address_will_do)
{
	/* certificate leaf[email] = "b@x": only bytes can say it */
	static const char expr[] = "0000000b0000000000000005656d61696c000000"
				   "000000010000000362407800";
	enum sgn_truth truth;
	uint8_t bytes[128];

	cr_assert_eq(sgn_req_eval(blob_of(expr, bytes), &facts, &truth, NULL, NULL), 0);
	cr_expect_eq(truth, SGN_FALSE);
	leaf.emails[0] = sgn_view_str("a@x");
	leaf.emails[1] = sgn_view_str("b@x");
	leaf.cert.emails = leaf.emails;
	leaf.cert.email_count = 2;
	cr_assert_eq(sgn_req_eval(blob_of(expr, bytes), &facts, &truth, NULL, NULL), 0);
	cr_expect_eq(truth, SGN_TRUE);
}

Test(req_facts_cert, extensions_and_policies_are_there_or_not)
{
	fake_ext(&leaf, SGN_OID_APPLE_LEAF_DEVELOPER_ID, SGN_VIEW_EMPTY);
	leaf.policies[0] = sgn_oid_known(SGN_OID_SHA1);
	leaf.cert.policies = leaf.policies;
	leaf.cert.policy_count = 1;
	cr_expect_eq(judge("certificate leaf[field.1.2.840.113635.100.6.1.13]"), SGN_TRUE);
	cr_expect_eq(judge("certificate leaf[field.1.2.840.113635.100.6.1.13] absent"), SGN_FALSE);
	cr_expect_eq(judge("certificate leaf[field.1.2.840.113635.100.6.1.13] = yes"), SGN_FALSE);
	cr_expect_eq(judge("certificate leaf[field.1.2.840.113635.100.6.1] absent"), SGN_TRUE);
	cr_expect_eq(judge("certificate 1[field.1.2.840.113635.100.6.1.13]"), SGN_FALSE);
	cr_expect_eq(judge("certificate leaf[policy.1.3.14.3.2.26]"), SGN_TRUE);
	cr_expect_eq(judge("certificate leaf[policy.1.3.14.3.2]"), SGN_FALSE);
	cr_expect_eq(judge("certificate leaf[policy.1.3.14.3.2] absent"), SGN_TRUE);
}

static enum sgn_truth judge_date(const char *der, size_t size, const char *match)
{
	char source[128];

	init();
	fake_ext(&leaf, SGN_OID_APPLE_LEAF_DEVELOPER_ID_DATE, sgn_view_of(der, size));
	snprintf(source, sizeof(source), "certificate leaf[timestamp.1.2.840.113635.100.6.1.33]%s",
	         match);
	return judge(source);
}

Test(req_facts_cert, an_extension_can_be_a_date)
{
	static const char utf8[] = "\x0c\x0f"
				   "20190206000000Z";
	static const char time[] = "\x18\x0f"
				   "20190206000000Z";

	cr_expect_eq(judge_date(utf8, 17, " = timestamp \"20190206000000Z\""), SGN_TRUE);
	cr_expect_eq(judge_date(time, 17, " > timestamp \"20190205235959Z\""), SGN_TRUE);
	cr_expect_eq(judge_date(time, 17, " < timestamp \"20190206000000Z\""), SGN_FALSE);
	cr_expect_eq(judge_date(time, 17, " exists"), SGN_TRUE);
	cr_expect_eq(judge_date(time, 17, " absent"), SGN_FALSE);
}

Test(req_facts_cert, an_extension_that_is_no_date_never_holds)
{
	static const struct {
		const char *der;
		size_t size;
	} bad[] = {
		{"", 0},
		{"\x0c", 1},
		{"\x0c\x0f"
	         "2019",
	         6},
		{"\x0c\x0f"
	         "20190206000000Z!",
	         18},
		{"\x04\x0f"
	         "20190206000000Z",
	         17},
		{"\x0c\x0f"
	         "20191306000000Z",
	         17},
		{"\x0c\x81\x0f"
	         "20190206000000Z",
	         18},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(bad); i++) {
		cr_expect_eq(judge_date(bad[i].der, bad[i].size, ""), SGN_FALSE, "case %zu", i);
		cr_expect_eq(judge_date(bad[i].der, bad[i].size, " absent"), SGN_FALSE, "case %zu",
		             i);
	}
	init();
	cr_expect_eq(judge("certificate leaf[timestamp.1.2.3] absent"), SGN_TRUE);
}

Test(req_facts_cert, anchor_apple_needs_the_whole_chain_of_apples_own_software)
{
	cr_expect_eq(judge("anchor apple"), SGN_FALSE, "the leaf is not marked");
	fake_ext(&leaf, SGN_OID_APPLE_LEAF_SOFTWARE_SIGNING, SGN_VIEW_EMPTY);
	cr_expect_eq(judge("anchor apple"), SGN_TRUE);
	facts.root_is_apple = false;
	cr_expect_eq(judge("anchor apple"), SGN_FALSE);
	facts.root_is_apple = true;
	fake_init(&middle, "Apple Code Signing Certification Authority", "Other", NULL, 0x22);
	cr_expect_eq(judge("anchor apple"), SGN_FALSE);
	facts.cert_count = 0;
	cr_expect_eq(judge("anchor apple"), SGN_UNDECIDED, "the trust cache is not known");
}

Test(req_facts_cert, the_generic_anchor_is_the_root)
{
	cr_expect_eq(judge("anchor apple generic"), SGN_TRUE);
	facts.root_is_apple = false;
	cr_expect_eq(judge("anchor apple generic"), SGN_FALSE);
	facts.root_is_apple = true;
	facts.cert_count = 0;
	cr_expect_eq(judge("anchor apple generic"), SGN_FALSE);
}

Test(req_facts_cert, only_developer_id_can_be_legacy)
{
	cr_expect_eq(judge("legacy"), SGN_FALSE);
	fake_ext(&middle, SGN_OID_APPLE_CA_DEVELOPER_ID, SGN_VIEW_EMPTY);
	cr_expect_eq(judge("legacy"), SGN_UNDECIDED);
	facts.root_is_apple = false;
	cr_expect_eq(judge("legacy"), SGN_FALSE);
}
