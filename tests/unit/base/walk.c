/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/walk.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "tests/support/scratch.h"

static struct scratch dir;

static void setup(void)
{
	scratch_make(&dir);
}

static void teardown(void)
{
	scratch_remove(&dir);
}

TestSuite(base_walk, .init = setup, .fini = teardown, .timeout = 60);

static void folder(const char *name)
{
	cr_assert_eq(mkdir(scratch_path(&dir, name), 0755), 0, "%s", name);
}

static void file(const char *name)
{
	scratch_write(&dir, name, "abc", 3, 0644);
}

static void walk(struct sgn_walk *w)
{
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_walk_tree(dir.dir, w, &err), 0, "%s", err.text);
}

Test(base_walk, lists_folders_right_before_their_content_and_names_in_byte_order)
{
	static const char *const want[] = {"",    "B",   "a",     "a/b", "a/b/c", "a/z", "a\x01x",
	                                   "a b", "a-b", "a-b/c", "a.b", "ab",    "\xff"};
	static const size_t ends[] = {13, 2, 6, 5, 5, 6, 7, 8, 10, 10, 11, 12, 13};
	struct sgn_walk w;

	folder("a");
	folder("a/b");
	file("a/b/c");
	file("a/z");
	folder("a-b");
	file("a-b/c");
	file("a.b");
	file("a b");
	file("a\x01x");
	file("ab");
	file("B");
	file("\xff");
	walk(&w);
	cr_assert_eq(w.count, SGN_ARRAY_LEN(want));
	for (size_t i = 0; i < w.count; i++) {
		const struct sgn_walk_entry *e = &w.entries[i];
		const char *slash = strrchr(want[i], '/');

		cr_expect_str_eq(e->path, want[i]);
		cr_expect_str_eq(e->name, slash ? slash + 1 : want[i]);
		cr_expect_eq(e->end, ends[i], "%s ends at %zu", e->path, e->end);
		cr_expect_eq(sgn_walk_find(&w, want[i]), e, "%s is found", want[i]);
		cr_expect_eq(sgn_walk_index(&w, e), i);
	}
	cr_expect_str_eq(w.root, dir.dir);
	sgn_walk_dispose(&w);
}

static void expect_equal(const struct sgn_walk *a, const struct sgn_walk *b)
{
	cr_assert_eq(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct sgn_walk_entry *x = &a->entries[i], *y = &b->entries[i];

		cr_assert_str_eq(x->path, y->path);
		cr_assert_str_eq(x->name, y->name);
		cr_assert_eq(x->kind, y->kind);
		cr_assert_eq(x->mode, y->mode);
		cr_assert_eq(x->size, y->size);
		cr_assert_eq(x->end, y->end, "%s", x->path);
		cr_assert_eq(x->problem, y->problem);
	}
}

Test(base_walk, several_threads_make_the_same_list)
{
	struct sgn_pool *pool = sgn_pool_new(4);
	struct sgn_walk one, many;
	char name[64];

	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		folder(name);
		for (int k = 0; k < i; k++) {
			snprintf(name, sizeof(name), "d%d/e%d", i, k);
			folder(name);
			snprintf(name, sizeof(name), "d%d/e%d/f", i, k);
			file(name);
		}
		snprintf(name, sizeof(name), "d%d.txt", i);
		file(name);
	}
	walk(&one);
	for (int round = 0; round < 50; round++) {
		cr_assert_eq(sgn_walk_tree_on(pool, dir.dir, &many, NULL), 0);
		expect_equal(&many, &one);
		sgn_walk_dispose(&many);
	}
	sgn_walk_dispose(&one);
	sgn_pool_free(pool);
}

Test(base_walk, finds_nothing_where_there_is_nothing)
{
	static const char *const none[] = {"a/",    "/a", "a/c", "b",      "a//b",
	                                   "a/b/c", ".",  "A",   "a/b\x01"};
	struct sgn_walk w;

	folder("a");
	file("a/b");
	walk(&w);
	for (size_t i = 0; i < SGN_ARRAY_LEN(none); i++)
		cr_expect_null(sgn_walk_find(&w, none[i]), "%s", none[i]);
	sgn_walk_dispose(&w);
	cr_expect_null(sgn_walk_find(&w, ""), "an empty walk has no root");
}

