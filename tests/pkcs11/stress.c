/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many threads sign with one key in a token, and each signature is checked.
 *
 * usage: token_stress URI MODULE PIN-VARIABLE THREADS SIGNATURES-OF-EACH
 */
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <signet/signet.h>

#include "signer/base/thread.h"
#include "signer/pki/internal.h"

#define THREADS_MAX 64

struct job {
	const struct sgn_identity *id;
	EVP_PKEY *public_key;
	unsigned number, count;
	atomic_uint *bad;
};

static bool verify(const struct job *j, const struct sgn_digest_bytes *digest,
                   struct sgn_view signature)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, j->public_key, NULL);
	bool ok = ctx && EVP_PKEY_verify_init(ctx) > 0 &&
	          EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) > 0 &&
	          EVP_PKEY_verify(ctx, signature.data, signature.size, digest->data,
	                          digest->size) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static void run(void *arg)
{
	const struct job *j = arg;
	struct sgn_digest_bytes digest = {.size = 32};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf signature;

	sgn_buf_init(&signature, 4096);
	for (unsigned i = 0; i < j->count; i++) {
		memset(digest.data, (int)(j->number * 31 + i), digest.size);
		sgn_buf_reset(&signature);
		if (sgn_identity_sign_digest(j->id, &digest, &signature, &err) != 0) {
			fprintf(stderr, "thread %u: %s\n", j->number, err.text);
			++*j->bad;
		} else if (!verify(j, &digest, sgn_buf_view(&signature))) {
			fprintf(stderr, "thread %u: a wrong signature\n", j->number);
			++*j->bad;
		}
	}
	sgn_error_dispose(&err);
	sgn_buf_dispose(&signature);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned stress(const struct sgn_identity *id, unsigned threads, unsigned count)
{
	struct sgn_thread *started[THREADS_MAX];
	struct job jobs[THREADS_MAX];
	EVP_PKEY *key = sgn_cert_key(id->leaf);
	atomic_uint bad = 0;
	double begin = seconds(), took;

	for (unsigned i = 0; i < threads; i++) {
		jobs[i] = (struct job){id, key, i, count, &bad};
		started[i] = sgn_thread_start(run, &jobs[i]);
		if (!started[i])
			run(&jobs[i]);
	}
	for (unsigned i = 0; i < threads; i++)
		if (started[i])
			sgn_thread_join(started[i]);
	took = seconds() - begin;
	printf("%u threads, %u signatures, %.3f s, %.3f ms each, %u wrong\n", threads,
	       threads * count, took, took * 1000 / (threads * count), (unsigned)bad);
	EVP_PKEY_free(key);
	return bad;
}

int main(int argc, char **argv)
{
	struct sgn_token_source source = {0};
	struct sgn_identity *id = NULL;
	struct sgn_context *ctx = NULL;
	struct sgn_error err = SGN_ERROR_INIT;
	unsigned threads, bad = 1;

	if (argc != 6)
		return 2;
	source.uri = argv[1];
	source.module = argv[2];
	source.pin = getenv(argv[3]);
	threads = (unsigned)strtoul(argv[4], NULL, 10);
	if (sgn_context_new(NULL, &ctx, &err) != 0 ||
	    sgn_identity_load_token(ctx, &source, &id, &err) != 0)
		fprintf(stderr, "%s\n", err.text);
	else if (threads > 0 && threads <= THREADS_MAX)
		bad = stress(id, threads, (unsigned)strtoul(argv[5], NULL, 10));
	sgn_identity_free(id);
	sgn_context_free(ctx);
	sgn_error_dispose(&err);
	return bad ? 1 : 0;
}
