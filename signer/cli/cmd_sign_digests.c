/* SPDX-License-Identifier: Apache-2.0 */
/* signet sign-digests: the guarded host's part of signing in two steps. */
#include <stdlib.h>
#include <string.h>

#include "signer/cli/json_handover.h"

static void tell_entry(struct cli *cli, const struct sgn_handover_entry *e)
{
	struct sgn_error err = SGN_ERROR_INIT;
	char flags[SGN_FLAGS_TEXT], *entitlements = NULL;

	sgn_flags_text(e->flags, flags);
	out_line(&cli->err, "%s%s%s%s%s", e->path, *e->arch ? " (" : "", e->arch,
	         *e->arch ? ")" : "", e->signature.size ? ": signed in an earlier round" : "");
	out_line(&cli->err, "  identifier  %s", e->identifier);
	out_line(&cli->err, "  team        %s", e->team ? e->team : "not set");
	out_line(&cli->err, "  flags       0x%x (%s)", e->flags, flags);
	out_line(&cli->err, "  cdhash      %s", e->cdhash);
	if (sgn_handover_entitlements_text(e, &entitlements, &err) == 0 && entitlements) {
		out_line(&cli->err, "  entitlements");
		out_block(&cli->err, 4, entitlements);
	}
	sgn_bytes_free(entitlements);
	sgn_error_dispose(&err);
}

/* Only after the check: what is shown is true. */
static void tell_entries(struct cli *cli, const struct sgn_handover *doc)
{
	for (size_t i = 0; !cli->quiet && i < doc->entry_count; i++)
		tell_entry(cli, &doc->entries[i]);
}

static void tell_end(struct cli *cli, const char *path, const struct sgn_handover *doc,
                     size_t count, bool dry_run)
{
	const char *out = opts_value(&cli->opts, OPT_DIGESTS_OUTPUT);
	size_t before = doc->entry_count - (dry_run ? handover_unsigned(doc) : 0);
	char time[TIME_TEXT] = "none";

	if (cli->json)
		handover_result(cli, dry_run ? path : out, doc, dry_run ? 0 : count);
	if (cli->quiet)
		return;
	if (doc->has_signing_time)
		text_time(doc->signing_time, time);
	out_line(&cli->err, "%s: %zu digest%s %ssigned as \"%s\", signing time %s", path, count,
	         count == 1 ? "" : "s", dry_run ? "would be " : "", doc->certificate_name, time);
	if (!dry_run)
		before -= count;
	if (before)
		out_line(&cli->err, "  %zu signed in earlier rounds", before);
	if (doc->waiting_count)
		out_line(&cli->err,
		         "  not complete: another round will follow (signet sign --attach ... "
		         "--prepare ...)");
}

static int sign(struct cli *cli, const char *path, const struct sgn_identity *id,
                struct sgn_handover *doc, struct sgn_handover_rules *rules, struct sgn_error *err)
{
	const char *out = opts_value(&cli->opts, OPT_DIGESTS_OUTPUT);
	bool dry_run = opts_has(&cli->opts, OPT_DIGESTS_DRYRUN);
	size_t count = handover_unsigned(doc);
	int rc = sgn_handover_check(doc, id, rules, err);

	if (rc)
		return rc;
	tell_entries(cli, doc);
	if (!dry_run)
		rc = sgn_handover_sign(cli->ctx, doc, id, rules, &count, err);
	if (rc == 0 && !dry_run)
		rc = handover_store(out, doc, err);
	if (rc == 0)
		tell_end(cli, path, doc, count, dry_run);
	return rc;
}

/* All values of an option. The array is freed with free(). */
static const char **values(const struct opts *o, enum opt_id id, size_t *count)
{
	const char **list = cli_alloc((opts_count(o, id) + 1) * sizeof(*list));
	size_t pos = 0;

	*count = 0;
	while ((list[*count] = opts_next(o, id, &pos)))
		++*count;
	return list;
}

static int check_options(const struct opts *o, struct sgn_error *err)
{
	const char *out = opts_value(o, OPT_DIGESTS_OUTPUT), *who = opts_value(o, OPT_DIGESTS_SIGN);
	const char *password = opts_value(o, OPT_PASSWORD_FILE), *pin = opts_value(o, OPT_PIN_FILE);
	bool dry_run = opts_has(o, OPT_DIGESTS_DRYRUN);

	if (o->operand_count > 1)
		return cli_fail(err, SGN_E_USAGE, "one document at a time");
	if (!who || !strcmp(who, "-"))
		return cli_fail(err, SGN_E_USAGE,
		                "say who signs: --sign FILE, with key and certificate");
	if (!out && !dry_run)
		return cli_fail(
			err, SGN_E_USAGE,
			"say where the signatures shall go: --output FILE, or --dryrun to sign "
			"nothing");
	if (out && !dry_run && !strcmp(out, "-") && opts_has(o, OPT_JSON))
		return cli_fail(err, SGN_E_USAGE,
		                "--output - and --json both write to standard output");
	if (!strcmp(o->operands[0], "-") &&
	    ((password && !strcmp(password, "-")) || (pin && !strcmp(pin, "-"))))
		return cli_fail(
			err, SGN_E_USAGE,
			"the document and the password or PIN cannot both come from standard "
			"input");
	return 0;
}

static enum exit_status sign_document(struct cli *cli, struct sgn_handover *doc,
                                      struct sgn_identity **id, struct sgn_error *err)
{
	const char *path = cli->opts.operands[0], *who = opts_value(&cli->opts, OPT_DIGESTS_SIGN);
	struct sgn_handover_rules rules = {
		.any_time = opts_has(&cli->opts, OPT_ANY_TIME),
		.allow_expired = opts_has(&cli->opts, OPT_ALLOW_EXPIRED),
	};
	const char **identifiers, **teams;
	enum exit_status status = EXIT_DONE;

	if (handover_load(path, doc, err) != 0)
		return print_error(cli, path, err);
	if (identity_open(cli, who, id, err) != 0)
		return print_error(cli, err->code == SGN_E_USAGE ? NULL : who, err);
	identifiers = values(&cli->opts, OPT_ALLOW_IDENTIFIER, &rules.identifier_count);
	teams = values(&cli->opts, OPT_ALLOW_TEAM, &rules.team_count);
	rules.identifiers = identifiers;
	rules.teams = teams;
	if (sign(cli, path, *id, doc, &rules, err) != 0) {
		status = print_error(cli, path, err);
		if (!cli->quiet)
			out_line(&cli->err, "signet: nothing was signed");
	}
	free(identifiers);
	free(teams);
	return status;
}

enum exit_status cmd_sign_digests(struct cli *cli)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_identity *id = NULL;
	struct sgn_handover doc = {0};
	enum exit_status status;

	if (check_options(&cli->opts, &err) != 0)
		status = print_error(cli, NULL, &err);
	else if (cli_open(cli, &status))
		status = sign_document(cli, &doc, &id, &err);
	sgn_identity_free(id);
	sgn_handover_dispose(&doc);
	sgn_error_dispose(&err);
	return status;
}
