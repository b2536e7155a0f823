/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/hash/files.h"

#include <string.h>

#include "signer/base/compiler.h"
#include "signer/base/mem.h"
#include "signer/hash/evp.h"
#include "signer/hash/sha.h"

/* Bytes that one algorithm takes before the other has its turn: they stay in the first-level cache. */
#define PIECE ((size_t)8 * 1024)

/* The same for each of several lanes. */
#define STEP_BLOCKS ((size_t)64)

/* With fewer, kernels of two and three lanes could not both be filled. */
#define MIN_LANES 6

static const struct {
	unsigned want;
	const struct sgn_sha *sha;
	size_t place; /* in struct sgn_file_hashes */
} ours[] = {
	{SGN_WANT_SHA256, &sgn_sha256, offsetof(struct sgn_file_hashes, sha256)},
	{SGN_WANT_SHA1, &sgn_sha1, offsetof(struct sgn_file_hashes, sha1)},
};
#define OURS SGN_ARRAY_LEN(ours)

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

/* --- one content in pieces ------------------------------------------------------------------------ */

struct sgn_file_hasher {
	unsigned wanted;
	struct sgn_sha_stream stream[OURS];
	struct sgn_hasher *sha384; /* NULL: not wanted */
};

static void begin(struct sgn_file_hasher *h)
{
	for (size_t i = 0; i < OURS; i++)
		sgn_sha_init(&h->stream[i], ours[i].sha);
}

int sgn_file_hasher_new(unsigned wanted, struct sgn_file_hasher **out, struct sgn_error *err)
{
	struct sgn_file_hasher *h;
	int rc = check_wanted(wanted, err);

	*out = NULL;
	if (rc)
		return rc;
	h = sgn_calloc(1, sizeof(*h));
	if (!h)
		return sgn_fail_nomem(err);
	h->wanted = wanted;
	begin(h);
	if (wanted & SGN_WANT_SHA384)
		rc = sgn_hasher_new(SGN_DIGEST_SHA384, &h->sha384, err);
	if (rc) {
		sgn_free(h);
		return rc;
	}
	*out = h;
	return 0;
}

int sgn_file_hasher_update(struct sgn_file_hasher *h, struct sgn_view bytes, struct sgn_error *err)
{
	for (size_t at = 0; at < bytes.size; at += PIECE) {
		size_t n = bytes.size - at < PIECE ? bytes.size - at : PIECE;

		for (size_t i = 0; i < OURS; i++)
			if (h->wanted & ours[i].want)
				sgn_sha_update(&h->stream[i], bytes.data + at, n);
	}
	return h->sha384 ? sgn_hasher_update(h->sha384, bytes, err) : 0;
}

int sgn_file_hasher_finish(struct sgn_file_hasher *h, struct sgn_file_hashes *out,
                           struct sgn_error *err)
{
	*out = (struct sgn_file_hashes){0};
	for (size_t i = 0; i < OURS; i++) {
		struct sgn_digest_bytes *d = place_of(out, i);

		if (!(h->wanted & ours[i].want))
			continue;
		d->size = ours[i].sha->size;
		sgn_sha_finish(&h->stream[i], d->data);
	}
	begin(h);
	return h->sha384 ? sgn_hasher_finish(h->sha384, &out->sha384, err) : 0;
}

void sgn_file_hasher_free(struct sgn_file_hasher *h)
{
	if (!h)
		return;
	sgn_hasher_free(h->sha384);
	sgn_free(h);
}

/* --- many contents in lanes ------------------------------------------------------------------------- */

struct lane {
	size_t message;
	size_t at,
		blocks; /* where the next blocks lie, and how many: in the message or in the tail */
	bool in_tail;
	size_t tail_blocks;
	uint8_t tail[2 * SGN_SHA_BLOCK];
};

struct lanes {
	const struct sgn_view *messages;
	size_t count, taken;
	unsigned wanted;
	struct sgn_file_hashes *out;
	size_t active;
	struct lane lane[SGN_SHA_MAX_LANES];
	struct sgn_sha_state state[OURS][SGN_SHA_MAX_LANES];
};

