/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SignedData (RFC 5652 5) from BER to views. OpenSSL's reader is not used, because it keeps no track of
 * how the signed attributes were written, and those very bytes are what was signed.
 */
#include <string.h>

#include "signer/pki/ber.h"
#include "signer/pki/cms.h"

static int bad(struct sgn_error *err, const char *what)
{
	return sgn_fail(err, SGN_E_FORMAT, "CMS: %s", what);
}

/* The OID of an AlgorithmIdentifier. */
static bool take_algorithm(struct sgn_view *in, struct sgn_view *oid)
{
	struct sgn_ber_item algorithm, item;

	if (!sgn_ber_take(in, SGN_BER_SEQUENCE, &algorithm) ||
	    !sgn_ber_take(&algorithm.content, SGN_BER_OID, &item))
		return false;
	*oid = item.content;
	return true;
}

/* SignerIdentifier: issuer and serial number, or [0] subject key identifier. */
static bool take_signer_id(struct sgn_view *in, struct sgn_cms *out)
{
	struct sgn_ber_item item, part;

	if (sgn_ber_take(in, SGN_BER_CONTEXT_0_PRIMITIVE, &item)) {
		out->key_id = item.content;
		return true;
	}
	if (!sgn_ber_take(in, SGN_BER_SEQUENCE, &item) ||
	    !sgn_ber_take(&item.content, SGN_BER_SEQUENCE, &part))
		return false;
	out->issuer = part.whole;
	if (!sgn_ber_take(&item.content, SGN_BER_INTEGER, &part))
		return false;
	out->serial = part.content;
	return true;
}

/*
 * The attributes are signed as a SET with its universal tag instead of [0]. Length and members stay as
 * they stand in the file; only where the length is indefinite, DER has to be made of it.
 */
static int take_attributes(struct sgn_view *in, struct sgn_cms *out, struct sgn_arena *arena,
                           struct sgn_error *err)
{
	struct sgn_ber_item item;
	uint8_t head[16];
	size_t size = 0;

	if (!sgn_ber_take(in, SGN_BER_CONTEXT_0, &item))
		return 0; /* optional */
	out->has_attributes = true;
	out->attributes = item.content;
	head[size++] = SGN_BER_SET;
	if (!item.indefinite) {
		size_t header = item.whole.size - item.content.size;

		memcpy(head + 1, item.whole.data + 1, header - 1);
		size = header;
	} else if (item.content.size < 0x80) {
		head[size++] = (uint8_t)item.content.size;
	} else {
		int bytes = 1;

		while (item.content.size >> (8 * bytes))
			bytes++;
		head[size++] = (uint8_t)(0x80 | bytes);
		while (bytes--)
			head[size++] = (uint8_t)(item.content.size >> (8 * bytes));
	}
	return sgn_arena_copy(arena, sgn_view_of(head, size), &out->signed_head)
	               ? 0
	               : sgn_fail_nomem(err);
}

static int parse_signer(struct sgn_view in, struct sgn_cms *out, struct sgn_arena *arena,
                        struct sgn_error *err)
{
	struct sgn_ber_item item;
	int rc;

	if (!sgn_ber_take(&in, SGN_BER_INTEGER, &item) || !take_signer_id(&in, out) ||
	    !take_algorithm(&in, &out->digest_oid))
		return bad(err, "the beginning of the SignerInfo is damaged");
	rc = take_attributes(&in, out, arena, err);
	if (rc)
		return rc;
	if (!take_algorithm(&in, &out->signature_oid))
		return bad(err, "the SignerInfo has no signature algorithm");
	if (!sgn_ber_take(&in, SGN_BER_OCTETS, &item) &&
	    !sgn_ber_take(&in, SGN_BER_OCTETS | SGN_BER_CONSTRUCTED, &item))
		return bad(err, "the SignerInfo has no signature");
	rc = sgn_ber_octets(&item, arena, &out->signature, err);
	if (rc)
		return rc;
	if (sgn_ber_take(&in, SGN_BER_CONTEXT_1, &item))
		out->unsigned_attributes = item.content;
	return 0;
}

static int parse_certs(struct sgn_view in, struct sgn_cms *out, struct sgn_error *err)
{
	struct sgn_ber_item item;

	while (in.size) {
		if (!sgn_ber_next(&in, &item))
			return bad(err, "the certificates are damaged");
		if (item.tag != SGN_BER_SEQUENCE)
			continue; /* attribute certificates and other choices */
		if (out->cert_count == SGN_LIMIT_CERTS)
			return sgn_fail(err, SGN_E_LIMIT, "CMS: more than %d certificates",
			                SGN_LIMIT_CERTS);
		out->certs[out->cert_count++] = item.whole;
	}
	return 0;
}

/* EncapsulatedContentInfo: the type, and the content unless it is detached. */
static int parse_content(struct sgn_view in, struct sgn_cms *out, struct sgn_arena *arena,
                         struct sgn_error *err)
{
	struct sgn_ber_item item, octets;

