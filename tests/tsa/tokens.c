/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tsa/server.h"

#define DAY 86400L

static void add_ext(X509 *x, int nid, const char *text)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, text);

	if (!ext || X509_add_ext(x, ext, -1) != 1)
		tsa_die("extension");
	X509_EXTENSION_free(ext);
}

static X509 *new_cert(EVP_PKEY *key, const char *name, long from, long to)
{
	X509 *x = X509_new();

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1000 + (long)strlen(name));
	X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, V_ASN1_UTF8STRING,
	                           (const unsigned char *)name, -1, -1, 0);
	X509_gmtime_adj(X509_getm_notBefore(x), from);
	X509_gmtime_adj(X509_getm_notAfter(x), to);
	X509_set_pubkey(x, key);
	return x;
}

static EVP_PKEY *new_key(bool rsa)
{
	EVP_PKEY *key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");

	if (!key)
		tsa_die("key");
	return key;
}

static void sign_cert(X509 *x, const struct tsa *tsa)
{
	X509_set_issuer_name(x, X509_get_subject_name(tsa->root));
	if (X509_sign(x, tsa->root_key, EVP_sha256()) <= 0)
		tsa_die("certificate");
}

/* OpenSSL makes tokens with a certificate for timestamps only, but asks just once what one is for: so the
 * usage is changed after that. */
static void change_usage(X509 *x, const struct tsa *tsa)
{
	if (X509_check_purpose(x, X509_PURPOSE_TIMESTAMP_SIGN, 0) != 1)
		tsa_die("purpose");
	X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, NID_ext_key_usage, -1)));
	add_ext(x, NID_ext_key_usage, "critical,codeSigning");
	sign_cert(x, tsa);
}

void tsa_init(struct tsa *tsa, const struct tsa_options *o)
{
	tsa->options = *o;
	tsa->root_key = new_key(o->rsa);
	tsa->key = new_key(o->rsa);
	tsa->root = new_cert(tsa->root_key, "Test Timestamp Root", -400 * DAY, 400 * DAY);
	add_ext(tsa->root, NID_basic_constraints, "critical,CA:TRUE");
	add_ext(tsa->root, NID_key_usage, "critical,keyCertSign,cRLSign");
	sign_cert(tsa->root, tsa);
	tsa->signer = new_cert(tsa->key, "Test Timestamp Signer", -300 * DAY,
	                       o->expired ? -1 * DAY : 300 * DAY);
	add_ext(tsa->signer, NID_key_usage, "critical,digitalSignature");
	add_ext(tsa->signer, NID_ext_key_usage, "critical,timeStamping");
	sign_cert(tsa->signer, tsa);
	if (o->usage)
		change_usage(tsa->signer, tsa);
}

void tsa_write_root(const struct tsa *tsa, const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f || PEM_write_X509(f, tsa->root) != 1 || fclose(f) != 0)
		tsa_die("cannot write the root");
}

/* --- tokens --------------------------------------------------------------------------------------- */

static ASN1_INTEGER *next_serial(TS_RESP_CTX *ctx, void *arg)
{
	static long serial = 1;
	ASN1_INTEGER *n = ASN1_INTEGER_new();

	(void)ctx;
	(void)arg;
	ASN1_INTEGER_set(n, serial++);
	return n;
}

static TS_RESP_CTX *new_context(const struct tsa *tsa)
{
	ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4.5.6", 1);
	ASN1_OBJECT *other = OBJ_txt2obj("1.2.3.4.1", 1);
	STACK_OF(X509) *chain = sk_X509_new_null();
	TS_RESP_CTX *ctx = TS_RESP_CTX_new();

	sk_X509_push(chain, tsa->root);
	if (TS_RESP_CTX_set_signer_cert(ctx, tsa->signer) != 1 ||
	    TS_RESP_CTX_set_signer_key(ctx, tsa->key) != 1 ||
	    TS_RESP_CTX_set_signer_digest(ctx, tsa->options.sha1 ? EVP_sha1() : EVP_sha256()) !=
	            1 ||
	    TS_RESP_CTX_set_certs(ctx, chain) != 1 ||
	    TS_RESP_CTX_set_def_policy(ctx, tsa->options.no_policy ? other : policy) != 1 ||
	    TS_RESP_CTX_add_md(ctx, EVP_sha256()) != 1 ||
	    TS_RESP_CTX_set_accuracy(ctx, 1, 0, 0) != 1)
		tsa_die("context");
	if (tsa->options.sha1) /* the first version of SigningCertificate goes with it */
		TS_RESP_CTX_set_ess_cert_id_digest(ctx, EVP_sha1());
	TS_RESP_CTX_set_serial_cb(ctx, next_serial, NULL);
	if (tsa->options.usage) /* that of SHA-1 is kept from before the change */
		TS_RESP_CTX_set_ess_cert_id_digest(ctx, EVP_sha256());
	sk_X509_free(chain);
	ASN1_OBJECT_free(policy);
	ASN1_OBJECT_free(other);
	return ctx;
}

/* The same request without its nonce. */
static TS_REQ *without_nonce(TS_REQ *query)
{
	TS_REQ *plain = TS_REQ_new();

	TS_REQ_set_version(plain, 1);
	TS_REQ_set_msg_imprint(plain, TS_REQ_get_msg_imprint(query));
	TS_REQ_set_cert_req(plain, 1);
	TS_REQ_free(query);
	return plain;
}

/* A token for something else than was asked. */
static void spoil(TS_REQ *query, const char *fault)
{
	if (!strcmp(fault, "wrong-nonce")) {
		ASN1_INTEGER *nonce = ASN1_INTEGER_new();

		ASN1_INTEGER_set(nonce, 42);
		TS_REQ_set_nonce(query, nonce);
		ASN1_INTEGER_free(nonce);
	}
	if (!strcmp(fault, "wrong-imprint")) {
		unsigned char digest[32] = {1, 2, 3};
		TS_MSG_IMPRINT *imprint = TS_REQ_get_msg_imprint(query);

		TS_MSG_IMPRINT_set_msg(imprint, digest, sizeof(digest));
	}
	if (!strcmp(fault, "no-certificates"))
		TS_REQ_set_cert_req(query, 0);
}

unsigned char *tsa_answer(struct tsa *tsa, const void *query, size_t query_size, const char *fault,
                          size_t *size)
{
	const unsigned char *in = query;
	TS_REQ *parsed = d2i_TS_REQ(NULL, &in, (long)query_size);
	BIO *bio = BIO_new(BIO_s_mem());
	TS_RESP_CTX *ctx = new_context(tsa);
	unsigned char *der = NULL, *copy;
	TS_RESP *answer;
	int n;

	if (parsed && !strcmp(fault, "no-nonce"))
		parsed = without_nonce(parsed);
	if (parsed) {
		spoil(parsed, fault);
		i2d_TS_REQ_bio(bio, parsed);
	} else {
		BIO_write(bio, query, (int)query_size);
	}
	answer = TS_RESP_create_response(ctx, bio);
	n = answer ? i2d_TS_RESP(answer, &der) : -1;
	copy = n > 0 ? malloc((size_t)n) : NULL;
	if (!copy)
		tsa_die("answer");
	memcpy(copy, der, (size_t)n);
	*size = (size_t)n;
	OPENSSL_free(der);
	TS_RESP_free(answer);
	TS_RESP_CTX_free(ctx);
	TS_REQ_free(parsed);
	BIO_free(bio);
	return copy;
}
