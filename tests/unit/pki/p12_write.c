/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <openssl/pkcs12.h>
#include <string.h>

#include "tests/unit/pki/helper.h"

static PKCS12 *write_p12(const struct made *m, const struct sgn_p12_options *opts,
                         struct sgn_buf *bytes)
{
	struct sgn_error err = SGN_ERROR_INIT;
	const unsigned char *at;
	PKCS12 *p12;

	sgn_buf_init(bytes, 1 << 20);
	cr_assert_eq(sgn_identity_p12(m->id, opts, bytes, &err), 0, "%s", err.text);
	at = bytes->data;
	p12 = d2i_PKCS12(NULL, &at, (long)bytes->size);
	cr_assert_not_null(p12);
	cr_assert_eq(at, bytes->data + bytes->size, "nothing behind it");
	return p12;
}

static void assert_mac(PKCS12 *p12, int digest, long iterations)
{
	const ASN1_INTEGER *rounds = NULL;
	const ASN1_OCTET_STRING *salt = NULL;
	const X509_ALGOR *alg = NULL;
	const ASN1_OBJECT *oid = NULL;

	PKCS12_get0_mac(NULL, &alg, &salt, &rounds, p12);
	cr_assert_not_null(alg);
	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	cr_assert_eq(OBJ_obj2nid(oid), digest);
	cr_assert_eq(ASN1_INTEGER_get(rounds), iterations);
	cr_assert_eq(ASN1_STRING_length(salt), 8, "macOS was seen to refuse longer ones");
}

/* The algorithm that encrypts the key; the certificates are in the encrypted part. */
static void assert_bags(PKCS12 *p12, const char *password, int cipher, size_t want_certs)
{
	STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(p12);
	size_t keys = 0, certs = 0, paired = 0;

	cr_assert_eq(sk_PKCS7_num(safes), 2);
	for (int i = 0; i < 2; i++) {
		PKCS7 *safe = sk_PKCS7_value(safes, i);
		bool open = PKCS7_type_is_data(safe);
		STACK_OF(PKCS12_SAFEBAG) *bags =
			open ? PKCS12_unpack_p7data(safe)
			     : PKCS12_unpack_p7encdata(safe, password, (int)strlen(password));

		cr_assert_not_null(bags);
		for (int k = 0; k < sk_PKCS12_SAFEBAG_num(bags); k++) {
			const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, k);
			const X509_SIG *sealed;
			const X509_ALGOR *alg;

			paired += PKCS12_SAFEBAG_get0_attr(bag, NID_localKeyID) != NULL;
			if (PKCS12_SAFEBAG_get_nid(bag) == NID_certBag) {
				certs++;
				cr_assert(!open, "certificates are encrypted, too");
				continue;
			}
			cr_assert_eq(PKCS12_SAFEBAG_get_nid(bag), NID_pkcs8ShroudedKeyBag);
			keys++;
			sealed = PKCS12_SAFEBAG_get0_pkcs8(bag);
			X509_SIG_get0(sealed, &alg, NULL);
			cr_assert_eq(OBJ_obj2nid(alg->algorithm), cipher);
		}
		sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	}
	sk_PKCS7_pop_free(safes, PKCS7_free);
	cr_assert_eq(keys, 1);
	cr_assert_eq(certs, want_certs);
	cr_assert_eq(paired, 2, "the key and its certificate, nothing else");
}

static void assert_round_trip(const struct made *m, const struct sgn_buf *bytes,
                              const char *password, size_t chain)
{
	struct sgn_identity_source source = {.password = password};
	struct sgn_identity *again;
	struct made copy = *m;

	source.path = put_file(&copy, "again.p12", sgn_buf_view(bytes));
	again = must_read(&source, NULL);
	cr_assert(sgn_cert_same(again->leaf, m->id->leaf));
	cr_assert_eq(EVP_PKEY_eq(again->key, m->id->key), 1);
	cr_assert_eq(again->chain.count, chain);
	sgn_identity_free(again);
}

static void try_all(const char *key_type)
{
	static const struct {
		enum sgn_p12_encryption encryption;
		int cipher, mac;
		long rounds;
	} forms[] = {
		{SGN_P12_MODERN, NID_pbes2, NID_sha256, 10000},
		{SGN_P12_LEGACY, NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_sha1, 2048},
	};
	struct made m;

	make_kind(&m, "developer-id", key_type);
	for (size_t i = 0; i < SGN_ARRAY_LEN(forms); i++) {
		struct sgn_p12_options opts = {.encryption = forms[i].encryption,
		                               .password = "secret"};
		struct sgn_buf bytes;
		PKCS12 *p12 = write_p12(&m, &opts, &bytes);

		assert_mac(p12, forms[i].mac, forms[i].rounds);
		assert_bags(p12, "secret", forms[i].cipher, 3);
		assert_round_trip(&m, &bytes, "secret", 3);
		PKCS12_free(p12);
		sgn_buf_dispose(&bytes);
	}
	unmake(&m);
}

