/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many files hashed by several callers on one pool, with failures among them. A plain program, because
 * ThreadSanitizer and Criterion do not go together.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "signer/base/thread.h"
#include "signer/ops/filehash.h"

#define CALLERS 3
#define ROUNDS  20
#define FILES   120
#define WANTED  (SGN_WANT_SHA1 | SGN_WANT_SHA256)

static atomic_int failures;

static void expect(bool ok, const char *what)
{
	if (ok)
		return;
	atomic_fetch_add(&failures, 1);
	printf("FAILED %s\n", what);
}

struct sample {
	struct sgn_pool *pool;
	char dir[64];
	char names[FILES][16];
	struct sgn_file_hashes want[FILES];
};

struct result {
	struct sgn_file_hashes
		got[FILES]; /* plain on purpose: each is written by one thread only */
};

static size_t size_of(size_t i)
{
	return i == 5 ? 9u << 20 : i % 10 == 0 ? 200000 : i * 40;
}

static void write_file(struct sample *s, size_t i)
{
	char path[128];
	size_t size = size_of(i);
	uint8_t *bytes = calloc(1, size + 1);
	struct sgn_view m = sgn_view_of(bytes, size);
	FILE *f;

	if (bytes)
		memset(bytes, (int)i, size);
	snprintf(s->names[i], sizeof(s->names[i]), "f%zu", i);
	snprintf(path, sizeof(path), "%s/%s", s->dir, s->names[i]);
	f = fopen(path, "wb");
	expect(bytes && f && fwrite(bytes, 1, size, f) == size, "a file is written");
	if (f)
		fclose(f);
	expect(sgn_hash_many(&m, 1, WANTED, &s->want[i], NULL) == 0, "a message is hashed");
	free(bytes);
}

static void put(void *arg, size_t i, const struct sgn_file_hashes *hashes)
{
	struct result *r = arg;

	/* Digests of one file may come from two threads: field by field. */
	sgn_file_hashes_merge(&r->got[i], hashes);
}

static void one_round(const struct sample *s, size_t fail_at)
{
	static const struct sgn_file_hashes none;
	struct sgn_hash_file files[FILES];
	struct result *r = calloc(1, sizeof(*r));
	struct sgn_hash_calls calls = {.arg = r, .put = put};
	struct sgn_error err = SGN_ERROR_INIT;
	int rc;

	for (size_t i = 0; i < FILES; i++)
		files[i] = (struct sgn_hash_file){i < fail_at ? s->names[i] : "gone", size_of(i)};
	rc = sgn_hash_files(s->pool, s->dir, files, FILES, WANTED, &calls, &err);
	expect(rc == (fail_at < FILES ? SGN_E_NOTFOUND : 0), "the status");
	for (size_t i = 0; r && i < FILES; i++)
		expect(memcmp(&r->got[i], i < fail_at ? &s->want[i] : &none, sizeof(none)) == 0,
		       "the digests");
	sgn_error_dispose(&err);
	free(r);
}

static void caller(void *arg)
{
	const struct sample *s = arg;

	for (size_t i = 0; i < ROUNDS; i++)
		one_round(s, i % 3 ? FILES : i * 5);
}

int main(void)
{
	static struct sample s = {.dir = "/tmp/sgn-plain-XXXXXX"};
	struct sgn_thread *threads[CALLERS];

	s.pool = sgn_pool_new(4);
	expect(s.pool && mkdtemp(s.dir), "a folder");
	for (size_t i = 0; i < FILES; i++)
		write_file(&s, i);
	for (int i = 0; i < CALLERS; i++)
		threads[i] = sgn_thread_start(caller, &s);
	for (int i = 0; i < CALLERS; i++)
		sgn_thread_join(threads[i]);
	for (size_t i = 0; i < FILES; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", s.dir, s.names[i]);
		unlink(path);
	}
	rmdir(s.dir);
	sgn_pool_free(s.pool);
	printf("%d failures\n", atomic_load(&failures));
	return atomic_load(&failures) != 0;
}
