/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/identifier.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_canonical(const char *path, const char *want)
{
	struct sgn_buf b;

	sgn_buf_init(&b, 4096);
	sgn_identifier_canonical(path, &b);
	cr_assert_str_eq(sgn_buf_str(&b), want, "%s gives %s", path, sgn_buf_str(&b));
	sgn_buf_dispose(&b);
}

Test(ops_identifier, canonical_form_of_file_names)
{
	static const char *const rows[][2] = {
		{"libfrotz7.3.5.dylib", "libfrotz7"},
		{"mumble.77.plugin", "mumble.77"},
		{"foo.2.3.4", "foo.2"},
		{"foo", "foo"},
		{"rumble.rb", "rumble"},
		{"/usr/local/lib/libz.1.2.11.dylib", "libz.1"},
		{"libfoo.dylib", "libfoo"},
		{"7za", "7za"},
		{"7z.1.2", "7z.1.2"},
		{".hidden.1", ".hidden.1"},
		{"fsevents.node", "fsevents"},
		{"Qt5Core", "Qt5Core"},
		{"python3.11", "python3"},
		{"a.b.c", "a.b"},
		{"com.example.tool", "com.example"},
		{"trailing.", "trailing"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_canonical(rows[i][0], rows[i][1]);
}

static void expect_derived(const struct sgn_identifier_input *in, const char *want)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf b;

	sgn_buf_init(&b, 4096);
	cr_assert_eq(sgn_identifier_derive(in, &b, &err), 0, "%s", err.text);
	cr_assert_str_eq(sgn_buf_str(&b), want);
	sgn_buf_dispose(&b);
}

Test(ops_identifier, adhoc_without_dot_gets_the_uuid)
{
	struct sgn_slice s = {.has_uuid = true, .uuid = {0x16, 0xe8, 0xfd, 0x0a}, .is64 = true};
	struct sgn_identifier_input in = {.path = "/x/h2", .native = &s, .adhoc = true};

	expect_derived(&in, "h2-5555494416e8fd0a000000000000000000000000");
	in.adhoc = false;
	expect_derived(&in, "h2");
	in.prefix = "com.example.";
	expect_derived(&in, "com.example.h2");
	in.adhoc = true;
	expect_derived(&in, "com.example.h2");
	in.path = "/x/libz.1.2.11.dylib";
	expect_derived(&in, "libz.1");
}

Test(ops_identifier, adhoc_without_uuid_hashes_header_and_commands_without_the_reserved_word)
{
	static const uint8_t header[40] = {0xcf, 0xfa, 0xed, 0xfe, [28] = 9, 9,
	                                   9,    9,    'c',  'm',  'd'};
	struct sgn_slice s = {.is64 = true, .header = {header, sizeof(header)}};
	struct sgn_identifier_input in = {.path = "tool", .native = &s, .adhoc = true};

	/* SHA-1 of bytes 0..27 and 32..39, computed with sha1sum. */
	expect_derived(&in, "tool-9f4248d366a04465e442d51cb66fe5b540ee847b");
}

Test(ops_identifier, a_name_from_info_plist_wins_and_gets_no_suffix)
{
	struct sgn_slice s = {.has_uuid = true};
	struct sgn_identifier_input in = {.path = "/x/other",
	                                  .named = {(const uint8_t *)"tool", 4},
	                                  .native = &s,
	                                  .adhoc = true};

	expect_derived(&in, "tool");
	in.prefix = "org.";
	expect_derived(&in, "org.tool");
}
