/* SPDX-License-Identifier: Apache-2.0 */
/* One handle for a key and its chain, whatever files they came from. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/base/time.h"
#include "signer/pki/internal.h"

bool sgn_id_password_get(struct sgn_id_password *pw, const char *what)
{
	const struct sgn_identity_source *source = pw->source;
	size_t size;
	int rc;

	pw->asked = true;
	if (pw->known || pw->gave_up)
		return pw->known;
	if (source->password) {
		size = strlen(source->password);
		if (size >= sizeof(pw->text))
			return false;
		memcpy(pw->text, source->password, size + 1);
		pw->known = true;
	} else if (source->ask) {
		rc = source->ask(source->ask_arg, what, pw->text, sizeof(pw->text));
		pw->text[sizeof(pw->text) - 1] = '\0';
		pw->known = rc == 0;
		pw->gave_up = rc < 0 ? rc : 0;
	}
	return pw->known;
}

int sgn_id_add_cert(struct sgn_id_parts *parts, struct sgn_view der, struct sgn_error *err)
{
	int rc;

	for (size_t i = 0; i < parts->cert_count; i++)
		if (sgn_view_equal(parts->certs[i].der, der))
			return 0;
	if (parts->cert_count == SGN_LIMIT_CERTS)
		return sgn_fail(err, SGN_E_LIMIT, "more than %d certificates for one identity",
		                SGN_LIMIT_CERTS);
	rc = sgn_cert_parse(der, parts->arena, &parts->certs[parts->cert_count], err);
	if (rc == 0)
		parts->cert_count++;
	return rc;
}

int sgn_id_take_key(struct sgn_id_parts *parts, EVP_PKEY *key, struct sgn_error *err)
{
	if (parts->key_count == SGN_ID_KEYS) {
		EVP_PKEY_free(key);
		return sgn_fail(err, SGN_E_LIMIT, "more than %d private keys for one identity",
		                SGN_ID_KEYS);
	}
	parts->keys[parts->key_count++] = key;
	return 0;
}

int sgn_id_add_x509(struct sgn_id_parts *parts, X509 *x, struct sgn_error *err)
{
	unsigned char *der = NULL;
	int size, rc;

	if (!x)
		return 0;
	size = i2d_X509(x, &der);
	if (size < 0)
		return sgn_ossl_fail(err, "certificate");
	rc = sgn_id_add_cert(parts, sgn_view_of(der, (size_t)size), err);
	OPENSSL_free(der);
	return rc;
}

static int add_certs(struct sgn_view bytes, struct sgn_id_parts *parts, struct sgn_error *err)
{
	struct sgn_arena scratch = {0};
	struct sgn_cert *certs;
	size_t count = 0;
	int rc = sgn_certs_load(bytes, &scratch, &certs, &count, err);

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = sgn_id_add_cert(parts, certs[i].der, err);
	sgn_arena_dispose(&scratch);
	return rc;
}

static int read_pem(struct sgn_view bytes, struct sgn_id_password *pw, struct sgn_id_parts *parts,
                    struct sgn_error *err)
{
	bool has_cert = sgn_id_pem_has_cert(bytes), has_key = sgn_id_pem_has_key(bytes);
	int rc = 0;

	if (!has_cert && !has_key)
		return sgn_fail(err, SGN_E_NOTFOUND,
		                "neither a certificate nor a private key in the PEM file");
	if (has_cert)
		rc = add_certs(bytes, parts, err);
	if (rc == 0 && has_key)
		rc = sgn_id_read_key(bytes, pw, parts, err);
	return rc;
}

/* The file kinds are told apart by content; a DER file is tried as a certificate, then as a key. */
static int read_bytes(struct sgn_view bytes, bool key_wanted, struct sgn_id_password *pw,
                      struct sgn_id_parts *parts, struct sgn_error *err)
{
	struct sgn_error ignored = SGN_ERROR_INIT;
	int rc;

	if (bytes.size == 0)
		return sgn_fail(err, SGN_E_FORMAT, "the file is empty");
	if (sgn_id_is_pem(bytes))
		return read_pem(bytes, pw, parts, err);
	if (sgn_id_is_p12(bytes))
		return sgn_id_read_p12(bytes, pw, parts, err);
	if (key_wanted)
		return sgn_id_read_key(bytes, pw, parts, err);
	rc = add_certs(bytes, parts, &ignored);
	if (rc == 0)
		return 0;
	sgn_error_dispose(&ignored);
	if (sgn_id_read_key(bytes, pw, parts, NULL) == 0)
		return 0;
	rc = sgn_fail(err, SGN_E_FORMAT, "no PKCS#12, certificate or private key");
	return sgn_error_cure(err, rc, "expected PKCS#12 (.p12, .pfx), or PEM or DER");
}

static int read_file(const char *path, bool key_wanted, struct sgn_id_password *pw,
                     struct sgn_id_parts *parts, struct sgn_error *err)
{
	struct sgn_buf bytes;
	int rc;

	sgn_buf_init(&bytes, SGN_LIMIT_CERT_FILE);
	rc = sgn_file_load(path, &bytes, err);
	if (rc == 0)
		rc = read_bytes(sgn_buf_view(&bytes), key_wanted, pw, parts, err);
	sgn_wipe(bytes.data, bytes.size);
	sgn_buf_dispose(&bytes);
	return sgn_error_at_path(err, rc, path);
}

