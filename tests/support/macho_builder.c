/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/macho_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CMD_SEGMENT = 0x1,
	CMD_SYMTAB = 0x2,
	CMD_SEGMENT_64 = 0x19,
	CMD_UUID = 0x1b,
	CMD_CODE_SIGNATURE = 0x1d,
	CMD_BUILD_VERSION = 0x32,
	FILETYPE_OBJECT = 1,
	SYMBOLS = 2
};

struct out {
	uint8_t *data;
	size_t size;
	size_t cap;
	bool big;
};

/* Where things lie, worked out before the first byte is written. */
struct plan {
	uint32_t ncmds;
	size_t header_size, cmds_size;
	size_t text_at, plist_at, plist_size, text_end; /* text_end: also filesize of __TEXT */
	size_t linkedit_at, linkedit_end, end;
	bool linkedit;
};

/* Not assert(): that is gone from optimised builds. */
static void require(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "macho_builder: %s\n", what);
		abort();
	}
}

static void *need(void *p)
{
	require(p != NULL, "out of memory");
	return p;
}

static size_t align_up(size_t v, size_t to)
{
	return (v + to - 1) / to * to;
}

static void put(struct out *o, const void *bytes, size_t len)
{
	if (o->size + len > o->cap) {
		o->cap = (o->size + len) * 2;
		o->data = need(realloc(o->data, o->cap));
	}
	if (len && bytes)
		memcpy(o->data + o->size, bytes, len);
	else if (len)
		memset(o->data + o->size, 0, len);
	o->size += len;
}

/* Of exactly the right size, so that a sanitizer sees a read beyond the end. */
static struct mb_image finish(struct out *o)
{
	return (struct mb_image){need(realloc(o->data, o->size)), o->size};
}

static void store(uint8_t *at, uint64_t v, size_t width, bool big)
{
	for (size_t i = 0; i < width; i++)
		at[big ? width - 1 - i : i] = (uint8_t)(v >> (8 * i));
}

static void put_uint(struct out *o, uint64_t v, size_t width)
{
	uint8_t bytes[8];

	store(bytes, v, width, o->big);
	put(o, bytes, width);
}

static void put32(struct out *o, uint64_t v)
{
	put_uint(o, v, 4);
}

static void put_name(struct out *o, const char *name)
{
	char field[16] = {0};

	memcpy(field, name, strlen(name));
	put(o, field, sizeof(field));
}

static void pad_to(struct out *o, size_t at)
{
	require(at >= o->size, "parts overlap");
	put(o, NULL, at - o->size);
}

struct mb_slice mb_arm64(void)
{
	struct mb_slice s = {
		.cputype = 0x0100000c,
		.filetype = 2,
		.platform = 1,
		.minos = 0x000d0000,
		.sdk = 0x000e0000,
		.has_uuid = true,
		.header_pad = 256,
		.text_size = 9001,
		.seed = 1,
		.linkedit_size = 256,
		.signature_size = 64,
	};

	for (size_t i = 0; i < sizeof(s.uuid); i++)
		s.uuid[i] = (uint8_t)(0xa0 + i);
	return s;
}

struct mb_slice mb_x86_64(void)
{
	struct mb_slice s = mb_arm64();

	s.cputype = 0x01000007;
	s.cpusubtype = 3;
	s.seed = 2;
	s.uuid[0] = 0xb0;
	return s;
}

static size_t segment_cmd_size(const struct mb_slice *s, size_t sections)
{
	return s->is32 ? 56 + 68 * sections : 72 + 80 * sections;
}

static void count_cmd(struct plan *p, size_t size)
{
	p->ncmds++;
	p->cmds_size += size;
}

static struct plan make_plan(const struct mb_slice *s)
{
	/* ARM pages are four times as large; text ends on a page. */
	const size_t page = (s->cputype & 0xff) == 12 ? 0x4000 : 0x1000;
	struct plan p = {.header_size = s->is32 ? 28 : 32};

	p.linkedit = !s->no_linkedit && s->filetype != FILETYPE_OBJECT;
	count_cmd(&p, segment_cmd_size(s, s->info_plist ? 2 : 1));
	if (p.linkedit) {
		count_cmd(&p, segment_cmd_size(s, 0));
		count_cmd(&p, 24);
	}
	if (s->has_uuid)
		count_cmd(&p, 24);
	if (s->platform)
		count_cmd(&p, s->version_min ? 16 : 24);
	if (s->has_signature)
		count_cmd(&p, 16);
	p.ncmds += s->extra_count;
	p.cmds_size += s->extra_size;

