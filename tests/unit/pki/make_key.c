/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/pki/helper.h"

Test(pki_make_key, each_type_gives_such_a_key)
{
	static const char *const types[][2] = {
		{"rsa2048", "RSA 2048"}, {"p256", "EC P-256"}, {"p384", "EC P-384"}};
	char text[32];
	EVP_PKEY *key;

	for (size_t i = 0; i < SGN_ARRAY_LEN(types); i++) {
		cr_assert_eq(sgn_key_make(types[i][0], &key, NULL), 0);
		sgn_ossl_key_text(key, text);
		cr_assert_str_eq(text, types[i][1]);
		EVP_PKEY_free(key);
	}
	cr_assert(sgn_key_type_is_ec("p256"));
	cr_assert_not(sgn_key_type_is_ec("rsa4096"));
	cr_assert_not(sgn_key_type_is_ec(NULL));
}

Test(pki_make_key, an_unknown_type_is_refused_with_the_known_ones)
{
	struct sgn_error err = SGN_ERROR_INIT;
	EVP_PKEY *key = NULL;

	cr_assert_eq(sgn_key_make("rsa1024", &key, &err), SGN_E_USAGE);
	cr_assert_null(key);
	cr_assert(strstr(err.cure, "rsa2048"), "%s", err.cure);
	sgn_error_dispose(&err);
}

Test(pki_make_key, an_empty_password_leaves_the_key_in_the_clear_and_asks_nobody)
{
	struct sgn_buf pem;
	EVP_PKEY *key;

	cr_assert_eq(sgn_key_make("p256", &key, NULL), 0);
	sgn_buf_init(&pem, 1 << 16);
	cr_assert_eq(sgn_key_write(key, "", &pem, NULL), 0);
	cr_assert(sgn_view_contains(sgn_buf_view(&pem), sgn_view_str("BEGIN PRIVATE KEY")));
	sgn_buf_dispose(&pem);
	EVP_PKEY_free(key);
}
