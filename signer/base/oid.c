/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/oid.h"

#include "signer/base/text.h"

/* Base-128, most significant group first, top bit on all but the last byte. */
static bool put_arc(struct sgn_oid *oid, uint64_t arc)
{
	uint8_t groups[10];
	size_t count = 0;

	do {
		groups[count++] = (uint8_t)(arc & 0x7f);
		arc >>= 7;
	} while (arc);
	if (oid->size + count > SGN_OID_MAX)
		return false;
	while (count--)
		oid->der[oid->size++] = (uint8_t)(groups[count] | (count ? 0x80 : 0));
	return true;
}

/* Reads digits at *at up to a dot or the end. */
static bool take_arc(const char *text, size_t len, size_t *at, uint64_t *arc)
{
	size_t start = *at;

	*arc = 0;
	while (*at < len && sgn_is_digit((uint8_t)text[*at])) {
		uint64_t digit = (uint64_t)(text[*at] - '0');

		if (*arc > (UINT64_MAX - digit) / 10)
			return false;
		*arc = *arc * 10 + digit;
		(*at)++;
	}
	if (*at == start)
		return false;
	if (*at < len) {
		if (text[*at] != '.' || *at + 1 == len)
			return false;
		(*at)++;
	}
	return true;
}

bool sgn_oid_parse(const char *dotted, size_t len, struct sgn_oid *out)
{
	uint64_t first, second, arc;
	size_t at = 0;

	out->size = 0;
	if (!take_arc(dotted, len, &at, &first) || first > 2)
		return false;
	if (!take_arc(dotted, len, &at, &second) || (first < 2 && second > 39) ||
	    second > UINT64_MAX - 80)
		return false;
	if (!put_arc(out, first * 40 + second))
		return false;
	while (at < len)
		if (!take_arc(dotted, len, &at, &arc) || !put_arc(out, arc))
			return false;
	return true;
}

/* X.690, 8.19: whole arcs, each without leading zero groups; and none of more than 64 bits. */
static bool is_oid(struct sgn_view der)
{
	uint64_t arc = 0;
	bool inside = false;

	for (size_t i = 0; i < der.size; i++) {
		if ((!inside && der.data[i] == 0x80) || arc > UINT64_MAX >> 7)
			return false;
		arc = arc << 7 | (der.data[i] & 0x7f);
		inside = der.data[i] & 0x80;
		if (!inside)
			arc = 0;
	}
	return der.size > 0 && !inside;
}

void sgn_oid_print(struct sgn_buf *out, struct sgn_view der)
{
	uint64_t arc = 0;
	bool first = true;

	if (!is_oid(der)) {
		sgn_wr_str(out, "?");
		return;
	}
	for (size_t i = 0; i < der.size; i++) {
		arc = arc << 7 | (der.data[i] & 0x7f);
		if (der.data[i] & 0x80)
			continue;
		if (first) {
			uint64_t root = arc < 40 ? 0 : arc < 80 ? 1 : 2;

			sgn_wr_fmt(out, "%llu.%llu", (unsigned long long)root,
			           (unsigned long long)(arc - root * 40));
		} else {
			sgn_wr_fmt(out, ".%llu", (unsigned long long)arc);
		}
		first = false;
		arc = 0;
	}
}

static const struct {
	const char *dotted;
	const char *der;
	size_t der_size;
} known[] = {
#define OID(symbol, dotted, der, meaning) {(dotted), (der), sizeof(der) - 1},
#include "signer/base/oids.def"
#undef OID
};

const char *sgn_oid_dotted(enum sgn_known_oid which)
{
	return known[which].dotted;
}

struct sgn_view sgn_oid_known(enum sgn_known_oid which)
{
	return sgn_view_of(known[which].der, known[which].der_size);
}
