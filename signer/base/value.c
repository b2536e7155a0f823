/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/value.h"

const struct sgn_value *sgn_value_get_view(const struct sgn_value *v, struct sgn_view key)
{
	if (!v || v->kind != SGN_VALUE_DICT)
		return NULL;
	for (size_t i = v->u.dict.count; i-- > 0;)
		if (sgn_view_equal(v->u.dict.entries[i].key, key))
			return &v->u.dict.entries[i].value;
	return NULL;
}

const struct sgn_value *sgn_value_get(const struct sgn_value *v, const char *key)
{
	return sgn_value_get_view(v, sgn_view_str(key));
}

bool sgn_value_is_true(const struct sgn_value *v)
{
	return v && v->kind == SGN_VALUE_BOOL && v->u.boolean;
}

struct sgn_view sgn_value_string(const struct sgn_value *v)
{
	return v && v->kind == SGN_VALUE_STRING ? v->u.bytes : SGN_VIEW_EMPTY;
}

static bool array_equal(const struct sgn_value *a, const struct sgn_value *b)
{
	if (a->u.array.count != b->u.array.count)
		return false;
	for (size_t i = 0; i < a->u.array.count; i++)
		if (!sgn_value_equal(&a->u.array.items[i], &b->u.array.items[i]))
			return false;
	return true;
}

/* The usual case, and quick: the same keys in the same order. */
static bool same_keys(const struct sgn_value *a, const struct sgn_value *b)
{
	if (a->u.dict.count != b->u.dict.count)
		return false;
	for (size_t i = 0; i < a->u.dict.count; i++)
		if (!sgn_view_equal(a->u.dict.entries[i].key, b->u.dict.entries[i].key))
			return false;
	return true;
}

static bool has_keys_of(const struct sgn_value *a, const struct sgn_value *b)
{
	for (size_t i = 0; i < b->u.dict.count; i++)
		if (!sgn_value_get_view(a, b->u.dict.entries[i].key))
			return false;
	return true;
}

static bool same_values(const struct sgn_value *a, const struct sgn_value *b)
{
	for (size_t i = 0; i < a->u.dict.count; i++)
		if (!sgn_value_equal(&a->u.dict.entries[i].value, &b->u.dict.entries[i].value))
			return false;
	return true;
}

/* Keys are looked up in both directions: with a key twice in a, counting is not enough to see that b
 * has one that a lacks. */
static bool dict_equal(const struct sgn_value *a, const struct sgn_value *b)
{
	if (same_keys(a, b) && same_values(a, b))
		return true;
	if (!has_keys_of(a, b) || !has_keys_of(b, a))
		return false;
	for (size_t i = 0; i < a->u.dict.count; i++) {
		struct sgn_view key = a->u.dict.entries[i].key;

		if (!sgn_value_equal(sgn_value_get_view(a, key), sgn_value_get_view(b, key)))
			return false;
	}
	return true;
}

/* Recursion is bounded: a tree is only made by readers with a depth limit. */
bool sgn_value_equal(const struct sgn_value *a, const struct sgn_value *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case SGN_VALUE_BOOL: return a->u.boolean == b->u.boolean;
	case SGN_VALUE_INT: return a->is_unsigned == b->is_unsigned && a->u.uint == b->u.uint;
	case SGN_VALUE_REAL: return a->u.real <= b->u.real && a->u.real >= b->u.real;
	case SGN_VALUE_DATE: return a->u.date <= b->u.date && a->u.date >= b->u.date;
	case SGN_VALUE_STRING:
	case SGN_VALUE_DATA: return sgn_view_equal(a->u.bytes, b->u.bytes);
	case SGN_VALUE_ARRAY: return array_equal(a, b);
	case SGN_VALUE_DICT: return dict_equal(a, b);
	}
	return false;
}

const char *sgn_value_kind_name(enum sgn_value_kind kind)
{
	switch (kind) {
	case SGN_VALUE_BOOL: return "boolean";
	case SGN_VALUE_INT: return "integer";
	case SGN_VALUE_REAL: return "real";
	case SGN_VALUE_STRING: return "string";
	case SGN_VALUE_DATA: return "data";
	case SGN_VALUE_DATE: return "date";
	case SGN_VALUE_ARRAY: return "array";
	case SGN_VALUE_DICT: return "dictionary";
	}
	return "unknown";
}
