/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "signer/base/time.h"
#include "signer/codec/der.h"
#include "signer/pki/cms.h"
#include "tests/unit/pki/helper.h"

static struct sgn_arena arena;
static struct sgn_cms_info info;
static struct made m;
static struct signed_code s;

static void begin(const char *kind, const char *key_type, size_t digests)
{
	make_kind(&m, kind, key_type);
	sign_code(&s, m.id, digests, sgn_time_now());
}

static void end(void)
{
	sgn_buf_dispose(&s.cms);
	sgn_arena_dispose(&arena);
	unmake(&m);
}

/* Judges, and asserts that this problem is the only kind found. */
static void assert_only(enum sgn_cms_problem_id id, int32_t osstatus)
{
	judge(&s, &m.anchors, &arena, &info);
	cr_assert_gt(info.problem_count, 0);
	for (size_t i = 0; i < info.problem_count; i++) {
		cr_assert_eq(info.problems[i].id, id, "%s", info.problems[i].text);
		cr_assert_eq(info.problems[i].osstatus, osstatus);
	}
}

/* The attributes again, changed in place by change(), and signed anew: a genuine odd signature. */
static void resign(void (*change)(struct sgn_view attributes))
{
	struct sgn_view parts[2];
	struct sgn_digest_bytes digest;
	struct sgn_buf signature;
	struct sgn_cms cms;

	cr_assert_eq(sgn_cms_parse(sgn_buf_view(&s.cms), &arena, &cms, NULL), 0);
	change(cms.attributes);
	parts[0] = cms.signed_head;
	parts[1] = cms.attributes;
	cr_assert_eq(sgn_digest_many(SGN_DIGEST_SHA256, parts, 2, &digest, NULL), 0);
	sgn_buf_init(&signature, 4096);
	cr_assert_eq(sgn_identity_sign_digest(m.id, &digest, &signature, NULL), 0);
	cr_assert_eq(signature.size, cms.signature.size, "RSA");
	memcpy(find_bytes(&s.cms, cms.signature), signature.data, signature.size);
	sgn_buf_dispose(&signature);
}

/* The view lies in s.cms, which is ours to change. */
static uint8_t *writable(struct sgn_view v)
{
	return s.cms.data + (v.data - s.cms.data);
}

Test(pki_cms_verify, own_signatures_are_good)
{
	static const char *const cases[][2] = {{"developer-id", "rsa2048"},
	                                       {"apple-development", "p256"},
	                                       {"apple-distribution", "p384"},
	                                       {"software-signing", "rsa4096"}};

	for (size_t i = 0; i < SGN_ARRAY_LEN(cases); i++) {
		begin(cases[i][0], cases[i][1], 1 + i % 2);
		judge(&s, &m.anchors, &arena, &info);
		assert_good(&info);
		cr_assert_eq(info.cert_count, 3);
		cr_assert(info.chain.complete && info.chain.apple_root);
		cr_assert(info.has_agility_v1 && info.has_agility_v2 && info.has_signing_time);
		cr_assert_eq(info.digest, SGN_DIGEST_SHA256);
		cr_assert(sgn_view_equal(info.signer->der, m.id->leaf->der));
		cr_assert_not(info.timestamp.present);
		end();
	}
}

Test(pki_cms_verify, a_self_signed_certificate_is_good_but_not_apples)
{
	struct sgn_anchors plain;

	begin("self-signed", "p256", 1);
	cr_assert_eq(sgn_anchors_load(NULL, 0, &plain, NULL), 0);
	judge(&s, &plain, &arena, &info);
	assert_good(&info);
	cr_assert(info.chain.complete);
	cr_assert_not(info.chain.apple_root);
	sgn_anchors_dispose(&plain);
	end();
}

Test(pki_cms_verify, a_flipped_bit_in_the_signature)
{
	struct sgn_cms cms;

	begin("developer-id", "rsa2048", 1);
	cr_assert_eq(sgn_cms_parse(sgn_buf_view(&s.cms), &arena, &cms, NULL), 0);
	writable(cms.signature)[17] ^= 4;
	assert_only(SGN_CMS_BAD_SIGNATURE, errSecCSSignatureFailed);
	end();
}

