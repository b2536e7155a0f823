/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates with Apple's marker extensions, for tests: same order, same critical flags, same
 * string types as the real ones (docs/format/cms.md, "certificates").
 */
#include "signer/pki/make_cert.h"

#include <string.h>

#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "signer/base/time.h"
#include "signer/pki/internal.h"

#define APPLE_ARC "1.2.840.113635.100."

/* A type without OpenSSL's MBSTRING flag keeps the helper from enforcing X.520's 64 characters, which
 * real common names exceed. */
static bool add_field(X509_NAME *name, int nid, int type, const char *text)
{
	size_t size;

	if (!text)
		return true;
	size = strlen(text);
	return size <= 1024 &&
	       X509_NAME_add_entry_by_NID(name, nid, type, (const unsigned char *)text, (int)size,
	                                  -1, 0) == 1;
}

static bool set_subject(X509 *x, const struct sgn_make_subject *s)
{
	X509_NAME *name = X509_NAME_new();
	bool ok = name && add_field(name, NID_userId, V_ASN1_UTF8STRING, s->uid) &&
	          add_field(name, NID_commonName, V_ASN1_UTF8STRING, s->cn) &&
	          add_field(name, NID_organizationalUnitName, V_ASN1_UTF8STRING, s->ou) &&
	          add_field(name, NID_organizationName, V_ASN1_UTF8STRING, s->o) &&
	          add_field(name, NID_countryName, V_ASN1_PRINTABLESTRING, s->c) &&
	          X509_set_subject_name(x, name) == 1;

	X509_NAME_free(name);
	return ok;
}

static bool set_serial(X509 *x)
{
	uint8_t bytes[8];
	BIGNUM *number = NULL;
	bool ok;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40); /* positive, always eight bytes */
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
	BN_free(number);
	return ok;
}

/* An extension from OpenSSL's configuration language. */
static bool add_ext(X509 *x, X509V3_CTX *ctx, int nid, const char *text)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, ctx, nid, text);
	bool ok = ext && X509_add_ext(x, ext, -1) == 1;

	X509_EXTENSION_free(ext);
	return ok;
}

/* An extension of Apple's with ready bytes. */
static bool add_raw(X509 *x, const char *oid, bool critical, const void *bytes, size_t size)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext = NULL;
	bool ok = object && value && ASN1_OCTET_STRING_set(value, bytes, (int)size) == 1;

	if (ok)
		ext = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	ok = ext && X509_add_ext(x, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
	return ok;
}

static bool add_markers(X509 *x, const struct sgn_make_cert *want)
{
	static const uint8_t null[] = {0x05, 0x00};
	char oid[64], date[32];
	struct sgn_time t = sgn_time_split(want->not_before);

	if (want->with_date) { /* UTF8String "YYYYMMDD000000Z" */
		int size = snprintf(date, sizeof(date), "\x0c\x0f%04d%02d%02d000000Z", t.year,
		                    t.month, t.day);

		if (size != 17 || !add_raw(x, APPLE_ARC "6.1.33", false, date, (size_t)size))
			return false;
	}
	for (size_t i = 0; i < SGN_MAKE_MARKERS && want->markers[i]; i++) {
		snprintf(oid, sizeof(oid), APPLE_ARC "%s", want->markers[i]);
		if (!add_raw(x, oid, want->markers_critical, null, sizeof(null)))
			return false;
	}
	return true;
}

static bool add_exts(X509 *x, const struct sgn_make_cert *want)
{
	/* SEQUENCE { SEQUENCE { 1.2.840.113635.100.5.1 } }: OpenSSL's text form needs a database. */
	static const uint8_t policies[] = {0x30, 0x0d, 0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86,
	                                   0x48, 0x86, 0xf7, 0x63, 0x64, 0x05, 0x01};
	X509V3_CTX ctx;
	char constraints[64] = "critical,CA:FALSE";

	if (want->is_ca && want->pathlen >= 0)
		snprintf(constraints, sizeof(constraints), "critical,CA:TRUE,pathlen:%d",
		         want->pathlen);
	else if (want->is_ca)
		snprintf(constraints, sizeof(constraints), "critical,CA:TRUE");
	X509V3_set_ctx(&ctx, want->issuer ? want->issuer : x, x, NULL, NULL, 0);
	if (!add_ext(x, &ctx, NID_basic_constraints, constraints))
		return false;
	if (want->issuer && !add_ext(x, &ctx, NID_authority_key_identifier, "keyid:always"))
		return false;
	if (!want->is_ca && (!add_raw(x, "2.5.29.32", false, policies, sizeof(policies)) ||
	                     !add_ext(x, &ctx, NID_ext_key_usage, "critical,codeSigning")))
		return false;
	return add_ext(x, &ctx, NID_subject_key_identifier, "hash") &&
	       add_ext(x, &ctx, NID_key_usage,
	               want->is_ca ? "critical,keyCertSign,cRLSign"
	                           : "critical,digitalSignature") &&
	       add_markers(x, want);
}

static bool fill(X509 *x, const struct sgn_make_cert *want)
{
	const X509_NAME *issuer;

	if (X509_set_version(x, X509_VERSION_3) != 1 || !set_serial(x) ||
	    !set_subject(x, &want->subject))
		return false;
	issuer = X509_get_subject_name(want->issuer ? want->issuer : x);
	return X509_set_issuer_name(x, issuer) == 1 &&
	       ASN1_TIME_set(X509_getm_notBefore(x), (time_t)want->not_before) &&
	       ASN1_TIME_set(X509_getm_notAfter(x), (time_t)want->not_after) &&
	       X509_set_pubkey(x, want->key) == 1 && add_exts(x, want) &&
	       X509_sign(x, want->issuer_key ? want->issuer_key : want->key, EVP_sha256()) > 0;
}

int sgn_make_cert(const struct sgn_make_cert *want, X509 **out, struct sgn_error *err)
{
	X509 *x = X509_new();

	if (!x || !fill(x, want)) {
		X509_free(x);
		return sgn_ossl_fail(err, "test certificate");
	}
	*out = x;
	return 0;
}
