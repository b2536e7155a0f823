/* SPDX-License-Identifier: Apache-2.0 */
/* From page hashes to the finished SuperBlob of one slice. */
#ifndef SIGNER_OPS_ASSEMBLE_H
#define SIGNER_OPS_ASSEMBLE_H

#include "signer/ops/plan.h"

struct sgn_assembled {
	struct sgn_buf dirs[3]; /* CodeDirectory blobs, in the order of plan->digests */
	struct sgn_cms_cdhash cdhashes[3];
	size_t dir_count;
	size_t cms_size;
	struct sgn_buf superblob;
};

/* hashes[d]: page hashes of digest d. The CodeDirectories are final after this. */
int sgn_assemble_dirs(const struct sgn_plan *plan, size_t slice, uint64_t code_limit,
                      uint8_t *const hashes[3], struct sgn_assembled *out, struct sgn_error *err);

/* Signs and puts everything together. signing_time applies when the options do not suppress it.
 * SGN_E_LIMIT (-67036) when the result is larger than the slice's reserve. */
int sgn_assemble_signature(const struct sgn_plan *plan, size_t slice,
                           const struct sgn_sign_options *opts, int64_t signing_time,
                           struct sgn_assembled *out, struct sgn_error *err);

void sgn_assembled_dispose(struct sgn_assembled *a);

#endif
