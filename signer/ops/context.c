/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <signet/signet.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "signer/base/process.h"
#include "signer/base/thread.h"
#include "signer/net/http.h"

/* The variable that OpenSSL has for certificates of one's own, which libcurl does not look at. */
static int open_http(struct sgn_context *ctx, struct sgn_error *err)
{
	struct sgn_http_options opts = {.user_agent = "signet/" SGN_VERSION,
	                                .ca_file = getenv("SSL_CERT_FILE")};

	if (opts.ca_file && !*opts.ca_file)
		opts.ca_file = NULL;
	return sgn_http_new(&opts, &ctx->http, err);
}

int sgn_context_new(const struct sgn_context_options *opts, struct sgn_context **out,
                    struct sgn_error *err)
{
	static const struct sgn_context_options defaults;
	struct sgn_context *ctx = sgn_calloc(1, sizeof(*ctx));
	int rc;

	*out = NULL;
	if (!ctx)
		return sgn_fail_nomem(err);
	if (!opts)
		opts = &defaults;
	ctx->note = opts->note;
	ctx->note_arg = opts->note_arg;
	ctx->pool = sgn_pool_new(opts->jobs);
	ctx->note_lock = sgn_mutex_new();
	rc = ctx->pool && ctx->note_lock ? 0 : sgn_fail_nomem(err);
	if (rc == 0)
		rc = sgn_anchors_load(opts->apple_roots, opts->apple_root_count, &ctx->anchors,
		                      err);
	if (rc == 0)
		rc = open_http(ctx, err);
	if (rc) {
		sgn_context_free(ctx);
		return rc;
	}
	*out = ctx;
	return 0;
}

void sgn_context_free(struct sgn_context *ctx)
{
	if (!ctx)
		return;
	sgn_pool_free(ctx->pool);
	sgn_http_free(ctx->http);
	sgn_mutex_free(ctx->note_lock);
	sgn_anchors_dispose(&ctx->anchors);
	sgn_free(ctx);
}

void sgn_no_core_dumps(void)
{
	/* Refused by a sandbox at most; signing goes on as it would without. */
	(void)sgn_process_seal();
}

void sgn_emergency_cleanup(void)
{
	sgn_output_emergency_cleanup();
}

void sgn_note(struct sgn_context *ctx, enum sgn_note_level level, const char *path,
              const char *arch, const char *cure, const char *fmt, ...)
{
	char text[1024];
	struct sgn_note note = {level, path, arch ? arch : "", text, cure ? cure : ""};
	va_list ap;

	if (!ctx->note)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sgn_mutex_lock(ctx->note_lock);
	ctx->note(ctx->note_arg, &note);
	sgn_mutex_unlock(ctx->note_lock);
}
