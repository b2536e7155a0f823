/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/cert.h"

#include <criterion/criterion.h>

#define V(text)                                           \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

Test(base_cert, the_last_attribute_of_an_oid_counts)
{
	static const struct sgn_cert_attr attrs[] = {
		{V("ou"), V("first")}, {V("cn"), V("name")}, {V("ou"), V("last")}};
	const struct sgn_cert_name name = {attrs, 3}, none = {NULL, 0};

	cr_assert(
		sgn_view_equal(sgn_cert_name_get(&name, sgn_view_str("ou")), sgn_view_str("last")));
	cr_assert(
		sgn_view_equal(sgn_cert_name_get(&name, sgn_view_str("cn")), sgn_view_str("name")));
	cr_assert_eq(sgn_cert_name_get(&name, sgn_view_str("o")).size, 0, "a prefix is no match");
	cr_assert_eq(sgn_cert_name_get(&none, sgn_view_str("ou")).size, 0);
}

Test(base_cert, extensions_and_usages_are_found_by_whole_oid)
{
	static const struct sgn_cert_ext exts[] = {{V("e1"), V("x"), true},
	                                           {V("e2"), V(""), false}};
	static const struct sgn_view ekus[] = {V("k1"), V("k2")};
	const struct sgn_cert cert = {.exts = exts, .ext_count = 2, .ekus = ekus, .eku_count = 2};
	const struct sgn_cert empty = {0};

	cr_assert_eq(sgn_cert_ext(&cert, sgn_view_str("e2")), &exts[1]);
	cr_assert_null(sgn_cert_ext(&cert, sgn_view_str("e")));
	cr_assert(sgn_cert_has_eku(&cert, sgn_view_str("k2")));
	cr_assert_not(sgn_cert_has_eku(&cert, sgn_view_str("k3")));
	cr_assert_null(sgn_cert_ext(&empty, sgn_view_str("e1")));
	cr_assert_not(sgn_cert_has_eku(&empty, sgn_view_str("k1")));
}
