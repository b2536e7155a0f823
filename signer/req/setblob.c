/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/req/setblob.h"

#include <string.h>

#include "signer/base/error.h"
#include "signer/base/reader.h"
#include "signer/req/ops.h"

#define SET_HEADER_SIZE 12 /* magic, length, count */
#define INDEX_SIZE      8  /* type, offset */

void sgn_req_set_write(struct sgn_buf *out, const struct sgn_req_part *parts, size_t count)
{
	struct sgn_req_part sorted[SGN_LIMIT_BLOBS];
	uint64_t offset = SET_HEADER_SIZE + INDEX_SIZE * (uint64_t)count;
	size_t start = out->size;
	struct sgn_mark length = {start + 4};

	for (size_t i = 0; i < count; i++) {
		size_t at = i;

		for (; at > 0 && sorted[at - 1].type > parts[i].type; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = parts[i];
	}
	sgn_wr_be32(out, SGN_REQ_SET_MAGIC);
	sgn_wr_be32(out, 0);
	sgn_wr_be32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		sgn_wr_be32(out, sorted[i].type);
		sgn_wr_be32(out, (uint32_t)offset);
		offset += sorted[i].blob.size;
	}
	for (size_t i = 0; i < count; i++)
		sgn_wr_view(out, sorted[i].blob);
	if (!out->bad)
		sgn_wr_fill32(out, length, out->size - start);
}

static int invalid(struct sgn_error *err, int rc)
{
	return sgn_error_osstatus(err, rc, errSecCSReqInvalid);
}

static int read_header(struct sgn_reader *rd, uint32_t *entries, struct sgn_error *err)
{
	size_t size = rd->in.size;
	uint32_t magic, length;

	if (size > SGN_LIMIT_REQUIREMENTS)
		return invalid(err,
		               sgn_fail(err, SGN_E_LIMIT,
		                        "requirement set: %zu bytes, more than the limit of %u",
		                        size, SGN_LIMIT_REQUIREMENTS));
	magic = sgn_rd_be32(rd);
	length = sgn_rd_be32(rd);
	*entries = sgn_rd_be32(rd);
	if (!sgn_rd_ok(rd))
		return invalid(err,
		               sgn_fail(err, SGN_E_FORMAT,
		                        "requirement set: %zu bytes, shorter than its header of %d",
		                        size, SET_HEADER_SIZE));
	if (magic != SGN_REQ_SET_MAGIC)
		return invalid(err,
		               sgn_fail(err, SGN_E_FORMAT,
		                        "requirement set: magic 0x%08lx, not 0x%08lx",
		                        (unsigned long)magic, (unsigned long)SGN_REQ_SET_MAGIC));
	if (length != size)
		return invalid(
			err,
			sgn_fail(err, SGN_E_FORMAT,
		                 "requirement set: declared length %lu, but %zu bytes are there",
		                 (unsigned long)length, size));
	if (*entries > SGN_LIMIT_BLOBS)
		return invalid(err,
		               sgn_fail(err, SGN_E_LIMIT,
		                        "requirement set: %lu entries, more than the limit of %d",
		                        (unsigned long)*entries, SGN_LIMIT_BLOBS));
	if (INDEX_SIZE * (size_t)*entries > sgn_rd_left(rd))
		return invalid(err,
		               sgn_fail(err, SGN_E_FORMAT,
		                        "requirement set: an index of %lu entries does not fit in "
		                        "%zu bytes",
		                        (unsigned long)*entries, size));
	return 0;
}

/* The blob at offset: a magic and its own length, which must stay inside. */
static int read_blob(struct sgn_view set, size_t index_end, uint32_t offset, size_t number,
                     struct sgn_view *out, struct sgn_error *err)
{
	struct sgn_reader rd = sgn_rd_init(set);
	uint32_t length;

	sgn_rd_seek(&rd, offset);
	sgn_rd_skip(&rd, 4);
	length = sgn_rd_be32(&rd);
	if (offset < index_end || !sgn_rd_ok(&rd) || length < 8 ||
	    !sgn_view_slice(set, offset, length, out))
		return invalid(
			err, sgn_fail(err, SGN_E_FORMAT,
		                      "requirement set entry %zu: offset %lu, length %lu, outside "
		                      "bytes %zu to %zu",
		                      number, (unsigned long)offset, (unsigned long)length,
		                      index_end, set.size));
	return 0;
}

int sgn_req_set_read(struct sgn_view set, struct sgn_req_part parts[SGN_LIMIT_BLOBS], size_t *count,
                     struct sgn_error *err)
{
	struct sgn_reader rd = sgn_rd_init(set);
	uint32_t entries = 0;
	int rc = read_header(&rd, &entries, err);

	for (size_t i = 0; rc == 0 && i < entries; i++) {
		uint32_t type = sgn_rd_be32(&rd), offset = sgn_rd_be32(&rd);

		for (size_t k = 0; k < i; k++)
			if (parts[k].type == type)
				return invalid(err, sgn_fail(err, SGN_E_FORMAT,
				                             "requirement set: type %lu twice",
				                             (unsigned long)type));
		parts[i].type = type;
		rc = read_blob(set, SET_HEADER_SIZE + INDEX_SIZE * (size_t)entries, offset, i,
		               &parts[i].blob, err);
	}
	*count = entries;
	return rc;
}
