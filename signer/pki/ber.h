/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading BER, as far as CMS needs it: indefinite lengths and strings in pieces, which Apple's own
 * signatures contain. Strict DER is signer/codec/der.h. Bounded in depth; views only.
 */
#ifndef SIGNER_PKI_BER_H
#define SIGNER_PKI_BER_H

#include "signer/base/arena.h"
#include "signer/base/error.h"
#include "signer/base/view.h"

/* Tags, as their one byte. */
enum {
	SGN_BER_BOOLEAN = 0x01,
	SGN_BER_INTEGER = 0x02,
	SGN_BER_BIT_STRING = 0x03,
	SGN_BER_OCTETS = 0x04,
	SGN_BER_OID = 0x06,
	SGN_BER_UTF8 = 0x0c,
	SGN_BER_UTC_TIME = 0x17,
	SGN_BER_GENERALIZED_TIME = 0x18,
	SGN_BER_SEQUENCE = 0x30,
	SGN_BER_SET = 0x31,
	SGN_BER_CONTEXT_0 = 0xa0,
	SGN_BER_CONTEXT_1 = 0xa1,
	SGN_BER_CONTEXT_0_PRIMITIVE = 0x80,
	SGN_BER_CONSTRUCTED = 0x20
};

struct sgn_ber_item {
	uint8_t tag;
	struct sgn_view
		whole; /* tag, length, content, and the end marker of an indefinite length */
	struct sgn_view content; /* without the end marker */
	bool indefinite;
};

/* The next item of *in, which is advanced behind it; false when there is none or it is damaged. */
bool sgn_ber_next(struct sgn_view *in, struct sgn_ber_item *out);

/* The same, and the tag must be this one; *in stays where it was when it is another. */
bool sgn_ber_take(struct sgn_view *in, uint8_t tag, struct sgn_ber_item *out);

/* The bytes of an OCTET STRING, joined in the arena when it comes in pieces. SGN_E_FORMAT, NOMEM. */
int sgn_ber_octets(const struct sgn_ber_item *item, struct sgn_arena *arena, struct sgn_view *out,
                   struct sgn_error *err);

/* Seconds of a UTCTime or GeneralizedTime in UTC, fractions dropped; false for anything else. */
bool sgn_ber_time(const struct sgn_ber_item *item, int64_t *unix_seconds);

#endif
