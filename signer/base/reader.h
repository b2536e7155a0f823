/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounded cursor. Every byte of an untrusted file is read through this (or through
 * sgn_view_slice()). A failed read is sticky: it returns zero, and all later reads return zero, so
 * that a header is read straight down and checked once with sgn_rd_finish().
 */
#ifndef SIGNER_BASE_READER_H
#define SIGNER_BASE_READER_H

#include "signer/base/error.h"
#include "signer/base/view.h"

struct sgn_reader {
	struct sgn_view in;
	size_t pos;
	size_t bad_at; /* where the first failed read began */
	size_t base;   /* offset of in.data in the file, for messages only */
	bool bad;
	bool little; /* byte order of sgn_rd_u16/u32/u64 */
};

/* Starts at the first byte of in, big-endian. */
struct sgn_reader sgn_rd_init(struct sgn_view in);

size_t sgn_rd_left(const struct sgn_reader *r);
bool sgn_rd_ok(const struct sgn_reader *r);

uint8_t sgn_rd_u8(struct sgn_reader *r);
uint16_t sgn_rd_be16(struct sgn_reader *r);
uint32_t sgn_rd_be32(struct sgn_reader *r);
uint64_t sgn_rd_be64(struct sgn_reader *r);

/* In the order told by r->little: Mach-O headers come in both. */
uint16_t sgn_rd_u16(struct sgn_reader *r);
uint32_t sgn_rd_u32(struct sgn_reader *r);
uint64_t sgn_rd_u64(struct sgn_reader *r);

/* len bytes as a view into r->in; empty after a failure. */
struct sgn_view sgn_rd_bytes(struct sgn_reader *r, uint64_t len);

/* A field of fixed width that ends at its first NUL or at its width (segment names). */
void sgn_rd_fixed_str(struct sgn_reader *r, char *out, size_t width);

void sgn_rd_skip(struct sgn_reader *r, uint64_t len);
void sgn_rd_seek(struct sgn_reader *r, uint64_t pos);

/* 0, or SGN_E_FORMAT with "<what>: truncated" and the offset of the read that failed. */
int sgn_rd_finish(const struct sgn_reader *r, struct sgn_error *err, const char *what);

#endif
