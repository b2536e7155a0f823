/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/req/opreader.h"

#include <stdlib.h>

#include "tests/unit/req/helpers.h"

Test(req_opreader, operands_arrive_in_their_places)
{
	/* certificate -2[key] >= <7>, then always */
	static const char expr[] = "0000000bfffffffe000000036b657900"
				   "0000000d0000000000000007"
				   "00000001";
	uint8_t bytes[64];
	struct sgn_reader rd;
	struct sgn_req_op op;
	uint32_t form;

	cr_assert_eq(sgn_opreader_open(blob_of(expr, bytes), &rd, &form, NULL), 0);
	cr_expect_eq(form, SGN_REQ_FORM_EXPRESSION);
	cr_assert_eq(sgn_opreader_next(&rd, &op, NULL), 0);
	cr_expect_eq(op.code, SGN_REQ_OP_CERT_SUBJECT);
	cr_expect_eq(op.number, -2);
	cr_expect(sgn_view_equal(op.key, sgn_view_str("key")));
	cr_expect_eq(op.match.code, SGN_REQ_MATCH_ON_AFTER);
	cr_expect_eq(op.match.time, 7);
	cr_expect_eq(sgn_opreader_end(&rd, NULL), SGN_E_FORMAT, "more is there");
	cr_assert_eq(sgn_opreader_next(&rd, &op, NULL), 0);
	cr_expect_eq(op.code, SGN_REQ_OP_TRUE);
	cr_expect_eq(sgn_opreader_end(&rd, NULL), 0);
}

Test(req_opreader, a_blob_over_the_limit_is_not_read)
{
	size_t size = SGN_LIMIT_REQUIREMENTS + 1;
	uint8_t *bytes = calloc(1, size);
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_reader rd;
	uint32_t form;

	cr_expect_eq(sgn_opreader_open(sgn_view_of(bytes, size), &rd, &form, &err), SGN_E_LIMIT);
	cr_expect_eq(err.osstatus, errSecCSReqInvalid);
	free(bytes);
}

Test(req_opreader, every_truncation_of_real_requirements_is_refused)
{
	static const char *const sources[] = {
		"identifier \"com.example.app\" and anchor apple generic and certificate "
		"1[field.1.2.840.113635.100.6.2.6] and certificate leaf[subject.OU] = ABCDE12345",
		"info[k] > timestamp \"20250101000000Z\" or certificate root = "
		"H\"0123456789abcdef0123456789abcdef01234567\"",
	};
	struct sgn_req_facts facts = {.notarized = SGN_UNDECIDED};
	enum sgn_truth truth;

	for (size_t i = 0; i < SGN_ARRAY_LEN(sources); i++) {
		struct sgn_buf blob, out;

		compile_ok(sources[i], &blob);
		sgn_buf_init(&out, TEXT_MAX);
		for (size_t cut = 0; cut < blob.size; cut++) {
			/* A copy of its own, so that a sanitizer sees the end. */
			uint8_t *copy = malloc(cut ? cut : 1);

			memcpy(copy, blob.data, cut);
			if (cut >= 8) {
				copy[6] = (uint8_t)(cut >> 8);
				copy[7] = (uint8_t)cut;
			}
			cr_expect_eq(sgn_req_decompile(sgn_view_of(copy, cut), &out, NULL),
			             SGN_E_FORMAT, "cut at %zu", cut);
			cr_expect_eq(
				sgn_req_eval(sgn_view_of(copy, cut), &facts, &truth, NULL, NULL),
				SGN_E_FORMAT, "cut at %zu", cut);
			free(copy);
		}
		sgn_buf_dispose(&out);
		sgn_buf_dispose(&blob);
	}
}
