/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/code.h"

#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/undo.h"
#include "signer/codec/plist.h"
#include "signer/ops/enclosing.h"

static int refuse(enum sgn_file_kind kind, struct sgn_error *err)
{
	static const struct {
		enum sgn_file_kind kind;
		const char *text;
		const char *cure;
	} rows[] = {
		{SGN_FILE_OTHER, "not a Mach-O file",
	         "signet signs Mach-O executables, libraries and bundles' binaries; other files "
	         "are "
	         "sealed as resources of the bundle they lie in"},
		{SGN_FILE_MACHO_OTHER, "a Mach-O of a kind that carries no signature",
	         "object files, dSYMs and core files are not signed; sign the linked product"},
		{SGN_FILE_ARCHIVE, "a static library, which carries no signature",
	         "sign the program or framework that it is linked into"},
		{SGN_FILE_SCRIPT, "a script, not a Mach-O file",
	         "put it into Contents/Resources, where its bundle seals it"},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		if (rows[i].kind != kind)
			continue;
		sgn_fail(err, SGN_E_UNSUPPORTED, "%s", rows[i].text);
		sgn_error_osstatus(err, SGN_E_UNSUPPORTED, errSecCSBadObjectFormat);
		return sgn_error_cure(err, SGN_E_UNSUPPORTED, "%s", rows[i].cure);
	}
	return 0;
}

static int open_file(const char *path, struct sgn_code *out, struct sgn_error *err)
{
	enum sgn_file_kind kind;
	int rc;

	if (sgn_path_is_dir(path)) {
		rc = sgn_fail(err, SGN_E_UNSUPPORTED,
		              "a directory: bundles are not supported by this version");
		return sgn_error_cure(err, rc, "name the Mach-O files inside it");
	}
	rc = sgn_source_open(path, &out->src, err);
	if (rc == 0)
		rc = sgn_path_real(path, &out->real_path, err);
	if (rc == 0)
		rc = sgn_undo_refuse_pending(out->real_path, err);
	if (rc == 0)
		rc = sgn_macho_sniff(&out->src, &kind, err);
	return rc ? rc : refuse(kind, err);
}

static int read_signatures(struct sgn_code *code, struct sgn_error *err)
{
	struct sgn_arena *arena = &code->macho.arena;

	code->slices = sgn_arena_array(arena, code->macho.count, sizeof(*code->slices));
	if (!code->slices)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < code->macho.count; i++) {
		struct sgn_code_slice *s = &code->slices[i];
		struct sgn_signature *sig;

		s->macho = &code->macho.slices[i];
		s->why = (struct sgn_error)SGN_ERROR_INIT;
		if (!s->macho->has_signature_cmd)
			continue;
		sig = sgn_arena_alloc(arena, sizeof(*sig));
		if (!sig)
			return sgn_fail_nomem(err);
		s->problem = sgn_signature_read(s->macho->signature, sig, &s->why);
		if (s->problem == 0)
			s->sig = sig;
	}
	return 0;
}

int sgn_code_open(const char *path, bool intel_host, struct sgn_code *out, struct sgn_error *err)
{
	int rc;

	*out = (struct sgn_code){.path = path, .src = {.fd = -1}};
	rc = open_file(path, out, err);
	if (rc == 0)
		rc = sgn_macho_read(&out->src, &out->macho, err);
	if (rc == 0)
		rc = read_signatures(out, err);
	if (rc == 0)
		rc = sgn_enclosing_bundle(out->real_path, &out->bundle, err);
	if (rc == 0)
		out->native =
			(size_t)(sgn_macho_native(&out->macho, intel_host) - out->macho.slices);
	else
		sgn_code_close(out);
	return sgn_error_at_path(err, rc, path);
}

void sgn_code_close(struct sgn_code *code)
{
	for (size_t i = 0; code->slices && i < code->macho.count; i++)
		sgn_error_dispose(&code->slices[i].why);
	sgn_macho_dispose(&code->macho);
	sgn_source_close(&code->src);
	sgn_free(code->real_path);
	sgn_free(code->bundle);
	*code = (struct sgn_code){.src = {.fd = -1}};
}

const struct sgn_value *sgn_code_dictionary(struct sgn_view info_plist, struct sgn_arena *arena)
{
	struct sgn_value *v = sgn_arena_alloc(arena, sizeof(*v));

	if (!v || sgn_plist_read(info_plist, arena, v, NULL, NULL) != 0)
		return NULL;
	return v->kind == SGN_VALUE_DICT ? v : NULL;
}

bool sgn_code_slice_is_signed(const struct sgn_code_slice *s)
{
	if (s->sig)
		return !sgn_signature_is_linker_made(s->sig);
	return s->problem != 0;
}

int sgn_code_order(const struct sgn_code *code, size_t *order, struct sgn_error *err)
{
	const struct sgn_slice **sorted =
		sgn_calloc(code->macho.count, sizeof(const struct sgn_slice *));
	size_t n = 0;

	if (!sorted)
		return sgn_fail_nomem(err);
	sgn_macho_sorted(&code->macho, sorted);
	order[n++] = code->native;
	for (size_t i = 0; i < code->macho.count; i++) {
		size_t at = (size_t)(sorted[i] - code->macho.slices);

		if (at != code->native)
			order[n++] = at;
	}
	sgn_free(sorted);
	return 0;
}
