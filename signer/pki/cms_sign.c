/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CMS of a signature: docs/format/cms.md. Written by hand, so that every byte is ours to choose.
 * Items are written inside first: a function notes out->size, appends the content and wraps it.
 */
#include <stdlib.h>

#include "signer/base/time.h"
#include "signer/codec/der.h"
#include "signer/pki/ber.h"
#include "signer/pki/internal.h"

/* What OIDs beyond base/oids.def a SignerInfo names, as DER content bytes. */
#define OID_SHA256_WITH_RSA   "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b" /* 1.2.840.113549.1.1.11 */
#define OID_ECDSA_WITH_SHA256 "\x2a\x86\x48\xce\x3d\x04\x03\x02"     /* 1.2.840.10045.4.3.2 */

static void write_oid(struct sgn_buf *out, enum sgn_known_oid which)
{
	sgn_der_write(out, SGN_DER_OID, sgn_oid_known(which));
}

/* AlgorithmIdentifier with an explicit NULL, as Apple writes SHA-256. */
static void write_sha256_algorithm(struct sgn_buf *out)
{
	size_t start = out->size;

	write_oid(out, SGN_OID_SHA256);
	sgn_der_write(out, SGN_DER_NULL, SGN_VIEW_EMPTY);
	sgn_der_wrap(out, start, SGN_DER_SEQUENCE);
}

/* RFC 5758 3.2: no parameters with ECDSA; RFC 4055 5: NULL with RSA. */
static void write_signature_algorithm(struct sgn_buf *out, bool rsa)
{
	size_t start = out->size;

	sgn_der_write(out, SGN_DER_OID,
	              sgn_view_str(rsa ? OID_SHA256_WITH_RSA : OID_ECDSA_WITH_SHA256));
	if (rsa)
		sgn_der_write(out, SGN_DER_NULL, SGN_VIEW_EMPTY);
	sgn_der_wrap(out, start, SGN_DER_SEQUENCE);
}

/* --- sets --------------------------------------------------------------------------------------- */

/* More than the attributes, code directories and certificates of one CMS. */
#define SET_MAX SGN_LIMIT_CERTS

static int compare_items(const void *a, const void *b)
{
	return sgn_view_compare(*(const struct sgn_view *)a, *(const struct sgn_view *)b);
}

/* Makes the items appended since start a SET OF: sorted by their encoding (X.690 11.6). */
static void wrap_sorted(struct sgn_buf *out, size_t start, uint8_t tag)
{
	struct sgn_view row = sgn_view_from(sgn_buf_view(out), start), in = row;
	struct sgn_view items[SET_MAX];
	struct sgn_der_item item;
	struct sgn_buf sorted;
	size_t count = 0;

	while (count < SET_MAX && in.size && sgn_der_next(&in, &item, NULL) == 0)
		items[count++] = item.whole;
	qsort(items, count, sizeof(items[0]), compare_items);
	sgn_buf_init(&sorted, row.size);
	for (size_t i = 0; i < count; i++)
		sgn_wr_view(&sorted, items[i]);
	if (sorted.bad || sorted.size != row.size) {
		out->bad = true;
		out->nomem |= sorted.nomem;
	} else {
		sgn_wr_patch(out, start, sorted.data, sorted.size);
	}
	sgn_buf_dispose(&sorted);
	sgn_der_wrap(out, start, tag);
}

/* --- attributes --------------------------------------------------------------------------------- */

/* Attribute ::= SEQUENCE { type, SET OF value }: begin writes the type and returns where the values
 * start; the caller appends them. */
struct attribute {
	size_t start, values;
};

static struct attribute begin_attribute(struct sgn_buf *out, enum sgn_known_oid type)
{
	struct attribute a = {.start = out->size};

	write_oid(out, type);
	a.values = out->size;
	return a;
}

static void end_attribute(struct sgn_buf *out, struct attribute a)
{
	wrap_sorted(out, a.values, SGN_DER_SET);
	sgn_der_wrap(out, a.start, SGN_DER_SEQUENCE);
}

static void write_content_type(struct sgn_buf *out)
{
	struct attribute a = begin_attribute(out, SGN_OID_ATTR_CONTENT_TYPE);

	write_oid(out, SGN_OID_CMS_DATA);
	end_attribute(out, a);
}

