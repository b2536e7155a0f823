/* SPDX-License-Identifier: Apache-2.0 */
/* Symbolic links in bundles: a link must lead to something inside. (docs/format/verification.md) */
#ifndef SIGNER_OPS_LINKS_H
#define SIGNER_OPS_LINKS_H

#include <stdbool.h>

/* Does the link at path, with that target text, lead to something below root? Absolute targets may name
 * the two system folders that Apple's tool allows; they cannot be followed here. */
bool sgn_link_stays_inside(const char *root, const char *path, const char *target);

#endif
