/* SPDX-License-Identifier: Apache-2.0 */
/* Reading certificates and keys, without what is secret, from a session. */
#include "signer/base/mem.h"
#include "signer/pki/token.h"

#define BATCH 32

/* Strings of the module's are as hostile as a file: sizes are asked for, bounded, and asked again. */
static bool read_bytes(const struct sgn_module *m, CK_SESSION_HANDLE session,
                       CK_OBJECT_HANDLE object, CK_ULONG type, size_t max, struct sgn_arena *arena,
                       struct sgn_view *out)
{
	struct ck_attribute a = {type, NULL, 0};
	CK_ULONG size;

	*out = sgn_view_of(NULL, 0);
	if (m->f->C_GetAttributeValue(session, object, &a, 1) != CKR_OK ||
	    a.size == CK_UNAVAILABLE_INFORMATION || a.size == 0 || a.size > max)
		return false;
	size = a.size;
	a.value = sgn_arena_alloc(arena, size);
	if (!a.value || m->f->C_GetAttributeValue(session, object, &a, 1) != CKR_OK ||
	    a.size > size)
		return false;
	*out = sgn_view_of(a.value, a.size);
	return true;
}

static CK_ULONG read_number(const struct sgn_module *m, CK_SESSION_HANDLE session,
                            CK_OBJECT_HANDLE object, CK_ULONG type)
{
	CK_ULONG value = CK_UNAVAILABLE_INFORMATION;
	struct ck_attribute a = {type, &value, sizeof(value)};

	return m->f->C_GetAttributeValue(session, object, &a, 1) == CKR_OK
	               ? value
	               : CK_UNAVAILABLE_INFORMATION;
}

static bool read_flag(const struct sgn_module *m, CK_SESSION_HANDLE session,
                      CK_OBJECT_HANDLE object, CK_ULONG type)
{
	CK_BYTE value = 0;
	struct ck_attribute a = {type, &value, sizeof(value)};

	return m->f->C_GetAttributeValue(session, object, &a, 1) == CKR_OK && value;
}

/* False: nothing that can be used. */
static bool read_object(const struct sgn_module *m, CK_SESSION_HANDLE session, CK_ULONG class_,
                        CK_OBJECT_HANDLE handle, struct sgn_arena *arena,
                        struct sgn_token_object *out)
{
	struct sgn_view der;

	out->handle = handle;
	read_bytes(m, session, handle, CKA_ID, SGN_LIMIT_TOKEN_URI, arena, &out->id);
	read_bytes(m, session, handle, CKA_LABEL, SGN_LIMIT_TOKEN_URI, arena, &out->label);
	if (class_ == CKO_PRIVATE_KEY) {
		out->key_type = read_number(m, session, handle, CKA_KEY_TYPE);
		out->ask_always = read_flag(m, session, handle, CKA_ALWAYS_AUTHENTICATE);
		return true;
	}
	return read_bytes(m, session, handle, CKA_VALUE, SGN_LIMIT_CERT_FILE, arena, &der) &&
	       sgn_cert_parse(der, arena, &out->cert, NULL) == 0;
}

static int read_batches(const struct sgn_module *m, CK_SESSION_HANDLE session,
                        CK_OBJECT_HANDLE handles[SGN_LIMIT_TOKEN_OBJECTS], size_t *count,
                        struct sgn_error *err)
{
	CK_OBJECT_HANDLE batch[BATCH];
	CK_ULONG n = 0;
	CK_RV rv;
	int rc;

	*count = 0;
	while ((rv = m->f->C_FindObjects(session, batch, BATCH, &n)) == CKR_OK && n > 0) {
		for (size_t i = 0; i < n && i < BATCH; i++) {
			if (*count == SGN_LIMIT_TOKEN_OBJECTS) {
				rc = sgn_fail(err, SGN_E_LIMIT,
				              "more than %d objects of one kind fit the URI",
				              SGN_LIMIT_TOKEN_OBJECTS);
				return sgn_error_cure(err, rc, "name the key with id= or object=");
			}
			handles[(*count)++] = batch[i];
		}
	}
	return rv == CKR_OK ? 0 : sgn_ckr_fail(err, rv, "the objects of the token cannot be read");
}

static int search(const struct sgn_module *m, CK_SESSION_HANDLE session, CK_ULONG class_,
                  struct sgn_view id, struct sgn_view label, CK_OBJECT_HANDLE *handles,
                  size_t *count, struct sgn_error *err)
{
	CK_ULONG x509 = CKC_X_509;
	struct ck_template t[4] = {{CKA_CLASS, &class_, sizeof(class_)}};
	CK_ULONG used = 1;
	CK_RV rv;
	int rc;

	if (class_ == CKO_CERTIFICATE)
		t[used++] = (struct ck_template){CKA_CERTIFICATE_TYPE, &x509, sizeof(x509)};
	if (id.data)
		t[used++] = (struct ck_template){CKA_ID, id.data, id.size};
	if (label.data)
		t[used++] = (struct ck_template){CKA_LABEL, label.data, label.size};
	rv = m->f->C_FindObjectsInit(session, t, used);
	if (rv != CKR_OK)
		return sgn_ckr_fail(err, rv, "the objects of the token cannot be read");
	rc = read_batches(m, session, handles, count, err);
	m->f->C_FindObjectsFinal(session);
	return rc;
}

int sgn_token_objects_find(const struct sgn_module *m, CK_SESSION_HANDLE session, CK_ULONG class_,
                           struct sgn_view id, struct sgn_view label, struct sgn_arena *arena,
                           struct sgn_token_objects *out, struct sgn_error *err)
{
	CK_OBJECT_HANDLE handles[SGN_LIMIT_TOKEN_OBJECTS];
	size_t count = 0;
	int rc = search(m, session, class_, id, label, handles, &count, err);

	out->at = NULL;
	out->count = 0;
	if (rc || count == 0)
		return rc;
	out->at = sgn_arena_array(arena, count, sizeof(*out->at));
	if (!out->at)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < count; i++)
		if (read_object(m, session, class_, handles[i], arena, &out->at[out->count]))
			out->count++;
	return 0;
}
