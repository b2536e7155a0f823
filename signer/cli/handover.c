/* SPDX-License-Identifier: Apache-2.0 */
/* signet sign --prepare and --attach: signing in two steps, on the host without the key. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "signer/cli/json_handover.h"

bool handover_wanted(const struct opts *o)
{
	return opts_has(o, OPT_PREPARE) || opts_has(o, OPT_ATTACH);
}

int handover_check_options(const struct opts *o, struct sgn_error *err)
{
	const char *who = opts_value(o, OPT_SIGN), *out = opts_value(o, OPT_PREPARE);
	bool attach = opts_has(o, OPT_ATTACH);
	const char *verb = attach ? "--attach" : "--prepare";

	if (who && !strcmp(who, "-"))
		return cli_fail(
			err, SGN_E_USAGE,
			"%s needs a certificate: an ad hoc signature has no key that could be "
			"on another host",
			verb);
	if (who && token_is_uri(who))
		return cli_fail(err, SGN_E_USAGE,
		                "%s needs the certificate in a file; the token is for signet "
		                "sign-digests",
		                verb);
	if (opts_has(o, OPT_KEY))
		return cli_fail(
			err, SGN_E_USAGE,
			"%s needs the certificate only: leave --key out, and give the key to "
			"signet sign-digests",
			verb);
	if (opts_has(o, OPT_DRYRUN))
		return cli_fail(err, SGN_E_USAGE, "%s and --dryrun exclude each other%s", verb,
		                attach ? "" : ": --prepare changes no program anyway");
	if (attach && (opts_has(o, OPT_SIGNING_TIME) || opts_has(o, OPT_NO_SIGNING_TIME)))
		return cli_fail(err, SGN_E_USAGE,
		                "the signing time is in the document: with --attach leave "
		                "--signing-time and --no-signing-time out");
	if (out && !strcmp(out, "-") && opts_has(o, OPT_JSON))
		return cli_fail(err, SGN_E_USAGE,
		                "--prepare - and --json both write to standard output");
	return 0;
}

/* --- the options in words --------------------------------------------------------------------------- */

/* What decides about the bytes that are signed. Who signs and when is in the document by itself. */
static bool matters(enum opt_id id)
{
	switch (id) {
	case OPT_PREPARE:
	case OPT_ATTACH:
	case OPT_SIGNING_TIME:
	case OPT_NO_SIGNING_TIME:
	case OPT_TIMESTAMP:
	case OPT_TIMESTAMP_FALLBACK:
	case OPT_TIMESTAMP_TIMEOUT:
	case OPT_TIMESTAMP_TRIES: return false;
	default:
		return opt_table[id].kind == OPT_USED &&
		       (opt_table[id].group == GROUP_WHAT || opt_table[id].group == GROUP_HOW ||
		        opt_table[id].group == GROUP_BUNDLE);
	}
}

static char **options_in_words(const struct opts *o, size_t *count)
{
	char **texts = cli_alloc((o->given_count + 1) * sizeof(*texts));

	*count = 0;
	for (size_t i = 0; i < o->given_count; i++) {
		const struct opt_given *g = &o->given[i];

		if (matters(g->id))
			texts[(*count)++] =
				cli_format("--%s%s%s", opt_table[g->id].name, g->value ? "=" : "",
			                   g->value ? g->value : "");
	}
	return texts;
}

static void free_words(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
}

/* --- rounds ------------------------------------------------------------------------------------------ */

static void tell_waiting(struct cli *cli, const struct sgn_handover *doc)
{
	for (size_t i = 0; i < doc->waiting_count; i++)
		out_line(&cli->err, "  %s waits until %s is signed", doc->waiting[i].path,
		         doc->waiting[i].on);
}

static void tell_prepared(struct cli *cli, const char *path, const struct sgn_handover *doc)
{
	const char *name = strcmp(path, "-") ? path : "standard output";
	size_t left = handover_unsigned(doc), done = doc->entry_count - left;
	bool complete = doc->waiting_count == 0;

	if (cli->json)
		handover_result(cli, path, doc, 0);
	if (cli->quiet)
		return;
	out_line(&cli->err, "%s: %zu digest%s to be signed, %zu signed; %s", name, left,
	         left == 1 ? "" : "s", done,
	         complete ? "complete: this is the last round" : "another round will follow");
	tell_waiting(cli, doc);
	out_line(&cli->err, "  next: signet sign-digests --output SIGNED.json %s, where the key is",
	         strcmp(path, "-") ? path : "THIS.json");
	out_line(&cli->err,
	         "  then: signet sign --attach SIGNED.json%s, with the same other options",
	         complete ? "" : " --prepare NEXT.json");
}

static enum exit_status prepare_one(struct cli *cli, const char *path, void *arg)
{
	const struct sgn_sign_options *opts = arg;
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;

	if (sgn_sign_path(cli->ctx, path, opts, NULL, &err) != 0)
		status = print_error(cli, path, &err);
	sgn_error_dispose(&err);
	return status;
}

/* A document that lacks something would only be found out on the other host. */
static enum exit_status prepare_all(struct cli *cli, struct sgn_sign_options *opts)
{
	const char *path = opts_value(&cli->opts, OPT_PREPARE);
	enum exit_status status = cli_each(cli, prepare_one, opts);
	const struct sgn_handover *doc = sgn_handover_run_document(opts->handover);
	struct sgn_error err = SGN_ERROR_INIT;

	if (status != EXIT_DONE) {
		if (!cli->quiet)
			out_line(&cli->err, "signet: %s is not written, because something failed",
			         path);
		return status;
	}
	if (handover_store(path, doc, &err) == 0)
		tell_prepared(cli, path, doc);
	else
		status = print_error(cli, NULL, &err);
	sgn_error_dispose(&err);
	return status;
}

static int begin(struct cli *cli, const struct sgn_sign_options *opts,
                 const struct sgn_handover *doc, struct sgn_handover_run **run,
                 struct sgn_error *err)
{
	struct sgn_handover_setup setup = {
		.identity = opts->identity,
		.document = doc,
		.prepare = opts_has(&cli->opts, OPT_PREPARE),
		.has_signing_time = !opts->no_signing_time,
		.signing_time = opts->has_signing_time ? opts->signing_time : (int64_t)time(NULL),
	};
	char **words = options_in_words(&cli->opts, &setup.option_count);
	int rc;

	setup.options = (const char *const *)words;
	rc = sgn_handover_run_new(&setup, run, err);
	free_words(words, setup.option_count);
	return rc;
}

enum exit_status handover_sign(struct cli *cli, struct sgn_sign_options *opts,
                               enum exit_status (*one)(struct cli *cli, const char *path,
                                                       void *arg))
{
	const char *from = opts_value(&cli->opts, OPT_ATTACH);
	struct sgn_handover_run *run = NULL;
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_handover doc = {0};
	enum exit_status status;
	int rc = from ? handover_load(from, &doc, &err) : 0;

	if (rc == 0)
		rc = begin(cli, opts, from ? &doc : NULL, &run, &err);
	sgn_handover_dispose(&doc);
	opts->handover = run;
	if (rc)
		status = print_error(cli, from, &err);
	else if (opts_has(&cli->opts, OPT_PREPARE))
		status = prepare_all(cli, opts);
	else
		status = cli_each(cli, one, opts);
	sgn_handover_run_free(run);
	sgn_error_dispose(&err);
	return status;
}
