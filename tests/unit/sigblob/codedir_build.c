/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "sample.h"
#include "signer/base/mem.h"
#include "signer/sigblob/codedir.h"

/* clang-format off */
/* Ad hoc tool: SHA-1, requirements in slot 2, slot 1 absent, one page of 100 bytes. */
static const uint8_t golden_20100[] = {
	B32(0xfade0c02u), B32(111u), B32(0x20100u), B32(2u),
	B32(91u), B32(48u), B32(2u), B32(1u), B32(100u),  /* hashes, identifier, counts, limit */
	20, 1, 0, 12, B32(0u),
	B32(0u),                                          /* scatter */
	't', 'o', 0,
	X20(0x22), X20(0x00), X20(0xc0),
};

/* Everything that a version 0x20500 can say. */
static const uint8_t golden_20500[] = {
	B32(0xfade0c02u), B32(211u), B32(0x20500u), B32(0x10000u),
	B32(147u), B32(96u), B32(1u), B32(2u), B32(0x1001u),
	32, 2, 7, 12, B32(0u),
	B32(0u),                                          /* scatter */
	B32(104u),                                        /* team */
	B32(0u), B64(0),                                  /* 64-bit limit */
	B64(0), B64(0x4000), B64(0x11),                   /* executable segment */
	B32(0x000e0102u), B32(0u),                        /* runtime, pre-encryption */
	'a', '.', 'b', '.', 'c', 'd', 'e', 0,
	'T', 'E', 'A', 'M', '1', '2', '3', '4', '5', '6', 0,
	X32(0x11), X32(0xc0), X32(0xc1),
};
/* clang-format on */

static struct sgn_digest_bytes filled(uint32_t byte, size_t size)
{
	struct sgn_digest_bytes d = {.size = size};

	memset(d.data, (int)byte, size);
	return d;
}

/* Hashes of pages as in the samples: 0xc0, 0xc1, ... */
static const uint8_t *pages(size_t count, size_t hash_size)
{
	static uint8_t hashes[64 * 48];

	for (size_t i = 0; i < count; i++)
		memset(hashes + i * hash_size, (int)(0xc0 + i), hash_size);
	return hashes;
}

static void builds(const struct sgn_codedir_spec *spec, struct sgn_view expected)
{
	size_t hash_size = sgn_digest_size(spec->digest);
	size_t count = (size_t)sgn_codedir_page_count(spec);
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf out;

	sgn_buf_init(&out, 10000);
	cr_assert_eq(sgn_codedir_write(spec, pages(count, hash_size), &out, &err), 0, "%s",
	             err.text);
	cr_assert_eq(out.size, expected.size, "%zu instead of %zu", out.size, expected.size);
	for (size_t i = 0; i < out.size; i++)
		cr_assert_eq(out.data[i], expected.data[i], "byte %zu: %02x instead of %02x", i,
		             out.data[i], expected.data[i]);
	sgn_buf_dispose(&out);
}

static void refuses(const struct sgn_codedir_spec *spec, int status, const char *why)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf out;

	sgn_buf_init(&out, 10000);
	cr_assert_eq(sgn_codedir_write(spec, pages(2, 48), &out, &err), status, "%s", why);
	cr_assert(strstr(err.text, why), "%s", err.text);
	cr_assert_eq(out.size, 0, "nothing is written");
	sgn_error_dispose(&err);
	sgn_buf_dispose(&out);
}

Test(sigblob_codedir_build, golden_bytes_of_a_plain_tool)
{
	struct sgn_codedir_spec spec = {
		.identifier = "to",
		.flags = CS_ADHOC,
		.digest = SGN_DIGEST_SHA1,
		.page_shift = 12,
		.code_limit = 100,
	};

	spec.special[2] = filled(0x22, 20);
	builds(&spec, sgn_view_of(golden_20100, sizeof(golden_20100)));
}

