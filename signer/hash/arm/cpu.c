/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/hash/arm/cpu.h"

#if defined(__aarch64__) && defined(__linux__)

#include <sys/auxv.h>

/* arch/arm64/include/uapi/asm/hwcap.h; named here because old headers lack them. */
#define HWCAP_BIT_SHA1 (1ul << 5)
#define HWCAP_BIT_SHA2 (1ul << 6)

bool sgn_arm_has_sha1(void)
{
	return (getauxval(AT_HWCAP) & HWCAP_BIT_SHA1) != 0;
}

bool sgn_arm_has_sha2(void)
{
	return (getauxval(AT_HWCAP) & HWCAP_BIT_SHA2) != 0;
}

#else

/* Every 64-bit Apple CPU has them. */
#if defined(__aarch64__) && defined(__APPLE__)
#define ALWAYS true
#else
#define ALWAYS false
#endif

bool sgn_arm_has_sha1(void)
{
	return ALWAYS;
}

bool sgn_arm_has_sha2(void)
{
	return ALWAYS;
}

#endif
