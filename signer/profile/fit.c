/* SPDX-License-Identifier: Apache-2.0 */
/* Does a profile fit a use? Pure functions over values. */
#include <string.h>

#include "signer/base/compiler.h"
#include "signer/base/time.h"
#include "signer/profile/profile.h"

static const char *const restricted[] = {
#define RESTRICTED(name) name,
#include "signer/profile/restricted.def"
#undef RESTRICTED
};

static bool is_restricted(struct sgn_view key)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(restricted); i++) {
		struct sgn_view name = sgn_view_str(restricted[i]);
		bool prefix = name.data[name.size - 1] == '.';

		if (prefix ? sgn_view_starts_with(key, name) : sgn_view_equal(key, name))
			return true;
	}
	return false;
}

const struct sgn_value_entry *sgn_profile_restricted(const struct sgn_value *entitlements)
{
	for (size_t i = 0; entitlements && i < entitlements->u.dict.count; i++)
		if (is_restricted(entitlements->u.dict.entries[i].key))
			return &entitlements->u.dict.entries[i];
	return NULL;
}

/* A trailing asterisk stands for any ending. */
static bool matches(struct sgn_view pattern, struct sgn_view text)
{
	if (pattern.size && pattern.data[pattern.size - 1] == '*') {
		pattern.size--;
		return sgn_view_starts_with(text, pattern);
	}
	return sgn_view_equal(pattern, text);
}

static bool value_allowed(const struct sgn_value *allowed, const struct sgn_value *claimed);

static bool in_array(const struct sgn_value *array, const struct sgn_value *claimed)
{
	for (size_t i = 0; i < array->u.array.count; i++)
		if (value_allowed(&array->u.array.items[i], claimed))
			return true;
	return false;
}

static bool value_allowed(const struct sgn_value *allowed, const struct sgn_value *claimed)
{
	if (allowed->kind == SGN_VALUE_STRING &&
	    sgn_view_equal(allowed->u.bytes, sgn_view_str("*")))
		return true;
	if (claimed->kind == SGN_VALUE_ARRAY) {
		for (size_t i = 0; i < claimed->u.array.count; i++)
			if (!value_allowed(allowed, &claimed->u.array.items[i]))
				return false;
		return true;
	}
	if (allowed->kind == SGN_VALUE_ARRAY)
		return in_array(allowed, claimed);
	if (allowed->kind == SGN_VALUE_STRING && claimed->kind == SGN_VALUE_STRING)
		return matches(allowed->u.bytes, claimed->u.bytes);
	if (claimed->kind == SGN_VALUE_BOOL && !claimed->u.boolean)
		return true; /* nothing is claimed */
	return sgn_value_equal(allowed, claimed);
}

bool sgn_profile_allows(const struct sgn_profile *p, struct sgn_view key,
                        const struct sgn_value *value)
{
	const struct sgn_value *allowed = sgn_value_get_view(p->entitlements, key);

	return allowed && value_allowed(allowed, value);
}

static bool names_cert(const struct sgn_profile *p, struct sgn_view cert)
{
	for (size_t i = 0; i < p->cert_count; i++)
		if (sgn_view_equal(p->certs[i], cert))
			return true;
	return false;
}

/* "PREFIX.identifier" against the profile's application identifier; 0: no match, else the number of
 * characters that match exactly. */
static int app_id_score(const struct sgn_profile *p, const char *bundle_id)
{
	const char *dot = strchr(p->app_id, '.');
	struct sgn_view pattern = sgn_view_str(dot ? dot + 1 : "");

	if (pattern.size == 0 || !matches(pattern, sgn_view_str(bundle_id)))
		return 0;
	return (int)pattern.size + (pattern.data[pattern.size - 1] != '*');
}

/* On a Mac only restricted entitlements need the profile's word; elsewhere all do. */
static const struct sgn_value_entry *not_allowed(const struct sgn_profile *p,
                                                 const struct sgn_profile_use *use)
{
	const struct sgn_value *claimed = use->entitlements;

	for (size_t i = 0; claimed && i < claimed->u.dict.count; i++) {
		const struct sgn_value_entry *e = &claimed->u.dict.entries[i];

		if (use->for_mac && !is_restricted(e->key))
			continue;
		if (!sgn_profile_allows(p, e->key, &e->value))
			return e;
	}
	return NULL;
}

int sgn_profile_fits(const struct sgn_profile *p, const struct sgn_profile_use *use, int *score,
                     struct sgn_buf *why)
{
	const struct sgn_value_entry *refused;
	char date[21];

	*score = app_id_score(p, use->bundle_id);
	if (p->for_mac != use->for_mac) {
		sgn_wr_str(why, "it is for another platform");
	} else if (*score == 0) {
		sgn_wr_fmt(why, "it is for the identifier %s", p->app_id);
	} else if (p->expires && p->expires < use->now) {
		sgn_time_iso(p->expires, date);
		sgn_wr_fmt(why, "it expired on %s", date);
	} else if (use->team && strcmp(use->team, p->team) != 0) {
		sgn_wr_fmt(why, "it belongs to team %s, the certificate to %s", p->team, use->team);
	} else if (use->cert.size && p->cert_count && !names_cert(p, use->cert)) {
		sgn_wr_str(why, "it does not list the signing certificate");
	} else if ((refused = not_allowed(p, use)) != NULL) {
		sgn_wr_fmt(why, "it does not allow the entitlement %.*s", (int)refused->key.size,
		           (const char *)refused->key.data);
	} else {
		return 0;
	}
	return 1;
}
