/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of eight messages side by side: sha256_lanes.h in the width of vec_avx2.h. */
#include "signer/base/compiler.h"
#include "signer/hash/sha.h"
#include "signer/hash/x86/cpu.h"

/* One or two messages are as fast by OpenSSL. */
#define WORTH 3

#if defined(__x86_64__) || defined(__i386__)

/* The order matters: the second is written with the names of the first. */
/* clang-format off */
#include "signer/hash/x86/vec_avx2.h"
#include "signer/hash/x86/sha256_lanes.h"
/* clang-format on */

#else

#define LANES 8
#define fold  NULL

#endif

const struct sgn_sha_kernel sgn_sha256_avx2 = {"avx2", LANES, WORTH, sgn_x86_has_avx2, fold};
