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

TestSuite(ops_repair, .init = begin, .fini = end, .timeout = 60);

#define KIT "Contents/Frameworks/Kit.framework/"

static const char *in_app(const char *rest)
{
	char name[400];

	snprintf(name, sizeof(name), "My.app%s%s", *rest ? "/" : "", rest);
	return scratch_path(&t.dir, name);
}

static void in_kit(const char *command)
{
	char line[1200];

	snprintf(line, sizeof(line), "cd '%s' && %s", in_app(KIT), command);
	cr_assert_eq(system(line), 0, "%s", line);
}

static bool is_link(const char *rest, const char *target)
{
	char text[200];
	ssize_t n = readlink(in_app(rest), text, sizeof(text));

	return n == (ssize_t)strlen(target) && memcmp(text, target, (size_t)n) == 0;
}

static int sign(bool repair, bool dry_run)
{
	struct sgn_sign_options o;

	sgn_sign_options_init(&o);
	o.repair_symlinks = repair;
	o.dry_run = dry_run;
	return sgn_sign_path(t.ctx, in_app(""), &o, NULL, &t.err);
}

static void expect_mended(void)
{
	cr_assert_eq(sign(true, false), 0, "%s", t.err.text);
	cr_assert(is_link(KIT "Versions/Current", "A"));
	cr_assert(is_link(KIT "Kit", "Versions/Current/Kit"));
	cr_assert(is_link(KIT "Resources", "Versions/Current/Resources"));
	cr_assert(is_link(KIT "Helpers", "Versions/Current/Helpers"));
	cr_assert_str_eq(ops_test_verify(&t, in_app("")), "");
	cr_assert_eq(scratch_count(&t.dir), 1, "nothing is left beside the bundle");
}

Test(ops_repair, copies_are_refused_with_the_cure)
{
	in_kit("rm Kit && cp Versions/A/Kit Kit");
	cr_assert_eq(sign(false, false), SGN_E_FORMAT);
	cr_assert_eq(t.err.osstatus, -67008);
	cr_assert_not_null(strstr(t.err.text, "Kit"));
	cr_assert_not_null(strstr(t.err.cure, "--repair-symlinks"));
}

Test(ops_repair, copies_become_links_again)
{
	in_kit("for n in Kit Resources Helpers; do rm $n && cp -a Versions/A/$n $n; done");
	in_kit("rm Versions/Current && cp -a Versions/A Versions/Current");
	expect_mended();
	cr_assert_not_null(strstr(t.notes, "the symbolic links of 1 framework were made again"));
}

Test(ops_repair, links_that_were_left_out_come_back)
{
	in_kit("rm Kit Resources Helpers Versions/Current");
	expect_mended();
}

Test(ops_repair, texts_of_links_become_links_again)
{
	in_kit("for n in Kit Resources Helpers; do rm $n && printf Versions/Current/$n > $n; done");
	in_kit("rm Versions/Current && printf A > Versions/Current");
	expect_mended();
}

Test(ops_repair, a_framework_in_a_framework_is_mended_too)
{
	in_kit("mkdir ../Sub && cp -a . ../Sub/Sub.framework && mv ../Sub Versions/A/Frameworks");
	in_kit("cd Versions/A/Frameworks/Sub.framework && rm Kit && cp Versions/A/Kit Kit");
	in_kit("rm Versions/Current && cp -a Versions/A Versions/Current");
	cr_assert_eq(sign(true, false), 0, "%s", t.err.text);
	cr_assert(is_link(KIT "Versions/Current", "A"));
	cr_assert(is_link(KIT "Versions/A/Frameworks/Sub.framework/Kit", "Versions/Current/Kit"));
}

Test(ops_repair, a_dry_run_changes_nothing)
{
	struct stat st;

	in_kit("rm Kit && cp Versions/A/Kit Kit");
	cr_assert_eq(sign(true, true), 0, "%s", t.err.text);
	cr_assert_eq(lstat(in_app(KIT "Kit"), &st), 0);
	cr_assert(S_ISREG(st.st_mode));
	cr_assert_neq(stat(in_app("Contents/_CodeSignature"), &st), 0);
	cr_assert_eq(scratch_count(&t.dir), 1);
}

Test(ops_repair, another_file_in_a_links_place_is_never_removed)
{
	in_kit("rm Kit && printf mine > Kit");
	cr_assert_neq(sign(true, false), 0);
	cr_assert_not(is_link(KIT "Kit", "Versions/Current/Kit"));
}
