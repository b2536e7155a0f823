/* SPDX-License-Identifier: Apache-2.0 */
/* sgn_requirement_transfer(): requirements that two teams meet, proved on builds of both before they are
 * handed out. (docs/howto-team-transfer.md) */
#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/oid.h"
#include "signer/ops/subject.h"
#include "signer/ops/transfer.h"

#define TEAM_LEN  10
#define NOTES_MAX 8

/* The public result and what it points to live and die together. */
struct transfer {
	struct sgn_transfer pub; /* first, so that freeing knows where it is */
	struct sgn_arena arena;
	struct sgn_subjects subjects;
	const struct sgn_transfer_options *opts;
};

/* One item on its way. */
struct moving {
	struct transfer *t;
	struct sgn_transferred *out;
	const struct sgn_req_facts *facts; /* of the old team's build */
	struct sgn_view before, after;
	unsigned moved; /* bits of enum sgn_req_moved */
	struct sgn_trials trials;
	const char *notes[NOTES_MAX];
};

static void add_note(struct moving *m, const char *note)
{
	if (m->out->note_count < NOTES_MAX)
		m->notes[m->out->note_count++] = note;
}

/* --- refusing --------------------------------------------------------------------------------------- */

/* What the new team cannot have, in the words of the clause. */
static int refuse_pinned(struct moving *m, struct sgn_error *err)
{
	struct sgn_judged judged;
	const char *clause = "a clause";
	int rc = sgn_judge_clauses(m->after, &m->trials.facts[SGN_TRIAL_NEW], &m->t->arena, &judged,
	                           err);

	if (rc)
		return rc;
	for (size_t i = judged.count; i-- > 0;)
		if (judged.clauses[i].decisive && !judged.clauses[i].group)
			clause = judged.clauses[i].text;
	rc = sgn_fail(err, SGN_E_UNSUPPORTED, "no build of team %s can meet \"%s\"", m->t->opts->to,
	              clause);
	return sgn_error_cure(
		err, rc,
		"sign a build of team %s with a requirement that names the team "
		"instead of a certificate or a hash, let users have it, and start from "
		"that build",
		m->t->opts->from);
}

static int refuse_own(const struct moving *m, struct sgn_error *err)
{
	return sgn_fail(err, SGN_E_MISMATCH,
	                "the build of team %s does not meet its own designated requirement",
	                m->t->opts->from);
}

static int wider(struct sgn_error *err)
{
	return sgn_fail(err, SGN_E_INTERNAL,
	                "the new requirement would let in a team that the old one keeps out");
}

/* --- one requirement -------------------------------------------------------------------------------- */

static int keep(struct moving *m, struct sgn_view v, struct sgn_view *out, struct sgn_error *err)
{
	return sgn_arena_copy(&m->t->arena, v, out) ? 0 : sgn_fail_nomem(err);
}

static int rewrite(struct moving *m, struct sgn_error *err)
{
	struct sgn_buf buf;
	bool met;
	int rc = sgn_trials_meet(&m->trials, SGN_TRIAL_NEW, m->before, &met, err);

	m->after = m->before;
	if (rc || met)
		return rc;
	sgn_buf_init(&buf, SGN_LIMIT_REQUIREMENTS);
	rc = sgn_req_move_team(m->before, sgn_view_str(m->t->opts->from),
	                       sgn_view_str(m->t->opts->to), &buf, &m->moved, err);
	if (rc == 0)
		rc = keep(m, sgn_buf_view(&buf), &m->after, err);
	sgn_buf_dispose(&buf);
	return rc;
}

/* Old and new are let in, a third team only where it was before. */
static int prove(struct moving *m, struct sgn_error *err)
{
	bool old = false, new = false, third = false, third_before = false, foreign = false;
	int rc = sgn_trials_meet(&m->trials, SGN_TRIAL_OLD, m->after, &old, err);

	if (rc == 0)
		rc = sgn_trials_meet(&m->trials, SGN_TRIAL_NEW, m->after, &new, err);
	if (rc == 0)
		rc = sgn_trials_meet(&m->trials, SGN_TRIAL_THIRD, m->after, &third, err);
	if (rc == 0)
		rc = sgn_trials_meet(&m->trials, SGN_TRIAL_THIRD, m->before, &third_before, err);
	if (rc == 0)
		rc = sgn_trials_meet(&m->trials, SGN_TRIAL_FOREIGN, m->after, &foreign, err);
	if (rc)
		return rc;
	if (!old)
		return refuse_own(m, err);
	if (!new)
		return refuse_pinned(m, err);
	if (third && !third_before)
		return wider(err);
	if (third)
		add_note(m, "it names no team, so builds of any team meet it: that was so before");
	if (foreign)
		add_note(m,
		         "it asks for no certificate of Apple's (anchor apple generic), so anybody "
		         "can make a certificate that meets it: that was so before, and is "
		         "dangerous");
	return 0;
}

