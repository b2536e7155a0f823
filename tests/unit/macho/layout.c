/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/macho/load.h"

#define CMD_SEGMENT64 0x19
#define CMD_SIGNATURE 0x1d

/* Expects that neither slice 0 nor the file can be signed, and that the text is as given. */
static void refused(struct loaded *l, int rc, int32_t osstatus, const char *text)
{
	const uint32_t sizes[] = {4096, 4096};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_layout layout;

	cr_assert_eq(l->rc, 0, "reading: %s", l->err.text);
	cr_assert_eq(sgn_slice_can_sign(&l->m.slices[0], &err), rc, "\"%s\"", err.text);
	cr_assert_str_eq(err.text, text);
	cr_assert_eq(err.osstatus, osstatus);
	cr_assert_str_eq(err.arch, l->m.slices[0].arch);
	sgn_error_dispose(&err);
	cr_assert_eq(sgn_layout_sign(&l->m, sizes, &layout, NULL), rc);
	cr_assert_null(layout.slices);
}

Test(macho_layout, adding_aligns_the_place_with_zeros_that_are_code)
{
	for (size_t odd = 0; odd < 16; odd++) {
		struct mb_slice s = mb_arm64();
		const uint32_t size = 4096;
		struct sgn_layout l;
		struct loaded in, out;

		s.linkedit_size = 256 + odd;
		in = load_slice(&s);
		cr_assert_eq(sgn_slice_code_length(&in.m.slices[0]), in.img.size);
		cr_assert_eq(sgn_layout_sign(&in.m, &size, &l, NULL), 0);
		cr_assert_eq(l.slices[0].new_offset, 0);
		cr_assert_eq(l.slices[0].copy_size, in.img.size);
		cr_assert_eq(l.slices[0].code_limit, (in.img.size + 15) / 16 * 16);
		cr_assert_eq(l.slices[0].new_size, l.slices[0].code_limit + size);
		cr_assert_eq(l.file_size, l.slices[0].new_size);
		cr_assert_eq(l.fat_header.size, 0);
		sgn_layout_dispose(&l);
		out = signed_file(&in, size);
		cr_assert_null(sgn_macho_strict_problem(&out.m, &out.src));
		unload(&in);
		unload(&out);
	}
}

Test(macho_layout, replacing_keeps_the_place_even_when_it_is_not_aligned)
{
	struct mb_slice s = mb_arm64();
	struct loaded in, out;

	s.has_signature = true;
	s.linkedit_size = 260;
	s.signature_size = 50000;
	in = load_slice(&s);
	cr_assert_eq(sgn_slice_code_length(&in.m.slices[0]), 0x4000 + 260);
	out = signed_file(&in, 32);
	cr_assert_eq(out.m.slices[0].dataoff, 0x4000 + 260);
	cr_assert_eq(out.img.size, 0x4000 + 260 + 32, "a shorter file is cut off");
	unload(&in);
	unload(&out);
}

Test(macho_layout, signing_twice_gives_the_same_header)
{
	struct mb_slice s = mb_x86_64();
	struct loaded in, once, twice;

	in = load_slice(&s);
	once = signed_file(&in, 4096);
	twice = signed_file(&once, 4096);
	cr_assert_eq(once.img.size, twice.img.size);
	cr_assert_arr_eq(once.img.data, twice.img.data, once.img.size);
	unload(&in);
	unload(&once);
	unload(&twice);
}

Test(macho_layout, universal_files_are_laid_out_anew_at_16_kib)
{
	struct mb_slice s[] = {mb_x86_64(), mb_arm64()};
	struct loaded in = load(mb_build_fat(s, 2, 12, false));
	struct loaded out = signed_file(&in, 4096);
	uint64_t second;

	cr_assert(out.m.is_fat);
	cr_assert_eq(out.m.count, 2);
	cr_assert_str_eq(out.m.slices[0].arch, "x86_64", "order is kept");
	cr_assert_eq(out.m.slices[0].offset, 0x4000);
	cr_assert_eq(out.m.slices[0].align, 14);
	second = (0x4000 + out.m.slices[0].size + 0x3fff) / 0x4000 * 0x4000;
	cr_assert_eq(out.m.slices[1].offset, second);
	cr_assert_eq(out.m.slices[1].align, 14);
	cr_assert_eq(out.img.size, second + out.m.slices[1].size);
	cr_assert_null(sgn_macho_strict_problem(&out.m, &out.src));
	unload(&in);
	unload(&out);
}

