/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/bundle/rules.h"

#define HEAD                                                      \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"            \
	"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" " \
	"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n"
#define FOOT   "</dict>\n</plist>\n"
#define RULES  "\t<key>rules</key>\n\t<dict>\n\t\t<key>^a</key>\n\t\t<true/>\n\t</dict>\n"
#define RULES2 "\t<key>rules2</key>\n\t<dict>\n\t\t<key>^a</key>\n\t\t<true/>\n\t</dict>\n"
#define SHA1   "AQEBAQEBAQEBAQEBAQEBAQEBAQE="
#define SHA256 "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="
#define SHA384 "BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"

static struct sgn_seal_item file(const char *path, bool optional)
{
	struct sgn_seal_item it = {.path = path,
	                           .kind = SGN_SEAL_FILE,
	                           .in_v1 = true,
	                           .in_v2 = true,
	                           .optional_v1 = optional,
	                           .optional_v2 = optional};

	memset(it.hashes.sha1.data, 1, it.hashes.sha1.size = 20);
	memset(it.hashes.sha256.data, 2, it.hashes.sha256.size = 32);
	memset(it.hashes.sha384.data, 4, it.hashes.sha384.size = 48);
	return it;
}

static int write_item(struct sgn_seal_item *it, const enum sgn_digest *digests, size_t count,
                      struct sgn_buf *out, struct sgn_error *err)
{
	struct sgn_seal_scan scan = {.items = it, .count = it ? 1 : 0};
	struct rule_set rules;
	int rc;

	cr_assert_eq(rules_load(&rules, RULE_TRUE("^a")), 0);
	sgn_buf_init(out, 100000);
	rc = sgn_seal_write(&scan, &rules.rules, &rules.rules, digests, count, out, err);
	rules_drop(&rules);
	return rc;
}

static void expect(struct sgn_seal_item *it, const enum sgn_digest *digests, size_t count,
                   const char *files, const char *files2)
{
	struct sgn_buf out;
	char want[4096];

	snprintf(want, sizeof(want),
	         HEAD "\t<key>files</key>\n%s\t<key>files2</key>\n%s" RULES RULES2 FOOT, files,
	         files2);
	cr_assert_eq(write_item(it, digests, count, &out, NULL), 0);
	cr_expect_str_eq(sgn_buf_str(&out), want);
	sgn_buf_dispose(&out);
}

static const enum sgn_digest one[] = {SGN_DIGEST_SHA256};
static const enum sgn_digest two[] = {SGN_DIGEST_SHA1, SGN_DIGEST_SHA256};
static const enum sgn_digest three[] = {SGN_DIGEST_SHA1, SGN_DIGEST_SHA256, SGN_DIGEST_SHA384};
static const enum sgn_digest oldest[] = {SGN_DIGEST_SHA1};

#define V1_PLAIN "\t<dict>\n\t\t<key>a</key>\n\t\t<data>\n\t\t" SHA1 "\n\t\t</data>\n\t</dict>\n"
#define V1_OPTIONAL                                                                                \
	"\t<dict>\n\t\t<key>a</key>\n\t\t<dict>\n\t\t\t<key>hash</key>\n\t\t\t<data>\n\t\t\t" SHA1 \
	"\n\t\t\t</data>\n\t\t\t<key>optional</key>\n\t\t\t<true/>\n\t\t</dict>\n\t</dict>\n"
#define HASH(key, value) "\t\t\t<key>" key "</key>\n\t\t\t<data>\n\t\t\t" value "\n\t\t\t</data>\n"
#define V2(inside)       "\t<dict>\n\t\t<key>a</key>\n\t\t<dict>\n" inside "\t\t</dict>\n\t</dict>\n"
#define OPTIONAL         "\t\t\t<key>optional</key>\n\t\t\t<true/>\n"

Test(bundle_seal_write, nothing_to_seal_makes_empty_dictionaries)
{
	expect(NULL, one, 1, "\t<dict/>\n", "\t<dict/>\n");
}

Test(bundle_seal_write, a_file_by_each_set_of_digests)
{
	struct sgn_seal_item it = file("a", false);

	expect(&it, one, 1, V1_PLAIN, V2(HASH("hash2", SHA256)));
	expect(&it, two, 2, V1_PLAIN, V2(HASH("hash", SHA1) HASH("hash2", SHA256)));
	expect(&it, three, 3, V1_PLAIN,
	       V2(HASH("hash", SHA1) HASH(
		       "hash2",
		       SHA256) "\t\t\t<key>hash4</key>\n\t\t\t<data>\n"
	                       "\t\t\tBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\n"
	                       "\t\t\tBAQEBAQEBAQE\n\t\t\t</data>\n"));
}

Test(bundle_seal_write, sha_1_alone_is_collapsed_as_in_version_1)
{
	struct sgn_seal_item it = file("a", false);

	expect(&it, oldest, 1, V1_PLAIN, V1_PLAIN);
}

