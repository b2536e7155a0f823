/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The build host's side of two-step signing. Signing is a function of files, options and signing time, so the
 * second time it asks for the signatures of the same digests as the first time: they are looked up.
 */
#include "signer/ops/handover.h"

#include <stdlib.h>
#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/text.h"

/* --- what a run begins with ----------------------------------------------------------------------- */

static int not_signed_yet(const struct sgn_handover *doc, size_t i, struct sgn_error *err)
{
	size_t missing = 0;
	int rc;

	for (size_t k = 0; k < doc->entry_count; k++)
		missing += doc->entries[k].signature.size == 0;
	rc = sgn_fail(err, SGN_E_NOTFOUND, "%zu of %zu digests in the document %s no signature",
	              missing, doc->entry_count, missing == 1 ? "has" : "have");
	sgn_error_cure(
		err, rc,
		"run signet sign-digests on the host with the key, and attach what it writes");
	return sgn_handover_at(&doc->entries[i], rc, err);
}

static int check_signature(const struct sgn_handover_entry *e, const struct sgn_identity *id,
                           struct sgn_error *err)
{
	struct sgn_digest_bytes digest = {.size = 32};
	int rc;

	if (!e->digest || !sgn_hex_decode(sgn_view_str(e->digest), digest.data, digest.size))
		rc = sgn_fail(err, SGN_E_FORMAT,
		              "the digest in the document is no SHA-256 in hexadecimal");
	else
		rc = sgn_identity_verify_digest(id, &digest, sgn_handover_view(e->signature), err);
	return sgn_handover_at(e, rc, err);
}

static int check_round(const struct sgn_handover_setup *setup, struct sgn_error *err)
{
	const struct sgn_handover *doc = setup->document;
	int rc;

	if (doc->waiting_count && !setup->prepare) {
		rc = sgn_fail(err, SGN_E_USAGE,
		              "the document is not complete: %s waits until %s is signed%s",
		              doc->waiting[0].path, doc->waiting[0].on,
		              doc->waiting_count > 1 ? ", and others wait, too" : "");
		return sgn_error_cure(err, rc,
		                      "another round: signet sign --attach THIS.json --prepare "
		                      "NEXT.json, and sign NEXT.json");
	}
	if (!doc->waiting_count && setup->prepare) {
		rc = sgn_fail(err, SGN_E_USAGE,
		              "the document is complete and signed: there is nothing to prepare");
		return sgn_error_cure(err, rc, "finish: the same command without --prepare");
	}
	return 0;
}

static int check_document(const struct sgn_handover_setup *setup, struct sgn_error *err)
{
	const struct sgn_handover *doc = setup->document;
	int rc = sgn_handover_same_certificate(doc, setup->identity, err);

	for (size_t i = 0; rc == 0 && i < doc->entry_count; i++)
		rc = doc->entries[i].signature.size
		             ? check_signature(&doc->entries[i], setup->identity, err)
		             : not_signed_yet(doc, i, err);
	return rc ? rc : check_round(setup, err);
}

/* --- looking up ----------------------------------------------------------------------------------- */

/* An index with what it points at, because qsort() passes no argument on. */
struct by_digest {
	const char *digest;
	size_t index;
};

static int compare_digests(const void *a, const void *b)
{
	const struct by_digest *x = a, *y = b;
	int c = strcmp(x->digest, y->digest);

	return c ? c : (x->index > y->index) - (x->index < y->index);
}

static int sort_given(struct sgn_handover_run *run, struct sgn_error *err)
{
	size_t n = run->given;
	struct by_digest *rows = sgn_calloc(n + 1, sizeof(*rows));
	size_t *order = sgn_arena_array(&run->arena, n + 1, sizeof(*order));

	for (size_t i = 0; rows && order && i < n; i++)
		rows[i] = (struct by_digest){run->doc.entries[i].digest, i};
	if (rows && order) {
		qsort(rows, n, sizeof(*rows), compare_digests);
		for (size_t i = 0; i < n; i++)
			order[i] = rows[i].index;
	}
	run->order = order;
	sgn_free(rows);
	return rows && order ? 0 : sgn_fail_nomem(err);
}

/* The first entry of the document that came in with that digest, or NULL. */
static struct sgn_handover_entry *find(const struct sgn_handover_run *run, const char *digest)
{
	size_t low = 0, high = run->given;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(run->doc.entries[run->order[middle]].digest, digest) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == run->given || strcmp(run->doc.entries[run->order[low]].digest, digest) != 0)
		return NULL;
	return &run->doc.entries[run->order[low]];
}

/* --- beginning and end ---------------------------------------------------------------------------- */

