/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/item_options.h"

#include <fnmatch.h>
#include <string.h>

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool sgn_rule_matches(const struct sgn_item_rule *rule, const struct sgn_item *item,
                      const char *identifier)
{
	const char *path = *item->path ? item->path : ".";

	if (starts_with(rule->pattern, "id:"))
		return fnmatch(rule->pattern + 3, identifier, 0) == 0;
	if (starts_with(rule->pattern, "kind:"))
		return fnmatch(rule->pattern + 5, sgn_item_kind(item), 0) == 0;
	return fnmatch(rule->pattern, path, 0) == 0;
}

static void apply_rule(const struct sgn_item_rule *rule, size_t index, struct sgn_item_plan *out)
{
	const struct sgn_value_why why = {SGN_FROM_RULE, index};
	struct sgn_sign_options *o = &out->opts;

	out->skip |= rule->skip;
	if (rule->has_entitlements) {
		o->entitlements = rule->entitlements;
		o->entitlements_size = rule->entitlements_size;
		o->preserve &= ~(unsigned)SGN_PRESERVE_ENTITLEMENTS;
		out->entitlements = why;
	}
	if (rule->has_flags) {
		o->has_flags = true;
		o->flags = rule->flags;
		out->flags = why;
	}
	if (rule->identifier) {
		o->identifier = rule->identifier;
		out->identifier = why;
	}
}

/* An explicit value wins, then what is preserved, then what is derived. */
static struct sgn_value_why why(bool given, const struct sgn_sign_options *o, unsigned preserve,
                                bool is_signed)
{
	if (given)
		return (struct sgn_value_why){.from = SGN_FROM_OPTION};
	if (is_signed && (o->preserve & preserve))
		return (struct sgn_value_why){.from = SGN_FROM_OLD};
	return (struct sgn_value_why){.from = SGN_FROM_DERIVED};
}

/* What nested code does not share with the bundle around it. */
static void detach_from_parent(struct sgn_sign_options *o)
{
	o->identifier = NULL;
	o->requirements = NULL;
	o->requirements_size = 0;
	o->entitlements = NULL;
	o->entitlements_size = 0;
	o->preserve |= SGN_PRESERVE_ENTITLEMENTS;
	for (size_t i = 0; i < SGN_CONSTRAINT_COUNT; i++)
		o->constraints[i] = NULL;
}

void sgn_item_options(const struct sgn_sign_options *opts, const struct sgn_item *item,
                      const char *identifier, bool is_signed, bool is_adhoc,
                      struct sgn_item_plan *out)
{
	bool root = item->parent == SIZE_MAX;

	*out = (struct sgn_item_plan){.opts = *opts};
	out->opts.output = NULL;
	if (!root) {
		detach_from_parent(&out->opts);
		out->keep = is_signed && !opts->force;
		/* Signing what was unsigned would change the seal of a bundle whose metadata shall be
		 * kept; --find-all-code says that this is wanted. */
		if (opts->preserve && !item->as_code && (!is_signed || is_adhoc) &&
		    !opts->find_all_code)
			out->keep = true;
	}
	out->identifier =
		why(out->opts.identifier != NULL, &out->opts, SGN_PRESERVE_IDENTIFIER, is_signed);
	out->entitlements = why(out->opts.entitlements != NULL, &out->opts,
	                        SGN_PRESERVE_ENTITLEMENTS, is_signed);
	out->flags = why(out->opts.has_flags, &out->opts, SGN_PRESERVE_FLAGS, is_signed);
	for (size_t i = 0; i < opts->rule_count; i++)
		if (sgn_rule_matches(&opts->rules[i], item, identifier))
			apply_rule(&opts->rules[i], i, out);
	if (root)
		out->skip = false;
}
