/* SPDX-License-Identifier: Apache-2.0 */
/* Seeded mutations of an input: the same seed gives the same bytes everywhere. */
#ifndef TESTS_FUZZ_MUTATE_H
#define TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* The state of the generator; never zero. */
struct rng {
	uint64_t state;
};

void rng_seed(struct rng *rng, uint64_t seed);
uint32_t rng_below(struct rng *rng, uint32_t bound); /* 0 .. bound - 1; 0 for a bound of 0 */

/*
 * Changes @data of *@size bytes in place, with room for @room bytes, and may change *@size. @other is
 * another input of the corpus to splice from; it may be empty.
 */
void mutate(struct rng *rng, uint8_t *data, size_t *size, size_t room, const uint8_t *other,
            size_t other_size);

#endif
