/* SPDX-License-Identifier: Apache-2.0 */
/* The code identifier when nobody names one. (docs/format/codedirectory.md, "identifier") */
#ifndef SIGNER_OPS_IDENTIFIER_H
#define SIGNER_OPS_IDENTIFIER_H

#include "signer/base/buf.h"
#include "signer/base/error.h"
#include "signer/macho/macho.h"

/* Appends the canonical form of a file name: last extension and all but the first number of a
 * trailing version dropped. "libfrotz7.3.5.dylib" -> "libfrotz7". */
void sgn_identifier_canonical(const char *path, struct sgn_buf *out);

struct sgn_identifier_input {
	const char *path;      /* of the file, or of the bundle */
	struct sgn_view named; /* CFBundleIdentifier (a bundle: or CFBundleName), or empty */
	const struct sgn_slice *native; /* the slice that stands for it */
	const char *prefix;             /* --prefix, or NULL */
	bool adhoc;
};

/* Appends the identifier that codesign would derive for a Mach-O file. */
int sgn_identifier_derive(const struct sgn_identifier_input *in, struct sgn_buf *out,
                          struct sgn_error *err);

#endif
