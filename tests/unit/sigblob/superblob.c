/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "sample.h"
#include "signer/base/mem.h"
#include "signer/sigblob/superblob.h"

static const uint8_t first[] = {B32(0xfade0c01u), B32(12u), B32(0u)};
static const uint8_t second[] = {B32(0xfade0b01u), B32(11u), 'c', 'm', 's'};

/* clang-format off */
static const uint8_t golden[] = {
	B32(0xfade0cc0u), B32(51u), B32(2u),
	B32(2u), B32(28u),
	B32(0x10000u), B32(40u),
	B32(0xfade0c01u), B32(12u), B32(0u),
	B32(0xfade0b01u), B32(11u), 'c', 'm', 's',
};
/* clang-format on */

static void golden_sample(struct sample *s)
{
	memset(s, 0, sizeof(*s));
	memcpy(s->bytes, golden, sizeof(golden));
	s->size = sizeof(golden);
}

static void refused_at(const struct sample *s, uint64_t offset, const char *why)
{
	struct sgn_error err = SGN_ERROR_INIT;
	static struct sgn_superblob sb;

	cr_assert_eq(sgn_superblob_read(sample_view(s), 0xfade0cc0u, &sb, &err), SGN_E_FORMAT);
	cr_assert_eq(err.osstatus, -67045);
	cr_assert(strstr(err.text, why), "%s", err.text);
	cr_assert_eq(err.offset, offset, "%s: %llu", err.text, (unsigned long long)err.offset);
	cr_assert_eq(sb.count, 0, "nothing half-read is left behind");
	sgn_error_dispose(&err);
}

Test(sigblob_superblob, golden_bytes_are_read)
{
	struct sgn_superblob sb;

	cr_assert_eq(sgn_superblob_read(sgn_view_of(golden, sizeof(golden)), 0, &sb, NULL), 0);
	cr_assert_eq(sb.magic, CSMAGIC_EMBEDDED_SIGNATURE);
	cr_assert_eq(sb.count, 2);
	cr_assert_eq(sb.entries[0].type, 2);
	cr_assert_eq(sb.entries[0].magic, CSMAGIC_REQUIREMENTS);
	cr_assert_eq(sb.entries[1].offset, 40);
	cr_assert(sb.tiles);
	cr_assert(sgn_view_equal(sgn_superblob_find(&sb, 2), sgn_view_of(first, sizeof(first))));
	cr_assert(sgn_view_equal(sgn_superblob_find(&sb, CSSLOT_SIGNATURESLOT),
	                         sgn_view_of(second, sizeof(second))));
	cr_assert_eq(sgn_superblob_find(&sb, 3).size, 0);
}

Test(sigblob_superblob, reserved_room_behind_it_is_not_part_of_it)
{
	struct sgn_superblob sb;
	struct sample s;

	golden_sample(&s);
	s.size += 500;
	cr_assert_eq(sgn_superblob_read(sample_view(&s), 0, &sb, NULL), 0);
	cr_assert_eq(sb.blob.size, sizeof(golden));
	cr_assert(sb.tiles);
}

Test(sigblob_superblob, an_empty_one_is_a_superblob)
{
	static const uint8_t empty[] = {B32(0xfade0c01u), B32(12u), B32(0u)};
	struct sgn_superblob sb;

	cr_assert_eq(sgn_superblob_read(sgn_view_of(empty, 12), 0xfade0c01u, &sb, NULL), 0);
	cr_assert_eq(sb.count, 0);
	cr_assert(sb.tiles);
}

Test(sigblob_superblob, another_magic_is_refused)
{
	struct sample s;

	golden_sample(&s);
	sample_put32(&s, 0, 0xfade0cc1);
	refused_at(&s, 0, "magic 0xfade0cc1, expected 0xfade0cc0");
}

Test(sigblob_superblob, every_truncation_is_refused)
{
	struct sgn_superblob sb;

	for (size_t size = 0; size < sizeof(golden); size++)
		cr_assert_eq(sgn_superblob_read(sgn_view_of(golden, size), 0, &sb, NULL),
		             SGN_E_FORMAT, "%zu bytes", size);
}

