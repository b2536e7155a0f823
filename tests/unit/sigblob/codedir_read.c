/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "sample.h"
#include "signer/sigblob/codedir.h"

static const struct sample_shape full = {
	.version = 0x20600,
	.flags = 0x10000,
	.hash_type = 2,
	.hash_size = 32,
	.special_count = 3,
	.code_count = 2,
	.team = true,
	.scatter = true,
	.pre_encrypt = true,
	.linkage = true,
};

static void refused(const struct sample *s, int status, int32_t osstatus, uint64_t offset,
                    const char *why)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_codedir cd;

	cr_assert_eq(sgn_codedir_read(sample_view(s), &cd, &err), status, "%s", why);
	cr_assert(strstr(err.text, why), "%s", err.text);
	cr_assert_eq(err.osstatus, osstatus, "%s", err.text);
	cr_assert_eq(err.offset, offset, "%s: %llu", err.text, (unsigned long long)err.offset);
	cr_assert_null(cd.identifier, "nothing half-read is left behind");
	cr_assert_eq(sgn_codedir_read(sample_view(s), &cd, NULL), status);
	sgn_error_dispose(&err);
}

static void damaged(const struct sample *s, uint64_t offset, const char *why)
{
	refused(s, SGN_E_FORMAT, -67061, offset, why);
}

static void hash_is(struct sgn_view hash, uint8_t byte, size_t size)
{
	cr_assert_eq(hash.size, size);
	for (size_t i = 0; i < size; i++)
		cr_assert_eq(hash.data[i], byte);
}

static void read_shape(const struct sample_shape *shape)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_codedir cd;
	struct sgn_view hash;
	struct sample s;

	sample_dir(shape, &s);
	cr_assert_eq(sgn_codedir_read(sample_view(&s), &cd, &err), 0, "%x: %s", shape->version,
	             err.text);
	cr_assert_eq(cd.version, shape->version);
	cr_assert_eq(cd.flags, shape->flags);
	cr_assert_str_eq(cd.identifier, SAMPLE_IDENT);
	cr_assert_eq(cd.team != NULL, shape->team);
	cr_assert_eq(cd.code_limit, shape->code_count * 4096 - 100);
	cr_assert_eq(cd.page_shift, 12);
	cr_assert_eq(sgn_codedir_page_size(&cd), 4096);
	cr_assert_eq(cd.has_exec_seg, shape->version >= 0x20400);
	cr_assert_eq(cd.exec_base, shape->version >= 0x20400 ? 0x4000 : 0);
	cr_assert_eq(cd.exec_limit, shape->version >= 0x20400 ? 0x1000 : 0);
	cr_assert_eq(cd.exec_flags, shape->version >= 0x20400 ? 1 : 0);
	cr_assert_eq(cd.runtime, shape->version >= 0x20500 ? SAMPLE_RUNTIME : 0);
	for (uint32_t n = 1; n <= shape->special_count; n++) {
		cr_assert(sgn_codedir_special(&cd, n, &hash));
		hash_is(hash, (uint8_t)(0xa0 + n), shape->hash_size);
	}
	for (uint32_t i = 0; i < shape->code_count; i++) {
		cr_assert(sgn_codedir_page(&cd, i, &hash));
		hash_is(hash, (uint8_t)(0xc0 + i), shape->hash_size);
	}
	cr_assert_not(sgn_codedir_special(&cd, 0, &hash));
	cr_assert_not(sgn_codedir_special(&cd, shape->special_count + 1, &hash));
	cr_assert_not(sgn_codedir_page(&cd, shape->code_count, &hash));
	cr_assert_not(sgn_codedir_page(&cd, UINT32_MAX, &hash));
}

Test(sigblob_codedir_read, every_version_with_every_digest)
{
	static const uint32_t versions[] = {0x20001, 0x20002, 0x20100, 0x20200, 0x20300,
	                                    0x20400, 0x20500, 0x20600, 0x2f000};
	static const uint8_t digests[][2] = {{1, 20}, {2, 32}, {3, 20}, {4, 48}};

	for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]); v++)
		for (size_t d = 0; d < 4; d++) {
			const struct sample_shape shape = {
				.version = versions[v],
				.flags = 0x2,
				.hash_type = digests[d][0],
				.hash_size = digests[d][1],
				.special_count = 5,
				.code_count = 3,
				.team = versions[v] >= 0x20200,
				.scatter = versions[v] >= 0x20100,
				.pre_encrypt = versions[v] >= 0x20500,
				.linkage = versions[v] >= 0x20600,
			};

			read_shape(&shape);
		}
}

