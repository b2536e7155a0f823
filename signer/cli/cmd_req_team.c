/* SPDX-License-Identifier: Apache-2.0 */
/* signet requirement same, transfer: what a change of signer means, and how to prepare it. */
#include <stdlib.h>
#include <string.h>

#include "signer/cli/out_json.h"
#include "signer/cli/text.h"

/* --- same ------------------------------------------------------------------------------------------- */

static enum exit_status same_status(const struct sgn_sameness *same)
{
	if (same->met == SGN_NOT_MET)
		return EXIT_UNMET;
	if (same->broken)
		return EXIT_FAILED;
	return same->met == SGN_MET ? EXIT_DONE : EXIT_UNMET;
}

static enum exit_status compare(struct cli *cli, const char *before, const char *after)
{
	struct sgn_sameness *same = NULL;
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status;
	json_t *result;

	if (sgn_requirement_same(cli->ctx, before, after, &same, &err) != 0) {
		status = print_error(cli, after, &err);
		goto out;
	}
	status = same_status(same);
	if (cli->json) {
		result = json_result(cli->results, after, status == EXIT_DONE);
		json_put(result, "old", json_text(before));
		json_sameness(result, same);
	} else if (!cli->quiet) {
		text_sameness(&cli->out, before, after, same, cli->verbosity);
	}
out:
	sgn_sameness_free(same);
	sgn_error_dispose(&err);
	return status;
}

enum exit_status cmd_requirement_same(struct cli *cli)
{
	enum exit_status status;

	if (cli->opts.operand_count != 2)
		return print_usage(cli, "two builds: the one that users have, and the new one");
	if (!cli_open(cli, &status))
		return status;
	return compare(cli, cli->opts.operands[0], cli->opts.operands[1]);
}

/* --- transfer --------------------------------------------------------------------------------------- */

static int store_text(const char *file, const char *text, struct sgn_error *err)
{
	char *line = cli_format("designated => %s\n", text);
	int rc = bytes_store(file, line, strlen(line), err);

	free(line);
	return rc;
}

static int tell(struct cli *cli, const char *operand, const struct sgn_transfer *t,
                struct sgn_error *err)
{
	const char *file = opts_value(&cli->opts, OPT_TRANSFER_OUTPUT);
	const char *text = t->items[0].text;
	json_t *result;
	int rc = file ? store_text(file, text, err) : 0;

	if (rc != 0)
		return rc;
	if (cli->json) {
		result = json_result(cli->results, operand, true);
		json_put(result, "output", json_text(file));
		json_transfer(result, t);
		return 0;
	}
	if (!cli->quiet && !(file && !strcmp(file, "-")))
		text_transfer(&cli->out, t);
	if (!file)
		out_line(&cli->out, "designated => %s", text);
	return 0;
}

enum exit_status cmd_requirement_transfer(struct cli *cli)
{
	struct sgn_transfer_options opts = {
		.from = opts_value(&cli->opts, OPT_FROM),
		.to = opts_value(&cli->opts, OPT_TO),
		.path = cli->opts.operand_count ? cli->opts.operands[0] : NULL,
		.identifier = opts_value(&cli->opts, OPT_REQ_CODE_IDENTIFIER),
	};
	struct sgn_transfer *t = NULL;
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;
	int rc;

	if (!opts.from || !opts.to)
		return print_usage(cli, "--from and --to are needed: the two teams");
	if (cli->opts.operand_count > 1)
		return print_usage(cli, "one build at a time");
	if (!cli_open(cli, &status))
		return status;
	rc = sgn_requirement_transfer(cli->ctx, &opts, &t, &err);
	if (rc == 0)
		rc = tell(cli, opts.path ? opts.path : opts.identifier, t, &err);
	if (rc != 0)
		status = print_error(cli, opts.path, &err);
	sgn_transfer_free(t);
	sgn_error_dispose(&err);
	return status;
}
