/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pki/helper.h"

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <openssl/pem.h>

#include "signer/base/time.h"
#include "signer/codec/der.h"

struct sgn_identity *must_read(const struct sgn_identity_source *source,
                               const struct sgn_anchors *anchors)
{
	struct sgn_identity *id = NULL;
	struct sgn_error err = SGN_ERROR_INIT;
	int rc = sgn_identity_read(source, anchors, &id, &err);

	cr_assert_eq(rc, 0, "%s", err.text);
	return id;
}

void make(struct made *m, const struct sgn_test_identity_options *opts)
{
	struct sgn_identity_source source = {.path = m->p12_path, .password = opts->password};
	const char *roots[] = {m->root_path};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf p12, root;

	memset(m, 0, sizeof(*m));
	scratch_make(&m->files);
	sgn_buf_init(&p12, 1 << 20);
	sgn_buf_init(&root, 1 << 20);
	cr_assert_eq(sgn_identity_generate_test(opts, &p12, &root, &err), 0, "%s", err.text);
	snprintf(m->p12_path, sizeof(m->p12_path), "%s", put_file(m, "id.p12", sgn_buf_view(&p12)));
	snprintf(m->root_path, sizeof(m->root_path), "%s",
	         put_file(m, "root.pem", sgn_buf_view(&root)));
	cr_assert_eq(sgn_anchors_load(roots, 1, &m->anchors, &err), 0, "%s", err.text);
	m->id = must_read(&source, &m->anchors);
	sgn_buf_dispose(&p12);
	sgn_buf_dispose(&root);
}

void make_kind(struct made *m, const char *kind, const char *key_type)
{
	struct sgn_test_identity_options opts = {.kind = kind, .key_type = key_type};

	make(m, &opts);
}

void unmake(struct made *m)
{
	sgn_identity_free(m->id);
	sgn_anchors_dispose(&m->anchors);
	scratch_remove(&m->files);
}

const char *put_file(struct made *m, const char *name, struct sgn_view bytes)
{
	return scratch_write(&m->files, name, bytes.data, bytes.size, 0600);
}

static const char *put_bio(struct made *m, const char *name, BIO *bio)
{
	char *data = NULL;
	long size = BIO_get_mem_data(bio, &data);
	const char *path = put_file(m, name, sgn_view_of(data, (size_t)size));

	BIO_free(bio);
	return path;
}

const char *put_pem_key(struct made *m, const char *name, EVP_PKEY *key, const char *password)
{
	BIO *bio = BIO_new(BIO_s_mem());

	cr_assert_eq(PEM_write_bio_PKCS8PrivateKey(bio, key, password ? EVP_aes_256_cbc() : NULL,
	                                           password, password ? (int)strlen(password) : 0,
	                                           NULL, NULL),
	             1);
	return put_bio(m, name, bio);
}

const char *put_pem_certs(struct made *m, const char *name, const struct sgn_cert *const *certs,
                          size_t count)
{
	BIO *bio = BIO_new(BIO_s_mem());

	for (size_t i = 0; i < count; i++) {
		X509 *x = sgn_cert_x509(certs[i]);

		cr_assert_eq(PEM_write_bio_X509(bio, x), 1);
		X509_free(x);
	}
	return put_bio(m, name, bio);
}

void sign_code(struct signed_code *s, const struct sgn_identity *id, size_t count,
               int64_t signing_time)
{
	struct sgn_cms_sign_input in = {.identity = id,
	                                .content =
	                                        sgn_view_of(s->content[0], sizeof(s->content[0])),
	                                .cdhashes = s->cdhashes,
	                                .cdhash_count = count,
	                                .has_signing_time = signing_time != 0,
	                                .signing_time = signing_time};
	struct sgn_error err = SGN_ERROR_INIT;

	memset(s, 0, sizeof(*s));
	s->count = count;
	for (size_t i = 0; i < count; i++) {
		struct sgn_cms_cdhash *cd = &s->cdhashes[i];

		memset(s->content[i], 0x40 + (int)i, sizeof(s->content[i]));
		cd->digest = count == 2 && i == 0 ? SGN_DIGEST_SHA1 : SGN_DIGEST_SHA256;
		cr_assert_eq(sgn_digest(cd->digest,
		                        sgn_view_of(s->content[i], sizeof(s->content[i])),
		                        &cd->full, NULL),
		             0);
	}
	sgn_buf_init(&s->cms, 1 << 20);
	cr_assert_eq(sgn_cms_sign(&in, &s->cms, &err), 0, "%s", err.text);
}

