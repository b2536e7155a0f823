/* SPDX-License-Identifier: Apache-2.0 */
/* The table of a universal file. docs/format/macho.md, "universal files". */
#include <inttypes.h>

#include "signer/base/limits.h"
#include "signer/base/reader.h"
#include "signer/macho/internal.h"

#define FAT_HEADER_SIZE 8u

/* The table is read with room for the entry that lipo -hideARM64 leaves uncounted. */
#define TABLE_MAX (FAT_HEADER_SIZE + (SGN_LIMIT_FAT_SLICES + 1) * 32)

static size_t entry_size(bool fat64)
{
	return fat64 ? 32 : 20;
}

static void read_entry(struct sgn_reader *r, bool fat64, struct sgn_slice *out)
{
	out->cputype = (int32_t)sgn_rd_be32(r);
	out->fat_cpusubtype = (int32_t)sgn_rd_be32(r);
	out->offset = fat64 ? sgn_rd_be64(r) : sgn_rd_be32(r);
	out->size = fat64 ? sgn_rd_be64(r) : sgn_rd_be32(r);
	out->align = sgn_rd_be32(r);
	if (fat64)
		sgn_rd_skip(r, 4);
	sgn_arch_text(out->cputype, out->fat_cpusubtype, out->arch);
}

static bool overlap(const struct sgn_slice *a, const struct sgn_slice *b)
{
	return a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

/* Inside the file, behind the table, apart from the slices before it. */
static int check_entry(const struct sgn_macho *m, size_t i, uint64_t table_end,
                       struct sgn_error *err)
{
	const struct sgn_slice *s = &m->slices[i];

	if (s->offset < table_end)
		return sgn_fail(err, SGN_E_FORMAT,
		                "slice begins at %" PRIu64 ", inside the universal header",
		                s->offset);
	if (s->offset > m->file_size || s->size > m->file_size - s->offset)
		return sgn_fail(err, SGN_E_FORMAT,
		                "slice of %" PRIu64 " bytes at %" PRIu64
		                " lies outside the file of %" PRIu64 " bytes",
		                s->size, s->offset, m->file_size);
	for (size_t k = 0; k < i; k++)
		if (overlap(s, &m->slices[k]))
			return sgn_fail(err, SGN_E_FORMAT,
			                "slice at %" PRIu64 " overlaps the %s slice at %" PRIu64,
			                s->offset, m->slices[k].arch, m->slices[k].offset);
	return 0;
}

/* One entry behind the counted ones that looks like a slice and not like padding. */
static bool hidden_slice(struct sgn_reader r, const struct sgn_macho *m)
{
	struct sgn_slice s = {0};

	read_entry(&r, m->is_fat64, &s);
	return sgn_rd_ok(&r) && s.cputype == CPU_TYPE_ARM64 && s.size != 0 &&
	       s.offset <= m->file_size && s.size <= m->file_size - s.offset;
}

static int read_table(struct sgn_reader *r, struct sgn_macho *m, struct sgn_error *err)
{
	const uint64_t table_end = FAT_HEADER_SIZE + m->count * entry_size(m->is_fat64);
	int rc;

	for (size_t i = 0; i < m->count; i++)
		read_entry(r, m->is_fat64, &m->slices[i]);
	rc = sgn_rd_finish(r, err, "universal header");
	for (size_t i = 0; rc == 0 && i < m->count; i++) {
		rc = check_entry(m, i, table_end, err);
		sgn_error_at_arch(err, rc, m->slices[i].arch);
		sgn_error_at_offset(err, rc, FAT_HEADER_SIZE + i * entry_size(m->is_fat64));
	}
	if (rc == 0 && m->slices[0].offset >= table_end + entry_size(m->is_fat64))
		m->has_hidden_slice = hidden_slice(*r, m);
	return rc;
}

int sgn_fat_read(const struct sgn_source *src, struct sgn_macho *m, struct sgn_error *err)
{
	uint8_t bytes[TABLE_MAX];
	size_t len = m->file_size < TABLE_MAX ? (size_t)m->file_size : TABLE_MAX;
	struct sgn_reader r = sgn_rd_init(sgn_view_of(bytes, len));
	uint32_t count;
	int rc;

	rc = sgn_source_read(src, 0, bytes, len, err);
	if (rc != 0)
		return rc;
	m->is_fat = true;
	m->is_fat64 = sgn_rd_be32(&r) == FAT_MAGIC_64;
	count = sgn_rd_be32(&r);
	if (count > SGN_LIMIT_FAT_SLICES) {
		rc = sgn_fail(err, SGN_E_LIMIT, "universal file of %u slices; the limit is %u",
		              count, (unsigned)SGN_LIMIT_FAT_SLICES);
		return sgn_error_at_offset(err, rc, 4);
	}
	if (sgn_rd_ok(&r) && count == 0) {
		rc = sgn_fail(err, SGN_E_FORMAT, "universal file without slices");
		return sgn_error_at_offset(err, rc, 4);
	}
	m->count = count;
	m->slices = sgn_arena_array(&m->arena, count, sizeof(*m->slices));
	if (!m->slices)
		return sgn_fail_nomem(err);
	return read_table(&r, m, err);
}
