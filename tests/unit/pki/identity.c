/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <string.h>
#include <sys/stat.h>

#include "signer/base/time.h"
#include "tests/unit/pki/helper.h"

static int read_again(const struct made *m, const struct sgn_identity_source *source,
                      struct sgn_identity **id, struct sgn_error *err)
{
	*id = NULL;
	return sgn_identity_read(source, &m->anchors, id, err);
}

static void assert_fails(const struct made *m, const struct sgn_identity_source *source, int status,
                         const char *text)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_identity *id;

	cr_assert_eq(read_again(m, source, &id, &err), status, "%s", err.text);
	cr_assert_null(id);
	cr_assert_not_null(strstr(err.text, text), "\"%s\" not in \"%s\"", text, err.text);
	cr_assert(err.cure[0], "a cure for: %s", err.text);
	sgn_error_dispose(&err);
}

/* The content of m's identity as PKCS#12 with these ciphers; a NULL key or chain leaves it out. */
static const char *put_p12(struct made *m, const char *name, const char *password, bool with_key,
                           bool with_chain, int cipher)
{
	OSSL_LIB_CTX *lib = OSSL_LIB_CTX_new(); /* with the old ciphers */
	OSSL_PROVIDER *base = OSSL_PROVIDER_load(lib, "default");
	OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(lib, "legacy");
	STACK_OF(X509) *others = sk_X509_new_null();
	X509 *leaf = sgn_cert_x509(m->id->leaf);
	unsigned char *der = NULL;
	const char *path;
	PKCS12 *p12;
	int size;

	for (size_t i = 1; with_chain && i < m->id->chain.count; i++)
		sk_X509_push(others, sgn_cert_x509(m->id->chain.certs[i]));
	if (!with_key)
		sk_X509_push(others, X509_dup(leaf));
	p12 = PKCS12_create_ex(password, "x", with_key ? m->id->key : NULL, with_key ? leaf : NULL,
	                       others, cipher, cipher, 2048, 2048, 0, lib, NULL);
	cr_assert_not_null(p12, "%s", sgn_ossl_reason());
	size = i2d_PKCS12(p12, &der);
	path = put_file(m, name, sgn_view_of(der, (size_t)size));
	OPENSSL_free(der);
	PKCS12_free(p12);
	X509_free(leaf);
	sk_X509_pop_free(others, X509_free);
	OSSL_PROVIDER_unload(legacy);
	OSSL_PROVIDER_unload(base);
	OSSL_LIB_CTX_free(lib);
	return path;
}

Test(pki_identity, describes_what_was_read)
{
	struct sgn_identity_info info;
	struct made m;

	make_kind(&m, "developer-id", "rsa2048");
	sgn_identity_describe(m.id, &info);
	cr_assert_str_eq(info.name, "Developer ID Application: Test (TEST123456)");
	cr_assert_str_eq(info.kind, "developer-id");
	cr_assert_str_eq(info.kind_text, "Developer ID Application");
	cr_assert_str_eq(info.team, "TEST123456");
	cr_assert_str_eq(info.key_text, "RSA 2048");
	cr_assert_eq(strlen(info.sha1), 40);
	cr_assert_eq(info.chain_count, 3);
	cr_assert_str_eq(info.chain[2], "Test Root CA");
	cr_assert(info.chain_complete && info.apple_anchored && info.can_sign_code);
	cr_assert_lt(info.not_before, sgn_time_now());
	cr_assert_gt(info.not_after, sgn_time_now() + (int64_t)364 * 86400);
	unmake(&m);
}

Test(pki_identity, without_the_extra_root_it_is_complete_but_not_apples)
{
	struct sgn_identity_source source = {0};
	struct sgn_anchors plain;
	struct sgn_identity_info info;
	struct sgn_identity *id;
	struct made m;

	make_kind(&m, "developer-id", "p256");
	cr_assert_eq(sgn_anchors_load(NULL, 0, &plain, NULL), 0);
	source.path = m.p12_path;
	id = must_read(&source, &plain);
	sgn_identity_describe(id, &info);
	cr_assert(info.chain_complete);
	cr_assert_not(info.apple_anchored);
	cr_assert_null(info.team);
	cr_assert_str_eq(info.key_text, "EC P-256");
	sgn_identity_free(id);
	sgn_anchors_dispose(&plain);
	unmake(&m);
}

