/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owned bytes that grow up to a maximum, and the writer over them. A failure (no memory, maximum
 * reached) is sticky and reported once by sgn_buf_finish(). The zero value is a valid empty buffer
 * with maximum 0: use sgn_buf_init().
 */
#ifndef SIGNER_BASE_BUF_H
#define SIGNER_BASE_BUF_H

#include "signer/base/error.h"
#include "signer/base/view.h"

struct sgn_buf {
	uint8_t *data;
	size_t size;
	size_t cap;
	size_t max;
	bool bad;
	bool nomem;  /* bad because an allocation failed, not because of max */
	bool range;  /* bad because a number or a place was out of range */
	bool secret; /* what is given back to the allocator is wiped before */
};

/* A place left open for a number that is known later. */
struct sgn_mark {
	size_t at;
};

void sgn_buf_init(struct sgn_buf *b, size_t max);
/* For keys and passwords: outgrown pieces and the last one are overwritten. Not for sgn_buf_take(). */
void sgn_buf_init_secret(struct sgn_buf *b, size_t max);
void sgn_buf_dispose(struct sgn_buf *b);
void sgn_buf_reset(struct sgn_buf *b); /* empties, keeps the memory */

struct sgn_view sgn_buf_view(const struct sgn_buf *b);

/* The NUL-terminated text, never NULL; the NUL is not counted in size. Valid until the next write. */
const char *sgn_buf_str(struct sgn_buf *b);

/* Moves the bytes out, with a NUL behind them; NULL when nothing was ever written. The caller frees them
 * with sgn_free(). The buffer is empty afterwards, and as good as new. */
uint8_t *sgn_buf_take(struct sgn_buf *b, size_t *size);

void sgn_wr_bytes(struct sgn_buf *b, const void *data, size_t len);
void sgn_wr_view(struct sgn_buf *b, struct sgn_view v);
void sgn_wr_str(struct sgn_buf *b, const char *text); /* without the NUL */
void sgn_wr_fmt(struct sgn_buf *b, const char *fmt, ...) SGN_PRINTF(2, 3);
void sgn_wr_hex(struct sgn_buf *b, struct sgn_view v); /* lower case */
void sgn_wr_zero(struct sgn_buf *b, size_t count);
void sgn_wr_u8(struct sgn_buf *b, uint8_t v);
void sgn_wr_be32(struct sgn_buf *b, uint32_t v);
void sgn_wr_be64(struct sgn_buf *b, uint64_t v);

struct sgn_mark sgn_wr_hole32(struct sgn_buf *b);
void sgn_wr_fill32(struct sgn_buf *b, struct sgn_mark m,
                   uint64_t v); /* fails when v > UINT32_MAX */

/* Overwrites len bytes at off, which must already be written. */
void sgn_wr_patch(struct sgn_buf *b, size_t off, const void *data, size_t len);

/* 0, SGN_E_NOMEM or SGN_E_LIMIT ("<what>: more than N bytes", or "a length or offset is out of range"). */
int sgn_buf_finish(const struct sgn_buf *b, struct sgn_error *err, const char *what);

#endif
