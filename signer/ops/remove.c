/* SPDX-License-Identifier: Apache-2.0 */
#include <signet/sign.h>

#include "signer/base/mem.h"
#include "signer/ops/code.h"
#include "signer/ops/context.h"
#include "signer/ops/enclosing.h"
#include "signer/ops/image.h"
#include "signer/ops/remove.h"

static bool has_signature(const struct sgn_code *code)
{
	for (size_t i = 0; i < code->macho.count; i++)
		if (code->macho.slices[i].has_signature_cmd)
			return true;
	return false;
}

static int write_without(struct sgn_context *ctx, const struct sgn_code *code,
                         const struct sgn_remove_options *opts, struct sgn_error *err)
{
	struct sgn_layout layout = {0};
	struct sgn_output out = {.fd = -1};
	struct sgn_image image = {.src = &code->src, .macho = &code->macho, .layout = &layout};
	int rc = sgn_layout_remove(&code->macho, &layout, err);

	if (rc == 0 && !opts->dry_run) {
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

int sgn_remove_file(struct sgn_context *ctx, const char *path,
                    const struct sgn_remove_options *opts, bool *removed, struct sgn_error *err)
{
	struct sgn_code code;
	bool any;
	int rc = sgn_code_open(path, false, &code, err);

	if (rc)
		return rc;
	any = has_signature(&code);
	if (any || opts->output)
		rc = write_without(ctx, &code, opts, err);
	*removed |= any;
	sgn_code_close(&code);
	return rc;
}

int sgn_remove_path(struct sgn_context *ctx, const char *path,
                    const struct sgn_remove_options *opts, bool *removed, struct sgn_error *err)
{
	static const struct sgn_remove_options defaults;
	bool any = false;
	char *bundle;
	int rc = sgn_bundle_of(path, &bundle, err);

	if (rc)
		return rc;
	if (!opts)
		opts = &defaults;
	rc = bundle ? sgn_remove_bundle(ctx, bundle, opts, &any, err)
	            : sgn_remove_file(ctx, path, opts, &any, err);
	if (removed)
		*removed = any;
	sgn_free(bundle);
	return sgn_error_at_path(err, rc, path);
}