Test(pki_identity, pem_key_and_certificate_in_one_file_or_in_several)
{
	struct sgn_identity_source source = {0};
	struct sgn_identity_info info;
	struct sgn_identity *id;
	const char *chain[1];
	struct made m;

	make_kind(&m, "apple-development", "p384");
	source.path = put_pem_certs(&m, "leaf.pem", m.id->chain.certs, 1);
	source.key_path = put_pem_key(&m, "key.pem", m.id->key, NULL);
	chain[0] = put_pem_certs(&m, "chain.pem", m.id->chain.certs + 1, 1);
	source.chain_paths = chain;
	source.chain_count = 1;
	id = must_read(&source, &m.anchors);
	sgn_identity_describe(id, &info);
	cr_assert_str_eq(info.key_text, "EC P-384");
	cr_assert(info.chain_complete, "the root comes from the anchors");
	sgn_identity_free(id);
	unmake(&m);
}

Test(pki_identity, certificates_may_stand_before_the_key_in_pem)
{
	struct sgn_identity_source source = {0};
	struct sgn_buf both;
	uint8_t *bytes;
	struct made m;
	size_t size;

	make_kind(&m, "self-signed", "p256");
	sgn_buf_init(&both, 1 << 20);
	bytes = scratch_read(put_pem_certs(&m, "c.pem", m.id->chain.certs, 1), &size);
	sgn_wr_bytes(&both, bytes, size);
	free(bytes);
	bytes = scratch_read(put_pem_key(&m, "k.pem", m.id->key, NULL), &size);
	sgn_wr_bytes(&both, bytes, size);
	free(bytes);
	source.path = put_file(&m, "both.pem", sgn_buf_view(&both));
	sgn_identity_free(must_read(&source, &m.anchors));
	sgn_buf_dispose(&both);
	unmake(&m);
}

Test(pki_identity, der_key_and_der_certificate)
{
	struct sgn_identity_source source = {0};
	unsigned char *der = NULL;
	struct made m;
	int size;

	make_kind(&m, "self-signed", "rsa2048");
	source.path = put_file(&m, "leaf.cer", m.id->leaf->der);
	size = i2d_PrivateKey(m.id->key, &der);
	source.key_path = put_file(&m, "key.der", sgn_view_of(der, (size_t)size));
	OPENSSL_free(der);
	sgn_identity_free(must_read(&source, &m.anchors));
	unmake(&m);
}

Test(pki_identity, encrypted_pem_key)
{
	struct sgn_identity_source source = {0};
	struct made m;

	make_kind(&m, "self-signed", "p256");
	source.path = put_pem_certs(&m, "leaf.pem", m.id->chain.certs, 1);
	source.key_path = put_pem_key(&m, "key.pem", m.id->key, "secret");
	source.password = "secret";
	sgn_identity_free(must_read(&source, &m.anchors));
	source.password = "Secret";
	assert_fails(&m, &source, SGN_E_CRYPTO, "wrong password for the private key");
	source.password = NULL;
	assert_fails(&m, &source, SGN_E_CRYPTO, "the private key is encrypted");
	unmake(&m);
}

static int answer(void *arg, const char *what, char *out, size_t room)
{
	int *times = arg;

	cr_assert(what[0]);
	(*times)++;
	if (*times > 100)
		return SGN_E_CRYPTO;
	snprintf(out, room, "secret");
	return 0;
}

Test(pki_identity, the_password_is_asked_for_once)
{
	struct sgn_identity_source source = {.ask = answer};
	struct made m;
	int times = 0;

	make_kind(&m, "self-signed", "p256");
	source.ask_arg = &times;
	source.path = put_p12(&m, "asked.p12", "secret", true, true, NID_aes_256_cbc);
	sgn_identity_free(must_read(&source, &m.anchors));
	cr_assert_eq(times, 1);
	source.path = m.p12_path; /* has none */
	sgn_identity_free(must_read(&source, &m.anchors));
	cr_assert_eq(times, 1, "not asked when no password is needed");
	unmake(&m);
}

