/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/hash/evp.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "signer/base/mem.h"

struct sgn_evp {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
	const char *name; /* borrowed: static in the caller */
};

/* OpenSSL's own reason is the only hint at a broken configuration. */
static int evp_failed(const char *name, struct sgn_error *err)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	int rc = sgn_fail(err, SGN_E_CRYPTO, "OpenSSL cannot compute %s: %s", name,
	                  reason ? reason : "no reason given");

	ERR_clear_error();
	return rc;
}

int sgn_evp_new(const char *name, struct sgn_evp **out, struct sgn_error *err)
{
	struct sgn_evp *evp = sgn_calloc(1, sizeof(*evp));
	int rc = 0;

	*out = NULL;
	if (!evp)
		return sgn_fail_nomem(err);
	evp->name = name;
	evp->md = EVP_MD_fetch(NULL, name, NULL);
	evp->ctx = EVP_MD_CTX_new();
	if (!evp->md)
		rc = evp_failed(name, err);
	else if (!evp->ctx)
		rc = sgn_fail_nomem(err);
	if (rc != 0) {
		sgn_evp_free(evp);
		return rc;
	}
	*out = evp;
	return 0;
}

void sgn_evp_free(struct sgn_evp *evp)
{
	if (!evp)
		return;
	EVP_MD_CTX_free(evp->ctx);
	EVP_MD_free(evp->md);
	sgn_free(evp);
}

int sgn_evp_begin(struct sgn_evp *evp, struct sgn_error *err)
{
	return EVP_DigestInit_ex2(evp->ctx, evp->md, NULL) == 1 ? 0 : evp_failed(evp->name, err);
}

int sgn_evp_update(struct sgn_evp *evp, struct sgn_view bytes, struct sgn_error *err)
{
	if (EVP_DigestUpdate(evp->ctx, bytes.data, bytes.size) == 1)
		return 0;
	return evp_failed(evp->name, err);
}

int sgn_evp_finish(struct sgn_evp *evp, uint8_t *out, size_t size, struct sgn_error *err)
{
	unsigned int written = 0;
	int bytes = EVP_MD_get_size(evp->md);

	if (bytes < 0 || (size_t)bytes != size)
		return sgn_fail(err, SGN_E_INTERNAL, "%s has %d bytes, room is for %zu", evp->name,
		                bytes, size);
	if (EVP_DigestFinal_ex(evp->ctx, out, &written) != 1 || written != size)
		return evp_failed(evp->name, err);
	return 0;
}
