/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/txn.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "signer/base/file.h"
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

TestSuite(base_txn, .init = setup, .fini = teardown, .timeout = 120);

static const char *at(const char *name)
{
	return scratch_path(&dir, name);
}

static void folder(const char *name)
{
	cr_assert_eq(mkdir(at(name), 0755), 0, "%s", name);
}

/* A small tree with one of each kind that may be in it. */
static void make_app(void)
{
	folder("App");
	folder("App/in");
	scratch_write(&dir, "App/in/tool", "tool", 4, 0755);
	scratch_write(&dir, "App/plain", "old", 3, 0644);
	cr_assert_eq(symlink("in/tool", at("App/link")), 0);
	cr_assert_eq(symlink("no/where", at("App/dangling")), 0);
}

static void begin(const char *output, struct sgn_txn *txn)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_walk walk;

	cr_assert_eq(sgn_walk_tree(at("App"), &walk, &err), 0, "%s", err.text);
	cr_assert_eq(sgn_txn_begin(&walk, output, false, txn, &err), 0, "%s: %s", err.path,
	             err.text);
	sgn_walk_dispose(&walk);
}

static int try_begin(const char *output)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_walk walk;
	struct sgn_txn txn;
	int rc;

	cr_assert_eq(sgn_walk_tree(at("App"), &walk, &err), 0, "%s", err.text);
	rc = sgn_txn_begin(&walk, output, false, &txn, &err);
	sgn_walk_dispose(&walk);
	sgn_txn_dispose(&txn);
	sgn_error_dispose(&err);
	return rc;
}

static void store(const char *root, const char *name, const char *text)
{
	char path[1024];
	struct sgn_error err = SGN_ERROR_INIT;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	cr_assert_eq(sgn_file_store(path, sgn_view_str(text), 0644, &err), 0, "%s", err.text);
}

static bool holds(const char *path, const char *text)
{
	FILE *f = fopen(path, "rb");
	char got[64] = "";

	if (!f)
		return false;
	got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
	fclose(f);
	return strcmp(got, text) == 0;
}

static struct stat look(const char *path)
{
	struct stat st;

	cr_assert_eq(lstat(path, &st), 0, "%s", path);
	return st;
}

static ino_t inode(const char *root, const char *name)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return look(path).st_ino;
}

Test(base_txn, a_change_appears_at_once_and_leaves_nothing_behind)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_txn txn;

	make_app();
	begin(NULL, &txn);
	cr_expect_eq(scratch_count(&dir), 2);
	cr_expect_eq(look(txn.stage).st_mode & 07777, 0700, "private until it is done");
	store(txn.stage, "plain", "new");
	store(txn.stage, "in/more", "more");
	cr_expect(holds(at("App/plain"), "old"), "nothing is changed before commit");
	cr_assert_eq(sgn_txn_commit(&txn, &err), 0, "%s", err.text);
	cr_expect_null(txn.stage);
	sgn_txn_dispose(&txn);
	cr_expect_eq(scratch_count(&dir), 1);
	cr_expect(holds(at("App/plain"), "new"));
	cr_expect(holds(at("App/in/more"), "more"));
	cr_expect(holds(at("App/link"), "tool"));
	cr_expect_eq(look(at("App")).st_mode & 07777, 0755);
}

Test(base_txn, without_commit_nothing_is_changed)
{
	struct sgn_txn txn, zero = {0};

	make_app();
	begin(NULL, &txn);
	store(txn.stage, "plain", "new");
	sgn_txn_dispose(&txn);
	sgn_txn_dispose(&txn);
	sgn_txn_dispose(&zero);
	cr_expect_eq(scratch_count(&dir), 1);
	cr_expect(holds(at("App/plain"), "old"));
	cr_expect_eq(sgn_txn_commit(&txn, NULL), SGN_E_INTERNAL);
}

