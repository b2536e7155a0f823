/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/buf.h"

#include <criterion/criterion.h>
#include <string.h>

#include "signer/base/mem.h"

static void expect(const struct sgn_buf *b, const char *bytes, size_t size)
{
	cr_assert_eq(b->size, size);
	cr_assert(sgn_view_equal(sgn_buf_view(b), sgn_view_of(bytes, size)));
}

Test(base_buf, numbers_are_written_in_the_order_named)
{
	struct sgn_buf b;

	sgn_buf_init(&b, 1000);
	sgn_wr_u8(&b, 1);
	sgn_wr_be32(&b, 0x02030405);
	sgn_wr_be64(&b, 0x060708090a0b0c0dull);
	expect(&b, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d", 13);
	sgn_buf_dispose(&b);
}

Test(base_buf, text_is_always_terminated)
{
	struct sgn_buf b;

	sgn_buf_init(&b, 64);
	cr_assert_str_eq(sgn_buf_str(&b), "");
	sgn_wr_fmt(&b, "%s-%d", "a", 7);
	sgn_wr_str(&b, "!");
	sgn_wr_hex(&b, sgn_view_of("\x0f\xa0", 2));
	cr_assert_str_eq(sgn_buf_str(&b), "a-7!0fa0");
	/* Full to the brim there must still be room for the NUL. */
	sgn_wr_zero(&b, 64 - b.size);
	cr_assert_eq(b.size, 64);
	cr_assert_str_eq(sgn_buf_str(&b), "a-7!0fa0");
	cr_assert_eq(sgn_buf_finish(&b, NULL, "x"), 0);
	sgn_buf_dispose(&b);
}

Test(base_buf, the_maximum_holds_to_the_byte_and_the_failure_sticks)
{
	struct sgn_buf b;
	struct sgn_error err = SGN_ERROR_INIT;

	sgn_buf_init(&b, 4);
	sgn_wr_be32(&b, 1);
	cr_assert_eq(sgn_buf_finish(&b, &err, "x"), 0);
	sgn_wr_u8(&b, 1);
	sgn_buf_view(&b);
	cr_assert_eq(b.size, 4);
	cr_assert_eq(sgn_buf_finish(&b, &err, "thing"), SGN_E_LIMIT);
	cr_assert_str_eq(err.text, "thing: more than 4 bytes");
	sgn_buf_reset(&b);
	cr_assert_eq(sgn_buf_finish(&b, &err, "x"), 0);
	sgn_wr_fmt(&b, "%s", "12345");
	cr_assert_eq(sgn_buf_finish(&b, &err, "x"), SGN_E_LIMIT);
	sgn_error_dispose(&err);
	sgn_buf_dispose(&b);
}

Test(base_buf, a_zeroed_buffer_takes_nothing_but_is_valid)
{
	struct sgn_buf b = {0};

	sgn_wr_bytes(&b, NULL, 0);
	cr_assert_eq(sgn_buf_finish(&b, NULL, "x"), 0);
	sgn_wr_u8(&b, 1);
	cr_assert_eq(sgn_buf_finish(&b, NULL, "x"), SGN_E_LIMIT);
	sgn_buf_dispose(&b);
}

Test(base_buf, huge_lengths_do_not_wrap)
{
	struct sgn_buf b;

	sgn_buf_init(&b, SIZE_MAX);
	sgn_wr_u8(&b, 1);
	sgn_wr_zero(&b, SIZE_MAX - 1);
	cr_assert_eq(b.size, 1);
	cr_assert_eq(sgn_buf_finish(&b, NULL, "x"), SGN_E_NOMEM);
	sgn_buf_dispose(&b);
}

Test(base_buf, holes_are_filled_afterwards)
{
	struct sgn_buf b;
	struct sgn_mark hole;

	sgn_buf_init(&b, 100);
	sgn_wr_u8(&b, 0xaa);
	hole = sgn_wr_hole32(&b);
	sgn_wr_u8(&b, 0xbb);
	sgn_wr_fill32(&b, hole, 0x01020304);
	expect(&b, "\xaa\x01\x02\x03\x04\xbb", 6);
	sgn_wr_patch(&b, 5, "\xcc", 1);
	expect(&b, "\xaa\x01\x02\x03\x04\xcc", 6);
	sgn_buf_dispose(&b);
}

Test(base_buf, numbers_and_places_out_of_range_are_failures)
{
	struct sgn_buf b;
	struct sgn_mark hole;
	struct sgn_error err = SGN_ERROR_INIT;

	sgn_buf_init(&b, 100);
	hole = sgn_wr_hole32(&b);
	sgn_wr_fill32(&b, hole, 0x100000000ull);
	cr_assert_eq(sgn_buf_finish(&b, &err, "blob"), SGN_E_LIMIT);
	cr_assert_str_eq(err.text, "blob: a length or offset is out of range");
	expect(&b, "\0\0\0\0", 4);
	sgn_buf_reset(&b);
	sgn_wr_be32(&b, 0);
	sgn_wr_patch(&b, 3, "ab", 2);
	cr_assert_eq(sgn_buf_finish(&b, &err, "x"), SGN_E_LIMIT);
	sgn_buf_reset(&b);
	sgn_wr_patch(&b, SIZE_MAX, "ab", 2);
	cr_assert_eq(sgn_buf_finish(&b, &err, "x"), SGN_E_LIMIT);
	sgn_error_dispose(&err);
	sgn_buf_dispose(&b);
}

Test(base_buf, taken_bytes_belong_to_the_taker)
{
	struct sgn_buf b;
	uint8_t *taken;
	size_t size;

	sgn_buf_init(&b, 100);
	cr_assert_null(sgn_buf_take(&b, &size));
	cr_assert_eq(size, 0);
	sgn_wr_str(&b, "abc");
	taken = sgn_buf_take(&b, &size);
	cr_assert_eq(size, 3);
	cr_assert_str_eq((char *)taken, "abc");
	cr_assert_eq(b.size, 0);
	sgn_wr_str(&b, "again");
	cr_assert_str_eq(sgn_buf_str(&b), "again");
	cr_assert_str_eq((char *)taken, "abc");
	sgn_free(taken);
	sgn_buf_dispose(&b);
}

Test(base_buf, a_failed_allocation_is_told_apart_from_the_maximum)
{
	struct sgn_buf b;

	sgn_buf_init(&b, 1000);
	sgn_mem_fail_after(1);
	sgn_wr_u8(&b, 1);
	sgn_mem_fail_after(0);
	cr_assert_eq(sgn_buf_finish(&b, NULL, "x"), SGN_E_NOMEM);
	cr_assert_str_eq(sgn_buf_str(&b), "");
	sgn_wr_u8(&b, 1);
	cr_assert_eq(b.size, 0, "it sticks although there is memory again");
	sgn_buf_dispose(&b);
}

/* What was written stays, however often the buffer moves. */
Test(base_buf, a_secret_buffer_keeps_its_content_while_it_grows)
{
	struct sgn_buf b;

	sgn_buf_init_secret(&b, 100000);
	for (int i = 0; i < 10000; i++)
		sgn_wr_be32(&b, (uint32_t)i);
	cr_assert_eq(b.size, 40000);
	for (size_t i = 0; i < 10000; i++) {
		cr_assert_eq(b.data[4 * i + 3], i & 255);
		cr_assert_eq(b.data[4 * i + 2], i >> 8);
	}
	sgn_buf_dispose(&b);
	cr_assert_null(b.data);
}
