/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Synthetic Mach-O files for tests: made from a description, the same bytes every time. Plain C that
 * shares nothing with signer/macho, so that a mistake there is not repeated here.
 *
 *	struct mb_slice s = mb_arm64();
 *	s.filetype = 6;
 *	struct mb_image img = mb_build(&s);
 *	... img.data, img.size ...
 *	mb_free(&img);
 *
 * A file so made has __TEXT (sections __text and, if wished, __info_plist), __LINKEDIT, LC_SYMTAB,
 * LC_UUID, a version command and LC_CODE_SIGNATURE, each as far as it is asked for, in this order.
 */
#ifndef TESTS_SUPPORT_MACHO_BUILDER_H
#define TESTS_SUPPORT_MACHO_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct mb_slice - one image; begin with mb_arm64() or mb_x86_64() and change fields
 * @is32:       mach_header of 28 bytes, LC_SEGMENT
 * @big:        big-endian
 * @cputype:    and
 * @cpusubtype: any value; they need not fit @is32 and @big
 * @filetype:   2 executable, 6 dylib, 8 bundle, 1 object (one nameless segment, no __LINKEDIT), ...
 * @platform:   1 macOS, 2 iOS, ...; 0: no version command
 * @minos:      X.Y.Z as xxxx.yy.zz
 * @sdk:        likewise
 * @version_min: LC_VERSION_MIN_* instead of LC_BUILD_VERSION (platforms 1 to 4)
 * @has_uuid:   adds LC_UUID
 * @uuid:       its bytes
 * @info_plist: content of __TEXT,__info_plist; NULL: no such section
 * @header_pad: zero bytes between the last load command and __text; 16 are needed to add a signature
 * @text_size:  bytes of __text, filled with a pattern
 * @seed:       changes the pattern of __text
 * @no_linkedit: no __LINKEDIT and no LC_SYMTAB
 * @linkedit_size: bytes of link-edit data (symbols, strings) without the signature, at least 64;
 *              dataoff is where they end, so keep it a multiple of 16 for an ordinary file
 * @strtab_gap: bytes between the end of the string table and the end of @linkedit_size
 * @has_signature: adds LC_CODE_SIGNATURE; dataoff + datasize is the end of the slice
 * @signature:  its bytes; NULL: zeros
 * @signature_size: datasize
 * @extra:      raw load commands, in the byte order of the image, put behind all others
 * @extra_size: bytes of them
 * @extra_count: number of them
 */
struct mb_slice {
	bool is32, big;
	int32_t cputype, cpusubtype;
	uint32_t filetype;
	uint32_t platform, minos, sdk;
	bool version_min;
	bool has_uuid;
	uint8_t uuid[16];
	const char *info_plist;
	size_t header_pad;
	size_t text_size;
	uint32_t seed;
	bool no_linkedit;
	size_t linkedit_size;
	size_t strtab_gap;
	bool has_signature;
	const uint8_t *signature;
	size_t signature_size;
	const uint8_t *extra;
	size_t extra_size;
	uint32_t extra_count;
};

/* A file in memory. */
struct mb_image {
	uint8_t *data;
	size_t size;
};

/* An unsigned macOS executable of about 9 KiB of code, min 13.0, SDK 14.0, with UUID. */
struct mb_slice mb_arm64(void);
struct mb_slice mb_x86_64(void);

/* A thin file. Aborts when out of memory; free with mb_free(). */
struct mb_image mb_build(const struct mb_slice *slice);

/* A universal file; align is the exponent of every slice (14 as Apple's tools write it). */
struct mb_image mb_build_fat(const struct mb_slice *slices, size_t count, unsigned align,
                             bool fat64);

void mb_free(struct mb_image *img);

/* Where the first load command of that number begins in the file, for a slice that begins at
 * slice_at (0 for a thin file); 0 when there is none. For intact files only. */
size_t mb_find_cmd(const struct mb_image *img, size_t slice_at, uint32_t cmd);

/* Offset of slice i of a universal file (cafebabe). */
size_t mb_slice_offset(const struct mb_image *img, size_t i);

/* A number of 4 bytes anywhere in the file; headers of universal files are big. */
uint32_t mb_get32(const struct mb_image *img, size_t at, bool big);
void mb_put32(struct mb_image *img, size_t at, uint32_t value, bool big);

#endif