Test(sigblob_codedir_read, the_newest_fields_are_shown)
{
	struct sgn_codedir cd;
	struct sample s;

	sample_dir(&full, &s);
	cr_assert_eq(sgn_codedir_read(sample_view(&s), &cd, NULL), 0);
	cr_assert_str_eq(cd.team, SAMPLE_TEAM);
	hash_is(cd.pre_encrypt, 0xee, 64);
	hash_is(cd.linkage, 0x77, 20);
	cr_assert_eq(cd.linkage_hash_type, 2);
	cr_assert_eq(cd.linkage_app_type, 1);
	cr_assert_eq(cd.linkage_app_subtype, 3);
	cr_assert_eq(cd.scatter_offset, 108);
}

Test(sigblob_codedir_read, a_64_bit_limit_replaces_the_short_one)
{
	struct sgn_codedir cd;
	struct sample s;

	sample_plain_dir(&s);
	sample_put32(&s, 32, UINT32_MAX);
	sample_put32(&s, 56, 1);
	sample_put32(&s, 60, 0);
	s.bytes[39] = 30; /* 2^32 bytes are 4 pages of this size */
	sample_put32(&s, 28, 4);
	s.size += 64;
	sample_put32(&s, 4, (uint32_t)s.size);
	cr_assert_eq(sgn_codedir_read(sample_view(&s), &cd, NULL), 0);
	cr_assert_eq(cd.code_limit, (uint64_t)1 << 32);
	sample_put32(&s, 60, 1); /* one byte more is one page more */
	damaged(&s, 28, "does not fit the code limit");
}

Test(sigblob_codedir_read, one_page_for_all)
{
	struct sgn_codedir cd;
	struct sample s;

	sample_plain_dir(&s);
	s.bytes[39] = 0;
	damaged(&s, 28, "does not fit the code limit");
	sample_put32(&s, 28, 1);
	cr_assert_eq(sgn_codedir_read(sample_view(&s), &cd, NULL), 0);
	cr_assert_eq(sgn_codedir_page_size(&cd), 2 * 4096 - 100);
	sample_put32(&s, 32, 0);
	damaged(&s, 28, "does not fit the code limit");
	sample_put32(&s, 28, 0);
	cr_assert_eq(sgn_codedir_read(sample_view(&s), &cd, NULL), 0, "nothing needs no slot");
}

Test(sigblob_codedir_read, versions_out_of_range_are_unsupported)
{
	static const uint32_t versions[] = {0, 0x10000, 0x20000, 0x2f001, 0x30000, UINT32_MAX};
	struct sample s;

	sample_plain_dir(&s);
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		sample_put32(&s, 8, versions[i]);
		refused(&s, SGN_E_UNSUPPORTED, -67059, 8, "version");
	}
}

Test(sigblob_codedir_read, unknown_hash_types_are_unsupported)
{
	struct sample s;

	sample_plain_dir(&s);
	for (unsigned type = 0; type < 256; type++) {
		s.bytes[37] = (uint8_t)type;
		if (type == 0 || type > 4)
			refused(&s, SGN_E_UNSUPPORTED, -67059, 37, "hash type");
	}
}

Test(sigblob_codedir_read, a_hash_size_of_another_type_is_refused)
{
	struct sample s;

	sample_plain_dir(&s);
	s.bytes[36] = 20;
	damaged(&s, 36, "hash size");
	s.bytes[36] = 0;
	damaged(&s, 36, "hash size");
}

Test(sigblob_codedir_read, another_magic_is_refused)
{
	struct sample s;

	sample_plain_dir(&s);
	sample_put32(&s, 0, 0xfade0cc0);
	damaged(&s, 0, "magic");
}

Test(sigblob_codedir_read, special_slots_must_not_reach_into_the_header)
{
	struct sample s;

	sample_plain_dir(&s);
	sample_put32(&s, 24, 1000);
	damaged(&s, 16, "special slots");
	sample_put32(&s, 24, 0x08000000); /* 32 times this is 2^32 */
	damaged(&s, 16, "special slots");
	sample_plain_dir(&s);
	sample_put32(&s, 16, 88 + 63); /* the second begins one byte early */
	damaged(&s, 16, "special slots");
	sample_put32(&s, 24, 0);
	sample_put32(&s, 16, 87); /* no special slots, but the pages begin in the header */
	damaged(&s, 16, "special slots");
}

