/* SPDX-License-Identifier: Apache-2.0 */
/* --in-place for bundles: the same tree as otherwise; failures and kills leave the old one. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops_test.h"
#include "signer/base/txn.h"
#include "signer/base/undo_tree.h"
#include "tests/support/bundle_builder.h"
#include "tests/support/profile_builder.h"
#include "tests/support/tree_state.h"

static struct ops_test t;

/* --- kills ----------------------------------------------------------------------------------------------- */

static atomic_uint steps; /* of all threads */
static unsigned kill_at;

static void step(void)
{
	if (atomic_fetch_add(&steps, 1) + 1 == kill_at)
		kill(getpid(), SIGKILL);
}

int rename(const char *from, const char *to)
{
	step();
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int a, const char *from, int b, const char *to)
{
	step();
	return (int)syscall(SYS_renameat2, a, from, b, to, 0);
}

int linkat(int a, const char *from, int b, const char *to, int flags)
{
	step();
	return (int)syscall(SYS_linkat, a, from, b, to, flags);
}

int unlinkat(int dir, const char *name, int flags)
{
	step();
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}

/* --- bundles --------------------------------------------------------------------------------------------- */

static void begin(void)
{
	ops_test_begin(&t);
	kill_at = 0;
}

static void end(void)
{
	ops_test_end(&t);
}

TestSuite(ops_in_place_bundle, .init = begin, .fini = end, .timeout = 240);

static const char *at(const char *name)
{
	return scratch_path(&t.dir, name);
}

static void mac_app(const char *name)
{
	bb_app(&t.dir, name);
}

static void ios_app(const char *name)
{
	bb_ios_app(&t.dir, name);
}

/* A framework by itself, whose executable is reached by links. */
static void framework(const char *name)
{
	char from[300], to[300];

	bb_app(&t.dir, "Around");
	snprintf(from, sizeof(from), "%s", at("Around.app/Contents/Frameworks/Kit.framework"));
	snprintf(to, sizeof(to), "%s/%s.app", t.dir.dir, name);
	cr_assert_eq(rename(from, to), 0);
	cr_assert_eq(sgn_tree_remove(at("Around.app"), NULL), 0);
}

static void sign(const char *name, const char *identifier, bool in_place)
{
	struct sgn_sign_options o;

	sgn_sign_options_init(&o);
	o.force = true;
	o.identifier = identifier;
	o.in_place = in_place;
	ops_test_sign(&t, at(name), &o);
}

static void signed_app(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "%s.app", name);
	cr_assert_eq(sgn_tree_remove(at(path), NULL), 0);
	bb_app(&t.dir, name);
	sign(path, "before", false);
}

static void signed_ios_app(const char *name)
{
	char path[300];

	bb_ios_app(&t.dir, name);
	snprintf(path, sizeof(path), "%s.app", name);
	sign(path, "before", false);
}

static void (*const makers[])(const char *name) = {mac_app, ios_app, framework, signed_app,
                                                   signed_ios_app};

static void expect_same_trees(const char *a, const char *b)
{
	char *first = tree_state(at(a)), *second = tree_state(at(b));

	cr_assert_str_eq(first, second);
	free(first);
	free(second);
}

/* --- the same tree --------------------------------------------------------------------------------------- */

Test(ops_in_place_bundle, it_becomes_what_a_copy_becomes)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(makers); i++) {
		cr_assert_eq(sgn_tree_remove(at("A.app"), NULL), 0);
		cr_assert_eq(sgn_tree_remove(at("B.app"), NULL), 0);
		makers[i]("A");
		makers[i]("B");
		expect_same_trees("A.app", "B.app");
		sign("A.app", "x", false);
		sign("B.app", "x", true);
		expect_same_trees("A.app", "B.app");
		cr_assert_str_eq(ops_test_verify(&t, at("B.app")), "");
		cr_assert_eq(scratch_count(&t.dir), 2, "litter");
	}
}

Test(ops_in_place_bundle, files_that_do_not_change_stay_and_others_are_new)
{
	struct stat before[2], after[2];

	signed_app("B");
	cr_assert_eq(stat(at("B.app/Contents/PkgInfo"), &before[0]), 0);
	cr_assert_eq(stat(at("B.app/Contents/MacOS/Main"), &before[1]), 0);
	sign("B.app", "x", true);
	cr_assert_eq(stat(at("B.app/Contents/PkgInfo"), &after[0]), 0);
	cr_assert_eq(stat(at("B.app/Contents/MacOS/Main"), &after[1]), 0);
	cr_expect_eq(before[0].st_ino, after[0].st_ino);
	cr_expect_neq(before[1].st_ino, after[1].st_ino,
	              "a Mac remembers what it knew of an inode");
	cr_expect_eq(before[1].st_mtim.tv_sec, after[1].st_mtim.tv_sec);
	cr_expect_eq(after[1].st_nlink, 1);
}

