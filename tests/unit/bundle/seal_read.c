/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "signer/base/osstatus.h"
#include "tests/unit/bundle/rules.h"

#define TOP(inside) "<plist><dict>" inside "</dict></plist>"
#define T(key, x)   "<key>" key "</key><dict>" x "</dict>"
#define DATA        "<data>AQEBAQEBAQEBAQEBAQEBAQEBAQE=</data>"
#define RULES       T("rules", "<key>^Resources/</key><true/>")
#define RULES2      T("rules2", "<key>^.*</key><true/><key>^x</key><false/>")

static int load(const char *xml, struct sgn_seal *seal, struct sgn_error *err)
{
	*err = (struct sgn_error)SGN_ERROR_INIT;
	return sgn_seal_read(sgn_view_str(xml), seal, err);
}

Test(bundle_seal_read, entries_of_every_kind)
{
	struct sgn_seal s;
	struct sgn_error err;
	const struct sgn_sealed *e;

	cr_assert_eq(
		load(TOP(T("files", "") RULES RULES2 T(
			     "files2",
			     "<key>plain</key>" DATA "<key>both</key><dict><key>hash</key>" DATA
			     "<key>hash2</key>" DATA "<key>hash4</key>" DATA
			     "<key>optional</key><true/></dict>"
			     "<key>link</key><dict><key>symlink</key><string>to</string></dict>"
			     "<key>code</key><dict><key>cdhash</key>" DATA
			     "<key>requirement</key><string>never</string></dict>")),
	             &s, &err),
		0, "%s", err.text);
	cr_assert_eq(s.version, 2);
	cr_assert_eq(s.count, 4);
	cr_assert_eq(s.rule_count, 2);
	cr_assert(s.has_other_rules && s.other_rules.count == 1);
	for (size_t i = 1; i < s.count; i++)
		cr_assert_lt(sgn_view_compare(s.entries[i - 1].path, s.entries[i].path), 0);
	e = sgn_seal_find(&s, "plain");
	cr_assert(e && e->kind == SGN_SEAL_FILE && e->hash[SGN_DIGEST_SHA1].size == 20);
	e = sgn_seal_find(&s, "both");
	cr_assert(e && e->optional && e->hash[SGN_DIGEST_SHA256].size == 20);
	cr_assert_eq(e->hash[SGN_DIGEST_SHA384].size, 20);
	cr_assert_eq(e->hash[SGN_DIGEST_SHA256_TRUNCATED].size, 0);
	e = sgn_seal_find(&s, "link");
	cr_assert(e && e->kind == SGN_SEAL_LINK && sgn_view_equal(e->link, sgn_view_str("to")));
	e = sgn_seal_find(&s, "code");
	cr_assert(e && e->kind == SGN_SEAL_NESTED && e->cdhash.size == 20);
	cr_assert(sgn_view_equal(e->requirement, sgn_view_str("never")));
	cr_assert_null(sgn_seal_find(&s, "other"));
	cr_assert_null(sgn_seal_find(&s, ""));
	sgn_seal_dispose(&s);
}

Test(bundle_seal_read, a_seal_of_version_1)
{
	struct sgn_seal s;
	struct sgn_error err;

	cr_assert_eq(load(TOP(T("files", "<key>a</key>" DATA) RULES), &s, &err), 0);
	cr_assert_eq(s.version, 1);
	cr_assert_eq(s.rule_count, 1);
	cr_assert_not(s.has_other_rules);
	cr_assert_not_null(sgn_seal_find(&s, "a"));
	sgn_seal_dispose(&s);
}

Test(bundle_seal_read, an_empty_seal_finds_nothing)
{
	struct sgn_seal s;
	struct sgn_error err;

	cr_assert_eq(load(TOP(T("files2", "") RULES2), &s, &err), 0);
	cr_assert_null(sgn_seal_find(&s, "a"));
	sgn_seal_dispose(&s);
}

Test(bundle_seal_read, damage_is_refused_with_the_key)
{
	static const struct {
		const char *xml, *text;
		int32_t osstatus;
	} rows[] = {
		{"nonsense", "", errSecCSResourcesInvalid},
		{"<plist><array/></plist>", "no dictionary", errSecCSResourcesInvalid},
		{TOP(""), "files is missing", errSecCSResourcesInvalid},
		{TOP(T("files", "")), "rules is missing", errSecCSResourcesInvalid},
		{TOP(T("files2", "") RULES), "rules2 is missing", errSecCSResourcesInvalid},
		{TOP("<key>files2</key><true/>" RULES2), "files2 is no dictionary",
	         errSecCSResourcesInvalid},
		{TOP(T("files2", "") RULES2 "<key>rules</key><true/>"), "rules is no dictionary",
	         errSecCSResourcesInvalid},
		{TOP(T("files2", "<key>a</key><true/>") RULES2), "\"a\"", errSecCSResourcesInvalid},
		{TOP(T("files2", "<key>a</key><dict/>") RULES2), "\"a\"", errSecCSResourcesInvalid},
		{TOP(T("files2", T("a", "<key>hash2</key><string>x</string>")) RULES2),
	         "wrong kind", errSecCSResourcesInvalid},
		{TOP(T("files2", T("a", "<key>symlink</key>" DATA)) RULES2), "wrong kind",
	         errSecCSResourcesInvalid},
		{TOP(T("files2", T("a", "<key>hash</key>" DATA "<key>optional</key>" DATA)) RULES2),
	         "optional", errSecCSResourcesInvalid},
		{TOP(T("files2", T("a", "<key>hash</key>" DATA "<key>symlink</key><string/>"))
	                     RULES2),
	         "exactly one", errSecCSResourcesInvalid},
		{TOP(T("files2", T("a", "<key>cdhash</key>" DATA)) RULES2), "exactly one",
	         errSecCSResourcesInvalid},
		{TOP(T("files2", "") T("rules2", "<key>(</key><true/>")), "rules2",
	         errSecCSResourceRulesInvalid},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		struct sgn_seal s;
		struct sgn_error err;

		cr_expect_eq(load(rows[i].xml, &s, &err), SGN_E_FORMAT, "row %zu", i);
		cr_expect_eq(err.osstatus, rows[i].osstatus, "row %zu: %d", i, err.osstatus);
		cr_expect(strstr(err.text, rows[i].text), "row %zu: %s", i, err.text);
		cr_expect_null(s.entries);
		sgn_error_dispose(&err);
	}
}

Test(bundle_seal_read, of_equal_keys_the_last_counts)
{
	struct sgn_seal s;
	struct sgn_error err;

	cr_assert_eq(
		load(TOP(T("files2",
	                   "<key>a</key>" DATA
	                   "<key>a</key><dict><key>symlink</key><string>x</string></dict>") RULES2),
	             &s, &err),
		0);
	cr_assert_eq(s.count, 1);
	cr_assert_eq(sgn_seal_find(&s, "a")->kind, SGN_SEAL_LINK);
	sgn_seal_dispose(&s);
}

Test(bundle_seal_read, every_truncation_is_refused_without_harm)
{
	static const char xml[] = TOP(T("files", "<key>a</key>" DATA) RULES RULES2 T(
		"files2", "<key>a</key>" DATA T("l", "<key>symlink</key><string>x</string>")));

	for (size_t len = 0; len < strlen(xml) - 1; len++) {
		struct sgn_seal s;

		cr_expect_lt(sgn_seal_read(sgn_view_of(xml, len), &s, NULL), 0, "%zu bytes", len);
	}
}
