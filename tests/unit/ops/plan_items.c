/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops_test.h"
#include "tests/support/bundle_builder.h"

static struct ops_test t;

static void begin(void)
{
	ops_test_begin(&t);
	bb_app(&t.dir, "My");
}

static void end(void)
{
	ops_test_end(&t);
}

TestSuite(ops_plan_items, .init = begin, .fini = end, .timeout = 60);

#define KIT "Contents/Frameworks/Kit.framework/"

static const char *in_app(const char *rest)
{
	char name[400];

	snprintf(name, sizeof(name), "My.app%s%s", *rest ? "/" : "", rest);
	return scratch_path(&t.dir, name);
}

static struct sgn_sign_options o;
static struct sgn_sign_result result;

static int sign(const char *path)
{
	return sgn_sign_path(t.ctx, path, &o, &result, &t.err);
}

static const struct sgn_signed_item *find(const char *path)
{
	for (size_t i = 0; i < result.item_count; i++)
		if (strcmp(result.items[i].path, path) == 0)
			return &result.items[i];
	cr_assert_fail("no item %s", path);
	return NULL;
}

Test(ops_plan_items, code_inside_code_that_is_kept_is_kept)
{
	sgn_sign_options_init(&o);
	o.only_code_places = true;
	bb_macho(&t.dir, "My.app/" KIT "Versions/A/Resources/plain.dylib", 6, false);
	cr_assert_eq(sign(in_app("Contents/Frameworks/Kit.framework")), 0, "%s", t.err.text);
	sgn_sign_result_dispose(&result);
	o.only_code_places = false;
	cr_assert_eq(sign(in_app("")), 0, "%s", t.err.text);
	cr_assert_eq(find("Contents/Frameworks/Kit.framework")->action, SGN_ITEM_KEPT);
	cr_assert_eq(find(KIT "Versions/A/Resources/plain.dylib")->action, SGN_ITEM_KEPT);
	cr_assert_str_empty(find(KIT "Versions/A/Resources/plain.dylib")->cdhash);
	sgn_sign_result_dispose(&result);
	cr_assert_str_eq(ops_test_verify(&t, in_app("Contents/Frameworks/Kit.framework")), "");
	cr_assert_str_eq(ops_test_verify(&t, in_app("")), "");
}

Test(ops_plan_items, skipping_everything_signs_the_bundle_only)
{
	struct sgn_item_rule skip = {.pattern = "*", .skip = true};

	sgn_sign_options_init(&o);
	cr_assert_eq(sign(in_app("")), 0, "%s", t.err.text);
	sgn_sign_result_dispose(&result);
	o.force = true;
	o.rules = &skip;
	o.rule_count = 1;
	cr_assert_eq(sign(in_app("")), 0, "%s", t.err.text);
	for (size_t i = 0; i < result.item_count; i++)
		cr_assert_eq(result.items[i].action,
		             i + 1 == result.item_count ? SGN_ITEM_SIGNED : SGN_ITEM_SKIPPED);
	sgn_sign_result_dispose(&result);
	cr_assert_str_eq(ops_test_verify(&t, in_app("")), "");
}

Test(ops_plan_items, what_is_skipped_must_be_signed_where_it_is_sealed_as_code)
{
	struct sgn_item_rule skip = {.pattern = "*/helper", .skip = true};

	sgn_sign_options_init(&o);
	o.rules = &skip;
	o.rule_count = 1;
	cr_assert_eq(sign(in_app("")), SGN_E_UNSUPPORTED);
	cr_assert_not_null(strstr(t.err.subcomponent, "Contents/Helpers/helper"));
	skip.pattern = "*/hidden.dylib";
	cr_assert_eq(sign(in_app("")), 0, "%s", t.err.text);
	sgn_sign_result_dispose(&result);
}

