/* SPDX-License-Identifier: Apache-2.0 */
/* The two facts that every CMS must prove: the content is the one named, and the signer signed it. */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "signer/base/text.h"
#include "signer/pki/ber.h"
#include "signer/pki/cms.h"

static const struct {
	enum sgn_known_oid oid;
	enum sgn_digest digest; /* NONE: no CodeDirectory digest, but good for a CMS */
	const EVP_MD *(*md)(void);
} digests[] = {
	{SGN_OID_SHA1, SGN_DIGEST_SHA1, EVP_sha1},
	{SGN_OID_SHA256, SGN_DIGEST_SHA256, EVP_sha256},
	{SGN_OID_SHA384, SGN_DIGEST_SHA384, EVP_sha384},
	{SGN_OID_SHA512, SGN_DIGEST_NONE, EVP_sha512},
};

/* OID bytes; the key they need; their digest, NULL for "that of the SignerInfo". Signatures from before
 * 2018, and Apple's timestamps to this day, name plain rsaEncryption. */
static const struct {
	const char *oid;
	const char *key;
	const EVP_MD *(*md)(void);
} signature_algorithms[] = {
	{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", "RSA", NULL},       /* rsaEncryption */
	{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", "RSA", EVP_sha1},   /* sha1WithRSAEncryption */
	{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", "RSA", EVP_sha256}, /* sha256With... */
	{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", "RSA", EVP_sha384},
	{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", "RSA", EVP_sha512},
	{"\x2a\x86\x48\xce\x3d\x02\x01", "EC", NULL},           /* id-ecPublicKey */
	{"\x2a\x86\x48\xce\x3d\x04\x01", "EC", EVP_sha1},       /* ecdsa-with-SHA1 */
	{"\x2a\x86\x48\xce\x3d\x04\x03\x02", "EC", EVP_sha256}, /* ecdsa-with-SHA256 */
	{"\x2a\x86\x48\xce\x3d\x04\x03\x03", "EC", EVP_sha384},
	{"\x2a\x86\x48\xce\x3d\x04\x03\x04", "EC", EVP_sha512},
};

static const EVP_MD *digest_md(const struct sgn_cms *cms)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(digests); i++)
		if (sgn_view_equal(cms->digest_oid, sgn_oid_known(digests[i].oid)))
			return digests[i].md();
	return NULL;
}

enum sgn_digest sgn_cms_digest(const struct sgn_cms *cms)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(digests); i++)
		if (sgn_view_equal(cms->digest_oid, sgn_oid_known(digests[i].oid)))
			return digests[i].digest;
	return SGN_DIGEST_NONE;
}

static bool no(char why[SGN_CMS_WHY], const char *text)
{
	snprintf(why, SGN_CMS_WHY, "%s", text);
	return false;
}

/* The one value of an attribute that must be there exactly once. */
static bool single_value(const struct sgn_cms *cms, enum sgn_known_oid oid, uint8_t tag,
                         struct sgn_view *out)
{
	struct sgn_view values;
	struct sgn_ber_item item;

	if (sgn_cms_attribute(cms->attributes, sgn_oid_known(oid), &values) != 1 ||
	    !sgn_ber_take(&values, tag, &item) || values.size)
		return false;
	*out = item.content;
	return true;
}

#define SHOWN 8 /* bytes of a digest in a message */

static bool digest_ok(const EVP_MD *md, struct sgn_view content, struct sgn_view stored,
                      char why[SGN_CMS_WHY])
{
	uint8_t have[EVP_MAX_MD_SIZE];
	char have_text[2 * SHOWN + 1], stored_text[2 * SHOWN + 1]; /* enough to tell them apart */
	unsigned size = 0;

	if (EVP_Digest(content.data, content.size, have, &size, md, NULL) != 1)
		return no(why, sgn_ossl_reason());
	if (sgn_view_equal(sgn_view_of(have, size), stored))
		return true;
	if (stored.size != size) {
		snprintf(why, SGN_CMS_WHY, "messageDigest has %zu bytes instead of %u", stored.size,
		         size);
		return false;
	}
	sgn_hex_encode(have, SHOWN, have_text);
	sgn_hex_encode(stored.data, SHOWN, stored_text);
	snprintf(why, SGN_CMS_WHY, "signed was %s..., the content has %s...", stored_text,
	         have_text);
	return false;
}

bool sgn_cms_content_ok(const struct sgn_cms *cms, struct sgn_view content,
                        struct sgn_view content_type, char why[SGN_CMS_WHY])
{
	const EVP_MD *md = digest_md(cms);
	struct sgn_view value;

	if (!sgn_view_equal(cms->content_type, content_type))
		return no(why, "the CMS is about another type of content");
	if (!md)
		return no(why, "unknown digest algorithm");
	if (!cms->has_attributes)
		return true; /* then the signature itself is over the content */
	if (!single_value(cms, SGN_OID_ATTR_CONTENT_TYPE, SGN_BER_OID, &value) ||
	    !sgn_view_equal(value, content_type))
		return no(why, "the signed content type is missing or another");
	if (!single_value(cms, SGN_OID_ATTR_MESSAGE_DIGEST, SGN_BER_OCTETS, &value))
		return no(why, "there is not exactly one messageDigest");
	return digest_ok(md, content, value, why);
}

/* The digest to use with key for the algorithm of the SignerInfo, or NULL. */
static const EVP_MD *signature_md(const struct sgn_cms *cms, const EVP_PKEY *key)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(signature_algorithms); i++) {
		if (!sgn_view_equal(cms->signature_oid, sgn_view_str(signature_algorithms[i].oid)))
			continue;
		if (!EVP_PKEY_is_a(key, signature_algorithms[i].key))
			return NULL;
		return signature_algorithms[i].md ? signature_algorithms[i].md() : digest_md(cms);
	}
	return NULL;
}

static bool verify(const struct sgn_cms *cms, struct sgn_view content, EVP_PKEY *key,
                   const EVP_MD *md)
{
	struct sgn_view head = cms->has_attributes ? cms->signed_head : SGN_VIEW_EMPTY;
	struct sgn_view body = cms->has_attributes ? cms->attributes : content;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
	          EVP_DigestVerifyUpdate(ctx, head.data, head.size) == 1 &&
	          EVP_DigestVerifyUpdate(ctx, body.data, body.size) == 1 &&
	          EVP_DigestVerifyFinal(ctx, cms->signature.data, cms->signature.size) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

bool sgn_cms_signature_ok(const struct sgn_cms *cms, struct sgn_view content,
                          const struct sgn_cert *signer, struct sgn_known *known,
                          char why[SGN_CMS_WHY])
{
	EVP_PKEY *key = sgn_known_key(known, signer);
	const EVP_MD *md = key ? signature_md(cms, key) : NULL;
	bool ok;

	if (!key)
		ok = no(why, "the key in the signer's certificate is not usable");
	else if (!md)
		ok = no(why, "the signature algorithm is unknown or not that of the signer's key");
	else if (!verify(cms, content, key, md))
		ok = no(why,
		        "the signature value is not one of the signer's over these attributes");
	else
		ok = true;
	EVP_PKEY_free(key);
	return ok;
}
