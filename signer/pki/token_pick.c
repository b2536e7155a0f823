/* SPDX-License-Identifier: Apache-2.0 */
/* Which private key of a token is meant: the one that the URI names, or the one made for signing code. */
#include <stdio.h>

#include "signer/base/mem.h"
#include "signer/pki/token.h"

bool sgn_token_belongs(const struct sgn_token_object *cert, const struct sgn_token_object *key)
{
	if (key->id.size && cert->id.size)
		return sgn_view_equal(cert->id, key->id);
	return key->label.size && sgn_view_equal(cert->label, key->label);
}

/* The certificate of a key that people know it by: one for code, if there is one. */
static const struct sgn_token_object *best_cert(const struct sgn_token_objects *certs,
                                                const struct sgn_token_object *key)
{
	const struct sgn_view eku = sgn_oid_known(SGN_OID_EKU_CODE_SIGNING);
	const struct sgn_token_object *best = NULL;

	for (size_t i = 0; i < certs->count; i++) {
		if (!sgn_token_belongs(&certs->at[i], key))
			continue;
		if (sgn_cert_has_eku(&certs->at[i].cert, eku))
			return &certs->at[i];
		best = &certs->at[i];
	}
	return best;
}

static bool signs_code(const struct sgn_token_object *cert)
{
	return cert && sgn_cert_has_eku(&cert->cert, sgn_oid_known(SGN_OID_EKU_CODE_SIGNING));
}

static void write_uri(const struct sgn_token_slot *slot, const struct sgn_token_object *key,
                      struct sgn_buf *out)
{
	sgn_token_slot_uri(slot, out);
	if (key->id.size)
		sgn_token_uri_write(out, SGN_TOKEN_ID, key->id);
	if (key->label.size)
		sgn_token_uri_write(out, SGN_TOKEN_OBJECT, key->label);
	sgn_token_uri_write(out, SGN_TOKEN_TYPE, sgn_view_str("private"));
}

static const char *key_text(const struct sgn_token_object *key)
{
	if (key->key_type == CKK_RSA)
		return "RSA key";
	return key->key_type == CKK_EC ? "EC key" : "key of another type";
}

static void tell_key(const struct sgn_token_slot *slot, const struct sgn_token_object *key,
                     const struct sgn_token_object *cert, const struct sgn_token_candidates *tell,
                     struct sgn_arena *arena)
{
	const char *title = cert ? sgn_cert_title(&cert->cert, arena) : NULL;
	struct sgn_buf uri;
	char text[256];

	sgn_buf_init(&uri, SGN_LIMIT_TOKEN_URI);
	write_uri(slot, key, &uri);
	if (!title)
		snprintf(text, sizeof(text), "%s, no certificate", key_text(key));
	else
		snprintf(text, sizeof(text), "%s of \"%s\"%s", key_text(key), title,
		         signs_code(cert) ? "" : ", not for code");
	tell->tell(tell->arg, sgn_buf_str(&uri), text);
	sgn_buf_dispose(&uri);
}

/* What a search has found so far. */
struct search {
	const struct sgn_module *m;
	CK_SESSION_HANDLE session;
	const struct sgn_token_slot *slot;
	const struct sgn_token_uri *uri;
	const struct sgn_token_candidates *tell;
	struct sgn_arena *arena;
	struct sgn_token_objects keys;
};

static int find(struct search *s, CK_ULONG class_, struct sgn_view id, struct sgn_view label,
                struct sgn_token_objects *out, struct sgn_error *err)
{
	return sgn_token_objects_find(s->m, s->session, class_, id, label, s->arena, out, err);
}

/* The URI may name the certificate: its keys are those under its identifier. */
static int keys_of_certs(struct search *s, const struct sgn_token_objects *certs,
                         struct sgn_error *err)
{
	const struct sgn_view any = sgn_view_of(NULL, 0);
	struct sgn_token_objects keys;
	int rc = find(s, CKO_PRIVATE_KEY, any, any, &keys, err);

	for (size_t k = 0; rc == 0 && k < keys.count; k++) {
		for (size_t i = 0; i < certs->count; i++) {
			const struct sgn_token_object *c = &certs->at[i];

			if (!sgn_token_belongs(c, &keys.at[k]) ||
			    !sgn_token_uri_allows(s->uri, SGN_TOKEN_OBJECT, c->label) ||
			    !sgn_token_uri_allows(s->uri, SGN_TOKEN_ID, c->id))
				continue;
			keys.at[s->keys.count++] = keys.at[k];
			break;
		}
	}
	if (rc == 0)
		s->keys.at = keys.at;
	return rc;
}

