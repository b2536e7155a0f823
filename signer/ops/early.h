/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which items of a bundle let the bundle around them be signed before their own timestamps have arrived:
 * a parent seals its nested code by CodeDirectory hash and requirement, and both are final long before
 * (docs/format/resources.md, "Walk"). So all requests of an app are under way together, and not one
 * level after the other.
 */
#ifndef SIGNER_OPS_EARLY_H
#define SIGNER_OPS_EARLY_H

#include "signer/ops/tree.h"

/*
 * early[i] for every item of the tree: nobody around item i seals the bytes of its file. false for the
 * root, for what is signed in separate files (the folder is not to change while it is listed), in and
 * below flat bundles, and where a seal of version 1 has the file.
 */
int sgn_early_items(const struct sgn_tree *tree, bool *early, struct sgn_error *err);

/*
 * sealed[i] for every item before the bundle: the bundle's seal has the bytes of the file that carries i's
 * signature. false for what is not inside.
 */
int sgn_sealed_bytes(const struct sgn_tree *tree, size_t bundle, bool *sealed,
                     struct sgn_error *err);

#endif
