/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mach-O as signing needs it. sgn_macho_read() parses header and load commands into plain values,
 * checking every offset once; the functions below it decide where a signature goes and write the new
 * header. Nothing here knows what a signature is made of. docs/format/macho.md has the rules.
 */
#ifndef SIGNER_MACHO_MACHO_H
#define SIGNER_MACHO_MACHO_H

#include "signer/base/arena.h"
#include "signer/base/buf.h"
#include "signer/base/file.h"

/* Apple's names and numbers, so that a reader can search for them. */
#define MH_MAGIC     0xfeedfaceu
#define MH_MAGIC_64  0xfeedfacfu
#define FAT_MAGIC    0xcafebabeu
#define FAT_MAGIC_64 0xcafebabfu

enum {
	MH_OBJECT = 1,
	MH_EXECUTE = 2,
	MH_PRELOAD = 5,
	MH_DYLIB = 6,
	MH_DYLINKER = 7,
	MH_BUNDLE = 8,
	MH_DSYM = 10,
	MH_KEXT_BUNDLE = 11
};

enum {
	CPU_TYPE_I386 = 7,
	CPU_TYPE_ARM = 12,
	CPU_TYPE_POWERPC = 18,
	CPU_TYPE_X86_64 = 0x01000007,
	CPU_TYPE_ARM64 = 0x0100000c,
	CPU_TYPE_ARM64_32 = 0x0200000c,
	CPU_TYPE_POWERPC64 = 0x01000012
};

enum {
	CPU_SUBTYPE_ARM64E = 2,
	CPU_SUBTYPE_MASK = 0x00ffffff /* without the capability bits */
};

enum {
	PLATFORM_UNKNOWN = 0, /* no version command */
	PLATFORM_MACOS = 1,
	PLATFORM_IOS = 2,
	PLATFORM_TVOS = 3,
	PLATFORM_WATCHOS = 4,
	PLATFORM_BRIDGEOS = 5,
	PLATFORM_MACCATALYST = 6,
	PLATFORM_IOSSIMULATOR = 7,
	PLATFORM_TVOSSIMULATOR = 8,
	PLATFORM_WATCHOSSIMULATOR = 9,
	PLATFORM_DRIVERKIT = 10,
	PLATFORM_VISIONOS = 11,
	PLATFORM_VISIONOSSIMULATOR = 12
};

enum sgn_file_kind {
	SGN_FILE_OTHER,
	SGN_FILE_MACHO,       /* thin, of a type that can be code */
	SGN_FILE_FAT,         /* universal, cafebabe */
	SGN_FILE_FAT64,       /* universal, cafebabf: read, never written */
	SGN_FILE_MACHO_OTHER, /* object, dSYM, core: Mach-O that carries no signature */
	SGN_FILE_ARCHIVE,     /* static library */
	SGN_FILE_SCRIPT       /* #! */
};

/* What a file is from its first bytes; a universal file is what its first slice is (a universal
 * static library is ARCHIVE). A Java class file, which shares cafebabe, is OTHER. Never fails: an
 * unreadable file is an error, an unknown one is OTHER, a damaged one is what it claims to be. */
int sgn_macho_sniff(const struct sgn_source *src, enum sgn_file_kind *out, struct sgn_error *err);

/* A segment, by the fields that signing needs. */
struct sgn_segment {
	char name[17];
	uint64_t vmaddr, vmsize, fileoff, filesize;
	uint32_t nsects;
	uint32_t cmd_at; /* where its load command begins, from the start of the slice */
};

struct sgn_slice {
	/* where it lies */
	uint64_t offset; /* in the file */
	uint64_t size;
	uint32_t align; /* exponent from the fat header; 0 for a thin file */

	/* mach_header */
	int32_t cputype;
	int32_t cpusubtype;     /* with capability bits */
	int32_t fat_cpusubtype; /* as the universal header has it; the same for a thin file */
	uint32_t filetype;
	uint32_t flags;
	uint32_t ncmds;
	uint32_t sizeofcmds;
	bool is64;
	bool little;   /* byte order of the slice */
	char arch[16]; /* "arm64", "x86_64", or "(7:15)" (cputype:cpusubtype) for unknown ones */

	struct sgn_view header; /* mach_header and all load commands, copied into the arena */
	uint32_t
		commands_end; /* where the last of ncmds ends, from the start of the slice; less than
				 * header.size when sizeofcmds claims more */
	bool zeros_follow;    /* 16 zero bytes lie behind header: room for a load command */

	const struct sgn_segment *segments;
	size_t segment_count;
	const struct sgn_segment *text;     /* __TEXT, or NULL */
	const struct sgn_segment *linkedit; /* __LINKEDIT, or NULL */

	/* LC_CODE_SIGNATURE */
	bool has_signature_cmd;
	uint32_t signature_cmd_at; /* from the start of the slice */
	uint32_t dataoff, datasize;
	struct sgn_view signature; /* datasize bytes, copied; empty without the command */

