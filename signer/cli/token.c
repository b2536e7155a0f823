/* SPDX-License-Identifier: Apache-2.0 */
/* From the options to an identity in a token. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "signer/cli/secrets.h"

#define SCHEME "pkcs11:"

bool token_is_uri(const char *who)
{
	return strncasecmp(who, SCHEME, strlen(SCHEME)) == 0;
}

static const enum opt_id for_tokens[] = {OPT_CERTIFICATE, OPT_PKCS11_MODULE, OPT_PIN_FILE,
                                         OPT_PIN_FD, OPT_PIN_ENV};
static const enum opt_id for_files[] = {OPT_KEY, OPT_PASSWORD_FILE, OPT_PASSWORD_FD,
                                        OPT_PASSWORD_ENV};

static int refuse(const struct cli *cli, const enum opt_id *options, size_t count, const char *why,
                  const char *cure, struct sgn_error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (!opts_has(&cli->opts, options[i]))
			continue;
		cli_fail(err, SGN_E_USAGE, "--%s: %s", opt_table[options[i]].name, why);
		cli_cure(err, "%s", cure);
		return SGN_E_USAGE;
	}
	return 0;
}

int token_refuse_options(const struct cli *cli, struct sgn_error *err)
{
	return refuse(cli, for_tokens, sizeof(for_tokens) / sizeof(for_tokens[0]),
	              "for a key in a token only",
	              "name the key by a URI: pkcs11:token=LABEL;object=LABEL, in quotes", err);
}

static const char *module_file(const struct cli *cli)
{
	const char *file = opts_value(&cli->opts, OPT_PKCS11_MODULE);

	if (!file)
		file = getenv("SIGNET_PKCS11_MODULE");
	return file && *file ? file : NULL;
}

/* The files of --certificate, then those of --cert-chain. Returns their number. */
static size_t cert_files(const struct opts *o, const char **files)
{
	static const enum opt_id ids[] = {OPT_CERTIFICATE, OPT_CERT_CHAIN};
	const char *file;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		size_t pos = 0;

		while ((file = opts_next(o, ids[i], &pos)))
			files[n++] = file;
	}
	return n;
}

int token_open(struct cli *cli, const char *uri, struct sgn_identity **out, struct sgn_error *err)
{
	const struct opts *o = &cli->opts;
	size_t room = opts_count(o, OPT_CERTIFICATE) + opts_count(o, OPT_CERT_CHAIN) + 1;
	const char **files = cli_alloc(room * sizeof(*files));
	struct sgn_token_source source = {.uri = uri, .cert_paths = files, .ask = secret_ask_pin};
	struct secret pin = {"", false};
	int rc;

	source.module = module_file(cli);
	source.cert_count = cert_files(o, files);
	source.allow_loose_modes = opts_has(o, OPT_ALLOW_LOOSE_MODES);
	rc = refuse(cli, for_files, sizeof(for_files) / sizeof(for_files[0]),
	            "for an identity in a file, and a token is named",
	            "a token has a PIN: --pin-env VAR, --pin-file FILE or --pin-fd N", err);
	if (rc == 0)
		rc = secret_from(cli, &secret_pin, &pin, err);
	if (rc == 0) {
		source.pin = pin.given ? pin.text : NULL;
		rc = sgn_identity_load_token(cli->ctx, &source, out, err);
	}
	secret_wipe(&pin, sizeof(pin));
	free(files);
	return rc;
}
