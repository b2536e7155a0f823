/* SPDX-License-Identifier: Apache-2.0 */
/* A Mach-O file -> the model of macho.h: file, slices, mach_header. */
#include <errno.h>
#include <inttypes.h>

#include "signer/base/limits.h"
#include "signer/base/reader.h"
#include "signer/macho/internal.h"

/* errSecErrnoBase: errno values as OSStatus. */
#define OSSTATUS_ENOEXEC (100000 + ENOEXEC)

static int read_mach_header(const struct sgn_source *src, struct sgn_slice *s,
                            struct sgn_error *err)
{
	uint8_t bytes[32];
	size_t len = s->size < sizeof(bytes) ? (size_t)s->size : sizeof(bytes);
	struct sgn_reader r = sgn_rd_init(sgn_view_of(bytes, len));
	int rc = len ? sgn_source_read(src, s->offset, bytes, len, err) : 0;

	if (rc != 0)
		return rc;
	r.base = (size_t)s->offset;
	if (!sgn_macho_magic(sgn_rd_be32(&r), &s->is64, &s->little))
		return sgn_fail(err, SGN_E_FORMAT, "slice does not begin with a Mach-O magic");
	r.little = s->little;
	s->cputype = (int32_t)sgn_rd_u32(&r);
	s->cpusubtype = (int32_t)sgn_rd_u32(&r);
	s->filetype = sgn_rd_u32(&r);
	s->ncmds = sgn_rd_u32(&r);
	s->sizeofcmds = sgn_rd_u32(&r);
	s->flags = sgn_rd_u32(&r);
	if (s->is64)
		sgn_rd_skip(&r, 4);
	return sgn_rd_finish(&r, err, "mach_header");
}

/* Before anything is allocated: a count or a size may claim anything. */
static int check_commands_size(const struct sgn_slice *s, struct sgn_error *err)
{
	const uint32_t header = sgn_mach_header_size(s->is64);

	if (s->sizeofcmds > s->size - header)
		return sgn_fail(err, SGN_E_FORMAT,
		                "load commands of %u bytes reach beyond the slice of %" PRIu64
		                " bytes",
		                s->sizeofcmds, s->size);
	if (s->ncmds > s->sizeofcmds / 8)
		return sgn_fail(err, SGN_E_FORMAT, "%u load commands cannot fit in %u bytes",
		                s->ncmds, s->sizeofcmds);
	if (s->sizeofcmds > SGN_LIMIT_LOAD_CMDS || s->ncmds > SGN_LIMIT_NCMDS)
		return sgn_fail(err, SGN_E_LIMIT,
		                "%u load commands of %u bytes; the limits are %u and %u", s->ncmds,
		                s->sizeofcmds, (unsigned)SGN_LIMIT_NCMDS,
		                (unsigned)SGN_LIMIT_LOAD_CMDS);
	return 0;
}

static int load_header(const struct sgn_source *src, struct sgn_arena *arena, struct sgn_slice *s,
                       struct sgn_error *err)
{
	const size_t len = sgn_mach_header_size(s->is64) + (size_t)s->sizeofcmds;
	uint8_t after[SIGNATURE_CMD_SIZE];
	uint8_t *bytes = sgn_arena_alloc(arena, len);
	int rc;

	if (!bytes)
		return sgn_fail_nomem(err);
	rc = sgn_source_read(src, s->offset, bytes, len, err);
	if (rc != 0)
		return rc;
	s->header = sgn_view_of(bytes, len);
	if (s->size - len < sizeof(after))
		return 0;
	rc = sgn_source_read(src, s->offset + len, after, sizeof(after), err);
	s->zeros_follow = rc == 0 && sgn_view_is_zero(sgn_view_of(after, sizeof(after)));
	return rc;
}

/* The kernel takes the slice by the table and then looks at the header: they must agree. */
static int check_cputype(const struct sgn_slice *s, int32_t claimed, struct sgn_error *err)
{
	if (s->cputype == claimed)
		return 0;
	return sgn_fail(err, SGN_E_FORMAT,
	                "universal header says cputype %d, the slice says cputype %d", claimed,
	                s->cputype);
}

