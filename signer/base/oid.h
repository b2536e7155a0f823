/* SPDX-License-Identifier: Apache-2.0 */
/* Object identifiers: dotted text and DER content bytes. */
#ifndef SIGNER_BASE_OID_H
#define SIGNER_BASE_OID_H

#include "signer/base/buf.h"

/* Longest OID that we handle, in DER content bytes. */
#define SGN_OID_MAX 64

struct sgn_oid {
	uint8_t der[SGN_OID_MAX];
	size_t size;
};

/* "1.2.840.113635" to DER content bytes; false when the text is no OID or is too long. */
bool sgn_oid_parse(const char *dotted, size_t len, struct sgn_oid *out);

/* Appends the dotted text; "?" for bytes that are no OID, or have an arc of more than 64 bits. */
void sgn_oid_print(struct sgn_buf *out, struct sgn_view der);

static inline struct sgn_view sgn_oid_view(const struct sgn_oid *oid)
{
	return (struct sgn_view){oid->der, oid->size};
}

/* The OIDs that signet knows by name; the table is oids.def. */
#define OID(symbol, dotted, der, meaning) SGN_OID_##symbol,
enum sgn_known_oid {
#include "signer/base/oids.def"
	SGN_OID_COUNT
};
#undef OID

/* DER content bytes of a known OID; static storage. */
struct sgn_view sgn_oid_known(enum sgn_known_oid which);
const char *sgn_oid_dotted(enum sgn_known_oid which);

#endif
