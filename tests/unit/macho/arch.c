/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/macho/load.h"

#define CAPABILITIES ((int32_t)0x80000000u)

static struct mb_slice arm64e(void)
{
	struct mb_slice s = mb_arm64();

	s.cpusubtype = CPU_SUBTYPE_ARM64E | CAPABILITIES;
	return s;
}

static struct mb_slice i386(void)
{
	struct mb_slice s = mb_x86_64();

	s.is32 = true;
	s.cputype = CPU_TYPE_I386;
	return s;
}

Test(macho_arch, names_ignore_capability_bits)
{
	cr_assert_str_eq(sgn_arch_name(CPU_TYPE_ARM64, 0), "arm64");
	cr_assert_str_eq(sgn_arch_name(CPU_TYPE_ARM64, 2 | CAPABILITIES), "arm64e");
	cr_assert_str_eq(sgn_arch_name(CPU_TYPE_X86_64, 3 | CAPABILITIES), "x86_64");
	cr_assert_str_eq(sgn_arch_name(CPU_TYPE_X86_64, 8), "x86_64h");
	cr_assert_str_eq(sgn_arch_name(CPU_TYPE_ARM, 9), "armv7");
	cr_assert_str_eq(sgn_arch_name(CPU_TYPE_ARM64_32, 1), "arm64_32");
	cr_assert_str_eq(sgn_arch_name(CPU_TYPE_POWERPC, 0), "ppc");
	cr_assert_null(sgn_arch_name(CPU_TYPE_I386, 200));
	cr_assert_null(sgn_arch_name(99, 0));
}

Test(macho_arch, platforms)
{
	cr_assert_str_eq(sgn_platform_name(PLATFORM_MACOS), "macOS");
	cr_assert_str_eq(sgn_platform_name(PLATFORM_VISIONOSSIMULATOR), "visionOS Simulator");
	cr_assert_null(sgn_platform_name(PLATFORM_UNKNOWN));
	cr_assert_null(sgn_platform_name(13));
	cr_assert_null(sgn_platform_name(UINT32_MAX));
}

static void check_format(const struct mb_slice *s, size_t count, const char *expected)
{
	struct loaded l = load(mb_build_fat(s, count, 14, false));
	struct sgn_buf b;

	cr_assert_eq(l.rc, 0, "%s", l.err.text);
	sgn_buf_init(&b, 4096);
	sgn_macho_format_name(&l.m, &b);
	cr_assert_eq(sgn_buf_finish(&b, NULL, "name"), 0);
	cr_assert_str_eq(sgn_buf_str(&b), expected);
	sgn_buf_dispose(&b);
	unload(&l);
}

Test(macho_arch, universal_format_is_sorted_by_signed_numbers)
{
	/* arm64e sorts before arm64, for its capability bit makes the subtype negative. */
	struct mb_slice s[] = {mb_arm64(), arm64e(), mb_x86_64(), i386()};

	check_format(s, 4, "Mach-O universal (i386 x86_64 arm64e arm64)");
	check_format(s, 1, "Mach-O universal (arm64)");
}

Test(macho_arch, an_unknown_architecture_shows_its_numbers)
{
	struct mb_slice s = i386();
	struct loaded l;
	struct sgn_buf b;

	s.cpusubtype = 99;
	l = load_slice(&s);
	cr_assert_eq(l.rc, 0);
	cr_assert_str_eq(l.m.slices[0].arch, "(7:99)");
	sgn_buf_init(&b, 4096);
	sgn_macho_format_name(&l.m, &b);
	cr_assert_str_eq(sgn_buf_str(&b), "Mach-O thin ((7:99))");
	sgn_buf_dispose(&b);
	unload(&l);

	s.cputype = INT32_MIN;
	s.cpusubtype = 0xabcdef;
	l = load_slice(&s);
	cr_assert_eq(l.rc, 0);
	cr_assert_str_eq(l.m.slices[0].arch, "(-2147483648:11");
	unload(&l);
}

Test(macho_arch, the_native_slice_follows_the_signing_host)
{
	struct mb_slice s[] = {i386(), mb_x86_64(), mb_arm64(), arm64e()};
	struct loaded l = load(mb_build_fat(s, 4, 14, false));

	cr_assert_str_eq(sgn_macho_native(&l.m, false)->arch, "arm64e");
	cr_assert_str_eq(sgn_macho_native(&l.m, true)->arch, "x86_64");
	unload(&l);
	l = load(mb_build_fat(s, 3, 14, false));
	cr_assert_str_eq(sgn_macho_native(&l.m, false)->arch, "arm64");
	unload(&l);
	l = load(mb_build_fat(s, 2, 14, false));
	cr_assert_str_eq(sgn_macho_native(&l.m, false)->arch, "i386", "the first, for none fits");
	unload(&l);
	l = load(mb_build_fat(s + 2, 2, 14, false));
	cr_assert_str_eq(sgn_macho_native(&l.m, true)->arch, "arm64");
	unload(&l);
}

Test(macho_arch, sorting_uses_the_subtype_of_the_universal_header)
{
	struct mb_slice s[] = {mb_arm64(), arm64e()};
	struct mb_image img = mb_build_fat(s, 2, 14, false);
	const struct sgn_slice *sorted[2];
	struct loaded l;

	mb_put32(&img, 8 + 20 + 4, CPU_SUBTYPE_ARM64E, true);
	l = load(img);
	cr_assert_eq(l.rc, 0);
	cr_assert_eq(l.m.slices[1].cpusubtype, CPU_SUBTYPE_ARM64E | CAPABILITIES);
	cr_assert_eq(l.m.slices[1].fat_cpusubtype, CPU_SUBTYPE_ARM64E);
	sgn_macho_sorted(&l.m, sorted);
	cr_assert_eq(sorted[0], &l.m.slices[0]);
	cr_assert_eq(sorted[1], &l.m.slices[1]);
	unload(&l);
}
