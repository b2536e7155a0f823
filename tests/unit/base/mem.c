/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/mem.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

Test(base_mem, nothing_is_allocated_for_nothing_or_too_much)
{
	cr_assert_null(sgn_malloc(0));
	cr_assert_null(sgn_calloc(0, 8));
	cr_assert_null(sgn_calloc(8, 0));
	cr_assert_null(sgn_calloc(SIZE_MAX / 2, 3));
	cr_assert_null(sgn_strndup("x", SIZE_MAX));
	sgn_free(NULL);
}

Test(base_mem, copies_of_text)
{
	char *whole = sgn_strdup("abc"), *part = sgn_strndup("abc", 2),
	     *none = sgn_strndup(NULL, 0);

	cr_assert_str_eq(whole, "abc");
	cr_assert_str_eq(part, "ab");
	cr_assert_str_eq(none, "");
	sgn_free(whole);
	sgn_free(part);
	sgn_free(none);
}

Test(base_mem, the_hook_fails_from_the_nth_allocation_on)
{
	void *first, *second;

	sgn_mem_fail_after(2);
	first = sgn_malloc(1);
	second = sgn_malloc(1);
	cr_assert_not_null(first);
	cr_assert_null(second);
	cr_assert_null(sgn_calloc(1, 1));
	cr_assert_null(sgn_realloc(first, 2), "the old block stays valid");
	cr_assert_eq(sgn_mem_fail_after(0), 4);
	second = sgn_malloc(1);
	cr_assert_not_null(second);
	sgn_free(first);
	sgn_free(second);
}

Test(base_mem, the_hook_counts_without_failing)
{
	sgn_mem_fail_after(ULONG_MAX);
	sgn_free(sgn_malloc(1));
	sgn_free(sgn_strdup("x"));
	cr_assert_eq(sgn_mem_fail_after(0), 2);
}

Test(base_mem, wiping_leaves_zeros)
{
	char secret[] = "secret";
	static const char zeros[sizeof(secret)];

	sgn_wipe(secret, sizeof(secret));
	cr_assert_eq(memcmp(secret, zeros, sizeof(secret)), 0);
	sgn_wipe(NULL, 0);
}
