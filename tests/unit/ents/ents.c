/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ents/ents.h"

#include <criterion/criterion.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/osstatus.h"

#define HEAD                                                      \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"            \
	"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" " \
	"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"   \
	"<plist version=\"1.0\">\n"

static struct sgn_arena arena;
static struct sgn_error err = SGN_ERROR_INIT;
static struct sgn_ents ents;

static void clean(void)
{
	sgn_arena_dispose(&arena);
	sgn_error_dispose(&err);
}

TestSuite(ents_ents, .fini = clean);

static int take(const char *text)
{
	return sgn_ents_from_input(sgn_view_str(text), &arena, &ents, &err);
}

static bool warned(const char *part)
{
	for (size_t i = 0; i < ents.warning_count; i++)
		if (strstr(ents.warnings[i], part))
			return true;
	return false;
}

static void expect_stored(const char *text)
{
	cr_expect(sgn_view_equal(ents.xml, sgn_view_str(text)), "stored: %.*s", (int)ents.xml.size,
	          (const char *)ents.xml.data);
}

Test(ents_ents, xml_is_stored_as_it_is)
{
	const char *const odd = "\n  " HEAD "<dict>  <key>b</key><true/>\n"
				"<key>a</key><false></false></dict></plist>   ";

	cr_assert_eq(take(odd), 0, "%s", err.text);
	expect_stored(odd);
	cr_assert_eq(ents.warning_count, 0);
	cr_assert_eq(ents.dict.u.dict.count, 2);
}

Test(ents_ents, an_empty_dictionary_is_legal)
{
	cr_assert_eq(take(HEAD "<dict/></plist>"), 0);
	cr_assert_eq(ents.dict.kind, SGN_VALUE_DICT);
	cr_assert_eq(ents.dict.u.dict.count, 0);
}

Test(ents_ents, comments_are_kept_and_warned_about)
{
	const char *const xml = HEAD "<!-- c --><dict/></plist>";

	cr_assert_eq(take(xml), 0);
	expect_stored(xml);
	cr_assert_eq(ents.warning_count, 1);
	cr_assert(warned("line 4: the XML has a comment"));
}

Test(ents_ents, a_byte_order_mark_is_removed)
{
	cr_assert_eq(take("\xef\xbb\xbf" HEAD "<dict/></plist>"), 0);
	expect_stored(HEAD "<dict/></plist>");
	cr_assert(warned("byte order mark was removed"));
}

Test(ents_ents, other_doubtful_xml_is_warned_about)
{
	cr_assert_eq(take("<dict><key>a</key><string><![CDATA[x]]></string>"
	                  "<key>a</key><string>\xc3\xa9</string></dict>"),
	             0);
	cr_assert(warned("CDATA"));
	cr_assert(warned("<!DOCTYPE"));
	cr_assert(warned("no <plist> element"));
	cr_assert(warned("a key occurs twice"));
	cr_assert(warned("outside of ASCII"));
}

Test(ents_ents, utf16_is_written_anew)
{
	static const char text[] = "<dict><key>a</key><true/></dict>";
	uint8_t wide[2 * sizeof(text)];
	size_t size = 0;

	wide[size++] = 0xff;
	wide[size++] = 0xfe;
	for (const char *c = text; *c; c++) {
		wide[size++] = (uint8_t)*c;
		wide[size++] = 0;
	}
	cr_assert_eq(sgn_ents_from_input(sgn_view_of(wide, size), &arena, &ents, &err), 0, "%s",
	             err.text);
	expect_stored(HEAD "<dict>\n\t<key>a</key>\n\t<true/>\n</dict>\n</plist>\n");
	cr_assert_eq(ents.warning_count, 1);
	cr_assert(warned("not UTF-8"));
}

static const uint8_t binary[] = {'b',  'p', 'l', 'i', 's', 't', '0', '0', 0xd1, 1, 2, 0x51, 'a',
                                 0x09, 8,   11,  13,  0,   0,   0,   0,   0,    0, 1, 1,    0,
                                 0,    0,   0,   0,   0,   0,   3,   0,   0,    0, 0, 0,    0,
                                 0,    0,   0,   0,   0,   0,   0,   0,   0,    14};

