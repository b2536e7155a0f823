/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/osstatus.h"
#include "tests/unit/bundle/rules.h"

Test(bundle_rules_read, what_is_no_rule_set_is_refused)
{
	static const char *const bad[] = {
		"<key>a</key><string>yes</string>",
		"<key>a</key><array/>",
		"<key>(</key><true/>",
		"<key>a[</key><true/>",
		RULE_DICT("a", "<key>weight</key><string>1</string>"),
		RULE_DICT("a", "<key>weight</key><real>nan</real>"),
		RULE_DICT("a", "<key>omit</key><integer>1</integer>"),
		RULE_DICT("a", "<key>nested</key><string>x</string>"),
		RULE_DICT("a", "<key>optional</key><real>1</real>"),
	};
	struct rule_set s;

	for (size_t i = 0; i < SGN_ARRAY_LEN(bad); i++) {
		cr_expect_eq(rules_load(&s, bad[i]), SGN_E_FORMAT, "%s", bad[i]);
		cr_expect_eq(s.err.osstatus, errSecCSResourceRulesInvalid, "%s", bad[i]);
		cr_expect_eq(s.rules.count, 0);
		rules_drop(&s);
	}
}

Test(bundle_rules_read, only_a_dictionary_is_a_rule_set)
{
	struct sgn_value v = {.kind = SGN_VALUE_BOOL};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_rules r;

	cr_assert_eq(sgn_rules_read(&v, &r, &err), SGN_E_FORMAT);
	cr_assert_eq(err.osstatus, errSecCSResourceRulesInvalid);
	cr_assert_eq(sgn_rules_read(NULL, &r, NULL), SGN_E_FORMAT);
	sgn_error_dispose(&err);
}

Test(bundle_rules_read, a_pattern_with_a_nul_is_refused)
{
	const struct sgn_value_entry e = {sgn_view_of("a\0b", 3),
	                                  {.kind = SGN_VALUE_BOOL, .u.boolean = true}};
	const struct sgn_value v = {.kind = SGN_VALUE_DICT, .u.dict = {&e, 1}};
	struct sgn_rules r;

	cr_assert_eq(sgn_rules_read(&v, &r, NULL), SGN_E_FORMAT);
}

Test(bundle_rules_read, too_many_rules_are_refused)
{
	struct sgn_value_entry e[SGN_LIMIT_RULES + 1];
	struct sgn_value v = {.kind = SGN_VALUE_DICT, .u.dict = {e, SGN_ARRAY_LEN(e)}};
	struct sgn_rules r;

	for (size_t i = 0; i < SGN_ARRAY_LEN(e); i++)
		e[i] = (struct sgn_value_entry){sgn_view_str("a"), {.kind = SGN_VALUE_BOOL}};
	cr_assert_eq(sgn_rules_read(&v, &r, NULL), SGN_E_LIMIT);
	v.u.dict.count = SGN_LIMIT_RULES;
	cr_assert_eq(sgn_rules_read(&v, &r, NULL), 0);
	sgn_rules_dispose(&r);
}

Test(bundle_rules_read, version_2_of_a_custom_set_adds_the_places_of_code)
{
	struct rule_set s;
	struct sgn_rules v2;

	cr_assert_eq(rules_load(&s, RULE_TRUE("^Resources/") RULE_FALSE("^secret$")), 0);
	cr_assert_eq(sgn_rules_derive(&s.rules, &v2, NULL), 0);
	cr_assert_eq(v2.count, 3);
	cr_assert(sgn_rules_match(&v2, "MacOS/tool")->nested);
	cr_assert_eq(sgn_rules_match(&v2, "MacOS/tool")->weight, 0);
	cr_assert(sgn_rules_match(&v2, "secret")->omit);
	cr_assert_null(sgn_rules_match(&v2, "other"));
	cr_assert_eq(v2.source->u.dict.count, 3);
	sgn_rules_dispose(&v2);
	rules_drop(&s);
}
