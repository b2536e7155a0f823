/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/file.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

TestSuite(base_file, .init = setup, .fini = teardown);

Test(base_file, any_part_of_a_file_can_be_read)
{
	const char *path = scratch_write(&dir, "f", "0123456789", 10, 0644);
	struct sgn_source src;
	char got[11] = "";

	cr_assert_eq(sgn_source_open(path, &src, &err), 0);
	cr_assert_eq(src.size, 10);
	cr_assert_str_eq(src.path, path);
	cr_assert_eq(sgn_source_read(&src, 7, got, 3, &err), 0);
	cr_assert_str_eq(got, "789");
	cr_assert_eq(sgn_source_read(&src, 0, got, 10, &err), 0);
	cr_assert_str_eq(got, "0123456789");
	cr_assert_eq(sgn_source_read(&src, 10, got, 0, &err), 0);
	sgn_source_close(&src);
	cr_assert_null(src.path);
	sgn_source_close(&src);
}

Test(base_file, memory_is_a_source_too)
{
	struct sgn_source src;
	char got[4] = "";

	sgn_source_memory(sgn_view_str("abcdef"), &src);
	cr_assert_eq(src.size, 6);
	cr_assert_eq(src.fd, -1);
	cr_assert_eq(sgn_source_read(&src, 3, got, 3, &err), 0);
	cr_assert_str_eq(got, "def");
	cr_assert_eq(sgn_source_read(&src, 4, got, 3, &err), SGN_E_IO);
	sgn_source_close(&src);
	sgn_source_memory(SGN_VIEW_EMPTY, &src);
	cr_assert_eq(sgn_source_read(&src, 0, got, 0, &err), 0);
}

Test(base_file, a_zeroed_source_is_empty_and_closing_it_spares_stdin)
{
	struct sgn_source src = {0};
	struct stat st;

	cr_assert_eq(sgn_source_read(&src, 0, NULL, 0, &err), 0);
	cr_assert_eq(sgn_source_read(&src, 0, &src, 1, &err), SGN_E_IO);
	sgn_source_close(&src);
	cr_assert_eq(fstat(0, &st), 0, "descriptor 0 must still be open");
}

Test(base_file, reads_outside_are_refused_with_their_place)
{
	const char *path = scratch_write(&dir, "f", "0123456789", 10, 0644);
	struct sgn_source src;
	char got[16];

	cr_assert_eq(sgn_source_open(path, &src, &err), 0);
	cr_assert_eq(sgn_source_read(&src, 8, got, 3, &err), SGN_E_IO);
	cr_assert_eq(err.offset, 8);
	cr_assert_str_eq(err.path, path);
	cr_assert_eq(sgn_source_read(&src, UINT64_MAX, got, 1, &err), SGN_E_IO);
	cr_assert_eq(sgn_source_read(&src, 11, got, 0, &err), SGN_E_IO);
	sgn_source_close(&src);
}

Test(base_file, a_file_that_shrinks_is_noticed)
{
	const char *path = scratch_write(&dir, "f", "0123456789", 10, 0644);
	struct sgn_source src;
	char got[16];

	cr_assert_eq(sgn_source_open(path, &src, &err), 0);
	cr_assert_eq(truncate(path, 4), 0);
	cr_assert_eq(sgn_source_read(&src, 0, got, 10, &err), SGN_E_IO);
	cr_assert_eq(strncmp(err.text, "changed while it was read", 25), 0, "%s", err.text);
	cr_assert_eq(err.offset, 4);
	sgn_source_close(&src);
}

Test(base_file, what_is_no_regular_file_is_refused_without_waiting)
{
	const char *fifo = scratch_path(&dir, "fifo");
	struct sgn_source src;

	cr_assert_eq(mkfifo(fifo, 0600), 0);
	cr_assert_eq(sgn_source_open(fifo, &src, &err), SGN_E_UNSUPPORTED);
	cr_assert_str_eq(err.text, "is not a regular file");
	cr_assert_eq(sgn_source_open(dir.dir, &src, &err), SGN_E_UNSUPPORTED);
	cr_assert_str_eq(err.text, "is a directory");
	cr_assert_eq(sgn_source_open("/dev/null", &src, &err), SGN_E_UNSUPPORTED);
	cr_assert_eq(sgn_source_open(scratch_path(&dir, "none"), &src, &err), SGN_E_NOTFOUND);
	cr_assert_not_null(err.path);
	cr_assert_null(src.path);
	sgn_source_close(&src);
}