Test(macho_layout, the_subtype_of_the_universal_header_is_kept)
{
	struct mb_slice s = mb_x86_64();
	struct mb_image img = mb_build_fat(&s, 1, 14, false);
	struct loaded in, out;

	mb_put32(&img, 12, 0x80000003u, true);
	in = load(img);
	out = signed_file(&in, 4096);
	cr_assert_eq(mb_get32(&out.img, 12, true), 0x80000003u);
	cr_assert_eq(out.m.slices[0].cpusubtype, 3);
	unload(&in);
	unload(&out);
}

Test(macho_layout, the_64_bit_universal_format_is_not_written)
{
	struct mb_slice s[] = {mb_x86_64(), mb_arm64()};
	struct loaded in = load(mb_build_fat(s, 2, 14, true));
	const uint32_t sizes[] = {4096, 4096};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_layout l;

	cr_assert_eq(sgn_layout_sign(&in.m, sizes, &l, &err), SGN_E_UNSUPPORTED);
	cr_assert_str_eq(err.text, "64-bit universal files (cafebabf) are read but not written");
	cr_assert_neq(err.cure[0], '\0');
	sgn_error_dispose(&err);
	cr_assert_eq(sgn_layout_remove(&in.m, &l, NULL), SGN_E_UNSUPPORTED);
	unload(&in);
}

Test(macho_layout, a_hidden_slice_is_not_lost_in_silence)
{
	struct mb_slice s[] = {mb_x86_64(), mb_arm64()};
	struct mb_image img = mb_build_fat(s, 2, 14, false);
	const uint32_t size = 4096;
	struct sgn_layout l;
	struct loaded in;

	mb_put32(&img, 4, 1, true);
	in = load(img);
	cr_assert_eq(sgn_layout_sign(&in.m, &size, &l, NULL), SGN_E_UNSUPPORTED);
	unload(&in);
}

Test(macho_layout, file_types_that_cannot_be_signed_are_named)
{
	static const struct {
		uint32_t type;
		const char *text;
	} rows[] = {
		{MH_OBJECT, "file type 1 (object file) does not support code signing"},
		{4, "file type 4 (core dump) does not support code signing"},
		{MH_PRELOAD, "file type 5 (preloaded executable) does not support code signing"},
		{MH_DSYM, "file type 10 (debug symbols) does not support code signing"},
		{77, "file type 77 (unknown) does not support code signing"},
	};
	static const uint32_t good[] = {MH_EXECUTE, MH_DYLIB, MH_DYLINKER, MH_BUNDLE,
	                                MH_KEXT_BUNDLE};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		struct mb_slice s = mb_arm64();
		struct loaded l;

		s.filetype = rows[i].type;
		l = load_slice(&s);
		refused(&l, SGN_E_UNSUPPORTED, errSecCSInternalError, rows[i].text);
		unload(&l);
	}
	for (size_t i = 0; i < SGN_ARRAY_LEN(good); i++) {
		struct mb_slice s = mb_arm64();
		struct loaded l;

		s.filetype = good[i];
		l = load_slice(&s);
		cr_assert_eq(sgn_slice_can_sign(&l.m.slices[0], NULL), 0);
		unload(&l);
	}
}

Test(macho_layout, no_room_for_a_load_command_is_told_with_a_cure)
{
	for (size_t pad = 0; pad <= 16; pad += 4) {
		struct mb_slice s = mb_arm64();
		struct sgn_error err = SGN_ERROR_INIT;
		struct loaded l;

		s.header_pad = pad;
		l = load_slice(&s);
		if (pad < 16) {
			cr_assert_eq(sgn_slice_can_sign(&l.m.slices[0], &err), SGN_E_UNSUPPORTED);
			cr_assert_neq(strstr(err.text, "no room for LC_CODE_SIGNATURE"), NULL);
			cr_assert_neq(strstr(err.cure, "-headerpad 0x1000"), NULL);
			cr_assert_eq(err.osstatus, errSecCSInternalError);
			cr_assert_eq(err.offset, l.m.slices[0].header.size);
			sgn_error_dispose(&err);
		} else {
			cr_assert_eq(sgn_slice_can_sign(&l.m.slices[0], &err), 0, "%s", err.text);
		}
		unload(&l);
	}
}

Test(macho_layout, no_room_is_needed_to_replace)
{
	struct mb_slice s = mb_arm64();
	struct loaded l;

	s.header_pad = 0;
	s.has_signature = true;
	l = load_slice(&s);
	cr_assert_eq(sgn_slice_can_sign(&l.m.slices[0], NULL), 0);
	unload(&l);
}

