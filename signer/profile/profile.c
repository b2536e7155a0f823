/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/profile/profile.h"

#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/time.h"
#include "signer/codec/plist.h"
#include "signer/pki/cms_content.h"

/* Text of a string value, or of the first string of an array; "" when there is none. */
static const char *text_of(struct sgn_profile *p, const struct sgn_value *v)
{
	struct sgn_view text;
	const char *copy;

	if (v && v->kind == SGN_VALUE_ARRAY && v->u.array.count)
		v = &v->u.array.items[0];
	text = sgn_value_string(v);
	copy = text.size ? sgn_arena_strndup(&p->arena, (const char *)text.data, text.size) : "";
	return copy ? copy : "";
}

static int64_t date_of(const struct sgn_value *v)
{
	return v && v->kind == SGN_VALUE_DATE ? (int64_t)v->u.date + SGN_APPLE_EPOCH : 0;
}

static bool names_platform(const struct sgn_value *platforms, const char *name)
{
	if (!platforms || platforms->kind != SGN_VALUE_ARRAY)
		return false;
	for (size_t i = 0; i < platforms->u.array.count; i++)
		if (sgn_view_equal(sgn_value_string(&platforms->u.array.items[i]),
		                   sgn_view_str(name)))
			return true;
	return false;
}

static int take_certs(struct sgn_profile *p, const struct sgn_value *list, struct sgn_error *err)
{
	struct sgn_view *certs;

	if (!list || list->kind != SGN_VALUE_ARRAY)
		return 0;
	certs = sgn_arena_array(&p->arena, list->u.array.count, sizeof(*certs));
	if (!certs)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < list->u.array.count; i++)
		if (list->u.array.items[i].kind == SGN_VALUE_DATA)
			certs[p->cert_count++] = list->u.array.items[i].u.bytes;
	p->certs = certs;
	return 0;
}

static int take_plist(struct sgn_profile *p, const struct sgn_value *dict, struct sgn_error *err)
{
	const struct sgn_value *ents = sgn_value_get(dict, "Entitlements");
	const struct sgn_value *app_id = sgn_value_get(ents, "application-identifier");

	if (!ents || ents->kind != SGN_VALUE_DICT)
		return sgn_fail(err, SGN_E_FORMAT, "the profile has no Entitlements");
	if (!app_id)
		app_id = sgn_value_get(ents, "com.apple.application-identifier");
	p->entitlements = ents;
	p->name = text_of(p, sgn_value_get(dict, "Name"));
	p->uuid = text_of(p, sgn_value_get(dict, "UUID"));
	p->team = text_of(p, sgn_value_get(dict, "TeamIdentifier"));
	p->app_id = text_of(p, app_id);
	p->for_mac = names_platform(sgn_value_get(dict, "Platform"), "OSX");
	p->all_devices = sgn_value_is_true(sgn_value_get(dict, "ProvisionsAllDevices"));
	p->created = date_of(sgn_value_get(dict, "CreationDate"));
	p->expires = date_of(sgn_value_get(dict, "ExpirationDate"));
	return take_certs(p, sgn_value_get(dict, "DeveloperCertificates"), err);
}

int sgn_profile_read(struct sgn_view bytes, const char *path, struct sgn_profile *out,
                     struct sgn_error *err)
{
	struct sgn_value *dict;
	struct sgn_view content;
	int rc;

	*out = (struct sgn_profile){0};
	dict = sgn_arena_alloc(&out->arena, sizeof(*dict));
	out->path = sgn_arena_strdup(&out->arena, path);
	if (!dict || !out->path || !sgn_arena_copy(&out->arena, bytes, &out->bytes)) {
		rc = sgn_fail_nomem(err);
		goto out;
	}
	rc = sgn_cms_content(out->bytes, &out->arena, &content, err);
	if (rc == 0)
		rc = sgn_plist_read(content, &out->arena, dict, NULL, err);
	if (rc == 0)
		rc = take_plist(out, dict, err);
	rc = sgn_wrap(err, rc, "provisioning profile");
out:
	if (rc) {
		rc = sgn_error_at_path(err, rc, path);
		sgn_profile_dispose(out);
	}
	return rc;
}

void sgn_profile_dispose(struct sgn_profile *p)
{
	sgn_arena_dispose(&p->arena);
	*p = (struct sgn_profile){0};
}

const char *sgn_profile_file_name(bool for_mac)
{
	return for_mac ? "embedded.provisionprofile" : "embedded.mobileprovision";
}
