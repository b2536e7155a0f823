/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How libsignet says that something went wrong.
 *
 * Every fallible function returns an int: 0, or one of the negative statuses below. The statuses say
 * what a caller does next; the text for people, and the place, are in struct sgn_error, which is the
 * last parameter and may be NULL. It is filled only when the result is negative.
 *
 * A failed check is not an error: verification returns 0 and a report (see verify.h). An error means
 * "could not find out".
 */
#ifndef SIGNET_ERROR_H
#define SIGNET_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum sgn_status - what a caller does next; docs/errors.md has a paragraph on each */
enum sgn_status {
	SGN_OK = 0,
	SGN_E_NOMEM = -1,  /* out of memory */
	SGN_E_IO = -2,     /* the system refused to read or write; sgn_error.sys is the errno */
	SGN_E_USAGE = -3,  /* the caller asked for something contradictory or misspelt */
	SGN_E_FORMAT = -4, /* an input is damaged or is not what it claims to be */
	SGN_E_UNSUPPORTED = -5, /* well formed, but this version does not do it */
	SGN_E_LIMIT = -6,     /* larger than a documented limit, or than the room reserved for it */
	SGN_E_NOTFOUND = -7,  /* no such file, signature, identity, slice */
	SGN_E_CRYPTO = -8,    /* a cryptographic operation failed: wrong password, unusable key */
	SGN_E_UNTRUSTED = -9, /* a certificate or key may not be used: expired, loose mode */
	SGN_E_MISMATCH = -10, /* two things that must belong together do not */
	SGN_E_NETWORK = -11,  /* a server could not be reached or answered nonsense */
	SGN_E_EXISTS = -12,   /* already signed (or already there), and force was not given */
	SGN_E_INTERNAL = -13  /* a bug in signet; please report it */
};

/** SGN_NO_OFFSET - the value of sgn_error.offset when no byte offset applies */
#define SGN_NO_OFFSET UINT64_MAX

/**
 * struct sgn_error - one failure, in pieces
 * @code:         the status that was returned
 * @sys:          errno at the time (of the system that runs, not Apple's), or 0
 * @osstatus:     Apple's number for it (errSecCS..., see docs/errors.md), or 0
 * @offset:       byte offset in the file, or SGN_NO_OFFSET
 * @arch:         architecture of the slice ("arm64"), or ""
 * @where:        source place, "file.c:line", for bug reports; static storage
 * @path:         the file, or NULL; owned by the error
 * @subcomponent: the nested item, or NULL; owned by the error
 * @text:         the cause, outermost context first, without path and architecture; UTF-8, cut where it
 *                is too long
 * @cure:         what to do about it, or ""
 *
 * Start from SGN_ERROR_INIT; call sgn_error_dispose() when done. The same error may be passed to one call
 * after another: a new failure replaces the old one, a success leaves it alone, so read it only after a
 * negative result. One error belongs to one thread.
 */
struct sgn_error {
	enum sgn_status code;
	int sys;
	int32_t osstatus;
	uint64_t offset;
	char arch[16];
	const char *where;
	char *path;
	char *subcomponent;
	char text[480];
	char cure[320];
};

/** SGN_ERROR_INIT - the empty error */
#define SGN_ERROR_INIT                                           \
	{                                                        \
		SGN_OK, 0, 0, SGN_NO_OFFSET, "", 0, 0, 0, "", "" \
	}

/**
 * sgn_error_dispose() - frees what the error owns and makes it empty again
 * @err: the error; may be NULL
 *
 * Thread-safe on different errors.
 */
void sgn_error_dispose(struct sgn_error *err);

/**
 * sgn_status_name() - the name of a status, "SGN_E_FORMAT"
 * @status: any value
 *
 * Thread-safe.
 *
 * Return: static storage, never NULL; "SGN_E_UNKNOWN" for a value that is none of the enum's.
 */
const char *sgn_status_name(enum sgn_status status);

/**
 * sgn_osstatus_name() - Apple's symbol for a code-signing OSStatus
 * @osstatus: for instance -67061
 *
 * Known from: the public header CSCommon.h and docs/errors.md. Thread-safe.
 *
 * Return: static storage ("errSecCSSignatureFailed"), or NULL when the number has no known symbol.
 */
const char *sgn_osstatus_name(int32_t osstatus);

/**
 * sgn_osstatus_text() - the sentence that Apple's tools print for an OSStatus
 * @osstatus: for instance -67061
 *
 * Known from: public output of the tools; docs/errors.md has them all. Thread-safe.
 *
 * Return: static storage, or NULL when the tools print only the number.
 */
const char *sgn_osstatus_text(int32_t osstatus);

#ifdef __cplusplus
}
#endif

#endif