static void flip_time(struct sgn_view attributes)
{
	struct sgn_view value;

	cr_assert_eq(
		sgn_cms_attribute(attributes, sgn_oid_known(SGN_OID_ATTR_SIGNING_TIME), &value), 1);
	writable(value)[14 - 1] = '7'; /* a second */
}

Test(pki_cms_verify, attributes_are_covered_by_the_signature)
{
	struct sgn_cms cms;

	begin("developer-id", "rsa2048", 1);
	cr_assert_eq(sgn_cms_parse(sgn_buf_view(&s.cms), &arena, &cms, NULL), 0);
	writable(cms.attributes)[cms.attributes.size - 3] ^= 0x20;
	judge(&s, &m.anchors, &arena, &info);
	cr_assert(has_problem(&info, SGN_CMS_BAD_SIGNATURE));
	end();
	begin("developer-id", "rsa2048", 1);
	resign(flip_time);
	judge(&s, &m.anchors, &arena, &info);
	assert_good(&info);
	end();
}

Test(pki_cms_verify, another_content)
{
	begin("developer-id", "p256", 1);
	s.content[0][5] ^= 1;
	assert_only(SGN_CMS_WRONG_CONTENT, errSecCSSignatureFailed);
	cr_assert_not_null(strstr(info.problems[0].text, "signed was"), "%s",
	                   info.problems[0].text);
	end();
}

Test(pki_cms_verify, cdhashes_that_were_not_signed)
{
	begin("developer-id", "p256", 2);
	s.cdhashes[1].full.data[31] ^= 1; /* beyond what version 1 holds */
	assert_only(SGN_CMS_AGILITY_V2, errSecCSSignatureFailed);
	s.cdhashes[1].full.data[31] ^= 1;
	s.cdhashes[1].full.data[0] ^= 1;
	judge(&s, &m.anchors, &arena, &info);
	cr_assert(has_problem(&info, SGN_CMS_AGILITY_V1));
	cr_assert(has_problem(&info, SGN_CMS_AGILITY_V2));
	end();
}

Test(pki_cms_verify, a_code_directory_more_or_less_than_signed)
{
	begin("developer-id", "p256", 2);
	s.count = 1;
	judge(&s, &m.anchors, &arena, &info);
	cr_assert(has_problem(&info, SGN_CMS_AGILITY_V1));
	cr_assert(has_problem(&info, SGN_CMS_AGILITY_V2));
	sgn_buf_dispose(&s.cms);
	sign_code(&s, m.id, 1, 0);
	s.cdhashes[1] = s.cdhashes[0];
	s.count = 2;
	judge(&s, &m.anchors, &arena, &info);
	cr_assert(has_problem(&info, SGN_CMS_AGILITY_V1));
	cr_assert(has_problem(&info, SGN_CMS_AGILITY_V2));
	end();
}

/* SHA-256 first, as a release of Apple's tool from 2019 wrote it. */
static void unsort(struct sgn_view attributes)
{
	struct sgn_der_item first, second;
	struct sgn_view values, in;
	uint8_t swapped[256];

	cr_assert_eq(sgn_cms_attribute(attributes, sgn_oid_known(SGN_OID_HASH_AGILITY_V2), &values),
	             1);
	in = values;
	cr_assert_eq(sgn_der_next(&in, &first, NULL), 0);
	cr_assert_eq(sgn_der_next(&in, &second, NULL), 0);
	memcpy(swapped, second.whole.data, second.whole.size);
	memcpy(swapped + second.whole.size, first.whole.data, first.whole.size);
	memcpy(writable(values), swapped, values.size);
}

Test(pki_cms_verify, unsorted_digests_verify_as_they_stand)
{
	begin("developer-id", "rsa2048", 2);
	resign(unsort);
	judge(&s, &m.anchors, &arena, &info);
	assert_good(&info);
	end();
}

