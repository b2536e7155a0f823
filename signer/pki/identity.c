/* SPDX-License-Identifier: Apache-2.0 */
/* One handle for a key and its chain, whatever files they came from. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/base/time.h"
#include "signer/pki/internal.h"
#include "signer/pki/token.h"

static int read_all(const struct sgn_identity_source *source, struct sgn_id_password *pw,
                    struct sgn_id_parts *parts, struct sgn_error *err)
{
	int rc = sgn_id_read_file(source->path, false, pw, parts, err);

	parts->own_count = parts->cert_count;
	if (rc == 0 && source->key_path && !source->certificate_only)
		rc = sgn_id_read_file(source->key_path, true, pw, parts, err);
	for (size_t i = 0; rc == 0 && i < source->chain_count; i++)
		rc = sgn_id_read_file(source->chain_paths[i], false, pw, parts, err);
	return rc;
}

bool sgn_id_key_belongs(const struct sgn_cert *cert, struct sgn_known *known, const EVP_PKEY *key)
{
	EVP_PKEY *public_key = sgn_known_key(known, cert);
	bool same = public_key && EVP_PKEY_eq(public_key, key) == 1;

	EVP_PKEY_free(public_key);
	ERR_clear_error();
	return same;
}

static int no_match(const struct sgn_id_parts *parts, struct sgn_error *err)
{
	const char *title = sgn_cert_title(&parts->certs[0], parts->arena);
	EVP_PKEY *other = sgn_cert_key(&parts->certs[0]);
	char have[32], want[32] = "unreadable key";
	int rc;

	sgn_ossl_key_text(parts->keys[0], have);
	if (other)
		sgn_ossl_key_text(other, want);
	EVP_PKEY_free(other);
	rc = sgn_fail(err, SGN_E_MISMATCH,
	              "the private key (%s) does not belong to the certificate \"%s\" (%s)%s", have,
	              title ? title : "", want,
	              parts->cert_count > 1 ? " nor to any other one given" : "");
	return sgn_error_cure(err, rc,
	                      "use the key that made the signing request of this certificate");
}

static bool better_leaf(const struct sgn_cert *a, const struct sgn_cert *b)
{
	bool a_signs = sgn_cert_has_eku(a, sgn_oid_known(SGN_OID_EKU_CODE_SIGNING));
	bool b_signs = sgn_cert_has_eku(b, sgn_oid_known(SGN_OID_EKU_CODE_SIGNING));

	return a_signs != b_signs ? a_signs : a->not_after > b->not_after;
}

/* The certificate by itself: with its public key in place of the private one. */
static int choose_without_key(struct sgn_id_parts *parts, struct sgn_cert **leaf, EVP_PKEY **key,
                              struct sgn_error *err)
{
	if (parts->own_count == 0)
		return sgn_fail(err, SGN_E_NOTFOUND, "no certificate in the file");
	*leaf = &parts->certs[0];
	for (size_t i = 1; i < parts->own_count; i++)
		if (better_leaf(&parts->certs[i], *leaf))
			*leaf = &parts->certs[i];
	*key = sgn_cert_key(*leaf);
	return *key ? sgn_id_take_key(parts, *key, err)
	            : sgn_ossl_fail(err, "the certificate's key cannot be used");
}

static int check_parts(const struct sgn_id_parts *parts, struct sgn_error *err)
{
	const char *title;
	int rc;

	if (parts->cert_count == 0) {
		rc = sgn_fail(err, SGN_E_NOTFOUND,
		              "no certificate: a private key alone cannot sign");
		return sgn_error_cure(err, rc,
		                      "add the certificate that Apple issued for this key");
	}
	if (parts->key_count)
		return 0;
	title = sgn_cert_title(&parts->certs[0], parts->arena);
	rc = sgn_fail(err, SGN_E_NOTFOUND,
	              "no private key for \"%s\": a certificate alone cannot sign",
	              title ? title : "");
	return sgn_error_cure(err, rc,
	                      "give the key file too, or export certificate and key together "
	                      "as .p12 on the machine that made the signing request (on a Mac: "
	                      "Keychain Access, My Certificates), or sign in two steps (--prepare "
	                      "needs no key); if the key is lost, signet "
	                      "identity csr makes a new one to ask Apple for a certificate");
}

