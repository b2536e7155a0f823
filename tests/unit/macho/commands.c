/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/macho/load.h"

#define CMD_SIGNATURE 0x1d
#define CMD_SEGMENT64 0x19
#define CMD_UUID      0x1b

/* A raw little-endian load command of words. */
static size_t raw(uint8_t *to, const uint32_t *words, size_t count)
{
	for (size_t i = 0; i < count * 4; i++)
		to[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
	return count * 4;
}

static struct loaded with_extra(const uint32_t *words, size_t count)
{
	struct mb_slice s = mb_arm64();
	uint8_t bytes[128];

	s.extra_size = raw(bytes, words, count);
	s.extra = bytes;
	s.extra_count = 1;
	return load_slice(&s);
}

static void expect_refusal(struct loaded *l, int rc, const char *text)
{
	cr_assert_eq(l->rc, rc, "status %d, text \"%s\"", l->rc, l->err.text);
	cr_assert_str_eq(l->err.text, text);
	cr_assert_eq(l->err.osstatus, errSecCSBadObjectFormat);
	cr_assert_str_eq(l->err.arch, "arm64");
	unload(l);
}

Test(macho_commands, segments_with_both_widths_and_orders)
{
	for (unsigned i = 0; i < 4; i++) {
		struct mb_slice s = mb_arm64();
		const struct sgn_slice *r;
		struct loaded l;

		s.is32 = i & 1;
		s.big = i & 2;
		s.info_plist = "<plist version=\"1.0\"/>";
		s.has_signature = true;
		l = load_slice(&s);
		cr_assert_eq(l.rc, 0, "variant %u: %s", i, l.err.text);
		r = &l.m.slices[0];
		cr_assert_eq(r->segment_count, 2);
		cr_assert_eq(r->text, &r->segments[0]);
		cr_assert_eq(r->linkedit, &r->segments[1]);
		cr_assert_eq(r->text->fileoff, 0);
		cr_assert_eq(r->text->filesize, 0x4000);
		cr_assert_eq(r->text->nsects, 2);
		cr_assert_eq(r->text->vmaddr, 0x100000);
		cr_assert_eq(r->linkedit->fileoff, 0x4000);
		cr_assert_eq(r->linkedit->filesize, 256 + 64);
		cr_assert_eq(r->linkedit->vmsize, 0x4000);
		cr_assert_eq(r->first_section_off, r->header.size + s.header_pad);
		cr_assert_eq(r->commands_end, r->header.size);
		cr_assert(r->zeros_follow);
		cr_assert_eq(r->dataoff, 0x4100);
		cr_assert_eq(r->datasize, 64);
		cr_assert_eq(r->signature.size, 64);
		cr_assert_eq(r->symtab_end, 0x4100);
		cr_assert_eq(r->linkedit_data_end, 0x4100);
		cr_assert(r->has_info_plist);
		cr_assert(sgn_view_equal(r->info_plist, sgn_view_str(s.info_plist)));
		cr_assert(r->has_uuid);
		cr_assert_arr_eq(r->uuid, s.uuid, 16);
		cr_assert_eq(r->platform, PLATFORM_MACOS);
		cr_assert_eq(r->minos, 0x000d0000);
		cr_assert_eq(r->sdk, 0x000e0000);
		unload(&l);
	}
}

Test(macho_commands, info_plist_of_an_object_with_one_nameless_segment)
{
	struct mb_slice s = mb_arm64();
	struct loaded l;

	s.filetype = MH_OBJECT;
	s.info_plist = "<plist/>";
	l = load_slice(&s);
	cr_assert_eq(l.rc, 0, "%s", l.err.text);
	cr_assert_null(l.m.slices[0].text);
	cr_assert_null(l.m.slices[0].linkedit);
	cr_assert(sgn_view_equal(l.m.slices[0].info_plist, sgn_view_str("<plist/>")));
	unload(&l);
}

Test(macho_commands, old_version_commands_name_their_platform)
{
	for (uint32_t platform = PLATFORM_MACOS; platform <= PLATFORM_WATCHOS; platform++) {
		struct mb_slice s = mb_x86_64();
		struct loaded l;

		s.version_min = true;
		s.platform = platform;
		s.minos = 0x000a0b04;
		l = load_slice(&s);
		cr_assert_eq(l.rc, 0);
		cr_assert(l.m.slices[0].has_version);
		cr_assert_eq(l.m.slices[0].platform, platform);
		cr_assert_eq(l.m.slices[0].minos, 0x000a0b04);
		cr_assert_eq(l.m.slices[0].sdk, 0x000e0000);
		unload(&l);
	}
}

Test(macho_commands, the_first_version_command_counts)
{
	static const uint32_t catalyst[] = {0x32, 24, PLATFORM_MACCATALYST, 1, 2, 0};
	struct loaded l = with_extra(catalyst, 6);

	cr_assert_eq(l.rc, 0, "%s", l.err.text);
	cr_assert_eq(l.m.slices[0].platform, PLATFORM_MACOS);
	unload(&l);
}

Test(macho_commands, no_version_command)
{
	struct mb_slice s = mb_arm64();
	struct loaded l;

	s.platform = 0;
	s.has_uuid = false;
	l = load_slice(&s);
	cr_assert_eq(l.rc, 0);
	cr_assert_not(l.m.slices[0].has_version);
	cr_assert_eq(l.m.slices[0].platform, PLATFORM_UNKNOWN);
	cr_assert_not(l.m.slices[0].has_uuid);
	unload(&l);
}

Test(macho_commands, every_table_of_linkedit_counts_towards_its_end)
{
	static const struct {
		uint32_t words[20];
		size_t count;
		uint64_t end;
	} rows[] = {
		{{0x1e, 16, 0x5000, 9}, 4, 0x5009},
		{{0x26, 16, 0x5000, 9}, 4, 0x5009},
		{{0x29, 16, 0x5000, 9}, 4, 0x5009},
		{{0x2e, 16, 0x5000, 9}, 4, 0x5009},
		{{0x80000033u, 16, 0x5000, 9}, 4, 0x5009},
		{{0x80000034u, 16, 0x5000, 9}, 4, 0x5009},
		{{0x16, 16, 0x5000, 3}, 4, 0x500c},
		{{0x22, 48, 0, 0, 0, 0, 0, 0, 0, 0, 0x5000, 7}, 12, 0x5007},
		{{0x80000022u, 48, 0x5000, 7}, 12, 0x5007},
		{{0xb, 80, 0, 0, 0, 0, 0, 0, 0x5000, 2}, 20, 0x5010},
		{{0xb, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x5000, 2}, 20, 0x5070},
		{{0xb, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x5000, 2}, 20, 0x5008},
		{{0xb, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x5000, 2}, 20, 0x5008},
		{{0xb, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x5000, 2}, 20, 0x5010},
		{{0xb, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x5000, 2}, 20, 0x5010},
		/* Nothing is there, wherever it claims to be. */
		{{0x26, 16, 0xffffffffu, 0}, 4, 0x4100},
		/* The product must not wrap at 32 bits. */
		{{0x16, 16, 0xffffffffu, 0xffffffffu}, 4, 0xffffffffull * 5},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		struct loaded l = with_extra(rows[i].words, rows[i].count);

		cr_assert_eq(l.rc, 0, "row %zu: %s", i, l.err.text);
		cr_assert_eq(l.m.slices[0].linkedit_data_end, rows[i].end, "row %zu: %llx", i,
		             (unsigned long long)l.m.slices[0].linkedit_data_end);
		unload(&l);
	}
}

Test(macho_commands, requirements_of_libraries_are_copied)
{
	static const uint32_t cmd[] = {0x2b, 16, 0x4000, 32};
	static const uint32_t outside[] = {0x2b, 16, 0x4000, 0xffffffffu};
	struct loaded l = with_extra(cmd, 4);

	cr_assert_eq(l.rc, 0, "%s", l.err.text);
	cr_assert_eq(l.m.slices[0].dylib_code_drs.size, 32);
	cr_assert_arr_eq(l.m.slices[0].dylib_code_drs.data, l.img.data + 0x4000, 32);
	unload(&l);
	l = with_extra(outside, 4);
	expect_refusal(&l, SGN_E_FORMAT,
	               "requirements of libraries: 4294967295 bytes at 16384 lie outside the slice "
	               "of 16640 bytes");
}

Test(macho_commands, a_second_signature_command)
{
	static const uint32_t words[] = {0x1d, 16, 0x4000, 16};
	struct mb_slice s = mb_arm64();
	uint8_t bytes[16];
	struct loaded l;

	s.has_signature = true;
	s.extra_size = raw(bytes, words, 4);
	s.extra = bytes;
	s.extra_count = 1;
	l = load_slice(&s);
	cr_assert_eq(l.err.offset, mb_find_cmd(&l.img, 0, CMD_SIGNATURE) + 16);
	expect_refusal(&l, SGN_E_FORMAT, "second LC_CODE_SIGNATURE; the first is at 328");
}

static struct loaded with_signature_field(size_t field, uint32_t value)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img;

	s.has_signature = true;
	img = mb_build(&s);
	mb_put32(&img, mb_find_cmd(&img, 0, CMD_SIGNATURE) + field, value, false);
	return load(img);
}

