/* SPDX-License-Identifier: Apache-2.0 */
/* Rules for the items of a bundle: from settings files, then from the command line, which wins. */
#include <stdlib.h>
#include <string.h>

#include "signer/cli/cmd.h"

/* Everything that rules point to. */
struct item_rules {
	struct sgn_item_rule *rules;
	size_t count, room;
	struct sgn_settings **settings;
	size_t settings_count;
	char **texts; /* patterns cut off from "GLOB=VALUE", and file contents */
	size_t text_count;
};

static void *grow(void *list, size_t count, size_t size)
{
	void *more = realloc(list, (count + 1) * size);

	if (!more)
		exit(EXIT_FAILED);
	return more;
}

static struct sgn_item_rule *new_rule(struct item_rules *r)
{
	r->rules = grow(r->rules, r->count, sizeof(*r->rules));
	r->rules[r->count] = (struct sgn_item_rule){0};
	return &r->rules[r->count++];
}

static void keep_text(struct item_rules *r, char *text)
{
	r->texts = grow(r->texts, r->text_count, sizeof(*r->texts));
	r->texts[r->text_count++] = text;
}

static int take_settings(struct item_rules *r, const char *path, struct sgn_error *err)
{
	struct sgn_settings *settings;
	const struct sgn_item_rule *rules;
	size_t count;
	int rc = sgn_settings_load(path, &settings, err);

	if (rc != 0)
		return rc;
	r->settings = grow(r->settings, r->settings_count, sizeof(struct sgn_settings *));
	r->settings[r->settings_count++] = settings;
	rules = sgn_settings_rules(settings, &count);
	for (size_t i = 0; i < count; i++)
		*new_rule(r) = rules[i];
	return 0;
}

static bool is_none(const char *value)
{
	return !strcmp(value, "none");
}

static int rule_entitlements(struct item_rules *r, struct sgn_item_rule *rule, const char *value,
                             struct sgn_error *err)
{
	struct bytes bytes;
	int rc;

	rule->has_entitlements = true;
	if (is_none(value))
		return 0;
	rc = bytes_load("entitlements", value, &bytes, err);
	if (rc != 0)
		return rc;
	rule->entitlements = bytes.data;
	rule->entitlements_size = bytes.size;
	keep_text(r, bytes.data);
	return 0;
}

static int rule_flags(struct item_rules *r, struct sgn_item_rule *rule, const char *value,
                      struct sgn_error *err)
{
	(void)r;
	rule->has_flags = true;
	return is_none(value) ? 0 : sgn_flags_parse(value, &rule->flags, err);
}

static int rule_identifier(struct item_rules *r, struct sgn_item_rule *rule, const char *value,
                           struct sgn_error *err)
{
	(void)r;
	(void)err;
	rule->identifier = value;
	return 0;
}

static const struct {
	enum opt_id id;
	int (*take)(struct item_rules *r, struct sgn_item_rule *rule, const char *value,
	            struct sgn_error *err);
} takers[] = {
	{OPT_ENTITLEMENTS_FOR, rule_entitlements},
	{OPT_OPTIONS_FOR, rule_flags},
	{OPT_IDENTIFIER_FOR, rule_identifier},
};

/* "GLOB=VALUE" */
static int take_pair(struct item_rules *r, size_t taker, const char *text, struct sgn_error *err)
{
	const struct opt *o = &opt_table[takers[taker].id];
	const char *equals = strchr(text, '=');
	struct sgn_item_rule rule = {0};
	char *pattern;
	int rc;

	if (!equals || equals == text || equals[1] == '\0') {
		cli_fail(err, SGN_E_USAGE, "--%s: \"%s\" is not of the form %s", o->name, text,
		         o->arg_name);
		cli_cure(err, "for instance --%s 'Contents/Helpers/*%s'", o->name,
		         strchr(o->arg_name, '='));
		return SGN_E_USAGE;
	}
	pattern = cli_format("%.*s", (int)(equals - text), text);
	keep_text(r, pattern);
	rule.pattern = pattern;
	rc = takers[taker].take(r, &rule, equals + 1, err);
	if (rc == 0)
		*new_rule(r) = rule;
	return rc;
}

static int take_given(struct item_rules *r, const struct opt_given *g, struct sgn_error *err)
{
	if (g->id == OPT_SKIP) {
		struct sgn_item_rule *rule = new_rule(r);

		rule->pattern = g->value;
		rule->skip = true;
	}
	for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++)
		if (g->id == takers[i].id)
			return take_pair(r, i, g->value, err);
	return 0;
}

int item_rules_take(const struct opts *o, struct item_rules **out, struct sgn_sign_options *opts,
                    struct sgn_error *err)
{
	struct item_rules *r = cli_alloc(sizeof(*r));
	size_t pos = 0;
	const char *path;
	int rc = 0;

	*out = r;
	while (rc == 0 && (path = opts_next(o, OPT_SETTINGS, &pos)))
		rc = take_settings(r, path, err);
	for (size_t i = 0; rc == 0 && i < o->given_count; i++)
		rc = take_given(r, &o->given[i], err);
	opts->rules = r->rules;
	opts->rule_count = r->count;
	return rc;
}

void item_rules_free(struct item_rules *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->settings_count; i++)
		sgn_settings_free(r->settings[i]);
	for (size_t i = 0; i < r->text_count; i++)
		free(r->texts[i]);
	free(r->settings);
	free(r->texts);
	free(r->rules);
	free(r);
}
