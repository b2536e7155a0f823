/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/pki/cms_content.h"

#include "signer/pki/cms.h"

int sgn_cms_content(struct sgn_view cms, struct sgn_arena *arena, struct sgn_view *out,
                    struct sgn_error *err)
{
	struct sgn_cms *parsed = sgn_arena_alloc(arena, sizeof(*parsed));
	int rc = parsed ? sgn_cms_parse(cms, arena, parsed, err) : sgn_fail_nomem(err);

	if (rc == 0 && !parsed->has_content)
		rc = sgn_fail(err, SGN_E_FORMAT, "CMS: the content is not included");
	if (rc == 0)
		*out = parsed->content;
	return rc;
}
