/* SPDX-License-Identifier: Apache-2.0 */
/* Files with keys and certificates, one after the other, to their parts. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "signer/base/mem.h"
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

/* x509: the same for OpenSSL, or NULL. */
static int add_cert(struct sgn_id_parts *parts, struct sgn_view der, X509 *x509,
                    struct sgn_error *err)
{
	int rc;

	for (size_t i = 0; i < parts->cert_count; i++)
		if (sgn_view_equal(parts->certs[i].der, der))
			return 0;
	if (parts->cert_count == SGN_LIMIT_CERTS)
		return sgn_fail(err, SGN_E_LIMIT, "more than %d certificates for one identity",
		                SGN_LIMIT_CERTS);
	rc = sgn_known_take(parts->known, x509, der, parts->arena, &parts->certs[parts->cert_count],
	                    err);
	if (rc == 0)
		parts->cert_count++;
	return rc;
}

int sgn_id_add_cert(struct sgn_id_parts *parts, struct sgn_view der, struct sgn_error *err)
{
	return add_cert(parts, der, NULL, err);
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
	rc = add_cert(parts, sgn_view_of(der, (size_t)size), x, err);
	OPENSSL_free(der);
	return rc;
}

static int add_certs(struct sgn_view bytes, struct sgn_id_parts *parts, struct sgn_error *err)
{
	struct sgn_arena scratch = {0};
	struct sgn_cert *certs;
	size_t count = 0;
	int rc = sgn_certs_load_known(bytes, parts->known, &scratch, &certs, &count, err);

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = sgn_id_add_cert(parts, certs[i].der, err);
	sgn_arena_dispose(&scratch);
	return rc;
}

int sgn_id_add_cert_file(struct sgn_id_parts *parts, const char *path, struct sgn_error *err)
{
	struct sgn_buf bytes;
	int rc;

	sgn_buf_init(&bytes, SGN_LIMIT_CERT_FILE);
	rc = sgn_file_load(path, &bytes, err);
	if (rc == 0)
		rc = add_certs(sgn_buf_view(&bytes), parts, err);
	sgn_buf_dispose(&bytes);
	return sgn_error_at_path(err, rc, path);
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
int sgn_id_read_bytes(struct sgn_view bytes, bool key_wanted, struct sgn_id_password *pw,
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
	rc = sgn_id_read_key(bytes, pw, parts, err);
	if (rc == 0 || pw->asked) /* an encrypted key at least */
		return rc;
	rc = sgn_fail(err, SGN_E_FORMAT, "no PKCS#12, certificate or private key");
	return sgn_error_cure(err, rc, "expected PKCS#12 (.p12, .pfx), or PEM or DER");
}

int sgn_id_refuse_loose(const struct sgn_file_facts *facts, const char *path, struct sgn_error *err)
{
	bool read = (facts->mode & 044) != 0;
	int rc = sgn_fail(err, SGN_E_UNTRUSTED,
	                  "holds a private key, and other users of this machine may %s it (mode "
	                  "%04o): refused",
	                  read ? "read" : "change", facts->mode);

	return sgn_error_cure(err, rc,
	                      "chmod 600 %s (a CI job: umask 077 before the file is written); or "
	                      "--allow-loose-modes where no other user can log in",
	                      path);
}

/* Before it is known whether the password fits: the mode is wrong whatever the password is. */
bool sgn_id_holds_key(struct sgn_view bytes)
{
	return sgn_id_is_pem(bytes) ? sgn_id_pem_has_key(bytes) : sgn_id_is_p12(bytes);
}

static int read_checked(struct sgn_view bytes, const struct sgn_file_facts *facts, const char *path,
                        bool key_wanted, struct sgn_id_password *pw, struct sgn_id_parts *parts,
                        struct sgn_error *err)
{
	bool refused = !parts->allow_loose_modes && sgn_file_is_loose(facts);
	size_t keys = parts->key_count;
	int rc;

	if (refused && sgn_id_holds_key(bytes))
		return sgn_id_refuse_loose(facts, path, err);
	rc = sgn_id_read_bytes(bytes, key_wanted, pw, parts, err);
	if (rc == 0 && refused && parts->key_count > keys)
		return sgn_id_refuse_loose(facts, path, err);
	return rc;
}

int sgn_id_read_file(const char *path, bool key_wanted, struct sgn_id_password *pw,
                     struct sgn_id_parts *parts, struct sgn_error *err)
{
	struct sgn_file_facts facts;
	struct sgn_buf bytes;
	int rc;

	sgn_buf_init_secret(&bytes, SGN_LIMIT_CERT_FILE);
	rc = sgn_file_load_facts(path, &bytes, &facts, err);
	if (rc == 0)
		rc = read_checked(sgn_buf_view(&bytes), &facts, path, key_wanted, pw, parts, err);
	sgn_buf_dispose(&bytes);
	return sgn_error_at_path(err, rc, path);
}

int sgn_id_library_need(struct sgn_id_library *l, struct sgn_error *err)
{
	if (l->base)
		return 0;
	sgn_id_library_close(l);
	l->lib = OSSL_LIB_CTX_new();
	if (l->lib) {
		l->base = OSSL_PROVIDER_load(l->lib, "default");
		l->legacy = OSSL_PROVIDER_load(l->lib, "legacy");
	}
	if (!l->base)
		return sgn_ossl_fail(err, "OpenSSL cannot be set up");
	ERR_clear_error();
	return 0;
}

void sgn_id_library_close(struct sgn_id_library *l)
{
	if (l->legacy)
		OSSL_PROVIDER_unload(l->legacy);
	if (l->base)
		OSSL_PROVIDER_unload(l->base);
	OSSL_LIB_CTX_free(l->lib);
	*l = (struct sgn_id_library){NULL, NULL, NULL};
}
