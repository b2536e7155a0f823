/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "signer/base/mem.h"

#ifdef SGN_DEBUG_ARENA
#define BLOCK_SIZE 0
#else
#define BLOCK_SIZE 8192
#endif

struct sgn_arena_block {
	struct sgn_arena_block *next;
	size_t used, cap;
	alignas(max_align_t) uint8_t bytes[];
};

void sgn_arena_dispose(struct sgn_arena *a)
{
	struct sgn_arena_block *block = a->blocks;

	while (block) {
		struct sgn_arena_block *next = block->next;

		sgn_free(block);
		block = next;
	}
	*a = (struct sgn_arena){0};
}

void sgn_arena_adopt(struct sgn_arena *a, struct sgn_arena *from)
{
	struct sgn_arena_block **last = &from->blocks;

	while (*last)
		last = &(*last)->next;
	/* Behind the current block, which keeps its free room. */
	if (a->blocks) {
		*last = a->blocks->next;
		a->blocks->next = from->blocks;
	} else {
		a->blocks = from->blocks;
	}
	a->used_total += from->used_total;
	*from = (struct sgn_arena){0};
}

static struct sgn_arena_block *add_block(struct sgn_arena *a, size_t size)
{
	size_t cap = size > BLOCK_SIZE ? size : BLOCK_SIZE;
	struct sgn_arena_block *block;

	if (cap > SIZE_MAX - sizeof(*block))
		return NULL;
	block = sgn_calloc(1, sizeof(*block) + cap);
	if (!block)
		return NULL;
	block->cap = cap;
	/* A large item gets a block of its own behind the current one, which keeps its free room. */
	if (a->blocks && size > BLOCK_SIZE / 4) {
		block->next = a->blocks->next;
		a->blocks->next = block;
	} else {
		block->next = a->blocks;
		a->blocks = block;
	}
	return block;
}

void *sgn_arena_alloc(struct sgn_arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct sgn_arena_block *block = a->blocks;
	uint8_t *item;

	if (size == 0)
		size = 1;
	if (size > SIZE_MAX - align)
		return NULL;
	size = (size + align - 1) & ~(align - 1);
	if (!block || block->cap - block->used < size) {
		block = add_block(a, size);
		if (!block)
			return NULL;
	}
	item = block->bytes + block->used;
	block->used += size;
	a->used_total += size;
	return item;
}

void *sgn_arena_array(struct sgn_arena *a, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	return sgn_arena_alloc(a, count * size);
}

char *sgn_arena_strndup(struct sgn_arena *a, const char *text, size_t len)
{
	char *copy = len < SIZE_MAX ? sgn_arena_alloc(a, len + 1) : NULL;

	if (copy && len)
		memcpy(copy, text, len);
	return copy;
}

char *sgn_arena_strdup(struct sgn_arena *a, const char *text)
{
	return sgn_arena_strndup(a, text, strlen(text));
}

bool sgn_arena_copy(struct sgn_arena *a, struct sgn_view v, struct sgn_view *out)
{
	const char *copy = sgn_arena_strndup(a, (const char *)v.data, v.size);

	if (!copy)
		return false;
	*out = sgn_view_of(copy, v.size);
	return true;
}
