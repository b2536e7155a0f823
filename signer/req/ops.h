/* SPDX-License-Identifier: Apache-2.0 */
/* One operation of a requirement as a plain value, and the tables behind it (ops.def). The compiler
 * fills operations from text, the operand reader from bytes. */
#ifndef SIGNER_REQ_OPS_H
#define SIGNER_REQ_OPS_H

#include "signer/base/buf.h"
#include "signer/base/error.h"

#define SGN_REQ_MAGIC       0xfade0c00u
#define SGN_REQ_SET_MAGIC   0xfade0c01u
#define SGN_REQ_HEADER_SIZE 12 /* magic, length, kind */

/* The kind word behind the length. */
enum sgn_req_form { SGN_REQ_FORM_EXPRESSION = 1, SGN_REQ_FORM_LIGHTWEIGHT = 2 };

enum sgn_req_opcode {
#define OP(number, symbol, text) SGN_REQ_OP_##symbol = (number),
#include "signer/req/ops.def"
	SGN_REQ_OP_COUNT
};

enum sgn_req_match_code {
#define MATCH(number, symbol, operand, before, after) SGN_REQ_MATCH_##symbol = (number),
#include "signer/req/ops.def"
	SGN_REQ_MATCH_COUNT
};

/* High byte of an opcode: what a reader does that does not know the rest. */
#define SGN_REQ_IF_UNKNOWN_FALSE 0x80000000u
#define SGN_REQ_IF_UNKNOWN_SKIP  0x40000000u
#define SGN_REQ_OPCODE_MASK      0x00ffffffu

struct sgn_req_match {
	uint32_t code;          /* enum sgn_req_match_code, or unknown */
	struct sgn_view string; /* operand of 'd', and of an unknown match */
	int64_t time;           /* operand of 't': seconds since 2001-01-01T00:00:00Z */
};

struct sgn_req_op {
	uint32_t raw;         /* as stored, with the flags */
	uint32_t code;        /* without */
	const char *text;     /* its line in ops.def; NULL when the opcode is unknown */
	int32_t number;       /* $s, $i */
	struct sgn_view key;  /* $k, $o */
	struct sgn_view data; /* $d, $h; of an unknown opcode that may be skipped: its operand */
	struct sgn_req_match match;
};

/* The canonical text of an opcode with its $-letters, or NULL. */
const char *sgn_req_op_text(uint32_t code);

struct sgn_req_match_info {
	char operand;
	const char *before, *after;
};

/* NULL for an unknown match. */
const struct sgn_req_match_info *sgn_req_match_info(uint32_t code);

bool sgn_req_is_keyword(struct sgn_view word);

/* An operation of that opcode with empty operands. */
struct sgn_req_op sgn_req_op_make(enum sgn_req_opcode code);

/* Appends opcode and operands ($e aside: the caller appends the expressions behind it). */
void sgn_req_emit(struct sgn_buf *out, const struct sgn_req_op *op);

/* Header of a single requirement; the end fills in the length. */
struct sgn_mark sgn_req_emit_begin(struct sgn_buf *out);
void sgn_req_emit_end(struct sgn_buf *out, struct sgn_mark begin);

/* Appends the canonical text of an operation without $e. */
void sgn_req_clause_print(struct sgn_buf *out, const struct sgn_req_op *op);

/* The same for one that ops.def does not know: a comment, and "false" where that is its meaning. */
void sgn_req_unknown_print(struct sgn_buf *out, const struct sgn_req_op *op);

/* "YYYYMMDDHHMMSSZ" to seconds since 2001-01-01T00:00:00Z; false for anything else. */
bool sgn_req_time_parse(struct sgn_view text, int64_t *seconds);

/* Ends a function that appends: on failure out is cut back to what it was. */
int sgn_req_append_done(struct sgn_buf *out, size_t start, int rc, struct sgn_error *err);

#endif
