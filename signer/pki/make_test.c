/* SPDX-License-Identifier: Apache-2.0 */
/* A throw-away root, intermediate and leaf that look like Apple's, and the PKCS#12 around them. */
#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "signer/base/time.h"
#include "signer/pki/internal.h"
#include "signer/pki/make_cert.h"

#define DAY          86400
#define DEFAULT_DAYS 365

/* What each kind of leaf carries, and who issues it. NULL name of the issuer: self-signed. */
static const struct test_kind {
	const char *id;
	const char *cn_prefix; /* NULL: the name alone */
	const char *markers[SGN_MAKE_MARKERS];
	bool with_date;
	const char *fixed_cn, *fixed_ou, *fixed_o;
	const char *issuer_cn, *issuer_ou;
	const char *issuer_marker;
} test_kinds[] = {
	{"developer-id",
         "Developer ID Application: ",
         {"6.1.13", NULL},
         true,
         NULL,
         NULL,
         NULL,
         "Developer ID Certification Authority",
         "G2",
         "6.2.6"},
	{"apple-development",
         "Apple Development: ",
         {"6.1.2", "6.1.12"},
         false,
         NULL,
         NULL,
         NULL,
         "Apple Worldwide Developer Relations Certification Authority",
         "G3",
         "6.2.1"},
	{"apple-distribution",
         "Apple Distribution: ",
         {"6.1.7", "6.1.4"},
         false,
         NULL,
         NULL,
         NULL,
         "Apple Worldwide Developer Relations Certification Authority",
         "G3",
         "6.2.1"},
	{"mac-app-distribution",
         "3rd Party Mac Developer Application: ",
         {"6.1.7", NULL},
         false,
         NULL,
         NULL,
         NULL,
         "Apple Worldwide Developer Relations Certification Authority",
         "G3",
         "6.2.1"},
	{"software-signing",
         NULL,
         {"6.22", NULL},
         false,
         "Software Signing",
         "Apple Software",
         "Apple Inc.",
         "Apple Code Signing Certification Authority",
         "Apple Certification Authority",
         NULL},
	{"self-signed", NULL, {NULL, NULL}, false, NULL, NULL, NULL, NULL, NULL, NULL},
};

/* Everything made so far; freed together. */
struct hierarchy {
	EVP_PKEY *root_key, *middle_key, *leaf_key;
	X509 *root, *middle, *leaf;
};

static void dispose(struct hierarchy *h)
{
	EVP_PKEY_free(h->root_key);
	EVP_PKEY_free(h->middle_key);
	EVP_PKEY_free(h->leaf_key);
	X509_free(h->root);
	X509_free(h->middle);
	X509_free(h->leaf);
	ERR_clear_error();
}

static const struct test_kind *find_kind(const char *id, struct sgn_error *err)
{
	for (size_t i = 0; id && i < SGN_ARRAY_LEN(test_kinds); i++)
		if (strcmp(test_kinds[i].id, id) == 0)
			return &test_kinds[i];
	sgn_error_cure(
		err,
		sgn_fail(err, SGN_E_USAGE, "unknown kind of test identity \"%s\"", id ? id : ""),
		"use developer-id, apple-development, apple-distribution, "
		"mac-app-distribution, software-signing or self-signed");
	return NULL;
}

static int make_root(struct hierarchy *h, int64_t now, struct sgn_error *err)
{
	struct sgn_make_cert want = {
		.subject = {.cn = "Test Root CA",
	                    .ou = "Test Certification Authority",
	                    .o = "signet test",
	                    .c = "US"},
		.is_ca = true,
		.pathlen = -1,
		.not_before = now - (int64_t)20 * 365 * DAY,
		.not_after = now + (int64_t)20 * 365 * DAY,
		.key = h->root_key,
	};

	return sgn_make_cert(&want, &h->root, err);
}

static int make_middle(struct hierarchy *h, const struct test_kind *kind, int64_t now,
                       struct sgn_error *err)
{
	struct sgn_make_cert want = {
		.subject = {.cn = kind->issuer_cn,
	                    .ou = kind->issuer_ou,
	                    .o = "Apple Inc.",
	                    .c = "US"},
		.markers = {kind->issuer_marker, NULL},
		.is_ca = true,
		.pathlen = 0,
		.not_before = now - (int64_t)19 * 365 * DAY,
		.not_after = now + (int64_t)19 * 365 * DAY,
		.key = h->middle_key,
		.issuer = h->root,
		.issuer_key = h->root_key,
	};

