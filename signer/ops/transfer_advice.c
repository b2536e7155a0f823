/* SPDX-License-Identifier: Apache-2.0 */
/* The releases that a move takes, and what no requirement carries over. docs/howto-team-transfer.md says
 * the same at length. */
#include "signer/ops/transfer.h"

#include <string.h>

static const char *const limits[] = {
	"Permissions that were recorded with earlier builds keep the earlier requirement. Whether "
	"macOS "
	"replaces it when the transition release runs is not documented; what users allow again, "
	"or for "
	"the first time, is recorded with the new one.",
	"Data-protection keychain: access groups begin with the team. Before the move, a release "
	"of the "
	"old team copies the items into an access group named after an app group (group.NAME), and "
	"the "
	"app group moves with the app.",
	"App groups and iCloud containers that begin with the old team stay behind.",
	"System extensions, Endpoint Security and other managed entitlements, and provisioning "
	"profiles "
	"belong to a team: the new one asks Apple for them again.",
	"What quotes a requirement or a team elsewhere has to name both teams: "
	"SMAuthorizedClients, "
	"SMPrivilegedExecutables, XPC peers, launch and library constraints, "
	"NSUpdateSecurityPolicy.",
	"Builds for the App Store are signed again by Apple and get Apple's requirement.",
};

/* $OLD and $NEW are the teams. */
static const char *const steps[] = {
	"A release of team $OLD carries this requirement: signet sign -r FILE (or codesign -r "
	"FILE). It "
	"meets what users' systems recorded for earlier builds of $OLD, and what they allow from "
	"then on "
	"is recorded with a requirement that team $NEW meets as well.",
	"Users get that transition release and run it; give them time, because who skips it comes "
	"to team "
	"$NEW without a bridge. The certificate of team $OLD must not be revoked.",
	"The releases of team $NEW carry the same requirement and the same identifier. Check "
	"before "
	"shipping: signet requirement same OLD NEW.",
};

/* Appends the text with the teams in it. */
static void fill_in(const char *text, const char *from, const char *to, struct sgn_buf *out)
{
	while (*text) {
		size_t plain = strcspn(text, "$");

		sgn_wr_bytes(out, text, plain);
		text += plain;
		if (*text) {
			sgn_wr_str(out, strncmp(text, "$OLD", 4) == 0 ? from : to);
			text += 4;
		}
	}
}

int sgn_transfer_advice(const char *from, const char *to, struct sgn_arena *arena,
                        struct sgn_transfer *out, struct sgn_error *err)
{
	const char **texts = sgn_arena_array(arena, SGN_ARRAY_LEN(steps), sizeof(const char *));
	struct sgn_buf text;
	int rc = texts ? 0 : sgn_fail_nomem(err);

	sgn_buf_init(&text, SGN_LIMIT_PATH);
	for (size_t i = 0; rc == 0 && i < SGN_ARRAY_LEN(steps); i++) {
		sgn_buf_reset(&text);
		fill_in(steps[i], from, to, &text);
		rc = sgn_buf_finish(&text, err, "advice");
		if (rc == 0)
			texts[i] = sgn_arena_strdup(arena, sgn_buf_str(&text));
		if (rc == 0 && !texts[i])
			rc = sgn_fail_nomem(err);
	}
	sgn_buf_dispose(&text);
	if (rc)
		return rc;
	out->steps = texts;
	out->step_count = SGN_ARRAY_LEN(steps);
	out->limits = limits;
	out->limit_count = SGN_ARRAY_LEN(limits);
	return 0;
}
