/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key in a token through libp11's engine "pkcs11". OpenSSL calls engines deprecated since 3.0; systems with
 * 3.0 have no other way. This is the only file that knows them.
 *
 * libp11 keeps a pool of sessions with its own lock (up to 0.4.11: one session and a lock), so that threads may
 * sign with one key at the same time. It looks for the key without a login first, and finds it, because the
 * process is logged in already: so there is one login only.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/opensslconf.h>

#ifndef OPENSSL_NO_ENGINE
#include <openssl/engine.h>
#endif
#include <openssl/err.h>
#include <openssl/ui.h>

#include "signer/base/mem.h"
#include "signer/pki/token.h"

#ifdef OPENSSL_NO_ENGINE

int sgn_token_key_by_engine(const struct sgn_token_key_input *in, EVP_PKEY **key, void **backend,
                            struct sgn_error *err)
{
	SGN_UNUSED(in);
	*key = NULL;
	*backend = NULL;
	return sgn_fail(err, SGN_E_NOTFOUND, "this OpenSSL has no engines");
}

void sgn_token_engine_close(void *backend)
{
	SGN_UNUSED(backend);
}

#else

struct backend {
	ENGINE *engine;
	EVP_PKEY *key; /* see sgn_token_engine_close() */
	UI_METHOD *ui;
	bool running;
};

static int start(struct backend *b, const struct sgn_token_key_input *in, struct sgn_error *err)
{
	/* QUIET: libp11 prints to standard error what is an error of ours, too. */
	if (ENGINE_ctrl_cmd_string(b->engine, "QUIET", NULL, 0) != 1 ||
	    ENGINE_ctrl_cmd_string(b->engine, "MODULE_PATH", in->module, 0) != 1 ||
	    ENGINE_ctrl_cmd(b->engine, "SET_USER_INTERFACE", 0, b->ui, NULL, 0) != 1 ||
	    ENGINE_ctrl_cmd(b->engine, "SET_CALLBACK_DATA", 0, in->pin, NULL, 0) != 1)
		return sgn_ossl_fail(err, "OpenSSL's engine pkcs11 cannot be set up");
	b->running = ENGINE_init(b->engine) == 1;
	return b->running ? 0 : sgn_ossl_fail(err, "OpenSSL's engine pkcs11 does not start");
}

int sgn_token_key_by_engine(const struct sgn_token_key_input *in, EVP_PKEY **key, void **backend,
                            struct sgn_error *err)
{
	struct backend *b = sgn_calloc(1, sizeof(*b));
	int rc = 0;

	*key = NULL;
	*backend = NULL;
	if (!b)
		return sgn_fail_nomem(err);
	ENGINE_load_builtin_engines(); /* knows how to load others */
	b->engine = ENGINE_by_id("pkcs11");
	b->ui = sgn_token_ui_new();
	if (!b->engine)
		rc = sgn_fail(err, SGN_E_NOTFOUND, "OpenSSL has no engine pkcs11: %s",
		              sgn_ossl_reason());
	else if (!b->ui)
		rc = sgn_fail_nomem(err);
	else
		rc = start(b, in, err);
	if (rc == 0) {
		*key = ENGINE_load_private_key(b->engine, in->uri, b->ui, in->pin);
		if (*key && EVP_PKEY_up_ref(*key) == 1)
			b->key = *key;
		if (!*key)
			rc = sgn_ossl_fail(err, "OpenSSL's engine pkcs11 cannot use the key");
	}
	ERR_clear_error();
	if (rc)
		sgn_token_engine_close(b);
	else
		*backend = b;
	return rc;
}

void sgn_token_engine_close(void *backend)
{
	struct backend *b = backend;

	/* libp11 keeps the key until the engine is no longer used, and the key uses the engine: without this it would
	 * remember sessions of a module that has ended, and fail with the next identity. */
	if (b->key)
		EVP_PKEY_set1_engine(b->key, NULL);
	EVP_PKEY_free(b->key);
	if (b->running) {
		/* What it remembers would be a dangling pointer. */
		ENGINE_ctrl_cmd(b->engine, "SET_USER_INTERFACE", 0, NULL, NULL, 0);
		ENGINE_ctrl_cmd(b->engine, "SET_CALLBACK_DATA", 0, NULL, NULL, 0);
		ENGINE_finish(b->engine);
	}
	ENGINE_free(b->engine);
	if (b->ui)
		UI_destroy_method(b->ui);
	sgn_free(b);
}

#endif
