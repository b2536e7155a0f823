/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files survive. Damaged input gives one error and stays as it was; a full disk and a killed process
 * leave the old file or the new one, never half of each, and no litter.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops_test.h"

static struct ops_test t;

static void begin(void)
{
	ops_test_begin(&t);
}

static void end(void)
{
	ops_test_end(&t);
}

TestSuite(ops_safety, .init = begin, .fini = end, .timeout = 120);

/* --- damaged input ------------------------------------------------------------------------------ */

struct damage {
	const char *what;
	size_t cmd_at; /* offset inside a load command; SIZE_MAX: absolute */
	uint32_t cmd;  /* the load command; 0: absolute offset */
	uint32_t value;
};

#define LC_SEGMENT_64     0x19
#define LC_SYMTAB         0x02
#define LC_CODE_SIGNATURE 0x1d

static const struct damage damages[] = {
	{"ncmds 0", 16, 0, 0},
	{"ncmds huge", 16, 0, 0xffffffff},
	{"sizeofcmds huge", 20, 0, 0xffffffff},
	{"sizeofcmds 1", 20, 0, 1},
	{"cmdsize 0", 4, LC_SEGMENT_64, 0},
	{"cmdsize huge", 4, LC_SEGMENT_64, 0xfffffff0},
	{"cmdsize odd", 4, LC_SEGMENT_64, 73},
	{"nsects huge", 64, LC_SEGMENT_64, 0x7fffffff},
	{"segment fileoff huge", 40, LC_SEGMENT_64, 0xffffff00},
	{"segment filesize huge", 48, LC_SEGMENT_64, 0xffffff00},
	{"signature offset 0", 8, LC_CODE_SIGNATURE, 0},
	{"signature offset huge", 8, LC_CODE_SIGNATURE, 0xfffffff0},
	{"signature size 0", 12, LC_CODE_SIGNATURE, 0},
	{"signature size huge", 12, LC_CODE_SIGNATURE, 0xfffffff0},
	{"filetype object", 12, 0, 1},
	{"filetype unknown", 12, 0, 99},
};

/* Signs a file of these bytes with force; it must fail cleanly or succeed validly. */
static void expect_safe(const char *what, const void *data, size_t size)
{
	const char *path = scratch_write(&t.dir, "victim", data, size, 0755);
	struct sgn_sign_options o;
	size_t after_size;
	uint8_t *after;
	int rc;

	sgn_sign_options_init(&o);
	o.force = true;
	rc = sgn_sign_path(t.ctx, path, &o, NULL, &t.err);
	cr_assert_eq(scratch_count(&t.dir), 1, "%s: litter", what);
	if (rc == 0) {
		cr_assert_str_eq(ops_test_verify(&t, path), "", "%s: signed, but invalid", what);
		return;
	}
	cr_assert_neq(t.err.text[0], '\0', "%s: no message", what);
	after = scratch_read(path, &after_size);
	cr_assert_eq(size, after_size, "%s: the input was altered", what);
	cr_assert_eq(memcmp(data, after, size), 0, "%s: the input was altered", what);
	free(after);
}

static struct mb_image signed_image(void)
{
	struct mb_slice s = mb_arm64();
	const char *path = ops_test_thin(&t, "victim", &s);
	struct mb_image img;

	ops_test_sign(&t, path, NULL);
	img.data = scratch_read(path, &img.size);
	return img;
}

Test(ops_safety, damaged_headers_and_load_commands)
{
	struct mb_image good = signed_image();

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const struct damage *d = &damages[i];
		struct mb_image bad = {malloc(good.size), good.size};
		size_t at = d->cmd_at;

		memcpy(bad.data, good.data, good.size);
		if (d->cmd)
			at += mb_find_cmd(&good, 0, d->cmd);
		mb_put32(&bad, at, d->value, false);
		expect_safe(d->what, bad.data, bad.size);
		free(bad.data);
	}
	free(good.data);
}

