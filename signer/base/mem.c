/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/mem.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Allocations since the last reset, and which one is the first to fail (0: none). */
static atomic_ulong alloc_count;
static atomic_ulong alloc_fail_at;

static int must_fail(void)
{
	unsigned long at = atomic_load_explicit(&alloc_fail_at, memory_order_relaxed);

	if (at == 0)
		return 0;
	return atomic_fetch_add_explicit(&alloc_count, 1, memory_order_relaxed) + 1 >= at;
}

unsigned long sgn_mem_fail_after(unsigned long n)
{
	unsigned long made = atomic_exchange(&alloc_count, 0);

	atomic_store(&alloc_fail_at, n);
	return made;
}

void *sgn_malloc(size_t size)
{
	return size == 0 || must_fail() ? NULL : malloc(size);
}

void *sgn_calloc(size_t count, size_t size)
{
	if (count == 0 || size == 0 || count > SIZE_MAX / size || must_fail())
		return NULL;
	return calloc(count, size);
}

void *sgn_realloc(void *p, size_t size)
{
	return size == 0 || must_fail() ? NULL : realloc(p, size);
}

void sgn_free(void *p)
{
	free(p);
}

char *sgn_strndup(const char *text, size_t len)
{
	char *copy = sgn_malloc(len + 1);

	if (copy) {
		if (len)
			memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}

char *sgn_strdup(const char *text)
{
	return sgn_strndup(text, strlen(text));
}

void sgn_wipe(void *p, size_t size)
{
	volatile unsigned char *byte = p;

	while (size--)
		*byte++ = 0;
}