/* What the rewriting decided, for people. */
static void note_moved(struct moving *m)
{
	static const struct {
		enum sgn_req_moved moved;
		const char *text;
	} rows[] = {
		{SGN_REQ_MOVED_NAME,
	         "the name in the old team's certificate is kept; of the new team any certificate "
	         "of "
	         "the same kind is accepted, because nobody knows its name yet"},
		{SGN_REQ_MOVED_COMPANY,
	         "the old team's company name is kept; the new team is told by its identifier"},
		{SGN_REQ_MOVED_PREFIX,
	         "values that begin with the old team's identifier may begin with the new one's"},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++)
		if (m->moved & (unsigned)rows[i].moved)
			add_note(m, rows[i].text);
	if (!m->moved)
		add_note(m, "builds of both teams meet it already; nothing was changed");
}

static int finish(struct moving *m, struct sgn_error *err)
{
	struct sgn_transferred *out = m->out;
	int rc = sgn_requirement_text(m->after, &m->t->arena, &out->text, err);
	const char **notes;

	if (rc)
		return rc;
	out->blob = m->after.data;
	out->blob_size = m->after.size;
	out->changed = !sgn_view_equal(m->before, m->after);
	notes = sgn_arena_array(&m->t->arena, NOTES_MAX, sizeof(const char *));
	if (!notes)
		return sgn_fail_nomem(err);
	memcpy(notes, m->notes, sizeof(m->notes));
	out->notes = notes;
	return 0;
}

static int move_item(struct moving *m, struct sgn_error *err)
{
	const struct sgn_transfer_options *o = m->t->opts;
	int rc = sgn_trials_make(m->facts, o->from, o->to, &m->t->arena, &m->trials, err);

	if (rc == 0)
		rc = sgn_requirement_text(m->before, &m->t->arena, &m->out->before, err);
	if (rc == 0)
		rc = rewrite(m, err);
	if (rc == 0)
		rc = prove(m, err);
	if (rc)
		return rc;
	note_moved(m);
	return finish(m, err);
}

/* --- where it starts -------------------------------------------------------------------------------- */

/* Certificates whose signature users never see. */
static void note_kind(struct moving *m, const struct sgn_chain *chain)
{
	static const struct {
		const char *id, *text;
	} rows[] = {
		{"apple-development", "a development certificate: what users have is signed by "
	                              "another one, with another "
	                              "requirement"},
		{"mac-development", "a development certificate: what users have is signed by "
	                            "another one, with another "
	                            "requirement"},
		{"iphone-development", "a development certificate: what users have is signed by "
	                               "another one, with another "
	                               "requirement"},
		{"apple-distribution",
	         "a certificate for uploads: the store signs again and stores a requirement of its "
	         "own"},
		{"mac-app-distribution",
	         "a certificate for uploads: the store signs again and stores a requirement of its "
	         "own"},
		{"iphone-distribution",
	         "a certificate for uploads: the store signs again and stores a requirement of its "
	         "own"},
	};
	const char *id = sgn_chain_kind(chain)->id;

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].id, id) == 0)
			add_note(m, rows[i].text);
}

static int check_team(const struct transfer *t, const struct sgn_subject_slice *s,
                      struct sgn_error *err)
{
	struct sgn_view team;
	int rc;

	if (!s->chain || s->chain->count == 0) {
		rc = sgn_fail(err, SGN_E_MISMATCH,
		              "signed ad hoc: its requirement is the hash of this very build");
		return sgn_error_cure(err, rc, "name a build that team %s signed", t->opts->from);
	}
	team = sgn_cert_name_get(&s->chain->certs[0]->subject, sgn_oid_known(SGN_OID_OU));
	if (sgn_view_equal(team, sgn_view_str(t->opts->from)))
		return 0;
	rc = sgn_fail(err, SGN_E_MISMATCH, "signed by team %.*s, not by %s", (int)team.size,
	              (const char *)team.data, t->opts->from);
	return sgn_error_cure(err, rc, "name a build that team %s signed", t->opts->from);
}

static int move_subject(struct transfer *t, const struct sgn_subject *s,
                        struct sgn_transferred *out, struct sgn_error *err)
{
	struct moving *m = sgn_arena_alloc(&t->arena, sizeof(*m));
	int rc = m ? sgn_subject_must_be_signed(s, err) : sgn_fail_nomem(err);

	out->path = s->at;
	out->kind = s->kind;
	if (rc == 0 && s->problem) {
		rc = sgn_fail(err, SGN_E_MISMATCH, "its signature is not valid: %s", s->problem);
		sgn_error_osstatus(err, rc, s->osstatus);
	}
	if (rc)
		return rc;
	out->identifier = s->slices[0].sig->best->identifier;
	rc = check_team(t, &s->slices[0], err);
	if (rc)
		return rc;
	*m = (struct moving){.t = t,
	                     .out = out,
	                     .facts = &s->slices[0].facts.req,
	                     .before = s->slices[0].designated};
	note_kind(m, s->slices[0].chain);
	return move_item(m, err);
}

/* Nested code that cannot follow is told; only the program itself must. */
static int move_nested(struct transfer *t, const struct sgn_subject *s, struct sgn_transferred *out,
                       struct sgn_error *err)
{
	struct sgn_error why = SGN_ERROR_INIT;
	int rc = move_subject(t, s, out, &why);

