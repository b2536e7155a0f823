/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "signer/base/limits.h"
#include "signer/base/osstatus.h"
#include "tests/unit/bundle/tree.h"

Test(bundle_info, the_name_has_no_case_and_the_mac_has_its_own)
{
	struct opened o;

	tree_open_ok(&o, "i info.plist|CFBundleIdentifier=one\nm X", "X.app");
	cr_assert_str_eq(o.b.info_path, "info.plist");
	cr_assert_str_eq(o.b.identifier, "one");
	tree_close(&o);
	tree_open_ok(&o,
	             "i Info.plist|CFBundleIdentifier=one\ni Info-macOS.plist|"
	             "CFBundleIdentifier=two\nm X",
	             "X.app");
	cr_assert_str_eq(o.b.info_path, "Info-macOS.plist");
	cr_assert_str_eq(o.b.identifier, "two");
	tree_close(&o);
}

Test(bundle_info, its_bytes_are_kept_as_they_are)
{
	struct opened o;

	tree_open_ok(&o, "f Info.plist|<plist><dict/></plist>\n\nm X", "X.app");
	cr_assert(sgn_view_equal(o.b.info_bytes, sgn_view_str("<plist><dict/></plist>")));
	cr_assert_not_null(o.b.info);
	cr_assert_null(o.b.identifier);
	tree_close(&o);
}

Test(bundle_info, damage_is_a_finding)
{
	struct opened o;

	tree_open_ok(&o, "f Info.plist|<plist><dict>\nm X", "X.app");
	cr_assert_str_eq(tree_problems(&o), "-67058! Info.plist");
	cr_assert(strstr(o.b.problems[0].text, "line"), "%s", o.b.problems[0].text);
	cr_assert_null(o.b.info);
	cr_assert_str_eq(o.b.main_path, "X");
	tree_close(&o);
	tree_open_ok(&o, "f Info.plist|<plist><array/></plist>\nm X", "X.app");
	cr_assert_str_eq(tree_problems(&o), "-67058! Info.plist");
	tree_close(&o);
	tree_open_ok(&o, "f Info.plist|\nm X", "X.app");
	cr_assert_str_eq(tree_problems(&o), "-67058! Info.plist");
	tree_close(&o);
}

Test(bundle_info, it_must_be_a_regular_file)
{
	struct opened o;

	tree_open_ok(&o, "l Info.plist|Real.plist\ni Real.plist|CFBundleIdentifier=one\nm X",
	             "X.app");
	cr_assert_str_eq(tree_problems(&o), "-67003! Info.plist");
	cr_assert_str_eq(o.b.identifier, "one");
	tree_close(&o);
	/* Nothing outside is read, and a pipe is not waited for. */
	tree_open_ok(&o, "l Info.plist|/etc/passwd\nm X", "X.app");
	cr_assert_str_eq(tree_problems(&o), "-67003! Info.plist");
	cr_assert_eq(o.b.info_bytes.size, 0);
	tree_close(&o);
	tree_open_ok(&o, "p Info.plist\nm X", "X.app");
	cr_assert_str_eq(tree_problems(&o), "-67003! Info.plist");
	tree_close(&o);
	tree_open_ok(&o, "d Info.plist\nm X", "X.app");
	cr_assert_str_eq(tree_problems(&o), "-67003! Info.plist");
	tree_close(&o);
}

Test(bundle_info, a_huge_one_is_refused)
{
	struct opened o;
	const char *path;

	scratch_make(&o.s);
	tree_write(&o.s, "m X\nf Info.plist|");
	path = scratch_path(&o.s, "Info.plist");
	cr_assert_eq(truncate(path, (off_t)SGN_LIMIT_INFO_PLIST + 1), 0);
	o.err = (struct sgn_error)SGN_ERROR_INIT;
	cr_assert_eq(sgn_walk_tree(o.s.dir, &o.walk, &o.err), 0);
	cr_assert_eq(sgn_bundle_open(&o.walk, "", NULL, &o.b, &o.err), SGN_E_LIMIT);
	tree_close(&o);
}
