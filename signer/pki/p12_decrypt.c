/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of a PKCS#12 that are encrypted as OpenSSL 3, Windows and macOS do today: PBES2 (RFC 8018 6.2) of
 * PBKDF2 with HMAC-SHA-256, and AES in CBC mode. The key derivation is the most of what an identity costs;
 * signer/hash does it in a third of the time.
 */
#include <limits.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "signer/base/mem.h"
#include "signer/codec/der.h"
#include "signer/hash/pbkdf2.h"
#include "signer/pki/ber.h"
#include "signer/pki/internal.h"

#define IV_SIZE 16 /* AES's block */

static const char pbes2[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
static const char pbkdf2[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";
static const char hmac_sha256[] = "\x2a\x86\x48\x86\xf7\x0d\x02\x09";

static const struct {
	const char *oid;
	const EVP_CIPHER *(*cipher)(void);
	size_t key_size;
} ciphers[] = {
	{"\x60\x86\x48\x01\x65\x03\x04\x01\x02", EVP_aes_128_cbc, 16},
	{"\x60\x86\x48\x01\x65\x03\x04\x01\x16", EVP_aes_192_cbc, 24},
	{"\x60\x86\x48\x01\x65\x03\x04\x01\x2a", EVP_aes_256_cbc, 32},
};

struct params {
	struct sgn_view salt, iv;
	uint64_t iterations;
	const EVP_CIPHER *cipher;
	size_t key_size;
	uint64_t key_length; /* as the derivation names it; 0: it does not */
};

/* AlgorithmIdentifier; what follows the OID. */
static bool take_algorithm(struct sgn_view *in, struct sgn_view *oid, struct sgn_view *rest)
{
	struct sgn_ber_item algorithm, item;

	if (!sgn_ber_take(in, SGN_BER_SEQUENCE, &algorithm) ||
	    !sgn_ber_take(&algorithm.content, SGN_BER_OID, &item))
		return false;
	*oid = item.content;
	*rest = algorithm.content;
	return true;
}

static bool parse_derivation(struct sgn_view *in, struct params *p)
{
	struct sgn_view oid, rest;
	struct sgn_ber_item list, item;

	if (!take_algorithm(in, &oid, &rest) || !sgn_view_equal(oid, sgn_view_str(pbkdf2)) ||
	    !sgn_ber_take(&rest, SGN_BER_SEQUENCE, &list) ||
	    !sgn_ber_take(&list.content, SGN_BER_OCTETS, &item))
		return false;
	p->salt = item.content;
	if (!sgn_ber_take(&list.content, SGN_BER_INTEGER, &item) ||
	    !sgn_der_get_uint(item.content, &p->iterations))
		return false;
	if (sgn_ber_take(&list.content, SGN_BER_INTEGER, &item) &&
	    !sgn_der_get_uint(item.content, &p->key_length))
		return false;
	/* Without one it is HMAC-SHA-1. */
	return take_algorithm(&list.content, &oid, &rest) && list.content.size == 0 &&
	       sgn_view_equal(oid, sgn_view_str(hmac_sha256));
}

static bool parse_cipher(struct sgn_view *in, struct params *p)
{
	struct sgn_view oid, rest;
	struct sgn_ber_item item;

	if (!take_algorithm(in, &oid, &rest) || !sgn_ber_take(&rest, SGN_BER_OCTETS, &item))
		return false;
	p->iv = item.content;
	for (size_t i = 0; i < SGN_ARRAY_LEN(ciphers); i++)
		if (sgn_view_equal(oid, sgn_view_str(ciphers[i].oid))) {
			p->cipher = ciphers[i].cipher();
			p->key_size = ciphers[i].key_size;
		}
	return p->cipher && p->iv.size == IV_SIZE && rest.size == 0;
}

static bool parse(const X509_ALGOR *algorithm, struct params *p)
{
	const ASN1_OBJECT *oid = NULL;
	const void *value = NULL;
	struct sgn_ber_item list;
	struct sgn_view in;
	int type = V_ASN1_UNDEF;

	X509_ALGOR_get0(&oid, &type, &value, algorithm);
	if (!oid || type != V_ASN1_SEQUENCE || !value ||
	    !sgn_view_equal(sgn_view_of(OBJ_get0_data(oid), OBJ_length(oid)), sgn_view_str(pbes2)))
		return false;
	in = sgn_view_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
	return sgn_ber_take(&in, SGN_BER_SEQUENCE, &list) && parse_derivation(&list.content, p) &&
	       parse_cipher(&list.content, p) && list.content.size == 0 && p->iterations > 0 &&
	       p->iterations <= INT_MAX && (p->key_length == 0 || p->key_length == p->key_size);
}

static bool decrypt(const struct params *p, const uint8_t *key, struct sgn_view in,
                    struct sgn_buf *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int body = 0, tail = 0;
	bool ok;

	sgn_wr_zero(out, in.size + IV_SIZE);
	ok = ctx && !out->bad && in.size <= INT_MAX &&
	     EVP_DecryptInit_ex(ctx, p->cipher, NULL, key, p->iv.data) == 1 &&
	     EVP_DecryptUpdate(ctx, out->data, &body, in.data, (int)in.size) == 1 &&
	     EVP_DecryptFinal_ex(ctx, out->data + body, &tail) == 1;
	if (ok)
		out->size = (size_t)body + (size_t)tail;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

bool sgn_p12_decrypt(const X509_ALGOR *algorithm, const ASN1_OCTET_STRING *in, const char *password,
                     struct sgn_buf *out)
{
	struct params p = {.iterations = 0};
	uint8_t key[SGN_PBKDF2_MAX_KEY];
	bool ok;

	if (!algorithm || !in || !password || !parse(algorithm, &p))
		return false;
	sgn_pbkdf2_sha256(sgn_view_str(password), p.salt, (uint32_t)p.iterations, key, p.key_size);
	ok = decrypt(&p, key,
	             sgn_view_of(ASN1_STRING_get0_data(in), (size_t)ASN1_STRING_length(in)), out);
	sgn_wipe(key, sizeof(key));
	ERR_clear_error();
	return ok;
}
