/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key and certificates to PKCS#12 (RFC 7292). Which systems read which encryption, and where that is
 * known from: docs/howto/cer-to-p12.md, "Which encryption".
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "signer/pki/internal.h"

static const struct protection {
	int cipher;
	int iterations;
	const EVP_MD *(*mac)(void);
} protections[] = {
	/* The rounds of Java's keytool: five times OpenSSL's, and known to be read everywhere. */
	[SGN_P12_MODERN] = {NID_aes_256_cbc, 10000, EVP_sha256},
	/* Triple DES for the certificates, too: RC2-40 would need OpenSSL's legacy provider and protects
         * nothing. The rounds of OpenSSL; old readers have limits that nobody wrote down. */
	[SGN_P12_LEGACY] = {NID_pbe_WithSHA1And3_Key_TripleDES_CBC, PKCS12_DEFAULT_ITER, EVP_sha1},
};

/* macOS was seen to refuse a MAC salt of 16 bytes, which newer releases of OpenSSL choose. */
#define MAC_SALT 8

/* PKCS12_create_ex() gives the key and its certificate the same localKeyID, the SHA-1 of the
 * certificate, which is what pairs them in a keychain, and the same friendlyName. */
static PKCS12 *pack(const struct sgn_p12_input *in)
{
	const struct protection *p = &protections[in->encryption];
	PKCS12 *p12 = PKCS12_create_ex(in->password, in->name, in->key, in->leaf, in->others,
	                               p->cipher, p->cipher, p->iterations, -1, 0, NULL, NULL);

	if (p12 &&
	    PKCS12_set_mac(p12, in->password, -1, NULL, MAC_SALT, p->iterations, p->mac()) != 1) {
		PKCS12_free(p12);
		p12 = NULL;
	}
	return p12;
}

int sgn_p12_write(const struct sgn_p12_input *in, struct sgn_buf *out, struct sgn_error *err)
{
	PKCS12 *p12 = pack(in);
	BIO *bio = BIO_new(BIO_s_mem());
	int rc;

	if (p12 && bio && i2d_PKCS12_bio(bio, p12) == 1)
		rc = sgn_bio_to_buf(bio, out, err, "PKCS#12");
	else
		rc = sgn_ossl_fail(err, "PKCS#12 cannot be written");
	BIO_free(bio);
	PKCS12_free(p12);
	return rc;
}

static STACK_OF(X509) * take_others(const struct sgn_chain *chain, size_t count)
{
	STACK_OF(X509) *others = sk_X509_new_null();

	for (size_t i = 1; others && i < count; i++) {
		X509 *x = sgn_cert_x509(chain->certs[i]);

		if (x && sk_X509_push(others, x) > 0)
			continue;
		X509_free(x);
		sk_X509_pop_free(others, X509_free);
		others = NULL;
	}
	return others;
}

int sgn_identity_p12(const struct sgn_identity *id, const struct sgn_p12_options *opts,
                     struct sgn_buf *out, struct sgn_error *err)
{
	size_t count = opts->without_chain ? 1 : id->chain.count;
	struct sgn_p12_input in = {.key = id->key,
	                           .leaf = sgn_cert_x509(id->leaf),
	                           .others = take_others(&id->chain, count),
	                           .name = opts->name ? opts->name : id->info.name,
	                           .password = opts->password,
	                           .encryption = opts->encryption};
	int rc;

	if (id->public_only)
		rc = sgn_fail(err, SGN_E_NOTFOUND,
		              "no private key for \"%s\": a certificate alone makes no .p12",
		              id->info.name);
	else if (id->token)
		rc = sgn_fail(err, SGN_E_CRYPTO,
		              "the private key of \"%s\" is in a token and cannot leave it",
		              id->info.name);
	else if (in.leaf && in.others)
		rc = sgn_p12_write(&in, out, err);
	else
		rc = sgn_ossl_fail(err, "the certificates cannot be read");
	X509_free(in.leaf);
	sk_X509_pop_free(in.others, X509_free);
	ERR_clear_error();
	return rc;
}