Test(base_walk, symlinks_are_read_and_never_followed)
{
	static const char *const targets[][2] = {
		{"dangling", "no/such/thing"}, {"loop", "loop"}, {"up", ".."}, {"self", "."},
		{"odd", "\xfe\xff"},           {"root", "/"},
	};
	struct sgn_walk w;

	for (size_t i = 0; i < SGN_ARRAY_LEN(targets); i++)
		cr_assert_eq(symlink(targets[i][1], scratch_path(&dir, targets[i][0])), 0);
	walk(&w);
	cr_assert_eq(w.count, SGN_ARRAY_LEN(targets) + 1);
	for (size_t i = 0; i < SGN_ARRAY_LEN(targets); i++) {
		const struct sgn_walk_entry *e = sgn_walk_find(&w, targets[i][0]);

		cr_assert_not_null(e);
		cr_expect_eq(e->kind, SGN_WALK_SYMLINK);
		cr_expect_str_eq(e->link, targets[i][1]);
		cr_expect_eq(e->problem, 0);
		cr_expect_eq(e->end, sgn_walk_index(&w, e) + 1);
	}
	sgn_walk_dispose(&w);
}

Test(base_walk, kinds_modes_and_sizes_are_noted)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const struct sgn_walk_entry *e;
	struct sgn_walk w;
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", scratch_path(&dir, "sock"));
	cr_assert_eq(bind(s, (struct sockaddr *)&at, sizeof(at)), 0);
	cr_assert_eq(mkfifo(scratch_path(&dir, "fifo"), 0600), 0);
	scratch_write(&dir, "tool", "12345", 5, 04751);
	folder("d");
	cr_assert_eq(chmod(scratch_path(&dir, "d"), 0555), 0);
	walk(&w);
	cr_expect_eq(sgn_walk_find(&w, "sock")->kind, SGN_WALK_OTHER);
	cr_expect_eq(sgn_walk_find(&w, "fifo")->kind, SGN_WALK_OTHER);
	e = sgn_walk_find(&w, "tool");
	cr_expect_eq(e->kind, SGN_WALK_FILE);
	cr_expect_eq(e->mode, 04751);
	cr_expect_eq(e->size, 5);
	cr_expect_null(e->link);
	cr_expect_eq(sgn_walk_find(&w, "d")->kind, SGN_WALK_DIR);
	cr_expect_eq(sgn_walk_find(&w, "d")->mode, 0555);
	cr_expect_eq(w.entries[0].kind, SGN_WALK_DIR);
	sgn_walk_dispose(&w);
	close(s);
}

Test(base_walk, the_root_may_be_a_symlink_to_a_folder)
{
	struct sgn_walk w;

	folder("real");
	file("real/x");
	cr_assert_eq(symlink("real", scratch_path(&dir, "link")), 0);
	cr_assert_eq(sgn_walk_tree(scratch_path(&dir, "link"), &w, NULL), 0);
	cr_expect_eq(w.count, 2);
	cr_expect_str_eq(w.entries[1].path, "x");
	sgn_walk_dispose(&w);
}

Test(base_walk, a_root_that_is_missing_or_no_folder_is_refused)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_walk w;

	file("f");
	cr_assert_eq(symlink("nothing", scratch_path(&dir, "dangling")), 0);
	cr_expect_eq(sgn_walk_tree(scratch_path(&dir, "none"), &w, &err), SGN_E_NOTFOUND);
	cr_expect_str_eq(err.path, scratch_path(&dir, "none"));
	cr_expect_eq(sgn_walk_tree(scratch_path(&dir, "dangling"), &w, &err), SGN_E_NOTFOUND);
	cr_expect_eq(sgn_walk_tree(scratch_path(&dir, "f"), &w, &err), SGN_E_UNSUPPORTED);
	cr_expect_eq(w.count, 0);
	sgn_walk_dispose(&w);
	sgn_error_dispose(&err);
}

