/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "signer/base/mem.h"
#include "tests/unit/macho/load.h"

#define CMD_SIGNATURE 0x1d

Test(macho_read, the_header_of_a_thin_file)
{
	struct mb_slice s = mb_x86_64();
	const struct sgn_slice *r;
	struct loaded l;

	s.filetype = MH_DYLIB;
	l = load_slice(&s);
	cr_assert_eq(l.rc, 0, "%s", l.err.text);
	cr_assert_not(l.m.is_fat);
	cr_assert_eq(l.m.count, 1);
	r = &l.m.slices[0];
	cr_assert_eq(r->offset, 0);
	cr_assert_eq(r->size, l.img.size);
	cr_assert_eq(r->align, 0);
	cr_assert_eq(r->cputype, CPU_TYPE_X86_64);
	cr_assert_eq(r->cpusubtype, 3);
	cr_assert_eq(r->fat_cpusubtype, 3);
	cr_assert_eq(r->filetype, MH_DYLIB);
	cr_assert_eq(r->flags, 0x00200085);
	cr_assert(r->is64);
	cr_assert(r->little);
	cr_assert_str_eq(r->arch, "x86_64");
	cr_assert_eq(r->header.size, 32 + r->sizeofcmds);
	cr_assert_arr_eq(r->header.data, l.img.data, r->header.size);
	cr_assert_not(r->has_signature_cmd);
	cr_assert_eq(r->signature.size, 0);
	unload(&l);
}

Test(macho_read, the_model_outlives_the_source)
{
	static const uint8_t sig[64] = {0xfa, 0xde, 0x0c, 0xc0, 1, 2, 3};
	struct mb_slice s = mb_arm64();
	struct loaded l;

	s.has_signature = true;
	s.signature = sig;
	l = load_slice(&s);
	cr_assert_eq(l.rc, 0);
	sgn_source_close(&l.src);
	mb_free(&l.img);
	cr_assert_eq(l.m.slices[0].header.data[0], 0xcf);
	cr_assert(sgn_view_equal(l.m.slices[0].signature, sgn_view_of(sig, sizeof(sig))));
	unload(&l);
}

Test(macho_read, what_is_no_mach_o)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *text;
	} rows[] = {
		{"", 0, "not a Mach-O file"},
		{"#!/bin/sh\n", 10, "not a Mach-O file"},
		{"!<arch>\n", 8, "a static library, not a Mach-O file"},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		struct sgn_error err = SGN_ERROR_INIT;
		struct sgn_source src;
		struct sgn_macho m;

		sgn_source_memory(sgn_view_of(rows[i].bytes, rows[i].size), &src);
		cr_assert_eq(sgn_macho_read(&src, &m, &err), SGN_E_UNSUPPORTED);
		cr_assert_str_eq(err.text, rows[i].text);
		cr_assert_eq(err.osstatus, errSecCSBadObjectFormat);
		sgn_error_dispose(&err);
	}
}

Test(macho_read, a_file_beyond_32_bit_offsets)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img = mb_build(&s);
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_source src;
	struct sgn_macho m;

	sgn_source_memory(sgn_view_of(img.data, img.size), &src);
	src.size = 0x100000000ull;
	cr_assert_eq(sgn_macho_read(&src, &m, &err), SGN_E_LIMIT);
	cr_assert_str_eq(err.text, "file of 4294967296 bytes; Mach-O offsets end at 4294967295");
	sgn_error_dispose(&err);
	mb_free(&img);
}

Test(macho_read, a_real_program)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_source src;
	struct sgn_macho m;

	cr_assert_eq(sgn_source_open(SGN_SOURCE_DIR "/vectors/macho/get-windows", &src, &err), 0,
	             "%s", err.text);
	cr_assert_eq(sgn_macho_read(&src, &m, &err), 0, "%s", err.text);
	cr_assert_eq(m.count, 2);
	cr_assert_str_eq(m.slices[0].arch, "x86_64");
	cr_assert_not(m.slices[0].has_signature_cmd);
	cr_assert_str_eq(m.slices[1].arch, "arm64");
	cr_assert(m.slices[1].has_signature_cmd);
	cr_assert_eq(m.slices[1].linkedit_data_end, m.slices[1].symtab_end);
	cr_assert_leq(m.slices[1].symtab_end, m.slices[1].dataoff);
	cr_assert_null(sgn_macho_strict_problem(&m, &src));
	for (size_t i = 0; i < m.count; i++)
		cr_assert_eq(sgn_slice_can_sign(&m.slices[i], &err), 0, "%s", err.text);
	sgn_macho_dispose(&m);
	sgn_source_close(&src);
}

