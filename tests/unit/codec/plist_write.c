/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/codec/plist.h"

#define HEAD                                                      \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"            \
	"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" " \
	"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"   \
	"<plist version=\"1.0\">\n"
#define FOOT "</plist>\n"

static struct sgn_buf out;
static struct sgn_arena arena;
static struct sgn_error err = SGN_ERROR_INIT;

static void prepare(void)
{
	sgn_buf_init(&out, SGN_LIMIT_PLIST);
}

static void clean(void)
{
	sgn_buf_dispose(&out);
	sgn_arena_dispose(&arena);
	sgn_error_dispose(&err);
}

TestSuite(codec_plist_write, .init = prepare, .fini = clean);

/* The XML of v, written and compared; then read, written and compared again. */
static void expect(const struct sgn_value *v, const char *xml)
{
	struct sgn_value again;

	sgn_buf_reset(&out);
	cr_assert_eq(sgn_plist_write_xml(v, &out, &err), 0, "%s", err.text);
	cr_assert_str_eq(sgn_buf_str(&out), xml);
	cr_assert_eq(sgn_plist_read(sgn_view_str(xml), &arena, &again, NULL, &err), 0, "%s",
	             err.text);
	sgn_buf_reset(&out);
	cr_assert_eq(sgn_plist_write_xml(&again, &out, &err), 0);
	cr_assert_str_eq(sgn_buf_str(&out), xml);
}

static struct sgn_value bytes(enum sgn_value_kind kind, const void *data, size_t size)
{
	return (struct sgn_value){.kind = kind, .u.bytes = sgn_view_of(data, size)};
}

static struct sgn_value text(const char *s)
{
	return bytes(SGN_VALUE_STRING, s, strlen(s));
}

static struct sgn_value array_of(const struct sgn_value *items, size_t count)
{
	return (struct sgn_value){.kind = SGN_VALUE_ARRAY, .u.array = {items, count}};
}

static struct sgn_value dict_of(const struct sgn_value_entry *entries, size_t count)
{
	return (struct sgn_value){.kind = SGN_VALUE_DICT, .u.dict = {entries, count}};
}

/* The list inside the hash agility attribute of every signature: 278 bytes for one CodeDirectory. */
Test(codec_plist_write, agility_plist_of_one_cdhash)
{
	uint8_t cdhash[20];
	struct sgn_value hash, list, dict;
	struct sgn_value_entry entry;

	for (size_t i = 0; i < sizeof(cdhash); i++)
		cdhash[i] = (uint8_t)i;
	hash = bytes(SGN_VALUE_DATA, cdhash, sizeof(cdhash));
	list = array_of(&hash, 1);
	entry = (struct sgn_value_entry){sgn_view_str("cdhashes"), list};
	dict = dict_of(&entry, 1);
	expect(&dict,
	       HEAD "<dict>\n\t<key>cdhashes</key>\n\t<array>\n\t\t<data>\n"
	            "\t\tAAECAwQFBgcICQoLDA0ODxAREhM=\n\t\t</data>\n\t</array>\n</dict>\n" FOOT);
	cr_assert_eq(out.size, 278);
}

Test(codec_plist_write, empty_containers_and_scalars)
{
	struct sgn_value empty_dict = dict_of(NULL, 0), empty_array = array_of(NULL, 0);
	struct sgn_value yes = {.kind = SGN_VALUE_BOOL, .u.boolean = true};
	struct sgn_value low = {.kind = SGN_VALUE_INT, .u.integer = INT64_MIN};
	struct sgn_value high = {.kind = SGN_VALUE_INT, .is_unsigned = true, .u.uint = UINT64_MAX};
	struct sgn_value date = {.kind = SGN_VALUE_DATE, .u.date = -0.5};
	struct sgn_value none = bytes(SGN_VALUE_DATA, NULL, 0), blank = text("");

	expect(&empty_dict, HEAD "<dict/>\n" FOOT);
	expect(&empty_array, HEAD "<array/>\n" FOOT);
	expect(&yes, HEAD "<true/>\n" FOOT);
	expect(&low, HEAD "<integer>-9223372036854775808</integer>\n" FOOT);
	expect(&high, HEAD "<integer>18446744073709551615</integer>\n" FOOT);
	expect(&date, HEAD "<date>2000-12-31T23:59:59Z</date>\n" FOOT);
	expect(&none, HEAD "<data>\n</data>\n" FOOT);
	expect(&blank, HEAD "<string></string>\n" FOOT);
}

static void expect_real(double v, const char *shown)
{
	struct sgn_value real = {.kind = SGN_VALUE_REAL, .u.real = v};
	char xml[512];

	snprintf(xml, sizeof(xml), HEAD "<real>%s</real>\n" FOOT, shown);
	expect(&real, xml);
}

Test(codec_plist_write, reals_as_corefoundation_shows_them)
{
	expect_real(1000, "1000");
	expect_real(0, "0.0");
	expect_real(0.1, "0.10000000000000001");
	expect_real(-2.5, "-2.5");
	expect_real(HUGE_VAL, "+infinity");
	expect_real(-HUGE_VAL, "-infinity");
	expect_real(NAN, "nan");
}

