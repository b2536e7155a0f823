/* SPDX-License-Identifier: Apache-2.0 */
/* The public face of identities: pki does the work, the context knows the anchors. */
#include <signet/identity.h>
#include <signet/token.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "signer/ops/context.h"

int sgn_identity_load(struct sgn_context *ctx, const struct sgn_identity_source *source,
                      struct sgn_identity **out, struct sgn_error *err)
{
	return sgn_identity_read(source, &ctx->anchors, out, err);
}

int sgn_identity_store_open(struct sgn_context *ctx, const struct sgn_identity_store_options *opts,
                            struct sgn_identity_store **out, struct sgn_error *err)
{
	return sgn_identity_store_read(opts, &ctx->anchors, out, err);
}

static void note_candidate(void *arg, const char *uri, const char *text)
{
	sgn_note(arg, SGN_NOTE_WARNING, uri, NULL, NULL, "%s", text);
}

int sgn_identity_load_token(struct sgn_context *ctx, const struct sgn_token_source *source,
                            struct sgn_identity **out, struct sgn_error *err)
{
	struct sgn_token_candidates tell = {note_candidate, ctx};

	return sgn_identity_read_token(source, &tell, &ctx->anchors, out, err);
}

static int refuse_existing(const char *path, struct sgn_error *err)
{
	if (!path || !sgn_path_exists(path))
		return 0;
	sgn_fail(err, SGN_E_EXISTS, "exists already, and identities are not overwritten");
	return sgn_error_at_path(err, SGN_E_EXISTS, path);
}

int sgn_identity_make_test(struct sgn_context *ctx, const struct sgn_test_identity_options *opts,
                           const char *p12_path, const char *root_path, struct sgn_error *err)
{
	struct sgn_buf p12, pem;
	int rc;

	SGN_UNUSED(ctx);
	sgn_buf_init_secret(&p12, SGN_LIMIT_CERT_FILE);
	sgn_buf_init(&pem, SGN_LIMIT_CERT_FILE);
	rc = refuse_existing(p12_path, err);
	if (rc == 0)
		rc = refuse_existing(root_path, err);
	if (rc == 0)
		rc = sgn_identity_generate_test(opts, &p12, &pem, err);
	if (rc == 0)
		rc = sgn_file_store(p12_path, sgn_buf_view(&p12), 0600, err);
	if (rc == 0 && root_path)
		rc = sgn_file_store(root_path, sgn_buf_view(&pem), 0644, err);
	sgn_buf_dispose(&p12);
	sgn_buf_dispose(&pem);
	return rc;
}
