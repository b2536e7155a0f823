/* SPDX-License-Identifier: Apache-2.0 */
/* The files of an identity store. What cannot be used is remembered with its reason and left out. */
#include "signer/pki/store.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "signer/base/dir.h"
#include "signer/base/mem.h"

struct reader {
	struct sgn_identity_store *store;
	struct sgn_dir dir;
	struct sgn_id_library library;
	struct sgn_id_password *pw;
	struct sgn_id_parts *parts; /* of one file at a time */
	bool allow_loose;
};

/* The file that is being read. */
struct subject {
	const char *name;
	struct sgn_file_facts facts;
	bool loose;
	bool locked;
	bool offered;
};

static int skip(struct reader *r, const char *name, enum sgn_identity_skip why, const char *text,
                struct sgn_error *err)
{
	struct sgn_identity_store *store = r->store;
	struct sgn_identity_skipped *s = &store->skipped[store->skipped_count];

	s->file = sgn_arena_strdup(&store->arena, name);
	s->text = sgn_arena_strdup(&store->arena, text);
	s->why = why;
	if (!s->file || !s->text)
		return sgn_fail_nomem(err);
	store->skipped_count++; /* at most one for each file: there is room */
	return 0;
}

/* Of a certificate that is there already: its index; else SGN_LIMIT_STORE_CERTS. */
static size_t find_cert(const struct sgn_identity_store *store, const struct sgn_cert *cert)
{
	for (size_t i = 0; i < store->cert_count; i++)
		if (sgn_cert_same(&store->certs[i], cert))
			return i;
	return SGN_LIMIT_STORE_CERTS;
}

static int add_place(struct sgn_identity_store *store, size_t index, const struct subject *file,
                     struct sgn_error *err)
{
	struct sgn_store_note *note = &store->notes[index];
	struct sgn_store_place *place = sgn_arena_alloc(&store->arena, sizeof(*place));

	if (!place)
		return sgn_fail_nomem(err);
	place->file = file->name;
	place->locked = file->locked;
	if (note->last)
		note->last->next = place;
	else
		note->first = place;
	note->last = place;
	note->places++;
	note->offered |= file->offered;
	return 0;
}

static int take_cert(struct sgn_identity_store *store, const struct sgn_cert *cert,
                     const struct subject *file, struct sgn_error *err)
{
	size_t index = find_cert(store, cert);

	if (index == SGN_LIMIT_STORE_CERTS) {
		if (store->cert_count == SGN_LIMIT_STORE_CERTS)
			return sgn_fail(err, SGN_E_LIMIT,
			                "more than %d certificates in the folder of identities",
			                SGN_LIMIT_STORE_CERTS);
		index = store->cert_count++;
		store->certs[index] = *cert;
		store->notes[index].public_key = sgn_cert_key(cert);
		ERR_clear_error();
	}
	return add_place(store, index, file, err);
}

static int take_key(struct sgn_identity_store *store, EVP_PKEY *key, const struct subject *file,
                    struct sgn_error *err)
{
	struct sgn_store_key *slot = &store->keys[store->key_count];

	if (store->key_count == SGN_LIMIT_STORE_KEYS)
		return sgn_fail(err, SGN_E_LIMIT,
		                "more than %d private keys in the folder of identities",
		                SGN_LIMIT_STORE_KEYS);
	if (EVP_PKEY_up_ref(key) != 1)
		return sgn_ossl_fail(err, "the private key");
	slot->key = key;
	slot->file = file->name;
	slot->mode = file->facts.mode;
	slot->loose = file->loose;
	store->key_count++;
	return 0;
}

/* Also what a file that could not be read to its end had in front. */
static int take_parts(struct reader *r, const struct subject *file, struct sgn_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->parts->cert_count; i++)
		rc = take_cert(r->store, &r->parts->certs[i], file, err);
	for (size_t i = 0; rc == 0 && i < r->parts->key_count; i++)
		rc = take_key(r->store, r->parts->keys[i], file, err);
	return rc;
}

static void forget_parts(struct reader *r)
{
	for (size_t i = 0; i < r->parts->key_count; i++)
		EVP_PKEY_free(r->parts->keys[i]);
	r->parts->key_count = 0;
	r->parts->cert_count = 0;
	r->pw->asked = false;
}

/* Why a file could not be used, by what the reader said of its bytes. */
static enum sgn_identity_skip judge(const struct reader *r, struct sgn_view bytes, int rc)
{
	bool container = sgn_id_is_p12(bytes);

	if (rc == SGN_E_CRYPTO || (r->pw->asked && !container))
		return SGN_SKIP_LOCKED;
	if (rc == SGN_E_LIMIT)
		return SGN_SKIP_UNREADABLE;
	return container || sgn_id_pem_has_key(bytes) || sgn_id_pem_has_cert(bytes)
	               ? SGN_SKIP_DAMAGED
	               : SGN_SKIP_UNKNOWN;
}

static int skip_locked(struct reader *r, const struct subject *file, const struct sgn_error *why,
                       struct sgn_error *err)
{
	char text[80];

	if (!file->loose)
		return skip(r, file->name, SGN_SKIP_LOCKED, why->text, err);
	snprintf(text, sizeof(text), "other users of this machine may %s it (mode %04o)",
	         file->facts.mode & 044 ? "read" : "change", file->facts.mode);
	return skip(r, file->name, SGN_SKIP_LOOSE, text, err);
}

