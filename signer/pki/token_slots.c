/* SPDX-License-Identifier: Apache-2.0 */
/* Which tokens are plugged in, and which of them a URI means. */
#include <stdio.h>
#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/pki/token.h"

#define TEXT(field) sgn_ck_text((field), sizeof(field))

void sgn_token_slot_uri(const struct sgn_token_slot *slot, struct sgn_buf *out)
{
	const struct ck_token_info *t = &slot->token;

	sgn_token_uri_write(out, SGN_TOKEN_MODEL, TEXT(t->model));
	sgn_token_uri_write(out, SGN_TOKEN_MANUFACTURER, TEXT(t->manufacturer_id));
	sgn_token_uri_write(out, SGN_TOKEN_SERIAL, TEXT(t->serial_number));
	sgn_token_uri_write(out, SGN_TOKEN_LABEL, TEXT(t->label));
}

void sgn_token_slot_text(const struct sgn_token_slot *slot, char out[80])
{
	struct sgn_view label = TEXT(slot->token.label);

	if (label.size && sgn_utf8_valid(label))
		snprintf(out, 80, "the token \"%.*s\"", (int)label.size, (const char *)label.data);
	else
		snprintf(out, 80, "the token in slot %lu", slot->id);
}

static bool fits_slot(const struct sgn_token_uri *uri, const struct sgn_token_slot *s)
{
	return (!sgn_token_uri_has(uri, SGN_TOKEN_SLOT_ID) || uri->slot_id == s->id) &&
	       sgn_token_uri_allows(uri, SGN_TOKEN_SLOT_DESCRIPTION,
	                            TEXT(s->slot.slot_description)) &&
	       sgn_token_uri_allows(uri, SGN_TOKEN_SLOT_MANUFACTURER,
	                            TEXT(s->slot.manufacturer_id));
}

static bool fits_token(const struct sgn_token_uri *uri, const struct sgn_token_slot *s)
{
	const struct ck_token_info *t = &s->token;

	return sgn_token_uri_allows(uri, SGN_TOKEN_LABEL, TEXT(t->label)) &&
	       sgn_token_uri_allows(uri, SGN_TOKEN_MANUFACTURER, TEXT(t->manufacturer_id)) &&
	       sgn_token_uri_allows(uri, SGN_TOKEN_MODEL, TEXT(t->model)) &&
	       sgn_token_uri_allows(uri, SGN_TOKEN_SERIAL, TEXT(t->serial_number));
}

static int check_library(const struct sgn_module *m, const struct sgn_token_uri *uri,
                         struct sgn_error *err)
{
	const struct ck_info *i = &m->info;
	struct sgn_view name = TEXT(i->library_description);
	int rc;

	if (sgn_token_uri_allows(uri, SGN_TOKEN_LIBRARY_DESCRIPTION, name) &&
	    sgn_token_uri_allows(uri, SGN_TOKEN_LIBRARY_MANUFACTURER, TEXT(i->manufacturer_id)) &&
	    (!sgn_token_uri_has(uri, SGN_TOKEN_LIBRARY_VERSION) ||
	     (uri->library_major == i->library_version.major &&
	      uri->library_minor == i->library_version.minor)))
		return 0;
	rc = sgn_fail(err, SGN_E_NOTFOUND,
	              "the URI asks for another PKCS#11 module than %s, which is \"%.*s\" %u.%u",
	              m->path, (int)name.size, (const char *)name.data, i->library_version.major,
	              i->library_version.minor);
	return sgn_error_cure(err, rc, "leave library-... out, or name the module that is meant");
}

static int list(const struct sgn_module *m, CK_SLOT_ID *ids, CK_ULONG *count, struct sgn_error *err)
{
	CK_RV rv = m->f->C_GetSlotList(1, NULL, count);

	if (rv == CKR_OK && *count > SGN_LIMIT_TOKENS)
		return sgn_fail(err, SGN_E_LIMIT, "%lu tokens, more than %d", *count,
		                SGN_LIMIT_TOKENS);
	if (rv == CKR_OK && *count)
		rv = m->f->C_GetSlotList(1, ids, count);
	return rv == CKR_OK ? 0 : sgn_ckr_fail(err, rv, "the tokens cannot be listed");
}

static void tell_token(const struct sgn_token_slot *slot, const struct sgn_token_candidates *tell)
{
	struct sgn_view model = TEXT(slot->token.model);
	struct sgn_buf uri;
	char text[64];

	sgn_buf_init(&uri, SGN_LIMIT_TOKEN_URI);
	sgn_token_slot_uri(slot, &uri);
	snprintf(text, sizeof(text), "a token that is here (%.*s)", (int)model.size,
	         (const char *)model.data);
	tell->tell(tell->arg, sgn_buf_str(&uri), text);
	sgn_buf_dispose(&uri);
}

static int none(const struct sgn_module *m, size_t count, struct sgn_error *err)
{
	int rc;

	if (count == 0) {
		rc = sgn_fail(err, SGN_E_NOTFOUND, "no token is plugged in that %s can see",
		              m->path);
		return sgn_error_cure(
			err, rc,
			"plug it in; see that the module is the token's own, and that "
			"its configuration or daemon is there");
	}
	rc = sgn_fail(err, SGN_E_NOTFOUND, "no token fits the URI; %zu %s there", count,
	              count == 1 ? "other is" : "others are");
	return sgn_error_cure(err, rc, "compare the URI with those that are listed");
}

/* Those that are there are told only when none of them fits. */
int sgn_token_slots_find(const struct sgn_module *m, const struct sgn_token_uri *uri,
                         const struct sgn_token_candidates *tell, struct sgn_token_slots *out,
                         struct sgn_error *err)
{
	struct sgn_token_slot *all = sgn_calloc(SGN_LIMIT_TOKENS, sizeof(*all));
	CK_SLOT_ID ids[SGN_LIMIT_TOKENS];
	CK_ULONG count = 0;
	int rc;

	out->count = out->fit_count = 0;
	rc = all ? check_library(m, uri, err) : sgn_fail_nomem(err);
	if (rc == 0)
		rc = list(m, ids, &count, err);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct sgn_token_slot *s = &all[out->count];

		s->id = ids[i];
		if (m->f->C_GetSlotInfo(ids[i], &s->slot) != CKR_OK ||
		    m->f->C_GetTokenInfo(ids[i], &s->token) != CKR_OK ||
		    !(s->token.flags & CKF_TOKEN_INITIALIZED))
			continue;
		out->count++;
		if (fits_slot(uri, s) && fits_token(uri, s))
			out->fit[out->fit_count++] = *s;
	}
	for (size_t i = 0; rc == 0 && out->fit_count == 0 && i < out->count; i++)
		tell_token(&all[i], tell);
	if (rc == 0 && out->fit_count == 0)
		rc = none(m, out->count, err);
	sgn_free(all);
	return rc;
}