	return sgn_make_cert(&want, &h->middle, err);
}

static int make_leaf(struct hierarchy *h, const struct test_kind *kind,
                     const struct sgn_test_identity_options *opts, int64_t now,
                     struct sgn_error *err)
{
	const char *team = opts->team ? opts->team : "TEST123456";
	const char *name = opts->name ? opts->name : "Test";
	int days = opts->days ? opts->days : DEFAULT_DAYS;
	char cn[1024];
	struct sgn_make_cert want = {
		.subject = {.uid = kind->cn_prefix ? team : NULL,
	                    .cn = cn,
	                    .ou = kind->fixed_ou ? kind->fixed_ou : team,
	                    .o = kind->fixed_o ? kind->fixed_o : name,
	                    .c = "US"},
		.markers = {kind->markers[0], kind->markers[1]},
		.markers_critical = true,
		.with_date = kind->with_date,
		.pathlen = -1,
		.not_after = now + (int64_t)days * DAY,
		.key = h->leaf_key,
		.issuer = h->middle,
		.issuer_key = h->middle_key,
	};

	/* One that has expired was valid for a year before that. */
	want.not_before = days > 0 ? now - DAY : want.not_after - (int64_t)DEFAULT_DAYS * DAY;
	if (opts->common_name)
		snprintf(cn, sizeof(cn), "%s", opts->common_name);
	else if (kind->fixed_cn)
		snprintf(cn, sizeof(cn), "%s", kind->fixed_cn);
	else if (kind->cn_prefix)
		snprintf(cn, sizeof(cn), "%s%s (%s)", kind->cn_prefix, name, team);
	else
		snprintf(cn, sizeof(cn), "%s", name);
	return sgn_make_cert(&want, &h->leaf, err);
}

static int make_hierarchy(struct hierarchy *h, const struct test_kind *kind,
                          const struct sgn_test_identity_options *opts, struct sgn_error *err)
{
	/* The authorities need no strength: the smaller key of the same sort. */
	const char *ca_type = sgn_key_type_is_ec(opts->key_type) ? "p256" : "rsa2048";
	int64_t now = sgn_time_now();
	int rc = sgn_key_make(opts->key_type, &h->leaf_key, err);

	if (rc == 0 && kind->issuer_cn) {
		rc = sgn_key_make(ca_type, &h->root_key, err);
		if (rc == 0)
			rc = sgn_key_make(ca_type, &h->middle_key, err);
		if (rc == 0)
			rc = make_root(h, now, err);
		if (rc == 0)
			rc = make_middle(h, kind, now, err);
	}
	return rc ? rc : make_leaf(h, kind, opts, now, err);
}

static int write_p12(const struct hierarchy *h, const struct sgn_test_identity_options *opts,
                     struct sgn_buf *out, struct sgn_error *err)
{
	struct sgn_p12_input in = {.key = h->leaf_key,
	                           .leaf = h->leaf,
	                           .others = sk_X509_new_null(),
	                           .name = "signet test identity",
	                           .password = opts->password ? opts->password : "",
	                           .encryption = opts->encryption};
	int rc;

	if (in.others && (!h->middle || (sk_X509_push(in.others, h->middle) > 0 &&
	                                 sk_X509_push(in.others, h->root) > 0)))
		rc = sgn_p12_write(&in, out, err);
	else
		rc = sgn_fail_nomem(err);
	sk_X509_free(in.others);
	return rc;
}

static int write_root(const struct hierarchy *h, struct sgn_buf *out, struct sgn_error *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int rc;

	if (bio && PEM_write_bio_X509(bio, h->root ? h->root : h->leaf) == 1)
		rc = sgn_bio_to_buf(bio, out, err, "root certificate");
	else
		rc = sgn_ossl_fail(err, "root certificate");
	BIO_free(bio);
	return rc;
}

int sgn_identity_generate_test(const struct sgn_test_identity_options *opts, struct sgn_buf *p12,
                               struct sgn_buf *root_pem, struct sgn_error *err)
{
	const struct test_kind *kind = find_kind(opts->kind, err);
	struct hierarchy h = {0};
	int rc;

	if (!kind)
		return SGN_E_USAGE;
	rc = make_hierarchy(&h, kind, opts, err);
	if (rc == 0)
		rc = write_p12(&h, opts, p12, err);
	if (rc == 0 && root_pem)
		rc = write_root(&h, root_pem, err);
	dispose(&h);
	return rc;
}
