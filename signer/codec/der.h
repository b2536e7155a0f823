/* SPDX-License-Identifier: Apache-2.0 */
/* Strict DER: definite lengths, shortest form, depth limit. BER from CMS goes to OpenSSL instead. */
#ifndef SIGNER_CODEC_DER_H
#define SIGNER_CODEC_DER_H

#include "signer/base/buf.h"
#include "signer/base/reader.h"

enum {
	SGN_DER_BOOLEAN = 0x01,
	SGN_DER_INTEGER = 0x02,
	SGN_DER_OCTETS = 0x04,
	SGN_DER_NULL = 0x05,
	SGN_DER_OID = 0x06,
	SGN_DER_UTF8 = 0x0c,
	SGN_DER_SEQUENCE = 0x30,
	SGN_DER_SET = 0x31
};

struct sgn_der_item {
	uint8_t tag;           /* one byte; multi-byte tags are refused */
	struct sgn_view whole; /* with tag and length */
	struct sgn_view content;
};

/* The next item of in, which is advanced behind it. SGN_E_FORMAT with the offset in in. */
int sgn_der_next(struct sgn_view *in, struct sgn_der_item *out, struct sgn_error *err);

/* Appends tag, length and content. */
void sgn_der_write(struct sgn_buf *out, uint8_t tag, struct sgn_view content);
void sgn_der_write_int(struct sgn_buf *out, int64_t v);
void sgn_der_write_uint(struct sgn_buf *out, uint64_t v);

/* Makes everything that was appended since out->size was start the content of one item: nested items
 * are written inside first, so that no length has to be known before. */
void sgn_der_wrap(struct sgn_buf *out, size_t start, uint8_t tag);

/* The value of an INTEGER's content in its shortest form; false when it is not in that form or does
 * not fit. An unsigned one may need nine bytes. */
bool sgn_der_get_int(struct sgn_view content, int64_t *out);
bool sgn_der_get_uint(struct sgn_view content, uint64_t *out);

/* Bytes of tag and length for a content of that size, and of the whole item. */
size_t sgn_der_size(uint64_t content_size);

#endif
