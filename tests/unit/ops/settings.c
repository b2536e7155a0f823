/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include <signet/settings.h>

#include "tests/support/scratch.h"

static struct scratch dir;
static struct sgn_settings *settings;
static struct sgn_error err = SGN_ERROR_INIT;

static void begin(void)
{
	scratch_make(&dir);
}

static void end(void)
{
	sgn_settings_free(settings);
	settings = NULL;
	sgn_error_dispose(&err);
	scratch_remove(&dir);
}

TestSuite(ops_settings, .init = begin, .fini = end);

static int load(const char *text)
{
	return sgn_settings_load(scratch_write(&dir, "s.yaml", text, strlen(text), 0644), &settings,
	                         &err);
}

Test(ops_settings, a_file_becomes_rules)
{
	const struct sgn_item_rule *r;
	size_t count;

	scratch_write(&dir, "e.plist", "<plist/>", 8, 0644);
	cr_assert_eq(load("items:\n"
	                  "- match: kind:xpc\n"
	                  "  entitlements: e.plist\n"
	                  "  options: [runtime, hard]\n"
	                  "- match: 'Contents/Helpers/*'\n"
	                  "  entitlements: none\n"
	                  "  options: none\n"
	                  "  identifier: com.example.x\n"
	                  "- {match: 'id:com.vendor.*', skip: true}\n"),
	             0, "%s", err.text);
	r = sgn_settings_rules(settings, &count);
	cr_assert_eq(count, 3);
	cr_assert_str_eq(r[0].pattern, "kind:xpc");
	cr_assert(r[0].has_entitlements);
	cr_assert_eq(r[0].entitlements_size, 8);
	cr_assert_eq(r[0].flags, 0x10100);
	cr_assert(r[1].has_entitlements);
	cr_assert_null(r[1].entitlements);
	cr_assert(r[1].has_flags);
	cr_assert_eq(r[1].flags, 0);
	cr_assert_str_eq(r[1].identifier, "com.example.x");
	cr_assert(r[2].skip);
	cr_assert_not(r[2].has_flags);
}

Test(ops_settings, an_empty_file_has_no_rules)
{
	size_t count = 1;

	cr_assert_eq(load("# nothing\n"), 0, "%s", err.text);
	cr_assert_null(sgn_settings_rules(settings, &count));
	cr_assert_eq(count, 0);
}

static const struct {
	const char *text;
	const char *want; /* in the message */
} wrong[] = {
	{"item: []\n", "line 1, column 1: unknown key \"item\""},
	{"items:\n- match: x\n  entitlement: y\n", "line 3, column 3: unknown key"},
	{"items:\n- skip: true\n", "line 2, column 3: the item has no key \"match\""},
	{"items:\n- match: x\n  skip: maybe\n", "line 3, column 9: skip must be true or false"},
	{"items:\n- match: x\n  skip: 'true'\n", "skip must be"},
	{"items:\n- match: []\n", "match must be a text"},
	{"items:\n- match: ''\n", "match must be a text"},
	{"items:\n- match: x\n  options: {a: b}\n", "options must be"},
	{"items:\n- match: x\n  options: [[a]]\n", "an option must be a text"},
	{"items:\n- match: x\n  options: nonsense\n", "line 3, column 12: options"},
	{"items:\n- text\n", "an item must be a mapping"},
	{"items: x\n", "items must be a list"},
	{"- match: x\n", "must be a mapping"},
};

Test(ops_settings, what_is_wrong_is_told_with_its_place)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_assert_neq(load(wrong[i].text), 0, "%s", wrong[i].text);
		cr_assert_null(settings);
		cr_assert_not_null(strstr(err.text, wrong[i].want), "%s: %s", wrong[i].text,
		                   err.text);
		cr_assert_not_null(strstr(err.path, "s.yaml"));
	}
}

Test(ops_settings, a_missing_entitlements_file_is_named)
{
	cr_assert_eq(load("items:\n- match: x\n  entitlements: gone.plist\n"), SGN_E_NOTFOUND);
	cr_assert_not_null(strstr(err.text, "line 3: entitlements gone.plist"), "%s", err.text);
	cr_assert_eq(sgn_settings_load(scratch_path(&dir, "none.yaml"), &settings, &err),
	             SGN_E_NOTFOUND);
}
