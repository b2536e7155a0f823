/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "signer/base/osstatus.h"
#include "tests/unit/bundle/tree.h"

static void expect(const char *lines, const char *main, enum sgn_bundle_main kind,
                   const char *problems)
{
	struct opened o;

	tree_open_ok(&o, lines, "X.app");
	if (main)
		cr_expect(o.b.main_path && strcmp(o.b.main_path, main) == 0, "%s: %s", lines,
		          o.b.main_path);
	else
		cr_expect_null(o.b.main_path, "%s: %s", lines, o.b.main_path);
	cr_expect_eq(o.b.main_kind, kind, "%s: kind %d", lines, o.b.main_kind);
	cr_expect_str_eq(tree_problems(&o), problems, "%s", lines);
	tree_close(&o);
}

#define DEEP  "i Contents/Info.plist|CFBundleExecutable=Y\n"
#define PLAIN "i Info.plist|CFBundleExecutable=Y\n"

Test(bundle_main_exec, the_places_are_searched_in_order)
{
	expect(DEEP "m Contents/MacOS/Y\nm Contents/Y", "Contents/MacOS/Y", SGN_MAIN_MACHO, "");
	expect(DEEP "m Contents/Y", "Contents/Y", SGN_MAIN_MACHO, "");
	expect(DEEP "m Y", "Y", SGN_MAIN_MACHO, "-67014 Y");
	expect(PLAIN "m MacOS/Y\nm Y", "MacOS/Y", SGN_MAIN_MACHO, "");
	expect(PLAIN "d MacOS/Y\nm Y", "Y", SGN_MAIN_MACHO, "");
}

Test(bundle_main_exec, the_first_bytes_say_what_it_is)
{
	expect(PLAIN "m Y", "Y", SGN_MAIN_MACHO, "");
	expect(PLAIN "x Y|#!/bin/sh", "Y", SGN_MAIN_GENERIC, "");
	expect(PLAIN "a Y", "Y", SGN_MAIN_GENERIC, "");
	expect(PLAIN "f Y|", "Y", SGN_MAIN_GENERIC, "");
}

Test(bundle_main_exec, without_a_name_it_is_called_like_the_bundle)
{
	expect("i Info.plist|a=b\nm X", "X", SGN_MAIN_MACHO, "");
	expect("i Info.plist|CFBundleExecutable=\nm X", "X", SGN_MAIN_MACHO, "");
	expect("i Info.plist|a=b\nm Z", "Info.plist", SGN_MAIN_INFO, "");
}

Test(bundle_main_exec, a_name_that_leads_to_nothing_is_a_problem_that_can_be_overruled)
{
	expect(PLAIN "m X", "Info.plist", SGN_MAIN_INFO, "-67029 Info.plist");
	expect(PLAIN "l Y|gone", "Info.plist", SGN_MAIN_INFO, "-67029 Info.plist");
	expect(PLAIN "p Y", "Info.plist", SGN_MAIN_INFO, "-67029 Info.plist");
}

Test(bundle_main_exec, names_with_slashes_stay_inside)
{
	expect("i Contents/Info.plist|CFBundleExecutable=sub/Y\nm Contents/MacOS/sub/Y",
	       "Contents/MacOS/sub/Y", SGN_MAIN_MACHO, "");
	expect("i Contents/Info.plist|CFBundleExecutable=../MacOS/Y\nm Contents/MacOS/Y", NULL,
	       SGN_MAIN_NONE, "-67029! Contents/Info.plist");
	expect("i Contents/Info.plist|CFBundleExecutable=/bin/sh\nm Contents/MacOS/Y", NULL,
	       SGN_MAIN_NONE, "-67029! Contents/Info.plist");
	expect("i Contents/Info.plist|CFBundleExecutable=a/..\nm Contents/MacOS/Y", NULL,
	       SGN_MAIN_NONE, "-67029! Contents/Info.plist");
}

Test(bundle_main_exec, a_link_is_reported_and_one_that_leads_out_stops_everything)
{
	expect(PLAIN "l Y|Real\nm Real", "Y", SGN_MAIN_MACHO, "-67015 Y");
	expect(PLAIN "l Y|/bin/sh", NULL, SGN_MAIN_NONE, "-67015! Info.plist");
	expect(PLAIN "l Y|../../../../../../bin/sh", NULL, SGN_MAIN_NONE, "-67015! Info.plist");
}

Test(bundle_main_exec, a_widget_shows_a_page)
{
	expect("i Info.plist|MainHTML=a/p.html;CFBundleExecutable=Y\nf a/p.html\nm Y", "a/p.html",
	       SGN_MAIN_GENERIC, "");
	expect("i Info.plist|MainHTML=gone\nm X", NULL, SGN_MAIN_NONE, "-67028! Info.plist");
	expect("i Info.plist|MainHTML=../p\nm X", NULL, SGN_MAIN_NONE, "-67028! Info.plist");
	expect("i Info.plist|MainHTML=p\nl p|Info.plist", NULL, SGN_MAIN_NONE,
	       "-67028! Info.plist");
}

Test(bundle_main_exec, two_dist_files_are_no_installer)
{
	expect("f Contents/Resources/a.dist\nf Contents/Resources/b.dist", NULL, SGN_MAIN_NONE,
	       "-67028!");
}
