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

TestSuite(ops_remove_bundle, .init = begin, .fini = end, .timeout = 60);

#define KIT "Contents/Frameworks/Kit.framework/"

static const char *in_app(const char *rest)
{
	char name[400];

	snprintf(name, sizeof(name), "My.app%s%s", *rest ? "/" : "", rest);
	return scratch_path(&t.dir, name);
}

static void sign(void)
{
	struct sgn_sign_options o;

	sgn_sign_options_init(&o);
	ops_test_sign(&t, in_app(""), &o);
}

static bool remove_from(const char *path, const struct sgn_remove_options *o)
{
	bool removed = false;

	cr_assert_eq(sgn_remove_path(t.ctx, path, o, &removed, &t.err), 0, "%s", t.err.text);
	return removed;
}

static bool exists(const char *rest)
{
	struct stat st;

	return lstat(in_app(rest), &st) == 0;
}

Test(ops_remove_bundle, the_bundle_loses_its_own_signature_only)
{
	sign();
	cr_assert(remove_from(in_app("Contents/MacOS/Main"), NULL), "the executable is the bundle");
	cr_assert_not(exists("Contents/_CodeSignature"));
	cr_assert(exists(KIT "Versions/A/_CodeSignature/CodeResources"));
	cr_assert_not_null(strstr(ops_test_verify(&t, in_app("")), "unsigned"));
	cr_assert_str_eq(ops_test_verify(&t, in_app("Contents/Frameworks/Kit.framework")), "");
	cr_assert_eq(scratch_count(&t.dir), 1);
	cr_assert_not(remove_from(in_app(""), NULL));
}

Test(ops_remove_bundle, deep_reaches_everything)
{
	struct sgn_remove_options o = {.deep = true};

	sign();
	cr_assert(remove_from(in_app(""), &o));
	cr_assert_not(exists(KIT "Versions/A/_CodeSignature"));
	cr_assert_str_eq(ops_test_verify(&t, in_app("Contents/Helpers/helper")), "unsigned");
	cr_assert_str_eq(ops_test_verify(&t, in_app("Contents/Resources/lib/hidden.dylib")),
	                 "unsigned");
	cr_assert_not(remove_from(in_app(""), &o));
}

Test(ops_remove_bundle, a_dry_run_and_a_copy_leave_the_input_alone)
{
	struct sgn_remove_options dry = {.dry_run = true, .deep = true};
	struct sgn_remove_options copy = {.output = scratch_path(&t.dir, "Bare.app")};

	sign();
	cr_assert(remove_from(in_app(""), &dry));
	cr_assert_str_eq(ops_test_verify(&t, in_app("")), "");
	cr_assert(remove_from(in_app(""), &copy));
	cr_assert_str_eq(ops_test_verify(&t, in_app("")), "");
	cr_assert_not_null(strstr(ops_test_verify(&t, copy.output), "unsigned"));
}

Test(ops_remove_bundle, an_older_ticket_stays)
{
	sign();
	bb_file(&t.dir, "My.app/Contents/CodeResources", "ticket");
	cr_assert(remove_from(in_app(""), NULL));
	cr_assert(exists("Contents/CodeResources"));
}

Test(ops_remove_bundle, a_folder_that_is_no_bundle_is_refused)
{
	bb_dir(&t.dir, "Folder");
	cr_assert_eq(sgn_remove_path(t.ctx, scratch_path(&t.dir, "Folder"), NULL, NULL, &t.err),
	             SGN_E_FORMAT);
}
