/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "signer/cli/out_json.h"
#include "signer/cli/text.h"

/* docs/format/verification.md, "exit status": 1 when the code is broken, 3 when only a requirement is
 * not met. */
static enum exit_status judge(const struct sgn_report *report)
{
	struct sgn_report_summary summary;
	const struct sgn_finding *f;
	bool unmet = false;

	for (size_t i = 0; (f = sgn_report_finding(report, i)); i++) {
		if (f->severity != SGN_SEVERITY_ERROR)
			continue;
		if (f->phase != SGN_PHASE_REQUIREMENT)
			return EXIT_FAILED;
		unmet = true;
	}
	sgn_report_summarize(report, &summary);
	if (unmet || summary.explicit_requirement == 0 || summary.explicit_requirement == 2)
		return EXIT_UNMET;
	return sgn_report_ok(report) ? EXIT_DONE : EXIT_FAILED;
}

static enum exit_status verify_one(struct cli *cli, const char *path, void *arg)
{
	const struct sgn_verify_options *opts = arg;
	struct sgn_report *report = NULL;
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status;

	if (sgn_verify_path(cli->ctx, path, opts, &report, &err) != 0) {
		status = print_error(cli, path, &err);
		goto out;
	}
	status = judge(report);
	if (cli->json)
		json_report(json_result(cli->results, path, status == EXIT_DONE), report);
	else if (!cli->quiet)
		text_report(&cli->out, path, report, cli->verbosity);
out:
	sgn_report_free(report);
	sgn_error_dispose(&err);
	return status;
}

/* The words of codesign's --strict=LIST: all that they ask for is checked anyway. */
static int check_strict(const char *list, struct sgn_error *err)
{
	static const char *const words[] = {"all", "symlinks", "sideband"};

	while (list && *list) {
		size_t size = strcspn(list, ",");
		bool known = false;

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			known |= size == strlen(words[i]) && !strncmp(list, words[i], size);
		if (!known)
			return cli_fail(err, SGN_E_USAGE,
			                "--strict: %.*s is none of all, symlinks, sideband",
			                (int)size, list);
		list += size + (list[size] == ',');
	}
	return 0;
}

static int read_options(const struct opts *o, struct sgn_verify_options *opts,
                        struct bytes *requirement, struct sgn_error *err)
{
	const char *req = opts_value(o, OPT_TEST_REQUIREMENT);
	const char *when = opts_value(o, OPT_AT_TIME);
	int rc = 0;

	opts->arch = opts_value(o, OPT_ARCH);
	opts->no_strict = opts_has(o, OPT_NO_STRICT);
	opts->deep = opts_has(o, OPT_VERIFY_DEEP);
	opts->ignore_resources = opts_has(o, OPT_IGNORE_RESOURCES);
	opts->bundle_version = opts_value(o, OPT_BUNDLE_VERSION);
	opts->check_expiration = opts_has(o, OPT_CHECK_EXPIRATION);
	opts->has_time = when != NULL;
	if (opts->no_strict && opts_has(o, OPT_STRICT))
		return cli_fail(err, SGN_E_USAGE, "--strict and --no-strict exclude each other");
	rc = check_strict(opts_value(o, OPT_STRICT), err);
	if (rc == 0 && when)
		rc = parse_time("--at-time", when, &opts->time, err);
	if (rc == 0 && req)
		rc = bytes_requirement("--test-requirement", req, requirement, err);
	opts->requirement = requirement->data;
	opts->requirement_size = requirement->size;
	return rc;
}

enum exit_status cmd_verify(struct cli *cli)
{
	struct sgn_verify_options opts = {0};
	struct bytes requirement = {0};
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status;

	if (read_options(&cli->opts, &opts, &requirement, &err) != 0)
		status = print_error(cli, NULL, &err);
	else if (cli_open(cli, &status))
		status = cli_each(cli, verify_one, &opts);
	free(requirement.data);
	sgn_error_dispose(&err);
	return status;
}
