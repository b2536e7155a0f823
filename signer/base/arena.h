/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is freed together: one parsed object, one arena. Views inside the object point into
 * it. The zero value is a valid empty arena. In builds with SGN_DEBUG_ARENA every item is its own
 * allocation, so that a sanitizer sees an overrun between items.
 */
#ifndef SIGNER_BASE_ARENA_H
#define SIGNER_BASE_ARENA_H

#include <stddef.h>

#include "signer/base/view.h"

struct sgn_arena_block;

struct sgn_arena {
	struct sgn_arena_block *blocks;
	size_t used_total;
};

void sgn_arena_dispose(struct sgn_arena *a);

/* Zeroed, aligned for any type; NULL when out of memory. */
void *sgn_arena_alloc(struct sgn_arena *a, size_t size);
void *sgn_arena_array(struct sgn_arena *a, size_t count, size_t size);

/* Copies; NUL-terminated (the NUL is not part of a view's size). */
char *sgn_arena_strndup(struct sgn_arena *a, const char *text, size_t len);
char *sgn_arena_strdup(struct sgn_arena *a, const char *text);

/* What from holds is freed with a from now on; from is empty then. */
void sgn_arena_adopt(struct sgn_arena *a, struct sgn_arena *from);

/* Copies v into the arena; false when out of memory. */
bool sgn_arena_copy(struct sgn_arena *a, struct sgn_view v, struct sgn_view *out);

#endif
