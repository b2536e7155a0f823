/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <string.h>

#include "tests/unit/pki/helper.h"

struct requested {
	struct sgn_buf key, csr;
	struct sgn_csr_info info;
	struct sgn_error err;
};

static int request(struct requested *r, const struct sgn_csr_options *opts)
{
	struct sgn_error none = SGN_ERROR_INIT;

	sgn_buf_init(&r->key, 1 << 20);
	sgn_buf_init(&r->csr, 1 << 20);
	r->err = none;
	return sgn_identity_generate_request(opts, &r->key, &r->csr, &r->info, &r->err);
}

static void dispose(struct requested *r)
{
	sgn_buf_dispose(&r->key);
	sgn_buf_dispose(&r->csr);
	sgn_error_dispose(&r->err);
}

static X509_REQ *parse(const struct requested *r)
{
	BIO *bio = BIO_new_mem_buf(r->csr.data, (int)r->csr.size);
	X509_REQ *req = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);

	BIO_free(bio);
	cr_assert_not_null(req);
	return req;
}

static EVP_PKEY *parse_key(const struct requested *r, const char *password)
{
	BIO *bio = BIO_new_mem_buf(r->key.data, (int)r->key.size);
	char *pw = (char *)(uintptr_t)password;
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, pw);

	BIO_free(bio);
	return key;
}

static void assert_subject(X509_REQ *req, const char *want)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char text[256] = "";

	X509_NAME_print_ex(bio, X509_REQ_get_subject_name(req), 0,
	                   XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN);
	BIO_read(bio, text, sizeof(text) - 1);
	BIO_free(bio);
	cr_assert_str_eq(text, want);
}

Test(pki_csr, a_new_key_is_rsa_2048_and_signs_its_request)
{
	struct sgn_csr_options opts = {.email = "me@example.com", .country = "DE"};
	struct requested r;
	X509_REQ *req;
	EVP_PKEY *key, *in_request;

	cr_assert_eq(request(&r, &opts), 0, "%s", r.err.text);
	cr_assert_str_eq(r.info.key_text, "RSA 2048");
	cr_assert(r.info.apple_takes_it);
	req = parse(&r);
	key = parse_key(&r, "");
	in_request = X509_REQ_get_pubkey(req);
	cr_assert_eq(EVP_PKEY_eq(key, in_request), 1);
	cr_assert_eq(X509_REQ_verify(req, key), 1);
	cr_assert_eq(X509_REQ_get_signature_nid(req), NID_sha256WithRSAEncryption);
	assert_subject(req, "emailAddress=me@example.com, CN=Code signing, C=DE");
	EVP_PKEY_free(in_request);
	EVP_PKEY_free(key);
	X509_REQ_free(req);
	dispose(&r);
}

Test(pki_csr, a_new_key_is_encrypted_when_a_password_is_given)
{
	struct sgn_csr_options opts = {.key_type = "p256", .new_key_password = "secret"};
	struct requested r;
	EVP_PKEY *key;

	cr_assert_eq(request(&r, &opts), 0, "%s", r.err.text);
	cr_assert_str_eq(r.info.key_text, "EC P-256");
	cr_assert_not(r.info.apple_takes_it);
	cr_assert(sgn_view_contains(sgn_buf_view(&r.key), sgn_view_str("ENCRYPTED PRIVATE KEY")));
	cr_assert_null(parse_key(&r, "wrong"));
	key = parse_key(&r, "secret");
	cr_assert_not_null(key);
	EVP_PKEY_free(key);
	dispose(&r);
}

Test(pki_csr, an_existing_key_is_used_and_not_written_again)
{
	struct sgn_identity_source source = {.password = "secret"};
	struct sgn_csr_options opts = {.key = &source, .name = "Jörg"};
	struct requested r;
	X509_REQ *req;
	struct made m;

	make_kind(&m, "self-signed", "rsa2048");
	source.path = put_pem_key(&m, "k.pem", m.id->key, "secret");
	cr_assert_eq(request(&r, &opts), 0, "%s", r.err.text);
	cr_assert_eq(r.key.size, 0);
	req = parse(&r);
	cr_assert_eq(X509_REQ_verify(req, m.id->key), 1);
	X509_REQ_free(req);
	dispose(&r);

	source.password = "Secret";
	cr_assert_eq(request(&r, &opts), SGN_E_CRYPTO);
	cr_assert(strstr(r.err.text, "wrong password"), "%s", r.err.text);
	dispose(&r);
	unmake(&m);
}

Test(pki_csr, the_key_of_a_pkcs12_file_can_be_used_for_a_renewal)
{
	struct sgn_identity_source source = {0};
	struct sgn_csr_options opts = {.key = &source};
	struct requested r;
	struct made m;

	make_kind(&m, "developer-id", "rsa2048");
	source.path = m.p12_path;
	cr_assert_eq(request(&r, &opts), 0, "%s", r.err.text);
	cr_assert_str_eq(r.info.key_text, "RSA 2048");
	dispose(&r);
	unmake(&m);
}

Test(pki_csr, a_file_without_a_key_is_named_for_what_it_lacks)
{
	struct sgn_identity_source source = {0};
	struct sgn_csr_options opts = {.key = &source};
	struct requested r;
	struct made m;

	make_kind(&m, "self-signed", "p256");
	source.path = put_pem_certs(&m, "c.pem", m.id->chain.certs, 1);
	cr_assert_eq(request(&r, &opts), SGN_E_NOTFOUND);
	cr_assert(strstr(r.err.text, "no private key"), "%s", r.err.text);
	cr_assert_str_eq(r.err.path, source.path);
	dispose(&r);
	source.path = put_file(&m, "noise", sgn_view_str("\x30\x82\xff\xff\x02"));
	cr_assert_eq(request(&r, &opts), SGN_E_FORMAT, "%s", r.err.text);
	dispose(&r);
	unmake(&m);
}

static void assert_refused(const struct sgn_csr_options *opts, const char *text)
{
	struct requested r;

	cr_assert_eq(request(&r, opts), SGN_E_USAGE);
	cr_assert(strstr(r.err.text, text), "%s", r.err.text);
	cr_assert_eq(r.csr.size, 0);
	dispose(&r);
}

Test(pki_csr, a_subject_that_cannot_be_written_is_refused)
{
	struct sgn_csr_options opts = {.key_type = "p256"};
	char longer[66];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[65] = '\0';
	opts.name = longer;
	assert_refused(&opts, "64 characters");
	opts.name = "";
	assert_refused(&opts, "64 characters");
	opts.name = "\xff";
	assert_refused(&opts, "UTF-8");
	opts.name = "fine";
	opts.email = "nobody";
	assert_refused(&opts, "no e-mail address");
	opts.email = "a b@example.com";
	assert_refused(&opts, "no e-mail address");
	opts.email = "a@example.com";
	opts.country = "Germany";
	assert_refused(&opts, "no country");
	opts.country = "1x";
	assert_refused(&opts, "no country");
	opts.country = NULL;
	opts.key_type = "dsa";
	assert_refused(&opts, "unknown key type");
}

Test(pki_csr, sixty_four_characters_are_counted_not_bytes)
{
	struct sgn_csr_options opts = {.key_type = "p256"};
	char name[129];
	struct requested r;

	for (size_t i = 0; i < 64; i++)
		memcpy(name + 2 * i, "ö", 2);
	name[128] = '\0';
	opts.name = name;
	cr_assert_eq(request(&r, &opts), 0, "%s", r.err.text);
	dispose(&r);
}
