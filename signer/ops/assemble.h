/* SPDX-License-Identifier: Apache-2.0 */
/* From page hashes to the finished SuperBlob of one slice. */
#ifndef SIGNER_OPS_ASSEMBLE_H
#define SIGNER_OPS_ASSEMBLE_H

#include "signer/ops/plan.h"
#include "signer/ops/timestamp.h"

/*
 * First sgn_assemble_dirs() for each slice, then sgn_assemble_sign() for each, one sgn_assemble_stamp()
 * for all, and sgn_assemble_finish() for each. Different slices may be worked on at the same time.
 */
struct sgn_assembled {
	struct sgn_buf dirs[3]; /* CodeDirectory blobs, in the order of plan->digests */
	struct sgn_cms_cdhash cdhashes[3];
	size_t dir_count;
	struct sgn_cms_draft cms; /* empty for ad hoc */
	bool pending;             /* the signature is not made but recorded as wanted: handover.h */
	struct sgn_stamp stamp;
	size_t cms_size;
	struct sgn_buf superblob;
};

/* hashes[d]: page hashes of digest d. The CodeDirectories are final after this. */
int sgn_assemble_dirs(const struct sgn_plan *plan, size_t slice, uint64_t code_limit,
                      uint8_t *const hashes[3], struct sgn_assembled *out, struct sgn_error *err);

/* The signature by certificate. signing_time applies when the options do not suppress it. */
int sgn_assemble_sign(const struct sgn_plan *plan, size_t slice,
                      const struct sgn_sign_options *opts, int64_t signing_time,
                      struct sgn_assembled *out, struct sgn_error *err);

/* The timestamps of all slices, if they are wanted. */
int sgn_assemble_stamp(const struct sgn_timestamper *t, const struct sgn_sign_options *opts,
                       struct sgn_assembled *parts, size_t count, struct sgn_error *err);

/* Is a signature of the slices not made yet? */
bool sgn_assembled_pending(const struct sgn_assembled *parts, size_t count);

/* Puts everything together. SGN_E_LIMIT (-67036) when the result is larger than the slice's reserve. */
int sgn_assemble_finish(const struct sgn_plan *plan, size_t slice, struct sgn_assembled *out,
                        struct sgn_error *err);

void sgn_assembled_dispose(struct sgn_assembled *a);

#endif
