/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/cli/out_json.h"

void json_identity(json_t *result, const struct sgn_identity_info *info)
{
	json_t *chain = json_new_array();

	for (size_t i = 0; i < info->chain_count; i++)
		json_add(chain, json_text(info->chain[i]));
	json_put(result, "name", json_text(info->name));
	json_put(result, "kind", json_text(info->kind));
	json_put(result, "kind_text", json_text(info->kind_text));
	json_put(result, "purpose", json_text(info->purpose));
	json_put(result, "team", json_text(info->team));
	json_put(result, "key", json_text(info->key_text));
	json_put(result, "uri", json_text(info->uri));
	json_put(result, "sha1", json_text(info->sha1));
	json_put(result, "not_before", json_when(true, info->not_before));
	json_put(result, "not_after", json_when(true, info->not_after));
	json_put(result, "can_sign_code", json_boolean(info->can_sign_code));
	json_put(result, "timestamp_by_default", json_boolean(info->timestamp_by_default));
	json_put(result, "chain", chain);
	json_put(result, "chain_complete", json_boolean(info->chain_complete));
	json_put(result, "apple_anchored", json_boolean(info->apple_anchored));
}