static int begin_first(struct sgn_handover_run *run, const struct sgn_handover_setup *setup,
                       struct sgn_error *err)
{
	const struct sgn_cert *leaf = sgn_identity_chain(setup->identity)->certs[0];
	struct sgn_identity_info info;
	char sha256[65];
	int rc;

	sgn_identity_describe(setup->identity, &info);
	sgn_hex_encode(leaf->sha256, sizeof(leaf->sha256), sha256);
	rc = sgn_handover_set_certificate(&run->doc, info.name, info.sha1, sha256, err);
	run->doc.has_signing_time = setup->has_signing_time;
	run->doc.signing_time = setup->signing_time;
	for (size_t i = 0; rc == 0 && i < setup->option_count; i++)
		rc = sgn_handover_add_option(&run->doc, setup->options[i], err);
	return rc;
}

static int keep_options(struct sgn_handover_run *run, const struct sgn_handover_setup *setup,
                        struct sgn_error *err)
{
	const char **texts = sgn_arena_array(&run->arena, setup->option_count + 1, sizeof(*texts));

	for (size_t i = 0; texts && i < setup->option_count; i++) {
		texts[i] = sgn_arena_strdup(&run->arena, setup->options[i]);
		if (!texts[i])
			return sgn_fail_nomem(err);
	}
	run->options = texts;
	run->option_count = setup->option_count;
	return texts ? 0 : sgn_fail_nomem(err);
}

/* What waited before is recorded now, or waits again. */
static int begin_later(struct sgn_handover_run *run, const struct sgn_handover_setup *setup,
                       struct sgn_error *err)
{
	int rc = check_document(setup, err);

	if (rc == 0)
		rc = sgn_handover_copy(&run->doc, setup->document, err);
	if (rc)
		return rc;
	run->later_round = true;
	run->given = run->doc.entry_count;
	run->waited = run->doc.waiting;
	run->waited_count = run->doc.waiting_count;
	run->doc.waiting = NULL;
	run->doc.waiting_count = 0;
	rc = sort_given(run, err);
	return rc ? rc : keep_options(run, setup, err);
}

int sgn_handover_run_new(const struct sgn_handover_setup *setup, struct sgn_handover_run **out,
                         struct sgn_error *err)
{
	struct sgn_handover_run *run = sgn_calloc(1, sizeof(*run));
	int rc;

	*out = NULL;
	if (!run)
		return sgn_fail_nomem(err);
	run->identity = setup->identity;
	run->prepare = setup->prepare;
	run->lock = sgn_mutex_new();
	if (!run->lock)
		rc = sgn_fail_nomem(err);
	else
		rc = setup->document ? begin_later(run, setup, err) : begin_first(run, setup, err);
	if (rc) {
		sgn_handover_run_free(run);
		return rc;
	}
	*out = run;
	return 0;
}

void sgn_handover_run_free(struct sgn_handover_run *run)
{
	if (!run)
		return;
	sgn_mutex_free(run->lock);
	sgn_handover_dispose(&run->doc);
	sgn_arena_dispose(&run->arena);
	sgn_free(run);
}

static int compare_entries(const void *a, const void *b)
{
	const struct sgn_handover_entry *x = a, *y = b;
	int c = strcmp(x->path, y->path);

	if (c == 0)
		c = strcmp(x->arch, y->arch);
	return c ? c : strcmp(x->digest, y->digest);
}

static int compare_waiting(const void *a, const void *b)
{
	const struct sgn_handover_waiting *x = a, *y = b;

	return strcmp(x->path, y->path);
}

const struct sgn_handover *sgn_handover_run_document(struct sgn_handover_run *run)
{
	struct sgn_handover *doc = &run->doc;

	/* The threads came in any order. */
	if (doc->entry_count)
		qsort(doc->entries, doc->entry_count, sizeof(*doc->entries), compare_entries);
	if (doc->waiting_count)
		qsort(doc->waiting, doc->waiting_count, sizeof(*doc->waiting), compare_waiting);
	return doc;
}

/* --- while signing -------------------------------------------------------------------------------- */

void sgn_handover_apply(struct sgn_sign_options *opts)
{
	const struct sgn_handover *doc = &opts->handover->doc;

	opts->has_signing_time = doc->has_signing_time;
	opts->signing_time = doc->signing_time;
	opts->no_signing_time = !doc->has_signing_time;
}

/* Code that was in the document, or was not even waiting, has changed or is new. */
static bool was_waiting(const struct sgn_handover_run *run, const char *name)
{
	for (size_t i = 0; i < run->waited_count; i++)
		if (strcmp(run->waited[i].path, name) == 0)
			return true;
	return !run->later_round;
}

