/* SPDX-License-Identifier: Apache-2.0 */
/* NIST's vectors (vectors/sha), on every kernel that this CPU can run, all of its lanes filled. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/hash/sha.h"

#define MAX_MSG  256
#define MAX_LINE (2 * MAX_MSG + 32)

static const struct {
	const struct sgn_sha *sha;
	const char *name;
	unsigned messages;
} files[] = {{&sgn_sha1, "SHA1", 65}, {&sgn_sha256, "SHA256", 65}};

static FILE *open_vectors(const char *name, const char *kind)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/vectors/sha/%s%s.rsp", SGN_SOURCE_DIR, name, kind);
	f = fopen(path, "rb");
	cr_assert_not_null(f, "%s", path);
	return f;
}

/* The value of the next line "key = value", as text; false at the end. */
static bool next(FILE *f, const char *key, char *value)
{
	char line[MAX_LINE];
	size_t len = strlen(key);

	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, len) != 0 || strncmp(line + len, " = ", 3) != 0)
			continue;
		snprintf(value, MAX_LINE, "%s", line + len + 3);
		value[strcspn(value, "\r\n")] = '\0';
		return true;
	}
	return false;
}

static size_t bytes_of(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		out[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return n;
}

/* The same message in each lane; every lane must give the digest, which is in out afterwards. */
static void hash(const struct sgn_sha *sha, const struct sgn_sha_kernel *kernel, const uint8_t *msg,
                 size_t len, uint8_t *out)
{
	uint8_t got[SGN_SHA_MAX_LANES * SGN_SHA_MAX_SIZE];
	const uint8_t *in[SGN_SHA_MAX_LANES];

	for (size_t i = 0; i < kernel->lanes; i++)
		in[i] = msg;
	sgn_sha_many(sha, in, kernel->lanes, len, got);
	for (size_t i = 1; i < kernel->lanes; i++)
		cr_assert_arr_eq(got + i * sha->size, got, sha->size, "%s %s, lane %zu", sha->name,
		                 kernel->name, i);
	memcpy(out, got, sha->size);
}

static void for_each_kernel(void (*check)(size_t file, const struct sgn_sha_kernel *kernel))
{
	for (size_t a = 0; a < 2; a++) {
		const struct sgn_sha *sha = files[a].sha;

		for (size_t i = 0; sha->kernels[i]; i++) {
			if (!sha->kernels[i]->usable())
				continue;
			cr_assert(sgn_sha_choose(sha, sha->kernels[i]->name));
			check(a, sha->kernels[i]);
		}
		cr_assert(sgn_sha_choose(sha, NULL));
	}
}

static void check_short(size_t file, const struct sgn_sha_kernel *kernel)
{
	const struct sgn_sha *sha = files[file].sha;
	FILE *f = open_vectors(files[file].name, "ShortMsg");
	uint8_t msg[MAX_MSG], want[SGN_SHA_MAX_SIZE], got[SGN_SHA_MAX_SIZE];
	char text[MAX_LINE];
	unsigned count = 0;

	for (; next(f, "Len", text); count++) {
		size_t len = strtoul(text, NULL, 10) / 8;

		/* "00" stands for no byte. */
		cr_assert(next(f, "Msg", text) && bytes_of(text, msg) >= len);
		cr_assert(next(f, "MD", text) && bytes_of(text, want) == sha->size);
		hash(sha, kernel, msg, len, got);
		cr_assert_arr_eq(got, want, sha->size, "%s %s, %zu bytes", sha->name, kernel->name,
		                 len);
	}
	fclose(f);
	cr_assert_eq(count, files[file].messages);
}

Test(hash_cavp, short_messages)
{
	for_each_kernel(check_short);
}

/* A thousand digests, each of the three before it; the last one is the next seed. */
static void thousand(const struct sgn_sha *sha, const struct sgn_sha_kernel *kernel, uint8_t *seed)
{
	uint8_t msg[3 * SGN_SHA_MAX_SIZE], digest[SGN_SHA_MAX_SIZE];

	for (size_t i = 0; i < 3; i++)
		memcpy(msg + i * sha->size, seed, sha->size);
	for (int i = 0; i < 1000; i++) {
		hash(sha, kernel, msg, 3 * sha->size, digest);
		memmove(msg, msg + sha->size, 2 * sha->size);
		memcpy(msg + 2 * sha->size, digest, sha->size);
	}
	memcpy(seed, digest, sha->size);
}

static void check_monte(size_t file, const struct sgn_sha_kernel *kernel)
{
	const struct sgn_sha *sha = files[file].sha;
	FILE *f = open_vectors(files[file].name, "Monte");
	uint8_t seed[SGN_SHA_MAX_SIZE], want[SGN_SHA_MAX_SIZE];
	char text[MAX_LINE];
	unsigned count = 0;

	cr_assert(next(f, "Seed", text) && bytes_of(text, seed) == sha->size);
	for (; next(f, "MD", text); count++) {
		bytes_of(text, want);
		thousand(sha, kernel, seed);
		cr_assert_arr_eq(seed, want, sha->size, "%s %s, count %u", sha->name, kernel->name,
		                 count);
	}
	fclose(f);
	cr_assert_eq(count, 100);
}

Test(hash_cavp, monte_carlo)
{
	for_each_kernel(check_monte);
}
