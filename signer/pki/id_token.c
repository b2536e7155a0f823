/* SPDX-License-Identifier: Apache-2.0 */
/* An identity from a token: the story that signer/pki/token_*.c are the chapters of. */
#include <string.h>

#include "signer/base/mem.h"
#include "signer/pki/token.h"

/* What is needed while the key is looked for. */
struct work {
	const struct sgn_token_source *source;
	const struct sgn_token_candidates *tell;
	struct sgn_arena arena;
	struct sgn_token_uri uri;
	struct sgn_token_slots slots;
	struct sgn_token_pin pin;
	struct sgn_token_pick pick;
};

void sgn_token_free(struct sgn_token *t)
{
	if (!t)
		return;
	if (t->backend)
		t->backend_close(t->backend);
	if (t->open)
		t->module.f->C_CloseSession(t->session);
	sgn_module_close(&t->module);
	sgn_mutex_free(t->lock);
	if (t->pin)
		sgn_wipe(t->pin, sizeof(*t->pin));
	sgn_free(t->pin);
	sgn_free(t);
}

bool sgn_token_is_gone(const struct sgn_token *t)
{
	struct ck_session_info info;

	return sgn_ckr_is_gone(t->module.f->C_GetSessionInfo(t->session, &info));
}

static int open_session(struct sgn_token *t, CK_SLOT_ID slot, struct sgn_error *err)
{
	CK_RV rv = t->module.f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session);

	t->open = rv == CKR_OK;
	return t->open ? 0 : sgn_ckr_fail(err, rv, "no session with the token");
}

static void close_session(struct sgn_token *t)
{
	if (t->open)
		t->module.f->C_CloseSession(t->session);
	t->open = false;
}

/* Before any login, for it is tried at one token only: which one shows a certificate for code that fits? */
static bool shows_identity(struct work *w, struct sgn_token *t, const struct sgn_token_slot *slot)
{
	const struct sgn_view *v = w->uri.value;
	struct sgn_token_objects certs = {NULL, 0};
	bool found = false;

	if (open_session(t, slot->id, NULL) == 0)
		sgn_token_objects_find(&t->module, t->session, CKO_CERTIFICATE, v[SGN_TOKEN_ID],
		                       v[SGN_TOKEN_OBJECT], &w->arena, &certs, NULL);
	for (size_t i = 0; i < certs.count; i++)
		found |= sgn_cert_has_eku(&certs.at[i].cert,
		                          sgn_oid_known(SGN_OID_EKU_CODE_SIGNING));
	close_session(t);
	return found;
}

static void tell_slot(const struct work *w, const struct sgn_token_slot *slot)
{
	struct sgn_buf uri;
	char text[80];

	sgn_buf_init(&uri, SGN_LIMIT_TOKEN_URI);
	sgn_token_slot_uri(slot, &uri);
	sgn_token_slot_text(slot, text);
	w->tell->tell(w->tell->arg, sgn_buf_str(&uri), text);
	sgn_buf_dispose(&uri);
}

static int choose_slot(struct work *w, struct sgn_token *t, const struct sgn_token_slot **out,
                       struct sgn_error *err)
{
	const struct sgn_token_slots *s = &w->slots;
	size_t good = 0;
	int rc;

	*out = &s->fit[0];
	for (size_t i = 0; s->fit_count > 1 && i < s->fit_count; i++) {
		if (!shows_identity(w, t, &s->fit[i]))
			continue;
		*out = &s->fit[i];
		good++;
	}
	if (s->fit_count == 1 || good == 1)
		return 0;
	for (size_t i = 0; i < s->fit_count; i++)
		tell_slot(w, &s->fit[i]);
	rc = sgn_fail(err, SGN_E_NOTFOUND,
	              "%zu tokens fit the URI, and %zu of them show a certificate for signing code",
	              s->fit_count, good);
	return sgn_error_cure(err, rc, "name the token: token=LABEL or serial=NUMBER");
}

static int no_way(struct sgn_error *err)
{
	int rc = sgn_fail(err, SGN_E_NOTFOUND,
	                  "OpenSSL has neither the provider nor the engine \"pkcs11\"");

	return sgn_error_cure(err, rc,
	                      "install one of them; Debian 12, Ubuntu 22.04: "
	                      "libengine-pkcs11-openssl; Debian 13, Fedora: pkcs11-provider");
}

static int gone(const struct sgn_token *t, int rc, struct sgn_error *err)
{
	if (rc != SGN_E_CRYPTO || !sgn_token_is_gone(t))
		return rc;
	return sgn_error_cure(err, rc, "the token was removed: plug it in, and run again");
}

static int load_key(const struct work *w, struct sgn_token *t, EVP_PKEY **key,
                    struct sgn_error *err)
{
	struct sgn_token_key_input in = {w->pick.uri, t->module.path, NULL};
	int rc;

	if (t->pin)
		in.pin = t->pin->text;
	rc = sgn_token_key_by_provider(&in, key, &t->backend, err);
	t->backend_close = sgn_token_provider_close;
	if (rc != SGN_E_NOTFOUND)
		return gone(t, rc, err);
	rc = sgn_token_key_by_engine(&in, key, &t->backend, err);
	t->backend_close = sgn_token_engine_close;
	return rc == SGN_E_NOTFOUND ? no_way(err) : gone(t, rc, err);
}