Test(sigblob_superblob, every_shorter_declared_length_is_refused)
{
	struct sgn_superblob sb;
	struct sample s;

	golden_sample(&s);
	for (uint32_t length = 0; length < sizeof(golden); length++) {
		sample_put32(&s, 4, length);
		cr_assert_eq(sgn_superblob_read(sample_view(&s), 0, &sb, NULL), SGN_E_FORMAT,
		             "length %u", length);
	}
}

Test(sigblob_superblob, a_type_that_is_there_twice_is_refused)
{
	struct sample s;

	golden_sample(&s);
	sample_put32(&s, 20, 2);
	refused_at(&s, 20, "the type is there twice");
}

Test(sigblob_superblob, overlapping_blobs_are_refused)
{
	struct sample s;

	golden_sample(&s);
	sample_put32(&s, 28 + 4, 13); /* the first reaches one byte into the second */
	refused_at(&s, 20, "overlaps");
	golden_sample(&s);
	sample_put32(&s, 24, 28); /* both are the same */
	refused_at(&s, 20, "overlaps");
}

Test(sigblob_superblob, an_entry_inside_the_index_is_refused)
{
	struct sample s;

	golden_sample(&s);
	sample_put32(&s, 16, 27);
	refused_at(&s, 12, "inside the index");
	sample_put32(&s, 16, 0);
	refused_at(&s, 12, "inside the index");
}

Test(sigblob_superblob, an_entry_outside_is_refused)
{
	struct sample s;

	golden_sample(&s);
	sample_put32(&s, 24, 51);
	refused_at(&s, 20, "outside the superblob");
	sample_put32(&s, 24, UINT32_MAX);
	refused_at(&s, 20, "outside the superblob");
	sample_put32(&s, 24, 45); /* six bytes are left: no header */
	refused_at(&s, 49, "truncated");
	golden_sample(&s);
	sample_put32(&s, 44, 12); /* one byte more than there is */
	refused_at(&s, 44, "superblob entry 1 (type 0x10000): blob 0xfade0b01: length 12");
}

Test(sigblob_superblob, a_gap_is_read_but_does_not_tile)
{
	static const uint8_t gap[] = {0, 0, 0, 0};
	struct sgn_superblob sb;
	struct sample s;

	sample_super(&s, 1);
	memcpy(s.bytes + s.size, gap, sizeof(gap));
	s.size += sizeof(gap);
	sample_add(&s, 0, 2, sgn_view_of(first, sizeof(first)));
	cr_assert_eq(sgn_superblob_read(sample_view(&s), 0, &sb, NULL), 0);
	cr_assert_eq(sb.entries[0].offset, 24);
	cr_assert_not(sb.tiles);

	golden_sample(&s);
	s.size += 4;
	sample_put32(&s, 4, (uint32_t)s.size);
	cr_assert_eq(sgn_superblob_read(sample_view(&s), 0, &sb, NULL), 0);
	cr_assert_not(sb.tiles, "a gap at the end");
}

Test(sigblob_superblob, blobs_in_another_order_than_the_index_still_tile)
{
	struct sgn_superblob sb;
	struct sample s;

	sample_super(&s, 2);
	sample_add(&s, 1, 0x10000, sgn_view_of(second, sizeof(second)));
	sample_add(&s, 0, 2, sgn_view_of(first, sizeof(first)));
	cr_assert_eq(sgn_superblob_read(sample_view(&s), 0, &sb, NULL), 0);
	cr_assert(sb.tiles);
}

Test(sigblob_superblob, a_huge_count_is_refused)
{
	struct sample s;

	golden_sample(&s);
	sample_put32(&s, 8, 5);
	refused_at(&s, 8, "an index of 5 entries does not fit into 51 bytes");
	sample_put32(&s, 8, UINT32_MAX); /* 8 times this wraps in 32 bits */
	refused_at(&s, 8, "does not fit");
}

