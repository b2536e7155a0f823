/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/macho/load.h"

static void expect(struct mb_image img, const char *problem)
{
	struct loaded l = load(img);
	const char *found;

	cr_assert_eq(l.rc, 0, "%s", l.err.text);
	found = sgn_macho_strict_problem(&l.m, &l.src);
	if (problem)
		cr_assert_str_eq(found ? found : "(sound)", problem);
	else
		cr_assert_null(found, "%s", found);
	unload(&l);
}

static struct mb_image two_slices(unsigned align)
{
	struct mb_slice s[] = {mb_x86_64(), mb_arm64()};

	return mb_build_fat(s, 2, align, false);
}

static struct mb_image append(struct mb_image img, size_t count)
{
	img.data = realloc(img.data, img.size + count);
	cr_assert_not_null(img.data);
	memset(img.data + img.size, 0, count);
	img.size += count;
	return img;
}

Test(macho_strict, sound_files)
{
	struct mb_slice s = mb_arm64();

	expect(mb_build(&s), NULL);
	expect(two_slices(14), NULL);
	expect(two_slices(12), NULL);
	s.has_signature = true;
	expect(mb_build(&s), NULL);
}

Test(macho_strict, something_behind_the_end)
{
	struct mb_slice s = mb_arm64();

	expect(append(mb_build(&s), 1), "__LINKEDIT does not reach to the end of the slice");
	expect(append(two_slices(14), 1), "the file does not end with its last slice");
}

Test(macho_strict, data_between_slices)
{
	struct mb_image img = two_slices(14);

	img.data[mb_slice_offset(&img, 1) - 1] = 1;
	expect(img, "there is data between two slices");
	img = two_slices(14);
	img.data[8 + 2 * 20] = 1;
	expect(img, "there is data between two slices");
}

Test(macho_strict, a_gap_larger_than_the_alignment_needs)
{
	struct mb_image img = two_slices(14);

	mb_put32(&img, 8 + 20 + 16, 4, true);
	expect(img, "the gap before a slice is larger than its alignment needs");
	img = two_slices(14);
	mb_put32(&img, 8 + 16, 4, true);
	expect(img, "the gap before a slice is larger than its alignment needs");
}

Test(macho_strict, an_alignment_that_no_page_has)
{
	struct mb_image img = two_slices(14);

	mb_put32(&img, 8 + 20 + 16, 30, true);
	expect(img, NULL);
	img = two_slices(14);
	mb_put32(&img, 8 + 20 + 16, 31, true);
	expect(img, "the alignment of a slice is more than 2^30");
	img = two_slices(14);
	mb_put32(&img, 8 + 20 + 16, UINT32_MAX, true);
	expect(img, "the alignment of a slice is more than 2^30");
}

Test(macho_strict, a_hidden_slice_is_data_nobody_checks)
{
	struct mb_image img = two_slices(14);

	mb_put32(&img, 4, 1, true);
	expect(img, "there is data between two slices");
}

Test(macho_strict, without_linkedit_the_string_table_must_reach_to_the_end)
{
	struct mb_slice s = mb_arm64();
	struct mb_image img = mb_build(&s);

	/* Call it something else: LC_SYMTAB is what is left. */
	memcpy(img.data + 32 + 152 + 8, "__OTHER\0\0\0\0", 11);
	expect(img, NULL);
	s.strtab_gap = 8;
	img = mb_build(&s);
	memcpy(img.data + 32 + 152 + 8, "__OTHER\0\0\0\0", 11);
	expect(img, "the string table does not reach to the end of the slice");
	s.no_linkedit = true;
	expect(mb_build(&s), "there is neither __LINKEDIT nor a string table");
}

Test(macho_strict, every_slice_is_looked_at)
{
	struct mb_slice s[] = {mb_x86_64(), mb_arm64()};
	struct mb_image img = mb_build_fat(s, 2, 14, false);
	size_t second = mb_slice_offset(&img, 1);

	mb_put32(&img, second + 32 + 152 + 48, 255, false);
	expect(img, "__LINKEDIT does not reach to the end of the slice");
}

Test(macho_strict, a_gap_that_cannot_be_read)
{
	struct mb_image img = two_slices(14);
	struct loaded l = load(img);

	/* As if the file had been cut while it was looked at. */
	l.src.mem.size = 100;
	cr_assert_eq(l.rc, 0);
	cr_assert_str_eq(sgn_macho_strict_problem(&l.m, &l.src),
	                 "the bytes between two slices cannot be read");
	unload(&l);
}
