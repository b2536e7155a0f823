/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 as FIPS 180-4 writes it, in plain C: the truth that the other back ends are compared with,
 * and what is used where none of them runs.
 */
#include "signer/base/compiler.h"
#include "signer/hash/sha.h"

const uint32_t sgn_sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2};

static uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t rotr(uint32_t v, unsigned by)
{
	return v >> by | v << (32 - by);
}

/* The functions of section 4.1.2. */
static uint32_t big_sigma0(uint32_t v)
{
	return rotr(v, 2) ^ rotr(v, 13) ^ rotr(v, 22);
}

static uint32_t big_sigma1(uint32_t v)
{
	return rotr(v, 6) ^ rotr(v, 11) ^ rotr(v, 25);
}

static uint32_t small_sigma0(uint32_t v)
{
	return rotr(v, 7) ^ rotr(v, 18) ^ v >> 3;
}

static uint32_t small_sigma1(uint32_t v)
{
	return rotr(v, 17) ^ rotr(v, 19) ^ v >> 10;
}

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
	return z ^ (x & (y ^ z));
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) | (z & (x | y));
}

/* Working variable i (a is 0, h is 7) of round t: instead of moving all one place down, their names move. */
#define AT(v, t, i) (v)[((i) - (t)) & 7]

/* Section 6.2.2. w is a ring of 16; the word that is 16 further takes the place of the oldest one. */
static SGN_ALWAYS_INLINE void eight_rounds(uint32_t v[8], uint32_t w[16], const unsigned from,
                                           const uint32_t *k, const bool first)
{
	SGN_UNROLL
	for (unsigned t = 0; t < 8; t++) {
		unsigned i = from + t;
		uint32_t t1;

		if (!first)
			w[i] += small_sigma1(w[(i + 14) & 15]) + w[(i + 9) & 15] +
			        small_sigma0(w[(i + 1) & 15]);
		t1 = AT(v, t, 7) + big_sigma1(AT(v, t, 4)) +
		     choose(AT(v, t, 4), AT(v, t, 5), AT(v, t, 6)) + k[t] + w[i];
		AT(v, t, 3) += t1;
		AT(v, t, 7) = t1 + big_sigma0(AT(v, t, 0)) +
		              majority(AT(v, t, 0), AT(v, t, 1), AT(v, t, 2));
	}
}

static void fold(uint32_t h[8], const uint8_t *block)
{
	uint32_t w[16];
	uint32_t v[8];

	for (unsigned t = 0; t < 16; t++)
		w[t] = load_be32(block + (size_t)4 * t);
	for (unsigned i = 0; i < 8; i++)
		v[i] = h[i];
	eight_rounds(v, w, 0, sgn_sha256_k, true);
	eight_rounds(v, w, 8, sgn_sha256_k + 8, true);
	for (unsigned t = 16; t < 64; t += 16) {
		eight_rounds(v, w, 0, sgn_sha256_k + t, false);
		eight_rounds(v, w, 8, sgn_sha256_k + t + 8, false);
	}
	for (unsigned i = 0; i < 8; i++)
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

const struct sgn_sha_kernel sgn_sha256_portable = {"portable", 1, 1, portable_usable,
                                                   portable_blocks};
