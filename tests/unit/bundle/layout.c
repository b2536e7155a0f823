/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "signer/base/osstatus.h"
#include "tests/unit/bundle/tree.h"

struct expected {
	const char *name, *lines;
	enum sgn_bundle_layout layout;
	const char *version, *support, *resources, *info, *main;
	enum sgn_bundle_main kind;
	const char *identifier, *format, *problems;
};

#define APP "CFBundleIdentifier=org.x;CFBundleExecutable=X;CFBundlePackageType=APPL\n"
#define LIB "CFBundleIdentifier=org.x;CFBundleExecutable=X\n"
#define FRAMEWORK_ROOT                                   \
	"l Versions/Current|A\nl X|Versions/Current/X\n" \
	"l Resources|Versions/Current/Resources\n"
#define FRAMEWORK_A "m Versions/A/X\ni Versions/A/Resources/Info.plist|" LIB

static const struct expected rows[] = {
	{"X.app", "i Contents/Info.plist|" APP "m Contents/MacOS/X", SGN_BUNDLE_DEEP, NULL,
         "Contents", "Resources", "Contents/Info.plist", "Contents/MacOS/X", SGN_MAIN_MACHO,
         "org.x", "app bundle with ", ""},
	{"X.app", "i Info.plist|" APP "m X", SGN_BUNDLE_FLAT, NULL, "", "", "Info.plist", "X",
         SGN_MAIN_MACHO, "org.x", "app bundle with ", ""},
	{"X.appex", "i Info.plist|" LIB "m X\nm X.dylib", SGN_BUNDLE_FLAT, NULL, "", "",
         "Info.plist", "X", SGN_MAIN_MACHO, "org.x", "bundle with ", ""},
	{"X.framework", FRAMEWORK_ROOT FRAMEWORK_A, SGN_BUNDLE_RESOURCES, "A", "Versions/A",
         "Resources", "Versions/A/Resources/Info.plist", "Versions/A/X", SGN_MAIN_MACHO, "org.x",
         "bundle with ", ""},
	{"X.framework", "i Info.plist|" LIB "m X\nf Headers/x.h", SGN_BUNDLE_FLAT, NULL, "", "",
         "Info.plist", "X", SGN_MAIN_MACHO, "org.x", "bundle with ", ""},
	/* A flat framework inside of a version. */
	{"X.framework",
         "l Versions/Current|A\nl X|Versions/Current/X\nm Versions/A/X\ni "
         "Versions/A/Info.plist|" LIB,
         SGN_BUNDLE_FLAT, "A", "Versions/A", "", "Versions/A/Info.plist", "Versions/A/X",
         SGN_MAIN_MACHO, "org.x", "bundle with ", ""},
	/* Layout 0. */
	{"X.framework", "i Resources/Info.plist|" LIB "m X", SGN_BUNDLE_RESOURCES, NULL, "",
         "Resources", "Resources/Info.plist", "X", SGN_MAIN_MACHO, "org.x", "bundle with ", ""},
	/* A framework's Resources come before its Contents, anything else the other way round. */
	{"X.plugin", "i Contents/Info.plist|" LIB "m Contents/MacOS/X\nd Resources",
         SGN_BUNDLE_DEEP, NULL, "Contents", "Resources", "Contents/Info.plist", "Contents/MacOS/X",
         SGN_MAIN_MACHO, "org.x", "bundle with ", "-67014 Resources"},
	{"X.app", "i Support Files/Info.plist|" APP "m Support Files/X", SGN_BUNDLE_LEGACY, NULL,
         "Support Files", "Resources", "Support Files/Info.plist", "Support Files/X",
         SGN_MAIN_MACHO, "org.x", "app bundle with ", ""},
	{"X.xcframework", "i Info.plist|CFBundlePackageType=XFWK\nm ios/X.framework/X",
         SGN_BUNDLE_FLAT, NULL, "", "", "Info.plist", "Info.plist", SGN_MAIN_INFO, NULL, "bundle",
         ""},
	{"X.bundle", "i Contents/Info.plist|CFBundleName=Name\nf Contents/Resources/a",
         SGN_BUNDLE_DEEP, NULL, "Contents", "Resources", "Contents/Info.plist",
         "Contents/Info.plist", SGN_MAIN_INFO, "Name", "bundle", ""},
	{"X.app.dSYM", "i Contents/Info.plist|CFBundleIdentifier=d\nm Contents/Resources/DWARF/X",
         SGN_BUNDLE_DEEP, NULL, "Contents", "Resources", "Contents/Info.plist",
         "Contents/Info.plist", SGN_MAIN_INFO, "d", "bundle", ""},
	{"X.pkg", "i Contents/Info.plist|IFMajorVersion=1\nf Contents/Archive.pax.gz",
         SGN_BUNDLE_DEEP, NULL, "Contents", "Resources", "Contents/Info.plist",
         "Contents/Info.plist", SGN_MAIN_INFO, NULL, "installer package bundle", ""},
	{"X.mpkg", "f Contents/distribution.dist\nf Contents/Resources/x.dist", SGN_BUNDLE_DEEP,
         NULL, "Contents", "Resources", NULL, "Contents/Resources/x.dist", SGN_MAIN_INFO, NULL,
         "installer package bundle", ""},
	{"X.wdgt", "i Info.plist|MainHTML=x.html;CFBundleIdentifier=w\nf x.html", SGN_BUNDLE_FLAT,
         NULL, "", "", "Info.plist", "x.html", SGN_MAIN_GENERIC, "w", "widget bundle", ""},
	/* Names without case. */
	{"X.app", "i contents/info.PLIST|" APP "m contents/MacOS/X", SGN_BUNDLE_DEEP, NULL,
         "contents", "Resources", "contents/info.PLIST", "contents/MacOS/X", SGN_MAIN_MACHO,
         "org.x", "app bundle with ", "-67014 contents"},
	/* Contents as a link. */
	{"X.app", "l Contents|Real\ni Real/Info.plist|" APP "m Real/MacOS/X", SGN_BUNDLE_DEEP, NULL,
         "Real", "Resources", "Real/Info.plist", "Real/MacOS/X", SGN_MAIN_MACHO, "org.x",
         "app bundle with ", "-67014 Contents, -67014 Real"},
	/* No Info.plist, but an executable with the bundle's name. */
	{"X.app", "m Contents/MacOS/X", SGN_BUNDLE_DEEP, NULL, "Contents", "Resources", NULL,
         "Contents/MacOS/X", SGN_MAIN_MACHO, NULL, "bundle with ", ""},
	{"X.app", "f Contents/PkgInfo", SGN_BUNDLE_DEEP, NULL, "Contents", "Resources", NULL, NULL,
         SGN_MAIN_NONE, NULL, "bundle", "-67028!"},
	/* An app for iOS that has a folder of this name. */
	{"X.app", "i Info.plist|" APP "m X\nd Resources", SGN_BUNDLE_RESOURCES, NULL, "",
         "Resources", NULL, "X", SGN_MAIN_MACHO, NULL, "bundle with ", "-67028 Resources"},
	/* An app for iOS in its wrapper for the Mac. */
	{"X.app",
         "l WrappedBundle|Wrapper/Y.app\ni Wrapper/Y.app/Info.plist|" APP "m Wrapper/Y.app/X",
         SGN_BUNDLE_FLAT, NULL, "", "", NULL, NULL, SGN_MAIN_NONE, NULL, "bundle", "-67072!"},
};

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_row(const struct expected *row, size_t i)
{
	struct opened o;
	struct sgn_buf format;

	tree_open_ok(&o, row->lines, row->name);
	sgn_buf_init(&format, 200);
	sgn_bundle_format_name(&o.b, &format);
	cr_expect_eq(o.b.layout, row->layout, "row %zu: layout %d", i, o.b.layout);
	cr_expect_eq(o.b.is_framework, row->version != NULL, "row %zu", i);
	cr_expect(same_text(o.b.version, row->version), "row %zu: version %s", i, o.b.version);
	cr_expect_str_eq(o.b.support, row->support, "row %zu", i);
	cr_expect_str_eq(o.b.resources, row->resources, "row %zu", i);
	cr_expect(same_text(o.b.info_path, row->info), "row %zu: info %s", i, o.b.info_path);
	cr_expect(same_text(o.b.main_path, row->main), "row %zu: main %s", i, o.b.main_path);
	cr_expect_eq(o.b.main_kind, row->kind, "row %zu: kind %d", i, o.b.main_kind);
	cr_expect(same_text(o.b.identifier, row->identifier), "row %zu: %s", i, o.b.identifier);
	cr_expect_str_eq(sgn_buf_str(&format), row->format, "row %zu", i);
	cr_expect_str_eq(tree_problems(&o), row->problems, "row %zu", i);
	cr_expect_eq(o.b.is_app, strncmp(row->format, "app ", 4) == 0, "row %zu", i);
	sgn_buf_dispose(&format);
	tree_close(&o);
}