Test(base_file, a_link_to_a_file_is_followed)
{
	const char *link = scratch_path(&dir, "link");
	struct sgn_source src;

	scratch_write(&dir, "f", "abc", 3, 0644);
	cr_assert_eq(symlink("f", link), 0);
	cr_assert_eq(sgn_source_open(link, &src, &err), 0);
	cr_assert_eq(src.size, 3);
	sgn_source_close(&src);
}

Test(base_file, loading_appends_and_holds_the_limit)
{
	const char *path = scratch_write(&dir, "f", "abc", 3, 0644);
	struct sgn_buf b;

	sgn_buf_init(&b, 6);
	cr_assert_eq(sgn_file_load(path, &b, &err), 0);
	cr_assert_eq(sgn_file_load(path, &b, &err), 0);
	cr_assert_str_eq(sgn_buf_str(&b), "abcabc");
	cr_assert_eq(sgn_file_load(path, &b, &err), SGN_E_LIMIT);
	cr_assert_str_eq(err.text, "file: more than 6 bytes");
	cr_assert_str_eq(err.path, path);
	sgn_buf_dispose(&b);
}

Test(base_file, an_endless_device_ends_at_the_limit)
{
	struct sgn_buf b;

	sgn_buf_init(&b, 100000);
	cr_assert_eq(sgn_file_load("/dev/zero", &b, &err), SGN_E_LIMIT);
	sgn_buf_dispose(&b);
	sgn_buf_init(&b, 10);
	cr_assert_eq(sgn_file_load("/dev/null", &b, &err), 0);
	cr_assert_eq(b.size, 0);
	cr_assert_eq(sgn_file_load(dir.dir, &b, &err), SGN_E_UNSUPPORTED);
	cr_assert_eq(sgn_file_load(scratch_path(&dir, "none"), &b, &err), SGN_E_NOTFOUND);
	sgn_buf_dispose(&b);
}

Test(base_file, a_dash_is_standard_input_in_any_number_of_pieces)
{
	struct sgn_buf b;
	int ends[2];
	pid_t child;

	cr_assert_eq(pipe(ends), 0);
	child = fork();
	cr_assert(child >= 0);
	if (child == 0) {
		for (int i = 0; i < 50; i++)
			if (write(ends[1], "0123456789", 10) != 10)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	cr_assert_eq(dup2(ends[0], 0), 0);
	close(ends[0]);
	sgn_buf_init(&b, 1000);
	cr_assert_eq(sgn_file_load("-", &b, &err), 0);
	cr_assert_eq(b.size, 500);
	cr_assert_eq(memcmp(b.data + 490, "0123456789", 10), 0);
	sgn_buf_dispose(&b);
}

Test(base_file, lack_of_memory_leaks_nothing)
{
	const char *path = scratch_write(&dir, "f", "abc", 3, 0644);
	struct sgn_source src;
	struct sgn_buf b;

	sgn_mem_fail_after(1);
	cr_assert_eq(sgn_source_open(path, &src, &err), SGN_E_NOMEM);
	sgn_source_close(&src);
	sgn_buf_init(&b, 10);
	cr_assert_eq(sgn_file_load(path, &b, &err), SGN_E_NOMEM);
	sgn_buf_dispose(&b);
	sgn_mem_fail_after(0);
}

Test(base_file, a_changed_source_is_the_file_as_it_will_be)
{
	static const struct {
		uint64_t new_size;
		const char *want;
	} rows[] = {{14, "0AB3456CDE\0\0\0\0"}, {10, "0AB3456CDE"}, {8, "0AB3456C"}};
	const struct sgn_patch patches[] = {{1, sgn_view_str("AB")}, {7, sgn_view_str("CDE")}};
	const char *path = scratch_write(&dir, "f", "0123456789", 10, 0644);
	struct sgn_source src, then;

	cr_assert_eq(sgn_source_open(path, &src, &err), 0);
	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		const struct sgn_change change = {patches, 2, rows[i].new_size};
		char got[16] = "";

		sgn_source_changed(&src, &change, &then);
		cr_assert_eq(then.size, rows[i].new_size);
		for (size_t from = 0; from < then.size; from++)
			for (size_t n = 1; n <= then.size - from; n++) {
				cr_assert_eq(sgn_source_read(&then, from, got, n, &err), 0);
				cr_assert_eq(memcmp(got, rows[i].want + from, n), 0);
			}
		cr_assert_eq(sgn_source_read(&then, then.size, got, 1, &err), SGN_E_IO);
		sgn_source_close(&then);
	}
	sgn_source_close(&src);
}