Test(ops_in_place_bundle, its_executable_stands_for_it)
{
	mac_app("A");
	mac_app("B");
	sign("A.app", NULL, false);
	sign("B.app/Contents/MacOS/Main", NULL, true);
	expect_same_trees("A.app", "B.app");
}

static void remove_signature(const char *name, bool deep, bool in_place, bool *removed)
{
	struct sgn_remove_options o = {.deep = deep, .in_place = in_place};

	cr_assert_eq(sgn_remove_path(t.ctx, at(name), &o, removed, &t.err), 0, "%s", t.err.text);
}

Test(ops_in_place_bundle, removing_leaves_what_a_copy_leaves)
{
	bool removed[2];

	for (int deep = 0; deep < 2; deep++) {
		signed_app("A");
		signed_app("B");
		remove_signature("A.app", deep, false, &removed[0]);
		remove_signature("B.app", deep, true, &removed[1]);
		cr_assert(removed[0] && removed[1]);
		expect_same_trees("A.app", "B.app");
		remove_signature("B.app", deep, true, &removed[1]);
		cr_assert_not(removed[1], "nothing is left");
		expect_same_trees("A.app", "B.app");
		cr_assert_eq(scratch_count(&t.dir), 2, "litter");
	}
}

/* A framework that has lost its links in packing: nothing can be read of it, but what can be removed goes. */
Test(ops_in_place_bundle, removing_from_what_is_not_in_order)
{
	static const char kit[] = "Contents/Frameworks/Kit.framework";
	static const char *const links[] = {"Versions/Current", "Kit", "Resources", "Helpers"};
	struct sgn_remove_options o = {.deep = true};

	for (int in_place = 0; in_place < 2; in_place++) {
		const char *app = in_place ? "B" : "A";
		char path[400];
		int rc;

		signed_app(app);
		for (size_t i = 0; i < SGN_ARRAY_LEN(links); i++) {
			snprintf(path, sizeof(path), "%s.app/%s/%s", app, kit, links[i]);
			cr_assert_eq(unlink(at(path)), 0);
		}
		snprintf(path, sizeof(path), "%s.app/%s", app, kit);
		o.in_place = in_place;
		rc = sgn_remove_path(t.ctx, at(path), &o, NULL, &t.err);
		cr_assert(rc == 0 || rc == SGN_E_FORMAT || rc == SGN_E_UNSUPPORTED, "%d %s", rc,
		          t.err.text);
		snprintf(path, sizeof(path), "%s.app", app);
		cr_assert_eq(sgn_remove_path(t.ctx, at(path), &o, NULL, &t.err), 0, "%s",
		             t.err.text);
	}
	expect_same_trees("A.app", "B.app");
}

Test(ops_in_place_bundle, a_profile_is_embedded_as_in_a_copy)
{
	struct pb_profile p = {.app_id = "ABCDE12345.com.example.*",
	                       .team = "ABCDE12345",
	                       .platform = "OSX",
	                       .expires = "2040-01-01T00:00:00Z",
	                       .entitlements = ""};
	struct sgn_profile_file f = {.path = "profile"};
	struct sgn_sign_options o;
	char *before;
	void *data;

	f.data = pb_build(&p, &f.size);
	sgn_sign_options_init(&o);
	o.profiles = &f;
	o.profile_count = 1;
	mac_app("A");
	mac_app("B");
	before = tree_state(at("B.app"));
	ops_test_sign(&t, at("A.app"), &o);
	o.in_place = true;
	ops_test_sign(&t, at("B.app"), &o);
	expect_same_trees("A.app", "B.app");
	cr_assert_eq(access(at("B.app/Contents/embedded.provisionprofile"), F_OK), 0);
	memcpy(&data, &f.data, sizeof(data));
	free(data);
	free(before);
}

Test(ops_in_place_bundle, a_dry_run_writes_nothing)
{
	struct sgn_sign_options o;
	char *before, *after;

	mac_app("B");
	before = tree_state(t.dir.dir);
	sgn_sign_options_init(&o);
	o.in_place = o.dry_run = true;
	ops_test_sign(&t, at("B.app"), &o);
	after = tree_state(t.dir.dir);
	cr_assert_str_eq(before, after);
	free(before);
	free(after);
}

