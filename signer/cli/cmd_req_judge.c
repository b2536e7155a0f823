/* SPDX-License-Identifier: Apache-2.0 */
/* signet requirement test, explain, designated. */
#include <stdlib.h>
#include <string.h>

#include "signer/cli/out_json.h"
#include "signer/cli/text.h"

/* --- test and explain ------------------------------------------------------------------------------- */

struct judging {
	struct sgn_judge_options opts;
	bool tree;
};

/* docs/format/verification.md, "exit status": what is not known to be met is not met. */
static enum exit_status status_of(enum sgn_met met, bool broken)
{
	if (broken)
		return EXIT_FAILED;
	return met == SGN_MET ? EXIT_DONE : EXIT_UNMET;
}

static enum exit_status judge_one(struct cli *cli, const char *path, void *arg)
{
	const struct judging *judging = arg;
	struct sgn_judgement *j = NULL;
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status;

	if (sgn_requirement_judge(cli->ctx, path, &judging->opts, &j, &err) != 0) {
		/* Somebody may have meant the first operand as the requirement. */
		if (err.code == SGN_E_UNSUPPORTED && cli->opts.operand_count > 1)
			cli_cure(&err, "a requirement in a file is given with -R FILE");
		status = print_error(cli, path, &err);
		goto out;
	}
	status = status_of(j->met, j->problem != NULL);
	if (cli->json)
		json_judgement(json_result(cli->results, path, status == EXIT_DONE), j);
	else if (!cli->quiet)
		text_judgement(&cli->out, path, j, judging->tree || cli->verbosity > 0);
out:
	sgn_judgement_free(j);
	sgn_error_dispose(&err);
	return status;
}

/* The requirement is an option, as codesign has it, or an operand that says what it is by its "=". It
 * is taken off the operands. */
static const char *take_requirement(struct opts *o)
{
	const char *given = opts_value(o, OPT_REQ_REQUIREMENT);

	if (given || o->operand_count == 0 || o->operands[0][0] != '=')
		return given;
	given = o->operands[0];
	o->operand_count--;
	memmove(o->operands, o->operands + 1, o->operand_count * sizeof(*o->operands));
	return given;
}

static enum exit_status judge_all(struct cli *cli, bool tree)
{
	struct judging judging = {.tree = tree};
	const char *requirement = take_requirement(&cli->opts);
	struct sgn_error err = SGN_ERROR_INIT;
	struct bytes bytes = {0};
	enum exit_status status;
	int rc = 0;

	if (cli->opts.operand_count == 0)
		return print_usage(cli, "FILE is missing");
	if (requirement)
		rc = bytes_requirement("--test-requirement", requirement, &bytes, &err);
	judging.opts.requirement = bytes.data;
	judging.opts.requirement_size = bytes.size;
	judging.opts.arch = opts_value(&cli->opts, OPT_ARCH);
	if (rc != 0)
		status = print_error(cli, NULL, &err);
	else if (cli_open(cli, &status))
		status = cli_each(cli, judge_one, &judging);
	free(bytes.data);
	sgn_error_dispose(&err);
	return status;
}

enum exit_status cmd_requirement_test(struct cli *cli)
{
	return judge_all(cli, false);
}

enum exit_status cmd_requirement_explain(struct cli *cli)
{
	return judge_all(cli, true);
}

/* --- designated ------------------------------------------------------------------------------------- */

static enum exit_status designated_one(struct cli *cli, const char *path, void *arg)
{
	struct sgn_designated *d = NULL;
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;

	(void)arg;
	if (sgn_requirement_designated(cli->ctx, path, &d, &err) != 0)
		status = print_error(cli, path, &err);
	else if (cli->json)
		json_designated(json_result(cli->results, path, true), d);
	else
		text_designated(&cli->out, cli->opts.operand_count > 1 ? path : NULL, d,
		                cli->verbosity);
	sgn_designated_free(d);
	sgn_error_dispose(&err);
	return status;
}

static int print_default(struct cli *cli, const char *path, const char *identifier,
                         const uint8_t *blob, size_t size, struct sgn_error *err)
{
	char *text = NULL;
	json_t *result;
	int rc = sgn_requirement_print(blob, size, &text, err);

	if (rc == 0 && cli->json) {
		result = json_result(cli->results, path, true);
		json_put(result, "identifier", json_text(identifier));
		json_put(result, "text", json_text(text));
		json_put(result, "hex", json_hex(blob, size));
	} else if (rc == 0) {
		out_line(&cli->out, "designated => %s", text);
	}
	sgn_bytes_free(text);
	return rc;
}

/* What signing would store. */
static enum exit_status default_of(struct cli *cli, const char *path, const char *identifier)
{
	struct sgn_identity *id = NULL;
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;
	uint8_t *blob = NULL;
	size_t size = 0;
	int rc = identity_open(cli, path, &id, &err);

	if (rc == 0)
		rc = sgn_requirement_default(id, identifier, &blob, &size, &err);
	if (rc == 0)
		rc = print_default(cli, path, identifier, blob, size, &err);
	if (rc != 0)
		status = print_error(cli, path, &err);
	sgn_bytes_free(blob);
	sgn_identity_free(id);
	sgn_error_dispose(&err);
	return status;
}

enum exit_status cmd_requirement_designated(struct cli *cli)
{
	const char *who = opts_value(&cli->opts, OPT_REQ_SIGN);
	const char *identifier = opts_value(&cli->opts, OPT_REQ_CODE_IDENTIFIER);
	bool files = cli->opts.operand_count > 0;
	enum exit_status status;

	if (who && !strcmp(who, "-"))
		return print_usage(cli,
		                   "ad hoc signatures store no requirement; the implied one is "
		                   "known when the code is signed");
	if (files == (who != NULL))
		return print_usage(cli, "name programs, or an identity with --sign");
	if ((who != NULL) != (identifier != NULL))
		return print_usage(cli, "--sign and --identifier belong together");
	if (!cli_open(cli, &status))
		return status;
	return who ? default_of(cli, who, identifier) : cli_each(cli, designated_one, NULL);
}