static int refuse(void *arg, const char *what, char *out, size_t room)
{
	SGN_UNUSED(arg);
	SGN_UNUSED(what);
	memset(out, 0, room);
	return SGN_E_USAGE;
}

Test(pki_identity, giving_up_at_the_prompt_ends_the_call_with_that_status)
{
	struct sgn_identity_source source = {.ask = refuse};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_identity *id;
	struct made m;

	make_kind(&m, "self-signed", "p256");
	source.path = put_p12(&m, "asked.p12", "secret", true, true, NID_aes_256_cbc);
	cr_assert_eq(read_again(&m, &source, &id, &err), SGN_E_USAGE);
	sgn_error_dispose(&err);
	unmake(&m);
}

Test(pki_identity, old_ciphers_of_keychain_exports)
{
	static const int ciphers[] = {NID_pbe_WithSHA1And40BitRC2_CBC,
	                              NID_pbe_WithSHA1And3_Key_TripleDES_CBC};
	struct sgn_identity_source source = {.password = "secret"};
	struct made m;

	make_kind(&m, "developer-id", "rsa2048");
	for (size_t i = 0; i < SGN_ARRAY_LEN(ciphers); i++) {
		source.path =
			put_p12(&m, i ? "3des.p12" : "rc2.p12", "secret", true, true, ciphers[i]);
		sgn_identity_free(must_read(&source, &m.anchors));
	}
	unmake(&m);
}

/* PBES2 names it inside its parameters: what is seen from outside is a file of today's. */
Test(pki_identity, an_old_cipher_that_shows_only_on_opening)
{
	struct sgn_identity_source source = {.password = "pw"};
	struct sgn_identity_info info;
	struct sgn_identity *id;
	struct made m;

	make_kind(&m, "developer-id", "p256");
	source.path = put_p12(&m, "rc2.p12", "pw", true, true, NID_rc2_cbc);
	id = must_read(&source, &m.anchors);
	sgn_identity_describe(id, &info);
	cr_assert_eq(info.chain_count, 3);
	sgn_identity_free(id);
	source.password = "other";
	assert_fails(&m, &source, SGN_E_CRYPTO, "wrong password");
	unmake(&m);
}

Test(pki_identity, no_password_and_the_empty_password)
{
	struct sgn_identity_source source = {0};
	struct made m;

	make_kind(&m, "self-signed", "p256");
	source.path = put_p12(&m, "null.p12", NULL, true, true, -1);
	sgn_identity_free(must_read(&source, &m.anchors));
	source.password = "";
	sgn_identity_free(must_read(&source, &m.anchors));
	source.path = put_p12(&m, "empty.p12", "", true, true, NID_aes_256_cbc);
	source.password = NULL;
	sgn_identity_free(must_read(&source, &m.anchors));
	source.password = "";
	sgn_identity_free(must_read(&source, &m.anchors));
	unmake(&m);
}

Test(pki_identity, wrong_and_missing_passwords_are_told_apart_from_damage)
{
	struct sgn_identity_source source = {.password = "Secret"};
	uint8_t *bytes;
	struct made m;
	size_t size;

	make_kind(&m, "self-signed", "p256");
	source.path = put_p12(&m, "x.p12", "secret", true, true, NID_aes_256_cbc);
	assert_fails(&m, &source, SGN_E_CRYPTO, "wrong password");
	source.password = NULL;
	assert_fails(&m, &source, SGN_E_CRYPTO, "needs a password");

	bytes = scratch_read(source.path, &size);
	source.password = "secret";
	source.path = put_file(&m, "cut.p12", sgn_view_of(bytes, size - 30));
	assert_fails(&m, &source, SGN_E_FORMAT, "damaged");
	bytes[size - 40] ^= 1; /* in the integrity code at the end */
	source.path = put_file(&m, "flipped.p12", sgn_view_of(bytes, size));
	assert_fails(&m, &source, SGN_E_FORMAT, "the password is right");
	free(bytes);
	unmake(&m);
}

