/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing some files of a tree in place, and what is left of it when the process is killed, or a call of the
 * system fails: at every step, also of the restoration.
 */
#include "signer/base/undo_tree.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signer/base/txn.h"
#include "tests/support/tree_state.h"
#include "undo_test.h"

#define RECORD ".App.signet-undo"

/* The tree has a program, a signature of two files, and a file that nobody touches. What it gets: another program,
 * another signature with one file less and one more, a signature where none was, and a profile. */
static const struct sgn_undo_place places[] = {
	{"bin/main", false}, {"bin/_CS", true}, {"lib/_CS", true}, {"profile", false}};

static char *old_state, *new_state;

static const char *at(const char *name)
{
	return scratch_path(&undo_dir, name);
}

static void put(const char *name, const char *text, unsigned mode)
{
	scratch_write(&undo_dir, name, text, strlen(text), mode);
}

static void put_tree(void)
{
	cr_assert_eq(sgn_tree_remove(at("App"), NULL), 0);
	mkdir(at("App"), 0755);
	mkdir(at("App/bin"), 0755);
	mkdir(at("App/lib"), 0750);
	mkdir(at("App/bin/_CS"), 0711);
	put("App/bin/main", "the old program", 0755);
	put("App/bin/_CS/seal", "old seal", 0644);
	put("App/bin/_CS/more", "old file", 0600);
	put("App/lib/data", "data", 0644);
}

/* --- states ----------------------------------------------------------------------------------------------- */

static char *state(void)
{
	return tree_state(at("App"));
}

static bool is_state(const char *want)
{
	char *now = state();
	bool same = strcmp(now, want) == 0;

	free(now);
	return same;
}

static bool has_record(void)
{
	return access(at(RECORD), F_OK) == 0;
}

/* --- the change --------------------------------------------------------------------------------------------- */

static struct sgn_view text(const char *s)
{
	return sgn_view_str(s);
}

static int change(const struct sgn_undo_tree *tree, struct sgn_error *err)
{
	int rc = sgn_tree_remove(at("App/bin/_CS/more"), err);

	if (rc == 0)
		rc = sgn_file_store(at("App/bin/_CS/seal"), text("new seal"), 0644, err);
	if (rc == 0)
		rc = sgn_file_store(at("App/bin/_CS/other"), text("new file"), 0644, err);
	if (rc == 0)
		rc = sgn_dir_make(at("App/lib/_CS"), 0755, err);
	if (rc == 0)
		rc = sgn_file_store(at("App/lib/_CS/seal"), text("first seal"), 0644, err);
	if (rc == 0)
		rc = sgn_undo_tree_store(tree, at("App/profile"), text("profile"), 0644, err);
	if (rc == 0)
		rc = sgn_undo_tree_store(tree, at("App/bin/main"), text("the new program"), 0755,
		                         err);
	return rc;
}

static int change_now(enum fault fault, unsigned step)
{
	struct sgn_undo_tree *tree;
	int rc;

	undo_arm(fault, step);
	rc = sgn_undo_tree_begin(at("App"), places, SGN_ARRAY_LEN(places), undo_durable, NULL,
	                         &tree, &undo_err);
	if (rc == 0) {
		rc = change(tree, &undo_err);
		if (rc == 0)
			rc = sgn_undo_tree_commit(tree, &undo_err);
		if (rc != 0)
			cr_assert_eq(sgn_undo_tree_roll_back(tree, rc, &undo_err), rc);
	}
	sgn_undo_tree_free(tree);
	undo_sys.armed = false;
	return rc;
}

static bool recover(void)
{
	char *restored;
	bool any;

	cr_assert_eq(sgn_undo_tree_recover(at("App"), &restored, &undo_err), 0, "%s",
	             undo_err.text);
	any = restored != NULL;
	if (any)
		cr_assert_str_eq(restored + strlen(restored) - 4, "/App");
	free(restored);
	cr_assert_not(has_record());
	/* A record that was not complete, or no more needed, is litter. */
	cr_assert_eq(sgn_txn_recover(at("App"), NULL), 0);
	cr_assert_eq(scratch_count(&undo_dir), 2, "the tree, and the file of other tests");
	return any;
}

/* True: it was killed. */
static bool in_child(int (*what)(enum fault fault, unsigned step), unsigned step)
{
	pid_t child = fork();
	int status;

	cr_assert_geq(child, 0);
	if (child == 0)
		_exit(what(KILLED, step) == 0 ? 0 : 1);
	cr_assert_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status))
		return true;
	cr_assert_eq(WEXITSTATUS(status), 0);
	return false;
}

