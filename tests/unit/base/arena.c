/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/arena.h"

#include <criterion/criterion.h>
#include <stdalign.h>
#include <string.h>

#include "signer/base/mem.h"

Test(base_arena, items_are_aligned_zeroed_and_apart)
{
	struct sgn_arena a = {0};
	uint8_t *items[300];

	for (size_t i = 0; i < 300; i++) {
		size_t size = i * 37 % 5000;

		items[i] = sgn_arena_alloc(&a, size);
		cr_assert_not_null(items[i]);
		cr_assert_eq((uintptr_t)items[i] % alignof(max_align_t), 0);
		cr_assert(sgn_view_is_zero(sgn_view_of(items[i], size)));
		memset(items[i], (int)(i % 255 + 1), size);
	}
	for (size_t i = 0; i < 300; i++)
		for (size_t k = 0; k < i * 37 % 5000; k++)
			cr_assert_eq(items[i][k], i % 255 + 1);
	sgn_arena_dispose(&a);
	cr_assert_null(a.blocks);
}

Test(base_arena, a_large_item_does_not_waste_the_open_block)
{
	struct sgn_arena a = {0};

	cr_assert_not_null(sgn_arena_alloc(&a, 16));
	cr_assert_not_null(sgn_arena_alloc(&a, 100000));
	cr_assert_not_null(sgn_arena_alloc(&a, 16));
	cr_assert_eq(a.used_total, 32 + 100000);
	sgn_arena_dispose(&a);
}

Test(base_arena, what_is_adopted_stays_where_it_is)
{
	struct sgn_arena a = {0}, b = {0}, none = {0};
	char *first = sgn_arena_strdup(&b, "first"), *second;

	sgn_arena_adopt(&a, &b); /* an empty one takes over */
	cr_assert_null(b.blocks);
	second = sgn_arena_strdup(&b, "second");
	cr_assert_not_null(sgn_arena_alloc(&b, 100000));
	sgn_arena_adopt(&a, &b);
	sgn_arena_adopt(&a, &none);
	cr_assert_not_null(sgn_arena_alloc(&a, 20000));
	cr_assert_str_eq(first, "first");
	cr_assert_str_eq(second, "second");
	cr_assert_eq(a.used_total, 16 + 16 + 100000 + 20000);
	sgn_arena_dispose(&a);
}

Test(base_arena, sizes_that_overflow_are_refused)
{
	struct sgn_arena a = {0};

	cr_assert_null(sgn_arena_alloc(&a, SIZE_MAX));
	cr_assert_null(sgn_arena_alloc(&a, SIZE_MAX - 32));
	cr_assert_null(sgn_arena_array(&a, SIZE_MAX / 2, 3));
	cr_assert_null(sgn_arena_strndup(&a, "x", SIZE_MAX));
	cr_assert_not_null(sgn_arena_array(&a, 0, 8));
	cr_assert_not_null(sgn_arena_array(&a, 8, 0));
	sgn_arena_dispose(&a);
}

Test(base_arena, copies_are_terminated_and_independent)
{
	struct sgn_arena a = {0};
	char source[] = "hello";
	struct sgn_view copy = SGN_VIEW_EMPTY;
	char *text = sgn_arena_strdup(&a, source);
	char *part = sgn_arena_strndup(&a, source, 2);

	cr_assert(sgn_arena_copy(&a, sgn_view_of(source, 3), &copy));
	memset(source, 'x', 5);
	cr_assert_str_eq(text, "hello");
	cr_assert_str_eq(part, "he");
	cr_assert(sgn_view_equal(copy, sgn_view_str("hel")));
	cr_assert_eq(copy.data[3], 0);
	cr_assert(sgn_arena_copy(&a, SGN_VIEW_EMPTY, &copy));
	cr_assert_eq(copy.size, 0);
	cr_assert_not_null(copy.data);
	sgn_arena_dispose(&a);
}

Test(base_arena, running_out_of_memory_keeps_what_was_there)
{
	struct sgn_arena a = {0};
	struct sgn_view copy = sgn_view_str("untouched");
	char *text = sgn_arena_strdup(&a, "kept");

	sgn_mem_fail_after(1);
	cr_assert_null(sgn_arena_alloc(&a, 1000000));
	cr_assert_not(sgn_arena_copy(&a, sgn_view_of("", (size_t)0x7fffffff), &copy));
	sgn_mem_fail_after(0);
	cr_assert(sgn_view_equal(copy, sgn_view_str("untouched")));
	cr_assert_str_eq(text, "kept");
	sgn_arena_dispose(&a);
	sgn_arena_dispose(&a);
}
