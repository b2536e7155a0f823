/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <openssl/pkcs12.h>
#include <string.h>

#include "tests/unit/pki/helper.h"

static const char text[] = "what was encrypted, longer than two blocks of AES";

/* OpenSSL encrypts the text. */
static X509_ALGOR *encrypt(int cipher, int iterations, int prf, ASN1_OCTET_STRING **out)
{
	unsigned char salt[16] = "fixed salt", iv[16] = "fixed iv", *bytes = NULL;
	X509_ALGOR *algorithm = PKCS5_pbe2_set_iv(EVP_get_cipherbynid(cipher), iterations, salt,
	                                          sizeof(salt), iv, prf);
	int size = 0;

	cr_assert_not_null(algorithm);
	cr_assert_not_null(PKCS12_pbe_crypt(algorithm, "pw", 2, (const unsigned char *)text,
	                                    sizeof(text), &bytes, &size, 1));
	*out = ASN1_OCTET_STRING_new();
	ASN1_STRING_set0(*out, bytes, size);
	return algorithm;
}

static bool opens(const X509_ALGOR *algorithm, const ASN1_OCTET_STRING *in, const char *password)
{
	struct sgn_buf out;
	bool ok;

	sgn_buf_init_secret(&out, 4096);
	ok = sgn_p12_decrypt(algorithm, in, password, &out);
	if (ok)
		ok = sgn_view_equal(sgn_buf_view(&out), sgn_view_of(text, sizeof(text)));
	sgn_buf_dispose(&out);
	return ok;
}

Test(pki_p12_decrypt, opens_what_openssl_encrypted)
{
	static const int ciphers[] = {NID_aes_128_cbc, NID_aes_192_cbc, NID_aes_256_cbc};
	static const int iterations[] = {1, 2, 2048};

	for (size_t i = 0; i < 9; i++) {
		ASN1_OCTET_STRING *in;
		X509_ALGOR *algorithm =
			encrypt(ciphers[i % 3], iterations[i / 3], NID_hmacWithSHA256, &in);

		cr_assert(opens(algorithm, in, "pw"));
		cr_assert_not(opens(algorithm, in, "other"));
		cr_assert_not(opens(algorithm, in, NULL));
		X509_ALGOR_free(algorithm);
		ASN1_OCTET_STRING_free(in);
	}
}

Test(pki_p12_decrypt, leaves_everything_else_to_openssl)
{
	static const int others[][2] = {{NID_aes_256_cbc, NID_hmacWithSHA1},
	                                {NID_aes_256_cbc, NID_hmacWithSHA512},
	                                {NID_des_ede3_cbc, NID_hmacWithSHA256},
	                                {NID_aes_256_cfb128, NID_hmacWithSHA256}};
	unsigned char salt[8] = "salt";
	X509_ALGOR *algorithm;
	ASN1_OCTET_STRING *in;

	for (size_t i = 0; i < SGN_ARRAY_LEN(others); i++) {
		algorithm = encrypt(others[i][0], 10, others[i][1], &in);
		cr_assert_not(opens(algorithm, in, "pw"), "%zu", i);
		X509_ALGOR_free(algorithm);
		ASN1_OCTET_STRING_free(in);
	}
	algorithm = encrypt(NID_aes_256_cbc, 10, NID_hmacWithSHA256, &in);
	cr_assert_not(opens(NULL, in, "pw"));
	cr_assert_not(opens(algorithm, NULL, "pw"));
	ASN1_STRING_set(in, text, 33); /* no whole number of blocks */
	cr_assert_not(opens(algorithm, in, "pw"));
	ASN1_STRING_set(in, "", 0);
	cr_assert_not(opens(algorithm, in, "pw"));
	X509_ALGOR_free(algorithm);
	algorithm = PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 1, salt, 8);
	cr_assert_not(opens(algorithm, in, "pw"));
	X509_ALGOR_free(algorithm);
	ASN1_OCTET_STRING_free(in);
}

/* Each byte of the parameters changed or cut off: nothing but a refusal or other bytes may come of it. */
Test(pki_p12_decrypt, damaged_parameters)
{
	const ASN1_OBJECT *oid;
	const void *value;
	ASN1_OCTET_STRING *in;
	X509_ALGOR *algorithm = encrypt(NID_aes_256_cbc, 10, NID_hmacWithSHA256, &in);
	int type, size;

	X509_ALGOR_get0(&oid, &type, &value, algorithm);
	size = ASN1_STRING_length(value);
	for (int i = 0; i < 2 * size; i++) {
		X509_ALGOR *changed = X509_ALGOR_new();
		ASN1_STRING *copy = ASN1_STRING_dup(value);

		if (i < size)
			ASN1_STRING_set(copy, ASN1_STRING_get0_data(value), i);
		else
			/* Bit 0 only: a count of iterations may become large otherwise. */
			copy->data[i - size] ^= 1;
		X509_ALGOR_set0(changed, OBJ_nid2obj(NID_pbes2), V_ASN1_SEQUENCE, copy);
		cr_assert_not(opens(changed, in, "pw") && i < size, "%d", i);
		X509_ALGOR_free(changed);
	}
	X509_ALGOR_free(algorithm);
	ASN1_OCTET_STRING_free(in);
}
