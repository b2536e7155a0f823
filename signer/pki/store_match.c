/* SPDX-License-Identifier: Apache-2.0 */
/* Which certificate can be signed with, and why not. */
#include "signer/pki/store.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "signer/base/buf.h"
#include "signer/base/time.h"

/* The private key of a certificate; one that others may read only when there is no better copy. */
static const struct sgn_store_key *find_key(const struct sgn_identity_store *store, size_t cert)
{
	const EVP_PKEY *public_key = store->notes[cert].public_key;
	const struct sgn_store_key *found = NULL;

	for (size_t i = 0; public_key && i < store->key_count; i++) {
		const struct sgn_store_key *key = &store->keys[i];

		if ((!found || (found->loose && !key->loose)) &&
		    EVP_PKEY_eq(public_key, key->key) == 1)
			found = key;
	}
	ERR_clear_error();
	return found;
}

static const char *locked_file(const struct sgn_store_note *note)
{
	for (const struct sgn_store_place *p = note->first; p; p = p->next)
		if (p->locked)
			return p->file;
	return NULL;
}

static bool is_key_type_known(const EVP_PKEY *key)
{
	return key && (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "EC"));
}

static unsigned key_flaws(const struct sgn_store_note *note, const struct sgn_store_key *key)
{
	unsigned flaws = is_key_type_known(note->public_key) ? 0 : SGN_FLAW_KEY_TYPE;

	if (!key)
		return flaws | (locked_file(note) ? SGN_FLAW_LOCKED_KEY : SGN_FLAW_NO_KEY);
	return flaws | (key->loose ? SGN_FLAW_LOOSE_KEY : 0);
}

static unsigned find_flaws(const struct sgn_identity_store *store, const struct sgn_store_match *m)
{
	const struct sgn_identity_info *info = &m->id.info;
	unsigned flaws = key_flaws(&store->notes[m->cert], m->key);

	if (!info->can_sign_code)
		flaws |= SGN_FLAW_NO_CODE_SIGNING;
	if (store->now > info->not_after)
		flaws |= SGN_FLAW_EXPIRED;
	if (store->now < info->not_before)
		flaws |= SGN_FLAW_NOT_YET_VALID;
	if (!info->chain_complete)
		flaws |= SGN_FLAW_INCOMPLETE_CHAIN;
	return flaws;
}

/* What is said of a match, the worst first. */
struct saying {
	const struct sgn_identity_store *store;
	const struct sgn_store_match *match;
	struct sgn_buf *out;
};

static void say_usage(const struct saying *s)
{
	sgn_wr_fmt(s->out, "no code-signing usage (%s)", s->match->id.info.kind_text);
}

static void cure_usage(const struct saying *s)
{
	(void)s;
	sgn_wr_str(s->out, "use an Application, Development or Distribution certificate; Installer "
	                   "ones sign packages only");
}

static void say_day(const struct saying *s, const char *what, int64_t when)
{
	char day[21];

	sgn_time_iso(when, day);
	sgn_wr_fmt(s->out, "%s %.10s", what, day);
}

static void say_expired(const struct saying *s)
{
	say_day(s, "expired on", s->match->id.info.not_after);
}

static void cure_expired(const struct saying *s)
{
	(void)s;
	sgn_wr_str(s->out, "renew it; what was signed with a timestamp while it was valid stays "
	                   "valid");
}

static void say_no_key(const struct saying *s)
{
	(void)s;
	sgn_wr_str(s->out, "no private key");
}

static void cure_no_key(const struct saying *s)
{
	sgn_wr_fmt(s->out,
	           "the key is on the machine that made the signing request: export key and "
	           "certificate there as .p12, or put the key file into %s",
	           s->store->dir);
}

static void say_locked(const struct saying *s)
{
	sgn_wr_fmt(s->out, "the password of %s is missing or wrong",
	           locked_file(&s->store->notes[s->match->cert]));
}

static void cure_locked(const struct saying *s)
{
	(void)s;
	sgn_wr_str(s->out, "give the password with --password-env VAR, --password-file FILE or "
	                   "--password-fd N");
}

static void say_loose(const struct saying *s)
{
	const struct sgn_store_key *key = s->match->key;

	sgn_wr_fmt(s->out, "other users of this machine may %s its private key: %s has mode %04o",
	           key->mode & 044 ? "read" : "change", key->file, key->mode);
}

static void cure_loose(const struct saying *s)
{
	sgn_wr_fmt(s->out, "chmod 600 %s/%s; or --allow-loose-modes where no other user can log in",
	           s->store->dir, s->match->key->file);
}

static void say_type(const struct saying *s)
{
	sgn_wr_fmt(s->out, "a key of type %s cannot sign Apple code", s->match->id.info.key_text);
}

static void cure_type(const struct saying *s)
{
	(void)s;
	sgn_wr_str(s->out, "use an RSA key (Apple's own choice) or an EC key");
}

static void say_early(const struct saying *s)
{
	say_day(s, "not valid before", s->match->id.info.not_before);
}

static void cure_early(const struct saying *s)
{
	(void)s;
	sgn_wr_str(s->out, "check the clock of this machine");
}

static void say_chain(const struct saying *s)
{
	const struct sgn_identity_info *info = &s->match->id.info;

	sgn_wr_fmt(s->out, "the issuer of \"%s\" is missing", info->chain[info->chain_count - 1]);
}

static void cure_chain(const struct saying *s)
{
	sgn_wr_fmt(s->out,
	           "put the certificates of the authorities above it into %s, or name them with "
	           "--cert-chain",
	           s->store->dir);
}