Test(sigblob_superblob, more_entries_than_the_limit_are_refused_as_such)
{
	static const uint8_t blob[] = {B32(0xfade0b01u), B32(8u)};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_superblob sb;
	struct sample s;

	for (uint32_t count = SGN_LIMIT_BLOBS; count <= SGN_LIMIT_BLOBS + 1; count++) {
		int rc;

		sample_super(&s, count);
		for (uint32_t i = 0; i < count; i++)
			sample_add(&s, i, 0x20000 + i, sgn_view_of(blob, sizeof(blob)));
		rc = sgn_superblob_read(sample_view(&s), 0, &sb, &err);
		cr_assert_eq(rc, count > SGN_LIMIT_BLOBS ? SGN_E_LIMIT : 0);
	}
	cr_assert_eq(err.osstatus, -67045);
	cr_assert_eq(err.offset, 8);
	sgn_error_dispose(&err);
}

Test(sigblob_superblob, writing_sorts_and_gives_the_golden_bytes)
{
	struct sgn_superblob_maker m;
	struct sgn_buf out;

	sgn_superblob_maker_init(&m, CSMAGIC_EMBEDDED_SIGNATURE);
	sgn_superblob_add(&m, 0x10000, sgn_view_of(second, sizeof(second)));
	sgn_superblob_add(&m, 2, sgn_view_of(second, sizeof(second)));
	sgn_superblob_add(&m, 2, sgn_view_of(first, sizeof(first))); /* replaces */
	cr_assert_eq(sgn_superblob_size(&m), sizeof(golden));
	sgn_buf_init(&out, 1000);
	cr_assert_eq(sgn_superblob_write(&m, &out, NULL), 0);
	cr_assert_eq(out.size, sizeof(golden));
	cr_assert_arr_eq(out.data, golden, sizeof(golden));
	sgn_buf_dispose(&out);
}

Test(sigblob_superblob, a_part_that_is_no_blob_is_not_written)
{
	struct sgn_superblob_maker m;
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf out;

	sgn_buf_init(&out, 1000);
	sgn_superblob_maker_init(&m, CSMAGIC_EMBEDDED_SIGNATURE);
	sgn_superblob_add(&m, 5, sgn_view_of(second, sizeof(second) - 1));
	cr_assert_eq(sgn_superblob_write(&m, &out, &err), SGN_E_INTERNAL);
	cr_assert(strstr(err.text, "type 0x5"), "%s", err.text);
	sgn_superblob_add(&m, 5, SGN_VIEW_EMPTY);
	cr_assert_eq(sgn_superblob_write(&m, &out, &err), SGN_E_INTERNAL);
	cr_assert_eq(out.size, 0);
	sgn_error_dispose(&err);
	sgn_buf_dispose(&out);
}

Test(sigblob_superblob, too_many_parts_are_noticed_when_writing)
{
	struct sgn_superblob_maker m;
	struct sgn_buf out;

	sgn_buf_init(&out, 10000);
	sgn_superblob_maker_init(&m, CSMAGIC_EMBEDDED_SIGNATURE);
	for (uint32_t i = 0; i < SGN_LIMIT_BLOBS; i++)
		sgn_superblob_add(&m, i, sgn_view_of(first, sizeof(first)));
	cr_assert_eq(sgn_superblob_write(&m, &out, NULL), 0, "the limit itself is fine");
	sgn_superblob_add(&m, 7, sgn_view_of(second, sizeof(second)));
	cr_assert_eq(sgn_superblob_write(&m, &out, NULL), 0, "and replacing is, too");
	sgn_superblob_add(&m, 0x20000, sgn_view_of(first, sizeof(first)));
	cr_assert_eq(sgn_superblob_write(&m, &out, NULL), SGN_E_LIMIT);
	sgn_buf_dispose(&out);
}

Test(sigblob_superblob, lack_of_memory_is_told)
{
	struct sgn_superblob_maker m;
	struct sgn_buf out;

	sgn_buf_init(&out, 1000);
	sgn_superblob_maker_init(&m, CSMAGIC_EMBEDDED_SIGNATURE);
	sgn_superblob_add(&m, 2, sgn_view_of(first, sizeof(first)));
	sgn_mem_fail_after(1);
	cr_assert_eq(sgn_superblob_write(&m, &out, NULL), SGN_E_NOMEM);
	sgn_mem_fail_after(0);
	sgn_buf_dispose(&out);
}
