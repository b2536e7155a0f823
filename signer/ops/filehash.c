/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/filehash.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "signer/base/buf.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"

/* Bytes read at a time: those of all lanes together fit the second-level cache. */
#define PIECE ((size_t)64 * 1024)

/*
 * The room begins with a page. 16 bytes behind it, where large blocks of malloc() begin, the system takes six
 * times as long to copy to them on some CPUs (Zen 3; docs/performance.md, "What changed the most").
 */
#define PAGE ((size_t)4096)

/* Lanes that all begin with a page would compete for the same few lines of the first-level cache. */
#define STAGGER (PAGE / SGN_FEED_LANES)

/* Below that a file is never worth threads of its own. */
#define SOLO_MIN ((uint64_t)8 << 20)

/* How much slower a stream is than the same bytes in lanes. */
#define SOLO_COST 2

/* Less than that is not worth waking somebody for. */
#define SHARE_MIN ((uint64_t)256 * 1024)

/* That a file can be hashed with. */
#define DIGESTS 3

struct rank {
	uint64_t size;
	size_t index;
};

struct lane {
	struct sgn_stream stream;
	bool is_open;
	size_t index;
	uint8_t *room;
};

struct worker {
	uint8_t *room; /* of all lanes; made at the first use */
	size_t failed; /* the lowest index, or SIZE_MAX */
	int rc;
	struct sgn_error error;
};

struct batch {
	const char *root;
	int folder;
	const struct sgn_hash_file *files;
	const struct sgn_hash_calls *calls;
	size_t count;
	unsigned wanted;
	size_t piece;
	struct rank *order; /* the largest first */
	size_t solos;       /* how many of them are read alone */
	bool split;         /* and on a thread for each digest */
	uint64_t total;
	atomic_size_t taken, failed;
	struct worker *workers;
};

/* What one thread is busy with: all that are left, or a single file. */
struct task {
	struct batch *b;
	struct worker *w;
	bool is_solo, solo_taken;
	size_t solo;
	struct lane lane[SGN_FEED_LANES];
};

static void note_failure(struct task *t, size_t i, int rc, struct sgn_error *why)
{
	size_t lowest = atomic_load(&t->b->failed);

	if (!t->b->calls->tolerant && i < t->w->failed) {
		t->w->failed = i;
		t->w->rc = rc;
		sgn_error_move(&t->w->error, why);
		while (i < lowest && !atomic_compare_exchange_weak(&t->b->failed, &lowest, i))
			;
	}
	sgn_error_dispose(why);
}

/* After a failure only what could fail before it is of interest. */
static bool take(struct task *t, size_t *i)
{
	struct batch *b = t->b;

	for (;;) {
		size_t at;

		if (t->is_solo) {
			at = t->solo_taken ? b->count : t->solo;
			t->solo_taken = true;
		} else {
			at = atomic_fetch_add(&b->taken, 1);
		}
		if (at >= b->count)
			return false;
		*i = b->order[at].index;
		if (*i < atomic_load(&b->failed))
			return true;
	}
}

static int read_piece(struct task *t, struct lane *l, struct sgn_feed_piece *out,
                      struct sgn_error *err)
{
	size_t got;
	int rc = sgn_stream_read(&l->stream, l->room, t->b->piece, &got, &out->last, err);

	out->bytes = sgn_view_of(l->room, got);
	return rc;
}

static void close_lane(struct lane *l)
{
	if (l->is_open)
		sgn_stream_close(&l->stream);
	l->is_open = false;
}

/* Opens a file and reads the first bytes. wanted: it shall be hashed. */
static int begin_file(struct task *t, struct lane *l, struct sgn_feed_piece *out, bool *wanted,
                      struct sgn_error *err)
{
	const struct sgn_hash_file *f = &t->b->files[l->index];
	const struct sgn_hash_calls *c = t->b->calls;
	int rc = sgn_stream_open(t->b->folder, f->path, f->size, &l->stream, err);

	if (rc)
		return rc;
	l->is_open = true;
	out->first = true;
	rc = read_piece(t, l, out, err);
	if (rc)
		return rc;
	if (t->is_solo)
		return 0; /* was looked at before: see admit_solos() */
	*wanted = !c->wants || c->wants(c->arg, l->index, out->bytes);
	if (c->has_xattrs)
		c->has_xattrs(c->arg, l->index, sgn_stream_has_xattrs(&l->stream));
	return 0;
}

