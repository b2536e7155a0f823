/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load commands -> model. Each command is cut out as a view first, so that no reader can leave it.
 * Numbers of bytes elsewhere in the slice are checked where they are used to copy something.
 */
#include <inttypes.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/reader.h"
#include "signer/macho/internal.h"

enum {
	LC_SYMTAB = 0x2,
	LC_DYSYMTAB = 0xb,
	LC_TWOLEVEL_HINTS = 0x16,
	LC_UUID = 0x1b,
	LC_SEGMENT_SPLIT_INFO = 0x1e,
	LC_DYLD_INFO = 0x22,
	LC_VERSION_MIN_MACOSX = 0x24,
	LC_VERSION_MIN_IPHONEOS = 0x25,
	LC_FUNCTION_STARTS = 0x26,
	LC_DATA_IN_CODE = 0x29,
	LC_DYLIB_CODE_SIGN_DRS = 0x2b,
	LC_LINKER_OPTIMIZATION_HINT = 0x2e,
	LC_VERSION_MIN_TVOS = 0x2f,
	LC_VERSION_MIN_WATCHOS = 0x30,
	LC_BUILD_VERSION = 0x32,
	LC_ATOM_INFO = 0x36,
	LC_FUNCTION_VARIANTS = 0x37,
	LC_FUNCTION_VARIANT_FIXUPS = 0x38
};

/* The high bit says that dyld must understand the command. */
#define LC_REQ_DYLD            0x80000000u
#define LC_DYLD_INFO_ONLY      (LC_REQ_DYLD | LC_DYLD_INFO)
#define LC_DYLD_EXPORTS_TRIE   (LC_REQ_DYLD | 0x33u)
#define LC_DYLD_CHAINED_FIXUPS (LC_REQ_DYLD | 0x34u)

#define SECTION_TYPE 0xffu

struct walk {
	const struct sgn_source *src;
	struct sgn_arena *arena;
	struct sgn_slice *s;
	struct sgn_segment *segments;
};

struct command {
	uint32_t cmd;
	uint32_t at;         /* from the start of the slice */
	struct sgn_reader r; /* the whole command; stands behind cmd and cmdsize */
};

struct section {
	char sectname[17], segname[17];
	uint64_t size;
	uint32_t offset, flags;
};

/* --- finding the commands --------------------------------------------------------------------- */

static int next_command(const struct sgn_slice *s, uint32_t at, struct command *out, uint32_t *next,
                        struct sgn_error *err)
{
	struct sgn_reader r = sgn_rd_init(s->header);
	struct sgn_view bytes;
	uint32_t cmdsize;
	int rc;

	r.little = s->little;
	out->at = at;
	r.base = (size_t)s->offset;
	sgn_rd_seek(&r, at);
	out->cmd = sgn_rd_u32(&r);
	cmdsize = sgn_rd_u32(&r);
	rc = sgn_rd_finish(&r, err, "load command");
	if (rc != 0)
		return rc;
	if (cmdsize < 8 || cmdsize % 4 != 0 || !sgn_view_slice(s->header, at, cmdsize, &bytes)) {
		rc = sgn_fail(err, SGN_E_FORMAT,
		              "load command 0x%x: size %u is not a multiple of 4 from 8 to the %zu "
		              "bytes left",
		              out->cmd, cmdsize, s->header.size - at);
		return sgn_error_at_offset(err, rc, s->offset + at);
	}
	out->r = sgn_rd_init(bytes);
	out->r.little = s->little;
	out->r.base = (size_t)s->offset + at;
	sgn_rd_skip(&out->r, 8);
	*next = at + cmdsize;
	return 0;
}

static int each_command(struct walk *w,
                        int (*fn)(struct walk *, struct command *, struct sgn_error *),
                        struct sgn_error *err)
{
	uint32_t at = sgn_mach_header_size(w->s->is64);
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < w->s->ncmds; i++) {
		struct command c;

		rc = next_command(w->s, at, &c, &at, err);
		if (rc == 0) {
			rc = fn(w, &c, err);
			if (rc == SGN_E_FORMAT || rc == SGN_E_LIMIT)
				sgn_error_at_offset(err, rc, w->s->offset + c.at);
		}
	}
	w->s->commands_end = at;
	return rc;
}

