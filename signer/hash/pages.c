/* SPDX-License-Identifier: Apache-2.0 */
#include <signet/hash.h>
#include <string.h>

#include "signer/hash/digest_table.h"
#include "signer/hash/evp.h"

/* Pages handed to the kernel in one go: a multiple of what most kernels like. */
#define BATCH 48

struct pages {
	const uint8_t *data;
	size_t size;
	size_t page_size; /* not 0 */
	size_t count;
};

static struct sgn_view page(const struct pages *p, size_t i)
{
	size_t off = i * p->page_size;
	size_t left = p->size - off;

	return sgn_view_of(p->data + off, left < p->page_size ? left : p->page_size);
}

/* n pages of the same length from page first on. */
static void sha_batch(const struct pages *p, size_t first, size_t n,
                      const struct sgn_digest_row *row, uint8_t *out)
{
	const uint8_t *in[BATCH];
	uint8_t whole[BATCH * SGN_SHA_MAX_SIZE];

	for (size_t i = 0; i < n; i++)
		in[i] = page(p, first + i).data;
	sgn_sha_many(row->sha, in, n, page(p, first).size, whole);
	for (size_t i = 0; i < n; i++)
		memcpy(out + i * row->size, whole + i * row->sha->size, row->size);
}

static void sha_pages(const struct pages *p, const struct sgn_digest_row *row, uint8_t *out)
{
	size_t full = p->size / p->page_size;
	size_t i = 0;

	while (i < full) {
		size_t n = full - i < BATCH ? full - i : BATCH;

		sha_batch(p, i, n, row, out + i * row->size);
		i += n;
	}
	/* The last page, when it is short. */
	if (full < p->count)
		sha_batch(p, full, 1, row, out + full * row->size);
}

static int evp_pages(const struct pages *p, const struct sgn_digest_row *row, uint8_t *out,
                     struct sgn_error *err)
{
	struct sgn_evp *evp;
	int rc = sgn_evp_new(row->evp_name, &evp, err);

	for (size_t i = 0; rc == 0 && i < p->count; i++) {
		rc = sgn_evp_begin(evp, err);
		if (rc == 0)
			rc = sgn_evp_update(evp, page(p, i), err);
		if (rc == 0)
			rc = sgn_evp_finish(evp, out + i * row->size, row->size, err);
	}
	sgn_evp_free(evp);
	return rc;
}

int sgn_hash_pages(enum sgn_digest alg, const void *data, size_t size, size_t page_size,
                   uint8_t *digests, struct sgn_error *err)
{
	struct pages p = {.data = data, .size = size, .page_size = page_size ? page_size : size};
	const struct sgn_digest_row *row;
	int rc = sgn_digest_require(alg, &row, err);

	if (rc != 0 || size == 0)
		return rc;
	p.count = (size - 1) / p.page_size + 1;
	if (!row->sha)
		return evp_pages(&p, row, digests, err);
	sha_pages(&p, row, digests);
	return 0;
}