/* What a lane gets next. A file that cannot be read is noted, and another one takes its place. */
static int next_piece(void *arg, unsigned number, struct sgn_feed_piece *out, struct sgn_error *err)
{
	struct task *t = arg;
	struct lane *l = &t->lane[number];

	SGN_UNUSED(err);
	for (;;) {
		struct sgn_error why = SGN_ERROR_INIT;
		bool wanted = true;
		int rc;

		if (!l->is_open && !take(t, &l->index)) {
			out->none = true;
			return 0;
		}
		rc = l->is_open ? read_piece(t, l, out, &why)
		                : begin_file(t, l, out, &wanted, &why);
		if (rc || !wanted || out->last)
			close_lane(l);
		if (rc == 0 && wanted)
			return 0;
		if (rc)
			note_failure(t, l->index, rc, &why);
	}
}

static void file_done(void *arg, unsigned number, const struct sgn_file_hashes *hashes)
{
	const struct task *t = arg;

	t->b->calls->put(t->b->calls->arg, t->lane[number].index, hashes);
}

static size_t room_of_lane(const struct batch *b)
{
	/* One byte more than a piece, see sgn_stream_read(), and what lanes are staggered by. */
	return (b->piece / PAGE + 2) * PAGE;
}

static uint8_t *page_aligned(uint8_t *p)
{
	return p + (PAGE - (uintptr_t)p % PAGE) % PAGE;
}

static int make_room(struct task *t, struct sgn_error *err)
{
	unsigned lanes = sgn_feed_lanes(t->b->wanted);

	if (!t->w->room)
		t->w->room = sgn_malloc(lanes * room_of_lane(t->b) + PAGE);
	if (!t->w->room)
		return sgn_fail_nomem(err);
	for (unsigned i = 0; i < lanes; i++)
		t->lane[i].room = page_aligned(t->w->room) + i * room_of_lane(t->b) + i * STAGGER;
	return 0;
}

static int run_task(struct task *t, unsigned wanted, struct sgn_error *err)
{
	unsigned lanes = sgn_feed_lanes(t->b->wanted);
	struct sgn_feed feed = {t, next_piece, file_done};
	int rc = make_room(t, err);

	if (rc)
		return rc;
	rc = sgn_hash_feed(&feed, t->is_solo ? 1 : lanes, wanted, err);
	for (unsigned i = 0; i < lanes; i++)
		close_lane(&t->lane[i]);
	return rc;
}

static int run_meanwhile(struct batch *b, struct sgn_error *err)
{
	int rc = b->calls->meanwhile(b->calls->meanwhile_arg, err);

	if (rc)
		atomic_store(&b->failed, 0);
	return rc;
}

/* Units: what is to be done meanwhile; the files that are read alone, once per digest when they are
 * split; then as many as there are threads, which share the rest. */
static int run_unit(void *arg, unsigned worker, size_t unit, struct sgn_error *err)
{
	static const unsigned digests[DIGESTS] = {SGN_WANT_SHA256, SGN_WANT_SHA1, SGN_WANT_SHA384};
	struct batch *b = arg;
	size_t parts = b->split ? DIGESTS : 1;
	struct task t = {.b = b, .w = &b->workers[worker]};
	unsigned wanted = b->wanted;

	if (b->calls->meanwhile && unit-- == 0)
		return run_meanwhile(b, err);
	t.solo = unit / parts;
	t.is_solo = unit < parts * b->solos;
	if (t.is_solo && b->split)
		wanted &= digests[unit % parts];
	if (t.is_solo && !wanted)
		return 0;
	return run_task(&t, wanted, err);
}

/* --- preparation ------------------------------------------------------------------------------------ */

static int larger_first(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return x->index < y->index ? -1 : 1;
}

static bool is_solo(const struct batch *b, uint64_t size, unsigned jobs)
{
	return size != SGN_SIZE_UNKNOWN && size >= SOLO_MIN && size > b->total / jobs / SOLO_COST;
}

