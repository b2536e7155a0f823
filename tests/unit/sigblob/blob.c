/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "sample.h"
#include "signer/sigblob/superblob.h"

static const uint8_t wrapper[] = {0xfa, 0xde, 0x0b, 0x01, 0, 0, 0, 11, 'c', 'm', 's'};

Test(sigblob_blob, a_blob_is_cut_to_its_own_length)
{
	uint8_t longer[sizeof(wrapper) + 5] = {0};
	struct sgn_view blob, payload;
	uint32_t magic;

	memcpy(longer, wrapper, sizeof(wrapper));
	cr_assert_eq(sgn_blob_read(sgn_view_of(longer, sizeof(longer)), &magic, &blob, NULL), 0);
	cr_assert_eq(magic, CSMAGIC_BLOBWRAPPER);
	cr_assert_eq(blob.data, longer);
	cr_assert_eq(blob.size, sizeof(wrapper));
	payload = sgn_blob_payload(blob);
	cr_assert(sgn_view_equal(payload, sgn_view_str("cms")));
}

Test(sigblob_blob, a_blob_of_8_bytes_has_an_empty_payload)
{
	static const uint8_t empty[] = {B32(0xfade0b01u), B32(8u)};
	struct sgn_view blob;
	uint32_t magic;

	cr_assert_eq(sgn_blob_read(sgn_view_of(empty, sizeof(empty)), &magic, &blob, NULL), 0);
	cr_assert_eq(blob.size, 8);
	cr_assert_eq(sgn_blob_payload(blob).size, 0);
}

Test(sigblob_blob, every_truncation_is_refused)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_view blob;
	uint32_t magic;

	for (size_t size = 0; size < sizeof(wrapper); size++) {
		int rc = sgn_blob_read(sgn_view_of(wrapper, size), &magic, &blob, &err);

		cr_assert_eq(rc, SGN_E_FORMAT, "%zu bytes", size);
		cr_assert_neq(err.offset, SGN_NO_OFFSET);
	}
	cr_assert_eq(err.offset, 4, "the length is what is wrong");
	cr_assert_str_eq(err.text, "blob 0xfade0b01: length 11, but 10 bytes are there");
	sgn_error_dispose(&err);
}

Test(sigblob_blob, a_length_below_the_header_is_refused)
{
	uint8_t bytes[16] = {B32(0xfade0b01u)};
	struct sgn_view blob;
	uint32_t magic;

	for (uint8_t length = 0; length < 8; length++) {
		bytes[7] = length;
		cr_assert_eq(sgn_blob_read(sgn_view_of(bytes, sizeof(bytes)), &magic, &blob, NULL),
		             SGN_E_FORMAT, "length %u", length);
	}
	bytes[4] = 0xff;
	cr_assert_eq(sgn_blob_read(sgn_view_of(bytes, sizeof(bytes)), &magic, &blob, NULL),
	             SGN_E_FORMAT);
}

Test(sigblob_blob, writing_gives_the_golden_bytes)
{
	struct sgn_buf out;

	sgn_buf_init(&out, 100);
	sgn_wr_u8(&out, 0x55); /* the length must not count what was there before */
	sgn_blob_write(&out, CSMAGIC_BLOBWRAPPER, sgn_view_str("cms"));
	cr_assert_eq(sgn_buf_finish(&out, NULL, "test"), 0);
	cr_assert_eq(out.size, 1 + sizeof(wrapper));
	cr_assert_arr_eq(out.data + 1, wrapper, sizeof(wrapper));
	sgn_buf_dispose(&out);
}
