/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <openssl/x509.h>
#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/pool.h"
#include "signer/base/time.h"
#include "signer/codec/der.h"
#include "signer/pki/apple_certs.h"
#include "signer/pki/ber.h"
#include "signer/pki/cms.h"
#include "signer/pki/make_cert.h"
#include "tests/unit/pki/helper.h"

/* The certificates of one test; what is parsed without a memory lies in arena. */
static struct sgn_arena arena;
static struct sgn_known *known;

static void begin(void)
{
	cr_assert_eq(sgn_known_new(&known, NULL), 0);
}

static void end(void)
{
	sgn_known_free(known);
	sgn_arena_dispose(&arena);
}

static void assert_count(size_t certs, size_t links)
{
	size_t have_certs, have_links;

	sgn_known_count(known, &have_certs, &have_links);
	cr_assert_eq(have_certs, certs, "%zu certificates", have_certs);
	cr_assert_eq(have_links, links, "%zu links", have_links);
}

/* A new authority or leaf, as DER in the arena. */
static struct sgn_view issue(const char *cn, EVP_PKEY *key, struct sgn_view issuer,
                             EVP_PKEY *issuer_key)
{
	const unsigned char *at = issuer.data;
	X509 *above = issuer.size ? d2i_X509(NULL, &at, (long)issuer.size) : NULL, *x = NULL;
	struct sgn_make_cert want = {.subject = {.cn = cn},
	                             .is_ca = true,
	                             .pathlen = -1,
	                             .not_before = 1600000000,
	                             .not_after = 4000000000,
	                             .key = key,
	                             .issuer = above,
	                             .issuer_key = issuer_key};
	unsigned char *der = NULL;
	struct sgn_view copy;
	int size;

	cr_assert_eq(sgn_make_cert(&want, &x, NULL), 0);
	size = i2d_X509(x, &der);
	cr_assert(sgn_arena_copy(&arena, sgn_view_of(der, (size_t)size), &copy));
	OPENSSL_free(der);
	X509_free(x);
	X509_free(above);
	return copy;
}

static struct sgn_cert parse(struct sgn_known *k, struct sgn_view der)
{
	struct sgn_cert cert;

	cr_assert_eq(sgn_known_parse(k, der, &arena, &cert, NULL), 0);
	return cert;
}

static bool signed_by(struct sgn_known *k, const struct sgn_cert *child,
                      const struct sgn_cert *upper)
{
	X509 *x_child = NULL, *x_upper = NULL;
	bool is = sgn_known_signed(k, child, &x_child, upper, &x_upper);

	X509_free(x_child);
	X509_free(x_upper);
	return is;
}

Test(pki_known, a_certificate_is_opened_once_and_lent)
{
	struct sgn_cert a, b, plain;

	begin();
	a = parse(known, sgn_apple_certs[0].der);
	b = parse(known, sgn_apple_certs[0].der);
	plain = parse(NULL, sgn_apple_certs[0].der);
	cr_assert_eq(a.der.data, b.der.data);
	cr_assert_neq(a.der.data, sgn_apple_certs[0].der.data, "a copy: the input may go away");
	cr_assert(sgn_cert_same(&a, &plain));
	cr_assert(sgn_view_equal(a.subject_der, plain.subject_der));
	cr_assert_eq(a.path_len, plain.path_len);
	cr_assert_arr_eq(a.sha256, plain.sha256, 32);
	assert_count(1, 0);
	end();
}

Test(pki_known, what_is_no_certificate_is_not_remembered)
{
	struct sgn_view der = sgn_apple_certs[0].der;
	struct sgn_cert cert;

	begin();
	for (size_t size = 0; size < der.size; size += 97)
		cr_assert_eq(
			sgn_known_parse(known, sgn_view_of(der.data, size), &arena, &cert, NULL),
			SGN_E_FORMAT);
	assert_count(0, 0);
	end();
}

