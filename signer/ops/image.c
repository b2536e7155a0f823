/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/image.h"

#include <string.h>

#include "signer/base/mem.h"
#include "signer/hash/digest.h"

/*
 * Small enough that a chunk, its source and its copy are all in the second-level cache (512 KiB and more)
 * while it is hashed and written: measured, docs/performance.md. Three times a power of two, so that
 * kernels of three lanes have no rest with pages of 4 and 16 KiB.
 */
#define CHUNK (96u * 1024)

/* Buffers begin with a page: filehash.c says why. */
#define PAGE 4096u

/* So many pieces at a time are given to the disk early: 6 MiB, a millisecond of a thread's time. */
#define FLUSH_PIECES 64

/* One piece of one slice. */
struct piece {
	size_t slice;
	uint64_t at;   /* from the start of the slice */
	uint64_t size; /* at most CHUNK, or a single page */
};

struct work {
	const struct sgn_image *image;
	struct piece *pieces;
	size_t count;
	uint64_t *shared; /* per slice: what lies in the output already, from its start */
	uint8_t **
		rooms; /* one per worker, made at first use; the buffer begins with its first page */
	unsigned workers;
};

uint64_t sgn_image_pages(uint64_t size, uint64_t page_size)
{
	if (size == 0)
		return 0;
	return page_size ? (size - 1) / page_size + 1 : 1;
}

/* Whole pages, as many as a chunk takes, and one at least. */
static uint64_t piece_size(const struct sgn_image *image, size_t slice)
{
	uint64_t page = image->hash ? image->hash[slice].page_size : 1;

	if (page == 0)
		return image->layout->slices[slice].code_limit;
	return page > CHUNK ? page : CHUNK - CHUNK % page;
}

/* The bytes of the new slice [at, at+size): old content, under the new header, zeros behind. */
static int fill(const struct sgn_image *image, size_t slice, uint64_t at, uint8_t *buf, size_t size,
                struct sgn_error *err)
{
	const struct sgn_slice_layout *l = &image->layout->slices[slice];
	uint64_t old = at < l->copy_size ? l->copy_size - at : 0;
	size_t n = old < size ? (size_t)old : size;
	struct sgn_view head;
	int rc = 0;

	if (n)
		rc = sgn_source_read(image->src, image->macho->slices[slice].offset + at, buf, n,
		                     err);
	if (rc)
		return rc;
	memset(buf + n, 0, size - n);
	head = at < l->header.size ? sgn_view_from(l->header, (size_t)at) : SGN_VIEW_EMPTY;
	if (head.size)
		memcpy(buf, head.data, head.size < size ? head.size : size);
	return 0;
}

/* What the file system shares is not written again, but for the header. */
static int write_chunk(const struct work *w, size_t slice, uint64_t at, const uint8_t *buf,
                       size_t size, struct sgn_error *err)
{
	const struct sgn_slice_layout *l = &w->image->layout->slices[slice];

	if (at + size <= w->shared[slice]) {
		uint64_t head = at < l->header.size ? l->header.size - at : 0;

		size = head < size ? (size_t)head : size;
	}
	return sgn_output_write(w->image->out, l->new_offset + at, buf, size, err);
}

static int pass_chunk(const struct work *w, size_t slice, uint64_t at, uint8_t *buf, size_t size,
                      struct sgn_error *err)
{
	int rc = fill(w->image, slice, at, buf, size, err);

	if (rc == 0 && w->image->out)
		rc = write_chunk(w, slice, at, buf, size, err);
	return rc;
}

static int hash_chunk(const struct sgn_image_hash *h, const struct piece *p, const uint8_t *buf,
                      struct sgn_error *err)
{
	uint64_t first = h->page_size ? p->at / h->page_size : 0;
	int rc = 0;

	for (size_t d = 0; rc == 0 && d < h->digest_count; d++)
		rc = sgn_hash_pages(h->digests[d], buf, (size_t)p->size, (size_t)h->page_size,
		                    h->hashes[d] + first * sgn_digest_size(h->digests[d]), err);
	return rc;
}

/* A piece that fits the buffer. */
static int pass_small(const struct work *w, const struct piece *p, uint8_t *buf,
                      struct sgn_error *err)
{
	int rc = pass_chunk(w, p->slice, p->at, buf, (size_t)p->size, err);

	if (rc == 0 && w->image->hash)
		rc = hash_chunk(&w->image->hash[p->slice], p, buf, err);
	return rc;
}

static int finish_page(const struct sgn_image_hash *h, const struct piece *p,
                       struct sgn_hasher *const hashers[], struct sgn_error *err)
{
	uint64_t page = h->page_size ? p->at / h->page_size : 0;
	struct sgn_digest_bytes digest;
	int rc = 0;

	for (size_t d = 0; rc == 0 && d < h->digest_count; d++) {
		rc = sgn_hasher_finish(hashers[d], &digest, err);
		if (rc == 0)
			memcpy(h->hashes[d] + page * digest.size, digest.data, digest.size);
	}
	return rc;
}

