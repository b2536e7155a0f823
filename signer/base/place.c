/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/place.h"

#include <stdlib.h>
#include <string.h>

#include "signer/base/buf.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"

/* In this order; the first variable that holds an absolute path wins, as the specification says. */
static const struct {
	const char *variable, *below;
} places[] = {
#if defined(_WIN32)
	{"APPDATA", ""},
#else
	{"XDG_CONFIG_HOME", ""},
#if defined(__APPLE__)
	{"HOME", "/Library/Application Support"},
#else
	{"HOME", "/.config"},
#endif
#endif
};

static bool is_absolute(const char *path)
{
	bool drive = path[0] != '\0' && path[1] == ':';

	return path[0] == '/' || (drive && (path[2] == '\\' || path[2] == '/'));
}

static int join(const char *base, const char *below, const char *leaf, char **out,
                struct sgn_error *err)
{
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s%s/%s", base, below, leaf);
	rc = sgn_buf_finish(&path, err, "path of the settings");
	if (rc == 0)
		*out = (char *)sgn_buf_take(&path, NULL);
	sgn_buf_dispose(&path);
	return rc;
}

int sgn_place_settings(const char *leaf, char **out, struct sgn_error *err)
{
	*out = NULL;
	for (size_t i = 0; i < SGN_ARRAY_LEN(places); i++) {
		const char *value = getenv(places[i].variable);

		if (value && is_absolute(value))
			return join(value, places[i].below, leaf, out, err);
	}
	return sgn_fail(err, SGN_E_NOTFOUND, "no home folder: %s is not set to an absolute path",
	                places[SGN_ARRAY_LEN(places) - 1].variable);
}
