/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/cli/out_json.h"

static const struct {
	unsigned flaw;
	const char *name;
} flaws[] = {
	{SGN_FLAW_NO_KEY, "no_key"},
	{SGN_FLAW_LOCKED_KEY, "locked_key"},
	{SGN_FLAW_LOOSE_KEY, "loose_key"},
	{SGN_FLAW_KEY_TYPE, "key_type"},
	{SGN_FLAW_NO_CODE_SIGNING, "no_code_signing"},
	{SGN_FLAW_EXPIRED, "expired"},
	{SGN_FLAW_NOT_YET_VALID, "not_yet_valid"},
	{SGN_FLAW_INCOMPLETE_CHAIN, "incomplete_chain"},
};

static json_t *flaw_list(unsigned bits)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++)
		if (bits & flaws[i].flaw)
			json_add(list, json_text(flaws[i].name));
	return list;
}

static json_t *file_list(const struct sgn_identity_candidate *c)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < c->file_count; i++)
		json_add(list, json_text(c->files[i]));
	return list;
}

void json_candidate(json_t *result, const struct sgn_identity_candidate *c)
{
	json_put(result, "files", c ? file_list(c) : json_null());
	json_put(result, "key_file", json_text(c ? c->key_file : NULL));
	json_put(result, "usable", c ? json_boolean(!c->flaws) : json_null());
	json_put(result, "flaws", c ? flaw_list(c->flaws) : json_null());
	json_put(result, "why", json_text(c && *c->why ? c->why : NULL));
	json_put(result, "cure", json_text(c && *c->cure ? c->cure : NULL));
}

static const char *const skips[] = {
	[SGN_SKIP_HIDDEN] = "hidden",   [SGN_SKIP_FOLDER] = "folder",
	[SGN_SKIP_UNKNOWN] = "unknown", [SGN_SKIP_DAMAGED] = "damaged",
	[SGN_SKIP_LOCKED] = "locked",   [SGN_SKIP_UNREADABLE] = "unreadable",
	[SGN_SKIP_LOOSE] = "loose",
};

static json_t *skipped_list(const struct sgn_identity_store *store)
{
	size_t count;
	const struct sgn_identity_skipped *skipped = sgn_identity_store_skipped(store, &count);
	json_t *list = json_new_array();

	for (size_t i = 0; i < count; i++) {
		json_t *one = json_new_object();

		json_put(one, "file", json_text(skipped[i].file));
		json_put(one, "reason", json_text(skips[skipped[i].why]));
		json_put(one, "text", json_text(skipped[i].text));
		json_add(list, one);
	}
	return list;
}

void json_store(json_t *result, const struct sgn_identity_store *store)
{
	size_t count;
	const struct sgn_identity_candidate *candidates = sgn_identity_store_list(store, &count);
	json_t *list = json_new_array();

	for (size_t i = 0; i < count; i++) {
		json_t *one = json_new_object();

		json_identity(one, &candidates[i].info);
		json_candidate(one, &candidates[i]);
		json_add(list, one);
	}
	json_put(result, "identities", list);
	json_put(result, "left_out", skipped_list(store));
}
