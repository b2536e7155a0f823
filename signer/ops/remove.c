/* SPDX-License-Identifier: Apache-2.0 */
#include <signet/sign.h>

#include "signer/base/mem.h"
#include "signer/base/undo.h"
#include "signer/ops/code.h"
#include "signer/ops/context.h"
#include "signer/ops/enclosing.h"
#include "signer/ops/image.h"
#include "signer/ops/in_place.h"
#include "signer/ops/in_place_bundle.h"
#include "signer/ops/remove.h"

static bool has_signature(const struct sgn_code *code)
{
	for (size_t i = 0; i < code->macho.count; i++)
		if (code->macho.slices[i].has_signature_cmd)
			return true;
	return false;
}

static int change_in_place(const struct sgn_code *code, struct sgn_layout *layout,
                           const struct sgn_remove_options *opts, struct sgn_error *err)
{
	struct sgn_change change;
	int rc = sgn_in_place_check(code, layout, opts->in_place_links, err);

	if (rc == 0)
		rc = sgn_in_place_plan(code, layout, NULL, &layout->arena, &change, err);
	if (rc == 0 && !opts->dry_run)
		rc = sgn_undo_change(code->real_path, &code->src, &change, opts->durable, err);
	return rc;
}

static int write_without(struct sgn_context *ctx, const struct sgn_code *code,
                         const struct sgn_remove_options *opts, struct sgn_error *err)
{
	struct sgn_layout layout = {0};
	struct sgn_output out = {.fd = -1};
	struct sgn_image image = {.src = &code->src, .macho = &code->macho, .layout = &layout};
	int rc = sgn_layout_remove(&code->macho, &layout, err);

	if (rc == 0 && opts->in_place) {
		rc = change_in_place(code, &layout, opts, err);
	} else if (rc == 0 && !opts->dry_run) {
		rc = sgn_output_create(opts->output ? opts->output : code->path, &out, err);
		image.out = &out;
		if (rc == 0)
			rc = sgn_image_write(&image, ctx->pool, err);
		if (rc == 0)
			rc = sgn_output_commit(&out, code->path, opts->durable, err);
	}
	sgn_output_dispose(&out);
	sgn_layout_dispose(&layout);
	return rc;
}

int sgn_remove_file(struct sgn_context *ctx, const char *path, const char *aside,
                    const struct sgn_remove_options *opts, bool *removed, struct sgn_error *err)
{
	struct sgn_remove_options own = *opts;
	struct sgn_code code;
	bool any;
	int rc = sgn_code_open(path, false, &code, err);

	if (rc)
		return rc;
	any = has_signature(&code);
	if (aside && any)
		own.output = aside;
	if (any || opts->output)
		rc = write_without(ctx, &code, &own, err);
	*removed |= any;
	sgn_code_close(&code);
	return rc;
}

static int remove_alone(struct sgn_context *ctx, const char *path,
                        const struct sgn_remove_options *opts, bool *removed, struct sgn_error *err)
{
	int rc = 0;

	if (!opts->dry_run && !opts->output)
		rc = sgn_in_place_recover(ctx, path, err);
	return rc ? rc : sgn_remove_file(ctx, path, NULL, opts, removed, err);
}

int sgn_remove_path(struct sgn_context *ctx, const char *path,
                    const struct sgn_remove_options *opts, bool *removed, struct sgn_error *err)
{
	static const struct sgn_remove_options defaults;
	bool any = false;
	char *bundle;
	int rc = 0;

	if (!opts)
		opts = &defaults;
	if (opts->in_place && opts->output)
		rc = sgn_fail(err, SGN_E_USAGE,
		              "in place and with an output at the same time cannot be");
	else if (!opts->dry_run && !opts->output)
		rc = sgn_in_place_recover_bundles(ctx, path, err);
	if (rc == 0)
		rc = sgn_bundle_of(path, &bundle, err);
	if (rc)
		return sgn_error_at_path(err, rc, path);
	rc = bundle ? sgn_remove_bundle(ctx, bundle, opts, &any, err)
	            : remove_alone(ctx, path, opts, &any, err);
	if (removed)
		*removed = any;
	sgn_free(bundle);
	return sgn_error_at_path(err, rc, path);
}
