/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "signer/base/limits.h"
#include "signer/codec/plist.h"

#define HEAD                                                      \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"            \
	"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" " \
	"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"   \
	"<plist version=\"1.0\">\n"

static struct sgn_arena arena;
static struct sgn_error err = SGN_ERROR_INIT;
static struct sgn_plist_info info;
static struct sgn_value value;

static int read_view(struct sgn_view in)
{
	return sgn_plist_read(in, &arena, &value, &info, &err);
}

static int read_text(const char *text)
{
	return read_view(sgn_view_str(text));
}

static void clean(void)
{
	sgn_arena_dispose(&arena);
	sgn_error_dispose(&err);
}

TestSuite(codec_plist_xml, .fini = clean);

struct refused {
	const char *xml;
	const char *text; /* the whole message */
	const char *cure; /* a part of the cure, or NULL for none */
};

/* clang-format off */
static const struct refused refused[] = {
	{HEAD "<dict>\n<key>a</key>\n<string>x\n</dict>\n</plist>\n",
	 "line 7, column 1: </dict> where <string> of line 6 is still open", "</string>"},
	{HEAD "<dict>\n\t<key>a</key>\n",
	 "line 6, column 1: the file ends inside <dict>, opened on line 4", "</dict>"},
	{HEAD "<string>a & b</string></plist>",
	 "line 4, column 11: an & in the text is not escaped", "&amp;"},
	{HEAD "<string>a&b</string></plist>",
	 "line 4, column 10: an & in the text is not escaped", "&amp;"},
	{HEAD "<string>a < b</string></plist>",
	 "line 4, column 11: a < that begins no tag", "&lt;"},
	{HEAD "<string>&nbsp;</string></plist>",
	 "line 4, column 15: an entity that is not defined", "&apos;"},
	{"<?xml version=\xe2\x80\x9c" "1.0\xe2\x80\x9d?>\n<plist><dict/></plist>",
	 "line 1, column 15: a quotation mark is missing", "curly"},
	{"<plist version=\xe2\x80\x9c" "1.0\xe2\x80\x9d><dict/></plist>",
	 "line 1, column 16: a quotation mark is missing", "curly"},
	{"<plist version=1.0><dict/></plist>",
	 "line 1, column 16: a quotation mark is missing", "straight quotation marks"},
	{HEAD "<dict>\n\t<string>x</string>\n</dict></plist>",
	 "line 5, column 2: <string> in a <dict> without a <key> in front of it", NULL},
	{HEAD "<dict>\n<key>x</key>\n  <key>y</key><true/></dict></plist>",
	 "line 6, column 3: key 'x' has no value", NULL},
	{HEAD "<dict><key>x</key>\n</dict></plist>",
	 "line 5, column 1: key 'x' at the end of <dict> has no value", NULL},
	{HEAD "<array><key>x</key></array></plist>",
	 "line 4, column 8: <key> outside of a <dict>", NULL},
	{"<key>x</key>", "line 1, column 1: <key> outside of a <dict>", NULL},
	{HEAD "<dict><key>x</key>\n \xc3\xa9 foo\n<true/></dict></plist>",
	 "line 5, column 2: text in <dict>, outside of a value", NULL},
	{HEAD "<true>no</true></plist>",
	 "line 4, column 7: text in <true>, outside of a value", NULL},
	{HEAD "<array>\n  <bool>1</bool></array></plist>",
	 "line 5, column 3: <bool> is no element of a property list", NULL},
	{"\n  <plist><a/></plist>", "line 2, column 10: <a> is no element of a property list", NULL},
	{HEAD "<string>a<true/></string></plist>",
	 "line 4, column 10: <true> inside <string>, opened on line 4", "&lt;"},
	{HEAD "<array><plist/></array></plist>", "line 4, column 8: <plist> inside <array>", NULL},
	{HEAD "<dict ID=\"3\"/></plist>", "line 4, column 1: attribute 'ID' on <dict>", NULL},
	{"<plist xmlns=\"urn:x\"><dict/></plist>",
	 "line 1, column 1: <plist> is no element of a property list", NULL},
	{HEAD "<dict/><dict/></plist>", "line 4, column 8: a second value in <plist>", NULL},
	{HEAD "</plist>", "line 4, column 1: <plist> holds no value", NULL},
	{HEAD "<dict/></plist>\nfoo",
	 "line 5, column 1: something follows the end of the property list", "</plist>"},
	{HEAD "<data>\nAAAA\n A!AA</data></plist>",
	 "line 6, column 3: <data> is no base64: wrong character", NULL},
	{HEAD "<data>AAA</data></plist>",
	 "line 4, column 10: <data> is no base64: incomplete at its end", NULL},
	{HEAD "<integer>12a</integer></plist>", "line 4, column 13: <integer> holds '12a'", NULL},
	{HEAD "<integer></integer></plist>", "line 4, column 10: <integer> holds ''", NULL},
	{HEAD "<integer>18446744073709551616</integer></plist>",
	 "line 4, column 30: <integer> holds '18446744073709551616'", NULL},
	{HEAD "<integer>-9223372036854775809</integer></plist>",
	 "line 4, column 30: <integer> holds '-9223372036854775809'", NULL},
	{HEAD "<real>1,5</real></plist>", "line 4, column 10: <real> holds '1,5'", NULL},
	{HEAD "<real>0x10</real></plist>", "line 4, column 11: <real> holds '0x10'", NULL},
	{HEAD "<date>2020-13-01T00:00:00Z</date></plist>",
	 "line 4, column 27: <date> holds '2020-13-01T00:00:00Z'", "YYYY-MM-DD"},
	{HEAD "<date>0</date></plist>", "line 4, column 8: <date> holds '0'", "YYYY-MM-DD"},
	{HEAD "<!-- a -- b --><dict/></plist>", "line 4, column 8: -- inside a comment", "-->"},
	{HEAD "<string>\x01</string></plist>",
	 "line 4, column 9: a control character, which XML does not allow", "delete"},
	{HEAD "<string>\xff\xfe</string></plist>", "line 4, column 9: bytes that are not UTF-8", "UTF-8"},
	{"<!DOCTYPE html>\n<html></html>", "line 1, column 15: document type 'html', not plist", NULL},
	{"<!DOCTYPE plist [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><plist><string>&a;</string></plist>",
	 "line 1, column 56: entity declared in the document type", "brackets"},
	{"<!DOCTYPE plist [<!ENTITY % a SYSTEM \"http://[::1]/x\"> %a;]><plist><true/></plist>",
	 "line 1, column 54: entity declared in the document type", "brackets"},
	{"<!DOCTYPE plist [<!ATTLIST dict ID (a|b) \"a\">]><plist><dict/></plist>",
	 "line 1, column 45: attribute declared in the document type", "brackets"},
	{"{ \"a\": true }", "line 1, column 1: this is JSON, not an XML property list", "plutil"},
	{"\n  { a = b; }",
	 "line 2, column 3: this is an old-style property list, not an XML property list", "plutil"},
	{"( a )", "line 1, column 1: this is an old-style property list, not an XML property list",
	 "plutil"},
	{"---\na: b", "line 1, column 1: this is YAML, not an XML property list", "XML"},
	{"\x30\x82\x01\x02", "line 1, column 1: this is DER or a provisioning profile, "
	 "not an XML property list", "inside"},
	{"hello", "line 1, column 1: this does not begin with <, not an XML property list", "XML"},
	{" \n", "line 1, column 1: the property list is empty", "<dict/>"},
};
/* clang-format on */

