/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/early.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "ops_test.h"
#include "tests/support/bundle_builder.h"

static struct ops_test t;
static struct sgn_walk walk;
static struct sgn_tree tree;
static bool early[64];

static void begin(void)
{
	ops_test_begin(&t);
}

static void end(void)
{
	sgn_tree_dispose(&tree);
	sgn_walk_dispose(&walk);
	ops_test_end(&t);
}

TestSuite(ops_early, .init = begin, .fini = end, .timeout = 60);

static void judge(const char *name)
{
	struct sgn_tree_options opts = {0};

	cr_assert_eq(sgn_walk_tree(scratch_path(&t.dir, name), &walk, &t.err), 0, "%s", t.err.text);
	cr_assert_eq(sgn_tree_discover(&walk, &opts, &tree, &t.err), 0, "%s", t.err.text);
	cr_assert_leq(tree.count, SGN_ARRAY_LEN(early));
	memset(early, 1, sizeof(early));
	cr_assert_eq(sgn_early_items(&tree, early, &t.err), 0, "%s", t.err.text);
}

static bool is_early(const char *path)
{
	const struct sgn_item *item = sgn_tree_find(&tree, path);

	cr_assert_not_null(item, "no item %s", path);
	return early[item - tree.items];
}

#define KIT "Contents/Frameworks/Kit.framework"

Test(ops_early, all_code_in_the_places_for_code_of_a_macos_app)
{
	bb_app(&t.dir, "My");
	judge("My.app");
	cr_expect(is_early(KIT));
	cr_expect(is_early(KIT "/Versions/A/Helpers/Inner.app"));
	cr_expect(is_early("Contents/Frameworks/libloose.dylib"));
	cr_expect(is_early("Contents/PlugIns/Plug.appex"));
	cr_expect(is_early("Contents/XPCServices/Svc.xpc"));
	cr_expect(is_early("Contents/Helpers/helper"));
	cr_expect(is_early("Contents/MacOS/side-tool"));
}

Test(ops_early, not_the_root_and_not_what_is_sealed_as_data)
{
	bb_app(&t.dir, "My");
	judge("My.app");
	cr_expect_not(is_early(""));
	cr_expect_not(is_early("Contents/Resources/lib/hidden.dylib"));
}

Test(ops_early, not_what_lies_deep_in_something_that_is_sealed_as_data)
{
#define PLUG "Contents/Resources/Plug.bundle"
	bb_app(&t.dir, "My");
	bb_macho(&t.dir, "My.app/" PLUG "/Contents/MacOS/Plug", 8, false);
	bb_info(&t.dir, "My.app/" PLUG "/Contents/Info.plist", "com.example.plug", "Plug", "BNDL");
	bb_macho(&t.dir, "My.app/" PLUG "/Contents/Frameworks/libin.dylib", 6, false);
	judge("My.app");
	cr_expect_not(is_early(PLUG));
	cr_expect(sgn_tree_find(&tree, PLUG "/Contents/Frameworks/libin.dylib")->as_code);
	cr_expect_not(is_early(PLUG "/Contents/Frameworks/libin.dylib"));
	cr_expect(is_early(KIT));
}

Test(ops_early, nothing_in_a_flat_app)
{
	bb_ios_app(&t.dir, "Flat");
	judge("Flat.app");
	cr_assert_gt(tree.count, 2);
	for (size_t i = 0; i < tree.count; i++)
		cr_expect_not(early[i], "%s", tree.items[i].path);
}

Test(ops_early, a_flat_bundle_in_a_macos_app_is_but_nothing_inside_of_it)
{
	bb_app(&t.dir, "My");
	bb_macho(&t.dir, "My.app/Contents/PlugIns/Old.bundle/Old", 8, false);
	bb_info(&t.dir, "My.app/Contents/PlugIns/Old.bundle/Info.plist", "com.example.old", "Old",
	        "BNDL");
	bb_macho(&t.dir, "My.app/Contents/PlugIns/Old.bundle/Frameworks/libold.dylib", 6, false);
	judge("My.app");
	cr_expect(is_early("Contents/PlugIns/Old.bundle"));
	cr_expect_not(is_early("Contents/PlugIns/Old.bundle/Frameworks/libold.dylib"));
}

Test(ops_early, not_what_is_signed_in_separate_files)
{
	bb_app(&t.dir, "My");
	bb_file(&t.dir, "My.app/Contents/PlugIns/Data.bundle/Contents/Resources/a.txt", "a");
	bb_info(&t.dir, "My.app/Contents/PlugIns/Data.bundle/Contents/Info.plist",
	        "com.example.data", NULL, "BNDL");
	judge("My.app");
	cr_expect_not(is_early("Contents/PlugIns/Data.bundle"));
}
