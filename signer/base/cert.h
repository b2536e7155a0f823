/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the rest of signet needs to know of an X.509 certificate, as plain values. signer/pki fills it
 * from the DER (the only room that sees OpenSSL's X509); requirements, chains, display and reports
 * read it. All memory belongs to the arena it was parsed into.
 */
#ifndef SIGNER_BASE_CERT_H
#define SIGNER_BASE_CERT_H

#include <stdint.h>

#include "signer/base/view.h"

/* One attribute of the subject or the issuer. */
struct sgn_cert_attr {
	struct sgn_view oid;   /* DER content bytes, as requirements store OIDs */
	struct sgn_view value; /* UTF-8 */
};

struct sgn_cert_name {
	const struct sgn_cert_attr *attrs; /* in the order of the certificate */
	size_t count;
};

struct sgn_cert_ext {
	struct sgn_view oid;   /* DER content bytes */
	struct sgn_view value; /* content of the OCTET STRING */
	bool critical;
};

struct sgn_cert {
	struct sgn_view der;
	uint8_t sha1[20];
	uint8_t sha256[32];
	struct sgn_cert_name subject;
	struct sgn_cert_name issuer;
	struct sgn_view subject_der; /* the whole Name, for comparing subject and issuer */
	struct sgn_view issuer_der;
	struct sgn_view serial; /* big-endian content of the INTEGER */
	int64_t not_before;     /* Unix seconds */
	int64_t not_after;
	const struct sgn_cert_ext *exts;
	size_t ext_count;
	const struct sgn_view *policies; /* certificate policy OIDs, DER content bytes */
	size_t policy_count;
	const struct sgn_view *emails; /* rfc822 names of the subject and of subjectAltName */
	size_t email_count;
	const struct sgn_view *ekus; /* extended key usages, DER content bytes */
	size_t eku_count;
	bool is_ca;
	long path_len;    /* how many authorities may stand below this one; -1: any number */
	bool self_issued; /* subject equals issuer */
};

/* The last attribute with that OID (see docs/format/requirements.md on duplicates), or empty. */
struct sgn_view sgn_cert_name_get(const struct sgn_cert_name *name, struct sgn_view oid);

/* The extension with that OID, or NULL. */
const struct sgn_cert_ext *sgn_cert_ext(const struct sgn_cert *cert, struct sgn_view oid);

bool sgn_cert_has_eku(const struct sgn_cert *cert, struct sgn_view oid);

#endif
