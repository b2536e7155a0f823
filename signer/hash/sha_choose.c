/* SPDX-License-Identifier: Apache-2.0 */
/* The two algorithms with their kernels, and which of them are used. */
#include <signet/hash.h>
#include <stdlib.h>
#include <string.h>

#include "signer/base/error.h"
#include "signer/hash/sha.h"

/* Best first, as measured (docs/performance.md). Sixteen lanes of 512 bits overtake the SHA extensions
 * with SHA-1 only, which has half the work per round of SHA-256. */
static const struct sgn_sha_kernel *const sha256_kernels[] = {
	&sgn_sha256_shani,
	&sgn_sha256_armv8,
	&sgn_sha256_avx512,
	&sgn_sha256_avx2,
	&sgn_sha256_openssl,
	&sgn_sha256_portable,
	NULL,
};

static const struct sgn_sha_kernel *const sha1_kernels[] = {
	&sgn_sha1_avx512,
	&sgn_sha1_shani,
	&sgn_sha1_armv8,
	&sgn_sha1_avx2,
	&sgn_sha1_openssl,
	&sgn_sha1_portable,
	NULL,
};

static _Atomic uint32_t chosen_sha256, chosen_sha1;

const struct sgn_sha sgn_sha256 = {
	.name = "sha256",
	.size = SGN_SHA256_SIZE,
	.initial = {{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                     0x1f83d9ab, 0x5be0cd19}},
	.kernels = sha256_kernels,
	.chosen = &chosen_sha256,
};

const struct sgn_sha sgn_sha1 = {
	.name = "sha1",
	.size = SGN_SHA1_SIZE,
	.initial = {{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}},
	.kernels = sha1_kernels,
	.chosen = &chosen_sha1,
};

/* Words of the state beyond the algorithm's own are nobody's. */
static bool same_states(const struct sgn_sha *sha, const struct sgn_sha_state *a,
                        const struct sgn_sha_state *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(a[i].h, b[i].h, sha->size) != 0)
			return false;
	return true;
}

/* Some microseconds, once; so that a kernel which this CPU or compiler gets wrong is never used. */
bool sgn_sha_kernel_works(const struct sgn_sha *sha, const struct sgn_sha_kernel *kernel)
{
	enum { BLOCKS = 2 };
	uint8_t data[SGN_SHA_MAX_LANES][BLOCKS * SGN_SHA_BLOCK];
	const uint8_t *in[SGN_SHA_MAX_LANES];
	struct sgn_sha_state got[SGN_SHA_MAX_LANES], want[SGN_SHA_MAX_LANES];
	const struct sgn_sha_kernel *portable = NULL;
	uint32_t seed = 1;

	for (size_t i = 0; sha->kernels[i]; i++)
		portable = sha->kernels[i];
	if (kernel == portable || !kernel->usable())
		return kernel == portable;
	for (size_t i = 0; i < kernel->lanes; i++) {
		for (size_t k = 0; k < sizeof(data[i]); k++) {
			seed = seed * 1664525 + 1013904223;
			data[i][k] = (uint8_t)(seed >> 24);
		}
		in[i] = data[i];
		got[i] = want[i] = sha->initial;
		portable->blocks(&want[i], &in[i], 1, BLOCKS);
	}
	kernel->blocks(got, in, kernel->lanes, BLOCKS);
	return same_states(sha, got, want, kernel->lanes);
}

/* Bits of the kernels that work, from place first on. */
static uint32_t working(const struct sgn_sha *sha, size_t first)
{
	uint32_t bits = 0;

	for (size_t i = first; sha->kernels[i]; i++)
		if (sgn_sha_kernel_works(sha, sha->kernels[i]))
			bits |= (uint32_t)1 << i;
	return bits;
}

/* 0 when the name is unknown or its kernel does not work. */
static uint32_t named(const struct sgn_sha *sha, const char *name)
{
	for (size_t i = 0; sha->kernels[i]; i++)
		if (strcmp(sha->kernels[i]->name, name) == 0)
			return sgn_sha_kernel_works(sha, sha->kernels[i]) ? working(sha, i) : 0;
	return 0;
}

static uint32_t automatic(const struct sgn_sha *sha)
{
	const char *wanted = getenv("SIGNET_HASH");
	uint32_t bits = wanted ? named(sha, wanted) : 0;

	return bits ? bits : working(sha, 0);
}

/* Two threads that ask at once find the same answer. */
static uint32_t in_use(const struct sgn_sha *sha)
{
	uint32_t bits = atomic_load_explicit(sha->chosen, memory_order_relaxed);

	if (!bits) {
		bits = automatic(sha);
		atomic_store_explicit(sha->chosen, bits, memory_order_relaxed);
	}
	return bits;
}

bool sgn_sha_choose(const struct sgn_sha *sha, const char *name)
{
	uint32_t bits = name ? named(sha, name) : automatic(sha);

	if (bits)
		atomic_store_explicit(sha->chosen, bits, memory_order_relaxed);
	return bits != 0;
}

const struct sgn_sha_kernel *sgn_sha_current(const struct sgn_sha *sha)
{
	uint32_t bits = in_use(sha);
	size_t i = 0;

	while (!(bits >> i & 1))
		i++;
	return sha->kernels[i];
}

/* Of four messages three side by side and one alone take longer than two and two. */
static size_t group_of(const struct sgn_sha_kernel *kernel, size_t n)
{
	if (kernel->worth == 1 && kernel->lanes > 2 && n == kernel->lanes + 1)
		return kernel->lanes - 1;
	return n < kernel->lanes ? n : kernel->lanes;
}

void sgn_sha_blocks(const struct sgn_sha *sha, struct sgn_sha_state *state,
                    const uint8_t *const *in, size_t n, size_t nblocks)
{
	uint32_t bits = in_use(sha);

	/* The last kernel is always in use and takes everything that is left. */
	for (size_t i = 0; n && sha->kernels[i]; i++) {
		const struct sgn_sha_kernel *kernel = sha->kernels[i];

		if (!(bits >> i & 1))
			continue;
		while (n && n >= kernel->worth) {
			size_t group = group_of(kernel, n);

			kernel->blocks(state, in, group, nblocks);
			state += group;
			in += group;
			n -= group;
		}
	}
}

const char *sgn_hash_backend(void)
{
	return sgn_sha_current(&sgn_sha256)->name;
}

int sgn_hash_set_backend(const char *name, struct sgn_error *err)
{
	if (!sgn_sha_choose(&sgn_sha256, name))
		return sgn_fail(err, SGN_E_UNSUPPORTED,
		                "no SHA-256 kernel named \"%s\" can run on this CPU", name);
	/* The same kind of kernel for both, where both have it. */
	if (!sgn_sha_choose(&sgn_sha1, name))
		sgn_sha_choose(&sgn_sha1, NULL);
	return 0;
}
