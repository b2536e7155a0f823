/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/pki/ber.h"

#include <string.h>

#include "signer/base/text.h"
#include "signer/base/time.h"

/* Deeper than any CMS; the work for nested indefinite lengths grows with it. */
#define BER_DEPTH 24

/* Tag and length only. *length is meaningless when *indefinite. */
static bool read_header(struct sgn_view in, uint8_t *tag, size_t *header, uint64_t *length,
                        bool *indefinite)
{
	size_t count;

	if (in.size < 2 || (in.data[0] & 0x1f) == 0x1f)
		return false; /* CMS has no tags above 30 */
	*tag = in.data[0];
	*length = in.data[1];
	*header = 2;
	*indefinite = in.data[1] == 0x80;
	if (*indefinite)
		return (*tag & SGN_BER_CONSTRUCTED) != 0;
	if (in.data[1] < 0x80)
		return true;
	count = in.data[1] & 0x7f;
	if (count > 8 || in.size < 2 + count)
		return false;
	*length = 0;
	for (size_t i = 0; i < count; i++)
		*length = *length << 8 | in.data[2 + i];
	*header += count;
	return true;
}

static bool at_end_marker(struct sgn_view in)
{
	return in.size >= 2 && in.data[0] == 0 && in.data[1] == 0;
}

static bool next_at_depth(struct sgn_view *in, struct sgn_ber_item *out, int depth)
{
	struct sgn_view rest;
	struct sgn_ber_item inner;
	uint64_t length;
	size_t header, content;

	if (depth > BER_DEPTH || !read_header(*in, &out->tag, &header, &length, &out->indefinite))
		return false;
	rest = sgn_view_from(*in, header);
	if (!out->indefinite) {
		if (!sgn_view_slice(rest, 0, length, &out->content))
			return false;
		content = out->content.size;
		out->whole = sgn_view_of(in->data, header + content);
		*in = sgn_view_from(*in, header + content);
		return true;
	}
	while (!at_end_marker(rest))
		if (!next_at_depth(&rest, &inner, depth + 1))
			return false;
	content = in->size - header - rest.size;
	if (!sgn_view_slice(*in, header, content, &out->content))
		return false;
	out->whole = sgn_view_of(in->data, header + content + 2);
	*in = sgn_view_from(*in, header + content + 2);
	return true;
}

bool sgn_ber_next(struct sgn_view *in, struct sgn_ber_item *out)
{
	return next_at_depth(in, out, 0);
}

bool sgn_ber_take(struct sgn_view *in, uint8_t tag, struct sgn_ber_item *out)
{
	struct sgn_view after = *in;

	if (in->size == 0 || in->data[0] != tag || !sgn_ber_next(&after, out))
		return false;
	*in = after;
	return true;
}

/* Appends the pieces to bytes when it is not NULL; always adds to *size. */
static bool gather(struct sgn_view pieces, uint8_t *bytes, size_t *size, int depth)
{
	struct sgn_ber_item item;

	while (pieces.size) {
		if (depth > BER_DEPTH || !sgn_ber_next(&pieces, &item))
			return false;
		if (item.tag == (SGN_BER_OCTETS | SGN_BER_CONSTRUCTED)) {
			if (!gather(item.content, bytes, size, depth + 1))
				return false;
			continue;
		}
		if (item.tag != SGN_BER_OCTETS)
			return false;
		if (bytes && item.content.size)
			memcpy(bytes + *size, item.content.data, item.content.size);
		*size += item.content.size;
	}
	return true;
}

int sgn_ber_octets(const struct sgn_ber_item *item, struct sgn_arena *arena, struct sgn_view *out,
                   struct sgn_error *err)
{
	uint8_t *bytes;
	size_t size = 0;

	if (!(item->tag & SGN_BER_CONSTRUCTED)) {
		*out = item->content;
		return 0;
	}
	if (!gather(item->content, NULL, &size, 0))
		return sgn_fail(err, SGN_E_FORMAT, "a string in pieces is damaged");
	if (size == 0) {
		*out = SGN_VIEW_EMPTY;
		return 0;
	}
	bytes = sgn_arena_alloc(arena, size);
	if (!bytes)
		return sgn_fail_nomem(err);
	size = 0;
	gather(item->content, bytes, &size, 0);
	*out = sgn_view_of(bytes, size);
	return 0;
}

static bool two_digits(struct sgn_view v, size_t at, int *out)
{
	if (at + 2 > v.size || !sgn_is_digit(v.data[at]) || !sgn_is_digit(v.data[at + 1]))
		return false;
	*out = (v.data[at] - '0') * 10 + (v.data[at + 1] - '0');
	return true;
}

/* "Z", or a fraction and "Z": what RFC 5280 and RFC 3161 allow behind the seconds. */
static bool is_utc_tail(struct sgn_view v, size_t at)
{
	if (at < v.size && v.data[at] == '.') {
		at++;
		while (at < v.size && sgn_is_digit(v.data[at]))
			at++;
	}
	return at + 1 == v.size && v.data[at] == 'Z';
}

bool sgn_ber_time(const struct sgn_ber_item *item, int64_t *unix_seconds)
{
	struct sgn_view v = item->content;
	struct sgn_time t;
	int century = 0, year;
	size_t at = 0;

	if (item->tag == SGN_BER_GENERALIZED_TIME) {
		if (!two_digits(v, 0, &century))
			return false;
		at = 2;
	} else if (item->tag != SGN_BER_UTC_TIME) {
		return false;
	}
	if (!two_digits(v, at, &year) || !two_digits(v, at + 2, &t.month) ||
	    !two_digits(v, at + 4, &t.day) || !two_digits(v, at + 6, &t.hour) ||
	    !two_digits(v, at + 8, &t.minute) || !two_digits(v, at + 10, &t.second) ||
	    !is_utc_tail(v, at + 12))
		return false;
	if (item->tag == SGN_BER_UTC_TIME) /* RFC 5280 4.1.2.5.1 */
		century = year < 50 ? 20 : 19;
	t.year = century * 100 + year;
	return sgn_time_join(&t, unix_seconds);
}
