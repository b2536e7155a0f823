/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/osstatus.h"
#include "tests/unit/bundle/rules.h"

struct scanned {
	struct opened o;
	struct sgn_rules v1, v2;
	struct sgn_seal_scan scan;
	char text[4096];
};

static void scan_opened(struct scanned *s)
{
	cr_assert_eq(sgn_rules_default(&s->o.b, 1, &s->v1, NULL), 0);
	cr_assert_eq(sgn_rules_default(&s->o.b, 2, &s->v2, NULL), 0);
	cr_assert_eq(sgn_seal_scan(&s->o.b, &s->v1, &s->v2, &s->scan, &s->o.err), 0, "%s",
	             s->o.err.text);
}

static void drop(struct scanned *s)
{
	sgn_seal_scan_dispose(&s->scan);
	sgn_rules_dispose(&s->v1);
	sgn_rules_dispose(&s->v2);
	tree_close(&s->o);
}

/* "F12 path": kind (File, Link, Nested file, D nested bundle), versions, "?" for optional. */
static const char *list(struct scanned *s)
{
	size_t len = 0;

	s->text[0] = '\0';
	for (size_t i = 0; i < s->scan.count; i++) {
		const struct sgn_seal_item *it = &s->scan.items[i];
		char kind = "FLN"[it->kind];

		if (it->kind == SGN_SEAL_NESTED && it->nested_is_dir)
			kind = 'D';
		len += (size_t)snprintf(s->text + len, sizeof(s->text) - len, "%s%c%s%s%s%s %s",
		                        i ? ", " : "", kind, it->in_v1 ? "1" : "",
		                        it->optional_v1 ? "?" : "", it->in_v2 ? "2" : "",
		                        it->optional_v2 ? "?" : "", it->path);
		cr_assert_str_eq(s->o.walk.entries[it->entry].path +
		                         strlen(s->o.walk.entries[it->entry].path) -
		                         strlen(it->path),
		                 it->path);
	}
	return s->text;
}

static void expect(const char *name, const char *lines, const char *items)
{
	struct scanned s;

	memset(&s, 0, sizeof(s));
	tree_open_ok(&s.o, lines, name);
	scan_opened(&s);
	cr_expect_str_eq(list(&s), items, "%s", lines);
	cr_expect_eq(s.scan.problem_count, 0);
	drop(&s);
}

#define APP "i Contents/Info.plist|CFBundleExecutable=X\nm Contents/MacOS/X\n"

Test(bundle_scan, a_deep_bundle)
{
	expect("X.app",
	       APP "f Contents/PkgInfo\nf Contents/_CodeSignature/CodeResources\n"
	           "f Contents/CodeResources\nf Contents/_MASReceipt/receipt\n"
	           "f Contents/version.plist\nf Contents/embedded.provisionprofile\n"
	           "m Contents/MacOS/tool\nf Contents/Resources/a\nf Contents/Resources/.DS_Store\n"
	           "f Contents/Resources/en.lproj/b\nf Contents/Resources/Base.lproj/b\n"
	           "f Contents/Resources/en.lproj/locversion.plist\nl Contents/Resources/l|a\n"
	           "f Contents/Other/data",
	       "N2 MacOS/tool, F2 Other/data, F1 Resources/.DS_Store, F12 Resources/Base.lproj/b, "
	       "F12 Resources/a, "
	       "F1?2? Resources/en.lproj/b, L2 Resources/l, F2 embedded.provisionprofile, "
	       "F12 version.plist");
}