static void run(const struct signed_code *s, const struct sgn_anchors *anchors, bool enforce,
                int64_t now, struct sgn_arena *arena, struct sgn_cms_info *info)
{
	struct sgn_cms_verify_input in = {.cms = sgn_buf_view(&s->cms),
	                                  .content =
	                                          sgn_view_of(s->content[0], sizeof(s->content[0])),
	                                  .cdhashes = s->cdhashes,
	                                  .cdhash_count = s->count,
	                                  .anchors = anchors,
	                                  .now = now,
	                                  .enforce_expiry = enforce};
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_cms_verify(&in, arena, info, &err), 0, "%s", err.text);
	for (size_t i = 0; i < info->problem_count; i++)
		cr_assert(info->problems[i].text && info->problems[i].text[0] &&
		          info->problems[i].osstatus != 0);
}

void judge(const struct signed_code *s, const struct sgn_anchors *anchors, struct sgn_arena *arena,
           struct sgn_cms_info *info)
{
	run(s, anchors, false, sgn_time_now(), arena, info);
}

void judge_enforced(const struct signed_code *s, const struct sgn_anchors *anchors, int64_t now,
                    struct sgn_arena *arena, struct sgn_cms_info *info)
{
	run(s, anchors, true, now, arena, info);
}

bool has_problem(const struct sgn_cms_info *info, enum sgn_cms_problem_id id)
{
	for (size_t i = 0; i < info->problem_count; i++)
		if (info->problems[i].id == id)
			return true;
	return false;
}

void assert_good(const struct sgn_cms_info *info)
{
	cr_assert_eq(info->problem_count, 0, "%s",
	             info->problem_count ? info->problems[0].text : "");
}

uint8_t *find_bytes(struct sgn_buf *cms, struct sgn_view needle)
{
	for (size_t i = 0; i + needle.size <= cms->size; i++)
		if (memcmp(cms->data + i, needle.data, needle.size) == 0)
			return cms->data + i;
	cr_assert(false, "the bytes are not in the CMS");
	return NULL;
}

/* Every level of the CMS ends where it ends itself, so the attribute is appended and each enclosing
 * item wrapped anew. */
void attach_token(struct sgn_buf *cms, struct sgn_view token)
{
	static const uint8_t levels[] = {SGN_DER_SEQUENCE, 0xa0, SGN_DER_SEQUENCE, SGN_DER_SET,
	                                 SGN_DER_SEQUENCE};
	struct sgn_view rest = sgn_buf_view(cms);
	struct sgn_der_item item;
	struct sgn_buf out;
	size_t starts[SGN_ARRAY_LEN(levels)], at;

	sgn_buf_init(&out, 1 << 20);
	/* Downwards: what stands before the last item of each level is copied. */
	for (size_t i = 0; i < SGN_ARRAY_LEN(levels); i++) {
		struct sgn_view in = rest;

		cr_assert_eq(sgn_der_next(&in, &item, NULL), 0);
		while (in.size) {
			sgn_wr_view(&out, item.whole);
			cr_assert_eq(sgn_der_next(&in, &item, NULL), 0);
		}
		starts[i] = out.size;
		cr_assert_eq(item.tag, levels[i]);
		rest = item.content;
	}
	sgn_wr_view(&out, rest);
	at = out.size;
	sgn_der_write(&out, SGN_DER_OID, sgn_oid_known(SGN_OID_ATTR_TIMESTAMP_TOKEN));
	sgn_der_write(&out, SGN_DER_SET, token);
	sgn_der_wrap(&out, at, SGN_DER_SEQUENCE);
	sgn_der_wrap(&out, at, 0xa1);
	for (size_t i = SGN_ARRAY_LEN(levels); i-- > 0;)
		sgn_der_wrap(&out, starts[i], levels[i]);
	cr_assert_not(out.bad);
	sgn_buf_dispose(cms);
	*cms = out;
}
