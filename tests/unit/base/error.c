/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/error.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "signer/base/mem.h"

Test(base_error, a_failure_carries_status_text_and_place)
{
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_fail(&err, SGN_E_FORMAT, "%d of %s", 3, "x"), SGN_E_FORMAT);
	cr_assert_eq(err.code, SGN_E_FORMAT);
	cr_assert_str_eq(err.text, "3 of x");
	cr_assert_not_null(strstr(err.where, "error.c:"));
	cr_assert_eq(err.offset, SGN_NO_OFFSET);
	sgn_error_dispose(&err);
}

Test(base_error, every_function_accepts_no_error)
{
	cr_assert_eq(sgn_fail(NULL, SGN_E_LIMIT, "x"), SGN_E_LIMIT);
	cr_assert_eq(sgn_fail_sys(NULL, EACCES, "x"), SGN_E_IO);
	cr_assert_eq(sgn_fail_nomem(NULL), SGN_E_NOMEM);
	cr_assert_eq(sgn_wrap(NULL, SGN_E_IO, "x"), SGN_E_IO);
	cr_assert_eq(sgn_error_at_path(NULL, SGN_E_IO, "x"), SGN_E_IO);
	cr_assert_eq(sgn_error_at_arch(NULL, SGN_E_IO, "x"), SGN_E_IO);
	cr_assert_eq(sgn_error_at_offset(NULL, SGN_E_IO, 1), SGN_E_IO);
	cr_assert_eq(sgn_error_osstatus(NULL, SGN_E_IO, 1), SGN_E_IO);
	cr_assert_eq(sgn_error_cure(NULL, SGN_E_IO, "x"), SGN_E_IO);
	sgn_error_dispose(NULL);
}

Test(base_error, system_errors_are_sorted_by_what_to_do)
{
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_fail_sys(&err, ENOENT, "cannot open"), SGN_E_NOTFOUND);
	cr_assert_eq(err.sys, ENOENT);
	cr_assert_str_eq(err.text, "cannot open: No such file or directory");
	cr_assert_eq(sgn_fail_sys(&err, ENOMEM, "x"), SGN_E_NOMEM);
	cr_assert_eq(sgn_fail_sys(&err, EIO, "x"), SGN_E_IO);
	sgn_error_dispose(&err);
}

Test(base_error, context_goes_in_front_and_only_on_failure)
{
	struct sgn_error err = SGN_ERROR_INIT;

	sgn_fail(&err, SGN_E_FORMAT, "too short");
	cr_assert_eq(sgn_wrap(&err, 0, "not me"), 0);
	cr_assert_str_eq(err.text, "too short");
	cr_assert_eq(sgn_wrap(&err, SGN_E_FORMAT, "entry %d", 4), SGN_E_FORMAT);
	cr_assert_str_eq(err.text, "entry 4: too short");
	sgn_error_dispose(&err);
}

Test(base_error, the_innermost_place_wins)
{
	struct sgn_error err = SGN_ERROR_INIT;
	int rc = sgn_fail(&err, SGN_E_FORMAT, "x");

	sgn_error_at_path(&err, rc, "inner");
	sgn_error_at_path(&err, rc, "outer");
	sgn_error_at_arch(&err, rc, "arm64");
	sgn_error_at_arch(&err, rc, "x86_64");
	sgn_error_at_offset(&err, rc, 0);
	sgn_error_at_offset(&err, rc, 9);
	sgn_error_osstatus(&err, rc, -67061);
	sgn_error_osstatus(&err, rc, -67062);
	sgn_error_cure(&err, rc, "do %s", "this");
	sgn_error_cure(&err, rc, "do that");
	cr_assert_str_eq(err.path, "inner");
	cr_assert_str_eq(err.arch, "arm64");
	cr_assert_eq(err.offset, 0, "offset 0 is a place, not the lack of one");
	cr_assert_eq(err.osstatus, -67061);
	cr_assert_str_eq(err.cure, "do this");
	sgn_error_dispose(&err);
	cr_assert_null(err.path);
}

