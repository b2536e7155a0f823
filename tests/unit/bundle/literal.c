/* SPDX-License-Identifier: Apache-2.0 */
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "signer/bundle/rules_internal.h"
#include "tests/unit/bundle/rules.h"

static const struct {
	const char *pattern, *prefix, *inside;
	bool regex, to_end;
} rows[] = {
	{"^Info\\.plist$", "Info.plist", "", false, true},
	{"^Resources/", "Resources/", "", false, false},
	{"^.*", "", "", false, false},
	{"^", "", "", false, false},
	{"^a.*", "a", "", false, false},
	{"^$", "", "", false, true},
	{"^version.plist$", "version", "plist", true, false},
	{"^Resources/.*\\.lproj/", "Resources/", ".lproj/", true, false},
	{"^Resources/.*\\.lproj/locversion.plist$", "Resources/", ".lproj/locversion", true, false},
	{"^(.*/)?\\.DS_Store$", "", ".DS_Store", true, false},
	{".*\\.dSYM($|/)", "", ".dSYM", true, false},
	{SGN_CODE_PLACES, "", "/", true, false},
	{"^[^/]+$", "", "", true, false},
	{"^[]/]x", "", "x", true, false},
	{"^[[:alpha:]]x", "", "", true, false},
	{"a|b", "", "", true, false},
	{"^abc|b", "", "", true, false},
	{"^ab*c", "a", "c", true, false},
	{"^ab?", "a", "", true, false},
	{"^ab{0,2}c", "a", "", true, false},
	{"^a(b|c)*d", "a", "d", true, false},
	{"^a\\wb", "a", "", true, false},
	{"^a\\$b$", "a$b", "", false, true},
	{"^a$b", "a", "", true, false},
	{"a", "", "a", true, false},
	{"^a**b", "", "", true, false},
	{"^a(b", "", "", true, false},
	{"^a\\", "a", "", true, false},
};

Test(bundle_literal, only_what_is_certain_is_taken)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		struct sgn_arena arena = {0};
		struct sgn_rule rule = {.pattern = rows[i].pattern};
		bool needs_regex;

		cr_assert(sgn_rule_literals(&arena, &rule, &needs_regex));
		cr_expect_str_eq(rule.prefix, rows[i].prefix, "%s", rows[i].pattern);
		cr_expect_str_eq(rule.inside, rows[i].inside, "%s", rows[i].pattern);
		cr_expect_eq(rule.prefix_len, strlen(rule.prefix));
		cr_expect_eq(needs_regex, rows[i].regex, "%s", rows[i].pattern);
		cr_expect_eq(rule.to_end, rows[i].to_end, "%s", rows[i].pattern);
		sgn_arena_dispose(&arena);
	}
}

/* Pieces that patterns and paths are put together from, by a small generator. */
static const char *const pattern_parts[] = {"^", "a", "b", "/", "\\.",  ".",    ".*", "*",    "?",
                                            "+", "(", ")", "|", "[ab]", "[^/]", "$",  "x{2}", "ab"};
static const char *const path_parts[] = {"a", "b", "/", ".", "x", "xx", "ab", "c"};

static unsigned next(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16;
}

static void put_together(unsigned *seed, const char *const *parts, size_t count, char *out)
{
	size_t n = 1 + next(seed) % 6;

	*out = '\0';
	for (size_t i = 0; i < n; i++) {
		const char *part = parts[next(seed) % count];

		memcpy(out, part, strlen(part) + 1);
		out += strlen(part);
	}
}

Test(bundle_literal, shortcuts_never_disagree_with_the_regular_expression)
{
	unsigned seed = 1;
	size_t compared = 0;

	for (int i = 0; i < 3000; i++) {
		char pattern[64], path[64];
		struct sgn_value_entry e;
		struct sgn_value dict = {.kind = SGN_VALUE_DICT, .u.dict = {&e, 1}};
		struct sgn_rules rules;
		regex_t plain;

		put_together(&seed, pattern_parts, SGN_ARRAY_LEN(pattern_parts), pattern);
		e = (struct sgn_value_entry){sgn_view_str(pattern),
		                             {.kind = SGN_VALUE_BOOL, .u.boolean = true}};
		if (sgn_rules_read(&dict, &rules, NULL) != 0)
			continue;
		if (regcomp(&plain, pattern, REG_EXTENDED | REG_NOSUB) == 0) {
			for (int k = 0; k < 8; k++) {
				put_together(&seed, path_parts, SGN_ARRAY_LEN(path_parts), path);
				cr_assert_eq(sgn_rules_match(&rules, path) != NULL,
				             regexec(&plain, path, 0, NULL, 0) == 0,
				             "pattern %s, path %s", pattern, path);
				compared++;
			}
			regfree(&plain);
		}
		sgn_rules_dispose(&rules);
	}
	cr_assert_gt(compared, 5000);
}
