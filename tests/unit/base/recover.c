/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of interrupted runs of signer/base/txn.c, and a run that is killed at any moment. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signer/base/file.h"
#include "signer/base/txn.h"
#include "tests/support/scratch.h"

#define FILES 12

static struct scratch dir;

static void setup(void)
{
	scratch_make(&dir);
}

static void teardown(void)
{
	scratch_remove(&dir);
}

TestSuite(base_recover, .init = setup, .fini = teardown, .timeout = 120);

static const char *at(const char *name)
{
	return scratch_path(&dir, name);
}

static void folder(const char *name)
{
	cr_assert_eq(mkdir(at(name), 0755), 0, "%s", name);
}

/* A folder with a file that says who it is. */
static void tree(const char *name)
{
	char inside[128];

	folder(name);
	snprintf(inside, sizeof(inside), "%s/who", name);
	scratch_write(&dir, inside, name, strlen(name), 0644);
}

static bool is_tree(const char *name, const char *who)
{
	char inside[128];
	size_t size;
	uint8_t *data;
	bool same;

	snprintf(inside, sizeof(inside), "%s/who", name);
	if (access(at(inside), F_OK) != 0)
		return false;
	data = scratch_read(at(inside), &size);
	same = size == strlen(who) && memcmp(data, who, size) == 0;
	free(data);
	return same;
}

#define STAGE ".App.signet-0123abcd"

Test(base_recover, an_abandoned_stage_is_removed)
{
	tree("App");
	tree(STAGE);
	tree(".App.signet-00000000-part");
	tree(".App.signet-00000001-old");
	cr_expect_eq(sgn_txn_recover(at("App"), NULL), 0);
	cr_expect(is_tree("App", "App"));
	cr_expect_eq(scratch_count(&dir), 1);
}

Test(base_recover, names_that_only_resemble_ours_are_left_alone)
{
	static const char *const others[] = {
		".App.signet-0123abc",      ".App.signet-0123abcde", ".App.signet-0123abcg",
		".App.signet-0123abcd-new", "App.signet-0123abcd",   ".Apple.signet-0123abcd",
		".pp.signet-0123abcd",      ".App.signet-",
	};

	tree("App");
	for (size_t i = 0; i < SGN_ARRAY_LEN(others); i++)
		tree(others[i]);
	/* sgn_output's temporary file of a file that has the same name. */
	scratch_write(&dir, ".App.signet-77777777", "x", 1, 0600);
	cr_assert_eq(symlink("App", at(".App.signet-66666666")), 0);
	cr_expect_eq(sgn_txn_recover(at("App"), NULL), 0);
	cr_expect_eq(scratch_count(&dir), SGN_ARRAY_LEN(others) + 3);
	cr_expect(is_tree("App", "App"));
}

Test(base_recover, a_tree_that_was_moved_away_is_put_back)
{
	tree(STAGE);
	tree(STAGE "-old");
	cr_expect_eq(sgn_txn_recover(at("App/"), NULL), 0);
	cr_expect(is_tree("App", STAGE "-old"));
	cr_expect_eq(scratch_count(&dir), 1);
}

Test(base_recover, a_tree_that_was_moved_away_is_put_back_even_when_the_stage_is_lost)
{
	tree(STAGE "-old");
	cr_expect_eq(sgn_txn_recover(at("App"), NULL), 0);
	cr_expect(is_tree("App", STAGE "-old"));
}

Test(base_recover, beside_a_stage_the_old_tree_counts_more_than_what_is_left_of_the_target)
{
	tree(STAGE);
	tree(STAGE "-old");
	folder("App");
	cr_expect_eq(sgn_txn_recover(at("App"), NULL), 0);
	cr_expect(is_tree("App", STAGE "-old"));
	cr_expect_eq(scratch_count(&dir), 1);
}

Test(base_recover, a_run_that_is_alive_is_left_alone)
{
	struct sgn_error err = SGN_ERROR_INIT;
	int fd;

	tree("App");
	tree(STAGE);
	tree(STAGE "-part");
	fd = open(at(STAGE), O_RDONLY | O_DIRECTORY);
	cr_assert_eq(flock(fd, LOCK_EX), 0);
	cr_expect_eq(sgn_txn_recover(at("App"), NULL), 0);
	cr_expect_eq(scratch_count(&dir), 3);
	/* In the middle of the change there may be no target for a moment. */
	cr_assert_eq(rename(at("App"), at(STAGE "-old")), 0);
	cr_expect_eq(sgn_txn_recover(at("App"), &err), SGN_E_IO);
	cr_expect(strstr(err.text, "another run"), "%s", err.text);
	cr_expect(strstr(err.cure, ".App.signet-"), "%s", err.cure);
	cr_expect_eq(scratch_count(&dir), 3);
	/* Or one that is being emptied. */
	folder("App");
	cr_expect_eq(sgn_txn_recover(at("App"), NULL), SGN_E_IO);
	cr_expect_eq(scratch_count(&dir), 4);
	close(fd);
	cr_expect_eq(sgn_txn_recover(at("App"), NULL), 0);
	cr_expect(is_tree("App", "App"), "the moved one is put back");
	cr_expect_eq(scratch_count(&dir), 1);
	sgn_error_dispose(&err);
}

