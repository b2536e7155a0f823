/* SPDX-License-Identifier: Apache-2.0 */
/* What every user of OpenSSL in this room needs: its reasons as text, digests and key names. */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "signer/pki/internal.h"

const char *sgn_ossl_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return reason ? reason : "no reason given";
}

int sgn_ossl_fail(struct sgn_error *err, const char *what)
{
	return sgn_fail(err, SGN_E_CRYPTO, "%s: OpenSSL: %s", what, sgn_ossl_reason());
}

void sgn_ossl_key_text(const EVP_PKEY *key, char out[32])
{
	static const struct {
		const char *group;
		const char *text;
	} curves[] = {
		{"prime256v1", "EC P-256"}, {"secp384r1", "EC P-384"}, {"secp521r1", "EC P-521"}};
	const char *type = EVP_PKEY_get0_type_name(key);
	char group[64] = "";

	if (EVP_PKEY_is_a(key, "RSA")) {
		snprintf(out, 32, "RSA %d", EVP_PKEY_get_bits(key));
		return;
	}
	snprintf(out, 32, "%s %d", type ? type : "key", EVP_PKEY_get_bits(key));
	if (!EVP_PKEY_is_a(key, "EC") || !EVP_PKEY_get_group_name(key, group, sizeof(group), NULL))
		return;
	for (size_t i = 0; i < SGN_ARRAY_LEN(curves); i++)
		if (strcmp(group, curves[i].group) == 0)
			snprintf(out, 32, "%s", curves[i].text);
}
