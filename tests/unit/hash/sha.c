/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels themselves are compared in tests/unit_plain/hash_kernels.c; here OpenSSL is the judge. */
#include "signer/hash/sha.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LEN (3 * SGN_SHA_BLOCK + 9)

static const struct sgn_sha *const algorithms[] = {&sgn_sha1, &sgn_sha256};

static void fill(uint8_t *data, size_t len)
{
	uint32_t seed = 7;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24);
	}
}

static void openssl(const struct sgn_sha *sha, const void *data, size_t len, uint8_t *out)
{
	const EVP_MD *md = sha == &sgn_sha1 ? EVP_sha1() : EVP_sha256();

	cr_assert_eq(EVP_Digest(data, len, out, NULL, md, NULL), 1);
}

/* Calls check for every kernel that this CPU can run, with it switched on. */
static void for_each_kernel(void (*check)(const struct sgn_sha *sha, const char *name))
{
	for (size_t a = 0; a < 2; a++) {
		const struct sgn_sha *sha = algorithms[a];

		for (size_t i = 0; sha->kernels[i]; i++) {
			if (!sha->kernels[i]->usable())
				continue;
			cr_assert(sgn_sha_choose(sha, sha->kernels[i]->name));
			cr_assert_eq(sgn_sha_current(sha), sha->kernels[i]);
			check(sha, sha->kernels[i]->name);
		}
		cr_assert(sgn_sha_choose(sha, NULL));
	}
}

static void check_length(const struct sgn_sha *sha, const char *name, const uint8_t *in, size_t len)
{
	uint8_t want[SGN_SHA_MAX_SIZE], got[SGN_SHA_MAX_SIZE];

	openssl(sha, in, len, want);
	sgn_sha_many(sha, &in, 1, len, got);
	cr_assert_arr_eq(got, want, sha->size, "%s %s, length %zu", sha->name, name, len);
}

static void check_every_length(const struct sgn_sha *sha, const char *name)
{
	static uint8_t data[4 * 4096 + 16];

	fill(data, sizeof(data));
	for (size_t len = 0; len <= MAX_LEN; len++)
		check_length(sha, name, data + len % 16, len);
	for (size_t len = MAX_LEN; len <= 4 * 4096; len += 67)
		check_length(sha, name, data + len % 16, len);
	for (size_t pages = 1; pages <= 4; pages++)
		for (size_t len = pages * 4096 - 1; len <= pages * 4096; len++)
			check_length(sha, name, data + 3, len);
}

Test(hash_sha, lengths_up_to_four_pages_agree_with_openssl_on_every_kernel)
{
	for_each_kernel(check_every_length);
}

static void check_lane_counts(const struct sgn_sha *sha, const char *name)
{
	enum { MESSAGES = 4 * SGN_SHA_MAX_LANES + 3, LEN = 333 };
	static uint8_t data[MESSAGES * (LEN + 1)], got[MESSAGES * SGN_SHA_MAX_SIZE];
	const uint8_t *in[MESSAGES];
	uint8_t want[SGN_SHA_MAX_SIZE];

	fill(data, sizeof(data));
	/* Last message first: the order of memory must not matter. */
	for (size_t i = 0; i < MESSAGES; i++)
		in[i] = data + (MESSAGES - 1 - i) * (LEN + 1);
	for (size_t n = 0; n <= MESSAGES; n++) {
		sgn_sha_many(sha, in, n, LEN, got);
		for (size_t i = 0; i < n; i++) {
			openssl(sha, in[i], LEN, want);
			cr_assert_arr_eq(got + i * sha->size, want, sha->size, "%s %s, %zu of %zu",
			                 sha->name, name, i, n);
		}
	}
}

Test(hash_sha, every_number_of_messages_agrees_on_every_kernel)
{
	for_each_kernel(check_lane_counts);
}

static void check_exact_bounds(const struct sgn_sha *sha, const char *name)
{
	/* Heap blocks of just the size: an overread is the sanitizer's to report. */
	for (size_t len = 1; len <= 130; len++) {
		uint8_t *exact = malloc(len);

		cr_assert_not_null(exact);
		fill(exact, len);
		check_length(sha, name, exact, len);
		free(exact);
	}
}

