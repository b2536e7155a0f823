/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "sample.h"
#include "signer/sigblob/signature.h"

static const uint8_t requirements[] = {B32(0xfade0c01u), B32(12u), B32(0u)};
static const uint8_t cms[] = {B32(0xfade0b01u), B32(11u), 'c', 'm', 's'};

static void refused(const struct sample *s, int status, int32_t osstatus, const char *why,
                    uint64_t offset)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_signature sig;

	cr_assert_eq(sgn_signature_read(sample_view(s), &sig, &err), status, "%s", why);
	cr_assert(strstr(err.text, why), "%s", err.text);
	cr_assert_eq(err.osstatus, osstatus, "%s: %d", err.text, (int)err.osstatus);
	cr_assert_eq(err.offset, offset, "%s: %llu", err.text, (unsigned long long)err.offset);
	cr_assert_null(sig.best, "nothing half-read is left behind");
	cr_assert_eq(sgn_signature_read(sample_view(s), &sig, NULL), status);
	sgn_error_dispose(&err);
}

/* A SHA-256 directory in slot 0 and one other entry. */
static void with_entry(struct sample *s, uint32_t type, struct sgn_view blob)
{
	struct sample dir;

	sample_plain_dir(&dir);
	sample_super(s, 2);
	sample_add(s, 0, 0, sample_view(&dir));
	sample_add(s, 1, type, blob);
}

static void dir_of_type(uint8_t type, uint8_t size, struct sample *out)
{
	const struct sample_shape shape = {
		.version = 0x20400,
		.hash_type = type,
		.hash_size = size,
		.code_count = 1,
	};

	sample_dir(&shape, out);
}

Test(sigblob_signature, a_signature_with_two_digests_is_read)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_signature sig;
	struct sample s;

	sample_full_signature(&s);
	cr_assert_eq(sgn_signature_read(sample_view(&s), &sig, &err), 0, "%s", err.text);
	cr_assert_not(sig.bare);
	cr_assert(sig.blobs.tiles);
	cr_assert_eq(sig.dir_count, 2);
	cr_assert_eq(sig.dir_slots[0], 0);
	cr_assert_eq(sig.dir_slots[1], 0x1000);
	cr_assert_eq(sig.dirs[0].digest, SGN_DIGEST_SHA1);
	cr_assert_eq(sig.best, &sig.dirs[1]);
	cr_assert(sig.has_cms_slot);
	cr_assert_eq(sig.cms.size, 0, "ad hoc: the wrapper is empty");
	cr_assert_eq(sgn_signature_component(&sig, CSSLOT_ENTITLEMENTS).size, 11);
	cr_assert_eq(sgn_signature_component(&sig, CSSLOT_DER_ENTITLEMENTS).size, 0);
	cr_assert_not(sgn_signature_is_linker_made(&sig));
}

Test(sigblob_signature, the_cms_comes_without_its_wrapper)
{
	struct sgn_signature sig;
	struct sample s;

	with_entry(&s, CSSLOT_SIGNATURESLOT, sgn_view_of(cms, sizeof(cms)));
	cr_assert_eq(sgn_signature_read(sample_view(&s), &sig, NULL), 0);
	cr_assert(sgn_view_equal(sig.cms, sgn_view_str("cms")));
}

Test(sigblob_signature, a_bare_code_directory_is_a_signature)
{
	struct sgn_signature sig;
	struct sample dir;

	sample_plain_dir(&dir);
	dir.size += 100; /* reserved room */
	cr_assert_eq(sgn_signature_read(sample_view(&dir), &sig, NULL), 0);
	cr_assert(sig.bare);
	cr_assert_eq(sig.dir_count, 1);
	cr_assert_eq(sig.best, &sig.dirs[0]);
	cr_assert_not(sig.has_cms_slot);
	cr_assert_eq(sgn_signature_component(&sig, 0).size, dir.size - 100);
	cr_assert_eq(sgn_signature_component(&sig, 5).size, 0);
	sample_put32(&dir, 8, 0x30000);
	refused(&dir, SGN_E_UNSUPPORTED, -67059, "version 0x30000", 8);
}

/* As lld makes it: a gap before the directory, padding behind the identifier. */
Test(sigblob_signature, the_padding_of_a_linker_is_accepted)
{
	struct sgn_signature sig;
	struct sample dir, s;

	sample_plain_dir(&dir);
	sample_put32(&dir, 12, 0x20002);
	memmove(dir.bytes + 108, dir.bytes + 105, dir.size - 105);
	memset(dir.bytes + 105, 0, 3);
	sample_put32(&dir, 16, sample_get32(&dir, 16) + 3);
	dir.size += 3;
	sample_put32(&dir, 4, (uint32_t)dir.size);
	sample_super(&s, 1);
	s.size += 4;
	sample_add(&s, 0, 0, sample_view(&dir));
	cr_assert_eq(sgn_signature_read(sample_view(&s), &sig, NULL), 0);
	cr_assert_not(sig.blobs.tiles);
	cr_assert(sgn_signature_is_linker_made(&sig));
	cr_assert_not(sig.has_cms_slot);
}