/* A copy of bytes that a command points to. */
static int copy_range(const struct walk *w, const char *what, uint64_t off, uint64_t size,
                      uint32_t limit, struct sgn_view *out, struct sgn_error *err)
{
	uint8_t *bytes;
	int rc;

	if (off > w->s->size || size > w->s->size - off)
		return sgn_fail(err, SGN_E_FORMAT,
		                "%s: %" PRIu64 " bytes at %" PRIu64
		                " lie outside the slice of %" PRIu64 " bytes",
		                what, size, off, w->s->size);
	if (size > limit)
		return sgn_fail(err, SGN_E_LIMIT, "%s: %" PRIu64 " bytes; the limit is %u", what,
		                size, limit);
	bytes = sgn_arena_alloc(w->arena, (size_t)size);
	if (!bytes)
		return sgn_fail_nomem(err);
	rc = sgn_source_read(w->src, w->s->offset + off, bytes, (size_t)size, err);
	if (rc == 0)
		*out = sgn_view_of(bytes, (size_t)size);
	return sgn_wrap(err, rc, "%s", what);
}

/* --- segments and sections -------------------------------------------------------------------- */

static uint64_t read_word(struct sgn_reader *r, bool is64)
{
	return is64 ? sgn_rd_u64(r) : sgn_rd_u32(r);
}

/* Load commands must end before the lowest thing that anything else places. */
static void note_first(struct sgn_slice *s, uint64_t off)
{
	if (off != 0 && (s->first_section_off == 0 || off < s->first_section_off))
		s->first_section_off = off;
}

/* A dSYM keeps the sections of its program, with sizes, in segments that hold nothing. */
static bool has_file_bytes(const struct sgn_segment *seg, const struct section *sect)
{
	enum { S_ZEROFILL = 0x1, S_GB_ZEROFILL = 0xc, S_THREAD_LOCAL_ZEROFILL = 0x12 };
	const uint32_t type = sect->flags & SECTION_TYPE;

	return seg->filesize != 0 && sect->offset != 0 && sect->size != 0 && type != S_ZEROFILL &&
	       type != S_GB_ZEROFILL && type != S_THREAD_LOCAL_ZEROFILL;
}

static void read_section(struct sgn_reader *r, bool is64, struct section *out)
{
	sgn_rd_fixed_str(r, out->sectname, 16);
	sgn_rd_fixed_str(r, out->segname, 16);
	read_word(r, is64); /* addr */
	out->size = read_word(r, is64);
	out->offset = sgn_rd_u32(r);
	sgn_rd_skip(r, 12); /* align, reloff, nreloc */
	out->flags = sgn_rd_u32(r);
	sgn_rd_skip(r, is64 ? 12 : 8);
}

static bool inside(const struct sgn_segment *seg, const struct section *sect)
{
	return sect->offset >= seg->fileoff && sect->size <= seg->filesize &&
	       sect->offset - seg->fileoff <= seg->filesize - sect->size;
}

static int use_section(struct walk *w, const struct sgn_segment *seg, const struct section *sect,
                       struct sgn_error *err)
{
	struct sgn_slice *s = w->s;

	if (!has_file_bytes(seg, sect))
		return 0;
	note_first(s, sect->offset);
	/* By the names that the section itself carries: an object file has one nameless segment. */
	if (s->has_info_plist || strcmp(sect->segname, "__TEXT") != 0 ||
	    strcmp(sect->sectname, "__info_plist") != 0)
		return 0;
	if (!inside(seg, sect))
		return sgn_fail(err, SGN_E_FORMAT,
		                "section __TEXT,__info_plist: %" PRIu64
		                " bytes at %u lie outside its segment",
		                sect->size, sect->offset);
	s->has_info_plist = true;
	return copy_range(w, "section __TEXT,__info_plist", sect->offset, sect->size,
	                  SGN_LIMIT_INFO_PLIST, &s->info_plist, err);
}