/* A page that is larger than the buffer: in chunks all the same, so that it crosses memory once. */
static int pass_large(const struct work *w, const struct piece *p, uint8_t *buf,
                      struct sgn_error *err)
{
	const struct sgn_image_hash *h = &w->image->hash[p->slice];
	struct sgn_hasher *hashers[3] = {NULL};
	int rc = 0;

	for (size_t d = 0; rc == 0 && d < h->digest_count; d++)
		rc = sgn_hasher_new(h->digests[d], &hashers[d], err);
	for (uint64_t done = 0; rc == 0 && done < p->size; done += CHUNK) {
		size_t n = p->size - done < CHUNK ? (size_t)(p->size - done) : CHUNK;

		rc = pass_chunk(w, p->slice, p->at + done, buf, n, err);
		for (size_t d = 0; rc == 0 && d < h->digest_count; d++)
			rc = sgn_hasher_update(hashers[d], sgn_view_of(buf, n), err);
	}
	if (rc == 0)
		rc = finish_page(h, p, hashers, err);
	for (size_t d = 0; d < h->digest_count; d++)
		sgn_hasher_free(hashers[d]);
	return rc;
}

/*
 * Pieces are begun in their order. So when the last of a group is done, those of the group before are
 * done as well, unless a thread was held up for long; then the renaming does what is left.
 */
static void flush_behind(const struct work *w, size_t i)
{
	const struct sgn_slice_layout *slices = w->image->layout->slices;
	const struct piece *first, *last;
	uint64_t from, to;

	if (!w->image->out || (i + 1) % FLUSH_PIECES || i + 1 < 2 * FLUSH_PIECES)
		return;
	first = &w->pieces[i + 1 - 2 * FLUSH_PIECES];
	last = &w->pieces[i - FLUSH_PIECES];
	from = slices[first->slice].new_offset + first->at;
	to = slices[last->slice].new_offset + last->at + last->size;
	if (to > from)
		sgn_output_flush_early(w->image->out, from, to - from);
}

static int do_piece(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct work *w = arg;
	const struct piece *p = &w->pieces[i];
	uint8_t *buf;
	int rc;

	if (!w->rooms[worker])
		w->rooms[worker] = sgn_malloc(CHUNK + PAGE);
	if (!w->rooms[worker])
		return sgn_fail_nomem(err);
	buf = w->rooms[worker];
	buf += (PAGE - (uintptr_t)buf % PAGE) % PAGE;
	rc = p->size > CHUNK ? pass_large(w, p, buf, err) : pass_small(w, p, buf, err);
	if (rc == 0)
		flush_behind(w, i);
	return sgn_error_at_arch(err, rc, w->image->macho->slices[p->slice].arch);
}

static int cut_into_pieces(struct work *w, struct sgn_error *err)
{
	const struct sgn_layout *layout = w->image->layout;
	size_t n = 0;

	for (size_t i = 0; i < layout->count; i++)
		w->count += (size_t)sgn_image_pages(layout->slices[i].code_limit,
		                                    piece_size(w->image, i));
	w->pieces = sgn_calloc(w->count ? w->count : 1, sizeof(*w->pieces));
	w->rooms = sgn_calloc(w->workers, sizeof(*w->rooms));
	w->shared = sgn_calloc(layout->count ? layout->count : 1, sizeof(*w->shared));
	if (!w->pieces || !w->rooms || !w->shared)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < layout->count; i++) {
		uint64_t limit = layout->slices[i].code_limit, size = piece_size(w->image, i);

		for (uint64_t at = 0; at < limit; at += size)
			w->pieces[n++] =
				(struct piece){i, at, limit - at < size ? limit - at : size};
	}
	return 0;
}

/* Where the file system can, the output gets the input's blocks before anything is written. */
static void share_slices(struct work *w)
{
	const struct sgn_image *image = w->image;

	for (size_t i = 0; image->out && i < image->layout->count; i++)
		w->shared[i] = sgn_output_share(
			image->out, image->src, image->macho->slices[i].offset,
			image->layout->slices[i].new_offset, image->layout->slices[i].copy_size);
}

int sgn_image_write(const struct sgn_image *image, struct sgn_pool *pool, struct sgn_error *err)
{
	struct work w = {.image = image, .workers = pool ? sgn_pool_jobs(pool) : 1};
	int rc = cut_into_pieces(&w, err);

	if (rc == 0)
		share_slices(&w);
	if (rc == 0 && image->out && image->layout->fat_header.size)
		rc = sgn_output_write(image->out, 0, image->layout->fat_header.data,
		                      image->layout->fat_header.size, err);
	if (rc == 0)
		rc = sgn_parallel_for(pool, w.count, do_piece, &w, err);
	for (unsigned i = 0; w.rooms && i < w.workers; i++)
		sgn_free(w.rooms[i]);
	sgn_free(w.rooms);
	sgn_free(w.shared);
	sgn_free(w.pieces);
	return rc;
}
