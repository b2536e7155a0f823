/* SPDX-License-Identifier: Apache-2.0 */
/* From the options of `signet sign` to struct sgn_sign_options. */
#include <stdlib.h>
#include <string.h>

#include "signer/cli/cmd.h"

static int take_flags(struct cli *cli, const char *value, struct sgn_sign_options *opts,
                      struct sgn_error *err)
{
	(void)cli;
	opts->has_flags = true;
	return sgn_flags_parse(value, &opts->flags, err);
}

static int take_runtime(struct cli *cli, const char *value, struct sgn_sign_options *opts,
                        struct sgn_error *err)
{
	(void)cli;
	return sgn_version_parse(value, &opts->runtime_version, err);
}

static int take_digests(struct cli *cli, const char *value, struct sgn_sign_options *opts,
                        struct sgn_error *err)
{
	(void)cli;
	return parse_digests(value, opts, err);
}

static int take_page_size(struct cli *cli, const char *value, struct sgn_sign_options *opts,
                          struct sgn_error *err)
{
	uint32_t n = 0;
	int rc = parse_u32("--pagesize", value, 1u << 30, &n, err);

	(void)cli;
	if (rc == 0 && (n & (n - 1)) != 0)
		return cli_fail(err, SGN_E_USAGE, "--pagesize: %u is no power of two", n);
	opts->page_size = n;
	return rc;
}

static int take_signature_size(struct cli *cli, const char *value, struct sgn_sign_options *opts,
                               struct sgn_error *err)
{
	(void)cli;
	return parse_u32("--signature-size", value, 16u << 20, &opts->signature_size, err);
}

static int take_signing_time(struct cli *cli, const char *value, struct sgn_sign_options *opts,
                             struct sgn_error *err)
{
	(void)cli;
	opts->has_signing_time = true;
	return parse_time("--signing-time", value, &opts->signing_time, err);
}

static int take_preserve(struct cli *cli, const char *value, struct sgn_sign_options *opts,
                         struct sgn_error *err)
{
	const char *ignored = NULL;
	int rc = parse_preserve(value, &opts->preserve, &ignored, err);
	char text[80];

	if (rc == 0 && ignored) {
		snprintf(text, sizeof(text), "--preserve-metadata=%s has no effect", ignored);
		print_warning(cli, NULL, text, NULL);
	}
	return rc;
}

/* Bare --timestamp asks Apple's server, as codesign's does. */
static int take_timestamp(struct cli *cli, const char *value, struct sgn_sign_options *opts,
                          struct sgn_error *err)
{
	(void)cli;
	(void)err;
	opts->timestamp_none = value && !strcmp(value, "none");
	opts->timestamp = !opts->timestamp_none;
	opts->timestamp_url = value && !opts->timestamp_none ? value : NULL;
	return 0;
}

static int take_timestamp_timeout(struct cli *cli, const char *value, struct sgn_sign_options *opts,
                                  struct sgn_error *err)
{
	(void)cli;
	return parse_u32("--timestamp-timeout", value, 3600, &opts->timestamp_timeout, err);
}

static int take_timestamp_tries(struct cli *cli, const char *value, struct sgn_sign_options *opts,
                                struct sgn_error *err)
{
	(void)cli;
	return parse_u32("--timestamp-tries", value, 100, &opts->timestamp_tries, err);
}

/* Options that need more than a copy. */
static const struct {
	enum opt_id id;
	int (*take)(struct cli *cli, const char *value, struct sgn_sign_options *opts,
	            struct sgn_error *err);
} takers[] = {
	{OPT_OPTIONS, take_flags},
	{OPT_RUNTIME_VERSION, take_runtime},
	{OPT_DIGESTS, take_digests},
	{OPT_PAGE_SIZE, take_page_size},
	{OPT_SIGNATURE_SIZE, take_signature_size},
	{OPT_SIGNING_TIME, take_signing_time},
	{OPT_PRESERVE, take_preserve},
	{OPT_TIMESTAMP, take_timestamp},
	{OPT_TIMESTAMP_TIMEOUT, take_timestamp_timeout},
	{OPT_TIMESTAMP_TRIES, take_timestamp_tries},
};

