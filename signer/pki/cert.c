/* SPDX-License-Identifier: Apache-2.0 */
/* One certificate: from OpenSSL's X509 to the plain values of base/cert.h. */
#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "signer/pki/ber.h"
#include "signer/pki/internal.h"

X509 *sgn_cert_x509(const struct sgn_cert *cert)
{
	const unsigned char *at = cert->der.data;
	X509 *x;

	if (cert->der.size > LONG_MAX)
		return NULL;
	x = d2i_X509(NULL, &at, (long)cert->der.size);
	if (!x)
		ERR_clear_error();
	return x;
}

EVP_PKEY *sgn_cert_key(const struct sgn_cert *cert)
{
	X509 *x = sgn_cert_x509(cert);
	EVP_PKEY *key = x ? X509_get_pubkey(x) : NULL;

	X509_free(x);
	if (!key)
		ERR_clear_error();
	return key;
}

/* The content bytes of an OID. */
static bool copy_oid(const ASN1_OBJECT *object, struct sgn_arena *arena, struct sgn_view *out)
{
	return sgn_arena_copy(arena, sgn_view_of(OBJ_get0_data(object), OBJ_length(object)), out);
}

static bool copy_string(const ASN1_STRING *s, struct sgn_arena *arena, struct sgn_view *out)
{
	int size = s ? ASN1_STRING_length(s) : 0;

	return sgn_arena_copy(
		arena,
		sgn_view_of(s ? ASN1_STRING_get0_data(s) : NULL, size > 0 ? (size_t)size : 0), out);
}

/* Every string type comes out as UTF-8 (T61 read as Latin-1, as everybody does). Types that are no
 * strings keep their bytes: a name must not make a certificate unreadable. */
static bool copy_utf8(const ASN1_STRING *s, struct sgn_arena *arena, struct sgn_view *out)
{
	unsigned char *text = NULL;
	int size = ASN1_STRING_to_UTF8(&text, s);
	bool ok;

	if (size < 0) {
		ERR_clear_error();
		return copy_string(s, arena, out);
	}
	ok = sgn_arena_copy(arena, sgn_view_of(text, (size_t)size), out);
	OPENSSL_free(text);
	return ok;
}

static bool copy_name(const X509_NAME *name, struct sgn_arena *arena, struct sgn_cert_name *out,
                      struct sgn_view *der)
{
	int count = X509_NAME_entry_count(name);
	struct sgn_cert_attr *attrs = sgn_arena_array(arena, (size_t)count, sizeof(*attrs));
	const unsigned char *bytes = NULL;
	size_t size = 0;

	if (count > 0 && !attrs)
		return false;
	for (int i = 0; i < count; i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);

		if (!copy_oid(X509_NAME_ENTRY_get_object(entry), arena, &attrs[i].oid) ||
		    !copy_utf8(X509_NAME_ENTRY_get_data(entry), arena, &attrs[i].value))
			return false;
	}
	out->attrs = attrs;
	out->count = (size_t)count;
	return X509_NAME_get0_der(name, &bytes, &size) == 1 &&
	       sgn_arena_copy(arena, sgn_view_of(bytes, size), der);
}

static bool copy_exts(const X509 *x, struct sgn_arena *arena, struct sgn_cert *out)
{
	int count = X509_get_ext_count(x);
	struct sgn_cert_ext *exts;

	if (count <= 0)
		return true;
	exts = sgn_arena_array(arena, (size_t)count, sizeof(*exts));
	if (!exts)
		return false;
	for (int i = 0; i < count; i++) {
		X509_EXTENSION *ext = X509_get_ext(x, i);

		if (!copy_oid(X509_EXTENSION_get_object(ext), arena, &exts[i].oid) ||
		    !copy_string(X509_EXTENSION_get_data(ext), arena, &exts[i].value))
			return false;
		exts[i].critical = X509_EXTENSION_get_critical(ext) == 1;
	}
	out->exts = exts;
	out->ext_count = (size_t)count;
	return true;
}