Test(base_txn, a_stage_shares_files_but_an_output_never_does)
{
	struct sgn_txn txn;

	make_app();
	begin(NULL, &txn);
	cr_expect_eq(inode(txn.stage, "in/tool"), look(at("App/in/tool")).st_ino);
	sgn_txn_dispose(&txn);

	begin(at("Out"), &txn);
	cr_expect_neq(inode(txn.stage, "in/tool"), look(at("App/in/tool")).st_ino);
	cr_expect_neq(inode(txn.stage, "link"), look(at("App/link")).st_ino);
	cr_expect_eq(look(at("App/in/tool")).st_nlink, 1);
	cr_assert_eq(sgn_txn_commit(&txn, NULL), 0);
	sgn_txn_dispose(&txn);
	cr_expect(holds(at("Out/in/tool"), "tool"));
	cr_expect(holds(at("Out/link"), "tool"));
	cr_expect(holds(at("App/plain"), "old"));
	cr_expect_eq(scratch_count(&dir), 2);
}

static void set_time(const char *path, time_t when)
{
	const struct timespec times[2] = {{when, 5}, {when, 7}};

	cr_assert_eq(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void expect_like(const char *a, const char *b)
{
	struct stat x = look(a), y = look(b);

	cr_expect_eq(x.st_mode, y.st_mode, "mode of %s", b);
	cr_expect_eq(x.st_mtim.tv_sec, y.st_mtim.tv_sec, "time of %s", b);
	cr_expect_eq(x.st_mtim.tv_nsec, y.st_mtim.tv_nsec, "time of %s", b);
	cr_expect_eq(x.st_uid, y.st_uid, "owner of %s", b);
}

Test(base_txn, modes_times_and_attributes_are_kept)
{
	static const char *const names[] = {"", "/in/tool", "/plain", "/link", "/in", "/closed"};
	bool has_xattr;
	struct sgn_txn txn;
	char value[8];

	make_app();
	folder("App/closed");
	has_xattr = setxattr(at("App/plain"), "user.note", "abc", 3, 0) == 0 &&
	            setxattr(at("App/in"), "user.note", "def", 3, 0) == 0;
	cr_assert_eq(chmod(at("App/plain"), 0400), 0);
	cr_assert_eq(chmod(at("App/closed"), 0555), 0);
	cr_assert_eq(chmod(at("App/in"), 01751), 0);
	for (size_t i = SGN_ARRAY_LEN(names); i-- > 0;) {
		char name[64];

		snprintf(name, sizeof(name), "App%s", names[i]);
		set_time(at(name), 1000000000 + (time_t)i);
	}
	begin(at("Out"), &txn);
	cr_assert_eq(sgn_txn_commit(&txn, NULL), 0);
	sgn_txn_dispose(&txn);
	for (size_t i = 0; i < SGN_ARRAY_LEN(names); i++) {
		char a[64], b[64];

		snprintf(a, sizeof(a), "App%s", names[i]);
		snprintf(b, sizeof(b), "Out%s", names[i]);
		expect_like(at(a), at(b));
	}
	if (!has_xattr)
		cr_skip_test("this file system has no extended attributes");
	cr_expect_eq(getxattr(at("Out/plain"), "user.note", value, sizeof(value)), 3);
	cr_expect_eq(memcmp(value, "abc", 3), 0);
	cr_expect_eq(getxattr(at("Out/in"), "user.note", value, sizeof(value)), 3);
}

/* Runs the check as somebody whom modes bind; root writes everywhere. */
static void as_ordinary_user(int (*check)(void))
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(77);
		_exit(check());
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		cr_skip_test("cannot become an ordinary user here");
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "step %d", WEXITSTATUS(status));
}

static int change_closed_folders(void)
{
	static const struct sgn_view more = {(const uint8_t *)"more", 4};
	struct sgn_walk walk;
	struct sgn_txn txn;
	struct stat st;
	char path[1024];

	if (mkdir(at("mine/App"), 0755) != 0 || mkdir(at("mine/App/a"), 0755) != 0 ||
	    mkdir(at("mine/App/a/b"), 0755) != 0 || chmod(at("mine/App/a/b"), 0555) != 0 ||
	    chmod(at("mine/App/a"), 0555) != 0 || chmod(at("mine/App"), 0555) != 0)
		return 1;
	if (sgn_walk_tree(at("mine/App"), &walk, NULL) != 0 ||
	    sgn_txn_begin(&walk, NULL, false, &txn, NULL) != 0)
		return 2;
	snprintf(path, sizeof(path), "%s/a/b/new", txn.stage);
	if (sgn_file_store(path, more, 0644, NULL) != 0)
		return 3;
	if (sgn_txn_commit(&txn, NULL) != 0)
		return 4;
	sgn_txn_dispose(&txn);
	sgn_walk_dispose(&walk);
	if (!holds(at("mine/App/a/b/new"), "more"))
		return 5;
	if (stat(at("mine/App/a/b"), &st) != 0 || (st.st_mode & 07777) != 0555)
		return 6;
	if (stat(at("mine/App"), &st) != 0 || (st.st_mode & 07777) != 0555)
		return 7;
	/* The old tree went away although it was closed, and so does this one. */
	if (sgn_tree_remove(at("mine/App"), NULL) != 0)
		return 8;
	return rmdir(at("mine/x")) != 0 && errno == ENOENT ? 0 : 9;
}

