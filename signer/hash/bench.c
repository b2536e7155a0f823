/* SPDX-License-Identifier: Apache-2.0 */
/* How fast the kernels are here, beside OpenSSL on the same buffer. */
#include <signet/hash.h>
#include <string.h>
#include <time.h>

#include "signer/base/mem.h"
#include "signer/hash/digest_table.h"
#include "signer/hash/evp.h"

#define DATA_SIZE \
	((size_t)256 * 1024) /* in the second-level cache: the kernel is measured, not memory */

static const size_t page_sizes[] = {4096, 16384};

static const enum sgn_digest digests[] = {SGN_DIGEST_SHA256, SGN_DIGEST_SHA1, SGN_DIGEST_SHA384};

struct bench {
	uint8_t *data;
	uint8_t *hashes;
	struct sgn_evp *evp; /* of row */
	const struct sgn_digest_row *row;
	size_t page_size;
	uint64_t nanoseconds; /* for one number */
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int run_ours(const struct bench *b, struct sgn_error *err)
{
	return sgn_hash_pages(b->row->alg, b->data, DATA_SIZE, b->page_size, b->hashes, err);
}

static int run_openssl(const struct bench *b, struct sgn_error *err)
{
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < DATA_SIZE; at += b->page_size) {
		rc = sgn_evp_begin(b->evp, err);
		if (rc == 0)
			rc = sgn_evp_update(b->evp, sgn_view_of(b->data + at, b->page_size), err);
		if (rc == 0)
			rc = sgn_evp_finish(b->evp, b->hashes, b->row->size, err);
	}
	return rc;
}

/* The first run warms up; at least two follow. */
static int measure(const struct bench *b, int (*run)(const struct bench *b, struct sgn_error *err),
                   uint64_t *out, struct sgn_error *err)
{
	uint64_t begin = now(), best = UINT64_MAX;
	int rc = run(b, err);

	for (unsigned i = 0; rc == 0 && (i < 2 || now() - begin < b->nanoseconds); i++) {
		uint64_t start = now(), took;

		rc = run(b, err);
		took = now() - start;
		best = took < best ? took : best;
	}
	*out = (uint64_t)DATA_SIZE * 1000000000u / (best ? best : 1);
	return rc;
}

static int measure_row(const struct bench *b, const char *backend, const char *automatic,
                       uint64_t openssl, struct sgn_hash_speed *out, struct sgn_error *err)
{
	*out = (struct sgn_hash_speed){
		.backend = backend,
		.digest = b->row->alg,
		.page_size = b->page_size,
		.chosen = strcmp(backend, automatic) == 0,
		.openssl_bytes_per_second = openssl,
	};
	return measure(b, run_ours, &out->bytes_per_second, err);
}

/* All kernels of one digest at one page size. */
static int measure_kernels(const struct bench *b, struct sgn_hash_speed *rows, size_t *count,
                           struct sgn_error *err)
{
	const struct sgn_sha *sha = b->row->sha;
	const char *automatic;
	uint64_t openssl;
	int rc = measure(b, run_openssl, &openssl, err);

	if (rc)
		return rc;
	if (!sha)
		return measure_row(b, "openssl", "openssl", openssl, &rows[(*count)++], err);
	automatic = sgn_sha_current(sha)->name;
	for (size_t i = 0; rc == 0 && sha->kernels[i] && *count < SGN_HASH_SPEED_ROWS; i++)
		if (sgn_sha_choose(sha, sha->kernels[i]->name))
			rc = measure_row(b, sha->kernels[i]->name, automatic, openssl,
			                 &rows[(*count)++], err);
	sgn_sha_choose(sha, NULL);
	return rc;
}

static int measure_digest(struct bench *b, enum sgn_digest alg, struct sgn_hash_speed *rows,
                          size_t *count, struct sgn_error *err)
{
	int rc = sgn_digest_require(alg, &b->row, err);

	if (rc == 0)
		rc = sgn_evp_new(b->row->evp_name, &b->evp, err);
	for (size_t i = 0; rc == 0 && i < SGN_ARRAY_LEN(page_sizes); i++) {
		b->page_size = page_sizes[i];
		rc = measure_kernels(b, rows, count, err);
	}
	sgn_evp_free(b->evp);
	b->evp = NULL;
	return rc;
}

int sgn_hash_benchmark(unsigned milliseconds, struct sgn_hash_speed rows[SGN_HASH_SPEED_ROWS],
                       size_t *count, struct sgn_error *err)
{
	struct bench b = {.nanoseconds = (uint64_t)milliseconds * 1000000u};
	int rc = 0;

	*count = 0;
	b.data = sgn_malloc(DATA_SIZE);
	b.hashes = sgn_malloc(DATA_SIZE / page_sizes[0] * SGN_DIGEST_MAX_SIZE);
	if (!b.data || !b.hashes)
		rc = sgn_fail_nomem(err);
	for (size_t i = 0; b.data && i < DATA_SIZE; i++)
		b.data[i] = (uint8_t)(i * 2654435761u >> 13);
	for (size_t i = 0; rc == 0 && i < SGN_ARRAY_LEN(digests); i++)
		rc = measure_digest(&b, digests[i], rows, count, err);
	sgn_free(b.hashes);
	sgn_free(b.data);
	return rc;
}