static int read_sections(struct walk *w, struct command *c, const struct sgn_segment *seg,
                         struct sgn_error *err)
{
	const bool is64 = w->s->is64;
	const uint64_t need = (uint64_t)seg->nsects * (is64 ? 80 : 68);

	if (need > sgn_rd_left(&c->r))
		return sgn_fail(err, SGN_E_FORMAT,
		                "segment %s: %u sections do not fit in its load command", seg->name,
		                seg->nsects);
	for (uint32_t i = 0; i < seg->nsects; i++) {
		struct section sect;
		int rc;

		read_section(&c->r, is64, &sect);
		rc = use_section(w, seg, &sect, err);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int check_segment(const struct sgn_slice *s, const struct sgn_segment *seg,
                         struct sgn_error *err)
{
	if (seg->filesize == 0 ||
	    (seg->fileoff <= s->size && seg->filesize <= s->size - seg->fileoff))
		return 0;
	return sgn_fail(err, SGN_E_FORMAT,
	                "segment %s: %" PRIu64 " bytes at %" PRIu64
	                " lie outside the slice of %" PRIu64 " bytes",
	                seg->name, seg->filesize, seg->fileoff, s->size);
}

static bool is_segment(uint32_t cmd)
{
	return cmd == LC_SEGMENT || cmd == LC_SEGMENT_64;
}

static int read_segment(struct walk *w, struct command *c, struct sgn_error *err)
{
	struct sgn_slice *s = w->s;
	struct sgn_segment *seg = &w->segments[s->segment_count];
	int rc;

	if ((c->cmd == LC_SEGMENT_64) != s->is64)
		return sgn_fail(err, SGN_E_FORMAT, "load command 0x%x in a %s-bit file", c->cmd,
		                s->is64 ? "64" : "32");
	seg->cmd_at = c->at;
	sgn_rd_fixed_str(&c->r, seg->name, 16);
	seg->vmaddr = read_word(&c->r, s->is64);
	seg->vmsize = read_word(&c->r, s->is64);
	seg->fileoff = read_word(&c->r, s->is64);
	seg->filesize = read_word(&c->r, s->is64);
	sgn_rd_skip(&c->r, 8); /* maxprot, initprot */
	seg->nsects = sgn_rd_u32(&c->r);
	sgn_rd_skip(&c->r, 4); /* flags */
	rc = sgn_rd_finish(&c->r, err, "segment command");
	if (rc == 0)
		rc = check_segment(s, seg, err);
	if (rc != 0)
		return rc;
	s->segment_count++;
	if (!s->text && strcmp(seg->name, "__TEXT") == 0)
		s->text = seg;
	if (!s->linkedit && strcmp(seg->name, "__LINKEDIT") == 0)
		s->linkedit = seg;
	if (seg->filesize != 0)
		note_first(s, seg->fileoff);
	return read_sections(w, c, seg, err);
}

/* --- the other commands ----------------------------------------------------------------------- */

static int read_signature(struct walk *w, struct command *c, struct sgn_error *err)
{
	struct sgn_slice *s = w->s;
	int rc;

	if (s->has_signature_cmd)
		return sgn_fail(err, SGN_E_FORMAT, "second LC_CODE_SIGNATURE; the first is at %u",
		                s->signature_cmd_at);
	if (c->r.in.size != SIGNATURE_CMD_SIZE)
		return sgn_fail(err, SGN_E_FORMAT, "LC_CODE_SIGNATURE of %zu bytes instead of %u",
		                c->r.in.size, SIGNATURE_CMD_SIZE);
	s->has_signature_cmd = true;
	s->signature_cmd_at = c->at;
	s->dataoff = sgn_rd_u32(&c->r);
	s->datasize = sgn_rd_u32(&c->r);
	rc = sgn_rd_finish(&c->r, err, "LC_CODE_SIGNATURE");
	if (rc != 0)
		return rc;
	if (s->dataoff < s->header.size)
		return sgn_fail(err, SGN_E_FORMAT,
		                "code signature at %u lies inside the load commands, which end at "
		                "%zu",
		                s->dataoff, s->header.size);
	return copy_range(w, "code signature", s->dataoff, s->datasize, SGN_LIMIT_SIGNATURE,
	                  &s->signature, err);
}

static int read_uuid(struct walk *w, struct command *c, struct sgn_error *err)
{
	struct sgn_view uuid = sgn_rd_bytes(&c->r, sizeof(w->s->uuid));
	int rc = sgn_rd_finish(&c->r, err, "LC_UUID");

	if (rc != 0 || w->s->has_uuid)
		return rc;
	memcpy(w->s->uuid, uuid.data, uuid.size);
	w->s->has_uuid = true;
	return 0;
}

static int read_version(struct walk *w, struct command *c, struct sgn_error *err)
{
	static const struct {
		uint32_t cmd, platform;
	} old[] = {
		{LC_VERSION_MIN_MACOSX, PLATFORM_MACOS},
		{LC_VERSION_MIN_IPHONEOS, PLATFORM_IOS},
		{LC_VERSION_MIN_TVOS, PLATFORM_TVOS},
		{LC_VERSION_MIN_WATCHOS, PLATFORM_WATCHOS},
	};
	struct sgn_slice *s = w->s;

	if (s->has_version)
		return 0;
	s->has_version = true;
	if (c->cmd == LC_BUILD_VERSION)
		s->platform = sgn_rd_u32(&c->r);
	for (size_t i = 0; i < SGN_ARRAY_LEN(old); i++)
		if (old[i].cmd == c->cmd)
			s->platform = old[i].platform;
	s->minos = sgn_rd_u32(&c->r);
	s->sdk = sgn_rd_u32(&c->r);
	return sgn_rd_finish(&c->r, err, "version command");
}

static int read_drs(struct walk *w, struct command *c, struct sgn_error *err)
{
	uint32_t off = sgn_rd_u32(&c->r);
	uint32_t size = sgn_rd_u32(&c->r);
	int rc = sgn_rd_finish(&c->r, err, "LC_DYLIB_CODE_SIGN_DRS");

	if (rc != 0 || w->s->dylib_code_drs.size != 0)
		return rc;
	return copy_range(w, "requirements of libraries", off, size, SGN_LIMIT_REQUIREMENTS,
	                  &w->s->dylib_code_drs, err);
}

static const struct {
	uint32_t cmd;
	int (*read)(struct walk *, struct command *, struct sgn_error *);
} readers[] = {
	{LC_SEGMENT, read_segment},
	{LC_SEGMENT_64, read_segment},
	{LC_CODE_SIGNATURE, read_signature},
	{LC_UUID, read_uuid},
	{LC_BUILD_VERSION, read_version},
	{LC_VERSION_MIN_MACOSX, read_version},
	{LC_VERSION_MIN_IPHONEOS, read_version},
	{LC_VERSION_MIN_TVOS, read_version},
	{LC_VERSION_MIN_WATCHOS, read_version},
	{LC_DYLIB_CODE_SIGN_DRS, read_drs},
};

/* Tables in __LINKEDIT: where a command keeps their offset and count, and the size of an element. */
static const struct {
	uint32_t cmd;
	uint8_t off_at, count_at;
	uint8_t elem32, elem64;
} tables[] = {
	{LC_SYMTAB, 8, 12, 12, 16},    /* symbols */
	{LC_SYMTAB, 16, 20, 1, 1},     /* strings */
	{LC_DYSYMTAB, 32, 36, 8, 8},   /* contents */
	{LC_DYSYMTAB, 40, 44, 52, 56}, /* modules */
	{LC_DYSYMTAB, 48, 52, 4, 4},   /* external references */
	{LC_DYSYMTAB, 56, 60, 4, 4},   /* indirect symbols */
	{LC_DYSYMTAB, 64, 68, 8, 8},   /* external relocations */
	{LC_DYSYMTAB, 72, 76, 8, 8},   /* local relocations */
	{LC_TWOLEVEL_HINTS, 8, 12, 4, 4},
	{LC_DYLD_INFO, 8, 12, 1, 1},  /* rebase */
	{LC_DYLD_INFO, 16, 20, 1, 1}, /* bind */
	{LC_DYLD_INFO, 24, 28, 1, 1}, /* weak bind */
	{LC_DYLD_INFO, 32, 36, 1, 1}, /* lazy bind */
	{LC_DYLD_INFO, 40, 44, 1, 1}, /* exports */
	{LC_DYLD_INFO_ONLY, 8, 12, 1, 1},
	{LC_DYLD_INFO_ONLY, 16, 20, 1, 1},
	{LC_DYLD_INFO_ONLY, 24, 28, 1, 1},
	{LC_DYLD_INFO_ONLY, 32, 36, 1, 1},
	{LC_DYLD_INFO_ONLY, 40, 44, 1, 1},
	{LC_SEGMENT_SPLIT_INFO, 8, 12, 1, 1},
	{LC_FUNCTION_STARTS, 8, 12, 1, 1},
	{LC_DATA_IN_CODE, 8, 12, 1, 1},
	{LC_DYLIB_CODE_SIGN_DRS, 8, 12, 1, 1},
	{LC_LINKER_OPTIMIZATION_HINT, 8, 12, 1, 1},
	{LC_DYLD_EXPORTS_TRIE, 8, 12, 1, 1},
	{LC_DYLD_CHAINED_FIXUPS, 8, 12, 1, 1},
	{LC_ATOM_INFO, 8, 12, 1, 1},
	{LC_FUNCTION_VARIANTS, 8, 12, 1, 1},
	{LC_FUNCTION_VARIANT_FIXUPS, 8, 12, 1, 1},
};

/* The end of one table; 32-bit numbers cannot overflow here. */
static uint64_t table_end(struct sgn_reader *r, size_t row, bool is64)
{
	uint64_t off, count;

	sgn_rd_seek(r, tables[row].off_at);
	off = sgn_rd_u32(r);
	sgn_rd_seek(r, tables[row].count_at);
	count = sgn_rd_u32(r);
	return count ? off + count * (is64 ? tables[row].elem64 : tables[row].elem32) : 0;
}

static int note_tables(struct walk *w, struct command *c, struct sgn_error *err)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(tables); i++) {
		uint64_t end;

		if (tables[i].cmd != c->cmd)
			continue;
		end = table_end(&c->r, i, w->s->is64);
		if (end > w->s->linkedit_data_end)
			w->s->linkedit_data_end = end;
		if (c->cmd == LC_SYMTAB && tables[i].elem64 == 1)
			w->s->symtab_end = end;
	}
	return sgn_rd_finish(&c->r, err, "load command for __LINKEDIT data");
}