/* Offsets in the SuperBlob (big-endian): the CodeDirectory comes first, behind three index entries. */
Test(ops_safety, damaged_signatures_can_still_be_replaced)
{
	static const struct {
		const char *what;
		size_t at;
		uint32_t value;
	} rows[] = {
		{"magic", 0, 0},
		{"length huge", 4, 0xffffffff},
		{"count huge", 8, 0xffffffff},
		{"count 0", 8, 0},
		{"blob offset huge", 16, 0xfffffff0},
		{"blob offset 0", 16, 0},
		{"CodeDirectory magic", 36, 0},
		{"CodeDirectory length huge", 40, 0xffffffff},
		{"hashOffset huge", 36 + 16, 0xffffffff},
		{"identOffset huge", 36 + 20, 0xffffffff},
		{"nSpecialSlots huge", 36 + 24, 0xffffffff},
		{"nCodeSlots huge", 36 + 28, 0xffffffff},
		{"nCodeSlots 0", 36 + 28, 0},
	};
	struct mb_image good = signed_image();
	size_t sig = mb_get32(&good, mb_find_cmd(&good, 0, LC_CODE_SIGNATURE) + 8, false);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_image bad = {malloc(good.size), good.size};

		memcpy(bad.data, good.data, good.size);
		mb_put32(&bad, sig + rows[i].at, rows[i].value, true);
		scratch_write(&t.dir, "victim", bad.data, bad.size, 0755);
		cr_assert_str_neq(ops_test_verify(&t, scratch_path(&t.dir, "victim")), "", "%s",
		                  rows[i].what);
		expect_safe(rows[i].what, bad.data, bad.size);
		free(bad.data);
	}
	free(good.data);
}

Test(ops_safety, truncated_files)
{
	struct mb_image good = signed_image();

	for (size_t keep = 0; keep < good.size; keep += keep < 1024 ? 7 : 1021)
		expect_safe("truncated", good.data, keep);
	free(good.data);
}

Test(ops_safety, damaged_universal_files)
{
	static const struct {
		const char *what;
		size_t at;
		uint32_t value;
	} rows[] = {
		{"0 slices", 4, 0},
		{"huge count", 4, 0xffffffff},
		{"101 slices", 4, 101},
		{"offset huge", 8 + 8, 0xfffffff0},
		{"offset inside the header", 8 + 8, 4},
		{"size huge", 8 + 12, 0xfffffff0},
		{"size 0", 8 + 12, 0},
		{"overlap", 8 + 20 + 8, 0x4000},
		{"align 99", 8 + 16, 99},
	};
	struct mb_slice s[2] = {mb_x86_64(), mb_arm64()};
	struct mb_image good = mb_build_fat(s, 2, 14, false);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_image bad = {malloc(good.size), good.size};

		memcpy(bad.data, good.data, good.size);
		mb_put32(&bad, rows[i].at, rows[i].value, true);
		expect_safe(rows[i].what, bad.data, bad.size);
		free(bad.data);
	}
	mb_free(&good);
}