static void begin(void)
{
	undo_begin();
	put_tree();
	old_state = state();
	cr_assert_eq(change_now(NO_FAULT, 0), 0, "%s", undo_err.text);
	new_state = state();
	cr_assert_str_neq(old_state, new_state);
	put_tree();
}

static void end(void)
{
	free(old_state);
	free(new_state);
	undo_end();
}

TestSuite(base_undo_tree, .init = begin, .fini = end, .timeout = 240);

/* --- all is well -------------------------------------------------------------------------------------- */

Test(base_undo_tree, a_change_is_made_and_nothing_else_is_left)
{
	struct stat before, after;

	cr_assert_eq(stat(at("App/lib/data"), &before), 0);
	cr_assert_eq(change_now(NO_FAULT, 0), 0);
	cr_assert(is_state(new_state));
	cr_assert_eq(stat(at("App/lib/data"), &after), 0);
	cr_expect_eq(before.st_ino, after.st_ino);
	cr_assert_eq(stat(at("App/bin/main"), &after), 0);
	cr_expect_eq(after.st_nlink, 1);
	cr_assert_not(recover());
}

/* Another name of a file keeps the old content, as it does when files are replaced. */
Test(base_undo_tree, a_twin_keeps_the_old_content)
{
	uint8_t *twin;
	size_t size;

	cr_assert_eq(link(at("App/bin/main"), at("twin")), 0);
	cr_assert_eq(change_now(NO_FAULT, 0), 0);
	twin = scratch_read(at("twin"), &size);
	cr_assert_eq(size, strlen("the old program"));
	free(twin);
}

/* What makes a pulled plug harmless: which steps wait for the disk before which others. */
Test(base_undo_tree,
     the_record_is_on_the_disk_before_the_tree_is_touched_and_the_tree_before_it_goes)
{
	const char *log = undo_sys.log, *last, *change_before;

	undo_durable = false;
	cr_assert_eq(change_now(NO_FAULT, 0), 0);
	cr_assert_eq(strncmp(log, "lllrfdNd", 8), 0,
	             "links, list, flushes of list and record, its name, flush of that: %s", log);
	last = strrchr(log, 'N');
	change_before = last - 1;
	while (strchr("fd", *change_before))
		change_before--;
	cr_assert_eq(strncmp(change_before - 2, "lnx", 3), 0,
	             "link, exchange, removal of the last file: %s", log);
	cr_assert_not_null(strstr(change_before, "fd"), "files and folders: %s", log);
	cr_assert_eq(strspn(last + 1, "x"), strlen(last + 1), "the record goes: %s", log);
}

Test(base_undo_tree, what_the_disk_never_had_waits_for_nothing)
{
	undo_durable = false;
	undo_never_flushed();
	cr_assert_eq(change_now(NO_FAULT, 0), 0);
	cr_assert_null(strpbrk(undo_sys.log, "fd"), "%s", undo_sys.log);
	cr_assert(is_state(new_state));
	undo_durable = true;
	put_tree();
	cr_assert_eq(change_now(NO_FAULT, 0), 0);
	cr_assert_not_null(strpbrk(undo_sys.log, "fd"), "%s", undo_sys.log);
}

/* --- killed ------------------------------------------------------------------------------------------------- */

static void kill_at_every_step(void)
{
	unsigned step, restored = 0, made = 0;

	for (step = 1;; step++) {
		bool pending;

		put_tree();
		if (!in_child(change_now, step))
			break;
		pending = has_record();
		cr_assert_eq(sgn_undo_tree_refuse_pending(at("App/bin/main"), &undo_err),
		             pending ? SGN_E_FORMAT : 0);
		cr_assert_eq(recover(), pending, "step %u", step);
		cr_assert(is_state(old_state) || (!pending && is_state(new_state)), "step %u",
		          step);
		restored += pending;
		made += is_state(new_state);
	}
	cr_assert(is_state(new_state));
	cr_expect_gt(restored, 10);
	cr_expect_gt(made, 3);
}

Test(base_undo_tree, killed_at_any_step_the_tree_is_restored)
{
	kill_at_every_step();
}

Test(base_undo_tree, killed_at_any_step_without_a_flush_the_tree_is_restored)
{
	undo_durable = false;
	undo_never_flushed();
	kill_at_every_step();
}

static int recover_in_child(enum fault fault, unsigned step)
{
	char *restored;
	int rc;

	undo_arm(fault, step);
	rc = sgn_undo_tree_recover(at("App"), &restored, &undo_err);
	undo_sys.armed = false;
	free(restored);
	return rc;
}

