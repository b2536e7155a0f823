/* SPDX-License-Identifier: Apache-2.0 */
/* signet identity list, and signet identity show. */
#include <stdlib.h>

#include "signer/cli/out_json.h"
#include "signer/cli/store.h"
#include "signer/cli/text.h"

static int list(struct cli *cli, const char *dir, const struct secret *secret,
                struct sgn_error *err)
{
	struct sgn_identity_store *store = NULL;
	int rc = store_open(cli, secret, &store, err);

	if (rc == SGN_E_NOTFOUND && !*err->cure)
		cli_cure(
			err,
			"mkdir -p -m 700 %s, and put .p12 files, or keys and certificates, into it",
			dir);
	if (rc != 0)
		return rc;
	if (cli->json)
		json_store(json_result(cli->results, dir, true), store);
	else
		text_store(&cli->out, dir, store, cli->verbosity);
	sgn_identity_store_free(store);
	return 0;
}

enum exit_status cmd_identity_list(struct cli *cli)
{
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;
	struct secret secret = {0};
	char *dir = NULL;
	int rc;

	if (cli->opts.operand_count > 0)
		return print_usage(cli, "the folder is named with --identities");
	rc = secret_from_options(cli, &secret, &err);
	if (rc == 0)
		rc = identities_dir(cli, &dir, &err);
	if (rc == 0 && !cli_open(cli, &status))
		goto out;
	if (rc == 0)
		rc = list(cli, dir, &secret, &err);
	if (rc != 0)
		status = print_error(cli, err.code == SGN_E_USAGE ? NULL : dir, &err);
out:
	secret_wipe(&secret, sizeof(secret));
	sgn_error_dispose(&err);
	free(dir);
	return status;
}

/* What is shown: an identity, or a candidate of a store, which may have no key. */
struct shown {
	struct sgn_identity *identity; /* NULL when it cannot be signed with */
	struct sgn_identity_store *store;
	const struct sgn_identity_candidate *candidate;
	struct sgn_identity_info info;
};

static int find_name(struct cli *cli, const char *name, struct shown *s, struct sgn_error *err)
{
	struct sgn_error ignored = SGN_ERROR_INIT;
	struct secret secret = {0};
	int rc = token_refuse_options(cli, err);

	if (rc == 0)
		rc = secret_from_options(cli, &secret, err);
	if (rc == 0)
		rc = store_find(cli, &secret, name, SGN_FLAW_ANY, &s->store, &s->candidate, err);
	secret_wipe(&secret, sizeof(secret));
	if (rc != 0)
		return rc;
	s->info = s->candidate->info;
	/* Only for its default requirement; the candidate says why there may be none. */
	(void)sgn_identity_store_load(s->store, s->candidate, &s->identity, &ignored);
	sgn_error_dispose(&ignored);
	return 0;
}

static int find(struct cli *cli, const char *who, struct shown *s, struct sgn_error *err)
{
	int rc;

	if (who_is_name(who))
		return find_name(cli, who, s, err);
	rc = identity_open(cli, who, &s->identity, err);
	if (rc == 0)
		sgn_identity_describe(s->identity, &s->info);
	return rc;
}

/* As text with a word in the identifier's place; NULL: there is none. Freed with sgn_bytes_free(). */
static char *default_requirement(const struct shown *s)
{
	struct sgn_error ignored = SGN_ERROR_INIT;
	uint8_t *blob = NULL;
	char *text = NULL;
	size_t size = 0;

	if (s->identity &&
	    sgn_requirement_default(s->identity, "IDENTIFIER", &blob, &size, &ignored) == 0)
		(void)sgn_requirement_print(blob, size, &text, &ignored);
	sgn_bytes_free(blob);
	sgn_error_dispose(&ignored);
	return text;
}

static void tell(struct cli *cli, const char *who, const struct shown *s)
{
	char *requirement = default_requirement(s);
	json_t *result;

	if (cli->json) {
		result = json_result(cli->results, who, true);
		json_identity(result, &s->info);
		json_put(result, "requirement", json_text(requirement));
		json_candidate(result, s->candidate);
	} else {
		text_identity(&cli->out, who, &s->info);
		text_identity_more(&cli->out, &s->info, requirement, s->candidate);
	}
	sgn_bytes_free(requirement);
}

static enum exit_status show_one(struct cli *cli, const char *who, void *arg)
{
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;
	struct shown s = {0};

	(void)arg;
	if (find(cli, who, &s, &err) == 0)
		tell(cli, who, &s);
	else
		status = print_error(cli, err.code == SGN_E_USAGE ? NULL : who, &err);
	sgn_identity_free(s.identity);
	sgn_identity_store_free(s.store);
	sgn_error_dispose(&err);
	return status;
}

enum exit_status cmd_identity_show(struct cli *cli)
{
	enum exit_status status;

	if (!cli_open(cli, &status))
		return status;
	return cli_each(cli, show_one, NULL);
}
