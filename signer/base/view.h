/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Borrowed bytes. A view is never freed; whoever hands one out says in its comment what owns the
 * bytes. All arithmetic on a view's bounds happens in the functions here.
 */
#ifndef SIGNER_BASE_VIEW_H
#define SIGNER_BASE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sgn_view {
	const uint8_t *data;
	size_t size;
};

#define SGN_VIEW_EMPTY ((struct sgn_view){NULL, 0})

static inline struct sgn_view sgn_view_of(const void *data, size_t size)
{
	return (struct sgn_view){data, size};
}

/* The bytes of a C string, without its NUL. */
struct sgn_view sgn_view_str(const char *text);

/* True and *out when [off, off+len) lies inside v; false, *out untouched, otherwise. */
bool sgn_view_slice(struct sgn_view v, uint64_t off, uint64_t len, struct sgn_view *out);

/* The bytes from off to the end; empty when off is beyond it. */
struct sgn_view sgn_view_from(struct sgn_view v, size_t off);

bool sgn_view_equal(struct sgn_view a, struct sgn_view b);

/* Byte order, the shorter first where one is a prefix of the other. */
int sgn_view_compare(struct sgn_view a, struct sgn_view b);

bool sgn_view_starts_with(struct sgn_view v, struct sgn_view prefix);
bool sgn_view_ends_with(struct sgn_view v, struct sgn_view suffix);
bool sgn_view_contains(struct sgn_view v, struct sgn_view needle);

/* True when every byte is zero (also for an empty view). */
bool sgn_view_is_zero(struct sgn_view v);

#endif
