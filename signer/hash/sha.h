/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-1 and SHA-256, which differ in their words and rounds only: blocks of 64 bytes, the same padding.
 * A kernel folds blocks of several independent messages at once. Each algorithm has a table of
 * kernels, best first; the first one is used that the CPU can run, that passed a test when it was
 * chosen, and that is worth while for the number of messages at hand. A kernel per file: a new one adds
 * its file, its line below and its line in the table.
 */
#ifndef SIGNER_HASH_SHA_H
#define SIGNER_HASH_SHA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SGN_SHA_BLOCK 64

/* The most lanes of any kernel, a bound for arrays: 16 is what 512-bit registers hold. */
#define SGN_SHA_MAX_LANES 16

#define SGN_SHA1_SIZE    20
#define SGN_SHA256_SIZE  32
#define SGN_SHA_MAX_SIZE 32

/* One lane: the working words of one message, five for SHA-1 and eight for SHA-256. */
struct sgn_sha_state {
	uint32_t h[8];
};

struct sgn_sha_kernel {
	const char *name;
	unsigned lanes; /* how many messages the kernel takes at once */
	unsigned worth; /* with fewer messages, a kernel further down the table is faster */
	bool (*usable)(void);
	/* Folds nblocks blocks of each of n <= lanes messages into its state; in[i] is message i. */
	void (*blocks)(struct sgn_sha_state *state, const uint8_t *const *in, size_t n,
	               size_t nblocks);
};

struct sgn_sha {
	const char *name;
	size_t size; /* bytes of a digest */
	struct sgn_sha_state initial;
	const struct sgn_sha_kernel *const *kernels; /* best first, ended by NULL; the last one is
	                                                portable, worth while for one message */
	_Atomic uint32_t *chosen; /* bit i: kernel i is in use; 0 until somebody asks */
};

extern const struct sgn_sha sgn_sha1;
extern const struct sgn_sha sgn_sha256;

/* n messages of len bytes each, message i at in[i]; out receives n digests in order. */
void sgn_sha_many(const struct sgn_sha *sha, const uint8_t *const *in, size_t n, size_t len,
                  uint8_t *out);

/* One message in pieces. A plain value: needs no disposing. */
struct sgn_sha_stream {
	const struct sgn_sha *sha;
	struct sgn_sha_state state;
	uint64_t total;
	uint8_t rest[SGN_SHA_BLOCK]; /* total % 64 bytes that are not folded yet */
};
void sgn_sha_init(struct sgn_sha_stream *s, const struct sgn_sha *sha);
void sgn_sha_update(struct sgn_sha_stream *s, const void *data, size_t len);
void sgn_sha_finish(struct sgn_sha_stream *s, uint8_t *out);

/* For schedulers above: any number of lanes, spread over the kernels in use. */
void sgn_sha_blocks(const struct sgn_sha *sha, struct sgn_sha_state *state,
                    const uint8_t *const *in, size_t n, size_t nblocks);

/*
 * The end of a message of total bytes, of which rest_len < 64 are left at rest: those, a one bit,
 * zeros, and the length in bits (FIPS 180-4 section 5.1.1). Returns the number of blocks, 1 or 2.
 */
size_t sgn_sha_tail(uint8_t tail[2 * SGN_SHA_BLOCK], const uint8_t *rest, size_t rest_len,
                    uint64_t total);
void sgn_sha_digest(const struct sgn_sha *sha, const struct sgn_sha_state *state, uint8_t *out);

/* The kernel that many messages go to. */
const struct sgn_sha_kernel *sgn_sha_current(const struct sgn_sha *sha);

/* From the named kernel on down the table; NULL: the automatic choice. False, and nothing changed,
 * when it is not known, not for this CPU, or wrong. */
bool sgn_sha_choose(const struct sgn_sha *sha, const char *name);

/* Usable, and equal to the portable kernel on a made-up message per lane. */
bool sgn_sha_kernel_works(const struct sgn_sha *sha, const struct sgn_sha_kernel *kernel);

/* FIPS 180-4 section 4.2.2. */
extern const uint32_t sgn_sha256_k[64];

extern const struct sgn_sha_kernel sgn_sha256_portable;
extern const struct sgn_sha_kernel sgn_sha256_openssl;
extern const struct sgn_sha_kernel sgn_sha256_shani;
extern const struct sgn_sha_kernel sgn_sha256_avx2;
extern const struct sgn_sha_kernel sgn_sha256_avx512;
extern const struct sgn_sha_kernel sgn_sha256_armv8;

extern const struct sgn_sha_kernel sgn_sha1_portable;
extern const struct sgn_sha_kernel sgn_sha1_openssl;
extern const struct sgn_sha_kernel sgn_sha1_shani;
extern const struct sgn_sha_kernel sgn_sha1_avx2;
extern const struct sgn_sha_kernel sgn_sha1_avx512;
extern const struct sgn_sha_kernel sgn_sha1_armv8;

#endif
