/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing the set blob (fade0c01). This room has its own few lines for it, because rooms
 * of one layer do not know each other. docs/format/requirements.md, "Sets" */
#ifndef SIGNER_REQ_SETBLOB_H
#define SIGNER_REQ_SETBLOB_H

#include "signer/base/buf.h"
#include "signer/base/limits.h"

struct sgn_req_part {
	uint32_t type;
	struct sgn_view blob;
};

/* Appends the set; the index and the blobs are in the order of the types, no type twice. */
void sgn_req_set_write(struct sgn_buf *out, const struct sgn_req_part *parts, size_t count);

/* All entries in index order. Strict: every blob inside and behind the index, no type twice. */
int sgn_req_set_read(struct sgn_view set, struct sgn_req_part parts[SGN_LIMIT_BLOBS], size_t *count,
                     struct sgn_error *err);

#endif
