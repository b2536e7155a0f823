/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every kernel that this CPU can run, against FIPS 180-4 examples and against the portable one. A plain
 * program without test framework and without OpenSSL, so that it can be cross-compiled and run under an
 * emulator, from the root of the tree:
 *
 *   aarch64-linux-gnu-gcc -static -std=c17 -O2 -D_GNU_SOURCE -I. -Iinclude
 *       tests/unit_plain/hash_kernels.c $(find signer/hash -name 'sha*.c' -o -name cpu.c)
 *       signer/base/error.c signer/base/mem.c -o hash_kernels-arm64
 *   qemu-aarch64 ./hash_kernels-arm64
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/hash/sha.h"

#define MAX_LEN  (3 * SGN_SHA_BLOCK + 9)
#define MESSAGES (2 * SGN_SHA_MAX_LANES + 1)
#define STRIDE   (MAX_LEN + 1) /* odd distances: every alignment occurs */

static int failures;
static unsigned long checks;

static void expect(int ok, const char *kernel, const char *what, size_t a, size_t b)
{
	checks++;
	if (ok)
		return;
	failures++;
	printf("FAILED %s: %s (%zu, %zu)\n", kernel, what, a, b);
}

static void to_hex(const uint8_t *digest, size_t size, char *hex)
{
	for (size_t i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* NIST's examples: one block, two blocks, none, and a million times "a". */
static const struct {
	const char *text;
	size_t times;
	const char *sha1, *sha256;
} vectors[] = {
	{"abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
         "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	{"", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"a", 1000000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
         "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static void check_vectors(const struct sgn_sha *sha, const char *name)
{
	for (size_t v = 0; v < sizeof(vectors) / sizeof(vectors[0]); v++) {
		const char *want = sha == &sgn_sha1 ? vectors[v].sha1 : vectors[v].sha256;
		uint8_t digest[SGN_SHA_MAX_SIZE];
		char hex[2 * SGN_SHA_MAX_SIZE + 1];
		struct sgn_sha_stream s;

		sgn_sha_init(&s, sha);
		for (size_t i = 0; i < vectors[v].times; i++)
			sgn_sha_update(&s, vectors[v].text, strlen(vectors[v].text));
		sgn_sha_finish(&s, digest);
		to_hex(digest, sha->size, hex);
		expect(strcmp(hex, want) == 0, name, "NIST vector", v, 0);
	}
}

/* The kernel by itself, not the choice: also lane counts that it is not used for. */
static void check_lanes(const struct sgn_sha *sha, const struct sgn_sha_kernel *kernel,
                        const uint8_t *data)
{
	for (size_t n = 1; n <= kernel->lanes; n++) {
		struct sgn_sha_state got[SGN_SHA_MAX_LANES + 1], want[SGN_SHA_MAX_LANES];
		const uint8_t *in[SGN_SHA_MAX_LANES];

		memset(got, 0xee, sizeof(got));
		for (size_t i = 0; i < n; i++) {
			in[i] = data + i * STRIDE;
			got[i] = want[i] = sha->initial;
		}
		kernel->blocks(got, in, n, 3);
		sgn_sha_choose(sha, "portable");
		sgn_sha_blocks(sha, want, in, n, 3);
		for (size_t i = 0; i < n; i++)
			expect(memcmp(&got[i], &want[i], sha->size) == 0, kernel->name,
			       "one lane of (lane, lanes)", i, n);
		expect(got[n].h[0] == 0xeeeeeeee, kernel->name, "writes no further (lanes)", n, 0);
	}
}

static void hash_all(const struct sgn_sha *sha, const char *kernel, const uint8_t *const *in,
                     size_t n, size_t len, uint8_t *out)
{
	if (!sgn_sha_choose(sha, kernel))
		abort();
	memset(out, 0xee, (MESSAGES + 1) * SGN_SHA_MAX_SIZE);
	sgn_sha_many(sha, in, n, len, out);
}

/* Every length over three blocks and every number of messages up to two full groups and one. */
static void check_messages(const struct sgn_sha *sha, const char *name, const uint8_t *data)
{
	static uint8_t got[(MESSAGES + 1) * SGN_SHA_MAX_SIZE];
	static uint8_t want[(MESSAGES + 1) * SGN_SHA_MAX_SIZE];
	const uint8_t *in[MESSAGES];

	for (size_t i = 0; i < MESSAGES; i++)
		in[i] = data + i * STRIDE;
	for (size_t len = 0; len <= MAX_LEN; len++) {
		hash_all(sha, "portable", in, MESSAGES, len, want);
		for (size_t n = 0; n <= MESSAGES; n++) {
			hash_all(sha, name, in, n, len, got);
			expect(memcmp(got, want, n * sha->size) == 0, name,
			       "equals portable (length, messages)", len, n);
			expect(got[n * sha->size] == 0xee, name,
			       "writes no further (length, messages)", len, n);
		}
	}
}

static void check_algorithm(const struct sgn_sha *sha, const uint8_t *data)
{
	printf("%s, automatic choice: %s\n", sha->name, sgn_sha_current(sha)->name);
	for (size_t i = 0; sha->kernels[i]; i++) {
		const struct sgn_sha_kernel *kernel = sha->kernels[i];

		if (!kernel->usable()) {
			printf("skipped %s: not on this CPU\n", kernel->name);
			continue;
		}
		if (!sgn_sha_choose(sha, kernel->name))
			abort();
		check_vectors(sha, kernel->name);
		check_lanes(sha, kernel, data);
		check_messages(sha, kernel->name, data);
		printf("checked %s, %u lanes\n", kernel->name, kernel->lanes);
	}
}

int main(void)
{
	uint8_t *data = malloc((size_t)MESSAGES * STRIDE);
	uint32_t seed = 1;

	if (!data)
		return 2;
	for (size_t i = 0; i < (size_t)MESSAGES * STRIDE; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24);
	}
	check_algorithm(&sgn_sha256, data);
	check_algorithm(&sgn_sha1, data);
	free(data);
	printf("%lu checks, %d failures\n", checks, failures);
	return failures ? 1 : 0;
}
