/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/cli/out_json.h"

static json_t *tree_item(const struct sgn_tree_item *item)
{
	json_t *object = json_new_object();

	json_put(object, "path", json_text(item->path));
	json_put(object, "depth", json_number(item->depth));
	json_put(object, "kind", json_text(item->kind));
	json_put(object, "sealed_as_code",
	         item->depth ? json_boolean(item->sealed_as_code) : json_null());
	json_put(object, "archs", json_text(item->archs));
	json_put(object, "signed", json_boolean(item->is_signed));
	json_put(object, "identifier", json_text(item->identifier));
	json_put(object, "team", json_text(item->team));
	json_put(object, "flags", item->is_signed ? json_number(item->flags) : json_null());
	json_put(object, "flags_text", json_text(item->flags_text));
	json_put(object, "has_entitlements", json_boolean(item->entitlements));
	json_put(object, "adhoc", json_boolean(item->adhoc));
	json_put(object, "linker_signed", json_boolean(item->linker_signed));
	json_put(object, "authority", json_text(item->authority));
	json_put(object, "timestamp", json_when(item->has_timestamp, item->timestamp));
	json_put(object, "cdhash", *item->cdhash ? json_text(item->cdhash) : json_null());
	json_put(object, "errors", json_number(item->errors));
	json_put(object, "errors_inside", json_number(item->errors_inside));
	json_put(object, "warnings", json_number(item->warnings));
	json_put(object, "problem", json_text(item->problem));
	json_put(object, "problem_id", json_text(item->problem_id));
	json_put(object, "osstatus", json_osstatus(item->osstatus));
	return object;
}

void json_tree(json_t *result, const struct sgn_described_tree *tree)
{
	json_t *items = json_new_array();

	for (size_t i = 0; i < tree->count; i++)
		json_add(items, tree_item(&tree->items[i]));
	json_put(result, "errors", json_number(tree->errors));
	json_put(result, "items", items);
}
