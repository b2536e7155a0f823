/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bundle/tree.h"

Test(bundle_looks_like, by_extension_or_by_content)
{
	static const struct {
		const char *at;
		bool is;
	} rows[] = {
		{"a.app", true},       {"b.FRAMEWORK", true}, {"c", true},        {"d", true},
		{"e", true},           {"f", true},           {"g", false},       {"h", false},
		{"python3.11", false}, {"i.app", false},      {"missing", false}, {".app", false},
	};
	struct opened o = {.err = SGN_ERROR_INIT};

	scratch_make(&o.s);
	tree_write(&o.s, "d a.app\nd b.FRAMEWORK\nf c/Contents/Info.plist|\nf d/Info.plist|\n"
	                 "f e/Resources/Info.plist|\nl f/Versions/Current|B\nd f/Versions/B\n"
	                 "f g/x\nd h/Contents\nf python3.11/x\nf i.app|\nd .app");
	cr_assert_eq(sgn_walk_tree(o.s.dir, &o.walk, &o.err), 0);
	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++)
		cr_expect_eq(sgn_bundle_looks_like(&o.walk, rows[i].at), rows[i].is, "%s",
		             rows[i].at);
	tree_close(&o);
}
