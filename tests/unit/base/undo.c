/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a file in place, and what is left of it when the process is killed, a call of the system fails,
 * or the machine stops: at every step.
 */
#include "undo_test.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(base_undo, .init = undo_begin, .fini = undo_end, .timeout = 120);

/* --- all is well -------------------------------------------------------------------------------------- */

Test(base_undo, a_change_is_made_and_nothing_else_is_left)
{
	for (size_t i = 0; i < UNDO_CHANGES; i++) {
		struct stat before, after;
		struct undo_case c;

		undo_put_old();
		undo_changes[i](&c);
		cr_assert_eq(stat(undo_tool(), &before), 0);
		cr_assert_eq(undo_change_now(&c, NO_FAULT, 0), 0, "%s", undo_err.text);
		cr_assert_eq(stat(undo_tool(), &after), 0);
		cr_expect(undo_is_new(&c));
		cr_expect_eq(scratch_count(&undo_dir), 1);
		cr_expect_eq(before.st_ino, after.st_ino);
		cr_expect_eq(before.st_mode, after.st_mode);
		cr_expect_eq(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
		cr_expect_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
		cr_expect_eq(undo_recover(), SGN_UNDO_NOTHING);
		free(c.want);
	}
}

/* What makes a pulled plug harmless: which steps wait for the disk before which others. */
Test(base_undo, the_record_is_on_the_disk_before_the_file_is_touched_and_the_file_before_it_goes)
{
	static const struct {
		bool durable, never_flushed;
	} rows[] = {{true, false}, {false, false}, {true, true}};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		const char *first_write, *last;
		struct undo_case c;

		undo_put_old();
		undo_grow(&c);
		undo_durable = rows[i].durable;
		if (rows[i].never_flushed)
			undo_never_flushed();
		cr_assert_eq(undo_change_now(&c, NO_FAULT, 0), 0);
		first_write = strchr(undo_sys.log, 'W');
		cr_assert_not_null(first_write, "%s", undo_sys.log);
		cr_assert_eq(strncmp(first_write - 3, "fnd", 3), 0,
		             "content, name, folder of the record: %s", undo_sys.log);
		cr_assert_null(strchr(first_write, 'r'), "%s", undo_sys.log);
		last = strrchr(undo_sys.log, 'W');
		cr_assert_str_eq(last + 1, rows[i].durable ? "Tud" : "Tu", "%s", undo_sys.log);
		free(c.want);
	}
}

/* A pulled plug would take all of it, whatever was done. The record must be there as early, but not there. */
Test(base_undo, what_the_disk_never_had_waits_for_nothing)
{
	const char *first_write;
	struct undo_case c;

	undo_grow(&c);
	undo_durable = false;
	undo_never_flushed();
	cr_assert_eq(undo_change_now(&c, NO_FAULT, 0), 0);
	cr_assert_null(strpbrk(undo_sys.log, "fdT"), "%s", undo_sys.log);
	first_write = strchr(undo_sys.log, 'W');
	cr_assert_not_null(first_write, "%s", undo_sys.log);
	cr_assert_eq(first_write[-1], 'n', "%s", undo_sys.log);
	cr_assert_null(strchr(first_write, 'r'), "%s", undo_sys.log);
	cr_assert_str_eq(strrchr(undo_sys.log, 'W') + 1, "u", "%s", undo_sys.log);
	cr_assert(undo_is_new(&c));
	free(c.want);
}

/* --- killed --------------------------------------------------------------------------------------------- */

/* Steps that wait for the disk are steps, too. */
static void kill_at_every_step(unsigned min_restored, unsigned min_complete)
{
	for (size_t i = 0; i < UNDO_CHANGES; i++) {
		unsigned restored = 0, complete = 0, at = 1;
		struct undo_case c;

		for (undo_changes[i](&c);; at++) {
			enum sgn_undone what;

			undo_put_old();
			if (!undo_kill_at(&c, at))
				break;
			if (!undo_has_record())
				cr_assert(undo_is_old() || undo_is_new(&c), "step %u", at);
			what = undo_recover();
			cr_assert(what == SGN_UNDO_COMPLETE ? undo_is_new(&c)
			                                    : undo_is_old() || undo_is_new(&c),
			          "step %u", at);
			restored += what == SGN_UNDO_RESTORED;
			complete += what == SGN_UNDO_COMPLETE;
		}
		cr_assert(undo_is_new(&c));
		cr_expect_gt(at, 10, "it has that many steps");
		cr_expect_geq(restored, min_restored);
		cr_expect_geq(complete, min_complete);
		free(c.want);
	}
}

