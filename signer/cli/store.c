/* SPDX-License-Identifier: Apache-2.0 */
/* From the options to a folder of identities, and from a name to one of them. */
#include "signer/cli/store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int identities_dir(const struct cli *cli, char **out, struct sgn_error *err)
{
	const char *named = opts_value(&cli->opts, OPT_IDENTITIES);
	const char *from_environment = getenv("SIGNET_IDENTITIES");
	char path[4096];
	int rc;

	*out = NULL;
	if (!named && from_environment && *from_environment)
		named = from_environment;
	if (!named) {
		rc = sgn_identity_store_default(path, sizeof(path), err);
		if (rc != 0) {
			cli_cure(err, "name the folder with --identities DIR");
			return rc;
		}
	}
	*out = cli_format("%s", named ? named : path);
	return 0;
}

size_t chain_files(const struct opts *o, const char **files)
{
	size_t pos = 0, n = 0;
	const char *file;

	while ((file = opts_next(o, OPT_CERT_CHAIN, &pos)))
		files[n++] = file;
	return n;
}

int store_open(struct cli *cli, const struct secret *secret, struct sgn_identity_store **out,
               struct sgn_error *err)
{
	const struct opts *o = &cli->opts;
	const char **chain = cli_alloc((opts_count(o, OPT_CERT_CHAIN) + 1) * sizeof(*chain));
	struct sgn_identity_store_options options = {.chain_paths = chain};
	char *dir = NULL;
	int rc = identities_dir(cli, &dir, err);

	*out = NULL;
	options.dir = dir;
	options.password = secret->given ? secret->text : NULL;
	options.key_path = opts_value(o, OPT_KEY);
	options.chain_count = chain_files(o, chain);
	options.allow_loose_modes = opts_has(o, OPT_ALLOW_LOOSE_MODES);
	if (rc == 0)
		rc = sgn_identity_store_open(cli->ctx, &options, out, err);
	free(chain);
	free(dir);
	return rc;
}

static bool has_locked_files(const struct sgn_identity_store *store)
{
	size_t count;
	const struct sgn_identity_skipped *skipped = sgn_identity_store_skipped(store, &count);

	for (size_t i = 0; i < count; i++)
		if (skipped[i].why == SGN_SKIP_LOCKED)
			return true;
	return false;
}

/* True: there is a password now. */
static bool ask(struct cli *cli, struct secret *secret)
{
	struct sgn_error ignored = SGN_ERROR_INIT;
	struct sgn_identity_source source = {0};
	char *dir = NULL;

	if (identities_dir(cli, &dir, &ignored) == 0) {
		source.path = dir;
		secret->given = secret_ask(&source, "the identities in it", secret->text,
		                           sizeof(secret->text)) == 0;
	}
	sgn_error_dispose(&ignored);
	free(dir);
	return secret->given;
}

/* Names that people give to files. */
static bool looks_like_file(const char *who)
{
	static const char *const ends[] = {".p12", ".pfx", ".pem", ".cer", ".crt", ".der", ".key"};
	size_t size = strlen(who);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (size > 4 && !strcmp(who + size - 4, ends[i]))
			return true;
	return false;
}

static int no_file(const char *who, const char *dir, struct sgn_error *err)
{
	struct stat st;

	if (stat(dir, &st) != 0)
		cli_fail(err, SGN_E_NOTFOUND,
		         "no identity found: no such file, and no folder of identities %s", dir);
	else if (looks_like_file(who))
		cli_fail(err, SGN_E_NOTFOUND,
		         "no identity found: no such file, and no identity of that name in %s",
		         dir);
	else
		return err->code; /* it says what there is */
	cli_cure(err,
	         "name a PKCS#12 or PEM file with certificate and key, or - to sign ad hoc; or put "
	         "such files into %s and name the certificate",
	         dir);
	return err->code;
}

int store_find(struct cli *cli, struct secret *secret, const char *name, unsigned ignore,
               struct sgn_identity_store **store, const struct sgn_identity_candidate **candidate,
               struct sgn_error *err)
{
	char *dir = NULL;
	int rc = store_open(cli, secret, store, err);

	if (rc == 0)
		rc = sgn_identity_store_find(*store, name, ignore, candidate, err);
	if (rc != 0 && *store && !secret->given && has_locked_files(*store) && ask(cli, secret)) {
		sgn_identity_store_free(*store);
		rc = store_open(cli, secret, store, err);
		if (rc == 0)
			rc = sgn_identity_store_find(*store, name, ignore, candidate, err);
	}
	if (rc == SGN_E_NOTFOUND && identities_dir(cli, &dir, err) == 0)
		rc = no_file(name, dir, err);
	free(dir);
	return rc;
}
