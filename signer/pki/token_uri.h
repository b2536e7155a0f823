/* SPDX-License-Identifier: Apache-2.0 */
/* pkcs11: URIs (RFC 7512): what a user says about a key in a token, and what is said back. */
#ifndef SIGNER_PKI_TOKEN_URI_H
#define SIGNER_PKI_TOKEN_URI_H

#include "signer/base/arena.h"
#include "signer/base/buf.h"

enum sgn_token_attr {
	SGN_TOKEN_LABEL,
	SGN_TOKEN_MANUFACTURER,
	SGN_TOKEN_MODEL,
	SGN_TOKEN_SERIAL,
	SGN_TOKEN_SLOT_DESCRIPTION,
	SGN_TOKEN_SLOT_MANUFACTURER,
	SGN_TOKEN_SLOT_ID,
	SGN_TOKEN_LIBRARY_DESCRIPTION,
	SGN_TOKEN_LIBRARY_MANUFACTURER,
	SGN_TOKEN_LIBRARY_VERSION,
	SGN_TOKEN_OBJECT,
	SGN_TOKEN_ID,
	SGN_TOKEN_TYPE,
	SGN_TOKEN_PIN_SOURCE,
	SGN_TOKEN_MODULE_PATH,
	SGN_TOKEN_ATTRS
};

/* Decoded values; data NULL: not given. A value of size 0 was given and is empty. */
struct sgn_token_uri {
	struct sgn_view value[SGN_TOKEN_ATTRS];
	uint64_t slot_id;
	uint8_t library_major, library_minor;
};

/* "pkcs11:" in front, in any case. */
bool sgn_token_uri_is(const char *text);

/*
 * The values live in the arena, each with a NUL behind it. SGN_E_USAGE says what is wrong and where;
 * unknown attributes are refused: one that is not heeded could choose another key than was meant.
 */
int sgn_token_uri_parse(const char *text, struct sgn_arena *arena, struct sgn_token_uri *out,
                        struct sgn_error *err);

static inline bool sgn_token_uri_has(const struct sgn_token_uri *uri, enum sgn_token_attr attr)
{
	return uri->value[attr].data != NULL;
}

/* True when the attribute is not given, or is value. */
bool sgn_token_uri_allows(const struct sgn_token_uri *uri, enum sgn_token_attr attr,
                          struct sgn_view value);

/* Appends "name=value" percent-encoded, a semicolon in front unless it is the first. */
void sgn_token_uri_write(struct sgn_buf *out, enum sgn_token_attr attr, struct sgn_view value);

#endif
