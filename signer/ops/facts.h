/* SPDX-License-Identifier: Apache-2.0 */
/* The facts about one slice that a requirement is judged by: the glue between signatures,
 * certificates and the requirement room. */
#ifndef SIGNER_OPS_FACTS_H
#define SIGNER_OPS_FACTS_H

#include "signer/ops/code.h"
#include "signer/pki/pki.h"
#include "signer/req/req.h"
#include "signer/sigblob/signature.h"

struct sgn_facts {
	struct sgn_req_facts req; /* points into the rest, and into the arguments */
	uint8_t cdhashes[SGN_LIMIT_CODEDIRS][CS_CDHASH_LEN];
	struct sgn_view cdhash_views[SGN_LIMIT_CODEDIRS];
};

/* chain: NULL for ad hoc. info and entitlements may be NULL. Do not move *out afterwards. */
int sgn_facts_make(const struct sgn_signature *sig, const struct sgn_chain *chain,
                   const struct sgn_value *info, const struct sgn_value *entitlements,
                   struct sgn_facts *out, struct sgn_error *err);

/* Entitlements of a signature as a dictionary in arena: DER first, as current systems do, else XML;
 * NULL when there are none or they cannot be read. */
const struct sgn_value *sgn_facts_entitlements(const struct sgn_signature *sig,
                                               struct sgn_arena *arena);

/* Judges a requirement and, when it is not satisfied, writes the failing clause and what was seen
 * instead as one sentence into why (may be NULL). */
int sgn_facts_judge(struct sgn_view requirement, const struct sgn_facts *facts,
                    enum sgn_truth *verdict, struct sgn_buf *why, struct sgn_error *err);

/* The designated requirement of a signature: the stored one, or the implied cdhash form in buf. */
int sgn_facts_designated(const struct sgn_signature *sig, const struct sgn_facts *facts,
                         struct sgn_buf *buf, struct sgn_view *out, bool *implied,
                         struct sgn_error *err);

/* The implied requirement of ad hoc code: the cdhashes of all slices, those of slice first (an index)
 * before the others. Appends a blob; nothing when no slice is signed. */
int sgn_facts_implied(const struct sgn_code *code, size_t first, struct sgn_buf *blob,
                      struct sgn_error *err);

#endif
