/* SPDX-License-Identifier: Apache-2.0 */
/* Builds that do not exist yet, as facts: a requirement that is to hold for another team is tried on
 * them before anybody relies on it. */
#include "signer/ops/transfer.h"

#include <stdio.h>
#include <string.h>

#include "signer/base/oid.h"

/* A team that no requirement names. */
static const char third_team[] = "0000000000";

/* --- certificates ----------------------------------------------------------------------------------- */

/* "Developer ID Application: Old (OLDTEAM000)": same kind, other holder. */
static struct sgn_view other_name(struct sgn_view name, const char *team, struct sgn_arena *arena)
{
	size_t kind = 0, room;
	char *text;

	for (size_t i = 0; i + 1 < name.size && !kind; i++)
		if (name.data[i] == ':' && name.data[i + 1] == ' ')
			kind = i + 2;
	room = kind + 40;
	text = sgn_arena_alloc(arena, room);
	if (!text)
		return SGN_VIEW_EMPTY;
	snprintf(text, room, "%.*sAnother Holder (%s)", (int)kind, (const char *)name.data, team);
	return sgn_view_str(text);
}

/* The old team's certificate as another team would have got it. */
static int other_leaf(const struct sgn_cert *old, const char *team, struct sgn_arena *arena,
                      struct sgn_cert *out, struct sgn_error *err)
{
	struct sgn_cert_attr *attrs = sgn_arena_array(arena, old->subject.count, sizeof(*attrs));

	if (!attrs)
		return sgn_fail_nomem(err);
	*out = *old;
	memset(out->sha1, 0, sizeof(out->sha1));
	memset(out->sha256, 0, sizeof(out->sha256));
	out->email_count = 0;
	for (size_t i = 0; i < old->subject.count; i++) {
		attrs[i] = old->subject.attrs[i];
		if (sgn_view_equal(attrs[i].oid, sgn_oid_known(SGN_OID_OU)) ||
		    sgn_view_equal(attrs[i].oid, sgn_oid_known(SGN_OID_UID)))
			attrs[i].value = sgn_view_str(team);
		else if (sgn_view_equal(attrs[i].oid, sgn_oid_known(SGN_OID_O)))
			attrs[i].value = sgn_view_str("Another Holder");
		else if (sgn_view_equal(attrs[i].oid, sgn_oid_known(SGN_OID_CN)))
			attrs[i].value = other_name(attrs[i].value, team, arena);
		if (!attrs[i].value.data)
			return sgn_fail_nomem(err);
	}
	out->subject.attrs = attrs;
	return 0;
}

/* --- entitlements ----------------------------------------------------------------------------------- */

static int map_value(const struct sgn_value *in, struct sgn_view from, const char *team,
                     struct sgn_arena *arena, struct sgn_value *out, struct sgn_error *err);

static int map_string(const struct sgn_value *in, struct sgn_view from, const char *team,
                      struct sgn_arena *arena, struct sgn_value *out, struct sgn_error *err)
{
	struct sgn_view rest = sgn_view_from(in->u.bytes, from.size);
	size_t room = strlen(team) + rest.size + 1;
	char *text;

	if (!sgn_view_starts_with(in->u.bytes, from))
		return 0;
	text = sgn_arena_alloc(arena, room);
	if (!text)
		return sgn_fail_nomem(err);
	snprintf(text, room, "%s", team);
	if (rest.size)
		memcpy(text + strlen(team), rest.data, rest.size);
	out->u.bytes = sgn_view_of(text, room - 1);
	return 0;
}

static int map_array(const struct sgn_value *in, struct sgn_view from, const char *team,
                     struct sgn_arena *arena, struct sgn_value *out, struct sgn_error *err)
{
	size_t count = in->u.array.count;
	struct sgn_value *items = sgn_arena_array(arena, count, sizeof(*items));
	int rc = items ? 0 : sgn_fail_nomem(err);

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = map_value(&in->u.array.items[i], from, team, arena, &items[i], err);
	out->u.array.items = items;
	return rc;
}

/* What begins with the old team begins with the other one. Requirements look at values of the outer
 * dictionary and at elements of arrays there, so what lies deeper is left alone. */
static int map_value(const struct sgn_value *in, struct sgn_view from, const char *team,
                     struct sgn_arena *arena, struct sgn_value *out, struct sgn_error *err)
{
	*out = *in;
	return in->kind == SGN_VALUE_STRING ? map_string(in, from, team, arena, out, err) : 0;
}

static int map_dict(const struct sgn_value *in, const char *from, const char *team,
                    struct sgn_arena *arena, const struct sgn_value **out, struct sgn_error *err)
{
	struct sgn_value_entry *entries;
	struct sgn_value *dict;
	int rc = 0;

