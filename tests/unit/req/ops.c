/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/req/ops.h"

#include "tests/unit/req/helpers.h"

Test(req_ops, every_opcode_has_a_text_and_the_next_one_has_none)
{
	for (uint32_t code = 0; code < SGN_REQ_OP_COUNT; code++)
		cr_expect_not_null(sgn_req_op_text(code), "opcode %u", code);
	cr_expect_eq(SGN_REQ_OP_COUNT, 24);
	cr_expect_null(sgn_req_op_text(24));
	cr_expect_null(sgn_req_op_text(UINT32_MAX));
}

Test(req_ops, matches_are_known_up_to_absent)
{
	cr_expect_eq(SGN_REQ_MATCH_COUNT, 15);
	cr_expect_eq(sgn_req_match_info(14)->operand, '-');
	cr_expect_null(sgn_req_match_info(15));
}

Test(req_ops, keywords_are_exact)
{
	cr_expect(sgn_req_is_keyword(sgn_view_str("leaf")));
	cr_expect(sgn_req_is_keyword(sgn_view_str("timestamp")));
	cr_expect_not(sgn_req_is_keyword(sgn_view_str("Leaf")));
	cr_expect_not(sgn_req_is_keyword(sgn_view_str("lea")));
	cr_expect_not(sgn_req_is_keyword(SGN_VIEW_EMPTY));
}

Test(req_ops, times_are_exact_and_count_from_2001)
{
	static const char *const bad[] = {"",
	                                  "20250101000000",
	                                  "20250101000000z",
	                                  "2025010100000Z",
	                                  "20250101000000ZZ",
	                                  "00000101000000Z",
	                                  "20230229000000Z",
	                                  "20230228240000Z",
	                                  "2023022812000 Z"};
	int64_t seconds;

	cr_assert(sgn_req_time_parse(sgn_view_str("20010101000001Z"), &seconds));
	cr_expect_eq(seconds, 1);
	cr_assert(sgn_req_time_parse(sgn_view_str("20240229000000Z"), &seconds));
	cr_expect_eq(seconds, 730857600);
	for (size_t i = 0; i < SGN_ARRAY_LEN(bad); i++)
		cr_expect_not(sgn_req_time_parse(sgn_view_str(bad[i]), &seconds), "%s", bad[i]);
}

Test(req_ops, a_failed_append_leaves_the_buffer_as_it_was)
{
	struct sgn_buf out;

	sgn_buf_init(&out, 20);
	sgn_wr_str(&out, "before");
	cr_expect_eq(sgn_req_compile(sgn_view_str("identifier foo"), NULL, &out, NULL),
	             SGN_E_LIMIT);
	cr_expect_eq(out.size, 6);
	sgn_buf_dispose(&out);
}