static void rank_files(struct batch *b, unsigned jobs)
{
	uint64_t longest = 0;

	for (size_t i = 0; i < b->count; i++) {
		uint64_t size = b->files[i].size;

		b->order[i] = (struct rank){size, i};
		b->total += size == SGN_SIZE_UNKNOWN ? PIECE : size;
		longest = size > longest ? size : longest;
	}
	qsort(b->order, b->count, sizeof(*b->order), larger_first);
	b->piece = PIECE;
	if (longest < PIECE)
		b->piece = ((size_t)longest / SGN_FEED_PIECE_UNIT + 1) * SGN_FEED_PIECE_UNIT;
	while (jobs > 1 && b->solos < b->count && is_solo(b, b->order[b->solos].size, jobs))
		b->solos++;
}

/* Looks at the files that are read alone before several threads do. */
static int admit_solos(struct batch *b, struct sgn_error *err)
{
	struct task t = {.b = b, .w = &b->workers[0]};
	int rc = b->solos ? make_room(&t, err) : 0;

	for (size_t at = 0; rc == 0 && at < b->solos; at++) {
		struct sgn_error why = SGN_ERROR_INIT;
		struct sgn_feed_piece head = {0};
		struct lane *l = &t.lane[0];
		bool wanted = false;
		int problem;

		l->index = b->order[at].index;
		problem = begin_file(&t, l, &head, &wanted, &why);
		close_lane(l);
		if (problem)
			note_failure(&t, l->index, problem, &why);
		if (!wanted)
			b->order[at].index = SIZE_MAX; /* as one behind a failure */
	}
	return rc;
}

/* Returns the number of units. */
static size_t share_out(struct batch *b, unsigned jobs)
{
	size_t units = b->calls->meanwhile ? 1 : 0;

	/* The bytes are read once more for that, so only where a thread has nothing else to do. */
	b->split = b->solos > 0 && b->solos < jobs;
	units += b->solos * (b->split ? DIGESTS : 1);
	atomic_init(&b->taken, b->solos);
	if (b->solos < b->count)
		units += b->total < SHARE_MIN && !b->calls->meanwhile ? 1 : jobs;
	return units;
}

/* What the workers have noted; the lowest index counts. */
static int result(const struct batch *b, unsigned jobs, struct sgn_error *err)
{
	struct worker *worst = NULL;
	struct sgn_buf path;
	int rc;

	for (unsigned i = 0; i < jobs; i++)
		if (b->workers[i].rc && (!worst || b->workers[i].failed < worst->failed))
			worst = &b->workers[i];
	if (!worst)
		return 0;
	rc = worst->rc;
	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s/%s", b->root, b->files[worst->failed].path);
	sgn_error_move(err, &worst->error);
	sgn_error_at_path(err, rc, sgn_buf_str(&path));
	sgn_buf_dispose(&path);
	return rc;
}

static int run_batch(struct batch *b, struct sgn_pool *pool, struct sgn_error *err)
{
	unsigned jobs = sgn_pool_jobs(pool);
	int rc;

	for (unsigned i = 0; i < jobs; i++)
		b->workers[i].failed = SIZE_MAX;
	atomic_init(&b->failed, SIZE_MAX);
	rank_files(b, jobs);
	rc = admit_solos(b, err);
	return rc ? rc : sgn_parallel_for(pool, share_out(b, jobs), run_unit, b, err);
}

int sgn_hash_files(struct sgn_pool *pool, const char *root, const struct sgn_hash_file *files,
                   size_t count, unsigned wanted, const struct sgn_hash_calls *calls,
                   struct sgn_error *err)
{
	unsigned jobs = sgn_pool_jobs(pool);
	struct batch b = {.root = root,
	                  .folder = -1,
	                  .files = files,
	                  .calls = calls,
	                  .count = count,
	                  .wanted = wanted,
	                  .order = sgn_calloc(count ? count : 1, sizeof(*b.order)),
	                  .workers = sgn_calloc(jobs, sizeof(*b.workers))};
	int rc = b.order && b.workers ? sgn_folder_open(root, &b.folder, err) : sgn_fail_nomem(err);

	if (rc == 0)
		rc = run_batch(&b, pool, err);
	if (rc == 0)
		rc = result(&b, jobs, err);
	for (unsigned i = 0; b.workers && i < jobs; i++) {
		sgn_error_dispose(&b.workers[i].error);
		sgn_free(b.workers[i].room);
	}
	sgn_folder_close(b.folder);
	sgn_free(b.workers);
	sgn_free(b.order);
	return rc;
}
