/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-1 and SHA-256 of many small contents, as the resource seal needs them: in lanes, one at a time,
 * and one at a time with OpenSSL. MB/s on one thread; the best of several
 * runs counts, because the others were disturbed. One line per kernel and size, separated by tabs.
 */
#include <openssl/evp.h>
#include <signet/hash.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "signer/hash/files.h"
#include "signer/hash/sha.h"

#define TOTAL  ((size_t)1024 * 1024) /* bytes per run */
#define MAX    4096                  /* contents per run */
#define RUNS   15
#define WANTED (SGN_WANT_SHA1 | SGN_WANT_SHA256)

struct bench {
	struct sgn_view messages[MAX];
	struct sgn_file_hashes hashes[MAX];
	size_t count, bytes;
	EVP_MD *sha1, *sha256;
};

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void in_lanes(struct bench *b)
{
	if (sgn_hash_many(b->messages, b->count, WANTED, b->hashes, NULL) != 0)
		abort();
}

static void one_by_one(struct bench *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (sgn_hash_many(&b->messages[i], 1, WANTED, &b->hashes[i], NULL) != 0)
			abort();
}

static void openssl(struct bench *b)
{
	for (size_t i = 0; i < b->count; i++) {
		struct sgn_view m = b->messages[i];

		if (EVP_Digest(m.data, m.size, b->hashes[i].sha1.data, NULL, b->sha1, NULL) != 1 ||
		    EVP_Digest(m.data, m.size, b->hashes[i].sha256.data, NULL, b->sha256, NULL) !=
		            1)
			abort();
	}
}

static double rate(struct bench *b, void (*run)(struct bench *b))
{
	double best = 0;

	for (int i = 0; i < RUNS; i++) {
		double start = seconds(), now;

		run(b);
		now = (double)b->bytes / (seconds() - start) / 1e6;
		best = now > best ? now : best;
	}
	return best;
}

/* Sizes between half and one and a half of the mean. */
static void cut(struct bench *b, const uint8_t *data, size_t mean)
{
	uint32_t seed = 9;

	b->count = b->bytes = 0;
	while (b->count < MAX && b->bytes + 2 * mean < TOTAL) {
		size_t n;

		seed = seed * 1664525 + 1013904223;
		n = mean / 2 + seed % (mean + 1);
		b->messages[b->count++] = sgn_view_of(data + b->bytes, n);
		b->bytes += n;
	}
}

static void print_rows(struct bench *b, const uint8_t *data, const char *kernel)
{
	static const size_t means[] = {200, 1000, 4000, 16000, 64000};

	for (size_t i = 0; i < sizeof(means) / sizeof(means[0]); i++) {
		cut(b, data, means[i]);
		printf("%s\t%zu\t%.0f\t%.0f\t%.0f\n", kernel, means[i], rate(b, in_lanes),
		       rate(b, one_by_one), rate(b, openssl));
	}
}

/* What is used here, which may be one kernel for each digest; then each kernel for both. */
int main(void)
{
	static struct bench b;
	uint8_t *data = malloc(TOTAL);
	char chosen[64];

	b.sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	b.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!data || !b.sha1 || !b.sha256)
		return 2;
	for (size_t i = 0; i < TOTAL; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 13);
	printf("kernel\tmean size\tlanes\tone by one\topenssl\n");
	snprintf(chosen, sizeof(chosen), "%s, SHA-1 %s (used)", sgn_sha_current(&sgn_sha256)->name,
	         sgn_sha_current(&sgn_sha1)->name);
	print_rows(&b, data, chosen);
	for (size_t k = 0; sgn_sha256.kernels[k]; k++)
		if (sgn_hash_set_backend(sgn_sha256.kernels[k]->name, NULL) == 0)
			print_rows(&b, data, sgn_hash_backend());
	EVP_MD_free(b.sha1);
	EVP_MD_free(b.sha256);
	free(data);
	return 0;
}
