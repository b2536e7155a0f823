/* SPDX-License-Identifier: Apache-2.0 */
/* From -s and the options around it to an identity: a key in a token, a file, or a name in the folder of
 * identities. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "signer/cli/store.h"

static int open_file(struct cli *cli, const char *path, const struct secret *secret,
                     struct sgn_identity **out, struct sgn_error *err)
{
	size_t room = opts_count(&cli->opts, OPT_CERT_CHAIN) + 1;
	const char **chain = cli_alloc(room * sizeof(*chain));
	struct sgn_identity_source source = {.path = path, .chain_paths = chain};
	int rc;

	source.key_path = opts_value(&cli->opts, OPT_KEY);
	source.chain_count = chain_files(&cli->opts, chain);
	source.certificate_only = handover_wanted(&cli->opts);
	source.ask = secret_ask;
	source.ask_arg = &source;
	source.allow_loose_modes = opts_has(&cli->opts, OPT_ALLOW_LOOSE_MODES);
	source.password = secret->given ? secret->text : NULL;
	rc = sgn_identity_load(cli->ctx, &source, out, err);
	if (rc == SGN_E_CRYPTO && !secret->given && !*err->cure)
		cli_cure(err, "give the password with --password-env VAR, --password-file FILE or "
		              "--password-fd N");
	free(chain);
	return rc;
}

/* What does not matter for this command: only signing needs a certificate that may sign now. */
static unsigned ignored_flaws(const struct cli *cli)
{
	unsigned dates = SGN_FLAW_EXPIRED | SGN_FLAW_NOT_YET_VALID;

	if (cli->verb != VERB_SIGN && cli->verb != VERB_SIGN_DIGESTS)
		return dates | SGN_FLAW_NO_CODE_SIGNING | SGN_FLAW_INCOMPLETE_CHAIN;
	return opts_has(&cli->opts, OPT_ALLOW_EXPIRED) ? dates : 0;
}

static int open_name(struct cli *cli, const char *name, struct secret *secret,
                     struct sgn_identity **out, struct sgn_error *err)
{
	const struct sgn_identity_candidate *candidate = NULL;
	struct sgn_identity_store *store = NULL;
	int rc = store_find(cli, secret, name, ignored_flaws(cli), &store, &candidate, err);

	if (rc == 0)
		rc = sgn_identity_store_load(store, candidate, out, err);
	sgn_identity_store_free(store);
	return rc;
}

/* codesign takes names of keychain items; what is a file here is that file. */
bool who_is_name(const char *who)
{
	struct stat st;

	return !token_is_uri(who) && (stat(who, &st) != 0 || S_ISDIR(st.st_mode));
}

int identity_open(struct cli *cli, const char *who, struct sgn_identity **out,
                  struct sgn_error *err)
{
	struct secret secret = {"", false};
	int rc;

	if (token_is_uri(who))
		return token_open(cli, who, out, err);
	rc = token_refuse_options(cli, err);
	if (rc == 0)
		rc = secret_from_options(cli, &secret, err);
	if (rc == 0)
		rc = who_is_name(who) ? open_name(cli, who, &secret, out, err)
		                      : open_file(cli, who, &secret, out, err);
	secret_wipe(&secret, sizeof(secret));
	return rc;
}