Test(pki_identity, a_p12_without_key_cannot_sign)
{
	struct sgn_identity_source source = {.password = "secret"};
	struct made m;

	make_kind(&m, "developer-id", "p256");
	source.path = put_p12(&m, "nokey.p12", "secret", false, true, NID_aes_256_cbc);
	assert_fails(&m, &source, SGN_E_NOTFOUND, "a certificate alone cannot sign");
	source.path = put_file(&m, "leaf.cer", m.id->leaf->der);
	source.password = NULL;
	assert_fails(&m, &source, SGN_E_NOTFOUND, "a certificate alone cannot sign");
	source.path = put_pem_key(&m, "key.pem", m.id->key, NULL);
	assert_fails(&m, &source, SGN_E_NOTFOUND, "a private key alone cannot sign");
	unmake(&m);
}

Test(pki_identity, a_foreign_key_is_refused_with_both_named)
{
	struct sgn_identity_source source = {0};
	EVP_PKEY *foreign = EVP_EC_gen("P-384");
	struct made m;

	make_kind(&m, "developer-id", "p256");
	source.path = put_file(&m, "leaf.cer", m.id->leaf->der);
	source.key_path = put_pem_key(&m, "key.pem", foreign, NULL);
	assert_fails(&m, &source, SGN_E_MISMATCH, "EC P-384");
	assert_fails(&m, &source, SGN_E_MISMATCH, "Developer ID Application: Test (TEST123456)");
	EVP_PKEY_free(foreign);
	unmake(&m);
}

Test(pki_identity, among_several_keys_the_one_with_a_certificate_is_taken)
{
	struct sgn_identity_source source = {0};
	EVP_PKEY *foreign = EVP_EC_gen("P-384");
	const char *more[1];
	struct made m;

	make_kind(&m, "developer-id", "p256");
	source.path = put_file(&m, "leaf.cer", m.id->leaf->der);
	source.key_path = put_pem_key(&m, "other.pem", foreign, NULL);
	more[0] = put_pem_key(&m, "key.pem", m.id->key, NULL);
	source.chain_paths = more;
	source.chain_count = 1;
	sgn_identity_free(must_read(&source, &m.anchors));
	EVP_PKEY_free(foreign);
	unmake(&m);
}

Test(pki_identity, other_key_types_are_refused)
{
	struct sgn_identity_source source = {0};
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	X509 *x = X509_new();
	unsigned char *der = NULL;
	struct made m;
	int size;

	make_kind(&m, "self-signed", "p256");
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 1000);
	X509_set_pubkey(x, key);
	cr_assert_gt(X509_sign(x, key, NULL), 0);
	size = i2d_X509(x, &der);
	source.path = put_file(&m, "ed.cer", sgn_view_of(der, (size_t)size));
	source.key_path = put_pem_key(&m, "ed.pem", key, NULL);
	assert_fails(&m, &source, SGN_E_UNSUPPORTED, "ED25519");
	OPENSSL_free(der);
	X509_free(x);
	EVP_PKEY_free(key);
	unmake(&m);
}

Test(pki_identity, garbage_and_missing_files)
{
	struct sgn_identity_source source = {0};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_identity *id;
	struct made m;

	make_kind(&m, "self-signed", "p256");
	source.path = put_file(&m, "junk", sgn_view_str("this is no identity"));
	assert_fails(&m, &source, SGN_E_FORMAT, "no PKCS#12, certificate or private key");
	source.path = put_file(&m, "empty", sgn_view_of("", 0));
	cr_assert_eq(read_again(&m, &source, &id, &err), SGN_E_FORMAT);
	cr_assert_str_eq(err.path, source.path);
	source.path = put_file(&m, "crl.pem",
	                       sgn_view_str("-----BEGIN X509 CRL-----\nAAAA\n"
	                                    "-----END X509 CRL-----\n"));
	cr_assert_eq(read_again(&m, &source, &id, &err), SGN_E_NOTFOUND);
	source.path = "/nonexistent/id.p12";
	cr_assert_eq(read_again(&m, &source, &id, &err), SGN_E_NOTFOUND);
	sgn_error_dispose(&err);
	unmake(&m);
}