static const struct {
	enum sgn_identity_flaw flaw;
	void (*say)(const struct saying *s);
	void (*cure)(const struct saying *s);
} sayings[] = {
	{SGN_FLAW_NO_CODE_SIGNING, say_usage, cure_usage},
	{SGN_FLAW_EXPIRED, say_expired, cure_expired},
	{SGN_FLAW_NO_KEY, say_no_key, cure_no_key},
	{SGN_FLAW_LOCKED_KEY, say_locked, cure_locked},
	{SGN_FLAW_LOOSE_KEY, say_loose, cure_loose},
	{SGN_FLAW_KEY_TYPE, say_type, cure_type},
	{SGN_FLAW_NOT_YET_VALID, say_early, cure_early},
	{SGN_FLAW_INCOMPLETE_CHAIN, say_chain, cure_chain},
};

/* Moves the text into the arena and empties the buffer. */
static const char *keep(struct sgn_identity_store *store, struct sgn_buf *text)
{
	const char *kept = text->bad ? NULL : sgn_arena_strdup(&store->arena, sgn_buf_str(text));

	sgn_buf_reset(text);
	return kept;
}

static int explain(struct sgn_identity_store *store, struct sgn_store_match *m,
                   struct sgn_error *err)
{
	unsigned flaws = m->shown.flaws;
	struct sgn_buf text;
	struct saying saying = {store, m, &text};

	sgn_buf_init(&text, SGN_LIMIT_PATH * 4);
	for (size_t i = 0; i < SGN_ARRAY_LEN(sayings); i++) {
		if (!(flaws & sayings[i].flaw))
			continue;
		if (text.size)
			sgn_wr_str(&text, ", ");
		sayings[i].say(&saying);
	}
	m->shown.why = keep(store, &text);
	for (size_t i = 0; i < SGN_ARRAY_LEN(sayings); i++) {
		if (flaws & sayings[i].flaw) {
			sayings[i].cure(&saying);
			break;
		}
	}
	m->shown.cure = keep(store, &text);
	sgn_buf_dispose(&text);
	return m->shown.why && m->shown.cure ? 0 : sgn_fail_nomem(err);
}

static int list_files(struct sgn_identity_store *store, struct sgn_store_match *m,
                      struct sgn_error *err)
{
	const struct sgn_store_note *note = &store->notes[m->cert];
	const char **files = sgn_arena_array(&store->arena, note->places, sizeof(*files));

	if (!files)
		return sgn_fail_nomem(err);
	for (const struct sgn_store_place *p = note->first; p; p = p->next)
		files[m->shown.file_count++] = p->file;
	m->shown.files = files;
	m->shown.key_file = m->key ? m->key->file : NULL;
	return 0;
}

static int make_match(struct sgn_identity_store *store, struct sgn_store_match *m,
                      struct sgn_error *err)
{
	struct sgn_identity *id = &m->id;
	EVP_PKEY *key = store->notes[m->cert].public_key;
	int rc;

	if (key && EVP_PKEY_up_ref(key) == 1)
		id->key = key;
	id->leaf = &store->certs[m->cert];
	rc = sgn_chain_build(id->leaf, store->certs, store->cert_count, store->anchors, &id->chain,
	                     err);
	if (rc == 0)
		rc = sgn_id_describe(id, err);
	if (rc == 0)
		rc = list_files(store, m, err);
	if (rc)
		return rc;
	m->shown.info = id->info;
	m->shown.flaws = find_flaws(store, m);
	return explain(store, m, err);
}

/* Usable first, then by name; of a renewed pair the newer first. */
static int by_use(const void *a, const void *b)
{
	const struct sgn_identity_candidate *x = &((const struct sgn_store_match *)a)->shown;
	const struct sgn_identity_candidate *y = &((const struct sgn_store_match *)b)->shown;
	int names = strcmp(x->info.name, y->info.name);

	if (!x->flaws != !y->flaws)
		return x->flaws ? 1 : -1;
	if (names)
		return names;
	if (x->info.not_after != y->info.not_after)
		return x->info.not_after > y->info.not_after ? -1 : 1;
	return strcmp(x->info.sha1, y->info.sha1);
}

/* Authorities are there to complete chains, unless somebody has their key: people make such roots for
 * themselves and sign with them. */
static bool is_candidate(const struct sgn_identity_store *store, size_t cert,
                         const struct sgn_store_key *key)
{
	return store->notes[cert].offered && (key || !store->certs[cert].is_ca);
}

int sgn_store_match(struct sgn_identity_store *store, struct sgn_error *err)
{
	int rc = 0;

	if (store->cert_count == 0)
		return 0;
	store->matches = sgn_arena_array(&store->arena, store->cert_count, sizeof(*store->matches));
	store->candidates =
		sgn_arena_array(&store->arena, store->cert_count, sizeof(*store->candidates));
	if (!store->matches || !store->candidates)
		return sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < store->cert_count; i++) {
		const struct sgn_store_key *key = find_key(store, i);
		struct sgn_store_match *m = &store->matches[store->match_count];

		if (!is_candidate(store, i, key))
			continue;
		*m = (struct sgn_store_match){.cert = i, .key = key};
		store->match_count++; /* freed with the store, whatever happens */
		rc = make_match(store, m, err);
	}
	if (rc)
		return rc;
	qsort(store->matches, store->match_count, sizeof(*store->matches), by_use);
	for (size_t i = 0; i < store->match_count; i++)
		store->candidates[i] = store->matches[i].shown;
	return 0;
}
