/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/unit/pki/helper.h"

static void assert_kind(const char *kind, const char *id, bool team, bool timestamp)
{
	const struct sgn_cert_kind *have;
	struct sgn_view ou;
	struct made m;

	make_kind(&m, kind, "p256");
	have = sgn_chain_kind(&m.id->chain);
	cr_assert_str_eq(have->id, id);
	cr_assert_eq(have->has_team, team, "%s", kind);
	cr_assert_eq(have->wants_timestamp, timestamp, "%s", kind);
	ou = sgn_chain_team(&m.id->chain);
	cr_assert(sgn_view_equal(ou, team ? sgn_view_str("TEST123456") : SGN_VIEW_EMPTY), "%s",
	          kind);
	unmake(&m);
}

Test(pki_kind, developer_id)
{
	assert_kind("developer-id", "developer-id", true, true);
}

Test(pki_kind, apple_development)
{
	assert_kind("apple-development", "apple-development", true, false);
}

Test(pki_kind, apple_distribution)
{
	assert_kind("apple-distribution", "apple-distribution", true, false);
}

Test(pki_kind, mac_app_distribution)
{
	assert_kind("mac-app-distribution", "mac-app-distribution", true, false);
}

Test(pki_kind, software_signing)
{
	assert_kind("software-signing", "software-signing", false, false);
}

Test(pki_kind, self_signed)
{
	assert_kind("self-signed", "self-signed", false, false);
}

Test(pki_kind, no_team_without_an_apple_root)
{
	struct sgn_chain chain;
	struct made m;

	make_kind(&m, "developer-id", "p256");
	chain = m.id->chain;
	chain.apple_root = false;
	cr_assert_eq(sgn_chain_team(&chain).size, 0);
	cr_assert_str_eq(sgn_chain_kind(&chain)->id, "developer-id");
	chain = m.id->chain;
	chain.count = 1; /* Developer ID needs its intermediate, too */
	cr_assert_eq(sgn_chain_team(&chain).size, 0);
	unmake(&m);
}

Test(pki_kind, an_empty_chain_is_other)
{
	struct sgn_chain chain = {.count = 0};

	cr_assert_str_eq(sgn_chain_kind(&chain)->id, "other");
	cr_assert_eq(sgn_chain_team(&chain).size, 0);
}
