/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in rule sets, and the version-2 set of a source that has none. */
#include <string.h>

#include "signer/bundle/rules_internal.h"

enum set { DEEP, FLAT, INSTALLER };
enum { OMIT = 1, OPTIONAL = 2, NESTED = 4 };
#define PLAIN (-1)

struct row {
	enum set set;
	int version;
	const char *pattern;
	int weight;
	unsigned flags;
};

#define RULE(set, version, pattern, weight, flags) {set, version, pattern, weight, flags},
static const struct row table[] = {
#include "signer/bundle/rules_default.def"
};
#undef RULE

static const struct {
	unsigned flag;
	const char *key;
} flag_keys[] = {{OMIT, "omit"}, {OPTIONAL, "optional"}, {NESTED, "nested"}};

#define KEYS_MAX (1 + SGN_ARRAY_LEN(flag_keys))

static struct sgn_value boolean(bool v)
{
	return (struct sgn_value){.kind = SGN_VALUE_BOOL, .u.boolean = v};
}

/* The value of a rule as a property list has it; false when out of memory. */
static bool value_of(struct sgn_arena *arena, int weight, unsigned flags, struct sgn_value *out)
{
	struct sgn_value_entry *e;
	size_t count = 0;

	e = sgn_arena_array(arena, KEYS_MAX, sizeof(*e));
	if (!e)
		return false;
	for (size_t i = 0; i < SGN_ARRAY_LEN(flag_keys); i++)
		if (flags & flag_keys[i].flag)
			e[count++] = (struct sgn_value_entry){sgn_view_str(flag_keys[i].key),
			                                      boolean(true)};
	e[count++] = (struct sgn_value_entry){sgn_view_str("weight"),
	                                      {.kind = SGN_VALUE_REAL, .u.real = weight}};
	*out = (struct sgn_value){.kind = SGN_VALUE_DICT, .u.dict = {e, count}};
	return true;
}

static int out_of_memory(struct sgn_rules *out, struct sgn_error *err)
{
	sgn_rules_dispose(out);
	return sgn_fail_nomem(err);
}

/* Compiles a set whose dictionary lies in out's own arena. */
static int finish(struct sgn_rules *out, const struct sgn_value_entry *entries, size_t count,
                  struct sgn_error *err)
{
	struct sgn_value *dict = sgn_arena_alloc(&out->arena, sizeof(*dict));
	int rc;

	if (!dict)
		return out_of_memory(out, err);
	*dict = (struct sgn_value){.kind = SGN_VALUE_DICT, .u.dict = {entries, count}};
	rc = sgn_rules_fill(out, dict, err);
	if (rc != 0)
		sgn_rules_dispose(out);
	return rc;
}

static int build(enum set set, int version, struct sgn_rules *out, struct sgn_error *err)
{
	struct sgn_value_entry *entries;
	size_t count = 0;

	entries = sgn_arena_array(&out->arena, SGN_ARRAY_LEN(table), sizeof(*entries));
	if (!entries)
		return out_of_memory(out, err);
	for (size_t i = 0; i < SGN_ARRAY_LEN(table); i++) {
		const struct row *row = &table[i];
		struct sgn_value_entry *e = &entries[count];

		if (row->set != set || row->version != version)
			continue;
		e->key = sgn_view_str(row->pattern);
		e->value = boolean(true);
		if (row->weight != PLAIN &&
		    !value_of(&out->arena, row->weight, row->flags, &e->value))
			return out_of_memory(out, err);
		count++;
	}
	return finish(out, entries, count, err);
}

int sgn_rules_default(const struct sgn_bundle *b, int version, struct sgn_rules *out,
                      struct sgn_error *err)
{
	enum set set = b->resources[0] != '\0' ? DEEP : FLAT;

	*out = (struct sgn_rules){0};
	return build(b->is_installer ? INSTALLER : set, version, out, err);
}

int sgn_rules_derive(const struct sgn_rules *v1, struct sgn_rules *out, struct sgn_error *err)
{
	size_t count = v1->source->u.dict.count;
	struct sgn_value_entry *entries;

	*out = (struct sgn_rules){0};
	entries = sgn_arena_array(&out->arena, count + 1, sizeof(*entries));
	if (!entries)
		return out_of_memory(out, err);
	if (count > 0)
		memcpy(entries, v1->source->u.dict.entries, count * sizeof(*entries));
	if (!sgn_value_get(v1->source, SGN_CODE_PLACES)) {
		entries[count].key = sgn_view_str(SGN_CODE_PLACES);
		if (!value_of(&out->arena, 0, NESTED, &entries[count++].value))
			return out_of_memory(out, err);
	}
	return finish(out, entries, count, err);
}