static void enter_tail(struct lane *l)
{
	l->in_tail = true;
	l->at = 0;
	l->blocks = l->tail_blocks;
}

static void take_next(struct lanes *w, size_t i)
{
	struct lane *l = &w->lane[i];
	struct sgn_view m = w->messages[w->taken];
	size_t rest = m.size % SGN_SHA_BLOCK;

	*l = (struct lane){.message = w->taken++, .blocks = m.size / SGN_SHA_BLOCK};
	l->tail_blocks =
		sgn_sha_tail(l->tail, rest ? m.data + (m.size - rest) : NULL, rest, m.size);
	for (size_t k = 0; k < OURS; k++)
		w->state[k][i] = ours[k].sha->initial;
	if (!l->blocks)
		enter_tail(l);
}

static void put_digests(const struct lanes *w, size_t i)
{
	for (size_t k = 0; k < OURS; k++) {
		struct sgn_digest_bytes *d = place_of(&w->out[w->lane[i].message], k);

		if (!(w->wanted & ours[k].want))
			continue;
		d->size = ours[k].sha->size;
		sgn_sha_digest(ours[k].sha, &w->state[k][i], d->data);
	}
}

/* The lane's blocks are used up. False: the lane is gone, and the last one has its place. */
static bool go_on(struct lanes *w, size_t i)
{
	if (!w->lane[i].in_tail) {
		enter_tail(&w->lane[i]);
		return true;
	}
	put_digests(w, i);
	if (w->taken < w->count) {
		take_next(w, i);
		return true;
	}
	w->active--;
	w->lane[i] = w->lane[w->active];
	for (size_t k = 0; k < OURS; k++)
		w->state[k][i] = w->state[k][w->active];
	return false;
}

/* As many blocks as no lane has too few of. */
static void step(struct lanes *w)
{
	const uint8_t *in[SGN_SHA_MAX_LANES];
	size_t n = STEP_BLOCKS, i = 0;

	for (size_t k = 0; k < w->active; k++) {
		const struct lane *l = &w->lane[k];

		in[k] = (l->in_tail ? l->tail : w->messages[l->message].data) + l->at;
		n = l->blocks < n ? l->blocks : n;
	}
	for (size_t k = 0; k < OURS; k++)
		if (w->wanted & ours[k].want)
			sgn_sha_blocks(ours[k].sha, w->state[k], in, w->active, n);
	for (size_t k = 0; k < w->active; k++) {
		w->lane[k].at += n * SGN_SHA_BLOCK;
		w->lane[k].blocks -= n;
	}
	while (i < w->active)
		if (w->lane[i].blocks || go_on(w, i))
			i++;
}

static size_t lanes_for(unsigned wanted)
{
	size_t n = MIN_LANES;

	for (size_t k = 0; k < OURS; k++) {
		size_t lanes = sgn_sha_current(ours[k].sha)->lanes;

		if (wanted & ours[k].want && lanes > n)
			n = lanes;
	}
	return n;
}

static int sha384_many(const struct sgn_view *messages, size_t n, struct sgn_file_hashes *out,
                       struct sgn_error *err)
{
	struct sgn_hasher *h;
	int rc = sgn_hasher_new(SGN_DIGEST_SHA384, &h, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = sgn_hasher_update(h, messages[i], err);
		if (rc == 0)
			rc = sgn_hasher_finish(h, &out[i].sha384, err);
	}
	sgn_hasher_free(h);
	return rc;
}

int sgn_hash_many(const struct sgn_view *messages, size_t n, unsigned wanted,
                  struct sgn_file_hashes *out, struct sgn_error *err)
{
	struct lanes w = {.messages = messages, .count = n, .wanted = wanted, .out = out};
	size_t lanes = lanes_for(wanted);
	int rc = check_wanted(wanted, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < n; i++)
		out[i] = (struct sgn_file_hashes){0};
	if (wanted & (SGN_WANT_SHA1 | SGN_WANT_SHA256)) {
		while (w.active < lanes && w.taken < n)
			take_next(&w, w.active++);
		while (w.active)
			step(&w);
	}
	return wanted & SGN_WANT_SHA384 ? sha384_many(messages, n, out, err) : 0;
}