Test(macho_layout, bytes_behind_the_load_commands_are_never_overwritten)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img = mb_build(&s);
	struct loaded l;
	size_t end = 32 + mb_get32(&img, 20, false);

	img.data[end + 15] = 1;
	l = load(img);
	refused(&l, SGN_E_UNSUPPORTED, errSecCSInternalError,
	        "no room for LC_CODE_SIGNATURE: the 16 bytes behind the load commands at 328 "
	        "are in use");
	unload(&l);
	img = mb_build(&s);
	img.data[end + 16] = 1;
	l = load(img);
	cr_assert_eq(sgn_slice_can_sign(&l.m.slices[0], NULL), 0);
	unload(&l);
}

Test(macho_layout, commands_that_end_before_sizeofcmds_are_not_extended)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img = mb_build(&s);
	struct loaded l;

	mb_put32(&img, 20, mb_get32(&img, 20, false) + 8, false);
	l = load(img);
	refused(&l, SGN_E_FORMAT, errSecCSBadObjectFormat,
	        "the 5 load commands end at 328, but sizeofcmds says 336");
	unload(&l);
}

Test(macho_layout, without_linkedit_there_is_no_place_for_a_signature)
{
	struct mb_slice s = mb_arm64();
	struct loaded l;

	s.no_linkedit = true;
	l = load_slice(&s);
	refused(&l, SGN_E_UNSUPPORTED, errSecCSInternalError,
	        "there is no __LINKEDIT segment to hold a code signature");
	unload(&l);
}

Test(macho_layout, a_signature_must_reach_to_the_end_but_for_seven_bytes)
{
	for (size_t more = 0; more < 10; more++) {
		struct mb_slice s = mb_arm64();
		struct sgn_error err = SGN_ERROR_INIT;
		struct sgn_layout layout;
		struct mb_image img;
		struct loaded l;

		s.has_signature = true;
		img = mb_build(&s);
		mb_put32(&img, mb_find_cmd(&img, 0, CMD_SIGNATURE) + 12, 64 - (uint32_t)more,
		         false);
		l = load(img);
		cr_assert_eq(sgn_slice_can_sign(&l.m.slices[0], &err), more > 7 ? SGN_E_FORMAT : 0);
		if (more > 7) {
			cr_assert_eq(err.osstatus, errSecCSBadObjectFormat);
			cr_assert_eq(err.offset, mb_find_cmd(&l.img, 0, CMD_SIGNATURE));
			cr_assert_eq(sgn_layout_remove(&l.m, &layout, NULL), SGN_E_FORMAT,
			             "removal would drop what was appended");
		}
		sgn_error_dispose(&err);
		unload(&l);
	}
}

Test(macho_layout, a_segment_behind_linkedit)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img = mb_build(&s);
	struct loaded l;

	/* __TEXT grows over __LINKEDIT. */
	mb_put32(&img, 32 + 48, 0x4001, false);
	l = load(img);
	refused(&l, SGN_E_FORMAT, errSecCSBadObjectFormat,
	        "segment __TEXT ends at 16385, behind the beginning of __LINKEDIT at 16384");
	unload(&l);
}

Test(macho_layout, data_behind_linkedit_becomes_part_of_it)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img = mb_build(&s);
	struct loaded in, out;

	/* As an installer does that appends an archive to its program. */
	mb_put32(&img, mb_find_cmd(&img, 0, 0x2) + 20, 100, false);
	mb_put32(&img, 32 + 152 + 48, 200, false);
	in = load(img);
	cr_assert_eq(in.m.slices[0].linkedit->filesize, 200);
	cr_assert_not_null(sgn_macho_strict_problem(&in.m, &in.src));
	out = signed_file(&in, 4096);
	cr_assert_eq(out.m.slices[0].linkedit->filesize, 256 + 4096);
	unload(&in);
	unload(&out);
}

Test(macho_layout, link_edit_data_in_the_way_of_the_signature)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img;
	struct loaded l;

	s.has_signature = true;
	img = mb_build(&s);
	mb_put32(&img, mb_find_cmd(&img, 0, 0x2) + 20, 225, false);
	l = load(img);
	refused(&l, SGN_E_FORMAT, errSecCSBadObjectFormat,
	        "link-edit data ends at 16641, beyond the end of the code at 16640");
	unload(&l);
}

Test(macho_layout, a_signature_before_linkedit)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img;
	struct loaded l;

	s.has_signature = true;
	img = mb_build(&s);
	mb_put32(&img, mb_find_cmd(&img, 0, CMD_SIGNATURE) + 8, 0x3000, false);
	mb_put32(&img, mb_find_cmd(&img, 0, CMD_SIGNATURE) + 12, (uint32_t)img.size - 0x3000,
	         false);
	l = load(img);
	refused(&l, SGN_E_FORMAT, errSecCSBadObjectFormat,
	        "the code signature at 12288 lies before __LINKEDIT at 16384");
	unload(&l);
}

