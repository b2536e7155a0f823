/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How one item of a bundle is signed. Unlike codesign's --deep, nested code is not given the app's
 * identifier, requirements and entitlements: it keeps its own, or gets what a rule names.
 */
#ifndef SIGNER_OPS_ITEM_OPTIONS_H
#define SIGNER_OPS_ITEM_OPTIONS_H

#include <signet/sign.h>

#include "signer/ops/tree.h"

struct sgn_item_plan {
	struct sgn_sign_options opts;
	bool skip; /* by a rule */
	bool keep; /* signed already, and nothing forces a new signature */
	struct sgn_value_why identifier, entitlements, flags;
};

/* Does a rule speak of that item? */
bool sgn_rule_matches(const struct sgn_item_rule *rule, const struct sgn_item *item,
                      const char *identifier);

/* identifier: the one the item has or would get, for "id:" patterns. */
void sgn_item_options(const struct sgn_sign_options *opts, const struct sgn_item *item,
                      const char *identifier, bool is_signed, bool is_adhoc,
                      struct sgn_item_plan *out);

#endif
