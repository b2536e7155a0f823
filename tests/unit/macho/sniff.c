/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/macho/load.h"

static enum sgn_file_kind sniff(const void *bytes, size_t size)
{
	struct sgn_source src;
	enum sgn_file_kind kind = SGN_FILE_OTHER;

	sgn_source_memory(sgn_view_of(bytes, size), &src);
	cr_assert_eq(sgn_macho_sniff(&src, &kind, NULL), 0);
	sgn_source_close(&src);
	return kind;
}

static enum sgn_file_kind sniff_image(struct mb_image img)
{
	enum sgn_file_kind kind = sniff(img.data, img.size);

	mb_free(&img);
	return kind;
}

Test(macho_sniff, every_byte_order_and_word_size_is_a_mach_o)
{
	for (unsigned i = 0; i < 4; i++) {
		struct mb_slice s = mb_arm64();

		s.is32 = i & 1;
		s.big = i & 2;
		cr_assert_eq(sniff_image(mb_build(&s)), SGN_FILE_MACHO, "variant %u", i);
	}
}

Test(macho_sniff, the_file_type_decides_whether_it_can_be_code)
{
	static const struct {
		uint32_t type;
		enum sgn_file_kind kind;
	} rows[] = {
		{MH_OBJECT, SGN_FILE_MACHO_OTHER}, {MH_EXECUTE, SGN_FILE_MACHO},
		{4, SGN_FILE_MACHO_OTHER},         {MH_PRELOAD, SGN_FILE_MACHO},
		{MH_DYLIB, SGN_FILE_MACHO},        {MH_DYLINKER, SGN_FILE_MACHO},
		{MH_BUNDLE, SGN_FILE_MACHO},       {MH_DSYM, SGN_FILE_MACHO_OTHER},
		{MH_KEXT_BUNDLE, SGN_FILE_MACHO},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		struct mb_slice s = mb_x86_64();

		s.filetype = rows[i].type;
		cr_assert_eq(sniff_image(mb_build(&s)), rows[i].kind, "type %u", rows[i].type);
		cr_assert_eq(sniff_image(mb_build_fat(&s, 1, 14, false)),
		             rows[i].kind == SGN_FILE_MACHO ? SGN_FILE_FAT : rows[i].kind,
		             "universal, type %u", rows[i].type);
	}
}

Test(macho_sniff, universal_files_of_both_widths)
{
	struct mb_slice s[2] = {mb_arm64(), mb_x86_64()};

	cr_assert_eq(sniff_image(mb_build_fat(s, 2, 14, false)), SGN_FILE_FAT);
	cr_assert_eq(sniff_image(mb_build_fat(s, 2, 14, true)), SGN_FILE_FAT64);
}

Test(macho_sniff, a_java_class_is_no_universal_file)
{
	/* Version 52.0 reads as 52 slices, of which none is there. */
	static const uint8_t java8[64] = {0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52, 0, 0x1d, 0x0a};
	static const uint8_t java1[64] = {0xca, 0xfe, 0xba, 0xbe, 0, 3, 0, 45, 0, 0x1d, 0x0a};

	cr_assert_eq(sniff(java8, sizeof(java8)), SGN_FILE_OTHER);
	cr_assert_eq(sniff(java1, sizeof(java1)), SGN_FILE_OTHER);
}

Test(macho_sniff, a_damaged_universal_file_is_still_one)
{
	static const uint8_t none[8] = {0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 0};
	struct mb_slice s = mb_arm64();
	struct mb_image img = mb_build_fat(&s, 1, 14, false);

	mb_put32(&img, 16, 0xfffffff0u, true);
	cr_assert_eq(sniff_image(img), SGN_FILE_FAT);
	cr_assert_eq(sniff(none, sizeof(none)), SGN_FILE_FAT);
}

Test(macho_sniff, other_files)
{
	static const uint8_t stump[] = {0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1};
	uint8_t fat_archive[64] = {0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 1, 1, 0,
	                           0,    7,    0,    0,    0, 3, 0, 0, 0, 40};

	memcpy(fat_archive + 40, "!<arch>\n", 8);
	cr_assert_eq(sniff("#!/bin/sh\n", 10), SGN_FILE_SCRIPT);
	cr_assert_eq(sniff("!<arch>\nfoo", 11), SGN_FILE_ARCHIVE);
	cr_assert_eq(sniff(fat_archive, sizeof(fat_archive)), SGN_FILE_ARCHIVE);
	cr_assert_eq(sniff("\177ELF", 4), SGN_FILE_OTHER);
	cr_assert_eq(sniff("", 0), SGN_FILE_OTHER);
	cr_assert_eq(sniff("#", 1), SGN_FILE_OTHER);
	cr_assert_eq(sniff(stump, 3), SGN_FILE_OTHER);
	cr_assert_eq(sniff(stump, sizeof(stump)), SGN_FILE_MACHO,
	             "a stump is for the reader to refuse");
}
