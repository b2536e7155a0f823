/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/codec/plist.h"
#include "signer/pki/internal.h"

int sgn_cms_write_cdhashes(const struct sgn_cms_cdhash *cdhashes, size_t count, struct sgn_buf *out,
                           struct sgn_error *err)
{
	struct sgn_value hashes[SGN_LIMIT_CODEDIRS];
	struct sgn_value_entry entry = {.key = sgn_view_str("cdhashes"),
	                                .value = {.kind = SGN_VALUE_ARRAY}};
	struct sgn_value root = {.kind = SGN_VALUE_DICT};

	if (count > SGN_LIMIT_CODEDIRS)
		return sgn_fail(err, SGN_E_INTERNAL, "a list of %zu cdhashes", count);
	for (size_t i = 0; i < count; i++)
		hashes[i] = (struct sgn_value){
			.kind = SGN_VALUE_DATA,
			.u.bytes = sgn_view_of(cdhashes[i].full.data, SGN_CDHASH_SIZE)};
	entry.value.u.array.items = hashes;
	entry.value.u.array.count = count;
	root.u.dict.entries = &entry;
	root.u.dict.count = 1;
	return sgn_plist_write_xml(&root, out, err);
}
