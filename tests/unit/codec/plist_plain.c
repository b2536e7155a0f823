/* SPDX-License-Identifier: Apache-2.0 */
/* What the short reader takes it understands as libxml2 does, and what is not exactly so it leaves alone. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/codec/plist_int.h"

#define HEAD                                                      \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"            \
	"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" " \
	"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"   \
	"<plist version=\"1.0\">\n"
#define TAIL "\n</plist>\n"

static struct sgn_arena arena;

static void teardown(void)
{
	sgn_arena_dispose(&arena);
}

TestSuite(codec_plist_plain, .fini = teardown, .timeout = 60);

static bool read_plain(const char *text, struct sgn_value *out, struct sgn_plist_info *info)
{
	int rc = 1;

	*info = (struct sgn_plist_info){.format = SGN_PLIST_XML};
	*out = (struct sgn_value){.kind = SGN_VALUE_BOOL};
	if (!sgn_plist_read_plain(sgn_view_str(text), &arena, out, info, &rc, NULL))
		return false;
	cr_assert_eq(rc, 0);
	return true;
}

Test(codec_plist_plain, what_it_takes_it_understands_as_libxml2_does)
{
	static const char *const texts[] = {
		HEAD "<dict/>" TAIL,
		HEAD "<dict>\n</dict>" TAIL,
		HEAD "<array>\n\t<true/><false/>\n</array>" TAIL,
		HEAD "<string></string>" TAIL,
		HEAD "<string> as it is,\n\twith blanks </string>" TAIL,
		HEAD "<dict><key></key><string>an empty key</string></dict>" TAIL,
		HEAD "<dict><key> a </key><integer> 12 </integer>"
		     "<key>b</key><integer>-0x1F</integer>"
		     "<key>c</key><integer>18446744073709551615</integer></dict>" TAIL,
		HEAD "<dict><key>weight</key><real>1100</real><key>x</key><real>-1.5e3</real>"
		     "</dict>" TAIL,
		HEAD "<dict><key>hash</key><data>\n\t\tAQIDBA==\n\t\t</data><key>none</key><data>"
		     "</data></dict>" TAIL,
		HEAD
		"<dict><key>a</key><true/><key>b</key><false/><key>a</key><false/></dict>" TAIL,
		HEAD "<dict><key>a</key><dict><key>b</key><array><dict><key>c</key>"
		     "<string>d</string></dict><array></array></array></dict></dict>" TAIL,
		HEAD "<data>\r\n\tAQIDBAUGBwg\r\n\t=\n</data>" TAIL,
		HEAD "<string>\"quotes', ; and ]]</string></plist>",
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(texts); i++) {
		struct sgn_plist_info info, want_info = {.format = SGN_PLIST_XML};
		struct sgn_value got, want;

		cr_assert(read_plain(texts[i], &got, &info), "%s", texts[i]);
		cr_assert_eq(
			sgn_plist_read_xml(sgn_view_str(texts[i]), &arena, &want, &want_info, NULL),
			0);
		cr_assert(sgn_value_equal(&got, &want), "%s", texts[i]);
		cr_assert_eq(info.format, want_info.format);
		cr_assert_eq(info.oddities, want_info.oddities, "%s", texts[i]);
	}
}

Test(codec_plist_plain, everything_else_is_left_to_libxml2)
{
	static const char *const texts[] = {
		"",
		"<plist version=\"1.0\"><true/></plist>",
		" " HEAD "<true/>" TAIL,
		"\xef\xbb\xbf" HEAD "<true/>" TAIL,
		HEAD TAIL,
		HEAD "<true/><true/>" TAIL,
		HEAD "<true/>",
		HEAD "<true/></plist>x",
		HEAD "<true/></plist><!-- c -->",
		HEAD "<true></true>" TAIL,
		HEAD "<!-- c --><true/>" TAIL,
		HEAD "<string>a<!-- c --></string>" TAIL,
		HEAD "<string><![CDATA[a]]></string>" TAIL,
		HEAD "<string>a &amp; b</string>" TAIL,
		HEAD "<string>a > b</string>" TAIL,
		HEAD "<string>a\r\nb</string>" TAIL,
		HEAD "<string>\xc3\xa9</string>" TAIL,
		HEAD "<string>\x01</string>" TAIL,
		HEAD "<string id=\"1\">a</string>" TAIL,
		HEAD "<string >a</string>" TAIL,
		HEAD "<string/>" TAIL,
		HEAD "<string>a</key>" TAIL,
		HEAD "<String>a</String>" TAIL,
		HEAD "text <true/>" TAIL,
		HEAD "<dict><key>a</key></dict>" TAIL,
		HEAD "<dict><true/></dict>" TAIL,
		HEAD "<dict><key>a</key><key>b</key></dict>" TAIL,
		HEAD "<dict><key>a</key><true/>" TAIL,
		HEAD "<array><key>a</key></array>" TAIL,
		HEAD "<key>a</key>" TAIL,
		HEAD "<data>AQI</data>" TAIL,
		HEAD "<data>A?==</data>" TAIL,
		HEAD "<data>AQ&ID</data>" TAIL,
		HEAD "<data>AQID>AQID</data>" TAIL,
		HEAD "<data>AQID" TAIL,
		HEAD "<integer>one</integer>" TAIL,
		HEAD "<real>one</real>" TAIL,
		HEAD "<date>2020-01-01T00:00:00Z</date>" TAIL,
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(texts); i++) {
		struct sgn_plist_info info;
		struct sgn_value out;

		cr_assert(!read_plain(texts[i], &out, &info), "%s", texts[i]);
		cr_assert_eq(info.oddities, 0, "as it was");
	}
}

Test(codec_plist_plain, a_byte_less_anywhere_is_no_document)
{
	static const char text[] = HEAD
		"<dict><key>a</key><array><data>AQID</data><real>1</real></array></dict>\n</plist>";

	for (size_t size = 0; size + 1 < sizeof(text); size++) {
		struct sgn_plist_info info = {.format = SGN_PLIST_XML};
		char *cut = sgn_strndup(text, size); /* so that a sanitizer sees its end */
		struct sgn_value out;
		int rc;

		cr_assert(!sgn_plist_read_plain(sgn_view_of(cut, size), &arena, &out, &info, &rc,
		                                NULL));
		sgn_free(cut);
	}
}