Test(base_recover, a_run_that_makes_the_same_output_is_no_obstacle)
{
	struct sgn_walk walk;
	struct sgn_txn a, b;

	tree("App");
	cr_assert_eq(sgn_walk_tree(at("App"), &walk, NULL), 0);
	cr_assert_eq(sgn_txn_begin(&walk, at("Out"), false, &a, NULL), 0);
	cr_assert_eq(sgn_txn_begin(&walk, at("Out"), false, &b, NULL), 0);
	cr_expect_eq(sgn_txn_commit(&b, NULL), 0);
	cr_expect_eq(sgn_txn_commit(&a, NULL), SGN_E_EXISTS, "the first to be ready wins");
	sgn_txn_dispose(&a);
	sgn_txn_dispose(&b);
	sgn_walk_dispose(&walk);
	cr_expect(is_tree("Out", "App"));
	cr_expect_eq(scratch_count(&dir), 2);
}

Test(base_recover, two_runs_side_by_side_do_not_disturb_each_other)
{
	struct sgn_walk walk;
	struct sgn_txn a, b;

	tree("App");
	cr_assert_eq(sgn_walk_tree(at("App"), &walk, NULL), 0);
	cr_assert_eq(sgn_txn_begin(&walk, NULL, false, &a, NULL), 0);
	cr_assert_eq(sgn_txn_begin(&walk, NULL, false, &b, NULL), 0);
	cr_expect_eq(scratch_count(&dir), 3);
	cr_expect_eq(sgn_txn_commit(&a, NULL), 0);
	cr_expect_eq(sgn_txn_commit(&b, NULL), 0);
	sgn_txn_dispose(&a);
	sgn_txn_dispose(&b);
	sgn_walk_dispose(&walk);
	cr_expect_eq(scratch_count(&dir), 1);
	cr_expect(is_tree("App", "App"));
}

Test(base_recover, a_walk_from_before_the_recovery_is_not_used)
{
	struct sgn_walk walk;
	struct sgn_txn txn;

	tree("App");
	cr_assert_eq(sgn_walk_tree(at("App"), &walk, NULL), 0);
	tree(STAGE);
	tree(STAGE "-old");
	cr_expect_eq(sgn_txn_begin(&walk, NULL, false, &txn, NULL), SGN_E_MISMATCH);
	cr_expect(is_tree("App", STAGE "-old"));
	cr_expect_eq(scratch_count(&dir), 1);
	sgn_walk_dispose(&walk);
}

Test(base_recover, a_place_that_cannot_exist_has_nothing_to_recover)
{
	scratch_write(&dir, "file", "x", 1, 0644);
	cr_assert_eq(symlink("nowhere", at("dangling")), 0);
	cr_expect_eq(sgn_txn_recover(at("none/App"), NULL), 0);
	cr_expect_eq(sgn_txn_recover(at("none"), NULL), 0);
	cr_expect_eq(sgn_txn_recover(at("file"), NULL), 0);
	cr_expect_eq(sgn_txn_recover(at("dangling"), NULL), 0);
	cr_expect_eq(sgn_txn_recover("/", NULL), 0);
	cr_expect_eq(sgn_txn_recover("", NULL), 0);
}

/* How a system may say no. */
static bool refuse_renameat2(int sys)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[4])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)sys),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {SGN_ARRAY_LEN(code), code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) == 0;
}

static void write_generation(const char *root, int number)
{
	for (int i = 0; i < FILES; i++) {
		char path[1024], text[16];

		snprintf(path, sizeof(path), "%s/d%d/f%d", root, i % 3, i);
		snprintf(text, sizeof(text), "%d", number);
		if (sgn_file_store(path, sgn_view_str(text), 0644, NULL) != 0)
			_exit(3);
	}
}

/* All files of App are of one generation; which one. -1: they are not. */
static int read_generation(void)
{
	int found = -1;

	for (int i = 0; i < FILES; i++) {
		char name[32];
		size_t size;
		uint8_t *data;
		char text[16] = "";

		snprintf(name, sizeof(name), "App/d%d/f%d", i % 3, i);
		if (access(at(name), F_OK) != 0)
			return -1;
		data = scratch_read(at(name), &size);
		memcpy(text, data, size < 15 ? size : 15);
		free(data);
		if (i > 0 && found != (int)strtol(text, NULL, 10))
			return -1;
		found = (int)strtol(text, NULL, 10);
	}
	return found;
}