/* By number: Criterion hands parameters to another process, where pointers mean nothing. */
ParameterizedTestParameters(codec_plist_xml, refuses_with_place_and_cure)
{
	static size_t rows[SGN_ARRAY_LEN(refused)];

	for (size_t i = 0; i < SGN_ARRAY_LEN(refused); i++)
		rows[i] = i;
	return cr_make_param_array(size_t, rows, SGN_ARRAY_LEN(refused));
}

ParameterizedTest(const size_t *row, codec_plist_xml, refuses_with_place_and_cure)
{
	const struct refused *p = &refused[*row];

	cr_assert_eq(read_text(p->xml), SGN_E_FORMAT, "%s", p->xml);
	cr_expect_str_eq(err.text, p->text);
	if (p->cure)
		cr_expect(strstr(err.cure, p->cure), "cure '%s' lacks '%s'", err.cure, p->cure);
	else
		cr_expect_str_eq(err.cure, "");
}

Test(codec_plist_xml, reads_every_kind_of_value)
{
	const char *const xml = HEAD "<dict><key>b</key><true/><key>f</key><false/>"
				     "<key>i</key><integer> -0x1F\n</integer>"
				     "<key>u</key><integer>+18446744073709551615</integer>"
				     "<key>r</key><real>-2.5e3</real>"
				     "<key>n</key><real>+infinity</real>"
				     "<key>s</key><string> a&lt;&#x42;\n</string>"
				     "<key>d</key><data>\n\tAAEC /w==\n</data>"
				     "<key>t</key><date>2001-01-02T00:00:01Z</date>"
				     "<key>a</key><array><string/><array/><dict/></array>"
				     "</dict></plist>";
	const struct sgn_value *v;

	cr_assert_eq(read_text(xml), 0, "%s", err.text);
	cr_assert_eq(info.format, SGN_PLIST_XML);
	cr_assert_eq(info.oddities, 0);
	cr_assert_eq(value.u.dict.count, 10);
	cr_assert(sgn_value_is_true(sgn_value_get(&value, "b")));
	cr_assert_not(sgn_value_is_true(sgn_value_get(&value, "f")));
	cr_assert_eq(sgn_value_get(&value, "i")->u.integer, -31);
	cr_assert(sgn_value_get(&value, "u")->is_unsigned);
	cr_assert_eq(sgn_value_get(&value, "u")->u.uint, UINT64_MAX);
	cr_assert_float_eq(sgn_value_get(&value, "r")->u.real, -2500.0, 1e-9);
	cr_assert_gt(sgn_value_get(&value, "n")->u.real, 1e308);
	v = sgn_value_get(&value, "s");
	cr_assert(sgn_view_equal(sgn_value_string(v), sgn_view_str(" a<B\n")));
	v = sgn_value_get(&value, "d");
	cr_assert(sgn_view_equal(v->u.bytes, sgn_view_of("\x00\x01\x02\xff", 4)));
	cr_assert_float_eq(sgn_value_get(&value, "t")->u.date, 86401.0, 1e-9);
	v = sgn_value_get(&value, "a");
	cr_assert_eq(v->u.array.count, 3);
	cr_assert_eq(v->u.array.items[0].kind, SGN_VALUE_STRING);
	cr_assert_eq(v->u.array.items[2].kind, SGN_VALUE_DICT);
}

