/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/hash/x86/cpu.h"

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>
#include <immintrin.h>
#include <stdint.h>

#include "signer/base/compiler.h"

/* Bits of the CPUID instruction, Intel SDM volume 2A. */
#define LEAF1_ECX_SSSE3   (1u << 9)
#define LEAF1_ECX_SSE41   (1u << 19)
#define LEAF1_ECX_OSXSAVE (1u << 27)
#define LEAF1_ECX_AVX     (1u << 28)
#define LEAF7_EBX_AVX2    (1u << 5)
#define LEAF7_EBX_AVX512F (1u << 16)
#define LEAF7_EBX_SHA     (1u << 29)

/* What the system saves when it changes tasks, Intel SDM volume 1, section 13.3. */
#define XCR0_YMM 0x06u /* SSE, AVX */
#define XCR0_ZMM 0xe6u /* and opmask, upper halves of ZMM0..15, ZMM16..31 */

static bool has(unsigned leaf1_ecx, unsigned leaf7_ebx)
{
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & leaf1_ecx) != leaf1_ecx)
		return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & leaf7_ebx) == leaf7_ebx;
}

/* Only to be asked where OSXSAVE is set. */
SGN_TARGET("xsave") static bool system_saves(uint64_t state)
{
	return ((uint64_t)_xgetbv(0) & state) == state;
}

bool sgn_x86_has_sha(void)
{
	/* Nothing here needs register state beyond SSE, so XCR0 need not be asked. */
	return has(LEAF1_ECX_SSSE3 | LEAF1_ECX_SSE41, LEAF7_EBX_SHA);
}

bool sgn_x86_has_avx2(void)
{
	return has(LEAF1_ECX_OSXSAVE | LEAF1_ECX_AVX, LEAF7_EBX_AVX2) && system_saves(XCR0_YMM);
}

bool sgn_x86_has_avx512(void)
{
	return has(LEAF1_ECX_OSXSAVE | LEAF1_ECX_AVX, LEAF7_EBX_AVX2 | LEAF7_EBX_AVX512F) &&
	       system_saves(XCR0_ZMM);
}

#else

bool sgn_x86_has_sha(void)
{
	return false;
}

bool sgn_x86_has_avx2(void)
{
	return false;
}

bool sgn_x86_has_avx512(void)
{
	return false;
}

#endif
