/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/bundle/rules.h"

static void expect(const char *rules, int version, const char *pattern)
{
	struct rule_set s;
	const char *found;

	cr_assert_eq(rules_load(&s, rules), 0);
	found = sgn_rules_weakness(&s.rules, version);
	if (pattern)
		cr_expect(found && strcmp(found, pattern) == 0, "%s: %s", rules, found);
	else
		cr_expect_null(found, "%s: %s", rules, found);
	rules_drop(&s);
}

Test(bundle_weakness, the_built_in_sets_are_not_weak)
{
	static const char *const resources[] = {"Resources", ""};

	for (size_t i = 0; i < SGN_ARRAY_LEN(resources); i++) {
		struct sgn_bundle b = {.resources = resources[i]};
		struct sgn_rules r;

		cr_assert_eq(sgn_rules_default(&b, 2, &r, NULL), 0);
		cr_expect_null(sgn_rules_weakness(&r, 2), "%s", resources[i]);
		sgn_rules_dispose(&r);
	}
}

Test(bundle_weakness, everything_must_be_taken_in_without_conditions)
{
	expect(RULE_TRUE("^.*"), 2, NULL);
	expect(RULE_TRUE("^Resources/"), 1, NULL);
	expect(RULE_TRUE("^Resources/"), 2, "^.*");
	expect(RULE_TRUE("^"), 2, "^.*");
	expect(RULE_FALSE("^.*"), 2, "^.*");
	expect(RULE_DICT("^.*", RULE_WEIGHT(1)), 2, "^.*");
	expect("", 2, "^.*");
}

Test(bundle_weakness, other_omissions_than_the_known_ones_are_weak)
{
	expect(RULE_TRUE("^.*") RULE_FALSE("^Info\\.plist$"), 2, NULL);
	expect(RULE_TRUE("^.*") RULE_FALSE("^PkgInfo$") RULE_FALSE("^(.*/)?\\.DS_Store$"), 2, NULL);
	expect(RULE_TRUE("^.*") RULE_FALSE("^Resources/.*\\.lproj/locversion.plist$"), 2, NULL);
	expect(RULE_TRUE("^.*") RULE_FALSE("^Resources/"), 2, "^Resources/");
	expect(RULE_TRUE("^.*") RULE_DICT("^MacOS/", RULE_OMIT RULE_WEIGHT(0)), 2, "^MacOS/");
	expect(RULE_TRUE("^.*") RULE_DICT("^x", "<key>omit</key><false/>"), 2, NULL);
}