Test(base_txn, folders_that_are_closed_to_their_owner_can_be_changed_and_removed)
{
	folder("mine");
	cr_assert_eq(chmod(dir.dir, 0755), 0);
	if (geteuid() == 0)
		cr_assert_eq(chown(at("mine"), 65534, 65534), 0);
	as_ordinary_user(change_closed_folders);
	cr_expect_eq(rmdir(at("mine")), 0, "no litter");
}

Test(base_txn, sockets_and_pipes_stay_in_place_but_cannot_be_copied)
{
	struct sgn_txn txn;

	make_app();
	cr_assert_eq(mkfifo(at("App/fifo"), 0600), 0);
	begin(NULL, &txn);
	cr_assert_eq(sgn_txn_commit(&txn, NULL), 0);
	sgn_txn_dispose(&txn);
	cr_expect(S_ISFIFO(look(at("App/fifo")).st_mode));
	cr_expect_eq(try_begin(at("Out")), SGN_E_UNSUPPORTED);
	cr_expect_eq(scratch_count(&dir), 1);
}

Test(base_txn, names_that_are_no_text_are_kept)
{
	struct sgn_txn txn;

	make_app();
	scratch_write(&dir, "App/\xff\xfe\n", "odd", 3, 0644);
	begin(at("Out"), &txn);
	cr_assert_eq(sgn_txn_commit(&txn, NULL), 0);
	sgn_txn_dispose(&txn);
	cr_expect(holds(at("Out/\xff\xfe\n"), "odd"));
}

Test(base_txn, a_symlinked_tree_is_changed_behind_its_link)
{
	struct sgn_walk walk;
	struct sgn_txn txn;

	make_app();
	cr_assert_eq(symlink("App", at("Alias")), 0);
	cr_assert_eq(sgn_walk_tree(at("Alias"), &walk, NULL), 0);
	cr_assert_eq(sgn_txn_begin(&walk, NULL, true, &txn, NULL), 0);
	store(txn.stage, "plain", "new");
	cr_assert_eq(sgn_txn_commit(&txn, NULL), 0);
	sgn_txn_dispose(&txn);
	sgn_walk_dispose(&walk);
	cr_expect(S_ISLNK(look(at("Alias")).st_mode));
	cr_expect(holds(at("App/plain"), "new"));
	cr_expect_eq(scratch_count(&dir), 2);
}

Test(base_txn, an_output_must_be_new_and_outside)
{
	struct sgn_txn txn;

	make_app();
	folder("There");
	cr_assert_eq(symlink("nowhere", at("Dangling")), 0);
	cr_expect_eq(try_begin(at("There")), SGN_E_EXISTS);
	cr_expect_eq(try_begin(at("There/")), SGN_E_EXISTS);
	cr_expect_eq(try_begin(at("Dangling")), SGN_E_EXISTS);
	cr_expect_eq(try_begin(at("App/in/Out")), SGN_E_USAGE);
	cr_expect_eq(try_begin(at("none/Out")), SGN_E_NOTFOUND);
	cr_expect_eq(scratch_count(&dir), 3);
	begin(at("Out/"), &txn);
	folder("Out");
	scratch_write(&dir, "Out/first", "x", 1, 0644);
	cr_expect_eq(sgn_txn_commit(&txn, NULL), SGN_E_EXISTS, "somebody was faster");
	sgn_txn_dispose(&txn);
	cr_expect(holds(at("Out/first"), "x"));
	cr_expect_eq(scratch_count(&dir), 4);
}