static bool copy_ekus(const X509 *x, struct sgn_arena *arena, struct sgn_cert *out)
{
	EXTENDED_KEY_USAGE *list = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
	int count = list ? sk_ASN1_OBJECT_num(list) : 0;
	struct sgn_view *ekus =
		count > 0 ? sgn_arena_array(arena, (size_t)count, sizeof(*ekus)) : NULL;
	bool ok = count <= 0 || ekus;

	for (int i = 0; ok && i < count; i++)
		ok = copy_oid(sk_ASN1_OBJECT_value(list, i), arena, &ekus[i]);
	if (ok && count > 0) {
		out->ekus = ekus;
		out->eku_count = (size_t)count;
	}
	EXTENDED_KEY_USAGE_free(list);
	return ok;
}

static bool copy_policies(const X509 *x, struct sgn_arena *arena, struct sgn_cert *out)
{
	CERTIFICATEPOLICIES *list = X509_get_ext_d2i(x, NID_certificate_policies, NULL, NULL);
	int count = list ? sk_POLICYINFO_num(list) : 0;
	struct sgn_view *policies =
		count > 0 ? sgn_arena_array(arena, (size_t)count, sizeof(*policies)) : NULL;
	bool ok = count <= 0 || policies;

	for (int i = 0; ok && i < count; i++)
		ok = copy_oid(sk_POLICYINFO_value(list, i)->policyid, arena, &policies[i]);
	if (ok && count > 0) {
		out->policies = policies;
		out->policy_count = (size_t)count;
	}
	CERTIFICATEPOLICIES_free(list);
	return ok;
}

/* rfc822 names of subject and subjectAltName, each once. */
static bool copy_emails(X509 *x, struct sgn_arena *arena, struct sgn_cert *out)
{
	STACK_OF(OPENSSL_STRING) *list = X509_get1_email(x);
	int count = list ? sk_OPENSSL_STRING_num(list) : 0;
	struct sgn_view *emails =
		count > 0 ? sgn_arena_array(arena, (size_t)count, sizeof(*emails)) : NULL;
	bool ok = count <= 0 || emails;

	for (int i = 0; ok && i < count; i++)
		ok = sgn_arena_copy(arena, sgn_view_str(sk_OPENSSL_STRING_value(list, i)),
		                    &emails[i]);
	if (ok && count > 0) {
		out->emails = emails;
		out->email_count = (size_t)count;
	}
	X509_email_free(list);
	return ok;
}

static bool read_time(const ASN1_TIME *t, int64_t *out)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;
	bool ok = epoch && ASN1_TIME_diff(&days, &seconds, epoch, t) == 1;

	ASN1_TIME_free(epoch);
	*out = (int64_t)days * 86400 + seconds;
	return ok;
}

/* The content as encoded, leading zero and all: a SignerInfo repeats it byte for byte. */
static bool copy_serial(const X509 *x, struct sgn_arena *arena, struct sgn_view *out)
{
	unsigned char *der = NULL;
	int size = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &der);
	struct sgn_view in = sgn_view_of(der, size > 0 ? (size_t)size : 0);
	struct sgn_ber_item item;
	bool ok = sgn_ber_take(&in, SGN_BER_INTEGER, &item) &&
	          sgn_arena_copy(arena, item.content, out);

	OPENSSL_free(der);
	return ok;
}

static int fill(X509 *x, struct sgn_view der, struct sgn_arena *arena, struct sgn_cert *out,
                struct sgn_error *err)
{
	struct sgn_digest_bytes sha1, sha256;
	int rc;

	if (!read_time(X509_get0_notBefore(x), &out->not_before) ||
	    !read_time(X509_get0_notAfter(x), &out->not_after))
		return sgn_fail(err, SGN_E_FORMAT, "certificate: its dates cannot be read");
	if (!sgn_arena_copy(arena, der, &out->der) ||
	    !copy_name(X509_get_subject_name(x), arena, &out->subject, &out->subject_der) ||
	    !copy_name(X509_get_issuer_name(x), arena, &out->issuer, &out->issuer_der) ||
	    !copy_serial(x, arena, &out->serial) || !copy_exts(x, arena, out) ||
	    !copy_ekus(x, arena, out) || !copy_policies(x, arena, out) ||
	    !copy_emails(x, arena, out))
		return sgn_fail_nomem(err);
	rc = sgn_digest(SGN_DIGEST_SHA1, der, &sha1, err);
	if (rc == 0)
		rc = sgn_digest(SGN_DIGEST_SHA256, der, &sha256, err);
	if (rc)
		return rc;
	memcpy(out->sha1, sha1.data, sizeof(out->sha1));
	memcpy(out->sha256, sha256.data, sizeof(out->sha256));
	out->is_ca = X509_check_ca(x) == 1;
	out->path_len = X509_get_pathlen(x);
	out->self_issued = sgn_view_equal(out->subject_der, out->issuer_der);
	return 0;
}

