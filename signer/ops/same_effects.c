/* SPDX-License-Identifier: Apache-2.0 */
/* What two verdicts mean for the people who use the program. The rules are Apple's technote on
 * requirements (TN3127) and what systems do; docs/howto-team-transfer.md tells which is which. */
#include <string.h>

#include "signer/base/mem.h"
#include "signer/ops/sameness.h"

enum condition {
	FORWARD_NO = 1 << 0, /* the new build does not meet the old requirement */
	BACK_NO = 1 << 1,    /* it does, but the old build does not meet the new one */
	OPEN = 1 << 2,       /* one direction depends on the user's system */
	LIBRARY_NO = 1 << 3, /* a library or plug-in is not the same */
	TEAM = 1 << 4,       /* another team */
	GROUPS = 1 << 5,     /* keychain access groups that the new build does not claim */
	APP_GROUPS = 1 << 6, /* application groups that it does not claim */
	KEPT = 1 << 7,       /* everything is met */
	KEPT_TEAM = 1 << 8   /* and the team is the same */
};

static const struct {
	enum condition when;
	const char *area;
	bool lost;
	const char *text;
	const char *cure; /* NULL: the way to meet the requirement is put there */
} rows[] = {
	{FORWARD_NO, "privacy", true,
         "What users allowed (camera, screen recording, accessibility, full disk access, ...) was "
         "recorded with the old requirement and does not apply to the new build: the switch in "
         "System Settings still looks on, no question is asked again, and access is refused. Each "
         "user has to remove the entry with the minus button and allow it again, or run tccutil "
         "reset.",
         NULL},
	{FORWARD_NO, "keychain", true,
         "Items of the file-based keychain name the old requirement: users are asked for their "
         "password once for each item.",
         NULL},
	{FORWARD_NO, "login-items", true,
         "Login items, background items and privileged helpers are registered anew, and users may "
         "have to allow them again. SMAuthorizedClients and SMPrivilegedExecutables that quote the "
         "old requirement refuse the new build.",
         NULL},
	{BACK_NO, "privacy", true,
         "The new build inherits what users allowed, but two programs are the same to macOS only "
         "when each meets the requirement of the other: what is allowed to the new build is lost "
         "when the old one runs again, as after a downgrade or with a second copy.",
         NULL},
	{BACK_NO, "keychain", true,
         "Items that the new build makes in the file-based keychain ask for the password when the "
         "old build reads them.",
         NULL},
	{BACK_NO, "login-items", true,
         "Going back to the old build registers login items and helpers anew.", NULL},
	{OPEN, "privacy", false,
         "A clause depends on the system of the user (trust settings, notarization), so the "
         "answer may differ from one Mac to another.",
         "keep clauses like notarized out of designated requirements"},
	{LIBRARY_NO, "libraries", true,
         "A library or plug-in holds no permissions itself, but what quotes its requirement "
         "refuses "
         "the new one: library constraints, hosts that check their plug-ins.",
         NULL},
	{TEAM, "keychain", true,
         "The data-protection keychain goes by access groups that begin with the team: without an "
         "app group that both builds claim, the new team cannot read what the old one stored, "
         "whatever the requirement says.",
         "before the move, let a release of the old team copy the items into an access group named "
         "after an app group (group.NAME), and move that app group to the new team"},
	{TEAM, "keychain", true,
         "Items of the file-based keychain name the team in their access lists, too: users may be "
         "asked "
         "for their password once for each item.",
         "let the program read an item and store it anew"},
	{TEAM, "containers", true,
         "App groups that begin with the old team stay behind, and the first access of the new "
         "team to the old container asks the user (macOS 14 and later).",
         "move what must survive into a group.NAME container first"},
	{KEPT, "privacy", false, "What users allowed to the old build applies to the new one.",
         NULL},
	{KEPT_TEAM, "keychain", false,
         "Items of the file-based keychain are read without a question.", NULL},
	{KEPT, "login-items", false,
         "Login items, background items and helpers stay registered and allowed.", NULL},
};

static int add(struct sgn_same *same, const struct sgn_effect *effect, struct sgn_error *err)
{
	if (same->effect_count == same->effect_cap) {
		size_t cap = same->effect_cap ? same->effect_cap * 2 : 16;
		struct sgn_effect *grown = sgn_realloc(same->effects, cap * sizeof(*grown));

		if (!grown)
			return sgn_fail_nomem(err);
		same->effects = grown;
		same->effect_cap = cap;
	}
	same->effects[same->effect_count++] = *effect;
	return 0;
}

/* Once for each condition: with the first item that shows it. */
static int tell(struct sgn_same *same, enum condition when, const char *path, const char *cure,
                struct sgn_error *err)
{
	int rc = 0;

	if (same->told & (unsigned)when)
		return 0;
	same->told |= (unsigned)when;
	for (size_t i = 0; rc == 0 && i < SGN_ARRAY_LEN(rows); i++) {
		const struct sgn_effect effect = {rows[i].area, rows[i].lost, path, rows[i].text,
		                                  rows[i].cure ? rows[i].cure : cure};

		if (rows[i].when == when)
			rc = add(same, &effect, err);
	}
	return rc;
}

/* --- the way out ------------------------------------------------------------------------------------ */