static int take_bytes(struct reader *r, struct subject *file, struct sgn_view bytes,
                      struct sgn_error *err)
{
	struct sgn_error why = SGN_ERROR_INIT;
	enum sgn_identity_skip judged;
	int rc = sgn_id_read_bytes(bytes, false, r->pw, r->parts, &why);

	file->loose = !r->allow_loose && sgn_file_is_loose(&file->facts);
	if (rc == 0) {
		rc = take_parts(r, file, err);
	} else if (rc == SGN_E_NOMEM) {
		sgn_fail_nomem(err);
	} else {
		judged = judge(r, bytes, rc);
		file->locked = judged == SGN_SKIP_LOCKED;
		rc = take_parts(r, file, err);
		if (rc == 0 && file->locked)
			rc = skip_locked(r, file, &why, err);
		else if (rc == 0)
			rc = skip(r, file->name, judged, why.text, err);
	}
	forget_parts(r);
	sgn_error_dispose(&why);
	return rc;
}

static int skip_unreadable(struct reader *r, const char *name, int rc, const struct sgn_error *why,
                           struct sgn_error *err)
{
	bool folder = rc == SGN_E_UNSUPPORTED;

	if (rc == SGN_E_NOMEM)
		return sgn_fail_nomem(err);
	return skip(r, name, folder ? SGN_SKIP_FOLDER : SGN_SKIP_UNREADABLE, why->text, err);
}

static int take_file(struct reader *r, const char *name, struct sgn_error *err)
{
	struct subject file = {.offered = true};
	struct sgn_error why = SGN_ERROR_INIT;
	struct sgn_buf bytes;
	int rc;

	if (name[0] == '.')
		return skip(r, name, SGN_SKIP_HIDDEN, "hidden", err);
	file.name = sgn_arena_strdup(&r->store->arena, name);
	if (!file.name)
		return sgn_fail_nomem(err);
	sgn_buf_init_secret(&bytes, SGN_LIMIT_CERT_FILE);
	rc = sgn_dir_load(&r->dir, name, &bytes, &file.facts, &why);
	if (rc == 0)
		rc = take_bytes(r, &file, sgn_buf_view(&bytes), err);
	else
		rc = skip_unreadable(r, name, rc, &why, err);
	sgn_buf_dispose(&bytes);
	sgn_error_dispose(&why);
	return rc;
}

/* A file that was named: it must be usable. */
static int take_named(struct reader *r, const char *path, bool key_wanted, struct sgn_error *err)
{
	struct subject file = {.name = sgn_arena_strdup(&r->store->arena, path)};
	int rc;

	if (!file.name)
		return sgn_fail_nomem(err);
	rc = sgn_id_read_file(path, key_wanted, r->pw, r->parts, err);
	if (rc == 0)
		rc = take_parts(r, &file, err);
	forget_parts(r);
	return rc;
}

static int take_all(struct reader *r, const struct sgn_identity_store_options *opts,
                    struct sgn_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->dir.count; i++)
		rc = sgn_error_at_path(err, take_file(r, r->dir.names[i], err), opts->dir);
	if (rc == 0 && opts->key_path)
		rc = take_named(r, opts->key_path, true, err);
	for (size_t i = 0; rc == 0 && i < opts->chain_count; i++)
		rc = take_named(r, opts->chain_paths[i], false, err);
	return rc;
}

static int check_folder(const struct reader *r, const char *dir, struct sgn_error *err)
{
	int rc;

	if (r->allow_loose || !(r->dir.mode & 022))
		return 0;
	rc = sgn_fail(err, SGN_E_UNTRUSTED,
	              "other users of this machine may put files into the folder of identities "
	              "(mode %04o): refused",
	              r->dir.mode);
	sgn_error_at_path(err, rc, dir);
	return sgn_error_cure(err, rc,
	                      "chmod 700 %s; or --allow-loose-modes where no other user can log in",
	                      dir);
}

static int start(struct reader *r, const struct sgn_identity_store_options *opts,
                 const struct sgn_identity_source *source, struct sgn_error *err)
{
	r->pw = sgn_calloc(1, sizeof(*r->pw));
	r->parts = sgn_calloc(1, sizeof(*r->parts));
	if (!r->pw || !r->parts)
		return sgn_fail_nomem(err);
	if (opts->password && strlen(opts->password) >= SGN_LIMIT_PASSWORD)
		return sgn_fail(err, SGN_E_USAGE, "the password is longer than %d bytes",
		                SGN_LIMIT_PASSWORD - 1);
	r->pw->source = source;
	r->pw->last = true; /* it is for one file of many */
	r->parts->arena = &r->store->arena;
	r->parts->library = &r->library;
	r->parts->allow_loose_modes = opts->allow_loose_modes;
	return 0;
}

int sgn_store_read(struct sgn_identity_store *store, const struct sgn_identity_store_options *opts,
                   struct sgn_error *err)
{
	struct sgn_identity_source source = {.password = opts->password};
	struct reader r = {.store = store, .allow_loose = opts->allow_loose_modes};
	int rc = sgn_dir_open(opts->dir, SGN_LIMIT_STORE_FILES, &r.dir, err);

	if (rc == 0)
		rc = check_folder(&r, opts->dir, err);
	if (rc == 0)
		rc = start(&r, opts, &source, err);
	if (rc == 0)
		rc = take_all(&r, opts, err);
	sgn_id_library_close(&r.library);
	if (r.pw)
		sgn_wipe(r.pw, sizeof(*r.pw));
	sgn_free(r.pw);
	sgn_free(r.parts);
	sgn_dir_close(&r.dir);
	return rc;
}
