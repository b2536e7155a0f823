/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <signet/hash.h>
#include <stdlib.h>
#include <string.h>

#include "signer/hash/digest.h"
#include "signer/hash/sha.h"

static const enum sgn_digest algorithms[] = {SGN_DIGEST_SHA1, SGN_DIGEST_SHA256,
                                             SGN_DIGEST_SHA256_TRUNCATED, SGN_DIGEST_SHA384};

static uint8_t *make_data(size_t size)
{
	uint8_t *data = malloc(size + 1);
	uint32_t seed = 3;

	cr_assert_not_null(data);
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24);
	}
	return data;
}

/* Page after page by the one-shot digest, and nothing written behind the last one. */
static void check(enum sgn_digest alg, const uint8_t *data, size_t size, size_t page_size)
{
	size_t step = page_size ? page_size : size;
	size_t digest_size = sgn_digest_size(alg);
	size_t count = size ? (size - 1) / step + 1 : 0;
	uint8_t *got = malloc(count * digest_size + 1);
	struct sgn_digest_bytes want;

	cr_assert_not_null(got);
	got[count * digest_size] = 0x5a;
	cr_assert_eq(sgn_hash_pages(alg, data, size, page_size, got, NULL), 0);
	for (size_t i = 0; i < count; i++) {
		size_t left = size - i * step;
		struct sgn_view page = {data + i * step, left < step ? left : step};

		cr_assert_eq(sgn_digest(alg, page, &want, NULL), 0);
		cr_assert_arr_eq(got + i * digest_size, want.data, digest_size,
		                 "algorithm %d, size %zu, page size %zu, page %zu", (int)alg, size,
		                 page_size, i);
	}
	cr_assert_eq(got[count * digest_size], 0x5a, "written behind the last digest");
	free(got);
}

Test(hash_pages, every_algorithm_around_every_page_boundary)
{
	uint8_t *data = make_data(3 * 4096);

	for (size_t a = 0; a < SGN_ARRAY_LEN(algorithms); a++)
		for (size_t size = 0; size <= 2 * 4096 + 65; size += size % 4096 < 70 ? 1 : 61)
			check(algorithms[a], data, size, 4096);
	free(data);
}

Test(hash_pages, every_backend_and_every_remainder_of_lanes)
{
	const struct sgn_sha_kernel *const *table = sgn_sha256.kernels;
	uint8_t *data = make_data(100 * 256 + 1);

	for (size_t b = 0; table[b]; b++) {
		if (!table[b]->usable())
			continue;
		cr_assert_eq(sgn_hash_set_backend(table[b]->name, NULL), 0);
		/* Unaligned, past one batch, with and without a short last page. */
		for (size_t pages = 1; pages < 100; pages++) {
			check(SGN_DIGEST_SHA256, data + 1, pages * 256, 256);
			check(SGN_DIGEST_SHA256, data + 1, pages * 256 - 100, 256);
			check(SGN_DIGEST_SHA1, data + 1, pages * 256, 256);
			check(SGN_DIGEST_SHA1, data + 1, pages * 256 - 100, 256);
		}
	}
	free(data);
}

Test(hash_pages, page_size_zero_is_one_page)
{
	uint8_t *data = make_data(10000);

	for (size_t a = 0; a < SGN_ARRAY_LEN(algorithms); a++) {
		check(algorithms[a], data, 10000, 0);
		check(algorithms[a], data, 1, 0);
	}
	free(data);
}

Test(hash_pages, odd_page_sizes_and_pages_larger_than_the_data)
{
	uint8_t *data = make_data(1000);

	check(SGN_DIGEST_SHA256, data, 1000, 1);
	check(SGN_DIGEST_SHA256, data, 1000, 37);
	check(SGN_DIGEST_SHA256, data, 1000, SIZE_MAX);
	check(SGN_DIGEST_SHA1, data, 1000, SIZE_MAX);
	free(data);
}

Test(hash_pages, no_data_means_no_pages)
{
	uint8_t out = 0x5a;

	cr_assert_eq(sgn_hash_pages(SGN_DIGEST_SHA256, NULL, 0, 4096, &out, NULL), 0);
	cr_assert_eq(sgn_hash_pages(SGN_DIGEST_SHA1, NULL, 0, 0, &out, NULL), 0);
	cr_assert_eq(out, 0x5a);
}

Test(hash_pages, unknown_algorithms_are_refused)
{
	uint8_t out[64];

	cr_assert_eq(sgn_hash_pages(SGN_DIGEST_NONE, "x", 1, 1, out, NULL), SGN_E_UNSUPPORTED);
	cr_assert_eq(sgn_hash_pages((enum sgn_digest)5, "x", 1, 1, out, NULL), SGN_E_UNSUPPORTED);
}
