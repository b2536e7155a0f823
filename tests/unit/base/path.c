/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "tests/support/scratch.h"

static struct scratch dir;
static struct sgn_error err = SGN_ERROR_INIT;

static void setup(void)
{
	scratch_make(&dir);
}

static void teardown(void)
{
	sgn_error_dispose(&err);
	scratch_remove(&dir);
}

TestSuite(base_path, .init = setup, .fini = teardown);

static void expect_target(const char *path, const char *want)
{
	char *got;

	cr_assert_eq(sgn_path_target(path, &got, &err), 0, "%s: %s", path, err.text);
	cr_assert_str_eq(got, want);
	sgn_free(got);
}

static void expect_no_target(const char *path, int rc)
{
	char *got;

	cr_assert_eq(sgn_path_target(path, &got, &err), rc, "%s", path);
	cr_assert_null(got);
	cr_assert_str_eq(err.path, path);
}

Test(base_path, existing_and_new_files_get_absolute_paths)
{
	const char *old = scratch_write(&dir, "old", "", 0, 0644);

	cr_assert_eq(chdir(dir.dir), 0);
	expect_target(old, old);
	expect_target("old", old);
	expect_target("./new", scratch_path(&dir, "new"));
	expect_target("new", scratch_path(&dir, "new"));
	cr_assert_eq(chdir("/"), 0);
	expect_target("/signet-no-such-file", "/signet-no-such-file");
}

Test(base_path, links_are_resolved_to_the_last_file)
{
	const char *file = scratch_write(&dir, "file", "", 0, 0644);

	cr_assert_eq(symlink("file", scratch_path(&dir, "one")), 0);
	cr_assert_eq(symlink("one", scratch_path(&dir, "two")), 0);
	expect_target(scratch_path(&dir, "two"), file);
	cr_assert_eq(symlink(".", scratch_path(&dir, "here")), 0);
	expect_target(scratch_path(&dir, "here/new"), scratch_path(&dir, "new"));
}

Test(base_path, a_link_that_leads_nowhere_is_named_as_such)
{
	cr_assert_eq(symlink("nothing", scratch_path(&dir, "dangling")), 0);
	expect_no_target(scratch_path(&dir, "dangling"), SGN_E_NOTFOUND);
	cr_assert_str_eq(err.text, "is a symbolic link to a file that does not exist");
	cr_assert(err.cure[0] != '\0');
	cr_assert_eq(symlink("loop", scratch_path(&dir, "loop")), 0);
	expect_no_target(scratch_path(&dir, "loop"), SGN_E_IO);
}

Test(base_path, only_regular_files_can_be_replaced)
{
	cr_assert_eq(mkdir(scratch_path(&dir, "sub"), 0755), 0);
	cr_assert_eq(mkfifo(scratch_path(&dir, "fifo"), 0600), 0);
	cr_assert_eq(symlink("sub", scratch_path(&dir, "link")), 0);
	expect_no_target(scratch_path(&dir, "sub"), SGN_E_UNSUPPORTED);
	expect_no_target(scratch_path(&dir, "link"), SGN_E_UNSUPPORTED);
	expect_no_target(scratch_path(&dir, "fifo"), SGN_E_UNSUPPORTED);
	expect_no_target(scratch_path(&dir, "none/file"), SGN_E_NOTFOUND);
	expect_no_target(scratch_path(&dir, "none/"), SGN_E_NOTFOUND);
	expect_no_target("", SGN_E_NOTFOUND);
	scratch_write(&dir, "file", "", 0, 0644);
	expect_no_target(scratch_path(&dir, "file/below"), SGN_E_IO);
}

Test(base_path, questions_follow_links)
{
	const char *file = scratch_write(&dir, "file", "", 0, 0644);

	cr_assert_eq(symlink("nothing", scratch_path(&dir, "dangling")), 0);
	cr_assert_eq(symlink(".", scratch_path(&dir, "here")), 0);
	cr_assert(sgn_path_exists(file));
	cr_assert_not(sgn_path_is_dir(file));
	cr_assert(sgn_path_is_dir(scratch_path(&dir, "here")));
	cr_assert_not(sgn_path_exists(scratch_path(&dir, "dangling")));
}

Test(base_path, real_paths)
{
	const char *file = scratch_write(&dir, "file", "", 0, 0644);
	char *real;

	cr_assert_eq(chdir(dir.dir), 0);
	cr_assert_eq(sgn_path_real("./file", &real, &err), 0);
	cr_assert_str_eq(real, file);
	sgn_free(real);
	cr_assert_eq(sgn_path_real("nothing", &real, &err), SGN_E_NOTFOUND);
	cr_assert_null(real);
}

Test(base_path, every_failed_allocation_is_reported)
{
	scratch_write(&dir, "file", "", 0, 0644);
	for (unsigned long n = 1; n < 20; n++) {
		char *got;
		int rc;

		sgn_mem_fail_after(n);
		rc = sgn_path_target(scratch_path(&dir, n % 2 ? "new" : "file"), &got, NULL);
		sgn_mem_fail_after(0);
		cr_assert(rc == 0 || rc == SGN_E_NOMEM, "n %lu: %d", n, rc);
		cr_assert_eq(rc == 0, got != NULL);
		sgn_free(got);
	}
}