Test(ops_safety, files_that_are_no_code_say_what_they_are)
{
	static const struct {
		const char *bytes, *fragment;
	} rows[] = {
		{"", "not a Mach-O"},
		{"hello", "not a Mach-O"},
		{"#!/bin/sh\n", "script"},
		{"!<arch>\n", "static library"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *path =
			scratch_write(&t.dir, "victim", rows[i].bytes, strlen(rows[i].bytes), 0644);

		cr_assert_eq(sgn_sign_path(t.ctx, path, NULL, NULL, &t.err), SGN_E_UNSUPPORTED);
		cr_assert_not_null(strstr(t.err.text, rows[i].fragment), "%s", t.err.text);
		cr_assert_str_eq(t.err.path, path);
	}
	cr_assert_eq(sgn_sign_path(t.ctx, t.dir.dir, NULL, NULL, &t.err), SGN_E_FORMAT);
	cr_assert_eq(t.err.osstatus, -67028, "a folder that is no bundle");
	cr_assert_eq(sgn_sign_path(t.ctx, scratch_path(&t.dir, "absent"), NULL, NULL, &t.err),
	             SGN_E_NOTFOUND);
}

/* --- links, modes ------------------------------------------------------------------------------- */

Test(ops_safety, a_symlink_stays_one_and_a_hard_link_keeps_the_old_bytes)
{
	struct mb_slice s = mb_arm64();
	const char *real = ops_test_thin(&t, "real", &s);
	const char *link_path = scratch_path(&t.dir, "link"), *twin = scratch_path(&t.dir, "twin");
	struct stat st;

	cr_assert_eq(symlink("real", link_path), 0);
	cr_assert_eq(link(real, twin), 0);
	cr_assert_eq(chmod(real, 0751), 0);
	ops_test_sign(&t, link_path, NULL);
	cr_assert_eq(lstat(link_path, &st), 0);
	cr_assert(S_ISLNK(st.st_mode));
	cr_assert_str_eq(ops_test_verify(&t, real), "");
	cr_assert_str_eq(ops_test_verify(&t, twin), "unsigned");
	cr_assert_eq(stat(real, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0751);
	cr_assert_eq(scratch_count(&t.dir), 3);
}

/* --- full disks and killed processes ------------------------------------------------------------- */

Test(ops_safety, a_full_disk_leaves_the_input_and_no_litter)
{
	struct mb_slice s = mb_arm64();
	const char *path;
	size_t before_size, after_size;
	uint8_t *before, *after;
	pid_t child;
	int status;

	if (getenv("SGN_QEMU"))
		cr_skip_test("qemu-user does not pass the limit on");
	s.text_size = 4u << 20;
	path = ops_test_thin(&t, "tool", &s);
	before = scratch_read(path, &before_size);
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		struct rlimit limit = {1u << 20, 1u << 20};
		int rc;

		signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
			_exit(99);
		rc = sgn_sign_path(t.ctx, path, NULL, NULL, &t.err);
		_exit(rc == SGN_E_IO && t.err.sys == EFBIG && t.err.cure[0] ? 0 : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
	after = scratch_read(path, &after_size);
	cr_assert_eq(before_size, after_size);
	cr_assert_eq(memcmp(before, after, after_size), 0);
	cr_assert_eq(scratch_count(&t.dir), 1);
	free(before);
	free(after);
}

Test(ops_safety, a_killed_process_leaves_the_old_file_or_the_new_one)
{
	struct mb_slice s = mb_arm64();
	const char *path;
	int old = 0, finished = 0;

	s.text_size = 8u << 20;
	path = ops_test_thin(&t, "tool", &s);
	for (int i = 0; i < 16; i++) {
		pid_t child = fork();
		const char *ids;

		cr_assert_geq(child, 0);
		if (child == 0) {
			struct sgn_context_options one = {.jobs = 1};
			struct sgn_context *ctx;

			if (sgn_context_new(&one, &ctx, NULL) == 0)
				sgn_sign_path(ctx, path, NULL, NULL, NULL);
			_exit(0);
		}
		usleep((useconds_t)(i * 700));
		kill(child, SIGKILL);
		cr_assert_eq(waitpid(child, NULL, 0), child);
		ids = ops_test_verify(&t, path);
		cr_assert(strcmp(ids, "") == 0 || strcmp(ids, "unsigned") == 0,
		          "neither old nor new: %s", ids);
		old += strcmp(ids, "unsigned") == 0;
		finished += strcmp(ids, "") == 0;
		ops_test_thin(&t, "tool", &s);
	}
	cr_assert_eq(old + finished, 16);
	cr_assert_gt(old, 0, "no kill came early enough to mean anything");
}