static int record(struct sgn_handover_run *run, const char *name, const char *arch,
                  struct sgn_view entitlements, const char *digest, struct sgn_assembled *a,
                  struct sgn_error *err)
{
	struct sgn_handover_entry e = {.path = name, .arch = arch, .digest = digest};
	struct sgn_codedir cd;
	char cdhash[2 * CS_CDHASH_LEN + 1];
	size_t best = 0;
	int rc = sgn_codedir_read(sgn_buf_view(&a->dirs[0]), &cd, err);

	if (rc)
		return rc;
	for (size_t d = 0; d < a->dir_count; d++) {
		e.dirs[d] = (struct sgn_handover_bytes){a->dirs[d].data, a->dirs[d].size};
		if (sgn_digest_rank(a->cdhashes[d].digest) >
		    sgn_digest_rank(a->cdhashes[best].digest))
			best = d;
	}
	sgn_hex_encode(a->cdhashes[best].full.data, CS_CDHASH_LEN, cdhash);
	e.dir_count = a->dir_count;
	e.cdhash = cdhash;
	e.identifier = cd.identifier;
	e.team = cd.team;
	e.flags = cd.flags;
	e.attributes = (struct sgn_handover_bytes){a->cms.attributes.data, a->cms.attributes.size};
	e.entitlements = (struct sgn_handover_bytes){entitlements.data, entitlements.size};
	return sgn_handover_add_entry(&run->doc, &e, err);
}

/* Zeros in place of the signature: its size counts when it is checked that everything fits. */
static int make_room(const struct sgn_handover_run *run, struct sgn_assembled *a,
                     struct sgn_error *err)
{
	a->pending = true;
	sgn_wr_zero(&a->cms.signature, sgn_identity_signature_size(run->identity));
	return sgn_buf_finish(&a->cms.signature, err, "signature");
}

static int use(const struct sgn_handover_entry *e, struct sgn_assembled *a, struct sgn_error *err)
{
	int rc;

	sgn_wr_view(&a->cms.signature, sgn_handover_view(e->signature));
	rc = sgn_buf_finish(&a->cms.signature, err, "signature");
	if (rc || !e->timestamp.size)
		return rc;
	sgn_buf_init(&a->stamp.token, SGN_LIMIT_TSA_ANSWER);
	sgn_wr_view(&a->stamp.token, sgn_handover_view(e->timestamp));
	return sgn_buf_finish(&a->stamp.token, err, "timestamp");
}

int sgn_handover_answer(const struct sgn_sign_options *opts, const char *name, const char *arch,
                        struct sgn_view entitlements, const struct sgn_digest_bytes *digest,
                        struct sgn_assembled *out, struct sgn_error *err)
{
	struct sgn_handover_run *run = opts->handover;
	const struct sgn_handover_entry *e;
	char text[65];
	int rc;

	sgn_hex_encode(digest->data, digest->size, text);
	sgn_mutex_lock(run->lock);
	e = find(run, text);
	if (e)
		rc = use(e, out, err);
	else if (run->prepare && was_waiting(run, name))
		rc = record(run, name, arch, entitlements, text, out, err);
	else
		rc = sgn_handover_changed(run, name, arch, out, err);
	if (rc == 0 && !e)
		rc = make_room(run, out, err);
	sgn_mutex_unlock(run->lock);
	return rc;
}

int sgn_handover_keep_timestamp(struct sgn_handover_run *run, const struct sgn_assembled *a,
                                struct sgn_error *err)
{
	struct sgn_view signature = sgn_buf_view(&a->cms.signature);
	int rc = 0;

	sgn_mutex_lock(run->lock);
	for (size_t i = 0; rc == 0 && i < run->given; i++) {
		struct sgn_handover_entry *e = &run->doc.entries[i];

		if (sgn_view_equal(sgn_handover_view(e->signature), signature))
			rc = sgn_handover_set(&run->doc, &e->timestamp,
			                      sgn_buf_view(&a->stamp.token), err);
	}
	sgn_mutex_unlock(run->lock);
	return rc;
}

int sgn_handover_wait(struct sgn_handover_run *run, const char *name, const char *on,
                      struct sgn_error *err)
{
	int rc;

	sgn_mutex_lock(run->lock);
	if (run->prepare && was_waiting(run, name)) {
		rc = sgn_handover_add_waiting(&run->doc, name, on, err);
	} else {
		rc = sgn_fail(err, SGN_E_MISMATCH,
		              "%s seals %s, which is not signed yet: that was otherwise when the "
		              "document was prepared",
		              name, on);
		sgn_error_cure(err, rc, "begin again with --prepare");
	}
	sgn_mutex_unlock(run->lock);
	return rc;
}