	if (!sgn_ber_take(&in, SGN_BER_OID, &item))
		return bad(err, "no content type");
	out->content_type = item.content;
	if (!sgn_ber_take(&in, SGN_BER_CONTEXT_0, &item))
		return 0;
	if (!sgn_ber_next(&item.content, &octets) ||
	    (octets.tag & ~SGN_BER_CONSTRUCTED) != SGN_BER_OCTETS)
		return bad(err, "the content is no OCTET STRING");
	out->has_content = true;
	return sgn_ber_octets(&octets, arena, &out->content, err);
}

static int parse_signed_data(struct sgn_view in, struct sgn_cms *out, struct sgn_arena *arena,
                             struct sgn_error *err)
{
	struct sgn_ber_item item, signer;
	int rc;

	if (!sgn_ber_take(&in, SGN_BER_INTEGER, &item) || !sgn_ber_take(&in, SGN_BER_SET, &item) ||
	    !sgn_ber_take(&in, SGN_BER_SEQUENCE, &item))
		return bad(err, "the beginning of the SignedData is damaged");
	rc = parse_content(item.content, out, arena, err);
	if (rc == 0 && sgn_ber_take(&in, SGN_BER_CONTEXT_0, &item))
		rc = parse_certs(item.content, out, err);
	if (rc)
		return rc;
	sgn_ber_take(&in, SGN_BER_CONTEXT_1, &item); /* revocation lists are not looked at */
	if (!sgn_ber_take(&in, SGN_BER_SET, &item))
		return bad(err, "no SignerInfos");
	if (!sgn_ber_take(&item.content, SGN_BER_SEQUENCE, &signer))
		return bad(err, "nobody signed");
	return parse_signer(signer.content, out, arena, err);
}

int sgn_cms_parse(struct sgn_view in, struct sgn_arena *arena, struct sgn_cms *out,
                  struct sgn_error *err)
{
	struct sgn_ber_item info, item;

	memset(out, 0, sizeof(*out));
	if (in.size > SGN_LIMIT_CMS)
		return sgn_fail(err, SGN_E_LIMIT, "CMS: %zu bytes, more than %u", in.size,
		                SGN_LIMIT_CMS);
	if (!sgn_ber_take(&in, SGN_BER_SEQUENCE, &info))
		return bad(err, "no ContentInfo");
	if (!sgn_ber_take(&info.content, SGN_BER_OID, &item) ||
	    !sgn_view_equal(item.content, sgn_oid_known(SGN_OID_CMS_SIGNED_DATA)))
		return bad(err, "no SignedData");
	if (!sgn_ber_take(&info.content, SGN_BER_CONTEXT_0, &item) ||
	    !sgn_ber_take(&item.content, SGN_BER_SEQUENCE, &info))
		return bad(err, "the SignedData is damaged");
	return parse_signed_data(info.content, out, arena, err);
}

size_t sgn_cms_attribute(struct sgn_view attributes, struct sgn_view oid, struct sgn_view *values)
{
	struct sgn_ber_item attribute, type, set;
	size_t count = 0;

	while (sgn_ber_take(&attributes, SGN_BER_SEQUENCE, &attribute)) {
		if (!sgn_ber_take(&attribute.content, SGN_BER_OID, &type) ||
		    !sgn_ber_take(&attribute.content, SGN_BER_SET, &set) ||
		    !sgn_view_equal(type.content, oid))
			continue;
		if (count++ == 0)
			*values = set.content;
	}
	return count;
}

int sgn_cms_certs(const struct sgn_cms *cms, struct sgn_known *known, struct sgn_arena *arena,
                  struct sgn_cert **out, size_t *count, struct sgn_error *err)
{
	*count = 0;
	*out = sgn_arena_array(arena, cms->cert_count, sizeof(**out));
	if (!*out)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < cms->cert_count; i++) {
		int rc = sgn_known_parse(known, cms->certs[i], arena, &(*out)[*count], NULL);

		if (rc == SGN_E_NOMEM)
			return sgn_fail_nomem(err);
		if (rc == 0)
			(*count)++;
	}
	return 0;
}

const struct sgn_cert *sgn_cms_signer(const struct sgn_cms *cms, const struct sgn_cert *certs,
                                      size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (cms->key_id.size) {
			if (sgn_view_equal(cms->key_id, sgn_cert_subject_key_id(&certs[i])))
				return &certs[i];
			continue;
		}
		if (sgn_view_equal(cms->issuer, certs[i].issuer_der) &&
		    sgn_view_equal(cms->serial, certs[i].serial))
			return &certs[i];
	}
	return NULL;
}

bool sgn_cms_signing_time(const struct sgn_cms *cms, int64_t *unix_seconds)
{
	struct sgn_view values;
	struct sgn_ber_item item;

	return sgn_cms_attribute(cms->attributes, sgn_oid_known(SGN_OID_ATTR_SIGNING_TIME),
	                         &values) == 1 &&
	       sgn_ber_next(&values, &item) && sgn_ber_time(&item, unix_seconds);
}
