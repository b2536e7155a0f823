/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "signer/cli/out_json.h"
#include "signer/cli/text.h"

/* A dry run that says nothing would be of no use. */
static unsigned text_level(const struct cli *cli, bool dry_run)
{
	if (cli->quiet)
		return 0;
	return dry_run && cli->verbosity == 0 ? 1 : cli->verbosity;
}

/* Texts on standard error, as codesign: docs/format/verification.md, "streams and messages". */
static void tell(struct cli *cli, const char *path, const struct sgn_sign_options *opts,
                 const struct sgn_sign_result *r)
{
	json_t *result;

	if (r->replaced && !cli->quiet)
		out_line(&cli->err, "%s: replacing existing signature", path);
	text_signed(&cli->err, path, r, opts->dry_run, text_level(cli, opts->dry_run));
	if (!cli->json)
		return;
	result = json_result(cli->results, path, true);
	json_put(result, "dry_run", json_boolean(opts->dry_run));
	json_signed(result, r);
}

static enum exit_status sign_one(struct cli *cli, const char *path, void *arg)
{
	const struct sgn_sign_options *opts = arg;
	struct sgn_sign_result result = {0};
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;

	if (sgn_sign_path(cli->ctx, path, opts, &result, &err) == 0)
		tell(cli, path, opts, &result);
	else
		status = print_error(cli, path, &err);
	sgn_sign_result_dispose(&result);
	sgn_error_dispose(&err);
	return status;
}

enum exit_status cmd_sign(struct cli *cli)
{
	const char *who = opts_value(&cli->opts, OPT_SIGN);
	struct sgn_identity *identity = NULL;
	struct sign_hold hold = {0};
	struct sgn_sign_options opts;
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status;

	if (sign_options(cli, &opts, &hold, &err) != 0) {
		status = print_error(cli, NULL, &err);
		goto out;
	}
	if (!cli_open(cli, &status))
		goto out;
	if (strcmp(who, "-") != 0 && identity_open(cli, who, &identity, &err) != 0) {
		status = print_error(cli, err.code == SGN_E_USAGE ? NULL : who, &err);
		goto out;
	}
	opts.identity = identity;
	status = cli_each(cli, sign_one, &opts);
out:
	sgn_identity_free(identity);
	sign_hold_dispose(&hold);
	sgn_error_dispose(&err);
	return status;
}
