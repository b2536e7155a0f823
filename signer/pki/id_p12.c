/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PKCS#12. Keychain Access exports with RC2-40 and triple DES, of which OpenSSL 3 keeps the first in its
 * legacy provider; parts->library has both providers loaded, in a context of its own, so that nothing else
 * in the process gets the old ciphers. Setting that up takes longer than all else but the password's key
 * derivation, so files with today's ciphers are read without it.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "signer/pki/ber.h"
#include "signer/pki/internal.h"

/* SEQUENCE { INTEGER 3, ... } (RFC 7292 4); nothing else that is read here begins so. Only the beginning
 * counts, so that a file that was cut off is still named for what it is. */
bool sgn_id_is_p12(struct sgn_view bytes)
{
	struct sgn_view version;
	size_t at = 2;

	if (bytes.size < 2 || bytes.data[0] != SGN_BER_SEQUENCE)
		return false;
	if (bytes.data[1] & 0x80)
		at += bytes.data[1] & 0x7f;
	return sgn_view_slice(bytes, at, 3, &version) &&
	       sgn_view_equal(version, sgn_view_str("\x02\x01\x03"));
}

static int decode(struct sgn_view bytes, OSSL_LIB_CTX *lib, PKCS12 **out, struct sgn_error *err)
{
	const unsigned char *at = bytes.data;
	PKCS12 *p12 = PKCS12_init_ex(NID_pkcs7_data, lib, NULL);

	/* On failure d2i frees what it was given. */
	if (!p12)
		return sgn_fail_nomem(err);
	if (!d2i_PKCS12(&p12, &at, (long)bytes.size)) {
		int rc = sgn_fail(err, SGN_E_FORMAT, "PKCS#12: the file is damaged: OpenSSL: %s",
		                  sgn_ossl_reason());

		return sgn_error_cure(err, rc,
		                      "export or copy the file again (a binary file sent "
		                      "as text is a usual cause)");
	}
	*out = p12;
	return 0;
}

/*
 * Does the password open one of the encrypted parts? The integrity code covers the whole file, so its
 * failure alone cannot tell a wrong password from a changed file; decryption can.
 */
static bool opens_something(PKCS12 *p12, const char *password)
{
	STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(p12);
	bool opened = false;

	for (int i = 0; !opened && safes && i < sk_PKCS7_num(safes); i++) {
		PKCS7 *safe = sk_PKCS7_value(safes, i);
		STACK_OF(PKCS12_SAFEBAG) * bags;

		if (!PKCS7_type_is_encrypted(safe))
			continue;
		bags = PKCS12_unpack_p7encdata(safe, password, (int)strlen(password));
		opened = bags && sk_PKCS12_SAFEBAG_num(bags) > 0;
		sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	}
	sk_PKCS7_pop_free(safes, PKCS7_free);
	ERR_clear_error();
	return opened;
}

static int explain_mac(PKCS12 *p12, const struct sgn_id_password *pw, struct sgn_error *err)
{
	int rc;

	if (pw->gave_up)
		return sgn_fail(err, pw->gave_up, "no password given for the PKCS#12 file");
	if (!pw->known) {
		rc = sgn_fail(err, SGN_E_CRYPTO, "PKCS#12: the file needs a password");
		return sgn_error_cure(err, rc, "give the password that was chosen at export");
	}
	if (opens_something(p12, pw->text)) {
		rc = sgn_fail(
			err, SGN_E_FORMAT,
			"PKCS#12: the password is right, but the file was changed or damaged");
		return sgn_error_cure(err, rc, "export or copy the file again");
	}
	rc = sgn_fail(err, SGN_E_CRYPTO, "PKCS#12: wrong password");
	return sgn_error_cure(err, rc, "check the password; spaces and a final newline count");
}

