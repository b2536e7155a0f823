/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/codec/plist.h"

#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "signer/base/limits.h"

static struct sgn_arena arena;
static struct sgn_error err = SGN_ERROR_INIT;
static struct sgn_plist_info info;
static struct sgn_value value;

/* A binary list under construction: objects with numbers of one byte. */
static struct sgn_buf file;
static size_t offsets[256];
static unsigned objects;

static void prepare(void)
{
	sgn_buf_init(&file, 1 << 24);
	sgn_wr_str(&file, "bplist00");
}

static void clean(void)
{
	sgn_buf_dispose(&file);
	sgn_arena_dispose(&arena);
	sgn_error_dispose(&err);
}

TestSuite(codec_plist, .init = prepare, .fini = clean);

static void object(const void *bytes, size_t size)
{
	offsets[objects++] = file.size;
	sgn_wr_bytes(&file, bytes, size);
}

#define OBJECT(...)                                            \
	do {                                                   \
		static const uint8_t bytes_[] = {__VA_ARGS__}; \
		object(bytes_, sizeof(bytes_));                \
	} while (0)

static void finish(uint64_t root)
{
	size_t table = file.size;

	for (unsigned i = 0; i < objects; i++)
		sgn_wr_be32(&file, (uint32_t)offsets[i]);
	sgn_wr_zero(&file, 6);
	sgn_wr_u8(&file, 4);
	sgn_wr_u8(&file, 1);
	sgn_wr_be64(&file, objects);
	sgn_wr_be64(&file, root);
	sgn_wr_be64(&file, table);
}

static int read_file(void)
{
	return sgn_plist_read(sgn_buf_view(&file), &arena, &value, &info, &err);
}

static int read_one(const void *bytes, size_t size)
{
	sgn_buf_reset(&file);
	sgn_wr_str(&file, "bplist00");
	objects = 0;
	object(bytes, size);
	finish(0);
	return read_file();
}

