/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guarded host's side of two-step signing. It signs nothing whose meaning it has not computed itself: from
 * the CodeDirectories it makes the attributes anew, and only what comes out identical is signed.
 */
#include "signer/ops/handover.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/text.h"
#include "signer/base/time.h"
#include "signer/ents/ents.h"

/* How far the signing time may be from now. Approval by a person may take a working day; clocks differ. */
#define PAST_SECONDS   (24 * 3600)
#define FUTURE_SECONDS (10 * 60)

struct checking {
	const struct sgn_handover *doc;
	const struct sgn_identity *id;
	const struct sgn_handover_rules *rules;
	struct sgn_identity_info info;
};

static int differs(struct sgn_error *err, const char *what, const char *document, const char *real)
{
	int rc = sgn_fail(err, SGN_E_MISMATCH, "the document says %s %s, but the CodeDirectory %s",
	                  what, document ? document : "none", real ? real : "none");

	return sgn_error_cure(
		err, rc, "do not sign this: the document was changed, or made by another program");
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* --- CodeDirectories ------------------------------------------------------------------------------ */

static int check_summary(const struct sgn_handover_entry *e, const struct sgn_codedir *cd,
                         struct sgn_error *err)
{
	char document[16], real[16];

	if (!same_text(e->identifier, cd->identifier))
		return differs(err, "identifier", e->identifier, cd->identifier);
	if (!same_text(e->team, cd->team))
		return differs(err, "team", e->team, cd->team);
	if (e->flags != cd->flags) {
		snprintf(document, sizeof(document), "0x%" PRIx32, e->flags);
		snprintf(real, sizeof(real), "0x%" PRIx32, cd->flags);
		return differs(err, "flags", document, real);
	}
	return 0;
}

/* What a CodeDirectory of signet's own never is, and what would mean more than the summary shows. */
static int check_plain(const struct sgn_codedir *cd, struct sgn_error *err)
{
	const char *what = NULL;

	if (cd->flags & (CS_ADHOC | CS_LINKER_SIGNED))
		what = "has a flag of signatures without certificate";
	else if (cd->platform)
		what = "claims to be a part of Apple's systems";
	else if (cd->scatter_offset || cd->version < CS_SUPPORTSSCATTER ||
	         cd->version > CS_SUPPORTSRUNTIME)
		what = "is of a form that signet does not write";
	else if (cd->special_count > CSSLOT_SPECIAL_MAX)
		what = "has slots that signet does not know";
	return what ? sgn_fail(err, SGN_E_MISMATCH, "a CodeDirectory %s", what) : 0;
}

/* All of one slice describe the same code. */
static int check_alike(const struct sgn_codedir *a, const struct sgn_codedir *b,
                       struct sgn_error *err)
{
	if (a->version == b->version && a->code_limit == b->code_limit &&
	    a->code_count == b->code_count && a->page_shift == b->page_shift &&
	    a->exec_base == b->exec_base && a->exec_limit == b->exec_limit &&
	    a->exec_flags == b->exec_flags && a->runtime == b->runtime &&
	    a->special_count == b->special_count && a->digest < b->digest)
		return 0;
	return sgn_fail(err, SGN_E_MISMATCH,
	                "the CodeDirectories for %s and %s do not describe the same code",
	                sgn_digest_name(a->digest), sgn_digest_name(b->digest));
}

struct dirs {
	struct sgn_codedir cd[SGN_HANDOVER_DIRS];
	struct sgn_cms_cdhash hashes[SGN_HANDOVER_DIRS];
	size_t best;
};

static int read_dir(const struct sgn_handover_entry *e, size_t i, struct dirs *dirs,
                    struct sgn_error *err)
{
	struct sgn_codedir *cd = &dirs->cd[i];
	int rc = sgn_codedir_read(sgn_handover_view(e->dirs[i]), cd, err);

	if (rc == 0 && cd->blob.size != e->dirs[i].size)
		rc = sgn_fail(err, SGN_E_FORMAT, "%zu bytes behind a CodeDirectory",
		              e->dirs[i].size - cd->blob.size);
	if (rc == 0)
		rc = check_plain(cd, err);
	if (rc == 0)
		rc = check_summary(e, cd, err);
	if (rc == 0 && i)
		rc = check_alike(&dirs->cd[i - 1], cd, err);
	if (rc)
		return rc;
	dirs->hashes[i].digest = cd->digest;
	if (sgn_digest_rank(cd->digest) > sgn_digest_rank(dirs->cd[dirs->best].digest))
		dirs->best = i;
	return sgn_codedir_hash(cd, &dirs->hashes[i].full, err);
}

static int read_dirs(const struct sgn_handover_entry *e, struct dirs *dirs, struct sgn_error *err)
{
	char cdhash[2 * CS_CDHASH_LEN + 1];
	int rc = 0;

	dirs->best = 0;
	if (e->dir_count == 0)
		return sgn_fail(err, SGN_E_FORMAT, "there is no CodeDirectory");
	for (size_t i = 0; rc == 0 && i < e->dir_count; i++)
		rc = read_dir(e, i, dirs, err);
	if (rc)
		return rc;
	sgn_hex_encode(dirs->hashes[dirs->best].full.data, CS_CDHASH_LEN, cdhash);
	return same_text(e->cdhash, cdhash) ? 0 : differs(err, "cdhash", e->cdhash, cdhash);
}

/* --- entitlements --------------------------------------------------------------------------------- */

/* -1: the slot is empty; 0: it is something else; 1: it is that content. */
static int slot_is(const struct sgn_codedir *cd, uint32_t slot, struct sgn_view content)
{
	struct sgn_view stored = SGN_VIEW_EMPTY;
	struct sgn_digest_bytes digest;

	if (slot > cd->special_count || !sgn_codedir_special(cd, slot, &stored) ||
	    sgn_view_is_zero(stored))
		return -1;
	if (!content.size || sgn_digest(cd->digest, content, &digest, NULL) != 0)
		return 0;
	return sgn_view_equal(stored, sgn_digest_view(&digest));
}

/* The DER form is what newer systems read: it must say the same as the one that people can read. */
static int make_der(struct sgn_view blob, struct sgn_buf *der, uint64_t *exec_flags,
                    struct sgn_error *err)
{
	struct sgn_arena arena = {0};
	struct sgn_view payload;
	struct sgn_ents ents;
	struct sgn_buf bare;
	uint32_t magic;
	int rc = sgn_blob_read(blob, &magic, &payload, err);

	if (rc)
		return rc;
	if (magic != CSMAGIC_EMBEDDED_ENTITLEMENTS || payload.size != blob.size)
		return sgn_fail(err, SGN_E_FORMAT, "the entitlements are in no blob of their kind");
	sgn_buf_init(&bare, SGN_LIMIT_ENTITLEMENTS);
	rc = sgn_ents_from_xml(sgn_blob_payload(blob), &arena, &ents, err);
	if (rc == 0)
		rc = sgn_ents_to_der(&ents.dict, &bare, err);
	if (rc == 0)
		*exec_flags |= sgn_ents_exec_flags(&ents.dict);
	if (rc == 0)
		rc = sgn_buf_finish(&bare, err, "entitlements");
	if (rc == 0) {
		sgn_blob_write(der, CSMAGIC_EMBEDDED_DER_ENTITLEMENTS, sgn_buf_view(&bare));
		rc = sgn_buf_finish(der, err, "entitlements");
	}
	sgn_buf_dispose(&bare);
	sgn_arena_dispose(&arena);
	return rc;
}

/* One of them: hashes, and the flags that give rights to a main executable. */
static int check_rights(const struct sgn_codedir *cd, struct sgn_view xml, struct sgn_view der,
                        uint64_t exec_flags, struct sgn_error *err)
{
	int xml_is = slot_is(cd, CSSLOT_ENTITLEMENTS, xml);
	int der_is = slot_is(cd, CSSLOT_DER_ENTITLEMENTS, der);

	if (xml_is == 0 || der_is == 0 || (xml_is < 0 && xml.size))
		return sgn_fail(err, SGN_E_MISMATCH,
		                "the entitlements in the document are not those that the %s "
		                "CodeDirectory covers%s",
		                sgn_digest_name(cd->digest),
		                xml_is != 0 && der_is == 0 ? " in DER form" : "");
	if (cd->exec_flags & ~exec_flags)
		return sgn_fail(
			err, SGN_E_MISMATCH,
			"the CodeDirectory has the flags 0x%" PRIx64
			" for its executable segment, which its entitlements do not ask for",
			cd->exec_flags & ~exec_flags);
	return 0;
}

static int check_entitlements(const struct sgn_handover_entry *e, const struct dirs *dirs,
                              struct sgn_error *err)
{
	struct sgn_view xml = sgn_handover_view(e->entitlements);
	uint64_t exec_flags = CS_EXECSEG_MAIN_BINARY;
	struct sgn_buf der;
	int rc = 0;

	sgn_buf_init(&der, SGN_LIMIT_ENTITLEMENTS + 8);
	if (xml.size)
		rc = make_der(xml, &der, &exec_flags, err);
	for (size_t i = 0; rc == 0 && i < e->dir_count; i++)
		rc = check_rights(&dirs->cd[i], xml, sgn_buf_view(&der), exec_flags, err);
	sgn_buf_dispose(&der);
	return sgn_error_cure(
		err, rc, "do not sign this: the document was changed, or made by another program");
}

/* --- what is signed ------------------------------------------------------------------------------- */

static int not_the_attributes(const struct sgn_handover_entry *e, const struct sgn_buf *mine,
                              const struct dirs *dirs, struct sgn_error *err)
{
	struct sgn_view theirs = sgn_handover_view(e->attributes);
	struct sgn_digest_bytes digest;
	int rc = sgn_digest(SGN_DIGEST_SHA256, dirs->cd[0].blob, &digest, err);

	if (rc)
		return rc;
	if (!sgn_view_contains(theirs, sgn_digest_view(&digest)))
		rc = sgn_fail(
			err, SGN_E_MISMATCH,
			"the messageDigest of the signed attributes is not the SHA-256 of the "
			"CodeDirectory");
	else
		rc = sgn_fail(err, SGN_E_MISMATCH,
		              "the signed attributes (%zu bytes) are not the %zu bytes that follow "
		              "from CodeDirectories and signing time: something else is in them",
		              theirs.size, mine->size);
	return sgn_error_cure(
		err, rc,
		"do not sign this; if nobody changed the document, use the same version of "
		"signet on both hosts");
}

/* Digest of attributes that are, byte for byte, those of these CodeDirectories. */
static int check_attributes(const struct checking *c, const struct sgn_handover_entry *e,
                            const struct dirs *dirs, struct sgn_digest_bytes *digest,
                            struct sgn_error *err)
{
	struct sgn_cms_sign_input in = {
		.identity = c->id,
		.content = dirs->cd[0].blob,
		.cdhashes = dirs->hashes,
		.cdhash_count = e->dir_count,
		.has_signing_time = c->doc->has_signing_time,
		.signing_time = c->doc->signing_time,
	};
	struct sgn_digest_bytes stated;
	struct sgn_cms_draft draft;
	char text[65];
	int rc = sgn_digest(SGN_DIGEST_SHA256, sgn_handover_view(e->attributes), &stated, err);

	if (rc)
		return rc;
	sgn_hex_encode(stated.data, stated.size, text);
	if (!same_text(e->digest, text))
		return sgn_fail(err, SGN_E_MISMATCH,
		                "the digest in the document is not the SHA-256 of its attributes");
	rc = sgn_cms_draft_make(&in, &draft, digest, err);
	if (rc == 0 &&
	    !sgn_view_equal(sgn_buf_view(&draft.attributes), sgn_handover_view(e->attributes)))
		rc = not_the_attributes(e, &draft.attributes, dirs, err);
	sgn_cms_draft_dispose(&draft);
	return rc;
}

/* --- what is allowed ------------------------------------------------------------------------------ */

static bool is_one_of(const char *text, const char *const *list, size_t count, bool patterns)
{
	for (size_t i = 0; i < count; i++)
		if (patterns ? fnmatch(list[i], text, 0) == 0 : strcmp(list[i], text) == 0)
			return true;
	return false;
}

static int check_team(const struct checking *c, const struct sgn_handover_entry *e,
                      struct sgn_error *err)
{
	const struct sgn_handover_rules *rules = c->rules;
	bool allowed = e->team && is_one_of(e->team, rules->teams, rules->team_count, false);
	int rc;

	if (rules->team_count && !allowed) {
		rc = sgn_fail(err, SGN_E_MISMATCH, "team %s is not one that may be signed for",
		              e->team ? e->team : "none");
		return sgn_error_cure(err, rc, "allow it with --allow-team, if that is right");
	}
	/* A certificate that Apple does not vouch for has no team; then only a rule can allow one. */
	if (same_text(e->team, c->info.team) || (!c->info.team && allowed))
		return 0;
	rc = sgn_fail(err, SGN_E_MISMATCH, "team %s, but the certificate's is %s",
	              e->team ? e->team : "none", c->info.team ? c->info.team : "none");
	return sgn_error_cure(err, rc, "have it prepared with this host's certificate");
}

static int check_allowed(const struct checking *c, const struct sgn_handover_entry *e,
                         struct sgn_error *err)
{
	const struct sgn_handover_rules *rules = c->rules;
	int rc;

	if (!rules->identifier_count ||
	    is_one_of(e->identifier, rules->identifiers, rules->identifier_count, true))
		return check_team(c, e, err);
	rc = sgn_fail(err, SGN_E_MISMATCH, "identifier %s matches no pattern that may be signed",
	              e->identifier);
	return sgn_error_cure(err, rc, "allow it with --allow-identifier, if that is right");
}

static int check_time(const struct checking *c, int64_t now, struct sgn_error *err)
{
	int64_t time = c->doc->signing_time;
	char then[21], here[21];
	int rc;

	if (c->rules->any_time)
		return 0;
	if (!c->doc->has_signing_time) {
		rc = sgn_fail(err, SGN_E_MISMATCH, "the signatures would have no signing time");
		return sgn_error_cure(err, rc, "allow it with --any-time, if that is right");
	}
	/* Compared without arithmetic on what a stranger wrote. */
	if (time >= now - PAST_SECONDS && time <= now + FUTURE_SECONDS)
		return 0;
	sgn_time_iso(time, then);
	sgn_time_iso(now, here);
	rc = sgn_fail(err, SGN_E_MISMATCH,
	              "the signing time %s is too far from now, %s (24 hours back and 10 minutes "
	              "ahead are taken)",
	              then, here);
	return sgn_error_cure(err, rc,
	                      "prepare again, check both clocks, or allow it with --any-time");
}

static int check_identity(const struct checking *c, struct sgn_error *err)
{
	int64_t now = sgn_time_now();
	int rc = sgn_handover_same_certificate(c->doc, c->id, err);

	if (rc == 0)
		rc = check_time(c, now, err);
	if (rc == 0)
		rc = sgn_identity_check(c->id, now, c->rules->allow_expired, err);
	if (rc == 0 && c->doc->has_signing_time)
		rc = sgn_identity_check(c->id, c->doc->signing_time, c->rules->allow_expired, err);
	return rc;
}

/* --- all of it ------------------------------------------------------------------------------------ */

static int check_entry(const struct checking *c, const struct sgn_handover_entry *e,
                       struct sgn_digest_bytes *digest, struct sgn_error *err)
{
	struct dirs dirs;
	int rc = read_dirs(e, &dirs, err);

	if (rc == 0)
		rc = check_attributes(c, e, &dirs, digest, err);
	if (rc == 0)
		rc = check_entitlements(e, &dirs, err);
	if (rc == 0)
		rc = check_allowed(c, e, err);
	if (rc == 0 && e->signature.size)
		rc = sgn_identity_verify_digest(c->id, digest, sgn_handover_view(e->signature),
		                                err);
	return sgn_handover_at(e, rc, err);
}

int sgn_handover_check_all(const struct sgn_handover *doc, const struct sgn_identity *id,
                           const struct sgn_handover_rules *rules, struct sgn_digest_bytes *digests,
                           struct sgn_error *err)
{
	static const struct sgn_handover_rules none;
	struct checking c = {.doc = doc, .id = id, .rules = rules ? rules : &none};
	struct sgn_digest_bytes digest;
	int rc;

	sgn_identity_describe(id, &c.info);
	rc = check_identity(&c, err);
	for (size_t i = 0; rc == 0 && i < doc->entry_count; i++)
		rc = check_entry(&c, &doc->entries[i], digests ? &digests[i] : &digest, err);
	return rc;
}

int sgn_handover_check(const struct sgn_handover *doc, const struct sgn_identity *id,
                       const struct sgn_handover_rules *rules, struct sgn_error *err)
{
	return sgn_handover_check_all(doc, id, rules, NULL, err);
}
