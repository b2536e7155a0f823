/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/cli/out_json.h"

static json_t *signed_slice(const struct sgn_signed_slice *s)
{
	json_t *object = json_new_object();

	json_put(object, "arch", json_text(s->arch));
	json_put(object, "cdhash", json_text(s->cdhash));
	json_put(object, "digest", json_text(sgn_digest_name(s->digest)));
	json_put(object, "version", json_number(s->version));
	json_put(object, "flags", json_number(s->flags));
	json_put(object, "page_size", json_number(s->page_size));
	json_put(object, "pages", json_number(s->pages));
	json_put(object, "runtime", json_version(s->runtime));
	json_put(object, "cms_size", json_number(s->cms_size));
	json_put(object, "reserved", json_number(s->reserved));
	return object;
}

static json_t *why(const struct sgn_value_why *w, const struct sgn_sign_options *opts)
{
	static const char *const words[] = {
		[SGN_FROM_NOTHING] = NULL,      [SGN_FROM_OPTION] = "option",
		[SGN_FROM_RULE] = "rule",       [SGN_FROM_OLD] = "old-signature",
		[SGN_FROM_DERIVED] = "default",
	};
	json_t *object;

	if (!words[w->from])
		return json_null();
	object = json_new_object();
	json_put(object, "from", json_text(words[w->from]));
	json_put(object, "rule",
	         w->from == SGN_FROM_RULE && w->rule < opts->rule_count
	                 ? json_text(opts->rules[w->rule].pattern)
	                 : json_null());
	return object;
}

static json_t *signed_item(const struct sgn_sign_result *r, size_t i,
                           const struct sgn_sign_options *opts)
{
	static const char *const actions[] = {
		[SGN_ITEM_SIGNED] = "signed",
		[SGN_ITEM_KEPT] = "kept",
		[SGN_ITEM_SKIPPED] = "skipped",
		[SGN_ITEM_WAITING] = "waiting",
	};
	const struct sgn_signed_item *item = &r->items[i];
	char flags[SGN_FLAGS_TEXT];
	json_t *object = json_new_object();

	sgn_flags_text(item->flags, flags);
	json_put(object, "path", json_text(item->path));
	json_put(object, "parent",
	         item->parent == i ? json_null() : json_text(r->items[item->parent].path));
	json_put(object, "kind", json_text(item->kind));
	json_put(object, "action", json_text(actions[item->action]));
	json_put(object, "is_program", json_boolean(item->is_program));
	json_put(object, "sealed_as_code",
	         item->parent == i ? json_null() : json_boolean(item->sealed_as_code));
	json_put(object, "identifier",
	         *item->identifier ? json_text(item->identifier) : json_null());
	json_put(object, "identifier_why", why(&item->identifier_why, opts));
	json_put(object, "team", json_text(item->team));
	json_put(object, "entitlements",
	         item->entitlements < 0 ? json_null() : json_number((uint64_t)item->entitlements));
	json_put(object, "entitlements_why", why(&item->entitlements_why, opts));
	json_put(object, "flags", json_number(item->flags));
	json_put(object, "flags_text", json_text(flags));
	json_put(object, "flags_why", why(&item->flags_why, opts));
	json_put(object, "cdhash", *item->cdhash ? json_text(item->cdhash) : json_null());
	return object;
}

static json_t *items(const struct sgn_sign_result *r, const struct sgn_sign_options *opts)
{
	json_t *array;

	if (r->item_count == 0)
		return json_null();
	array = json_new_array();
	for (size_t i = 0; i < r->item_count; i++)
		json_add(array, signed_item(r, i, opts));
	return array;
}

void json_signed(json_t *result, const struct sgn_sign_result *r,
                 const struct sgn_sign_options *opts)
{
	json_t *slices = json_new_array();

	for (size_t i = 0; i < r->slice_count; i++)
		json_add(slices, signed_slice(&r->slices[i]));
	json_put(result, "output", json_text(r->output));
	json_put(result, "format", json_text(r->format));
	json_put(result, "identifier", json_text(r->identifier));
	json_put(result, "team", json_text(r->team));
	json_put(result, "requirement", json_text(r->requirement));
	json_put(result, "replaced", json_boolean(r->replaced));
	json_put(result, "entitlements",
	         r->entitlements < 0 ? json_null() : json_number((uint64_t)r->entitlements));
	json_put(result, "slices", slices);
	json_put(result, "items", items(r, opts));
}
