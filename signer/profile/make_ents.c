/* SPDX-License-Identifier: Apache-2.0 */
/* Entitlements from a profile, as Xcode fills them in: wildcards made concrete. */
#include <string.h>

#include "signer/base/limits.h"
#include "signer/codec/plist.h"
#include "signer/profile/profile.h"

/*
 * "TEAM.com.example.*" and "TEAM.*" become "TEAM.<bundle identifier>": application identifiers and
 * keychain groups. Other wildcards have no concrete form and are left out.
 */
static int concrete(const struct sgn_profile *p, const struct sgn_value *in, const char *bundle_id,
                    struct sgn_arena *arena, struct sgn_value *out, bool *keep,
                    struct sgn_error *err)
{
	const char *dot = strchr(p->app_id, '.');
	struct sgn_view prefix = sgn_view_of(p->app_id, dot ? (size_t)(dot + 1 - p->app_id) : 0);
	struct sgn_buf text;
	int rc;

	*out = *in;
	*keep = true;
	if (in->kind != SGN_VALUE_STRING || !sgn_view_ends_with(in->u.bytes, sgn_view_str("*")))
		return 0;
	*keep = prefix.size && sgn_view_starts_with(in->u.bytes, prefix);
	sgn_buf_init(&text, SGN_LIMIT_ENTITLEMENTS);
	sgn_wr_view(&text, prefix);
	sgn_wr_str(&text, bundle_id);
	rc = sgn_buf_finish(&text, err, "entitlement");
	if (rc == 0 && !sgn_arena_copy(arena, sgn_buf_view(&text), &out->u.bytes))
		rc = sgn_fail_nomem(err);
	sgn_buf_dispose(&text);
	return rc;
}

static int concrete_array(const struct sgn_profile *p, const struct sgn_value *in,
                          const char *bundle_id, struct sgn_arena *arena, struct sgn_value *out,
                          bool *keep, struct sgn_error *err)
{
	struct sgn_value *items = sgn_arena_array(arena, in->u.array.count, sizeof(*items));
	size_t n = 0;
	int rc = items ? 0 : sgn_fail_nomem(err);

	for (size_t i = 0; rc == 0 && i < in->u.array.count; i++) {
		bool keep_item;

		rc = concrete(p, &in->u.array.items[i], bundle_id, arena, &items[n], &keep_item,
		              err);
		n += keep_item;
	}
	*out = *in;
	out->u.array.items = items;
	out->u.array.count = n;
	*keep = n > 0;
	return rc;
}

int sgn_profile_make_entitlements(const struct sgn_profile *p, const char *bundle_id,
                                  struct sgn_buf *out, struct sgn_error *err)
{
	const struct sgn_value *from = p->entitlements;
	struct sgn_value dict = {.kind = SGN_VALUE_DICT};
	struct sgn_arena arena = {0};
	struct sgn_value_entry *entries =
		sgn_arena_array(&arena, from->u.dict.count, sizeof(*entries));
	size_t n = 0;
	int rc = entries ? 0 : sgn_fail_nomem(err);

	for (size_t i = 0; rc == 0 && i < from->u.dict.count; i++) {
		const struct sgn_value_entry *e = &from->u.dict.entries[i];
		bool keep;

		entries[n].key = e->key;
		rc = e->value.kind == SGN_VALUE_ARRAY
		             ? concrete_array(p, &e->value, bundle_id, &arena, &entries[n].value,
		                              &keep, err)
		             : concrete(p, &e->value, bundle_id, &arena, &entries[n].value, &keep,
		                        err);
		n += rc == 0 && keep;
	}
	dict.u.dict.entries = entries;
	dict.u.dict.count = n;
	if (rc == 0)
		rc = sgn_plist_write_xml(&dict, out, err);
	sgn_arena_dispose(&arena);
	return rc;
}
