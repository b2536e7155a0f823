/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of identities. */
#include <stdlib.h>

#include "signer/cli/cmd.h"

int identities_dir(const struct cli *cli, char **out, struct sgn_error *err)
{
	const char *named = opts_value(&cli->opts, OPT_IDENTITIES);
	const char *from_environment = getenv("SIGNET_IDENTITIES");
	char path[4096];
	int rc;

	*out = NULL;
	if (!named && from_environment && *from_environment)
		named = from_environment;
	if (!named) {
		rc = sgn_identity_store_default(path, sizeof(path), err);
		if (rc != 0) {
			cli_cure(err, "name the folder with --identities DIR");
			return rc;
		}
	}
	*out = cli_format("%s", named ? named : path);
	return 0;
}