int sgn_slice_read(const struct sgn_source *src, struct sgn_macho *m, struct sgn_slice *s,
                   struct sgn_error *err)
{
	const int32_t claimed = s->cputype;
	int rc = read_mach_header(src, s, err);

	if (rc == 0 && !m->is_fat)
		s->fat_cpusubtype = s->cpusubtype;
	else if (rc == 0)
		rc = check_cputype(s, claimed, err);
	if (rc == 0) {
		sgn_arch_text(s->cputype, s->cpusubtype, s->arch);
		rc = check_commands_size(s, err);
	}
	if (rc == SGN_E_FORMAT || rc == SGN_E_LIMIT)
		sgn_error_at_offset(err, rc, s->offset);
	if (rc == 0)
		rc = load_header(src, &m->arena, s, err);
	if (rc == 0)
		rc = sgn_slice_read_commands(src, &m->arena, s, err);
	return sgn_error_at_arch(err, rc, s->arch);
}

static int check_same_type(const struct sgn_macho *m, struct sgn_error *err)
{
	for (size_t i = 1; i < m->count; i++) {
		const struct sgn_slice *s = &m->slices[i];
		int rc;

		if (s->filetype == m->slices[0].filetype)
			continue;
		rc = sgn_fail(err, SGN_E_FORMAT, "file type %u, but the %s slice has file type %u",
		              s->filetype, m->slices[0].arch, m->slices[0].filetype);
		if (err)
			err->sys = ENOEXEC;
		sgn_error_osstatus(err, rc, OSSTATUS_ENOEXEC);
		sgn_error_at_arch(err, rc, s->arch);
		return sgn_error_at_offset(err, rc, s->offset);
	}
	return 0;
}

static int prepare_thin(struct sgn_macho *m, struct sgn_error *err)
{
	m->slices = sgn_arena_array(&m->arena, 1, sizeof(*m->slices));
	if (!m->slices)
		return sgn_fail_nomem(err);
	m->count = 1;
	m->slices[0].size = m->file_size;
	return 0;
}

static int prepare(const struct sgn_source *src, struct sgn_macho *m, struct sgn_error *err)
{
	enum sgn_file_kind kind;
	int rc = sgn_macho_sniff(src, &kind, err);

	if (rc != 0)
		return rc;
	switch (kind) {
	case SGN_FILE_OTHER:
	case SGN_FILE_SCRIPT: return sgn_fail(err, SGN_E_UNSUPPORTED, "not a Mach-O file");
	case SGN_FILE_ARCHIVE:
		return sgn_fail(err, SGN_E_UNSUPPORTED, "a static library, not a Mach-O file");
	default: break;
	}
	if (m->file_size > SGN_LIMIT_FILE)
		return sgn_fail(err, SGN_E_LIMIT,
		                "file of %" PRIu64 " bytes; Mach-O offsets end at %u", m->file_size,
		                SGN_LIMIT_FILE);
	return 0;
}

static int read_file(const struct sgn_source *src, struct sgn_macho *m, struct sgn_error *err)
{
	uint8_t magic[4];
	int rc = prepare(src, m, err);

	if (rc == 0)
		rc = sgn_source_read(src, 0, magic, sizeof(magic), err);
	if (rc != 0)
		return rc;
	/* Only universal magics begin like this. */
	rc = magic[0] == FAT_MAGIC >> 24 ? sgn_fat_read(src, m, err) : prepare_thin(m, err);
	for (size_t i = 0; rc == 0 && i < m->count; i++)
		rc = sgn_slice_read(src, m, &m->slices[i], err);
	return rc != 0 ? rc : check_same_type(m, err);
}

int sgn_macho_read(const struct sgn_source *src, struct sgn_macho *out, struct sgn_error *err)
{
	int rc;

	*out = (struct sgn_macho){.file_size = src->size};
	rc = read_file(src, out, err);
	if (rc == SGN_E_FORMAT || rc == SGN_E_LIMIT || rc == SGN_E_UNSUPPORTED)
		sgn_error_osstatus(err, rc, errSecCSBadObjectFormat);
	if (rc != 0)
		sgn_macho_dispose(out);
	return rc;
}

void sgn_macho_dispose(struct sgn_macho *m)
{
	sgn_arena_dispose(&m->arena);
	*m = (struct sgn_macho){0};
}
