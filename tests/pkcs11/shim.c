/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PKCS#11 module in front of another one: counts the calls that matter, and makes them fail as a real
 * token would and SoftHSM never does.
 *
 *   P11_SHIM_MODULE   the module behind it
 *   P11_SHIM_LOG      file that gets a line per call: its name and its result
 *   P11_SHIM_FAULT    NAME=NUMBER with commas: C_Login, C_Sign, C_OpenSession fail with that result,
 *                     C_GetSessionInfo after C_Sign has failed; C_Initialize=0xa fails only where threads are mentioned; flags=NUMBER are
 *                     added to those of each token
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/pki/cryptoki.h"

#define FUNCTIONS 68 /* of PKCS#11 2.40, in its order */

enum {
	INITIALIZE = 0,
	FINALIZE = 1,
	GET_TOKEN_INFO = 6,
	OPEN_SESSION = 12,
	GET_SESSION_INFO = 15,
	LOGIN = 18,
	SIGN = 43
};

struct list {
	struct ck_version version;
	void (*at[FUNCTIONS])(void);
};

static struct list list;
static const struct list *real;
static atomic_int signing, most_signing;
static atomic_bool gone;

static void say(const char *name, CK_RV rv)
{
	const char *file = getenv("P11_SHIM_LOG");
	FILE *log = file ? fopen(file, "a") : NULL;

	if (!log)
		return;
	fprintf(log, "%s 0x%lx\n", name, rv);
	fclose(log);
}

static CK_RV fault(const char *name)
{
	const char *text = getenv("P11_SHIM_FAULT");
	const char *at = text ? strstr(text, name) : NULL;

	return at && at[strlen(name)] == '=' ? strtoul(at + strlen(name) + 1, NULL, 0) : CKR_OK;
}

/* The real function in the form it has. */
#define REAL(index, type, ...) (((type)real->at[index])(__VA_ARGS__))

typedef CK_RV (*initialize)(void *);
static CK_RV shim_initialize(void *args)
{
	CK_RV rv = args ? fault("C_Initialize") : CKR_OK;
	static atomic_bool done;

	if (rv == CKR_OK || done)
		rv = REAL(INITIALIZE, initialize, args);
	if (rv == CKR_OK)
		done = true;
	say("C_Initialize", rv);
	return rv;
}

static CK_RV shim_finalize(void *reserved)
{
	CK_RV rv = REAL(FINALIZE, initialize, reserved);

	say("most_at_once", (CK_RV)most_signing);
	return rv;
}

typedef CK_RV (*get_token_info)(CK_SLOT_ID, struct ck_token_info *);
static CK_RV shim_get_token_info(CK_SLOT_ID slot, struct ck_token_info *info)
{
	CK_RV rv = REAL(GET_TOKEN_INFO, get_token_info, slot, info);

	if (rv == CKR_OK)
		info->flags |= fault("flags");
	return rv;
}

typedef CK_RV (*open_session)(CK_SLOT_ID, CK_FLAGS, void *, void *, CK_SESSION_HANDLE *);
static CK_RV shim_open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, void *notify,
                               CK_SESSION_HANDLE *session)
{
	CK_RV rv = fault("C_OpenSession");

	if (rv == CKR_OK)
		rv = REAL(OPEN_SESSION, open_session, slot, flags, application, notify, session);
	say("C_OpenSession", rv);
	return rv;
}

typedef CK_RV (*get_session_info)(CK_SESSION_HANDLE, struct ck_session_info *);
static CK_RV shim_get_session_info(CK_SESSION_HANDLE session, struct ck_session_info *info)
{
	CK_RV rv = gone ? fault("C_GetSessionInfo") : CKR_OK;

	return rv == CKR_OK ? REAL(GET_SESSION_INFO, get_session_info, session, info) : rv;
}

typedef CK_RV (*login)(CK_SESSION_HANDLE, CK_ULONG, const CK_BYTE *, CK_ULONG);
static CK_RV shim_login(CK_SESSION_HANDLE session, CK_ULONG user, const CK_BYTE *pin, CK_ULONG size)
{
	CK_RV rv = fault("C_Login");

	if (rv == CKR_OK)
		rv = REAL(LOGIN, login, session, user, pin, size);
	say(user == CKU_USER ? "C_Login" : "C_Login_again", rv);
	return rv;
}

typedef CK_RV (*sign)(CK_SESSION_HANDLE, CK_BYTE *, CK_ULONG, CK_BYTE *, CK_ULONG *);
static CK_RV shim_sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG size, CK_BYTE *signature,
                       CK_ULONG *signature_size)
{
	int now = ++signing, most = most_signing;
	CK_RV rv = fault("C_Sign");

	while (now > most && !atomic_compare_exchange_weak(&most_signing, &most, now))
		continue;
	if (rv == CKR_OK)
		rv = REAL(SIGN, sign, session, data, size, signature, signature_size);
	say("C_Sign", rv);
	gone = rv != CKR_OK;
	signing--;
	return rv;
}

#define PUT(index, function) (list.at[index] = (void (*)(void))(function))

typedef CK_RV (*get_function_list)(const struct list **);
CK_RV C_GetFunctionList(const struct list **out);
CK_RV C_GetFunctionList(const struct list **out)
{
	const char *file = getenv("P11_SHIM_MODULE");
	void *handle = file ? dlopen(file, RTLD_NOW | RTLD_LOCAL) : NULL;
	void *address = handle ? dlsym(handle, "C_GetFunctionList") : NULL;
	get_function_list get;

	if (!address)
		return CKR_DEVICE_ERROR;
	memcpy(&get, &address, sizeof(get));
	if (get(&real) != CKR_OK)
		return CKR_DEVICE_ERROR;
	list = *real;
	PUT(INITIALIZE, shim_initialize);
	PUT(FINALIZE, shim_finalize);
	PUT(GET_TOKEN_INFO, shim_get_token_info);
	PUT(OPEN_SESSION, shim_open_session);
	PUT(GET_SESSION_INFO, shim_get_session_info);
	PUT(LOGIN, shim_login);
	PUT(SIGN, shim_sign);
	*out = &list;
	return CKR_OK;
}
