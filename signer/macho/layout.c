/* SPDX-License-Identifier: Apache-2.0 */
/* Where the signature goes. docs/format/macho.md, "LC_CODE_SIGNATURE", "removing", "universal". */
#include <inttypes.h>

#include "signer/base/limits.h"
#include "signer/base/num.h"
#include "signer/macho/internal.h"

/* Universal files are written with this alignment, whatever they came with. */
#define FAT_ALIGN_EXPONENT 14u
#define FAT_ALIGN          ((uint64_t)1 << FAT_ALIGN_EXPONENT)

/* A signature may end this much before the slice does. */
#define END_TOLERANCE 7u

/* Linkers round the signature's place up to 16, and string tables to 4 at least. */
#define MAX_SYMTAB_GAP 12u

uint64_t sgn_slice_code_length(const struct sgn_slice *s)
{
	return s->has_signature_cmd ? s->dataoff : s->size;
}

/* --- may it be done? -------------------------------------------------------------------------- */

static int check_type(const struct sgn_slice *s, struct sgn_error *err)
{
	static const struct {
		uint32_t type;
		bool can_sign;
		const char *name;
	} types[] = {
		{MH_EXECUTE, true, "executable"},
		{MH_DYLIB, true, "dynamic library"},
		{MH_DYLINKER, true, "dynamic linker"},
		{MH_BUNDLE, true, "bundle"},
		{MH_KEXT_BUNDLE, true, "kernel extension"},
		{MH_OBJECT, false, "object file"},
		{3, false, "fixed VM library"},
		{4, false, "core dump"},
		{MH_PRELOAD, false, "preloaded executable"},
		{9, false, "library stub"},
		{MH_DSYM, false, "debug symbols"},
		{12, false, "file set"},
	};
	const char *name = "unknown";

	for (size_t i = 0; i < SGN_ARRAY_LEN(types); i++) {
		if (types[i].type != s->filetype)
			continue;
		if (types[i].can_sign)
			return 0;
		name = types[i].name;
	}
	return sgn_error_osstatus(err,
	                          sgn_fail(err, SGN_E_UNSUPPORTED,
	                                   "file type %u (%s) does not support code signing",
	                                   s->filetype, name),
	                          errSecCSInternalError);
}

static int damaged(const struct sgn_slice *s, struct sgn_error *err, int rc)
{
	sgn_error_osstatus(err, rc, errSecCSBadObjectFormat);
	return sgn_error_at_offset(err, rc,
	                           s->offset + (s->has_signature_cmd ? s->signature_cmd_at : 0));
}

static int check_signature_end(const struct sgn_slice *s, struct sgn_error *err)
{
	const uint64_t end = (uint64_t)s->dataoff + s->datasize;
	int rc;

	if (end + END_TOLERANCE >= s->size)
		return 0;
	rc = sgn_fail(err, SGN_E_FORMAT,
	              "the code signature ends at %" PRIu64 ", but the slice ends at %" PRIu64
	              ": something was appended after signing",
	              end, s->size);
	sgn_error_cure(err, rc,
	               "take the file as the linker made it; if data must be appended, append it "
	               "before signing and let __LINKEDIT cover it");
	return damaged(s, err, rc);
}

/* The signature makes __LINKEDIT longer: no other segment may lie in its way. */
static int check_linkedit_last(const struct sgn_slice *s, struct sgn_error *err)
{
	for (size_t i = 0; i < s->segment_count; i++) {
		const struct sgn_segment *seg = &s->segments[i];

		if (seg == s->linkedit || seg->filesize == 0 ||
		    seg->fileoff + seg->filesize <= s->linkedit->fileoff)
			continue;
		return damaged(s, err,
		               sgn_fail(err, SGN_E_FORMAT,
		                        "segment %s ends at %" PRIu64
		                        ", behind the beginning of __LINKEDIT at %" PRIu64,
		                        seg->name, seg->fileoff + seg->filesize,
		                        s->linkedit->fileoff));
	}
	return 0;
}

int sgn_slice_check_end(const struct sgn_slice *s, struct sgn_error *err)
{
	const uint64_t code_end = sgn_slice_code_length(s);
	int rc;

	if (!s->linkedit) {
		rc = sgn_fail(err, SGN_E_UNSUPPORTED,
		              "there is no __LINKEDIT segment to hold a code signature");
		sgn_error_cure(err, rc, "link again without options that leave out __LINKEDIT");
		return sgn_error_osstatus(err, rc, errSecCSInternalError);
	}
	rc = check_linkedit_last(s, err);
	if (rc == 0 && s->has_signature_cmd)
		rc = check_signature_end(s, err);
	if (rc != 0)
		return rc;
	if (code_end < s->linkedit->fileoff)
		return damaged(s, err,
		               sgn_fail(err, SGN_E_FORMAT,
		                        "the code signature at %" PRIu64
		                        " lies before __LINKEDIT at %" PRIu64,
		                        code_end, s->linkedit->fileoff));
	if (s->linkedit_data_end > code_end)
		return damaged(s, err,
		               sgn_fail(err, SGN_E_FORMAT,
		                        "link-edit data ends at %" PRIu64
		                        ", beyond the end of the code at %" PRIu64,
		                        s->linkedit_data_end, code_end));
	return 0;
}

