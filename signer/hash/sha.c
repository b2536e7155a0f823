/* SPDX-License-Identifier: Apache-2.0 */
/* Messages cut into blocks for the kernels: padding, batches of equal messages, streams. */
#include "signer/hash/sha.h"

#include <string.h>

/* Messages that are in work at once: a multiple of every kernel's lanes, so that none runs half empty. */
#define GROUP 48

size_t sgn_sha_tail(uint8_t tail[2 * SGN_SHA_BLOCK], const uint8_t *rest, size_t rest_len,
                    uint64_t total)
{
	size_t blocks = rest_len + 1 + 8 <= SGN_SHA_BLOCK ? 1 : 2;
	size_t end = blocks * SGN_SHA_BLOCK;
	uint64_t bits = total << 3;

	if (rest_len)
		memcpy(tail, rest, rest_len);
	tail[rest_len] = 0x80;
	memset(tail + rest_len + 1, 0, end - rest_len - 1);
	for (size_t i = 0; i < 8; i++)
		tail[end - 1 - i] = (uint8_t)(bits >> (8 * i));
	return blocks;
}

void sgn_sha_digest(const struct sgn_sha *sha, const struct sgn_sha_state *state, uint8_t *out)
{
	for (size_t i = 0; i < sha->size / 4; i++) {
		out[4 * i] = (uint8_t)(state->h[i] >> 24);
		out[4 * i + 1] = (uint8_t)(state->h[i] >> 16);
		out[4 * i + 2] = (uint8_t)(state->h[i] >> 8);
		out[4 * i + 3] = (uint8_t)state->h[i];
	}
}

/* At most GROUP messages. */
static void hash_group(const struct sgn_sha *sha, const uint8_t *const *in, size_t n, size_t len,
                       uint8_t *out)
{
	struct sgn_sha_state state[GROUP];
	uint8_t tail[GROUP][2 * SGN_SHA_BLOCK];
	const uint8_t *tails[GROUP];
	size_t whole = len / SGN_SHA_BLOCK, rest = len % SGN_SHA_BLOCK, tail_blocks = 0;

	for (size_t i = 0; i < n; i++) {
		state[i] = sha->initial;
		tail_blocks = sgn_sha_tail(tail[i], rest ? in[i] + (len - rest) : NULL, rest, len);
		tails[i] = tail[i];
	}
	if (whole)
		sgn_sha_blocks(sha, state, in, n, whole);
	sgn_sha_blocks(sha, state, tails, n, tail_blocks);
	for (size_t i = 0; i < n; i++)
		sgn_sha_digest(sha, &state[i], out + i * sha->size);
}

void sgn_sha_many(const struct sgn_sha *sha, const uint8_t *const *in, size_t n, size_t len,
                  uint8_t *out)
{
	for (size_t i = 0; i < n; i += GROUP)
		hash_group(sha, in + i, n - i < GROUP ? n - i : GROUP, len, out + i * sha->size);
}

void sgn_sha_init(struct sgn_sha_stream *s, const struct sgn_sha *sha)
{
	*s = (struct sgn_sha_stream){.sha = sha, .state = sha->initial};
}

void sgn_sha_update(struct sgn_sha_stream *s, const void *data, size_t len)
{
	size_t have = (size_t)(s->total % SGN_SHA_BLOCK);
	const uint8_t *bytes = data;
	const uint8_t *rest = s->rest;
	size_t whole;

	s->total += len;
	if (have + len < SGN_SHA_BLOCK) {
		if (len)
			memcpy(s->rest + have, bytes, len);
		return;
	}
	if (have) {
		size_t fill = SGN_SHA_BLOCK - have;

		memcpy(s->rest + have, bytes, fill);
		sgn_sha_blocks(s->sha, &s->state, &rest, 1, 1);
		bytes += fill;
		len -= fill;
	}
	whole = len / SGN_SHA_BLOCK;
	if (whole)
		sgn_sha_blocks(s->sha, &s->state, &bytes, 1, whole);
	if (len % SGN_SHA_BLOCK)
		memcpy(s->rest, bytes + whole * SGN_SHA_BLOCK, len % SGN_SHA_BLOCK);
}

void sgn_sha_finish(struct sgn_sha_stream *s, uint8_t *out)
{
	uint8_t tail[2 * SGN_SHA_BLOCK];
	const uint8_t *in = tail;
	size_t blocks = sgn_sha_tail(tail, s->rest, (size_t)(s->total % SGN_SHA_BLOCK), s->total);

	sgn_sha_blocks(s->sha, &s->state, &in, 1, blocks);
	sgn_sha_digest(s->sha, &s->state, out);
}
