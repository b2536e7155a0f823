/* SPDX-License-Identifier: Apache-2.0 */
/* sgn_sign_path(): what a path stands for, and who signs it. */
#include <signet/sign.h>

#include "signer/base/mem.h"
#include "signer/ops/enclosing.h"
#include "signer/ops/handover.h"
#include "signer/ops/in_place.h"
#include "signer/ops/in_place_bundle.h"
#include "signer/ops/sign_bundle.h"
#include "signer/ops/sign_macho.h"

static int sign_file(struct sgn_context *ctx, const char *path, const struct sgn_sign_options *opts,
                     struct sgn_sign_result *result, struct sgn_error *err)
{
	int rc = 0;

	if (!opts->dry_run && !opts->output)
		rc = sgn_in_place_recover(ctx, path, err);
	return rc ? rc : sgn_sign_macho(ctx, path, NULL, opts, NULL, result, err);
}

static int sign_what_it_is(struct sgn_context *ctx, const char *path, const char *bundle,
                           const struct sgn_sign_options *opts, struct sgn_sign_result *result,
                           struct sgn_error *err)
{
	return bundle ? sgn_sign_bundle(ctx, bundle, opts, result, err)
	              : sign_file(ctx, path, opts, result, err);
}

/* In two steps, the run decides the time; and for a lone file, which nothing else depends on, recording is
 * all there is to do. */
static int sign_handed_over(struct sgn_context *ctx, const char *path, const char *bundle,
                            const struct sgn_sign_options *opts, struct sgn_sign_result *result,
                            struct sgn_error *err)
{
	struct sgn_sign_options own = *opts;

	if (!own.handover_name)
		own.handover_name = path;
	sgn_handover_apply(&own);
	own.dry_run |= !bundle && sgn_handover_records(own.handover);
	return sign_what_it_is(ctx, path, bundle, &own, result, err);
}

/* What an interrupted run has left is put right before anything else is read. */
static int prepare(struct sgn_context *ctx, const char *path, const struct sgn_sign_options *opts,
                   struct sgn_error *err)
{
	int rc = 0;

	if (opts->in_place && opts->output)
		rc = sgn_fail(err, SGN_E_USAGE,
		              "in place and with an output at the same time cannot be");
	else if (!opts->dry_run && !opts->output)
		rc = sgn_in_place_recover_bundles(ctx, path, err);
	return sgn_error_at_path(err, rc, path);
}

int sgn_sign_path(struct sgn_context *ctx, const char *path, const struct sgn_sign_options *opts,
                  struct sgn_sign_result *result, struct sgn_error *err)
{
	struct sgn_sign_options defaults;
	char *bundle;
	int rc;

	if (result)
		*result = (struct sgn_sign_result){0};
	if (!opts) {
		sgn_sign_options_init(&defaults);
		opts = &defaults;
	}
	rc = prepare(ctx, path, opts, err);
	if (rc)
		return rc;
	rc = sgn_bundle_of(path, &bundle, err);
	if (rc == 0)
		rc = opts->handover ? sign_handed_over(ctx, path, bundle, opts, result, err)
		                    : sign_what_it_is(ctx, path, bundle, opts, result, err);
	sgn_free(bundle);
	return rc;
}