static void write_nested(unsigned depth, struct sgn_buf *out)
{
	sgn_buf_reset(out);
	sgn_wr_str(out, HEAD);
	for (unsigned i = 0; i < depth; i++)
		sgn_wr_str(out, "<array>");
	for (unsigned i = 0; i < depth; i++)
		sgn_wr_str(out, "</array>");
	sgn_wr_str(out, TAIL);
}

Test(codec_plist_plain, as_deep_as_libxml2s_reader_goes)
{
	struct sgn_buf text;

	sgn_buf_init(&text, SGN_LIMIT_PLIST);
	for (unsigned depth = SGN_LIMIT_PLIST_DEPTH - 1; depth <= SGN_LIMIT_PLIST_DEPTH + 1;
	     depth++) {
		bool fits = depth <= SGN_LIMIT_PLIST_DEPTH;
		struct sgn_plist_info info;
		struct sgn_value out;

		write_nested(depth, &text);
		cr_assert_eq(read_plain(sgn_buf_str(&text), &out, &info), fits);
		cr_assert_eq(sgn_plist_read(sgn_buf_view(&text), &arena, &out, NULL, NULL),
		             fits ? 0 : SGN_E_LIMIT);
	}
	sgn_buf_dispose(&text);
}

Test(codec_plist_plain, lack_of_memory_at_any_place_is_reported)
{
	static const char text[] =
		HEAD "<dict><key>a</key><array><data>AQID</data><string>x</string>"
		     "</array><key>a</key><dict></dict></dict>" TAIL;
	unsigned long failed = 0;

	for (unsigned long n = 1;; n++) {
		struct sgn_plist_info info = {.format = SGN_PLIST_XML};
		struct sgn_arena own = {0};
		struct sgn_value out;
		int rc = 1;

		sgn_mem_fail_after(n);
		cr_assert(sgn_plist_read_plain(sgn_view_str(text), &own, &out, &info, &rc, NULL));
		sgn_mem_fail_after(0);
		sgn_arena_dispose(&own);
		if (rc == 0)
			break;
		cr_assert_eq(rc, SGN_E_NOMEM);
		failed++;
	}
	cr_assert(failed >= 3);
}