static int read_der(struct sgn_view der, X509 **out, struct sgn_error *err)
{
	const unsigned char *at = der.data;
	X509 *x;

	if (der.size == 0 || der.size > SGN_LIMIT_CERT_FILE)
		return sgn_fail(err, SGN_E_FORMAT, "certificate: %zu bytes cannot be one",
		                der.size);
	x = d2i_X509(NULL, &at, (long)der.size);
	if (!x)
		return sgn_fail(err, SGN_E_FORMAT, "certificate: not readable: OpenSSL: %s",
		                sgn_ossl_reason());
	if (at != der.data + der.size) {
		X509_free(x);
		return sgn_fail(err, SGN_E_FORMAT, "certificate: bytes behind its end");
	}
	*out = x;
	return 0;
}

int sgn_cert_open(struct sgn_view der, struct sgn_arena *arena, struct sgn_cert *out, X509 **x509,
                  struct sgn_error *err)
{
	X509 *x = *x509 && X509_up_ref(*x509) == 1 ? *x509 : NULL;
	int rc = x ? 0 : read_der(der, &x, err);

	*x509 = NULL;
	memset(out, 0, sizeof(*out));
	if (rc == 0)
		rc = fill(x, der, arena, out, err);
	if (rc == 0)
		*x509 = x;
	else
		X509_free(x);
	ERR_clear_error();
	return rc;
}

int sgn_cert_parse(struct sgn_view der, struct sgn_arena *arena, struct sgn_cert *out,
                   struct sgn_error *err)
{
	X509 *x = NULL;
	int rc = sgn_cert_open(der, arena, out, &x, err);

	X509_free(x);
	return rc;
}

struct sgn_view sgn_cert_subject_key_id(const struct sgn_cert *cert)
{
	/* 2.5.29.14, an OCTET STRING (RFC 5280 4.2.1.2) */
	const struct sgn_cert_ext *ext = sgn_cert_ext(cert, sgn_view_str("\x55\x1d\x0e"));
	struct sgn_view in = ext ? ext->value : SGN_VIEW_EMPTY;
	struct sgn_ber_item item;

	return sgn_ber_take(&in, SGN_BER_OCTETS, &item) ? item.content : SGN_VIEW_EMPTY;
}

struct sgn_view sgn_cert_authority_key_id(const struct sgn_cert *cert)
{
	/* 2.5.29.35, SEQUENCE { [0] key identifier, ... } (RFC 5280 4.2.1.1) */
	const struct sgn_cert_ext *ext = sgn_cert_ext(cert, sgn_view_str("\x55\x1d\x23"));
	struct sgn_view in = ext ? ext->value : SGN_VIEW_EMPTY;
	struct sgn_ber_item item, id;

	if (!sgn_ber_take(&in, SGN_BER_SEQUENCE, &item) ||
	    !sgn_ber_take(&item.content, SGN_BER_CONTEXT_0_PRIMITIVE, &id))
		return SGN_VIEW_EMPTY;
	return id.content;
}

const char *sgn_cert_title(const struct sgn_cert *cert, struct sgn_arena *arena)
{
	static const enum sgn_known_oid fields[] = {SGN_OID_CN, SGN_OID_O, SGN_OID_OU};

	for (size_t i = 0; i < SGN_ARRAY_LEN(fields); i++) {
		struct sgn_view v = sgn_cert_name_get(&cert->subject, sgn_oid_known(fields[i]));

		if (v.size)
			return sgn_arena_strndup(arena, (const char *)v.data, v.size);
	}
	return sgn_arena_strdup(arena, "(no name)");
}