/* RFC 5652 11.3: UTCTime from 1950 to 2049, GeneralizedTime outside. */
static void write_signing_time(struct sgn_buf *out, int64_t seconds)
{
	struct attribute a = begin_attribute(out, SGN_OID_ATTR_SIGNING_TIME);
	struct sgn_time t = sgn_time_split(seconds);
	bool utc = t.year >= 1950 && t.year < 2050;

	if (utc)
		sgn_wr_fmt(out, "%02d", t.year % 100);
	else
		sgn_wr_fmt(out, "%04d", t.year);
	sgn_wr_fmt(out, "%02d%02d%02d%02d%02dZ", t.month, t.day, t.hour, t.minute, t.second);
	sgn_der_wrap(out, a.values, utc ? SGN_BER_UTC_TIME : SGN_BER_GENERALIZED_TIME);
	end_attribute(out, a);
}

static void write_message_digest(struct sgn_buf *out, const struct sgn_digest_bytes *digest)
{
	struct attribute a = begin_attribute(out, SGN_OID_ATTR_MESSAGE_DIGEST);

	sgn_der_write(out, SGN_DER_OCTETS, sgn_digest_view(digest));
	end_attribute(out, a);
}

static enum sgn_known_oid digest_oid(enum sgn_digest alg)
{
	switch (alg) {
	case SGN_DIGEST_SHA1: return SGN_OID_SHA1;
	case SGN_DIGEST_SHA384: return SGN_OID_SHA384;
	case SGN_DIGEST_NONE:
	case SGN_DIGEST_SHA256:
	case SGN_DIGEST_SHA256_TRUNCATED: break;
	}
	return SGN_OID_SHA256;
}

/* Hash agility, version 2: one SEQUENCE { digest OID, full digest } per CodeDirectory. */
static void write_agility_v2(struct sgn_buf *out, const struct sgn_cms_sign_input *in)
{
	struct attribute a = begin_attribute(out, SGN_OID_HASH_AGILITY_V2);

	for (size_t i = 0; i < in->cdhash_count; i++) {
		size_t start = out->size;

		write_oid(out, digest_oid(in->cdhashes[i].digest));
		sgn_der_write(out, SGN_DER_OCTETS, sgn_digest_view(&in->cdhashes[i].full));
		sgn_der_wrap(out, start, SGN_DER_SEQUENCE);
	}
	end_attribute(out, a);
}

/* Version 1: an XML property list { cdhashes = ( truncated digests ) } in an OCTET STRING. */
static int write_agility_v1(struct sgn_buf *out, const struct sgn_cms_sign_input *in,
                            struct sgn_error *err)
{
	struct attribute a = begin_attribute(out, SGN_OID_HASH_AGILITY_V1);
	int rc = sgn_cms_write_cdhashes(in->cdhashes, in->cdhash_count, out, err);

	sgn_der_wrap(out, a.values, SGN_DER_OCTETS);
	end_attribute(out, a);
	return rc;
}

/* All signed attributes as a SET OF, with the universal tag: these bytes are what is signed
 * (RFC 5652 5.4); in the message the tag becomes [0]. */
static int write_attributes(struct sgn_buf *out, const struct sgn_cms_sign_input *in,
                            struct sgn_error *err)
{
	struct sgn_digest_bytes digest;
	size_t start = out->size;
	int rc = sgn_digest(SGN_DIGEST_SHA256, in->content, &digest, err);

	if (rc)
		return rc;
	write_content_type(out);
	if (in->has_signing_time)
		write_signing_time(out, in->signing_time);
	write_message_digest(out, &digest);
	write_agility_v2(out, in);
	rc = write_agility_v1(out, in, err);
	wrap_sorted(out, start, SGN_DER_SET);
	return rc ? rc : sgn_buf_finish(out, err, "signed attributes");
}

/* --- the message -------------------------------------------------------------------------------- */

/* The unsigned attributes: only the token, byte for byte as the server made it. */
static void write_timestamp(struct sgn_buf *out, struct sgn_view token)
{
	size_t start = out->size, values;

	write_oid(out, SGN_OID_ATTR_TIMESTAMP_TOKEN);
	values = out->size;
	sgn_wr_view(out, token);
	sgn_der_wrap(out, values, SGN_DER_SET);
	sgn_der_wrap(out, start, SGN_DER_SEQUENCE);
	sgn_der_wrap(out, start, SGN_BER_CONTEXT_1);
}

/* SignerInfo version 1, named by issuer and serial number. */
static void write_signer(struct sgn_buf *out, const struct sgn_cms_draft *draft,
                         struct sgn_view token)
{
	const struct sgn_cert *leaf = draft->identity->chain.certs[0];
	const uint8_t tag = SGN_BER_CONTEXT_0;
	size_t start = out->size, at;

