/* SPDX-License-Identifier: Apache-2.0 */
/* New private keys, and their PKCS#8 form as a file. */
#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "signer/pki/internal.h"

static const struct key_type {
	const char *id;
	const char *type;
	size_t bits;
	const char *curve;
} key_types[] = {{"rsa2048", "RSA", 2048, NULL},
                 {"rsa4096", "RSA", 4096, NULL},
                 {"p256", "EC", 0, "P-256"},
                 {"p384", "EC", 0, "P-384"}};

static const struct key_type *find_type(const char *id)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(key_types); i++)
		if (strcmp(key_types[i].id, id) == 0)
			return &key_types[i];
	return NULL;
}

int sgn_key_make(const char *id, EVP_PKEY **out, struct sgn_error *err)
{
	const struct key_type *type = find_type(id ? id : "rsa2048");

	if (!type)
		return sgn_error_cure(err,
		                      sgn_fail(err, SGN_E_USAGE, "unknown key type \"%s\"", id),
		                      "use rsa2048, rsa4096, p256 or p384");
	*out = type->curve ? EVP_PKEY_Q_keygen(NULL, NULL, type->type, type->curve)
	                   : EVP_PKEY_Q_keygen(NULL, NULL, type->type, type->bits);
	return *out ? 0 : sgn_ossl_fail(err, "a new key");
}

bool sgn_key_type_is_ec(const char *id)
{
	const struct key_type *type = id ? find_type(id) : NULL;

	return type && type->curve;
}

int sgn_bio_to_buf(BIO *bio, struct sgn_buf *out, struct sgn_error *err, const char *what)
{
	char *data = NULL;
	long size = BIO_get_mem_data(bio, &data);

	if (size > 0)
		sgn_wr_bytes(out, data, (size_t)size);
	return sgn_buf_finish(out, err, what);
}

/* OpenSSL reads a password of no bytes as "ask the person at the terminal". */
int sgn_key_write(const EVP_PKEY *key, const char *password, struct sgn_buf *out,
                  struct sgn_error *err)
{
	bool encrypted = password && *password;
	BIO *bio = BIO_new(BIO_s_mem());
	int rc;

	if (bio &&
	    PEM_write_bio_PKCS8PrivateKey(bio, key, encrypted ? EVP_aes_256_cbc() : NULL,
	                                  encrypted ? password : NULL,
	                                  encrypted ? (int)strlen(password) : 0, NULL, NULL) == 1)
		rc = sgn_bio_to_buf(bio, out, err, "private key");
	else
		rc = sgn_ossl_fail(err, "the private key cannot be written");
	BIO_free(bio); /* wipes */
	return rc;
}
