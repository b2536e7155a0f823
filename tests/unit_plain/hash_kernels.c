/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every SHA-256 kernel that this CPU can run, against FIPS 180-4 examples and against the portable one.
 * A plain program without test framework and without OpenSSL, so that it can be cross-compiled and run
 * under an emulator, from the root of the tree:
 *
 *   aarch64-linux-gnu-gcc -static -std=c17 -O2 -D_GNU_SOURCE -I. -Iinclude
 *       tests/unit_plain/hash_kernels.c signer/hash/sha256.c signer/hash/sha256_portable.c
 *       signer/hash/x86/cpu.c signer/hash/x86/sha256_shani.c signer/hash/arm/cpu.c
 *       signer/hash/arm/sha256_ce.c signer/base/error.c signer/base/mem.c -o hash_kernels-arm64
 *   qemu-aarch64 ./hash_kernels-arm64
 */
#include <signet/hash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/hash/sha256.h"

#define MAX_LEN  (3 * SGN_SHA256_BLOCK + 9)
#define MESSAGES (2 * SGN_SHA256_MAX_LANES + 1)
#define STRIDE   (MAX_LEN + 1) /* odd distances: every alignment occurs */

static int failures;
static unsigned long checks;

static void expect(int ok, const char *backend, const char *what, size_t a, size_t b)
{
	checks++;
	if (ok)
		return;
	failures++;
	printf("FAILED %s: %s (%zu, %zu)\n", backend, what, a, b);
}

static void to_hex(const uint8_t *digest, char *hex)
{
	for (size_t i = 0; i < SGN_SHA256_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* NIST's examples for SHA-256: one block, two blocks, none, and a million times "a". */
static void check_vectors(const char *name)
{
	static const struct {
		const char *text;
		size_t times;
		const char *hex;
	} vectors[] = {
		{"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
		{"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
	};

	for (size_t v = 0; v < sizeof(vectors) / sizeof(vectors[0]); v++) {
		uint8_t digest[SGN_SHA256_SIZE];
		char hex[2 * SGN_SHA256_SIZE + 1];
		struct sgn_sha256 s;

		sgn_sha256_init(&s);
		for (size_t i = 0; i < vectors[v].times; i++)
			sgn_sha256_update(&s, vectors[v].text, strlen(vectors[v].text));
		sgn_sha256_finish(&s, digest);
		to_hex(digest, hex);
		expect(strcmp(hex, vectors[v].hex) == 0, name, "NIST vector", v, 0);
	}
}

static void hash_all(const char *backend, const uint8_t *const *in, size_t n, size_t len,
                     uint8_t *out)
{
	if (sgn_hash_set_backend(backend, NULL) != 0)
		abort();
	memset(out, 0xee, (MESSAGES + 1) * SGN_SHA256_SIZE);
	sgn_sha256_many(in, n, len, out);
}

/* Every length over three blocks and every number of messages up to two full groups and one. */
static void check_against_portable(const char *name, const uint8_t *data)
{
	static uint8_t got[(MESSAGES + 1) * SGN_SHA256_SIZE];
	static uint8_t want[(MESSAGES + 1) * SGN_SHA256_SIZE];
	const uint8_t *in[MESSAGES];

	for (size_t i = 0; i < MESSAGES; i++)
		in[i] = data + i * STRIDE;
	for (size_t len = 0; len <= MAX_LEN; len++) {
		hash_all("portable", in, MESSAGES, len, want);
		for (size_t n = 0; n <= MESSAGES; n++) {
			hash_all(name, in, n, len, got);
			expect(memcmp(got, want, n * SGN_SHA256_SIZE) == 0, name,
			       "equals portable (length, messages)", len, n);
			expect(got[n * SGN_SHA256_SIZE] == 0xee, name,
			       "writes no further (length, messages)", len, n);
		}
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
	printf("automatic choice: %s\n", sgn_hash_backend());
	for (size_t i = 0; sgn_sha256_backends()[i]; i++) {
		const struct sgn_sha256_backend *backend = sgn_sha256_backends()[i];

		if (!backend->usable()) {
			printf("skipped %s: not on this CPU\n", backend->name);
			continue;
		}
		if (sgn_hash_set_backend(backend->name, NULL) != 0)
			abort();
		check_vectors(backend->name);
		check_against_portable(backend->name, data);
		printf("checked %s, %u lanes\n", backend->name, backend->lanes);
	}
	free(data);
	printf("%lu checks, %d failures\n", checks, failures);
	return failures ? 1 : 0;
}
