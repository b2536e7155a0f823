/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-1 of sixteen messages side by side: sha1_lanes.h in the width of vec_avx512.h. */
#include "signer/base/compiler.h"
#include "signer/hash/sha.h"
#include "signer/hash/x86/cpu.h"

/* Fewer are as fast by the SHA extensions, or by the AVX2 kernel and one or two by OpenSSL. */
#define WORTH 10

#if defined(__x86_64__) || defined(__i386__)

/* The order matters: the second is written with the names of the first. */
/* clang-format off */
#include "signer/hash/x86/vec_avx512.h"
#include "signer/hash/x86/sha1_lanes.h"
/* clang-format on */

#else

#define LANES 16
#define fold  NULL

#endif

const struct sgn_sha_kernel sgn_sha1_avx512 = {"avx512", LANES, WORTH, sgn_x86_has_avx512, fold};
