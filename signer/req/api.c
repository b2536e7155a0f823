/* SPDX-License-Identifier: Apache-2.0 */
/* The public face of the room: <signet/requirement.h>. */
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/reader.h"
#include "signer/req/ops.h"
#include "signer/req/req.h"
#include <signet/requirement.h>

int sgn_requirement_compile(const char *text, size_t size, const char *identifier, uint8_t **blob,
                            size_t *blob_size, struct sgn_error *err)
{
	struct sgn_req_compile_options opts = {.self_identifier = identifier};
	struct sgn_buf out;
	int rc;

	sgn_buf_init(&out, SGN_LIMIT_REQUIREMENTS);
	rc = sgn_req_compile(sgn_view_of(text, size), &opts, &out, err);
	if (rc == 0)
		*blob = sgn_buf_take(&out, blob_size);
	sgn_buf_dispose(&out);
	return rc;
}

int sgn_requirement_print(const void *blob, size_t size, char **text, struct sgn_error *err)
{
	struct sgn_view in = sgn_view_of(blob, size);
	struct sgn_reader rd = sgn_rd_init(in);
	struct sgn_buf out;
	int rc;

	/* Text is longer than bytes: hexadecimal doubles, quoting may. */
	sgn_buf_init(&out, 4 * (size_t)SGN_LIMIT_REQUIREMENTS);
	if (sgn_rd_be32(&rd) == SGN_REQ_SET_MAGIC)
		rc = sgn_req_set_decompile(in, &out, err);
	else
		rc = sgn_req_decompile(in, &out, err);
	if (rc == 0)
		*text = (char *)sgn_buf_take(&out, NULL);
	sgn_buf_dispose(&out);
	return rc;
}

void sgn_bytes_free(void *p)
{
	sgn_free(p);
}
