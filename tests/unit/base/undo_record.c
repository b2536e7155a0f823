/* SPDX-License-Identifier: Apache-2.0 */
/* Undo records: which are believed, where they lie, and who has to wait. */
#include "undo_test.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(base_undo_record, .init = undo_begin, .fini = undo_end, .timeout = 120);

/* --- whose record it is ------------------------------------------------------------------------------------ */

/* A record, and the file before the change. */
static void leave_record(struct undo_case *c)
{
	undo_grow(c);
	cr_assert(undo_kill_at(c, undo_first_write(c)));
	undo_put_old();
	cr_assert(undo_has_record());
}

static void expect_refused(enum sgn_status rc, const char *fragment)
{
	enum sgn_undone what;
	size_t before_size, after_size;
	uint8_t *before = scratch_read(undo_tool(), &before_size), *after;

	cr_assert_eq(sgn_undo_recover(undo_tool(), &what, &undo_err), (int)rc, "%s", undo_err.text);
	cr_assert_eq(what, SGN_UNDO_NOTHING);
	cr_assert_not_null(strstr(undo_err.text, fragment), "%s", undo_err.text);
	cr_assert_neq(undo_err.cure[0], '\0');
	after = scratch_read(undo_tool(), &after_size);
	cr_assert_eq(before_size, after_size);
	cr_assert_eq(memcmp(before, after, after_size), 0);
	cr_assert(undo_has_record());
	free(before);
	free(after);
}

Test(base_undo_record, a_file_that_was_changed_since_is_not_touched)
{
	struct undo_case c;
	FILE *f;

	leave_record(&c);
	f = fopen(undo_tool(), "r+");
	fseek(f, 2000, SEEK_SET);
	fputc(0x11, f);
	fclose(f);
	expect_refused(SGN_E_MISMATCH, "changed since");
	undo_put_old();
	cr_assert_eq(truncate(undo_tool(), UNDO_OLD_SIZE - 1), 0);
	expect_refused(SGN_E_MISMATCH, "changed since");
	cr_assert_eq(truncate(undo_tool(), UNDO_OLD_SIZE + 40001), 0);
	expect_refused(SGN_E_MISMATCH, "changed since");
	scratch_write(&undo_dir, "tool", "another", 7, 0755);
	expect_refused(SGN_E_MISMATCH, "changed since");
	free(c.want);
}

Test(base_undo_record, a_record_of_another_user_is_not_believed)
{
	struct undo_case c;

	if (geteuid() != 0)
		return;
	leave_record(&c);
	cr_assert_eq(chown(undo_record_path(), 12345, 12345), 0);
	expect_refused(SGN_E_MISMATCH, "another user");
	/* Its owner may do with it what he likes. */
	cr_assert_eq(chown(undo_tool(), 12345, 12345), 0);
	cr_expect_eq(undo_recover(), SGN_UNDO_RESTORED);
	free(c.want);
}

Test(base_undo_record, what_is_no_record_is_not_believed)
{
	cr_assert_eq(symlink("tool", undo_record_path()), 0);
	expect_refused(SGN_E_IO, UNDO_RECORD);
	cr_assert_eq(unlink(undo_record_path()), 0);
	cr_assert_eq(mkfifo(undo_record_path(), 0600), 0);
	expect_refused(SGN_E_MISMATCH, "not a regular file");
	cr_assert_eq(unlink(undo_record_path()), 0);
	scratch_write(&undo_dir, UNDO_RECORD, "", 0, 0600);
	expect_refused(SGN_E_FORMAT, "only 0 bytes");
}

/* No state of the record's bytes may do more than refuse or restore. */
Test(base_undo_record, damaged_records_do_no_harm)
{
	struct undo_case c;
	size_t size;
	uint8_t *good;

	leave_record(&c);
	good = scratch_read(undo_record_path(), &size);
	for (size_t keep = 0; keep < size; keep += keep < 200 ? 1 : 4999) {
		scratch_write(&undo_dir, UNDO_RECORD, good, keep, 0600);
		expect_refused(SGN_E_FORMAT, "undo record");
	}
	for (size_t at = 0; at < 128; at++) {
		static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};

		for (size_t i = 0; i < sizeof(values); i++) {
			uint8_t was = good[at];
			enum sgn_undone what;

			good[at] = values[i];
			undo_put_old();
			scratch_write(&undo_dir, UNDO_RECORD, good, size, 0600);
			good[at] = was;
			if (sgn_undo_recover(undo_tool(), &what, &undo_err) != 0)
				cr_assert_neq(undo_err.text[0], '\0');
			cr_assert(undo_is_old(), "byte %zu", at);
		}
	}
	free(good);
	free(c.want);
}

/* As after a power failure, when it was not flushed: its name and its size are there, and some of its pages. */
Test(base_undo_record, a_record_that_is_not_whole_is_not_believed)
{
	static const uint8_t nothing[4096];
	struct undo_case c;
	size_t size;
	uint8_t *good, page[4096];

	leave_record(&c);
	good = scratch_read(undo_record_path(), &size);
	for (size_t at = 4096; at + 4096 <= size; at += 4096) {
		memcpy(page, good + at, 4096);
		memcpy(good + at, nothing, 4096);
		scratch_write(&undo_dir, UNDO_RECORD, good, size, 0600);
		memcpy(good + at, page, 4096);
		expect_refused(SGN_E_FORMAT, "not whole");
	}
	scratch_write(&undo_dir, UNDO_RECORD, good, size, 0600);
	cr_expect_eq(undo_recover(), SGN_UNDO_RESTORED);
	free(good);
	free(c.want);
}

