/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 with the ARMv8 cryptographic extension. Several messages are interleaved, for the reason told
 * in x86/sha256_shani.c; 32 registers hold two with all that they need.
 */
#include "signer/base/compiler.h"
#include "signer/hash/arm/cpu.h"
#include "signer/hash/sha.h"

#if defined(__aarch64__) && !defined(__ARM_BIG_ENDIAN) && SGN_HAS_ARM_SHA2

#include <arm_neon.h>

#define LANES 2

struct stream {
	uint32x4_t abcd, efgh;
	uint32x4_t w[4]; /* the last 16 words of the message schedule, in a ring of four */
};

SGN_TARGET_ARM_SHA2 static SGN_ALWAYS_INLINE void load_block(struct stream *s, const uint8_t *block)
{
	SGN_UNROLL
	for (int i = 0; i < 4; i++)
		s->w[i] =
			vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(block + (size_t)16 * (size_t)i)));
}

/* Four rounds with the words of ring place i. */
SGN_TARGET_ARM_SHA2 static SGN_ALWAYS_INLINE void four_rounds(struct stream *s, int i, uint32x4_t k)
{
	uint32x4_t wk = vaddq_u32(s->w[i], k);
	uint32x4_t abcd = s->abcd;

	s->abcd = vsha256hq_u32(abcd, s->efgh, wk);
	s->efgh = vsha256h2q_u32(s->efgh, abcd, wk);
}

/* The four words that are 16 further take the place of the oldest ones. */
SGN_TARGET_ARM_SHA2 static SGN_ALWAYS_INLINE void extend(struct stream *s, int i)
{
	uint32x4_t sum = vsha256su0q_u32(s->w[i], s->w[(i + 1) & 3]);

	s->w[i] = vsha256su1q_u32(sum, s->w[(i + 2) & 3], s->w[(i + 3) & 3]);
}

/* Sixteen rounds of all streams; k points to their constants. */
SGN_TARGET_ARM_SHA2
static SGN_ALWAYS_INLINE void sixteen_rounds(struct stream *s, const int n, const uint32_t *k,
                                             const bool last)
{
	SGN_UNROLL
	for (int i = 0; i < 4; i++) {
		uint32x4_t ki = vld1q_u32(k + 4 * i);

		SGN_UNROLL
		for (int j = 0; j < n; j++)
			four_rounds(&s[j], i, ki);
		if (last)
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
		s[j].efgh = vld1q_u32(state[j].h + 4);
	}
	for (size_t b = 0; b < nblocks; b++) {
		uint32x4_t abcd[LANES], efgh[LANES];

		SGN_UNROLL
		for (int j = 0; j < n; j++) {
			abcd[j] = s[j].abcd;
			efgh[j] = s[j].efgh;
			load_block(&s[j], in[j] + b * SGN_SHA_BLOCK);
		}
		sixteen_rounds(s, n, sgn_sha256_k, false);
		sixteen_rounds(s, n, sgn_sha256_k + 16, false);
		sixteen_rounds(s, n, sgn_sha256_k + 32, false);
		sixteen_rounds(s, n, sgn_sha256_k + 48, true);
		SGN_UNROLL
		for (int j = 0; j < n; j++) {
			s[j].abcd = vaddq_u32(s[j].abcd, abcd[j]);
			s[j].efgh = vaddq_u32(s[j].efgh, efgh[j]);
		}
	}
	SGN_UNROLL
	for (int j = 0; j < n; j++) {
		vst1q_u32(state[j].h, s[j].abcd);
		vst1q_u32(state[j].h + 4, s[j].efgh);
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
	return sgn_arm_has_sha2();
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

const struct sgn_sha_kernel sgn_sha256_armv8 = {"armv8", LANES, 1, ce_usable, ce_blocks};
