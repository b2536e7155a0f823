/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of Cryptoki as looking for a key needs, by OASIS PKCS#11 2.40 (base specification, sections 3
 * to 5), with its names and numbers. Elsewhere than on Windows its structs have C's own layout.
 */
#ifndef SIGNER_PKI_CRYPTOKI_H
#define SIGNER_PKI_CRYPTOKI_H

typedef unsigned char CK_BYTE;
typedef unsigned long CK_ULONG;
typedef CK_ULONG CK_RV;
typedef CK_ULONG CK_FLAGS;
typedef CK_ULONG CK_SLOT_ID;
typedef CK_ULONG CK_SESSION_HANDLE;
typedef CK_ULONG CK_OBJECT_HANDLE;

#define CK_UNAVAILABLE_INFORMATION (~0UL)

struct ck_version {
	CK_BYTE major, minor;
};

/* Texts are padded with spaces, and have no NUL. */
struct ck_info {
	struct ck_version cryptoki_version;
	CK_BYTE manufacturer_id[32];
	CK_FLAGS flags;
	CK_BYTE library_description[32];
	struct ck_version library_version;
};

struct ck_slot_info {
	CK_BYTE slot_description[64];
	CK_BYTE manufacturer_id[32];
	CK_FLAGS flags;
	struct ck_version hardware_version, firmware_version;
};

struct ck_token_info {
	CK_BYTE label[32];
	CK_BYTE manufacturer_id[32];
	CK_BYTE model[16];
	CK_BYTE serial_number[16];
	CK_FLAGS flags;
	CK_ULONG max_session_count, session_count, max_rw_session_count, rw_session_count;
	CK_ULONG max_pin_len, min_pin_len;
	CK_ULONG total_public_memory, free_public_memory;
	CK_ULONG total_private_memory, free_private_memory;
	struct ck_version hardware_version, firmware_version;
	CK_BYTE utc_time[16];
};

struct ck_session_info {
	CK_SLOT_ID slot;
	CK_ULONG state;
	CK_FLAGS flags;
	CK_ULONG device_error;
};

struct ck_attribute {
	CK_ULONG type;
	void *value;
	CK_ULONG size;
};

/* The same struct to Cryptoki, for attributes that are only read. */
struct ck_template {
	CK_ULONG type;
	const void *value;
	CK_ULONG size;
};

struct ck_c_initialize_args {
	void (*create_mutex)(void), (*destroy_mutex)(void), (*lock_mutex)(void),
		(*unlock_mutex)(void);
	CK_FLAGS flags;
	void *reserved;
};

/* Flags of struct ck_token_info. */
#define CKF_LOGIN_REQUIRED                0x00000004UL
#define CKF_USER_PIN_INITIALIZED          0x00000008UL
#define CKF_PROTECTED_AUTHENTICATION_PATH 0x00000100UL
#define CKF_TOKEN_INITIALIZED             0x00000400UL
#define CKF_USER_PIN_COUNT_LOW            0x00010000UL
#define CKF_USER_PIN_FINAL_TRY            0x00020000UL
#define CKF_USER_PIN_LOCKED               0x00040000UL

#define CKF_OS_LOCKING_OK  0x00000002UL
#define CKF_SERIAL_SESSION 0x00000004UL

#define CKU_USER 1UL

#define CKO_CERTIFICATE 1UL
#define CKO_PRIVATE_KEY 3UL

#define CKC_X_509 0UL

#define CKA_CLASS               0x000UL
#define CKA_TOKEN               0x001UL
#define CKA_LABEL               0x003UL
#define CKA_VALUE               0x011UL
#define CKA_CERTIFICATE_TYPE    0x080UL
#define CKA_KEY_TYPE            0x100UL
#define CKA_ID                  0x102UL
#define CKA_ALWAYS_AUTHENTICATE 0x202UL

#define CKK_RSA 0UL
#define CKK_EC  3UL

#define CKR_OK                           0x000UL
#define CKR_CANT_LOCK                    0x00aUL
#define CKR_DEVICE_ERROR                 0x030UL
#define CKR_DEVICE_REMOVED               0x032UL
#define CKR_FUNCTION_CANCELED            0x050UL
#define CKR_PIN_INCORRECT                0x0a0UL
#define CKR_PIN_INVALID                  0x0a1UL
#define CKR_PIN_LEN_RANGE                0x0a2UL
#define CKR_PIN_EXPIRED                  0x0a3UL
#define CKR_PIN_LOCKED                   0x0a4UL
#define CKR_SESSION_CLOSED               0x0b0UL
#define CKR_SESSION_HANDLE_INVALID       0x0b3UL
#define CKR_TOKEN_NOT_PRESENT            0x0e0UL
#define CKR_TOKEN_NOT_RECOGNIZED         0x0e1UL
#define CKR_USER_ALREADY_LOGGED_IN       0x100UL
#define CKR_USER_NOT_LOGGED_IN           0x101UL
#define CKR_USER_PIN_NOT_INITIALIZED     0x102UL
#define CKR_CRYPTOKI_ALREADY_INITIALIZED 0x191UL

/* The beginning of CK_FUNCTION_LIST; what is not called here stands as a gap. */
struct ck_functions {
	struct ck_version version;
	CK_RV (*C_Initialize)(void *args);
	CK_RV (*C_Finalize)(void *reserved);
	CK_RV (*C_GetInfo)(struct ck_info *info);
	void (*C_GetFunctionList)(void);
	CK_RV (*C_GetSlotList)(CK_BYTE token_present, CK_SLOT_ID *slots, CK_ULONG *count);
	CK_RV (*C_GetSlotInfo)(CK_SLOT_ID slot, struct ck_slot_info *info);
	CK_RV (*C_GetTokenInfo)(CK_SLOT_ID slot, struct ck_token_info *info);
	void (*C_GetMechanismList)(void), (*C_GetMechanismInfo)(void), (*C_InitToken)(void),
		(*C_InitPIN)(void), (*C_SetPIN)(void);
	CK_RV(*C_OpenSession)
	(CK_SLOT_ID slot, CK_FLAGS flags, void *application, void *notify,
	 CK_SESSION_HANDLE *session);
	CK_RV (*C_CloseSession)(CK_SESSION_HANDLE session);
	void (*C_CloseAllSessions)(void);
	CK_RV (*C_GetSessionInfo)(CK_SESSION_HANDLE session, struct ck_session_info *info);
	void (*C_GetOperationState)(void), (*C_SetOperationState)(void);
	CK_RV(*C_Login)
	(CK_SESSION_HANDLE session, CK_ULONG user, const CK_BYTE *pin, CK_ULONG size);
	void (*C_Logout)(void), (*C_CreateObject)(void), (*C_CopyObject)(void),
		(*C_DestroyObject)(void), (*C_GetObjectSize)(void);
	CK_RV(*C_GetAttributeValue)
	(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, struct ck_attribute *attributes,
	 CK_ULONG count);
	void (*C_SetAttributeValue)(void);
	CK_RV(*C_FindObjectsInit)
	(CK_SESSION_HANDLE session, const struct ck_template *wanted, CK_ULONG count);
	CK_RV(*C_FindObjects)
	(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max, CK_ULONG *count);
	CK_RV (*C_FindObjectsFinal)(CK_SESSION_HANDLE session);
};

#endif
