/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/osstatus.h"
#include "signer/base/text.h"
#include "signer/codec/der.h"
#include "signer/ents/ents.h"

static struct sgn_arena arena;
static struct sgn_error err = SGN_ERROR_INIT;
static struct sgn_ents ents;
static struct sgn_value back;
static struct sgn_buf out;

static void prepare(void)
{
	sgn_buf_init(&out, 1 << 24);
}

static void clean(void)
{
	sgn_buf_dispose(&out);
	sgn_arena_dispose(&arena);
	sgn_error_dispose(&err);
}

TestSuite(ents_ents_der, .init = prepare, .fini = clean);

static struct sgn_view from_hex(const char *hex)
{
	static uint8_t bytes[8][512];
	static unsigned turn;
	uint8_t *room = bytes[turn++ % 8];
	size_t size = strlen(hex) / 2;

	cr_assert(sgn_hex_decode(sgn_view_str(hex), room, size), "%s", hex);
	return sgn_view_of(room, size);
}

/* The XML of one dictionary gives these bytes, and they give the same dictionary. */
static void expect_der(const char *xml, const char *hex)
{
	char shown[1024];

	cr_assert_eq(sgn_ents_from_input(sgn_view_str(xml), &arena, &ents, &err), 0, "%s",
	             err.text);
	sgn_buf_reset(&out);
	cr_assert_eq(sgn_ents_to_der(&ents.dict, &out, &err), 0, "%s", err.text);
	cr_assert_lt(out.size, sizeof(shown) / 2);
	sgn_hex_encode(out.data, out.size, shown);
	cr_assert_str_eq(shown, hex);
	cr_assert_eq(sgn_ents_from_der(sgn_buf_view(&out), &arena, &back, &err), 0, "%s", err.text);
	cr_assert(sgn_value_equal(&back, &ents.dict));
}

Test(ents_ents_der, the_empty_dictionary)
{
	expect_der("<dict/>", "7005020101b000");
}

/* A Developer ID binary with one key carries exactly these bytes. */
Test(ents_ents_der, one_boolean)
{
	expect_der("<dict><key>com.apple.security.cs.allow-jit</key><true/></dict>",
	           "702b020101b02630240c1f"
	           "636f6d2e6170706c652e73656375726974792e63732e616c6c6f772d6a6974"
	           "0101ff");
}

Test(ents_ents_der, every_kind_of_value)
{
	expect_der("<dict><key>a</key><array><string>x</string><false/></array>"
	           "<key>d</key><data>AP8=</data>"
	           "<key>e</key><dict><key>k</key><integer>-129</integer></dict>"
	           "<key>i</key><integer>256</integer>"
	           "<key>u</key><integer>18446744073709551615</integer></dict>",
	           "7044020101b03f"
	           "300b0c0161"
	           "3006"
	           "0c0178"
	           "010100"
	           "30070c0164"
	           "040200ff"
	           "300e0c0165"
	           "b009"
	           "3007"
	           "0c016b"
	           "0202ff7f"
	           "30070c0169"
	           "02020100"
	           "300e0c0175"
	           "020900ffffffffffffffff");
}

Test(ents_ents_der, keys_are_sorted_by_utf8_bytes)
{
	/* U+FB01 is below U+1F600 here; by UTF-16 units it would be above. */
	expect_der("<dict><key>\xf0\x9f\x98\x80</key><true/><key>\xef\xac\x81</key><true/>"
	           "<key>b</key><true/><key>B</key><true/><key>aa</key><true/></dict>",
	           "7033020101b02e"
	           "30060c01420101ff"
	           "30070c0261610101ff"
	           "30060c01620101ff"
	           "30080c03efac810101ff"
	           "30090c04f09f98800101ff");
}

Test(ents_ents_der, of_equal_keys_the_last_is_written)
{
	cr_assert_eq(sgn_ents_from_input(sgn_view_str("<dict><key>a</key><false/>"
	                                              "<key>a</key><true/></dict>"),
	                                 &arena, &ents, &err),
	             0);
	cr_assert_eq(sgn_ents_to_der(&ents.dict, &out, &err), 0);
	cr_assert(sgn_view_equal(sgn_buf_view(&out), from_hex("700d020101b00830060c01610101ff")));
}

Test(ents_ents_der, long_contents_get_long_lengths)
{
	char xml[400] = "<dict><key>k</key><string>";

	memset(xml + strlen(xml), 'x', 300);
	strncat(xml, "</string></dict>", sizeof(xml) - strlen(xml) - 1);
	cr_assert_eq(sgn_ents_from_input(sgn_view_str(xml), &arena, &ents, &err), 0);
	cr_assert_eq(sgn_ents_to_der(&ents.dict, &out, &err), 0);
	cr_assert(sgn_view_starts_with(sgn_buf_view(&out), from_hex("7082013e020101b08201373082"
	                                                            "01330c016b0c82012c78")));
}

/* The form of 2020 to 2022: a SET, and TRUE as 01. */
Test(ents_ents_der, the_old_set_can_be_read)
{
	cr_assert_eq(sgn_ents_from_der(from_hex("311830060c016201010130060c01610101ff"
	                                        "30060c0163310030000c"),
	                               &arena, &back, &err),
	             SGN_E_FORMAT, "the last entry is damaged");
	cr_assert_eq(sgn_ents_from_der(from_hex("311730060c016201010130060c01610101ff"
	                                        "30050c01633100"),
	                               &arena, &back, &err),
	             0, "%s", err.text);
	cr_assert_eq(back.u.dict.count, 3);
	cr_assert(sgn_value_is_true(sgn_value_get(&back, "a")));
	cr_assert(sgn_value_is_true(sgn_value_get(&back, "b")));
	cr_assert_eq(sgn_value_get(&back, "c")->kind, SGN_VALUE_DICT);
}

