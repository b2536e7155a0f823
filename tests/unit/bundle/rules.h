/* SPDX-License-Identifier: Apache-2.0 */
/* Rule sets for tests, from the inside of a <dict>. */
#ifndef TESTS_UNIT_BUNDLE_RULES_H
#define TESTS_UNIT_BUNDLE_RULES_H

#include "signer/bundle/rules.h"
#include "signer/codec/plist.h"
#include "tests/unit/bundle/tree.h"

struct rule_set {
	struct sgn_arena arena;
	struct sgn_value dict;
	struct sgn_rules rules;
	struct sgn_error err;
};

static inline int rules_load(struct rule_set *s, const char *inside)
{
	char xml[8192];

	memset(s, 0, sizeof(*s));
	s->err = (struct sgn_error)SGN_ERROR_INIT;
	snprintf(xml, sizeof(xml), "<plist><dict>%s</dict></plist>", inside);
	cr_assert_eq(sgn_plist_read(sgn_view_str(xml), &s->arena, &s->dict, NULL, &s->err), 0, "%s",
	             s->err.text);
	return sgn_rules_read(&s->dict, &s->rules, &s->err);
}

static inline void rules_drop(struct rule_set *s)
{
	sgn_rules_dispose(&s->rules);
	sgn_arena_dispose(&s->arena);
	sgn_error_dispose(&s->err);
}

#define RULE_TRUE(p)    "<key>" p "</key><true/>"
#define RULE_FALSE(p)   "<key>" p "</key><false/>"
#define RULE_DICT(p, d) "<key>" p "</key><dict>" d "</dict>"
#define RULE_WEIGHT(w)  "<key>weight</key><real>" #w "</real>"
#define RULE_OMIT       "<key>omit</key><true/>"

#endif