static int find_keys(struct search *s, const struct sgn_token_objects *certs, struct sgn_error *err)
{
	const struct sgn_view *v = s->uri->value;
	bool named = v[SGN_TOKEN_ID].data || v[SGN_TOKEN_OBJECT].data;
	bool cert = sgn_view_equal(v[SGN_TOKEN_TYPE], sgn_view_str("cert"));
	int rc = 0;

	if (!cert)
		rc = find(s, CKO_PRIVATE_KEY, v[SGN_TOKEN_ID], v[SGN_TOKEN_OBJECT], &s->keys, err);
	if (rc == 0 && s->keys.count == 0 && (cert || (named && !v[SGN_TOKEN_TYPE].data)))
		rc = keys_of_certs(s, certs, err);
	return rc;
}

static void tell_all(struct search *s, const struct sgn_token_objects *keys,
                     const struct sgn_token_objects *certs)
{
	for (size_t i = 0; i < keys->count; i++)
		tell_key(s->slot, &keys->at[i], best_cert(certs, &keys->at[i]), s->tell, s->arena);
}

static int no_key(struct search *s, const struct sgn_token_objects *certs, struct sgn_error *err)
{
	const struct sgn_view any = sgn_view_of(NULL, 0);
	struct sgn_token_objects keys;
	char token[80];
	int rc = find(s, CKO_PRIVATE_KEY, any, any, &keys, err);

	if (rc)
		return rc;
	sgn_token_slot_text(s->slot, token);
	tell_all(s, &keys, certs);
	if (keys.count == 0) {
		rc = sgn_fail(err, SGN_E_NOTFOUND, "%s has no private key%s", token,
		              certs->count ? ", only certificates" : "");
		return sgn_error_cure(err, rc,
		                      "is it the token that the signing request was made on");
	}
	rc = sgn_fail(err, SGN_E_NOTFOUND, "%s has no private key that fits the URI, but %zu %s",
	              token, keys.count, keys.count == 1 ? "other" : "others");
	return sgn_error_cure(err, rc, "compare id= and object= with those that are listed");
}

static int ambiguous(struct search *s, const struct sgn_token_objects *certs, size_t good,
                     struct sgn_error *err)
{
	char token[80];
	int rc;

	sgn_token_slot_text(s->slot, token);
	tell_all(s, &s->keys, certs);
	if (good == 0)
		rc = sgn_fail(err, SGN_E_NOTFOUND,
		              "%zu private keys in %s fit the URI, and none has a certificate for "
		              "signing code",
		              s->keys.count, token);
	else
		rc = sgn_fail(err, SGN_E_NOTFOUND,
		              "%zu private keys in %s fit the URI and have a certificate for "
		              "signing code",
		              good, token);
	return sgn_error_cure(err, rc, "choose one of the URIs that are listed");
}

static int choose(struct search *s, const struct sgn_token_objects *certs,
                  struct sgn_token_object **key, struct sgn_error *err)
{
	size_t good = 0;

	if (s->keys.count == 0)
		return no_key(s, certs, err);
	*key = &s->keys.at[0];
	if (s->keys.count == 1)
		return 0;
	for (size_t i = 0; i < s->keys.count; i++) {
		if (!signs_code(best_cert(certs, &s->keys.at[i])))
			continue;
		*key = &s->keys.at[i];
		good++;
	}
	return good == 1 ? 0 : ambiguous(s, certs, good, err);
}

int sgn_token_pick(const struct sgn_module *m, CK_SESSION_HANDLE session,
                   const struct sgn_token_slot *slot, const struct sgn_token_uri *uri,
                   const struct sgn_token_candidates *tell, struct sgn_arena *arena,
                   struct sgn_token_pick *out, struct sgn_error *err)
{
	const struct sgn_view any = sgn_view_of(NULL, 0);
	struct search s = {m, session, slot, uri, tell, arena, {NULL, 0}};
	struct sgn_buf text;
	int rc = find(&s, CKO_CERTIFICATE, any, any, &out->certs, err);

	if (rc == 0)
		rc = find_keys(&s, &out->certs, err);
	if (rc == 0)
		rc = choose(&s, &out->certs, &out->key, err);
	if (rc)
		return rc;
	sgn_buf_init(&text, SGN_LIMIT_TOKEN_URI * 4);
	write_uri(slot, out->key, &text);
	rc = sgn_buf_finish(&text, err, "the URI of the key");
	out->uri = rc ? NULL : sgn_arena_strdup(arena, sgn_buf_str(&text));
	sgn_buf_dispose(&text);
	return rc || out->uri ? rc : sgn_fail_nomem(err);
}
