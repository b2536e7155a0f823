/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/codec/der.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sgn_buf out;
static struct sgn_error err = SGN_ERROR_INIT;

static void prepare(void)
{
	sgn_buf_init(&out, 1 << 20);
}

static void clean(void)
{
	sgn_buf_dispose(&out);
	sgn_error_dispose(&err);
}

TestSuite(codec_der, .init = prepare, .fini = clean);

static int next(const void *bytes, size_t size, struct sgn_der_item *item)
{
	struct sgn_view in = sgn_view_of(bytes, size);

	return sgn_der_next(&in, item, &err);
}

#define REFUSED(offset_, ...)                                                                     \
	do {                                                                                      \
		static const uint8_t bytes_[] = {__VA_ARGS__};                                    \
		struct sgn_der_item item_;                                                        \
		cr_expect_eq(next(bytes_, sizeof(bytes_), &item_), SGN_E_FORMAT);                 \
		cr_expect_eq(err.offset, offset_, "offset %llu", (unsigned long long)err.offset); \
	} while (0)

Test(codec_der, items_follow_each_other)
{
	static const uint8_t bytes[] = {0x30, 0x03, 0x02, 0x01, 0x05, 0x01, 0x01, 0xff};
	struct sgn_view in = sgn_view_of(bytes, sizeof(bytes));
	struct sgn_der_item outer, inner;

	cr_assert_eq(sgn_der_next(&in, &outer, &err), 0);
	cr_assert_eq(outer.tag, SGN_DER_SEQUENCE);
	cr_assert_eq(outer.whole.size, 5);
	cr_assert_eq(sgn_der_next(&outer.content, &inner, &err), 0);
	cr_assert_eq(inner.tag, SGN_DER_INTEGER);
	cr_assert_eq(outer.content.size, 0);
	cr_assert_eq(sgn_der_next(&in, &inner, &err), 0);
	cr_assert_eq(inner.content.data[0], 0xff);
	cr_assert_eq(in.size, 0);
	cr_assert_eq(sgn_der_next(&in, &inner, &err), SGN_E_FORMAT, "nothing is left");
}

Test(codec_der, refuses_what_ber_allows)
{
	REFUSED(1, 0x30, 0x80, 0x00, 0x00);                /* indefinite */
	REFUSED(1, 0x04, 0x81, 0x01, 0x00);                /* long form for a short length */
	REFUSED(1, 0x04, 0x82, 0x00, 0x01, 0x00);          /* leading zero */
	REFUSED(0, 0x1f, 0x81, 0x01, 0x01, 0x00);          /* tag in several bytes */
	REFUSED(1, 0x04, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0); /* length beyond 64 bits */
}

Test(codec_der, refuses_lengths_outside)
{
	REFUSED(1, 0x04, 0x02, 0x00);
	REFUSED(1, 0x04, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
	REFUSED(1, 0x04);
	REFUSED(3, 0x04, 0x82, 0x01);
}

static void expect_int(int64_t v, const char *bytes, size_t size)
{
	struct sgn_der_item item;
	int64_t back = 0;

	sgn_buf_reset(&out);
	sgn_der_write_int(&out, v);
	cr_assert_eq(out.size, size);
	cr_assert_eq(memcmp(out.data, bytes, size), 0);
	cr_assert_eq(next(out.data, out.size, &item), 0);
	cr_assert(sgn_der_get_int(item.content, &back));
	cr_assert_eq(back, v);
}

Test(codec_der, integers_have_their_shortest_form)
{
	expect_int(0, "\x02\x01\x00", 3);
	expect_int(127, "\x02\x01\x7f", 3);
	expect_int(128, "\x02\x02\x00\x80", 4);
	expect_int(256, "\x02\x02\x01\x00", 4);
	expect_int(-1, "\x02\x01\xff", 3);
	expect_int(-128, "\x02\x01\x80", 3);
	expect_int(-129, "\x02\x02\xff\x7f", 4);
	expect_int(INT64_MAX, "\x02\x08\x7f\xff\xff\xff\xff\xff\xff\xff", 10);
	expect_int(INT64_MIN, "\x02\x08\x80\x00\x00\x00\x00\x00\x00\x00", 10);
}

Test(codec_der, unsigned_integers_may_need_nine_bytes)
{
	struct sgn_der_item item;
	uint64_t back;
	int64_t small;

	sgn_der_write_uint(&out, UINT64_MAX);
	cr_assert_eq(out.size, 11);
	cr_assert_eq(memcmp(out.data, "\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff", 11), 0);
	cr_assert_eq(next(out.data, out.size, &item), 0);
	cr_assert(sgn_der_get_uint(item.content, &back));
	cr_assert_eq(back, UINT64_MAX);
	cr_assert_not(sgn_der_get_int(item.content, &small));
}

Test(codec_der, integers_in_a_longer_form_are_refused)
{
	uint64_t u;
	int64_t v;

	cr_assert_not(sgn_der_get_int(sgn_view_of("\x00\x01", 2), &v));
	cr_assert_not(sgn_der_get_int(sgn_view_of("\xff\x80", 2), &v));
	cr_assert_not(sgn_der_get_int(SGN_VIEW_EMPTY, &v));
	cr_assert_not(sgn_der_get_uint(sgn_view_of("\xff", 1), &u), "negative");
	cr_assert_not(sgn_der_get_uint(sgn_view_of("\x01\0\0\0\0\0\0\0\0", 9), &u));
}

Test(codec_der, wrapping_nests_and_agrees_with_size)
{
	static const uint8_t zeros[70000];
	static const size_t sizes[] = {0, 1, 127, 128, 255, 256, 65535, 65536};
	struct sgn_der_item item;

	for (size_t i = 0; i < SGN_ARRAY_LEN(sizes); i++) {
		sgn_buf_reset(&out);
		sgn_wr_str(&out, "front");
		sgn_wr_bytes(&out, zeros, sizes[i]);
		sgn_der_wrap(&out, 5, SGN_DER_SEQUENCE);
		cr_assert_eq(out.size, 5 + sgn_der_size(sizes[i]));
		cr_assert_eq(memcmp(out.data, "front", 5), 0);
		cr_assert_eq(next(out.data + 5, out.size - 5, &item), 0);
		cr_assert_eq(item.content.size, sizes[i]);
	}
	sgn_buf_reset(&out);
	sgn_der_write(&out, SGN_DER_OCTETS, sgn_view_of(zeros, 300));
	cr_assert_eq(out.size, 304);
	cr_assert_eq(memcmp(out.data, "\x04\x82\x01\x2c", 4), 0);
}

Test(codec_der, a_full_buffer_stays_bad)
{
	struct sgn_buf tiny;

	sgn_buf_init(&tiny, 4);
	sgn_wr_str(&tiny, "abcd");
	sgn_der_wrap(&tiny, 0, SGN_DER_SEQUENCE);
	cr_assert_eq(sgn_buf_finish(&tiny, &err, "x"), SGN_E_LIMIT);
	sgn_buf_dispose(&tiny);
}
