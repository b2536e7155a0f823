/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/macho/load.h"

#define CMD_SEGMENT   0x1
#define CMD_SIGNATURE 0x1d
#define CMD_UUID      0x1b

Test(macho_edit, a_command_is_added_behind_the_last_in_every_byte_order)
{
	for (unsigned i = 0; i < 4; i++) {
		struct mb_slice s = mb_x86_64();
		struct loaded in, out;
		size_t end;

		s.is32 = i & 1;
		s.big = i & 2;
		in = load_slice(&s);
		end = in.m.slices[0].header.size;
		out = signed_file(&in, 0x8010);
		cr_assert_eq(mb_find_cmd(&out.img, 0, CMD_SIGNATURE), end);
		cr_assert_eq(out.m.slices[0].ncmds, in.m.slices[0].ncmds + 1);
		cr_assert_eq(out.m.slices[0].sizeofcmds, in.m.slices[0].sizeofcmds + 16);
		cr_assert_eq(mb_get32(&out.img, end + 4, s.big), 16);
		cr_assert_eq(mb_get32(&out.img, end + 8, s.big), in.img.size);
		cr_assert_eq(mb_get32(&out.img, end + 12, s.big), 0x8010);
		cr_assert_eq(out.m.slices[0].linkedit->filesize, 256 + 0x8010);
		cr_assert_eq(out.m.slices[0].linkedit->vmsize, 0xc000);
		cr_assert_eq(out.m.slices[0].linkedit->vmaddr, in.m.slices[0].linkedit->vmaddr);
		/* Nothing but header and signature changes. */
		cr_assert_arr_eq(out.img.data + end + 16, in.img.data + end + 16,
		                 in.img.size - end - 16);
		unload(&in);
		unload(&out);
	}
}

Test(macho_edit, memory_size_of_linkedit_is_rounded_to_16_kib_and_file_size_is_exact)
{
	static const struct {
		uint32_t datasize;
		uint64_t vmsize;
	} rows[] = {{0x4000 - 256, 0x4000}, {0x4000 - 240, 0x8000}, {16, 0x4000}};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		struct mb_slice s = mb_x86_64();
		struct loaded in = load_slice(&s);
		struct loaded out = signed_file(&in, rows[i].datasize);

		cr_assert_eq(out.m.slices[0].linkedit->vmsize, rows[i].vmsize);
		cr_assert_eq(out.m.slices[0].linkedit->filesize, 256 + rows[i].datasize);
		unload(&in);
		unload(&out);
	}
}

Test(macho_edit, replacing_changes_sizes_only)
{
	struct mb_slice s = mb_arm64();
	struct loaded in, out;
	size_t cmd;

	s.has_signature = true;
	in = load_slice(&s);
	out = signed_file(&in, 128);
	cmd = mb_find_cmd(&in.img, 0, CMD_SIGNATURE);
	cr_assert_eq(mb_find_cmd(&out.img, 0, CMD_SIGNATURE), cmd);
	cr_assert_eq(mb_get32(&out.img, cmd + 12, false), 128);
	cr_assert_eq(out.m.slices[0].ncmds, in.m.slices[0].ncmds);
	cr_assert_arr_eq(out.img.data, in.img.data, 32);
	unload(&in);
	unload(&out);
}

/* A segment command behind the signature must be found at its new place. */
static void check_removal(bool is32, bool linkedit_later)
{
	/* LC_RPATH-like command of unknown content. */
	static const uint8_t extra[16] = {0x0f, 0, 0, 0, 16, 0, 0, 0, 'a', 'b', 'c', 'd'};
	struct mb_slice s = mb_x86_64();
	struct mb_image img;
	struct loaded in, out;
	size_t cmd, end;

	s.is32 = is32;
	s.has_signature = true;
	s.extra = extra;
	s.extra_size = sizeof(extra);
	s.extra_count = 1;
	img = mb_build(&s);
	cmd = mb_find_cmd(&img, 0, CMD_SIGNATURE);
	if (linkedit_later) {
		/* Move the command to the front of the others. */
		size_t first = is32 ? 28 : 32;
		uint8_t sig[16];

		memcpy(sig, img.data + cmd, 16);
		memmove(img.data + first + 16, img.data + first, cmd - first);
		memcpy(img.data + first, sig, 16);
		cmd = first;
	}
	in = load(img);
	cr_assert_eq(in.rc, 0, "%s", in.err.text);
	end = in.m.slices[0].header.size;
	out = stripped_file(&in);
	cr_assert_eq(mb_find_cmd(&out.img, 0, CMD_SIGNATURE), 0);
	cr_assert_eq(out.m.slices[0].ncmds, in.m.slices[0].ncmds - 1);
	cr_assert_eq(out.m.slices[0].sizeofcmds, in.m.slices[0].sizeofcmds - 16);
	cr_assert_eq(out.m.slices[0].linkedit->filesize, 256);
	cr_assert_eq(out.m.slices[0].linkedit->vmsize, in.m.slices[0].linkedit->vmsize);
	cr_assert_arr_eq(out.img.data + end - 32, extra, 16);
	cr_assert(sgn_view_is_zero(sgn_view_of(out.img.data + end - 16, 16)));
	cr_assert_arr_eq(out.m.slices[0].uuid, s.uuid, 16);
	unload(&in);
	unload(&out);
}

Test(macho_edit, removal_moves_later_commands_down_and_clears_what_they_leave)
{
	check_removal(false, false);
	check_removal(true, false);
	check_removal(false, true);
	check_removal(true, true);
}
