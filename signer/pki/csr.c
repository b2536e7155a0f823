/* SPDX-License-Identifier: Apache-2.0 */
/* Certificate signing requests (RFC 2986), as Keychain Access makes them for the developer portal. */
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "signer/base/text.h"
#include "signer/pki/internal.h"

#define MAX_NAME  64  /* RFC 5280 appendix A, ub-common-name */
#define MAX_EMAIL 255 /* ub-emailaddress-length */

struct subject {
	const char *name;
	const char *email, *country; /* may be NULL */
};

static size_t characters(const char *utf8)
{
	size_t n = 0;

	for (; *utf8; utf8++)
		n += ((unsigned char)*utf8 & 0xc0) != 0x80;
	return n;
}

static bool is_visible(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= 0x20 || (unsigned char)*text >= 0x7f)
			return false;
	return true;
}

static int check_subject(const struct subject *s, struct sgn_error *err)
{
	if (!*s->name || !sgn_utf8_valid(sgn_view_str(s->name)) || characters(s->name) > MAX_NAME)
		return sgn_fail(err, SGN_E_USAGE,
		                "the name of a signing request has 1 to %d characters of UTF-8",
		                MAX_NAME);
	if (s->email &&
	    (!strchr(s->email, '@') || !is_visible(s->email) || strlen(s->email) > MAX_EMAIL))
		return sgn_fail(err, SGN_E_USAGE, "\"%s\" is no e-mail address", s->email);
	if (s->country && (strlen(s->country) != 2 || !sgn_is_alpha((uint8_t)s->country[0]) ||
	                   !sgn_is_alpha((uint8_t)s->country[1])))
		return sgn_fail(err, SGN_E_USAGE,
		                "\"%s\" is no country: two letters, as in US or DE", s->country);
	return 0;
}

static bool add(X509_NAME *name, int nid, const char *text)
{
	return !text || X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
	                                           (const unsigned char *)text, -1, -1, 0) == 1;
}

static bool fill(X509_REQ *req, EVP_PKEY *key, const struct subject *s)
{
	X509_NAME *name = X509_NAME_new();
	bool ok = name && add(name, NID_pkcs9_emailAddress, s->email) &&
	          add(name, NID_commonName, s->name) && add(name, NID_countryName, s->country) &&
	          X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 &&
	          X509_REQ_set_subject_name(req, name) == 1 && X509_REQ_set_pubkey(req, key) == 1 &&
	          X509_REQ_sign(req, key, EVP_sha256()) > 0;

	X509_NAME_free(name);
	return ok;
}

static int write_request(EVP_PKEY *key, const struct subject *subject, struct sgn_buf *out,
                         struct sgn_error *err)
{
	X509_REQ *req = X509_REQ_new();
	BIO *bio = BIO_new(BIO_s_mem());
	int rc;

	if (req && bio && fill(req, key, subject) && PEM_write_bio_X509_REQ(bio, req) == 1)
		rc = sgn_bio_to_buf(bio, out, err, "signing request");
	else
		rc = sgn_ossl_fail(err, "the signing request cannot be made");
	BIO_free(bio);
	X509_REQ_free(req);
	return rc;
}

static int take_key(const struct sgn_csr_options *opts, EVP_PKEY **key, struct sgn_buf *key_pem,
                    struct sgn_error *err)
{
	int rc;

	if (opts->key)
		return sgn_key_read(opts->key, key, err);
	rc = sgn_key_make(opts->key_type, key, err);
	return rc ? rc : sgn_key_write(*key, opts->new_key_password, key_pem, err);
}

int sgn_identity_generate_request(const struct sgn_csr_options *opts, struct sgn_buf *key_pem,
                                  struct sgn_buf *csr_pem, struct sgn_csr_info *info,
                                  struct sgn_error *err)
{
	struct subject subject = {.name = opts->name ? opts->name : "Code signing",
	                          .email = opts->email,
	                          .country = opts->country};
	EVP_PKEY *key = NULL;
	int rc = check_subject(&subject, err);

	if (rc == 0)
		rc = take_key(opts, &key, key_pem, err);
	if (rc == 0)
		rc = write_request(key, &subject, csr_pem, err);
	if (rc == 0) {
		sgn_ossl_key_text(key, info->key_text);
		info->apple_takes_it = strcmp(info->key_text, "RSA 2048") == 0;
	}
	EVP_PKEY_free(key);
	ERR_clear_error();
	return rc;
}