Test(bundle_layout, every_layout_has_its_parts_in_their_places)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++)
		check_row(&rows[i], i);
}

Test(bundle_layout, a_bundle_deep_in_a_tree_is_told_from_its_own_root)
{
	struct opened o;
	struct sgn_buf path;

	cr_assert_eq(tree_open(&o,
	                       "i Contents/Info.plist|" APP "m Contents/MacOS/X\n"
	                       "l Contents/Frameworks/Y.framework/Versions/Current|B\n"
	                       "l Contents/Frameworks/Y.framework/Y|Versions/Current/Y\n"
	                       "m Contents/Frameworks/Y.framework/Versions/B/Y\n"
	                       "i Contents/Frameworks/Y.framework/Versions/B/Resources/Info.plist|"
	                       "CFBundleExecutable=Y",
	                       "X.app", "Contents/Frameworks/Y.framework", NULL),
	             0);
	cr_assert_str_eq(o.b.at, "Contents/Frameworks/Y.framework");
	cr_assert_str_eq(o.b.support, "Versions/B");
	cr_assert_str_eq(o.b.main_path, "Versions/B/Y");
	cr_assert_str_eq(tree_problems(&o), "");
	sgn_buf_init(&path, 4096);
	sgn_bundle_path(&o.b, o.b.main_path, &path);
	cr_assert_eq(access(sgn_buf_str(&path), X_OK), 0, "%s", sgn_buf_str(&path));
	sgn_buf_dispose(&path);
	tree_close(&o);
}

