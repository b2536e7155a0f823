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

TestSuite(ops_show_tree, .init = begin, .fini = end, .timeout = 60);

#define KIT "Contents/Frameworks/Kit.framework/"

static const char *in_app(const char *rest)
{
	char name[400];

	snprintf(name, sizeof(name), "My.app%s%s", *rest ? "/" : "", rest);
	return scratch_path(&t.dir, name);
}

static struct sgn_described_tree *draw(const char *path)
{
	struct sgn_described_tree *tree;

	cr_assert_eq(sgn_describe_tree(t.ctx, path, &tree, &t.err), 0, "%s", t.err.text);
	return tree;
}

static const struct sgn_tree_item *find(const struct sgn_described_tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->count; i++)
		if (strcmp(tree->items[i].path, path) == 0)
			return &tree->items[i];
	cr_assert_fail("no item %s", path);
	return NULL;
}

static void sign(struct sgn_identity *id)
{
	struct sgn_sign_options o;

	sgn_sign_options_init(&o);
	o.identity = id;
	o.timestamp_none = true;
	o.has_flags = true;
	o.flags = 0x10000;
	ops_test_sign(&t, in_app(""), &o);
}

#define INNER KIT "Versions/A/Helpers/Inner.app"

Test(ops_show_tree, everything_is_there_in_the_order_of_the_tree)
{
	struct sgn_identity *id = ops_test_identity(&t, "developer-id", "p256");
	struct sgn_described_tree *tree;
	const struct sgn_tree_item *item;

	sign(id);
	tree = draw(in_app(""));
	cr_assert_eq(tree->count, 9);
	cr_assert_eq(tree->errors, 0);
	item = &tree->items[0];
	cr_assert_str_eq(item->path, ".");
	cr_assert_str_eq(item->kind, "app");
	cr_assert_str_eq(item->archs, "x86_64 arm64");
	cr_assert_str_eq(item->identifier, "com.example.app");
	cr_assert_str_eq(item->team, "ABCDE12345");
	cr_assert_str_eq(item->flags_text, "runtime");
	cr_assert_not_null(strstr(item->authority, "Developer ID Application"));
	cr_assert_eq(strlen(item->cdhash), 40);
	cr_assert_eq(find(tree, KIT "Versions/A/Helpers/Inner.app") -
	                     find(tree, "Contents/Frameworks/Kit.framework"),
	             1, "what lies in it comes right behind it");
	cr_assert_eq(find(tree, INNER)->depth, 2);
	cr_assert(find(tree, "Contents/Helpers/helper")->sealed_as_code);
	cr_assert_not(find(tree, "Contents/Resources/lib/hidden.dylib")->sealed_as_code);
	sgn_described_tree_free(tree);
	sgn_identity_free(id);
}

Test(ops_show_tree, a_problem_is_marked_where_it_is_and_around)
{
	struct sgn_described_tree *tree;
	const struct sgn_tree_item *inner;

	sign(NULL);
	ops_test_flip(in_app(INNER "/Contents/MacOS/Inner"), 20000);
	tree = draw(in_app(""));
	inner = find(tree, INNER);
	cr_assert_eq(inner->errors, 1);
	cr_assert_str_eq(inner->problem_id, "page-hash");
	cr_assert_eq(inner->osstatus, -67061);
	cr_assert_eq(find(tree, "Contents/Frameworks/Kit.framework")->errors, 0);
	cr_assert_eq(find(tree, "Contents/Frameworks/Kit.framework")->errors_inside, 1);
	cr_assert_eq(tree->items[0].errors_inside, 1);
	cr_assert_eq(find(tree, "Contents/Helpers/helper")->errors_inside, 0);
	sgn_described_tree_free(tree);
}

Test(ops_show_tree, code_among_data_is_checked_by_itself)
{
	struct sgn_described_tree *tree;
	const struct sgn_tree_item *hidden;

	sign(NULL);
	ops_test_flip(in_app("Contents/Resources/lib/hidden.dylib"), 5000);
	tree = draw(in_app(""));
	hidden = find(tree, "Contents/Resources/lib/hidden.dylib");
	cr_assert_eq(hidden->errors, 2, "its own pages, and the seal of the app");
	sgn_described_tree_free(tree);
}

Test(ops_show_tree, unsigned_code_and_what_is_no_code_are_items_too)
{
	struct sgn_described_tree *tree;

	bb_file(&t.dir, "My.app/Contents/MacOS/readme.txt", "no code\n");
	bb_file(&t.dir, "My.app/Contents/PlugIns/Empty.bundle/x", "x\n");
	tree = draw(in_app(""));
	cr_assert_not(tree->items[0].is_signed);
	cr_assert_str_eq(tree->items[0].problem_id, "unsigned");
	cr_assert_str_eq(find(tree, "Contents/MacOS/readme.txt")->problem_id, "structure");
	cr_assert_eq(find(tree, "Contents/MacOS/readme.txt")->osstatus, -67062);
	cr_assert_str_eq(find(tree, "Contents/PlugIns/Empty.bundle")->problem_id, "structure");
	sgn_described_tree_free(tree);
}

Test(ops_show_tree, a_slash_behind_the_path_changes_nothing)
{
	struct sgn_described_tree *tree;

	sign(NULL);
	ops_test_flip(in_app("Contents/Helpers/helper"), 5000);
	tree = draw(in_app("/"));
	cr_assert_eq(find(tree, "Contents/Helpers/helper")->errors, 1);
	sgn_described_tree_free(tree);
}

Test(ops_show_tree, a_lone_file_is_a_tree_of_one)
{
	struct sgn_described_tree *tree = draw(in_app("Contents/Helpers/helper"));

	cr_assert_eq(tree->count, 1);
	cr_assert_str_eq(tree->items[0].kind, "macho");
	cr_assert_eq(tree->errors, 1);
	sgn_described_tree_free(tree);
	cr_assert_eq(sgn_describe_tree(t.ctx, in_app("Contents/PkgInfo"), &tree, &t.err),
	             SGN_E_UNSUPPORTED);
	cr_assert_null(tree);
}
