/* SPDX-License-Identifier: Apache-2.0 */
/* Names of architectures and platforms, and the orders in which slices are looked at. */
#include <stdio.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/macho/internal.h"

const char *sgn_arch_name(int32_t cputype, int32_t cpusubtype)
{
	static const struct {
		int32_t cputype, cpusubtype;
		const char *name;
	} names[] = {
		{CPU_TYPE_ARM64, 0, "arm64"},
		{CPU_TYPE_ARM64, 1, "arm64v8"},
		{CPU_TYPE_ARM64, CPU_SUBTYPE_ARM64E, "arm64e"},
		{CPU_TYPE_X86_64, 3, "x86_64"},
		{CPU_TYPE_X86_64, 4, "x86_64"},
		{CPU_TYPE_X86_64, 8, "x86_64h"},
		{CPU_TYPE_I386, 3, "i386"},
		{CPU_TYPE_I386, 4, "i486"},
		{CPU_TYPE_ARM, 0, "arm"},
		{CPU_TYPE_ARM, 5, "armv4t"},
		{CPU_TYPE_ARM, 6, "armv6"},
		{CPU_TYPE_ARM, 7, "armv5"},
		{CPU_TYPE_ARM, 8, "xscale"},
		{CPU_TYPE_ARM, 9, "armv7"},
		{CPU_TYPE_ARM, 10, "armv7f"},
		{CPU_TYPE_ARM, 11, "armv7s"},
		{CPU_TYPE_ARM, 12, "armv7k"},
		{CPU_TYPE_ARM, 13, "armv8"},
		{CPU_TYPE_ARM, 14, "armv6m"},
		{CPU_TYPE_ARM, 15, "armv7m"},
		{CPU_TYPE_ARM, 16, "armv7em"},
		{CPU_TYPE_ARM64_32, 0, "arm64_32"},
		{CPU_TYPE_ARM64_32, 1, "arm64_32"},
		{CPU_TYPE_POWERPC, 0, "ppc"},
		{CPU_TYPE_POWERPC, 1, "ppc601"},
		{CPU_TYPE_POWERPC, 3, "ppc603"},
		{CPU_TYPE_POWERPC, 9, "ppc750"},
		{CPU_TYPE_POWERPC, 10, "ppc7400"},
		{CPU_TYPE_POWERPC, 11, "ppc7450"},
		{CPU_TYPE_POWERPC, 100, "ppc970"},
		{CPU_TYPE_POWERPC64, 0, "ppc64"},
		{CPU_TYPE_POWERPC64, 100, "ppc970-64"},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(names); i++)
		if (names[i].cputype == cputype &&
		    names[i].cpusubtype == (cpusubtype & CPU_SUBTYPE_MASK))
			return names[i].name;
	return NULL;
}

void sgn_arch_text(int32_t cputype, int32_t cpusubtype, char out[16])
{
	const char *name = sgn_arch_name(cputype, cpusubtype);
	char numbers[32];

	if (!name) {
		snprintf(numbers, sizeof(numbers), "(%d:%d)", cputype,
		         cpusubtype & CPU_SUBTYPE_MASK);
		name = numbers;
	}
	memset(out, 0, 16);
	memcpy(out, name, strnlen(name, 15));
}

const char *sgn_platform_name(uint32_t platform)
{
	static const char *const names[] = {
		[PLATFORM_MACOS] = "macOS",
		[PLATFORM_IOS] = "iOS",
		[PLATFORM_TVOS] = "tvOS",
		[PLATFORM_WATCHOS] = "watchOS",
		[PLATFORM_BRIDGEOS] = "bridgeOS",
		[PLATFORM_MACCATALYST] = "Mac Catalyst",
		[PLATFORM_IOSSIMULATOR] = "iOS Simulator",
		[PLATFORM_TVOSSIMULATOR] = "tvOS Simulator",
		[PLATFORM_WATCHOSSIMULATOR] = "watchOS Simulator",
		[PLATFORM_DRIVERKIT] = "DriverKit",
		[PLATFORM_VISIONOS] = "visionOS",
		[PLATFORM_VISIONOSSIMULATOR] = "visionOS Simulator",
	};

	return platform < SGN_ARRAY_LEN(names) ? names[platform] : NULL;
}

/* How well a slice suits a signing host; 0: not at all. */
static int native_rank(const struct sgn_slice *s, bool intel_host)
{
	if (intel_host)
		return s->cputype == CPU_TYPE_X86_64;
	if (s->cputype != CPU_TYPE_ARM64)
		return 0;
	return (s->cpusubtype & CPU_SUBTYPE_MASK) == CPU_SUBTYPE_ARM64E ? 2 : 1;
}

const struct sgn_slice *sgn_macho_native(const struct sgn_macho *m, bool intel_host)
{
	const struct sgn_slice *best = &m->slices[0];

	for (size_t i = 1; i < m->count; i++)
		if (native_rank(&m->slices[i], intel_host) > native_rank(best, intel_host))
			best = &m->slices[i];
	return best;
}

static bool comes_before(const struct sgn_slice *a, const struct sgn_slice *b)
{
	if (a->cputype != b->cputype)
		return a->cputype < b->cputype;
	return a->fat_cpusubtype < b->fat_cpusubtype;
}

/* By insertion: there are few slices, and equal ones keep their order. */
void sgn_macho_sorted(const struct sgn_macho *m, const struct sgn_slice **out)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct sgn_slice *s = &m->slices[i];
		size_t at = i;

		for (; at > 0 && comes_before(s, out[at - 1]); at--)
			out[at] = out[at - 1];
		out[at] = s;
	}
}

static void write_arch(const struct sgn_slice *s, struct sgn_buf *out)
{
	const char *name = sgn_arch_name(s->cputype, s->fat_cpusubtype);

	if (name)
		sgn_wr_str(out, name);
	else
		sgn_wr_fmt(out, "(%d:%d)", s->cputype, s->fat_cpusubtype & CPU_SUBTYPE_MASK);
}

void sgn_macho_format_name(const struct sgn_macho *m, struct sgn_buf *out)
{
	const struct sgn_slice *sorted[SGN_LIMIT_FAT_SLICES];

	sgn_macho_sorted(m, sorted);
	sgn_wr_fmt(out, "Mach-O %s (", m->is_fat ? "universal" : "thin");
	for (size_t i = 0; i < m->count; i++) {
		if (i)
			sgn_wr_str(out, " ");
		write_arch(sorted[i], out);
	}
	sgn_wr_str(out, ")");
}
