/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "signer/codec/der.h"
#include "signer/pki/cms.h"
#include "tests/unit/pki/helper.h"

#define WHEN 1750000000 /* 2025-06-15T15:06:40Z */

static struct sgn_arena arena;

static void parse(const struct signed_code *s, struct sgn_cms *cms)
{
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_cms_parse(sgn_buf_view(&s->cms), &arena, cms, &err), 0, "%s", err.text);
}

/* The attribute types in their order, and the size of each whole attribute. */
static size_t list_attributes(const struct sgn_cms *cms, struct sgn_view *types, size_t *sizes)
{
	struct sgn_view in = cms->attributes;
	struct sgn_der_item item, type;
	size_t count = 0;

	while (in.size) {
		cr_assert_eq(sgn_der_next(&in, &item, NULL), 0);
		cr_assert_eq(sgn_der_next(&item.content, &type, NULL), 0);
		types[count] = type.content;
		sizes[count++] = item.whole.size;
	}
	return count;
}

Test(pki_cms_sign, the_message_has_apples_shape)
{
	struct sgn_der_item info, item, signed_data;
	struct signed_code s;
	struct sgn_view in;
	struct made m;

	make_kind(&m, "developer-id", "rsa2048");
	sign_code(&s, m.id, 1, WHEN);
	in = sgn_buf_view(&s.cms);
	cr_assert_eq(sgn_der_next(&in, &info, NULL), 0);
	cr_assert_eq(in.size, 0, "nothing behind it");
	cr_assert_eq(sgn_der_next(&info.content, &item, NULL), 0);
	cr_assert(sgn_view_equal(item.content, sgn_oid_known(SGN_OID_CMS_SIGNED_DATA)));
	cr_assert_eq(sgn_der_next(&info.content, &item, NULL), 0);
	cr_assert_eq(item.tag, 0xa0);
	cr_assert_eq(sgn_der_next(&item.content, &signed_data, NULL), 0);
	in = signed_data.content;
	/* version 1, {sha256, NULL}, id-data without content: all fixed bytes */
	cr_assert(sgn_view_starts_with(
		in,
		sgn_view_of("\x02\x01\x01"
	                    "\x31\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
	                    "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x82",
	                    35)));
	sgn_buf_dispose(&s.cms);
	unmake(&m);
}

Test(pki_cms_sign, attributes_come_in_apples_order)
{
	static const enum sgn_known_oid order[] = {
		SGN_OID_ATTR_CONTENT_TYPE, SGN_OID_ATTR_SIGNING_TIME, SGN_OID_ATTR_MESSAGE_DIGEST,
		SGN_OID_HASH_AGILITY_V2, SGN_OID_HASH_AGILITY_V1};
	struct sgn_view types[8], v1;
	struct signed_code s;
	struct sgn_cms cms;
	struct made m;
	size_t sizes[8];

	make_kind(&m, "developer-id", "p256");
	for (size_t digests = 1; digests <= 2; digests++) {
		sign_code(&s, m.id, digests, WHEN);
		parse(&s, &cms);
		cr_assert_eq(list_attributes(&cms, types, sizes), 5);
		for (size_t i = 0; i < 5; i++)
			cr_assert(sgn_view_equal(types[i], sgn_oid_known(order[i])), "%zu", i);
		cr_assert_eq(sgn_cms_attribute(cms.attributes, types[4], &v1), 1);
		if (digests == 1) /* OCTET STRING of 278 bytes */
			cr_assert_eq(v1.size, 278 + 4);
		sgn_buf_dispose(&s.cms);
	}
	sgn_arena_dispose(&arena);
	unmake(&m);
}

Test(pki_cms_sign, all_certificates_are_there_in_der_order)
{
	struct signed_code s;
	struct sgn_cms cms;
	struct made m;

	make_kind(&m, "apple-development", "p256");
	sign_code(&s, m.id, 1, WHEN);
	parse(&s, &cms);
	cr_assert_eq(cms.cert_count, 3, "root included");
	for (size_t i = 1; i < 3; i++)
		cr_assert_lt(sgn_view_compare(cms.certs[i - 1], cms.certs[i]), 0);
	sgn_buf_dispose(&s.cms);
	sgn_arena_dispose(&arena);
	unmake(&m);
}

static void assert_time(const struct sgn_identity *id, int64_t when, const char *der, size_t size)
{
	struct sgn_view value;
	struct signed_code s;
	struct sgn_cms cms;
	int64_t read = 0;

	sign_code(&s, id, 1, when);
	parse(&s, &cms);
	cr_assert_eq(
		sgn_cms_attribute(cms.attributes, sgn_oid_known(SGN_OID_ATTR_SIGNING_TIME), &value),
		1);
	cr_assert(sgn_view_equal(value, sgn_view_of(der, size)), "%.*s", (int)value.size,
	          (const char *)value.data);
	cr_assert(sgn_cms_signing_time(&cms, &read));
	cr_assert_eq(read, when);
	sgn_buf_dispose(&s.cms);
}

Test(pki_cms_sign, signing_times_change_their_form_in_2050)
{
	struct made m;

	make_kind(&m, "self-signed", "p256");
	assert_time(m.id, WHEN,
	            "\x17\x0d"
	            "250615150640Z",
	            15);
	assert_time(m.id, 2524607999,
	            "\x17\x0d"
	            "491231235959Z",
	            15);
	assert_time(m.id, 2524608000,
	            "\x18\x0f"
	            "20500101000000Z",
	            17);
	sgn_arena_dispose(&arena);
	unmake(&m);
}