Test(sigblob_codedir_read, code_slots_must_lie_inside)
{
	struct sample s;

	sample_plain_dir(&s);
	sample_put32(&s, 16, sample_get32(&s, 16) + 1);
	damaged(&s, 16, "code slots");
	sample_put32(&s, 16, UINT32_MAX);
	damaged(&s, 16, "code slots");
	sample_plain_dir(&s);
	sample_put32(&s, 28, 0x08000000);
	damaged(&s, 16, "code slots");
}

Test(sigblob_codedir_read, the_number_of_pages_must_fit)
{
	struct sgn_codedir cd;
	struct sample s;

	sample_plain_dir(&s);
	sample_put32(&s, 32, 4097);
	cr_assert_eq(sgn_codedir_read(sample_view(&s), &cd, NULL), 0, "the least for two pages");
	sample_put32(&s, 32, 8192);
	cr_assert_eq(sgn_codedir_read(sample_view(&s), &cd, NULL), 0, "the most for two pages");
	sample_put32(&s, 32, 4096);
	damaged(&s, 28, "does not fit the code limit");
	sample_put32(&s, 32, 8193);
	damaged(&s, 28, "does not fit the code limit");
	sample_put32(&s, 32, 0);
	damaged(&s, 28, "code limit of 0");
	sample_put32(&s, 28, 0);
	damaged(&s, 28, "code limit of 0");
}

Test(sigblob_codedir_read, absurd_page_sizes_are_refused)
{
	struct sample s;

	sample_plain_dir(&s);
	for (unsigned shift = 31; shift < 256; shift++) {
		s.bytes[39] = (uint8_t)shift;
		damaged(&s, 39, "page size");
	}
}

Test(sigblob_codedir_read, strings_must_end_before_the_hashes)
{
	struct sample s;

	sample_dir(&full, &s);
	sample_put32(&s, 20, sample_get32(&s, 16) - 3 * 32); /* the first hash; no NUL after it */
	damaged(&s, 20, "identifier");
	sample_put32(&s, 20, UINT32_MAX);
	damaged(&s, 20, "identifier");
	sample_put32(&s, 20, (uint32_t)s.size);
	damaged(&s, 20, "identifier");
	sample_put32(&s, 20, 0);
	damaged(&s, 20, "identifier");
	sample_put32(&s, 20, 107); /* in the header */
	damaged(&s, 20, "identifier");
	sample_dir(&full, &s);
	sample_put32(&s, 48, 107);
	damaged(&s, 48, "team");
	sample_put32(&s, 48, (uint32_t)s.size + 1);
	damaged(&s, 48, "team");
}

Test(sigblob_codedir_read, a_string_that_runs_on_into_the_hashes_is_refused)
{
	struct sample s;
	size_t end;

	sample_plain_dir(&s);
	end = sample_get32(&s, 20) + strlen(SAMPLE_IDENT);
	s.bytes[end] = 'x'; /* no NUL: on through the hashes, to the end */
	damaged(&s, 20, "identifier");
	s.bytes[end + 40] = 0; /* a NUL inside a hash does not make it better */
	damaged(&s, 20, "identifier");
}

Test(sigblob_codedir_read, strings_behind_the_hashes_are_fine)
{
	struct sgn_codedir cd;
	struct sample s;

	sample_plain_dir(&s);
	sample_put32(&s, 20, (uint32_t)s.size);
	memcpy(s.bytes + s.size, "late", 5);
	s.size += 5;
	sample_put32(&s, 4, (uint32_t)s.size);
	cr_assert_eq(sgn_codedir_read(sample_view(&s), &cd, NULL), 0);
	cr_assert_str_eq(cd.identifier, "late");
}

Test(sigblob_codedir_read, the_scatter_vector_must_end)
{
	struct sample s;

	sample_dir(&full, &s);
	sample_put32(&s, 108, 3); /* two slots only */
	damaged(&s, 108, "more pages than slots");
	sample_dir(&full, &s);
	sample_put32(&s, 108, UINT32_MAX);
	damaged(&s, 108, "more pages than slots");
	sample_put32(&s, 44, 8);
	damaged(&s, 44, "scatter");
	sample_put32(&s, 44, (uint32_t)s.size - 23);
	damaged(&s, 44, "scatter");
	sample_put32(&s, 44, UINT32_MAX);
	damaged(&s, 44, "scatter");
	sample_dir(&full, &s);
	sample_put32(&s, 44, sample_get32(&s, 16) - 3 * 32 - 23);
	damaged(&s, 44, "scatter");
}

