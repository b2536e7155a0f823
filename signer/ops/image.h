/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the new image of a file: each slice copied under its new header, and hashed on the way, so
 * that every byte of a large file crosses memory once.
 */
#ifndef SIGNER_OPS_IMAGE_H
#define SIGNER_OPS_IMAGE_H

#include <signet/hash.h>

#include "signer/base/file.h"
#include "signer/base/pool.h"
#include "signer/macho/macho.h"

/* What to hash in one slice. */
struct sgn_image_hash {
	uint64_t page_size; /* 0: all code is one page */
	const enum sgn_digest *digests;
	size_t digest_count;
	uint8_t *hashes[3]; /* out: per digest, one hash a page; the caller owns the arrays */
};

struct sgn_image {
	const struct sgn_source *src;
	const struct sgn_macho *macho;
	const struct sgn_layout *layout;
	const struct sgn_output *out;      /* NULL: hash only (dry run) */
	const struct sgn_image_hash *hash; /* per slice; NULL: copy only (removing signatures) */
};

/* Number of pages that cover size bytes. */
uint64_t sgn_image_pages(uint64_t size, uint64_t page_size);

/* Copies and hashes everything up to each slice's code_limit; what follows (the signature) is the
 * caller's. Work is spread over the pool. */
int sgn_image_write(const struct sgn_image *image, struct sgn_pool *pool, struct sgn_error *err);

#endif
