/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/reader.h"

#include <criterion/criterion.h>

static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09};

Test(base_reader, both_byte_orders)
{
	struct sgn_reader r = sgn_rd_init(sgn_view_of(bytes, sizeof(bytes)));

	cr_assert_eq(sgn_rd_u16(&r), 0x0102);
	r.little = true;
	cr_assert_eq(sgn_rd_u16(&r), 0x0403);
	cr_assert_eq(sgn_rd_u32(&r), 0x08070605u);
	cr_assert_eq(sgn_rd_left(&r), 1);
	cr_assert(sgn_rd_ok(&r));
}

Test(base_reader, failure_is_sticky_and_names_its_place)
{
	struct sgn_reader r = sgn_rd_init(sgn_view_of(bytes, sizeof(bytes)));
	struct sgn_error err = SGN_ERROR_INIT;

	sgn_rd_skip(&r, 6);
	cr_assert_eq(sgn_rd_be32(&r), 0);
	cr_assert_not(sgn_rd_ok(&r));
	cr_assert_eq(sgn_rd_u8(&r), 0, "a later read that would fit must fail too");
	cr_assert_eq(sgn_rd_finish(&r, &err, "header"), SGN_E_FORMAT);
	cr_assert_eq(err.offset, 6);
	cr_assert_str_eq(err.text, "header: truncated");
}

Test(base_reader, huge_lengths_do_not_wrap)
{
	struct sgn_reader r = sgn_rd_init(sgn_view_of(bytes, sizeof(bytes)));

	sgn_rd_skip(&r, 1);
	cr_assert_eq(sgn_rd_bytes(&r, UINT64_MAX).size, 0);
	cr_assert_not(sgn_rd_ok(&r));
}

Test(base_reader, fixed_string_is_always_terminated)
{
	static const uint8_t name[] = {'_', '_', 'T', 'E', 'X', 'T', 0, 'x', 'A', 'B'};
	struct sgn_reader r = sgn_rd_init(sgn_view_of(name, sizeof(name)));
	char out[9];

	sgn_rd_fixed_str(&r, out, 8);
	cr_assert_str_eq(out, "__TEXT");
	sgn_rd_fixed_str(&r, out, 2);
	cr_assert_str_eq(out, "AB");
}