static bool differ(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

static int find_cure(struct sgn_same *same, const struct sgn_same_item *item, const char **cure,
                     struct sgn_error *err)
{
	struct sgn_buf text;
	int rc;

	sgn_buf_init(&text, SGN_LIMIT_PATH);
	if (item->forward.implied || item->back.implied)
		sgn_wr_str(&text, "code signed ad hoc is another program after every build; sign "
		                  "both builds with a certificate");
	else if (differ(item->old_identifier, item->new_identifier))
		sgn_wr_fmt(&text, "sign the new build with the old identifier: signet sign -i %s",
		           item->old_identifier);
	else if (item->old_team && item->new_team && differ(item->old_team, item->new_team))
		sgn_wr_fmt(&text,
		           "\"signet requirement transfer --from %s --to %s\" with the old build "
		           "writes a requirement that both teams meet; a release of the old team "
		           "must carry it first",
		           item->old_team, item->new_team);
	else
		sgn_wr_str(&text, "sign both builds with certificates of one kind, or with one "
		                  "requirement that both meet: signet sign -r");
	rc = sgn_buf_finish(&text, err, "cure");
	if (rc == 0) {
		*cure = sgn_arena_strdup(&same->arena, sgn_buf_str(&text));
		rc = *cure ? 0 : sgn_fail_nomem(err);
	}
	sgn_buf_dispose(&text);
	return rc;
}

/* --- groups that are given up ------------------------------------------------------------------------- */

static bool claims(const struct sgn_value *groups, struct sgn_view name)
{
	for (size_t i = 0; groups && groups->kind == SGN_VALUE_ARRAY && i < groups->u.array.count;
	     i++)
		if (sgn_view_equal(sgn_value_string(&groups->u.array.items[i]), name))
			return true;
	return false;
}

/* Appends the names that the old build claims and the new one does not. */
static void list_lost(const struct sgn_value *before, const struct sgn_value *after,
                      struct sgn_buf *out)
{
	for (size_t i = 0; before && before->kind == SGN_VALUE_ARRAY && i < before->u.array.count;
	     i++) {
		struct sgn_view name = sgn_value_string(&before->u.array.items[i]);

		if (name.size == 0 || claims(after, name))
			continue;
		sgn_wr_str(out, out->size ? ", " : "");
		sgn_wr_view(out, name);
	}
}

static const struct {
	enum condition when;
	const char *entitlement, *area, *text, *cure;
} group_rows[] = {
	{GROUPS, "keychain-access-groups", "keychain",
         "Items in keychain access groups that the new build does not claim cannot be read any "
         "more: ",
         "claim them again in the entitlements, or copy the items into a group that both claim"},
	{APP_GROUPS, "com.apple.security.application-groups", "containers",
         "Files in app group containers that the new build does not claim cannot be reached any "
         "more: ",
         "claim the groups again in the entitlements, or move the files before"},
};

static int tell_groups(struct sgn_same *same, size_t row, const struct sgn_same_item *item,
                       const struct sgn_value *before, const struct sgn_value *after,
                       struct sgn_error *err)
{
	struct sgn_effect effect = {.area = group_rows[row].area, .lost = true, .path = item->path};
	struct sgn_buf names;
	int rc = 0;

	sgn_buf_init(&names, SGN_LIMIT_ENTITLEMENTS);
	list_lost(sgn_value_get(before, group_rows[row].entitlement),
	          sgn_value_get(after, group_rows[row].entitlement), &names);
	if (names.size) {
		struct sgn_buf text;

		sgn_buf_init(&text, SGN_LIMIT_ENTITLEMENTS);
		sgn_wr_str(&text, group_rows[row].text);
		sgn_wr_view(&text, sgn_buf_view(&names));
		rc = sgn_buf_finish(&text, err, "groups");
		if (rc == 0) {
			effect.text = sgn_arena_strdup(&same->arena, sgn_buf_str(&text));
			effect.cure = group_rows[row].cure;
			rc = effect.text ? add(same, &effect, err) : sgn_fail_nomem(err);
		}
		sgn_buf_dispose(&text);
	}
	sgn_buf_dispose(&names);
	return rc;
}

/* --- one item --------------------------------------------------------------------------------------- */

/* Of the code of an item, by its verdicts. 0: nothing to tell. */
static unsigned conditions_of(const struct sgn_same_item *item)
{
	bool no = item->forward.met == SGN_NOT_MET || item->back.met == SGN_NOT_MET;
	unsigned out = 0;

	if (!item->is_program)
		return no ? LIBRARY_NO : 0;
	if (item->forward.met == SGN_NOT_MET)
		out |= FORWARD_NO;
	else if (item->back.met == SGN_NOT_MET)
		out |= BACK_NO;
	if (!no && (item->forward.met == SGN_MET_OPEN || item->back.met == SGN_MET_OPEN))
		out |= OPEN;
	if (item->old_team && item->new_team && differ(item->old_team, item->new_team))
		out |= TEAM;
	return out;
}

int sgn_same_effects(struct sgn_same *same, const struct sgn_same_item *item,
                     const struct sgn_subject *before, const struct sgn_subject *after,
                     struct sgn_error *err)
{
	unsigned conditions = conditions_of(item);
	const char *cure = NULL;
	int rc = find_cure(same, item, &cure, err);

	for (unsigned when = 1; rc == 0 && when < KEPT; when <<= 1)
		if (conditions & when)
			rc = tell(same, (enum condition)when, item->path, cure, err);
	for (size_t i = 0; rc == 0 && item->is_program && i < SGN_ARRAY_LEN(group_rows); i++)
		rc = tell_groups(same, i, item, before->slices[0].facts.req.entitlements,
		                 after->slices[0].facts.req.entitlements, err);
	return rc;
}

int sgn_same_effects_kept(struct sgn_same *same, struct sgn_error *err)
{
	int rc = tell(same, KEPT, ".", NULL, err);

	if (rc == 0 && !(same->told & TEAM))
		rc = tell(same, KEPT_TEAM, ".", NULL, err);
	return rc;
}
