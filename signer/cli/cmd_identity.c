/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "signer/cli/out_json.h"
#include "signer/cli/secrets.h"
#include "signer/cli/text.h"

static int parse_days(const char *text, int *days, struct sgn_error *err)
{
	char *end = NULL;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end != '\0' || n < -36500 || n > 36500)
		return cli_fail(err, SGN_E_USAGE,
		                "--days: %s is no number between -36500 and 36500", text);
	*days = (int)n;
	return 0;
}

static void tell(struct cli *cli, const char *path, const char *root)
{
	json_t *result;

	if (cli->json) {
		result = json_result(cli->results, path, true);
		json_put(result, "root", json_text(root));
		return;
	}
	out_line(&cli->out, "%s: made; for tests only, nobody trusts its root", path);
	if (root)
		out_line(&cli->out, "%s: its root; name it with --apple-root %s", root, root);
}

enum exit_status cmd_identity_make(struct cli *cli)
{
	const struct opts *o = &cli->opts;
	const char *path = o->operands[0], *root = opts_value(o, OPT_ROOT);
	struct sgn_test_identity_options opts = {0};
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;
	struct secret secret = {0};
	int rc;

	if (o->operand_count > 1)
		return print_usage(cli, "one file at a time");
	opts.kind = opts_has(o, OPT_KIND) ? opts_value(o, OPT_KIND) : "developer-id";
	opts.team = opts_value(o, OPT_TEST_TEAM);
	opts.name = opts_value(o, OPT_TEST_NAME);
	opts.common_name = opts_value(o, OPT_COMMON_NAME);
	opts.key_type = opts_value(o, OPT_KEY_TYPE);
	rc = opts_has(o, OPT_DAYS) ? parse_days(opts_value(o, OPT_DAYS), &opts.days, &err) : 0;
	if (rc == 0)
		rc = parse_encryption(opts_value(o, OPT_ENCRYPTION), &opts.encryption, &err);
	if (rc == 0)
		rc = secret_from_options(cli, &secret, &err);
	opts.password = secret.given ? secret.text : NULL;
	if (rc == 0 && !cli_open(cli, &status))
		goto out;
	if (rc == 0)
		rc = sgn_identity_make_test(cli->ctx, &opts, path, root, &err);
	if (rc == 0)
		tell(cli, path, root);
	else
		status = print_error(cli, err.code == SGN_E_USAGE ? NULL : path, &err);
out:
	secret_wipe(&secret, sizeof(secret));
	sgn_error_dispose(&err);
	return status;
}
