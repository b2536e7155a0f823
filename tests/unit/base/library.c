/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "signer/base/library.h"
#include "signer/base/thread.h"

struct maths {
	double (*ceil)(double x);
	double (*floor)(double x);
};

static struct maths table;
static atomic_uint begun;
static int answer; /* of begin() */

static const struct sgn_library_function functions[] = {
	{"ceil", offsetof(struct maths, ceil)},
	{"floor", offsetof(struct maths, floor)},
};

static int begin(struct sgn_error *err)
{
	atomic_fetch_add(&begun, 1);
	return answer ? sgn_fail(err, SGN_E_UNSUPPORTED, "too old") : 0;
}

static struct sgn_library maths = {
	.file = "libm.so.6",
	.package = "libc6",
	.functions = functions,
	.function_count = 2,
	.table = &table,
	.begin = begin,
};

Test(base_library, opens_once_and_fills_the_table)
{
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_library_need(&maths, &err), 0, "%s", err.text);
	cr_assert_eq(sgn_library_need(&maths, NULL), 0);
	cr_assert_eq(table.ceil(2.5), 3.0);
	cr_assert_eq(table.floor(2.5), 2.0);
	cr_assert_eq(atomic_load(&begun), 1);
}

Test(base_library, a_missing_file_is_named_with_the_package_to_install)
{
	struct sgn_library none = {.file = "libsignet-none.so.4", .package = "libnone4 (Debian)"};
	struct sgn_error err = SGN_ERROR_INIT;

	for (int i = 0; i < 2; i++) {
		cr_assert_eq(sgn_library_need(&none, &err), SGN_E_IO);
		cr_assert(strstr(err.text, "libsignet-none.so.4"), "%s", err.text);
		cr_assert_str_eq(err.cure, "install the package libnone4 (Debian)");
	}
	cr_assert_eq(sgn_library_need(&none, NULL), SGN_E_IO);
	sgn_error_dispose(&err);
}

Test(base_library, a_missing_function_is_named)
{
	static const struct sgn_library_function wrong = {"signet_none", 0};
	struct sgn_library old = maths;
	struct sgn_error err = SGN_ERROR_INIT;

	old.functions = &wrong;
	old.function_count = 1;
	cr_assert_eq(sgn_library_need(&old, &err), SGN_E_UNSUPPORTED);
	cr_assert_str_eq(err.text, "libm.so.6 has no function signet_none");
	cr_assert_eq(atomic_load(&begun), 0);
	sgn_error_dispose(&err);
}

Test(base_library, its_set_up_may_fail_and_is_tried_again)
{
	struct sgn_error err = SGN_ERROR_INIT;

	answer = -1;
	cr_assert_eq(sgn_library_need(&maths, &err), SGN_E_UNSUPPORTED);
	cr_assert_str_eq(err.text, "too old");
	answer = 0;
	cr_assert_eq(sgn_library_need(&maths, &err), 0);
	cr_assert_eq(atomic_load(&begun), 2);
	sgn_error_dispose(&err);
}

Test(base_library, a_linked_one_is_only_set_up)
{
	struct sgn_library linked = {.begin = begin};

	cr_assert_eq(sgn_library_need(&linked, NULL), 0);
	cr_assert_eq(sgn_library_need(&linked, NULL), 0);
	cr_assert_eq(atomic_load(&begun), 1);
}

static void need(void *arg)
{
	int *rc = arg;

	*rc = sgn_library_need(&maths, NULL);
	if (*rc == 0 && table.floor(1.5) != 1.0)
		*rc = 1;
}

Test(base_library, many_threads_may_need_it_at_once)
{
	struct sgn_thread *threads[8];
	int results[8];

	for (size_t i = 0; i < 8; i++)
		threads[i] = sgn_thread_start(need, &results[i]);
	for (size_t i = 0; i < 8; i++) {
		sgn_thread_join(threads[i]);
		cr_assert_eq(results[i], 0);
	}
	cr_assert_eq(atomic_load(&begun), 1);
}
