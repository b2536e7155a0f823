/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "tests/unit/macho/load.h"

/* Fields of entry i of the table. */
#define ENTRY(i)  (8 + 20 * (size_t)(i))
#define OFFSET(i) (ENTRY(i) + 8)
#define SIZE(i)   (ENTRY(i) + 12)

static struct mb_image two_slices(void)
{
	struct mb_slice s[] = {mb_arm64(), mb_x86_64()};

	return mb_build_fat(s, 2, 14, false);
}

/* Reads a damaged file and gives back its error, which the caller disposes of. */
static struct sgn_error refused(struct mb_image img, int rc)
{
	struct loaded l = load(img);
	struct sgn_error err = l.err;

	cr_assert_eq(l.rc, rc, "status %d, text \"%s\"", l.rc, l.err.text);
	cr_assert_eq(l.m.count, 0, "a failed read must leave nothing");
	l.err = (struct sgn_error)SGN_ERROR_INIT;
	unload(&l);
	return err;
}

Test(macho_fat, slices_keep_the_order_of_the_header)
{
	struct loaded l = load(two_slices());

	cr_assert_eq(l.rc, 0, "%s", l.err.text);
	cr_assert(l.m.is_fat);
	cr_assert_not(l.m.is_fat64);
	cr_assert_not(l.m.has_hidden_slice);
	cr_assert_eq(l.m.count, 2);
	cr_assert_str_eq(l.m.slices[0].arch, "arm64");
	cr_assert_eq(l.m.slices[0].offset, 0x4000);
	cr_assert_str_eq(l.m.slices[1].arch, "x86_64");
	cr_assert_eq(l.m.slices[1].align, 14);
	cr_assert_eq(l.m.slices[1].offset + l.m.slices[1].size, l.m.file_size);
	unload(&l);
}

Test(macho_fat, slices_may_lie_in_another_order_than_listed)
{
	struct mb_image img = two_slices();
	uint8_t entry[20];
	struct loaded l;

	memcpy(entry, img.data + ENTRY(0), 20);
	memcpy(img.data + ENTRY(0), img.data + ENTRY(1), 20);
	memcpy(img.data + ENTRY(1), entry, 20);
	l = load(img);
	cr_assert_eq(l.rc, 0, "%s", l.err.text);
	cr_assert_str_eq(l.m.slices[0].arch, "x86_64");
	cr_assert_gt(l.m.slices[0].offset, l.m.slices[1].offset);
	cr_assert_null(sgn_macho_strict_problem(&l.m, &l.src));
	unload(&l);
}

Test(macho_fat, the_64_bit_header_is_read)
{
	struct mb_slice s[] = {mb_arm64(), mb_x86_64()};
	struct loaded l = load(mb_build_fat(s, 2, 14, true));

	cr_assert_eq(l.rc, 0, "%s", l.err.text);
	cr_assert(l.m.is_fat64);
	cr_assert(l.m.is_fat);
	cr_assert_str_eq(l.m.slices[1].arch, "x86_64");
	cr_assert_null(sgn_macho_strict_problem(&l.m, &l.src));
	unload(&l);
}

Test(macho_fat, no_slices)
{
	struct mb_image img = two_slices();
	struct sgn_error err;

	mb_put32(&img, 4, 0, true);
	err = refused(img, SGN_E_FORMAT);
	cr_assert_str_eq(err.text, "universal file without slices");
	cr_assert_eq(err.osstatus, errSecCSBadObjectFormat);
	cr_assert_eq(err.offset, 4);
	sgn_error_dispose(&err);
}

Test(macho_fat, more_slices_than_the_file_holds)
{
	struct mb_image img = two_slices();
	struct sgn_error err;

	mb_put32(&img, 4, 44, true);
	err = refused(img, SGN_E_FORMAT);
	sgn_error_dispose(&err);

	/* With the wide header there is no Java class to be mistaken for. */
	img = two_slices();
	mb_put32(&img, 0, FAT_MAGIC_64, true);
	mb_put32(&img, 4, UINT32_MAX, true);
	err = refused(img, SGN_E_LIMIT);
	cr_assert_eq(err.offset, 4);
	sgn_error_dispose(&err);

	/* Narrow: not taken for a universal file at all. */
	img = two_slices();
	mb_put32(&img, 4, UINT32_MAX, true);
	err = refused(img, SGN_E_UNSUPPORTED);
	cr_assert_eq(err.osstatus, errSecCSBadObjectFormat);
	sgn_error_dispose(&err);
}

