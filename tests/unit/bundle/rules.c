/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/bundle/rules.h"

static void expect(const char *rules, const char *path, const char *pattern)
{
	struct rule_set s;
	const struct sgn_rule *m;

	cr_assert_eq(rules_load(&s, rules), 0, "%s", s.err.text);
	m = sgn_rules_match(&s.rules, path);
	cr_expect_str_eq(m ? m->pattern : "", pattern, "%s", path);
	rules_drop(&s);
}

Test(bundle_rules, the_heaviest_rule_wins_wherever_it_stands)
{
	expect(RULE_TRUE("a") RULE_DICT("b", RULE_WEIGHT(2)) RULE_DICT("c", RULE_WEIGHT(1.5)),
	       "abc", "b");
	expect(RULE_DICT("b", RULE_WEIGHT(2)) RULE_TRUE("a"), "ab", "b");
	expect(RULE_DICT("a", "") RULE_DICT("b", RULE_WEIGHT(0)), "ab", "a");
	expect(RULE_DICT("b", "<key>weight</key><integer>7</integer>") RULE_TRUE("a"), "ab", "b");
}

Test(bundle_rules, at_a_tie_an_omitting_rule_wins_and_else_the_first)
{
	expect(RULE_TRUE("a") RULE_TRUE("b"), "ab", "a");
	expect(RULE_TRUE("b") RULE_TRUE("a"), "ab", "b");
	expect(RULE_TRUE("a") RULE_FALSE("b"), "ab", "b");
	expect(RULE_FALSE("a") RULE_TRUE("b"), "ab", "a");
	/* Rule sets of older flat bundles are only right this way. */
	expect(RULE_DICT("^", RULE_WEIGHT(20))
	               RULE_DICT("^Info\\.plist$", RULE_OMIT RULE_WEIGHT(20)),
	       "Info.plist", "^Info\\.plist$");
}

Test(bundle_rules, nothing_matches_nothing)
{
	expect("", "a", "");
	expect(RULE_TRUE("^b"), "ab", "");
	expect(RULE_TRUE("^a$"), "ab", "");
}

Test(bundle_rules, a_search_is_not_anchored)
{
	expect(RULE_TRUE("b+c"), "abbc/d", "b+c");
	expect(RULE_TRUE("c/d$"), "abbc/d", "c/d$");
}

Test(bundle_rules, many_paths_are_quick)
{
	struct sgn_bundle b = {.resources = "Resources"};
	struct sgn_rules r;
	char path[128];
	size_t sealed = 0;

	cr_assert_eq(sgn_rules_default(&b, 2, &r, NULL), 0);
	for (int i = 0; i < 100000; i++) {
		snprintf(path, sizeof(path), "Resources/folder%d/some longer name %d.png", i % 100,
		         i);
		sealed += sgn_rules_match(&r, path) != NULL;
	}
	cr_assert_eq(sealed, 100000);
	sgn_rules_dispose(&r);
}
