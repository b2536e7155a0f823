/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <openssl/cms.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "signer/base/time.h"
#include "signer/codec/der.h"
#include "signer/pki/cms.h"
#include "signer/pki/make_cert.h"
#include "tests/unit/pki/helper.h"

/* What a token is made of; the zero value and defaults() make a good one. */
struct token_options {
	int64_t time;
	const char *time_text; /* GeneralizedTime; NULL: from time */
	bool other_imprint, sha1_imprint, sha1_signer;
	const char *usage; /* extended key usage of the signer */
	bool own_root;     /* the signer's root is not the code's */
	bool flip_content;
	int type; /* NID of the content type */
};

static struct sgn_arena arena;
static struct sgn_cms_info info;
static struct made m;
static struct signed_code s;
static EVP_PKEY *root_key;
static X509 *root;

static void add_ext(X509 *x, int nid, const char *text)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, text);

	cr_assert_eq(X509_add_ext(x, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static X509 *new_signer(EVP_PKEY *key, const char *usage)
{
	X509 *x = X509_new();

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 77);
	X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, V_ASN1_UTF8STRING,
	                           (const unsigned char *)"Timestamp Signer TEST", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(root));
	X509_gmtime_adj(X509_getm_notBefore(x), -86400);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	add_ext(x, NID_ext_key_usage, usage);
	cr_assert_gt(X509_sign(x, root_key, EVP_sha256()), 0);
	return x;
}

static void write_algorithm(struct sgn_buf *out, enum sgn_known_oid oid)
{
	size_t start = out->size;

	sgn_der_write(out, SGN_DER_OID, sgn_oid_known(oid));
	sgn_der_wrap(out, start, SGN_DER_SEQUENCE);
}

static void write_tst_info(struct sgn_buf *out, const struct token_options *o,
                           struct sgn_view signature)
{
	enum sgn_digest alg = o->sha1_imprint ? SGN_DIGEST_SHA1 : SGN_DIGEST_SHA256;
	struct sgn_time t = sgn_time_split(o->time);
	struct sgn_digest_bytes imprint;
	size_t start = out->size, at;
	char text[32];

	cr_assert_eq(sgn_digest(alg, signature, &imprint, NULL), 0);
	imprint.data[0] = (uint8_t)(imprint.data[0] ^ o->other_imprint);
	sgn_der_write_int(out, 1);
	sgn_der_write(out, SGN_DER_OID, sgn_view_str("\x2a\x03\x04\x05\x06"));
	at = out->size;
	write_algorithm(out, o->sha1_imprint ? SGN_OID_SHA1 : SGN_OID_SHA256);
	sgn_der_write(out, SGN_DER_OCTETS, sgn_digest_view(&imprint));
	sgn_der_wrap(out, at, SGN_DER_SEQUENCE);
	sgn_der_write_int(out, 4711);
	snprintf(text, sizeof(text), "%04d%02d%02d%02d%02d%02dZ", t.year, t.month, t.day, t.hour,
	         t.minute, t.second);
	sgn_der_write(out, 0x18, sgn_view_str(o->time_text ? o->time_text : text));
	sgn_der_wrap(out, start, SGN_DER_SEQUENCE);
}

/* Signs the content as a token; OpenSSL does it, so that two implementations meet. */
static void write_token(struct sgn_buf *out, const struct token_options *o,
                        const struct sgn_buf *content)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *signer = new_signer(key, o->usage);
	STACK_OF(X509) *others = sk_X509_new_null();
	unsigned flags = CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP;
	CMS_ContentInfo *cms;
	BIO *bio = BIO_new_mem_buf(content->data, (int)content->size);
	unsigned char *der = NULL;
	int size;

	sk_X509_push(others, root);
	cms = CMS_sign(NULL, NULL, others, NULL, flags);
	cr_assert_not_null(cms);
	cr_assert_eq(CMS_set1_eContentType(cms, OBJ_nid2obj(o->type)), 1);
	cr_assert_not_null(CMS_add1_signer(cms, signer, key,
	                                   o->sha1_signer ? EVP_sha1() : EVP_sha256(), flags));
	CMS_set_detached(cms, 0);
	cr_assert_eq(CMS_final(cms, bio, NULL, flags), 1);
	size = i2d_CMS_ContentInfo(cms, &der);
	sgn_wr_bytes(out, der, (size_t)size);
	OPENSSL_free(der);
	BIO_free(bio);
	CMS_ContentInfo_free(cms);
	sk_X509_free(others);
	X509_free(signer);
	EVP_PKEY_free(key);
}

