/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

#include <assert.h>
#include <string.h>

void sample_put32(struct sample *s, size_t at, uint32_t v)
{
	const uint8_t bytes[] = {B32(v)};

	assert(at + sizeof(bytes) <= sizeof(s->bytes));
	memcpy(s->bytes + at, bytes, sizeof(bytes));
}

uint32_t sample_get32(const struct sample *s, size_t at)
{
	return (uint32_t)s->bytes[at] << 24 | (uint32_t)s->bytes[at + 1] << 16 |
	       (uint32_t)s->bytes[at + 2] << 8 | s->bytes[at + 3];
}

static void append(struct sample *s, const void *data, size_t size)
{
	assert(s->size + size <= sizeof(s->bytes));
	memcpy(s->bytes + s->size, data, size);
	s->size += size;
}

static void append_fill(struct sample *s, uint32_t byte, size_t size)
{
	assert(s->size + size <= sizeof(s->bytes));
	memset(s->bytes + s->size, (int)byte, size);
	s->size += size;
}

static size_t header_size(uint32_t version)
{
	if (version >= 0x20600)
		return 108;
	if (version >= 0x20500)
		return 96;
	if (version >= 0x20400)
		return 88;
	if (version >= 0x20300)
		return 64;
	if (version >= 0x20200)
		return 52;
	return version >= 0x20100 ? 48 : 44;
}

/* One element of one page, then the end. */
static void append_scatter(struct sample *s)
{
	static const uint8_t vector[] = {
		B32(1u), B32(0u), B64(0x1000), B64(0), B32(0u), B32(0u), B64(0), B64(0),
	};

	sample_put32(s, 44, (uint32_t)s->size);
	append(s, vector, sizeof(vector));
}

static void append_optional(const struct sample_shape *shape, struct sample *s)
{
	if (shape->scatter)
		append_scatter(s);
	sample_put32(s, 20, (uint32_t)s->size);
	append(s, SAMPLE_IDENT, sizeof(SAMPLE_IDENT));
	if (shape->team) {
		sample_put32(s, 48, (uint32_t)s->size);
		append(s, SAMPLE_TEAM, sizeof(SAMPLE_TEAM));
	}
	if (shape->pre_encrypt) {
		sample_put32(s, 92, (uint32_t)s->size);
		append_fill(s, 0xee, (size_t)shape->code_count * shape->hash_size);
	}
	if (shape->linkage) {
		sample_put32(s, 100, (uint32_t)s->size);
		sample_put32(s, 104, 20);
		append_fill(s, 0x77, 20);
	}
}

static void put_header(const struct sample_shape *shape, struct sample *s)
{
	sample_put32(s, 0, 0xfade0c02);
	sample_put32(s, 8, shape->version);
	sample_put32(s, 12, shape->flags);
	sample_put32(s, 24, shape->special_count);
	sample_put32(s, 28, shape->code_count);
	sample_put32(s, 32, shape->code_count * 4096 - 100);
	s->bytes[36] = shape->hash_size;
	s->bytes[37] = shape->hash_type;
	s->bytes[39] = 12;
	if (shape->version >= 0x20400) {
		sample_put32(s, 68, 0x4000); /* base */
		sample_put32(s, 76, 0x1000); /* limit */
		sample_put32(s, 84, 1);      /* flags */
	}
	if (shape->version >= 0x20500)
		sample_put32(s, 88, SAMPLE_RUNTIME);
	if (shape->version >= 0x20600)
		sample_put32(s, 96, 0x02010003); /* hash type, application type, subtype */
}

void sample_dir(const struct sample_shape *shape, struct sample *out)
{
	memset(out, 0, sizeof(*out));
	out->size = header_size(shape->version);
	put_header(shape, out);
	append_optional(shape, out);
	for (uint32_t n = shape->special_count; n > 0; n--)
		append_fill(out, 0xa0 + n, shape->hash_size);
	sample_put32(out, 16, (uint32_t)out->size);
	for (uint32_t i = 0; i < shape->code_count; i++)
		append_fill(out, 0xc0 + i, shape->hash_size);
	sample_put32(out, 4, (uint32_t)out->size);
}

void sample_plain_dir(struct sample *out)
{
	const struct sample_shape shape = {
		.version = 0x20400,
		.flags = 2,
		.hash_type = 2,
		.hash_size = 32,
		.special_count = 2,
		.code_count = 2,
	};

	sample_dir(&shape, out);
}

void sample_super(struct sample *out, uint32_t count)
{
	memset(out, 0, sizeof(*out));
	out->size = 12 + 8 * (size_t)count;
	sample_put32(out, 0, 0xfade0cc0);
	sample_put32(out, 4, (uint32_t)out->size);
	sample_put32(out, 8, count);
}

void sample_add(struct sample *out, uint32_t i, uint32_t type, struct sgn_view blob)
{
	sample_put32(out, 12 + 8 * (size_t)i, type);
	sample_put32(out, 16 + 8 * (size_t)i, (uint32_t)out->size);
	append(out, blob.data, blob.size);
	sample_put32(out, 4, (uint32_t)out->size);
}

void sample_full_signature(struct sample *out)
{
	static const uint8_t requirements[] = {B32(0xfade0c01u), B32(12u), B32(0u)};
	static const uint8_t entitlements[] = {B32(0xfade7171u), B32(11u), 'x', 'm', 'l'};
	static const uint8_t cms[] = {B32(0xfade0b01u), B32(8u)};
	struct sample_shape shape = {
		.version = 0x20500,
		.flags = 0x10002,
		.hash_type = 1,
		.hash_size = 20,
		.special_count = 5,
		.code_count = 2,
		.team = true,
	};
	struct sample dir;

	sample_super(out, 5);
	sample_dir(&shape, &dir);
	sample_add(out, 0, 0, sample_view(&dir));
	sample_add(out, 1, 2, sgn_view_of(requirements, sizeof(requirements)));
	sample_add(out, 2, 5, sgn_view_of(entitlements, sizeof(entitlements)));
	shape.hash_type = 2;
	shape.hash_size = 32;
	sample_dir(&shape, &dir);
	sample_add(out, 3, 0x1000, sample_view(&dir));
	sample_add(out, 4, 0x10000, sgn_view_of(cms, sizeof(cms)));
}

uint32_t sample_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}