Test(pki_known, a_link_is_proved_once)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *leaf_key = EVP_EC_gen("P-256");
	struct sgn_cert root, leaf;

	begin();
	root = parse(known, issue("root", key, SGN_VIEW_EMPTY, NULL));
	leaf = parse(known, issue("leaf", leaf_key, root.der, key));
	for (int i = 0; i < 3; i++) {
		cr_assert(signed_by(known, &leaf, &root));
		assert_count(2, 1);
	}
	cr_assert(signed_by(known, &root, &root));
	assert_count(2, 2);
	cr_assert_not(signed_by(known, &root, &leaf), "a link has a direction");
	cr_assert_not(signed_by(known, &leaf, &leaf));
	assert_count(2, 2);
	EVP_PKEY_free(key);
	EVP_PKEY_free(leaf_key);
	end();
}

Test(pki_known, a_link_serves_for_no_other_issuer_key_or_certificate)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *other_key = EVP_EC_gen("P-256");
	struct sgn_cert root, other, leaf, forged;

	begin();
	root = parse(known, issue("same name", key, SGN_VIEW_EMPTY, NULL));
	other = parse(known, issue("same name", other_key, SGN_VIEW_EMPTY, NULL));
	leaf = parse(known, issue("leaf", other_key, root.der, key));
	cr_assert(signed_by(known, &leaf, &root));
	cr_assert_not(signed_by(known, &leaf, &other), "another key under the same name");

	/* The last byte is the signature's, an earlier one the name's. */
	for (size_t back = 1; back < 200; back += 13) {
		uint8_t *changed = sgn_arena_alloc(&arena, leaf.der.size);

		memcpy(changed, leaf.der.data, leaf.der.size);
		changed[leaf.der.size - back] ^= 1;
		if (sgn_known_parse(known, sgn_view_of(changed, leaf.der.size), &arena, &forged,
		                    NULL) == 0)
			cr_assert_not(signed_by(known, &forged, &root));
		cr_assert(signed_by(known, &leaf, &root));
	}

	/* What a struct says of itself counts for nothing; its bytes do. */
	forged = other;
	memcpy(forged.sha1, root.sha1, sizeof(forged.sha1));
	memcpy(forged.sha256, root.sha256, sizeof(forged.sha256));
	cr_assert_not(signed_by(known, &leaf, &forged));
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
	end();
}

Test(pki_known, what_one_context_trusts_another_does_not)
{
	struct sgn_anchors plain;
	struct sgn_chain chain;
	struct made m;

	make_kind(&m, "developer-id", "p256");
	cr_assert_eq(sgn_anchors_load(NULL, 0, &plain, NULL), 0);
	for (int i = 0; i < 3; i++) {
		const struct sgn_cert *leaf = m.id->chain.certs[0], *pool = m.id->chain.certs[1];

		cr_assert_eq(sgn_chain_build(leaf, pool, 1, &m.anchors, &chain, NULL), 0);
		cr_assert(chain.complete && chain.apple_root);
		cr_assert_eq(sgn_chain_build(leaf, pool, 1, &plain, &chain, NULL), 0);
		cr_assert_not(chain.complete || chain.apple_root);
	}
	sgn_anchors_dispose(&plain);
	unmake(&m);
}

Test(pki_known, without_room_everything_is_still_checked)
{
	enum { MORE = 4, SAME = 20 };
	EVP_PKEY *key = EVP_EC_gen("P-256"), *other_key = EVP_EC_gen("P-256");
	struct sgn_view root = issue("root", key, SGN_VIEW_EMPTY, NULL);
	struct sgn_cert upper, other, leaf, same[SAME];

	begin();
	for (size_t i = 0; i < SGN_LIMIT_KNOWN_CERTS + MORE; i++)
		leaf = parse(known, issue("leaf", key, root, key));
	assert_count(SGN_LIMIT_KNOWN_CERTS, 0);
	upper = parse(known, root);
	other = parse(known, issue("root", other_key, SGN_VIEW_EMPTY, NULL));
	cr_assert(signed_by(known, &leaf, &upper));
	cr_assert_not(signed_by(known, &leaf, &other));
	assert_count(SGN_LIMIT_KNOWN_CERTS, 0);
	sgn_known_free(known);

	/* All of one name and key: each signed each. */
	begin();
	for (size_t i = 0; i < SAME; i++)
		same[i] = parse(known, issue("same", key, SGN_VIEW_EMPTY, NULL));
	for (size_t i = 0; i < SAME * SAME; i++)
		cr_assert(signed_by(known, &same[i / SAME], &same[i % SAME]));
	assert_count(SAME, SGN_LIMIT_KNOWN_LINKS);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
	end();
}