Test(sigblob_codedir_build, golden_bytes_with_everything)
{
	struct sgn_codedir_spec spec = {
		.identifier = "a.b.cde",
		.team = "TEAM123456",
		.flags = CS_RUNTIME,
		.digest = SGN_DIGEST_SHA256,
		.platform = 7,
		.page_shift = 12,
		.code_limit = 0x1001,
		.exec_limit = 0x4000,
		.exec_flags = 0x11,
		.runtime = 0x000e0102,
	};

	spec.special[1] = filled(0x11, 32);
	builds(&spec, sgn_view_of(golden_20500, sizeof(golden_20500)));
}

/* The specification that should give the sample of a shape. */
static struct sgn_codedir_spec spec_of(const struct sample_shape *shape)
{
	struct sgn_codedir_spec spec = {
		.identifier = SAMPLE_IDENT,
		.team = shape->team ? SAMPLE_TEAM : NULL,
		.flags = shape->flags,
		.digest = (enum sgn_digest)shape->hash_type,
		.page_shift = 12,
		.code_limit = shape->code_count * 4096 - 100,
	};

	if (shape->version >= 0x20400) {
		spec.exec_base = 0x4000;
		spec.exec_limit = 0x1000;
		spec.exec_flags = 1;
	}
	if (shape->version >= 0x20500)
		spec.runtime = SAMPLE_RUNTIME;
	for (uint32_t n = 1; n <= shape->special_count; n++)
		spec.special[n] = filled(0xa0 + n, shape->hash_size);
	return spec;
}

Test(sigblob_codedir_build, every_version_and_digest_as_laid_out_by_hand)
{
	static const uint32_t versions[] = {0x20100, 0x20200, 0x20400, 0x20500};
	static const uint8_t digests[][2] = {{1, 20}, {2, 32}, {4, 48}};

	for (size_t v = 0; v < 4; v++)
		for (size_t d = 0; d < 3; d++)
			for (uint32_t special = 0; special <= CSSLOT_SPECIAL_MAX; special++) {
				const struct sample_shape shape = {
					.version = versions[v],
					.flags = 0x300,
					.hash_type = digests[d][0],
					.hash_size = digests[d][1],
					.special_count = special,
					.code_count = 3,
					.team = versions[v] == 0x20200 || special % 2 == 1,
				};
				struct sgn_codedir_spec spec = spec_of(&shape);
				struct sample expected;

				if (shape.team && shape.version < 0x20200)
					continue;
				sample_dir(&shape, &expected);
				builds(&spec, sample_view(&expected));
			}
}

Test(sigblob_codedir_build, the_lowest_version_that_can_say_it)
{
	struct sgn_codedir_spec spec = {.identifier = "x", .code_limit = 1};

	cr_assert_eq(sgn_codedir_version(&spec), 0x20100);
	spec.team = "";
	cr_assert_eq(sgn_codedir_version(&spec), 0x20100, "an empty team is none");
	spec.team = "T";
	cr_assert_eq(sgn_codedir_version(&spec), 0x20200);
	spec.code_limit = UINT32_MAX;
	cr_assert_eq(sgn_codedir_version(&spec), 0x20200);
	spec.code_limit = (uint64_t)UINT32_MAX + 1;
	cr_assert_eq(sgn_codedir_version(&spec), 0x20300);
	spec.exec_base = 1;
	spec.exec_flags = 1;
	cr_assert_eq(sgn_codedir_version(&spec), 0x20300, "a segment without size is none");
	spec.exec_limit = 1;
	cr_assert_eq(sgn_codedir_version(&spec), 0x20400);
	spec.flags = CS_RUNTIME;
	cr_assert_eq(sgn_codedir_version(&spec), 0x20400, "the flag alone needs no field");
	spec.runtime = 1;
	cr_assert_eq(sgn_codedir_version(&spec), 0x20500);
}

Test(sigblob_codedir_build, pages_are_counted_upwards)
{
	struct sgn_codedir_spec spec = {.identifier = "x", .page_shift = 12};

	cr_assert_eq(sgn_codedir_page_count(&spec), 0);
	spec.code_limit = 1;
	cr_assert_eq(sgn_codedir_page_count(&spec), 1);
	spec.code_limit = 4096;
	cr_assert_eq(sgn_codedir_page_count(&spec), 1);
	spec.code_limit = 4097;
	cr_assert_eq(sgn_codedir_page_count(&spec), 2);
	spec.code_limit = UINT64_MAX;
	cr_assert_eq(sgn_codedir_page_count(&spec), (uint64_t)1 << 52);
	spec.page_shift = 0;
	cr_assert_eq(sgn_codedir_page_count(&spec), 1);
}

