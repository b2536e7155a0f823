/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <openssl/ts.h>
#include <string.h>

#include "signer/pki/pki.h"

/* The bytes of a literal, which may contain NULs. */
#define BYTES(text) sgn_view_of(text, sizeof(text) - 1)

static void make_query(struct sgn_tsa_query *q, struct sgn_buf *der)
{
	sgn_buf_init(der, 4096);
	cr_assert_eq(sgn_tsa_query_init(q, sgn_view_str("signature"), NULL), 0);
	cr_assert_eq(sgn_tsa_query_write(q, der, NULL), 0);
}

Test(pki_tsa_request, openssl_reads_what_is_asked)
{
	struct sgn_tsa_query q;
	struct sgn_buf der;
	const unsigned char *in;
	char policy[64];
	uint64_t nonce;
	TS_REQ *req;

	make_query(&q, &der);
	in = der.data;
	req = d2i_TS_REQ(NULL, &in, (long)der.size);
	cr_assert_not_null(req);
	cr_assert_eq(in, der.data + der.size, "nothing behind it");
	cr_assert_eq(TS_REQ_get_version(req), 1);
	cr_assert_eq(TS_REQ_get_cert_req(req), 1 /* or 255, as stored */, "%d",
	             TS_REQ_get_cert_req(req));
	OBJ_obj2txt(policy, sizeof(policy), TS_REQ_get_policy_id(req), 1);
	cr_assert_str_eq(policy, "1.2.3.4.5.6");
	cr_assert_eq(ASN1_INTEGER_get_uint64(&nonce, TS_REQ_get_nonce(req)), 1);
	cr_assert_eq(nonce, q.nonce);
	cr_assert_eq(ASN1_STRING_length(TS_MSG_IMPRINT_get_msg(TS_REQ_get_msg_imprint(req))), 32);
	TS_REQ_free(req);
	sgn_buf_dispose(&der);
}

Test(pki_tsa_request, the_policy_can_be_left_out)
{
	struct sgn_tsa_query q;
	struct sgn_buf with, without;

	make_query(&q, &with);
	q.with_policy = false;
	sgn_buf_init(&without, 4096);
	cr_assert_eq(sgn_tsa_query_write(&q, &without, NULL), 0);
	cr_assert_eq(with.size, without.size + 7);
	sgn_buf_dispose(&with);
	sgn_buf_dispose(&without);
}

Test(pki_tsa_request, nonces_differ)
{
	struct sgn_tsa_query a, b;

	cr_assert_eq(sgn_tsa_query_init(&a, sgn_view_str("x"), NULL), 0);
	cr_assert_eq(sgn_tsa_query_init(&b, sgn_view_str("x"), NULL), 0);
	cr_assert_neq(a.nonce, b.nonce);
	cr_assert(sgn_view_equal(sgn_digest_view(&a.imprint), sgn_digest_view(&b.imprint)));
}

Test(pki_tsa_request, a_nonce_keeps_its_sign_bit_out_of_the_number)
{
	struct sgn_tsa_query q;
	struct sgn_buf der;

	make_query(&q, &der);
	q.nonce = UINT64_MAX;
	sgn_buf_reset(&der);
	cr_assert_eq(sgn_tsa_query_write(&q, &der, NULL), 0);
	cr_assert(sgn_view_contains(sgn_buf_view(&der),
	                            BYTES("\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff")));
	sgn_buf_dispose(&der);
}

static void assert_refused(struct sgn_view answer, int32_t osstatus, const char *words)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_view token;

	cr_assert_eq(sgn_tsa_answer_read(answer, &token, &err), SGN_E_NETWORK);
	cr_expect_eq(err.osstatus, osstatus, "%d: %s", err.osstatus, err.text);
	cr_expect_not_null(strstr(err.text, words), "%s", err.text);
	sgn_error_dispose(&err);
}

Test(pki_tsa_request, a_granted_answer_gives_its_token)
{
	struct sgn_view token;

	/* granted, and granted with modifications; the token is any SEQUENCE here */
	cr_assert_eq(sgn_tsa_answer_read(BYTES("\x30\x09\x30\x03\x02\x01\x00\x30\x02\x05\x00"),
	                                 &token, NULL),
	             0);
	cr_assert(sgn_view_equal(token, BYTES("\x30\x02\x05\x00")));
	cr_assert_eq(sgn_tsa_answer_read(BYTES("\x30\x09\x30\x03\x02\x01\x01\x30\x02\x05\x00"),
	                                 &token, NULL),
	             0);
}