Test(base_undo, killed_at_any_step_the_file_is_old_or_new_after_recovery)
{
	kill_at_every_step(3, 2);
}

Test(base_undo, killed_at_any_step_without_a_flush_the_file_is_old_or_new_after_recovery)
{
	undo_durable = false;
	undo_never_flushed();
	kill_at_every_step(2, 1);
}

/*
 * After a power failure each sector of what was written since the record may be there or not, and the size
 * may be any. Without new bytes it is the old file, with all of them the new one.
 */
static void tear(const struct undo_case *c, unsigned *seed)
{
	uint64_t sizes[] = {UNDO_OLD_SIZE, c->c.new_size, (UNDO_OLD_SIZE + c->c.new_size) / 2 + 13};
	FILE *f = fopen(undo_tool(), "r+");
	uint64_t size;

	for (uint64_t at = 0; at < c->c.new_size; at += 512) {
		uint64_t n = c->c.new_size - at < 512 ? c->c.new_size - at : 512;

		*seed = *seed * 1103515245 + 12345;
		if ((*seed >> 16) % 3 == 0)
			continue;
		fseek(f, (long)at, SEEK_SET);
		cr_assert_eq(fwrite(c->want + at, 1, n, f), n);
	}
	fclose(f);
	size = sizes[(*seed >> 20) % 3];
	cr_assert_eq(truncate(undo_tool(), (off_t)size), 0);
}

Test(base_undo, torn_by_a_power_failure_the_file_is_restored)
{
	unsigned seed = 1;

	for (size_t i = 0; i < UNDO_CHANGES; i++) {
		struct undo_case c;
		unsigned at;

		undo_changes[i](&c);
		at = undo_first_write(&c);
		for (int round = 0; round < 40; round++) {
			undo_put_old();
			cr_assert(undo_kill_at(&c, at));
			cr_assert(undo_has_record());
			tear(&c, &seed);
			cr_assert_eq(undo_recover(), SGN_UNDO_RESTORED, "round %d", round);
			cr_assert(undo_is_old(), "round %d", round);
		}
		free(c.want);
	}
}

/* --- failures ------------------------------------------------------------------------------------------- */

Test(base_undo, a_failure_at_any_step_is_undone_at_once)
{
	for (size_t i = 0; i < UNDO_CHANGES; i++) {
		struct undo_case c;

		undo_changes[i](&c);
		for (unsigned at = 1;; at++) {
			undo_put_old();
			if (undo_change_now(&c, FAILS_ONCE, at) == 0)
				break;
			cr_assert_eq(undo_err.code, SGN_E_IO);
			cr_assert_str_eq(undo_err.path, undo_tool());
			/* The last two come after the change: the record cannot be removed, and the
			 * folder not be flushed. Both say so. */
			if (strstr(undo_err.text, "the file was changed")) {
				cr_assert(undo_is_new(&c), "step %u", at);
				undo_recover();
				cr_assert(undo_is_new(&c));
				continue;
			}
			cr_assert(undo_is_old(), "step %u: %s", at, undo_err.text);
			cr_assert_not(undo_has_record(), "step %u", at);
			cr_assert_eq(scratch_count(&undo_dir), 1, "step %u: litter", at);
		}
		free(c.want);
	}
}

Test(base_undo, when_undoing_fails_too_the_next_run_does_it)
{
	unsigned told = 0;

	for (size_t i = 0; i < UNDO_CHANGES; i++) {
		struct undo_case c;

		undo_changes[i](&c);
		for (unsigned at = 1;; at++) {
			undo_put_old();
			if (undo_change_now(&c, FAILS_FROM_THERE, at) == 0)
				break;
			if (strstr(undo_err.text, "half written")) {
				told++;
				cr_assert(undo_has_record());
				cr_assert_not_null(strstr(undo_err.cure, UNDO_RECORD), "%s",
				                   undo_err.cure);
			}
			undo_recover();
			cr_assert(undo_is_old() || undo_is_new(&c), "step %u", at);
		}
		free(c.want);
	}
	cr_expect_gt(told, 3);
}
