/* SPDX-License-Identifier: Apache-2.0 */
/* What an identity is used for: may it sign now, and the one operation with its key. */
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "signer/base/time.h"
#include "signer/pki/token.h"

static int check_dates(const struct sgn_cert *leaf, const char *name, int64_t now,
                       struct sgn_error *err)
{
	char day[21];
	int rc;

	if (now > leaf->not_after) {
		sgn_time_iso(leaf->not_after, day);
		rc = sgn_fail(err, SGN_E_UNTRUSTED, "the certificate \"%s\" expired at %s", name,
		              day);
		sgn_error_osstatus(err, rc, CSSMERR_TP_CERT_EXPIRED);
		return sgn_error_cure(err, rc,
		                      "renew it; what was signed with a timestamp while it "
		                      "was valid stays valid");
	}
	if (now < leaf->not_before) {
		sgn_time_iso(leaf->not_before, day);
		rc = sgn_fail(err, SGN_E_UNTRUSTED, "the certificate \"%s\" is not valid before %s",
		              name, day);
		sgn_error_osstatus(err, rc, CSSMERR_TP_CERT_NOT_VALID_YET);
		return sgn_error_cure(err, rc, "check the clock of this machine");
	}
	return 0;
}

int sgn_identity_check(const struct sgn_identity *id, int64_t now, bool allow_expired,
                       struct sgn_error *err)
{
	const struct sgn_identity_info *info = &id->info;
	int rc;

	if (!info->can_sign_code) {
		rc = sgn_fail(err, SGN_E_UNTRUSTED,
		              "the certificate \"%s\" may not sign code (%s; it lacks the "
		              "code-signing usage)",
		              info->name, info->kind_text);
		sgn_error_osstatus(err, rc, errSecCSSignatureUntrusted);
		return sgn_error_cure(err, rc,
		                      "use an Application, Development or Distribution "
		                      "certificate; Installer ones sign packages only");
	}
	if (!info->chain_complete) {
		rc = sgn_fail(err, SGN_E_UNTRUSTED,
		              "unable to build chain to self-signed root for signer \"%s\": the "
		              "issuer of \"%s\" is missing",
		              info->name, info->chain[info->chain_count - 1]);
		sgn_error_osstatus(err, rc, errSecInternalComponent);
		return sgn_error_cure(err, rc,
		                      "give the missing certificate authorities as further "
		                      "certificate files, or inside the .p12");
	}
	return allow_expired ? 0 : check_dates(id->leaf, info->name, now, err);
}

bool sgn_identity_is_rsa(const struct sgn_identity *id)
{
	return EVP_PKEY_is_a(id->key, "RSA");
}

static bool prepare(EVP_PKEY_CTX *ctx, bool rsa)
{
	return ctx && EVP_PKEY_sign_init(ctx) > 0 &&
	       (!rsa || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0) &&
	       EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) > 0;
}

static int cannot_sign(const struct sgn_identity *id, struct sgn_error *err)
{
	int rc = sgn_ossl_fail(err, "the private key cannot sign");

	sgn_error_osstatus(err, rc, errSecInternalComponent);
	if (!id->token || !sgn_token_is_gone(id->token))
		return rc;
	return sgn_error_cure(err, rc, "the token was removed: plug it in, and run again");
}

static int no_private_key(const struct sgn_identity *id, struct sgn_error *err)
{
	int rc = sgn_fail(err, SGN_E_NOTFOUND,
	                  "no private key for \"%s\": a certificate alone cannot sign",
	                  id->info.name);

	return sgn_error_cure(err, rc,
	                      "sign on the host that has the key, or in two steps "
	                      "(docs/howto/two-host-signing.md)");
}

int sgn_identity_sign_digest(const struct sgn_identity *id, const struct sgn_digest_bytes *sha256,
                             struct sgn_buf *signature, struct sgn_error *err)
{
	uint8_t bytes[2048]; /* an RSA key of 16384 bits, the most that OpenSSL signs with */
	size_t size = sizeof(bytes);
	struct sgn_mutex *lock = id->token ? id->token->lock : NULL;
	EVP_PKEY_CTX *ctx;
	int rc = 0;

	if (id->public_only)
		return no_private_key(id, err);
	if (lock)
		sgn_mutex_lock(lock);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, id->key, NULL);
	if (!prepare(ctx, sgn_identity_is_rsa(id)) ||
	    EVP_PKEY_sign(ctx, bytes, &size, sha256->data, sha256->size) <= 0)
		rc = cannot_sign(id, err);
	else
		sgn_wr_bytes(signature, bytes, size);
	if (lock)
		sgn_mutex_unlock(lock);
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

static bool prepare_verify(EVP_PKEY_CTX *ctx, bool rsa)
{
	return ctx && EVP_PKEY_verify_init(ctx) > 0 &&
	       (!rsa || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0) &&
	       EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) > 0;
}

int sgn_identity_verify_digest(const struct sgn_identity *id, const struct sgn_digest_bytes *sha256,
                               struct sgn_view signature, struct sgn_error *err)
{
	EVP_PKEY *key = sgn_cert_key(id->leaf);
	EVP_PKEY_CTX *ctx = key ? EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL) : NULL;
	int rc = 0;

	if (!prepare_verify(ctx, sgn_identity_is_rsa(id)))
		rc = sgn_ossl_fail(err, "the certificate's key cannot verify");
	else if (EVP_PKEY_verify(ctx, signature.data, signature.size, sha256->data, sha256->size) !=
	         1)
		rc = sgn_fail(err, SGN_E_MISMATCH,
		              "the signature was not made for this digest with the key of \"%s\"",
		              id->info.name);
	ERR_clear_error();
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return rc;
}

size_t sgn_identity_signature_size(const struct sgn_identity *id)
{
	int size = EVP_PKEY_get_size(id->key);

	return size > 0 ? (size_t)size : 0;
}
