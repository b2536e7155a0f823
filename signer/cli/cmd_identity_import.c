/* SPDX-License-Identifier: Apache-2.0 */
/* identity import: into the folder of identities. */
#include <stdlib.h>
#include <string.h>

#include "signer/cli/out_json.h"
#include "signer/cli/store.h"
#include "signer/cli/text.h"

static const char *const how_texts[] = {
	[SGN_IMPORT_COPIED] = "copied",
	[SGN_IMPORT_JOINED] = "joined",
	[SGN_IMPORT_CERTIFICATE] = "certificate",
};

static void tell(struct cli *cli, const struct sgn_import_result *r)
{
	static const char *const sentences[] = {
		[SGN_IMPORT_COPIED] = "imported, with its password unchanged",
		[SGN_IMPORT_JOINED] = "imported, certificate and key joined",
		[SGN_IMPORT_CERTIFICATE] = "imported, a certificate without a key",
	};
	json_t *result;

	if (cli->json) {
		result = json_result(cli->results, cli->opts.operands[0], true);
		json_put(result, "file", json_text(r->path));
		json_put(result, "how", json_text(how_texts[r->how]));
		json_put(result, "name", json_text(r->name));
		json_put(result, "sha1", json_text(r->sha1));
		return;
	}
	if (cli->quiet)
		return;
	out_line(&cli->out, "%s: %s", r->name, sentences[r->how]);
	out_field(&cli->out, 2, "file", "%s", r->path);
	out_field(&cli->out, 2, "SHA-1", "%s", r->sha1);
}

/* For sgn_import_options.ask_new. */
static int ask_new(void *arg, const char *what, char *out, size_t room)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct secret secret = {"", false};
	int rc = secret_ask_new(what, &secret, &err);

	(void)arg;
	if (rc == 0)
		snprintf(out, room, "%s", secret.text);
	secret_wipe(&secret, sizeof(secret));
	sgn_error_dispose(&err);
	return rc == SGN_E_USAGE ? 0 : rc; /* nobody to ask: the library says what is missing */
}

struct passwords {
	struct secret file, key; /* of the PKCS#12 file; of a key in a file of its own */
};

static int take_passwords(struct cli *cli, struct passwords *p, struct sgn_error *err)
{
	int rc = secret_from(cli, &secret_import_password, &p->file, err);

	return rc ? rc : secret_from(cli, &secret_key_password, &p->key, err);
}

static int import(struct cli *cli, const struct passwords *p, struct sgn_import_result *result,
                  struct sgn_error *err)
{
	const struct opts *o = &cli->opts;
	const char **chain = cli_alloc((opts_count(o, OPT_CERT_CHAIN) + 1) * sizeof(*chain));
	const struct secret *opens = p->key.given ? &p->key : &p->file;
	struct sgn_identity_source source = {.path = o->operands[0],
	                                     .key_path = opts_value(o, OPT_KEY),
	                                     .chain_paths = chain,
	                                     .chain_count = chain_files(o, chain),
	                                     .password = opens->given ? opens->text : NULL,
	                                     .ask = secret_ask,
	                                     .ask_arg = &source};
	struct sgn_p12_options joined = {.password = p->file.given ? p->file.text : NULL};
	struct sgn_import_options opts = {.source = &source,
	                                  .name = opts_value(o, OPT_IMPORT_NAME),
	                                  .joined = &joined,
	                                  .ask_new = ask_new};
	char *dir = NULL;
	int rc = parse_encryption(opts_value(o, OPT_ENCRYPTION), &joined.encryption, err);

	source.allow_loose_modes = opts_has(o, OPT_ALLOW_LOOSE_MODES);
	joined.allow_empty = opts_has(o, OPT_EMPTY_PASSWORD);
	if (joined.allow_empty && !joined.password)
		joined.password = "";
	opts.allow_unusable = opts_has(o, OPT_ALLOW_UNUSABLE);
	opts.replace = opts_has(o, OPT_IMPORT_REPLACE);
	if (rc == 0)
		rc = identities_dir(cli, &dir, err);
	opts.dir = dir;
	if (rc == 0)
		rc = sgn_identity_import(cli->ctx, &opts, result, err);
	if (rc == SGN_E_CRYPTO && !opens->given && !*err->cure)
		cli_cure(err, "give the password with --password-env VAR, --password-file FILE or "
		              "--password-fd N; that of a key in a file of its own with "
		              "--key-password-...");
	free(chain);
	free(dir);
	return rc;
}

enum exit_status cmd_identity_import(struct cli *cli)
{
	struct sgn_import_result result;
	struct passwords passwords = {{"", false}, {"", false}};
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;
	int rc;

	if (cli->opts.operand_count > 1)
		return print_usage(cli,
		                   "one file at a time; further certificates with --cert-chain");
	if (!cli_open(cli, &status))
		return status;
	rc = take_passwords(cli, &passwords, &err);
	if (rc == 0)
		rc = import(cli, &passwords, &result, &err);
	if (rc == 0)
		tell(cli, &result);
	else
		status = print_error(cli, err.code == SGN_E_USAGE ? NULL : cli->opts.operands[0],
		                     &err);
	secret_wipe(&passwords, sizeof(passwords));
	sgn_error_dispose(&err);
	return status;
}