Test(base_undo_tree, a_restoration_that_is_killed_begins_anew)
{
	unsigned killed = 0;

	undo_durable = false;
	undo_never_flushed();
	for (unsigned step = 5;; step += 3) {
		bool over = false;

		for (unsigned second = 1; !over; second += 2) {
			put_tree();
			if (!in_child(change_now, step))
				break;
			over = !has_record() || !in_child(recover_in_child, second);
			killed += !over;
			recover();
			cr_assert(is_state(old_state) || is_state(new_state), "%u, %u", step,
			          second);
			cr_assert(!killed || over || is_state(old_state), "%u, %u", step, second);
		}
		if (!over)
			break;
	}
	cr_expect_gt(killed, 50);
}

/* --- failures ------------------------------------------------------------------------------------------------- */

Test(base_undo_tree, a_failure_at_any_step_is_undone_at_once)
{
	unsigned failed = 0;

	for (unsigned step = 1;; step++) {
		put_tree();
		if (change_now(FAILS_ONCE, step) == 0) {
			/* The removal of what is litter by then is tried again by the next run. */
			cr_assert(is_state(new_state), "step %u", step);
			if (undo_sys.steps < step)
				break;
			recover();
			continue;
		}
		failed++;
		if (strstr(undo_err.text, "the tree was changed")) {
			cr_assert(is_state(new_state), "step %u", step);
		} else {
			cr_assert(is_state(old_state), "step %u: %s", step, undo_err.text);
			cr_assert_not(has_record(), "step %u", step);
		}
		recover();
	}
	cr_expect_gt(failed, 20);
}

Test(base_undo_tree, when_undoing_fails_too_the_next_run_does_it)
{
	unsigned told = 0;

	for (unsigned step = 1;; step++) {
		put_tree();
		if (change_now(FAILS_FROM_THERE, step) == 0 && undo_sys.steps < step)
			break;
		if (strstr(undo_err.text, "half changed")) {
			told++;
			cr_assert(has_record());
			cr_assert_not_null(strstr(undo_err.cure, RECORD), "%s", undo_err.cure);
		}
		sgn_error_dispose(&undo_err);
		recover();
		cr_assert(is_state(old_state) || is_state(new_state), "step %u", step);
	}
	cr_expect_gt(told, 10);
}

/* --- which records are believed ----------------------------------------------------------------------------- */

/* Killed when all is written: at the last change of a name but those that remove the record. */
static void leave_record(void)
{
	unsigned step;

	cr_assert_eq(change_now(NO_FAULT, 0), 0);
	step = (unsigned)(strrchr(undo_sys.log, 'N') - undo_sys.log) + 1;
	put_tree();
	cr_assert(in_child(change_now, step));
	cr_assert(has_record());
	cr_assert(is_state(new_state));
}

static void expect_refused(enum sgn_status rc, const char *fragment)
{
	char *before = state(), *restored;

	cr_assert_eq(sgn_undo_tree_recover(at("App"), &restored, &undo_err), (int)rc, "%s",
	             undo_err.text);
	cr_assert_null(restored);
	cr_assert_not_null(strstr(undo_err.text, fragment), "%s", undo_err.text);
	cr_assert_neq(undo_err.cure[0], '\0');
	cr_assert(is_state(before));
	cr_assert(has_record());
	free(before);
	sgn_error_dispose(&undo_err);
}

Test(base_undo_tree, a_tree_that_was_changed_since_is_not_touched)
{
	leave_record();
	cr_assert_eq(unlink(at("App/bin/main")), 0);
	expect_refused(SGN_E_MISMATCH, "changed since");
	put("App/bin/main", "built anew", 0755);
	expect_refused(SGN_E_MISMATCH, "changed since");
	put_tree();
	expect_refused(SGN_E_MISMATCH, "changed since");
}

Test(base_undo_tree, a_profile_that_was_put_there_since_is_not_touched)
{
	leave_record();
	cr_assert_eq(unlink(at("App/profile")), 0);
	put("App/profile", "another", 0644);
	expect_refused(SGN_E_MISMATCH, "profile");
}

Test(base_undo_tree, a_record_that_is_not_whole_is_not_believed)
{
	uint8_t *list;
	size_t size;

	leave_record();
	list = scratch_read(at(RECORD "/list"), &size);
	for (size_t i = 0; i < size; i++) {
		list[i] ^= 0x20;
		scratch_write(&undo_dir, RECORD "/list", list, size, 0600);
		list[i] ^= 0x20;
		expect_refused(SGN_E_FORMAT, RECORD);
	}
	for (size_t keep = 0; keep < size; keep++) {
		scratch_write(&undo_dir, RECORD "/list", list, keep, 0600);
		expect_refused(SGN_E_FORMAT, RECORD);
	}
	cr_assert_eq(unlink(at(RECORD "/list")), 0);
	expect_refused(SGN_E_FORMAT, "no list");
	scratch_write(&undo_dir, RECORD "/list", list, size, 0600);
	cr_assert(recover());
	cr_assert(is_state(old_state));
	free(list);
}

