/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of the AVX-512 kernels, run on a CPU without AVX-512: its intrinsics are replaced by C that
 * does what Intel's manual says of them, word by word. This proves the kernels' logic, not what a
 * compiler makes of the real intrinsics; that is tested by hash_kernels.c where the CPU has them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/base/compiler.h"
#include "signer/hash/sha.h"
#include "signer/hash/x86/cpu.h"

#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)

#include <immintrin.h>

struct wide {
	uint32_t word[16];
};

#define EACH(expression)                    \
	struct wide out;                    \
                                            \
	for (unsigned i = 0; i < 16; i++)   \
		out.word[i] = (expression); \
	return out

SGN_NOINLINE static struct wide wide_add(struct wide a, struct wide b)
{
	EACH(a.word[i] + b.word[i]);
}

SGN_NOINLINE static struct wide wide_xor(struct wide a, struct wide b)
{
	EACH(a.word[i] ^ b.word[i]);
}

SGN_NOINLINE static struct wide wide_shift(struct wide a, unsigned n)
{
	EACH(a.word[i] >> n);
}

SGN_NOINLINE static struct wide wide_rotate(struct wide a, unsigned n)
{
	EACH(a.word[i] >> n | a.word[i] << (32 - n));
}

SGN_NOINLINE static struct wide wide_every(int word)
{
	EACH((uint32_t)word);
}

/* Bit by bit: the three bits are the place in the table. */
static uint32_t ternary(uint32_t x, uint32_t y, uint32_t z, unsigned table)
{
	uint32_t out = 0;

	for (unsigned bit = 0; bit < 32; bit++) {
		unsigned place = (x >> bit & 1) << 2 | (y >> bit & 1) << 1 | (z >> bit & 1);

		out |= (uint32_t)(table >> place & 1) << bit;
	}
	return out;
}

SGN_NOINLINE static struct wide wide_ternary(struct wide x, struct wide y, struct wide z,
                                             unsigned table)
{
	EACH(ternary(x.word[i], y.word[i], z.word[i], table));
}

SGN_NOINLINE static struct wide wide_load(const void *from)
{
	struct wide out;

	memcpy(&out, from, sizeof(out));
	return out;
}

SGN_NOINLINE static void wide_store(void *to, struct wide a)
{
	memcpy(to, &a, sizeof(a));
}

/* The upper half is not defined by the manual: ones, so that nobody relies on it. */
SGN_TARGET("avx2") SGN_NOINLINE static struct wide wide_cast(__m256i low)
{
	struct wide out;

	memset(&out, 0xff, sizeof(out));
	memcpy(&out, &low, sizeof(low));
	return out;
}

SGN_TARGET("avx2")
SGN_NOINLINE static struct wide wide_insert(struct wide a, __m256i half, int which)
{
	memcpy(a.word + (which ? 8 : 0), &half, sizeof(half));
	return a;
}

#undef _mm512_add_epi32
#undef _mm512_xor_si512
#undef _mm512_srli_epi32
#undef _mm512_ror_epi32
#undef _mm512_set1_epi32
#undef _mm512_ternarylogic_epi32
#undef _mm512_loadu_si512
#undef _mm512_storeu_si512
#undef _mm512_castsi256_si512
#undef _mm512_inserti64x4
#define __m512i                   struct wide
#define _mm512_add_epi32          wide_add
#define _mm512_xor_si512          wide_xor
#define _mm512_srli_epi32         wide_shift
#define _mm512_ror_epi32          wide_rotate
#define _mm512_set1_epi32         wide_every
#define _mm512_ternarylogic_epi32 wide_ternary
#define _mm512_loadu_si512        wide_load
#define _mm512_storeu_si512       wide_store
#define _mm512_castsi256_si512    wide_cast
#define _mm512_inserti64x4        wide_insert

/* Loops and calls stay what they are: unrolled, this takes compilers minutes. */
#undef SGN_UNROLL
#define SGN_UNROLL
#undef SGN_ALWAYS_INLINE
#define SGN_ALWAYS_INLINE SGN_NOINLINE
#undef SGN_TARGET
/* Nothing wider than AVX2 is left. */
#define SGN_TARGET(isa)    __attribute__((target("avx2")))
#define sgn_x86_has_avx512 sgn_x86_has_avx2
#define sgn_sha256_avx512  emulated_sha256
#define sgn_sha1_avx512    emulated_sha1
#define fold               fold_sha256
#define fill_lanes         fill_sha256
#define load_states        load_states_sha256
#define store_states       store_states_sha256
#define extend             extend_sha256
extern const struct sgn_sha_kernel emulated_sha256, emulated_sha1;
#include "signer/hash/x86/sha256_avx512.c"
#undef fold
#undef fill_lanes
#undef load_states
#undef store_states
#undef extend
#undef WORTH
#undef WORDS
#undef AT
#include "signer/hash/x86/sha1_avx512.c"

#define BLOCKS 5
#define ROUNDS 200

static int check(const struct sgn_sha *sha, const struct sgn_sha_kernel *kernel)
{
	static uint8_t data[16][BLOCKS * SGN_SHA_BLOCK + 1];
	uint32_t seed = 5;
	int failures = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		struct sgn_sha_state got[16], want[16];
		const uint8_t *in[16];
		size_t n = round % 16 + 1;

		for (size_t i = 0; i < n; i++) {
			for (size_t k = 0; k < sizeof(data[i]); k++) {
				seed = seed * 1664525 + 1013904223;
				data[i][k] = (uint8_t)(seed >> 24);
			}
			in[i] = data[i] + round % 2;
			got[i] = want[i] = sha->initial;
		}
		kernel->blocks(got, in, n, BLOCKS);
		sgn_sha_blocks(sha, want, in, n, BLOCKS);
		for (size_t i = 0; i < n; i++)
			failures += memcmp(&got[i], &want[i], sha->size) != 0;
	}
	printf("%s: %d failures\n", sha->name, failures);
	return failures;
}

int main(void)
{
	if (!sgn_x86_has_avx2()) {
		printf("skipped: no AVX2, with which blocks are turned round\n");
		return 0;
	}
	sgn_sha_choose(&sgn_sha256, "portable");
	sgn_sha_choose(&sgn_sha1, "portable");
	return check(&sgn_sha256, &emulated_sha256) + check(&sgn_sha1, &emulated_sha1) ? 1 : 0;
}

#else

int main(void)
{
	printf("skipped: not an x86 CPU\n");
	return 0;
}

#endif