static struct token_options defaults(void)
{
	return (struct token_options){.time = sgn_time_now(),
	                              .usage = "critical,timeStamping",
	                              .type = NID_id_smime_ct_TSTInfo};
}

/* The root of the timestamps is put among the extra anchors unless o->own_root. */
static void begin(const struct token_options *o)
{
	struct sgn_make_cert want = {.subject = {.cn = "Timestamp Root"},
	                             .is_ca = true,
	                             .pathlen = -1,
	                             .not_before = 1000000000,
	                             .not_after = 4000000000};
	const char *roots[2];
	struct sgn_buf content, token;
	struct sgn_cert root_cert;
	const struct sgn_cert *certs[] = {&root_cert};
	unsigned char *der = NULL;
	struct sgn_cms cms;
	int size;

	root_key = want.key = EVP_EC_gen("P-256");
	cr_assert_eq(sgn_make_cert(&want, &root, NULL), 0);
	make_kind(&m, "developer-id", "p256");
	size = i2d_X509(root, &der);
	cr_assert_eq(sgn_cert_parse(sgn_view_of(der, (size_t)size), &arena, &root_cert, NULL), 0);
	OPENSSL_free(der);
	if (!o->own_root) {
		roots[0] = m.root_path;
		roots[1] = put_pem_certs(&m, "tsa.pem", certs, 1);
		sgn_identity_free(m.id); /* borrows from the anchors */
		sgn_anchors_dispose(&m.anchors);
		cr_assert_eq(sgn_anchors_load(roots, 2, &m.anchors, NULL), 0);
		m.id = must_read(&(struct sgn_identity_source){.path = m.p12_path}, &m.anchors);
	}
	sign_code(&s, m.id, 2, sgn_time_now());
	cr_assert_eq(sgn_cms_parse(sgn_buf_view(&s.cms), &arena, &cms, NULL), 0);
	sgn_buf_init(&content, 1 << 16);
	sgn_buf_init(&token, 1 << 16);
	write_tst_info(&content, o, cms.signature);
	write_token(&token, o, &content);
	if (o->flip_content)
		find_bytes(&token, sgn_buf_view(&content))[content.size - 3] ^= 1;
	attach_token(&s.cms, sgn_buf_view(&token));
	sgn_buf_dispose(&content);
	sgn_buf_dispose(&token);
	judge(&s, &m.anchors, &arena, &info);
	cr_assert(info.timestamp.present);
}

static void end(void)
{
	sgn_buf_dispose(&s.cms);
	sgn_arena_dispose(&arena);
	unmake(&m);
	X509_free(root);
	EVP_PKEY_free(root_key);
}

static void assert_problem(const struct token_options *o, enum sgn_cms_problem_id id,
                           const char *text)
{
	begin(o);
	cr_assert(has_problem(&info, id), "%zu problems", info.problem_count);
	cr_assert_not(info.timestamp.ok);
	for (size_t i = 0; i < info.problem_count; i++)
		if (strstr(info.problems[i].text, text)) {
			end();
			return;
		}
	cr_assert(false, "\"%s\" not in \"%s\"", text, info.problems[0].text);
}

Test(pki_tsa, a_good_token)
{
	struct token_options o = defaults();

	begin(&o);
	assert_good(&info);
	cr_assert(info.timestamp.ok);
	cr_assert_eq(info.timestamp.time, o.time);
	cr_assert_eq(info.timestamp.chain.count, 2);
	cr_assert(info.timestamp.chain.apple_root);
	end();
}

