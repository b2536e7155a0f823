/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of this room share: a built file with its model, and a layout made real. */
#ifndef TESTS_UNIT_MACHO_LOAD_H
#define TESTS_UNIT_MACHO_LOAD_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "signer/macho/macho.h"
#include "tests/support/macho_builder.h"

struct loaded {
	struct mb_image img;
	struct sgn_source src;
	struct sgn_macho m;
	struct sgn_error err;
	int rc;
};

/* Takes the image over and reads it. */
static inline struct loaded load(struct mb_image img)
{
	struct loaded l = {.img = img, .err = SGN_ERROR_INIT};

	sgn_source_memory(sgn_view_of(img.data, img.size), &l.src);
	l.rc = sgn_macho_read(&l.src, &l.m, &l.err);
	return l;
}

static inline struct loaded load_slice(const struct mb_slice *s)
{
	return load(mb_build(s));
}

static inline void unload(struct loaded *l)
{
	sgn_macho_dispose(&l->m);
	sgn_source_close(&l->src);
	sgn_error_dispose(&l->err);
	mb_free(&l->img);
}

/* The file that a layout describes; signatures are filled with 0xee. */
static inline struct mb_image apply(const struct loaded *in, const struct sgn_layout *l)
{
	struct mb_image out = {calloc(1, l->file_size + 1), l->file_size};

	cr_assert_not_null(out.data);
	if (l->fat_header.size)
		memcpy(out.data, l->fat_header.data, l->fat_header.size);
	for (size_t i = 0; i < l->count; i++) {
		const struct sgn_slice_layout *sl = &l->slices[i];
		uint8_t *to = out.data + sl->new_offset;

		cr_assert_leq(sl->header.size, sl->copy_size);
		cr_assert_leq(sl->copy_size, sl->code_limit);
		cr_assert_eq(sl->code_limit + sl->datasize, sl->new_size);
		cr_assert_leq(sl->new_offset + sl->new_size, l->file_size);
		memcpy(to, in->img.data + in->m.slices[i].offset, sl->copy_size);
		memcpy(to, sl->header.data, sl->header.size);
		memset(to + sl->code_limit, 0xee, sl->datasize);
	}
	return out;
}

/* Signs with one size for every slice and reads the outcome; the layout must succeed. */
static inline struct loaded signed_file(const struct loaded *in, uint32_t datasize)
{
	uint32_t sizes[8];
	struct sgn_layout l;
	struct sgn_error err = SGN_ERROR_INIT;
	struct loaded out;

	for (size_t i = 0; i < 8; i++)
		sizes[i] = datasize;
	cr_assert_eq(sgn_layout_sign(&in->m, sizes, &l, &err), 0, "%s", err.text);
	out = load(apply(in, &l));
	sgn_layout_dispose(&l);
	cr_assert_eq(out.rc, 0, "%s", out.err.text);
	return out;
}

static inline struct loaded stripped_file(const struct loaded *in)
{
	struct sgn_layout l;
	struct sgn_error err = SGN_ERROR_INIT;
	struct loaded out;

	cr_assert_eq(sgn_layout_remove(&in->m, &l, &err), 0, "%s", err.text);
	out = load(apply(in, &l));
	sgn_layout_dispose(&l);
	cr_assert_eq(out.rc, 0, "%s", out.err.text);
	return out;
}

#endif
