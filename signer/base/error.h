/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making and enriching errors. A failure is born with sgn_fail() where it is noticed; on its way up
 * each caller may put its own context in front with sgn_wrap() and fill in the pieces it knows (path,
 * architecture). All functions accept err == NULL and return the status, so that
 * "return sgn_fail(...)" is one statement.
 */
#ifndef SIGNER_BASE_ERROR_H
#define SIGNER_BASE_ERROR_H

#include "signer/base/compiler.h"
#include "signer/base/osstatus.h"
#include <signet/error.h>

#define SGN_STR2(x) #x
#define SGN_STR(x)  SGN_STR2(x)
#define SGN_HERE    __FILE__ ":" SGN_STR(__LINE__)

/* Records a new failure, replacing whatever the error held; returns code. */
#define sgn_fail(err, code, ...) sgn_fail_at((err), (code), SGN_HERE, __VA_ARGS__)
int sgn_fail_at(struct sgn_error *err, enum sgn_status code, const char *where, const char *fmt,
                ...) SGN_PRINTF(4, 5);

/* As sgn_fail() with SGN_E_IO (SGN_E_NOTFOUND for ENOENT); sys is an errno; its text is appended. */
#define sgn_fail_sys(err, sys, ...) sgn_fail_sys_at((err), (sys), SGN_HERE, __VA_ARGS__)
int sgn_fail_sys_at(struct sgn_error *err, int sys, const char *where, const char *fmt, ...)
	SGN_PRINTF(4, 5);

#define sgn_fail_nomem(err) sgn_fail((err), SGN_E_NOMEM, "out of memory")

/* Puts "<context>: " in front of the text; returns rc unchanged, and does nothing when rc is 0. */
int sgn_wrap(struct sgn_error *err, int rc, const char *fmt, ...) SGN_PRINTF(3, 4);

/* Sets a piece unless it is set already (the innermost place wins). rc is returned unchanged. */
int sgn_error_at_path(struct sgn_error *err, int rc, const char *path);
int sgn_error_at_arch(struct sgn_error *err, int rc, const char *arch);
int sgn_error_at_offset(struct sgn_error *err, int rc, uint64_t offset);
int sgn_error_osstatus(struct sgn_error *err, int rc, int32_t osstatus);
int sgn_error_cure(struct sgn_error *err, int rc, const char *fmt, ...) SGN_PRINTF(3, 4);

/* Moves from into to (to's old content is disposed); from is empty afterwards. */
void sgn_error_move(struct sgn_error *to, struct sgn_error *from);

#endif
