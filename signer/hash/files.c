/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/hash/files.h"

#include <stddef.h>

#include "signer/base/compiler.h"
#include "signer/hash/evp.h"
#include "signer/hash/sha.h"

/* Blocks of each lane that one algorithm takes before the other has its turn: they stay in the
 * first-level cache. */
#define STEP_BLOCKS ((size_t)32)

/* With fewer, kernels of two and three lanes could not both be filled. */
#define MIN_LANES 6

_Static_assert(SGN_FEED_LANES == SGN_SHA_MAX_LANES, "one lane of a feed is one of a kernel");
_Static_assert(SGN_FEED_PIECE_UNIT == SGN_SHA_BLOCK, "pieces are whole blocks");

static const struct {
	unsigned want;
	const struct sgn_sha *sha;
	size_t place; /* in struct sgn_file_hashes */
} ours[] = {
	{SGN_WANT_SHA256, &sgn_sha256, offsetof(struct sgn_file_hashes, sha256)},
	{SGN_WANT_SHA1, &sgn_sha1, offsetof(struct sgn_file_hashes, sha1)},
};
#define OURS SGN_ARRAY_LEN(ours)

/* What a lane's blocks are. */
enum stage {
	BETWEEN, /* nothing: contents begin here */
	PIECE,   /* a piece, and more to come */
	LAST,    /* the last piece */
	TAIL     /* what the algorithm adds to the content */
};

struct lane {
	unsigned number;
	enum stage stage;
	const uint8_t *piece;
	size_t at, blocks; /* the next blocks, in the piece or in the tail */
	size_t tail_blocks;
	uint64_t total; /* bytes of the content so far */
	uint8_t tail[2 * SGN_SHA_BLOCK];
	struct sgn_hasher *sha384; /* this number's, not this place's; NULL: not wanted */
};

struct lanes {
	const struct sgn_feed *feed;
	unsigned wanted;
	size_t active;
	struct lane lane[SGN_SHA_MAX_LANES];
	struct sgn_sha_state state[OURS][SGN_SHA_MAX_LANES];
};

static int check_wanted(unsigned wanted, struct sgn_error *err)
{
	unsigned other = wanted & ~(SGN_WANT_SHA1 | SGN_WANT_SHA256 | SGN_WANT_SHA384);

	if (!other)
		return 0;
	return sgn_fail(err, SGN_E_UNSUPPORTED,
	                "files are hashed with SHA-1, SHA-256 and SHA-384 only (asked: 0x%x)",
	                wanted);
}

static struct sgn_digest_bytes *place_of(struct sgn_file_hashes *out, size_t i)
{
	return (struct sgn_digest_bytes *)(void *)((uint8_t *)out + ours[i].place);
}

static void begin_content(struct lanes *w, size_t i)
{
	w->lane[i].total = 0;
	for (size_t k = 0; k < OURS; k++)
		w->state[k][i] = ours[k].sha->initial;
}

static int check_piece(const struct lane *l, const struct sgn_feed_piece *p, struct sgn_error *err)
{
	if ((p->first || l->stage == PIECE) &&
	    (p->last || (p->bytes.size && p->bytes.size % SGN_SHA_BLOCK == 0)))
		return 0;
	return sgn_fail(err, SGN_E_INTERNAL, "a piece of %zu bytes to hash is out of place",
	                p->bytes.size);
}

/* What is behind the last whole block is copied now: the kernels read whole blocks. */
static void take_piece(struct lane *l, const struct sgn_feed_piece *p)
{
	size_t rest = p->bytes.size % SGN_SHA_BLOCK;

	l->stage = p->last ? LAST : PIECE;
	l->total += p->bytes.size;
	l->piece = p->bytes.data;
	l->at = 0;
	l->blocks = p->bytes.size / SGN_SHA_BLOCK;
	if (p->last)
		l->tail_blocks =
			sgn_sha_tail(l->tail, rest ? p->bytes.data + (p->bytes.size - rest) : NULL,
		                     rest, l->total);
}

/* OpenSSL's hasher takes pieces as they are. A content that was dropped has left bytes in it. */
static int feed_sha384(struct lane *l, const struct sgn_feed_piece *p, bool dropped,
                       struct sgn_error *err)
{
	struct sgn_digest_bytes unused;
	int rc = dropped ? sgn_hasher_finish(l->sha384, &unused, err) : 0;

	return rc ? rc : sgn_hasher_update(l->sha384, p->bytes, err);
}

static int refill(struct lanes *w, size_t i, bool *none, struct sgn_error *err)
{
	struct lane *l = &w->lane[i];
	struct sgn_feed_piece p = {0};
	bool dropped;
	int rc = w->feed->next(w->feed->arg, l->number, &p, err);

	*none = p.none;
	if (rc || p.none)
		return rc;
	rc = check_piece(l, &p, err);
	if (rc)
		return rc;
	dropped = p.first && l->stage == PIECE;
	if (p.first)
		begin_content(w, i);
	take_piece(l, &p);
	return l->sha384 ? feed_sha384(l, &p, dropped, err) : 0;
}

