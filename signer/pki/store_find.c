/* SPDX-License-Identifier: Apache-2.0 */
/* From a name to one certificate of a store, as codesign -s does it. */
#include "signer/pki/store.h"

#include <string.h>

#include "signer/base/text.h"
#include "signer/base/time.h"

#define SAID_AT_MOST 4 /* candidates in one message; "identity list" has them all */

static bool has_sha1(const struct sgn_identity_candidate *c, const char *name)
{
	if (strlen(name) != 40)
		return false;
	for (size_t i = 0; i < 40; i++) {
		int digit = sgn_hex_digit((uint8_t)name[i]);

		if (digit < 0 || digit != sgn_hex_digit((uint8_t)c->info.sha1[i]))
			return false;
	}
	return true;
}

static bool has_name(const struct sgn_identity_candidate *c, const char *name)
{
	return strcmp(c->info.name, name) == 0;
}

static bool has_part(const struct sgn_identity_candidate *c, const char *name)
{
	return name[0] && strstr(c->info.name, name) != NULL;
}

/* The first that any candidate meets decides. */
static bool (*const ways[])(const struct sgn_identity_candidate *c,
                            const char *name) = {has_sha1, has_name, has_part};

struct search {
	const struct sgn_identity_store *store;
	const struct sgn_identity_candidate *found[SGN_LIMIT_STORE_CERTS];
	size_t count;
};

static void search(struct search *s, const char *name)
{
	for (size_t way = 0; s->count == 0 && way < SGN_ARRAY_LEN(ways); way++)
		for (size_t i = 0; i < s->store->match_count; i++)
			if (ways[way](&s->store->candidates[i], name))
				s->found[s->count++] = &s->store->candidates[i];
}

/* Leaves those without the flaws, if there are any. */
static bool prefer(struct search *s, unsigned flaws)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++)
		if (!(s->found[i]->flaws & flaws))
			s->found[kept++] = s->found[i];
	if (kept)
		s->count = kept;
	return kept > 0;
}

/* "A" (expired on 2024-01-31), "B", ... and 3 more */
static void say_candidates(struct sgn_buf *text, const struct sgn_identity_candidate *const *list,
                           size_t count)
{
	size_t said = count > SAID_AT_MOST ? SAID_AT_MOST : count;

	for (size_t i = 0; i < said; i++) {
		sgn_wr_fmt(text, "%s\"%s\"", i ? ", " : "", list[i]->info.name);
		if (list[i]->flaws)
			sgn_wr_fmt(text, " (%s)", list[i]->why);
	}
	if (count > said)
		sgn_wr_fmt(text, " and %zu more", count - said);
}

/* Where the one that is looked for may be. */
static void say_locked(struct sgn_buf *text, const struct sgn_identity_store *store)
{
	size_t count = 0;

	for (size_t i = 0; i < store->skipped_count; i++) {
		const struct sgn_identity_skipped *s = &store->skipped[i];

		if (s->why != SGN_SKIP_LOCKED && s->why != SGN_SKIP_LOOSE)
			continue;
		if (count < SAID_AT_MOST)
			sgn_wr_fmt(text, "; %s was not opened: %s", s->file, s->text);
		count++;
	}
	if (count > SAID_AT_MOST)
		sgn_wr_fmt(text, " and %zu more", count - SAID_AT_MOST);
}

static bool any_skipped(const struct sgn_identity_store *store, enum sgn_identity_skip why)
{
	for (size_t i = 0; i < store->skipped_count; i++)
		if (store->skipped[i].why == why)
			return true;
	return false;
}

static int no_match_cure(const struct sgn_identity_store *store, int rc, struct sgn_error *err)
{
	if (any_skipped(store, SGN_SKIP_LOOSE))
		return sgn_error_cure(err, rc, "chmod 600 the files in %s", store->dir);
	if (any_skipped(store, SGN_SKIP_LOCKED))
		return sgn_error_cure(err, rc,
		                      "give the password with --password-env VAR, "
		                      "--password-file FILE or --password-fd N");
	if (store->match_count)
		return sgn_error_cure(err, rc,
		                      "give one of these names, a part of it, a SHA-1 (see signet "
		                      "identity list), or a PKCS#12 or PEM file");
	return sgn_error_cure(err, rc,
	                      "put key and certificate into %s as .p12 or PEM, or name such a "
	                      "file",
	                      store->dir);
}

static int no_match(const struct search *s, struct sgn_buf *text, struct sgn_error *err)
{
	const struct sgn_identity_store *store = s->store;
	const struct sgn_identity_candidate *list[SAID_AT_MOST];
	size_t count = store->match_count;
	int rc;

	for (size_t i = 0; i < count && i < SAID_AT_MOST; i++)
		list[i] = &store->candidates[i];
	if (count == 0)
		sgn_wr_fmt(text, "no identity found: %s holds no certificate to sign with",
		           store->dir);
	else
		sgn_wr_fmt(text,
		           "no identity found: nothing in %s has that name or SHA-1; there is ",
		           store->dir);
	say_candidates(text, list, count);
	say_locked(text, store);
	rc = sgn_fail(err, SGN_E_NOTFOUND, "%s", sgn_buf_str(text));
	return no_match_cure(store, rc, err);
}

static int all_refused(const struct search *s, struct sgn_buf *text, struct sgn_error *err)
{
	int rc;

	sgn_wr_fmt(text, "no identity found: what matches in %s cannot sign: ", s->store->dir);
	say_candidates(text, s->found, s->count);
	say_locked(text, s->store);
	rc = sgn_fail(err, SGN_E_UNTRUSTED, "%s", sgn_buf_str(text));
	return sgn_error_cure(err, rc, "%s", s->found[0]->cure);
}

static int several(const struct search *s, struct sgn_buf *text, struct sgn_error *err)
{
	size_t said = s->count > SAID_AT_MOST ? SAID_AT_MOST : s->count;
	char day[21];
	int rc = sgn_fail(err, SGN_E_NOTFOUND, "ambiguous (matches \"%s\" and \"%s\"%s in %s)",
	                  s->found[0]->info.name, s->found[1]->info.name,
	                  s->count > 2 ? " and others" : "", s->store->dir);

	sgn_wr_str(text, "choose one by its SHA-1: ");
	for (size_t i = 0; i < said; i++) {
		sgn_time_iso(s->found[i]->info.not_after, day);
		sgn_wr_fmt(text, "%s%s (until %.10s)", i ? ", " : "", s->found[i]->info.sha1, day);
	}
	return sgn_error_cure(err, rc, "%s", sgn_buf_str(text));
}

int sgn_identity_store_find(const struct sgn_identity_store *store, const char *name,
                            unsigned ignore, const struct sgn_identity_candidate **out,
                            struct sgn_error *err)
{
	struct search s = {.store = store};
	struct sgn_buf text;
	int rc = 0;

	*out = NULL;
	sgn_buf_init(&text, 16 * SGN_LIMIT_PATH);
	search(&s, name);
	if (s.count == 0) {
		rc = no_match(&s, &text, err);
	} else if (!prefer(&s, SGN_FLAW_ANY & ~ignore)) {
		rc = all_refused(&s, &text, err);
	} else {
		prefer(&s, SGN_FLAW_ANY);
		if (s.count > 1)
			rc = several(&s, &text, err);
		else
			*out = s.found[0];
	}
	sgn_buf_dispose(&text);
	return rc;
}