Test(bundle_seal_write, optional_files)
{
	struct sgn_seal_item it = file("a", true);

	expect(&it, one, 1, V1_OPTIONAL, V2(HASH("hash2", SHA256) OPTIONAL));
	expect(&it, oldest, 1, V1_OPTIONAL, V1_OPTIONAL);
}

Test(bundle_seal_write, links_and_nested_code_are_in_version_2_only)
{
	struct sgn_seal_item link = {
		.path = "a", .kind = SGN_SEAL_LINK, .in_v2 = true, .link = "../b & <c>"};
	struct sgn_seal_item code = {.path = "a",
	                             .kind = SGN_SEAL_NESTED,
	                             .in_v2 = true,
	                             .requirement = "identifier \"x\" and anchor apple"};

	memset(code.cdhash, 1, sizeof(code.cdhash));
	expect(&link, two, 2, "\t<dict/>\n",
	       V2("\t\t\t<key>symlink</key>\n\t\t\t<string>../b &amp; &lt;c&gt;</string>\n"));
	link.optional_v2 = true;
	expect(&link, two, 2, "\t<dict/>\n",
	       V2(OPTIONAL
	          "\t\t\t<key>symlink</key>\n\t\t\t<string>../b &amp; &lt;c&gt;</string>\n"));
	expect(&code, two, 2, "\t<dict/>\n",
	       V2(HASH("cdhash",
	               SHA1) "\t\t\t<key>requirement</key>\n"
	                     "\t\t\t<string>identifier \"x\" and anchor apple</string>\n"));
}

Test(bundle_seal_write, an_item_that_is_not_ready_is_a_bug)
{
	struct sgn_seal_item it = file("a", false);
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf out;

	it.hashes.sha256.size = 0;
	cr_assert_eq(write_item(&it, one, 1, &out, &err), SGN_E_INTERNAL);
	cr_assert_str_eq(err.path, "a");
	sgn_buf_dispose(&out);
	it = file("a", false);
	it.kind = SGN_SEAL_NESTED;
	cr_assert_eq(write_item(&it, one, 1, &out, NULL), SGN_E_INTERNAL);
	sgn_buf_dispose(&out);
	sgn_error_dispose(&err);
}

Test(bundle_seal_write, a_name_that_is_no_text_cannot_be_sealed)
{
	struct sgn_seal_item it = file("a\xff", false);
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf out;

	cr_assert_eq(write_item(&it, one, 1, &out, &err), SGN_E_FORMAT);
	cr_assert(strstr(err.text, "UTF-8"));
	cr_assert_str_eq(err.path, "a\xff");
	sgn_buf_dispose(&out);
	sgn_error_dispose(&err);
}

Test(bundle_seal_write, the_default_rules_as_codesign_writes_them)
{
	static const char *const parts[] = {
		"\t<key>rules</key>\n\t<dict>\n\t\t<key>^Resources/</key>\n\t\t<true/>\n"
		"\t\t<key>^Resources/.*\\.lproj/</key>\n\t\t<dict>\n\t\t\t<key>optional</key>\n"
		"\t\t\t<true/>\n\t\t\t<key>weight</key>\n\t\t\t<real>1000</real>\n\t\t</dict>\n",
		"\t\t<key>^version.plist$</key>\n\t\t<true/>\n\t</dict>\n\t<key>rules2</"
		"key>\n\t<dict>\n"
		"\t\t<key>.*\\.dSYM($|/)</key>\n\t\t<dict>\n\t\t\t<key>weight</key>\n"
		"\t\t\t<real>11</real>\n\t\t</dict>\n\t\t<key>^(.*/)?\\.DS_Store$</key>\n",
		"\t\t<key>^[^/]+$</key>\n\t\t<dict>\n\t\t\t<key>nested</key>\n\t\t\t<true/>\n"
		"\t\t\t<key>weight</key>\n\t\t\t<real>10</real>\n\t\t</dict>\n"
		"\t\t<key>^embedded\\.provisionprofile$</key>\n",
	};
	struct sgn_bundle b = {.resources = "Resources"};
	struct sgn_seal_scan scan = {0};
	struct sgn_rules r1, r2;
	struct sgn_buf out;

	sgn_buf_init(&out, 100000);
	cr_assert_eq(sgn_rules_default(&b, 1, &r1, NULL), 0);
	cr_assert_eq(sgn_rules_default(&b, 2, &r2, NULL), 0);
	cr_assert_eq(sgn_seal_write(&scan, &r1, &r2, one, 1, &out, NULL), 0);
	for (size_t i = 0; i < SGN_ARRAY_LEN(parts); i++)
		cr_expect(strstr(sgn_buf_str(&out), parts[i]), "part %zu", i);
	sgn_buf_dispose(&out);
	sgn_rules_dispose(&r1);
	sgn_rules_dispose(&r2);
}
