/* SPDX-License-Identifier: Apache-2.0 */
/* Clauses that name a team get an alternative; nothing else changes. */
#include "tests/unit/req/helpers.h"

#define OLD "AAAAAAAAAA"
#define NEW "BBBBBBBBBB"

static int move(const char *from_text, char *text, unsigned *moved, struct sgn_error *err)
{
	struct sgn_buf in, out;
	int rc;

	compile_ok(from_text, &in);
	sgn_buf_init(&out, SGN_LIMIT_REQUIREMENTS);
	rc = sgn_req_move_team(sgn_buf_view(&in), sgn_view_str(OLD), sgn_view_str(NEW), &out, moved,
	                       err);
	if (rc == 0)
		decompile_ok(sgn_buf_view(&out), text, TEXT_MAX);
	else
		cr_expect_eq(out.size, 0, "nothing is left behind");
	sgn_buf_dispose(&in);
	sgn_buf_dispose(&out);
	return rc;
}

Test(req_transfer, each_rule_adds_one_alternative)
{
	static const struct {
		const char *before, *after;
		unsigned moved;
	} rows[] = {
		{"certificate leaf[subject.OU] = " OLD,
	         "certificate leaf[subject.OU] = " OLD " or certificate leaf[subject.OU] = " NEW,
	         SGN_REQ_MOVED_TEAM},
		{"certificate leaf[subject.UID] = " OLD,
	         "certificate leaf[subject.UID] = " OLD " or certificate leaf[subject.UID] = " NEW,
	         SGN_REQ_MOVED_TEAM},
		{"certificate leaf[subject.CN] = \"Apple Development: Jane (X)\"",
	         "certificate leaf[subject.CN] = \"Apple Development: Jane (X)\" or certificate "
	         "leaf[subject.CN] = \"Apple Development: \"* and certificate leaf[subject.OU] "
	         "= " NEW,
	         SGN_REQ_MOVED_NAME},
		{"certificate leaf[subject.O] = \"Old Company\"",
	         "certificate leaf[subject.O] = \"Old Company\" or certificate leaf[subject.OU] "
	         "= " NEW,
	         SGN_REQ_MOVED_COMPANY},
		{"entitlement[\"com.apple.application-identifier\"] = \"" OLD ".com.x\"",
	         "entitlement[\"com.apple.application-identifier\"] = \"" OLD
	         ".com.x\" or entitlement[\"com.apple.application-identifier\"] = \"" NEW
	         ".com.x\"",
	         SGN_REQ_MOVED_PREFIX},
		{"entitlement[groups] = \"" OLD ".\"*",
	         "entitlement[groups] = \"" OLD ".\"* or entitlement[groups] = \"" NEW ".\"*",
	         SGN_REQ_MOVED_PREFIX},
		{"info[AppIdentifierPrefix] = \"" OLD ".\"",
	         "info[AppIdentifierPrefix] = \"" OLD ".\" or info[AppIdentifierPrefix] = \"" NEW
	         ".\"",
	         SGN_REQ_MOVED_PREFIX},
	};
	char text[TEXT_MAX];
	unsigned moved;

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		cr_assert_eq(move(rows[i].before, text, &moved, NULL), 0);
		cr_expect_str_eq(text, rows[i].after);
		cr_expect_eq(moved, rows[i].moved, "%s", rows[i].before);
	}
}

Test(req_transfer, other_clauses_stay_byte_by_byte)
{
	static const char *const rows[] = {
		"identifier " OLD,
		"anchor apple generic",
		"certificate leaf[subject.OU] = CCCCCCCCCC",
		"certificate 1[subject.OU] = " OLD,
		"certificate leaf[subject.OU] = " OLD "*",
		"certificate leaf[subject.CN] = \"Software Signing\"",
		"certificate leaf[subject.CN] ~ " OLD,
		"certificate leaf[field.1.2.840.113635.100.6.1.13] /* exists */",
		"entitlement[groups] = \"" OLD "X.com\"",
		"entitlement[groups] ~ " OLD,
		"cdhash H\"0123456789012345678901234567890123456789\"",
		"certificate leaf = H\"0123456789012345678901234567890123456789\"",
		"! certificate leaf[subject.OU] = CCCCCCCCCC",
		"never or always and notarized",
	};
	struct sgn_buf in, out;
	unsigned moved;

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		compile_ok(rows[i], &in);
		sgn_buf_init(&out, SGN_LIMIT_REQUIREMENTS);
		cr_assert_eq(sgn_req_move_team(sgn_buf_view(&in), sgn_view_str(OLD),
		                               sgn_view_str(NEW), &out, &moved, NULL),
		             0, "%s", rows[i]);
		cr_expect(sgn_view_equal(sgn_buf_view(&in), sgn_buf_view(&out)), "%s", rows[i]);
		cr_expect_eq(moved, 0u);
		sgn_buf_dispose(&in);
		sgn_buf_dispose(&out);
	}
}