Test(pki_identity, an_incomplete_chain_is_refused_before_signing)
{
	struct sgn_identity_source source = {.password = "secret"};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_identity *id;
	struct made m;

	make_kind(&m, "developer-id", "p256");
	source.path = put_p12(&m, "leaf.p12", "secret", true, false, NID_aes_256_cbc);
	id = must_read(&source, &m.anchors);
	cr_assert_eq(sgn_identity_check(id, sgn_time_now(), false, &err), SGN_E_UNTRUSTED);
	cr_assert_eq(err.osstatus, errSecInternalComponent);
	cr_assert_not_null(strstr(err.text, "unable to build chain to self-signed root for signer "
	                                    "\"Developer ID Application: Test (TEST123456)\""),
	                   "%s", err.text);
	cr_assert(err.cure[0]);
	sgn_identity_free(id);
	sgn_error_dispose(&err);
	unmake(&m);
}

Test(pki_identity, dates_are_checked_unless_waived)
{
	struct sgn_test_identity_options opts = {
		.kind = "developer-id", .key_type = "p256", .days = -3};
	struct sgn_error err = SGN_ERROR_INIT;
	int64_t now = sgn_time_now();
	struct made m;

	make(&m, &opts);
	cr_assert_eq(sgn_identity_check(m.id, now, false, &err), SGN_E_UNTRUSTED);
	cr_assert_eq(err.osstatus, CSSMERR_TP_CERT_EXPIRED);
	cr_assert_eq(sgn_identity_check(m.id, now, true, &err), 0);
	cr_assert_eq(sgn_identity_check(m.id, now - (int64_t)10 * 86400, false, &err), 0);
	cr_assert_eq(sgn_identity_check(m.id, now - (int64_t)900 * 86400, false, &err),
	             SGN_E_UNTRUSTED);
	cr_assert_eq(err.osstatus, CSSMERR_TP_CERT_NOT_VALID_YET);
	sgn_error_dispose(&err);
	unmake(&m);
}

Test(pki_identity, an_authority_cannot_sign_code)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct made m;

	make_kind(&m, "self-signed", "p256");
	m.id->info.can_sign_code = false;
	cr_assert_eq(sgn_identity_check(m.id, sgn_time_now(), false, &err), SGN_E_UNTRUSTED);
	cr_assert_not_null(strstr(err.text, "may not sign code"));
	sgn_error_dispose(&err);
	unmake(&m);
}

Test(pki_identity, free_accepts_null)
{
	sgn_identity_free(NULL);
}

/* Each file is refused with mode 0644, 0640 and 0620, and taken with 0600 or when that is allowed. */
static void assert_loose_is_refused(const struct made *m, struct sgn_identity_source *source,
                                    const char *key_file)
{
	static const mode_t loose[] = {0644, 0640, 0604, 0620};

	for (size_t i = 0; i < SGN_ARRAY_LEN(loose); i++) {
		cr_assert_eq(chmod(key_file, loose[i]), 0);
		assert_fails(m, source, SGN_E_UNTRUSTED, "holds a private key");
		assert_fails(m, source, SGN_E_UNTRUSTED, loose[i] == 0620 ? "change" : "read");
		source->allow_loose_modes = true;
		sgn_identity_free(must_read(source, &m->anchors));
		source->allow_loose_modes = false;
	}
	cr_assert_eq(chmod(key_file, 0400), 0);
	sgn_identity_free(must_read(source, &m->anchors));
}

