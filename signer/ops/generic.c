/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/generic.h"

#include <string.h>

#include "signer/base/mem.h"
#include "signer/macho/macho.h"
#include "signer/sigblob/superblob.h"

static const struct {
	uint32_t slot;
	const char *name;
} files[] = {
	{CSSLOT_CODEDIRECTORY, "CodeDirectory"},
	{CSSLOT_REQUIREMENTS, "CodeRequirements"},
	{CSSLOT_APPLICATION, "CodeTopDirectory"},
	{CSSLOT_ENTITLEMENTS, "CodeEntitlements"},
	{CSSLOT_REP_SPECIFIC, "CodeRepSpecific"},
	{CSSLOT_DER_ENTITLEMENTS, "CodeEntitlementDER"},
	{CSSLOT_LAUNCH_CONSTRAINT_SELF, "LaunchConstraintSelf"},
	{CSSLOT_LAUNCH_CONSTRAINT_PARENT, "LaunchConstraintParent"},
	{CSSLOT_LAUNCH_CONSTRAINT_RESPONSIBLE, "LaunchConstraintResponsible"},
	{CSSLOT_LIBRARY_CONSTRAINT, "LibraryConstraint"},
	/* Apple's names for alternate CodeDirectories share the stem of the requirements. */
	{CSSLOT_ALTERNATE_CODEDIRECTORIES, "CodeRequirements-1"},
	{CSSLOT_ALTERNATE_CODEDIRECTORIES + 1, "CodeRequirements-2"},
	{CSSLOT_ALTERNATE_CODEDIRECTORIES + 2, "CodeRequirements-3"},
	{CSSLOT_SIGNATURESLOT, "CodeSignature"},
};

const char *sgn_separate_name(uint32_t slot)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(files); i++)
		if (files[i].slot == slot)
			return files[i].name;
	return NULL;
}

static void separate_path(const struct sgn_bundle *b, const char *name, struct sgn_buf *out)
{
	sgn_buf_reset(out);
	sgn_bundle_path(b, b->support, out);
	sgn_wr_fmt(out, "/_CodeSignature/%s", name);
}

/* One separate file as a blob in the arena; the CMS is stored bare and gets its wrapper here. */
static int load_part(const char *path, uint32_t slot, struct sgn_arena *arena, struct sgn_view *out,
                     struct sgn_error *err)
{
	struct sgn_buf raw, wrapped;
	int rc;

	sgn_buf_init(&raw, SGN_LIMIT_CMS);
	sgn_buf_init(&wrapped, SGN_LIMIT_CMS + 8);
	rc = sgn_file_load(path, &raw, err);
	if (slot == CSSLOT_SIGNATURESLOT)
		sgn_blob_write(&wrapped, CSMAGIC_BLOBWRAPPER, sgn_buf_view(&raw));
	else
		sgn_wr_view(&wrapped, sgn_buf_view(&raw));
	if (rc == 0)
		rc = sgn_buf_finish(&wrapped, err, sgn_separate_name(slot));
	if (rc == 0 && !sgn_arena_copy(arena, sgn_buf_view(&wrapped), out))
		rc = sgn_fail_nomem(err);
	sgn_buf_dispose(&raw);
	sgn_buf_dispose(&wrapped);
	return rc;
}

/* All separate files as one embedded signature; empty when there is no CodeDirectory. */
static int load_signature(const struct sgn_bundle *b, struct sgn_arena *arena, struct sgn_view *out,
                          struct sgn_error *err)
{
	struct sgn_superblob_maker maker;
	struct sgn_buf path, blob;
	int rc = 0;