Test(bundle_scan, a_dotted_directory_in_a_place_for_code_is_one_thing)
{
	expect("X.app",
	       APP
	       "m Contents/Frameworks/Y.framework/Versions/A/Y\nm Contents/Frameworks/liby.dylib\n"
	       "m Contents/Frameworks/plain/liby.dylib\nf Contents/Frameworks/gstreamer-1.0/x\n"
	       "m Contents/PlugIns/Z.bundle/Contents/MacOS/Z\n"
	       "m Contents/Resources/R.bundle/Contents/MacOS/R\n"
	       "m Contents/Library/LoginItems/L.app/Contents/MacOS/L\n"
	       "m Contents/Library/Other.app/Contents/MacOS/O",
	       "D2 Frameworks/Y.framework, D2 Frameworks/gstreamer-1.0, N2 Frameworks/liby.dylib, "
	       "N2 Frameworks/plain/liby.dylib, D2 Library/LoginItems/L.app, "
	       "F2 Library/Other.app/Contents/MacOS/O, D2 PlugIns/Z.bundle, "
	       "F12 Resources/R.bundle/Contents/MacOS/R");
}

Test(bundle_scan, links_are_links_in_places_for_code_too)
{
	expect("X.app",
	       APP "l Contents/MacOS/alias|X\nl Contents/Frameworks/Y.framework|Z.framework\n"
	           "l Contents/top|Info.plist",
	       "L2 Frameworks/Y.framework, L2 MacOS/alias, L2 top");
}

Test(bundle_scan, files_in_contents_itself_have_to_be_code)
{
	expect("X.app", APP "f Contents/README\nd Contents/Odd.name", "D2 Odd.name, N2 README");
}

Test(bundle_scan, debug_symbols_beside_the_executable_are_plain_files)
{
	expect("X.app", APP "f Contents/MacOS/X.dSYM/Contents/Info.plist",
	       "F2 MacOS/X.dSYM/Contents/Info.plist");
}

Test(bundle_scan, a_flat_bundle_seals_nested_code_file_by_file)
{
	expect("X.app",
	       "i Info.plist|CFBundleExecutable=X\nm X\nf PkgInfo\nf _CodeSignature/CodeResources\n"
	       "m Frameworks/Y.framework/Y\nf Frameworks/Y.framework/_CodeSignature/CodeResources\n"
	       "f embedded.mobileprovision\nf en.lproj/a\nl link|X\nf X.dSYM/a",
	       "F12 Frameworks/Y.framework/Y, F12 "
	       "Frameworks/Y.framework/_CodeSignature/CodeResources, "
	       "F1 Info.plist, F1 PkgInfo, F12 X.dSYM/a, F12 embedded.mobileprovision, "
	       "F1?2? en.lproj/a, L2 link");
}

Test(bundle_scan, a_framework_version_is_sealed_by_itself)
{
	expect("X.framework",
	       "l Versions/Current|A\nl X|Versions/Current/X\nl "
	       "Resources|Versions/Current/Resources\n"
	       "m Versions/A/X\ni Versions/A/Resources/Info.plist|CFBundleExecutable=X\n"
	       "f Versions/A/Headers/x.h\nm Versions/A/Helpers/h\nf "
	       "Versions/A/_CodeSignature/CodeResources\n"
	       "m Versions/B/X",
	       "F2 Headers/x.h, N2 Helpers/h, F12 Resources/Info.plist");
}

Test(bundle_scan, info_plist_is_left_out_when_it_stands_for_the_executable)
{
	expect("X.xcframework", "i Info.plist|a=b\nm ios/X.framework/X\nl ios/l|X.framework",
	       "F12 ios/X.framework/X, L2 ios/l");
}

Test(bundle_scan, items_are_sorted_by_the_bytes_of_the_whole_path)
{
	expect("X.app", "i Info.plist|CFBundleExecutable=X\nm X\nf a/b\nf a.b\nf a-b\nf B",
	       "F12 B, F1 Info.plist, F12 a-b, F12 a.b, F12 a/b");
}

Test(bundle_scan, exclusions_hold_at_the_top_only)
{
	expect("X.app",
	       APP "f Contents/Resources/_CodeSignature/a\nf Contents/Resources/CodeResources\n"
	           "f Contents/Resources/MacOS/X\nf Contents/Resources/_MASReceipt/r",
	       "F12 Resources/CodeResources, F12 Resources/MacOS/X, F12 "
	       "Resources/_CodeSignature/a, "
	       "F12 Resources/_MASReceipt/r");
}

