/* SPDX-License-Identifier: Apache-2.0 */
/* The digests of the format: one shot and streaming. Page hashing is <signet/hash.h>. */
#ifndef SIGNER_HASH_DIGEST_H
#define SIGNER_HASH_DIGEST_H

#include <signet/hash.h>

#include "signer/base/error.h"
#include "signer/base/view.h"

struct sgn_digest_bytes {
	uint8_t data[SGN_DIGEST_MAX_SIZE];
	size_t size;
};

static inline struct sgn_view sgn_digest_view(const struct sgn_digest_bytes *d)
{
	return (struct sgn_view){d->data, d->size};
}

int sgn_digest(enum sgn_digest alg, struct sgn_view bytes, struct sgn_digest_bytes *out,
               struct sgn_error *err);

/* Bytes of several views as one message. */
int sgn_digest_many(enum sgn_digest alg, const struct sgn_view *parts, size_t count,
                    struct sgn_digest_bytes *out, struct sgn_error *err);

/* Streaming: for content that is not in memory at once. Free with sgn_hasher_free(). After finish the
 * hasher begins a new message. */
struct sgn_hasher;
int sgn_hasher_new(enum sgn_digest alg, struct sgn_hasher **out, struct sgn_error *err);
int sgn_hasher_update(struct sgn_hasher *h, struct sgn_view bytes, struct sgn_error *err);
int sgn_hasher_finish(struct sgn_hasher *h, struct sgn_digest_bytes *out, struct sgn_error *err);
void sgn_hasher_free(struct sgn_hasher *h);

/* By codesign's name or by number; SGN_DIGEST_NONE when unknown. */
enum sgn_digest sgn_digest_by_name(const char *name, size_t len);

#endif
