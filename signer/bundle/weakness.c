/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that leave more out than policy allows. docs/format/resources.md, "Weak rules". */
#include <string.h>

#include "signer/bundle/rules.h"

static const char *const allowed_omissions[] = {
	"^(.*/)?\\.DS_Store$",
	"^Info\\.plist$",
	"^PkgInfo$",
	"^.*\\.lproj/locversion.plist$",
	"^Resources/.*\\.lproj/locversion.plist$",
};

static bool is_allowed(const char *pattern)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(allowed_omissions); i++)
		if (strcmp(pattern, allowed_omissions[i]) == 0)
			return true;
	return false;
}

const char *sgn_rules_weakness(const struct sgn_rules *r, int version)
{
	/* What takes everything in; it has to be there, and without conditions. */
	const char *const core = version == 1 ? "^Resources/" : "^.*";
	bool has_core = false;

	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->rules[i].pattern, core) == 0)
			has_core = r->rules[i].is_plain_true;
	if (!has_core)
		return core;
	for (size_t i = 0; i < r->count; i++)
		if (r->rules[i].omit && !is_allowed(r->rules[i].pattern))
			return r->rules[i].pattern;
	return NULL;
}