static int read_all(const struct sgn_identity_source *source, struct sgn_id_password *pw,
                    struct sgn_id_parts *parts, struct sgn_error *err)
{
	int rc = read_file(source->path, false, pw, parts, err);

	if (rc == 0 && source->key_path)
		rc = read_file(source->key_path, true, pw, parts, err);
	for (size_t i = 0; rc == 0 && i < source->chain_count; i++)
		rc = read_file(source->chain_paths[i], false, pw, parts, err);
	return rc;
}

static bool belongs(const struct sgn_cert *cert, const EVP_PKEY *key)
{
	EVP_PKEY *public_key = sgn_cert_key(cert);
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
	                      "as .p12 on the machine that made the signing request");
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
			if (!belongs(&parts->certs[i], parts->keys[k]))
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

static int describe(struct sgn_identity *id, struct sgn_error *err)
{
	const struct sgn_cert_kind *kind = sgn_chain_kind(&id->chain);
	struct sgn_identity_info *info = &id->info;
	char key_text[32];
	const char **names;

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
	sgn_hex_encode(id->leaf->sha1, sizeof(id->leaf->sha1), info->sha1);
	info->not_before = id->leaf->not_before;
	info->not_after = id->leaf->not_after;
	info->chain = names;
	info->chain_count = id->chain.count;
	info->chain_complete = id->chain.complete;
	info->apple_anchored = id->chain.apple_root;
	info->can_sign_code = sgn_cert_has_eku(id->leaf, sgn_oid_known(SGN_OID_EKU_CODE_SIGNING));
	return 0;
}

static int check_key_type(const EVP_PKEY *key, struct sgn_error *err)
{
	const char *type = EVP_PKEY_get0_type_name(key);
	int rc;

	if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "EC"))
		return 0;
	rc = sgn_fail(err, SGN_E_UNSUPPORTED, "a key of type %s cannot sign Apple code",
	              type ? type : "?");
	return sgn_error_cure(err, rc, "use an RSA key (Apple's own choice) or an EC key");
}

/* OpenSSL with the old ciphers, for the time of reading; the legacy provider may be missing. */
struct library {
	OSSL_LIB_CTX *lib;
	OSSL_PROVIDER *base, *legacy;
};

static bool open_library(struct library *l)
{
	l->lib = OSSL_LIB_CTX_new();
	if (l->lib) {
		l->base = OSSL_PROVIDER_load(l->lib, "default");
		l->legacy = OSSL_PROVIDER_load(l->lib, "legacy");
	}
	if (l->base)
		ERR_clear_error();
	return l->base != NULL;
}

static void close_library(struct library *l)
{
	if (l->legacy)
		OSSL_PROVIDER_unload(l->legacy);
	if (l->base)
		OSSL_PROVIDER_unload(l->base);
	OSSL_LIB_CTX_free(l->lib);
}

/*
 * The same key in OpenSSL's default library context. Worker threads sign with it, and OpenSSL 3.0 leaves
 * a handler in each thread that used a context of our own: one that runs after that context is freed.
 */
static int move_key(EVP_PKEY *from, EVP_PKEY **to, struct sgn_error *err)
{
	unsigned char *der = NULL;
	const unsigned char *at;
	int size = i2d_PrivateKey(from, &der);

	if (size <= 0)
		return sgn_ossl_fail(err, "the private key cannot be read");
	at = der;
	*to = d2i_AutoPrivateKey(NULL, &at, size);
	OPENSSL_clear_free(der, (size_t)size);
	return *to ? 0 : sgn_ossl_fail(err, "the private key cannot be read");
}

/* The parts become the identity; the certificates move behind id->leaf in the arena. */
static int assemble(struct sgn_identity *id, struct sgn_id_parts *parts,
                    const struct sgn_anchors *anchors, struct sgn_error *err)
{
	EVP_PKEY *key = NULL;
	int rc = choose_leaf(parts, &id->leaf, &key, err);

	if (rc)
		return rc;
	rc = check_key_type(key, err);
	if (rc)
		return rc;
	rc = move_key(key, &id->key, err);
	if (rc)
		return rc;
	rc = sgn_chain_build(id->leaf, parts->certs, parts->cert_count, anchors, &id->chain, err);
	return rc ? rc : describe(id, err);
}

int sgn_identity_read(const struct sgn_identity_source *source, const struct sgn_anchors *anchors,
                      struct sgn_identity **out, struct sgn_error *err)
{
	struct sgn_id_password *pw = sgn_calloc(1, sizeof(*pw));
	struct sgn_identity *id = sgn_calloc(1, sizeof(*id));
	struct sgn_id_parts *parts = NULL;
	struct library library = {NULL, NULL, NULL};
	int rc;

	if (id)
		parts = sgn_arena_alloc(&id->arena, sizeof(*parts));
	if (!pw || !id || !parts) {
		rc = sgn_fail_nomem(err);
		goto out;
	}
	pw->source = source;
	parts->arena = &id->arena;
	if (!open_library(&library)) {
		rc = sgn_ossl_fail(err, "OpenSSL cannot be set up");
		goto out;
	}
	parts->lib = library.lib;
	parts->have_legacy = library.legacy != NULL;
	rc = read_all(source, pw, parts, err);
	if (rc == 0)
		rc = assemble(id, parts, anchors, err);
out:
	for (size_t i = 0; parts && i < parts->key_count; i++)
		EVP_PKEY_free(parts->keys[i]);
	close_library(&library);
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

void sgn_identity_free(struct sgn_identity *id)
{
	if (!id)
		return;
	EVP_PKEY_free(id->key);
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