Test(macho_commands, a_signature_outside_the_slice)
{
	struct loaded l = with_signature_field(8, 0xfffffff0u);

	expect_refusal(&l, SGN_E_FORMAT,
	               "code signature: 64 bytes at 4294967280 lie outside the slice of 16704 "
	               "bytes");
	l = with_signature_field(12, 0xffffffffu);
	expect_refusal(&l, SGN_E_FORMAT,
	               "code signature: 4294967295 bytes at 16640 lie outside the slice of 16704 "
	               "bytes");
	l = with_signature_field(12, 65);
	cr_assert_eq(l.rc, SGN_E_FORMAT);
	unload(&l);
}

Test(macho_commands, a_signature_over_the_load_commands)
{
	struct loaded l = with_signature_field(8, 0);

	cr_assert_eq(l.err.offset, mb_find_cmd(&l.img, 0, CMD_SIGNATURE));
	expect_refusal(&l, SGN_E_FORMAT,
	               "code signature at 0 lies inside the load commands, which end at 344");
}

Test(macho_commands, a_signature_command_of_another_size)
{
	static const uint32_t words[] = {0x1d, 20, 0x4000, 16, 0};
	struct loaded l = with_extra(words, 5);

	expect_refusal(&l, SGN_E_FORMAT, "LC_CODE_SIGNATURE of 20 bytes instead of 16");
}

