/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/mem.h"
#include "signer/base/tree.h"
#include "signer/base/txn.h"
#include "tests/support/scratch.h"

static struct scratch dir;
static struct sgn_walk walk;
static struct sgn_pool *pool;

static const char *at(const char *name)
{
	return scratch_path(&dir, name);
}

static void setup(void)
{
	scratch_make(&dir);
	cr_assert_eq(mkdir(at("App"), 0755), 0);
	cr_assert_eq(mkdir(at("App/in"), 0755), 0);
	cr_assert_eq(mkdir(at("App/in/deep"), 0755), 0);
	cr_assert_eq(mkdir(at("other"), 0755), 0);
	scratch_write(&dir, "App/a", "abc", 3, 0644);
	scratch_write(&dir, "App/in/b", "abc", 3, 0444);
	scratch_write(&dir, "App/in/deep/c", "abc", 3, 0644);
	scratch_write(&dir, "other/c", "abc", 3, 0644);
	cr_assert_eq(symlink("../other", at("App/link")), 0);
	cr_assert_eq(sgn_walk_tree(at("App"), &walk, NULL), 0);
	pool = sgn_pool_new(3);
}

static void teardown(void)
{
	sgn_pool_free(pool);
	sgn_walk_dispose(&walk);
	scratch_remove(&dir);
}

TestSuite(base_tree_remove, .init = setup, .fini = teardown);

static bool exists(const char *name)
{
	struct stat st;

	return lstat(at(name), &st) == 0;
}

Test(base_tree_remove, listed_files_go_and_folders_stay)
{
	sgn_tree_remove_files(at("App"), &walk, pool);
	cr_assert(!exists("App/a") && !exists("App/in/b") && !exists("App/in/deep/c"));
	cr_assert(!exists("App/link"));
	cr_assert(exists("App/in/deep") && exists("other/c"));
	cr_assert_eq(sgn_tree_remove(at("App"), NULL), 0);
	cr_assert(!exists("App"));
}

Test(base_tree_remove, what_came_later_is_left_for_the_rest)
{
	scratch_write(&dir, "App/in/new", "abc", 3, 0644);
	sgn_tree_remove_files(at("App"), &walk, pool);
	cr_assert(exists("App/in/new"));
	cr_assert_eq(sgn_tree_remove(at("App"), NULL), 0);
}

Test(base_tree_remove, a_folder_that_became_a_link_leads_nowhere)
{
	cr_assert_eq(rename(at("App/in/deep"), at("deep")), 0);
	cr_assert_eq(symlink("../../other", at("App/in/deep")), 0);
	sgn_tree_remove_files(at("App"), &walk, pool);
	cr_assert(exists("other/c") && exists("deep/c") && !exists("App/in/b"));
	sgn_tree_remove_files(at("missing"), &walk, pool);
}

Test(base_tree_remove, a_commit_with_a_list_leaves_nothing_behind)
{
	struct sgn_txn txn;

	cr_assert_eq(chmod(at("App/in/deep"), 0500), 0);
	cr_assert_eq(sgn_txn_begin(&walk, NULL, false, &txn, NULL), 0);
	txn.listed = &walk;
	txn.pool = pool;
	cr_assert_eq(sgn_txn_commit(&txn, NULL), 0);
	sgn_txn_dispose(&txn);
	cr_assert_eq(scratch_count(&dir), 2, "App and other");
	cr_assert(exists("App/in/deep/c") && exists("App/link"));
	cr_assert_eq(chmod(at("App/in/deep"), 0700), 0);
}

Test(base_tree_remove, without_memory_the_rest_does_it)
{
	sgn_mem_fail_after(1);
	sgn_tree_remove_files(at("App"), &walk, NULL);
	sgn_mem_fail_after(0);
	cr_assert(exists("App/a"));
}
