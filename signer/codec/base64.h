/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648 section 4) as property lists and PEM use it. */
#ifndef SIGNER_CODEC_BASE64_H
#define SIGNER_CODEC_BASE64_H

#include "signer/base/buf.h"

/* Appends the decoded bytes. Blanks are skipped. False, with the position of the first wrong
 * character in bad_at, for anything outside the alphabet, wrong padding or an incomplete group. */
bool sgn_base64_decode(struct sgn_view text, struct sgn_buf *out, size_t *bad_at);

/* Appends the padded text, without line breaks. */
void sgn_base64_encode(struct sgn_view bytes, struct sgn_buf *out);

#endif
