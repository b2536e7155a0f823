/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is an identity good for signing? Each question gets an answer in everyday words, whatever the others
 * say: somebody who has nothing but a .cer wants to know all of it at once.
 */
#include "signer/ops/checkup.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/time.h"
#include "signer/ops/context.h"

#define DAY 86400

static const char *keep(struct sgn_checkup_run *run, const char *text)
{
	const char *kept = sgn_arena_strdup(&run->arena, text);

	run->nomem = run->nomem || !kept;
	return kept ? kept : "";
}

void sgn_checkup_add(struct sgn_checkup_run *run, const char *id, enum sgn_check_verdict verdict,
                     const char *cure, const char *fmt, ...)
{
	struct sgn_checkup *shown = &run->shown;
	struct sgn_check *check = &run->checks[shown->check_count++];
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	check->id = id;
	check->verdict = verdict;
	check->text = keep(run, text);
	check->cure = cure ? keep(run, cure) : "";
	shown->usable = shown->usable && verdict != SGN_CHECK_FAILED;
}

/* Rounded down, so that the last day has 0 days left and yesterday was -1. */
int64_t sgn_checkup_days(const struct sgn_checkup_run *run, int64_t when)
{
	int64_t seconds = when - run->now;

	return seconds >= 0 ? seconds / DAY : -((-seconds + DAY - 1) / DAY);
}

/* --- the questions ----------------------------------------------------------------------------------- */

#define CURE_NO_KEY                                                                                \
	"the key was made together with the signing request and is on that machine: on a Mac, in " \
	"Keychain Access under My Certificates, whence both can be exported as .p12; if you have " \
	"the "                                                                                     \
	"key in a file, signet identity join makes a .p12 of both; if it is lost, signet "         \
	"identity csr "                                                                            \
	"makes a new key and a request for a new certificate"

#define CURE_PASSWORD \
	"give the password with --password-env VAR, --password-file FILE or --password-fd N"

/* What a store knows of a key that cannot be used; the first that is true. */
static const struct {
	unsigned flaw;
	const char *text, *cure;
} key_flaws[] = {
	{SGN_FLAW_NO_KEY, "there is no private key in the store: a certificate alone cannot sign",
         CURE_NO_KEY},
	{SGN_FLAW_LOCKED_KEY, "the password of the file with its private key is missing or wrong",
         CURE_PASSWORD},
	{SGN_FLAW_LOOSE_KEY,
         "other users of this machine may read or change the file with its private key",
         "chmod 600 the file"},
	{SGN_FLAW_KEY_TYPE, "its private key is neither RSA nor EC",
         "ask Apple for a certificate for an RSA key"},
};

/* Nobody knows what is in them. */
static size_t locked_files(const struct sgn_identity_store *store)
{
	size_t count, locked = 0;
	const struct sgn_identity_skipped *skipped = sgn_identity_store_skipped(store, &count);

	for (size_t i = 0; i < count; i++)
		locked += skipped[i].why == SGN_SKIP_LOCKED;
	return locked;
}

static bool check_key_in_store(struct sgn_checkup_run *run, const struct sgn_identity_store *store,
                               unsigned flaws)
{
	size_t locked = locked_files(store);

	if ((flaws & SGN_FLAW_NO_KEY) && locked) {
		sgn_checkup_add(run, "private-key", SGN_CHECK_FAILED, CURE_PASSWORD,
		                "no private key was found, but the password of %zu file%s in the "
		                "store is missing or wrong",
		                locked, locked == 1 ? "" : "s");
		return false;
	}
	for (size_t i = 0; i < SGN_ARRAY_LEN(key_flaws); i++) {
		if (!(flaws & key_flaws[i].flaw))
			continue;
		sgn_checkup_add(run, "private-key", SGN_CHECK_FAILED, key_flaws[i].cure, "%s",
		                key_flaws[i].text);
		return false;
	}
	return true;
}

