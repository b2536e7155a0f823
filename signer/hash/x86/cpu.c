/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/hash/x86/cpu.h"

#if defined(__x86_64__) || defined(__i386__)

#include <cpuid.h>

/* Bits of the CPUID instruction, Intel SDM volume 2A. */
#define LEAF1_ECX_SSSE3 (1u << 9)
#define LEAF1_ECX_SSE41 (1u << 19)
#define LEAF7_EBX_SHA   (1u << 29)

bool sgn_x86_has_sha(void)
{
	const unsigned sse = LEAF1_ECX_SSSE3 | LEAF1_ECX_SSE41;
	unsigned a, b, c, d;

	/* Nothing here needs register state beyond SSE, so XCR0 need not be asked. */
	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & sse) != sse)
		return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & LEAF7_EBX_SHA) != 0;
}

#else

bool sgn_x86_has_sha(void)
{
	return false;
}

#endif