Test(base_undo_tree, a_record_of_another_user_is_not_believed)
{
	if (geteuid() != 0)
		return;
	leave_record();
	cr_assert_eq(chown(at(RECORD), 12345, 12345), 0);
	expect_refused(SGN_E_MISMATCH, "another user");
	/* Who works on something inside is not kept from it by what a stranger has put there. */
	cr_assert_eq(sgn_undo_tree_refuse_pending(at("App"), &undo_err), SGN_E_FORMAT);
	cr_assert_eq(sgn_undo_tree_refuse_pending(at("App/bin/main"), &undo_err), 0);
	cr_assert_eq(chown(at("App"), 12345, 12345), 0);
	cr_assert(recover());
}

Test(base_undo_tree, a_run_that_is_alive_is_left_alone)
{
	char *restored;
	int fd;

	leave_record();
	fd = open(at(RECORD), O_RDONLY);
	cr_assert_eq(flock(fd, LOCK_EX), 0);
	cr_assert_eq(sgn_undo_tree_recover(at("App"), &restored, &undo_err), SGN_E_IO);
	cr_assert_eq(undo_err.sys, EBUSY);
	cr_assert_eq(change_now(NO_FAULT, 0), SGN_E_IO);
	cr_assert_eq(undo_err.sys, EBUSY);
	cr_assert(is_state(new_state));
	close(fd);
	sgn_error_dispose(&undo_err);
	cr_assert(recover());
	cr_assert(is_state(old_state));
}

Test(base_undo_tree, what_lies_inside_and_what_lies_around)
{
	char *restored;

	leave_record();
	cr_assert_eq(sgn_undo_tree_refuse_pending(at("App/bin/_CS"), &undo_err), SGN_E_FORMAT);
	cr_assert_not_null(strstr(undo_err.text, RECORD), "%s", undo_err.text);
	cr_assert_eq(sgn_undo_tree_refuse_pending(at("tool"), &undo_err), 0);
	cr_assert_eq(sgn_undo_tree_refuse_pending(at("nothing"), &undo_err), 0);
	/* A run on what lies in the tree restores all of it. */
	cr_assert_eq(sgn_undo_tree_recover(at("App/bin/main"), &restored, &undo_err), 0);
	cr_assert_not_null(restored);
	free(restored);
	cr_assert(is_state(old_state));
}

/* --- what cannot be done so -------------------------------------------------------------------------------- */

Test(base_undo_tree, places_that_are_something_else_are_refused_before_anything_is_changed)
{
	static const struct sgn_undo_place bad[] = {
		{"bin", false}, {"bin/main", true}, {"link", false}, {"way/main", false}};
	struct sgn_undo_tree *tree;

	cr_assert_eq(symlink("bin/main", at("App/link")), 0);
	cr_assert_eq(symlink("bin", at("App/way")), 0);
	mkdir(at("App/bin/_CS/folder"), 0755);
	for (size_t i = 0; i < SGN_ARRAY_LEN(bad); i++) {
		cr_assert_eq(
			sgn_undo_tree_begin(at("App"), &bad[i], 1, false, NULL, &tree, &undo_err),
			SGN_E_UNSUPPORTED, "%s", bad[i].path);
		cr_assert_null(tree);
		cr_assert_neq(undo_err.cure[0], '\0');
	}
	cr_assert_eq(sgn_undo_tree_begin(at("App"), places, SGN_ARRAY_LEN(places), false, NULL,
	                                 &tree, &undo_err),
	             SGN_E_UNSUPPORTED);
	cr_assert_eq(scratch_count(&undo_dir), 2);
}

Test(base_undo_tree, what_is_not_in_the_record_is_not_put_anywhere)
{
	struct sgn_undo_tree *tree;

	cr_assert_eq(sgn_undo_tree_begin(at("App"), places, 1, false, NULL, &tree, &undo_err), 0);
	cr_assert_eq(sgn_undo_tree_store(tree, at("App/profile"), text("x"), 0644, &undo_err),
	             SGN_E_INTERNAL);
	cr_assert_eq(sgn_undo_tree_put(tree, at("tool"), &undo_err), SGN_E_INTERNAL);
	cr_assert_eq(sgn_undo_tree_roll_back(tree, SGN_E_IO, NULL), SGN_E_IO);
	sgn_undo_tree_free(tree);
	cr_assert(is_state(old_state));
	cr_assert_not(recover());
}
