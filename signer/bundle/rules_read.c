/* SPDX-License-Identifier: Apache-2.0 */
/* Rule sets from property lists. docs/format/resources.md, "A rule". */
#include <math.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/bundle/rules_internal.h"

#define WEIGHT_MAX 1e15 /* a whole number that a double holds exactly */

static int bad_rule(struct sgn_error *err, const char *pattern, const char *what)
{
	int rc = sgn_fail(err, SGN_E_FORMAT, "resource rule \"%s\": %s", pattern, what);

	return sgn_error_osstatus(err, rc, errSecCSResourceRulesInvalid);
}

static int read_weight(const struct sgn_value *v, struct sgn_rule *rule, struct sgn_error *err)
{
	if (v->kind == SGN_VALUE_INT)
		rule->weight = v->is_unsigned ? (double)v->u.uint : (double)v->u.integer;
	else if (v->kind == SGN_VALUE_REAL && fabs(v->u.real) < WEIGHT_MAX)
		rule->weight = (double)(int64_t)v->u.real; /* a fraction is cut off */
	else
		return bad_rule(err, rule->pattern, "weight is no number, or a huge one");
	rule->has_weight = true;
	return 0;
}

static int read_flag(const struct sgn_value *dict, const char *key, bool *out,
                     struct sgn_rule *rule, struct sgn_error *err)
{
	const struct sgn_value *v = sgn_value_get(dict, key);

	if (v && v->kind != SGN_VALUE_BOOL)
		return bad_rule(err, rule->pattern, "omit, optional or nested is no boolean");
	*out = v && v->u.boolean;
	return 0;
}

static int read_value(const struct sgn_value *v, struct sgn_rule *rule, struct sgn_error *err)
{
	const struct sgn_value *weight = sgn_value_get(v, "weight");
	int rc = 0;

	rule->weight = 1;
	if (v->kind == SGN_VALUE_BOOL) {
		rule->is_plain_true = v->u.boolean;
		rule->omit = !v->u.boolean;
		return 0;
	}
	if (v->kind != SGN_VALUE_DICT)
		return bad_rule(err, rule->pattern, "is neither a boolean nor a dictionary");
	if (weight)
		rc = read_weight(weight, rule, err);
	if (rc == 0)
		rc = read_flag(v, "omit", &rule->omit, rule, err);
	if (rc == 0)
		rc = read_flag(v, "optional", &rule->optional, rule, err);
	if (rc == 0)
		rc = read_flag(v, "nested", &rule->nested, rule, err);
	return rc;
}

static int compile(struct sgn_arena *arena, struct sgn_rule *rule, struct sgn_error *err)
{
	bool needs_regex;
	int rc;

	if (!sgn_rule_literals(arena, rule, &needs_regex))
		return sgn_fail_nomem(err);
	if (!needs_regex)
		return 0;
	rc = sgn_regex_new(rule->pattern, &rule->regex, err);
	if (rc == 0 || rc == SGN_E_NOMEM)
		return rc;
	rc = sgn_wrap(err, rc, "resource rule \"%s\"", rule->pattern);
	return sgn_error_osstatus(err, rc, errSecCSResourceRulesInvalid);
}

static int read_rule(struct sgn_arena *arena, const struct sgn_value_entry *e,
                     struct sgn_rule *rule, struct sgn_error *err)
{
	int rc;

	rule->pattern = sgn_arena_strndup(arena, (const char *)e->key.data, e->key.size);
	if (!rule->pattern)
		return sgn_fail_nomem(err);
	if (strlen(rule->pattern) != e->key.size)
		return bad_rule(err, rule->pattern, "a NUL in the pattern");
	rc = read_value(&e->value, rule, err);
	return rc == 0 ? compile(arena, rule, err) : rc;
}

/* The heaviest first; a stable order, so that among equals the source's order stays. */
static void sort_rules(struct sgn_rules *r)
{
	for (size_t i = 1; i < r->count; i++) {
		struct sgn_rule rule = r->rules[i];
		size_t at = i;

		for (; at > 0 && r->rules[at - 1].weight < rule.weight; at--)
			r->rules[at] = r->rules[at - 1];
		r->rules[at] = rule;
	}
}

int sgn_rules_fill(struct sgn_rules *out, const struct sgn_value *dict, struct sgn_error *err)
{
	size_t count = dict->u.dict.count;
	int rc = 0;

	if (count > SGN_LIMIT_RULES) {
		rc = sgn_fail(err, SGN_E_LIMIT, "%zu resource rules, more than %d", count,
		              SGN_LIMIT_RULES);
		return sgn_error_osstatus(err, rc, errSecCSResourceRulesInvalid);
	}
	out->source = dict;
	out->rules = sgn_arena_array(&out->arena, count ? count : 1, sizeof(*out->rules));
	if (!out->rules)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = read_rule(&out->arena, &dict->u.dict.entries[i], &out->rules[out->count++],
		               err);
	if (rc == 0)
		sort_rules(out);
	return rc;
}

int sgn_rules_read(const struct sgn_value *dict, struct sgn_rules *out, struct sgn_error *err)
{
	int rc;

	*out = (struct sgn_rules){0};
	if (!dict || dict->kind != SGN_VALUE_DICT) {
		rc = sgn_fail(err, SGN_E_FORMAT, "resource rules are no dictionary");
		return sgn_error_osstatus(err, rc, errSecCSResourceRulesInvalid);
	}
	rc = sgn_rules_fill(out, dict, err);
	if (rc != 0)
		sgn_rules_dispose(out);
	return rc;
}
