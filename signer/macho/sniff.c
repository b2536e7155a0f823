/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is, from its first bytes. docs/format/macho.md, "what can be signed as Mach-O". */
#include "signer/base/limits.h"
#include "signer/base/reader.h"
#include "signer/macho/internal.h"

/* Enough for a universal header with one entry, and for a mach_header. */
#define HEAD_SIZE 64u

/* The version word of a Java class file, read as a slice count, is 45 (JDK 1.1) or more. */
#define JAVA_FIRST_VERSION 45u

struct head {
	uint8_t bytes[HEAD_SIZE];
	struct sgn_view view;
};

bool sgn_macho_magic(uint32_t magic, bool *is64, bool *little)
{
	static const struct {
		uint32_t magic;
		bool is64, little;
	} magics[] = {
		{MH_MAGIC, false, false},
		{MH_MAGIC_64, true, false},
		{0xcefaedfeu, false, true},
		{0xcffaedfeu, true, true},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(magics); i++) {
		if (magics[i].magic != magic)
			continue;
		*is64 = magics[i].is64;
		*little = magics[i].little;
		return true;
	}
	return false;
}

static int read_head(const struct sgn_source *src, uint64_t off, struct head *out,
                     struct sgn_error *err)
{
	uint64_t left = off < src->size ? src->size - off : 0;
	size_t len = left < HEAD_SIZE ? (size_t)left : HEAD_SIZE;

	out->view = sgn_view_of(out->bytes, len);
	return len ? sgn_source_read(src, off, out->bytes, len, err) : 0;
}

static enum sgn_file_kind kind_of_type(uint32_t filetype)
{
	switch (filetype) {
	case MH_EXECUTE:
	case MH_PRELOAD:
	case MH_DYLIB:
	case MH_DYLINKER:
	case MH_BUNDLE:
	case MH_KEXT_BUNDLE: return SGN_FILE_MACHO;
	default: return SGN_FILE_MACHO_OTHER;
	}
}

/* Anything but a universal file. */
static enum sgn_file_kind kind_of_image(struct sgn_view head)
{
	struct sgn_reader r = sgn_rd_init(head);
	bool is64;
	uint32_t filetype;

	if (sgn_view_starts_with(head, sgn_view_str("#!")))
		return SGN_FILE_SCRIPT;
	if (sgn_view_starts_with(head, sgn_view_str("!<arch>\n")))
		return SGN_FILE_ARCHIVE;
	if (!sgn_macho_magic(sgn_rd_be32(&r), &is64, &r.little))
		return SGN_FILE_OTHER;
	sgn_rd_skip(&r, 8);
	filetype = sgn_rd_u32(&r);
	/* Cut off before its type is told: let the reader complain, rather than sign a stump. */
	return sgn_rd_ok(&r) ? kind_of_type(filetype) : SGN_FILE_MACHO;
}

static int kind_of_fat(const struct sgn_source *src, struct sgn_view view, bool fat64,
                       enum sgn_file_kind *out, struct sgn_error *err)
{
	struct sgn_reader r = sgn_rd_init(view);
	struct head first;
	uint32_t count;
	uint64_t offset;
	enum sgn_file_kind inner;
	int rc;

	sgn_rd_skip(&r, 4);
	count = sgn_rd_be32(&r);
	sgn_rd_skip(&r, 8);
	offset = fat64 ? sgn_rd_be64(&r) : sgn_rd_be32(&r);
	if (!fat64 && count > SGN_LIMIT_FAT_SLICES)
		return 0;
	rc = read_head(src, sgn_rd_ok(&r) ? offset : src->size, &first, err);
	if (rc != 0)
		return rc;
	inner = kind_of_image(first.view);
	if (inner == SGN_FILE_ARCHIVE || inner == SGN_FILE_MACHO_OTHER)
		*out = inner;
	else if (inner == SGN_FILE_MACHO || fat64 || count < JAVA_FIRST_VERSION)
		*out = fat64 ? SGN_FILE_FAT64 : SGN_FILE_FAT;
	return 0;
}

int sgn_macho_sniff(const struct sgn_source *src, enum sgn_file_kind *out, struct sgn_error *err)
{
	struct head head;
	struct sgn_reader r;
	uint32_t magic;
	int rc;

	*out = SGN_FILE_OTHER;
	rc = read_head(src, 0, &head, err);
	if (rc != 0)
		return rc;
	r = sgn_rd_init(head.view);
	magic = sgn_rd_be32(&r);
	if (magic == FAT_MAGIC || magic == FAT_MAGIC_64)
		return kind_of_fat(src, head.view, magic == FAT_MAGIC_64, out, err);
	*out = kind_of_image(head.view);
	return 0;
}
