/* SPDX-License-Identifier: Apache-2.0 */
/* A code object as it lies on disk: the file, its Mach-O model, the signature of each slice. Every
 * operation starts here. */
#ifndef SIGNER_OPS_CODE_H
#define SIGNER_OPS_CODE_H

#include "signer/base/file.h"
#include "signer/base/value.h"
#include "signer/macho/macho.h"
#include "signer/sigblob/signature.h"

/* What was found at LC_CODE_SIGNATURE of one slice. */
struct sgn_code_slice {
	const struct sgn_slice *macho;
	const struct sgn_signature *sig; /* NULL: unsigned, or damaged (then problem says why) */
	int problem;          /* 0, or the status with which reading the signature failed */
	struct sgn_error why; /* filled when problem is not 0 */
};

struct sgn_code {
	const char *path; /* as the caller gave it */
	char *real_path;  /* absolute, symlinks resolved; owned */
	char *bundle;     /* root of the bundle whose main executable this is, or NULL; owned */
	struct sgn_source src;
	struct sgn_macho macho; /* its arena owns the parsed signatures too */
	struct sgn_code_slice *slices;
	bool is_generic; /* no Mach-O: one pseudo slice, signature in separate files (generic.h) */
	size_t native;   /* index of the slice that stands for the file */
};

/* Opens and parses. A damaged signature is recorded in its slice, not an error: it can still be
 * replaced, removed and described. SGN_E_UNSUPPORTED says what the file is instead of code. */
int sgn_code_open(const char *path, bool intel_host, struct sgn_code *out, struct sgn_error *err);
void sgn_code_close(struct sgn_code *code);

/* Info.plist bytes as a dictionary in arena, or NULL when they are none: a damaged one is nobody's
 * error here, its bytes are hashed as they are. */
const struct sgn_value *sgn_code_dictionary(struct sgn_view info_plist, struct sgn_arena *arena);

/* True when the slice has a signature that is not a linker's: it is replaced only by force, and its
 * metadata can be preserved. */
bool sgn_code_slice_is_signed(const struct sgn_code_slice *s);

/* Indexes of the slices as requirements and -d name them: the native slice first, the others by
 * cputype and cpusubtype. order has room for code->macho.count. */
int sgn_code_order(const struct sgn_code *code, size_t *order, struct sgn_error *err);

#endif