static int read_command(struct walk *w, struct command *c, struct sgn_error *err)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(readers); i++) {
		int rc;

		if (readers[i].cmd != c->cmd)
			continue;
		rc = readers[i].read(w, c, err);
		if (rc != 0)
			return rc;
	}
	return note_tables(w, c, err);
}

static int count_segment(struct walk *w, struct command *c, struct sgn_error *err)
{
	if (!is_segment(c->cmd))
		return 0;
	if (w->s->segment_count == SGN_LIMIT_SEGMENTS)
		return sgn_fail(err, SGN_E_LIMIT, "more than %u segments",
		                (unsigned)SGN_LIMIT_SEGMENTS);
	w->s->segment_count++;
	return 0;
}

int sgn_slice_read_commands(const struct sgn_source *src, struct sgn_arena *arena,
                            struct sgn_slice *s, struct sgn_error *err)
{
	struct walk w = {.src = src, .arena = arena, .s = s};
	int rc = each_command(&w, count_segment, err);

	if (rc != 0)
		return rc;
	w.segments = sgn_arena_array(arena, s->segment_count, sizeof(*w.segments));
	if (!w.segments)
		return sgn_fail_nomem(err);
	s->segments = w.segments;
	s->segment_count = 0;
	return each_command(&w, read_command, err);
}