/* The requirement that Xcode exports for both ways of distribution. */
Test(req_transfer, only_the_team_changes_in_a_real_requirement)
{
	char text[TEXT_MAX];
	unsigned moved;

	cr_assert_eq(
		move("anchor apple generic and identifier \"com.example.app\" and (certificate "
	             "leaf[field.1.2.840.113635.100.6.1.9] or certificate "
	             "1[field.1.2.840.113635.100.6.2.6] and certificate "
	             "leaf[field.1.2.840.113635.100.6.1.13] and certificate leaf[subject.OU] "
	             "= " OLD ")",
	             text, &moved, NULL),
		0);
	cr_expect_str_eq(text,
	                 "anchor apple generic and identifier \"com.example.app\" and (certificate "
	                 "leaf[field.1.2.840.113635.100.6.1.9] /* exists */ or certificate "
	                 "1[field.1.2.840.113635.100.6.2.6] /* exists */ and certificate "
	                 "leaf[field.1.2.840.113635.100.6.1.13] /* exists */ and (certificate "
	                 "leaf[subject.OU] = " OLD " or certificate leaf[subject.OU] = " NEW "))");
}

Test(req_transfer, a_team_that_is_kept_out_stays_out)
{
	struct sgn_error err = SGN_ERROR_INIT;
	char text[TEXT_MAX];
	unsigned moved;

	cr_expect_eq(move("always and ! (never or certificate leaf[subject.OU] = " OLD ")", text,
	                  &moved, &err),
	             SGN_E_UNSUPPORTED);
	cr_expect_not_null(strstr(err.text, "stands under \"!\""), "%s", err.text);
	sgn_error_dispose(&err);
}

Test(req_transfer, damaged_and_foreign_bytes_are_refused)
{
	static const char *const rows[] = {
		"00000006",                 /* and, without operands */
		"0000000600000001",         /* and, with one operand */
		"0000000b00000000000000ff", /* a key beyond the end */
		"000000010000000100",       /* bytes behind the expression */
		"00000063",                 /* an opcode from the future */
		"000000090000000900000009"  /* not, without an end */
	};
	uint8_t bytes[64];
	struct sgn_buf out;
	unsigned moved;

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		struct sgn_error err = SGN_ERROR_INIT;

		sgn_buf_init(&out, SGN_LIMIT_REQUIREMENTS);
		cr_expect_lt(sgn_req_move_team(blob_of(rows[i], bytes), sgn_view_str(OLD),
		                               sgn_view_str(NEW), &out, &moved, &err),
		             0, "%s", rows[i]);
		cr_expect_eq(out.size, 0, "%s", rows[i]);
		cr_expect_neq(err.text[0], '\0');
		sgn_buf_dispose(&out);
		sgn_error_dispose(&err);
	}
}

Test(req_transfer, skippable_operations_and_those_that_count_as_false_are_kept)
{
	/* skip(4 bytes) and: never-if-unknown(empty) */
	static const char expr[] = "40000063000000040102030400000006800000640000000000000001";
	uint8_t bytes[64];
	struct sgn_view in = blob_of(expr, bytes);
	struct sgn_buf out;
	unsigned moved;

	sgn_buf_init(&out, SGN_LIMIT_REQUIREMENTS);
	cr_assert_eq(
		sgn_req_move_team(in, sgn_view_str(OLD), sgn_view_str(NEW), &out, &moved, NULL), 0);
	cr_expect(sgn_view_equal(in, sgn_buf_view(&out)));
	sgn_buf_dispose(&out);
}
