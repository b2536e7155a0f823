/* SPDX-License-Identifier: Apache-2.0 */
/* The identity store: a plain folder of keys and certificates. */
#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/place.h"
#include "signer/pki/internal.h"

int sgn_identity_store_default(char *out, size_t room, struct sgn_error *err)
{
	char *path = NULL;
	int rc = sgn_place_settings("signet/identities", &path, err);

	if (rc == 0 && strlen(path) >= room)
		rc = sgn_fail(err, SGN_E_LIMIT,
		              "the path of the identities is longer than %zu bytes", room);
	if (room > 0)
		out[0] = '\0';
	if (rc == 0)
		memcpy(out, path, strlen(path) + 1);
	sgn_free(path);
	return rc;
}