/* Those of the key first: the room is limited, and a token may hold many. */
static int add_certs(const struct work *w, struct sgn_id_parts *parts, struct sgn_error *err)
{
	const struct sgn_token_objects *certs = &w->pick.certs;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < certs->count; i++)
		if (sgn_token_belongs(&certs->at[i], w->pick.key))
			rc = sgn_id_add_cert(parts, certs->at[i].cert.der, err);
	for (size_t i = 0; rc == 0 && i < w->source->cert_count; i++)
		rc = sgn_id_add_cert_file(parts, w->source->cert_paths[i], err);
	for (size_t i = 0; rc == 0 && i < certs->count && parts->cert_count < SGN_LIMIT_CERTS; i++)
		rc = sgn_id_add_cert(parts, certs->at[i].cert.der, err);
	return rc;
}

static int check_certs(const struct work *w, const struct sgn_id_parts *parts,
                       struct sgn_error *err)
{
	int rc;

	for (size_t i = 0; i < w->pick.certs.count; i++)
		if (sgn_token_belongs(&w->pick.certs.at[i], w->pick.key))
			return 0;
	if (w->source->cert_count && parts->cert_count)
		return 0; /* whether they fit is seen when they are put together */
	rc = sgn_fail(err, SGN_E_NOTFOUND, "the token has no certificate for the private key %s",
	              w->pick.uri);
	return sgn_error_cure(err, rc, "give the one that Apple issued for it: --certificate FILE");
}

static int look(struct work *w, struct sgn_token *t, struct sgn_error *err)
{
	const struct sgn_token_slot *slot = NULL;
	const char *module = (const char *)w->uri.value[SGN_TOKEN_MODULE_PATH].data;
	int rc = sgn_module_open(module ? module : w->source->module, &t->module, err);

	if (rc == 0)
		rc = sgn_token_slots_find(&t->module, &w->uri, w->tell, &w->slots, err);
	if (rc == 0)
		rc = choose_slot(w, t, &slot, err);
	if (rc == 0)
		rc = open_session(t, slot->id, err);
	if (rc == 0)
		rc = sgn_token_login(&t->module, slot, t->session, &w->pin, err);
	if (rc == 0)
		rc = sgn_token_pick(&t->module, t->session, slot, &w->uri, w->tell, &w->arena,
		                    &w->pick, err);
	return rc;
}

/* The PIN stays in memory only for a key that wants it each time. */
static int keep_pin(struct work *w, struct sgn_token *t, struct sgn_error *err)
{
	if (w->pick.key->ask_always && w->pin.known) {
		t->pin = sgn_malloc(sizeof(*t->pin));
		if (!t->pin)
			return sgn_fail_nomem(err);
		memcpy(t->pin, &w->pin, sizeof(*t->pin));
	}
	sgn_wipe(w->pin.text, sizeof(w->pin.text));
	if (!t->module.one_thread)
		return 0;
	t->lock = sgn_mutex_new();
	return t->lock ? 0 : sgn_fail_nomem(err);
}

static int fill(struct work *w, struct sgn_identity *id, struct sgn_id_parts *parts,
                struct sgn_error *err)
{
	EVP_PKEY *key = NULL;
	int rc = look(w, id->token, err);

	if (rc == 0)
		rc = add_certs(w, parts, err);
	if (rc == 0)
		rc = check_certs(w, parts, err);
	if (rc == 0)
		rc = keep_pin(w, id->token, err);
	if (rc == 0)
		rc = load_key(w, id->token, &key, err);
	if (rc == 0)
		rc = sgn_id_take_key(parts, key, err);
	if (rc)
		return rc;
	id->info.uri = sgn_arena_strdup(&id->arena, w->pick.uri);
	return id->info.uri ? 0 : sgn_fail_nomem(err);
}

int sgn_identity_read_token(const struct sgn_token_source *source,
                            const struct sgn_token_candidates *tell,
                            const struct sgn_anchors *anchors, struct sgn_identity **out,
                            struct sgn_error *err)
{
	struct sgn_identity *id = sgn_calloc(1, sizeof(*id));
	struct work *w = sgn_calloc(1, sizeof(*w));
	struct sgn_id_parts *parts = NULL;
	int rc = 0;

	if (id) {
		id->token = sgn_calloc(1, sizeof(*id->token));
		parts = sgn_arena_alloc(&id->arena, sizeof(*parts));
	}
	if (!w || !id || !id->token || !parts) {
		rc = sgn_fail_nomem(err);
		goto out;
	}
	w->source = source;
	w->tell = tell;
	w->pin.source = source;
	parts->arena = &id->arena;
	rc = sgn_token_uri_parse(source->uri, &w->arena, &w->uri, err);
	w->pin.file = w->uri.value[SGN_TOKEN_PIN_SOURCE];
	if (rc == 0)
		rc = fill(w, id, parts, err);
	if (rc == 0)
		rc = sgn_id_assemble(id, parts, anchors, err);
out:
	for (size_t i = 0; parts && i < parts->key_count; i++)
		EVP_PKEY_free(parts->keys[i]);
	if (w) {
		sgn_wipe(&w->pin, sizeof(w->pin));
		sgn_arena_dispose(&w->arena);
	}
	sgn_free(w);
	if (rc) {
		sgn_identity_free(id);
		id = NULL;
	}
	*out = id;
	return rc;
}