/* --- others at work ---------------------------------------------------------------------------------------- */

Test(base_undo_record, a_run_that_is_alive_is_left_alone)
{
	enum sgn_undone what;
	struct undo_case c;
	int fd;

	leave_record(&c);
	fd = open(undo_record_path(), O_RDWR);
	cr_assert_eq(flock(fd, LOCK_EX), 0);
	cr_assert_eq(sgn_undo_recover(undo_tool(), &what, &undo_err), SGN_E_IO);
	cr_assert_eq(undo_err.sys, EBUSY);
	cr_assert_not_null(strstr(undo_err.text, "another run"), "%s", undo_err.text);
	cr_assert_eq(undo_change_now(&c, NO_FAULT, 0), SGN_E_IO);
	cr_assert_eq(undo_err.sys, EBUSY);
	cr_assert(undo_is_old());
	close(fd);
	cr_assert_eq(undo_recover(), SGN_UNDO_RESTORED);
	free(c.want);
}

Test(base_undo_record, another_file_by_that_name_is_not_changed)
{
	struct sgn_source src;
	struct undo_case c;

	undo_grow(&c);
	cr_assert_eq(sgn_source_open(undo_tool(), &src, NULL), 0);
	cr_assert_eq(rename(undo_tool(), scratch_path(&undo_dir, "moved")), 0);
	undo_put_old();
	cr_assert_eq(sgn_undo_change(undo_tool(), &src, &c.c, false, &undo_err), SGN_E_IO);
	cr_assert_not_null(strstr(undo_err.text, "another file"), "%s", undo_err.text);
	cr_assert(undo_is_old());
	cr_assert_not(undo_has_record());
	sgn_source_close(&src);
	free(c.want);
}

Test(base_undo_record, a_pending_record_is_refused_by_those_that_only_read)
{
	struct undo_case c;

	cr_assert_eq(sgn_undo_refuse_pending(undo_tool(), &undo_err), 0);
	leave_record(&c);
	cr_assert_eq(sgn_undo_refuse_pending(undo_tool(), &undo_err), SGN_E_FORMAT);
	cr_assert_not_null(strstr(undo_err.text, UNDO_RECORD), "%s", undo_err.text);
	cr_assert(undo_has_record());
	free(c.want);
}

/* --- names ---------------------------------------------------------------------------------------------------- */

Test(base_undo_record, the_record_lies_beside_the_file_that_a_link_leads_to)
{
	enum sgn_undone what;
	struct undo_case c;

	leave_record(&c);
	cr_assert_eq(mkdir(scratch_path(&undo_dir, "d"), 0755), 0);
	cr_assert_eq(symlink("../tool", scratch_path(&undo_dir, "d/link")), 0);
	cr_assert_eq(sgn_undo_recover(scratch_path(&undo_dir, "d/link"), &what, &undo_err), 0);
	cr_assert_eq(what, SGN_UNDO_RESTORED);
	cr_assert_not(undo_has_record());
	cr_assert_eq(sgn_undo_recover(scratch_path(&undo_dir, "nothing"), &what, &undo_err), 0);
	cr_assert_eq(sgn_undo_recover(scratch_path(&undo_dir, "no/thing"), &what, &undo_err), 0);
	cr_assert_eq(what, SGN_UNDO_NOTHING);
	free(c.want);
}

Test(base_undo_record, a_name_without_room_for_the_record_is_refused_before_anything_is_written)
{
	struct sgn_source src;
	enum sgn_undone what;
	struct undo_case c;
	char name[256] = "";

	undo_grow(&c);
	for (size_t length = 241; length <= 243; length++) {
		const char *path;

		memset(name, 'x', length);
		path = scratch_write(&undo_dir, name, undo_old, sizeof(undo_old), 0755);
		cr_assert_eq(sgn_source_open(path, &src, NULL), 0);
		cr_assert_eq(sgn_undo_recover(path, &what, &undo_err), 0);
		cr_assert_eq(sgn_undo_refuse_pending(path, &undo_err), 0);
		cr_assert_eq(sgn_undo_change(path, &src, &c.c, false, &undo_err),
		             length <= 242 ? 0 : SGN_E_UNSUPPORTED, "%zu: %s", length,
		             undo_err.text);
		sgn_source_close(&src);
	}
	free(c.want);
}

Test(base_undo_record, names_of_records)
{
	static const struct {
		const char *name, *file;
	} rows[] = {
		{".a.signet-undo", "a"},      {".lib.so.1.signet-undo", "lib.so.1"},
		{"..signet-undo", NULL},      {"a.signet-undo", NULL},
		{".signet-undo", NULL},       {".a.signet-undo2", NULL},
		{".a.signet-0123abcd", NULL}, {"", NULL},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		struct sgn_view file;
		bool is = sgn_undo_names(rows[i].name, &file);

		cr_assert_eq(is, rows[i].file != NULL, "%s", rows[i].name);
		if (is)
			cr_assert(sgn_view_equal(file, sgn_view_str(rows[i].file)));
	}
}