	*out = in;
	if (!in || in->kind != SGN_VALUE_DICT)
		return 0;
	dict = sgn_arena_alloc(arena, sizeof(*dict));
	entries = sgn_arena_array(arena, in->u.dict.count, sizeof(*entries));
	if (!dict || !entries)
		return sgn_fail_nomem(err);
	*dict = *in;
	dict->u.dict.entries = entries;
	for (size_t i = 0; rc == 0 && i < in->u.dict.count; i++) {
		const struct sgn_value *v = &in->u.dict.entries[i].value;

		entries[i].key = in->u.dict.entries[i].key;
		entries[i].value = *v;
		rc = v->kind == SGN_VALUE_ARRAY
		             ? map_array(v, sgn_view_str(from), team, arena, &entries[i].value, err)
		             : map_value(v, sgn_view_str(from), team, arena, &entries[i].value,
		                         err);
	}
	*out = dict;
	return rc;
}

/* --- trials ----------------------------------------------------------------------------------------- */

static int make_team(const struct sgn_req_facts *old, const char *from, const char *team,
                     struct sgn_arena *arena, struct sgn_trials *t, enum sgn_trial which,
                     struct sgn_error *err)
{
	struct sgn_req_facts *f = &t->facts[which];
	int rc = 0;

	*f = *old;
	f->cdhash_count = 0;
	f->certs = t->chains[which];
	for (size_t i = 0; i < old->cert_count; i++) {
		t->certs[which][i] = *old->certs[i];
		t->chains[which][i] = &t->certs[which][i];
	}
	if (old->cert_count)
		rc = other_leaf(old->certs[0], team, arena, &t->certs[which][0], err);
	if (rc == 0)
		rc = map_dict(old->entitlements, from, team, arena, &f->entitlements, err);
	return rc ? rc : map_dict(old->info, from, team, arena, &f->info, err);
}

int sgn_trials_make(const struct sgn_req_facts *old, const char *from, const char *to,
                    struct sgn_arena *arena, struct sgn_trials *out, struct sgn_error *err)
{
	int rc;

	out->facts[SGN_TRIAL_OLD] = *old;
	rc = make_team(old, from, to, arena, out, SGN_TRIAL_NEW, err);
	if (rc == 0)
		rc = make_team(old, from, third_team, arena, out, SGN_TRIAL_THIRD, err);
	if (rc == 0)
		rc = make_team(old, from, to, arena, out, SGN_TRIAL_FOREIGN, err);
	out->facts[SGN_TRIAL_FOREIGN].root_is_apple = false;
	for (size_t i = 0; i < old->cert_count; i++) {
		struct sgn_cert *c = &out->certs[SGN_TRIAL_FOREIGN][i];

		memset(c->sha1, 0, sizeof(c->sha1));
		memset(c->sha256, 0, sizeof(c->sha256));
	}
	return rc;
}

int sgn_trials_make_up(const char *identifier, const char *team, struct sgn_arena *arena,
                       struct sgn_made_up *out, struct sgn_error *err)
{
	static const char name[] = "Developer ID Application: ";

	*out = (struct sgn_made_up){0};
	out->attrs[0] = (struct sgn_cert_attr){sgn_oid_known(SGN_OID_UID), sgn_view_str(team)};
	out->attrs[1] = (struct sgn_cert_attr){sgn_oid_known(SGN_OID_CN),
	                                       other_name(sgn_view_str(name), team, arena)};
	out->attrs[2] = (struct sgn_cert_attr){sgn_oid_known(SGN_OID_OU), sgn_view_str(team)};
	out->attrs[3] = (struct sgn_cert_attr){sgn_oid_known(SGN_OID_O), sgn_view_str("Holder")};
	if (!out->attrs[1].value.data)
		return sgn_fail_nomem(err);
	out->exts[0].oid = sgn_oid_known(SGN_OID_APPLE_LEAF_DEVELOPER_ID);
	out->exts[1].oid = sgn_oid_known(SGN_OID_APPLE_CA_DEVELOPER_ID);
	out->certs[0].subject = (struct sgn_cert_name){out->attrs, SGN_ARRAY_LEN(out->attrs)};
	out->certs[0].exts = &out->exts[0];
	out->certs[1].exts = &out->exts[1];
	out->certs[0].ext_count = out->certs[1].ext_count = 1;
	for (size_t i = 0; i < SGN_ARRAY_LEN(out->chain); i++)
		out->chain[i] = &out->certs[i];
	out->facts = (struct sgn_req_facts){.identifier = sgn_view_str(identifier),
	                                    .certs = out->chain,
	                                    .cert_count = SGN_ARRAY_LEN(out->chain),
	                                    .root_is_apple = true,
	                                    .notarized = SGN_UNDECIDED,
	                                    .trusted_by_settings = SGN_UNDECIDED};
	return 0;
}

int sgn_trials_meet(const struct sgn_trials *trials, enum sgn_trial which,
                    struct sgn_view requirement, bool *met, struct sgn_error *err)
{
	enum sgn_truth truth;
	int rc = sgn_req_eval(requirement, &trials->facts[which], &truth, NULL, err);

	*met = rc == 0 && truth != SGN_FALSE;
	return rc;
}