	sgn_der_write_int(out, 1);
	at = out->size;
	sgn_wr_view(out, leaf->issuer_der);
	sgn_der_write(out, SGN_DER_INTEGER, leaf->serial);
	sgn_der_wrap(out, at, SGN_DER_SEQUENCE);
	write_sha256_algorithm(out);
	at = out->size;
	sgn_wr_view(out, sgn_buf_view(&draft->attributes));
	sgn_wr_patch(out, at, &tag, 1);
	write_signature_algorithm(out, sgn_identity_is_rsa(draft->identity));
	sgn_der_write(out, SGN_DER_OCTETS, sgn_buf_view(&draft->signature));
	if (token.size)
		write_timestamp(out, token);
	sgn_der_wrap(out, start, SGN_DER_SEQUENCE);
}

static void write_signed_data(struct sgn_buf *out, const struct sgn_cms_draft *draft,
                              struct sgn_view token)
{
	const struct sgn_chain *chain = &draft->identity->chain;
	size_t start = out->size, at;

	sgn_der_write_int(out, 1);
	at = out->size;
	write_sha256_algorithm(out);
	sgn_der_wrap(out, at, SGN_DER_SET);
	at = out->size;
	write_oid(out, SGN_OID_CMS_DATA); /* detached: no content */
	sgn_der_wrap(out, at, SGN_DER_SEQUENCE);
	at = out->size;
	for (size_t i = 0; i < chain->count; i++) /* root included */
		sgn_wr_view(out, chain->certs[i]->der);
	wrap_sorted(out, at, SGN_BER_CONTEXT_0);
	at = out->size;
	write_signer(out, draft, token);
	sgn_der_wrap(out, at, SGN_DER_SET);
	sgn_der_wrap(out, start, SGN_DER_SEQUENCE);
}

static void write_content_info(struct sgn_buf *out, const struct sgn_cms_draft *draft,
                               struct sgn_view token)
{
	size_t start = out->size, at;

	write_oid(out, SGN_OID_CMS_SIGNED_DATA);
	at = out->size;
	write_signed_data(out, draft, token);
	sgn_der_wrap(out, at, SGN_BER_CONTEXT_0);
	sgn_der_wrap(out, start, SGN_DER_SEQUENCE);
}

static int check_input(const struct sgn_cms_sign_input *in, struct sgn_error *err)
{
	if (in->cdhash_count == 0 || in->cdhash_count > SGN_LIMIT_CODEDIRS)
		return sgn_fail(err, SGN_E_INTERNAL, "CMS for %zu code directories",
		                in->cdhash_count);
	for (size_t i = 0; i < in->cdhash_count; i++)
		if (in->cdhashes[i].full.size < SGN_CDHASH_SIZE)
			return sgn_fail(err, SGN_E_INTERNAL, "CMS for a cdhash of %zu bytes",
			                in->cdhashes[i].full.size);
	return 0;
}

int sgn_cms_draft_make(const struct sgn_cms_sign_input *in, struct sgn_cms_draft *out,
                       struct sgn_digest_bytes *digest, struct sgn_error *err)
{
	int rc = check_input(in, err);

	out->identity = in->identity;
	sgn_buf_init(&out->attributes, SGN_LIMIT_CMS);
	sgn_buf_init(&out->signature, 4096);
	if (rc == 0)
		rc = write_attributes(&out->attributes, in, err);
	return rc ? rc : sgn_digest(SGN_DIGEST_SHA256, sgn_buf_view(&out->attributes), digest, err);
}

int sgn_cms_sign_begin(const struct sgn_cms_sign_input *in, struct sgn_cms_draft *out,
                       struct sgn_error *err)
{
	struct sgn_digest_bytes digest;
	int rc = sgn_cms_draft_make(in, out, &digest, err);

	if (rc == 0)
		rc = sgn_identity_sign_digest(in->identity, &digest, &out->signature, err);
	return rc ? rc : sgn_buf_finish(&out->signature, err, "signature");
}

int sgn_cms_sign_finish(const struct sgn_cms_draft *draft, struct sgn_view token,
                        struct sgn_buf *out, struct sgn_error *err)
{
	write_content_info(out, draft, token);
	return sgn_buf_finish(out, err, "CMS");
}

void sgn_cms_draft_dispose(struct sgn_cms_draft *draft)
{
	sgn_buf_dispose(&draft->attributes);
	sgn_buf_dispose(&draft->signature);
}

int sgn_cms_sign(const struct sgn_cms_sign_input *in, struct sgn_buf *out, struct sgn_error *err)
{
	struct sgn_cms_draft draft;
	int rc = sgn_cms_sign_begin(in, &draft, err);

	if (rc == 0)
		rc = sgn_cms_sign_finish(&draft, SGN_VIEW_EMPTY, out, err);
	sgn_cms_draft_dispose(&draft);
	return rc;
}
