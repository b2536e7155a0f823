/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/links.h"

#include <string.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"

static bool starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_below(const char *path, const char *root)
{
	size_t n = strlen(root);

	return starts_with(path, root) && (path[n] == '/' || path[n] == '\0');
}

bool sgn_link_stays_inside(const char *root, const char *path, const char *target)
{
	char *real = NULL, *real_root = NULL;
	bool inside = false;

	if (*target == '/')
		return starts_with(target, "/System/") || starts_with(target, "/Library/");
	if (sgn_path_real(path, &real, NULL) == 0 && sgn_path_real(root, &real_root, NULL) == 0)
		inside = is_below(real, real_root);
	sgn_free(real);
	sgn_free(real_root);
	return inside;
}
