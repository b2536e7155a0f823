/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/mutate.h"

#include <string.h>

/* Lengths, counts and offsets of these formats are 32-bit: these are where arithmetic goes wrong. */
static const uint32_t edges[] = {
	0,          1,          2,          3,          7,          8,          11,
	12,         0x7f,       0x80,       0xff,       0x100,      0xfff,      0x1000,
	0x4000,     0x7fff,     0xffff,     0x10000,    0x7ffffffe, 0x7fffffff, 0x80000000,
	0xfffffff0, 0xfffffff8, 0xfffffffc, 0xfffffffe, 0xffffffff,
};

#define EDGE_COUNT ((uint32_t)(sizeof(edges) / sizeof(edges[0])))

void rng_seed(struct rng *rng, uint64_t seed)
{
	rng->state = seed * 0x9e3779b97f4a7c15u + 0x2545f4914f6cdd1du;
	if (rng->state == 0)
		rng->state = 1;
}

/* xorshift64*; the reference values are in nobody's way here, only repeatability counts. */
static uint64_t rng_next(struct rng *rng)
{
	rng->state ^= rng->state >> 12;
	rng->state ^= rng->state << 25;
	rng->state ^= rng->state >> 27;
	return rng->state * 0x2545f4914f6cdd1du;
}

uint32_t rng_below(struct rng *rng, uint32_t bound)
{
	return bound == 0 ? 0 : (uint32_t)((rng_next(rng) >> 32) % bound);
}

static size_t place(struct rng *rng, size_t size)
{
	return rng_below(rng, size > UINT32_MAX ? UINT32_MAX : (uint32_t)size);
}

static void flip_bit(struct rng *rng, uint8_t *data, size_t size)
{
	if (size > 0)
		data[place(rng, size)] ^= (uint8_t)(1u << rng_below(rng, 8));
}

static void set_byte(struct rng *rng, uint8_t *data, size_t size)
{
	if (size > 0)
		data[place(rng, size)] = (uint8_t)rng_below(rng, 256);
}

static void set_word(struct rng *rng, uint8_t *data, size_t size)
{
	uint32_t value = edges[rng_below(rng, EDGE_COUNT)];
	size_t at;
	int i;

	if (size < 4)
		return;
	at = place(rng, size - 3);
	if (rng_below(rng, 4) != 0)
		at &= ~(size_t)3;
	for (i = 0; i < 4; i++) {
		data[at + (size_t)i] = (uint8_t)(value >> 24);
		value <<= 8;
	}
	if (rng_below(rng, 3) == 0) { /* the other byte order */
		uint8_t first = data[at], second = data[at + 1];

		data[at] = data[at + 3];
		data[at + 1] = data[at + 2];
		data[at + 2] = second;
		data[at + 3] = first;
	}
}

static void add_to_byte(struct rng *rng, uint8_t *data, size_t size)
{
	if (size > 0) {
		size_t at = place(rng, size);

		data[at] = (uint8_t)(data[at] + rng_below(rng, 9) - 4u);
	}
}

static void cut(struct rng *rng, uint8_t *data, size_t *size)
{
	size_t at, n;

	if (*size == 0)
		return;
	at = place(rng, *size);
	n = 1 + place(rng, *size - at < 64 ? *size - at : 64);
	if (n > *size - at)
		n = *size - at;
	memmove(data + at, data + at + n, *size - at - n);
	*size -= n;
}

static void insert(struct rng *rng, uint8_t *data, size_t *size, size_t room, const uint8_t *from,
                   size_t from_size)
{
	size_t at = place(rng, *size + 1), n, start;

	if (from_size == 0 || *size >= room)
		return;
	n = 1 + place(rng, from_size < 64 ? from_size : 64);
	if (n > room - *size)
		n = room - *size;
	if (n > from_size)
		n = from_size;
	start = place(rng, from_size - n + 1);
	memmove(data + at + n, data + at, *size - at);
	memcpy(data + at, from + start, n);
	*size += n;
}

void mutate(struct rng *rng, uint8_t *data, size_t *size, size_t room, const uint8_t *other,
            size_t other_size)
{
	uint32_t rounds = 1 + rng_below(rng, 4);

	while (rounds-- > 0) {
		switch (rng_below(rng, 8)) {
		case 0: flip_bit(rng, data, *size); break;
		case 1: set_byte(rng, data, *size); break;
		case 2:
		case 3: set_word(rng, data, *size); break;
		case 4: add_to_byte(rng, data, *size); break;
		case 5: cut(rng, data, size); break;
		case 6: insert(rng, data, size, room, other, other_size); break;
		default: *size = rng_below(rng, 8) == 0 ? place(rng, *size + 1) : *size; break;
		}
	}
}