/* Of several certificates with a key (a renewal keeps it): one for code, then the newest. */
static int choose_leaf(struct sgn_id_parts *parts, struct sgn_cert **leaf, EVP_PKEY **key,
                       struct sgn_error *err)
{
	int rc = check_parts(parts, err);

	if (rc)
		return rc;
	*leaf = NULL;
	for (size_t i = 0; i < parts->cert_count; i++) {
		for (size_t k = 0; k < parts->key_count; k++) {
			if (!sgn_id_key_belongs(&parts->certs[i], parts->known, parts->keys[k]))
				continue;
			if (*leaf && !better_leaf(&parts->certs[i], *leaf))
				continue;
			*leaf = &parts->certs[i];
			*key = parts->keys[k];
		}
	}
	return *leaf ? 0 : no_match(parts, err);
}

/* Text, possibly absent, as a C string of the identity; false when out of memory. */
static bool keep_text(struct sgn_identity *id, struct sgn_view v, const char **out)
{
	*out = v.size ? sgn_arena_strndup(&id->arena, (const char *)v.data, v.size) : NULL;
	return *out || v.size == 0;
}

int sgn_id_describe(struct sgn_identity *id, struct sgn_error *err)
{
	const struct sgn_cert_kind *kind = sgn_chain_kind(&id->chain);
	struct sgn_identity_info *info = &id->info;
	char key_text[32] =
		"unreadable key"; /* of a certificate in a store: OpenSSL may not know it */
	const char **names;

	if (id->key)
		sgn_ossl_key_text(id->key, key_text);
	names = sgn_arena_array(&id->arena, id->chain.count, sizeof(*names));
	if (!names)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < id->chain.count; i++) {
		names[i] = sgn_cert_title(id->chain.certs[i], &id->arena);
		if (!names[i])
			return sgn_fail_nomem(err);
	}
	if (!keep_text(id, sgn_view_str(key_text), &info->key_text) ||
	    !keep_text(id, sgn_chain_team(&id->chain), &info->team))
		return sgn_fail_nomem(err);
	info->name = names[0];
	info->kind = kind->id;
	info->kind_text = kind->text;
	info->purpose = kind->purpose;
	info->timestamp_by_default = kind->wants_timestamp;
	sgn_hex_encode(id->leaf->sha1, sizeof(id->leaf->sha1), info->sha1);
	info->not_before = id->leaf->not_before;
	info->not_after = id->leaf->not_after;
	info->chain = names;
	info->chain_count = id->chain.count;
	info->chain_complete = id->chain.complete;
	info->apple_anchored = id->chain.apple_root;
	info->can_sign_code = sgn_cert_has_eku(id->leaf, sgn_oid_known(SGN_OID_EKU_CODE_SIGNING));
	/* Apple's kinds without the usage say it themselves. */
	if (!info->can_sign_code && !kind->cn_prefix[0])
		info->purpose = "no code: it lacks the code-signing usage";
	return 0;
}

int sgn_id_check_key_type(const EVP_PKEY *key, struct sgn_error *err)
{
	const char *type = EVP_PKEY_get0_type_name(key);
	int rc;

	if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "EC"))
		return 0;
	rc = sgn_fail(err, SGN_E_UNSUPPORTED, "a key of type %s cannot sign Apple code",
	              type ? type : "?");
	return sgn_error_cure(err, rc, "use an RSA key (Apple's own choice) or an EC key");
}

