/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page-hashing core by itself: many equal pages in, many digests out. This is what signing and
 * verifying run on; it is public so that benchmarks and other tools can use it.
 */
#ifndef SIGNET_HASH_H
#define SIGNET_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <signet/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * enum sgn_digest - digest algorithms by their CodeDirectory hashType number
 *
 * Known from: docs/format/codedirectory.md, "hashes".
 */
enum sgn_digest {
	SGN_DIGEST_NONE = 0,
	SGN_DIGEST_SHA1 = 1,
	SGN_DIGEST_SHA256 = 2,
	SGN_DIGEST_SHA256_TRUNCATED = 3, /* the first 20 bytes of SHA-256; read, not written */
	SGN_DIGEST_SHA384 = 4
};

/** SGN_DIGEST_MAX_SIZE - bytes of the longest digest above */
#define SGN_DIGEST_MAX_SIZE 48

/**
 * sgn_digest_size() - bytes of one digest
 * @alg: algorithm
 *
 * Return: 20, 32 or 48; 0 for an unknown algorithm.
 */
size_t sgn_digest_size(enum sgn_digest alg);

/**
 * sgn_digest_name() - the name used by codesign: "sha1", "sha256", "sha256-truncated", "sha384"
 * @alg: algorithm
 *
 * Return: static storage, or NULL for an unknown algorithm.
 */
const char *sgn_digest_name(enum sgn_digest alg);

/**
 * sgn_hash_pages() - hashes equal pages
 * @alg:       algorithm
 * @data:      the bytes; may be unaligned
 * @size:      number of bytes; the last page may be short, and is hashed at its real length
 * @page_size: bytes per page; 0 means that all of @data is one page
 * @digests:   receives one digest after another, sgn_digest_size(@alg) bytes each, for
 *             ceil(@size / @page_size) pages
 * @err:       filled on failure; may be NULL
 *
 * Runs on the calling thread. Thread-safe.
 *
 * Return: 0, SGN_E_UNSUPPORTED for an unknown algorithm, SGN_E_CRYPTO.
 */
int sgn_hash_pages(enum sgn_digest alg, const void *data, size_t size, size_t page_size,
                   uint8_t *digests, struct sgn_error *err);

/**
 * sgn_hash_backend() - the name of the SHA-256 kernel in use
 *
 * "sha-ni", "armv8", "avx512", "avx2", "openssl" or "portable". Chosen once by CPU features; the environment
 * variable SIGNET_HASH names one to force it (a name that this CPU cannot run is ignored). A kernel is
 * used only after it gave the same as the portable one on a made-up message per lane.
 *
 * Return: static storage. Thread-safe.
 */
const char *sgn_hash_backend(void);

/**
 * sgn_hash_set_backend() - forces a SHA-256 kernel by name, and SHA-1's of the same name
 * @name: one of the names above, or NULL for the automatic choice
 * @err:  filled on failure; may be NULL
 *
 * Affects the whole process; meant for tests and benchmarks. Thread-safe.
 *
 * Return: 0, or SGN_E_UNSUPPORTED when the CPU lacks it or the name is unknown.
 */
int sgn_hash_set_backend(const char *name, struct sgn_error *err);

/**
 * struct sgn_hash_speed - one measurement of sgn_hash_benchmark()
 * @backend:                  the kernel's name; "openssl" for a digest without kernels of ours
 * @digest:                   algorithm
 * @page_size:                bytes of a page
 * @chosen:                   this is the kernel that is used when nobody forces one
 * @bytes_per_second:         of sgn_hash_pages() on one thread
 * @openssl_bytes_per_second: of OpenSSL, called once per page on the same buffer
 */
struct sgn_hash_speed {
	const char *backend;
	enum sgn_digest digest;
	size_t page_size;
	bool chosen;
	uint64_t bytes_per_second;
	uint64_t openssl_bytes_per_second;
};

/** SGN_HASH_SPEED_ROWS - room for all rows that sgn_hash_benchmark() can make */
#define SGN_HASH_SPEED_ROWS 32

/**
 * sgn_hash_benchmark() - measures every kernel that this CPU can run, beside OpenSSL
 * @milliseconds: time spent on one number; the best of several runs within it counts, because the
 *                others were disturbed
 * @rows:         receives SHA-256, then SHA-1, then SHA-384, each with pages of 4 and 16 KiB, the
 *                kernels in the order of preference
 * @count:        out: number of rows
 * @err:          filled on failure; may be NULL
 *
 * Switches kernels for the whole process while it runs, and makes the automatic choice again at the
 * end; other threads get right digests meanwhile, at other speeds.
 *
 * Return: 0, SGN_E_NOMEM, SGN_E_CRYPTO.
 */
int sgn_hash_benchmark(unsigned milliseconds, struct sgn_hash_speed rows[SGN_HASH_SPEED_ROWS],
                       size_t *count, struct sgn_error *err);

#ifdef __cplusplus
}
#endif

#endif
