/* SPDX-License-Identifier: Apache-2.0 */
/* A value against a match operator. docs/format/requirements.md, "Matches" */
#ifndef SIGNER_REQ_MATCH_H
#define SIGNER_REQ_MATCH_H

#include "signer/base/value.h"
#include "signer/req/ops.h"

/* candidate NULL: there is no such value. */
bool sgn_req_matches(const struct sgn_req_match *m, const struct sgn_value *candidate);

/* Order of two strings in which runs of digits compare as numbers: "1.9" before "1.10". */
int sgn_req_compare_numeric(struct sgn_view a, struct sgn_view b);

#endif
