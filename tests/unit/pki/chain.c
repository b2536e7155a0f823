/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <openssl/x509.h>
#include <string.h>

#include "signer/pki/apple_certs.h"
#include "signer/pki/make_cert.h"
#include "tests/unit/pki/helper.h"

static struct sgn_arena arena;

/* One more certificate of an invented hierarchy. */
static X509 *issue_from(int64_t not_before, const char *cn, EVP_PKEY *key, X509 *issuer,
                        EVP_PKEY *issuer_key, bool is_ca, int pathlen)
{
	struct sgn_make_cert want = {.subject = {.cn = cn},
	                             .is_ca = is_ca,
	                             .pathlen = pathlen,
	                             .not_before = not_before,
	                             .not_after = 4000000000,
	                             .key = key,
	                             .issuer = issuer,
	                             .issuer_key = issuer_key,
	                             .markers = {"6.1.13"},
	                             .markers_critical = true};
	X509 *x = NULL;

	cr_assert_eq(sgn_make_cert(&want, &x, NULL), 0);
	return x;
}

static X509 *issue(const char *cn, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, bool is_ca,
                   int pathlen)
{
	return issue_from(1600000000, cn, key, issuer, issuer_key, is_ca, pathlen);
}

static struct sgn_cert parsed(X509 *x)
{
	unsigned char *der = NULL;
	int size = i2d_X509(x, &der);
	struct sgn_cert c;

	cr_assert_eq(sgn_cert_parse(sgn_view_of(der, (size_t)size), &arena, &c, NULL), 0);
	OPENSSL_free(der);
	return c;
}

static struct sgn_chain build(const struct sgn_cert *leaf, const struct sgn_cert *pool,
                              size_t count, const struct sgn_anchors *anchors)
{
	struct sgn_chain chain;

	cr_assert_eq(sgn_chain_build(leaf, pool, count, anchors, &chain, NULL), 0);
	return chain;
}

Test(pki_chain, every_built_in_intermediate_reaches_an_apple_root_or_says_no)
{
	struct sgn_anchors anchors;
	size_t reached = 0;

	cr_assert_eq(sgn_anchors_load(NULL, 0, &anchors, NULL), 0);
	for (size_t i = 0; i < sgn_apple_cert_count; i++) {
		struct sgn_chain chain;
		struct sgn_cert cert;

		cr_assert_eq(sgn_cert_parse(sgn_apple_certs[i].der, &arena, &cert, NULL), 0);
		chain = build(&cert, NULL, 0, &anchors);

		reached += chain.apple_root;
		if (!chain.apple_root) /* foreign roots, and the one that expired */
			cr_assert(strncmp(sgn_apple_certs[i].file, "AppleIST", 8) == 0 ||
			                  strncmp(sgn_apple_certs[i].file, "AppleComputer", 13) ==
			                          0,
			          "%s", sgn_apple_certs[i].file);
	}
	cr_assert_eq(reached, sgn_apple_cert_count - 3);
	sgn_anchors_dispose(&anchors);
}

Test(pki_chain, a_leaf_alone_is_completed_from_the_anchors)
{
	struct made m;
	struct sgn_chain chain;

	make_kind(&m, "developer-id", "p256");
	chain = build(m.id->chain.certs[0], m.id->chain.certs[1], 1, &m.anchors);
	cr_assert_eq(chain.count, 3);
	cr_assert(chain.complete && chain.apple_root);
	chain = build(m.id->chain.certs[0], NULL, 0, &m.anchors);
	cr_assert_eq(chain.count, 1, "Apple's own G2 has the same name and is not the issuer");
	cr_assert_not(chain.complete || chain.apple_root);
	unmake(&m);
}

Test(pki_chain, among_equal_names_the_signature_decides)
{
	EVP_PKEY *right = EVP_EC_gen("P-256"), *wrong = EVP_EC_gen("P-256");
	EVP_PKEY *leaf_key = EVP_EC_gen("P-256");
	X509 *a = issue("same name", wrong, NULL, NULL, true, -1);
	X509 *b = issue("same name", right, NULL, NULL, true, -1);
	X509 *leaf = issue("leaf", leaf_key, b, right, false, -1);
	struct sgn_cert pool[] = {parsed(a), parsed(b)}, l = parsed(leaf);
	struct sgn_chain chain = build(&l, pool, 2, NULL);

	cr_assert_eq(chain.count, 2);
	cr_assert_eq(chain.certs[1], &pool[1]);
	cr_assert(chain.complete);
	cr_assert_not(chain.apple_root);

	chain = build(&l, pool, 1, NULL); /* only the wrong one */
	cr_assert_eq(chain.count, 1);
	cr_assert_not(chain.complete);
	X509_free(a);
	X509_free(b);
	X509_free(leaf);
	EVP_PKEY_free(right);
	EVP_PKEY_free(wrong);
	EVP_PKEY_free(leaf_key);
	sgn_arena_dispose(&arena);
}

