/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/stream.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static char dir[64];
static int folder = -1;

static void setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/sgn-stream-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(sgn_folder_open(dir, &folder, NULL), 0);
}

static void teardown(void)
{
	static const char *const names[] = {"f", "link", "pipe", "sub/f"};

	for (size_t i = 0; i < SGN_ARRAY_LEN(names); i++)
		unlinkat(folder, names[i], 0);
	unlinkat(folder, "sub", AT_REMOVEDIR);
	sgn_folder_close(folder);
	rmdir(dir);
}

TestSuite(base_stream, .init = setup, .fini = teardown);

static void put(const char *name, const char *text)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* Reads the file in pieces of len; the status of the first call that fails. */
static int read_all(const char *name, uint64_t size, size_t len, char *out, struct sgn_error *err)
{
	struct sgn_stream s;
	bool end = false;
	int rc = sgn_stream_open(folder, name, size, &s, err);

	*out = '\0';
	if (rc)
		return rc;
	while (rc == 0 && !end) {
		char room[64];
		size_t got;

		rc = sgn_stream_read(&s, room, len, &got, &end, err);
		cr_assert(rc != 0 || end || got == len);
		if (rc == 0)
			strncat(out, room, got);
	}
	sgn_stream_close(&s);
	return rc;
}

Test(base_stream, reads_in_pieces_of_any_size)
{
	char got[64];

	put("f", "0123456789");
	for (size_t len = 1; len < 20; len++) {
		cr_assert_eq(read_all("f", 10, len, got, NULL), 0);
		cr_assert_str_eq(got, "0123456789", "in pieces of %zu", len);
	}
	put("f", "");
	cr_assert_eq(read_all("f", 0, 5, got, NULL), 0);
	cr_assert_str_eq(got, "");
}

Test(base_stream, asks_for_a_size_that_nobody_knows)
{
	char got[64];

	cr_assert_eq(mkdirat(folder, "sub", 0700), 0);
	put("sub/f", "abc");
	cr_assert_eq(read_all("sub/f", SGN_SIZE_UNKNOWN, 2, got, NULL), 0);
	cr_assert_str_eq(got, "abc");
	cr_assert_eq(read_all("sub", SGN_SIZE_UNKNOWN, 2, got, NULL), SGN_E_UNSUPPORTED);
}

Test(base_stream, a_file_of_another_size_is_noticed)
{
	struct sgn_error err = SGN_ERROR_INIT;
	char got[64];

	put("f", "0123456789");
	for (size_t len = 1; len < 20; len++) {
		cr_assert_eq(read_all("f", 9, len, got, &err), SGN_E_IO, "grown, %zu", len);
		cr_assert_str_eq(err.text, "changed while it was read: it has more than the 9 "
		                           "bytes that it had");
		cr_assert_eq(read_all("f", 11, len, got, &err), SGN_E_IO, "shrunk, %zu", len);
		cr_assert_str_eq(err.text, "changed while it was read: it ends at 10 bytes "
		                           "instead of 11");
	}
	cr_assert_eq(read_all("f", 0, 4, got, &err), SGN_E_IO, "was empty");
	sgn_error_dispose(&err);
}

Test(base_stream, what_is_no_file_any_more_is_an_error)
{
	char got[64];

	put("f", "abc");
	cr_assert_eq(symlinkat("f", folder, "link"), 0);
	cr_assert_eq(mkfifoat(folder, "pipe", 0600), 0);
	cr_assert_eq(read_all("link", 3, 9, got, NULL), SGN_E_IO);
	cr_assert_eq(read_all("pipe", 3, 9, got, NULL), SGN_E_IO);
	cr_assert_eq(read_all("gone", 3, 9, got, NULL), SGN_E_NOTFOUND);
	cr_assert_eq(mkdirat(folder, "sub", 0700), 0);
	cr_assert_eq(read_all("sub", 3, 9, got, NULL), SGN_E_IO);
}

Test(base_stream, tells_of_extended_attributes)
{
	struct sgn_stream s;
	int fd;

	put("f", "abc");
	cr_assert_eq(sgn_stream_open(folder, "f", 3, &s, NULL), 0);
	fd = openat(folder, "f", O_RDONLY);
	if (fsetxattr(fd, "user.note", "x", 1, 0) == 0) {
		cr_assert(sgn_stream_has_xattrs(&s));
		/* A security module may have put others on it. */
		fremovexattr(fd, "user.note");
		cr_assert_eq(sgn_stream_has_xattrs(&s), flistxattr(fd, NULL, 0) != 0);
	}
	close(fd);
	sgn_stream_close(&s);
}

Test(base_stream, a_folder_that_cannot_be_opened_is_named)
{
	struct sgn_error err = SGN_ERROR_INIT;
	int fd;

	cr_assert_eq(sgn_folder_open("/nonexistent/x", &fd, &err), SGN_E_NOTFOUND);
	cr_assert_str_eq(err.path, "/nonexistent/x");
	sgn_error_dispose(&err);
	sgn_folder_close(fd);
}
