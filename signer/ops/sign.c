/* SPDX-License-Identifier: Apache-2.0 */
/* sgn_sign_path(): what a path stands for, and who signs it. */
#include <signet/sign.h>

#include "signer/base/mem.h"
#include "signer/ops/enclosing.h"
#include "signer/ops/sign_macho.h"

/* A bundle's main executable stands for the bundle: its signature covers Info.plist and resources. */
static int refuse_main_executable(const char *path, struct sgn_error *err)
{
	char *real = NULL, *bundle = NULL;
	int rc = sgn_path_real(path, &real, err);

	if (rc == 0)
		rc = sgn_enclosing_bundle(real, &bundle, err);
	if (rc == 0 && bundle) {
		rc = sgn_fail(
			err, SGN_E_UNSUPPORTED,
			"the main executable of %s: its signature covers the bundle, and bundles "
			"are not supported by this version",
			bundle);
		sgn_error_cure(err, rc, "sign a copy outside the bundle to sign it alone");
	}
	sgn_free(bundle);
	sgn_free(real);
	return sgn_error_at_path(err, rc, path);
}

int sgn_sign_path(struct sgn_context *ctx, const char *path, const struct sgn_sign_options *opts,
                  struct sgn_sign_result *result, struct sgn_error *err)
{
	struct sgn_sign_options defaults;
	int rc;

	if (result)
		*result = (struct sgn_sign_result){0};
	if (!opts) {
		sgn_sign_options_init(&defaults);
		opts = &defaults;
	}
	rc = refuse_main_executable(path, err);
	return rc ? rc : sgn_sign_macho(ctx, path, NULL, opts, result, err);
}
