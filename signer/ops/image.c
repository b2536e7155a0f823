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

/* One piece of one slice. */
struct piece {
	size_t slice;
	uint64_t at; /* from the start of the slice */
	size_t size;
};

struct work {
	const struct sgn_image *image;
	struct piece *pieces;
	size_t count;
	uint8_t **buffers; /* one per worker, made at first use */
	unsigned workers;
};

uint64_t sgn_image_pages(uint64_t size, uint64_t page_size)
{
	if (size == 0)
		return 0;
	return page_size ? (size - 1) / page_size + 1 : 1;
}

/* Pages that fill chunks are hashed as the chunks pass by; larger ones in a pass of their own. */
static bool hashed_by_chunk(const struct sgn_image_hash *h)
{
	return h->page_size != 0 && CHUNK % h->page_size == 0;
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

static int hash_chunk(const struct sgn_image_hash *h, const struct piece *p, const uint8_t *buf,
                      struct sgn_error *err)
{
	uint64_t first = p->at / h->page_size;
	int rc = 0;

	for (size_t d = 0; rc == 0 && d < h->digest_count; d++)
		rc = sgn_hash_pages(h->digests[d], buf, p->size, (size_t)h->page_size,
		                    h->hashes[d] + first * sgn_digest_size(h->digests[d]), err);
	return rc;
}

static int do_piece(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct work *w = arg;
	const struct piece *p = &w->pieces[i];
	const struct sgn_image *image = w->image;
	uint8_t *buf = w->buffers[worker];
	int rc;

	if (!buf) {
		buf = w->buffers[worker] = sgn_malloc(CHUNK);
		if (!buf)
			return sgn_fail_nomem(err);
	}
	rc = fill(image, p->slice, p->at, buf, p->size, err);
	if (rc == 0 && image->hash && hashed_by_chunk(&image->hash[p->slice]))
		rc = hash_chunk(&image->hash[p->slice], p, buf, err);
	if (rc == 0 && image->out)
		rc = sgn_output_write(image->out,
		                      image->layout->slices[p->slice].new_offset + p->at, buf,
		                      p->size, err);
	return sgn_error_at_arch(err, rc, image->macho->slices[p->slice].arch);
}

/* One page that is larger than a chunk. */
static int hash_large_page(const struct sgn_image *image, size_t slice, uint64_t at, uint64_t size,
                           enum sgn_digest alg, uint8_t *buf, uint8_t *out, struct sgn_error *err)
{
	struct sgn_digest_bytes digest;
	struct sgn_hasher *hasher;
	int rc = sgn_hasher_new(alg, &hasher, err);

	if (rc)
		return rc;
	while (rc == 0 && size > 0) {
		size_t n = size < CHUNK ? (size_t)size : CHUNK;

		rc = fill(image, slice, at, buf, n, err);
		if (rc == 0)
			rc = sgn_hasher_update(hasher, sgn_view_of(buf, n), err);
		at += n;
		size -= n;
	}
	if (rc == 0)
		rc = sgn_hasher_finish(hasher, &digest, err);
	if (rc == 0)
		memcpy(out, digest.data, digest.size);
	sgn_hasher_free(hasher);
	return rc;
}

static int hash_large_pages(const struct sgn_image *image, size_t slice, struct sgn_error *err)
{
	const struct sgn_image_hash *h = &image->hash[slice];
	uint64_t limit = image->layout->slices[slice].code_limit;
	uint64_t page = h->page_size ? h->page_size : limit;
	uint8_t *buf = sgn_malloc(CHUNK);
	int rc = buf ? 0 : sgn_fail_nomem(err);

	for (size_t d = 0; d < h->digest_count; d++) {
		uint8_t *out = h->hashes[d];

		for (uint64_t at = 0; rc == 0 && at < limit; at += page) {
			rc = hash_large_page(image, slice, at,
			                     limit - at < page ? limit - at : page, h->digests[d],
			                     buf, out, err);
			out += sgn_digest_size(h->digests[d]);
		}
	}
	sgn_free(buf);
	return sgn_error_at_arch(err, rc, image->macho->slices[slice].arch);
}

static int cut_into_pieces(struct work *w, struct sgn_error *err)
{
	const struct sgn_layout *layout = w->image->layout;
	size_t n = 0;

	for (size_t i = 0; i < layout->count; i++)
		w->count += (size_t)sgn_image_pages(layout->slices[i].code_limit, CHUNK);
	w->pieces = sgn_calloc(w->count ? w->count : 1, sizeof(*w->pieces));
	w->buffers = sgn_calloc(w->workers, sizeof(*w->buffers));
	if (!w->pieces || !w->buffers)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < layout->count; i++) {
		uint64_t limit = layout->slices[i].code_limit;

		for (uint64_t at = 0; at < limit; at += CHUNK) {
			uint64_t left = limit - at;

			w->pieces[n++] = (struct piece){i, at, left < CHUNK ? (size_t)left : CHUNK};
		}
	}
	return 0;
}

int sgn_image_write(const struct sgn_image *image, struct sgn_pool *pool, struct sgn_error *err)
{
	struct work w = {.image = image, .workers = pool ? sgn_pool_jobs(pool) : 1};
	int rc = cut_into_pieces(&w, err);

	if (rc == 0 && image->out && image->layout->fat_header.size)
		rc = sgn_output_write(image->out, 0, image->layout->fat_header.data,
		                      image->layout->fat_header.size, err);
	if (rc == 0)
		rc = sgn_parallel_for(pool, w.count, do_piece, &w, err);
	for (size_t i = 0; rc == 0 && image->hash && i < image->layout->count; i++)
		if (!hashed_by_chunk(&image->hash[i]))
			rc = hash_large_pages(image, i, err);
	for (unsigned i = 0; w.buffers && i < w.workers; i++)
		sgn_free(w.buffers[i]);
	sgn_free(w.buffers);
	sgn_free(w.pieces);
	return rc;
}
