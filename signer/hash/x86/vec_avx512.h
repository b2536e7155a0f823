/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sixteen messages side by side in 512-bit registers; the names are those of vec_avx2.h. Only AVX-512F
 * is needed: blocks are turned round in 256-bit halves, and rotations and functions of three words are
 * single instructions.
 */
#ifndef SIGNER_HASH_X86_VEC_AVX512_H
#define SIGNER_HASH_X86_VEC_AVX512_H

#include <immintrin.h>

#include "signer/hash/x86/transpose.h"

#define ISA   "avx512f,avx2"
#define LANES 16

typedef __m512i vec;

/* The number is the function's truth table, read from x=1 y=1 z=1 (bit 7) down to 0 0 0. */
#define TERNARY(x, y, z, table) _mm512_ternarylogic_epi32(x, y, z, table)

#define ADD(a, b)         _mm512_add_epi32(a, b)
#define XOR(a, b)         _mm512_xor_si512(a, b)
#define SHR(a, n)         _mm512_srli_epi32(a, n)
#define ROTR(a, n)        _mm512_ror_epi32(a, n)
#define XOR3(a, b, c)     TERNARY(a, b, c, 0x96)
#define CHOOSE(x, y, z)   TERNARY(x, y, z, 0xca)
#define MAJORITY(x, y, z) TERNARY(x, y, z, 0xe8)
#define EVERY(word)       _mm512_set1_epi32((int)(word))
#define LOAD(from)        _mm512_loadu_si512((const void *)(from))
#define STORE(to, a)      _mm512_storeu_si512((void *)(to), a)

/* The 16 words of the block at offset off of each message: messages 0 to 7 are the lower half. */
SGN_TARGET(ISA)
static SGN_ALWAYS_INLINE void load_block(vec w[16], const uint8_t *const *in, size_t off)
{
	for (size_t half = 0; half < 2; half++) {
		__m256i low[8], high[8];

		load_eight_words(low, in, off + 32 * half);
		load_eight_words(high, in + 8, off + 32 * half);
		SGN_UNROLL
		for (size_t i = 0; i < 8; i++)
			w[8 * half + i] =
				_mm512_inserti64x4(_mm512_castsi256_si512(low[i]), high[i], 1);
	}
}

#endif
