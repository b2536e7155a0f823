/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/hash/sha256.h"

#include <signet/hash.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "signer/base/error.h"

/* Best first; measured with tests/bench/bench_hash.c. */
static const struct sgn_sha256_backend *const table[] = {
	&sgn_sha256_shani,
	&sgn_sha256_armv8,
	&sgn_sha256_portable,
	NULL,
};

static const struct sgn_sha256_state initial = {{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};

/* NULL until somebody asks. Two threads that ask at once find the same answer. */
static _Atomic(const struct sgn_sha256_backend *) current;

const struct sgn_sha256_backend *const *sgn_sha256_backends(void)
{
	return table;
}

/* NULL when the name is unknown or the CPU lacks what it needs. */
static const struct sgn_sha256_backend *find(const char *name)
{
	for (size_t i = 0; table[i]; i++)
		if (strcmp(table[i]->name, name) == 0)
			return table[i]->usable() ? table[i] : NULL;
	return NULL;
}

static const struct sgn_sha256_backend *choose(void)
{
	const char *wanted = getenv("SIGNET_HASH");
	const struct sgn_sha256_backend *found = wanted ? find(wanted) : NULL;

	for (size_t i = 0; !found; i++)
		if (table[i]->usable())
			found = table[i];
	return found;
}

const struct sgn_sha256_backend *sgn_sha256_current(void)
{
	const struct sgn_sha256_backend *backend =
		atomic_load_explicit(&current, memory_order_acquire);

	if (!backend) {
		backend = choose();
		atomic_store_explicit(&current, backend, memory_order_release);
	}
	return backend;
}

const char *sgn_hash_backend(void)
{
	return sgn_sha256_current()->name;
}

int sgn_hash_set_backend(const char *name, struct sgn_error *err)
{
	const struct sgn_sha256_backend *backend = name ? find(name) : choose();

	if (!backend)
		return sgn_fail(err, SGN_E_UNSUPPORTED,
		                "no SHA-256 kernel named \"%s\" can run on this CPU", name);
	atomic_store_explicit(&current, backend, memory_order_release);
	return 0;
}

/*
 * The end of a message: what is left of it, a one bit, zeros, and the length in bits (FIPS 180-4
 * section 5.1.1). Returns the number of blocks, 1 or 2.
 */
static size_t make_tail(uint8_t tail[2 * SGN_SHA256_BLOCK], const uint8_t *rest, size_t rest_len,
                        uint64_t total)
{
	size_t blocks = rest_len + 1 + 8 <= SGN_SHA256_BLOCK ? 1 : 2;
	size_t end = blocks * SGN_SHA256_BLOCK;
	uint64_t bits = total << 3;

	if (rest_len)
		memcpy(tail, rest, rest_len);
	tail[rest_len] = 0x80;
	memset(tail + rest_len + 1, 0, end - rest_len - 1);
	for (size_t i = 0; i < 8; i++)
		tail[end - 1 - i] = (uint8_t)(bits >> (8 * i));
	return blocks;
}

static void put_digest(const struct sgn_sha256_state *state, uint8_t *out)
{
	for (size_t i = 0; i < 8; i++) {
		out[4 * i] = (uint8_t)(state->h[i] >> 24);
		out[4 * i + 1] = (uint8_t)(state->h[i] >> 16);
		out[4 * i + 2] = (uint8_t)(state->h[i] >> 8);
		out[4 * i + 3] = (uint8_t)state->h[i];
	}
}

/* At most as many messages as the back end has lanes. */
static void hash_group(const struct sgn_sha256_backend *backend, const uint8_t *const *in, size_t n,
                       size_t len, uint8_t *out)
{
	struct sgn_sha256_state state[SGN_SHA256_MAX_LANES];
	uint8_t tail[SGN_SHA256_MAX_LANES][2 * SGN_SHA256_BLOCK];
	const uint8_t *tails[SGN_SHA256_MAX_LANES] = {NULL};
	size_t whole = len / SGN_SHA256_BLOCK;
	size_t tail_blocks = 0;

	for (size_t i = 0; i < n; i++) {
		size_t rest = len % SGN_SHA256_BLOCK;

		state[i] = initial;
		tail_blocks = make_tail(tail[i], rest ? in[i] + (len - rest) : NULL, rest, len);
		tails[i] = tail[i];
	}
	if (whole)
		backend->blocks(state, in, n, whole);
	backend->blocks(state, tails, n, tail_blocks);
	for (size_t i = 0; i < n; i++)
		put_digest(&state[i], out + i * SGN_SHA256_SIZE);
}

void sgn_sha256_many(const uint8_t *const *in, size_t n, size_t len, uint8_t *out)
{
	const struct sgn_sha256_backend *backend = sgn_sha256_current();
	size_t lanes = backend->lanes;

	for (size_t i = 0; i < n; i += lanes) {
		size_t group = n - i < lanes ? n - i : lanes;

		hash_group(backend, in + i, group, len, out + i * SGN_SHA256_SIZE);
	}
}

void sgn_sha256_init(struct sgn_sha256 *s)
{
	*s = (struct sgn_sha256){.state = initial};
}

void sgn_sha256_update(struct sgn_sha256 *s, const void *data, size_t len)
{
	const struct sgn_sha256_backend *backend = sgn_sha256_current();
	size_t have = (size_t)(s->total % SGN_SHA256_BLOCK);
	const uint8_t *bytes = data;
	const uint8_t *rest = s->rest;
	size_t whole;

	s->total += len;
	if (have + len < SGN_SHA256_BLOCK) {
		if (len)
			memcpy(s->rest + have, bytes, len);
		return;
	}
	if (have) {
		size_t fill = SGN_SHA256_BLOCK - have;

		memcpy(s->rest + have, bytes, fill);
		backend->blocks(&s->state, &rest, 1, 1);
		bytes += fill;
		len -= fill;
	}
	whole = len / SGN_SHA256_BLOCK;
	if (whole)
		backend->blocks(&s->state, &bytes, 1, whole);
	if (len % SGN_SHA256_BLOCK)
		memcpy(s->rest, bytes + whole * SGN_SHA256_BLOCK, len % SGN_SHA256_BLOCK);
}

void sgn_sha256_finish(struct sgn_sha256 *s, uint8_t out[SGN_SHA256_SIZE])
{
	uint8_t tail[2 * SGN_SHA256_BLOCK];
	const uint8_t *in = tail;
	size_t blocks = make_tail(tail, s->rest, (size_t)(s->total % SGN_SHA256_BLOCK), s->total);

	sgn_sha256_current()->blocks(&s->state, &in, 1, blocks);
	put_digest(&s->state, out);
}