Test(hash_sha, nothing_is_read_beyond_the_message)
{
	for_each_kernel(check_exact_bounds);
}

static void check_pieces(const struct sgn_sha *sha, const char *name)
{
	uint8_t data[MAX_LEN], want[SGN_SHA_MAX_SIZE], got[SGN_SHA_MAX_SIZE];

	fill(data, sizeof(data));
	openssl(sha, data, sizeof(data), want);
	for (size_t piece = 1; piece <= 130; piece++) {
		struct sgn_sha_stream s;

		sgn_sha_init(&s, sha);
		for (size_t at = 0; at < sizeof(data); at += piece) {
			size_t left = sizeof(data) - at;

			sgn_sha_update(&s, data + at, left < piece ? left : piece);
			sgn_sha_update(&s, NULL, 0);
		}
		sgn_sha_finish(&s, got);
		cr_assert_arr_eq(got, want, sha->size, "%s %s, pieces of %zu", sha->name, name,
		                 piece);
	}
}

Test(hash_sha, a_message_in_pieces_of_any_size_gives_the_same)
{
	for_each_kernel(check_pieces);
}

Test(hash_sha, a_kernel_may_change_in_the_middle_of_a_message)
{
	uint8_t data[200], want[32], got[32];
	struct sgn_sha_stream s;

	fill(data, sizeof(data));
	openssl(&sgn_sha256, data, sizeof(data), want);
	sgn_sha_init(&s, &sgn_sha256);
	sgn_sha_update(&s, data, 100);
	cr_assert(sgn_sha_choose(&sgn_sha256, "portable"));
	sgn_sha_update(&s, data + 100, 100);
	sgn_sha_finish(&s, got);
	cr_assert_arr_eq(got, want, 32);
}

Test(hash_sha, the_tables_end_with_what_runs_everywhere)
{
	for (size_t a = 0; a < 2; a++) {
		const struct sgn_sha_kernel *const *table = algorithms[a]->kernels;
		size_t last = 0;

		while (table[last + 1])
			last++;
		cr_assert_str_eq(table[last]->name, "portable");
		cr_assert(table[last]->usable());
		cr_assert_eq(table[last]->worth, 1);
		for (size_t i = 0; table[i]; i++) {
			cr_assert(table[i]->lanes >= 1 && table[i]->lanes <= SGN_SHA_MAX_LANES);
			cr_assert_leq(table[i]->worth, table[i]->lanes);
		}
	}
}

Test(hash_sha, every_usable_kernel_passes_the_test_at_the_start)
{
	for (size_t a = 0; a < 2; a++)
		for (size_t i = 0; algorithms[a]->kernels[i]; i++) {
			const struct sgn_sha_kernel *kernel = algorithms[a]->kernels[i];

			cr_assert_eq(sgn_sha_kernel_works(algorithms[a], kernel), kernel->usable());
		}
}

/* --- a kernel that is wrong --------------------------------------------------------------------------- */

static bool yes(void)
{
	return true;
}

/* Right in all lanes but the last one. */
static void wrong_blocks(struct sgn_sha_state *state, const uint8_t *const *in, size_t n,
                         size_t nblocks)
{
	for (size_t i = 0; i < n; i++)
		sgn_sha256_portable.blocks(&state[i], &in[i], 1, nblocks);
	if (n == 4)
		state[3].h[7] ^= 1;
}

static const struct sgn_sha_kernel wrong = {"wrong", 4, 1, yes, wrong_blocks};
static const struct sgn_sha_kernel *const wrong_first[] = {&wrong, &sgn_sha256_portable, NULL};

Test(hash_sha, a_wrong_kernel_is_never_used)
{
	_Atomic uint32_t chosen = 0;
	struct sgn_sha sha = sgn_sha256;

	sha.kernels = wrong_first;
	sha.chosen = &chosen;
	cr_assert_not(sgn_sha_kernel_works(&sha, &wrong));
	cr_assert_str_eq(sgn_sha_current(&sha)->name, "portable");
	cr_assert_not(sgn_sha_choose(&sha, "wrong"));
	check_lane_counts(&sha, "portable");
}
