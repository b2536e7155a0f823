/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "signer/cli/out_json.h"
#include "signer/cli/text.h"

/* A dry run that says nothing would be of no use. */
static unsigned text_level(const struct cli *cli, bool dry_run)
{
	if (cli->quiet)
		return 0;
	return dry_run && cli->verbosity == 0 ? 1 : cli->verbosity;
}

/* codesign's --deep gives the bundle's entitlements to every program in it. Said to whoever asks for it,
 * and with -v to everybody. */
static void warn_codesign_deep(struct cli *cli, const char *path,
                               const struct sgn_sign_options *opts, const struct sgn_sign_result *r)
{
	bool asked = opts_has(&cli->opts, OPT_DEEP);
	struct sgn_note note = {
		asked ? SGN_NOTE_WARNING : SGN_NOTE_INFO, path, "", NULL,
		"name the programs that need some with --entitlements-for GLOB=FILE"};
	char *text = NULL, *more;
	size_t count = 0;

	for (size_t i = 0; opts->entitlements && i + 1 < r->item_count; i++) {
		const struct sgn_signed_item *item = &r->items[i];

		if (!item->is_program || item->action != SGN_ITEM_SIGNED ||
		    item->entitlements_why.from == SGN_FROM_RULE)
			continue;
		more = count++ ? cli_format("%s, %s", text, item->path)
		               : cli_format("%s", item->path);
		free(text);
		text = more;
	}
	if (!text)
		return;
	more = cli_format("codesign --deep would give the bundle's entitlements to %zu program%s "
	                  "inside, which here %s: %s",
	                  count, count == 1 ? "" : "s",
	                  count == 1 ? "keeps its own" : "keep their own", text);
	note.text = more;
	print_note(cli, &note);
	free(more);
	free(text);
}

/* Texts on standard error, as codesign: docs/format/verification.md, "streams and messages". */
static void tell(struct cli *cli, const char *path, const struct sgn_sign_options *opts,
                 const struct sgn_sign_result *r)
{
	json_t *result;

	if (r->replaced && !cli->quiet)
		out_line(&cli->err, "%s: replacing existing signature", path);
	warn_codesign_deep(cli, path, opts, r);
	text_signed(&cli->err, path, r, opts, text_level(cli, opts->dry_run));
	if (!cli->json)
		return;
	result = json_result(cli->results, path, true);
	json_put(result, "dry_run", json_boolean(opts->dry_run));
	json_signed(result, r, opts);
}

static enum exit_status sign_one(struct cli *cli, const char *path, void *arg)
{
	const struct sgn_sign_options *opts = arg;
	struct sgn_sign_result result = {0};
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status = EXIT_DONE;

	if (sgn_sign_path(cli->ctx, path, opts, &result, &err) == 0)
		tell(cli, path, opts, &result);
	else
		status = print_error(cli, path, &err);
	sgn_sign_result_dispose(&result);
	sgn_error_dispose(&err);
	return status;
}

enum exit_status cmd_sign(struct cli *cli)
{
	const char *who = opts_value(&cli->opts, OPT_SIGN);
	struct sgn_identity *identity = NULL;
	struct sign_hold hold = {0};
	struct sgn_sign_options opts;
	struct sgn_error err = SGN_ERROR_INIT;
	enum exit_status status;

	if (sign_options(cli, &opts, &hold, &err) != 0) {
		status = print_error(cli, NULL, &err);
		goto out;
	}
	if (!cli_open(cli, &status))
		goto out;
	if (strcmp(who, "-") != 0 && identity_open(cli, who, &identity, &err) != 0) {
		status = print_error(cli, err.code == SGN_E_USAGE ? NULL : who, &err);
		goto out;
	}
	opts.identity = identity;
	status = handover_wanted(&cli->opts) ? handover_sign(cli, &opts, sign_one)
	                                     : cli_each(cli, sign_one, &opts);
out:
	sgn_identity_free(identity);
	sign_hold_dispose(&hold);
	sgn_error_dispose(&err);
	return status;
}
