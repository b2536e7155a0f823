/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key in a token through the provider "pkcs11" (latchset's pkcs11-provider), in OpenSSL's default library
 * context: worker threads sign with the key, and a context of our own could not outlive them (see
 * identity.c). OpenSSL 3.0 can pass settings to a provider by configuration only, so a small one is made in
 * memory. A provider that the system's own configuration has loaded already is used as it is.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "signer/pki/token.h"

#define NAME "pkcs11"

struct backend {
	OSSL_PROVIDER *base, *pkcs11;
	UI_METHOD *ui;
};

/* Asked for first, so that loading does not fill OpenSSL's queue on systems without it. */
static bool is_installed(void)
{
	const char *folder = getenv("OPENSSL_MODULES");
	struct sgn_buf path;
	bool there;

	if (!folder)
		folder = OPENSSL_info(OPENSSL_INFO_MODULES_DIR);
	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s/%s%s", folder ? folder : "", NAME,
	           OPENSSL_info(OPENSSL_INFO_DSO_EXTENSION));
	there = folder && sgn_path_exists(sgn_buf_str(&path));
	sgn_buf_dispose(&path);
	return there;
}

/* A value of OpenSSL's configuration: what has a meaning there gets a backslash. */
static void write_value(struct sgn_buf *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\\"'`$#; ", *text))
			sgn_wr_u8(out, '\\');
		sgn_wr_u8(out, (uint8_t)*text);
	}
}

static int check_value(const char *text, const char *what, struct sgn_error *err)
{
	for (; *text; text++) {
		if ((unsigned char)*text >= 0x20)
			continue;
		sgn_fail(err, SGN_E_USAGE, "%s has a control character", what);
		return sgn_error_cure(err, SGN_E_USAGE,
		                      "OpenSSL's provider cannot be given one; use the engine");
	}
	return 0;
}

/* A key that wants the PIN each time: the provider asks nobody then but its own settings, or the terminal. */
static int write_config(const struct sgn_token_key_input *in, struct sgn_buf *out,
                        struct sgn_error *err)
{
	int rc = check_value(in->module, "the path of the PKCS#11 module", err);

	if (rc == 0 && in->pin)
		rc = check_value(in->pin, "the PIN", err);
	if (rc)
		return rc;
	/* Digests are OpenSSL's business: a token would be asked for each of them. */
	sgn_wr_str(out, "openssl_conf=init\n[init]\nproviders=list\n[list]\n" NAME "=it\n[it]\n"
	                "activate=1\npkcs11-module-block-operations=digest\npkcs11-module-path=");
	write_value(out, in->module);
	if (in->pin) {
		sgn_wr_str(out, "\npkcs11-module-token-pin=");
		write_value(out, in->pin);
	}
	sgn_wr_str(out, "\n");
	return sgn_buf_finish(out, err, "the configuration of the provider");
}

static bool apply_config(const struct sgn_buf *text)
{
	BIO *bio = BIO_new_mem_buf(text->data, (int)text->size);
	CONF *conf = NCONF_new(NULL);
	long line = 0;
	bool ok;

	OPENSSL_load_builtin_modules();
	ok = bio && conf && NCONF_load_bio(conf, bio, &line) > 0 &&
	     CONF_modules_load(conf, NULL, 0) > 0;
	NCONF_free(conf);
	BIO_free(bio);
	return ok;
}

static int start(struct backend *b, const struct sgn_token_key_input *in, struct sgn_error *err)
{
	struct sgn_buf text;
	int rc = 0;

	/* Once any provider is loaded by name, the default one is no longer there by itself. */
	b->base = OSSL_PROVIDER_load(NULL, "default");
	sgn_buf_init_secret(&text, SGN_LIMIT_PATH * 2);
	if (!OSSL_PROVIDER_available(NULL, NAME)) {
		rc = write_config(in, &text, err);
		if (rc == 0 && !apply_config(&text))
			rc = sgn_ossl_fail(err, "OpenSSL's provider pkcs11 cannot be loaded");
	}
	sgn_buf_dispose(&text);
	if (rc)
		return rc;
	b->pkcs11 = OSSL_PROVIDER_load(NULL, NAME);
	return b->pkcs11 ? 0 : sgn_ossl_fail(err, "OpenSSL's provider pkcs11 cannot be loaded");
}

static EVP_PKEY *load_key(struct backend *b, const struct sgn_token_key_input *in)
{
	OSSL_STORE_CTX *store = OSSL_STORE_open_ex(in->uri, NULL, "provider=" NAME, b->ui, in->pin,
	                                           NULL, NULL, NULL);
	EVP_PKEY *key = NULL;
	OSSL_STORE_INFO *info;

	if (store && OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) == 1) {
		while (!key && !OSSL_STORE_eof(store) && (info = OSSL_STORE_load(store)) != NULL) {
			if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
				key = OSSL_STORE_INFO_get1_PKEY(info);
			OSSL_STORE_INFO_free(info);
		}
	}
	OSSL_STORE_close(store);
	return key;
}

int sgn_token_key_by_provider(const struct sgn_token_key_input *in, EVP_PKEY **key, void **backend,
                              struct sgn_error *err)
{
	struct backend *b;
	int rc;

	*key = NULL;
	*backend = NULL;
	if (!OSSL_PROVIDER_available(NULL, NAME) && !is_installed())
		return sgn_fail(err, SGN_E_NOTFOUND, "OpenSSL has no provider pkcs11");
	b = sgn_calloc(1, sizeof(*b));
	if (!b)
		return sgn_fail_nomem(err);
	b->ui = sgn_token_ui_new();
	rc = b->ui ? start(b, in, err) : sgn_fail_nomem(err);
	if (rc == 0) {
		*key = load_key(b, in);
		if (!*key)
			rc = sgn_ossl_fail(err, "OpenSSL's provider pkcs11 cannot use the key");
	}
	ERR_clear_error();
	if (rc)
		sgn_token_provider_close(b);
	else
		*backend = b;
	return rc;
}

void sgn_token_provider_close(void *backend)
{
	struct backend *b = backend;

	if (b->pkcs11)
		OSSL_PROVIDER_unload(b->pkcs11);
	if (b->base)
		OSSL_PROVIDER_unload(b->base);
	if (b->ui)
		UI_destroy_method(b->ui);
	sgn_free(b);
}
