/* SPDX-License-Identifier: Apache-2.0 */
/* One certificate of a test hierarchy; make_test.c decides which. */
#ifndef SIGNER_PKI_MAKE_CERT_H
#define SIGNER_PKI_MAKE_CERT_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/types.h>

#include "signer/base/error.h"

/* Fields in the order in which Apple writes them; NULL ones are left out. */
struct sgn_make_subject {
	const char *uid, *cn, *ou, *o, *c;
};

#define SGN_MAKE_MARKERS 2

struct sgn_make_cert {
	struct sgn_make_subject subject;
	const char *markers[SGN_MAKE_MARKERS]; /* dotted, below 1.2.840.113635.100; or NULL */
	bool markers_critical;
	bool with_date; /* extension 6.1.33 of Developer ID */
	bool is_ca;
	int pathlen; /* of an authority; negative: none */
	int64_t not_before, not_after;
	EVP_PKEY *key;
	X509 *issuer; /* NULL: self-signed */
	EVP_PKEY *issuer_key;
};

int sgn_make_cert(const struct sgn_make_cert *want, X509 **out, struct sgn_error *err);

#endif
