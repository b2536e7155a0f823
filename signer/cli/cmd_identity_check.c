/* SPDX-License-Identifier: Apache-2.0 */
/* identity check: can it sign, and for how long? For a person, and for a job that runs each morning. */
#include <stdlib.h>

#include "signer/cli/out_json.h"
#include "signer/cli/store.h"
#include "signer/cli/text.h"

static enum exit_status tell(struct cli *cli, const char *path, const struct sgn_checkup *checkup)
{
	bool fine = checkup->usable && !checkup->expires_soon;

	if (cli->json)
		json_checkup(json_result(cli->results, path, fine), checkup);
	else if (!cli->quiet)
		text_checkup(&cli->out, path, checkup, cli->verbosity);
	return fine ? EXIT_DONE : EXIT_UNMET;
}

static int check_file(struct cli *cli, const char *path, const struct secret *secret,
                      struct sgn_checkup_options *opts, struct sgn_checkup **out,
                      struct sgn_error *err)
{
	const struct opts *o = &cli->opts;
	const char **chain = cli_alloc((opts_count(o, OPT_CERT_CHAIN) + 1) * sizeof(*chain));
	struct sgn_identity_source source = {.path = path,
	                                     .key_path = opts_value(o, OPT_KEY),
	                                     .chain_paths = chain,
	                                     .password = secret->given ? secret->text : NULL,
	                                     .ask = secret_ask,
	                                     .ask_arg = &source};
	int rc;

	source.chain_count = chain_files(o, chain);
	source.allow_loose_modes = opts_has(o, OPT_ALLOW_LOOSE_MODES);
	opts->source = &source;
	rc = sgn_identity_checkup(cli->ctx, opts, out, err);
	opts->source = NULL;
	if (rc == SGN_E_CRYPTO && !secret->given && !*err->cure)
		cli_cure(err, "give the password with --password-env VAR, --password-file FILE or "
		              "--password-fd N");
	free(chain);
	return rc;
}

/* A name in the folder of identities: whatever is wrong with it is for the answers to say. */
static int check_name(struct cli *cli, const char *name, struct secret *secret,
                      struct sgn_checkup_options *opts, struct sgn_checkup **out,
                      struct sgn_identity_store **store, struct sgn_error *err)
{
	int rc = store_find(cli, secret, name, SGN_FLAW_ANY, store, &opts->candidate, err);

	opts->store = *store;
	return rc ? rc : sgn_identity_checkup(cli->ctx, opts, out, err);
}

static int check_token(struct cli *cli, const char *uri, struct sgn_checkup_options *opts,
                       struct sgn_checkup **out, struct sgn_identity **identity,
                       struct sgn_error *err)
{
	int rc = token_open(cli, uri, identity, err);

	opts->identity = *identity;
	return rc ? rc : sgn_identity_checkup(cli->ctx, opts, out, err);
}

struct job {
	struct secret secret;
	struct sgn_checkup_options opts;
};

static enum exit_status check_one(struct cli *cli, const char *who, void *arg)
{
	struct job *job = arg;
	struct sgn_checkup_options opts = job->opts;
	struct sgn_identity *identity = NULL;
	struct sgn_identity_store *store = NULL;
	struct sgn_checkup *checkup = NULL;
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status;
	int rc;

	if (token_is_uri(who))
		rc = check_token(cli, who, &opts, &checkup, &identity, &err);
	else if (who_is_name(who))
		rc = check_name(cli, who, &job->secret, &opts, &checkup, &store, &err);
	else
		rc = check_file(cli, who, &job->secret, &opts, &checkup, &err);
	status = rc == 0 ? tell(cli, who, checkup)
	                 : print_error(cli, err.code == SGN_E_USAGE ? NULL : who, &err);
	sgn_checkup_free(checkup);
	sgn_identity_store_free(store);
	sgn_identity_free(identity);
	sgn_error_dispose(&err);
	return status;
}

enum exit_status cmd_identity_check(struct cli *cli)
{
	const char *days = opts_value(&cli->opts, OPT_EXPIRES_WITHIN);
	struct job job = {.opts = {.profile_path = opts_value(&cli->opts, OPT_CHECK_PROFILE)}};
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;
	uint32_t n = 0;
	int rc = days ? parse_u32("--expires-within", days, 36500, &n, &err) : 0;

	job.opts.warn_days = n;
	if (rc == 0)
		rc = secret_from_options(cli, &job.secret, &err);
	if (rc != 0)
		status = print_error(cli, NULL, &err);
	else if (cli_open(cli, &status))
		status = cli_each(cli, check_one, &job);
	secret_wipe(&job, sizeof(job));
	sgn_error_dispose(&err);
	return status;
}
