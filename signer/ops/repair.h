/* SPDX-License-Identifier: Apache-2.0 */
/* Frameworks that lost their symbolic links in packing: refused, or given them again. */
#ifndef SIGNER_OPS_REPAIR_H
#define SIGNER_OPS_REPAIR_H

#include "signer/bundle/bundle.h"
#include "signer/ops/context.h"

/* Is anything lost below the walk's root? Refuses with the number and the cure --repair-symlinks. */
int sgn_refuse_lost_links(const struct sgn_walk *walk, struct sgn_error *err);

/* Makes the links again below root (a stage: what lies in their place is removed), until none is lost;
 * a warning tells how many frameworks, notes tell each. shown: the user's path. */
int sgn_repair_links(struct sgn_context *ctx, const char *root, const char *shown,
                     struct sgn_error *err);

#endif
