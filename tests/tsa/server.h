/* SPDX-License-Identifier: Apache-2.0 */
/* The test server's certificates and tokens (tokens.c); server.c has the sockets. */
#ifndef TESTS_TSA_SERVER_H
#define TESTS_TSA_SERVER_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

#define TSA_REPLY "application/timestamp-reply"

struct tsa_options {
	bool rsa;       /* keys; otherwise P-256 */
	bool sha1;      /* signs with SHA-1, as Apple's server does */
	bool no_policy; /* refuses requests that name a policy */
	bool expired;   /* the signer's certificate */
	bool usage;     /* the signer's certificate is for code signing, not for timestamps */
};

struct tsa {
	struct tsa_options options;
	EVP_PKEY *root_key, *key;
	X509 *root, *signer;
};

void tsa_init(struct tsa *tsa, const struct tsa_options *options);
void tsa_write_root(const struct tsa *tsa, const char *path);

/* The DER of the answer, to be freed. fault: "wrong-nonce", "wrong-imprint", or anything else for a good
 * one. */
unsigned char *tsa_answer(struct tsa *tsa, const void *query, size_t query_size, const char *fault,
                          size_t *size);

void tsa_die(const char *what) __attribute__((noreturn));

#endif
