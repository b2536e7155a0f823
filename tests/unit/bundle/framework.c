/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "signer/base/osstatus.h"
#include "tests/unit/bundle/tree.h"

#define A "m Versions/A/X\ni Versions/A/Resources/Info.plist|CFBundleExecutable=X\n"
#define GOOD \
	A "l Versions/Current|A\nl X|Versions/Current/X\nl Resources|Versions/Current/Resources\n"

static void expect(const char *lines, const char *problems)
{
	struct opened o;

	tree_open_ok(&o, lines, "X.framework");
	cr_expect_str_eq(tree_problems(&o), problems, "%s", lines);
	tree_close(&o);
}

Test(bundle_framework, links_into_the_current_version_are_sealed_by_it)
{
	expect(GOOD, "");
	expect(GOOD "d Versions/A/Headers\nl Headers|./Versions/A/Headers", "");
	expect(GOOD "f .DS_Store\nf Versions/.DS_Store\nf module.map", "");
	expect(A "l Versions/Current|./A\nl X|Versions/A/X", "");
	expect(GOOD "d Versions/A/Gone\nl Gone|Versions/Current/Gone", "");
}

Test(bundle_framework, everything_else_in_the_root_is_unsealed)
{
	static const struct {
		const char *more, *problems;
	} rows[] = {
		{"f README", "-67008 README"},
		{"d Headers", "-67008 Headers"},
		{"x .DS_Store|", "-67008 .DS_Store"},
		{"x module.map|", "-67008 module.map"},
		{"l Headers|Versions/Current/Modules", "-67008 Headers"},
		{"l Headers|Versions/B/Headers", "-67008 Headers"},
		{"l Headers|/System/Headers", "-67008 Headers"},
		{"l Headers|Versions/Current/x/Headers", "-67008 Headers"},
		{"l Headers|Versions/Headers", "-67008 Headers"},
		{"f Versions/README", "-67008 Versions/README"},
		{"l Versions/B|A", "-67008 Versions/B"},
	};
	char lines[1024];

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		snprintf(lines, sizeof(lines), "%s%s", GOOD, rows[i].more);
		expect(lines, rows[i].problems);
	}
}

Test(bundle_framework, current_is_a_link_to_a_plain_name)
{
	expect(A "l Versions/Current|../Versions/A", "-67008 Versions/Current");
	expect(A "l Versions/Current|A/", "-67008 Versions/Current");
	expect(A
	       "m Versions/Current/X\ni Versions/Current/Resources/Info.plist|CFBundleExecutable=X",
	       "-67008 Versions/Current");
}

Test(bundle_framework, a_lone_version_named_current_is_none)
{
	expect("m Versions/Current/X\ni Versions/Current/Resources/Info.plist|CFBundleExecutable=X",
	       "-67008 Versions/Current, -67008 Versions");
}

/* What cp -L, many zip programs and older build tools leave. */
Test(bundle_framework, copies_in_place_of_links_make_it_ambiguous)
{
	expect(A "l Versions/Current|A\nm X", "-67011! X, -67008 X");
	expect(A "l Versions/Current|A\nl X|Versions/Current/X\n"
	         "i Resources/Info.plist|CFBundleExecutable=X",
	       "-67011! Resources/Info.plist, -67008 Resources");
	expect(A "m Versions/Current/X\n"
	         "i Versions/Current/Resources/Info.plist|CFBundleExecutable=X\nm X\n"
	         "i Resources/Info.plist|CFBundleExecutable=X",
	       "-67011! Resources/Info.plist, -67008 Versions/Current, -67008 Resources, -67008 X");
}

Test(bundle_framework, a_copy_says_that_links_were_lost)
{
	struct opened o;
	const struct sgn_bundle_problem *p;

	tree_open_ok(&o, A "l Versions/Current|A\nm X", "X.framework");
	p = tree_problem(&o, errSecCSUnsealedFrameworkRoot);
	cr_assert_not_null(p);
	cr_assert_not(p->fatal);
	cr_assert(strstr(p->text, "is a copy"));
	cr_assert(strstr(p->cure, "symbolic links"));
	tree_close(&o);
}

/* What npm leaves. */
Test(bundle_framework, without_current_the_lost_links_are_named)
{
	struct opened o;

	tree_open_ok(&o, A, "X.framework");
	cr_assert_str_eq(tree_problems(&o), "-67028! Versions");
	cr_assert(strstr(o.b.problems[0].text, "symbolic links were lost"));
	cr_assert_eq(o.b.main_kind, SGN_MAIN_NONE);
	tree_close(&o);
	expect(A "l Versions/Current|B", "-67028! Versions");
}

Test(bundle_framework, a_root_executable_that_info_plist_does_not_name_is_not_looked_at)
{
	expect("m Versions/A/Y\ni Versions/A/Resources/Info.plist|CFBundleExecutable=Y\n"
	       "l Versions/Current|A\nl Y|Versions/Current/Y\nl "
	       "Resources|Versions/Current/Resources\n",
	       "");
}
