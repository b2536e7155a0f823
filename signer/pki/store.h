/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the identity store share among themselves. */
#ifndef SIGNER_PKI_STORE_H
#define SIGNER_PKI_STORE_H

#include "signer/pki/internal.h"

/* A file in which a certificate was found. */
struct sgn_store_place {
	const char *file;
	bool locked; /* it also holds a key, which its password would open */
	struct sgn_store_place *next;
};

/* What belongs to the certificate with the same index. */
struct sgn_store_note {
	EVP_PKEY *public_key; /* NULL when OpenSSL cannot use it */
	struct sgn_store_place *first, *last;
	size_t places;
	bool offered; /* not only there to complete chains */
};

struct sgn_store_key {
	EVP_PKEY *key; /* in OpenSSL's default library context */
	const char *file;
	unsigned mode;
	bool loose;
};

/* A candidate before it is shown: id has the public key only. */
struct sgn_store_match {
	size_t cert;
	const struct sgn_store_key *key; /* or NULL */
	struct sgn_identity id;
	struct sgn_identity_candidate shown;
};

struct sgn_identity_store {
	struct sgn_arena arena;
	const struct sgn_anchors *anchors; /* borrowed */
	char *dir;
	int64_t now;
	struct sgn_cert *certs; /* room for SGN_LIMIT_STORE_CERTS: chains point into it */
	struct sgn_store_note *notes;
	size_t cert_count;
	struct sgn_store_key *keys;
	size_t key_count;
	struct sgn_store_match *matches;
	struct sgn_identity_candidate *candidates; /* the shown part of each match */
	size_t match_count;
	struct sgn_identity_skipped *skipped;
	size_t skipped_count;
};

/* store_read.c: fills certs, keys and skipped. */
int sgn_store_read(struct sgn_identity_store *store, const struct sgn_identity_store_options *opts,
                   struct sgn_error *err);

/* store_match.c: fills matches and candidates. */
int sgn_store_match(struct sgn_identity_store *store, struct sgn_error *err);

#endif