Test(macho_commands, sizes_that_do_not_lead_on)
{
	static const uint32_t sizes[] = {0, 4, 7, 25, 26, 0x7ffffff8u, 0xffffffffu, 0xfffffff8u};

	for (size_t i = 0; i < SGN_ARRAY_LEN(sizes); i++) {
		struct mb_slice s = mb_arm64();
		struct mb_image img = mb_build(&s);
		size_t at = mb_find_cmd(&img, 0, CMD_UUID);
		struct loaded l;

		mb_put32(&img, at + 4, sizes[i], false);
		l = load(img);
		cr_assert_eq(l.rc, SGN_E_FORMAT, "size %u: %d", sizes[i], l.rc);
		cr_assert_eq(l.err.offset, at);
		unload(&l);
	}
}

Test(macho_commands, a_command_shorter_than_its_fields)
{
	static const uint32_t cmds[] = {0x2,  0xb,  0x16, 0x1b, 0x1d,        0x22,
	                                0x24, 0x26, 0x2b, 0x32, 0x80000034u, 0x19};

	for (size_t i = 0; i < SGN_ARRAY_LEN(cmds); i++) {
		uint32_t words[] = {cmds[i], 8};
		struct loaded l = with_extra(words, 2);

		/* A second version command is not looked at. */
		if (cmds[i] == 0x24 || cmds[i] == 0x32)
			cr_assert_eq(l.rc, 0);
		else
			cr_assert_eq(l.rc, SGN_E_FORMAT, "command 0x%x: %d", cmds[i], l.rc);
		unload(&l);
	}
}

Test(macho_commands, more_sections_than_the_command_holds)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img = mb_build(&s);
	struct loaded l;

	mb_put32(&img, 32 + 64, 0xffffffffu, false);
	l = load(img);
	expect_refusal(&l, SGN_E_FORMAT,
	               "segment __TEXT: 4294967295 sections do not fit in its load command");
}

