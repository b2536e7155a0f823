/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "signer/base/osstatus.h"
#include "tests/unit/bundle/tree.h"

#define GOOD "i Contents/Info.plist|CFBundleExecutable=X\nm Contents/MacOS/X\n"

static void expect(const char *more, const char *problems)
{
	char lines[2048];
	struct opened o;

	snprintf(lines, sizeof(lines), "%s%s", GOOD, more);
	tree_open_ok(&o, lines, "X.app");
	cr_expect_str_eq(tree_problems(&o), problems);
	tree_close(&o);
}

Test(bundle_root_checks, files_of_finder_and_installers_may_lie_beside_contents)
{
	expect("f .DS_Store\nf .LSOverride\nf Icon\r\nf .SoftwareDepot.tracking", "");
}

Test(bundle_root_checks, but_not_when_they_are_executable_or_no_files)
{
	expect("x .DS_Store|", "-67014 .DS_Store");
	expect("d .LSOverride", "-67014 .LSOverride");
	expect("l Icon\r|Contents/Info.plist", "-67014 Icon\r");
}

Test(bundle_root_checks, anything_else_in_the_root_is_unsealed)
{
	expect("f README", "-67014 README");
	expect("f ._X", "-67014 ._X");
	expect("d _CodeSignature", "-67014 _CodeSignature");
	expect("l MacOS|Contents/MacOS", "-67014 MacOS");
	expect("p pipe", "-67014 pipe");
}

Test(bundle_root_checks, each_problem_says_what_and_how_to_cure_it)
{
	struct opened o;

	tree_open_ok(&o, GOOD "f ._X", "X.app");
	cr_assert_eq(o.b.problem_count, 1);
	cr_assert_not(o.b.problems[0].fatal);
	cr_assert_str_eq(o.b.problems[0].text, "lies beside Contents, where nothing can be sealed");
	cr_assert(strstr(o.b.problems[0].cure, "AppleDouble"));
	tree_close(&o);
}

Test(bundle_root_checks, only_files_may_lie_in_the_signature_folder)
{
	expect("f Contents/_CodeSignature/CodeResources", "");
	expect("d Contents/_CodeSignature/more", "-67014 Contents/_CodeSignature/more");
	expect("l Contents/_CodeSignature/CodeResources|/etc/passwd",
	       "-67014 Contents/_CodeSignature/CodeResources");
	expect("l Contents/_CodeSignature|Resources", "-67014 Contents/_CodeSignature");
}

Test(bundle_root_checks, a_flat_bundle_has_no_such_rules)
{
	struct opened o;

	tree_open_ok(&o, "i Info.plist|CFBundleExecutable=X\nm X\nf README\nd Frameworks", "X.app");
	cr_assert_str_eq(tree_problems(&o), "");
	tree_close(&o);
}
