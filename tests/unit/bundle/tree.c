/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/bundle/tree.h"
#include "signer/bundle/internal.h"

struct tree {
	struct scratch s;
	struct sgn_walk w;
};

static void make(struct tree *t, const char *lines)
{
	scratch_make(&t->s);
	tree_write(&t->s, lines);
	cr_assert_eq(sgn_walk_tree(t->s.dir, &t->w, NULL), 0);
}

static void drop(struct tree *t)
{
	sgn_walk_dispose(&t->w);
	scratch_remove(&t->s);
}

Test(bundle_tree, lookups_follow_links_inside_of_the_tree_only)
{
	static const struct {
		const char *path, *follow, *plain;
	} rows[] = {
		{"a/f", "a/f", "a/f"},
		{"l/f", "a/f", "a/f"},
		{"l", "a", "l"},
		{"a/../b/./up", "a", "b/up"},
		{"b//up/f", "a/f", "a/f"},
		{"..", NULL, NULL},
		{"b/out", NULL, "b/out"},
		{"b/abs", NULL, "b/abs"},
		{"loop", NULL, "loop"},
		{"a/f/..", NULL, NULL},
		{"a/f/x", NULL, NULL},
		{"a/F", NULL, NULL},
		{"", "", ""},
		{"/a", NULL, NULL},
	};
	struct tree t;

	make(&t, "f a/f\nl l|a\nl b/up|../a\nl b/out|../../x\nl b/abs|/etc\nl loop|loop");
	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		const struct sgn_walk_entry *f =
			sgn_tree_lookup(&t.w, t.w.entries, rows[i].path, true);
		const struct sgn_walk_entry *p =
			sgn_tree_lookup(&t.w, t.w.entries, rows[i].path, false);

		cr_expect_eq(f != NULL, rows[i].follow != NULL, "%s", rows[i].path);
		cr_expect_eq(p != NULL, rows[i].plain != NULL, "%s", rows[i].path);
		if (f && rows[i].follow)
			cr_expect_str_eq(f->path, rows[i].follow);
		if (p && rows[i].plain)
			cr_expect_str_eq(p->path, rows[i].plain);
	}
	drop(&t);
}

Test(bundle_tree, an_exact_name_is_preferred_to_another_spelling)
{
	struct tree t;

	make(&t, "f CONTENTS/a\nf Contents/a\nf x.PLIST");
	cr_assert_str_eq(sgn_tree_child_nocase(&t.w, t.w.entries, "Contents")->path, "Contents");
	cr_assert_str_eq(sgn_tree_child_nocase(&t.w, t.w.entries, "conTents")->path, "CONTENTS");
	cr_assert_str_eq(sgn_tree_child_nocase(&t.w, t.w.entries, "X.plist")->path, "x.PLIST");
	cr_assert_null(sgn_tree_child_nocase(&t.w, t.w.entries, "Content"));
	cr_assert_null(sgn_tree_child(&t.w, t.w.entries, "contents"));
	drop(&t);
}

Test(bundle_tree, children_are_only_the_direct_ones)
{
	struct tree t;
	const struct sgn_walk_entry *e = NULL;
	char seen[16] = "";
	size_t n = 0;

	make(&t, "f a/x/y\nf b\nd c\nf d/z");
	while ((e = sgn_tree_next(&t.w, t.w.entries, e)) != NULL)
		seen[n++] = e->name[0];
	cr_assert_str_eq(seen, "abcd");
	drop(&t);
}

Test(bundle_tree, pieces_of_paths)
{
	cr_assert_str_eq(sgn_path_below("a/b", "a/b/c"), "c");
	cr_assert_str_eq(sgn_path_below("", "a"), "a");
	cr_assert_null(sgn_path_below("a/b", "a/bc"));
	cr_assert_null(sgn_path_below("a", "a"));
	cr_assert_str_eq(sgn_name_extension("X.app"), "app");
	cr_assert_str_eq(sgn_name_extension("X.app.dSYM"), "dSYM");
	cr_assert_str_eq(sgn_name_extension(".app"), "");
	cr_assert_str_eq(sgn_name_extension("app"), "");
	cr_assert_str_eq(sgn_name_extension("a."), "");
	cr_assert(sgn_name_is("Info.plist", "iNFO.PLIST"));
	cr_assert_not(sgn_name_is("Info.plist", "Info.plist2"));
	cr_assert_not(sgn_name_is("[", "{"));
}
