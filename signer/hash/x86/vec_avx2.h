/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eight messages side by side in 256-bit registers: word i of a vector belongs to message i. What
 * sha256_lanes.h and sha1_lanes.h are written with; vec_avx512.h has the same names.
 */
#ifndef SIGNER_HASH_X86_VEC_AVX2_H
#define SIGNER_HASH_X86_VEC_AVX2_H

#include <immintrin.h>

#include "signer/hash/x86/transpose.h"

#define ISA   "avx2"
#define LANES 8

typedef __m256i vec;

/* Macros, because shifts want literal counts also where nothing is inlined. */
#define ADD(a, b)       _mm256_add_epi32(a, b)
#define XOR(a, b)       _mm256_xor_si256(a, b)
#define SHR(a, n)       _mm256_srli_epi32(a, n)
#define ROTR(a, n)      _mm256_or_si256(_mm256_srli_epi32(a, n), _mm256_slli_epi32(a, 32 - (n)))
#define XOR3(a, b, c)   XOR(XOR(a, b), c)
#define CHOOSE(x, y, z) XOR(z, _mm256_and_si256(x, XOR(y, z)))
#define MAJORITY(x, y, z) \
	_mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(z, _mm256_or_si256(x, y)))
#define EVERY(word)  _mm256_set1_epi32((int)(word))
#define LOAD(from)   _mm256_loadu_si256((const __m256i *)(const void *)(from))
#define STORE(to, a) _mm256_storeu_si256((__m256i *)(void *)(to), a)

/* The 16 words of the block at offset off of each message. */
SGN_TARGET(ISA)
static SGN_ALWAYS_INLINE void load_block(vec w[16], const uint8_t *const *in, size_t off)
{
	load_eight_words(w, in, off);
	load_eight_words(w + 8, in, off + 32);
}

#endif