Test(codec_plist_write, the_locale_does_not_matter)
{
	static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"};

	for (size_t i = 0; i < SGN_ARRAY_LEN(names); i++)
		if (setlocale(LC_ALL, names[i]))
			break;
	expect_real(1.5, "1.5");
}

Test(codec_plist_write, only_three_characters_are_escaped)
{
	struct sgn_value v = text("<a href=\"x\">'&\n\t\xc3\xa9");

	expect(&v, HEAD "<string>&lt;a href=\"x\"&gt;'&amp;\n\t\xc3\xa9</string>\n" FOOT);
}

/* U+1F600 is a surrogate pair and so sorts before U+FB01, although its code point is higher. */
Test(codec_plist_write, keys_are_sorted_by_utf16_units)
{
	const struct sgn_value one = {.kind = SGN_VALUE_BOOL, .u.boolean = true};
	const struct sgn_value_entry entries[] = {
		{sgn_view_str("\xef\xac\x81"), one}, {sgn_view_str("\xf0\x9f\x98\x80"), one},
		{sgn_view_str("^embedded"), one},    {sgn_view_str("^[^/]+$"), one},
		{sgn_view_str("^Resources/"), one},  {sgn_view_str("^.*"), one},
		{sgn_view_str("^Info"), one},        {sgn_view_str("\xed\x9f\xbf"), one},
	};
	struct sgn_value dict = dict_of(entries, SGN_ARRAY_LEN(entries));

	expect(&dict,
	       HEAD "<dict>\n"
	            "\t<key>^.*</key>\n\t<true/>\n\t<key>^Info</key>\n\t<true/>\n"
	            "\t<key>^Resources/</key>\n\t<true/>\n\t<key>^[^/]+$</key>\n\t<true/>\n"
	            "\t<key>^embedded</key>\n\t<true/>\n\t<key>\xed\x9f\xbf</key>\n\t<true/>\n"
	            "\t<key>\xf0\x9f\x98\x80</key>\n\t<true/>\n"
	            "\t<key>\xef\xac\x81</key>\n\t<true/>\n</dict>\n" FOOT);
}

Test(codec_plist_write, the_last_of_equal_keys_is_written)
{
	const struct sgn_value_entry entries[] = {
		{sgn_view_str("k"), text("first")},
		{sgn_view_str("a"), text("x")},
		{sgn_view_str("k"), text("last")},
	};
	struct sgn_value dict = dict_of(entries, SGN_ARRAY_LEN(entries));

	expect(&dict, HEAD "<dict>\n\t<key>a</key>\n\t<string>x</string>\n"
	                   "\t<key>k</key>\n\t<string>last</string>\n</dict>\n" FOOT);
}

/* The longest line of base64 in a data value inside depth arrays. */
static size_t data_line(unsigned depth)
{
	static const uint8_t zeros[100];
	struct sgn_value v = bytes(SGN_VALUE_DATA, zeros, sizeof(zeros)), nest[16];
	const char *line;

	for (unsigned i = 0; i < depth; i++) {
		nest[i] = v;
		v = array_of(&nest[i], 1);
	}
	sgn_buf_reset(&out);
	cr_assert_eq(sgn_plist_write_xml(&v, &out, &err), 0);
	line = strstr(sgn_buf_str(&out), "AAAA");
	return strcspn(line, "\n");
}

Test(codec_plist_write, data_lines_get_shorter_with_the_indent)
{
	cr_assert_eq(data_line(0), 76);
	cr_assert_eq(data_line(1), 68);
	cr_assert_eq(data_line(2), 60);
	cr_assert_eq(data_line(3), 52);
	cr_assert_eq(data_line(8), 12);
	cr_assert_eq(data_line(12), 12);
}

Test(codec_plist_write, refuses_what_xml_cannot_hold)
{
	struct sgn_value control = text("a\x01"), wild = text("\xff"), never = text("\xef\xbf\xbe");
	struct sgn_value far = {.kind = SGN_VALUE_DATE, .u.date = 1e18};

	cr_assert_eq(sgn_plist_write_xml(&control, &out, &err), SGN_E_FORMAT);
	cr_assert_str_eq(err.text, "a string holds a character that XML cannot express");
	cr_assert_eq(sgn_plist_write_xml(&wild, &out, &err), SGN_E_FORMAT);
	cr_assert_eq(sgn_plist_write_xml(&never, &out, &err), SGN_E_FORMAT);
	cr_assert_eq(sgn_plist_write_xml(&far, &out, &err), SGN_E_FORMAT);
}

Test(codec_plist_write, depth_and_size_are_limited)
{
	struct sgn_value nest[SGN_LIMIT_PLIST_DEPTH + 2];
	struct sgn_value v = array_of(NULL, 0);
	struct sgn_buf tiny;

	for (size_t i = 0; i < SGN_ARRAY_LEN(nest); i++) {
		nest[i] = v;
		v = array_of(&nest[i], 1);
	}
	cr_assert_eq(sgn_plist_write_xml(&v, &out, &err), SGN_E_LIMIT);
	sgn_buf_init(&tiny, 100);
	cr_assert_eq(sgn_plist_write_xml(&nest[0], &tiny, &err), SGN_E_LIMIT);
	sgn_buf_dispose(&tiny);
}