Test(pki_tsa_request, each_status_has_its_number)
{
	assert_refused(BYTES("\x30\x05\x30\x03\x02\x01\x02"), -67895, "rejected");
	assert_refused(BYTES("\x30\x05\x30\x03\x02\x01\x03"), -67896, "put the request off");
	assert_refused(BYTES("\x30\x05\x30\x03\x02\x01\x04"), -67897, "will be revoked");
	assert_refused(BYTES("\x30\x05\x30\x03\x02\x01\x05"), -67898, "is revoked");
	assert_refused(BYTES("\x30\x05\x30\x03\x02\x01\x06"), -67888, "unknown status");
	assert_refused(BYTES("\x30\x05\x30\x03\x02\x01\xff"), -67888, "unknown status");
}

Test(pki_tsa_request, each_reason_has_its_number)
{
	static const struct {
		const char bits[5]; /* BIT STRING content behind the count of unused bits */
		int32_t osstatus;
	} rows[] = {
		{"\x80", -67886},          {"\x20", -67887},
		{"\x04", -67888},          {{0, 0x02}, -67889},
		{{0, 0x01}, -67890},       {{0, 0, (char)0x80}, -67891},
		{{0, 0, 0x40}, -67892},    {{0, 0, 0, 0x40}, -67893},
		{{0, 0, 0, 0x01}, -67895}, /* no reason that RFC 3161 knows */
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		uint8_t answer[] = {0x30, 12, 0x30, 10, 2, 1, 2, 3, 5, 0, 0, 0, 0, 0};

		memcpy(answer + 10, rows[i].bits, 4);
		assert_refused(sgn_view_of(answer, sizeof(answer)), rows[i].osstatus, "rejected");
	}
}

Test(pki_tsa_request, a_servers_words_cannot_reach_the_terminal)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_view token;

	cr_assert_eq(
		sgn_tsa_answer_read(BYTES("\x30\x0d\x30\x0b\x02\x01\x02\x30\x06\x0c\x04no\x1b\n"),
	                            &token, &err),
		SGN_E_NETWORK);
	cr_assert_not_null(strstr(err.text, "(\"no??\")"), "%s", err.text);
	sgn_error_dispose(&err);
}

Test(pki_tsa_request, damaged_answers_are_refused)
{
	const struct {
		const char *what;
		struct sgn_view bytes;
	} rows[] = {
		{"nothing", {NULL, 0}},
		{"no SEQUENCE", BYTES("\x31\x05\x30\x03\x02\x01\x00")},
		{"text", BYTES("<html>")},
		{"a byte behind it", BYTES("\x30\x09\x30\x03\x02\x01\x00\x30\x02\x05\x00\x00")},
		{"longer than it is", BYTES("\x30\x0a\x30\x03\x02\x01\x00\x30\x02\x05\x00")},
		{"no status", BYTES("\x30\x04\x30\x02\x05\x00")},
		{"an empty status", BYTES("\x30\x06\x30\x02\x02\x00\x30\x00")},
		{"a status of nine bytes",
	         BYTES("\x30\x0d\x30\x0b\x02\x09\x01\x00\x00\x00\x00\x00\x00\x00\x00")},
		{"granted without a token", BYTES("\x30\x05\x30\x03\x02\x01\x00")},
		{"two tokens", BYTES("\x30\x0b\x30\x03\x02\x01\x00\x30\x02\x05\x00\x30\x00")},
		{"something behind the reasons",
	         BYTES("\x30\x0b\x30\x09\x02\x01\x02\x03\x02\x00\x80\x05\x00")},
		{"indefinite without an end", BYTES("\x30\x80\x30\x80\x30\x80\x30\x80")},
	};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_view token;

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		cr_expect_eq(sgn_tsa_answer_read(rows[i].bytes, &token, &err), SGN_E_NETWORK, "%s",
		             rows[i].what);
		cr_expect_eq(err.osstatus, -67888, "%s: %d", rows[i].what, err.osstatus);
	}
	sgn_error_dispose(&err);
}

Test(pki_tsa_request, every_cut_of_an_answer_is_refused)
{
	struct sgn_view whole = BYTES("\x30\x1b\x30\x15\x02\x01\x00\x30\x0a\x0c\x08"
	                              "all fine\x03\x04\x00\x00\x00\x40\x30\x02\x05\x00");
	struct sgn_view token;

	cr_assert_eq(sgn_tsa_answer_read(whole, &token, NULL), 0);
	for (size_t size = 0; size < whole.size; size++) {
		uint8_t *cut = malloc(size + 1); /* so that ASan sees a read behind it */

		memcpy(cut, whole.data, size);
		cr_assert_neq(sgn_tsa_answer_read(sgn_view_of(cut, size), &token, NULL), 0, "%zu",
		              size);
		free(cut);
	}
}
