/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/num.h"

#include <criterion/criterion.h>

Test(base_num, sums_at_the_edge)
{
	uint64_t out = 5;

	cr_assert(sgn_add_u64(UINT64_MAX - 1, 1, &out));
	cr_assert_eq(out, UINT64_MAX);
	cr_assert_not(sgn_add_u64(UINT64_MAX, 1, &out));
	cr_assert_eq(out, UINT64_MAX, "a refused sum leaves the result alone");
}

Test(base_num, products_at_the_edge)
{
	uint64_t out;

	cr_assert(sgn_mul_u64(UINT64_MAX, 1, &out));
	cr_assert_eq(out, UINT64_MAX);
	cr_assert(sgn_mul_u64(UINT64_MAX, 0, &out));
	cr_assert_eq(out, 0);
	cr_assert(sgn_mul_u64(0xffffffff, 0x100000001, &out));
	cr_assert_eq(out, UINT64_MAX);
	cr_assert_not(sgn_mul_u64(0x100000000, 0x100000000, &out));
}

Test(base_num, alignment)
{
	uint64_t out;

	cr_assert(sgn_align_u64(0, 16, &out));
	cr_assert_eq(out, 0);
	cr_assert(sgn_align_u64(1, 16, &out));
	cr_assert_eq(out, 16);
	cr_assert(sgn_align_u64(16, 16, &out));
	cr_assert_eq(out, 16);
	cr_assert(sgn_align_u64(7, 1, &out));
	cr_assert_eq(out, 7);
	cr_assert(sgn_align_u64(UINT64_MAX - 15, 16, &out));
	cr_assert_eq(out, UINT64_MAX - 15);
	cr_assert_not(sgn_align_u64(UINT64_MAX - 14, 16, &out));
}

Test(base_num, narrowing)
{
	uint32_t small = 1;
	size_t size;

	cr_assert(sgn_to_u32(UINT32_MAX, &small));
	cr_assert_eq(small, UINT32_MAX);
	cr_assert_not(sgn_to_u32(0x100000000, &small));
	cr_assert(sgn_to_size(SIZE_MAX, &size));
	cr_assert_eq(size, SIZE_MAX);
}

Test(base_num, powers_of_two)
{
	cr_assert(sgn_is_pow2(1));
	cr_assert(sgn_is_pow2(4096));
	cr_assert(sgn_is_pow2(1ull << 63));
	cr_assert_not(sgn_is_pow2(0));
	cr_assert_not(sgn_is_pow2(12));
	cr_assert_not(sgn_is_pow2(UINT64_MAX));
}
