/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "signer/sigblob/superblob.h"

Test(sigblob_slots, every_slot_has_its_name)
{
	cr_assert_str_eq(sgn_slot_name(0), "CodeDirectory");
	cr_assert_str_eq(sgn_slot_name(1), "Info.plist");
	cr_assert_str_eq(sgn_slot_name(2), "requirements");
	cr_assert_str_eq(sgn_slot_name(3), "CodeResources");
	cr_assert_str_eq(sgn_slot_name(5), "entitlements");
	cr_assert_str_eq(sgn_slot_name(7), "DER entitlements");
	cr_assert_str_eq(sgn_slot_name(11), "library constraint");
	cr_assert_str_eq(sgn_slot_name(0x10000), "CMS signature");
	cr_assert_str_eq(sgn_slot_name(0x10002), "notarization ticket");
}

Test(sigblob_slots, there_are_five_alternates)
{
	for (uint32_t type = 0x1000; type <= 0x1004; type++)
		cr_assert_str_eq(sgn_slot_name(type), "alternate CodeDirectory");
	cr_assert_str_eq(sgn_slot_name(0x1005), "unknown component");
	cr_assert_str_eq(sgn_slot_name(0xfff), "unknown component");
}

Test(sigblob_slots, what_is_not_known_has_a_name_too)
{
	cr_assert_str_eq(sgn_slot_name(12), "unknown component");
	cr_assert_str_eq(sgn_slot_name(UINT32_MAX), "unknown component");
}
