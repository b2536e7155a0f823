/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page hashing in MB/s on one thread: every SHA-256 kernel that this CPU can run, and OpenSSL called once
 * per page. One line per measurement, fields separated by tabs: what, digest, page size, MB/s. The best
 * of several runs counts, because the others were disturbed.
 */
#include <openssl/evp.h>
#include <signet/hash.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "signer/hash/sha256.h"

#define DATA_SIZE ((size_t)2 * 1024 * 1024) /* in the second-level cache or near it */
#define RUNS      9
#define ROUNDS    24

static const size_t page_sizes[] = {4096, 16384};

struct bench {
	const uint8_t *data;
	uint8_t *digests;
	size_t page_size;
	enum sgn_digest alg;
	EVP_MD *md;
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int run_signet(const struct bench *b)
{
	return sgn_hash_pages(b->alg, b->data, DATA_SIZE, b->page_size, b->digests, NULL);
}

static int run_openssl(const struct bench *b)
{
	uint8_t *out = b->digests;

	for (size_t at = 0; at < DATA_SIZE; at += b->page_size) {
		if (EVP_Digest(b->data + at, b->page_size, out, NULL, b->md, NULL) != 1)
			return -1;
		out += EVP_MD_get_size(b->md);
	}
	return 0;
}

static void measure(const struct bench *b, const char *what, int (*run)(const struct bench *b))
{
	double best = 0;

	for (int i = 0; i < RUNS; i++) {
		double start = seconds(), rate;

		for (int k = 0; k < ROUNDS; k++)
			if (run(b) != 0)
				abort();
		rate = (double)DATA_SIZE * ROUNDS / (seconds() - start) / 1e6;
		best = rate > best ? rate : best;
	}
	printf("%s\t%s\t%zu\t%.0f\n", what, sgn_digest_name(b->alg), b->page_size, best);
}

static void measure_kernels(const struct bench *b)
{
	const struct sgn_sha256_backend *const *table = sgn_sha256_backends();

	for (size_t i = 0; table[i]; i++)
		if (sgn_hash_set_backend(table[i]->name, NULL) == 0)
			measure(b, table[i]->name, run_signet);
}

static void measure_digest(struct bench *b, enum sgn_digest alg, const char *openssl_name)
{
	b->alg = alg;
	b->md = EVP_MD_fetch(NULL, openssl_name, NULL);
	if (!b->md)
		abort();
	if (alg == SGN_DIGEST_SHA256)
		measure_kernels(b);
	else
		measure(b, "signet", run_signet);
	measure(b, "openssl", run_openssl);
	EVP_MD_free(b->md);
}

int main(void)
{
	uint8_t *data = malloc(DATA_SIZE);
	struct bench b = {.data = data, .digests = malloc(DATA_SIZE / 4096 * SGN_DIGEST_MAX_SIZE)};

	if (!data || !b.digests)
		return 2;
	for (size_t i = 0; i < DATA_SIZE; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 13);
	for (size_t p = 0; p < sizeof(page_sizes) / sizeof(page_sizes[0]); p++) {
		b.page_size = page_sizes[p];
		measure_digest(&b, SGN_DIGEST_SHA256, "SHA256");
		measure_digest(&b, SGN_DIGEST_SHA1, "SHA1");
		measure_digest(&b, SGN_DIGEST_SHA384, "SHA384");
	}
	free(b.digests);
	free(data);
	return 0;
}