Test(ents_ents, a_binary_list_is_converted)
{
	cr_assert_eq(sgn_ents_from_input(sgn_view_of(binary, sizeof(binary)), &arena, &ents, &err),
	             0, "%s", err.text);
	expect_stored(HEAD "<dict>\n\t<key>a</key>\n\t<true/>\n</dict>\n</plist>\n");
	cr_assert_eq(ents.warning_count, 1);
	cr_assert(warned("binary property list was converted"));
}

Test(ents_ents, a_binary_list_in_a_signature_is_left_alone)
{
	cr_assert_eq(sgn_ents_from_xml(sgn_view_of(binary, sizeof(binary)), &arena, &ents, &err),
	             0);
	cr_assert(sgn_view_equal(ents.xml, sgn_view_of(binary, sizeof(binary))));
	cr_assert(warned("which the system ignores"));
}

Test(ents_ents, a_blob_is_taken_without_its_header)
{
	static const char blob[] = "\xfa\xde\x71\x71\0\0\0\x0f<dict/>";

	cr_assert_eq(sgn_ents_from_input(sgn_view_of(blob, 15), &arena, &ents, &err), 0, "%s",
	             err.text);
	expect_stored("<dict/>");
	cr_assert_eq(sgn_ents_from_input(sgn_view_of(blob, 14), &arena, &ents, &err), SGN_E_FORMAT);
	cr_assert_str_eq(err.text, "entitlements blob: length 15, but 14 bytes");
	cr_assert_eq(err.osstatus, errSecCSInvalidEntitlements);
	cr_assert_eq(sgn_ents_from_input(sgn_view_of(blob, 4), &arena, &ents, &err), SGN_E_FORMAT);
}

Test(ents_ents, build_variables_are_named_with_their_key)
{
	cr_assert_eq(take(HEAD
	                  "<dict><key>keychain-access-groups</key><array>"
	                  "<string>x</string><string>$(AppIdentifierPrefix)com.a</string>"
	                  "<string>$(AppIdentifierPrefix)com.b</string></array>"
	                  "<key>id</key><string>${TEAM}.x</string>"
	                  "<key>price</key><string>$5 (each) $( and ${</string></dict></plist>"),
	             0);
	cr_assert_eq(ents.warning_count, 2, "one for each key");
	cr_assert(warned("entitlement 'keychain-access-groups' holds the build variable "
	                 "$(AppIdentifierPrefix)"));
	cr_assert(warned("entitlement 'id' holds the build variable ${TEAM}"));
}

Test(ents_ents, more_warnings_than_fit_are_dropped)
{
	struct sgn_buf b;

	sgn_buf_init(&b, 1 << 20);
	sgn_wr_str(&b, "<dict>");
	for (int i = 0; i < 100; i++)
		sgn_wr_fmt(&b, "<key>k%d</key><string>$(V)</string>", i);
	sgn_wr_str(&b, "</dict>");
	cr_assert_eq(sgn_ents_from_input(sgn_buf_view(&b), &arena, &ents, &err), 0);
	cr_assert_eq(ents.warning_count, SGN_ENTS_WARNINGS);
	cr_assert(warned("<!DOCTYPE"), "those about the whole file come first");
	sgn_buf_dispose(&b);
}

static void expect_refused(const char *text, const char *message)
{
	cr_expect_eq(take(text), SGN_E_FORMAT);
	cr_expect_str_eq(err.text, message);
	cr_expect_eq(err.osstatus, errSecCSInvalidEntitlements);
	clean();
}

Test(ents_ents, what_is_no_dictionary_is_refused)
{
	expect_refused(HEAD "<array/></plist>",
	               "entitlements: the property list holds a array, not a dictionary");
	expect_refused("", "entitlements: line 1, column 1: the property list is empty");
	expect_refused("{\"a\": true}",
	               "entitlements: line 1, column 1: this is JSON, not an XML property list");
	expect_refused(
		HEAD "<dict>\n<key>a</key></plist>",
		"entitlements: line 5, column 13: </plist> where <dict> of line 4 is still open");
}