/* Runs the check as somebody whom modes bind; root sees everything. */
static void as_ordinary_user(void (*check)(void))
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(77);
		check();
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		cr_skip_test("cannot become an ordinary user here");
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "step %d", WEXITSTATUS(status));
}

static void check_unreadable(void)
{
	const struct sgn_walk_entry *e;
	struct sgn_walk w;

	if (sgn_walk_tree(dir.dir, &w, NULL) != 0)
		_exit(1);
	e = sgn_walk_find(&w, "closed");
	if (!e || e->problem != EACCES || e->end != sgn_walk_index(&w, e) + 1)
		_exit(2);
	e = sgn_walk_find(&w, "listed");
	if (!e || e->problem != EACCES || e->end != sgn_walk_index(&w, e) + 1)
		_exit(3);
	e = sgn_walk_find(&w, "open/x");
	if (!e || e->problem != 0 || w.count != 5)
		_exit(4);
	sgn_walk_dispose(&w);
}

Test(base_walk, unreadable_folders_are_noted_and_the_rest_is_listed)
{
	folder("closed");
	file("closed/x");
	folder("listed");
	file("listed/x");
	folder("open");
	file("open/x");
	cr_assert_eq(chmod(dir.dir, 0755), 0);
	cr_assert_eq(chmod(scratch_path(&dir, "closed"), 0), 0);
	/* Names can be read, but nothing behind them. */
	cr_assert_eq(chmod(scratch_path(&dir, "listed"), 0444), 0);
	as_ordinary_user(check_unreadable);
	cr_assert_eq(chmod(scratch_path(&dir, "closed"), 0700), 0);
	cr_assert_eq(chmod(scratch_path(&dir, "listed"), 0700), 0);
}

/* Below dir: levels folders named d. */
static void nest(unsigned levels)
{
	int fd = open(dir.dir, O_RDONLY | O_DIRECTORY);

	for (unsigned i = 0; i < levels; i++) {
		int next;

		cr_assert_eq(mkdirat(fd, "d", 0755), 0);
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
		cr_assert(next >= 0);
		close(fd);
		fd = next;
	}
	close(fd);
}

Test(base_walk, as_deep_as_the_limit_and_no_deeper)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_walk w;

	nest(SGN_LIMIT_WALK_DEPTH);
	walk(&w);
	cr_expect_eq(w.count, SGN_LIMIT_WALK_DEPTH + 1);
	for (size_t i = 0; i < w.count; i++)
		cr_expect_eq(w.entries[i].end, w.count);
	sgn_walk_dispose(&w);
	cr_assert_eq(rename(scratch_path(&dir, "d"), scratch_path(&dir, "e")), 0);
	folder("d");
	cr_assert_eq(rename(scratch_path(&dir, "e"), scratch_path(&dir, "d/d")), 0);
	cr_expect_eq(sgn_walk_tree(dir.dir, &w, &err), SGN_E_LIMIT);
	cr_expect(strstr(err.text, "200"), "%s", err.text);
	sgn_error_dispose(&err);
}

Test(base_walk, lack_of_descriptors_is_a_failure_and_not_an_unreadable_folder)
{
	struct rlimit before, few;
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_walk w;

	nest(30);
	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 20;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	cr_expect_eq(sgn_walk_tree(dir.dir, &w, &err), SGN_E_IO);
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	cr_expect_eq(err.sys, EMFILE);
	sgn_error_dispose(&err);
}

Test(base_walk, lack_of_memory_at_any_place_is_reported)
{
	unsigned long n = 0;
	struct sgn_walk w;
	int rc;

	folder("a");
	file("a/b");
	cr_assert_eq(symlink("b", scratch_path(&dir, "a/c")), 0);
	do {
		sgn_mem_fail_after(++n);
		rc = sgn_walk_tree(dir.dir, &w, NULL);
		sgn_mem_fail_after(0);
		cr_assert(rc == 0 || rc == SGN_E_NOMEM, "allocation %lu: %d", n, rc);
	} while (rc != 0 && n < 100);
	cr_expect(n > 1); /* more where each item is an allocation of its own */
	cr_expect_eq(rc, 0);
	sgn_walk_dispose(&w);
}
