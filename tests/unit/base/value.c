/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/value.h"

#include <criterion/criterion.h>

static struct sgn_value integer(int64_t n)
{
	return (struct sgn_value){.kind = SGN_VALUE_INT, .u.integer = n};
}

static struct sgn_value string(const char *text)
{
	return (struct sgn_value){.kind = SGN_VALUE_STRING, .u.bytes = sgn_view_str(text)};
}

static struct sgn_value dict(const struct sgn_value_entry *entries, size_t count)
{
	struct sgn_value v = {.kind = SGN_VALUE_DICT};

	v.u.dict.entries = entries;
	v.u.dict.count = count;
	return v;
}

static struct sgn_value_entry entry(const char *key, int64_t n)
{
	return (struct sgn_value_entry){sgn_view_str(key), integer(n)};
}

Test(base_value, lookup_takes_the_last_of_equal_keys)
{
	const struct sgn_value_entry entries[] = {entry("a", 1), entry("b", 2), entry("a", 3)};
	struct sgn_value d = dict(entries, 3), n = integer(1);

	cr_assert_eq(sgn_value_get(&d, "a")->u.integer, 3);
	cr_assert_eq(sgn_value_get(&d, "b")->u.integer, 2);
	cr_assert_null(sgn_value_get(&d, "c"));
	cr_assert_null(sgn_value_get(&d, ""));
	cr_assert_null(sgn_value_get(NULL, "a"));
	cr_assert_null(sgn_value_get(&n, "a"));
}

Test(base_value, only_a_true_boolean_is_true)
{
	struct sgn_value yes = {.kind = SGN_VALUE_BOOL, .u.boolean = true};
	struct sgn_value no = {.kind = SGN_VALUE_BOOL}, one = integer(1), text = string("true");

	cr_assert(sgn_value_is_true(&yes));
	cr_assert_not(sgn_value_is_true(&no));
	cr_assert_not(sgn_value_is_true(&one));
	cr_assert_not(sgn_value_is_true(&text));
	cr_assert_not(sgn_value_is_true(NULL));
}

Test(base_value, text_of_other_kinds_is_empty)
{
	struct sgn_value text = string("x"), data = string("y");

	data.kind = SGN_VALUE_DATA;
	cr_assert_eq(sgn_value_string(&text).size, 1);
	cr_assert_eq(sgn_value_string(&data).size, 0);
	cr_assert_eq(sgn_value_string(NULL).size, 0);
}

Test(base_value, equality_is_by_kind_and_content)
{
	struct sgn_value text = string("x"), same = string("x"), other = string("y"), data = text;
	struct sgn_value minus = integer(-1), big = integer(-1);
	struct sgn_value real = {.kind = SGN_VALUE_REAL, .u.real = 1.5}, date = real;

	data.kind = SGN_VALUE_DATA;
	big.is_unsigned = true;
	date.kind = SGN_VALUE_DATE;
	date.u.date = 1.5;
	cr_assert(sgn_value_equal(&text, &same));
	cr_assert_not(sgn_value_equal(&text, &other));
	cr_assert_not(sgn_value_equal(&text, &data));
	cr_assert(sgn_value_equal(&minus, &minus));
	cr_assert_not(sgn_value_equal(&minus, &big), "UINT64_MAX is not -1");
	cr_assert(sgn_value_equal(&real, &real));
	cr_assert_not(sgn_value_equal(&real, &date));
	cr_assert(sgn_value_equal(&date, &date));
}

Test(base_value, arrays_are_equal_in_order)
{
	const struct sgn_value ab[] = {integer(1), integer(2)}, ba[] = {integer(2), integer(1)};
	struct sgn_value x = {.kind = SGN_VALUE_ARRAY}, y = x, shorter = x;

	x.u.array.items = ab;
	x.u.array.count = 2;
	y.u.array.items = ba;
	y.u.array.count = 2;
	shorter.u.array.items = ab;
	shorter.u.array.count = 1;
	cr_assert(sgn_value_equal(&x, &x));
	cr_assert_not(sgn_value_equal(&x, &y));
	cr_assert_not(sgn_value_equal(&x, &shorter));
}

Test(base_value, dictionaries_are_equal_in_any_order)
{
	const struct sgn_value_entry ab[] = {entry("a", 1), entry("b", 2)};
	const struct sgn_value_entry ba[] = {entry("b", 2), entry("a", 1)};
	const struct sgn_value_entry other[] = {entry("b", 2), entry("a", 9)};
	struct sgn_value x = dict(ab, 2), y = dict(ba, 2), z = dict(other, 2), none = dict(NULL, 0);

	cr_assert(sgn_value_equal(&x, &x));
	cr_assert(sgn_value_equal(&x, &y));
	cr_assert_not(sgn_value_equal(&x, &z));
	cr_assert_not(sgn_value_equal(&x, &none));
	cr_assert(sgn_value_equal(&none, &none));
}

/* The count agrees, and each key of the first is in the second; still the second has one more. */
Test(base_value, a_doubled_key_does_not_hide_another_one)
{
	const struct sgn_value_entry doubled[] = {entry("a", 1), entry("a", 1)};
	const struct sgn_value_entry more[] = {entry("a", 1), entry("b", 2)};
	struct sgn_value x = dict(doubled, 2), y = dict(more, 2);

	cr_assert_not(sgn_value_equal(&x, &y));
	cr_assert_not(sgn_value_equal(&y, &x));
}

Test(base_value, hidden_values_do_not_count)
{
	const struct sgn_value_entry hiding[] = {entry("a", 1), entry("a", 2)};
	const struct sgn_value_entry plain[] = {entry("a", 2)};
	struct sgn_value x = dict(hiding, 2), y = dict(plain, 1);

	cr_assert(sgn_value_equal(&x, &y));
	cr_assert(sgn_value_equal(&y, &x));
	cr_assert(sgn_value_equal(&x, &x));
}

Test(base_value, every_kind_has_a_name)
{
	cr_assert_str_eq(sgn_value_kind_name(SGN_VALUE_BOOL), "boolean");
	for (int k = SGN_VALUE_BOOL; k <= SGN_VALUE_DICT; k++)
		cr_assert_str_neq(sgn_value_kind_name((enum sgn_value_kind)k), "unknown");
	cr_assert_str_eq(sgn_value_kind_name((enum sgn_value_kind)99), "unknown");
}
