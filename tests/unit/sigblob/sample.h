/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CodeDirectories and SuperBlobs laid out by hand from docs/format/, without any code of the room
 * under test, so that tests have something to compare with and to damage.
 */
#ifndef TESTS_UNIT_SIGBLOB_SAMPLE_H
#define TESTS_UNIT_SIGBLOB_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "signer/base/view.h"

#define SAMPLE_IDENT   "com.example.tool"
#define SAMPLE_TEAM    "TEAM123456"
#define SAMPLE_RUNTIME 0x000d0100u

/* Bytes in the order of the file, for arrays. */
#define B16(v) (uint8_t)((v) >> 8), (uint8_t)(v)
#define B32(v) (uint8_t)((v) >> 24), (uint8_t)((v) >> 16), (uint8_t)((v) >> 8), (uint8_t)(v)
#define B64(v) B32((uint64_t)(v) >> 32), B32((uint64_t)(v)&0xffffffffu)
#define X4(b)  (b), (b), (b), (b)
#define X20(b) X4(b), X4(b), X4(b), X4(b), X4(b)
#define X32(b) X20(b), X4(b), X4(b), X4(b)

struct sample {
	uint8_t bytes[2048];
	size_t size;
};

struct sample_shape {
	uint32_t version;
	uint32_t flags;
	uint8_t hash_type, hash_size;
	uint32_t special_count; /* hash of slot n is filled with 0xa0 + n */
	uint32_t code_count;    /* hash of page i is filled with 0xc0 + i; pages of 4096 */
	bool team;
	bool scatter, pre_encrypt, linkage;
};

static inline struct sgn_view sample_view(const struct sample *s)
{
	return sgn_view_of(s->bytes, s->size);
}

void sample_put32(struct sample *s, size_t at, uint32_t v);
uint32_t sample_get32(const struct sample *s, size_t at);
void sample_dir(const struct sample_shape *shape, struct sample *out);

/* SHA-256 directory of version 0x20400, two special slots, two pages, no team. */
void sample_plain_dir(struct sample *out);

/* Appends an entry to a SuperBlob under construction; begin with sample_super(). The index has room
 * for the number of entries told there. */
void sample_super(struct sample *out, uint32_t count);
void sample_add(struct sample *out, uint32_t i, uint32_t type, struct sgn_view blob);

/* Requirements, entitlements, two CodeDirectories (SHA-1 and SHA-256), an empty CMS. */
void sample_full_signature(struct sample *out);

/* A small generator, so that mutation loops are the same everywhere. */
uint32_t sample_random(uint32_t *state);

#endif
