/* SPDX-License-Identifier: Apache-2.0 */
/* Checked arithmetic: true and *out when the result fits, false otherwise. */
#ifndef SIGNER_BASE_NUM_H
#define SIGNER_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool sgn_add_u64(uint64_t a, uint64_t b, uint64_t *out)
{
	if (a > UINT64_MAX - b)
		return false;
	*out = a + b;
	return true;
}

static inline bool sgn_mul_u64(uint64_t a, uint64_t b, uint64_t *out)
{
	if (b != 0 && a > UINT64_MAX / b)
		return false;
	*out = a * b;
	return true;
}

/* align is a power of two. */
static inline bool sgn_align_u64(uint64_t v, uint64_t align, uint64_t *out)
{
	uint64_t sum;

	if (!sgn_add_u64(v, align - 1, &sum))
		return false;
	*out = sum & ~(align - 1);
	return true;
}

static inline bool sgn_to_u32(uint64_t v, uint32_t *out)
{
	if (v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

static inline bool sgn_to_size(uint64_t v, size_t *out)
{
	if (v > SIZE_MAX)
		return false;
	*out = (size_t)v;
	return true;
}

static inline bool sgn_is_pow2(uint64_t v)
{
	return v != 0 && (v & (v - 1)) == 0;
}

#endif
