/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message at a time, by OpenSSL's assembly: for CPUs without SHA extensions, where it is half as fast
 * again as the portable kernel, and more. Only the functions that OpenSSL 3 calls deprecated take and give
 * the state between blocks; a libcrypto without them leaves the portable kernel.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <string.h>

#include "signer/hash/sha.h"

#ifndef OPENSSL_NO_DEPRECATED_3_0

static bool usable(void)
{
	return true;
}

static void sha1_blocks(struct sgn_sha_state *state, const uint8_t *const *in, size_t n,
                        size_t nblocks)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t *h = state[i].h;
		SHA_CTX c = {.h0 = h[0], .h1 = h[1], .h2 = h[2], .h3 = h[3], .h4 = h[4]};

		SHA1_Update(&c, in[i], nblocks * SGN_SHA_BLOCK);
		memcpy(h, (uint32_t[]){c.h0, c.h1, c.h2, c.h3, c.h4}, SGN_SHA1_SIZE);
	}
}

static void sha256_blocks(struct sgn_sha_state *state, const uint8_t *const *in, size_t n,
                          size_t nblocks)
{
	for (size_t i = 0; i < n; i++) {
		SHA256_CTX c = {.md_len = SGN_SHA256_SIZE};

		memcpy(c.h, state[i].h, SGN_SHA256_SIZE);
		SHA256_Update(&c, in[i], nblocks * SGN_SHA_BLOCK);
		memcpy(state[i].h, c.h, SGN_SHA256_SIZE);
	}
}

#else

#define sha1_blocks   NULL
#define sha256_blocks NULL

static bool usable(void)
{
	return false;
}

#endif

const struct sgn_sha_kernel sgn_sha1_openssl = {"openssl", 1, 1, usable, sha1_blocks};
const struct sgn_sha_kernel sgn_sha256_openssl = {"openssl", 1, 1, usable, sha256_blocks};
