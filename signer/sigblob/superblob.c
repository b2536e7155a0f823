/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sigblob/superblob.h"

#include <string.h>

#include "signer/base/reader.h"

#define SUPERBLOB_HEADER 12
#define INDEX_ENTRY      8

static uint64_t index_end(uint32_t count)
{
	return SUPERBLOB_HEADER + (uint64_t)INDEX_ENTRY * count;
}

static int bad_entry(const struct sgn_superblob *sb, uint32_t i, const char *why,
                     struct sgn_error *err)
{
	const struct sgn_superblob_entry *e = &sb->entries[i];
	int rc = sgn_fail(err, SGN_E_FORMAT, "superblob entry %u (type 0x%x, offset %u): %s", i,
	                  e->type, e->offset, why);

	return sgn_error_at_offset(err, rc, index_end(i));
}

/* An offset of 0 does not say "none": the kernel would take the superblob itself for the part. */
static int read_entry(struct sgn_superblob *sb, uint32_t i, struct sgn_error *err)
{
	struct sgn_superblob_entry *e = &sb->entries[i];
	int rc;

	if (e->offset < index_end(sb->count))
		return bad_entry(sb, i, "lies inside the index", err);
	if (e->offset >= sb->blob.size)
		return bad_entry(sb, i, "lies outside the superblob", err);
	rc = sgn_blob_read(sgn_view_from(sb->blob, e->offset), &e->magic, &e->blob, err);
	if (rc && err)
		err->offset += e->offset;
	return sgn_wrap(err, rc, "superblob entry %u (type 0x%x)", i, e->type);
}

static bool overlap(const struct sgn_superblob_entry *a, const struct sgn_superblob_entry *b)
{
	return a->offset < b->offset + (uint64_t)b->blob.size &&
	       b->offset < a->offset + (uint64_t)a->blob.size;
}

static int compare_with_earlier(const struct sgn_superblob *sb, uint32_t i, struct sgn_error *err)
{
	for (uint32_t k = 0; k < i; k++) {
		if (sb->entries[k].type == sb->entries[i].type)
			return bad_entry(sb, i, "the type is there twice", err);
		if (overlap(&sb->entries[k], &sb->entries[i]))
			return bad_entry(sb, i, "overlaps an earlier entry", err);
	}
	return 0;
}

static int read_entries(struct sgn_superblob *sb, struct sgn_error *err)
{
	uint64_t filled = index_end(sb->count);
	int rc;

	for (uint32_t i = 0; i < sb->count; i++) {
		rc = read_entry(sb, i, err);
		if (rc)
			return rc;
		rc = compare_with_earlier(sb, i, err);
		if (rc)
			return rc;
		filled += sb->entries[i].blob.size;
	}
	/* Nothing overlaps, so the sizes add up to the whole only when there is no gap. */
	sb->tiles = filled == sb->blob.size;
	return 0;
}

static int read_index(struct sgn_superblob *sb, struct sgn_error *err)
{
	struct sgn_reader r = sgn_rd_init(sb->blob);
	int rc;

	sgn_rd_skip(&r, 8);
	sb->count = sgn_rd_be32(&r);
	rc = sgn_rd_finish(&r, err, "superblob header");
	if (rc)
		return rc;
	if (index_end(sb->count) > sb->blob.size) {
		rc = sgn_fail(err, SGN_E_FORMAT,
		              "superblob: an index of %u entries does not fit into %zu bytes",
		              sb->count, sb->blob.size);
		return sgn_error_at_offset(err, rc, 8);
	}
	if (sb->count > SGN_LIMIT_BLOBS) {
		rc = sgn_fail(err, SGN_E_LIMIT, "superblob: %u entries, at most %u are read",
		              sb->count, SGN_LIMIT_BLOBS);
		return sgn_error_at_offset(err, rc, 8);
	}
	for (uint32_t i = 0; i < sb->count; i++) {
		sb->entries[i].type = sgn_rd_be32(&r);
		sb->entries[i].offset = sgn_rd_be32(&r);
	}
	return 0;
}

static int read_superblob(struct sgn_view in, uint32_t want_magic, struct sgn_superblob *out,
                          struct sgn_error *err)
{
	int rc = sgn_blob_read(in, &out->magic, &out->blob, err);