Test(base_error, a_new_failure_forgets_the_old_one)
{
	struct sgn_error err = SGN_ERROR_INIT;
	int rc = sgn_fail_sys(&err, EIO, "first");

	sgn_error_at_path(&err, rc, "file");
	sgn_error_cure(&err, rc, "cure");
	sgn_fail(&err, SGN_E_USAGE, "second");
	cr_assert_null(err.path);
	cr_assert_eq(err.sys, 0);
	cr_assert_str_eq(err.cure, "");
	sgn_error_dispose(&err);
}

Test(base_error, a_failure_may_quote_the_one_that_it_replaces)
{
	struct sgn_error err = SGN_ERROR_INIT;
	int rc = sgn_fail(&err, SGN_E_IO, "inner text");

	sgn_error_at_path(&err, rc, "inner path");
	sgn_fail(&err, SGN_E_FORMAT, "%s / %s", err.path, err.text);
	cr_assert_str_eq(err.text, "inner path / inner text");
	sgn_error_dispose(&err);
}

Test(base_error, long_texts_are_cut_and_terminated)
{
	struct sgn_error err = SGN_ERROR_INIT;
	char big[2000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	sgn_fail_sys(&err, EIO, "%s", big);
	cr_assert_eq(strlen(err.text), sizeof(err.text) - 1);
	sgn_wrap(&err, SGN_E_IO, "outer%s", big);
	cr_assert_eq(strlen(err.text), sizeof(err.text) - 1);
	cr_assert_eq(strncmp(err.text, "outerxx", 7), 0);
	sgn_error_cure(&err, SGN_E_IO, "%s", big);
	cr_assert_eq(strlen(err.cure), sizeof(err.cure) - 1);
	sgn_error_at_arch(&err, SGN_E_IO, big);
	cr_assert_eq(strlen(err.arch), sizeof(err.arch) - 1);
	sgn_error_dispose(&err);
}

Test(base_error, moving_leaves_the_source_empty)
{
	struct sgn_error from = SGN_ERROR_INIT, to = SGN_ERROR_INIT;

	sgn_error_at_path(&to, sgn_fail(&to, SGN_E_IO, "old"), "old path");
	sgn_error_at_path(&from, sgn_fail(&from, SGN_E_FORMAT, "new"), "new path");
	sgn_error_move(&to, &from);
	cr_assert_str_eq(to.text, "new");
	cr_assert_str_eq(to.path, "new path");
	cr_assert_null(from.path);
	cr_assert_eq(from.code, SGN_OK);
	sgn_error_move(NULL, &to);
	cr_assert_null(to.path, "without a target the source is disposed");
}

Test(base_error, a_lost_path_is_no_second_failure)
{
	struct sgn_error err = SGN_ERROR_INIT;
	int rc = sgn_fail(&err, SGN_E_IO, "x");

	sgn_mem_fail_after(1);
	cr_assert_eq(sgn_error_at_path(&err, rc, "file"), SGN_E_IO);
	sgn_mem_fail_after(0);
	cr_assert_null(err.path);
	cr_assert_str_eq(err.text, "x");
}

Test(base_error, status_and_osstatus_names)
{
	cr_assert_str_eq(sgn_status_name(SGN_OK), "SGN_OK");
	cr_assert_str_eq(sgn_status_name(SGN_E_INTERNAL), "SGN_E_INTERNAL");
	for (int s = 0; s >= SGN_E_INTERNAL; s--)
		cr_assert_str_neq(sgn_status_name((enum sgn_status)s), "SGN_E_UNKNOWN", "%d", s);
	cr_assert_str_eq(sgn_status_name((enum sgn_status)(-99)), "SGN_E_UNKNOWN");
	cr_assert_str_eq(sgn_osstatus_name(-67062), "errSecCSUnsigned");
	cr_assert_str_eq(sgn_osstatus_text(-67062), "code object is not signed at all");
	cr_assert_null(sgn_osstatus_name(12345));
	cr_assert_null(sgn_osstatus_text(-67072), "known, but printed as a number only");
}
