/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/filehash.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "signer/base/mem.h"

#define FILES 150
#define BOTH  (SGN_WANT_SHA1 | SGN_WANT_SHA256)

struct sample {
	char dir[64];
	char names[FILES][16];
	struct sgn_hash_file files[FILES];
	struct sgn_file_hashes want[FILES], got[FILES];
	unsigned asked[FILES], xattrs[FILES]; /* how often */
	size_t refused;                       /* every refused-th is not wanted; 0: none */
};

static struct sample s;

static size_t size_of(size_t i)
{
	if (i == 17)
		return 9u << 20; /* read alone */
	if (i % 29 == 3)
		return 64 * 1024 * (i % 3) + i % 2;
	return i % 7 == 0 ? 0 : i * 2654435761u % 9000;
}

static void write_file(size_t i, size_t size)
{
	char path[128];
	uint8_t *bytes = malloc(size + 1);
	struct sgn_view m;
	FILE *f;

	for (size_t k = 0; k < size; k++)
		bytes[k] = (uint8_t)((k * 31 + i) >> (i % 5));
	snprintf(path, sizeof(path), "%s/%s", s.dir, s.names[i]);
	f = fopen(path, "wb");
	cr_assert_not_null(f);
	cr_assert_eq(fwrite(bytes, 1, size, f), size);
	fclose(f);
	m = sgn_view_of(bytes, size);
	cr_assert_eq(sgn_hash_many(&m, 1, BOTH, &s.want[i], NULL), 0);
	free(bytes);
}

static void setup(void)
{
	snprintf(s.dir, sizeof(s.dir), "/tmp/sgn-filehash-XXXXXX");
	cr_assert_not_null(mkdtemp(s.dir));
	for (size_t i = 0; i < FILES; i++) {
		snprintf(s.names[i], sizeof(s.names[i]), "f%zu", i);
		s.files[i] = (struct sgn_hash_file){s.names[i], size_of(i)};
		write_file(i, size_of(i));
	}
}

static void teardown(void)
{
	for (size_t i = 0; i < FILES; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", s.dir, s.names[i]);
		unlink(path);
	}
	rmdir(s.dir);
}

TestSuite(ops_filehash, .init = setup, .fini = teardown);

static void put(void *arg, size_t i, const struct sgn_file_hashes *hashes)
{
	struct sample *to = arg;

	sgn_file_hashes_merge(&to->got[i], hashes);
}

static bool wants(void *arg, size_t i, struct sgn_view head)
{
	const struct sample *from = arg;
	size_t size = size_of(i);

	cr_assert(head.size == size || (head.size && head.size < size));
	return i % from->refused != 0;
}

static void has_xattrs(void *arg, size_t i, bool has)
{
	struct sample *to = arg;

	SGN_UNUSED(has);
	__atomic_fetch_add(&to->xattrs[i], 1, __ATOMIC_RELAXED);
}

static int hash(unsigned jobs, unsigned wanted, const struct sgn_hash_calls *calls,
                struct sgn_error *err)
{
	struct sgn_pool *pool = sgn_pool_new(jobs);
	int rc;

	memset(s.got, 0, sizeof(s.got));
	rc = sgn_hash_files(pool, s.dir, s.files, FILES, wanted, calls, err);
	sgn_pool_free(pool);
	return rc;
}

static void expect(size_t i, bool hashed, unsigned wanted)
{
	struct sgn_digest_bytes none = {.size = 0};
	const struct sgn_digest_bytes *sha1 =
		hashed && wanted & SGN_WANT_SHA1 ? &s.want[i].sha1 : &none;
	const struct sgn_digest_bytes *sha256 =
		hashed && wanted & SGN_WANT_SHA256 ? &s.want[i].sha256 : &none;

	cr_assert(sgn_view_equal(sgn_digest_view(&s.got[i].sha1), sgn_digest_view(sha1)),
	          "SHA-1 of file %zu", i);
	cr_assert(sgn_view_equal(sgn_digest_view(&s.got[i].sha256), sgn_digest_view(sha256)),
	          "SHA-256 of file %zu", i);
}

Test(ops_filehash, files_of_all_sizes_on_any_number_of_threads)
{
	static const unsigned choices[] = {BOTH, SGN_WANT_SHA1, SGN_WANT_SHA256};
	struct sgn_hash_calls calls = {.arg = &s, .put = put};

	for (unsigned jobs = 1; jobs <= 5; jobs++)
		for (size_t c = 0; c < SGN_ARRAY_LEN(choices); c++) {
			cr_assert_eq(hash(jobs, choices[c], &calls, NULL), 0);
			for (size_t i = 0; i < FILES; i++)
				expect(i, true, choices[c]);
		}
}

Test(ops_filehash, sizes_that_nobody_knows_are_asked_for)
{
	struct sgn_hash_calls calls = {.arg = &s, .put = put};

	for (size_t i = 0; i < FILES; i += 2)
		s.files[i].size = SGN_SIZE_UNKNOWN;
	cr_assert_eq(hash(3, BOTH, &calls, NULL), 0);
	for (size_t i = 0; i < FILES; i++)
		expect(i, true, BOTH);
}

