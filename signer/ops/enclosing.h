/* SPDX-License-Identifier: Apache-2.0 */
/* The bundle whose main executable a file is. Apple's tools treat such a file as that bundle
 * (docs/format/bundles.md), because its signature also covers Info.plist and the sealed resources. */
#ifndef SIGNER_OPS_ENCLOSING_H
#define SIGNER_OPS_ENCLOSING_H

#include "signer/base/buf.h"
#include "signer/base/error.h"

/* *root: the bundle's directory, freed with sgn_free(), or NULL when the file is no bundle's main
 * executable. real_path is absolute. Fails only when out of memory. */
int sgn_enclosing_bundle(const char *real_path, char **root, struct sgn_error *err);

/* Bytes of the Info.plist and of the CodeResources that belong to such a main executable, as its
 * special slots -1 and -3 cover them. An absent file leaves its buffer empty and *found false. */
int sgn_enclosing_info_plist(const char *real_path, struct sgn_buf *out, bool *found,
                             struct sgn_error *err);
int sgn_enclosing_resources(const char *real_path, struct sgn_buf *out, bool *found,
                            struct sgn_error *err);

#endif