/* Apple's tool does not count the mach_header and does not look at the bytes.
 * (docs/format/macho.md, "adding") */
static int check_room(const struct sgn_slice *s, struct sgn_error *err)
{
	const uint64_t need = (uint64_t)s->header.size + SIGNATURE_CMD_SIZE;
	int rc;

	if (s->commands_end != s->header.size)
		return damaged(s, err,
		               sgn_fail(err, SGN_E_FORMAT,
		                        "the %u load commands end at %u, but sizeofcmds says %zu",
		                        s->ncmds, s->commands_end, s->header.size));
	if (s->first_section_off != 0 && need > s->first_section_off)
		rc = sgn_fail(
			err, SGN_E_UNSUPPORTED,
			"no room for LC_CODE_SIGNATURE: the load commands end at %zu, the first "
			"section begins at %" PRIu64 ", and %u bytes are needed",
			s->header.size, s->first_section_off, SIGNATURE_CMD_SIZE);
	else if (!s->zeros_follow)
		rc = sgn_fail(
			err, SGN_E_UNSUPPORTED,
			"no room for LC_CODE_SIGNATURE: the %u bytes behind the load commands "
			"at %zu are in use",
			SIGNATURE_CMD_SIZE, s->header.size);
	else
		return 0;
	sgn_error_cure(err, rc,
	               "link again with -headerpad 0x1000 (through the compiler: "
	               "-Wl,-headerpad,0x1000), or remove a load command that is not needed, for "
	               "instance with install_name_tool -delete_rpath");
	sgn_error_osstatus(err, rc, errSecCSInternalError);
	return sgn_error_at_offset(err, rc, s->offset + s->header.size);
}

int sgn_slice_can_sign(const struct sgn_slice *s, struct sgn_error *err)
{
	int rc = check_type(s, err);

	if (rc == 0)
		rc = sgn_slice_check_end(s, err);
	if (rc == 0 && !s->has_signature_cmd)
		rc = check_room(s, err);
	return sgn_error_at_arch(err, rc, s->arch);
}

/* --- one slice -------------------------------------------------------------------------------- */

static int too_large(uint64_t size, struct sgn_error *err)
{
	int rc = sgn_fail(err, SGN_E_LIMIT,
	                  "the signed file would have %" PRIu64 " bytes; Mach-O offsets end at %u",
	                  size, SGN_LIMIT_FILE);

	return sgn_error_osstatus(err, rc, errSecCSInternalError);
}

static int sign_slice(const struct sgn_slice *s, uint32_t datasize, struct sgn_arena *arena,
                      struct sgn_slice_layout *out, struct sgn_error *err)
{
	uint64_t code_limit = sgn_slice_code_length(s);
	int rc = sgn_slice_can_sign(s, err);

	if (rc != 0)
		return rc;
	if (datasize == 0 || datasize % 16 != 0)
		return sgn_fail(err, SGN_E_INTERNAL, "signature size %u is no multiple of 16",
		                datasize);
	out->copy_size = code_limit;
	/* A place once chosen stays, aligned or not; a new one is aligned by zeros, which are code. */
	if (!s->has_signature_cmd && !sgn_align_u64(code_limit, 16, &code_limit))
		return too_large(code_limit, err);
	out->code_limit = code_limit;
	out->datasize = datasize;
	out->new_size = code_limit + datasize;
	if (out->new_size > SGN_LIMIT_FILE)
		return too_large(out->new_size, err);
	return sgn_edit_set_signature(s, (uint32_t)code_limit, datasize, arena, &out->header, err);
}

/* Undoes the padding that aligned the signature, where the string table tells how much it was. */
static uint64_t end_without_signature(const struct sgn_slice *s)
{
	const uint64_t end = s->symtab_end;

	if (end < s->dataoff && s->dataoff - end <= MAX_SYMTAB_GAP && end >= s->linkedit_data_end &&
	    end >= s->linkedit->fileoff && end >= s->header.size)
		return end;
	return s->dataoff;
}

static int strip_slice(const struct sgn_slice *s, struct sgn_arena *arena,
                       struct sgn_slice_layout *out, struct sgn_error *err)
{
	int rc;

