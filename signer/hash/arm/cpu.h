/* SPDX-License-Identifier: Apache-2.0 */
/* What this 64-bit ARM CPU and its system let us use. All false on other CPUs. */
#ifndef SIGNER_HASH_ARM_CPU_H
#define SIGNER_HASH_ARM_CPU_H

#include <stdbool.h>

/* The SHA-1 and SHA-256 instructions of the ARMv8 cryptographic extension. */
bool sgn_arm_has_sha1(void);
bool sgn_arm_has_sha2(void);

#endif