Test(pki_known, after_running_out_of_memory_it_can_be_asked_again)
{
	struct sgn_cert cert;
	size_t refused = 0;

	for (unsigned n = 1; n < 20; n++) {
		begin();
		sgn_mem_fail_after(n);
		if (sgn_known_parse(known, sgn_apple_certs[1].der, &arena, &cert, NULL) != 0)
			refused++;
		sgn_mem_fail_after(0);
		cr_assert_eq(sgn_known_parse(known, sgn_apple_certs[1].der, &arena, &cert, NULL),
		             0);
		assert_count(1, 0);
		end();
	}
	cr_assert_gt(refused, 0);
}

/* A certificate whose signature is so long that it is opened each time. */
Test(pki_known, what_is_too_large_is_not_remembered)
{
	static const uint8_t signature[20000] = {0};
	struct sgn_view in = sgn_apple_certs[0].der;
	struct sgn_ber_item whole, tbs, algorithm;
	struct sgn_cert cert, plain;
	struct sgn_buf large;

	begin();
	cr_assert(sgn_ber_take(&in, SGN_BER_SEQUENCE, &whole));
	cr_assert(sgn_ber_take(&whole.content, SGN_BER_SEQUENCE, &tbs));
	cr_assert(sgn_ber_take(&whole.content, SGN_BER_SEQUENCE, &algorithm));
	sgn_buf_init(&large, 1 << 20);
	sgn_wr_view(&large, tbs.whole);
	sgn_wr_view(&large, algorithm.whole);
	sgn_der_write(&large, 0x03, sgn_view_of(signature, sizeof(signature)));
	sgn_der_wrap(&large, 0, SGN_DER_SEQUENCE);
	cert = parse(known, sgn_buf_view(&large));
	plain = parse(known, sgn_apple_certs[0].der);
	cr_assert_not(sgn_cert_same(&cert, &plain));
	cr_assert(sgn_view_equal(cert.subject_der, plain.subject_der));
	assert_count(1, 0);
	cr_assert_not(signed_by(known, &cert, &cert));
	sgn_buf_dispose(&large);
	end();
}

struct many {
	const struct made *m;
	const struct signed_code *good, *bad;
};

/* Every third one is a signature that must not pass. */
static int judge_one(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	const struct many *many = arg;
	struct sgn_arena own = {0};
	struct sgn_cms_info info;

	SGN_UNUSED(worker);
	SGN_UNUSED(err);
	judge(i % 3 ? many->good : many->bad, &many->m->anchors, &own, &info);
	if (i % 3) {
		assert_good(&info);
		cr_assert(info.chain.apple_root);
	} else {
		cr_assert(has_problem(&info, SGN_CMS_BAD_SIGNATURE));
	}
	sgn_arena_dispose(&own);
	return 0;
}

Test(pki_known, many_threads_judge_with_one_memory)
{
	struct sgn_pool *pool = sgn_pool_new(4);
	struct signed_code good, bad;
	struct sgn_cms cms;
	struct made m;
	struct many many = {&m, &good, &bad};

	make_kind(&m, "developer-id", "rsa2048");
	sign_code(&good, m.id, 2, sgn_time_now());
	sign_code(&bad, m.id, 1, sgn_time_now());
	cr_assert_eq(sgn_cms_parse(sgn_buf_view(&bad.cms), &arena, &cms, NULL), 0);
	find_bytes(&bad.cms, cms.signature)[3] ^= 1;
	cr_assert_eq(sgn_parallel_for(pool, 60, judge_one, &many, NULL), 0);
	known = m.anchors.known;
	assert_count(4, 3); /* Apple's authority of the same name, which signed nothing here */
	sgn_pool_free(pool);
	sgn_buf_dispose(&good.cms);
	sgn_buf_dispose(&bad.cms);
	unmake(&m);
	sgn_arena_dispose(&arena);
}
