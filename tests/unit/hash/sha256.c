/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels themselves are compared in tests/unit_plain/hash_kernels.c; here OpenSSL is the judge. */
#include "signer/hash/sha256.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <signet/hash.h>
#include <stdlib.h>
#include <string.h>

#include "signer/base/error.h"

#define MAX_LEN (3 * SGN_SHA256_BLOCK + 9)

static void fill(uint8_t *data, size_t len)
{
	uint32_t seed = 7;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24);
	}
}

static void openssl_sha256(const void *data, size_t len, uint8_t *out)
{
	cr_assert_eq(EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL), 1);
}

/* Calls check for every back end that this CPU can run, with it switched on. */
static void for_each_backend(void (*check)(const char *name))
{
	const struct sgn_sha256_backend *const *table = sgn_sha256_backends();

	for (size_t i = 0; table[i]; i++) {
		if (!table[i]->usable())
			continue;
		cr_assert_eq(sgn_hash_set_backend(table[i]->name, NULL), 0);
		cr_assert_str_eq(sgn_hash_backend(), table[i]->name);
		check(table[i]->name);
	}
	cr_assert_eq(sgn_hash_set_backend(NULL, NULL), 0);
}

static void check_every_length(const char *name)
{
	uint8_t data[MAX_LEN + 16], want[32], got[32];

	fill(data, sizeof(data));
	for (size_t len = 0; len <= MAX_LEN; len++) {
		const uint8_t *in = data + len % 16;

		openssl_sha256(in, len, want);
		sgn_sha256_many(&in, 1, len, got);
		cr_assert_arr_eq(got, want, 32, "%s, length %zu", name, len);
	}
}

Test(hash_sha256, every_length_agrees_with_openssl_on_every_backend)
{
	for_each_backend(check_every_length);
}

static void check_lane_counts(const char *name)
{
	enum { MESSAGES = 2 * SGN_SHA256_MAX_LANES + 3, LEN = 333 };
	static uint8_t data[MESSAGES * (LEN + 1)], got[MESSAGES * 32];
	const uint8_t *in[MESSAGES];
	uint8_t want[32];

	fill(data, sizeof(data));
	/* Last message first: the order of memory must not matter. */
	for (size_t i = 0; i < MESSAGES; i++)
		in[i] = data + (MESSAGES - 1 - i) * (LEN + 1);
	for (size_t n = 0; n <= MESSAGES; n++) {
		sgn_sha256_many(in, n, LEN, got);
		for (size_t i = 0; i < n; i++) {
			openssl_sha256(in[i], LEN, want);
			cr_assert_arr_eq(got + i * 32, want, 32, "%s, %zu of %zu", name, i, n);
		}
	}
}

Test(hash_sha256, every_number_of_messages_agrees_on_every_backend)
{
	for_each_backend(check_lane_counts);
}

static void check_exact_bounds(const char *name)
{
	/* Heap blocks of just the size: an overread is the sanitizer's to report. */
	for (size_t len = 1; len <= 130; len++) {
		uint8_t *exact = malloc(len);
		const uint8_t *in = exact;
		uint8_t want[32], got[32];

		cr_assert_not_null(exact);
		fill(exact, len);
		openssl_sha256(exact, len, want);
		sgn_sha256_many(&in, 1, len, got);
		cr_assert_arr_eq(got, want, 32, "%s, length %zu", name, len);
		free(exact);
	}
}

Test(hash_sha256, nothing_is_read_beyond_the_message)
{
	for_each_backend(check_exact_bounds);
}

static void check_pieces(const char *name)
{
	uint8_t data[MAX_LEN], want[32], got[32];

	fill(data, sizeof(data));
	openssl_sha256(data, sizeof(data), want);
	for (size_t piece = 1; piece <= 130; piece++) {
		struct sgn_sha256 s;

		sgn_sha256_init(&s);
		for (size_t at = 0; at < sizeof(data); at += piece) {
			size_t left = sizeof(data) - at;

			sgn_sha256_update(&s, data + at, left < piece ? left : piece);
			sgn_sha256_update(&s, NULL, 0);
		}
		sgn_sha256_finish(&s, got);
		cr_assert_arr_eq(got, want, 32, "%s, pieces of %zu", name, piece);
	}
}

Test(hash_sha256, a_message_in_pieces_of_any_size_gives_the_same)
{
	for_each_backend(check_pieces);
}

Test(hash_sha256, a_backend_may_change_in_the_middle_of_a_message)
{
	uint8_t data[200], want[32], got[32];
	struct sgn_sha256 s;

	fill(data, sizeof(data));
	openssl_sha256(data, sizeof(data), want);
	sgn_sha256_init(&s);
	sgn_sha256_update(&s, data, 100);
	cr_assert_eq(sgn_hash_set_backend("portable", NULL), 0);
	sgn_sha256_update(&s, data + 100, 100);
	sgn_sha256_finish(&s, got);
	cr_assert_arr_eq(got, want, 32);
}

Test(hash_sha256, the_table_ends_with_what_runs_everywhere)
{
	const struct sgn_sha256_backend *const *table = sgn_sha256_backends();
	size_t last = 0;

	while (table[last + 1])
		last++;
	cr_assert_str_eq(table[last]->name, "portable");
	cr_assert(table[last]->usable());
	for (size_t i = 0; table[i]; i++)
		cr_assert(table[i]->lanes >= 1 && table[i]->lanes <= SGN_SHA256_MAX_LANES);
}

Test(hash_sha256, an_unknown_backend_is_refused_and_nothing_changes)
{
	struct sgn_error err = SGN_ERROR_INIT;
	const char *before = sgn_hash_backend();

	cr_assert_eq(sgn_hash_set_backend("abacus", &err), SGN_E_UNSUPPORTED);
	cr_assert_not_null(strstr(err.text, "\"abacus\""));
	cr_assert_str_eq(sgn_hash_backend(), before);
	sgn_error_dispose(&err);
}

Test(hash_sha256, the_environment_forces_a_backend)
{
	cr_assert_eq(setenv("SIGNET_HASH", "portable", 1), 0);
	cr_assert_eq(sgn_hash_set_backend(NULL, NULL), 0);
	cr_assert_str_eq(sgn_hash_backend(), "portable");
}

Test(hash_sha256, an_unusable_name_in_the_environment_is_ignored)
{
	cr_assert_eq(unsetenv("SIGNET_HASH"), 0);
	cr_assert_eq(sgn_hash_set_backend(NULL, NULL), 0);
	const char *automatic = sgn_hash_backend();

	cr_assert_eq(setenv("SIGNET_HASH", "abacus", 1), 0);
	cr_assert_eq(sgn_hash_set_backend(NULL, NULL), 0);
	cr_assert_str_eq(sgn_hash_backend(), automatic);
}
