/* SPDX-License-Identifier: Apache-2.0 */
/* The bundle whose main executable a file is. Apple's tools treat such a file as that bundle
 * (docs/format/bundles.md), because its signature also covers Info.plist and the sealed resources. */
#ifndef SIGNER_OPS_ENCLOSING_H
#define SIGNER_OPS_ENCLOSING_H

#include "signer/base/error.h"

/* *root: the bundle's directory, freed with sgn_free(), or NULL when the file is no bundle's main
 * executable. real_path is absolute. Fails only when out of memory. */
int sgn_enclosing_bundle(const char *real_path, char **root, struct sgn_error *err);

/* The bundle that a path stands for: the directory itself, or the one whose main executable it is; NULL
 * for any other file. Freed with sgn_free(). SGN_E_FORMAT when it may be half changed (base/undo_tree.h). */
int sgn_bundle_of(const char *path, char **bundle, struct sgn_error *err);

#endif
