/* SPDX-License-Identifier: Apache-2.0 */
/* Eight words of eight messages, turned round: from rows that are messages to rows that are words. */
#ifndef SIGNER_HASH_X86_TRANSPOSE_H
#define SIGNER_HASH_X86_TRANSPOSE_H

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "signer/base/compiler.h"

/* Big-endian words of the message are made the machine's own on the way. */
SGN_TARGET("avx2")
static SGN_ALWAYS_INLINE __m256i load_row(const uint8_t *from)
{
	const __m256i swap = _mm256_set_epi64x(0x0c0d0e0f08090a0bll, 0x0405060700010203ll,
	                                       0x0c0d0e0f08090a0bll, 0x0405060700010203ll);

	return _mm256_shuffle_epi8(_mm256_loadu_si256((const __m256i *)(const void *)from), swap);
}

/* out[j], word i: word j of what lies at off in message i. */
SGN_TARGET("avx2")
static SGN_ALWAYS_INLINE void load_eight_words(__m256i out[8], const uint8_t *const *in, size_t off)
{
	__m256i row[8], pair[8], quad[8];

	SGN_UNROLL
	for (size_t i = 0; i < 8; i++)
		row[i] = load_row(in[i] + off);
	SGN_UNROLL
	for (size_t i = 0; i < 8; i += 2) {
		pair[i] = _mm256_unpacklo_epi32(row[i], row[i + 1]);
		pair[i + 1] = _mm256_unpackhi_epi32(row[i], row[i + 1]);
	}
	SGN_UNROLL
	for (size_t i = 0; i < 8; i += 4) {
		quad[i] = _mm256_unpacklo_epi64(pair[i], pair[i + 2]);
		quad[i + 1] = _mm256_unpackhi_epi64(pair[i], pair[i + 2]);
		quad[i + 2] = _mm256_unpacklo_epi64(pair[i + 1], pair[i + 3]);
		quad[i + 3] = _mm256_unpackhi_epi64(pair[i + 1], pair[i + 3]);
	}
	/* Each quad holds words j (lower half) and j + 4 (upper half) of four messages. */
	SGN_UNROLL
	for (size_t j = 0; j < 4; j++) {
		out[j] = _mm256_permute2x128_si256(quad[j], quad[j + 4], 0x20);
		out[j + 4] = _mm256_permute2x128_si256(quad[j], quad[j + 4], 0x31);
	}
}

#endif
