/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/pki/ber.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sgn_view bytes_of(const char *literal, size_t size)
{
	return sgn_view_of(literal, size);
}

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)

Test(pki_ber, definite_items_are_taken_one_by_one)
{
	struct sgn_view in = BYTES("\x02\x01\x05\x04\x81\x02\x61\x62\x05\x00");
	struct sgn_ber_item item;

	cr_assert(sgn_ber_next(&in, &item));
	cr_assert_eq(item.tag, 2);
	cr_assert_eq(item.content.data[0], 5);
	cr_assert(sgn_ber_next(&in, &item), "a length longer than needed is BER");
	cr_assert(sgn_view_equal(item.content, BYTES("ab")));
	cr_assert_eq(item.whole.size, 5);
	cr_assert(sgn_ber_next(&in, &item));
	cr_assert_not(sgn_ber_next(&in, &item));
}

Test(pki_ber, indefinite_lengths_nest)
{
	struct sgn_view in = BYTES("\x30\x80\x30\x80\x02\x01\x05\x00\x00\x00\x00\x04\x01\x61");
	struct sgn_ber_item item;

	cr_assert(sgn_ber_take(&in, SGN_BER_SEQUENCE, &item));
	cr_assert(item.indefinite);
	cr_assert_eq(item.whole.size, 11);
	cr_assert(sgn_view_equal(item.content, BYTES("\x30\x80\x02\x01\x05\x00\x00")));
	cr_assert_eq(in.size, 3);
}

Test(pki_ber, take_leaves_another_tag_alone)
{
	struct sgn_view in = BYTES("\x02\x01\x05");
	struct sgn_ber_item item;

	cr_assert_not(sgn_ber_take(&in, SGN_BER_OID, &item));
	cr_assert_eq(in.size, 3);
}

Test(pki_ber, damage_is_refused)
{
	static const struct {
		const char *bytes;
		size_t size;
	} bad[] = {
		{"\x30", 1},                                          /* no length */
		{"\x30\x05\x02", 3},                                  /* content cut off */
		{"\x04\x80\x00\x00", 4},                              /* indefinite but primitive */
		{"\x30\x80\x02\x01\x05", 5},                          /* no end marker */
		{"\x1f\x81\x01\x00", 4},                              /* long tag */
		{"\x04\x88\xff\xff\xff\xff\xff\xff\xff\xff\x00", 11}, /* 2^64 - 1 bytes */
		{"\x04\x89\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00", 12},
	};
	struct sgn_ber_item item;

	for (size_t i = 0; i < SGN_ARRAY_LEN(bad); i++) {
		struct sgn_view in = bytes_of(bad[i].bytes, bad[i].size);

		cr_assert_not(sgn_ber_next(&in, &item), "case %zu", i);
	}
}

Test(pki_ber, nesting_has_a_limit)
{
	uint8_t deep[200];
	struct sgn_view in = sgn_view_of(deep, sizeof(deep));
	struct sgn_ber_item item;

	for (size_t i = 0; i < 50; i++)
		memcpy(deep + 2 * i, "\x30\x80", 2);
	memset(deep + 100, 0, 100);
	cr_assert_not(sgn_ber_next(&in, &item));
}

Test(pki_ber, strings_in_pieces_are_joined)
{
	struct sgn_view in =
		BYTES("\x24\x80\x04\x02\x61\x62\x24\x03\x04\x01\x63\x04\x01\x64\x00\x00");
	struct sgn_arena arena = {0};
	struct sgn_ber_item item;
	struct sgn_view out;

	cr_assert(sgn_ber_next(&in, &item));
	cr_assert_eq(sgn_ber_octets(&item, &arena, &out, NULL), 0);
	cr_assert(sgn_view_equal(out, BYTES("abcd")));

	in = BYTES("\x24\x03\x02\x01\x05");
	cr_assert(sgn_ber_next(&in, &item));
	cr_assert_eq(sgn_ber_octets(&item, &arena, &out, NULL), SGN_E_FORMAT);
	in = BYTES("\x24\x00");
	cr_assert(sgn_ber_next(&in, &item));
	cr_assert_eq(sgn_ber_octets(&item, &arena, &out, NULL), 0);
	cr_assert_eq(out.size, 0);
	sgn_arena_dispose(&arena);
}

static bool time_of(struct sgn_view in, int64_t *out)
{
	struct sgn_ber_item item;

	return sgn_ber_next(&in, &item) && sgn_ber_time(&item, out);
}

Test(pki_ber, times)
{
	int64_t t = 0;

	cr_assert(time_of(BYTES("\x17\x0d"
	                        "250615150640Z"),
	                  &t));
	cr_assert_eq(t, 1750000000);
	cr_assert(time_of(BYTES("\x17\x0d"
	                        "500101000000Z"),
	                  &t));
	cr_assert_lt(t, 0, "1950");
	cr_assert(time_of(BYTES("\x18\x0f"
	                        "20500101000000Z"),
	                  &t));
	cr_assert_eq(t, 2524608000);
	cr_assert(time_of(BYTES("\x18\x13"
	                        "20500101000000.123Z"),
	                  &t));
	cr_assert_eq(t, 2524608000);
	cr_assert_not(time_of(BYTES("\x17\x0d"
	                            "251315150640Z"),
	                      &t),
	              "month 13");
	cr_assert_not(time_of(BYTES("\x17\x0b"
	                            "2506151506Z"),
	                      &t),
	              "no seconds");
	cr_assert_not(time_of(BYTES("\x17\x11"
	                            "250615150640+0100"),
	                      &t));
	cr_assert_not(time_of(BYTES("\x18\x0d"
	                            "2506 515064 Z"),
	                      &t));
	cr_assert_not(time_of(BYTES("\x04\x01"
	                            "x"),
	                      &t));
	cr_assert_not(time_of(BYTES("\x17\x00"), &t));
}