Test(sigblob_signature, without_a_primary_directory_it_is_unsigned)
{
	struct sample dir, s;

	sample_plain_dir(&dir);
	sample_super(&s, 1);
	sample_add(&s, 0, 0x1000, sample_view(&dir));
	refused(&s, SGN_E_NOTFOUND, -67062, "no CodeDirectory", SGN_NO_OFFSET);
	sample_super(&s, 0);
	refused(&s, SGN_E_NOTFOUND, -67062, "no CodeDirectory", SGN_NO_OFFSET);
}

Test(sigblob_signature, a_digest_that_is_there_twice_is_refused)
{
	struct sample dir, s;

	sample_plain_dir(&dir);
	with_entry(&s, 0x1002, sample_view(&dir));
	refused(&s, SGN_E_FORMAT, -67045, "slots 0x0 and 0x1002 both use sha256",
	        sample_get32(&s, 24));
}

Test(sigblob_signature, the_best_digest_wins_wherever_it_lies)
{
	/* Primary first, then the alternates. */
	static const uint8_t order[][4] = {{2, 1, 3, 4}, {4, 3, 2, 1}, {1, 4, 2, 3}, {3, 2, 1, 4}};
	static const uint8_t sizes[] = {0, 20, 32, 20, 48};
	struct sgn_signature sig;
	struct sample dir, s;

	for (size_t k = 0; k < 4; k++) {
		sample_super(&s, 4);
		for (uint32_t i = 0; i < 4; i++) {
			dir_of_type(order[k][i], sizes[order[k][i]], &dir);
			sample_add(&s, i, i ? 0xfff + i : 0, sample_view(&dir));
		}
		cr_assert_eq(sgn_signature_read(sample_view(&s), &sig, NULL), 0);
		cr_assert_eq(sig.dir_count, 4);
		cr_assert_eq(sig.best->digest, SGN_DIGEST_SHA384);
	}
	sample_super(&s, 2);
	dir_of_type(2, 32, &dir);
	sample_add(&s, 0, 0, sample_view(&dir));
	dir_of_type(3, 20, &dir);
	sample_add(&s, 1, 0x1000, sample_view(&dir));
	cr_assert_eq(sgn_signature_read(sample_view(&s), &sig, NULL), 0);
	cr_assert_eq(sig.best->digest, SGN_DIGEST_SHA256, "the number 3 is not better than 2");
}

Test(sigblob_signature, a_bad_alternate_spoils_the_signature)
{
	struct sample dir, s;

	dir_of_type(1, 20, &dir);
	dir.bytes[37] = 5;
	with_entry(&s, 0x1000, sample_view(&dir));
	refused(&s, SGN_E_UNSUPPORTED, -67059, "slot 0x1000: CodeDirectory: hash type 0x5",
	        sample_get32(&s, 24) + 37);
	dir_of_type(1, 20, &dir);
	sample_put32(&dir, 20, 1);
	with_entry(&s, 0x1004, sample_view(&dir));
	refused(&s, SGN_E_FORMAT, -67061, "slot 0x1004: CodeDirectory: the identifier",
	        sample_get32(&s, 24) + 20);
	with_entry(&s, 0x1000, sgn_view_of(requirements, sizeof(requirements)));
	refused(&s, SGN_E_FORMAT, -67061, "slot 0x1000: CodeDirectory: the magic",
	        sample_get32(&s, 24));
}

Test(sigblob_signature, what_lies_beyond_the_alternates_is_only_a_blob)
{
	struct sgn_signature sig;
	struct sample s;

	with_entry(&s, 0x1005, sgn_view_of(requirements, sizeof(requirements)));
	cr_assert_eq(sgn_signature_read(sample_view(&s), &sig, NULL), 0);
	cr_assert_eq(sig.dir_count, 1);
	cr_assert_eq(sgn_signature_component(&sig, 0x1005).size, sizeof(requirements));
}