static void spoil_v1(struct sgn_view attributes)
{
	struct sgn_view value;

	cr_assert_eq(sgn_cms_attribute(attributes, sgn_oid_known(SGN_OID_HASH_AGILITY_V1), &value),
	             1);
	writable(value)[20] = '<';
}

Test(pki_cms_verify, a_signed_list_that_is_no_property_list)
{
	begin("developer-id", "rsa2048", 1);
	resign(spoil_v1);
	assert_only(SGN_CMS_AGILITY_V1, errSecCSSignatureFailed);
	end();
}

/* Where that text stands in the signed list of cdhashes. */
static uint8_t *in_v1(struct sgn_view attributes, const char *text)
{
	struct sgn_view value;
	uint8_t *at;

	cr_assert_eq(sgn_cms_attribute(attributes, sgn_oid_known(SGN_OID_HASH_AGILITY_V1), &value),
	             1);
	at = memmem(writable(value), value.size, text, strlen(text));
	cr_assert_not_null(at);
	return at;
}

/* Each changes one byte of the list. */
static void spare_blank_v1(struct sgn_view attributes)
{
	*in_v1(attributes, "\t<key>") = ' ';
}

static void other_digest_v1(struct sgn_view attributes)
{
	uint8_t *first = in_v1(attributes, "<data>\n\t\t") + strlen("<data>\n\t\t");

	*first = *first == 'A' ? 'B' : 'A';
}

static void other_key_v1(struct sgn_view attributes)
{
	*in_v1(attributes, "cdhashes") = 'C';
}

Test(pki_cms_verify, a_list_that_is_written_otherwise_is_judged_by_what_it_says)
{
	begin("developer-id", "rsa2048", 2);
	resign(spare_blank_v1);
	judge(&s, &m.anchors, &arena, &info);
	assert_good(&info);
	end();
	begin("developer-id", "rsa2048", 2);
	resign(other_digest_v1);
	assert_only(SGN_CMS_AGILITY_V1, errSecCSSignatureFailed);
	cr_assert_eq(info.problem_count, 1);
	cr_assert_not_null(strstr(info.problems[0].text, "the sha1 CodeDirectory"), "%s",
	                   info.problems[0].text);
	end();
	begin("developer-id", "rsa2048", 2);
	resign(other_key_v1);
	assert_only(SGN_CMS_AGILITY_V1, errSecCSSignatureFailed);
	end();
}

Test(pki_cms_verify, the_signers_certificate_is_missing)
{
	struct sgn_cms cms;
	size_t i = 0;

	begin("developer-id", "p256", 1);
	cr_assert_eq(sgn_cms_parse(sgn_buf_view(&s.cms), &arena, &cms, NULL), 0);
	while (!sgn_view_equal(cms.certs[i], m.id->leaf->der))
		i++;
	writable(cms.certs[i])[0] = 0xa1; /* another choice than a certificate */
	assert_only(SGN_CMS_NO_SIGNER_CERT, errSecCSSignatureFailed);
	cr_assert_null(info.signer);
	end();
}

Test(pki_cms_verify, the_intermediate_is_missing)
{
	struct sgn_cms cms;
	size_t i = 0;

	begin("developer-id", "p256", 1);
	cr_assert_eq(sgn_cms_parse(sgn_buf_view(&s.cms), &arena, &cms, NULL), 0);
	while (!sgn_view_equal(cms.certs[i], m.id->chain.certs[1]->der))
		i++;
	writable(cms.certs[i])[0] = 0xa1;
	assert_only(SGN_CMS_CHAIN_INCOMPLETE, CSSMERR_TP_NOT_TRUSTED);
	end();
}

