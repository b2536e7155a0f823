/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/sigblob/signature.h"

#include <string.h>

/* Components whose magic the kernel insists on. docs/format/superblob.md, "types" */
static const struct {
	uint32_t slot, magic;
} component_magics[] = {
	{CSSLOT_ENTITLEMENTS, CSMAGIC_EMBEDDED_ENTITLEMENTS},
	{CSSLOT_DER_ENTITLEMENTS, CSMAGIC_EMBEDDED_DER_ENTITLEMENTS},
	{CSSLOT_LAUNCH_CONSTRAINT_SELF, CSMAGIC_EMBEDDED_LAUNCH_CONSTRAINT},
	{CSSLOT_LAUNCH_CONSTRAINT_PARENT, CSMAGIC_EMBEDDED_LAUNCH_CONSTRAINT},
	{CSSLOT_LAUNCH_CONSTRAINT_RESPONSIBLE, CSMAGIC_EMBEDDED_LAUNCH_CONSTRAINT},
	{CSSLOT_LIBRARY_CONSTRAINT, CSMAGIC_EMBEDDED_LAUNCH_CONSTRAINT},
	{CSSLOT_SIGNATURESLOT, CSMAGIC_BLOBWRAPPER},
};

static int check_magic(const struct sgn_superblob_entry *e, struct sgn_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < SGN_ARRAY_LEN(component_magics); i++)
		if (component_magics[i].slot == e->type && component_magics[i].magic != e->magic)
			rc = sgn_fail(err, SGN_E_FORMAT, "%s: magic 0x%08x, expected 0x%08x",
			              sgn_slot_name(e->type), e->magic, component_magics[i].magic);
	sgn_error_at_offset(err, rc, e->offset);
	return sgn_error_osstatus(err, rc, errSecCSSignatureInvalid);
}

static const struct sgn_superblob_entry *find_entry(const struct sgn_superblob *sb, uint32_t type)
{
	for (uint32_t i = 0; i < sb->count; i++)
		if (sb->entries[i].type == type)
			return &sb->entries[i];
	return NULL;
}

/* One digest has one CodeDirectory: otherwise two readers could believe two different ones. */
static int check_new_digest(const struct sgn_signature *sig, const struct sgn_superblob_entry *e,
                            enum sgn_digest digest, struct sgn_error *err)
{
	int rc;

	for (size_t i = 0; i < sig->dir_count; i++) {
		if (sig->dirs[i].digest != digest)
			continue;
		rc = sgn_fail(err, SGN_E_FORMAT, "slots 0x%x and 0x%x both use %s",
		              sig->dir_slots[i], e->type, sgn_digest_name(digest));
		sgn_error_at_offset(err, rc, e->offset);
		return sgn_error_osstatus(err, rc, errSecCSSignatureInvalid);
	}
	return 0;
}

static int add_dir(struct sgn_signature *sig, const struct sgn_superblob_entry *e,
                   struct sgn_error *err)
{
	struct sgn_codedir *cd = &sig->dirs[sig->dir_count];
	int rc = sgn_codedir_read(e->blob, cd, err);

	if (rc) {
		/* From an offset in the blob to one in the signature. */
		if (err && err->offset != SGN_NO_OFFSET)
			err->offset += e->offset;
		return sgn_wrap(err, rc, "slot 0x%x", e->type);
	}
	rc = check_new_digest(sig, e, cd->digest, err);
	if (rc)
		return rc;
	sig->dir_slots[sig->dir_count++] = e->type;
	if (!sig->best || sgn_digest_rank(cd->digest) > sgn_digest_rank(sig->best->digest))
		sig->best = cd;
	return 0;
}

static int read_dirs(struct sgn_signature *sig, struct sgn_error *err)
{
	const struct sgn_superblob_entry *e = find_entry(&sig->blobs, CSSLOT_CODEDIRECTORY);
	int rc;

	if (!e) {
		rc = sgn_fail(err, SGN_E_NOTFOUND, "the signature has no CodeDirectory");
		return sgn_error_osstatus(err, rc, errSecCSUnsigned);
	}
	rc = add_dir(sig, e, err);
	for (uint32_t n = 0; rc == 0 && n < CSSLOT_ALTERNATE_CODEDIRECTORY_MAX; n++) {
		e = find_entry(&sig->blobs, CSSLOT_ALTERNATE_CODEDIRECTORIES + n);
		if (e)
			rc = add_dir(sig, e, err);
	}
	return rc;
}