	if (rc == SGN_E_NOMEM) {
		sgn_error_move(err, &why);
	} else if (rc) {
		out->text = NULL;
		out->problem = sgn_arena_strdup(&t->arena, why.text);
		out->cure = *why.cure ? sgn_arena_strdup(&t->arena, why.cure) : NULL;
		rc = out->problem ? 0 : sgn_fail_nomem(err);
	}
	sgn_error_dispose(&why);
	return rc;
}

static int from_build(struct transfer *t, struct sgn_context *ctx, struct sgn_error *err)
{
	struct sgn_transferred *items;
	int rc = sgn_subjects_open(ctx, t->opts->path, NULL, true, &t->subjects, err);

	if (rc)
		return rc;
	items = sgn_arena_array(&t->arena, t->subjects.count, sizeof(*items));
	if (!items)
		return sgn_fail_nomem(err);
	t->pub.items = items;
	t->pub.item_count = t->subjects.count;
	rc = move_subject(t, &t->subjects.items[0], &items[0], err);
	for (size_t i = 1; rc == 0 && i < t->subjects.count; i++)
		rc = move_nested(t, &t->subjects.items[i], &items[i], err);
	return sgn_error_at_path(err, rc, t->opts->path);
}

static int from_identifier(struct transfer *t, struct sgn_error *err)
{
	struct sgn_made_up *made = sgn_arena_alloc(&t->arena, sizeof(*made));
	struct sgn_transferred *item = sgn_arena_alloc(&t->arena, sizeof(*item));
	struct moving *m = sgn_arena_alloc(&t->arena, sizeof(*m));
	struct sgn_buf blob;
	int rc;

	if (!made || !item || !m)
		return sgn_fail_nomem(err);
	*item = (struct sgn_transferred){
		.path = ".", .kind = "app", .identifier = t->opts->identifier};
	*m = (struct moving){.t = t, .out = item, .facts = &made->facts};
	t->pub.items = item;
	t->pub.item_count = 1;
	sgn_buf_init(&blob, SGN_LIMIT_REQUIREMENTS);
	rc = sgn_trials_make_up(t->opts->identifier, t->opts->from, &t->arena, made, err);
	if (rc == 0)
		rc = sgn_req_designated(sgn_view_str(t->opts->identifier), made->chain,
		                        SGN_ARRAY_LEN(made->chain), true, &blob, err);
	if (rc == 0)
		rc = keep(m, sgn_buf_view(&blob), &m->before, err);
	sgn_buf_dispose(&blob);
	if (rc)
		return rc;
	add_note(m, "made from the default requirement of a Developer ID build; if the builds that "
	            "users have carry another one, name such a build instead");
	return move_item(m, err);
}

/* --- the whole -------------------------------------------------------------------------------------- */

static int check_name(const char *option, const char *team, struct sgn_error *err)
{
	size_t good = team ? strspn(team, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") : 0;

	if (team && good == TEAM_LEN && team[good] == '\0')
		return 0;
	return sgn_fail(err, SGN_E_USAGE,
	                "%s: a team identifier has %d capital letters and digits, not \"%s\"",
	                option, TEAM_LEN, team ? team : "");
}

static int check_options(const struct sgn_transfer_options *o, struct sgn_error *err)
{
	int rc = check_name("from", o->from, err);

	if (rc == 0)
		rc = check_name("to", o->to, err);
	if (rc == 0 && strcmp(o->from, o->to) == 0)
		rc = sgn_fail(err, SGN_E_USAGE, "from and to are the same team, %s", o->from);
	if (rc == 0 && !o->path && !(o->identifier && *o->identifier)) {
		rc = sgn_fail(err, SGN_E_USAGE, "nothing to start from");
		sgn_error_cure(err, rc, "name a build of team %s, or give --identifier", o->from);
	}
	if (rc == 0 && o->path && o->identifier)
		rc = sgn_fail(err, SGN_E_USAGE,
		              "--identifier contradicts a build: the build has one");
	return rc;
}

int sgn_requirement_transfer(struct sgn_context *ctx, const struct sgn_transfer_options *opts,
                             struct sgn_transfer **out, struct sgn_error *err)
{
	struct transfer *t = sgn_calloc(1, sizeof(*t));
	int rc;

	*out = NULL;
	if (!t)
		return sgn_fail_nomem(err);
	t->opts = opts;
	rc = check_options(opts, err);
	if (rc == 0)
		rc = opts->path ? from_build(t, ctx, err) : from_identifier(t, err);
	if (rc == 0)
		rc = sgn_transfer_advice(opts->from, opts->to, &t->arena, &t->pub, err);
	t->opts = NULL;
	if (rc == 0)
		*out = &t->pub;
	else
		sgn_transfer_free(&t->pub);
	return rc;
}

void sgn_transfer_free(struct sgn_transfer *transfer)
{
	struct transfer *t = (struct transfer *)transfer;

	if (!t)
		return;
	sgn_subjects_close(&t->subjects);
	sgn_arena_dispose(&t->arena);
	sgn_free(t);
}
