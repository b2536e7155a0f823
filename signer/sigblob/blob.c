/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/reader.h"
#include "signer/sigblob/superblob.h"

#define BLOB_HEADER 8

int sgn_blob_read(struct sgn_view in, uint32_t *magic, struct sgn_view *blob, struct sgn_error *err)
{
	struct sgn_reader r = sgn_rd_init(in);
	uint32_t found = sgn_rd_be32(&r);
	uint32_t length = sgn_rd_be32(&r);
	int rc = sgn_rd_finish(&r, err, "blob header");

	if (rc)
		return rc;
	if (length < BLOB_HEADER) {
		rc = sgn_fail(err, SGN_E_FORMAT,
		              "blob 0x%08x: length %u is shorter than its header", found, length);
		return sgn_error_at_offset(err, rc, 4);
	}
	if (!sgn_view_slice(in, 0, length, blob)) {
		rc = sgn_fail(err, SGN_E_FORMAT, "blob 0x%08x: length %u, but %zu bytes are there",
		              found, length, in.size);
		return sgn_error_at_offset(err, rc, 4);
	}
	*magic = found;
	return 0;
}

struct sgn_view sgn_blob_payload(struct sgn_view blob)
{
	return sgn_view_from(blob, BLOB_HEADER);
}

void sgn_blob_write(struct sgn_buf *out, uint32_t magic, struct sgn_view payload)
{
	size_t start = out->size;
	struct sgn_mark length;

	sgn_wr_be32(out, magic);
	length = sgn_wr_hole32(out);
	sgn_wr_view(out, payload);
	sgn_wr_fill32(out, length, out->size - start);
}
