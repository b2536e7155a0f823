/* SPDX-License-Identifier: Apache-2.0 */
/* One embedded signature as a whole: the SuperBlob with its CodeDirectories already parsed. */
#ifndef SIGNER_SIGBLOB_SIGNATURE_H
#define SIGNER_SIGBLOB_SIGNATURE_H

#include "signer/sigblob/codedir.h"

/* best points into dirs: pass it by pointer, do not copy it. */
struct sgn_signature {
	struct sgn_superblob blobs;
	bool bare; /* the file held a bare CodeDirectory without a SuperBlob */
	struct sgn_codedir dirs[SGN_LIMIT_CODEDIRS]; /* [0] is slot 0, the primary; then 0x1000.. */
	uint32_t dir_slots[SGN_LIMIT_CODEDIRS];
	size_t dir_count;
	const struct sgn_codedir *best; /* highest digest; whose hash is "the" cdhash */
	struct sgn_view cms; /* payload of slot 0x10000 without wrapper; empty: ad hoc or absent */
	bool has_cms_slot;
};

/* in: the bytes that LC_CODE_SIGNATURE names; borrowed. -67062 (SGN_E_NOTFOUND) when there is no
 * CodeDirectory; -67045 for a digest used twice; otherwise as the readers above. */
int sgn_signature_read(struct sgn_view in, struct sgn_signature *out, struct sgn_error *err);

/* Blob of a component slot (whole, with header), or empty. */
struct sgn_view sgn_signature_component(const struct sgn_signature *sig, uint32_t slot);

/* Made by a linker: flag CS_LINKER_SIGNED. Re-signing ignores it. */
bool sgn_signature_is_linker_made(const struct sgn_signature *sig);

/* All CodeDirectories in ascending hash-type order: the order of agility attributes and cdhash lists. */
void sgn_signature_dirs_by_type(const struct sgn_signature *sig,
                                const struct sgn_codedir *out[SGN_LIMIT_CODEDIRS]);

/* Truncated cdhashes of all CodeDirectories in ascending hash-type order; returns the count. */
int sgn_signature_cdhashes(const struct sgn_signature *sig,
                           uint8_t out[SGN_LIMIT_CODEDIRS][CS_CDHASH_LEN], size_t *count,
                           struct sgn_error *err);

#endif
