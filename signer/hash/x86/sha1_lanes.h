/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-1 of LANES messages side by side, FIPS 180-4 section 6.1.2 with a vector for each word; see
 * sha256_lanes.h.
 */
#define WORDS 5
#include "signer/hash/x86/lanes.h"

#define PARITY(x, y, z) XOR3(x, y, z)

/* w is a ring of 16; the word that is 16 further takes the place of the oldest one. */
SGN_TARGET(ISA) static SGN_ALWAYS_INLINE void extend(vec w[16], size_t t)
{
	vec sum = XOR3(w[(t + 13) & 15], w[(t + 8) & 15], w[(t + 2) & 15]);

	sum = XOR(sum, w[t & 15]);
	w[t & 15] = ROTR(sum, 31);
}

#define AT(v, t, i) (v)[((i) + 80 - (t)) % 5]

/* Round t with a function of section 4.1.1; instead of moving a to e one place down, AT names them
 * so. */
#define ROUND(t, f)                                                                       \
	do {                                                                              \
		vec *e = &AT(v, t, 4u), *b = &AT(v, t, 1u);                               \
                                                                                          \
		if ((t) >= 16)                                                            \
			extend(w, t);                                                     \
		*e = ADD(ADD(*e, ADD(w[(t)&15], k)),                                      \
		         ADD(ROTR(AT(v, t, 0u), 27), f(*b, AT(v, t, 2u), AT(v, t, 3u)))); \
		*b = ROTR(*b, 2);                                                         \
	} while (0)

/* from is a multiple of 5, so that five rounds bring every name back to its place. */
#define FIVE_ROUNDS(from, f)          \
	do {                          \
		ROUND((from), f);     \
		ROUND((from) + 1, f); \
		ROUND((from) + 2, f); \
		ROUND((from) + 3, f); \
		ROUND((from) + 4, f); \
	} while (0)

/* The constant is section 4.2.1's. */
#define TWENTY_ROUNDS(from, f, constant)       \
	do {                                   \
		const vec k = EVERY(constant); \
                                               \
		FIVE_ROUNDS((from), f);        \
		FIVE_ROUNDS((from) + 5, f);    \
		FIVE_ROUNDS((from) + 10, f);   \
		FIVE_ROUNDS((from) + 15, f);   \
	} while (0)

SGN_TARGET(ISA)
static void fold(struct sgn_sha_state *state, const uint8_t *const *in, size_t n, size_t nblocks)
{
	const uint8_t *lanes[LANES];
	vec h[5], v[5], w[16];

	fill_lanes(lanes, in, n);
	load_states(h, state, n);
	for (size_t block = 0; block < nblocks; block++) {
		load_block(w, lanes, block * SGN_SHA_BLOCK);
		SGN_UNROLL
		for (size_t i = 0; i < 5; i++)
			v[i] = h[i];
		TWENTY_ROUNDS(0u, CHOOSE, 0x5a827999u);
		TWENTY_ROUNDS(20u, PARITY, 0x6ed9eba1u);
		TWENTY_ROUNDS(40u, MAJORITY, 0x8f1bbcdcu);
		TWENTY_ROUNDS(60u, PARITY, 0xca62c1d6u);
		SGN_UNROLL
		for (size_t i = 0; i < 5; i++)
			h[i] = ADD(h[i], v[i]);
	}
	store_states(h, state, n);
}