Test(sigblob_codedir_build, more_than_4_gib_in_one_page)
{
	struct sgn_codedir_spec spec = {
		.identifier = "big",
		.digest = SGN_DIGEST_SHA256,
		.code_limit = 0x123456789,
	};
	struct sgn_codedir cd;
	struct sgn_buf out;

	sgn_buf_init(&out, 1000);
	cr_assert_eq(sgn_codedir_write(&spec, pages(1, 32), &out, NULL), 0);
	cr_assert_arr_eq(out.data + 32, "\xff\xff\xff\xff", 4);
	cr_assert_arr_eq(out.data + 56, "\0\0\0\1\x23\x45\x67\x89", 8);
	cr_assert_eq(sgn_codedir_read(sgn_buf_view(&out), &cd, NULL), 0);
	cr_assert_eq(cd.version, 0x20300);
	cr_assert_eq(cd.code_limit, 0x123456789);
	cr_assert_eq(cd.code_count, 1);
	sgn_buf_dispose(&out);
}

Test(sigblob_codedir_build, what_is_built_is_read_back)
{
	struct sgn_codedir_spec spec = {
		.identifier = "com.example.x",
		.team = "ABCDE12345",
		.flags = CS_RUNTIME | CS_KILL,
		.digest = SGN_DIGEST_SHA384,
		.page_shift = 14,
		.code_limit = 3 * 16384 + 1,
		.exec_base = 0x4000,
		.exec_limit = 0x8000,
		.exec_flags = 0x1,
		.runtime = 0x000f0000,
	};
	struct sgn_codedir cd;
	struct sgn_view hash;
	struct sgn_buf out;

	spec.special[1] = filled(1, 48);
	spec.special[7] = filled(7, 48);
	sgn_buf_init(&out, 10000);
	sgn_wr_str(&out, "before"); /* offsets count from the blob, not from the buffer */
	cr_assert_eq(sgn_codedir_write(&spec, pages(4, 48), &out, NULL), 0);
	cr_assert_eq(sgn_codedir_read(sgn_view_from(sgn_buf_view(&out), 6), &cd, NULL), 0);
	cr_assert_str_eq(cd.identifier, spec.identifier);
	cr_assert_str_eq(cd.team, spec.team);
	cr_assert_eq(cd.flags, spec.flags);
	cr_assert_eq(cd.runtime, spec.runtime);
	cr_assert_eq(cd.exec_base, spec.exec_base);
	cr_assert_eq(cd.exec_limit, spec.exec_limit);
	cr_assert_eq(cd.exec_flags, spec.exec_flags);
	cr_assert_eq(cd.special_count, 7);
	cr_assert_eq(cd.code_count, 4);
	for (uint32_t n = 1; n <= 7; n++) {
		cr_assert(sgn_codedir_special(&cd, n, &hash));
		cr_assert_eq(hash.data[0], n == 1 || n == 7 ? n : 0);
		cr_assert_eq(sgn_view_is_zero(hash), n != 1 && n != 7, "absent slots are zero");
	}
	sgn_buf_dispose(&out);
}

static size_t written_size(const struct sgn_codedir_spec *spec, size_t count, size_t hash_size)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf out;
	size_t size;

	sgn_buf_init(&out, 10000);
	cr_assert_eq(sgn_codedir_write(spec, pages(count, hash_size), &out, &err), 0, "%s",
	             err.text);
	size = out.size;
	sgn_buf_dispose(&out);
	return size;
}

