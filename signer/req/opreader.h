/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes to operations, bounded; used by the decompiler and by the evaluator. */
#ifndef SIGNER_REQ_OPREADER_H
#define SIGNER_REQ_OPREADER_H

#include "signer/base/reader.h"
#include "signer/req/ops.h"

/* Checks the header of a single requirement; *rd stands behind it, and its position counts from the
 * start of the blob. SGN_E_FORMAT (-67052), SGN_E_LIMIT. */
int sgn_opreader_open(struct sgn_view blob, struct sgn_reader *rd, uint32_t *form,
                      struct sgn_error *err);

/* The next operation. Of an unknown opcode text is NULL, and its operand was read only when the flags
 * say that there is one. Expressions ($e) follow as operations of their own. */
int sgn_opreader_next(struct sgn_reader *rd, struct sgn_req_op *op, struct sgn_error *err);

/* A length-prefixed operand: also the payload of a lightweight requirement. */
struct sgn_view sgn_opreader_data(struct sgn_reader *rd);

/* An unknown opcode that a reader may step over to the next operation. */
bool sgn_req_op_skippable(const struct sgn_req_op *op);

/* One that counts as "never". */
bool sgn_req_op_false(const struct sgn_req_op *op);

/* The expression must fill the blob. */
int sgn_opreader_end(const struct sgn_reader *rd, struct sgn_error *err);

/* -67052 for an expression that is nested too deeply. */
int sgn_opreader_too_deep(struct sgn_error *err);

#endif