Test(pki_identity, a_private_key_that_others_may_read_is_refused)
{
	struct sgn_identity_source source = {0};
	unsigned char *der = NULL;
	struct made m;
	int size;

	make_kind(&m, "self-signed", "p256");
	source.path = m.p12_path;
	assert_loose_is_refused(&m, &source, m.p12_path);
	source.path = put_file(&m, "leaf.cer", m.id->leaf->der);
	cr_assert_eq(chmod(source.path, 0644), 0, "a certificate is public");
	source.key_path = put_pem_key(&m, "key.pem", m.id->key, NULL);
	assert_loose_is_refused(&m, &source, source.key_path);
	size = i2d_PrivateKey(m.id->key, &der);
	source.key_path = put_file(&m, "key.der", sgn_view_of(der, (size_t)size));
	OPENSSL_free(der);
	assert_loose_is_refused(&m, &source, source.key_path);
	unmake(&m);
}

/* Before a password is asked for: the mode is wrong whatever it is. */
Test(pki_identity, a_loose_mode_is_told_before_a_wrong_password)
{
	struct sgn_identity_source source = {.password = "Secret"};
	struct made m;

	make_kind(&m, "self-signed", "p256");
	source.path = put_p12(&m, "x.p12", "secret", true, true, NID_aes_256_cbc);
	cr_assert_eq(chmod(source.path, 0644), 0);
	assert_fails(&m, &source, SGN_E_UNTRUSTED, "mode 0644");
	unmake(&m);
}

Test(pki_identity, a_certificate_alone_is_an_identity_where_that_is_asked_for)
{
	struct sgn_digest_bytes digest = {.size = 32};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_identity_source source = {.certificate_only = true};
	struct sgn_identity *bare;
	struct sgn_buf signature;
	struct made m;

	make_kind(&m, "developer-id", "rsa2048");
	source.path = put_pem_certs(&m, "all.pem", m.id->chain.certs, m.id->chain.count);
	cr_assert_eq(read_again(&m, &source, &bare, &err), 0, "%s", err.text);
	cr_assert_str_eq(bare->info.name, m.id->info.name, "the leaf, not one of the authorities");
	cr_assert_str_eq(bare->info.key_text, "RSA 2048");
	cr_assert(bare->info.chain_complete);
	cr_assert(sgn_identity_is_rsa(bare));
	cr_assert_eq(sgn_identity_signature_size(bare), 256);
	sgn_buf_init(&signature, 4096);
	cr_assert_eq(sgn_identity_sign_digest(bare, &digest, &signature, &err), SGN_E_NOTFOUND);
	cr_assert_eq(signature.size, 0);
	source.certificate_only = false;
	sgn_error_dispose(&err);
	assert_fails(&m, &source, SGN_E_NOTFOUND, "no private key");
	sgn_buf_dispose(&signature);
	sgn_identity_free(bare);
	unmake(&m);
}

Test(pki_identity, a_signature_is_checked_against_the_certificate)
{
	const char *const types[] = {"rsa2048", "p256"};

	for (size_t i = 0; i < 2; i++) {
		struct sgn_digest_bytes digest = {.size = 32}, other = {.data = {1}, .size = 32};
		struct sgn_view whole;
		struct sgn_buf s;
		struct made m;

		make_kind(&m, "developer-id", types[i]);
		sgn_buf_init(&s, 4096);
		cr_assert_eq(sgn_identity_sign_digest(m.id, &digest, &s, NULL), 0);
		whole = sgn_buf_view(&s);
		cr_assert_leq(whole.size, sgn_identity_signature_size(m.id));
		cr_assert_eq(sgn_identity_verify_digest(m.id, &digest, whole, NULL), 0);
		cr_assert_eq(sgn_identity_verify_digest(m.id, &other, whole, NULL), SGN_E_MISMATCH);
		cr_assert_eq(sgn_identity_verify_digest(
				     m.id, &digest, sgn_view_of(whole.data, whole.size - 1), NULL),
		             SGN_E_MISMATCH);
		cr_assert_eq(sgn_identity_verify_digest(m.id, &digest, SGN_VIEW_EMPTY, NULL),
		             SGN_E_MISMATCH);
		s.data[whole.size / 2] ^= 1;
		cr_assert_eq(sgn_identity_verify_digest(m.id, &digest, whole, NULL),
		             SGN_E_MISMATCH);
		sgn_buf_dispose(&s);
		unmake(&m);
	}
}