#define READ_ONE(...) \
	read_one((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

Test(codec_plist, sniffs_the_format)
{
	cr_assert_eq(sgn_plist_sniff(sgn_view_str("bplist00")), SGN_PLIST_BINARY);
	cr_assert_eq(sgn_plist_sniff(sgn_view_str("<plist/>")), SGN_PLIST_XML);
	cr_assert_eq(sgn_plist_sniff(sgn_view_str("\xef\xbb\xbf\n <a")), SGN_PLIST_XML);
	cr_assert_eq(sgn_plist_sniff(sgn_view_of("\xfe\xff\0<", 4)), SGN_PLIST_XML);
	cr_assert_eq(sgn_plist_sniff(sgn_view_str("{}")), SGN_PLIST_UNKNOWN);
	cr_assert_eq(sgn_plist_sniff(SGN_VIEW_EMPTY), SGN_PLIST_UNKNOWN);
}

Test(codec_plist, reads_a_binary_dictionary)
{
	OBJECT(0xd2, 1, 2, 3, 4);
	OBJECT(0x51, 'a');
	OBJECT(0x61, 0x00, 0xe9); /* UTF-16 */
	OBJECT(0x09);
	OBJECT(0xa2, 3, 5);
	OBJECT(0x42, 0x00, 0xff);
	finish(0);
	cr_assert_eq(read_file(), 0, "%s", err.text);
	cr_assert_eq(info.format, SGN_PLIST_BINARY);
	cr_assert_eq(info.oddities, 0);
	cr_assert_eq(value.u.dict.count, 2);
	cr_assert(sgn_value_is_true(sgn_value_get(&value, "a")));
	cr_assert_eq(sgn_value_get(&value, "\xc3\xa9")->u.array.count, 2);
	cr_assert(sgn_view_equal(sgn_value_get(&value, "\xc3\xa9")->u.array.items[1].u.bytes,
	                         sgn_view_of("\x00\xff", 2)));
}

Test(codec_plist, integers_keep_their_sign)
{
	cr_assert_eq(READ_ONE(0x10, 0xff), 0);
	cr_assert_eq(value.u.integer, 255);
	cr_assert_eq(READ_ONE(0x12, 0xff, 0xff, 0xff, 0xff), 0);
	cr_assert_eq(value.u.integer, 4294967295);
	cr_assert_eq(READ_ONE(0x13, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe), 0);
	cr_assert_eq(value.u.integer, -2);
	cr_assert_not(value.is_unsigned);
	cr_assert_eq(READ_ONE(0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	                      0xff, 0xfe),
	             0);
	cr_assert(value.is_unsigned);
	cr_assert_eq(value.u.uint, UINT64_MAX - 1);
}

Test(codec_plist, reals_and_dates)
{
	cr_assert_eq(READ_ONE(0x22, 0x3f, 0xc0, 0, 0), 0);
	cr_assert_float_eq(value.u.real, 1.5, 1e-9);
	cr_assert_eq(READ_ONE(0x33, 0x40, 0xf5, 0x18, 0, 0, 0, 0, 0), 0);
	cr_assert_eq(value.kind, SGN_VALUE_DATE);
	cr_assert_float_eq(value.u.date, 86400.0, 1e-6);
}

Test(codec_plist, an_equal_key_is_noted)
{
	OBJECT(0xd2, 1, 2, 3, 3);
	OBJECT(0x51, 'a');
	OBJECT(0x51, 'a');
	OBJECT(0x09);
	finish(0);
	cr_assert_eq(read_file(), 0, "%s", err.text);
	cr_assert_eq(info.oddities, SGN_PLIST_DUPLICATE_KEY);
}

Test(codec_plist, damaged_objects_are_refused)
{
	cr_expect_eq(READ_ONE(0x00), SGN_E_FORMAT, "null");
	cr_expect_eq(READ_ONE(0x0f), SGN_E_FORMAT, "fill");
	cr_expect_eq(READ_ONE(0x15), SGN_E_FORMAT, "integer of 32 bytes");
	cr_expect_eq(READ_ONE(0x14, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0), SGN_E_FORMAT);
	cr_expect_eq(READ_ONE(0x13, 0), SGN_E_FORMAT, "cut integer");
	cr_expect_eq(READ_ONE(0x24), SGN_E_FORMAT);
	cr_expect_eq(READ_ONE(0x33, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0), SGN_E_FORMAT, "endless date");
	cr_expect_eq(READ_ONE(0x33, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0), SGN_E_FORMAT, "no date");
	cr_expect_eq(READ_ONE(0x52, 'a'), SGN_E_FORMAT);
	cr_expect_eq(READ_ONE(0x52, 'a', 0), SGN_E_FORMAT, "NUL");
	cr_expect_eq(READ_ONE(0x61, 0, 0), SGN_E_FORMAT, "NUL");
	cr_expect_eq(READ_ONE(0x51, 0xff), SGN_E_FORMAT, "no Unicode");
	cr_expect_eq(READ_ONE(0x4f, 0x13, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
	             SGN_E_FORMAT);
	cr_expect_eq(READ_ONE(0x6f, 0x13, 0x80, 0, 0, 0, 0, 0, 0, 1), SGN_E_FORMAT);
	cr_expect_eq(READ_ONE(0xaf, 0x13, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
	             SGN_E_FORMAT);
	cr_expect_eq(READ_ONE(0xdf, 0x13, 0x80, 0, 0, 0, 0, 0, 0, 1), SGN_E_FORMAT);
	cr_expect_eq(READ_ONE(0xa1, 9), SGN_E_FORMAT, "no such object");
	cr_expect_eq(READ_ONE(0x80, 1), SGN_E_FORMAT);
	cr_expect_str_eq(err.text, "binary property list: UID: this is a keyed archive");
}

Test(codec_plist, a_key_must_be_a_string)
{
	OBJECT(0xd1, 1, 1);
	OBJECT(0x09);
	finish(0);
	cr_assert_eq(read_file(), SGN_E_FORMAT);
	cr_assert_str_eq(err.text, "binary property list: key is no string");
}

Test(codec_plist, an_array_in_itself_ends_at_the_depth_limit)
{
	cr_assert_eq(READ_ONE(0xa1, 0), SGN_E_LIMIT);
	cr_assert_str_eq(err.text, "binary property list: more than 128 levels");
}

/* Each array names the next one twice: 60 small objects would be 2^60 values. */
Test(codec_plist, shared_objects_do_not_explode)
{
	clock_t start = clock();

	for (uint8_t i = 0; i < 60; i++) {
		const uint8_t bytes[] = {0xa2, (uint8_t)(i + 1), (uint8_t)(i + 1)};

		object(bytes, sizeof(bytes));
	}
	OBJECT(0x09);
	finish(0);
	cr_assert_eq(read_file(), SGN_E_LIMIT);
	cr_assert(strstr(err.text, "values when spelled out"));
	cr_assert_lt((clock() - start) / CLOCKS_PER_SEC, 20);
}

Test(codec_plist, one_large_text_named_often_is_refused)
{
	static const uint8_t head[] = {0x5f, 0x12, 0x00, 0x10, 0x00, 0x00}; /* 1 MiB */

	OBJECT(0xaf, 0x10, 100);
	for (int i = 0; i < 100; i++)
		sgn_wr_u8(&file, 1);
	object(head, sizeof(head));
	for (int i = 0; i < 1 << 20; i++)
		sgn_wr_u8(&file, 'x');
	finish(0);
	cr_assert_eq(read_file(), SGN_E_LIMIT);
	cr_assert(strstr(err.text, "bytes when spelled out"));
}

Test(codec_plist, impossible_trailers_are_refused)
{
	static const struct {
		size_t from_end;
		uint8_t byte;
	} hits[] = {{26, 0},    {26, 9}, {25, 0},   {25, 99}, {24, 0xff}, {17, 0xff},
	            {16, 0xff}, {9, 9},  {8, 0xff}, {1, 0},   {1, 1},     {1, 0xff}};

	for (size_t i = 0; i < SGN_ARRAY_LEN(hits); i++) {
		sgn_buf_reset(&file);
		sgn_wr_str(&file, "bplist00");
		objects = 0;
		OBJECT(0x09);
		finish(0);
		cr_assert_eq(read_file(), 0);
		file.data[file.size - hits[i].from_end] = hits[i].byte;
		cr_expect_lt(read_file(), 0, "byte %zu from the end = %u", hits[i].from_end,
		             hits[i].byte);
	}
}

Test(codec_plist, every_truncation_is_refused)
{
	OBJECT(0xd1, 1, 2);
	OBJECT(0x51, 'a');
	OBJECT(0x09);
	finish(0);
	for (size_t size = 0; size < file.size; size++)
		cr_assert_lt(
			sgn_plist_read(sgn_view_of(file.data, size), &arena, &value, &info, &err),
			0, "first %zu bytes", size);
}

Test(codec_plist, mutated_binary_lists_do_no_harm)
{
	uint64_t seed = 1234567;
	uint8_t copy[256];
	size_t size;

	OBJECT(0xd2, 1, 2, 3, 4);
	OBJECT(0x51, 'a');
	OBJECT(0x62, 0xd8, 0x3d, 0xde, 0x00);
	OBJECT(0x13, 0, 0, 0, 0, 0, 0, 0, 7);
	OBJECT(0xa3, 3, 5, 6);
	OBJECT(0x42, 0x00, 0xff);
	OBJECT(0x33, 0x40, 0xf5, 0x18, 0, 0, 0, 0, 0);
	finish(0);
	cr_assert_eq(read_file(), 0, "%s", err.text);
	size = file.size;
	for (int i = 0; i < 20000; i++) {
		memcpy(copy, file.data, size);
		for (int k = 0; k < 2; k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			copy[8 + (seed >> 33) % (size - 8)] = (uint8_t)(seed >> 25);
		}
		sgn_plist_read(sgn_view_of(copy, size), &arena, &value, &info, &err);
		sgn_arena_dispose(&arena);
	}
}

Test(codec_plist, too_large_input_is_not_looked_at)
{
	struct sgn_view huge = {(const uint8_t *)"<plist/>", (size_t)SGN_LIMIT_PLIST + 1};

	/* Only the first bytes may be read: the view is longer than what is behind it. */
	cr_assert_eq(
		sgn_plist_read(sgn_view_of("bplist00", huge.size), &arena, &value, &info, &err),
		SGN_E_LIMIT);
}