Test(base_txn, a_full_volume_leaves_the_target_alone_and_no_stage)
{
	struct rlimit before, little;
	static char big[100000];

	make_app();
	scratch_write(&dir, "App/big", big, sizeof(big), 0644);
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	little = before;
	little.rlim_cur = 5000;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
	cr_expect_eq(try_begin(at("Out")), SGN_E_IO);
	cr_expect_eq(try_begin(NULL), 0, "links need no space");
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	cr_expect_eq(scratch_count(&dir), 1);
	cr_expect_eq(look(at("App/big")).st_size, (off_t)sizeof(big));
}

Test(base_txn, what_vanishes_or_changes_its_kind_meanwhile_is_a_failure)
{
	struct sgn_walk walk;
	struct sgn_txn txn;

	make_app();
	cr_assert_eq(sgn_walk_tree(at("App"), &walk, NULL), 0);
	/* A folder became a link to a place with the same names. */
	folder("Elsewhere");
	scratch_write(&dir, "Elsewhere/tool", "secret", 6, 0600);
	cr_assert_eq(rename(at("App/in"), at("In")), 0);
	cr_assert_eq(symlink("../Elsewhere", at("App/in")), 0);
	cr_expect_eq(sgn_txn_begin(&walk, NULL, false, &txn, NULL), SGN_E_IO);
	cr_expect_eq(sgn_txn_begin(&walk, at("Out"), false, &txn, NULL), SGN_E_IO);
	cr_assert_eq(unlink(at("App/in")), 0);
	cr_expect_eq(sgn_txn_begin(&walk, NULL, false, &txn, NULL), SGN_E_NOTFOUND);
	cr_assert_eq(rename(at("In"), at("App/in")), 0);
	cr_assert_eq(unlink(at("App/plain")), 0);
	cr_assert_eq(mkfifo(at("App/plain"), 0600), 0);
	cr_expect_eq(sgn_txn_begin(&walk, at("Out"), false, &txn, NULL), SGN_E_IO);
	cr_expect_eq(scratch_count(&dir), 2);
	sgn_walk_dispose(&walk);
}

Test(base_txn, lack_of_memory_at_any_place_leaves_all_as_it_was)
{
	unsigned long n = 0;
	struct sgn_walk walk;
	struct sgn_txn txn;
	int rc;

	make_app();
	cr_assert_eq(sgn_walk_tree(at("App"), &walk, NULL), 0);
	do {
		sgn_mem_fail_after(++n);
		rc = sgn_txn_begin(&walk, at("Out"), false, &txn, NULL);
		sgn_mem_fail_after(0);
		cr_assert(rc == 0 || rc == SGN_E_NOMEM, "allocation %lu: %d", n, rc);
		cr_assert_eq(scratch_count(&dir), rc == 0 ? 2 : 1, "allocation %lu", n);
	} while (rc != 0);
	cr_expect(n > 10);
	sgn_txn_dispose(&txn);
	sgn_walk_dispose(&walk);
}

Test(base_txn, removing_a_tree_spares_what_links_point_to)
{
	make_app();
	folder("Kept");
	scratch_write(&dir, "Kept/x", "x", 1, 0644);
	cr_assert_eq(symlink("../Kept", at("App/out")), 0);
	cr_assert_eq(symlink("Kept", at("Link")), 0);
	cr_expect_eq(sgn_tree_remove(at("App"), NULL), 0);
	cr_expect_eq(sgn_tree_remove(at("App"), NULL), 0, "missing is fine");
	cr_expect_eq(sgn_tree_remove(at("Link"), NULL), 0);
	cr_expect(holds(at("Kept/x"), "x"));
	cr_expect_eq(scratch_count(&dir), 1);
	cr_expect_neq(sgn_tree_remove(at("Kept/x/y"), NULL), 0);
}

Test(base_txn, a_name_without_room_for_the_stages_name_is_refused)
{
	char name[252];
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_walk walk;
	struct sgn_txn txn;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	folder(name);
	cr_assert_eq(sgn_walk_tree(at(name), &walk, NULL), 0);
	cr_expect_eq(sgn_txn_begin(&walk, NULL, false, &txn, &err), SGN_E_LIMIT);
	cr_expect(strstr(err.text, "251"), "%s", err.text);
	cr_expect_eq(sgn_txn_recover(at(name), NULL), 0);
	sgn_walk_dispose(&walk);
	sgn_error_dispose(&err);
}
