/* SPDX-License-Identifier: Apache-2.0 */
/* Small helpers shared by the tests of this room. */
#ifndef TESTS_UNIT_REQ_HELPERS_H
#define TESTS_UNIT_REQ_HELPERS_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/text.h"
#include "signer/req/req.h"

#define TEXT_MAX 16384

/* Compiles; the test ends when that fails. The caller disposes out. */
static inline void compile_ok(const char *text, struct sgn_buf *out)
{
	struct sgn_error err = SGN_ERROR_INIT;

	sgn_buf_init(out, SGN_LIMIT_REQUIREMENTS);
	cr_assert_eq(sgn_req_compile(sgn_view_str(text), NULL, out, &err), 0, "%s: %s", text,
	             err.text);
}

/* The canonical text of a single requirement; the test ends when there is none. */
static inline void decompile_ok(struct sgn_view blob, char *text, size_t size)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf out;

	sgn_buf_init(&out, size - 1);
	cr_assert_eq(sgn_req_decompile(blob, &out, &err), 0, "%s", err.text);
	memcpy(text, out.data, out.size);
	text[out.size] = '\0';
	sgn_buf_dispose(&out);
}

/* Bytes of hexadecimal digits, in static storage of the caller. */
static inline struct sgn_view from_hex(const char *hex, uint8_t *bytes)
{
	size_t size = strlen(hex) / 2;

	cr_assert(sgn_hex_decode(sgn_view_str(hex), bytes, size), "%s", hex);
	return sgn_view_of(bytes, size);
}

/* A blob with that expression behind the header, in out. */
static inline struct sgn_view blob_of(const char *expr_hex, uint8_t *out)
{
	struct sgn_view expr = from_hex(expr_hex, out + 12);
	size_t size = expr.size + 12;
	const uint8_t header[12] = {0xfa,          0xde, 0x0c, 0, 0, 0, (uint8_t)(size >> 8),
	                            (uint8_t)size, 0,    0,    0, 1};

	memcpy(out, header, sizeof(header));
	return sgn_view_of(out, size);
}

#endif