Test(macho_layout, the_result_must_fit_32_bit_offsets)
{
	struct mb_slice s = mb_arm64();
	struct loaded l = load_slice(&s);
	const uint32_t size = 0xfffffff0u;
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_layout layout;

	cr_assert_eq(sgn_layout_sign(&l.m, &size, &layout, &err), SGN_E_LIMIT);
	cr_assert_str_eq(err.text,
	                 "the signed file would have 4294983920 bytes; Mach-O offsets end "
	                 "at 4294967295");
	sgn_error_dispose(&err);
	unload(&l);
}

Test(macho_layout, a_size_that_is_no_multiple_of_16_is_a_mistake_of_the_caller)
{
	struct mb_slice s = mb_arm64();
	struct loaded l = load_slice(&s);
	const uint32_t odd = 17, none = 0;
	struct sgn_layout layout;

	cr_assert_eq(sgn_layout_sign(&l.m, &odd, &layout, NULL), SGN_E_INTERNAL);
	cr_assert_eq(sgn_layout_sign(&l.m, &none, &layout, NULL), SGN_E_INTERNAL);
	unload(&l);
}

Test(macho_layout, adding_and_removing_gives_the_file_back)
{
	/* The string table is aligned to 4 bytes, the signature to 16. */
	for (size_t odd = 0; odd < 16; odd += 4) {
		for (unsigned i = 0; i < 4; i++) {
			struct mb_slice s = mb_x86_64();
			struct loaded in, with, without;

			s.is32 = i & 1;
			s.big = i & 2;
			s.linkedit_size = 256 + odd;
			in = load_slice(&s);
			/* No larger than __LINKEDIT's rounding: vmsize stays when removing. */
			with = signed_file(&in, 4096);
			without = stripped_file(&with);
			cr_assert_eq(without.img.size, in.img.size);
			cr_assert_arr_eq(without.img.data, in.img.data, in.img.size);
			unload(&in);
			unload(&with);
			unload(&without);
		}
	}
}

Test(macho_layout, removal_cuts_the_padding_that_the_string_table_tells)
{
	for (size_t gap = 0; gap <= 16; gap++) {
		struct mb_slice s = mb_arm64();
		struct loaded in, out;

		s.has_signature = true;
		s.strtab_gap = gap;
		in = load_slice(&s);
		out = stripped_file(&in);
		cr_assert_eq(out.img.size, 0x4100 - (gap <= 12 ? gap : 0), "gap %zu", gap);
		cr_assert_null(sgn_macho_strict_problem(&out.m, &out.src));
		unload(&in);
		unload(&out);
	}
}

Test(macho_layout, removal_leaves_an_unsigned_file_as_it_is)
{
	struct mb_slice s[] = {mb_x86_64(), mb_arm64()};
	struct loaded in = load_slice(&s[0]);
	struct loaded out = stripped_file(&in);

	cr_assert_eq(out.img.size, in.img.size);
	cr_assert_arr_eq(out.img.data, in.img.data, in.img.size);
	unload(&in);
	unload(&out);

	/* One slice of two is signed; a file of objects may be stripped as well. */
	s[1].has_signature = true;
	in = load(mb_build_fat(s, 2, 12, false));
	out = stripped_file(&in);
	cr_assert_eq(out.m.slices[0].offset, 0x4000);
	cr_assert_eq(out.m.slices[0].size, in.m.slices[0].size);
	cr_assert_eq(out.m.slices[1].size, in.m.slices[1].size - 64);
	cr_assert_not(out.m.slices[1].has_signature_cmd);
	unload(&in);
	unload(&out);
}

Test(macho_layout, removal_does_not_cut_below_linkedit)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img;
	struct loaded in, out;
	size_t symtab;

	s.has_signature = true;
	s.linkedit_size = 256;
	img = mb_build(&s);
	/* The string table ends before __LINKEDIT, which begins 4 bytes before the signature. */
	symtab = mb_find_cmd(&img, 0, 0x2);
	mb_put32(&img, symtab + 12, 0, false);
	mb_put32(&img, symtab + 16, 0x40f0, false);
	mb_put32(&img, symtab + 20, 4, false);
	mb_put32(&img, 32 + 152 + 40, 0x40fc, false);
	mb_put32(&img, 32 + 152 + 48, 4 + 64, false);
	in = load(img);
	out = stripped_file(&in);
	cr_assert_eq(out.img.size, 0x4100);
	cr_assert_eq(out.m.slices[0].linkedit->filesize, 4);
	unload(&in);
	unload(&out);
}