	if (rc)
		return rc;
	if (want_magic != 0 && out->magic != want_magic) {
		rc = sgn_fail(err, SGN_E_FORMAT, "superblob: magic 0x%08x, expected 0x%08x",
		              out->magic, want_magic);
		return sgn_error_at_offset(err, rc, 0);
	}
	rc = read_index(out, err);
	return rc ? rc : read_entries(out, err);
}

int sgn_superblob_read(struct sgn_view in, uint32_t want_magic, struct sgn_superblob *out,
                       struct sgn_error *err)
{
	int rc;

	*out = (struct sgn_superblob){0};
	rc = read_superblob(in, want_magic, out, err);
	if (rc)
		*out = (struct sgn_superblob){0};
	return sgn_error_osstatus(err, rc, errSecCSSignatureInvalid);
}

struct sgn_view sgn_superblob_find(const struct sgn_superblob *sb, uint32_t type)
{
	for (uint32_t i = 0; i < sb->count; i++)
		if (sb->entries[i].type == type)
			return sb->entries[i].blob;
	return SGN_VIEW_EMPTY;
}

void sgn_superblob_maker_init(struct sgn_superblob_maker *m, uint32_t magic)
{
	*m = (struct sgn_superblob_maker){.magic = magic};
}

/* Kept in ascending order of types, so that writing is one pass. */
void sgn_superblob_add(struct sgn_superblob_maker *m, uint32_t type, struct sgn_view blob)
{
	uint32_t at = 0;

	while (at < m->count && m->parts[at].type < type)
		at++;
	if (at < m->count && m->parts[at].type == type) {
		m->parts[at].blob = blob;
		return;
	}
	if (m->count == SGN_LIMIT_BLOBS) {
		m->bad = true;
		return;
	}
	memmove(&m->parts[at + 1], &m->parts[at], (m->count - at) * sizeof(m->parts[0]));
	m->parts[at].type = type;
	m->parts[at].blob = blob;
	m->count++;
}

uint64_t sgn_superblob_size(const struct sgn_superblob_maker *m)
{
	uint64_t size = index_end(m->count);

	for (uint32_t i = 0; i < m->count; i++)
		size += m->parts[i].blob.size;
	return size;
}

/* A part whose own length is wrong would make the whole unreadable. */
static int check_part(const struct sgn_superblob_maker *m, uint32_t i, struct sgn_error *err)
{
	struct sgn_view part = m->parts[i].blob;
	struct sgn_view blob = SGN_VIEW_EMPTY;
	uint32_t magic;

	if (sgn_blob_read(part, &magic, &blob, NULL) == 0 && blob.size == part.size)
		return 0;
	return sgn_fail(err, SGN_E_INTERNAL, "superblob part of type 0x%x: %zu bytes are no blob",
	                m->parts[i].type, part.size);
}

static int check_maker(const struct sgn_superblob_maker *m, struct sgn_error *err)
{
	uint64_t size = sgn_superblob_size(m);
	int rc = 0;

	if (m->bad)
		return sgn_fail(err, SGN_E_LIMIT, "superblob: more than %u parts", SGN_LIMIT_BLOBS);
	if (size > UINT32_MAX)
		return sgn_fail(err, SGN_E_LIMIT,
		                "superblob: %llu bytes do not fit its 32-bit length",
		                (unsigned long long)size);
	for (uint32_t i = 0; rc == 0 && i < m->count; i++)
		rc = check_part(m, i, err);
	return rc;
}

int sgn_superblob_write(const struct sgn_superblob_maker *m, struct sgn_buf *out,
                        struct sgn_error *err)
{
	uint64_t offset = index_end(m->count);
	int rc = check_maker(m, err);

	if (rc)
		return rc;
	sgn_wr_be32(out, m->magic);
	sgn_wr_be32(out, (uint32_t)sgn_superblob_size(m));
	sgn_wr_be32(out, m->count);
	for (uint32_t i = 0; i < m->count; i++) {
		sgn_wr_be32(out, m->parts[i].type);
		sgn_wr_be32(out, (uint32_t)offset);
		offset += m->parts[i].blob.size;
	}
	for (uint32_t i = 0; i < m->count; i++)
		sgn_wr_view(out, m->parts[i].blob);
	return sgn_buf_finish(out, err, "superblob");
}
