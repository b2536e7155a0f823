/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys in tokens, as the files signer/pki/token_*.c and id_token.c share them. What is there is asked from
 * the PKCS#11 module itself, which alone can list it and say why a PIN is refused; the key is then used
 * through OpenSSL (a provider or an engine), on the login that was made here.
 */
#ifndef SIGNER_PKI_TOKEN_H
#define SIGNER_PKI_TOKEN_H

#include "signer/base/plugin.h"
#include "signer/base/thread.h"
#include "signer/pki/cryptoki.h"
#include "signer/pki/internal.h"
#include "signer/pki/token_uri.h"

/* --- the module (token_module.c) ---------------------------------------------------------------- */

struct sgn_module {
	char *path; /* owned; as it is given to OpenSSL */
	struct sgn_plugin *plugin;
	const struct ck_functions *f;
	bool started;    /* C_Initialize succeeded here, so it is ended here */
	bool one_thread; /* it cannot lock: one call at a time */
	struct ck_info info;
};

/* What is known without a file: an installed p11-kit-proxy. NULL path asks for it. */
int sgn_module_open(const char *path, struct sgn_module *out, struct sgn_error *err);
void sgn_module_close(struct sgn_module *m);

/* "CKR_PIN_LOCKED", or "CKR 0x80000001". The text is static, or in out. */
const char *sgn_ckr_text(CK_RV rv, char out[32]);
bool sgn_ckr_is_gone(CK_RV rv); /* the token is no longer there */

/* SGN_E_CRYPTO with what, and the module's number behind it; SGN_E_NOTFOUND when the token is gone. */
int sgn_ckr_fail(struct sgn_error *err, CK_RV rv, const char *what);

/* A padded text of Cryptoki: without the spaces at its end. */
struct sgn_view sgn_ck_text(const CK_BYTE *text, size_t size);

/* --- tokens (token_slots.c) --------------------------------------------------------------------- */

struct sgn_token_slot {
	CK_SLOT_ID id;
	struct ck_slot_info slot;
	struct ck_token_info token;
};

/* The tokens that are there and fit the URI; when none fits, those that are there are told. */
struct sgn_token_slots {
	struct sgn_token_slot fit[SGN_LIMIT_TOKENS];
	size_t fit_count;
	size_t count; /* tokens that are there */
};

int sgn_token_slots_find(const struct sgn_module *m, const struct sgn_token_uri *uri,
                         const struct sgn_token_candidates *tell, struct sgn_token_slots *out,
                         struct sgn_error *err);

/* The attributes that name a token, for sgn_token_uri_write(). */
void sgn_token_slot_uri(const struct sgn_token_slot *slot, struct sgn_buf *out);

/* "token \"NAME\"" for messages; out has room for 80 bytes. */
void sgn_token_slot_text(const struct sgn_token_slot *slot, char out[80]);

/* --- objects (token_objects.c) ------------------------------------------------------------------ */

struct sgn_token_object {
	CK_OBJECT_HANDLE handle;
	struct sgn_view id, label; /* in the arena; may be empty */
	CK_ULONG key_type;         /* of a key */
	bool ask_always;           /* a key that wants the PIN for each signature */
	struct sgn_cert cert;      /* of a certificate */
};

struct sgn_token_objects {
	struct sgn_token_object *at;
	size_t count;
};

/* Objects of a class; id and label restrict it unless their data is NULL. A certificate that cannot be read
 * is left out. */
int sgn_token_objects_find(const struct sgn_module *m, CK_SESSION_HANDLE session, CK_ULONG class_,
                           struct sgn_view id, struct sgn_view label, struct sgn_arena *arena,
                           struct sgn_token_objects *out, struct sgn_error *err);

/* --- login (token_login.c) ---------------------------------------------------------------------- */

struct sgn_token_pin {
	const struct sgn_token_source *source;
	struct sgn_view file; /* pin-source= of the URI, or empty */
	bool known;
	char text[SGN_LIMIT_PASSWORD];
};

/* One try; the PIN stays in pin for keys that want it again. */
int sgn_token_login(const struct sgn_module *m, const struct sgn_token_slot *slot,
                    CK_SESSION_HANDLE session, struct sgn_token_pin *pin, struct sgn_error *err);

/* --- which key (token_pick.c) ------------------------------------------------------------------- */

struct sgn_token_pick {
	struct sgn_token_objects certs; /* all of the token */
	struct sgn_token_object *key;
	char *uri; /* complete, of the key; in the arena */
};

int sgn_token_pick(const struct sgn_module *m, CK_SESSION_HANDLE session,
                   const struct sgn_token_slot *slot, const struct sgn_token_uri *uri,
                   const struct sgn_token_candidates *tell, struct sgn_arena *arena,
                   struct sgn_token_pick *out, struct sgn_error *err);

/* The certificate is filed under the same identifier as the key, or else under the same label. */
bool sgn_token_belongs(const struct sgn_token_object *cert, const struct sgn_token_object *key);

/* --- the key in OpenSSL ------------------------------------------------------------------------- */

/* What stays as long as the identity. */
struct sgn_token {
	struct sgn_module module;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session; /* keeps the login */
	bool open;
	struct sgn_mutex *lock;    /* NULL: threads may sign at the same time */
	struct sgn_token_pin *pin; /* NULL unless the key wants it for each signature */
	void *backend;
	void (*backend_close)(void *backend);
};

struct sgn_token_key_input {
	const char *uri;    /* complete */
	const char *module; /* path */
	char *pin;          /* NULL: the login that was made suffices */
};

/*
 * One way each; token_engine.c alone knows OpenSSL's engines, which are deprecated. SGN_E_NOTFOUND when
 * this system does not have it; *backend is what must be closed after the key was freed.
 */
int sgn_token_key_by_provider(const struct sgn_token_key_input *in, EVP_PKEY **key, void **backend,
                              struct sgn_error *err);
void sgn_token_provider_close(void *backend);
int sgn_token_key_by_engine(const struct sgn_token_key_input *in, EVP_PKEY **key, void **backend,
                            struct sgn_error *err);
void sgn_token_engine_close(void *backend);

/* Answers OpenSSL's questions for a PIN with the user data that goes with the method: in->pin, which must live
 * as long as the key. OpenSSL takes it without const, and only reads it. */
UI_METHOD *sgn_token_ui_new(void);

/* After the key was freed; accepts NULL. */
void sgn_token_free(struct sgn_token *t);

/* Is the token still there? For the message when signing failed. */
bool sgn_token_is_gone(const struct sgn_token *t);

#endif