Test(macho_read, a_file_that_shrinks_meanwhile_is_an_input_error)
{
	struct mb_slice s[] = {mb_arm64(), mb_x86_64()};
	struct mb_image img = mb_build_fat(s, 2, 14, false);

	for (size_t left = 0; left < img.size; left += left < 64 ? 4 : 5000) {
		struct sgn_error err = SGN_ERROR_INIT;
		struct sgn_source src;
		struct sgn_macho m;
		int rc;

		sgn_source_memory(sgn_view_of(img.data, left), &src);
		src.size = img.size;
		rc = sgn_macho_read(&src, &m, &err);
		/* The code itself is not read. */
		cr_assert(rc == SGN_E_IO || (rc == 0 && left > mb_slice_offset(&img, 1)),
		          "%zu bytes left: status %d", left, rc);
		sgn_macho_dispose(&m);
		sgn_error_dispose(&err);
	}
	mb_free(&img);
}

static struct loaded with_header_field(size_t at, uint32_t value)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img = mb_build(&s);

	mb_put32(&img, at, value, false);
	return load(img);
}

Test(macho_read, load_command_counts_are_bounded_before_anything_is_allocated)
{
	struct loaded l = with_header_field(16, 0xffffffffu);

	cr_assert_eq(l.rc, SGN_E_FORMAT);
	cr_assert_str_eq(l.err.text, "4294967295 load commands cannot fit in 296 bytes");
	unload(&l);
	l = with_header_field(20, 0xffffffffu);
	cr_assert_eq(l.rc, SGN_E_FORMAT);
	cr_assert_str_eq(l.err.text, "load commands of 4294967295 bytes reach beyond the slice of "
	                             "16640 bytes");
	cr_assert_eq(l.err.offset, 0);
	unload(&l);
	l = with_header_field(16, 7);
	cr_assert_eq(l.rc, SGN_E_FORMAT, "one command more than there is");
	unload(&l);
}

Test(macho_read, too_many_load_commands)
{
	enum { COUNT = 66000 };
	struct mb_slice s = mb_arm64();
	uint8_t *bytes = calloc(COUNT, 8);
	struct loaded l;

	cr_assert_not_null(bytes);
	for (size_t i = 0; i < COUNT; i++) {
		bytes[i * 8] = 0x0f;
		bytes[i * 8 + 4] = 8;
	}
	s.extra = bytes;
	s.extra_size = COUNT * 8;
	s.extra_count = COUNT;
	l = load_slice(&s);
	cr_assert_eq(l.rc, SGN_E_LIMIT, "%s", l.err.text);
	unload(&l);
	free(bytes);
}

Test(macho_read, every_truncation_is_refused_or_sound)
{
	struct mb_slice s[] = {mb_arm64(), mb_x86_64()};

	s[0].has_signature = true;
	for (int fat = 0; fat < 2; fat++) {
		struct mb_image whole = fat ? mb_build_fat(s, 2, 12, false) : mb_build(&s[0]);

		for (size_t size = 0; size < whole.size; size += size < 700 ? 1 : 509) {
			struct mb_image cut = {malloc(size + 1), size};
			struct loaded l;

			cr_assert_not_null(cut.data);
			memcpy(cut.data, whole.data, size);
			l = load(cut);
			cr_assert_neq(l.rc, 0, "%zu of %zu bytes", size, whole.size);
			cr_assert_eq(l.err.osstatus, errSecCSBadObjectFormat);
			unload(&l);
		}
		mb_free(&whole);
	}
}

/* --- what made other tools crash or hang ------------------------------------------------------ */

enum { NCMDS = 16, SIZEOFCMDS = 20, FIRST_CMD = 32 };

