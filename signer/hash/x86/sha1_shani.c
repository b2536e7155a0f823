/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-1 with the x86 SHA extensions; several messages are interleaved as in sha256_shani.c. */
#include "signer/base/compiler.h"
#include "signer/hash/sha.h"
#include "signer/hash/x86/cpu.h"

#if defined(__x86_64__) || defined(__i386__)

#include <immintrin.h>

#define LANES 2

#define ISA "sha,ssse3,sse4.1"

/* The instructions want A in the highest lane, and E alone in the highest lane. */
struct stream {
	__m128i abcd;
	__m128i before; /* abcd as it was four rounds ago: its A gives the next E */
	__m128i w[4];   /* the last 16 words of the message schedule, in a ring of four */
};

SGN_TARGET(ISA) static SGN_ALWAYS_INLINE void load_block(struct stream *s, const uint8_t *block)
{
	const __m128i swap = _mm_set_epi64x(0x0001020304050607ll, 0x08090a0b0c0d0e0fll);

	SGN_UNROLL
	for (int i = 0; i < 4; i++)
		s->w[i] = _mm_shuffle_epi8(
			_mm_loadu_si128(
				(const __m128i *)(const void *)(block + (size_t)16 * (size_t)i)),
			swap);
}

/* f chooses function and constant: it is 0 to 3 and known when this is compiled. */
SGN_TARGET(ISA) static SGN_ALWAYS_INLINE __m128i rounds(__m128i abcd, __m128i we, const int f)
{
	switch (f) {
	case 0: return _mm_sha1rnds4_epu32(abcd, we, 0);
	case 1: return _mm_sha1rnds4_epu32(abcd, we, 1);
	case 2: return _mm_sha1rnds4_epu32(abcd, we, 2);
	default: return _mm_sha1rnds4_epu32(abcd, we, 3);
	}
}

/* The four words that are 16 further take the place of the oldest ones. */
SGN_TARGET(ISA) static SGN_ALWAYS_INLINE void extend(struct stream *s, int i)
{
	__m128i w0 = s->w[i], w1 = s->w[(i + 1) & 3], w2 = s->w[(i + 2) & 3],
		w3 = s->w[(i + 3) & 3];

	s->w[i] = _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(w0, w1), w2), w3);
}

/* Rounds 16q to 16q + 15 of all streams, four by four. */
SGN_TARGET(ISA)
static SGN_ALWAYS_INLINE void sixteen_rounds(struct stream *s, const int n, const int q)
{
	SGN_UNROLL
	for (int i = 0; i < 4; i++) {
		SGN_UNROLL
		for (int j = 0; j < n; j++) {
			__m128i we = q == 0 && i == 0 ? _mm_add_epi32(s[j].before, s[j].w[i])
			                              : _mm_sha1nexte_epu32(s[j].before, s[j].w[i]);

			s[j].before = s[j].abcd;
			s[j].abcd = rounds(s[j].abcd, we, (4 * q + i) / 5);
		}
		if (q == 4)
			continue;
		SGN_UNROLL
		for (int j = 0; j < n; j++)
			extend(&s[j], i);
	}
}

/* n is a constant in every caller: each gets a loop of its own with the streams in registers. */
SGN_TARGET(ISA)
static SGN_ALWAYS_INLINE void fold(struct sgn_sha_state *state, const uint8_t *const *in,
                                   const int n, size_t nblocks)
{
	struct stream s[LANES];
	__m128i abcd[LANES], e[LANES];

	SGN_UNROLL
	for (int j = 0; j < n; j++) {
		abcd[j] = _mm_shuffle_epi32(
			_mm_loadu_si128((const __m128i *)(const void *)state[j].h), 0x1b);
		e[j] = _mm_set_epi32((int)state[j].h[4], 0, 0, 0);
	}
	for (size_t b = 0; b < nblocks; b++) {
		SGN_UNROLL
		for (int j = 0; j < n; j++) {
			load_block(&s[j], in[j] + b * SGN_SHA_BLOCK);
			s[j].abcd = abcd[j];
			s[j].before = e[j];
		}
		sixteen_rounds(s, n, 0);
		sixteen_rounds(s, n, 1);
		sixteen_rounds(s, n, 2);
		sixteen_rounds(s, n, 3);
		sixteen_rounds(s, n, 4);
		SGN_UNROLL
		for (int j = 0; j < n; j++) {
			e[j] = _mm_sha1nexte_epu32(s[j].before, e[j]);
			abcd[j] = _mm_add_epi32(s[j].abcd, abcd[j]);
		}
	}
	SGN_UNROLL
	for (int j = 0; j < n; j++) {
		_mm_storeu_si128((__m128i *)(void *)state[j].h, _mm_shuffle_epi32(abcd[j], 0x1b));
		state[j].h[4] = (uint32_t)_mm_extract_epi32(e[j], 3);
	}
}

SGN_TARGET(ISA)
static void fold_one(struct sgn_sha_state *state, const uint8_t *const *in, size_t nblocks)
{
	fold(state, in, 1, nblocks);
}

SGN_TARGET(ISA)
static void fold_two(struct sgn_sha_state *state, const uint8_t *const *in, size_t nblocks)
{
	fold(state, in, 2, nblocks);
}

static void shani_blocks(struct sgn_sha_state *state, const uint8_t *const *in, size_t n,
                         size_t nblocks)
{
	if (n == 2)
		fold_two(state, in, nblocks);
	else
		fold_one(state, in, nblocks);
}

#else

#define LANES        1
#define shani_blocks NULL

#endif

const struct sgn_sha_kernel sgn_sha1_shani = {"sha-ni", LANES, 1, sgn_x86_has_sha, shani_blocks};
