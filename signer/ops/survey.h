/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a tree's files before anything in it is signed: which are code, and the digests of
 * the others. Each file is opened and read once, while the working copy is made; discovering the code and
 * sealing bundle after bundle take it from here.
 *
 * Only files that signing never changes are kept: no code, nothing in _CodeSignature, no embedded
 * profile. All else is read when it is sealed.
 */
#ifndef SIGNER_OPS_SURVEY_H
#define SIGNER_OPS_SURVEY_H

#include "signer/base/walk.h"
#include "signer/macho/macho.h"
#include "signer/ops/filehash.h"

struct sgn_survey_row;

struct sgn_survey {
	struct sgn_survey_row *rows; /* per entry of the walk */
	size_t count;
};

struct sgn_survey_options {
	unsigned wanted; /* digests; those that a survey does not keep are left out */
	bool keep_signed; /* bundles with a signature may be left as they are: not hashed in advance */
	bool leave_nested; /* what lies in a folder that looks like a bundle is not looked at */
	/* Something else to be done in the same time, or NULL. Its failure is the survey's. */
	int (*meanwhile)(void *arg, struct sgn_error *err);
	void *arg;
};

/* A file that cannot be read is no failure here: it is not known, and who needs it meets the error. */
int sgn_survey_make(struct sgn_pool *pool, const struct sgn_walk *walk,
                    const struct sgn_survey_options *opts, struct sgn_survey *out,
                    struct sgn_error *err);
void sgn_survey_dispose(struct sgn_survey *s);

/* False when it is not known. s may be NULL; entry: index in the walk, or SIZE_MAX. */
bool sgn_survey_kind(const struct sgn_survey *s, size_t entry, enum sgn_file_kind *out);

/* All of the wanted digests; false when one is missing. */
bool sgn_survey_hashes(const struct sgn_survey *s, size_t entry, unsigned wanted,
                       struct sgn_file_hashes *out);

/* Is the file known to have no extended attribute? */
bool sgn_survey_no_xattrs(const struct sgn_survey *s, size_t entry);

#endif
