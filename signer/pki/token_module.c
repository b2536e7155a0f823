/* SPDX-License-Identifier: Apache-2.0 */
/* Loading a PKCS#11 module, and its numbers in words. */
#include <stdio.h>
#include <string.h>

#include "signer/base/mem.h"
#include "signer/pki/token.h"

#define PROXY "p11-kit-proxy.so"

typedef CK_RV (*get_function_list)(const struct ck_functions **list);

static int no_module(struct sgn_error *err)
{
	int rc = sgn_fail(err, SGN_E_NOTFOUND,
	                  "no PKCS#11 module is named, and p11-kit is not installed");

	return sgn_error_cure(err, rc,
	                      "name the module that came with the token: --pkcs11-module FILE, "
	                      "SIGNET_PKCS11_MODULE, or module-path= in the URI; or install "
	                      "p11-kit (Debian: p11-kit-modules), which knows those of the system");
}

static int load(const char *path, struct sgn_module *m, struct sgn_error *err)
{
	get_function_list get = NULL;
	int rc;

	m->path = sgn_strdup(path ? path : PROXY);
	if (!m->path)
		return sgn_fail_nomem(err);
	rc = sgn_plugin_open(m->path, &m->plugin, err);
	if (rc == SGN_E_NOTFOUND && !path)
		return no_module(err);
	if (rc == SGN_E_NOTFOUND)
		return sgn_error_cure(err, sgn_wrap(err, rc, "the PKCS#11 module"),
		                      "name the file of the module, as its maker's "
		                      "documentation says, with its whole path");
	if (rc)
		return rc;
	if (sgn_plugin_function(m->plugin, "C_GetFunctionList", &get) && get(&m->f) == CKR_OK &&
	    m->f)
		return 0;
	m->f = NULL;
	rc = sgn_fail(err, SGN_E_FORMAT, "%s is a library, but no PKCS#11 module", m->path);
	return sgn_error_cure(err, rc,
	                      "name the file of the module, as its maker's documentation "
	                      "says");
}

/* The module is told that we have threads; one that cannot lock is used by one at a time. */
static int start(struct sgn_module *m, struct sgn_error *err)
{
	struct ck_c_initialize_args args = {.flags = CKF_OS_LOCKING_OK};
	CK_RV rv = m->f->C_Initialize(&args);

	if (rv == CKR_CANT_LOCK) {
		m->one_thread = true;
		rv = m->f->C_Initialize(NULL);
	}
	m->started = rv == CKR_OK;
	if (rv == CKR_OK || rv == CKR_CRYPTOKI_ALREADY_INITIALIZED)
		rv = m->f->C_GetInfo(&m->info);
	if (rv == CKR_OK)
		return 0;
	sgn_ckr_fail(err, rv, "the PKCS#11 module does not start");
	return sgn_error_cure(
		err, SGN_E_CRYPTO,
		"see that it is set up: its configuration file, its daemon (pcscd for "
		"smart cards), the rights to its files");
}

int sgn_module_open(const char *path, struct sgn_module *out, struct sgn_error *err)
{
	int rc;

	memset(out, 0, sizeof(*out));
	rc = load(path, out, err);
	if (rc == 0)
		rc = sgn_error_at_path(err, start(out, err), out->path);
	if (rc)
		sgn_module_close(out);
	return rc;
}

void sgn_module_close(struct sgn_module *m)
{
	if (m->started)
		m->f->C_Finalize(NULL);
	sgn_plugin_close(m->plugin);
	sgn_free(m->path);
	memset(m, 0, sizeof(*m));
}

const char *sgn_ckr_text(CK_RV rv, char out[32])
{
	static const struct {
		CK_RV rv;
		const char *name;
	} names[] = {
		{CKR_DEVICE_ERROR, "CKR_DEVICE_ERROR"},
		{CKR_DEVICE_REMOVED, "CKR_DEVICE_REMOVED"},
		{CKR_FUNCTION_CANCELED, "CKR_FUNCTION_CANCELED"},
		{CKR_PIN_INCORRECT, "CKR_PIN_INCORRECT"},
		{CKR_PIN_INVALID, "CKR_PIN_INVALID"},
		{CKR_PIN_LEN_RANGE, "CKR_PIN_LEN_RANGE"},
		{CKR_PIN_EXPIRED, "CKR_PIN_EXPIRED"},
		{CKR_PIN_LOCKED, "CKR_PIN_LOCKED"},
		{CKR_SESSION_CLOSED, "CKR_SESSION_CLOSED"},
		{CKR_SESSION_HANDLE_INVALID, "CKR_SESSION_HANDLE_INVALID"},
		{CKR_TOKEN_NOT_PRESENT, "CKR_TOKEN_NOT_PRESENT"},
		{CKR_TOKEN_NOT_RECOGNIZED, "CKR_TOKEN_NOT_RECOGNIZED"},
		{CKR_USER_NOT_LOGGED_IN, "CKR_USER_NOT_LOGGED_IN"},
		{CKR_USER_PIN_NOT_INITIALIZED, "CKR_USER_PIN_NOT_INITIALIZED"},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(names); i++)
		if (names[i].rv == rv)
			return names[i].name;
	snprintf(out, 32, "CKR 0x%lX", rv);
	return out;
}

bool sgn_ckr_is_gone(CK_RV rv)
{
	return rv == CKR_DEVICE_REMOVED || rv == CKR_TOKEN_NOT_PRESENT ||
	       rv == CKR_SESSION_CLOSED || rv == CKR_SESSION_HANDLE_INVALID;
}

int sgn_ckr_fail(struct sgn_error *err, CK_RV rv, const char *what)
{
	char number[32];
	int rc;

	rc = sgn_fail(err, sgn_ckr_is_gone(rv) ? SGN_E_NOTFOUND : SGN_E_CRYPTO, "%s (%s)", what,
	              sgn_ckr_text(rv, number));
	return sgn_ckr_is_gone(rv)
	               ? sgn_error_cure(err, rc, "the token was removed: plug it in, and run again")
	               : rc;
}

struct sgn_view sgn_ck_text(const CK_BYTE *text, size_t size)
{
	while (size && (text[size - 1] == ' ' || text[size - 1] == '\0'))
		size--;
	return sgn_view_of(text, size);
}
