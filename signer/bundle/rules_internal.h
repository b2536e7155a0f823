/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about resource rules share. */
#ifndef SIGNER_BUNDLE_RULES_INTERNAL_H
#define SIGNER_BUNDLE_RULES_INTERNAL_H

#include "signer/bundle/rules.h"

/* Fills in the literals of a rule's pattern. *needs_regex: they do not say everything. False when out
 * of memory. */
bool sgn_rule_literals(struct sgn_arena *arena, struct sgn_rule *rule, bool *needs_regex);

/* sgn_rules_read() into a set whose arena may hold things already; nothing is disposed on failure. */
int sgn_rules_fill(struct sgn_rules *out, const struct sgn_value *dict, struct sgn_error *err);

#endif