	sgn_superblob_maker_init(&maker, CSMAGIC_EMBEDDED_SIGNATURE);
	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_buf_init(&blob, SGN_LIMIT_SIGNATURE);
	*out = SGN_VIEW_EMPTY;
	for (size_t i = 0; rc == 0 && i < SGN_ARRAY_LEN(files); i++) {
		struct sgn_view part;

		separate_path(b, files[i].name, &path);
		if (!sgn_path_exists(sgn_buf_str(&path)))
			continue;
		rc = load_part(sgn_buf_str(&path), files[i].slot, arena, &part, err);
		if (rc == 0)
			sgn_superblob_add(&maker, files[i].slot, part);
	}
	separate_path(b, files[0].name, &path);
	if (rc == 0 && sgn_path_exists(sgn_buf_str(&path))) {
		rc = sgn_superblob_write(&maker, &blob, err);
		if (rc == 0 && !sgn_arena_copy(arena, sgn_buf_view(&blob), out))
			rc = sgn_fail_nomem(err);
	}
	sgn_buf_dispose(&path);
	sgn_buf_dispose(&blob);
	return rc;
}

static int make_pseudo_slice(const struct sgn_bundle *b, struct sgn_code *out,
                             struct sgn_error *err)
{
	struct sgn_arena *arena = &out->macho.arena;
	struct sgn_slice *slice = sgn_arena_alloc(arena, sizeof(*slice));
	struct sgn_signature *sig = sgn_arena_alloc(arena, sizeof(*sig));
	int rc;

	out->slices = sgn_arena_alloc(arena, sizeof(*out->slices));
	if (!slice || !sig || !out->slices)
		return sgn_fail_nomem(err);
	slice->size = out->src.size;
	out->macho.file_size = out->src.size;
	out->macho.slices = slice;
	out->macho.count = 1;
	out->slices[0].macho = slice;
	out->slices[0].why = (struct sgn_error)SGN_ERROR_INIT;
	rc = load_signature(b, arena, &slice->signature, err);
	if (rc || slice->signature.size == 0)
		return rc;
	slice->has_signature_cmd = true;
	if (out->src.size <= UINT32_MAX)
		slice->dataoff = (uint32_t)out->src.size;
	out->slices[0].problem = sgn_signature_read(slice->signature, sig, &out->slices[0].why);
	if (out->slices[0].problem == 0)
		out->slices[0].sig = sig;
	return 0;
}

int sgn_code_open_generic(const char *path, const struct sgn_bundle *b, struct sgn_code *out,
                          struct sgn_error *err)
{
	int rc;

	*out = (struct sgn_code){.path = path, .src = {.fd = -1}, .is_generic = true};
	rc = sgn_source_open(path, &out->src, err);
	if (rc == 0)
		rc = sgn_path_real(path, &out->real_path, err);
	if (rc == 0)
		rc = make_pseudo_slice(b, out, err);
	if (rc)
		sgn_code_close(out);
	return sgn_error_at_path(err, rc, path);
}

int sgn_code_open_bundle(const struct sgn_bundle *b, struct sgn_code *code, struct sgn_error *err)
{
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_bundle_path(b, b->main_path, &path);
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		rc = b->main_kind == SGN_MAIN_MACHO
		             ? sgn_code_open(sgn_buf_str(&path), false, code, err)
		             : sgn_code_open_generic(sgn_buf_str(&path), b, code, err);
	/* The path inside the code object must live as long as it does. */
	if (rc == 0)
		code->path = code->real_path;
	sgn_buf_dispose(&path);
	return rc;
}

int sgn_bundle_seal_bytes(const struct sgn_bundle *b, struct sgn_arena *arena, struct sgn_view *out,
                          bool *found, struct sgn_error *err)
{
	struct sgn_buf path, bytes;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_buf_init(&bytes, SGN_LIMIT_PLIST);
	separate_path(b, "CodeResources", &path);
	rc = sgn_buf_finish(&path, err, "path");
	*found = rc == 0 && sgn_path_exists(sgn_buf_str(&path));
	*out = SGN_VIEW_EMPTY;
	if (*found)
		rc = sgn_file_load(sgn_buf_str(&path), &bytes, err);
	if (rc == 0 && *found && !sgn_arena_copy(arena, sgn_buf_view(&bytes), out))
		rc = sgn_fail_nomem(err);
	sgn_buf_dispose(&bytes);
	sgn_buf_dispose(&path);
	return rc;
}