	if (!s->has_signature_cmd) {
		out->code_limit = out->copy_size = out->new_size = s->size;
		if (!sgn_arena_copy(arena, s->header, &out->header))
			return sgn_fail_nomem(err);
		return 0;
	}
	rc = sgn_slice_check_end(s, err);
	if (rc != 0)
		return sgn_error_at_arch(err, rc, s->arch);
	out->new_size = end_without_signature(s);
	out->code_limit = out->copy_size = out->new_size;
	return sgn_edit_remove_signature(s, out->new_size, arena, &out->header, err);
}

/* --- the whole file --------------------------------------------------------------------------- */

static int check_fat(const struct sgn_macho *m, struct sgn_error *err)
{
	int rc;

	if (!m->is_fat64 && !m->has_hidden_slice)
		return 0;
	if (m->is_fat64)
		rc = sgn_fail(err, SGN_E_UNSUPPORTED,
		              "64-bit universal files (cafebabf) are read but not written");
	else
		rc = sgn_fail(err, SGN_E_UNSUPPORTED,
		              "the universal file has a hidden arm64 slice, which would be lost");
	sgn_error_cure(err, rc,
	               "take the slices out with lipo -thin and join them again with lipo -create");
	sgn_error_osstatus(err, rc, errSecCSInternalError);
	return sgn_error_at_offset(err, rc, 0);
}

/* Offsets of the slices, in the order of the input. */
static int place(const struct sgn_macho *m, struct sgn_layout *l, struct sgn_error *err)
{
	uint64_t end = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct sgn_slice_layout *sl = &l->slices[i];

		if (m->is_fat && !sgn_align_u64(end ? end : 1, FAT_ALIGN, &sl->new_offset))
			return too_large(end, err);
		end = sl->new_offset + sl->new_size;
		if (end > SGN_LIMIT_FILE)
			return too_large(end, err);
	}
	l->file_size = end;
	return 0;
}

static int write_fat_header(const struct sgn_macho *m, struct sgn_layout *l, struct sgn_error *err)
{
	struct sgn_buf b;
	int rc;

	sgn_buf_init(&b, FAT_ALIGN);
	sgn_wr_be32(&b, FAT_MAGIC);
	sgn_wr_be32(&b, (uint32_t)l->count);
	for (size_t i = 0; i < l->count; i++) {
		sgn_wr_be32(&b, (uint32_t)m->slices[i].cputype);
		sgn_wr_be32(&b, (uint32_t)m->slices[i].fat_cpusubtype);
		sgn_wr_be32(&b, (uint32_t)l->slices[i].new_offset);
		sgn_wr_be32(&b, (uint32_t)l->slices[i].new_size);
		sgn_wr_be32(&b, FAT_ALIGN_EXPONENT);
	}
	rc = sgn_buf_finish(&b, err, "universal header");
	if (rc == 0 && !sgn_arena_copy(&l->arena, sgn_buf_view(&b), &l->fat_header))
		rc = sgn_fail_nomem(err);
	sgn_buf_dispose(&b);
	return rc;
}

/* datasizes: NULL to remove. */
static int make_layout(const struct sgn_macho *m, const uint32_t *datasizes, struct sgn_layout *out,
                       struct sgn_error *err)
{
	int rc = check_fat(m, err);

	*out = (struct sgn_layout){.count = m->count};
	if (rc != 0)
		return rc;
	out->slices = sgn_arena_array(&out->arena, m->count, sizeof(*out->slices));
	if (!out->slices)
		return sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < m->count; i++) {
		if (datasizes)
			rc = sign_slice(&m->slices[i], datasizes[i], &out->arena, &out->slices[i],
			                err);
		else
			rc = strip_slice(&m->slices[i], &out->arena, &out->slices[i], err);
	}
	if (rc == 0)
		rc = place(m, out, err);
	if (rc == 0 && m->is_fat)
		rc = write_fat_header(m, out, err);
	return rc;
}

int sgn_layout_sign(const struct sgn_macho *m, const uint32_t *datasizes, struct sgn_layout *out,
                    struct sgn_error *err)
{
	int rc = make_layout(m, datasizes, out, err);

	if (rc != 0)
		sgn_layout_dispose(out);
	return rc;
}

int sgn_layout_remove(const struct sgn_macho *m, struct sgn_layout *out, struct sgn_error *err)
{
	int rc = make_layout(m, NULL, out, err);

	if (rc != 0)
		sgn_layout_dispose(out);
	return rc;
}

void sgn_layout_dispose(struct sgn_layout *l)
{
	sgn_arena_dispose(&l->arena);
	*l = (struct sgn_layout){0};
}
