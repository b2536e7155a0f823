/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/cli/out_json.h"

static void tell(struct cli *cli, const char *path, const struct sgn_remove_options *opts,
                 bool removed)
{
	json_t *result;

	if (!cli->quiet && (cli->verbosity > 0 || opts->dry_run))
		out_line(&cli->err, "%s: %s", path,
		         !removed        ? "had no signature"
		         : opts->dry_run ? "signature would be removed"
		                         : "signature removed");
	if (!cli->json)
		return;
	result = json_result(cli->results, path, true);
	json_put(result, "dry_run", json_boolean(opts->dry_run));
	json_put(result, "output", json_text(opts->output ? opts->output : path));
	json_put(result, "removed", json_boolean(removed));
}

static enum exit_status remove_one(struct cli *cli, const char *path, void *arg)
{
	const struct sgn_remove_options *opts = arg;
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;
	bool removed = false;

	if (sgn_remove_path(cli->ctx, path, opts, &removed, &err) == 0)
		tell(cli, path, opts, removed);
	else
		status = print_error(cli, path, &err);
	sgn_error_dispose(&err);
	return status;
}

enum exit_status cmd_remove(struct cli *cli)
{
	const struct opts *o = &cli->opts;
	struct sgn_remove_options opts = {0};
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status;

	opts.output = opts_value(o, OPT_OUTPUT);
	opts.durable = opts_has(o, OPT_DURABLE);
	opts.dry_run = opts_has(o, OPT_DRYRUN);
	opts.deep = opts_has(o, OPT_REMOVE_DEEP);
	if (o->operand_count > 1 && opts.output)
		return print_usage(cli, "--output goes with one file, not with %zu",
		                   o->operand_count);
	if (parse_in_place(o, &opts.in_place, &opts.in_place_links, &err) != 0) {
		status = print_error(cli, NULL, &err);
		sgn_error_dispose(&err);
		return status;
	}
	if (!cli_open(cli, &status))
		return status;
	return cli_each(cli, remove_one, &opts);
}
