/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/mem.h"

void sgn_error_dispose(struct sgn_error *err)
{
	if (!err)
		return;
	sgn_free(err->path);
	sgn_free(err->subcomponent);
	*err = (struct sgn_error)SGN_ERROR_INIT;
}

/* The text is made before the old error goes: it may quote it. */
static void record(struct sgn_error *err, enum sgn_status code, int sys, const char *where,
                   const char *fmt, va_list ap)
{
	char text[sizeof(err->text)];

	vsnprintf(text, sizeof(text), fmt, ap);
	sgn_error_dispose(err);
	err->code = code;
	err->sys = sys;
	err->where = where;
	snprintf(err->text, sizeof(err->text), "%s", text);
}

int sgn_fail_at(struct sgn_error *err, enum sgn_status code, const char *where, const char *fmt,
                ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	record(err, code, 0, where, fmt, ap);
	va_end(ap);
	return code;
}

int sgn_fail_sys_at(struct sgn_error *err, int sys, const char *where, const char *fmt, ...)
{
	enum sgn_status code = sys == ENOENT ? SGN_E_NOTFOUND : SGN_E_IO;
	size_t used;
	va_list ap;

	if (sys == ENOMEM)
		code = SGN_E_NOMEM;
	if (!err)
		return code;
	va_start(ap, fmt);
	record(err, code, sys, where, fmt, ap);
	va_end(ap);
	used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(sys));
	return code;
}

int sgn_wrap(struct sgn_error *err, int rc, const char *fmt, ...)
{
	char context[sizeof(err->text)];
	char whole[sizeof(err->text)];
	va_list ap;

	if (rc == 0 || !err)
		return rc;
	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	/* Cut on purpose: the outermost context is the one that a reader needs first. */
	if (snprintf(whole, sizeof(whole), "%s: %s", context, err->text) < 0)
		return rc;
	memcpy(err->text, whole, sizeof(whole));
	return rc;
}

int sgn_error_at_path(struct sgn_error *err, int rc, const char *path)
{
	if (rc != 0 && err && !err->path && path)
		err->path = sgn_strdup(path);
	return rc;
}

int sgn_error_at_arch(struct sgn_error *err, int rc, const char *arch)
{
	if (rc != 0 && err && err->arch[0] == '\0' && arch)
		snprintf(err->arch, sizeof(err->arch), "%s", arch);
	return rc;
}

int sgn_error_at_offset(struct sgn_error *err, int rc, uint64_t offset)
{
	if (rc != 0 && err && err->offset == SGN_NO_OFFSET)
		err->offset = offset;
	return rc;
}

int sgn_error_osstatus(struct sgn_error *err, int rc, int32_t osstatus)
{
	if (rc != 0 && err && err->osstatus == 0)
		err->osstatus = osstatus;
	return rc;
}

int sgn_error_cure(struct sgn_error *err, int rc, const char *fmt, ...)
{
	va_list ap;

	if (rc == 0 || !err || err->cure[0] != '\0')
		return rc;
	va_start(ap, fmt);
	vsnprintf(err->cure, sizeof(err->cure), fmt, ap);
	va_end(ap);
	return rc;
}

void sgn_error_move(struct sgn_error *to, struct sgn_error *from)
{
	if (to) {
		sgn_error_dispose(to);
		*to = *from;
		from->path = NULL;
		from->subcomponent = NULL;
	}
	sgn_error_dispose(from);
}

const char *sgn_status_name(enum sgn_status status)
{
	static const struct {
		enum sgn_status status;
		const char *name;
	} names[] = {
		{SGN_OK, "SGN_OK"},
		{SGN_E_NOMEM, "SGN_E_NOMEM"},
		{SGN_E_IO, "SGN_E_IO"},
		{SGN_E_USAGE, "SGN_E_USAGE"},
		{SGN_E_FORMAT, "SGN_E_FORMAT"},
		{SGN_E_UNSUPPORTED, "SGN_E_UNSUPPORTED"},
		{SGN_E_LIMIT, "SGN_E_LIMIT"},
		{SGN_E_NOTFOUND, "SGN_E_NOTFOUND"},
		{SGN_E_CRYPTO, "SGN_E_CRYPTO"},
		{SGN_E_UNTRUSTED, "SGN_E_UNTRUSTED"},
		{SGN_E_MISMATCH, "SGN_E_MISMATCH"},
		{SGN_E_NETWORK, "SGN_E_NETWORK"},
		{SGN_E_EXISTS, "SGN_E_EXISTS"},
		{SGN_E_INTERNAL, "SGN_E_INTERNAL"},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(names); i++)
		if (names[i].status == status)
			return names[i].name;
	return "SGN_E_UNKNOWN";
}

struct osstatus_row {
	int32_t number;
	const char *symbol;
	const char *text;
};

static const struct osstatus_row *find_osstatus(int32_t number)
{
#define OSSTATUS(num, sym, txt) {(num), #sym, (txt)},
	static const struct osstatus_row rows[] = {
#include "signer/base/osstatus.def"
	};
#undef OSSTATUS

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++)
		if (rows[i].number == number)
			return &rows[i];
	return NULL;
}

const char *sgn_osstatus_name(int32_t osstatus)
{
	const struct osstatus_row *row = find_osstatus(osstatus);

	return row ? row->symbol : NULL;
}

const char *sgn_osstatus_text(int32_t osstatus)
{
	const struct osstatus_row *row = find_osstatus(osstatus);

	return row ? row->text : NULL;
}