Test(bundle_layout, one_version_as_the_operand_is_that_version)
{
	struct opened o;

	cr_assert_eq(tree_open(&o, FRAMEWORK_ROOT FRAMEWORK_A, "X.framework", "Versions/A", NULL),
	             0);
	cr_assert_eq(o.b.layout, SGN_BUNDLE_RESOURCES);
	cr_assert_not(o.b.is_framework);
	cr_assert_str_eq(o.b.support, "");
	cr_assert_str_eq(o.b.main_path, "X");
	cr_assert_str_eq(tree_problems(&o), "");
	tree_close(&o);
}

Test(bundle_layout, another_version_can_be_asked_for)
{
	static const char two[] =
		FRAMEWORK_ROOT FRAMEWORK_A "m Versions/B/X\ni Versions/B/Resources/Info.plist|" LIB;
	struct opened o;

	cr_assert_eq(tree_open(&o, two, "X.framework", "", "B"), 0);
	cr_assert_str_eq(o.b.version, "B");
	cr_assert_str_eq(o.b.main_path, "Versions/B/X");
	cr_assert_str_eq(tree_problems(&o), "", "not ambiguous when one was asked for");
	tree_close(&o);
	cr_assert_eq(tree_open(&o, two, "X.framework", "", "C"), SGN_E_NOTFOUND);
	cr_assert_eq(o.err.osstatus, errSecCSStaticCodeNotFound);
	tree_close(&o);
	cr_assert_eq(tree_open(&o, two, "X.framework", "", "../../X.framework/Versions/A"),
	             SGN_E_NOTFOUND);
	tree_close(&o);
}

Test(bundle_layout, a_directory_is_not_a_bundle_just_because_it_has_files)
{
	static const char *const none[] = {"f a.txt", "d Resources", "m tool\nf README",
	                                   "d lib-dynload"};
	struct opened o;

	for (size_t i = 0; i < SGN_ARRAY_LEN(none); i++) {
		cr_assert_eq(tree_open(&o, none[i], "python3.11", "", NULL), SGN_E_FORMAT);
		cr_assert_eq(o.err.osstatus, errSecCSBadBundleFormat);
		tree_close(&o);
	}
	cr_assert_eq(tree_open(&o, "f a", "x", "a", NULL), SGN_E_FORMAT);
	tree_close(&o);
	cr_assert_eq(tree_open(&o, "f a", "x", "b", NULL), SGN_E_FORMAT);
	tree_close(&o);
}

Test(bundle_layout, links_out_of_the_bundle_are_not_followed)
{
	struct opened o;

	cr_assert_eq(tree_open(&o,
	                       "i Other/Info.plist|" APP "m Other/MacOS/X\n"
	                       "l In/X.app/Contents|../../Other",
	                       "tree", "In/X.app", NULL),
	             0);
	cr_assert_str_eq(tree_problems(&o), "-67028!, -67028!, -67014 Contents");
	cr_assert_null(o.b.main_path);
	tree_close(&o);
}

Test(bundle_layout, links_in_circles_end)
{
	struct opened o;

	cr_assert_eq(
		tree_open(&o, "l Contents|Resources\nl Resources|Contents\nl Info.plist|Info.plist",
	                  "X.app", "", NULL),
		0);
	cr_assert_str_eq(tree_problems(&o), "-67003! Info.plist, -67015 Info.plist");
	tree_close(&o);
}

Test(bundle_layout, of_too_many_problems_the_first_and_worst_are_kept)
{
	char lines[4096] = "l Contents/Info.plist|Real.plist\nm Contents/MacOS/X\n";
	size_t len = strlen(lines);
	struct opened o;

	for (int i = 0; i < 60; i++)
		len += (size_t)snprintf(lines + len, sizeof(lines) - len, "f junk%d\n", i);
	tree_open_ok(&o, lines, "X.app");
	cr_assert_eq(o.b.problem_count, SGN_BUNDLE_PROBLEMS);
	cr_assert(o.b.problems[0].fatal);
	tree_close(&o);
}
