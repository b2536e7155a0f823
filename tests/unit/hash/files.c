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

/* Contents in pieces: of each lane's content some bytes at a time. */
struct pieces {
	size_t piece, count, taken,
		dropped; /* every dropped-th content is given up after a piece; 0: none */
	size_t at[SGN_FEED_LANES], of_lane[SGN_FEED_LANES];
	bool busy[SGN_FEED_LANES];
	unsigned shape;
	struct sgn_file_hashes got[MANY];
	bool done[MANY];
};

static bool is_dropped(const struct pieces *p, size_t i)
{
	return p->dropped && i % p->dropped == 0 && length(i, p->shape) > p->piece;
}

static int next_piece(void *arg, unsigned lane, struct sgn_feed_piece *out, struct sgn_error *err)
{
	struct pieces *p = arg;
	size_t i, left;

	SGN_UNUSED(err);
	cr_assert_lt(lane, SGN_FEED_LANES);
	if (!p->busy[lane] || (is_dropped(p, p->of_lane[lane]) && p->at[lane])) {
		out->none = p->taken == p->count;
		if (out->none)
			return 0;
		p->of_lane[lane] = p->taken++;
		p->at[lane] = 0;
		out->first = true;
	}
	i = p->of_lane[lane];
	left = length(i, p->shape) - p->at[lane];
	out->last = left <= p->piece;
	out->bytes = sgn_view_of(data + i * 301 + p->at[lane], out->last ? left : p->piece);
	p->at[lane] += out->bytes.size;
	p->busy[lane] = !out->last;
	return 0;
}

static void piece_done(void *arg, unsigned lane, const struct sgn_file_hashes *hashes)
{
	struct pieces *p = arg;
	size_t i = p->of_lane[lane];

	cr_assert(!p->done[i], "content %zu ends twice", i);
	p->got[i] = *hashes;
	p->done[i] = true;
}

static void check_pieces(size_t piece, unsigned lanes, size_t dropped)
{
	static struct pieces p;
	struct sgn_feed feed = {&p, next_piece, piece_done};

	p = (struct pieces){.piece = piece, .count = MANY, .shape = 2, .dropped = dropped};
	cr_assert_eq(sgn_hash_feed(&feed, lanes, ALL, NULL), 0);
	for (size_t i = 0; i < MANY; i++) {
		cr_assert_eq(p.done[i], !is_dropped(&p, i));
		if (p.done[i])
			expect(&p.got[i], ALL, sgn_view_of(data + i * 301, length(i, 2)));
	}
}

Test(hash_files, pieces_give_what_the_whole_gives)
{
	static const size_t pieces[] = {64, 128, 4096, 64 * 100, 1 << 20};

	fill();
	for (size_t i = 0; i < SGN_ARRAY_LEN(pieces); i++)
		for (unsigned lanes = 1; lanes <= sgn_feed_lanes(ALL); lanes++)
			check_pieces(pieces[i], lanes, 0);
}

Test(hash_files, a_content_that_is_given_up_spoils_no_other)
{
	fill();
	check_pieces(64, sgn_feed_lanes(ALL), 3);
	check_pieces(64, 1, 2);
}

static int odd_piece(void *arg, unsigned lane, struct sgn_feed_piece *out, struct sgn_error *err)
{
	const struct sgn_feed_piece *p = arg;

	SGN_UNUSED(lane);
	SGN_UNUSED(err);
	*out = *p;
	return 0;
}

Test(hash_files, pieces_out_of_place_are_refused)
{
	struct sgn_feed_piece bad[] = {
		{.bytes = sgn_view_of(data, 63), .first = true},
		{.bytes = sgn_view_of(data, 0), .first = true},
		{.bytes = sgn_view_of(data, 64)},
		{.bytes = sgn_view_of(data, 64), .last = true},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(bad); i++) {
		struct sgn_feed feed = {&bad[i], odd_piece, piece_done};

		cr_assert_eq(sgn_hash_feed(&feed, 1, ALL, NULL), SGN_E_INTERNAL, "%zu", i);
	}
}

static int failing_piece(void *arg, unsigned lane, struct sgn_feed_piece *out,
                         struct sgn_error *err)
{
	int *left = arg;

	SGN_UNUSED(lane);
	out->first = true;
	out->bytes = sgn_view_of(data, 64);
	return --*left ? 0 : sgn_fail(err, SGN_E_IO, "no more");
}

Test(hash_files, a_failure_of_the_feed_is_handed_on)
{
	struct sgn_error err = SGN_ERROR_INIT;
	int left = 5;
	struct sgn_feed feed = {&left, failing_piece, piece_done};

	cr_assert_eq(sgn_hash_feed(&feed, 3, ALL, &err), SGN_E_IO);
	cr_assert_str_eq(err.text, "no more");
	sgn_error_dispose(&err);
}

Test(hash_files, other_digests_are_refused)
{
	struct sgn_view m = SGN_VIEW_EMPTY;
	struct sgn_file_hashes got;

	cr_assert_eq(sgn_hash_many(&m, 1, 1u << SGN_DIGEST_SHA256_TRUNCATED, &got, NULL),
	             SGN_E_UNSUPPORTED);
	cr_assert_eq(sgn_hash_many(&m, 1, 1u << 9, &got, NULL), SGN_E_UNSUPPORTED);
}

Test(hash_files, digests_are_merged)
{
	struct sgn_file_hashes all = {0}, one = {0};
	struct sgn_view m = SGN_VIEW_EMPTY;

	cr_assert_eq(sgn_hash_many(&m, 1, SGN_WANT_SHA1, &one, NULL), 0);
	sgn_file_hashes_merge(&all, &one);
	cr_assert_eq(sgn_hash_many(&m, 1, SGN_WANT_SHA256 | SGN_WANT_SHA384, &one, NULL), 0);
	sgn_file_hashes_merge(&all, &one);
	expect(&all, ALL, m);
}

Test(hash_files, running_out_of_memory_is_an_error_and_leaks_nothing)
{
	struct sgn_view m = SGN_VIEW_EMPTY;
	struct sgn_file_hashes got;

	for (unsigned long n = 1; n <= 3; n++) {
		sgn_mem_fail_after(n);
		cr_assert_eq(sgn_hash_many(&m, 1, ALL, &got, NULL), SGN_E_NOMEM, "n %lu", n);
		sgn_mem_fail_after(0);
	}
}