Test(sigblob_signature, components_need_their_magic)
{
	static const uint32_t slots[] = {5, 7, 8, 9, 10, 11, 0x10000};
	static const uint32_t magics[] = {0xfade7171, 0xfade7172, 0xfade8181, 0xfade8181,
	                                  0xfade8181, 0xfade8181, 0xfade0b01};
	struct sgn_signature sig;
	struct sample s;

	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		uint8_t blob[] = {B32(magics[i]), B32(9u), 'x'};

		with_entry(&s, slots[i], sgn_view_of(blob, sizeof(blob)));
		cr_assert_eq(sgn_signature_read(sample_view(&s), &sig, NULL), 0);
		blob[3] ^= 0x40;
		with_entry(&s, slots[i], sgn_view_of(blob, sizeof(blob)));
		refused(&s, SGN_E_FORMAT, -67045, sgn_slot_name(slots[i]), sample_get32(&s, 24));
	}
}

Test(sigblob_signature, what_is_no_signature_is_refused)
{
	struct sample s = {.size = 100};

	refused(&s, SGN_E_FORMAT, -67045, "length 0", 4);
	sample_full_signature(&s);
	sample_put32(&s, 0, 0xfade0b02);
	refused(&s, SGN_E_FORMAT, -67045, "magic 0xfade0b02", 0);
	s.size = 0;
	refused(&s, SGN_E_FORMAT, -67045, "truncated", 0);
}

Test(sigblob_signature, every_truncation_is_refused)
{
	struct sgn_signature sig;
	struct sample s;

	sample_full_signature(&s);
	for (size_t size = 0; size < s.size; size++) {
		struct sample cut = s;

		cr_assert_lt(sgn_signature_read(sgn_view_of(s.bytes, size), &sig, NULL), 0,
		             "%zu bytes", size);
		/* Also when the length has been adapted. */
		sample_put32(&cut, 4, (uint32_t)size);
		cr_assert_lt(sgn_signature_read(sgn_view_of(cut.bytes, size), &sig, NULL), 0,
		             "length %zu", size);
	}
}

static unsigned touch(const struct sgn_signature *sig)
{
	unsigned sum = (unsigned)sig->cms.size;
	struct sgn_view hash;

	for (size_t i = 0; i < sig->dir_count; i++) {
		sum += (unsigned)strlen(sig->dirs[i].identifier);
		for (uint32_t n = 0; sgn_codedir_page(&sig->dirs[i], n, &hash); n++)
			sum += hash.data[hash.size - 1];
	}
	for (uint32_t i = 0; i < sig->blobs.count; i++)
		sum += sig->blobs.entries[i].blob.data[sig->blobs.entries[i].blob.size - 1];
	return sum;
}

Test(sigblob_signature, mutations_are_refused_or_read_safely)
{
	uint32_t state = 7, accepted = 0;
	static struct sgn_signature sig;
	struct sample good;
	uint8_t *bytes;

	sample_full_signature(&good);
	for (unsigned round = 0; round < 20000; round++) {
		bytes = malloc(good.size); /* no byte more than there is */
		cr_assert_not_null(bytes);
		memcpy(bytes, good.bytes, good.size);
		for (unsigned k = sample_random(&state) % 4 + 1; k > 0; k--)
			bytes[sample_random(&state) % good.size] = (uint8_t)sample_random(&state);
		if (sgn_signature_read(sgn_view_of(bytes, good.size), &sig, NULL) == 0)
			accepted += touch(&sig) != 0;
		free(bytes);
	}
	cr_assert_gt(accepted, 1000, "%u", accepted);
	cr_assert_lt(accepted, 20000, "%u", accepted);
}

Test(sigblob_signature, cdhashes_come_in_the_order_of_hash_types)
{
	uint8_t hashes[SGN_LIMIT_CODEDIRS][CS_CDHASH_LEN];
	struct sgn_digest_bytes expected;
	struct sgn_signature sig;
	struct sample dir, s;
	size_t count = 0;

	sample_plain_dir(&dir);
	sample_super(&s, 2);
	sample_add(&s, 0, 0, sample_view(&dir)); /* SHA-256 */
	dir_of_type(1, 20, &dir);
	sample_add(&s, 1, 0x1000, sample_view(&dir)); /* SHA-1 */
	cr_assert_eq(sgn_signature_read(sample_view(&s), &sig, NULL), 0);
	cr_assert_eq(sgn_signature_cdhashes(&sig, hashes, &count, NULL), 0);
	cr_assert_eq(count, 2);
	cr_assert_eq(sgn_digest(SGN_DIGEST_SHA1, sample_view(&dir), &expected, NULL), 0);
	cr_assert_arr_eq(hashes[0], expected.data, CS_CDHASH_LEN);
	cr_assert_eq(sgn_digest(SGN_DIGEST_SHA256, sig.dirs[0].blob, &expected, NULL), 0);
	cr_assert_arr_eq(hashes[1], expected.data, CS_CDHASH_LEN);
}
