/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "signer/ents/ents.h"

static struct sgn_arena arena;
static struct sgn_error err = SGN_ERROR_INIT;
static struct sgn_ents ents;
static struct sgn_buf out;

static void prepare(void)
{
	sgn_buf_init(&out, 1 << 16);
}

static void clean(void)
{
	sgn_buf_dispose(&out);
	sgn_arena_dispose(&arena);
	sgn_error_dispose(&err);
}

TestSuite(ents_ents_print, .init = prepare, .fini = clean);

static void expect_tree(const char *xml, const char *tree)
{
	cr_assert_eq(sgn_ents_from_xml(sgn_view_str(xml), &arena, &ents, &err), 0, "%s", err.text);
	sgn_buf_reset(&out);
	sgn_ents_print(&ents.dict, &out);
	cr_assert_str_eq(sgn_buf_str(&out), tree);
}

Test(ents_ents_print, the_empty_dictionary_is_one_line)
{
	expect_tree("<dict/>", "[Dict]\n");
}

Test(ents_ents_print, booleans_as_codesign_shows_them_in_the_order_of_the_keys)
{
	expect_tree(
		"<dict><key>com.apple.security.cs.allow-unsigned-executable-memory</key><false/>"
		"<key>com.apple.security.cs.allow-jit</key><true/></dict>",
		"[Dict]\n"
		"\t[Key] com.apple.security.cs.allow-jit\n"
		"\t[Value]\n"
		"\t\t[Bool] true\n"
		"\t[Key] com.apple.security.cs.allow-unsigned-executable-memory\n"
		"\t[Value]\n"
		"\t\t[Bool] false\n");
}

Test(ents_ents_print, containers_are_one_level_deeper)
{
	expect_tree("<dict><key>a</key><array><string>x</string><array/>"
	            "<dict><key>k</key><integer>-7</integer></dict></array>"
	            "<key>d</key><data>AP8=</data></dict>",
	            "[Dict]\n"
	            "\t[Key] a\n"
	            "\t[Value]\n"
	            "\t\t[Array]\n"
	            "\t\t\t[String] x\n"
	            "\t\t\t[Array]\n"
	            "\t\t\t[Dict]\n"
	            "\t\t\t\t[Key] k\n"
	            "\t\t\t\t[Value]\n"
	            "\t\t\t\t\t[Int] -7\n"
	            "\t[Key] d\n"
	            "\t[Value]\n"
	            "\t\t[Data] 00ff\n");
}

Test(ents_ents_print, values_outside_of_entitlements_are_shown_too)
{
	expect_tree("<dict><key>r</key><real>0.5</real>"
	            "<key>t</key><date>2001-01-01T00:00:00Z</date>"
	            "<key>u</key><integer>18446744073709551615</integer></dict>",
	            "[Dict]\n\t[Key] r\n\t[Value]\n\t\t[Real] 0.5\n"
	            "\t[Key] t\n\t[Value]\n\t\t[Date] 2001-01-01T00:00:00Z\n"
	            "\t[Key] u\n\t[Value]\n\t\t[Int] 18446744073709551615\n");
}

Test(ents_ents_print, text_cannot_forge_lines_or_reach_the_terminal)
{
	expect_tree("<dict><key>a\n\t[Key] b</key><string>x\ty</string></dict>",
	            "[Dict]\n\t[Key] a\\n\\x09[Key] b\n\t[Value]\n\t\t[String] x\\x09y\n");
}
