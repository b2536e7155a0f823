/* SPDX-License-Identifier: Apache-2.0 */
/* identity csr: the first step to a certificate of Apple's, without a Mac. */
#include <stdlib.h>

#include "signer/cli/out_json.h"
#include "signer/cli/secrets.h"

static void tell(struct cli *cli, const char *path, const struct sgn_csr_options *opts,
                 const struct sgn_csr_info *info)
{
	const char *key = opts->new_key_path ? opts->new_key_path : opts->key->path;
	const struct out *out = &cli->out;
	json_t *result;

	if (cli->json) {
		result = json_result(cli->results, path, true);
		json_put(result, "key_file", json_text(key));
		json_put(result, "key_is_new", json_boolean(opts->new_key_path != NULL));
		json_put(result, "key", json_text(info->key_text));
		json_put(result, "apple_takes_it", json_boolean(info->apple_takes_it));
		return;
	}
	out_line(out, "%s: signing request for a key of type %s", path, info->key_text);
	if (opts->new_key_path)
		out_line(out, "%s: the new private key; keep it, nobody else has a copy", key);
	if (!info->apple_takes_it)
		return;
	out_line(out, "");
	out_line(out, "Next:");
	out_line(out,
	         "  1. Sign in at https://developer.apple.com/account/resources/certificates/add");
	out_line(
		out,
		"     (Developer ID: only the Account Holder of the team can), choose the kind of");
	out_line(out, "     certificate, upload %s, and download the .cer file.", path);
	out_line(out, "  2. Put both together:");
	out_line(out,
	         "     signet identity join --key %s --output id.p12 developerID_application.cer",
	         key);
}

/* Of the existing key, or for the new one. */
static int request(struct cli *cli, const char *path, struct secret *secret, struct sgn_error *err)
{
	const struct opts *o = &cli->opts;
	struct sgn_identity_source source = {.path = opts_value(o, OPT_CSR_KEY), .ask = secret_ask};
	struct sgn_csr_options opts = {.new_key_path = opts_value(o, OPT_NEW_KEY),
	                               .key_type = opts_value(o, OPT_CSR_KEY_TYPE),
	                               .name = opts_value(o, OPT_CSR_NAME),
	                               .email = opts_value(o, OPT_CSR_EMAIL),
	                               .country = opts_value(o, OPT_CSR_COUNTRY),
	                               .replace = opts_has(o, OPT_REPLACE)};
	struct sgn_csr_info info;
	int rc = secret_from(cli, &secret_key_password, secret, err);

	if (rc)
		return rc;
	source.ask_arg = &source;
	source.allow_loose_modes = opts_has(o, OPT_ALLOW_LOOSE_MODES);
	if (source.path) {
		opts.key = &source;
		source.password = secret->given ? secret->text : NULL;
	} else if (secret->given && !*secret->text) {
		return cli_fail(err, SGN_E_USAGE, "the password for the new key is empty");
	} else {
		opts.new_key_password = secret->given ? secret->text : NULL;
	}
	rc = sgn_identity_request(cli->ctx, &opts, path, &info, err);
	if (rc == 0)
		tell(cli, path, &opts, &info);
	else if (rc == SGN_E_CRYPTO && source.path && !secret->given && !*err->cure)
		cli_cure(err,
		         "give its password with --key-password-env VAR, --key-password-file FILE "
		         "or --key-password-fd N");
	return rc;
}

enum exit_status cmd_identity_csr(struct cli *cli)
{
	const struct opts *o = &cli->opts;
	const char *path = opts_value(o, OPT_NEW_OUTPUT);
	struct secret secret = {"", false};
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status;

	if (o->operand_count)
		return print_usage(cli, "%s: files are named with --key, --key-output and --output",
		                   o->operands[0]);
	if (!path)
		return print_usage(cli, "where to? name the request with --output FILE.csr");
	if (opts_has(o, OPT_CSR_KEY) == opts_has(o, OPT_NEW_KEY))
		return print_usage(cli,
		                   "either --key FILE, a key that is there, or --key-output FILE "
		                   "for a new one");
	if (!cli_open(cli, &status))
		return status;
	status = EXIT_DONE;
	if (request(cli, path, &secret, &err) != 0)
		status = print_error(cli, err.code == SGN_E_USAGE ? NULL : path, &err);
	secret_wipe(&secret, sizeof(secret));
	sgn_error_dispose(&err);
	return status;
}
