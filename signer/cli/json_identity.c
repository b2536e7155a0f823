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

static const char *verdict_text(enum sgn_check_verdict verdict)
{
	static const char *const texts[] = {"ok", "warning", "failed"};

	return texts[verdict];
}

void json_checkup(json_t *result, const struct sgn_checkup *checkup)
{
	json_t *checks = json_new_array(), *profile = NULL;

	for (size_t i = 0; i < checkup->check_count; i++) {
		const struct sgn_check *c = &checkup->checks[i];
		json_t *check = json_new_object();

		json_put(check, "id", json_text(c->id));
		json_put(check, "verdict", json_text(verdict_text(c->verdict)));
		json_put(check, "text", json_text(c->text));
		json_put(check, "cure", json_text(*c->cure ? c->cure : NULL));
		json_add(checks, check);
	}
	if (checkup->profile_name) {
		profile = json_new_object();
		json_put(profile, "name", json_text(checkup->profile_name));
		json_put(profile, "uuid", json_text(checkup->profile_uuid));
		json_put(profile, "not_after", json_when(true, checkup->profile_not_after));
	}
	json_put(result, "usable", json_boolean(checkup->usable));
	json_put(result, "expires_soon", json_boolean(checkup->expires_soon));
	json_put(result, "days_left", json_integer(checkup->days_left));
	json_put(result, "checks", checks);
	json_put(result, "profile", profile ? profile : json_null());
	json_identity(result, &checkup->info);
}
