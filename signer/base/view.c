/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/view.h"

#include <string.h>

struct sgn_view sgn_view_str(const char *text)
{
	return sgn_view_of(text, text ? strlen(text) : 0);
}

bool sgn_view_slice(struct sgn_view v, uint64_t off, uint64_t len, struct sgn_view *out)
{
	if (off > v.size || len > v.size - off)
		return false;
	/* An empty view may have no bytes to point into. */
	out->data = v.data ? v.data + off : NULL;
	out->size = (size_t)len;
	return true;
}

struct sgn_view sgn_view_from(struct sgn_view v, size_t off)
{
	struct sgn_view out = SGN_VIEW_EMPTY;

	if (off < v.size)
		sgn_view_slice(v, off, v.size - off, &out);
	return out;
}

bool sgn_view_equal(struct sgn_view a, struct sgn_view b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

int sgn_view_compare(struct sgn_view a, struct sgn_view b)
{
	size_t common = a.size < b.size ? a.size : b.size;
	int order = common ? memcmp(a.data, b.data, common) : 0;

	if (order != 0)
		return order;
	return (a.size > b.size) - (a.size < b.size);
}

bool sgn_view_starts_with(struct sgn_view v, struct sgn_view prefix)
{
	struct sgn_view head;

	return sgn_view_slice(v, 0, prefix.size, &head) && sgn_view_equal(head, prefix);
}

bool sgn_view_ends_with(struct sgn_view v, struct sgn_view suffix)
{
	struct sgn_view tail;

	return suffix.size <= v.size &&
	       sgn_view_slice(v, v.size - suffix.size, suffix.size, &tail) &&
	       sgn_view_equal(tail, suffix);
}

bool sgn_view_contains(struct sgn_view v, struct sgn_view needle)
{
	struct sgn_view part;

	for (size_t off = 0; sgn_view_slice(v, off, needle.size, &part); off++)
		if (sgn_view_equal(part, needle))
			return true;
	return false;
}

bool sgn_view_is_zero(struct sgn_view v)
{
	for (size_t i = 0; i < v.size; i++)
		if (v.data[i] != 0)
			return false;
	return true;
}