static int with_signed_field(size_t at, uint32_t value, bool signature_cmd)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img;
	struct loaded l;
	int rc;

	s.has_signature = true;
	img = mb_build(&s);
	mb_put32(&img, at + (signature_cmd ? mb_find_cmd(&img, 0, CMD_SIGNATURE) : 0), value,
	         false);
	l = load(img);
	rc = l.rc;
	unload(&l);
	return rc;
}

Test(macho_read, hostile_signature_offset_0)
{
	cr_assert_eq(with_signed_field(8, 0, true), SGN_E_FORMAT);
}

Test(macho_read, hostile_signature_offset_huge)
{
	cr_assert_eq(with_signed_field(8, 0xffffffffu, true), SGN_E_FORMAT);
	cr_assert_eq(with_signed_field(8, 0x7fffffffu, true), SGN_E_FORMAT);
}

Test(macho_read, hostile_signature_size_huge)
{
	cr_assert_eq(with_signed_field(12, 0xffffffffu, true), SGN_E_FORMAT);
	cr_assert_eq(with_signed_field(12, 0x7fffffffu, true), SGN_E_FORMAT);
}

Test(macho_read, hostile_ncmds_of_4294967295_does_not_hang)
{
	cr_assert_eq(with_signed_field(NCMDS, 0xffffffffu, false), SGN_E_FORMAT);
}

Test(macho_read, hostile_sizeofcmds_huge)
{
	cr_assert_eq(with_signed_field(SIZEOFCMDS, 0xffffffffu, false), SGN_E_FORMAT);
}

Test(macho_read, hostile_cmdsize_0_and_huge)
{
	cr_assert_eq(with_signed_field(FIRST_CMD + 4, 0, false), SGN_E_FORMAT);
	cr_assert_eq(with_signed_field(FIRST_CMD + 4, 0xfffffff8u, false), SGN_E_FORMAT);
}

Test(macho_read, hostile_nsects_huge)
{
	cr_assert_eq(with_signed_field(FIRST_CMD + 64, 0xffffffffu, false), SGN_E_FORMAT);
	cr_assert_eq(with_signed_field(FIRST_CMD + 64, 0x03333334u, false), SGN_E_FORMAT,
	             "times 80 is 64 modulo 2^32");
}

/* --- any damage ------------------------------------------------------------------------------- */

static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*state >> 33);
}

static uint32_t interesting(uint64_t *state, uint32_t old, size_t size)
{
	switch (next_random(state) % 8) {
	case 0: return 0;
	case 1: return UINT32_MAX;
	case 2: return (uint32_t)size;
	case 3: return (uint32_t)size - next_random(state) % 64;
	case 4: return old + 16 - next_random(state) % 32;
	case 5: return next_random(state);
	case 6: return next_random(state) % 0x40;
	default: return old ^ (1u << next_random(state) % 32);
	}
}

/* Mostly words of the headers, for the rest is only copied. */
static void damage(uint64_t *state, struct mb_image *img, size_t slices)
{
	uint32_t times = 1 + next_random(state) % 3;

	for (uint32_t i = 0; i < times; i++) {
		size_t base = slices ? mb_slice_offset(img, next_random(state) % slices) : 0;
		size_t at;

		if (slices && next_random(state) % 4 == 0)
			at = next_random(state) % (8 + 20 * slices);
		else
			at = base + next_random(state) % 560;
		at &= ~(size_t)3;
		if (at + 4 <= img->size && (!slices || i == 0 || at > 64))
			mb_put32(img, at, interesting(state, mb_get32(img, at, false), img->size),
			         next_random(state) & 1);
	}
	if (next_random(state) % 16 == 0)
		img->size -= next_random(state) % img->size;
}

static void check_model(const struct loaded *l)
{
	for (size_t i = 0; i < l->m.count; i++) {
		const struct sgn_slice *s = &l->m.slices[i];

		cr_assert_leq(s->offset + s->size, l->m.file_size);
		cr_assert_leq(s->header.size, s->size);
		for (size_t k = 0; k < s->segment_count; k++)
			cr_assert(s->segments[k].filesize == 0 ||
			          s->segments[k].fileoff + s->segments[k].filesize <= s->size);
		if (s->has_signature_cmd)
			cr_assert_leq((uint64_t)s->dataoff + s->datasize, s->size);
	}
	(void)sgn_macho_strict_problem(&l->m, &l->src);
}