Test(ops_plan_items, each_value_says_where_it_comes_from)
{
	struct sgn_item_rule rules[] = {
		{.pattern = "kind:xpc", .has_flags = true, .flags = 0x10000},
		{.pattern = "id:com.example.app.plug", .identifier = "com.example.renamed"},
	};

	sgn_sign_options_init(&o);
	o.identifier = "com.example.other";
	o.rules = rules;
	o.rule_count = 2;
	cr_assert_eq(sign(in_app("")), 0, "%s", t.err.text);
	cr_assert_eq(find(".")->identifier_why.from, SGN_FROM_OPTION);
	cr_assert_eq(find(".")->flags_why.from, SGN_FROM_NOTHING);
	cr_assert_eq(find("Contents/XPCServices/Svc.xpc")->flags_why.from, SGN_FROM_RULE);
	cr_assert_eq(find("Contents/PlugIns/Plug.appex")->identifier_why.from, SGN_FROM_RULE);
	cr_assert_eq(find("Contents/PlugIns/Plug.appex")->identifier_why.rule, 1);
	cr_assert_str_eq(find("Contents/PlugIns/Plug.appex")->identifier, "com.example.renamed");
	cr_assert_eq(find("Contents/Helpers/helper")->identifier_why.from, SGN_FROM_DERIVED);
	cr_assert_eq(find("Contents/Helpers/helper")->entitlements_why.from, SGN_FROM_NOTHING);
	cr_assert(find("Contents/Helpers/helper")->is_program);
	cr_assert_not(find("Contents/Frameworks/Kit.framework")->is_program);
	cr_assert_eq(&result.items[find(KIT "Versions/A/Helpers/Inner.app")->parent],
	             find("Contents/Frameworks/Kit.framework"));
	sgn_sign_result_dispose(&result);
}

Test(ops_plan_items, a_dry_run_plans_the_same_and_writes_nothing)
{
	struct stat st;

	sgn_sign_options_init(&o);
	o.dry_run = true;
	cr_assert_eq(sign(in_app("")), 0, "%s", t.err.text);
	cr_assert_eq(result.item_count, 9);
	for (size_t i = 0; i < result.item_count; i++)
		cr_assert_str_empty(result.items[i].cdhash);
	sgn_sign_result_dispose(&result);
	cr_assert_neq(stat(in_app("Contents/_CodeSignature"), &st), 0);
	cr_assert_str_eq(ops_test_verify(&t, in_app("Contents/Helpers/helper")), "unsigned");
	cr_assert_eq(scratch_count(&t.dir), 1);
}

Test(ops_plan_items, what_will_surprise_is_said)
{
	struct sgn_item_rule rule = {.pattern = "Contents/Hlpers/*", .has_flags = true};

	bb_file(&t.dir, "My.app/Contents/Resources/._icon.icns", "attributes");
	cr_assert_eq(chmod(in_app("Contents/MacOS/Main"), 0644), 0);
	sgn_sign_options_init(&o);
	o.rules = &rule;
	o.rule_count = 1;
	cr_assert_eq(sign(in_app("")), 0, "%s", t.err.text);
	sgn_sign_result_dispose(&result);
	cr_assert_not_null(strstr(t.notes, "no item matches the rule \"Contents/Hlpers/*\""));
	cr_assert_not_null(strstr(t.notes, "hidden.dylib"), "%s", t.notes);
	cr_assert_not_null(strstr(t.notes, "x bits"), "%s", t.notes);
	cr_assert_not_null(strstr(t.notes, "AppleDouble"), "%s", t.notes);
	cr_assert_str_eq(ops_test_verify(&t, in_app("")), "", "both are warnings");
}

Test(ops_plan_items, code_of_another_team_that_is_kept_is_said)
{
	struct sgn_identity *id = ops_test_identity(&t, "developer-id", "p256");

	sgn_sign_options_init(&o);
	cr_assert_eq(sign(in_app("Contents/Frameworks/Kit.framework")), 0, "%s", t.err.text);
	sgn_sign_result_dispose(&result);
	o.identity = id;
	o.timestamp_none = true;
	cr_assert_eq(sign(in_app("")), 0, "%s", t.err.text);
	sgn_sign_result_dispose(&result);
	cr_assert_not_null(strstr(t.notes, "your team did not sign"), "%s", t.notes);
	sgn_identity_free(id);
}