	p.text_at = p.header_size + p.cmds_size + s->header_pad;
	p.plist_at = p.text_at + s->text_size;
	p.plist_size = s->info_plist ? strlen(s->info_plist) : 0;
	p.text_end = align_up(p.plist_at + p.plist_size, page);
	p.linkedit_at = p.text_end;
	p.linkedit_end = p.linkedit_at + (p.linkedit ? s->linkedit_size : 0);
	p.end = p.linkedit_end + (s->has_signature ? s->signature_size : 0);
	return p;
}

static void put_segment(struct out *o, const struct mb_slice *s, const char *name, size_t fileoff,
                        size_t filesize, uint32_t nsects)
{
	const size_t word = s->is32 ? 4 : 8;

	put32(o, s->is32 ? CMD_SEGMENT : CMD_SEGMENT_64);
	put32(o, segment_cmd_size(s, nsects));
	put_name(o, name);
	put_uint(o, fileoff + 0x100000, word); /* vmaddr */
	put_uint(o, align_up(filesize, 0x4000), word);
	put_uint(o, fileoff, word);
	put_uint(o, filesize, word);
	put32(o, 7); /* maxprot */
	put32(o, 5); /* initprot */
	put32(o, nsects);
	put32(o, 0);
}

static void put_section(struct out *o, const struct mb_slice *s, const char *name, size_t at,
                        size_t size)
{
	const size_t word = s->is32 ? 4 : 8;

	put_name(o, name);
	put_name(o, "__TEXT");
	put_uint(o, at + 0x100000, word);
	put_uint(o, size, word);
	put32(o, at);
	put32(o, 0);                           /* align */
	put32(o, 0);                           /* reloff */
	put32(o, 0);                           /* nreloc */
	put32(o, 0);                           /* flags */
	put(o, NULL, 8 + (s->is32 ? 0u : 4u)); /* reserved */
}

static void put_symtab(struct out *o, const struct mb_slice *s, const struct plan *p)
{
	const size_t stroff = p->linkedit_at + SYMBOLS * (s->is32 ? 12u : 16u);

	put32(o, CMD_SYMTAB);
	put32(o, 24);
	put32(o, p->linkedit_at);
	put32(o, SYMBOLS);
	put32(o, stroff);
	put32(o, p->linkedit_end - s->strtab_gap - stroff);
}

static void put_version(struct out *o, const struct mb_slice *s)
{
	static const uint32_t min_cmds[] = {0, 0x24, 0x25, 0x2f, 0x30};

	if (s->version_min) {
		require(s->platform < sizeof(min_cmds) / sizeof(min_cmds[0]), "platform");
		put32(o, min_cmds[s->platform]);
		put32(o, 16);
	} else {
		put32(o, CMD_BUILD_VERSION);
		put32(o, 24);
		put32(o, s->platform);
	}
	put32(o, s->minos);
	put32(o, s->sdk);
	if (!s->version_min)
		put32(o, 0); /* ntools */
}

static void put_header(struct out *o, const struct mb_slice *s, const struct plan *p)
{
	put32(o, s->is32 ? 0xfeedfaceu : 0xfeedfacfu);
	put32(o, (uint32_t)s->cputype);
	put32(o, (uint32_t)s->cpusubtype);
	put32(o, s->filetype);
	put32(o, p->ncmds);
	put32(o, p->cmds_size);
	put32(o, 0x00200085); /* flags: PIE, TWOLEVEL, DYLDLINK, NOUNDEFS */
	if (!s->is32)
		put32(o, 0);
}