/* trouble: of the attempt to load it with its key. */
static void check_key(struct sgn_checkup_run *run, int trouble, const struct sgn_error *why)
{
	static const char id[] = "private-key";

	if (trouble == SGN_E_NOTFOUND)
		sgn_checkup_add(run, id, SGN_CHECK_FAILED, CURE_NO_KEY,
		                "there is no private key: this is a certificate alone, and that "
		                "cannot sign");
	else if (trouble)
		sgn_checkup_add(run, id, SGN_CHECK_FAILED, why->cure, "%s", why->text);
	else
		sgn_checkup_add(run, id, SGN_CHECK_OK, NULL, "%s, belongs to the certificate",
		                run->shown.info.key_text);
}

static void check_usage(struct sgn_checkup_run *run)
{
	const struct sgn_identity_info *info = &run->shown.info;
	bool installer = strstr(info->kind, "installer") != NULL;

	if (info->can_sign_code)
		sgn_checkup_add(run, "code-signing", SGN_CHECK_OK, NULL, "%s, may sign code",
		                info->kind_text);
	else
		sgn_checkup_add(run, "code-signing", SGN_CHECK_FAILED,
		                installer
		                        ? "use it for packages; for code, ask Apple for an "
		                          "Application certificate"
		                        : "ask Apple for a certificate of a kind that signs code: "
		                          "Developer ID Application, Apple Development, Apple "
		                          "Distribution",
		                "%s, may not sign code%s", info->kind_text,
		                installer ? " but installer packages only" : "");
}

/* The first certificate above the leaf that is not valid now, or 0. */
static size_t stale_authority(const struct sgn_checkup_run *run)
{
	const struct sgn_chain *chain = run->id ? sgn_identity_chain(run->id) : NULL;

	for (size_t i = 1; chain && i < chain->count; i++)
		if (run->now > chain->certs[i]->not_after || run->now < chain->certs[i]->not_before)
			return i;
	return 0;
}

static void check_chain(struct sgn_checkup_run *run)
{
	const struct sgn_identity_info *info = &run->shown.info;
	const char *top = info->chain[info->chain_count - 1];
	size_t stale = stale_authority(run);

	if (!info->chain_complete)
		sgn_checkup_add(run, "chain", SGN_CHECK_FAILED,
		                "download the issuer's certificate (Apple's are at "
		                "https://www.apple.com/certificateauthority/) and name it with "
		                "--cert-chain, or join it into the .p12",
		                "ends at \"%s\": the certificate of its issuer is missing", top);
	else if (stale)
		sgn_checkup_add(run, "chain", SGN_CHECK_WARNING,
		                "name the issuer's current certificate with --cert-chain",
		                "the certificate \"%s\" above it is not valid now",
		                info->chain[stale]);
	else if (!info->apple_anchored)
		sgn_checkup_add(run, "chain", SGN_CHECK_WARNING,
		                "for programs that others are to run, use a certificate that Apple "
		                "issued",
		                "ends at \"%s\", which is not Apple's: no Mac trusts it by itself",
		                top);
	else
		sgn_checkup_add(run, "chain", SGN_CHECK_OK, NULL, "complete, to \"%s\"", top);
}

static void check_dates(struct sgn_checkup_run *run)
{
	const struct sgn_identity_info *info = &run->shown.info;
	int64_t days = sgn_checkup_days(run, info->not_after);
	char from[21], to[21];

	sgn_time_iso(info->not_before, from);
	sgn_time_iso(info->not_after, to);
	run->shown.days_left = days;
	if (run->now < info->not_before)
		sgn_checkup_add(run, "validity", SGN_CHECK_FAILED,
		                "check the clock of this machine", "not valid before %s", from);
	else if (run->now > info->not_after)
		sgn_checkup_add(run, "validity", SGN_CHECK_FAILED,
		                "ask Apple for a new certificate (signet identity csr; the key may "
		                "stay); what was signed with a timestamp before stays valid",
		                "expired at %s, %" PRId64 " days ago", to, -days - 1);
	else if (run->warn_days && days < run->warn_days)
		sgn_checkup_add(run, "validity", SGN_CHECK_WARNING,
		                "ask Apple for a new certificate in time (signet identity csr)",
		                "expires at %s, in %" PRId64 " days: within the %u asked for", to,
		                days, run->warn_days);
	else
		sgn_checkup_add(run, "validity", SGN_CHECK_OK, NULL,
		                "until %s, %" PRId64 " days left", to, days);
	run->shown.expires_soon = run->warn_days && days < run->warn_days;
}