/* --- failures -------------------------------------------------------------------------------------------- */

static void expect_refused(const char *name, enum sgn_status rc, const char *fragment)
{
	char *before = tree_state(t.dir.dir), *after;
	struct sgn_sign_options o;

	sgn_sign_options_init(&o);
	o.force = o.in_place = true;
	cr_assert_eq(sgn_sign_path(t.ctx, at(name), &o, NULL, &t.err), (int)rc, "%s", t.err.text);
	cr_assert_not_null(strstr(t.err.text, fragment), "%s", t.err.text);
	after = tree_state(t.dir.dir);
	cr_assert_str_eq(before, after);
	free(before);
	free(after);
}

/* The code inside is signed before the app's own resources are listed. */
Test(ops_in_place_bundle, a_failure_half_way_is_undone)
{
	signed_app("B");
	cr_assert_eq(mkfifo(at("B.app/Contents/Resources/pipe"), 0644), 0);
	expect_refused("B.app", SGN_E_FORMAT, "pipe");
	cr_assert_eq(unlink(at("B.app/Contents/Resources/pipe")), 0);
	bb_file(&t.dir, "B.app/Contents/_CodeSignature/folder/file", "not ours");
	expect_refused("B.app", SGN_E_UNSUPPORTED, "no plain file");
}

Test(ops_in_place_bundle, an_executable_outside_is_not_changed)
{
	mac_app("B");
	cr_assert_eq(rename(at("B.app/Contents/MacOS/Main"), at("outside")), 0);
	cr_assert_eq(symlink("../../../outside", at("B.app/Contents/MacOS/Main")), 0);
	expect_refused("B.app", SGN_E_FORMAT, "leads out");
}

Test(ops_in_place_bundle, links_that_have_to_be_made_again_are_refused)
{
	struct sgn_sign_options o;

	mac_app("B");
	cr_assert_eq(unlink(at("B.app/Contents/Frameworks/Kit.framework/Versions/Current")), 0);
	sgn_sign_options_init(&o);
	o.in_place = o.repair_symlinks = true;
	cr_assert_eq(sgn_sign_path(t.ctx, at("B.app"), &o, NULL, &t.err), SGN_E_FORMAT);
	cr_assert_not_null(strstr(t.err.cure, "without --in-place"), "%s", t.err.cure);
}

/* --- interruptions --------------------------------------------------------------------------------------- */

