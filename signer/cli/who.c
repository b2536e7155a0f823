/* SPDX-License-Identifier: Apache-2.0 */
/* From the options to an identity. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "signer/cli/secrets.h"

static size_t chain_files(const struct opts *o, const char **files)
{
	size_t pos = 0, n = 0;
	const char *file;

	while ((file = opts_next(o, OPT_CERT_CHAIN, &pos)))
		files[n++] = file;
	return n;
}

/* codesign takes names of keychain items here, and that is what people try first. */
static int check_there(const char *path, struct sgn_error *err)
{
	if (access(path, F_OK) == 0)
		return 0;
	cli_fail(err, SGN_E_NOTFOUND, "no identity found");
	cli_cure(err, "name a PKCS#12 or PEM file with certificate and key, or - to sign ad hoc");
	return SGN_E_NOTFOUND;
}

int identity_open(struct cli *cli, const char *path, struct sgn_identity **out,
                  struct sgn_error *err)
{
	size_t room = opts_count(&cli->opts, OPT_CERT_CHAIN) + 1;
	const char **chain = cli_alloc(room * sizeof(*chain));
	struct sgn_identity_source source = {.path = path, .chain_paths = chain};
	struct secret secret;
	int rc;

	source.key_path = opts_value(&cli->opts, OPT_KEY);
	source.chain_count = chain_files(&cli->opts, chain);
	source.ask = secret_ask;
	source.ask_arg = &source;
	source.allow_loose_modes = opts_has(&cli->opts, OPT_ALLOW_LOOSE_MODES);
	rc = check_there(path, err);
	if (rc == 0)
		rc = secret_from_options(cli, &secret, err);
	if (rc == 0) {
		source.password = secret.given ? secret.text : NULL;
		rc = sgn_identity_load(cli->ctx, &source, out, err);
		if (rc == SGN_E_CRYPTO && !secret.given && !*err->cure)
			cli_cure(err, "give the password with --password-env VAR, --password-file "
			              "FILE or --password-fd N");
	}
	secret_wipe(&secret, sizeof(secret));
	free(chain);
	return rc;
}