Test(macho_fat, a_header_cut_off)
{
	struct mb_image img = two_slices();
	struct sgn_error err;

	img.size = ENTRY(1) + 3;
	err = refused(img, SGN_E_FORMAT);
	cr_assert_str_eq(err.text, "universal header: truncated");
	sgn_error_dispose(&err);
}

Test(macho_fat, a_slice_outside_the_file)
{
	static const struct {
		size_t at;
		uint32_t value;
	} rows[] = {
		{OFFSET(1), 0xfffffff0u}, {SIZE(1), 0xffffffffu},    {SIZE(0), 0x7fffffffu},
		{OFFSET(0), 0},           {OFFSET(0), ENTRY(2) - 1},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		struct mb_image img = two_slices();
		struct sgn_error err;

		mb_put32(&img, rows[i].at, rows[i].value, true);
		err = refused(img, SGN_E_FORMAT);
		cr_assert_str_eq(err.arch, rows[i].at >= ENTRY(1) ? "x86_64" : "arm64");
		cr_assert_eq(err.osstatus, errSecCSBadObjectFormat);
		cr_assert_eq(err.offset, rows[i].at >= ENTRY(1) ? ENTRY(1) : ENTRY(0));
		sgn_error_dispose(&err);
	}
}

Test(macho_fat, overlapping_slices)
{
	struct mb_image img = two_slices();
	struct sgn_error err;

	mb_put32(&img, OFFSET(1), mb_get32(&img, OFFSET(0), true) + 0x1000, true);
	err = refused(img, SGN_E_FORMAT);
	cr_assert_str_eq(err.text, "slice at 20480 overlaps the arm64 slice at 16384");
	sgn_error_dispose(&err);

	img = two_slices();
	mb_put32(&img, OFFSET(1), mb_get32(&img, OFFSET(0), true), true);
	err = refused(img, SGN_E_FORMAT);
	sgn_error_dispose(&err);
}

Test(macho_fat, an_empty_slice)
{
	struct mb_image img = two_slices();
	struct sgn_error err;

	mb_put32(&img, SIZE(1), 0, true);
	err = refused(img, SGN_E_FORMAT);
	cr_assert_str_eq(err.arch, "x86_64");
	sgn_error_dispose(&err);
}

Test(macho_fat, a_universal_file_inside_a_universal_file)
{
	struct mb_image img = two_slices();
	struct sgn_error err;

	mb_put32(&img, mb_slice_offset(&img, 1), FAT_MAGIC, true);
	err = refused(img, SGN_E_FORMAT);
	cr_assert_str_eq(err.text, "slice does not begin with a Mach-O magic");
	cr_assert_eq(err.offset, 0xc000);
	sgn_error_dispose(&err);
}

Test(macho_fat, header_and_slice_disagree_about_the_cpu)
{
	struct mb_image img = two_slices();
	struct sgn_error err;

	mb_put32(&img, ENTRY(1), CPU_TYPE_I386, true);
	err = refused(img, SGN_E_FORMAT);
	sgn_error_dispose(&err);
}

Test(macho_fat, slices_of_different_types_are_no_executable_format)
{
	struct mb_slice s[] = {mb_arm64(), mb_x86_64()};
	struct sgn_error err;

	s[1].filetype = MH_DYLIB;
	err = refused(mb_build_fat(s, 2, 14, false), SGN_E_FORMAT);
	cr_assert_eq(err.sys, ENOEXEC);
	cr_assert_eq(err.osstatus, 100000 + ENOEXEC);
	cr_assert_str_eq(err.arch, "x86_64");
	sgn_error_dispose(&err);
}

Test(macho_fat, a_hidden_slice_is_noticed)
{
	struct mb_slice s[] = {mb_x86_64(), mb_arm64()};
	struct mb_image img = mb_build_fat(s, 2, 14, false);
	struct loaded l;

	mb_put32(&img, 4, 1, true);
	l = load(img);
	cr_assert_eq(l.rc, 0, "%s", l.err.text);
	cr_assert_eq(l.m.count, 1);
	cr_assert(l.m.has_hidden_slice);
	unload(&l);
}
