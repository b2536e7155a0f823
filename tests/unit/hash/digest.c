/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/hash/digest.h"

#include <criterion/criterion.h>
#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/text.h"

static const enum sgn_digest algorithms[] = {SGN_DIGEST_SHA1, SGN_DIGEST_SHA256,
                                             SGN_DIGEST_SHA256_TRUNCATED, SGN_DIGEST_SHA384};

static void expect_hex(const struct sgn_digest_bytes *d, const char *hex)
{
	char got[2 * SGN_DIGEST_MAX_SIZE + 1];

	sgn_hex_encode(d->data, d->size, got);
	cr_assert_str_eq(got, hex);
}

/* FIPS 180-4 examples, message "abc". */
Test(hash_digest, nist_vectors)
{
	static const struct {
		enum sgn_digest alg;
		const char *hex;
	} vectors[] = {
		{SGN_DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{SGN_DIGEST_SHA256,
	         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{SGN_DIGEST_SHA256_TRUNCATED, "ba7816bf8f01cfea414140de5dae2223b00361a3"},
		{SGN_DIGEST_SHA384,
	         "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	         "8086072ba1e7cc2358baeca134c825a7"},
	};
	struct sgn_digest_bytes d;

	for (size_t i = 0; i < SGN_ARRAY_LEN(vectors); i++) {
		cr_assert_eq(sgn_digest(vectors[i].alg, sgn_view_str("abc"), &d, NULL), 0);
		expect_hex(&d, vectors[i].hex);
	}
}

Test(hash_digest, sizes_and_names_are_those_of_the_format)
{
	static const size_t sizes[] = {20, 32, 20, 48};
	static const char *const names[] = {"sha1", "sha256", "sha256-truncated", "sha384"};

	for (size_t i = 0; i < SGN_ARRAY_LEN(algorithms); i++) {
		cr_assert_eq(sgn_digest_size(algorithms[i]), sizes[i]);
		cr_assert_str_eq(sgn_digest_name(algorithms[i]), names[i]);
		cr_assert_eq(sgn_digest_by_name(names[i], strlen(names[i])), algorithms[i]);
	}
	cr_assert_eq(sgn_digest_by_name("2", 1), SGN_DIGEST_SHA256);
}

Test(hash_digest, unknown_algorithms_are_refused_everywhere)
{
	struct sgn_digest_bytes d;
	struct sgn_hasher *h;
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_digest_size((enum sgn_digest)9), 0);
	cr_assert_null(sgn_digest_name(SGN_DIGEST_NONE));
	cr_assert_eq(sgn_digest_by_name("sha", 3), SGN_DIGEST_NONE);
	cr_assert_eq(sgn_digest_by_name("sha2567", 7), SGN_DIGEST_NONE);
	cr_assert_eq(sgn_digest_by_name("", 0), SGN_DIGEST_NONE);
	cr_assert_eq(sgn_digest_by_name("0", 1), SGN_DIGEST_NONE);
	cr_assert_eq(sgn_digest((enum sgn_digest)5, SGN_VIEW_EMPTY, &d, &err), SGN_E_UNSUPPORTED);
	cr_assert_str_eq(err.text, "digest algorithm 5 is not known");
	cr_assert_eq(sgn_hasher_new(SGN_DIGEST_NONE, &h, &err), SGN_E_UNSUPPORTED);
	cr_assert_null(h);
	sgn_error_dispose(&err);
}

Test(hash_digest, parts_and_pieces_equal_the_whole)
{
	const struct sgn_view parts[] = {sgn_view_str("one"), SGN_VIEW_EMPTY, sgn_view_str("two")};
	struct sgn_digest_bytes whole, many, streamed;

	for (size_t i = 0; i < SGN_ARRAY_LEN(algorithms); i++) {
		enum sgn_digest alg = algorithms[i];
		struct sgn_hasher *h;

		cr_assert_eq(sgn_digest(alg, sgn_view_str("onetwo"), &whole, NULL), 0);
		cr_assert_eq(sgn_digest_many(alg, parts, 3, &many, NULL), 0);
		cr_assert(sgn_view_equal(sgn_digest_view(&whole), sgn_digest_view(&many)));
		cr_assert_eq(sgn_hasher_new(alg, &h, NULL), 0);
		for (size_t p = 0; p < 3; p++)
			cr_assert_eq(sgn_hasher_update(h, parts[p], NULL), 0);
		cr_assert_eq(sgn_hasher_finish(h, &streamed, NULL), 0);
		cr_assert(sgn_view_equal(sgn_digest_view(&whole), sgn_digest_view(&streamed)));
		sgn_hasher_free(h);
	}
}

Test(hash_digest, a_hasher_begins_anew_after_finish)
{
	struct sgn_digest_bytes first, second;

	for (size_t i = 0; i < SGN_ARRAY_LEN(algorithms); i++) {
		struct sgn_hasher *h;

		cr_assert_eq(sgn_hasher_new(algorithms[i], &h, NULL), 0);
		cr_assert_eq(sgn_hasher_update(h, sgn_view_str("x"), NULL), 0);
		cr_assert_eq(sgn_hasher_finish(h, &first, NULL), 0);
		cr_assert_eq(sgn_hasher_update(h, sgn_view_str("x"), NULL), 0);
		cr_assert_eq(sgn_hasher_finish(h, &second, NULL), 0);
		cr_assert(sgn_view_equal(sgn_digest_view(&first), sgn_digest_view(&second)));
		sgn_hasher_free(h);
	}
}

Test(hash_digest, the_empty_message_has_a_digest)
{
	struct sgn_digest_bytes d;

	cr_assert_eq(sgn_digest(SGN_DIGEST_SHA1, SGN_VIEW_EMPTY, &d, NULL), 0);
	expect_hex(&d, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	cr_assert_eq(sgn_digest_many(SGN_DIGEST_SHA256, NULL, 0, &d, NULL), 0);
	expect_hex(&d, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

Test(hash_digest, running_out_of_memory_is_an_error_and_leaks_nothing)
{
	struct sgn_hasher *h;
	struct sgn_error err = SGN_ERROR_INIT;

	for (unsigned long n = 1; n <= 2; n++) {
		sgn_mem_fail_after(n);
		cr_assert_eq(sgn_hasher_new(SGN_DIGEST_SHA384, &h, &err), SGN_E_NOMEM, "n %lu", n);
		sgn_mem_fail_after(0);
		cr_assert_null(h);
	}
	sgn_error_dispose(&err);
	sgn_hasher_free(NULL);
}
