/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys in PEM or DER: PKCS#8 (encrypted or not), PKCS#1, SEC 1. */
#include <string.h>

#include <openssl/bio.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "signer/base/mem.h"
#include "signer/pki/internal.h"

bool sgn_id_is_pem(struct sgn_view bytes)
{
	return sgn_view_contains(bytes, sgn_view_str("-----BEGIN ")) &&
	       bytes.data[0] != 0x30; /* DER with a PEM copy behind it */
}

bool sgn_id_pem_has_key(struct sgn_view bytes)
{
	return sgn_view_contains(bytes, sgn_view_str("PRIVATE KEY-----"));
}

bool sgn_id_pem_has_cert(struct sgn_view bytes)
{
	return sgn_view_contains(bytes, sgn_view_str("CERTIFICATE-----"));
}

static int give_password(char *out, int room, int writing, void *arg)
{
	struct sgn_id_password *pw = arg;
	size_t size;

	SGN_UNUSED(writing);
	if (!sgn_id_password_get(pw, "private key"))
		return -1;
	size = strlen(pw->text);
	if (room < 0 || size > (size_t)room)
		return -1;
	memcpy(out, pw->text, size);
	return (int)size;
}

/* What to say when a key could not be read. */
static int explain(struct sgn_view bytes, const struct sgn_id_password *pw, struct sgn_error *err)
{
	const char *reason = sgn_ossl_reason();
	int rc;

	if (pw->gave_up)
		return sgn_fail(err, pw->gave_up, "no password given for the private key");
	if (pw->asked && !pw->known) {
		rc = sgn_fail(err, SGN_E_CRYPTO, "the private key is encrypted");
		return sgn_error_cure(err, rc, "give its password");
	}
	if (pw->asked) {
		rc = sgn_fail(err, SGN_E_CRYPTO, "wrong password for the private key (%s)", reason);
		return sgn_error_cure(err, rc,
		                      "check the password; spaces and a final newline count");
	}
	rc = sgn_fail(err, SGN_E_FORMAT, "private key: %zu bytes that OpenSSL cannot read: %s",
	              bytes.size, reason);
	return sgn_error_cure(err, rc, "expected PEM or DER with a PKCS#8, RSA or EC private key");
}

static EVP_PKEY *decode_der(struct sgn_view bytes, struct sgn_id_password *pw, OSSL_LIB_CTX *lib)
{
	const unsigned char *at = bytes.data;
	size_t left = bytes.size;
	EVP_PKEY *key = NULL;
	OSSL_DECODER_CTX *ctx =
		OSSL_DECODER_CTX_new_for_pkey(&key, "DER", NULL, NULL, EVP_PKEY_KEYPAIR, lib, NULL);

	if (ctx && OSSL_DECODER_CTX_set_pem_password_cb(ctx, give_password, pw) == 1 &&
	    OSSL_DECODER_from_data(ctx, &at, &left) != 1) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	OSSL_DECODER_CTX_free(ctx);
	return key;
}

/*
 * The same key in OpenSSL's default library context. Worker threads sign with it, and OpenSSL 3.0 leaves
 * a handler in each thread that used a context of our own: one that runs after that context is freed.
 */
static int move_key(EVP_PKEY *from, EVP_PKEY **to, struct sgn_error *err)
{
	unsigned char *der = NULL;
	const unsigned char *at;
	int size = i2d_PrivateKey(from, &der);

	if (size <= 0)
		return sgn_ossl_fail(err, "the private key cannot be read");
	at = der;
	*to = d2i_AutoPrivateKey(NULL, &at, size);
	OPENSSL_clear_free(der, (size_t)size);
	return *to ? 0 : sgn_ossl_fail(err, "the private key cannot be read");
}

/* PKCS#8 or the older way of OpenSSL; the key to an old cipher may be in the legacy provider. */
static bool pem_is_encrypted(struct sgn_view bytes)
{
	return sgn_view_contains(bytes, sgn_view_str("ENCRYPTED"));
}

static EVP_PKEY *decode_pem(struct sgn_view bytes, struct sgn_id_password *pw, OSSL_LIB_CTX *lib)
{
	BIO *bio = BIO_new_mem_buf(bytes.data, (int)bytes.size);
	EVP_PKEY *key =
		bio ? PEM_read_bio_PrivateKey_ex(bio, NULL, give_password, pw, lib, NULL) : NULL;

	BIO_free(bio);
	return key;
}

int sgn_id_read_key(struct sgn_view bytes, struct sgn_id_password *pw, struct sgn_id_parts *parts,
                    struct sgn_error *err)
{
	bool pem = sgn_id_is_pem(bytes), home = pem && !pem_is_encrypted(bytes);
	EVP_PKEY *key, *moved = NULL;
	int rc;

	ERR_clear_error();
	pw->asked = false;
	if (bytes.size > SGN_LIMIT_CERT_FILE)
		return sgn_fail(err, SGN_E_LIMIT, "private key: %zu bytes, more than %u",
		                bytes.size, SGN_LIMIT_CERT_FILE);
	rc = home ? 0 : sgn_id_library_need(parts->library, err);
	if (rc)
		return rc;
	key = pem ? decode_pem(bytes, pw, home ? NULL : parts->library->lib)
	          : decode_der(bytes, pw, parts->library->lib);
	if (!key)
		return explain(bytes, pw, err);
	ERR_clear_error();
	if (home)
		return sgn_id_take_key(parts, key, err);
	rc = move_key(key, &moved, err);
	EVP_PKEY_free(key);
	return rc ? rc : sgn_id_take_key(parts, moved, err);
}
