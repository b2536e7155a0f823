/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs and SuperBlobs: magic, length, payload; an index of typed blobs.
 * (docs/format/superblob.md) */
#ifndef SIGNER_SIGBLOB_SUPERBLOB_H
#define SIGNER_SIGBLOB_SUPERBLOB_H

#include "signer/base/buf.h"
#include "signer/base/limits.h"
#include "signer/sigblob/cs_format.h"

/* Checks the 8-byte header; *blob is exactly the declared length (input may be longer).
 * SGN_E_FORMAT with the offset, without an OSStatus: that depends on what the blob was to be. */
int sgn_blob_read(struct sgn_view in, uint32_t *magic, struct sgn_view *blob,
                  struct sgn_error *err);

/* The payload behind the header of a blob that was read. */
struct sgn_view sgn_blob_payload(struct sgn_view blob);

/* Appends magic, length, payload. */
void sgn_blob_write(struct sgn_buf *out, uint32_t magic, struct sgn_view payload);

struct sgn_superblob_entry {
	uint32_t type;
	uint32_t offset;
	uint32_t magic;       /* of the entry's blob */
	struct sgn_view blob; /* whole, with header; borrowed from the input */
};

struct sgn_superblob {
	uint32_t magic;
	struct sgn_view blob; /* whole, cut to the declared length */
	uint32_t count;
	struct sgn_superblob_entry entries[SGN_LIMIT_BLOBS]; /* in index order */
	bool tiles; /* the blobs touch each other and fill everything: no gap, no overlap */
};

/*
 * Strict where the kernel is: every blob inside, behind the index; no type twice; no overlap.
 * want_magic 0 accepts any. SGN_E_FORMAT with offset and -67045; SGN_E_LIMIT.
 */
int sgn_superblob_read(struct sgn_view in, uint32_t want_magic, struct sgn_superblob *out,
                       struct sgn_error *err);

/* The blob of a type, or the empty view. */
struct sgn_view sgn_superblob_find(const struct sgn_superblob *sb, uint32_t type);

/* Building: parts are borrowed until written. Adding a type again replaces the earlier part. */
struct sgn_superblob_maker {
	uint32_t magic;
	uint32_t count;
	struct {
		uint32_t type;
		struct sgn_view blob;
	} parts[SGN_LIMIT_BLOBS];
	bool bad;
};

void sgn_superblob_maker_init(struct sgn_superblob_maker *m, uint32_t magic);
void sgn_superblob_add(struct sgn_superblob_maker *m, uint32_t type, struct sgn_view blob);
uint64_t sgn_superblob_size(const struct sgn_superblob_maker *m);

/* Index sorted by type, payloads in the same order, no padding. */
int sgn_superblob_write(const struct sgn_superblob_maker *m, struct sgn_buf *out,
                        struct sgn_error *err);

/* "Info.plist", "requirements", ...: the name of a special slot or SuperBlob type, for messages. */
const char *sgn_slot_name(uint32_t type);

#endif
