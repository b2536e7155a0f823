/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/hash/files.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "signer/base/mem.h"
#include "signer/hash/sha.h"

#define ALL  (SGN_WANT_SHA1 | SGN_WANT_SHA256 | SGN_WANT_SHA384)
#define MANY 200

static uint8_t data[MANY * 1000];

static void fill(void)
{
	uint32_t seed = 11;

	for (size_t i = 0; i < sizeof(data); i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24);
	}
}

static void expect_one(const struct sgn_digest_bytes *got, bool wanted, const EVP_MD *md,
                       struct sgn_view m)
{
	uint8_t want[EVP_MAX_MD_SIZE];

	if (!wanted) {
		cr_assert_eq(got->size, 0);
		return;
	}
	cr_assert_eq(EVP_Digest(m.data, m.size, want, NULL, md, NULL), 1);
	cr_assert_eq(got->size, (size_t)EVP_MD_get_size(md));
	cr_assert_arr_eq(got->data, want, got->size, "%s of %zu bytes", EVP_MD_get0_name(md),
	                 m.size);
}

static void expect(const struct sgn_file_hashes *got, unsigned wanted, struct sgn_view m)
{
	expect_one(&got->sha1, wanted & SGN_WANT_SHA1, EVP_sha1(), m);
	expect_one(&got->sha256, wanted & SGN_WANT_SHA256, EVP_sha256(), m);
	expect_one(&got->sha384, wanted & SGN_WANT_SHA384, EVP_sha384(), m);
}

/* Lengths: shape 0 equal, 1 growing, 2 mixed with empty ones and long ones. */
static size_t length(size_t i, unsigned shape)
{
	if (shape == 0)
		return 130;
	if (shape == 1)
		return i;
	return i % 7 == 0 ? 0 : i % 31 == 0 ? 90000 : i * 2654435761u % 900;
}

static void check_many(unsigned wanted, size_t n, unsigned shape)
{
	static struct sgn_file_hashes got[MANY + 1];
	struct sgn_view messages[MANY];

	for (size_t i = 0; i < n; i++)
		messages[i] = sgn_view_of(data + i * 301, length(i, shape));
	memset(got, 0x5a, sizeof(got));
	cr_assert_eq(sgn_hash_many(messages, n, wanted, got, NULL), 0);
	for (size_t i = 0; i < n; i++)
		expect(&got[i], wanted, messages[i]);
	cr_assert_eq(got[n].sha1.data[0], 0x5a, "written behind the last one");
}

Test(hash_files, many_contents_agree_with_openssl_on_every_kernel)
{
	fill();
	for (size_t k = 0; sgn_sha256.kernels[k]; k++) {
		if (!sgn_sha256.kernels[k]->usable())
			continue;
		cr_assert_eq(sgn_hash_set_backend(sgn_sha256.kernels[k]->name, NULL), 0);
		for (unsigned shape = 0; shape < 3; shape++) {
			for (size_t n = 0; n < 40; n++)
				check_many(SGN_WANT_SHA1 | SGN_WANT_SHA256, n, shape);
			check_many(SGN_WANT_SHA1 | SGN_WANT_SHA256, MANY, shape);
		}
	}
}

Test(hash_files, any_choice_of_digests)
{
	static const unsigned choices[] = {0,
	                                   SGN_WANT_SHA1,
	                                   SGN_WANT_SHA256,
	                                   SGN_WANT_SHA384,
	                                   SGN_WANT_SHA1 | SGN_WANT_SHA384,
	                                   ALL};

	fill();
	for (size_t i = 0; i < SGN_ARRAY_LEN(choices); i++)
		check_many(choices[i], 20, 2);
}

Test(hash_files, nothing_is_read_beyond_a_content)
{
	struct sgn_view messages[20];
	struct sgn_file_hashes got[20];

	/* Heap blocks of just the size: an overread is the sanitizer's to report. */
	for (size_t i = 0; i < 20; i++) {
		uint8_t *exact = calloc(1, 50 + i);

		cr_assert_not_null(exact);
		messages[i] = sgn_view_of(exact, 50 + i);
	}
	cr_assert_eq(sgn_hash_many(messages, 20, ALL, got, NULL), 0);
	for (size_t i = 0; i < 20; i++) {
		expect(&got[i], ALL, messages[i]);
		free((void *)(uintptr_t)messages[i].data);
	}
}

Test(hash_files, pieces_give_what_the_whole_gives)
{
	static const size_t pieces[] = {1, 63, 64, 1000, 8191, 8192, 8193, 100000};
	struct sgn_file_hashes got;
	struct sgn_file_hasher *h;
	size_t size = 20001;

	fill();
	cr_assert_eq(sgn_file_hasher_new(ALL, &h, NULL), 0);
	/* One hasher for all: it begins anew. */
	for (size_t p = 0; p < SGN_ARRAY_LEN(pieces); p++) {
		for (size_t at = 0; at < size; at += pieces[p]) {
			size_t n = size - at < pieces[p] ? size - at : pieces[p];

			cr_assert_eq(sgn_file_hasher_update(h, sgn_view_of(data + at, n), NULL), 0);
		}
		cr_assert_eq(sgn_file_hasher_finish(h, &got, NULL), 0);
		expect(&got, ALL, sgn_view_of(data, size));
	}
	cr_assert_eq(sgn_file_hasher_finish(h, &got, NULL), 0);
	expect(&got, ALL, SGN_VIEW_EMPTY);
	sgn_file_hasher_free(h);
}

Test(hash_files, other_digests_are_refused)
{
	struct sgn_view m = SGN_VIEW_EMPTY;
	struct sgn_file_hashes got;
	struct sgn_file_hasher *h;

	cr_assert_eq(sgn_hash_many(&m, 1, 1u << SGN_DIGEST_SHA256_TRUNCATED, &got, NULL),
	             SGN_E_UNSUPPORTED);
	cr_assert_eq(sgn_file_hasher_new(1u << 9, &h, NULL), SGN_E_UNSUPPORTED);
	cr_assert_null(h);
	sgn_file_hasher_free(NULL);
}

Test(hash_files, running_out_of_memory_is_an_error_and_leaks_nothing)
{
	struct sgn_file_hasher *h;

	for (unsigned long n = 1; n <= 3; n++) {
		sgn_mem_fail_after(n);
		cr_assert_eq(sgn_file_hasher_new(ALL, &h, NULL), SGN_E_NOMEM, "n %lu", n);
		sgn_mem_fail_after(0);
		cr_assert_null(h);
	}
}