Test(ents_ents, values_that_der_cannot_express_are_refused_with_their_place)
{
	expect_refused(HEAD "<dict><key>a</key><dict><key>b</key><array><true/><dict><key>c</key>"
	                    "<real>1</real></dict></array></dict></dict></plist>",
	               "entitlement 'a.b[1].c' is a real number, which entitlements cannot hold");
	expect_refused(HEAD "<dict><key>when</key><date>2020-01-01T00:00:00Z</date></dict></plist>",
	               "entitlement 'when' is a date, which entitlements cannot hold");
}

Test(ents_ents, a_signature_with_such_values_can_still_be_read)
{
	const char *const xml = HEAD "<dict><key>a</key><real>1</real></dict></plist>";

	cr_assert_eq(sgn_ents_from_xml(sgn_view_str(xml), &arena, &ents, &err), 0);
	expect_stored(xml);
	cr_assert(warned("entitlement 'a' is a real number"));
}

Test(ents_ents, too_large_input_is_refused)
{
	cr_assert_eq(sgn_ents_from_input(sgn_view_of("<dict/>XX", SGN_LIMIT_ENTITLEMENTS + 1),
	                                 &arena, &ents, &err),
	             SGN_E_LIMIT);
}

static uint64_t flags_of(const char *xml)
{
	cr_assert_eq(take(xml), 0, "%s", err.text);
	return sgn_ents_exec_flags(&ents.dict);
}

Test(ents_ents, exec_flags_follow_the_table)
{
	cr_expect_eq(flags_of("<dict><key>get-task-allow</key><true/></dict>"), 0x10);
	cr_expect_eq(flags_of("<dict><key>run-unsigned-code</key><true/></dict>"), 0x10);
	cr_expect_eq(flags_of("<dict><key>com.apple.private.cs.debugger</key><true/>"
	                      "<key>dynamic-codesigning</key><true/>"
	                      "<key>com.apple.private.skip-library-validation</key><true/>"
	                      "<key>com.apple.private.amfi.can-load-cdhash</key><true/>"
	                      "<key>com.apple.private.amfi.can-execute-cdhash</key><true/></dict>"),
	             0x3e0);
}

Test(ents_ents, exec_flags_want_the_boolean_true)
{
	cr_expect_eq(flags_of("<dict><key>get-task-allow</key><false/></dict>"), 0);
	cr_expect_eq(flags_of("<dict><key>get-task-allow</key><string>true</string></dict>"), 0);
	cr_expect_eq(flags_of("<dict><key>get-task-allow</key><integer>1</integer></dict>"), 0);
	cr_expect_eq(flags_of("<dict><key>com.apple.security.get-task-allow</key><true/>"
	                      "<key>com.apple.security.cs.allow-jit</key><true/></dict>"),
	             0);
}

static unsigned long allocations_of(const char *xml)
{
	int rc = SGN_E_NOMEM;
	unsigned long n;

	for (n = 1; rc != 0; n++) {
		sgn_mem_fail_after(n);
		rc = sgn_ents_from_input(sgn_view_str(xml), &arena, &ents, &err);
		sgn_mem_fail_after(0);
		cr_assert(rc == 0 || rc == SGN_E_NOMEM, "allocation %lu: %s", n, err.text);
		if (rc < 0)
			cr_assert_eq(err.osstatus, 0);
		clean();
	}
	return n;
}

/* libxml2 and libplist have an allocator of their own; all of ours fail here, one after the other. */
Test(ents_ents, every_failed_allocation_is_reported_and_leaks_nothing)
{
	cr_assert_gt(allocations_of(HEAD "<dict><key>b</key><array><data>AAAA</data></array>"
	                                 "<key>a</key><dict/></dict></plist>"),
	             5, "without libxml2");
	cr_assert_gt(allocations_of(HEAD "<dict><key>b</key><array><data>AAAA</data></array>"
	                                 "<key>&amp;</key><dict/></dict></plist>"),
	             10);
}
