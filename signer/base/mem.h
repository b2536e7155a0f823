/* SPDX-License-Identifier: Apache-2.0 */
/* The one allocation entry, so that tests can make the n-th allocation fail, and the wipe. */
#ifndef SIGNER_BASE_MEM_H
#define SIGNER_BASE_MEM_H

#include <stddef.h>

void *sgn_malloc(size_t size);               /* NULL for size 0 */
void *sgn_calloc(size_t count, size_t size); /* NULL when the product overflows */
void *sgn_realloc(void *p, size_t size);
void sgn_free(void *p);
char *sgn_strdup(const char *text);
char *sgn_strndup(const char *text, size_t len);

/* Not removed by the optimiser: for passwords and private keys. */
void sgn_wipe(void *p, size_t size);

/*
 * Test hook: the n-th allocation from now fails (1 = the next), and every later one too until reset
 * with 0. Returns how many allocations were made since the last call; they are counted only while n is
 * not 0 (ULONG_MAX counts and never fails). One thread only.
 */
unsigned long sgn_mem_fail_after(unsigned long n);

#endif
