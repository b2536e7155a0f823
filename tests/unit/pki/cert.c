/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <openssl/x509.h>
#include <string.h>

#include "signer/pki/apple_certs.h"
#include "tests/unit/pki/helper.h"

static struct sgn_arena arena;

static void parse_built_in(const char *file, struct sgn_cert *out)
{
	for (size_t i = 0; i < sgn_apple_cert_count; i++)
		if (strcmp(sgn_apple_certs[i].file, file) == 0) {
			cr_assert_eq(sgn_cert_parse(sgn_apple_certs[i].der, &arena, out, NULL), 0);
			return;
		}
	cr_assert(false, "no %s", file);
}

static void assert_field(const struct sgn_cert *cert, enum sgn_known_oid oid, const char *want)
{
	struct sgn_view have = sgn_cert_name_get(&cert->subject, sgn_oid_known(oid));

	cr_assert(sgn_view_equal(have, sgn_view_str(want)), "%.*s", (int)have.size,
	          (const char *)have.data);
}

Test(pki_cert, an_apple_authority_is_read_in_full)
{
	static const uint8_t sha256_start[] = {0xf1, 0x6c, 0xd3, 0xc5};
	struct sgn_cert c;

	parse_built_in("DeveloperIDG2CA.cer", &c);
	assert_field(&c, SGN_OID_CN, "Developer ID Certification Authority");
	assert_field(&c, SGN_OID_OU, "G2");
	cr_assert_eq(c.subject.count, 4);
	cr_assert(sgn_view_equal(c.subject.attrs[0].oid, sgn_oid_known(SGN_OID_CN)),
	          "the order of the certificate is kept");
	cr_assert_arr_eq(c.sha256, sha256_start, sizeof(sha256_start));
	cr_assert_eq(c.not_after, 1947369600);
	cr_assert(c.is_ca);
	cr_assert_not(c.self_issued);
	cr_assert_not_null(sgn_cert_ext(&c, sgn_oid_known(SGN_OID_APPLE_CA_DEVELOPER_ID)));
	cr_assert_not(sgn_cert_ext(&c, sgn_oid_known(SGN_OID_APPLE_CA_DEVELOPER_ID))->critical);
	cr_assert_eq(sgn_cert_subject_key_id(&c).size, 20);
	cr_assert_eq(sgn_cert_authority_key_id(&c).size, 20);
	cr_assert_eq(c.eku_count, 0);
	sgn_arena_dispose(&arena);
}

Test(pki_cert, a_root_has_policies_and_is_self_issued)
{
	static const uint8_t sha1[] = {0x61, 0x1e, 0x5b, 0x66};
	struct sgn_cert c;

	parse_built_in("AppleIncRootCertificate.cer", &c);
	cr_assert(c.self_issued);
	cr_assert_arr_eq(c.sha1, sha1, sizeof(sha1));
	cr_assert_eq(c.policy_count, 1);
	cr_assert_eq(c.serial.size, 1);
	cr_assert_eq(c.serial.data[0], 2);
	cr_assert(sgn_view_equal(c.subject_der, c.issuer_der));
	sgn_arena_dispose(&arena);
}

static X509 *odd_cert(int type, const void *cn, int size)
{
	X509 *x = X509_new();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509_NAME *name = X509_get_subject_name(x);

	X509_NAME_add_entry_by_NID(name, NID_commonName, type, cn, size, -1, 0);
	X509_NAME_add_entry_by_NID(name, NID_pkcs9_emailAddress, V_ASN1_IA5STRING,
	                           (const unsigned char *)"a@example.com", -1, -1, 0);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 0x80); /* needs a leading zero in DER */
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 1000);
	X509_set_pubkey(x, key);
	cr_assert_gt(X509_sign(x, key, EVP_sha256()), 0);
	EVP_PKEY_free(key);
	return x;
}

static void parse_x509(X509 *x, struct sgn_cert *out)
{
	unsigned char *der = NULL;
	int size = i2d_X509(x, &der);

	cr_assert_eq(sgn_cert_parse(sgn_view_of(der, (size_t)size), &arena, out, NULL), 0);
	OPENSSL_free(der);
	X509_free(x);
}

Test(pki_cert, old_string_types_become_utf8)
{
	static const unsigned char latin[] = {'K', 0xf6, 'l', 'n'};
	static const unsigned char wide[] = {0, 'K', 0, 0xf6, 0, 'l', 0, 'n'};
	struct sgn_cert c;

	parse_x509(odd_cert(V_ASN1_T61STRING, latin, sizeof(latin)), &c);
	assert_field(&c, SGN_OID_CN, "K\xc3\xb6ln");
	parse_x509(odd_cert(V_ASN1_BMPSTRING, wide, sizeof(wide)), &c);
	assert_field(&c, SGN_OID_CN, "K\xc3\xb6ln");
	sgn_arena_dispose(&arena);
}

Test(pki_cert, a_name_that_is_not_the_utf8_it_claims_to_be_is_damage)
{
	unsigned char *der = NULL;
	X509 *x = odd_cert(V_ASN1_UTF8STRING, "abcdefgh", 8);
	int size = i2d_X509(x, &der);
	struct sgn_cert c;
	int at = 0;

	while (memcmp(der + at, "abcdefgh", 8) != 0)
		at++;
	der[at] = 0xff;
	cr_assert_eq(sgn_cert_parse(sgn_view_of(der, (size_t)size), &arena, &c, NULL),
	             SGN_E_FORMAT);
	OPENSSL_free(der);
	X509_free(x);
	sgn_arena_dispose(&arena);
}

Test(pki_cert, serial_and_email_are_kept)
{
	struct sgn_cert c;

	parse_x509(odd_cert(V_ASN1_UTF8STRING, "x", 1), &c);
	cr_assert_eq(c.serial.size, 2, "the sign byte belongs to the content");
	cr_assert_eq(c.serial.data[0], 0);
	cr_assert_eq(c.email_count, 1);
	cr_assert(sgn_view_equal(c.emails[0], sgn_view_str("a@example.com")));
	cr_assert_not(c.is_ca);
	sgn_arena_dispose(&arena);
}

Test(pki_cert, every_truncation_is_refused)
{
	struct sgn_view der = sgn_apple_certs[0].der;
	struct sgn_cert c;
	struct sgn_error err = SGN_ERROR_INIT;

	for (size_t size = 0; size < der.size; size += size < 64 ? 1 : 37)
		cr_assert_eq(sgn_cert_parse(sgn_view_of(der.data, size), &arena, &c, &err),
		             SGN_E_FORMAT);
	sgn_arena_dispose(&arena);
}

Test(pki_cert, bytes_behind_the_certificate_are_refused)
{
	struct sgn_view der = sgn_apple_certs[0].der;
	uint8_t longer[4096];
	struct sgn_cert c;

	memcpy(longer, der.data, der.size);
	longer[der.size] = 0;
	cr_assert_eq(sgn_cert_parse(sgn_view_of(longer, der.size + 1), &arena, &c, NULL),
	             SGN_E_FORMAT);
	sgn_arena_dispose(&arena);
}
