/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule decides about a path. docs/format/resources.md, "How a rule is chosen". */
#include "signer/bundle/rules.h"

#include <string.h>

void sgn_rules_dispose(struct sgn_rules *r)
{
	for (size_t i = 0; i < r->count; i++)
		sgn_regex_free(r->rules[i].regex);
	sgn_arena_dispose(&r->arena);
	*r = (struct sgn_rules){0};
}

static bool matches(const struct sgn_rule *rule, const char *path)
{
	if (strncmp(path, rule->prefix, rule->prefix_len) != 0)
		return false;
	if (!rule->regex)
		return !rule->to_end || path[rule->prefix_len] == '\0';
	if (rule->inside[0] != '\0' && !strstr(path, rule->inside))
		return false;
	return sgn_regex_search(rule->regex, path);
}

const struct sgn_rule *sgn_rules_match(const struct sgn_rules *r, const char *path)
{
	const struct sgn_rule *best = NULL;

	for (size_t i = 0; i < r->count; i++) {
		const struct sgn_rule *rule = &r->rules[i];

		if (best && rule->weight < best->weight)
			break;
		if (best && !rule->omit)
			continue;
		if (!matches(rule, path))
			continue;
		if (rule->omit)
			return rule;
		best = rule;
	}
	return best;
}