/* False: it came to its end before. */
static bool sign_until_killed(const char *name, unsigned when)
{
	pid_t child = fork();
	int status;

	cr_assert_geq(child, 0);
	if (child == 0) {
		struct sgn_context_options one = {.jobs = 1};
		struct sgn_sign_options o;
		struct sgn_context *ctx;

		sgn_sign_options_init(&o);
		o.force = o.in_place = true;
		o.identifier = "new";
		if (sgn_context_new(&one, &ctx, NULL) != 0)
			_exit(1);
		steps = 0;
		kill_at = when;
		_exit(sgn_sign_path(ctx, at(name), &o, NULL, NULL) == 0 ? 0 : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

static bool has_record(void)
{
	return access(at(".B.app.signet-undo"), F_OK) == 0;
}

/* Where the record lies there, and some of the bundle is changed. */
static void interrupt(void)
{
	char *before, *now = NULL;
	unsigned when = 1;

	signed_app("B");
	before = tree_state(at("B.app"));
	do {
		free(now);
		when += 7;
		cr_assert(sign_until_killed("B.app", when));
		now = tree_state(at("B.app"));
	} while (strcmp(before, now) == 0);
	cr_assert(has_record());
	free(before);
	free(now);
	t.notes[0] = '\0';
}

Test(ops_in_place_bundle, killed_at_any_step_it_is_as_before_or_signed)
{
	char *before, *after, *now, *restored;
	unsigned records = 0;

	signed_app("B");
	before = tree_state(at("B.app"));
	sign("B.app", "new", true);
	after = tree_state(at("B.app"));
	for (unsigned when = 1;; when++) {
		bool pending;

		cr_assert_eq(sgn_tree_remove(at("B.app"), NULL), 0);
		signed_app("B");
		if (!sign_until_killed("B.app", when))
			break;
		pending = has_record();
		records += pending;
		cr_assert_eq(sgn_undo_tree_recover(at("B.app"), &restored, &t.err), 0, "%s",
		             t.err.text);
		cr_assert_eq(restored != NULL, pending);
		free(restored);
		cr_assert_eq(sgn_txn_recover(at("B.app"), NULL), 0);
		cr_assert_eq(scratch_count(&t.dir), 1, "step %u: litter", when);
		now = tree_state(at("B.app"));
		cr_assert(strcmp(now, before) == 0 || (!pending && strcmp(now, after) == 0),
		          "step %u", when);
		free(now);
	}
	cr_assert_gt(records, 30);
	free(before);
	free(after);
}

Test(ops_in_place_bundle, the_next_run_restores_it_first_and_says_so)
{
	static const char *const names[] = {"B.app", "B.app/Contents/MacOS/Main",
	                                    "B.app/Contents/Helpers/helper"};

	signed_app("A");
	for (int in_place = 0; in_place < 2; in_place++)
		for (size_t i = 0; i < SGN_ARRAY_LEN(names); i++) {
			interrupt();
			sign(names[i], "third", in_place);
			cr_assert_not_null(strstr(t.notes, "restored first"), "%s", t.notes);
			cr_assert_not(has_record());
			sign("B.app", "before", false);
		}
	interrupt();
	remove_signature("B.app", false, true, &(bool){false});
	cr_assert_not_null(strstr(t.notes, "restored first"), "%s", t.notes);
	remove_signature("A.app", false, false, &(bool){false});
	expect_same_trees("A.app", "B.app");
}

Test(ops_in_place_bundle, who_only_reads_says_what_to_do_and_touches_nothing)
{
	struct sgn_described_tree *tree = NULL;
	struct sgn_description *d = NULL;
	struct sgn_report *report = NULL;
	struct sgn_remove_options r = {.dry_run = true};
	struct sgn_sign_options o;
	char *before, *after;

	interrupt();
	before = tree_state(t.dir.dir);
	cr_assert_eq(sgn_verify_path(t.ctx, at("B.app"), NULL, &report, &t.err), SGN_E_FORMAT);
	cr_assert_not_null(strstr(t.err.text, "half changed"), "%s", t.err.text);
	cr_assert_not_null(strstr(t.err.cure, "sign it again"), "%s", t.err.cure);
	cr_assert_eq(
		sgn_verify_path(t.ctx, at("B.app/Contents/Helpers/helper"), NULL, &report, &t.err),
		SGN_E_FORMAT);
	cr_assert_eq(sgn_describe_path(t.ctx, at("B.app"), &d, &t.err), SGN_E_FORMAT);
	cr_assert_eq(sgn_describe_tree(t.ctx, at("B.app"), &tree, &t.err), SGN_E_FORMAT);
	cr_assert_eq(sgn_remove_path(t.ctx, at("B.app"), &r, NULL, &t.err), SGN_E_FORMAT);
	sgn_sign_options_init(&o);
	o.force = o.dry_run = true;
	cr_assert_eq(sgn_sign_path(t.ctx, at("B.app"), &o, NULL, &t.err), SGN_E_FORMAT);
	o.dry_run = false;
	o.output = at("out");
	cr_assert_eq(sgn_sign_path(t.ctx, at("B.app"), &o, NULL, &t.err), SGN_E_FORMAT);
	after = tree_state(t.dir.dir);
	cr_assert_str_eq(before, after);
	free(before);
	free(after);
}

#define KIT "B.app/Contents/Frameworks/Kit.framework"

Test(ops_in_place_bundle, a_bundle_restores_those_inside_it_before_it_is_sealed)
{
	struct sgn_sign_options o;

	for (int in_place = 0; in_place < 2; in_place++) {
		signed_app("B");
		cr_assert(sign_until_killed(KIT, 12));
		cr_assert_eq(
			access(at("B.app/Contents/Frameworks/.Kit.framework.signet-undo"), F_OK),
			0);
		sgn_sign_options_init(&o);
		o.force = o.dry_run = true;
		cr_assert_eq(sgn_sign_path(t.ctx, at("B.app"), &o, NULL, &t.err), SGN_E_FORMAT);
		t.notes[0] = '\0';
		sign("B.app", NULL, in_place);
		cr_assert_not_null(strstr(t.notes, "restored first"), "%s", t.notes);
		cr_assert_str_eq(ops_test_verify(&t, at("B.app")), "");
		cr_assert_neq(
			access(at("B.app/Contents/Frameworks/.Kit.framework.signet-undo"), F_OK),
			0);
	}
}