Test(sigblob_codedir_read, the_optional_arrays_must_lie_inside)
{
	struct sample s;

	sample_dir(&full, &s);
	sample_put32(&s, 92, 95);
	damaged(&s, 92, "pre-encryption");
	sample_put32(&s, 92, sample_get32(&s, 16));
	damaged(&s, 92, "pre-encryption");
	sample_put32(&s, 92, (uint32_t)s.size - 1);
	damaged(&s, 92, "pre-encryption");
	sample_dir(&full, &s);
	sample_put32(&s, 100, 0);
	damaged(&s, 100, "linkage");
	sample_put32(&s, 100, 108);
	sample_put32(&s, 104, UINT32_MAX);
	damaged(&s, 100, "linkage");
	sample_put32(&s, 104, 1000);
	damaged(&s, 100, "linkage");
}

Test(sigblob_codedir_read, every_truncation_is_refused)
{
	struct sgn_codedir cd;
	struct sample s;

	sample_dir(&full, &s);
	for (size_t size = 0; size < s.size; size++) {
		cr_assert_eq(sgn_codedir_read(sgn_view_of(s.bytes, size), &cd, NULL), SGN_E_FORMAT,
		             "%zu bytes", size);
		/* The same with a length that admits it: the hashes are at the end. */
		if (size >= 8) {
			struct sample cut = s;

			sample_put32(&cut, 4, (uint32_t)size);
			cr_assert_eq(sgn_codedir_read(sgn_view_of(cut.bytes, size), &cd, NULL),
			             SGN_E_FORMAT, "length %zu", size);
		}
	}
}

/* Touches all that the result points at: a sanitizer sees what does not belong to the blob. */
static unsigned touch(const struct sgn_codedir *cd)
{
	unsigned sum = (unsigned)strlen(cd->identifier);
	struct sgn_view hash;

	if (cd->team)
		sum += (unsigned)strlen(cd->team);
	for (uint32_t n = 1; sgn_codedir_special(cd, n, &hash); n++)
		sum += hash.data[hash.size - 1];
	for (uint32_t i = 0; sgn_codedir_page(cd, i, &hash); i++)
		sum += hash.data[0];
	for (size_t i = 0; i < cd->pre_encrypt.size; i++)
		sum += cd->pre_encrypt.data[i];
	for (size_t i = 0; i < cd->linkage.size; i++)
		sum += cd->linkage.data[i];
	return sum;
}

Test(sigblob_codedir_read, mutations_are_refused_or_read_safely)
{
	uint32_t state = 1, accepted = 0;
	struct sgn_codedir cd;
	struct sample good, s;
	uint8_t *exact;

	sample_dir(&full, &good);
	for (unsigned round = 0; round < 20000; round++) {
		s = good;
		for (unsigned k = sample_random(&state) % 3 + 1; k > 0; k--)
			s.bytes[sample_random(&state) % 132] = (uint8_t)sample_random(&state);
		exact = malloc(s.size); /* no byte more than there is */
		cr_assert_not_null(exact);
		memcpy(exact, s.bytes, s.size);
		if (sgn_codedir_read(sgn_view_of(exact, s.size), &cd, NULL) == 0)
			accepted += touch(&cd) != 0;
		free(exact);
	}
	cr_assert_gt(accepted, 100, "%u", accepted);
	cr_assert_lt(accepted, 20000, "%u", accepted);
}

Test(sigblob_codedir_read, the_cdhash_is_a_digest_of_the_whole_blob)
{
	struct sgn_digest_bytes got, whole;
	struct sgn_codedir cd;
	struct sample s;

	sample_plain_dir(&s);
	cr_assert_eq(sgn_codedir_read(sample_view(&s), &cd, NULL), 0);
	cr_assert_eq(sgn_codedir_hash(&cd, &got, NULL), 0);
	cr_assert_eq(sgn_digest(SGN_DIGEST_SHA256, sample_view(&s), &whole, NULL), 0);
	cr_assert_eq(got.size, 32);
	cr_assert_arr_eq(got.data, whole.data, 32);
}

Test(sigblob_codedir_read, digests_are_ranked_as_the_kernel_does)
{
	cr_assert_lt(sgn_digest_rank(SGN_DIGEST_SHA1),
	             sgn_digest_rank(SGN_DIGEST_SHA256_TRUNCATED));
	cr_assert_lt(sgn_digest_rank(SGN_DIGEST_SHA256_TRUNCATED),
	             sgn_digest_rank(SGN_DIGEST_SHA256));
	cr_assert_lt(sgn_digest_rank(SGN_DIGEST_SHA256), sgn_digest_rank(SGN_DIGEST_SHA384));
	cr_assert_lt(sgn_digest_rank(SGN_DIGEST_NONE), sgn_digest_rank(SGN_DIGEST_SHA1));
}