static int change_once(int number)
{
	struct sgn_walk walk;
	struct sgn_txn txn;

	if (sgn_txn_recover(at("App"), NULL) != 0 || sgn_walk_tree(at("App"), &walk, NULL) != 0 ||
	    sgn_txn_begin(&walk, NULL, false, &txn, NULL) != 0)
		return 4;
	write_generation(txn.stage, number);
	if (sgn_txn_commit(&txn, NULL) != 0)
		return 5;
	sgn_txn_dispose(&txn);
	sgn_walk_dispose(&walk);
	return 0;
}

static void make_generations(void)
{
	folder("App");
	for (int i = 0; i < 3; i++) {
		char name[32];

		snprintf(name, sizeof(name), "App/d%d", i);
		folder(name);
	}
	write_generation(at("App"), 0);
}

/* Changes again and again until it is killed. */
static pid_t start_changing(int sys, int first)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	if (sys && !refuse_renameat2(sys))
		_exit(77);
	for (int number = first; number < first + 100000; number++) {
		int rc = change_once(number);

		if (rc != 0)
			_exit(rc);
	}
	_exit(0);
}

static void kill_at_any_moment(int sys, int rounds)
{
	unsigned window = 4000, seed = 1;
	int last = 0;

	make_generations();
	for (int round = 0; round < rounds; round++) {
		pid_t child = start_changing(sys, last + 1);
		int status, now;

		seed = seed * 1103515245 + 12345;
		usleep((seed >> 8) % window);
		kill(child, SIGKILL);
		cr_assert_eq(waitpid(child, &status, 0), child);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			cr_skip_test("system calls cannot be refused here");
		cr_assert(WIFSIGNALED(status), "round %d ended with %d", round,
		          WEXITSTATUS(status));
		/* An exchange needs no recovery: the tree is whole at any time. */
		if (sys == 0)
			cr_assert_geq(read_generation(), last, "round %d", round);
		cr_assert_eq(sgn_txn_recover(at("App"), NULL), 0);
		now = read_generation();
		cr_assert_geq(now, last, "round %d", round);
		cr_assert_eq(scratch_count(&dir), 1, "round %d", round);
		/* A slow machine needs longer to come as far as the end. */
		window += now == last ? 1000 : 0;
		last = now;
	}
	cr_expect_gt(last, 0, "some run was faster than its end");
}

Test(base_recover, killed_at_any_moment_the_tree_is_old_or_new)
{
	kill_at_any_moment(0, 60);
}

Test(base_recover, killed_without_exchange_the_tree_is_old_or_new_after_recovery)
{
	kill_at_any_moment(EINVAL, 60);
}

Test(base_recover, killed_where_folders_cannot_be_renamed_the_tree_is_old_or_new_after_recovery)
{
	kill_at_any_moment(EXDEV, 60);
}

static void change_with_refusal(int sys)
{
	pid_t child;
	int status;

	make_generations();
	cr_assert_eq(chmod(at("App/d1"), 0555), 0);
	child = fork();
	if (child == 0)
		_exit(refuse_renameat2(sys) ? change_once(7) : 77);
	cr_assert_eq(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		cr_skip_test("system calls cannot be refused here");
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", WEXITSTATUS(status));
	cr_expect_eq(read_generation(), 7);
	cr_expect_eq(scratch_count(&dir), 1);
}

Test(base_recover, without_exchange_a_change_takes_two_steps)
{
	static const int refusals[] = {ENOSYS, EINVAL, EXDEV};

	for (size_t i = 0; i < SGN_ARRAY_LEN(refusals); i++) {
		change_with_refusal(refusals[i]);
		cr_assert_eq(sgn_tree_remove(at("App"), NULL), 0);
	}
}

/* App lies in the lower layer: a container's image, where folders cannot be renamed. */
static int change_in_overlay(void)
{
	char options[1600];
	int rc;

	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", at("low"),
	         at("up"), at("work"));
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("overlay", at("merged"), "overlay", 0, options) != 0)
		return 77;
	snprintf(dir.dir + strlen(dir.dir), 8, "/merged");
	rc = change_once(7);
	if (rc == 0 && (read_generation() != 7 || scratch_count(&dir) != 1))
		rc = 10;
	/* Now all of it is in the upper layer. */
	if (rc == 0)
		rc = change_once(8);
	if (rc == 0 && (read_generation() != 8 || scratch_count(&dir) != 1))
		rc = 11;
	return rc;
}

Test(base_recover, a_tree_in_the_lower_layer_of_an_overlay_can_be_changed)
{
	static const char *const layers[] = {"low", "up", "work", "merged"};
	pid_t child;
	int status;

	make_generations();
	for (size_t i = 0; i < SGN_ARRAY_LEN(layers); i++)
		folder(layers[i]);
	cr_assert_eq(rename(at("App"), at("low/App")), 0);
	child = fork();
	if (child == 0)
		_exit(change_in_overlay());
	cr_assert_eq(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		cr_skip_test("overlays cannot be mounted here");
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "step %d", WEXITSTATUS(status));
}
