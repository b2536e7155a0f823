/* SPDX-License-Identifier: Apache-2.0 */
/* The identity store: a plain folder of keys and certificates, read once. */
#include "signer/pki/store.h"

#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/place.h"
#include "signer/base/time.h"

int sgn_identity_store_default(char *out, size_t room, struct sgn_error *err)
{
	char *path = NULL;
	int rc = sgn_place_settings("signet/identities", &path, err);

	if (rc == 0 && strlen(path) >= room)
		rc = sgn_fail(err, SGN_E_LIMIT,
		              "the path of the identities is longer than %zu bytes", room);
	if (room > 0)
		out[0] = '\0';
	if (rc == 0)
		memcpy(out, path, strlen(path) + 1);
	sgn_free(path);
	return rc;
}

static int make_room(struct sgn_identity_store *store, const char *dir, struct sgn_error *err)
{
	struct sgn_arena *a = &store->arena;

	store->dir = sgn_arena_strdup(a, dir);
	store->certs = sgn_arena_array(a, SGN_LIMIT_STORE_CERTS, sizeof(*store->certs));
	store->notes = sgn_arena_array(a, SGN_LIMIT_STORE_CERTS, sizeof(*store->notes));
	store->keys = sgn_arena_array(a, SGN_LIMIT_STORE_KEYS, sizeof(*store->keys));
	store->skipped = sgn_arena_array(a, SGN_LIMIT_STORE_FILES, sizeof(*store->skipped));
	if (!store->dir || !store->certs || !store->notes || !store->keys || !store->skipped)
		return sgn_fail_nomem(err);
	return 0;
}

int sgn_identity_store_read(const struct sgn_identity_store_options *opts,
                            const struct sgn_anchors *anchors, struct sgn_identity_store **out,
                            struct sgn_error *err)
{
	struct sgn_identity_store *store = sgn_calloc(1, sizeof(*store));
	int rc;

	*out = NULL;
	if (!store)
		return sgn_fail_nomem(err);
	store->anchors = anchors;
	store->now = opts->now ? opts->now : sgn_time_now();
	rc = make_room(store, opts->dir, err);
	if (rc == 0)
		rc = sgn_store_read(store, opts, err);
	if (rc == 0)
		rc = sgn_store_match(store, err);
	if (rc)
		sgn_identity_store_free(store);
	else
		*out = store;
	return rc;
}

void sgn_identity_store_free(struct sgn_identity_store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < store->match_count; i++) {
		EVP_PKEY_free(store->matches[i].id.key);
		sgn_arena_dispose(&store->matches[i].id.arena);
	}
	for (size_t i = 0; i < store->cert_count; i++)
		EVP_PKEY_free(store->notes[i].public_key);
	for (size_t i = 0; i < store->key_count; i++)
		EVP_PKEY_free(store->keys[i].key);
	sgn_arena_dispose(&store->arena);
	sgn_free(store);
}

const struct sgn_identity_candidate *sgn_identity_store_list(const struct sgn_identity_store *store,
                                                             size_t *count)
{
	*count = store->match_count;
	return store->candidates;
}

const struct sgn_identity_skipped *sgn_identity_store_skipped(
	const struct sgn_identity_store *store, size_t *count)
{
	*count = store->skipped_count;
	return store->skipped;
}

/* Leaf and chain move into an arena of the identity's own. */
static int copy_chain(struct sgn_identity *id, const struct sgn_chain *from,
                      const struct sgn_anchors *anchors, struct sgn_error *err)
{
	struct sgn_cert *certs = sgn_arena_array(&id->arena, SGN_LIMIT_CHAIN, sizeof(*certs));
	int rc = certs ? 0 : sgn_fail_nomem(err);

	for (size_t i = 0; rc == 0 && i < from->count; i++)
		rc = sgn_known_parse(sgn_anchors_known(anchors), from->certs[i]->der, &id->arena,
		                     &certs[i], err);
	if (rc)
		return rc;
	id->leaf = &certs[0];
	return sgn_chain_build(id->leaf, certs, from->count, anchors, &id->chain, err);
}

static int refuse_key(const struct sgn_identity_candidate *candidate, struct sgn_error *err)
{
	int rc = sgn_fail(err, SGN_E_UNTRUSTED, "\"%s\": %s", candidate->info.name, candidate->why);

	return sgn_error_cure(err, rc, "%s", candidate->cure);
}

int sgn_identity_store_load(const struct sgn_identity_store *store,
                            const struct sgn_identity_candidate *candidate,
                            struct sgn_identity **out, struct sgn_error *err)
{
	const struct sgn_store_match *match = &store->matches[candidate - store->candidates];
	struct sgn_identity *id;
	int rc;

	*out = NULL;
	if (!match->key || match->key->loose)
		return refuse_key(candidate, err);
	rc = sgn_id_check_key_type(match->key->key, err);
	if (rc)
		return rc;
	id = sgn_calloc(1, sizeof(*id));
	if (!id)
		return sgn_fail_nomem(err);
	if (EVP_PKEY_up_ref(match->key->key) == 1)
		id->key = match->key->key;
	rc = id->key ? copy_chain(id, &match->id.chain, store->anchors, err) : sgn_fail_nomem(err);
	if (rc == 0)
		rc = sgn_id_describe(id, err);
	if (rc)
		sgn_identity_free(id);
	else
		*out = id;
	return rc;
}