static void find_cms(struct sgn_signature *sig)
{
	const struct sgn_superblob_entry *e = find_entry(&sig->blobs, CSSLOT_SIGNATURESLOT);

	if (!e)
		return;
	sig->has_cms_slot = true;
	sig->cms = sgn_blob_payload(e->blob);
}

/* Nothing but a CodeDirectory: described as a SuperBlob with that one entry. */
static void wrap_bare(struct sgn_signature *sig, struct sgn_view blob)
{
	sig->bare = true;
	sig->blobs.magic = CSMAGIC_CODEDIRECTORY;
	sig->blobs.blob = blob;
	sig->blobs.count = 1;
	sig->blobs.tiles = true;
	sig->blobs.entries[0] = (struct sgn_superblob_entry){
		.type = CSSLOT_CODEDIRECTORY,
		.magic = CSMAGIC_CODEDIRECTORY,
		.blob = blob,
	};
}

static int read_blobs(struct sgn_view in, struct sgn_signature *sig, struct sgn_error *err)
{
	struct sgn_view blob = SGN_VIEW_EMPTY;
	uint32_t magic;
	int rc = sgn_blob_read(in, &magic, &blob, err);

	if (rc)
		return sgn_error_osstatus(err, rc, errSecCSSignatureInvalid);
	if (magic == CSMAGIC_CODEDIRECTORY) {
		wrap_bare(sig, blob);
		return 0;
	}
	return sgn_superblob_read(blob, CSMAGIC_EMBEDDED_SIGNATURE, &sig->blobs, err);
}

static int read_signature(struct sgn_view in, struct sgn_signature *sig, struct sgn_error *err)
{
	int rc = read_blobs(in, sig, err);

	for (uint32_t i = 0; rc == 0 && i < sig->blobs.count; i++)
		rc = check_magic(&sig->blobs.entries[i], err);
	if (rc == 0)
		rc = read_dirs(sig, err);
	if (rc == 0)
		find_cms(sig);
	return rc;
}

int sgn_signature_read(struct sgn_view in, struct sgn_signature *out, struct sgn_error *err)
{
	int rc;

	memset(out, 0, sizeof(*out));
	rc = read_signature(in, out, err);
	if (rc)
		memset(out, 0, sizeof(*out));
	return rc;
}

struct sgn_view sgn_signature_component(const struct sgn_signature *sig, uint32_t slot)
{
	return sgn_superblob_find(&sig->blobs, slot);
}

bool sgn_signature_is_linker_made(const struct sgn_signature *sig)
{
	return sig->dir_count > 0 && (sig->dirs[0].flags & CS_LINKER_SIGNED) != 0;
}

static int add_cdhash(const struct sgn_codedir *cd, uint8_t out[CS_CDHASH_LEN],
                      struct sgn_error *err)
{
	struct sgn_digest_bytes digest = {0};
	int rc = sgn_codedir_hash(cd, &digest, err);

	if (rc == 0)
		memcpy(out, digest.data, CS_CDHASH_LEN);
	return rc;
}

void sgn_signature_dirs_by_type(const struct sgn_signature *sig,
                                const struct sgn_codedir *out[SGN_LIMIT_CODEDIRS])
{
	size_t found = 0;

	/* No digest is there twice, so going through the types sorts. */
	for (int type = SGN_DIGEST_SHA1; type <= SGN_DIGEST_SHA384; type++)
		for (size_t i = 0; i < sig->dir_count; i++)
			if ((int)sig->dirs[i].digest == type)
				out[found++] = &sig->dirs[i];
}

int sgn_signature_cdhashes(const struct sgn_signature *sig,
                           uint8_t out[SGN_LIMIT_CODEDIRS][CS_CDHASH_LEN], size_t *count,
                           struct sgn_error *err)
{
	const struct sgn_codedir *dirs[SGN_LIMIT_CODEDIRS];
	int rc = 0;

	sgn_signature_dirs_by_type(sig, dirs);
	for (size_t i = 0; rc == 0 && i < sig->dir_count; i++)
		rc = add_cdhash(dirs[i], out[i], err);
	if (rc == 0)
		*count = sig->dir_count;
	return rc;
}
