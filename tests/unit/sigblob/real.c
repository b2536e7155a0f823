/* SPDX-License-Identifier: Apache-2.0 */
/* A signature that a linker of Apple made: vectors/macho/get-windows, slice arm64. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "signer/sigblob/signature.h"

#define SIGNATURE_OFFSET 227648
#define SIGNATURE_SIZE   1016

static const uint8_t cdhash[CS_CDHASH_LEN] = {0x74, 0xd4, 0x77, 0x6c, 0x04, 0xa3, 0x03,
                                              0xed, 0xa9, 0xaf, 0x64, 0x9a, 0x2a, 0xcb,
                                              0xe8, 0x58, 0x68, 0x01, 0x6f, 0xf2};

static struct sgn_view load(void)
{
	static uint8_t bytes[SIGNATURE_SIZE];
	FILE *f = fopen(SGN_SOURCE_DIR "/vectors/macho/get-windows", "rb");

	cr_assert_not_null(f);
	cr_assert_eq(fseek(f, SIGNATURE_OFFSET, SEEK_SET), 0);
	cr_assert_eq(fread(bytes, 1, sizeof(bytes), f), sizeof(bytes));
	fclose(f);
	return sgn_view_of(bytes, sizeof(bytes));
}

static void read_it(struct sgn_signature *sig)
{
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_signature_read(load(), sig, &err), 0, "%s", err.text);
}

Test(sigblob_real, the_signature_of_a_linker_is_read)
{
	uint8_t hashes[SGN_LIMIT_CODEDIRS][CS_CDHASH_LEN];
	struct sgn_signature sig;
	size_t count;

	read_it(&sig);
	cr_assert_eq(sig.dir_count, 1);
	cr_assert(sgn_signature_is_linker_made(&sig));
	cr_assert_not(sig.has_cms_slot);
	cr_assert_eq(sig.dirs[0].version, CS_SUPPORTSEXECSEG);
	cr_assert_eq(sig.dirs[0].flags, CS_ADHOC | CS_LINKER_SIGNED);
	cr_assert_str_eq(sig.dirs[0].identifier, "get-windows");
	cr_assert_null(sig.dirs[0].team);
	cr_assert_eq(sig.dirs[0].special_count, 0);
	cr_assert_eq(sig.dirs[0].code_count, 28);
	cr_assert_eq(sig.dirs[0].code_limit, 112960);
	cr_assert_eq(sig.dirs[0].exec_limit, 0x4584);
	cr_assert_eq(sig.dirs[0].exec_flags, CS_EXECSEG_MAIN_BINARY);
	cr_assert_eq(sgn_signature_cdhashes(&sig, hashes, &count, NULL), 0);
	cr_assert_eq(count, 1);
	cr_assert_arr_eq(hashes[0], cdhash, CS_CDHASH_LEN);
}

Test(sigblob_real, building_from_what_was_read_gives_the_same_bytes)
{
	struct sgn_superblob_maker maker;
	struct sgn_codedir_spec spec;
	struct sgn_signature sig;
	struct sgn_buf dir, whole;
	struct sgn_view pages;

	read_it(&sig);
	spec = (struct sgn_codedir_spec){
		.identifier = sig.best->identifier,
		.flags = sig.best->flags,
		.digest = sig.best->digest,
		.page_shift = sig.best->page_shift,
		.code_limit = sig.best->code_limit,
		.exec_base = sig.best->exec_base,
		.exec_limit = sig.best->exec_limit,
		.exec_flags = sig.best->exec_flags,
	};
	cr_assert(sgn_view_slice(sig.best->blob, sig.best->hash_offset, 28 * 32, &pages));
	sgn_buf_init(&dir, 10000);
	cr_assert_eq(sgn_codedir_write(&spec, pages.data, &dir, NULL), 0);
	sgn_superblob_maker_init(&maker, CSMAGIC_EMBEDDED_SIGNATURE);
	sgn_superblob_add(&maker, CSSLOT_CODEDIRECTORY, sgn_buf_view(&dir));
	sgn_buf_init(&whole, 10000);
	cr_assert_eq(sgn_superblob_write(&maker, &whole, NULL), 0);
	cr_assert(sgn_view_equal(sgn_buf_view(&whole), load()));
	sgn_buf_dispose(&whole);
	sgn_buf_dispose(&dir);
}
