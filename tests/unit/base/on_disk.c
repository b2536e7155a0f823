/* SPDX-License-Identifier: Apache-2.0 */
/* What the disk has of a file, as the file system tells it. */
#include "signer/base/on_disk.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "undo_test.h"

#define DELAYED   (FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_UNKNOWN)
#define UNWRITTEN FIEMAP_EXTENT_UNWRITTEN
#define SIZE      10000u

TestSuite(base_on_disk, .init = undo_begin, .fini = undo_end, .timeout = 60);

static bool nothing_with(const struct fiemap_extent *extents, unsigned count)
{
	undo_disk = (struct undo_disk){.extents = extents, .count = count};
	return sgn_disk_has_nothing_of(0, SIZE);
}

Test(base_on_disk, nothing_is_said_only_when_every_byte_is_still_to_be_written)
{
	static const struct {
		struct fiemap_extent e[2];
		bool nothing;
	} rows[] = {
		{{{.fe_length = 12288, .fe_flags = DELAYED}}, true},
		{{{.fe_length = 12288, .fe_flags = UNWRITTEN}}, true},
		{{{.fe_length = 4096, .fe_flags = DELAYED},
	          {.fe_logical = 4096, .fe_length = 8192, .fe_flags = UNWRITTEN}},
	         true},
		/* Written, all or some of it. */
		{{{.fe_length = 12288}}, false},
		{{{.fe_length = 4096, .fe_flags = DELAYED},
	          {.fe_logical = 4096, .fe_length = 8192}},
	         false},
		{{{.fe_length = 4096},
	          {.fe_logical = 4096, .fe_length = 8192, .fe_flags = DELAYED}},
	         false},
		/* Another file's, or not in a place of its own. */
		{{{.fe_length = 12288, .fe_flags = DELAYED | FIEMAP_EXTENT_SHARED}}, false},
		{{{.fe_length = 12288, .fe_flags = UNWRITTEN | FIEMAP_EXTENT_DATA_INLINE}}, false},
		{{{.fe_length = 12288, .fe_flags = UNWRITTEN | FIEMAP_EXTENT_ENCODED}}, false},
		/* With holes: behind, in front, between. */
		{{{.fe_length = 8192, .fe_flags = DELAYED}}, true},
		{{{.fe_logical = 4096, .fe_length = 8192, .fe_flags = DELAYED}}, true},
		{{{.fe_length = 4096, .fe_flags = DELAYED},
	          {.fe_logical = 8192, .fe_length = 4096, .fe_flags = DELAYED}},
	         true},
		{{{.fe_length = 4096, .fe_flags = DELAYED},
	          {.fe_logical = 8192, .fe_length = 4096}},
	         false},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++)
		cr_expect_eq(nothing_with(rows[i].e, rows[i].e[1].fe_length ? 2 : 1),
		             rows[i].nothing, "row %zu", i);
}

Test(base_on_disk, more_extents_than_one_answer_holds)
{
	static struct fiemap_extent many[100];

	for (unsigned i = 0; i < 100; i++)
		many[i] = (struct fiemap_extent){
			.fe_logical = i * 100, .fe_length = 100, .fe_flags = DELAYED};
	cr_expect(nothing_with(many, 100));
	many[90].fe_flags = 0;
	cr_expect_not(nothing_with(many, 100));
}

Test(base_on_disk, no_answer_is_not_nothing)
{
	static const int errors[] = {ENOTTY, EOPNOTSUPP, EPERM, EBADF, EIO};

	cr_expect_not(nothing_with(NULL, 0));
	for (size_t i = 0; i < SGN_ARRAY_LEN(errors); i++) {
		undo_disk = (struct undo_disk){.error = errors[i]};
		cr_expect_not(sgn_disk_has_nothing_of(0, SIZE));
	}
	undo_never_flushed();
	cr_expect_not(sgn_disk_has_nothing_of(0, 0), "an empty file");
}

/* The file system of this machine. What it says of a new file is its own affair. */
Test(base_on_disk, what_was_flushed_is_on_the_disk)
{
	int fd = open(undo_tool(), O_RDWR);

	undo_disk.real = true;
	cr_assert_geq(fd, 0);
	cr_assert_eq(fsync(fd), 0);
	cr_expect_not(sgn_disk_has_nothing_of(fd, UNDO_OLD_SIZE));
	/* Some of it newer than what is there. */
	cr_assert_eq(pwrite(fd, "new", 3, 8192), 3);
	cr_expect_not(sgn_disk_has_nothing_of(fd, UNDO_OLD_SIZE));
	close(fd);
}