/* The MAC algorithms of RFC 9579 came with OpenSSL 3.4. */
static bool mac_is_pbmac1(PKCS12 *p12)
{
	static const char pbmac1[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e";
	const X509_ALGOR *alg = NULL;
	const ASN1_OBJECT *oid = NULL;

	PKCS12_get0_mac(NULL, &alg, NULL, NULL, p12);
	if (!alg)
		return false;
	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	return OBJ_length(oid) == sizeof(pbmac1) - 1 &&
	       memcmp(OBJ_get0_data(oid), pbmac1, sizeof(pbmac1) - 1) == 0;
}

/* The password that fits: none, the empty one, then the user's. *out is NULL for none. */
static int find_password(PKCS12 *p12, struct sgn_id_password *pw, const char **out,
                         struct sgn_error *err)
{
	*out = NULL;
	if (!PKCS12_mac_present(p12)) {
		if (sgn_id_password_get(pw, "PKCS#12"))
			*out = pw->text;
		return 0;
	}
	if (mac_is_pbmac1(p12)) {
		int rc = sgn_fail(
			err, SGN_E_UNSUPPORTED,
			"PKCS#12: protected with PBMAC1, which this OpenSSL does not know");

		return sgn_error_cure(err, rc,
		                      "export it with \"openssl pkcs12 -export\" without "
		                      "-pbmac1_pbkdf2");
	}
	if (!pw->source->password || pw->last) {
		if (PKCS12_verify_mac(p12, NULL, 0) == 1)
			return 0;
		*out = "";
		if (PKCS12_verify_mac(p12, "", 0) == 1)
			return 0;
	}
	ERR_clear_error();
	if (sgn_id_password_get(pw, "PKCS#12")) {
		*out = pw->text;
		if (PKCS12_verify_mac(p12, pw->text, (int)strlen(pw->text)) == 1)
			return 0;
		*out = NULL; /* an empty password given for a file that has none */
		if (pw->text[0] == '\0' && PKCS12_verify_mac(p12, NULL, 0) == 1)
			return 0;
	}
	return explain_mac(p12, pw, err);
}

/* PKCS12_parse() is not used: it opens keys with the default ciphers only, whatever context the file
 * was given, and it stops at the first key. */
struct walk {
	OSSL_LIB_CTX *lib; /* NULL: the default one */
	const char *password;
	struct sgn_id_parts *parts;
	int depth;
	bool stuck; /* the password fits, but something cannot be opened */
};

static int explain_parse(struct walk *w, struct sgn_error *err)
{
	unsigned long last = ERR_peek_last_error();
	bool unsupported = ERR_GET_REASON(last) == ERR_R_UNSUPPORTED ||
	                   ERR_GET_REASON(last) == PKCS12_R_PKCS12_CIPHERFINAL_ERROR;
	const char *reason = sgn_ossl_reason();
	int rc;

	w->stuck = true;
	if (unsupported && w->lib && !w->parts->library->legacy) {
		rc = sgn_fail(
			err, SGN_E_UNSUPPORTED,
			"PKCS#12: encrypted with an old cipher, and OpenSSL's legacy provider "
			"is not installed (%s)",
			reason);
		return sgn_error_cure(err, rc,
		                      "install OpenSSL's legacy provider (legacy.so), or "
		                      "export the file again with AES");
	}
	rc = sgn_fail(err, SGN_E_CRYPTO, "PKCS#12: its content cannot be decrypted: OpenSSL: %s",
	              reason);
	return sgn_error_cure(err, rc, "check the password, or export the file again");
}

/* What is no longer encrypted needs no old cipher. */
static int take_key(struct walk *w, const PKCS8_PRIV_KEY_INFO *p8, struct sgn_error *err)
{
	EVP_PKEY *key = p8 ? EVP_PKCS82PKEY_ex(p8, NULL, NULL) : NULL;

	return key ? sgn_id_take_key(w->parts, key, err) : explain_parse(w, err);
}

static int take_shrouded(struct walk *w, const PKCS12_SAFEBAG *bag, struct sgn_error *err)
{
	int size = w->password ? (int)strlen(w->password) : 0;
	PKCS8_PRIV_KEY_INFO *p8 = PKCS12_decrypt_skey_ex(bag, w->password, size, w->lib, NULL);
	int rc = take_key(w, p8, err);

	PKCS8_PRIV_KEY_INFO_free(p8);
	return rc;
}

static int take_cert(const struct walk *w, const PKCS12_SAFEBAG *bag, struct sgn_error *err)
{
	X509 *x = PKCS12_SAFEBAG_get_bag_nid(bag) == NID_x509Certificate
	                  ? PKCS12_SAFEBAG_get1_cert(bag)
	                  : NULL;
	int rc = sgn_id_add_x509(w->parts, x, err);

	X509_free(x);
	return rc;
}

static int take_bags(struct walk *w, const STACK_OF(PKCS12_SAFEBAG) * bags, struct sgn_error *err);

static int take_bag(struct walk *w, const PKCS12_SAFEBAG *bag, struct sgn_error *err)
{
	int rc;

	switch (PKCS12_SAFEBAG_get_nid(bag)) {
	case NID_keyBag: return take_key(w, PKCS12_SAFEBAG_get0_p8inf(bag), err);
	case NID_pkcs8ShroudedKeyBag: return take_shrouded(w, bag, err);
	case NID_certBag: return take_cert(w, bag, err);
	case NID_safeContentsBag:
		if (w->depth == 4) /* nobody nests them */
			return sgn_fail(err, SGN_E_LIMIT, "PKCS#12: bags nested too deeply");
		w->depth++;
		rc = take_bags(w, PKCS12_SAFEBAG_get0_safes(bag), err);
		w->depth--;
		return rc;
	default: return 0; /* revocation lists, secrets */
	}
}

static int take_bags(struct walk *w, const STACK_OF(PKCS12_SAFEBAG) * bags, struct sgn_error *err)
{
	int rc = 0;

	for (int i = 0; rc == 0 && i < sk_PKCS12_SAFEBAG_num(bags); i++)
		rc = take_bag(w, sk_PKCS12_SAFEBAG_value(bags, i), err);
	return rc;
}

static int take_safe(struct walk *w, PKCS7 *safe, struct sgn_error *err)
{
	STACK_OF(PKCS12_SAFEBAG) * bags;
	int rc;

	if (PKCS7_type_is_data(safe))
		bags = PKCS12_unpack_p7data(safe);
	else if (PKCS7_type_is_encrypted(safe))
		bags = PKCS12_unpack_p7encdata(safe, w->password,
		                               w->password ? (int)strlen(w->password) : 0);
	else
		return 0; /* enveloped for a public key: not ours to open */
	rc = bags ? take_bags(w, bags, err) : explain_parse(w, err);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return rc;
}

static int read_with(struct walk *w, struct sgn_view bytes, struct sgn_id_password *pw,
                     struct sgn_error *err)
{
	STACK_OF(PKCS7) *safes = NULL;
	PKCS12 *p12 = NULL;
	int rc;

	ERR_clear_error();
	rc = decode(bytes, w->lib, &p12, err);
	if (rc)
		return rc;
	rc = find_password(p12, pw, &w->password, err);
	if (rc)
		goto out;
	safes = PKCS12_unpack_authsafes(p12);
	if (!safes)
		rc = explain_parse(w, err);
	for (int i = 0; rc == 0 && i < sk_PKCS7_num(safes); i++)
		rc = take_safe(w, sk_PKCS7_value(safes, i), err);
out:
	sk_PKCS7_pop_free(safes, PKCS7_free);
	PKCS12_free(p12);
	ERR_clear_error();
	return rc;
}

/* Is one of PKCS#12's own ciphers named, on the outside at least? They are from before AES. */
static bool is_old(struct sgn_view bytes)
{
	return sgn_view_contains(bytes, sgn_view_str("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01"));
}

static void take_back(struct sgn_id_parts *parts, size_t certs, size_t keys)
{
	while (parts->key_count > keys)
		EVP_PKEY_free(parts->keys[--parts->key_count]);
	parts->cert_count = certs;
}

int sgn_id_read_p12(struct sgn_view bytes, struct sgn_id_password *pw, struct sgn_id_parts *parts,
                    struct sgn_error *err)
{
	struct walk today = {.parts = parts}, old = {.parts = parts};
	size_t certs = parts->cert_count, keys = parts->key_count;
	struct sgn_error why = SGN_ERROR_INIT;
	int rc;

	if (!is_old(bytes)) {
		rc = read_with(&today, bytes, pw, &why);
		if (rc == 0)
			return 0;
		if (!today.stuck) {
			sgn_error_move(err, &why);
			return rc;
		}
		sgn_error_dispose(&why);
		take_back(parts, certs, keys);
	}
	rc = sgn_id_library_need(parts->library, err);
	if (rc)
		return rc;
	old.lib = parts->library->lib;
	return read_with(&old, bytes, pw, err);
}
