/* SPDX-License-Identifier: Apache-2.0 */
/* Places where something could hide from the signature. docs/format/macho.md, "universal files". */
#include "signer/base/limits.h"
#include "signer/macho/internal.h"

#define MAX_ALIGN 30u

/* The slice that begins first at or after off; NULL when there is none. */
static const struct sgn_slice *slice_from(const struct sgn_macho *m, uint64_t off)
{
	const struct sgn_slice *next = NULL;

	for (size_t i = 0; i < m->count; i++) {
		const struct sgn_slice *s = &m->slices[i];

		if (s->offset >= off && (!next || s->offset < next->offset))
			next = s;
	}
	return next;
}

static const char *gap_problem(const struct sgn_source *src, uint64_t from, uint64_t to)
{
	uint8_t bytes[16384];

	while (from < to) {
		uint64_t left = to - from;
		size_t len = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);

		if (sgn_source_read(src, from, bytes, len, NULL) != 0)
			return "the bytes between two slices cannot be read";
		if (!sgn_view_is_zero(sgn_view_of(bytes, len)))
			return "there is data between two slices";
		from += len;
	}
	return NULL;
}

static const char *fat_problem(const struct sgn_macho *m, const struct sgn_source *src)
{
	uint64_t end = 8 + m->count * (m->is_fat64 ? 32u : 20u);
	const struct sgn_slice *s;

	while ((s = slice_from(m, end)) != NULL) {
		const char *problem;

		if (s->align > MAX_ALIGN)
			return "the alignment of a slice is more than 2^30";
		if (s->offset - end >= (uint64_t)1 << s->align)
			return "the gap before a slice is larger than its alignment needs";
		problem = gap_problem(src, end, s->offset);
		if (problem)
			return problem;
		end = s->offset + s->size;
	}
	return end == m->file_size ? NULL : "the file does not end with its last slice";
}

static const char *slice_problem(const struct sgn_slice *s)
{
	if (s->linkedit)
		return s->linkedit->fileoff + s->linkedit->filesize == s->size
		               ? NULL
		               : "__LINKEDIT does not reach to the end of the slice";
	if (s->symtab_end == 0)
		return "there is neither __LINKEDIT nor a string table";
	return s->symtab_end == s->size ? NULL
	                                : "the string table does not reach to the end of the slice";
}

const char *sgn_macho_strict_problem(const struct sgn_macho *m, const struct sgn_source *src)
{
	const char *problem = m->is_fat ? fat_problem(m, src) : NULL;

	for (size_t i = 0; !problem && i < m->count; i++)
		problem = slice_problem(&m->slices[i]);
	return problem;
}
