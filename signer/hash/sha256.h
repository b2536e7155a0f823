/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 back ends. A back end hashes n independent messages of equal length; the table in sha256.c
 * is sorted best first and the first one that the CPU can run is used. A kernel per file.
 */
#ifndef SIGNER_HASH_SHA256_H
#define SIGNER_HASH_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SGN_SHA256_BLOCK 64
#define SGN_SHA256_SIZE  32

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

/* The table, best first, ended by a NULL name: for tests and benchmarks. */
const struct sgn_sha256_backend *const *sgn_sha256_backends(void);
const struct sgn_sha256_backend *sgn_sha256_current(void);

extern const struct sgn_sha256_backend sgn_sha256_portable;
extern const struct sgn_sha256_backend sgn_sha256_shani;
extern const struct sgn_sha256_backend sgn_sha256_armv8;

#endif