static void expect_problem(const char *more, int32_t osstatus, bool fatal, const char *path)
{
	struct scanned s;
	char lines[512];

	memset(&s, 0, sizeof(s));
	snprintf(lines, sizeof(lines), "%s%s", APP, more);
	tree_open_ok(&s.o, lines, "X.app");
	scan_opened(&s);
	cr_assert_eq(s.scan.problem_count, 1, "%s", more);
	cr_expect_eq(s.scan.problems[0].osstatus, osstatus);
	cr_expect_eq(s.scan.problems[0].fatal, fatal);
	cr_expect_str_eq(s.scan.problems[0].path, path);
	drop(&s);
}

Test(bundle_scan, what_cannot_be_sealed_is_a_problem)
{
	expect_problem("l Contents/Resources/.DS_Store|a", errSecCSDSStoreSymlink, true,
	               "Contents/Resources/.DS_Store");
	expect_problem("p Contents/Resources/pipe", errSecCSResourceNotSupported, false,
	               "Contents/Resources/pipe");
}

Test(bundle_scan, what_is_inside_of_nested_code_is_its_own_affair)
{
	expect("X.app",
	       APP "p Contents/Frameworks/Y.framework/pipe\n"
	           "l Contents/Frameworks/Y.framework/.DS_Store|x",
	       "D2 Frameworks/Y.framework");
}

Test(bundle_scan, an_unreadable_directory_is_a_problem)
{
	struct scanned s;
	size_t i = 0;

	memset(&s, 0, sizeof(s));
	tree_open_ok(&s.o, APP "d Contents/Resources/closed", "X.app");
	while (strcmp(s.o.walk.entries[i].path, "Contents/Resources/closed") != 0)
		i++;
	/* root can read everything, so the walk is told. */
	s.o.walk.entries[i].problem = 13;
	scan_opened(&s);
	cr_assert_eq(s.scan.problem_count, 1);
	cr_assert_eq(s.scan.problems[0].osstatus, errSecCSSignatureNotVerifiable);
	drop(&s);
}

Test(bundle_scan, many_problems_are_all_kept)
{
	struct scanned s;
	char lines[4096] = APP;
	size_t len = strlen(lines);

	for (int i = 0; i < 40; i++)
		len += (size_t)snprintf(lines + len, sizeof(lines) - len,
		                        "p Contents/Resources/p%d\n", i);
	memset(&s, 0, sizeof(s));
	tree_open_ok(&s.o, lines, "X.app");
	scan_opened(&s);
	cr_assert_eq(s.scan.problem_count, 40);
	cr_assert_str_eq(s.scan.problems[0].path, "Contents/Resources/p0");
	drop(&s);
}

Test(bundle_scan, one_version_alone)
{
	struct scanned s;

	memset(&s, 0, sizeof(s));
	tree_open_ok(&s.o, APP "f Contents/Resources/a\nm Contents/Frameworks/Y.framework/Y",
	             "X.app");
	cr_assert_eq(sgn_rules_default(&s.o.b, 1, &s.v1, NULL), 0);
	cr_assert_eq(sgn_rules_default(&s.o.b, 2, &s.v2, NULL), 0);
	cr_assert_eq(sgn_seal_scan(&s.o.b, &s.v1, NULL, &s.scan, NULL), 0);
	cr_assert_str_eq(list(&s), "F1 Resources/a");
	sgn_seal_scan_dispose(&s.scan);
	cr_assert_eq(sgn_seal_scan(&s.o.b, NULL, &s.v2, &s.scan, NULL), 0);
	cr_assert_str_eq(list(&s), "D2 Frameworks/Y.framework, F2 Resources/a");
	drop(&s);
}
