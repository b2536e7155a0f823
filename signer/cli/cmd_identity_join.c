/* SPDX-License-Identifier: Apache-2.0 */
/* identity join: certificate and key, from whatever files, to one .p12. */
#include <stdlib.h>

#include "signer/cli/out_json.h"
#include "signer/cli/secrets.h"
#include "signer/cli/text.h"

/* The certificates behind the first one may as well be those above it. */
static size_t further_files(const struct opts *o, const char **files)
{
	size_t pos = 0, n = 0;
	const char *file;

	for (size_t i = 1; i < o->operand_count; i++)
		files[n++] = o->operands[i];
	while ((file = opts_next(o, OPT_CERT_CHAIN, &pos)))
		files[n++] = file;
	return n;
}

static int load(struct cli *cli, struct sgn_identity **identity, struct sgn_error *err)
{
	const struct opts *o = &cli->opts;
	const char **chain =
		cli_alloc((o->operand_count + opts_count(o, OPT_CERT_CHAIN)) * sizeof(*chain));
	struct sgn_identity_source source = {.path = o->operands[0], .chain_paths = chain};
	struct secret secret = {"", false};
	int rc;

	source.key_path = opts_value(o, OPT_KEY);
	source.chain_count = further_files(o, chain);
	source.ask = secret_ask;
	source.ask_arg = &source;
	source.allow_loose_modes = opts_has(o, OPT_ALLOW_LOOSE_MODES);
	rc = secret_from(cli, &secret_key_password, &secret, err);
	source.password = secret.given ? secret.text : NULL;
	if (rc == 0)
		rc = sgn_identity_load(cli->ctx, &source, identity, err);
	if (rc == SGN_E_CRYPTO && !secret.given && !*err->cure)
		cli_cure(err,
		         "give its password with --key-password-env VAR, --key-password-file FILE "
		         "or --key-password-fd N");
	secret_wipe(&secret, sizeof(secret));
	free(chain);
	return rc;
}

/* What protects the new file. */
static int choose_password(struct cli *cli, const char *path, struct secret *secret,
                           struct sgn_error *err)
{
	bool empty = opts_has(&cli->opts, OPT_EMPTY_PASSWORD);
	int rc = secret_from(cli, &secret_new_password, secret, err);

	if (rc == 0 && secret->given && empty)
		return cli_fail(err, SGN_E_USAGE,
		                "--empty-password and a password exclude each other");
	if (rc == 0 && !secret->given && !empty)
		rc = secret_ask_new(path, secret, err);
	if (rc == 0 && !*secret->text && !empty) {
		cli_fail(err, SGN_E_USAGE, "the password for %s is empty", path);
		cli_cure(err, "whoever has the file would have the key; --empty-password says that "
		              "this is wanted");
		rc = SGN_E_USAGE;
	}
	return rc;
}

static void tell(struct cli *cli, const char *path, const struct sgn_identity *identity,
                 const struct sgn_p12_options *opts)
{
	bool legacy = opts->encryption == SGN_P12_LEGACY;
	struct sgn_identity_info info;
	json_t *result;

	sgn_identity_describe(identity, &info);
	if (cli->json) {
		result = json_result(cli->results, path, true);
		json_put(result, "encryption", json_text(legacy ? "legacy" : "modern"));
		json_identity(result, &info);
		return;
	}
	text_identity(&cli->out, path, &info);
	out_field(&cli->out, 2, "encryption", "%s",
	          legacy ? "legacy: triple DES, SHA-1" : "modern: AES-256, SHA-256");
	if (!legacy)
		out_line(&cli->out,
		         "  On a Mac: security import %s -f pkcs12 (macOS 14 and before need "
		         "--encryption legacy).",
		         path);
}

static int join(struct cli *cli, const char *path, struct secret *secret, struct sgn_error *err)
{
	struct sgn_p12_options opts = {.password = secret->text};
	struct sgn_identity *identity = NULL;
	int rc = parse_encryption(opts_value(&cli->opts, OPT_ENCRYPTION), &opts.encryption, err);

	opts.allow_empty = opts_has(&cli->opts, OPT_EMPTY_PASSWORD);
	opts.name = opts_value(&cli->opts, OPT_JOIN_NAME);
	opts.without_chain = opts_has(&cli->opts, OPT_NO_CHAIN);
	opts.replace = opts_has(&cli->opts, OPT_REPLACE);
	if (rc == 0)
		rc = load(cli, &identity, err);
	if (rc == 0)
		rc = choose_password(cli, path, secret, err);
	if (rc == 0)
		rc = sgn_identity_save(cli->ctx, identity, &opts, path, err);
	if (rc == 0)
		tell(cli, path, identity, &opts);
	sgn_identity_free(identity);
	return rc;
}

enum exit_status cmd_identity_join(struct cli *cli)
{
	const char *path = opts_value(&cli->opts, OPT_NEW_OUTPUT);
	struct secret secret = {"", false};
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status;

	if (!path)
		return print_usage(cli, "where to? name the new file with --output FILE.p12");
	if (!cli_open(cli, &status))
		return status;
	status = EXIT_DONE;
	if (join(cli, path, &secret, &err) != 0)
		status = print_error(cli, err.code == SGN_E_USAGE ? NULL : cli->opts.operands[0],
		                     &err);
	secret_wipe(&secret, sizeof(secret));
	sgn_error_dispose(&err);
	return status;
}
