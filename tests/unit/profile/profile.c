/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/profile/profile.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/profile_builder.h"

static const struct pb_profile mac = {
	.app_id = "TEAM123456.com.example.*",
	.team = "TEAM123456",
	.platform = "OSX",
	.expires = "2040-01-01T00:00:00Z",
	.entitlements =
		"<key>com.apple.developer.networking.networkextension</key><array>"
		"<string>packet-tunnel-provider</string></array>"
		"<key>keychain-access-groups</key><array><string>TEAM123456.*</string></array>"
		"<key>com.apple.developer.team-identifier</key><string>*</string>",
};

static void load(const struct pb_profile *from, struct sgn_profile *out)
{
	struct sgn_error err = SGN_ERROR_INIT;
	size_t size;
	uint8_t *bytes = pb_build(from, &size);
	int rc = sgn_profile_read(sgn_view_of(bytes, size), "p.provisionprofile", out, &err);

	cr_assert_eq(rc, 0, "%s", err.text);
	free(bytes);
}

Test(profile_profile, says_what_it_says)
{
	struct sgn_profile p;

	load(&mac, &p);
	cr_assert_str_eq(p.app_id, "TEAM123456.com.example.*");
	cr_assert_str_eq(p.team, "TEAM123456");
	cr_assert_str_eq(p.name, "Test profile");
	cr_assert(p.for_mac);
	cr_assert_eq(p.expires, 2208988800);
	cr_assert_eq(p.cert_count, 0);
	sgn_profile_dispose(&p);
}

Test(profile_profile, garbage_is_refused_with_its_path)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_profile p;
	size_t size;
	uint8_t *bytes = pb_build(&mac, &size);

	for (size_t keep = 0; keep < size; keep += 13) {
		cr_assert_neq(sgn_profile_read(sgn_view_of(bytes, keep), "p", &p, &err), 0);
		cr_assert_str_eq(err.path, "p");
	}
	sgn_error_dispose(&err);
	free(bytes);
}

static struct sgn_value string(const char *text)
{
	return (struct sgn_value){.kind = SGN_VALUE_STRING, .u.bytes = sgn_view_str(text)};
}

static void expect_fit(const struct pb_profile *from, const struct sgn_profile_use *use,
                       const char *why_not)
{
	struct sgn_profile p;
	struct sgn_buf why;
	int score, rc;

	load(from, &p);
	sgn_buf_init(&why, 4096);
	rc = sgn_profile_fits(&p, use, &score, &why);
	if (why_not) {
		cr_assert_eq(rc, 1);
		cr_assert_not_null(strstr(sgn_buf_str(&why), why_not), "%s", sgn_buf_str(&why));
	} else {
		cr_assert_eq(rc, 0, "%s", sgn_buf_str(&why));
		cr_assert_eq(why.size, 0);
	}
	sgn_buf_dispose(&why);
	sgn_profile_dispose(&p);
}

Test(profile_fit, each_reason_for_a_refusal)
{
	struct sgn_profile_use use = {.bundle_id = "com.example.app",
	                              .team = "TEAM123456",
	                              .for_mac = true,
	                              .now = 1800000000};
	struct pb_profile other = mac;

	expect_fit(&mac, &use, NULL);
	use.bundle_id = "org.example.app";
	expect_fit(&mac, &use, "identifier");
	use.bundle_id = "com.example.app";
	use.team = "OTHER12345";
	expect_fit(&mac, &use, "OTHER12345");
	use.team = "TEAM123456";
	use.for_mac = false;
	expect_fit(&mac, &use, "platform");
	use.for_mac = true;
	other.expires = "2020-01-01T00:00:00Z";
	expect_fit(&other, &use, "2020-01-01");
	other = mac;
	other.cert = (const uint8_t *)"cert";
	other.cert_size = 4;
	use.cert = sgn_view_str("another");
	expect_fit(&other, &use, "certificate");
	use.cert = sgn_view_str("cert");
	expect_fit(&other, &use, NULL);
}

Test(profile_fit, entitlements_line_by_line)
{
	static const struct {
		const char *key, *value;
		const char *why_not;
	} rows[] = {
		{"com.apple.security.app-sandbox", "x", NULL}, /* unrestricted on a Mac */
		{"com.apple.developer.team-identifier", "TEAM123456", NULL},
		{"com.apple.developer.networking.networkextension", "packet-tunnel-provider", NULL},
		{"com.apple.developer.networking.networkextension", "dns-proxy",
	         "networkextension"},
		{"keychain-access-groups", "TEAM123456.com.example.app", NULL},
		{"keychain-access-groups", "OTHER.com.example.app", "keychain-access-groups"},
		{"com.apple.developer.endpoint-security.client", "x", "endpoint-security"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sgn_value item = string(rows[i].value);
		struct sgn_value array = {.kind = SGN_VALUE_ARRAY, .u.array = {&item, 1}};
		struct sgn_value_entry e = {sgn_view_str(rows[i].key), array};
		struct sgn_value dict = {.kind = SGN_VALUE_DICT, .u.dict = {&e, 1}};
		struct sgn_profile_use use = {
			.bundle_id = "com.example.app", .for_mac = true, .entitlements = &dict};

		expect_fit(&mac, &use, rows[i].why_not);
		e.value = item;
		expect_fit(&mac, &use, rows[i].why_not);
	}
}

Test(profile_fit, on_ios_every_entitlement_counts)
{
	struct sgn_value yes = {.kind = SGN_VALUE_BOOL, .u.boolean = true};
	struct sgn_value_entry e = {sgn_view_str("get-task-allow"), yes};
	struct sgn_value dict = {.kind = SGN_VALUE_DICT, .u.dict = {&e, 1}};
	struct sgn_profile_use use = {.bundle_id = "com.example.app", .entitlements = &dict};
	struct pb_profile ios = mac;

	ios.platform = "iOS";
	expect_fit(&ios, &use, "get-task-allow");
	ios.entitlements = "<key>get-task-allow</key><true/>";
	expect_fit(&ios, &use, NULL);
	ios.entitlements = "<key>get-task-allow</key><false/>";
	expect_fit(&ios, &use, "get-task-allow");
	e.value.u.boolean = false;
	expect_fit(&ios, &use, NULL);
}

Test(profile_make, wildcards_become_concrete)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_profile p;
	struct sgn_buf xml;

	load(&mac, &p);
	sgn_buf_init(&xml, 65536);
	cr_assert_eq(sgn_profile_make_entitlements(&p, "com.example.app", &xml, &err), 0);
	cr_assert_not_null(strstr(sgn_buf_str(&xml), "<string>TEAM123456.com.example.app<"), "%s",
	                   sgn_buf_str(&xml));
	cr_assert_null(strstr(sgn_buf_str(&xml), "*"), "no wildcard is left");
	cr_assert_null(strstr(sgn_buf_str(&xml), "com.apple.developer.team-identifier"),
	               "\"*\" alone has no concrete form");
	sgn_buf_dispose(&xml);
	sgn_profile_dispose(&p);
}
