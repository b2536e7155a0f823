/* SPDX-License-Identifier: Apache-2.0 */
/* --in-place: the same bytes as otherwise, in the same file; refusals; what an interrupted run leaves. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops_test.h"
#include "tests/support/bundle_builder.h"

static struct ops_test t;
static unsigned writes, kill_at;

/* The process ends in the middle of the write number kill_at. */
ssize_t pwrite(int fd, const void *data, size_t len, off_t off)
{
	bool last = ++writes == kill_at;
	ssize_t put = syscall(SYS_pwrite64, fd, data, last && len > 100 ? 100 : len, off);

	if (last)
		kill(getpid(), SIGKILL);
	return put;
}

static void begin(void)
{
	ops_test_begin(&t);
	writes = kill_at = 0;
}

static void end(void)
{
	ops_test_end(&t);
}

TestSuite(ops_in_place, .init = begin, .fini = end, .timeout = 120);

static const char *at(const char *name)
{
	return scratch_path(&t.dir, name);
}

static struct sgn_sign_options in_place(const char *identifier)
{
	struct sgn_sign_options o;

	sgn_sign_options_init(&o);
	o.force = true;
	o.identifier = identifier;
	o.in_place = true;
	return o;
}

static struct stat stat_of(const char *name)
{
	struct stat st;

	cr_assert_eq(stat(at(name), &st), 0, "%s", name);
	return st;
}

static void expect_same(const char *a, const char *b)
{
	size_t a_size, b_size;
	uint8_t *a_data = scratch_read(at(a), &a_size), *b_data = scratch_read(at(b), &b_size);

	cr_assert_eq(a_size, b_size, "%s and %s", a, b);
	cr_assert_eq(memcmp(a_data, b_data, a_size), 0, "%s and %s", a, b);
	free(a_data);
	free(b_data);
}