Test(pki_cms_verify, expiry_counts_only_when_enforced)
{
	struct sgn_test_identity_options opts = {
		.kind = "developer-id", .key_type = "p256", .days = -10};

	make(&m, &opts);
	sign_code(&s, m.id, 1, sgn_time_now());
	judge(&s, &m.anchors, &arena, &info);
	assert_good(&info);
	judge_enforced(&s, &m.anchors, sgn_time_now(), &arena, &info);
	cr_assert(has_problem(&info, SGN_CMS_EXPIRED));
	cr_assert_eq(info.problems[0].osstatus, CSSMERR_TP_CERT_EXPIRED);
	judge_enforced(&s, &m.anchors, sgn_time_now() - (int64_t)20 * 86400, &arena, &info);
	assert_good(&info);
	end();
}

Test(pki_cms_verify, signed_before_the_certificate_existed)
{
	make_kind(&m, "developer-id", "p256");
	sign_code(&s, m.id, 1, sgn_time_now() - (int64_t)30 * 86400);
	assert_only(SGN_CMS_NOT_YET_VALID, CSSMERR_TP_CERT_NOT_VALID_YET);
	end();
}

Test(pki_cms_verify, every_truncation_is_unreadable_or_bad_never_good)
{
	size_t full;

	begin("self-signed", "p256", 1);
	full = s.cms.size;
	for (size_t size = 0; size < full; size += size < 40 ? 1 : 41) {
		s.cms.size = size;
		judge(&s, &m.anchors, &arena, &info);
		cr_assert_gt(info.problem_count, 0, "%zu bytes", size);
		cr_assert_eq(info.problems[0].osstatus, errSecDecode);
	}
	s.cms.size = full;
	end();
}

Test(pki_cms_verify, no_flipped_byte_outside_the_certificates_goes_unnoticed)
{
	struct sgn_cms cms;
	size_t from, unnoticed = 0;

	begin("self-signed", "p256", 1);
	cr_assert_eq(sgn_cms_parse(sgn_buf_view(&s.cms), &arena, &cms, NULL), 0);
	from = (size_t)(cms.attributes.data - s.cms.data);
	for (size_t i = from; i < s.cms.size; i++) {
		s.cms.data[i] ^= 0x55;
		judge(&s, &m.anchors, &arena, &info);
		unnoticed += info.problem_count == 0;
		s.cms.data[i] ^= 0x55;
	}
	cr_assert_eq(unnoticed, 0);
	end();
}

Test(pki_cms_verify, garbage_is_unreadable)
{
	begin("self-signed", "p256", 1);
	sgn_buf_reset(&s.cms);
	sgn_wr_str(&s.cms, "this is no CMS");
	assert_only(SGN_CMS_UNREADABLE, errSecDecode);
	sgn_buf_reset(&s.cms);
	assert_only(SGN_CMS_UNREADABLE, errSecDecode);
	end();
}

/* The message with indefinite lengths outside, as Apple writes it. */
static void make_indefinite(struct sgn_buf *cms)
{
	struct sgn_view in = sgn_buf_view(cms);
	struct sgn_der_item info_item, oid, wrapper, data;
	struct sgn_buf out;

	sgn_buf_init(&out, 1 << 20);
	cr_assert_eq(sgn_der_next(&in, &info_item, NULL), 0);
	cr_assert_eq(sgn_der_next(&info_item.content, &oid, NULL), 0);
	cr_assert_eq(sgn_der_next(&info_item.content, &wrapper, NULL), 0);
	cr_assert_eq(sgn_der_next(&wrapper.content, &data, NULL), 0);
	sgn_wr_bytes(&out, "\x30\x80", 2);
	sgn_wr_view(&out, oid.whole);
	sgn_wr_bytes(&out, "\xa0\x80\x30\x80", 4);
	sgn_wr_view(&out, data.content);
	sgn_wr_bytes(&out, "\0\0\0\0\0\0", 6);
	sgn_buf_dispose(cms);
	*cms = out;
}

Test(pki_cms_verify, indefinite_lengths_are_accepted)
{
	begin("developer-id", "p256", 2);
	make_indefinite(&s.cms);
	judge(&s, &m.anchors, &arena, &info);
	assert_good(&info);
	end();
}