Test(pki_cms_sign, the_signing_time_may_be_left_out)
{
	struct sgn_view types[8];
	struct signed_code s;
	struct sgn_cms cms;
	struct made m;
	size_t sizes[8];

	make_kind(&m, "self-signed", "p256");
	sign_code(&s, m.id, 1, 0);
	parse(&s, &cms);
	cr_assert_eq(list_attributes(&cms, types, sizes), 4);
	sgn_buf_dispose(&s.cms);
	sgn_arena_dispose(&arena);
	unmake(&m);
}

Test(pki_cms_sign, rsa_signatures_are_the_same_bytes_every_time)
{
	struct signed_code a, b;
	struct made m;

	make_kind(&m, "developer-id", "rsa2048");
	sign_code(&a, m.id, 2, WHEN);
	sign_code(&b, m.id, 2, WHEN);
	cr_assert(sgn_view_equal(sgn_buf_view(&a.cms), sgn_buf_view(&b.cms)));
	sgn_buf_dispose(&a.cms);
	sgn_buf_dispose(&b.cms);
	unmake(&m);
}

Test(pki_cms_sign, the_output_is_limited_by_the_buffer)
{
	struct sgn_cms_cdhash cd = {.digest = SGN_DIGEST_SHA256, .full = {.size = 32}};
	struct sgn_cms_sign_input in = {
		.content = sgn_view_str("x"), .cdhashes = &cd, .cdhash_count = 1};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf small;
	struct made m;

	make_kind(&m, "self-signed", "p256");
	in.identity = m.id;
	sgn_buf_init(&small, 100);
	cr_assert_eq(sgn_cms_sign(&in, &small, &err), SGN_E_LIMIT);
	sgn_buf_dispose(&small);
	sgn_buf_init(&small, 100000);
	in.cdhash_count = 0;
	cr_assert_eq(sgn_cms_sign(&in, &small, &err), SGN_E_INTERNAL);
	sgn_buf_dispose(&small);
	unmake(&m);
}

static void openssl_accepts(const char *kind, const char *key_type)
{
	struct signed_code s;
	char command[2048];
	struct made m;

	make_kind(&m, kind, key_type);
	sign_code(&s, m.id, 2, WHEN);
	put_file(&m, "cms", sgn_buf_view(&s.cms));
	put_file(&m, "content", sgn_view_of(s.content[0], sizeof(s.content[0])));
	snprintf(command, sizeof(command),
	         "cd '%s' && openssl cms -verify -binary -content content -inform DER -in cms "
	         "-noverify -out /dev/null 2>log",
	         m.files.dir);
	cr_assert_eq(system(command), 0, "%s with %s", kind, key_type);
	sgn_buf_dispose(&s.cms);
	unmake(&m);
}

Test(pki_cms_sign, openssls_own_verifier_accepts_it)
{
	if (system("openssl version >/dev/null 2>&1") != 0)
		cr_skip("no openssl command here");
	openssl_accepts("developer-id", "rsa2048");
	openssl_accepts("apple-development", "p256");
	openssl_accepts("software-signing", "p384");
	openssl_accepts("self-signed", "rsa4096");
}

Test(pki_cms_sign, a_token_becomes_the_only_unsigned_attribute)
{
	struct sgn_view token = sgn_view_of("\x30\x03\x02\x01\x07", 5), values;
	struct sgn_cms_draft draft;
	struct sgn_cms_sign_input in = {.content = sgn_view_str("code"), .cdhash_count = 1};
	struct sgn_cms_cdhash hash = {.digest = SGN_DIGEST_SHA256};
	struct sgn_buf with, without;
	struct sgn_cms cms;
	struct made m;

	make_kind(&m, "developer-id", "p256");
	cr_assert_eq(sgn_digest(SGN_DIGEST_SHA256, in.content, &hash.full, NULL), 0);
	in.identity = m.id;
	in.cdhashes = &hash;
	cr_assert_eq(sgn_cms_sign_begin(&in, &draft, NULL), 0);
	sgn_buf_init(&with, SGN_LIMIT_CMS);
	sgn_buf_init(&without, SGN_LIMIT_CMS);
	cr_assert_eq(sgn_cms_sign_finish(&draft, token, &with, NULL), 0);
	cr_assert_eq(sgn_cms_sign_finish(&draft, SGN_VIEW_EMPTY, &without, NULL), 0);
	cr_assert_eq(sgn_cms_parse(sgn_buf_view(&without), &arena, &cms, NULL), 0);
	cr_assert_eq(cms.unsigned_attributes.size, 0);
	cr_assert_eq(sgn_cms_parse(sgn_buf_view(&with), &arena, &cms, NULL), 0);
	cr_assert(sgn_view_equal(cms.signature, sgn_buf_view(&draft.signature)));
	cr_assert_eq(sgn_cms_attribute(cms.unsigned_attributes,
	                               sgn_oid_known(SGN_OID_ATTR_TIMESTAMP_TOKEN), &values),
	             1);
	cr_assert(sgn_view_equal(values, token));
	/* The same as when it is put in afterwards by other code. */
	attach_token(&without, token);
	cr_assert(sgn_view_equal(sgn_buf_view(&with), sgn_buf_view(&without)));
	sgn_cms_draft_dispose(&draft);
	sgn_buf_dispose(&with);
	sgn_buf_dispose(&without);
	sgn_arena_dispose(&arena);
	unmake(&m);
}
