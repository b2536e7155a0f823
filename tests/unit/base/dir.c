/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/dir.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/scratch.h"

static struct scratch dir;
static struct sgn_error err = SGN_ERROR_INIT;
static struct sgn_dir d;
static struct sgn_buf bytes;
static struct sgn_file_facts facts;

static void setup(void)
{
	scratch_make(&dir);
	sgn_buf_init_secret(&bytes, 100);
	d = (struct sgn_dir){.fd = -1};
}

static void teardown(void)
{
	sgn_buf_dispose(&bytes);
	sgn_dir_close(&d);
	sgn_error_dispose(&err);
	scratch_remove(&dir);
}

TestSuite(base_dir, .init = setup, .fini = teardown);

static void must_open(void)
{
	cr_assert_eq(sgn_dir_open(dir.dir, 10, &d, &err), 0, "%s", err.text);
}

static void cannot_load(const char *name, int status, const char *text)
{
	cr_assert_eq(sgn_dir_load(&d, name, &bytes, &facts, &err), status, "%s", err.text);
	cr_assert_not_null(strstr(err.text, text), "%s", err.text);
}

Test(base_dir, names_come_sorted_and_hidden_ones_too)
{
	scratch_write(&dir, "b", "", 0, 0600);
	scratch_write(&dir, "a", "", 0, 0600);
	scratch_write(&dir, ".c", "", 0, 0600);
	must_open();
	cr_assert_eq(d.count, 3);
	cr_assert_str_eq(d.names[0], ".c");
	cr_assert_str_eq(d.names[1], "a");
	cr_assert_str_eq(d.names[2], "b");
}

Test(base_dir, the_modes_of_folder_and_file_are_those_of_what_was_opened)
{
	scratch_write(&dir, "key", "secret", 6, 0640);
	cr_assert_eq(chmod(dir.dir, 0750), 0);
	must_open();
	cr_assert_eq(d.mode, 0750);
	cr_assert_eq(sgn_dir_load(&d, "key", &bytes, &facts, &err), 0, "%s", err.text);
	cr_assert_eq(facts.mode, 0640);
	cr_assert(sgn_file_is_loose(&facts));
	cr_assert(sgn_view_equal(sgn_buf_view(&bytes), sgn_view_str("secret")));
}

/* The name of the folder is looked up once; what takes its place later is not seen. */
Test(base_dir, a_folder_that_is_renamed_stays_the_same)
{
	char inner[300], moved[300];

	snprintf(inner, sizeof(inner), "%s", scratch_path(&dir, "inner"));
	snprintf(moved, sizeof(moved), "%s", scratch_path(&dir, "moved"));
	cr_assert_eq(mkdir(inner, 0700), 0);
	scratch_write(&dir, "inner/f", "old", 3, 0600);
	cr_assert_eq(sgn_dir_open(inner, 10, &d, &err), 0, "%s", err.text);
	cr_assert_eq(rename(inner, moved), 0);
	cr_assert_eq(mkdir(inner, 0700), 0);
	scratch_write(&dir, "inner/f", "new", 3, 0600);
	cr_assert_eq(sgn_dir_load(&d, "f", &bytes, &facts, &err), 0, "%s", err.text);
	cr_assert(sgn_view_equal(sgn_buf_view(&bytes), sgn_view_str("old")));
}

Test(base_dir, folders_pipes_and_dangling_links_are_not_read)
{
	cr_assert_eq(mkdir(scratch_path(&dir, "folder"), 0700), 0);
	cr_assert_eq(mkfifo(scratch_path(&dir, "pipe"), 0600), 0);
	cr_assert_eq(symlink("nowhere", scratch_path(&dir, "link")), 0);
	cr_assert_eq(symlink("/dev/null", scratch_path(&dir, "null")), 0);
	must_open();
	cannot_load("folder", SGN_E_UNSUPPORTED, "is a folder");
	cannot_load("pipe", SGN_E_UNSUPPORTED, "no regular file");
	cannot_load("null", SGN_E_UNSUPPORTED, "no regular file");
	cannot_load("link", SGN_E_NOTFOUND, "cannot look at");
}

Test(base_dir, links_to_files_are_followed)
{
	scratch_write(&dir, "real", "x", 1, 0600);
	cr_assert_eq(symlink("real", scratch_path(&dir, "link")), 0);
	must_open();
	cr_assert_eq(sgn_dir_load(&d, "link", &bytes, &facts, &err), 0, "%s", err.text);
	cr_assert(facts.regular);
	cr_assert_not(sgn_file_is_loose(&facts));
}

Test(base_dir, too_large_files_and_too_many_files_are_told)
{
	static const char big[200];

	scratch_write(&dir, "big", big, sizeof(big), 0600);
	scratch_write(&dir, "more", "", 0, 0600);
	must_open();
	cannot_load("big", SGN_E_LIMIT, "more than 100 bytes");
	sgn_dir_close(&d);
	cr_assert_eq(sgn_dir_open(dir.dir, 1, &d, &err), SGN_E_LIMIT);
	cr_assert_not_null(strstr(err.text, "more than 1 files"), "%s", err.text);
}

Test(base_dir, what_is_no_folder_is_told)
{
	const char *file = scratch_write(&dir, "file", "", 0, 0600);

	cr_assert_eq(sgn_dir_open(file, 10, &d, &err), SGN_E_UNSUPPORTED);
	cr_assert_str_eq(err.path, file);
	sgn_dir_close(&d);
	cr_assert_eq(sgn_dir_open(scratch_path(&dir, "none"), 10, &d, &err), SGN_E_NOTFOUND);
}
