/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of a dictionary in the order that an encoding wants. */
#ifndef SIGNER_CODEC_DICT_H
#define SIGNER_CODEC_DICT_H

#include "signer/base/error.h"
#include "signer/base/value.h"

struct sgn_dict_order {
	const struct sgn_value_entry **entries; /* owned; NULL when count is 0 */
	size_t count;                           /* distinct keys */
};

typedef int sgn_key_compare(struct sgn_view a, struct sgn_view b);

/* By UTF-16 code units, as CoreFoundation sorts; both keys are UTF-8. (sgn_view_compare() is the
 * order of UTF-8 bytes.) */
int sgn_key_compare_utf16(struct sgn_view a, struct sgn_view b);

/* Of equal keys only the last entry is taken: the one that sgn_value_get() and Apple's readers see. */
int sgn_dict_sort(const struct sgn_value *dict, sgn_key_compare *compare,
                  struct sgn_dict_order *out, struct sgn_error *err);
void sgn_dict_order_dispose(struct sgn_dict_order *order);

#endif