int sgn_id_assemble(struct sgn_identity *id, struct sgn_id_parts *parts,
                    const struct sgn_anchors *anchors, struct sgn_error *err)
{
	EVP_PKEY *key = NULL;
	int rc = id->public_only ? choose_without_key(parts, &id->leaf, &key, err)
	                         : choose_leaf(parts, &id->leaf, &key, err);

	if (rc)
		return rc;
	rc = sgn_id_check_key_type(key, err);
	if (rc)
		return rc;
	if (EVP_PKEY_up_ref(key) != 1)
		return sgn_ossl_fail(err, "the private key");
	id->key = key;
	rc = sgn_chain_build(id->leaf, parts->certs, parts->cert_count, anchors, &id->chain, err);
	return rc ? rc : sgn_id_describe(id, err);
}

int sgn_identity_read(const struct sgn_identity_source *source, const struct sgn_anchors *anchors,
                      struct sgn_identity **out, struct sgn_error *err)
{
	struct sgn_id_password *pw = sgn_calloc(1, sizeof(*pw));
	struct sgn_identity *id = sgn_calloc(1, sizeof(*id));
	struct sgn_id_parts *parts = NULL;
	struct sgn_id_library library = {NULL, NULL, NULL};
	int rc;

	if (id)
		parts = sgn_arena_alloc(&id->arena, sizeof(*parts));
	if (!pw || !id || !parts) {
		rc = sgn_fail_nomem(err);
		goto out;
	}
	pw->source = source;
	id->public_only = source->certificate_only;
	parts->arena = &id->arena;
	parts->known = sgn_anchors_known(anchors);
	parts->library = &library;
	parts->allow_loose_modes = source->allow_loose_modes;
	rc = read_all(source, pw, parts, err);
	if (rc == 0)
		rc = sgn_id_assemble(id, parts, anchors, err);
out:
	for (size_t i = 0; parts && i < parts->key_count; i++)
		EVP_PKEY_free(parts->keys[i]);
	sgn_id_library_close(&library);
	if (pw)
		sgn_wipe(pw, sizeof(*pw));
	sgn_free(pw);
	if (rc) {
		sgn_identity_free(id);
		id = NULL;
	}
	*out = id;
	return rc;
}

static int read_key_parts(const struct sgn_identity_source *source, struct sgn_id_parts *parts,
                          struct sgn_id_password *pw, EVP_PKEY **out, struct sgn_error *err)
{
	int rc = sgn_id_read_file(source->path, true, pw, parts, err);

	if (rc)
		return rc;
	if (parts->key_count == 0)
		return sgn_fail(err, SGN_E_NOTFOUND, "no private key in the file");
	rc = sgn_id_check_key_type(parts->keys[0], err);
	if (rc)
		return rc;
	*out = parts->keys[0];
	return EVP_PKEY_up_ref(*out) == 1 ? 0 : sgn_ossl_fail(err, "the private key");
}

int sgn_key_read(const struct sgn_identity_source *source, EVP_PKEY **out, struct sgn_error *err)
{
	struct sgn_id_password pw = {.source = source};
	struct sgn_id_library library = {NULL, NULL, NULL};
	struct sgn_id_parts *parts;
	struct sgn_arena arena = {0};
	int rc;

	*out = NULL;
	parts = sgn_arena_alloc(&arena, sizeof(*parts));
	if (!parts)
		return sgn_fail_nomem(err);
	parts->arena = &arena;
	parts->allow_loose_modes = source->allow_loose_modes;
	parts->library = &library;
	rc = read_key_parts(source, parts, &pw, out, err);
	for (size_t i = 0; i < parts->key_count; i++)
		EVP_PKEY_free(parts->keys[i]);
	sgn_id_library_close(&library);
	sgn_wipe(&pw, sizeof(pw));
	sgn_arena_dispose(&arena);
	return sgn_error_at_path(err, rc, source->path);
}

void sgn_identity_free(struct sgn_identity *id)
{
	if (!id)
		return;
	EVP_PKEY_free(id->key);
	sgn_token_free(id->token);
	sgn_arena_dispose(&id->arena);
	sgn_free(id);
}

void sgn_identity_describe(const struct sgn_identity *id, struct sgn_identity_info *out)
{
	*out = id->info;
}

const struct sgn_chain *sgn_identity_chain(const struct sgn_identity *id)
{
	return &id->chain;
}