Test(pki_tsa, sha1_as_apples_server_uses_it_is_accepted)
{
	struct token_options o = defaults();

	o.sha1_signer = o.sha1_imprint = true;
	begin(&o);
	assert_good(&info);
	end();
}

Test(pki_tsa, a_token_of_another_signature)
{
	struct token_options o = defaults();

	o.other_imprint = true;
	assert_problem(&o, SGN_CMS_BAD_TIMESTAMP, "another signature");
}

Test(pki_tsa, a_changed_token)
{
	struct token_options o = defaults();

	o.flip_content = true;
	assert_problem(&o, SGN_CMS_BAD_TIMESTAMP, "the timestamp was changed");
}

Test(pki_tsa, a_token_of_another_content_type)
{
	struct token_options o = defaults();

	o.type = NID_pkcs7_data;
	assert_problem(&o, SGN_CMS_BAD_TIMESTAMP, "another type of content");
}

Test(pki_tsa, a_time_that_is_none)
{
	struct token_options o = defaults();

	o.time_text = "2025";
	assert_problem(&o, SGN_CMS_BAD_TIMESTAMP, "content is damaged");
}

Test(pki_tsa, a_time_outside_the_servers_certificate)
{
	struct token_options o = defaults();

	o.time += (int64_t)10 * 86400;
	assert_problem(&o, SGN_CMS_BAD_TIMESTAMP, "outside the validity");
}

Test(pki_tsa, a_certificate_for_something_else)
{
	struct token_options o = defaults();

	o.usage = "codeSigning";
	assert_problem(&o, SGN_CMS_TIMESTAMP_UNTRUSTED, "not meant for timestamping");
}

Test(pki_tsa, code_of_apple_wants_a_timestamp_of_apple)
{
	struct token_options o = defaults();

	o.own_root = true;
	assert_problem(&o, SGN_CMS_TIMESTAMP_UNTRUSTED, "the timestamp was not");
}

Test(pki_tsa, the_timestamp_decides_whether_the_certificate_was_valid)
{
	struct token_options o = defaults();

	o.time -= 86400 / 2; /* the leaf is valid from one day ago */
	begin(&o);
	assert_good(&info);
	judge_enforced(&s, &m.anchors, sgn_time_now() + (int64_t)9000 * 86400, &arena, &info);
	assert_good(&info);
	end();
}

Test(pki_tsa, no_flipped_byte_in_a_token_goes_unnoticed)
{
	struct token_options o = defaults();
	struct sgn_view values;
	struct sgn_cms cms, token;
	size_t from;

	begin(&o);
	cr_assert_eq(sgn_cms_parse(sgn_buf_view(&s.cms), &arena, &cms, NULL), 0);
	cr_assert_eq(sgn_cms_attribute(cms.unsigned_attributes,
	                               sgn_oid_known(SGN_OID_ATTR_TIMESTAMP_TOKEN), &values),
	             1);
	cr_assert_eq(sgn_cms_parse(values, &arena, &token, NULL), 0);
	from = (size_t)(token.attributes.data - s.cms.data);
	for (size_t i = from; i < s.cms.size; i += 3) {
		s.cms.data[i] ^= 0x55;
		judge(&s, &m.anchors, &arena, &info);
		cr_assert(info.problem_count > 0 && !info.timestamp.ok, "byte %zu", i);
		s.cms.data[i] ^= 0x55;
	}
	end();
}

Test(pki_tsa, a_token_that_is_garbage)
{
	make_kind(&m, "developer-id", "p256");
	sign_code(&s, m.id, 1, sgn_time_now());
	attach_token(&s.cms, sgn_view_of("\x30\x03\x02\x01\x05", 5));
	judge(&s, &m.anchors, &arena, &info);
	cr_assert(has_problem(&info, SGN_CMS_BAD_TIMESTAMP));
	cr_assert(info.timestamp.present);
	cr_assert_not(info.timestamp.ok);
	sgn_buf_dispose(&s.cms);
	sgn_arena_dispose(&arena);
	unmake(&m);
}
