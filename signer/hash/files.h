/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole contents of files: several digests in one pass over the bytes, and many contents at once. They
 * share the lanes of the kernels: whenever one ends, the next one takes its place.
 */
#ifndef SIGNER_HASH_FILES_H
#define SIGNER_HASH_FILES_H

#include "signer/hash/digest.h"

/* Which digests are wanted, by bit. Others are SGN_E_UNSUPPORTED. */
#define SGN_WANT_SHA1   (1u << SGN_DIGEST_SHA1)
#define SGN_WANT_SHA256 (1u << SGN_DIGEST_SHA256)
#define SGN_WANT_SHA384 (1u << SGN_DIGEST_SHA384)

struct sgn_file_hashes {
	struct sgn_digest_bytes sha1, sha256, sha384; /* size 0: not asked for */
};

/* Copies the digests that are there. */
void sgn_file_hashes_merge(struct sgn_file_hashes *into, const struct sgn_file_hashes *from);

/* n contents of any lengths, out[i] for messages[i]. */
int sgn_hash_many(const struct sgn_view *messages, size_t n, unsigned wanted,
                  struct sgn_file_hashes *out, struct sgn_error *err);

/* The same for contents that come in pieces, while they are read. */
#define SGN_FEED_LANES 16 /* the most that there can be */
#define SGN_FEED_PIECE_UNIT \
	64 /* every piece but the last of a content is a multiple of it, and not empty */

struct sgn_feed_piece {
	struct sgn_view bytes; /* borrowed until the lane asks again */
	bool first;            /* a new content; one that was not ended is dropped */
	bool last;             /* the content ends with these bytes */
	bool none;             /* the lane gets nothing any more */
};

struct sgn_feed {
	void *arg;
	/* What comes next on a lane: more of its content, or a new one. *out is zeroed before. A failure
	 * ends everything. */
	int (*next)(void *arg, unsigned lane, struct sgn_feed_piece *out, struct sgn_error *err);
	/* The lane's content has ended. */
	void (*done)(void *arg, unsigned lane, const struct sgn_file_hashes *hashes);
};

/* How many lanes one feed gets; each has its number below that. */
unsigned sgn_feed_lanes(unsigned wanted);

/* lanes: at most sgn_feed_lanes(). */
int sgn_hash_feed(const struct sgn_feed *feed, unsigned lanes, unsigned wanted,
                  struct sgn_error *err);

#endif