/* Whatever may be signed or stripped gives a file that reads again, with the signature in its place. */
static void check_layouts(const struct loaded *l)
{
	uint32_t sizes[] = {4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096};
	struct sgn_layout layout;
	struct loaded again;

	if (l->m.count <= SGN_ARRAY_LEN(sizes) &&
	    sgn_layout_sign(&l->m, sizes, &layout, NULL) == 0) {
		again = load(apply(l, &layout));
		cr_assert_eq(again.rc, 0, "%s", again.err.text);
		for (size_t i = 0; i < again.m.count; i++) {
			cr_assert_eq(again.m.slices[i].dataoff, layout.slices[i].code_limit);
			cr_assert_eq(again.m.slices[i].datasize, 4096);
		}
		cr_assert_null(sgn_macho_strict_problem(&again.m, &again.src));
		unload(&again);
		sgn_layout_dispose(&layout);
	}
	if (sgn_layout_remove(&l->m, &layout, NULL) == 0) {
		again = load(apply(l, &layout));
		cr_assert_eq(again.rc, 0, "%s", again.err.text);
		for (size_t i = 0; i < again.m.count; i++)
			cr_assert_not(again.m.slices[i].has_signature_cmd);
		unload(&again);
		sgn_layout_dispose(&layout);
	}
}

static struct mb_image variant(uint32_t n, size_t *slices)
{
	struct mb_slice s[2] = {mb_x86_64(), mb_x86_64()};

	for (size_t i = 0; i < 2; i++) {
		s[i].text_size = 100;
		s[i].header_pad = 32;
		s[i].is32 = n & 1;
		s[i].has_signature = n & 2;
		s[i].big = n & 4;
		s[i].info_plist = n & 8 ? "<plist/>" : NULL;
		s[i].strtab_gap = 8;
	}
	s[1].cputype = CPU_TYPE_I386;
	*slices = n & 16 ? 2 : 0;
	return n & 16 ? mb_build_fat(s, 2, 12, false) : mb_build(&s[0]);
}

Test(macho_read, damaged_files_neither_crash_nor_hang)
{
	const clock_t end = clock() + CLOCKS_PER_SEC * 3 / 2;
	uint64_t state = 20240607;
	unsigned long accepted = 0, count;

	for (count = 0; count < 60000 && clock() < end; count++) {
		size_t slices;
		struct mb_image img = variant(next_random(&state) % 32, &slices);
		struct loaded l;

		damage(&state, &img, slices);
		l = load(img);
		if (l.rc == 0) {
			accepted++;
			check_model(&l);
			check_layouts(&l);
		} else {
			cr_assert(l.rc == SGN_E_FORMAT || l.rc == SGN_E_LIMIT ||
			                  l.rc == SGN_E_UNSUPPORTED,
			          "status %d: %s", l.rc, l.err.text);
			cr_assert_neq(l.err.osstatus, 0);
		}
		unload(&l);
	}
	cr_assert_gt(count, 200);
	cr_assert_gt(accepted, count / 50, "the damage is too coarse to get anywhere");
}

Test(macho_read, every_failing_allocation_is_reported)
{
	struct mb_slice s[] = {mb_arm64(), mb_x86_64()};
	struct mb_image img;
	struct sgn_source src;
	unsigned long n;
	int rc = SGN_E_NOMEM;

	s[0].has_signature = true;
	s[1].info_plist = "<plist/>";
	img = mb_build_fat(s, 2, 14, false);
	sgn_source_memory(sgn_view_of(img.data, img.size), &src);
	for (n = 1; rc == SGN_E_NOMEM && n < 100; n++) {
		const uint32_t sizes[] = {4096, 4096};
		struct sgn_macho m;
		struct sgn_layout l;

		sgn_mem_fail_after(n);
		rc = sgn_macho_read(&src, &m, NULL);
		if (rc == 0) {
			rc = sgn_layout_sign(&m, sizes, &l, NULL);
			sgn_macho_dispose(&m);
		}
		if (rc == 0)
			sgn_layout_dispose(&l);
		sgn_mem_fail_after(0);
	}
	cr_assert_eq(rc, 0);
	cr_assert_gt(n, 5);
	mb_free(&img);
}
