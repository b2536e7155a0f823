/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 of LANES messages side by side, FIPS 180-4 section 6.2.2 with a vector for each word. Included
 * after a vec_*.h, once per kernel, so that the kernels of all widths have the same text.
 */
#define WORDS 8
#include "signer/hash/x86/lanes.h"

/* The functions of section 4.1.2. */
#define BIG_SIGMA0(v)   XOR3(ROTR(v, 2), ROTR(v, 13), ROTR(v, 22))
#define BIG_SIGMA1(v)   XOR3(ROTR(v, 6), ROTR(v, 11), ROTR(v, 25))
#define SMALL_SIGMA0(v) XOR3(ROTR(v, 7), ROTR(v, 18), SHR(v, 3))
#define SMALL_SIGMA1(v) XOR3(ROTR(v, 17), ROTR(v, 19), SHR(v, 10))

/* Instead of moving a to h one place down, the caller names them so. */
SGN_TARGET(ISA)
static SGN_ALWAYS_INLINE void one_round(const vec a, const vec b, const vec c, vec *d, const vec e,
                                        const vec f, const vec g, vec *h, const vec wk)
{
	vec t1 = ADD(ADD(*h, wk), ADD(BIG_SIGMA1(e), CHOOSE(e, f, g)));

	*d = ADD(*d, t1);
	*h = ADD(t1, ADD(BIG_SIGMA0(a), MAJORITY(a, b, c)));
}

/* w is a ring of 16; the word that is 16 further takes the place of the oldest one. */
SGN_TARGET(ISA) static SGN_ALWAYS_INLINE void extend(vec w[16], size_t t)
{
	w[t] = ADD(ADD(w[t], SMALL_SIGMA0(w[(t + 1) & 15])),
	           ADD(w[(t + 9) & 15], SMALL_SIGMA1(w[(t + 14) & 15])));
}

#define AT(v, t, i) (v)[((i) - (t)) & 7]

/* Rounds with the words from place t on of the ring. */
SGN_TARGET(ISA)
static SGN_ALWAYS_INLINE void eight_rounds(vec v[8], vec w[16], const size_t from,
                                           const uint32_t *k, const bool first)
{
	SGN_UNROLL
	for (size_t t = 0; t < 8; t++) {
		if (!first)
			extend(w, from + t);
		one_round(AT(v, t, 0u), AT(v, t, 1u), AT(v, t, 2u), &AT(v, t, 3u), AT(v, t, 4u),
		          AT(v, t, 5u), AT(v, t, 6u), &AT(v, t, 7u), ADD(w[from + t], EVERY(k[t])));
	}
}

SGN_TARGET(ISA)
static void fold(struct sgn_sha_state *state, const uint8_t *const *in, size_t n, size_t nblocks)
{
	const uint8_t *lanes[LANES];
	vec h[8], v[8], w[16];

	fill_lanes(lanes, in, n);
	load_states(h, state, n);
	for (size_t b = 0; b < nblocks; b++) {
		load_block(w, lanes, b * SGN_SHA_BLOCK);
		SGN_UNROLL
		for (size_t i = 0; i < 8; i++)
			v[i] = h[i];
		eight_rounds(v, w, 0, sgn_sha256_k, true);
		eight_rounds(v, w, 8, sgn_sha256_k + 8, true);
		for (size_t t = 16; t < 64; t += 16) {
			eight_rounds(v, w, 0, sgn_sha256_k + t, false);
			eight_rounds(v, w, 8, sgn_sha256_k + t + 8, false);
		}
		SGN_UNROLL
		for (size_t i = 0; i < 8; i++)
			h[i] = ADD(h[i], v[i]);
	}
	store_states(h, state, n);
}
