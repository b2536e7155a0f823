/* SPDX-License-Identifier: Apache-2.0 */
/* Resource rules: which files a seal covers, and how. (docs/format/resources.md) */
#ifndef SIGNER_BUNDLE_RULES_H
#define SIGNER_BUNDLE_RULES_H

#include "signer/base/regex.h"
#include "signer/bundle/bundle.h"

struct sgn_rule {
	const char *pattern;
	double weight;
	bool omit, optional, nested;
	bool is_plain_true;      /* written as <true/> */
	bool has_weight;         /* written as <real> */
	struct sgn_regex *regex; /* NULL where the literals below say all */

	/* What every match contains: most paths are refused by it, without the regex. */
	const char *prefix; /* the path begins with it */
	const char *inside; /* somewhere */
	size_t prefix_len;
	bool to_end; /* the prefix is the whole path */
};

/* Where macOS expects nested code. */
#define SGN_CODE_PLACES                                                                     \
	"^(Frameworks|SharedFrameworks|PlugIns|Plug-ins|XPCServices|Helpers|MacOS|Library/" \
	"(Automator|Spotlight|LoginItems))/"

struct sgn_rules {
	struct sgn_arena arena;
	struct sgn_rule *rules; /* the heaviest first; equal ones in the order of the source */
	size_t count;
	/* The dictionary as it is written into CodeResources. Borrowed from sgn_rules_read()'s caller,
	 * or in the arena. */
	const struct sgn_value *source;
};

/* The built-in sets for a bundle; version 1 and 2. */
int sgn_rules_default(const struct sgn_bundle *b, int version, struct sgn_rules *out,
                      struct sgn_error *err);

/* The version-2 set for a custom set that has only version 1: the same rules, and nested code in its
 * places at weight 0. v1 must outlive out. */
int sgn_rules_derive(const struct sgn_rules *v1, struct sgn_rules *out, struct sgn_error *err);

/* A set read from CodeResources or a rules file. -67053 for what is no rule set. dict must outlive
 * out. */
int sgn_rules_read(const struct sgn_value *dict, struct sgn_rules *out, struct sgn_error *err);
void sgn_rules_dispose(struct sgn_rules *r);

/* The rule that decides about a path (relative to the support dir), or NULL: not sealed. Highest
 * weight wins; at a tie an omitting rule wins, else the first. Thread-safe. */
const struct sgn_rule *sgn_rules_match(const struct sgn_rules *r, const char *path);

/* First omit rule that policy does not allow (-67013), or NULL. version as in the seal. */
const char *sgn_rules_weakness(const struct sgn_rules *r, int version);

#endif
