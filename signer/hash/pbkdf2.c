/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cost is in the iterations: two blocks each, of a fixed form, under one key. So the key's two blocks are
 * folded once and the states kept. OpenSSL 3.0 copies its contexts for each iteration, which takes three
 * times as long as the hashing.
 */
#include "signer/hash/pbkdf2.h"

#include <string.h>

#include "signer/base/mem.h"
#include "signer/hash/sha.h"

/* RFC 2104: what has been hashed once key and pad are in. */
struct hmac {
	struct sgn_sha_state inner, outer;
};

/* A digest as the last block of a message, behind one block of key: padded, with the length of both. */
struct last_block {
	uint8_t bytes[SGN_SHA_BLOCK];
};

static void fold(struct sgn_sha_state *state, const uint8_t *block)
{
	sgn_sha_blocks(&sgn_sha256, state, &block, 1, 1);
}

static void hmac_init(struct hmac *h, struct sgn_view key)
{
	uint8_t pad[SGN_SHA_BLOCK] = {0};
	struct sgn_sha_stream s;

	if (key.size > sizeof(pad)) {
		sgn_sha_init(&s, &sgn_sha256);
		sgn_sha_update(&s, key.data, key.size);
		sgn_sha_finish(&s, pad);
		sgn_wipe(&s, sizeof(s));
	} else if (key.size) {
		memcpy(pad, key.data, key.size);
	}
	h->inner = h->outer = sgn_sha256.initial;
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	fold(&h->inner, pad);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	fold(&h->outer, pad);
	sgn_wipe(pad, sizeof(pad));
}

static void last_block_init(struct last_block *b)
{
	const unsigned bits = (SGN_SHA_BLOCK + SGN_SHA256_SIZE) * 8;

	memset(b->bytes, 0, sizeof(b->bytes));
	b->bytes[SGN_SHA256_SIZE] = 0x80;
	b->bytes[SGN_SHA_BLOCK - 2] = (uint8_t)(bits >> 8);
	b->bytes[SGN_SHA_BLOCK - 1] = (uint8_t)bits;
}

/* The digest in b becomes that of one more block. */
static void hash_block(struct last_block *b, const struct sgn_sha_state *from)
{
	struct sgn_sha_state state = *from;

	fold(&state, b->bytes);
	sgn_sha_digest(&sgn_sha256, &state, b->bytes);
	sgn_wipe(&state, sizeof(state));
}

/* U_1 of the first and only block of the key. */
static void first_round(const struct hmac *h, struct sgn_view salt, struct last_block *b)
{
	static const uint8_t number[4] = {0, 0, 0, 1};
	struct sgn_sha_stream s = {.sha = &sgn_sha256, .state = h->inner, .total = SGN_SHA_BLOCK};

	sgn_sha_update(&s, salt.data, salt.size);
	sgn_sha_update(&s, number, sizeof(number));
	sgn_sha_finish(&s, b->bytes);
	hash_block(b, &h->outer);
	sgn_wipe(&s, sizeof(s));
}

void sgn_pbkdf2_sha256(struct sgn_view password, struct sgn_view salt, uint32_t iterations,
                       uint8_t *key, size_t key_size)
{
	struct last_block b;
	struct hmac h;

	hmac_init(&h, password);
	last_block_init(&b);
	first_round(&h, salt, &b);
	memcpy(key, b.bytes, key_size);
	for (uint32_t i = 1; i < iterations; i++) {
		hash_block(&b, &h.inner);
		hash_block(&b, &h.outer);
		for (size_t k = 0; k < key_size; k++)
			key[k] ^= b.bytes[k];
	}
	sgn_wipe(&b, sizeof(b));
	sgn_wipe(&h, sizeof(h));
}
