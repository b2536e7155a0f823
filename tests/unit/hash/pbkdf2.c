/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/hash/pbkdf2.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <string.h>

#include "signer/base/text.h"

static void expect(const char *password, const char *salt, uint32_t iterations, const char *hex)
{
	uint8_t key[32];
	char got[65];

	sgn_pbkdf2_sha256(sgn_view_str(password), sgn_view_str(salt), iterations, key, 32);
	sgn_hex_encode(key, 32, got);
	cr_assert_str_eq(got, hex);
}

/* RFC 7914 section 11, the first 32 bytes of each. */
Test(hash_pbkdf2, vectors_of_rfc_7914)
{
	expect("passwd", "salt", 1,
	       "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
	expect("Password", "NaCl", 80000,
	       "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
}

/* Lengths on both sides of a block, of what a digest fills, and of none. */
Test(hash_pbkdf2, agrees_with_openssl)
{
	static const size_t lengths[] = {0,  1,  8,  31, 51, 52,  55,  56,
	                                 59, 60, 63, 64, 65, 127, 128, 200};
	uint8_t bytes[256], want[32], got[32];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	for (size_t p = 0; p < SGN_ARRAY_LEN(lengths); p++)
		for (size_t s = 0; s < SGN_ARRAY_LEN(lengths); s++)
			for (uint32_t n = 1; n < 5; n++) {
				size_t size = 16 + 8 * (n % 3);

				cr_assert_eq(PKCS5_PBKDF2_HMAC((const char *)bytes, (int)lengths[p],
				                               bytes + 50, (int)lengths[s], (int)n,
				                               EVP_sha256(), (int)size, want),
				             1);
				memset(got, 0xee, sizeof(got));
				sgn_pbkdf2_sha256(sgn_view_of(bytes, lengths[p]),
				                  sgn_view_of(bytes + 50, lengths[s]), n, got,
				                  size);
				cr_assert_arr_eq(got, want, size,
				                 "password %zu, salt %zu, %u rounds", lengths[p],
				                 lengths[s], n);
				for (size_t k = size; k < sizeof(got); k++)
					cr_assert_eq(got[k], 0xee);
			}
}
