/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <string.h>

#include "signer/base/time.h"
#include "tests/unit/pki/helper.h"

static const struct sgn_cert_ext *marker(const struct sgn_cert *cert, const char *dotted)
{
	struct sgn_oid oid;
	char text[64];

	snprintf(text, sizeof(text), "1.2.840.113635.100.%s", dotted);
	cr_assert(sgn_oid_parse(text, strlen(text), &oid));
	return sgn_cert_ext(cert, sgn_oid_view(&oid));
}

static void assert_markers(const char *kind, const char *first, const char *second,
                           const char *intermediate)
{
	struct made m;

	make_kind(&m, kind, "p256");
	cr_assert_eq(m.id->chain.count, 3);
	cr_assert(marker(m.id->leaf, first)->critical, "%s", first);
	cr_assert(sgn_view_equal(marker(m.id->leaf, first)->value, sgn_view_of("\x05\x00", 2)));
	if (second)
		cr_assert(marker(m.id->leaf, second)->critical, "%s", second);
	if (intermediate)
		cr_assert_not(marker(m.id->chain.certs[1], intermediate)->critical);
	cr_assert(sgn_cert_has_eku(m.id->leaf, sgn_oid_known(SGN_OID_EKU_CODE_SIGNING)));
	cr_assert_eq(m.id->leaf->policy_count, 1);
	unmake(&m);
}

Test(pki_make_test, developer_id_carries_the_markers_of_real_ones)
{
	assert_markers("developer-id", "6.1.13", NULL, "6.2.6");
}

Test(pki_make_test, apple_development_carries_the_markers_of_real_ones)
{
	assert_markers("apple-development", "6.1.2", "6.1.12", "6.2.1");
}

Test(pki_make_test, apple_distribution_carries_the_markers_of_real_ones)
{
	assert_markers("apple-distribution", "6.1.7", "6.1.4", "6.2.1");
}

Test(pki_make_test, mac_app_distribution_carries_the_markers_of_real_ones)
{
	assert_markers("mac-app-distribution", "6.1.7", NULL, "6.2.1");
}

Test(pki_make_test, software_signing_has_the_names_that_anchor_apple_asks_for)
{
	struct sgn_view cn, o;
	struct made m;

	assert_markers("software-signing", "6.22", NULL, NULL);
	make_kind(&m, "software-signing", "p256");
	cn = sgn_cert_name_get(&m.id->chain.certs[1]->subject, sgn_oid_known(SGN_OID_CN));
	o = sgn_cert_name_get(&m.id->chain.certs[1]->subject, sgn_oid_known(SGN_OID_O));
	cr_assert(sgn_view_equal(cn, sgn_view_str("Apple Code Signing Certification Authority")));
	cr_assert(sgn_view_equal(o, sgn_view_str("Apple Inc.")));
	unmake(&m);
}

Test(pki_make_test, the_date_extension_is_a_date)
{
	const struct sgn_cert_ext *ext;
	struct made m;

	make_kind(&m, "developer-id", "p256");
	ext = marker(m.id->leaf, "6.1.33");
	cr_assert_not_null(ext);
	cr_assert_not(ext->critical);
	cr_assert_eq(ext->value.size, 17);
	cr_assert_arr_eq(ext->value.data, "\x0c\x0f", 2);
	cr_assert_arr_eq(ext->value.data + 10, "000000Z", 7);
	unmake(&m);
}

Test(pki_make_test, subject_fields_stand_in_apples_order)
{
	static const enum sgn_known_oid order[] = {SGN_OID_UID, SGN_OID_CN, SGN_OID_OU, SGN_OID_O,
	                                           SGN_OID_C};
	struct sgn_test_identity_options opts = {.kind = "developer-id",
	                                         .key_type = "p256",
	                                         .team = "ABCDE12345",
	                                         .name = "M\xc3\xbcller & Co"};
	struct made m;

	make(&m, &opts);
	cr_assert_eq(m.id->leaf->subject.count, 5);
	for (size_t i = 0; i < 5; i++)
		cr_assert(
			sgn_view_equal(m.id->leaf->subject.attrs[i].oid, sgn_oid_known(order[i])));
	cr_assert_str_eq(m.id->info.name,
	                 "Developer ID Application: M\xc3\xbcller & Co (ABCDE12345)");
	unmake(&m);
}

Test(pki_make_test, a_common_name_may_exceed_64_characters)
{
	char name[201];
	struct sgn_test_identity_options opts = {
		.kind = "developer-id", .key_type = "p256", .common_name = name};
	struct made m;

	memset(name, 'x', 200);
	name[200] = '\0';
	make(&m, &opts);
	cr_assert_str_eq(m.id->info.name, name);
	unmake(&m);
}

Test(pki_make_test, key_types)
{
	static const char *const types[][2] = {{"rsa4096", "RSA 4096"},
	                                       {"p256", "EC P-256"},
	                                       {"p384", "EC P-384"},
	                                       {NULL, "RSA 2048"}};
	struct made m;

	for (size_t i = 0; i < SGN_ARRAY_LEN(types); i++) {
		make_kind(&m, "self-signed", types[i][0]);
		cr_assert_str_eq(m.id->info.key_text, types[i][1]);
		unmake(&m);
	}
}

Test(pki_make_test, negative_days_make_an_expired_leaf_below_valid_authorities)
{
	struct sgn_test_identity_options opts = {
		.kind = "apple-development", .key_type = "p256", .days = -30};
	int64_t now = sgn_time_now();
	struct made m;

	make(&m, &opts);
	cr_assert_lt(m.id->leaf->not_after, now - (int64_t)29 * 86400);
	cr_assert_gt(m.id->leaf->not_after, now - (int64_t)31 * 86400);
	cr_assert_lt(m.id->leaf->not_before, m.id->leaf->not_after);
	cr_assert_gt(m.id->chain.certs[1]->not_after, now);
	unmake(&m);
}

Test(pki_make_test, the_password_is_needed_afterwards)
{
	struct sgn_test_identity_options opts = {
		.kind = "self-signed", .key_type = "p256", .password = "p\xc3\xa4ss"};
	struct sgn_identity_source source = {0};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_identity *id;
	struct made m;

	make(&m, &opts);
	source.path = m.p12_path;
	cr_assert_eq(sgn_identity_read(&source, &m.anchors, &id, &err), SGN_E_CRYPTO);
	sgn_error_dispose(&err);
	unmake(&m);
}

Test(pki_make_test, unknown_kinds_and_key_types_are_usage_errors)
{
	struct sgn_test_identity_options opts = {.kind = "nonsense"};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf p12;

	sgn_buf_init(&p12, 1 << 20);
	cr_assert_eq(sgn_identity_generate_test(&opts, &p12, NULL, &err), SGN_E_USAGE);
	cr_assert(err.cure[0]);
	opts.kind = NULL;
	cr_assert_eq(sgn_identity_generate_test(&opts, &p12, NULL, &err), SGN_E_USAGE);
	opts.kind = "self-signed";
	opts.key_type = "dsa";
	cr_assert_eq(sgn_identity_generate_test(&opts, &p12, NULL, &err), SGN_E_USAGE);
	cr_assert_eq(p12.size, 0);
	sgn_buf_dispose(&p12);
	sgn_error_dispose(&err);
}