static void put_commands(struct out *o, const struct mb_slice *s, const struct plan *p)
{
	put_segment(o, s, s->filetype == FILETYPE_OBJECT ? "" : "__TEXT", 0, p->text_end,
	            s->info_plist ? 2 : 1);
	put_section(o, s, "__text", p->text_at, s->text_size);
	if (s->info_plist)
		put_section(o, s, "__info_plist", p->plist_at, p->plist_size);
	if (p->linkedit) {
		put_segment(o, s, "__LINKEDIT", p->linkedit_at, p->end - p->linkedit_at, 0);
		put_symtab(o, s, p);
	}
	if (s->has_uuid) {
		put32(o, CMD_UUID);
		put32(o, 24);
		put(o, s->uuid, sizeof(s->uuid));
	}
	if (s->platform)
		put_version(o, s);
	if (s->has_signature) {
		put32(o, CMD_CODE_SIGNATURE);
		put32(o, 16);
		put32(o, p->linkedit_end);
		put32(o, s->signature_size);
	}
	put(o, s->extra, s->extra_size);
}

/* Never zero, so that a test sees what was copied and what was filled. */
static void put_pattern(struct out *o, size_t len, uint32_t seed)
{
	uint32_t state = seed * 2654435761u + 1;

	for (size_t i = 0; i < len; i++) {
		uint8_t byte;

		state = state * 1664525u + 1013904223u;
		byte = (uint8_t)(state >> 24 | 1);
		put(o, &byte, 1);
	}
}

struct mb_image mb_build(const struct mb_slice *s)
{
	struct plan p = make_plan(s);
	struct out o = {.big = s->big};

	put_header(&o, s, &p);
	put_commands(&o, s, &p);
	pad_to(&o, p.text_at);
	put_pattern(&o, s->text_size, s->seed);
	put(&o, s->info_plist, p.plist_size);
	pad_to(&o, p.text_end);
	if (p.linkedit) {
		put_pattern(&o, s->linkedit_size - s->strtab_gap, s->seed + 1000);
		pad_to(&o, p.linkedit_end);
	}
	if (s->has_signature)
		put(&o, s->signature, s->signature_size);
	return finish(&o);
}

struct mb_image mb_build_fat(const struct mb_slice *slices, size_t count, unsigned align,
                             bool fat64)
{
	struct mb_image *parts = need(calloc(count + 1, sizeof(*parts)));
	struct out o = {.big = true};
	size_t word = fat64 ? 8 : 4;
	size_t at = 8 + count * (fat64 ? 32u : 20u);

	put32(&o, fat64 ? 0xcafebabfu : 0xcafebabeu);
	put32(&o, count);
	for (size_t i = 0; i < count; i++) {
		parts[i] = mb_build(&slices[i]);
		at = align_up(at, (size_t)1 << align);
		put32(&o, (uint32_t)slices[i].cputype);
		put32(&o, (uint32_t)slices[i].cpusubtype);
		put_uint(&o, at, word);
		put_uint(&o, parts[i].size, word);
		put32(&o, align);
		if (fat64)
			put32(&o, 0);
		at += parts[i].size;
	}
	for (size_t i = 0; i < count; i++) {
		pad_to(&o, align_up(o.size, (size_t)1 << align));
		put(&o, parts[i].data, parts[i].size);
		mb_free(&parts[i]);
	}
	free(parts);
	return finish(&o);
}

void mb_free(struct mb_image *img)
{
	free(img->data);
	*img = (struct mb_image){0};
}

uint32_t mb_get32(const struct mb_image *img, size_t at, bool big)
{
	uint32_t v = 0;

	require(at + 4 <= img->size, "place outside of the file");
	for (size_t i = 0; i < 4; i++)
		v = v << 8 | img->data[big ? at + i : at + 3 - i];
	return v;
}

void mb_put32(struct mb_image *img, size_t at, uint32_t value, bool big)
{
	require(at + 4 <= img->size, "place outside of the file");
	store(img->data + at, value, 4, big);
}

size_t mb_find_cmd(const struct mb_image *img, size_t slice_at, uint32_t cmd)
{
	const bool big = img->data[slice_at] == 0xfe;
	const uint32_t magic = mb_get32(img, slice_at, big);
	const uint32_t ncmds = mb_get32(img, slice_at + 16, big);
	size_t at = slice_at + (magic == 0xfeedfaceu ? 28 : 32);

	for (uint32_t i = 0; i < ncmds; i++) {
		if (mb_get32(img, at, big) == cmd)
			return at;
		at += mb_get32(img, at + 4, big);
	}
	return 0;
}

size_t mb_slice_offset(const struct mb_image *img, size_t i)
{
	return mb_get32(img, 8 + 20 * i + 8, true);
}
