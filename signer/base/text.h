/* SPDX-License-Identifier: Apache-2.0 */
/* Small text helpers that do not depend on the locale. */
#ifndef SIGNER_BASE_TEXT_H
#define SIGNER_BASE_TEXT_H

#include "signer/base/buf.h"

bool sgn_is_digit(uint8_t c);
bool sgn_is_alpha(uint8_t c); /* ASCII only */
bool sgn_is_alnum(uint8_t c);
bool sgn_is_print(uint8_t c); /* 0x20..0x7e */

/* Well-formed UTF-8 without NUL. */
bool sgn_utf8_valid(struct sgn_view v);

/* -1 when c is no hexadecimal digit. */
int sgn_hex_digit(uint8_t c);

/* Decodes an even number of hexadecimal digits into out; false when it does not fit exactly. */
bool sgn_hex_decode(struct sgn_view text, uint8_t *out, size_t out_size);

/* Writes 2*size digits and a NUL. */
void sgn_hex_encode(const uint8_t *data, size_t size, char *out);

/* Unsigned decimal, or hexadecimal with 0x; whole text; false on anything else or overflow. */
bool sgn_parse_u64(const char *text, uint64_t *out);

/* The last component of a path; static empty string for "" */
const char *sgn_path_base(const char *path);

#endif
