/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates as plain values for the tests of this room: no DER, only what requirements look at. */
#ifndef TESTS_UNIT_REQ_CERTS_H
#define TESTS_UNIT_REQ_CERTS_H

#include <string.h>

#include "signer/base/cert.h"
#include "signer/base/oid.h"

/* A certificate together with the room for what it points to. */
struct fake_cert {
	struct sgn_cert cert;
	struct sgn_cert_attr attrs[8];
	struct sgn_cert_ext exts[4];
	struct sgn_view policies[2];
	struct sgn_view emails[2];
};

static inline void fake_attr(struct fake_cert *f, enum sgn_known_oid oid, const char *value)
{
	f->attrs[f->cert.subject.count].oid = sgn_oid_known(oid);
	f->attrs[f->cert.subject.count].value = sgn_view_str(value);
	f->cert.subject.attrs = f->attrs;
	f->cert.subject.count++;
}

static inline void fake_ext(struct fake_cert *f, enum sgn_known_oid oid, struct sgn_view value)
{
	f->exts[f->cert.ext_count].oid = sgn_oid_known(oid);
	f->exts[f->cert.ext_count].value = value;
	f->cert.exts = f->exts;
	f->cert.ext_count++;
}

/* cn, o, ou may be NULL; the SHA-1 is the byte hash, twenty times. */
static inline void fake_init(struct fake_cert *f, const char *cn, const char *o, const char *ou,
                             int hash)
{
	*f = (struct fake_cert){.cert = {.is_ca = false}};
	memset(f->cert.sha1, hash, sizeof(f->cert.sha1));
	if (cn)
		fake_attr(f, SGN_OID_CN, cn);
	if (o)
		fake_attr(f, SGN_OID_O, o);
	if (ou)
		fake_attr(f, SGN_OID_OU, ou);
}

#endif