	uint64_t first_section_off; /* where load commands must end: the lowest offset of a section
				     * or of a segment that does not begin at 0; 0 without any */
	/* These two are sums of what the file claims and may lie outside of the slice. */
	uint64_t symtab_end;        /* LC_SYMTAB stroff + strsize; 0 without */
	uint64_t linkedit_data_end; /* end of everything that load commands place in __LINKEDIT,
				     * the signature aside; 0 when there is nothing */

	bool has_uuid;
	uint8_t uuid[16];

	/* first LC_BUILD_VERSION or LC_VERSION_MIN_* */
	bool has_version;
	uint32_t platform, minos, sdk; /* X.Y.Z as xxxx.yy.zz */

	struct sgn_view info_plist; /* __TEXT,__info_plist, copied; empty without */
	bool has_info_plist;
	struct sgn_view dylib_code_drs; /* LC_DYLIB_CODE_SIGN_DRS, copied; empty without */
};

struct sgn_macho {
	struct sgn_arena arena; /* owns everything the views above point to */
	uint64_t file_size;
	bool is_fat;
	bool is_fat64;         /* is_fat as well */
	bool has_hidden_slice; /* lipo -hideARM64: one fat_arch more than the count says; not read */
	struct sgn_slice *slices; /* in the order of the universal header */
	size_t count;
};

/*
 * Reads the whole model. Nothing of src is needed afterwards except its page bytes. Statuses:
 * SGN_E_FORMAT with arch and offset (-67049), SGN_E_UNSUPPORTED (not a Mach-O), SGN_E_LIMIT, SGN_E_IO.
 */
int sgn_macho_read(const struct sgn_source *src, struct sgn_macho *out, struct sgn_error *err);
void sgn_macho_dispose(struct sgn_macho *m);

/* The slice that stands for the file: on an Apple-silicon signing host arm64e, else arm64, else the
 * first; with intel_host x86_64 first. Never NULL for a file that was read.
 * (docs/format/macho.md, "native") */
const struct sgn_slice *sgn_macho_native(const struct sgn_macho *m, bool intel_host);

/* Slices in the order of Format= and of verification: by cputype, then fat_cpusubtype, both signed.
 * out has room for m->count pointers. */
void sgn_macho_sorted(const struct sgn_macho *m, const struct sgn_slice **out);

/* "arm64", "arm64e", "x86_64", "x86_64h", "i386", "armv7", "ppc", ...; NULL when there is no name. */
const char *sgn_arch_name(int32_t cputype, int32_t cpusubtype);

/* "Mach-O thin (arm64)" or "Mach-O universal (x86_64 arm64)". */
void sgn_macho_format_name(const struct sgn_macho *m, struct sgn_buf *out);

const char *sgn_platform_name(uint32_t platform); /* "macOS"; NULL when unknown */

/* Findings of strict validation (-67010), as text; NULL when the layout is sound. */
const char *sgn_macho_strict_problem(const struct sgn_macho *m, const struct sgn_source *src);

/* --- layout: where the signature goes ------------------------------------------------------- */

struct sgn_slice_layout {
	uint64_t new_offset; /* of the slice in the output file */
	uint64_t code_limit; /* bytes covered by page hashes = dataoff */
	uint64_t copy_size;  /* bytes taken from the input slice; zeros follow up to code_limit */
	uint32_t datasize;   /* 0 when the signature is removed */
	uint64_t new_size;   /* of the slice in the output file */
	struct sgn_view
		header; /* replaces the first header.size bytes of the slice; in the arena */
};

struct sgn_layout {
	struct sgn_arena arena;
	struct sgn_view fat_header; /* empty for a thin file */
	struct sgn_slice_layout *slices;
	size_t count;
	uint64_t file_size;
};

/* Bytes of code before the signature, as the size estimate needs them: dataoff of an existing
 * signature, else the slice's size (not padded). (docs/format/macho.md, "space") */
uint64_t sgn_slice_code_length(const struct sgn_slice *s);

/* Can this slice be signed at all? 0, or -67048/-67049 with the reason (file type, no __LINKEDIT,
 * no room for a load command, signature not at the end). */
int sgn_slice_can_sign(const struct sgn_slice *s, struct sgn_error *err);

/* datasizes[i]: space reserved for the signature of slice i, a multiple of 16.
 * (docs/format/macho.md) */
int sgn_layout_sign(const struct sgn_macho *m, const uint32_t *datasizes, struct sgn_layout *out,
                    struct sgn_error *err);

/* The same file without signatures. (docs/format/macho.md, "removing") */
int sgn_layout_remove(const struct sgn_macho *m, struct sgn_layout *out, struct sgn_error *err);

void sgn_layout_dispose(struct sgn_layout *l);

#endif
