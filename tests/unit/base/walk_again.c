/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/mem.h"
#include "signer/base/walk.h"
#include "tests/support/scratch.h"

#define MOST 100

static struct scratch dir;
static struct sgn_walk old;

static void folder(const char *name)
{
	cr_assert_eq(mkdir(scratch_path(&dir, name), 0755), 0, "%s", name);
}

static void file(const char *name, const char *text)
{
	scratch_write(&dir, name, text, strlen(text), 0644);
}

static void setup(void)
{
	scratch_make(&dir);
	folder("a");
	folder("a/kit");
	file("a/kit/code", "abc");
	file("a/kit/data", "abc");
	file("a/kit/gone", "abc");
	folder("a/kit/sub");
	file("a/kit/sub/deep", "abc");
	file("a/kit-x", "abc");
	file("a/tool", "abc");
	cr_assert_eq(symlink("kit/data", scratch_path(&dir, "a/link")), 0);
	file("b", "abc");
	cr_assert_eq(sgn_walk_tree(dir.dir, &old, NULL), 0);
}

static void teardown(void)
{
	sgn_walk_dispose(&old);
	scratch_remove(&dir);
}

TestSuite(base_walk_again, .init = setup, .fini = teardown);

static size_t index_of(const char *path)
{
	const struct sgn_walk_entry *e = sgn_walk_find(&old, path);

	cr_assert_not_null(e, "%s", path);
	return sgn_walk_index(&old, e);
}

static void again(const char *at, const char *const *which, struct sgn_walk *out)
{
	bool changed[MOST] = {false};

	for (; *which; which++)
		changed[index_of(*which) - index_of(at)] = true;
	cr_assert_eq(sgn_walk_again(&old, at, changed, out, NULL), 0);
}

/* As if the place had been walked by itself; unknown: the file whose size nobody knows, or NULL. */
static void expect_fresh(const struct sgn_walk *got, const char *at, const char *unknown)
{
	struct sgn_walk want;

	cr_assert_eq(sgn_walk_tree(*at ? scratch_path(&dir, at) : dir.dir, &want, NULL), 0);
	cr_assert_str_eq(got->root, want.root);
	cr_assert_eq(got->count, want.count);
	for (size_t i = 0; i < want.count; i++) {
		const struct sgn_walk_entry *g = &got->entries[i], *w = &want.entries[i];

		cr_assert_str_eq(g->path, w->path);
		cr_assert_str_eq(g->name, w->name);
		cr_assert_eq(g->kind, w->kind);
		cr_assert_eq(g->end, w->end, "%s", w->path);
		cr_assert_eq(g->link != NULL, w->link != NULL);
		cr_assert(!w->link || strcmp(g->link, w->link) == 0);
		if (w->kind != SGN_WALK_FILE)
			continue;
		cr_assert_eq(g->size,
		             unknown && strcmp(w->path, unknown) == 0 ? SGN_SIZE_UNKNOWN : w->size);
	}
	sgn_walk_dispose(&want);
}

static void change_kit(void)
{
	file("a/kit/code", "abcdef");
	cr_assert_eq(unlink(scratch_path(&dir, "a/kit/gone")), 0);
	folder("a/kit/_new");
	file("a/kit/_new/seal", "abc");
	file("a/kit/zz", "abc");
}

static size_t before(const struct sgn_walk *w, const char *path)
{
	const struct sgn_walk_entry *e = sgn_walk_find(w, path);

	cr_assert_not_null(e, "%s", path);
	return e->before;
}

Test(base_walk_again, without_changes_it_is_the_old_list)
{
	static const char *const none[] = {NULL};
	struct sgn_walk w;

	again("", none, &w);
	expect_fresh(&w, "", NULL);
	for (size_t i = 0; i < w.count; i++)
		cr_assert_eq(w.entries[i].before, i);
	sgn_walk_dispose(&w);
}

Test(base_walk_again, a_changed_folder_is_read_anew)
{
	static const char *const kit[] = {"a/kit", NULL};
	struct sgn_walk w;

	change_kit();
	again("", kit, &w);
	expect_fresh(&w, "", NULL);
	cr_assert_eq(before(&w, "b"), index_of("b"));
	cr_assert_eq(before(&w, "a/kit-x"), index_of("a/kit-x"));
	cr_assert_eq(before(&w, "a/kit/data"), index_of("a/kit/data"));
	cr_assert_eq(before(&w, "a/kit/sub/deep"), index_of("a/kit/sub/deep"));
	cr_assert_eq(before(&w, "a/kit/code"), SIZE_MAX, "another size");
	cr_assert_eq(before(&w, "a/kit/zz"), SIZE_MAX, "was not there");
	cr_assert_eq(before(&w, "a/kit/_new/seal"), SIZE_MAX);
	sgn_walk_dispose(&w);
}

Test(base_walk_again, a_part_of_the_tree_gets_paths_of_its_own)
{
	static const char *const kit[] = {"a/kit", NULL}, *const sub[] = {"a/kit/sub", NULL};
	struct sgn_walk w;

	change_kit();
	again("a", kit, &w);
	expect_fresh(&w, "a", NULL);
	cr_assert_eq(before(&w, "kit/data"), index_of("a/kit/data"));
	cr_assert_eq(before(&w, "tool"), index_of("a/tool"));
	sgn_walk_dispose(&w);
	again("a/kit", kit, &w);
	expect_fresh(&w, "a/kit", NULL);
	cr_assert_eq(before(&w, "sub/deep"), index_of("a/kit/sub/deep"));
	sgn_walk_dispose(&w);
	again("a/kit/sub", sub, &w);
	expect_fresh(&w, "a/kit/sub", NULL);
	sgn_walk_dispose(&w);
}

Test(base_walk_again, the_size_of_a_changed_file_is_not_known)
{
	static const char *const tool[] = {"a/tool", NULL};
	struct sgn_walk w;

	file("a/tool", "something longer");
	again("", tool, &w);
	expect_fresh(&w, "", "a/tool");
	cr_assert_eq(before(&w, "a/tool"), SIZE_MAX);
	sgn_walk_dispose(&w);
}

Test(base_walk_again, what_is_gone_is_an_error)
{
	bool changed[MOST] = {true};
	struct sgn_walk w;

	cr_assert_eq(sgn_walk_again(&old, "x", changed, &w, NULL), SGN_E_INTERNAL);
	cr_assert_null(w.entries);
	cr_assert_eq(rename(scratch_path(&dir, "a"), scratch_path(&dir, "c")), 0);
	cr_assert_eq(sgn_walk_again(&old, "a", changed, &w, NULL), SGN_E_NOTFOUND);
	cr_assert_null(w.entries);
}

Test(base_walk_again, running_out_of_memory_is_an_error_and_leaks_nothing)
{
	bool changed[MOST] = {false};
	int rc = SGN_E_NOMEM;

	changed[index_of("a")] = true;
	for (unsigned long n = 1; rc != 0; n++) {
		struct sgn_walk w;

		sgn_mem_fail_after(n);
		rc = sgn_walk_again(&old, "", changed, &w, NULL);
		sgn_mem_fail_after(0);
		cr_assert(rc == 0 || rc == SGN_E_NOMEM);
		cr_assert_lt(n, 200);
		sgn_walk_dispose(&w);
	}
}