static void expect_damaged(const char *hex, const char *text, uint64_t offset)
{
	cr_expect_eq(sgn_ents_from_der(from_hex(hex), &arena, &back, &err), SGN_E_FORMAT, "%s",
	             hex);
	cr_expect_str_eq(err.text, text);
	cr_expect_eq(err.offset, offset, "%s: offset %llu", hex, (unsigned long long)err.offset);
	cr_expect_eq(err.osstatus, errSecCSInvalidEntitlements);
}

Test(ents_ents_der, damage_is_named_with_its_offset)
{
	expect_damaged("", "DER entitlements: DER: truncated", 0);
	expect_damaged("3000", "DER entitlements: begin neither with tag 0x70 nor with 0x31", 0);
	expect_damaged("7005020102b000", "DER entitlements: format version is not 1", 2);
	expect_damaged("70050c0101b000", "DER entitlements: format version is not 1", 2);
	expect_damaged("7003020101", "DER entitlements: DER: truncated", 5);
	expect_damaged("70050201013100", "DER entitlements: not one dictionary behind the version",
	               5);
	expect_damaged("7005020101b00000", "DER entitlements: more bytes behind the end", 7);
	expect_damaged("7007020101b0003000",
	               "DER entitlements: not one dictionary behind the version", 5);
	expect_damaged("7007020101b0023100", "DER entitlements: entry is no SEQUENCE", 7);
	expect_damaged("700a020101b00530030201013000",
	               "DER entitlements: more bytes behind the end", 12);
	expect_damaged("700d020101b00830060201010101ff", "DER entitlements: key is no UTF8String",
	               9);
	expect_damaged("700d020101b00830060c01ff0101ff", "DER entitlements: text is not UTF-8", 9);
	expect_damaged("700d020101b00830060c016101017f",
	               "DER entitlements: BOOLEAN is neither 00 nor ff", 12);
	expect_damaged("700e020101b00930070c01610101ff00",
	               "DER entitlements: entry has more than a key and a value", 15);
	expect_damaged("700d020101b00830060c0461626364", "DER entitlements: DER: truncated", 15);
	expect_damaged("700f020101b00a30080c01610101ff0500",
	               "DER entitlements: entry has more than a key and a value", 15);
	expect_damaged("700c020101b00730050c01610500",
	               "DER entitlements: value of a type that entitlements do not have", 12);
	expect_damaged("700c020101b00730050c01613100",
	               "DER entitlements: value of a type that entitlements do not have", 12);
	expect_damaged(
		"700e020101b00930070c016102020001",
		"DER entitlements: INTEGER has more than 64 bits or is not in its shortest form",
		12);
}

Test(ents_ents_der, unsorted_and_equal_keys_are_refused)
{
	expect_damaged("7015020101b01030060c01620101ff30060c01610101ff",
	               "DER entitlements: keys are not in order", 15);
	expect_damaged("7015020101b01030060c01610101ff30060c01610101ff",
	               "DER entitlements: keys are not in order", 15);
	expect_damaged("311030060c01610101ff30060c01610101ff",
	               "DER entitlements: keys are not in order", 10);
}

Test(ents_ents_der, depth_is_limited)
{
	sgn_der_write_int(&out, 1);
	sgn_der_write(&out, SGN_DER_UTF8, sgn_view_str("k"));
	for (int i = 0; i < 1000; i++)
		sgn_der_wrap(&out, 6, SGN_DER_SEQUENCE);
	sgn_der_wrap(&out, 3, SGN_DER_SEQUENCE);
	sgn_der_wrap(&out, 3, 0xb0);
	sgn_der_wrap(&out, 0, 0x70);
	cr_assert_eq(sgn_ents_from_der(sgn_buf_view(&out), &arena, &back, &err), SGN_E_LIMIT, "%s",
	             err.text);
	cr_assert_str_eq(err.text, "DER entitlements: more than 128 levels");
}

Test(ents_ents_der, too_large_input_is_refused)
{
	cr_assert_eq(sgn_ents_from_der(sgn_view_of("p", SGN_LIMIT_ENTITLEMENTS + 1), &arena, &back,
	                               &err),
	             SGN_E_LIMIT);
}

/* What can be read in the current form is canonical: it is written back byte for byte. */
Test(ents_ents_der, mutated_der_is_refused_or_canonical)
{
	struct sgn_view seed_der =
		from_hex("7044020101b03f300b0c016130060c017801010030070c0164040200ff"
	                 "300e0c0165b00930070c016b0202ff7f30070c016902020100300e0c01"
	                 "75020900ffffffffffffffff");
	uint64_t seed = 99;
	uint8_t copy[128];
	unsigned readable = 0;

	for (int i = 0; i < 20000; i++) {
		memcpy(copy, seed_der.data, seed_der.size);
		for (int k = 0; k < 2; k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			copy[(seed >> 33) % seed_der.size] = (uint8_t)(seed >> 25);
		}
		if (sgn_ents_from_der(sgn_view_of(copy, seed_der.size), &arena, &back, &err) == 0 &&
		    copy[0] == 0x70) {
			readable++;
			sgn_buf_reset(&out);
			cr_assert_eq(sgn_ents_to_der(&back, &out, &err), 0);
			cr_assert(sgn_view_equal(sgn_buf_view(&out),
			                         sgn_view_of(copy, seed_der.size)));
		}
		sgn_arena_dispose(&arena);
	}
	cr_assert_gt(readable, 100, "only %u of 20000", readable);
}