/* docs/format/codedirectory.md, "room": the estimate assumes a header of 96 bytes. */
Test(sigblob_codedir_build, the_estimate_is_never_too_small)
{
	static const uint32_t versions[] = {0x20100, 0x20200, 0x20400, 0x20500};
	static const uint64_t slack[] = {48, 44, 8, 0};

	for (size_t v = 0; v < 4; v++) {
		const struct sample_shape shape = {
			.version = versions[v],
			.hash_type = 2,
			.hash_size = 32,
			.special_count = 5,
			.code_count = 10,
			.team = versions[v] >= 0x20200,
		};
		struct sgn_codedir_spec spec = spec_of(&shape);
		uint64_t size = written_size(&spec, shape.code_count, shape.hash_size);

		cr_assert_eq(sgn_codedir_estimate(&spec, 5), size + slack[v]);
		cr_assert_eq(sgn_codedir_estimate(&spec, 7), size + slack[v] + 64);
	}
}

Test(sigblob_codedir_build, digests_that_are_not_written)
{
	struct sgn_codedir_spec spec = {.identifier = "x", .code_limit = 1};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf out;

	refuses(&spec, SGN_E_UNSUPPORTED, "digest type 0");
	spec.digest = SGN_DIGEST_SHA256_TRUNCATED;
	refuses(&spec, SGN_E_UNSUPPORTED, "digest type 3");
	spec.digest = (enum sgn_digest)5;
	sgn_buf_init(&out, 1000);
	cr_assert_eq(sgn_codedir_write(&spec, pages(1, 32), &out, &err), SGN_E_UNSUPPORTED);
	cr_assert_eq(err.osstatus, -67000);
	sgn_error_dispose(&err);
	sgn_buf_dispose(&out);
}

Test(sigblob_codedir_build, contradictions_are_refused)
{
	struct sgn_codedir_spec spec = {
		.identifier = "x",
		.digest = SGN_DIGEST_SHA256,
		.page_shift = 12,
		.code_limit = 5000,
	};

	spec.special[3] = filled(3, 20);
	refuses(&spec, SGN_E_INTERNAL, "hash of CodeResources has 20 bytes instead of 32");
	spec.special[3].size = 0;
	spec.identifier = "";
	refuses(&spec, SGN_E_USAGE, "identifier is empty");
	spec.identifier = "x";
	spec.page_shift = 31;
	refuses(&spec, SGN_E_USAGE, "2^31");
	spec.page_shift = 12;
	spec.code_limit = 0;
	refuses(&spec, SGN_E_USAGE, "no code");
	spec.code_limit = UINT64_MAX;
	refuses(&spec, SGN_E_LIMIT, "32-bit length");
	spec.page_shift = 1;
	refuses(&spec, SGN_E_LIMIT, "32-bit length");
	spec.page_shift = 12;
	spec.code_limit = (uint64_t)4096 * (UINT32_MAX / 32);
	refuses(&spec, SGN_E_LIMIT, "32-bit length");
}

Test(sigblob_codedir_build, nothing_at_all_can_be_signed_in_one_page)
{
	struct sgn_codedir_spec spec = {.identifier = "x", .digest = SGN_DIGEST_SHA256};
	struct sgn_codedir cd;
	struct sgn_buf out;

	sgn_buf_init(&out, 1000);
	cr_assert_eq(sgn_codedir_write(&spec, NULL, &out, NULL), 0);
	cr_assert_eq(sgn_codedir_read(sgn_buf_view(&out), &cd, NULL), 0);
	cr_assert_eq(cd.code_count, 0);
	sgn_buf_dispose(&out);
}

Test(sigblob_codedir_build, lack_of_memory_and_of_room_is_told)
{
	struct sgn_codedir_spec spec = {
		.identifier = "x",
		.digest = SGN_DIGEST_SHA256,
		.code_limit = 1,
	};
	struct sgn_buf out;

	sgn_buf_init(&out, 50);
	cr_assert_eq(sgn_codedir_write(&spec, pages(1, 32), &out, NULL), SGN_E_LIMIT);
	sgn_buf_dispose(&out);
	sgn_buf_init(&out, 1000);
	sgn_mem_fail_after(1);
	cr_assert_eq(sgn_codedir_write(&spec, pages(1, 32), &out, NULL), SGN_E_NOMEM);
	sgn_mem_fail_after(0);
	sgn_buf_dispose(&out);
}
