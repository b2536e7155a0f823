/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 back ends. A back end hashes n independent messages of equal length; the table in sha256.c
 * is sorted best first and the first one that the CPU can run is used. A kernel per file: a new one
 * adds its file, its line below and its line in the table.
 */
#ifndef SIGNER_HASH_SHA256_H
#define SIGNER_HASH_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SGN_SHA256_BLOCK 64
#define SGN_SHA256_SIZE  32

/* The most lanes of any kernel, a bound for arrays: 16 is what 512-bit registers hold. */
#define SGN_SHA256_MAX_LANES 16

/* One lane: the eight working words of one message. */
struct sgn_sha256_state {
	uint32_t h[8];
};

struct sgn_sha256_backend {
	const char *name;
	unsigned lanes; /* how many messages the kernel likes at once */
	bool (*usable)(void);
	/* Folds nblocks blocks of each of n <= lanes messages into its state; in[i] is message i. */
	void (*blocks)(struct sgn_sha256_state *state, const uint8_t *const *in, size_t n,
	               size_t nblocks);
};

/* n messages of len bytes each, message i at in[i]; out receives n * 32 bytes in order. */
void sgn_sha256_many(const uint8_t *const *in, size_t n, size_t len, uint8_t *out);

/* One message in pieces. A plain value: needs no disposing. */
struct sgn_sha256 {
	struct sgn_sha256_state state;
	uint64_t total;
	uint8_t rest[SGN_SHA256_BLOCK]; /* total % 64 bytes that are not folded yet */
};
void sgn_sha256_init(struct sgn_sha256 *s);
void sgn_sha256_update(struct sgn_sha256 *s, const void *data, size_t len);
void sgn_sha256_finish(struct sgn_sha256 *s, uint8_t out[SGN_SHA256_SIZE]);

/* The table, best first, ended by NULL: for tests and benchmarks. */
const struct sgn_sha256_backend *const *sgn_sha256_backends(void);
const struct sgn_sha256_backend *sgn_sha256_current(void);

/* The round constants, FIPS 180-4 section 4.2.2. */
extern const uint32_t sgn_sha256_k[64];

extern const struct sgn_sha256_backend sgn_sha256_portable;
extern const struct sgn_sha256_backend sgn_sha256_shani;
extern const struct sgn_sha256_backend sgn_sha256_armv8;

#endif
