/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <string.h>

#include "signer/pki/apple_certs.h"
#include "tests/unit/pki/helper.h"

static struct sgn_arena arena;
static struct sgn_cert *certs;
static size_t count;

static int load(const struct sgn_buf *b, struct sgn_error *err)
{
	count = 0;
	return sgn_certs_load(sgn_buf_view(b), &arena, &certs, &count, err);
}

static void append_pem(struct sgn_buf *out, struct sgn_view der)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long size;

	PEM_write_bio(bio, "CERTIFICATE", "", der.data, (long)der.size);
	size = BIO_get_mem_data(bio, &text);
	sgn_wr_bytes(out, text, (size_t)size);
	BIO_free(bio);
}

static void finish(struct sgn_buf *b)
{
	sgn_buf_dispose(b);
	sgn_arena_dispose(&arena);
}

Test(pki_certs_load, pem_blocks_with_text_between_them)
{
	struct sgn_buf b;

	sgn_buf_init(&b, 1 << 20);
	sgn_wr_str(&b, "Bag Attributes\n    friendlyName: x\n");
	append_pem(&b, sgn_apple_certs[0].der);
	sgn_wr_str(&b, "\nsubject=whatever\n");
	append_pem(&b, sgn_apple_certs[1].der);
	cr_assert_eq(load(&b, NULL), 0);
	cr_assert_eq(count, 2);
	cr_assert(sgn_view_equal(certs[1].der, sgn_apple_certs[1].der));
	finish(&b);
}

Test(pki_certs_load, der_certificates_one_behind_the_other)
{
	struct sgn_buf b;

	sgn_buf_init(&b, 1 << 20);
	for (size_t i = 0; i < 3; i++)
		sgn_wr_view(&b, sgn_apple_certs[i].der);
	cr_assert_eq(load(&b, NULL), 0);
	cr_assert_eq(count, 3);
	finish(&b);
}

Test(pki_certs_load, a_pem_copy_behind_der_is_left_alone)
{
	struct sgn_buf b;

	sgn_buf_init(&b, 1 << 20);
	sgn_wr_view(&b, sgn_apple_certs[0].der);
	append_pem(&b, sgn_apple_certs[0].der);
	cr_assert_eq(load(&b, NULL), 0);
	cr_assert_eq(count, 1);
	finish(&b);
}

Test(pki_certs_load, a_file_without_certificates_is_told_so)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf b;

	sgn_buf_init(&b, 1 << 20);
	sgn_wr_str(&b, "hello");
	cr_assert_eq(load(&b, &err), SGN_E_NOTFOUND);
	cr_assert(err.cure[0]);
	sgn_buf_reset(&b);
	cr_assert_eq(load(&b, &err), SGN_E_NOTFOUND, "empty");
	finish(&b);
}

Test(pki_certs_load, damage_is_named_with_the_certificate)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf b;

	sgn_buf_init(&b, 1 << 20);
	sgn_wr_view(&b, sgn_apple_certs[0].der);
	sgn_wr_bytes(&b, sgn_apple_certs[1].der.data, 100);
	cr_assert_eq(load(&b, &err), SGN_E_FORMAT);

	sgn_buf_reset(&b);
	append_pem(&b, sgn_apple_certs[0].der);
	append_pem(&b, sgn_view_of("\x30\x03\x02\x01\x05", 5));
	cr_assert_eq(load(&b, &err), SGN_E_FORMAT);
	cr_assert_not_null(strstr(err.text, "certificate 2 of the file"), "%s", err.text);
	finish(&b);
}

Test(pki_certs_load, a_cut_pem_block_is_damage_not_the_end)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf b;

	sgn_buf_init(&b, 1 << 20);
	append_pem(&b, sgn_apple_certs[0].der);
	append_pem(&b, sgn_apple_certs[1].der);
	b.size -= 60;
	cr_assert_eq(load(&b, &err), SGN_E_FORMAT);
	finish(&b);
}

Test(pki_certs_load, more_than_the_limit_is_refused)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf b;

	sgn_buf_init(&b, 1 << 20);
	for (size_t i = 0; i <= SGN_LIMIT_CERTS; i++)
		sgn_wr_view(&b, sgn_apple_certs[0].der);
	cr_assert_eq(load(&b, &err), SGN_E_LIMIT);
	finish(&b);
}