Test(codec_plist_xml, notes_what_other_parsers_refuse)
{
	cr_assert_eq(read_text("\xef\xbb\xbf<plist><dict>\n<!-- one -->\n<!-- two -->"
	                       "<key>a</key><string><![CDATA[x<y]]>z</string>"
	                       "<key>a</key><true/></dict></plist>"),
	             0, "%s", err.text);
	cr_assert_eq(info.oddities, SGN_PLIST_HAS_BOM | SGN_PLIST_HAS_COMMENT |
	                                    SGN_PLIST_HAS_CDATA | SGN_PLIST_NO_DOCTYPE |
	                                    SGN_PLIST_DUPLICATE_KEY);
	cr_assert_eq(info.comment_line, 2);
	cr_assert(sgn_value_is_true(sgn_value_get(&value, "a")), "the last of equal keys counts");
}

Test(codec_plist_xml, accepts_a_dictionary_without_plist_around_it)
{
	cr_assert_eq(read_text("<dict><key>a</key><true/></dict>"), 0);
	cr_assert_eq(info.oddities, SGN_PLIST_NO_ROOT | SGN_PLIST_NO_DOCTYPE);
	cr_assert_eq(value.u.dict.count, 1);
}

Test(codec_plist_xml, a_comment_does_not_split_a_string)
{
	cr_assert_eq(read_text(HEAD "<string>a<!-- \n -->b</string></plist>"), 0);
	cr_assert(sgn_view_equal(value.u.bytes, sgn_view_str("ab")));
	cr_assert_eq(info.comment_line, 4, "the line where it begins");
}

Test(codec_plist_xml, reads_other_encodings_and_says_so)
{
	static const uint8_t utf16[] = {0xff, 0xfe, '<', 0, 's',  0, 't', 0, 'r', 0, 'i', 0, 'n', 0,
	                                'g',  0,    '>', 0, 0xe9, 0, '<', 0, '/', 0, 's', 0, 't', 0,
	                                'r',  0,    'i', 0, 'n',  0, 'g', 0, '>', 0};

	cr_assert_eq(read_view(sgn_view_of(utf16, sizeof(utf16))), 0, "%s", err.text);
	cr_assert(info.oddities & SGN_PLIST_NOT_UTF8);
	cr_assert(info.oddities & SGN_PLIST_HAS_BOM);
	cr_assert(sgn_view_equal(value.u.bytes, sgn_view_str("\xc3\xa9")));
	cr_assert_eq(
		read_text("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><string>\xe9</string>"),
		0);
	cr_assert(info.oddities & SGN_PLIST_NOT_UTF8);
	cr_assert(sgn_view_equal(value.u.bytes, sgn_view_str("\xc3\xa9")));
}

