/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/hash/arm/cpu.h"

#if defined(__aarch64__) && defined(__linux__)

#include <sys/auxv.h>

/* arch/arm64/include/uapi/asm/hwcap.h; named here because old headers lack it. */
#define HWCAP_BIT_SHA2 (1ul << 6)

bool sgn_arm_has_sha2(void)
{
	return (getauxval(AT_HWCAP) & HWCAP_BIT_SHA2) != 0;
}

#elif defined(__aarch64__) && defined(__APPLE__)

/* Every 64-bit Apple CPU has them. */
bool sgn_arm_has_sha2(void)
{
	return true;
}

#else

bool sgn_arm_has_sha2(void)
{
	return false;
}

#endif
