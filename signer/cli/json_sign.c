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

void json_signed(json_t *result, const struct sgn_sign_result *r)
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
}
