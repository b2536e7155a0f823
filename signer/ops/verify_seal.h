/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle's seal against what lies in it, both ways. */
#ifndef SIGNER_OPS_VERIFY_SEAL_H
#define SIGNER_OPS_VERIFY_SEAL_H

#include "signer/bundle/seal.h"
#include "signer/ops/verify_slice.h"

/* v->bundle and v->seal are set; main: the signature of the main part. nesting: how deep b lies. */
int sgn_verify_seal(struct sgn_verify *v, const struct sgn_bundle *b,
                    const struct sgn_signature *main, unsigned nesting, struct sgn_error *err);

/* verify_strict.c: what --strict adds about a bundle's files: foreign files in _CodeSignature, symlinks
 * that lead out, resource forks and Finder information. scan: what the seal covers; no_xattrs: which of
 * it is known to have no extended attribute. */
void sgn_verify_strict(struct sgn_verify *v, const struct sgn_bundle *b,
                       const struct sgn_seal_scan *scan, const bool *no_xattrs);

/* verify_bundle.c: nested code at a path of the walk; sealed: what its bundle's seal says, or NULL. v: a
 * part of its own; what it says about the enclosing bundle is replaced. */
int sgn_verify_nested(struct sgn_verify *v, const struct sgn_walk *walk, const char *at,
                      const struct sgn_sealed *sealed, unsigned nesting, struct sgn_error *err);

#endif