Test(macho_commands, a_segment_outside_the_slice)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img = mb_build(&s);
	struct loaded l;

	img.size -= 1;
	l = load(img);
	expect_refusal(
		&l, SGN_E_FORMAT,
		"segment __LINKEDIT: 256 bytes at 16384 lie outside the slice of 16639 bytes");
	img = mb_build(&s);
	mb_put32(&img, 32 + 40 + 4, 0xffffffffu, false); /* high half of fileoff */
	l = load(img);
	cr_assert_eq(l.rc, SGN_E_FORMAT);
	unload(&l);
}

Test(macho_commands, a_segment_of_the_other_width)
{
	uint32_t words[14] = {0x1, 56};
	struct loaded l = with_extra(words, 14);

	expect_refusal(&l, SGN_E_FORMAT, "load command 0x1 in a 64-bit file");
}

Test(macho_commands, more_segments_than_the_limit)
{
	enum { COUNT = 4100 };
	struct mb_slice s = mb_arm64();
	uint8_t *bytes = calloc(COUNT, 72);
	struct loaded l;

	cr_assert_not_null(bytes);
	for (size_t i = 0; i < COUNT; i++) {
		bytes[i * 72] = CMD_SEGMENT64;
		bytes[i * 72 + 4] = 72;
	}
	s.extra = bytes;
	s.extra_size = COUNT * 72;
	s.extra_count = COUNT;
	l = load_slice(&s);
	expect_refusal(&l, SGN_E_LIMIT, "more than 4096 segments");
	free(bytes);
}

Test(macho_commands, an_info_plist_outside_its_segment)
{
	static const struct {
		size_t field;
		uint32_t value;
	} rows[] = {{48, 0x3ffc}, {48, 0xffffffffu}, {40, 0xffffffffu}, {44, 1}};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		struct mb_slice s = mb_arm64();
		struct mb_image img;
		struct loaded l;

		s.info_plist = "<plist/>";
		img = mb_build(&s);
		mb_put32(&img, 32 + 72 + 80 + rows[i].field, rows[i].value, false);
		l = load(img);
		cr_assert_eq(l.rc, SGN_E_FORMAT, "row %zu: %d", i, l.rc);
		cr_assert_eq(l.err.offset, 32);
		unload(&l);
	}
}

Test(macho_commands, sections_that_occupy_no_bytes_do_not_limit_the_header)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img = mb_build(&s);
	struct loaded l;

	/* As a dSYM has it: the sections of the program, nothing of it in the file. */
	mb_put32(&img, 32 + 48, 0, false);
	mb_put32(&img, 32 + 72 + 48, 0, false);
	l = load(img);
	cr_assert_eq(l.rc, 0, "%s", l.err.text);
	cr_assert_eq(l.m.slices[0].first_section_off, 0x4000, "__LINKEDIT is what comes first");
	unload(&l);

	img = mb_build(&s);
	mb_put32(&img, 32 + 72 + 64, 0x1, false); /* S_ZEROFILL */
	l = load(img);
	cr_assert_eq(l.m.slices[0].first_section_off, 0x4000);
	unload(&l);
}

Test(macho_commands, what_is_copied_has_limits)
{
	static const uint32_t cmd[] = {0x2b, 16, 0x4000, 0x100001};
	struct mb_slice s = mb_arm64();
	struct mb_image img;
	uint8_t bytes[16];
	struct loaded l;

	s.extra_size = raw(bytes, cmd, 4);
	s.extra = bytes;
	s.extra_count = 1;
	s.linkedit_size = 0x100010;
	l = load_slice(&s);
	expect_refusal(&l, SGN_E_LIMIT,
	               "requirements of libraries: 1048577 bytes; the limit is 1048576");

	s = mb_arm64();
	s.text_size = 0x1001000;
	s.info_plist = "<plist/>";
	img = mb_build(&s);
	mb_put32(&img, 32 + 72 + 80 + 40, 0x1000001, false);
	mb_put32(&img, 32 + 72 + 80 + 48, 0x400, false);
	l = load(img);
	expect_refusal(&l, SGN_E_LIMIT,
	               "section __TEXT,__info_plist: 16777217 bytes; the limit is 16777216");
}
