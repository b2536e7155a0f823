/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digests of a bundle's files. Reading the seal takes as long as hashing a good part of them, so they are
 * hashed while it is read, as far as one can tell without it; then the rest.
 */
#ifndef SIGNER_OPS_VERIFY_FILES_H
#define SIGNER_OPS_VERIFY_FILES_H

#include "signer/bundle/seal.h"
#include "signer/ops/survey.h"
#include "signer/ops/verify_slice.h"

/* What a seal says of files, and what they are. The arrays have a place for each item of the scan. */
struct sgn_sealed_files {
	const struct sgn_seal_scan *scan;
	const struct sgn_sealed **entries; /* NULL: not sealed */
	unsigned wanted;                   /* digests */
	struct sgn_file_hashes *hashes;    /* out */
	bool *no_xattrs;                   /* out: it is known to have no extended attribute */
};

/* The digests that a signature asks for, as far as the seal has them. */
unsigned sgn_verify_digests(const struct sgn_signature *sig);

/* Hashes what lies in the tree of a bundle with that signature, and with --deep in the code nested in it, while
 * meanwhile() runs. */
int sgn_verify_survey(const struct sgn_verify *v, const struct sgn_walk *walk,
                      const struct sgn_signature *sig,
                      int (*meanwhile)(void *arg, struct sgn_error *err), void *arg,
                      struct sgn_survey *out, struct sgn_error *err);

/* Fills hashes and no_xattrs: from v->survey, or from the files. Of several that cannot be read the first
 * counts. arena: for the time of the call. */
int sgn_verify_hash_files(const struct sgn_verify *v, const struct sgn_walk *walk,
                          const struct sgn_sealed_files *f, struct sgn_arena *arena,
                          struct sgn_error *err);

#endif
