/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/codec/dict.h"

#include <stdlib.h>

#include "signer/base/mem.h"

/* UTF-8 bytes sort like code points. UTF-16 differs in one place: the surrogates of U+10000 and
 * above (lead byte F0..F4) come before U+E000..U+FFFF (EE, EF). */
int sgn_key_compare_utf16(struct sgn_view a, struct sgn_view b)
{
	size_t least = a.size < b.size ? a.size : b.size;

	for (size_t i = 0; i < least; i++) {
		uint8_t x = a.data[i], y = b.data[i];

		if (x == y)
			continue;
		if (x >= 0xee && y >= 0xee && (x >= 0xf0) != (y >= 0xf0))
			return x >= 0xf0 ? -1 : 1;
		return x < y ? -1 : 1;
	}
	return (a.size > b.size) - (a.size < b.size);
}

/* qsort() hands no context through, so the order is put beside each pointer. */
struct sort_item {
	const struct sgn_value_entry *entry;
	sgn_key_compare *compare;
};

static int compare_items(const void *pa, const void *pb)
{
	const struct sort_item *a = pa, *b = pb;
	int order = a->compare(a->entry->key, b->entry->key);

	if (order != 0)
		return order;
	/* Both point into one array: the later one sorts behind. */
	return (a->entry > b->entry) - (a->entry < b->entry);
}

static bool already_sorted(const struct sgn_value *dict, sgn_key_compare *compare)
{
	for (size_t i = 1; i < dict->u.dict.count; i++)
		if (compare(dict->u.dict.entries[i - 1].key, dict->u.dict.entries[i].key) >= 0)
			return false;
	return true;
}

int sgn_dict_sort(const struct sgn_value *dict, sgn_key_compare *compare,
                  struct sgn_dict_order *out, struct sgn_error *err)
{
	size_t count = dict->u.dict.count;
	struct sort_item *items;

	*out = (struct sgn_dict_order){0};
	if (count == 0)
		return 0;
	items = sgn_calloc(count, sizeof(*items));
	out->entries = sgn_calloc(count, sizeof(const struct sgn_value_entry *));
	if (!items || !out->entries) {
		sgn_free(items);
		sgn_dict_order_dispose(out);
		return sgn_fail_nomem(err);
	}
	for (size_t i = 0; i < count; i++)
		items[i] = (struct sort_item){&dict->u.dict.entries[i], compare};
	if (!already_sorted(dict, compare))
		qsort(items, count, sizeof(*items), compare_items);
	for (size_t i = 0; i < count; i++)
		if (i + 1 == count || !sgn_view_equal(items[i].entry->key, items[i + 1].entry->key))
			out->entries[out->count++] = items[i].entry;
	sgn_free(items);
	return 0;
}

void sgn_dict_order_dispose(struct sgn_dict_order *order)
{
	sgn_free(order->entries);
	*order = (struct sgn_dict_order){0};
}