static int put_digests(struct lanes *w, size_t i, struct sgn_error *err)
{
	struct lane *l = &w->lane[i];
	struct sgn_file_hashes out = {0};
	int rc = 0;

	for (size_t k = 0; k < OURS; k++) {
		struct sgn_digest_bytes *d = place_of(&out, k);

		if (!(w->wanted & ours[k].want))
			continue;
		d->size = ours[k].sha->size;
		sgn_sha_digest(ours[k].sha, &w->state[k][i], d->data);
	}
	if (l->sha384)
		rc = sgn_hasher_finish(l->sha384, &out.sha384, err);
	if (rc == 0)
		w->feed->done(w->feed->arg, l->number, &out);
	l->stage = BETWEEN;
	return rc;
}

/* The last one takes the place of a lane that is gone. */
static void close_lane(struct lanes *w, size_t i)
{
	sgn_hasher_free(w->lane[i].sha384);
	w->active--;
	w->lane[i] = w->lane[w->active];
	for (size_t k = 0; k < OURS; k++)
		w->state[k][i] = w->state[k][w->active];
}

/* The lane's blocks are used up: finds more. gone: there are none, and another lane has its place. */
static int go_on(struct lanes *w, size_t i, bool *gone, struct sgn_error *err)
{
	struct lane *l = &w->lane[i];
	int rc = 0;

	*gone = false;
	while (rc == 0 && !*gone && l->blocks == 0) {
		if (l->stage == LAST) {
			l->stage = TAIL;
			l->at = 0;
			l->blocks = l->tail_blocks;
		} else if (l->stage == TAIL) {
			rc = put_digests(w, i, err);
		} else {
			rc = refill(w, i, gone, err);
		}
	}
	if (*gone)
		close_lane(w, i);
	return rc;
}

/* As many blocks as no lane has too few of. */
static void step(struct lanes *w)
{
	const uint8_t *in[SGN_SHA_MAX_LANES];
	size_t n = STEP_BLOCKS;

	for (size_t i = 0; i < w->active; i++) {
		in[i] = w->lane[i].stage == TAIL ? w->lane[i].tail : w->lane[i].piece;
		in[i] += w->lane[i].at;
		n = w->lane[i].blocks < n ? w->lane[i].blocks : n;
	}
	for (size_t k = 0; k < OURS; k++)
		if (w->wanted & ours[k].want)
			sgn_sha_blocks(ours[k].sha, w->state[k], in, w->active, n);
	for (size_t i = 0; i < w->active; i++) {
		w->lane[i].at += n * SGN_SHA_BLOCK;
		w->lane[i].blocks -= n;
	}
}

static int run(struct lanes *w, struct sgn_error *err)
{
	int rc = 0;

	for (;;) {
		for (size_t i = 0; rc == 0 && i < w->active;) {
			bool gone = false;

			if (!w->lane[i].blocks)
				rc = go_on(w, i, &gone, err);
			i += !gone;
		}
		if (rc || !w->active)
			return rc;
		step(w);
	}
}

unsigned sgn_feed_lanes(unsigned wanted)
{
	unsigned n = MIN_LANES;

	for (size_t k = 0; k < OURS; k++) {
		unsigned lanes = sgn_sha_current(ours[k].sha)->lanes;

		if (wanted & ours[k].want && lanes > n)
			n = lanes;
	}
	return n;
}

int sgn_hash_feed(const struct sgn_feed *feed, unsigned lanes, unsigned wanted,
                  struct sgn_error *err)
{
	struct lanes w = {.feed = feed, .wanted = wanted};
	int rc = check_wanted(wanted, err);

	for (; rc == 0 && w.active < lanes && w.active < SGN_SHA_MAX_LANES; w.active++) {
		w.lane[w.active].number = (unsigned)w.active;
		if (wanted & SGN_WANT_SHA384)
			rc = sgn_hasher_new(SGN_DIGEST_SHA384, &w.lane[w.active].sha384, err);
	}
	if (rc == 0)
		rc = run(&w, err);
	while (w.active)
		close_lane(&w, w.active - 1);
	return rc;
}

void sgn_file_hashes_merge(struct sgn_file_hashes *into, const struct sgn_file_hashes *from)
{
	if (from->sha1.size)
		into->sha1 = from->sha1;
	if (from->sha256.size)
		into->sha256 = from->sha256;
	if (from->sha384.size)
		into->sha384 = from->sha384;
}

/* --- contents that are in memory -------------------------------------------------------------------- */

struct messages {
	const struct sgn_view *all;
	size_t count, taken;
	size_t of_lane[SGN_FEED_LANES];
	struct sgn_file_hashes *out;
};

static int next_message(void *arg, unsigned lane, struct sgn_feed_piece *out, struct sgn_error *err)
{
	struct messages *m = arg;

	SGN_UNUSED(err);
	out->none = m->taken == m->count;
	if (out->none)
		return 0;
	out->first = out->last = true;
	out->bytes = m->all[m->taken];
	m->of_lane[lane] = m->taken++;
	return 0;
}

static void message_done(void *arg, unsigned lane, const struct sgn_file_hashes *hashes)
{
	struct messages *m = arg;

	m->out[m->of_lane[lane]] = *hashes;
}

int sgn_hash_many(const struct sgn_view *messages, size_t n, unsigned wanted,
                  struct sgn_file_hashes *out, struct sgn_error *err)
{
	struct messages m = {.all = messages, .count = n, .out = out};
	struct sgn_feed feed = {&m, next_message, message_done};

	return sgn_hash_feed(&feed, sgn_feed_lanes(wanted), wanted, err);
}
