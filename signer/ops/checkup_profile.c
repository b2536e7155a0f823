/* SPDX-License-Identifier: Apache-2.0 */
/* Does a provisioning profile go with an identity? (docs/format/profiles.md) */
#include <inttypes.h>
#include <string.h>

#include "signer/base/file.h"
#include "signer/base/oid.h"
#include "signer/base/text.h"
#include "signer/base/time.h"
#include "signer/hash/digest.h"
#include "signer/ops/checkup.h"
#include "signer/ops/context.h"
#include "signer/profile/profile.h"

/* "A", "B" and 3 more */
static void list_names(const struct sgn_profile *p, struct sgn_arena *arena, struct sgn_buf *out)
{
	size_t shown = 0;
	struct sgn_cert cert;

	for (size_t i = 0; i < p->cert_count && shown < 4; i++) {
		struct sgn_view name;

		if (sgn_cert_parse(p->certs[i], arena, &cert, NULL) != 0)
			continue;
		name = sgn_cert_name_get(&cert.subject, sgn_oid_known(SGN_OID_CN));
		sgn_wr_fmt(out, "%s\"", shown++ ? ", " : "");
		sgn_wr_view(out, name);
		sgn_wr_str(out, "\"");
	}
	if (p->cert_count > shown)
		sgn_wr_fmt(out, " and %zu more", p->cert_count - shown);
}

static bool names_leaf(const struct sgn_checkup_run *run, const struct sgn_profile *p)
{
	struct sgn_digest_bytes sha1;
	char hex[2 * 20 + 1];

	for (size_t i = 0; i < p->cert_count; i++) {
		if (sgn_digest(SGN_DIGEST_SHA1, p->certs[i], &sha1, NULL) != 0)
			continue;
		sgn_hex_encode(sha1.data, 20, hex);
		if (strcmp(hex, run->shown.info.sha1) == 0)
			return true;
	}
	return false;
}

static void check_certificate(struct sgn_checkup_run *run, const struct sgn_profile *p)
{
	struct sgn_buf names;

	if (names_leaf(run, p)) {
		sgn_checkup_add(run, "profile-certificate", SGN_CHECK_OK, NULL,
		                "the profile \"%s\" names this certificate", p->name);
		return;
	}
	sgn_buf_init(&names, 2048);
	list_names(p, &run->arena, &names);
	sgn_checkup_add(
		run, "profile-certificate", SGN_CHECK_FAILED,
		"in the developer portal edit the profile, choose this certificate, save, and "
		"download it again; or sign with a certificate that it names (a renewed "
		"certificate is another one, though its name is the same)",
		"the profile \"%s\" names %zu certificate%s, and this is %s%s%s", p->name,
		p->cert_count, p->cert_count == 1 ? "" : "s",
		p->cert_count == 1 ? "not it" : "none of them", names.size ? ": " : "",
		sgn_buf_str(&names));
	sgn_buf_dispose(&names);
}

static void check_team(struct sgn_checkup_run *run, const struct sgn_profile *p)
{
	const char *team = run->shown.info.team;

	if (team && strcmp(team, p->team) == 0)
		sgn_checkup_add(run, "profile-team", SGN_CHECK_OK, NULL, "both are of team %s",
		                team);
	else if (team)
		sgn_checkup_add(run, "profile-team", SGN_CHECK_FAILED,
		                "use a profile of the certificate's team",
		                "the profile is of team %s, the certificate of team %s", p->team,
		                team);
	else
		sgn_checkup_add(run, "profile-team", SGN_CHECK_FAILED,
		                "use a certificate that Apple issued to that team",
		                "the profile is of team %s, the certificate of none", p->team);
}

static void check_dates(struct sgn_checkup_run *run, const struct sgn_profile *p)
{
	int64_t days = sgn_checkup_days(run, p->expires);
	char day[21];

	sgn_time_iso(p->expires, day);
	if (run->now > p->expires)
		sgn_checkup_add(
			run, "profile-validity", SGN_CHECK_FAILED,
			"in the developer portal edit and save the profile, and download it "
			"again",
			"the profile expired at %s, %" PRId64 " days ago", day, -days - 1);
	else if (run->warn_days && days < run->warn_days)
		sgn_checkup_add(run, "profile-validity", SGN_CHECK_WARNING,
		                "renew the profile in the developer portal in time",
		                "the profile expires at %s, in %" PRId64
		                " days: within the %u asked for",
		                day, days, run->warn_days);
	else
		sgn_checkup_add(run, "profile-validity", SGN_CHECK_OK, NULL,
		                "the profile lasts until %s, %" PRId64 " days", day, days);
	run->shown.expires_soon =
		run->shown.expires_soon || (run->warn_days && days < run->warn_days);
}

static int take(struct sgn_checkup_run *run, const struct sgn_profile *p)
{
	struct sgn_checkup *shown = &run->shown;

	shown->profile_name = sgn_arena_strdup(&run->arena, p->name);
	shown->profile_uuid = sgn_arena_strdup(&run->arena, p->uuid);
	shown->profile_not_after = p->expires;
	check_certificate(run, p);
	check_team(run, p);
	check_dates(run, p);
	return shown->profile_name && shown->profile_uuid ? 0 : SGN_E_NOMEM;
}

int sgn_checkup_profile(struct sgn_checkup_run *run, const char *path, struct sgn_error *err)
{
	struct sgn_profile profile;
	struct sgn_buf bytes;
	int rc;

	sgn_buf_init(&bytes, SGN_LIMIT_CERT_FILE);
	rc = sgn_file_load(path, &bytes, err);
	if (rc == 0)
		rc = sgn_profile_read(sgn_buf_view(&bytes), path, &profile, err);
	sgn_buf_dispose(&bytes);
	if (rc)
		return sgn_error_at_path(err, rc, path);
	rc = take(run, &profile);
	sgn_profile_dispose(&profile);
	return rc ? sgn_fail_nomem(err) : 0;
}
