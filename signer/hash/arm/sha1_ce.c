/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-1 with the ARMv8 cryptographic extension; two messages are interleaved as in sha256_ce.c. */
#include "signer/base/compiler.h"
#include "signer/hash/arm/cpu.h"
#include "signer/hash/sha.h"

#if defined(__aarch64__) && !defined(__ARM_BIG_ENDIAN) && SGN_HAS_ARM_SHA2

#include <arm_neon.h>

#define LANES 2

struct stream {
	uint32x4_t abcd;
	uint32_t e;
	uint32x4_t w[4]; /* the last 16 words of the message schedule, in a ring of four */
};

SGN_TARGET_ARM_SHA2 static SGN_ALWAYS_INLINE void load_block(struct stream *s, const uint8_t *block)
{
	SGN_UNROLL
	for (int i = 0; i < 4; i++)
		s->w[i] =
			vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(block + (size_t)16 * (size_t)i)));
}

/* Four rounds of function f (FIPS 180-4 section 4.1.1): it is 0 to 3 and known when this is compiled. */
SGN_TARGET_ARM_SHA2 static SGN_ALWAYS_INLINE void four_rounds(struct stream *s, uint32x4_t wk,
                                                              const int f)
{
	uint32_t e = vsha1h_u32(vgetq_lane_u32(s->abcd, 0));

	if (f == 0)
		s->abcd = vsha1cq_u32(s->abcd, s->e, wk);
	else if (f == 2)
		s->abcd = vsha1mq_u32(s->abcd, s->e, wk);
	else
		s->abcd = vsha1pq_u32(s->abcd, s->e, wk);
	s->e = e;
}

/* The four words that are 16 further take the place of the oldest ones. */
SGN_TARGET_ARM_SHA2 static SGN_ALWAYS_INLINE void extend(struct stream *s, int i)
{
	uint32x4_t sum = vsha1su0q_u32(s->w[i], s->w[(i + 1) & 3], s->w[(i + 2) & 3]);

	s->w[i] = vsha1su1q_u32(sum, s->w[(i + 3) & 3]);
}

/* Rounds 16q to 16q + 15 of all streams, four by four. */
SGN_TARGET_ARM_SHA2
static SGN_ALWAYS_INLINE void sixteen_rounds(struct stream *s, const int n, const int q)
{
	/* Section 4.2.1. */
	static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};

	SGN_UNROLL
	for (int i = 0; i < 4; i++) {
		const int f = (4 * q + i) / 5;

		SGN_UNROLL
		for (int j = 0; j < n; j++)
			four_rounds(&s[j], vaddq_u32(s[j].w[i], vdupq_n_u32(k[f])), f);
		if (q == 4)
			continue;
		SGN_UNROLL
		for (int j = 0; j < n; j++)
			extend(&s[j], i);
	}
}

/* n is a constant in every caller: each gets a loop of its own with the streams in registers. */
SGN_TARGET_ARM_SHA2
static SGN_ALWAYS_INLINE void fold(struct sgn_sha_state *state, const uint8_t *const *in,
                                   const int n, size_t nblocks)
{
	struct stream s[LANES];

	SGN_UNROLL
	for (int j = 0; j < n; j++) {
		s[j].abcd = vld1q_u32(state[j].h);
		s[j].e = state[j].h[4];
	}
	for (size_t b = 0; b < nblocks; b++) {
		uint32x4_t abcd[LANES];
		uint32_t e[LANES];

		SGN_UNROLL
		for (int j = 0; j < n; j++) {
			abcd[j] = s[j].abcd;
			e[j] = s[j].e;
			load_block(&s[j], in[j] + b * SGN_SHA_BLOCK);
		}
		sixteen_rounds(s, n, 0);
		sixteen_rounds(s, n, 1);
		sixteen_rounds(s, n, 2);
		sixteen_rounds(s, n, 3);
		sixteen_rounds(s, n, 4);
		SGN_UNROLL
		for (int j = 0; j < n; j++) {
			s[j].abcd = vaddq_u32(s[j].abcd, abcd[j]);
			s[j].e += e[j];
		}
	}
	SGN_UNROLL
	for (int j = 0; j < n; j++) {
		vst1q_u32(state[j].h, s[j].abcd);
		state[j].h[4] = s[j].e;
	}
}

SGN_TARGET_ARM_SHA2
static void fold_one(struct sgn_sha_state *state, const uint8_t *const *in, size_t nblocks)
{
	fold(state, in, 1, nblocks);
}

SGN_TARGET_ARM_SHA2
static void fold_two(struct sgn_sha_state *state, const uint8_t *const *in, size_t nblocks)
{
	fold(state, in, 2, nblocks);
}

static void ce_blocks(struct sgn_sha_state *state, const uint8_t *const *in, size_t n,
                      size_t nblocks)
{
	if (n == 2)
		fold_two(state, in, nblocks);
	else
		fold_one(state, in, nblocks);
}

static bool ce_usable(void)
{
	return sgn_arm_has_sha1();
}

#else

/* Another CPU, or a compiler without these instructions. */
#define LANES     1
#define ce_blocks NULL

static bool ce_usable(void)
{
	return false;
}

#endif

const struct sgn_sha_kernel sgn_sha1_armv8 = {"armv8", LANES, 1, ce_usable, ce_blocks};