/* Signs tool in place, and in the ordinary way to another file: the same comes of it. */
static void sign_both(const struct sgn_sign_options *opts)
{
	struct sgn_sign_options copy = *opts;
	struct stat before = stat_of("tool"), after;

	copy.in_place = false;
	copy.output = at("copy");
	ops_test_sign(&t, at("tool"), &copy);
	ops_test_sign(&t, at("tool"), opts);
	after = stat_of("tool");
	expect_same("tool", "copy");
	cr_assert_str_eq(ops_test_verify(&t, at("tool")), "");
	cr_assert_eq(before.st_ino, after.st_ino, "it is the same file");
	cr_assert_eq(before.st_mode, after.st_mode);
	cr_assert_eq(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
	cr_assert_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void remove_both(void)
{
	struct sgn_remove_options copy = {.output = at("copy")}, same = {.in_place = true};

	cr_assert_eq(sgn_remove_path(t.ctx, at("tool"), &copy, NULL, &t.err), 0);
	cr_assert_eq(sgn_remove_path(t.ctx, at("tool"), &same, NULL, &t.err), 0, "%s", t.err.text);
	expect_same("tool", "copy");
}

static void make_thin(void)
{
	struct mb_slice s = mb_arm64();

	s.text_size = 200000;
	s.linkedit_size = 4099;
	ops_test_thin(&t, "tool", &s);
}

static void make_universal(void)
{
	struct mb_slice s[2] = {mb_x86_64(), mb_arm64()};

	s[0].text_size = 150000;
	s[1].text_size = 200000;
	ops_test_fat(&t, "tool", s, 2);
}

/* --- the same bytes ----------------------------------------------------------------------------------- */

Test(ops_in_place, a_thin_file_gets_the_bytes_that_a_copy_gets)
{
	struct sgn_sign_options o = in_place("a");
	struct sgn_identity *id = ops_test_identity(&t, "self-signed", "p256");
	size_t files = scratch_count(&t.dir) + 2;

	make_thin();
	cr_assert_eq(chmod(at("tool"), 0711), 0);
	sign_both(&o);
	o.identity = id;
	o.identifier = "a.longer.identifier";
	o.signature_size = 9000;
	/* No second one is the same: an EC signature takes numbers from chance. */
	ops_test_sign(&t, at("tool"), &o);
	cr_assert_str_eq(ops_test_verify(&t, at("tool")), "");
	o = in_place("b");
	sign_both(&o);
	remove_both();
	sign_both(&o);
	cr_assert_eq(scratch_count(&t.dir), files);
	sgn_identity_free(id);
}

Test(ops_in_place, a_universal_file_whose_slices_stay_gets_the_bytes_that_a_copy_gets)
{
	struct sgn_sign_options o = in_place("a"), first = in_place("b");

	make_universal();
	first.in_place = false;
	ops_test_sign(&t, at("tool"), &first);
	sign_both(&o);
	o.has_flags = true;
	o.flags = 0x10000;
	sign_both(&o);
	cr_assert_eq(scratch_count(&t.dir), 2);
}

Test(ops_in_place, a_link_leads_to_the_file_that_is_changed)
{
	struct sgn_sign_options o = in_place("a");
	struct stat st;

	make_thin();
	cr_assert_eq(symlink("tool", at("link")), 0);
	ops_test_sign(&t, at("link"), &o);
	cr_assert_eq(lstat(at("link"), &st), 0);
	cr_assert(S_ISLNK(st.st_mode));
	cr_assert_str_eq(ops_test_verify(&t, at("tool")), "");
	cr_assert_eq(scratch_count(&t.dir), 2);
}

Test(ops_in_place, a_dry_run_writes_nothing_and_meets_the_same_refusals)
{
	struct sgn_sign_options o = in_place("a");

	make_thin();
	o.dry_run = true;
	ops_test_sign(&t, at("tool"), &o);
	cr_assert_str_eq(ops_test_verify(&t, at("tool")), "unsigned");
	cr_assert_eq(writes, 0);
	cr_assert_eq(link(at("tool"), at("twin")), 0);
	cr_assert_eq(sgn_sign_path(t.ctx, at("tool"), &o, NULL, &t.err), SGN_E_UNSUPPORTED);
}

/* --- refusals ------------------------------------------------------------------------------------------ */

static void expect_refused(const char *name, const struct sgn_sign_options *o, enum sgn_status rc,
                           const char *fragment)
{
	cr_assert_eq(sgn_sign_path(t.ctx, at(name), o, NULL, &t.err), (int)rc);
	cr_assert_not_null(strstr(t.err.text, fragment), "%s", t.err.text);
	cr_assert_not_null(t.err.path);
	cr_assert_eq(writes, 0, "nothing was written");
}

Test(ops_in_place, other_names_of_the_file_are_changed_only_when_that_is_wanted)
{
	struct sgn_sign_options o = in_place("a");

	make_thin();
	cr_assert_eq(link(at("tool"), at("twin")), 0);
	expect_refused("tool", &o, SGN_E_UNSUPPORTED, "2 names");
	o.in_place_links = true;
	ops_test_sign(&t, at("tool"), &o);
	cr_assert_str_eq(ops_test_verify(&t, at("twin")), "");
	cr_assert_eq(stat_of("tool").st_ino, stat_of("twin").st_ino);
}

Test(ops_in_place, a_slice_that_would_move_is_refused)
{
	struct sgn_sign_options o = in_place("a");

	make_universal();
	expect_refused("tool", &o, SGN_E_UNSUPPORTED, "would move");
	cr_assert_str_eq(t.err.arch, "arm64");
	cr_assert_neq(t.err.cure[0], '\0');
}

Test(ops_in_place, an_output_beside_it_is_refused)
{
	struct sgn_sign_options o = in_place("a");
	struct sgn_remove_options r = {.in_place = true, .output = "x"};

	make_thin();
	o.output = "x";
	expect_refused("tool", &o, SGN_E_USAGE, "output");
	cr_assert_eq(sgn_remove_path(t.ctx, at("tool"), &r, NULL, &t.err), SGN_E_USAGE);
}

Test(ops_in_place, a_file_that_may_not_be_written_is_refused_with_the_way_out)
{
	struct sgn_sign_options o = in_place("a");

	if (geteuid() == 0)
		return;
	make_thin();
	cr_assert_eq(chmod(at("tool"), 0555), 0);
	expect_refused("tool", &o, SGN_E_IO, "in place");
	cr_assert_not_null(strstr(t.err.cure, "without --in-place"), "%s", t.err.cure);
}

/* --- interruptions --------------------------------------------------------------------------------------- */

/* How many writes a signing takes. */
static unsigned count_writes(const char *name, const struct sgn_sign_options *o)
{
	writes = 0;
	ops_test_sign(&t, at(name), o);
	return writes;
}

static void sign_until_killed(const char *name, const struct sgn_sign_options *o, unsigned write)
{
	pid_t child = fork();
	int status;

	cr_assert_geq(child, 0);
	if (child == 0) {
		struct sgn_context_options one = {.jobs = 1};
		struct sgn_context *ctx;

		writes = 0;
		kill_at = write;
		if (sgn_context_new(&one, &ctx, NULL) == 0)
			sgn_sign_path(ctx, at(name), o, NULL, NULL);
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFSIGNALED(status), "it was not killed");
}

/* tool, signed as "old", half signed as "new". */
static void interrupt(void)
{
	struct sgn_sign_options old = in_place("old"), new = in_place("new");
	unsigned all;

	make_thin();
	ops_test_sign(&t, at("tool"), &old);
	all = count_writes("tool", &new);
	ops_test_sign(&t, at("tool"), &old);
	sign_until_killed("tool", &new, all);
	cr_assert_eq(access(at(".tool.signet-undo"), F_OK), 0);
	t.notes[0] = '\0';
}

Test(ops_in_place, the_next_signing_restores_the_file_first_and_says_so)
{
	struct sgn_sign_options o = in_place("third");
	struct sgn_sign_result result;

	interrupt();
	cr_assert_eq(sgn_sign_path(t.ctx, at("tool"), &o, &result, &t.err), 0, "%s", t.err.text);
	cr_assert_not_null(strstr(t.notes, "restored first"), "%s", t.notes);
	cr_assert(result.replaced);
	sgn_sign_result_dispose(&result);
	cr_assert_str_eq(ops_test_verify(&t, at("tool")), "");
	cr_assert_eq(scratch_count(&t.dir), 1);
}

Test(ops_in_place, the_next_signing_without_in_place_does_so_too)
{
	struct sgn_sign_options o = in_place("third");

	interrupt();
	o.in_place = o.force = false;
	cr_assert_eq(sgn_sign_path(t.ctx, at("tool"), &o, NULL, &t.err), SGN_E_EXISTS,
	             "it has its old signature again");
	cr_assert_not_null(strstr(t.notes, "restored first"), "%s", t.notes);
	cr_assert_str_eq(ops_test_verify(&t, at("tool")), "");
	cr_assert_eq(scratch_count(&t.dir), 1);
}

Test(ops_in_place, removing_the_signature_restores_the_file_first)
{
	interrupt();
	cr_assert_eq(sgn_remove_path(t.ctx, at("tool"), NULL, NULL, &t.err), 0, "%s", t.err.text);
	cr_assert_not_null(strstr(t.notes, "restored first"), "%s", t.notes);
	cr_assert_str_eq(ops_test_verify(&t, at("tool")), "unsigned");
	cr_assert_eq(scratch_count(&t.dir), 1);
}

Test(ops_in_place, who_only_reads_says_what_to_do_and_touches_nothing)
{
	struct sgn_sign_options o = in_place("third");
	struct sgn_description *d = NULL;
	struct sgn_report *report = NULL;

	interrupt();
	cr_assert_eq(sgn_verify_path(t.ctx, at("tool"), NULL, &report, &t.err), SGN_E_FORMAT);
	cr_assert_not_null(strstr(t.err.text, "half written"), "%s", t.err.text);
	cr_assert_not_null(strstr(t.err.cure, "sign the file again"), "%s", t.err.cure);
	cr_assert_eq(sgn_describe_path(t.ctx, at("tool"), &d, &t.err), SGN_E_FORMAT);
	o.dry_run = true;
	cr_assert_eq(sgn_sign_path(t.ctx, at("tool"), &o, NULL, &t.err), SGN_E_FORMAT);
	o = in_place("third");
	o.in_place = false;
	o.output = at("out");
	cr_assert_eq(sgn_sign_path(t.ctx, at("tool"), &o, NULL, &t.err), SGN_E_FORMAT);
	cr_assert_eq(scratch_count(&t.dir), 2, "file and record");
}

Test(ops_in_place, a_bundle_restores_the_code_inside_it_before_it_is_sealed)
{
	static const char dylib[] = "My.app/Contents/Frameworks/libloose.dylib";
	struct sgn_sign_options old = in_place("old"), new = in_place("new"), app;
	unsigned all;

	bb_app(&t.dir, "My");
	bb_macho(&t.dir, dylib, 6, false);
	ops_test_sign(&t, at(dylib), &old);
	all = count_writes(dylib, &new);
	ops_test_sign(&t, at(dylib), &old);
	for (int i = 0; i < 2; i++) {
		sign_until_killed(dylib, &new, all);
		t.notes[0] = '\0';
		cr_assert_eq(
			access(at("My.app/Contents/Frameworks/.libloose.dylib.signet-undo"), F_OK),
			0);
		if (i == 0) {
			sgn_sign_options_init(&app);
			app.force = true;
			ops_test_sign(&t, at("My.app"), &app);
			cr_assert_str_eq(ops_test_verify(&t, at("My.app")), "");
		} else {
			cr_assert_eq(sgn_remove_path(t.ctx, at("My.app"), NULL, NULL, &t.err), 0,
			             "%s", t.err.text);
		}
		cr_assert_not_null(strstr(t.notes, "restored first"), "%s", t.notes);
		cr_assert_neq(
			access(at("My.app/Contents/Frameworks/.libloose.dylib.signet-undo"), F_OK),
			0);
		ops_test_sign(&t, at(dylib), &old);
	}
}

Test(ops_in_place, killed_at_any_write_the_file_can_be_had_back)
{
	struct sgn_sign_options old = in_place("old"), new = in_place("new");
	unsigned all;

	make_thin();
	ops_test_sign(&t, at("tool"), &old);
	all = count_writes("tool", &new);
	for (unsigned write = 1; write <= all; write++) {
		make_thin();
		ops_test_sign(&t, at("tool"), &old);
		sign_until_killed("tool", &new, write);
		ops_test_sign(&t, at("tool"), &new);
		cr_assert_str_eq(ops_test_verify(&t, at("tool")), "", "write %u", write);
	}
}
