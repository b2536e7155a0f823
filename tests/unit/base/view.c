/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/view.h"

#include <criterion/criterion.h>

static struct sgn_view text(const char *t)
{
	return sgn_view_str(t);
}

Test(base_view, a_slice_inside_is_given)
{
	struct sgn_view out = SGN_VIEW_EMPTY;

	cr_assert(sgn_view_slice(text("abcdef"), 2, 3, &out));
	cr_assert(sgn_view_equal(out, text("cde")));
	cr_assert(sgn_view_slice(text("abcdef"), 6, 0, &out));
	cr_assert_eq(out.size, 0);
}

Test(base_view, a_slice_outside_is_refused_and_out_is_untouched)
{
	static const struct {
		uint64_t off, len;
	} bad[] = {
		{0, 7}, {6, 1}, {7, 0}, {1, UINT64_MAX}, {UINT64_MAX, 1}, {UINT64_MAX, UINT64_MAX},
	};
	struct sgn_view out = text("old");

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_not(sgn_view_slice(text("abcdef"), bad[i].off, bad[i].len, &out), "%zu",
		              i);
	cr_assert(sgn_view_equal(out, text("old")));
}

Test(base_view, the_empty_view_without_bytes_is_a_value_like_others)
{
	struct sgn_view out, none = SGN_VIEW_EMPTY;

	cr_assert(sgn_view_slice(none, 0, 0, &out));
	cr_assert_not(sgn_view_slice(none, 0, 1, &out));
	cr_assert(sgn_view_equal(none, text("")));
	cr_assert_eq(sgn_view_compare(none, text("")), 0);
	cr_assert(sgn_view_compare(none, text("a")) < 0);
	cr_assert(sgn_view_starts_with(none, none));
	cr_assert(sgn_view_ends_with(none, none));
	cr_assert(sgn_view_contains(none, none));
	cr_assert_not(sgn_view_ends_with(none, text("a")));
	cr_assert(sgn_view_is_zero(none));
	cr_assert_eq(sgn_view_from(none, 0).size, 0);
	cr_assert_eq(sgn_view_str(NULL).size, 0);
}

Test(base_view, from_gives_the_rest)
{
	cr_assert(sgn_view_equal(sgn_view_from(text("abc"), 1), text("bc")));
	cr_assert_eq(sgn_view_from(text("abc"), 3).size, 0);
	cr_assert_eq(sgn_view_from(text("abc"), SIZE_MAX).size, 0);
}

Test(base_view, order_is_by_bytes_then_length)
{
	cr_assert(sgn_view_compare(text("a"), text("b")) < 0);
	cr_assert(sgn_view_compare(text("ab"), text("a")) > 0);
	cr_assert(sgn_view_compare(text("\x7f"), text("\x80")) < 0, "bytes are unsigned");
	cr_assert_eq(sgn_view_compare(text("ab"), text("ab")), 0);
	cr_assert_not(sgn_view_equal(text("ab"), text("abc")));
}

Test(base_view, search)
{
	cr_assert(sgn_view_starts_with(text("abc"), text("ab")));
	cr_assert_not(sgn_view_starts_with(text("abc"), text("bc")));
	cr_assert_not(sgn_view_starts_with(text("ab"), text("abc")));
	cr_assert(sgn_view_ends_with(text("abc"), text("bc")));
	cr_assert_not(sgn_view_ends_with(text("abc"), text("ab")));
	cr_assert(sgn_view_contains(text("abcd"), text("bc")));
	cr_assert(sgn_view_contains(text("abcd"), text("abcd")));
	cr_assert(sgn_view_contains(text("aab"), text("ab")));
	cr_assert_not(sgn_view_contains(text("abcd"), text("cb")));
	cr_assert_not(sgn_view_contains(text("abc"), text("abcd")));
}

Test(base_view, zero_means_all_bytes)
{
	static const uint8_t zeros[5], last[5] = {0, 0, 0, 0, 1};

	cr_assert(sgn_view_is_zero(sgn_view_of(zeros, 5)));
	cr_assert_not(sgn_view_is_zero(sgn_view_of(last, 5)));
}