static int take_all(struct cli *cli, struct sgn_sign_options *opts, struct sgn_error *err)
{
	for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
		enum opt_id id = takers[i].id;
		int rc;

		if (!opts_has(&cli->opts, id))
			continue;
		rc = takers[i].take(cli, opts_value(&cli->opts, id), opts, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static void take_plain(const struct opts *o, struct sgn_sign_options *opts)
{
	opts->identifier = opts_value(o, OPT_IDENTIFIER);
	opts->prefix = opts_value(o, OPT_PREFIX);
	opts->team = opts_value(o, OPT_TEAM);
	opts->output = opts_value(o, OPT_OUTPUT);
	opts->timestamp_fallback = opts_value(o, OPT_TIMESTAMP_FALLBACK);
	opts->force = opts_has(o, OPT_FORCE);
	opts->force_library_entitlements = opts_has(o, OPT_FORCE_LIBRARY_ENTITLEMENTS);
	opts->allow_expired = opts_has(o, OPT_ALLOW_EXPIRED);
	opts->no_signing_time = opts_has(o, OPT_NO_SIGNING_TIME);
	opts->intel_host = opts_has(o, OPT_INTEL_HOST);
	opts->pre_encrypt_hashes = opts_has(o, OPT_PRE_ENCRYPT_HASHES);
	opts->dry_run = opts_has(o, OPT_DRYRUN);
	opts->durable = opts_has(o, OPT_DURABLE);
	opts->find_all_code = opts_has(o, OPT_FIND_ALL_CODE);
	opts->only_code_places = opts_has(o, OPT_ONLY_CODE_PLACES);
	opts->repair_symlinks = opts_has(o, OPT_REPAIR_SYMLINKS);
	opts->allow_no_executable = opts_has(o, OPT_ALLOW_NO_EXECUTABLE);
}

static int take_entitlements(const struct opts *o, struct sgn_sign_options *opts,
                             struct bytes *hold, struct sgn_error *err)
{
	const char *path = opts_value(o, OPT_ENTITLEMENTS);
	int rc = path ? bytes_load("entitlements", path, hold, err) : 0;

	opts->entitlements = hold->data;
	opts->entitlements_size = hold->size;
	return rc;
}

static int take_requirements(const struct opts *o, struct sgn_sign_options *opts,
                             struct bytes *hold, struct sgn_error *err)
{
	const char *value = opts_value(o, OPT_REQUIREMENTS);
	int rc = value ? bytes_requirement("--requirements", value, hold, err) : 0;

	opts->requirements = hold->data;
	opts->requirements_size = hold->size;
	return rc;
}

static int take_constraints(const struct opts *o, struct sgn_sign_options *opts,
                            struct sign_hold *hold, struct sgn_error *err)
{
	static const enum opt_id ids[SGN_CONSTRAINT_COUNT] = {
		[SGN_CONSTRAINT_SELF] = OPT_CONSTRAINT_SELF,
		[SGN_CONSTRAINT_PARENT] = OPT_CONSTRAINT_PARENT,
		[SGN_CONSTRAINT_RESPONSIBLE] = OPT_CONSTRAINT_RESPONSIBLE,
		[SGN_CONSTRAINT_LIBRARY] = OPT_CONSTRAINT_LIBRARY,
	};

	for (size_t i = 0; i < SGN_CONSTRAINT_COUNT; i++) {
		const char *path = opts_value(o, ids[i]);
		struct bytes *b = &hold->constraints[i];
		int rc = path ? bytes_load(opt_table[ids[i]].name, path, b, err) : 0;

		if (rc != 0)
			return rc;
		opts->constraints[i] = b->data;
		opts->constraint_sizes[i] = b->size;
	}
	return 0;
}

/* https://reproducible-builds.org/specs/source-date-epoch: an explicit option wins. */
static int take_source_date(struct sgn_sign_options *opts, struct sgn_error *err)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	if (!epoch || !*epoch || opts->has_signing_time || opts->no_signing_time)
		return 0;
	opts->has_signing_time = true;
	return parse_time("SOURCE_DATE_EPOCH", epoch, &opts->signing_time, err);
}

static bool is_dash(const char *value)
{
	return value && !strcmp(value, "-");
}

static int check_together(const struct opts *o, struct sgn_error *err)
{
	int from_stdin = is_dash(opts_value(o, OPT_ENTITLEMENTS)) +
	                 is_dash(opts_value(o, OPT_REQUIREMENTS)) +
	                 is_dash(opts_value(o, OPT_PASSWORD_FILE)) +
	                 is_dash(opts_value(o, OPT_ATTACH));
	bool ad_hoc = is_dash(opts_value(o, OPT_SIGN));

	if (!opts_value(o, OPT_SIGN))
		return cli_fail(err, SGN_E_USAGE,
		                "say who signs: --sign FILE, or --sign - for an ad hoc signature");
	if (o->operand_count > 1 && opts_has(o, OPT_OUTPUT))
		return cli_fail(err, SGN_E_USAGE, "--output goes with one file, not with %zu",
		                o->operand_count);
	if (opts_has(o, OPT_SIGNING_TIME) && opts_has(o, OPT_NO_SIGNING_TIME))
		return cli_fail(err, SGN_E_USAGE,
		                "--signing-time and --no-signing-time exclude each other");
	if (opts_has(o, OPT_FIND_ALL_CODE) && opts_has(o, OPT_ONLY_CODE_PLACES))
		return cli_fail(err, SGN_E_USAGE,
		                "--find-all-code and --only-code-places exclude each other");
	if (from_stdin > 1)
		return cli_fail(err, SGN_E_USAGE, "only one option can read standard input");
	if (ad_hoc && (opts_has(o, OPT_KEY) || opts_has(o, OPT_CERT_CHAIN)))
		return cli_fail(err, SGN_E_USAGE,
		                "an ad hoc signature (--sign -) uses no key and no certificates");
	return 0;
}

int sign_options(struct cli *cli, struct sgn_sign_options *opts, struct sign_hold *hold,
                 struct sgn_error *err)
{
	const struct opts *o = &cli->opts;
	int rc = check_together(o, err);

	if (rc == 0 && handover_wanted(o))
		rc = handover_check_options(o, err);
	sgn_sign_options_init(opts);
	take_plain(o, opts);
	if (rc == 0)
		rc = take_all(cli, opts, err);
	if (rc == 0)
		rc = parse_in_place(o, &opts->in_place, &opts->in_place_links, err);
	if (rc == 0)
		rc = take_source_date(opts, err);
	if (rc == 0)
		rc = take_entitlements(o, opts, &hold->entitlements, err);
	if (rc == 0)
		rc = take_requirements(o, opts, &hold->requirements, err);
	if (rc == 0)
		rc = take_constraints(o, opts, hold, err);
	if (rc == 0)
		rc = item_rules_take(o, &hold->rules, opts, err);
	if (rc == 0)
		rc = profiles_take(o, &hold->profiles, opts, err);
	return rc;
}

void sign_hold_dispose(struct sign_hold *hold)
{
	item_rules_free(hold->rules);
	profiles_free(hold->profiles);
	free(hold->entitlements.data);
	free(hold->requirements.data);
	for (size_t i = 0; i < SGN_CONSTRAINT_COUNT; i++)
		free(hold->constraints[i].data);
	*hold = (struct sign_hold){0};
}
