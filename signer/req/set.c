/* SPDX-License-Identifier: Apache-2.0 */
/* Requirement sets. docs/format/requirements.md, "Sets" */
#include "signer/req/opreader.h"
#include "signer/req/req.h"
#include "signer/req/setblob.h"

#define TYPE_DESIGNATED 3

const char *sgn_req_type_name(uint32_t type)
{
	static const char *const names[] = {"invalid",    "host",    "guest",
	                                    "designated", "library", "plugin"};

	return type < SGN_ARRAY_LEN(names) ? names[type] : NULL;
}

int sgn_req_set_find(struct sgn_view set, uint32_t type, struct sgn_view *out,
                     struct sgn_error *err)
{
	struct sgn_req_part parts[SGN_LIMIT_BLOBS];
	size_t count = 0;
	int rc = set.size ? sgn_req_set_read(set, parts, &count, err) : 0;

	*out = SGN_VIEW_EMPTY;
	for (size_t i = 0; rc == 0 && i < count; i++)
		if (parts[i].type == type)
			*out = parts[i].blob;
	return rc;
}

int sgn_req_set_count(struct sgn_view set, uint32_t *count, struct sgn_error *err)
{
	struct sgn_req_part parts[SGN_LIMIT_BLOBS];
	size_t entries = 0;
	int rc = set.size ? sgn_req_set_read(set, parts, &entries, err) : 0;

	*count = rc == 0 ? (uint32_t)entries : 0;
	return rc;
}

int sgn_req_set_make(struct sgn_view explicit_set, struct sgn_view designated, struct sgn_buf *out,
                     struct sgn_error *err)
{
	struct sgn_req_part parts[SGN_LIMIT_BLOBS];
	size_t count = 0, start = out->size;
	bool has_designated = false;
	int rc = 0;

	if (explicit_set.size)
		rc = sgn_req_set_read(explicit_set, parts, &count, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		has_designated |= parts[i].type == TYPE_DESIGNATED;
	if (designated.size && !has_designated) {
		if (count == SGN_LIMIT_BLOBS)
			return sgn_fail(
				err, SGN_E_LIMIT,
				"requirement set: no room for the designated requirement beside "
				"%d others",
				SGN_LIMIT_BLOBS);
		parts[count++] = (struct sgn_req_part){TYPE_DESIGNATED, designated};
	}
	sgn_req_set_write(out, parts, count);
	return sgn_req_append_done(out, start, 0, err);
}

int sgn_req_set_wrap(struct sgn_view single, uint32_t type, struct sgn_buf *out,
                     struct sgn_error *err)
{
	struct sgn_req_part part = {type, single};
	size_t start = out->size;
	struct sgn_reader rd;
	uint32_t form;
	int rc = sgn_opreader_open(single, &rd, &form, err);

	if (rc < 0)
		return rc;
	sgn_req_set_write(out, &part, 1);
	return sgn_req_append_done(out, start, 0, err);
}

static int print_entry(const struct sgn_req_part *part, struct sgn_buf *out, struct sgn_error *err)
{
	const char *name = sgn_req_type_name(part->type);
	int rc;

	if (name)
		sgn_wr_fmt(out, "%s => ", name);
	else
		sgn_wr_fmt(out, "/*unknown type*/ %lu => ", (unsigned long)part->type);
	rc = sgn_req_decompile(part->blob, out, err);
	sgn_wr_u8(out, '\n');
	if (name)
		return sgn_wrap(err, rc, "%s", name);
	return sgn_wrap(err, rc, "type %lu", (unsigned long)part->type);
}

int sgn_req_set_decompile(struct sgn_view blob, struct sgn_buf *out, struct sgn_error *err)
{
	struct sgn_req_part parts[SGN_LIMIT_BLOBS];
	size_t count = 0, start = out->size;
	int rc = sgn_req_set_read(blob, parts, &count, err);

	if (rc < 0)
		return rc;
	if (count == 0)
		sgn_wr_str(out, "# no requirement(s)\n");
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = print_entry(&parts[i], out, err);
	return sgn_req_append_done(out, start, rc, err);
}
