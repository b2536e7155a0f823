/* SPDX-License-Identifier: Apache-2.0 */
/* Resource rules: which files a seal covers, and how. (format/04 §6.2, §6.3) */
#ifndef SIGNER_BUNDLE_RULES_H
#define SIGNER_BUNDLE_RULES_H

#include "signer/base/regex.h"
#include "signer/bundle/bundle.h"

struct sgn_rule {
	const char *pattern;
	double weight;
	bool omit, optional, nested;
	bool is_plain_true; /* written as <true/> */
	bool has_weight;    /* written as <real> */
	struct sgn_regex *regex;
};

struct sgn_rules {
	struct sgn_arena arena;
	struct sgn_rule *rules;
	size_t count;
	const struct sgn_value *source; /* the dictionary as it is written into CodeResources */
};

/* The built-in sets for a bundle; version 1 and 2. */
int sgn_rules_default(const struct sgn_bundle *b, int version, struct sgn_rules *out,
                      struct sgn_error *err);

/* A set read from CodeResources or a rules file. -67053 for what is no rule set. */
int sgn_rules_read(const struct sgn_value *dict, struct sgn_rules *out, struct sgn_error *err);
void sgn_rules_dispose(struct sgn_rules *r);

/* The rule that decides about a path (relative to the support dir), or NULL: not sealed. Highest
 * weight wins; at a tie an omitting rule wins, else the first. Thread-safe. */
const struct sgn_rule *sgn_rules_match(const struct sgn_rules *r, const char *path);

/* First omit rule that policy does not allow (-67013), or NULL. version as in the seal. */
const char *sgn_rules_weakness(const struct sgn_rules *r, int version);

#endif
