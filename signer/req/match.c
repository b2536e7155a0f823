/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/req/match.h"

#include "signer/base/text.h"

/* The run of digits at *at without its leading zeros; *at moves behind it. */
static struct sgn_view take_number(struct sgn_view v, size_t *at)
{
	size_t start;

	while (*at < v.size && v.data[*at] == '0')
		(*at)++;
	start = *at;
	while (*at < v.size && sgn_is_digit(v.data[*at]))
		(*at)++;
	return sgn_view_of(v.data + start, *at - start);
}

/* Digits of any length: the longer number is the larger one. */
static int compare_numbers(struct sgn_view a, struct sgn_view b)
{
	if (a.size != b.size)
		return a.size < b.size ? -1 : 1;
	return sgn_view_compare(a, b);
}

int sgn_req_compare_numeric(struct sgn_view a, struct sgn_view b)
{
	size_t i = 0, k = 0;

	while (i < a.size && k < b.size) {
		if (sgn_is_digit(a.data[i]) && sgn_is_digit(b.data[k])) {
			struct sgn_view left = take_number(a, &i), right = take_number(b, &k);
			int order = compare_numbers(left, right);

			if (order != 0)
				return order;
		} else if (a.data[i] != b.data[k]) {
			return a.data[i] < b.data[k] ? -1 : 1;
		} else {
			i++;
			k++;
		}
	}
	if (i < a.size)
		return 1;
	return k < b.size ? -1 : 0;
}

static bool string_matches(const struct sgn_req_match *m, struct sgn_view seen)
{
	switch (m->code) {
	case SGN_REQ_MATCH_EQUAL: return sgn_view_equal(seen, m->string);
	case SGN_REQ_MATCH_CONTAINS: return sgn_view_contains(seen, m->string);
	case SGN_REQ_MATCH_BEGINS: return sgn_view_starts_with(seen, m->string);
	case SGN_REQ_MATCH_ENDS: return sgn_view_ends_with(seen, m->string);
	case SGN_REQ_MATCH_LESS: return sgn_req_compare_numeric(seen, m->string) < 0;
	case SGN_REQ_MATCH_GREATER: return sgn_req_compare_numeric(seen, m->string) > 0;
	case SGN_REQ_MATCH_LESS_EQUAL: return sgn_req_compare_numeric(seen, m->string) <= 0;
	case SGN_REQ_MATCH_GREATER_EQUAL: return sgn_req_compare_numeric(seen, m->string) >= 0;
	default: return false;
	}
}

static bool date_matches(const struct sgn_req_match *m, double seen)
{
	double wanted = (double)m->time;

	switch (m->code) {
	case SGN_REQ_MATCH_ON: return seen >= wanted && seen <= wanted;
	case SGN_REQ_MATCH_BEFORE: return seen < wanted;
	case SGN_REQ_MATCH_AFTER: return seen > wanted;
	case SGN_REQ_MATCH_ON_BEFORE: return seen <= wanted;
	case SGN_REQ_MATCH_ON_AFTER: return seen >= wanted;
	default: return false;
	}
}

/* Recursion is bounded: values come from readers with a depth limit. */
static bool any_element(const struct sgn_req_match *m, const struct sgn_value *array)
{
	for (size_t i = 0; i < array->u.array.count; i++)
		if (sgn_req_matches(m, &array->u.array.items[i]))
			return true;
	return false;
}

bool sgn_req_matches(const struct sgn_req_match *m, const struct sgn_value *candidate)
{
	if (!candidate)
		return m->code == SGN_REQ_MATCH_ABSENT;
	if (candidate->kind == SGN_VALUE_ARRAY && any_element(m, candidate))
		return true;
	if (m->code == SGN_REQ_MATCH_EXISTS)
		return candidate->kind != SGN_VALUE_BOOL || candidate->u.boolean;
	if (candidate->kind == SGN_VALUE_STRING)
		return string_matches(m, candidate->u.bytes);
	if (candidate->kind == SGN_VALUE_DATE)
		return date_matches(m, candidate->u.date);
	return false;
}