Test(ops_filehash, no_files_and_no_pool)
{
	struct sgn_hash_calls calls = {.arg = &s, .put = put};

	cr_assert_eq(sgn_hash_files(NULL, s.dir, NULL, 0, BOTH, &calls, NULL), 0);
	cr_assert_eq(sgn_hash_files(NULL, s.dir, s.files, 3, BOTH, &calls, NULL), 0);
	expect(2, true, BOTH);
}

Test(ops_filehash, a_file_that_is_not_wanted_has_no_digest)
{
	struct sgn_hash_calls calls = {
		.arg = &s, .wants = wants, .has_xattrs = has_xattrs, .put = put};

	s.refused = 3;
	cr_assert_eq(hash(2, BOTH, &calls, NULL), 0);
	for (size_t i = 0; i < FILES; i++) {
		expect(i, i % 3 != 0, BOTH);
		cr_assert_eq(s.xattrs[i], 1);
	}
}

Test(ops_filehash, of_several_failures_the_lowest_index_counts)
{
	struct sgn_hash_calls calls = {.arg = &s, .put = put};
	char want[128];

	/* The large one comes first in time, but not by index. */
	s.files[17].size--;
	s.files[9].path = "gone";
	s.files[140].path = "gone, too";
	snprintf(want, sizeof(want), "%s/gone", s.dir);
	for (unsigned jobs = 1; jobs <= 4; jobs++) {
		struct sgn_error err = SGN_ERROR_INIT;

		cr_assert_eq(hash(jobs, BOTH, &calls, &err), SGN_E_NOTFOUND);
		cr_assert_str_eq(err.path, want);
		sgn_error_dispose(&err);
	}
}

Test(ops_filehash, a_file_that_grew_or_shrank_is_noticed)
{
	static const size_t which[] = {17, 3, 32, 5}; /* of one piece, of several, small */
	struct sgn_hash_calls calls = {.arg = &s, .put = put};

	for (size_t i = 0; i < SGN_ARRAY_LEN(which); i++)
		for (int more = -1; more <= 1; more += 2) {
			struct sgn_error err = SGN_ERROR_INIT;
			uint64_t *size = &s.files[which[i]].size, right = *size;

			*size = more < 0 && right > 0 ? right - 1 : right + 1;
			cr_assert_eq(hash(2, BOTH, &calls, &err), SGN_E_IO, "file %zu", which[i]);
			cr_assert_not_null(strstr(err.text, "changed while it was read"));
			cr_assert_not_null(strstr(err.path, s.names[which[i]]));
			*size = right;
			sgn_error_dispose(&err);
		}
}

Test(ops_filehash, what_cannot_be_read_may_be_left_out)
{
	struct sgn_hash_calls calls = {.arg = &s, .put = put, .tolerant = true};

	s.files[9].path = "gone";
	s.files[17].size--;
	cr_assert_eq(hash(2, BOTH, &calls, NULL), 0);
	for (size_t i = 0; i < FILES; i++)
		expect(i, i != 9 && i != 17, BOTH);
}

static int companion(void *arg, struct sgn_error *err)
{
	int *calls = arg;

	return ++*calls == 1 ? 0 : sgn_fail(err, SGN_E_EXISTS, "the companion");
}

Test(ops_filehash, something_else_is_done_in_the_same_time)
{
	int times = 0;
	struct sgn_hash_calls calls = {
		.arg = &s, .put = put, .meanwhile = companion, .meanwhile_arg = &times};
	struct sgn_error err = SGN_ERROR_INIT;

	for (unsigned jobs = 1; jobs <= 4; jobs++) {
		times = 0;
		cr_assert_eq(hash(jobs, BOTH, &calls, NULL), 0);
		cr_assert_eq(times, 1);
		expect(17, true, BOTH);
		expect(149, true, BOTH);
		/* Its failure goes before that of a file. */
		s.files[2].path = "gone";
		cr_assert_eq(hash(jobs, BOTH, &calls, &err), SGN_E_EXISTS);
		cr_assert_str_eq(err.text, "the companion");
		s.files[2].path = s.names[2];
	}
	sgn_error_dispose(&err);
}

Test(ops_filehash, running_out_of_memory_is_an_error_and_leaks_nothing)
{
	struct sgn_hash_calls calls = {.arg = &s, .put = put};
	int rc = SGN_E_NOMEM;

	for (unsigned long n = 1; rc != 0; n++) {
		sgn_mem_fail_after(n);
		rc = sgn_hash_files(NULL, s.dir, s.files, 20, BOTH | SGN_WANT_SHA384, &calls, NULL);
		sgn_mem_fail_after(0);
		cr_assert(rc == 0 || rc == SGN_E_NOMEM);
		cr_assert_lt(n, 100);
	}
}