Test(pki_p12_write, an_rsa_identity_makes_the_round_trip_in_both_encryptions)
{
	try_all("rsa2048");
}

Test(pki_p12_write, an_ec_identity_makes_the_round_trip_in_both_encryptions)
{
	try_all("p256");
}

/* OpenSSL's own reader needs no legacy provider for what is called legacy here. */
static void parse(const struct sgn_p12_options *opts, const char *want_name, int want_others)
{
	STACK_OF(X509) *others = NULL;
	struct sgn_buf bytes;
	EVP_PKEY *key = NULL;
	X509 *leaf = NULL;
	struct made m;
	PKCS12 *p12;

	make_kind(&m, "developer-id", "p256");
	p12 = write_p12(&m, opts, &bytes);
	cr_assert_eq(PKCS12_parse(p12, opts->password, &key, &leaf, &others), 1);
	cr_assert_str_eq((const char *)X509_alias_get0(leaf, NULL), want_name);
	cr_assert_eq(others ? sk_X509_num(others) : 0, want_others);
	cr_assert_eq(X509_check_private_key(leaf, key), 1);
	sk_X509_pop_free(others, X509_free);
	X509_free(leaf);
	EVP_PKEY_free(key);
	PKCS12_free(p12);
	sgn_buf_dispose(&bytes);
	unmake(&m);
}

Test(pki_p12_write, the_friendly_name_is_the_common_name_or_the_given_one)
{
	struct sgn_p12_options opts = {.encryption = SGN_P12_LEGACY, .password = "x"};

	parse(&opts, "Developer ID Application: Test (TEST123456)", 2);
	opts.name = "Schlüssel für die Auslieferung";
	parse(&opts, "Schlüssel für die Auslieferung", 2);
}

Test(pki_p12_write, without_the_chain_the_signers_certificate_is_alone)
{
	struct sgn_p12_options opts = {.password = "x", .without_chain = true};

	parse(&opts, "Developer ID Application: Test (TEST123456)", 0);
}

Test(pki_p12_write, a_wrong_password_opens_neither_encryption)
{
	struct sgn_p12_options opts = {.password = "secret"};
	struct sgn_buf bytes;
	struct made m;
	PKCS12 *p12;

	make_kind(&m, "self-signed", "p256");
	for (int i = SGN_P12_MODERN; i <= SGN_P12_LEGACY; i++) {
		opts.encryption = (enum sgn_p12_encryption)i;
		p12 = write_p12(&m, &opts, &bytes);
		cr_assert_neq(PKCS12_verify_mac(p12, "Secret", -1), 1);
		cr_assert_neq(PKCS12_verify_mac(p12, "", 0), 1);
		cr_assert_eq(PKCS12_verify_mac(p12, "secret", -1), 1);
		PKCS12_free(p12);
		sgn_buf_dispose(&bytes);
	}
	unmake(&m);
}

Test(pki_p12_write, two_files_with_one_password_share_no_salt)
{
	struct sgn_p12_options opts = {.password = "secret"};
	struct sgn_buf one, two;
	struct made m;

	make_kind(&m, "self-signed", "p256");
	PKCS12_free(write_p12(&m, &opts, &one));
	PKCS12_free(write_p12(&m, &opts, &two));
	cr_assert_not(sgn_view_equal(sgn_buf_view(&one), sgn_buf_view(&two)));
	sgn_buf_dispose(&one);
	sgn_buf_dispose(&two);
	unmake(&m);
}

Test(pki_p12_write, a_test_identity_may_be_legacy)
{
	struct sgn_test_identity_options opts = {.kind = "self-signed",
	                                         .key_type = "p256",
	                                         .password = "x",
	                                         .encryption = SGN_P12_LEGACY};
	const unsigned char *at;
	uint8_t *bytes;
	struct made m;
	PKCS12 *p12;
	size_t size;

	make(&m, &opts);
	bytes = scratch_read(m.p12_path, &size);
	at = bytes;
	p12 = d2i_PKCS12(NULL, &at, (long)size);
	assert_mac(p12, NID_sha1, 2048);
	PKCS12_free(p12);
	free(bytes);
	unmake(&m);
}
