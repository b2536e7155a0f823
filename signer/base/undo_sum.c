/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is an undo record whole? One that was not flushed may have its name and its size, and only some of its pages,
 * after a power failure. A sum is enough to tell that: whoever could make up a record could make up its
 * digest, too.
 */
#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/undo_record.h"

#define CHUNK (64u * 1024)

/* Four at a time: each alone waits for its product. */
#define LANES 4
#define ROUND (LANES * sizeof(uint64_t))

static void mix(uint64_t *sum, uint64_t word)
{
	*sum = (*sum ^ word) * 0x9e3779b97f4a7c15u;
	*sum ^= *sum >> 29;
}

/* In this machine's byte order, as a record is read where it was made. */
static void add(uint64_t sums[LANES], const uint8_t *bytes, size_t len)
{
	uint64_t words[LANES];

	for (; len >= ROUND; bytes += ROUND, len -= ROUND) {
		memcpy(words, bytes, ROUND);
		for (size_t i = 0; i < LANES; i++)
			mix(&sums[i], words[i]);
	}
	memset(words, 0, ROUND);
	if (len)
		memcpy(words, bytes, len);
	for (size_t i = 0; len && i < LANES; i++)
		mix(&sums[i], words[i]);
}

static void finish(const uint64_t sums[LANES], uint64_t size, uint8_t out[SGN_UNDO_SUM_SIZE])
{
	uint64_t sum = size;

	for (size_t i = 0; i < LANES; i++)
		mix(&sum, sums[i]);
	for (size_t i = 0; i < SGN_UNDO_SUM_SIZE; i++)
		out[i] = (uint8_t)(sum >> (8 * (SGN_UNDO_SUM_SIZE - 1 - i)));
}

void sgn_undo_sum(struct sgn_view bytes, uint8_t out[SGN_UNDO_SUM_SIZE])
{
	uint64_t sums[LANES] = {1, 2, 3, 4};

	add(sums, bytes.data, bytes.size);
	finish(sums, bytes.size, out);
}

int sgn_undo_record_sum(const struct sgn_undo_record *r, uint8_t out[SGN_UNDO_SUM_SIZE],
                        struct sgn_error *err)
{
	uint8_t *buf = sgn_malloc(CHUNK);
	int rc = buf ? 0 : sgn_fail_nomem(err);
	uint64_t sums[LANES] = {1, 2, 3, 4};

	for (uint64_t at = 0; rc == 0 && at < r->sum_at; at += CHUNK) {
		uint64_t left = r->sum_at - at;
		size_t n = left < CHUNK ? (size_t)left : CHUNK;

		rc = sgn_undo_record_read(r, at, buf, n, err);
		if (rc == 0)
			add(sums, buf, n);
	}
	sgn_free(buf);
	finish(sums, r->sum_at, out);
	return rc;
}
