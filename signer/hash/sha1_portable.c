/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-1 as FIPS 180-4 writes it, in plain C: for what sha256_portable.c is for SHA-256. */
#include "signer/hash/sha.h"

static uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t rotl(uint32_t v, unsigned by)
{
	return v << by | v >> (32 - by);
}

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
	return z ^ (x & (y ^ z));
}

static uint32_t parity(uint32_t x, uint32_t y, uint32_t z)
{
	return x ^ y ^ z;
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) | (z & (x | y));
}

/* Working variable i (a is 0, e is 4) n rounds on: instead of moving all one place down, their names
 * move. */
#define AT(v, n, i) (v)[((i) + 5 - (n)) % 5]

/* Section 6.1.2, round t + n. w is a ring of 16; the word that is 16 further takes the oldest one's
 * place. */
#define ROUND(t, n, f, k)                                                                        \
	do {                                                                                     \
		unsigned i = ((t) + (n)) & 15;                                                   \
                                                                                                 \
		if ((t) + (n) >= 16)                                                             \
			w[i] = rotl(w[(i + 13) & 15] ^ w[(i + 8) & 15] ^ w[(i + 2) & 15] ^ w[i], \
			            1);                                                          \
		AT(v, n, 4) += rotl(AT(v, n, 0), 5) + f(AT(v, n, 1), AT(v, n, 2), AT(v, n, 3)) + \
		               (k) + w[i];                                                       \
		AT(v, n, 1) = rotl(AT(v, n, 1), 30);                                             \
	} while (0)

/* Twenty rounds with one function of section 4.1.1 and one constant of section 4.2.1; five of them
 * bring every name back to its place. */
#define TWENTY_ROUNDS(from, f, k)                            \
	for (unsigned t = (from); t < (from) + 20; t += 5) { \
		ROUND(t, 0u, f, k);                          \
		ROUND(t, 1u, f, k);                          \
		ROUND(t, 2u, f, k);                          \
		ROUND(t, 3u, f, k);                          \
		ROUND(t, 4u, f, k);                          \
	}

static void fold(uint32_t h[8], const uint8_t *block)
{
	uint32_t w[16];
	uint32_t v[5];

	for (unsigned t = 0; t < 16; t++)
		w[t] = load_be32(block + (size_t)4 * t);
	for (unsigned i = 0; i < 5; i++)
		v[i] = h[i];
	TWENTY_ROUNDS(0u, choose, 0x5a827999)
	TWENTY_ROUNDS(20u, parity, 0x6ed9eba1)
	TWENTY_ROUNDS(40u, majority, 0x8f1bbcdc)
	TWENTY_ROUNDS(60u, parity, 0xca62c1d6)
	for (unsigned i = 0; i < 5; i++)
		h[i] += v[i];
}

static void portable_blocks(struct sgn_sha_state *state, const uint8_t *const *in, size_t n,
                            size_t nblocks)
{
	for (size_t i = 0; i < n; i++)
		for (size_t b = 0; b < nblocks; b++)
			fold(state[i].h, in[i] + b * SGN_SHA_BLOCK);
}

static bool portable_usable(void)
{
	return true;
}

const struct sgn_sha_kernel sgn_sha1_portable = {"portable", 1, 1, portable_usable,
                                                 portable_blocks};