/* --- altogether ---------------------------------------------------------------------------------------- */

/* With its key, or else without: *trouble says why. */
static int load(struct sgn_context *ctx, const struct sgn_identity_source *source,
                struct sgn_checkup_run *run, int *trouble, struct sgn_error *why,
                struct sgn_error *err)
{
	struct sgn_identity_source keyless = *source;
	int rc = sgn_identity_read(source, &ctx->anchors, &run->own, why);

	*trouble = rc;
	if (rc == SGN_E_NOTFOUND || rc == SGN_E_MISMATCH) {
		keyless.certificate_only = true;
		if (!why->sys)
			rc = sgn_identity_read(&keyless, &ctx->anchors, &run->own, NULL);
	}
	if (rc)
		sgn_error_move(err, why);
	return rc;
}

static int start_from_files(struct sgn_context *ctx, const struct sgn_identity_source *source,
                            struct sgn_checkup_run *run, struct sgn_error *err)
{
	struct sgn_error why = SGN_ERROR_INIT;
	int trouble = 0;
	int rc = load(ctx, source, run, &trouble, &why, err);

	run->id = run->own;
	if (rc == 0) {
		sgn_identity_describe(run->id, &run->shown.info);
		check_key(run, trouble, &why);
	}
	sgn_error_dispose(&why);
	return rc;
}

static int start_from_store(const struct sgn_checkup_options *opts, struct sgn_checkup_run *run,
                            struct sgn_error *err)
{
	int rc;

	run->shown.info = opts->candidate->info;
	if (!check_key_in_store(run, opts->store, opts->candidate->flaws))
		return 0;
	rc = sgn_identity_store_load(opts->store, opts->candidate, &run->own, err);
	run->id = run->own;
	if (rc == 0)
		check_key(run, 0, NULL);
	return rc;
}

static int ask_all(struct sgn_context *ctx, const struct sgn_checkup_options *opts,
                   struct sgn_checkup_run *run, struct sgn_error *err)
{
	int rc = 0;

	run->id = opts->identity;
	if (opts->source) {
		rc = start_from_files(ctx, opts->source, run, err);
	} else if (opts->candidate) {
		rc = start_from_store(opts, run, err);
	} else {
		sgn_identity_describe(run->id, &run->shown.info);
		check_key(run, 0, NULL);
	}
	if (rc == 0) {
		check_usage(run);
		check_chain(run);
		check_dates(run);
	}
	if (rc == 0 && opts->profile_path)
		rc = sgn_checkup_profile(run, opts->profile_path, err);
	return rc == 0 && run->nomem ? sgn_fail_nomem(err) : rc;
}

int sgn_identity_checkup(struct sgn_context *ctx, const struct sgn_checkup_options *opts,
                         struct sgn_checkup **out, struct sgn_error *err)
{
	struct sgn_checkup_run *run = sgn_calloc(1, sizeof(*run));
	int rc;

	*out = NULL;
	if (!run)
		return sgn_fail_nomem(err);
	run->now = opts->now ? opts->now : sgn_time_now();
	run->warn_days = opts->warn_days;
	run->shown.usable = true;
	run->shown.checks = run->checks;
	rc = ask_all(ctx, opts, run, err);
	if (rc == 0)
		*out = &run->shown;
	else
		sgn_checkup_free(&run->shown);
	return rc;
}

void sgn_checkup_free(struct sgn_checkup *checkup)
{
	struct sgn_checkup_run *run = (struct sgn_checkup_run *)checkup;

	if (!run)
		return;
	sgn_identity_free(run->own);
	sgn_arena_dispose(&run->arena);
	sgn_free(run);
}