Test(pki_chain,
     of_a_renewed_authority_the_certificate_counts_that_was_there_when_the_leaf_was_issued)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *leaf_key = EVP_EC_gen("P-256");
	X509 *renewed = issue_from(1700000000, "same name", key, NULL, NULL, true, -1);
	X509 *old = issue_from(1500000000, "same name", key, NULL, NULL, true, -1);
	X509 *leaf = issue("leaf", leaf_key, old, key, false, -1);
	struct sgn_cert pool[] = {parsed(renewed), parsed(old)}, l = parsed(leaf);
	struct sgn_chain chain = build(&l, pool, 2, NULL);

	cr_assert_eq(chain.certs[1], &pool[1]);
	chain = build(&l, pool, 1, NULL);
	cr_assert_eq(chain.certs[1], &pool[0], "better than none");
	X509_free(renewed);
	X509_free(old);
	X509_free(leaf);
	EVP_PKEY_free(key);
	EVP_PKEY_free(leaf_key);
	sgn_arena_dispose(&arena);
}

Test(pki_chain, two_authorities_that_sign_each_other_end)
{
	EVP_PKEY *ka = EVP_EC_gen("P-256"), *kb = EVP_EC_gen("P-256");
	X509 *self_a = issue("A", ka, NULL, NULL, true, -1);
	X509 *b_by_a = issue("B", kb, self_a, ka, true, -1);
	X509 *a_by_b = issue("A", ka, b_by_a, kb, true, -1);
	X509 *leaf = issue("leaf", kb, a_by_b, ka, false, -1);
	struct sgn_cert pool[] = {parsed(a_by_b), parsed(b_by_a)}, l = parsed(leaf);
	struct sgn_chain chain = build(&l, pool, 2, NULL);

	cr_assert_eq(chain.count, 3, "leaf, A, B: no certificate twice");
	cr_assert_not(chain.complete);
	X509_free(self_a);
	X509_free(b_by_a);
	X509_free(a_by_b);
	X509_free(leaf);
	EVP_PKEY_free(ka);
	EVP_PKEY_free(kb);
	sgn_arena_dispose(&arena);
}

Test(pki_chain, many_cross_signed_authorities_cost_a_bounded_number_of_checks)
{
	enum { COUNT = 12 };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *a = issue("A", key, NULL, NULL, true, -1), *b = issue("B", key, NULL, NULL, true, -1);
	struct sgn_cert pool[2 * COUNT];
	struct sgn_chain chain;

	/* Each A is a valid issuer of each B and the other way round: 12! paths without a root. */
	for (size_t i = 0; i < COUNT; i++) {
		X509 *x = issue("A", key, b, key, true, -1), *y = issue("B", key, a, key, true, -1);

		pool[2 * i] = parsed(x);
		pool[2 * i + 1] = parsed(y);
		X509_free(x);
		X509_free(y);
	}
	chain = build(&pool[0], pool, 2 * COUNT, NULL);
	cr_assert_not(chain.complete);
	cr_assert_eq(chain.count, SGN_LIMIT_CHAIN);
	X509_free(a);
	X509_free(b);
	EVP_PKEY_free(key);
	sgn_arena_dispose(&arena);
}

Test(pki_chain, a_leaf_cannot_issue)
{
	EVP_PKEY *root_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
	X509 *root = issue("root", root_key, NULL, NULL, true, -1);
	X509 *leaf = issue("leaf", key, root, root_key, false, -1);
	X509 *forged = issue("forged", key, leaf, key, false, -1);
	struct sgn_cert pool[] = {parsed(root), parsed(leaf)}, f = parsed(forged);
	struct sgn_chain chain = build(&f, pool, 2, NULL);

	cr_assert_eq(chain.count, 1);
	cr_assert_not(chain.complete);
	X509_free(root);
	X509_free(leaf);
	X509_free(forged);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(key);
	sgn_arena_dispose(&arena);
}

Test(pki_chain, the_path_length_is_kept)
{
	EVP_PKEY *root_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
	X509 *root = issue("root", root_key, NULL, NULL, true, -1);
	X509 *upper = issue("upper", key, root, root_key, true, 0);
	X509 *lower = issue("lower", key, upper, key, true, 0);
	X509 *leaf = issue("leaf", key, lower, key, false, -1);
	struct sgn_cert pool[] = {parsed(root), parsed(upper), parsed(lower)}, l = parsed(leaf);
	struct sgn_chain chain = build(&l, pool, 3, NULL);

	cr_assert_eq(chain.count, 2, "upper allows no authority below itself");
	cr_assert_not(chain.complete);
	X509_free(root);
	X509_free(upper);
	X509_free(lower);
	X509_free(leaf);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(key);
	sgn_arena_dispose(&arena);
}

Test(pki_chain, an_extra_root_that_cannot_be_read_is_named)
{
	const char *paths[] = {"/nonexistent/root.pem"};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_anchors anchors;

	cr_assert_eq(sgn_anchors_load(paths, 1, &anchors, &err), SGN_E_NOTFOUND);
	cr_assert_str_eq(err.path, paths[0]);
	sgn_error_dispose(&err);
}
