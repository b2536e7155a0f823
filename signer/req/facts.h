/* SPDX-License-Identifier: Apache-2.0 */
/* One clause against the facts about some code. docs/format/requirements.md, "Meaning" */
#ifndef SIGNER_REQ_FACTS_H
#define SIGNER_REQ_FACTS_H

#include "signer/req/ops.h"
#include "signer/req/req.h"

struct sgn_req_verdict {
	enum sgn_truth truth;
	const char *why;       /* the reason for SGN_UNDECIDED; static storage */
	struct sgn_buf *found; /* receives what was seen, for people; NULL: nobody asks */
};

/* op is known and has no $e. -67052 for a hash of a wrong length. */
int sgn_req_judge_clause(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                         struct sgn_req_verdict *verdict, struct sgn_error *err);

/* 0 is the leaf, -1 the root; NULL when the chain has no such certificate. */
const struct sgn_cert *sgn_req_cert_at(const struct sgn_req_facts *facts, int32_t slot);

/* The clauses about certificates; facts.c has the table. */
int sgn_req_judge_cert_hash(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                            struct sgn_req_verdict *verdict, struct sgn_error *err);
int sgn_req_judge_subject(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                          struct sgn_req_verdict *verdict, struct sgn_error *err);
int sgn_req_judge_field(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                        struct sgn_req_verdict *verdict, struct sgn_error *err);
int sgn_req_judge_policy(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                         struct sgn_req_verdict *verdict, struct sgn_error *err);
int sgn_req_judge_date(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                       struct sgn_req_verdict *verdict, struct sgn_error *err);
int sgn_req_judge_apple(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                        struct sgn_req_verdict *verdict, struct sgn_error *err);
int sgn_req_judge_apple_generic(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                                struct sgn_req_verdict *verdict, struct sgn_error *err);
int sgn_req_judge_legacy(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                         struct sgn_req_verdict *verdict, struct sgn_error *err);

/* Shared by both files. */
int sgn_req_verdict_bool(struct sgn_req_verdict *verdict, bool yes);
int sgn_req_verdict_undecided(struct sgn_req_verdict *verdict, const char *why);
int sgn_req_check_hash(const struct sgn_req_op *op, struct sgn_error *err);
void sgn_req_found(struct sgn_req_verdict *verdict, const char *text);
void sgn_req_found_value(struct sgn_req_verdict *verdict, const struct sgn_value *v);

#endif