static int read_nested(unsigned levels)
{
	struct sgn_buf b;
	int rc;

	sgn_buf_init(&b, SGN_LIMIT_PLIST);
	sgn_wr_str(&b, HEAD);
	for (unsigned i = 0; i < levels; i++)
		sgn_wr_str(&b, "<array>");
	sgn_wr_str(&b, "<true/>");
	for (unsigned i = 0; i < levels; i++)
		sgn_wr_str(&b, "</array>");
	sgn_wr_str(&b, "</plist>");
	rc = read_view(sgn_buf_view(&b));
	sgn_buf_dispose(&b);
	return rc;
}

Test(codec_plist_xml, depth_is_limited)
{
	cr_assert_eq(read_nested(SGN_LIMIT_PLIST_DEPTH), 0, "%s", err.text);
	cr_assert_eq(read_nested(SGN_LIMIT_PLIST_DEPTH + 1), SGN_E_LIMIT);
	cr_assert_str_eq(err.text, "line 4, column 897: more than 128 levels");
	cr_assert_eq(read_nested(100000), SGN_E_LIMIT);
}

Test(codec_plist_xml, billion_laughs_end_at_the_first_entity)
{
	struct sgn_buf b;

	sgn_buf_init(&b, 65536);
	sgn_wr_str(&b, "<!DOCTYPE plist [<!ENTITY l0 \"lol\">");
	for (int i = 1; i < 30; i++)
		sgn_wr_fmt(&b, "<!ENTITY l%d \"&l%d;&l%d;&l%d;&l%d;\">", i, i - 1, i - 1, i - 1,
		           i - 1);
	sgn_wr_str(&b, "]><plist><string>&l29;</string></plist>");
	cr_assert_eq(read_view(sgn_buf_view(&b)), SGN_E_FORMAT);
	cr_assert(strstr(err.text, "entity declared"));
	sgn_buf_dispose(&b);
}

/* One line of 3 MB: places must not be computed for every tag. */
Test(codec_plist_xml, one_long_line_is_not_quadratic)
{
	clock_t start = clock();
	struct sgn_buf b;

	sgn_buf_init(&b, SGN_LIMIT_PLIST);
	sgn_wr_str(&b, "<plist><array>");
	for (int i = 0; i < 60000; i++)
		sgn_wr_str(&b, "<dict><key>a</key><string>b</string></dict>");
	sgn_wr_str(&b, "</array></plist>");
	cr_assert_eq(read_view(sgn_buf_view(&b)), 0, "%s", err.text);
	cr_assert_eq(value.u.array.count, 60000);
	cr_assert_lt((clock() - start) / CLOCKS_PER_SEC, 20);
	sgn_buf_dispose(&b);
}

Test(codec_plist_xml, every_truncation_is_refused)
{
	const char *const xml = HEAD "<dict><key>k&amp;</key><array><data>AAAA</data>"
				     "<integer>1</integer></array></dict>\n</plist>";

	for (size_t size = 0; size < strlen(xml); size++) {
		cr_assert_lt(read_view(sgn_view_of(xml, size)), 0, "first %zu bytes", size);
		clean();
	}
	cr_assert_eq(read_text(xml), 0);
}

/* Whatever the bytes are: an answer, and one that can be written and read again. */
Test(codec_plist_xml, mutated_lists_do_no_harm)
{
	const char *const seed_text =
		HEAD "<dict><key>a</key><string>x&lt;</string><key>b</key><array>"
		     "<real>1.5</real><date>2020-01-01T00:00:00Z</date><data>AA==</data>"
		     "<integer>7</integer></array><!-- c --></dict></plist>";
	const char *const bits = "<>&;/\"![]-x\n0";
	uint64_t seed = 88172645463325252u;
	char copy[1024];
	size_t size = strlen(seed_text);

	for (int i = 0; i < 5000; i++) {
		memcpy(copy, seed_text, size);
		for (int k = 0; k < 3; k++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			copy[seed % size] =
				seed & 1 << 20 ? bits[seed >> 32 & 7] : (char)(seed >> 40);
		}
		if (read_view(sgn_view_of(copy, size)) < 0)
			cr_assert_neq(err.text[0], '\0');
		clean();
	}
}
