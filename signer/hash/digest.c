/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/hash/digest.h"

#include <string.h>

#include "signer/base/mem.h"
#include "signer/hash/digest_table.h"
#include "signer/hash/evp.h"

/* docs/format/codedirectory.md, "hashes" */
static const struct sgn_digest_row rows[] = {
	{SGN_DIGEST_SHA1, "sha1", 20, &sgn_sha1, "SHA1"},
	{SGN_DIGEST_SHA256, "sha256", 32, &sgn_sha256, "SHA256"},
	{SGN_DIGEST_SHA256_TRUNCATED, "sha256-truncated", 20, &sgn_sha256, "SHA256"},
	{SGN_DIGEST_SHA384, "sha384", 48, NULL, "SHA384"},
};

const struct sgn_digest_row *sgn_digest_row(enum sgn_digest alg)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++)
		if (rows[i].alg == alg)
			return &rows[i];
	return NULL;
}

int sgn_digest_require(enum sgn_digest alg, const struct sgn_digest_row **out,
                       struct sgn_error *err)
{
	*out = sgn_digest_row(alg);
	if (*out)
		return 0;
	return sgn_fail(err, SGN_E_UNSUPPORTED, "digest algorithm %d is not known", (int)alg);
}

size_t sgn_digest_size(enum sgn_digest alg)
{
	const struct sgn_digest_row *row = sgn_digest_row(alg);

	return row ? row->size : 0;
}

const char *sgn_digest_name(enum sgn_digest alg)
{
	const struct sgn_digest_row *row = sgn_digest_row(alg);

	return row ? row->name : NULL;
}

enum sgn_digest sgn_digest_by_name(const char *name, size_t len)
{
	struct sgn_view wanted = sgn_view_of(name, len);

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++) {
		char number = (char)('0' + (int)rows[i].alg);

		if (sgn_view_equal(wanted, sgn_view_str(rows[i].name)) ||
		    sgn_view_equal(wanted, sgn_view_of(&number, 1)))
			return rows[i].alg;
	}
	return SGN_DIGEST_NONE;
}

struct sgn_hasher {
	const struct sgn_digest_row *row;
	struct sgn_evp *evp; /* NULL: our own */
	struct sgn_sha_stream sha;
};

static int hasher_begin(struct sgn_hasher *h, struct sgn_error *err)
{
	if (h->evp)
		return sgn_evp_begin(h->evp, err);
	sgn_sha_init(&h->sha, h->row->sha);
	return 0;
}

static int hasher_open(struct sgn_hasher *h, enum sgn_digest alg, struct sgn_error *err)
{
	int rc = sgn_digest_require(alg, &h->row, err);

	if (rc == 0 && !h->row->sha)
		rc = sgn_evp_new(h->row->evp_name, &h->evp, err);
	return rc != 0 ? rc : hasher_begin(h, err);
}

int sgn_hasher_new(enum sgn_digest alg, struct sgn_hasher **out, struct sgn_error *err)
{
	struct sgn_hasher *h = sgn_calloc(1, sizeof(*h));
	int rc;

	*out = NULL;
	if (!h)
		return sgn_fail_nomem(err);
	rc = hasher_open(h, alg, err);
	if (rc != 0) {
		sgn_hasher_free(h);
		return rc;
	}
	*out = h;
	return 0;
}

int sgn_hasher_update(struct sgn_hasher *h, struct sgn_view bytes, struct sgn_error *err)
{
	if (h->evp)
		return sgn_evp_update(h->evp, bytes, err);
	sgn_sha_update(&h->sha, bytes.data, bytes.size);
	return 0;
}

int sgn_hasher_finish(struct sgn_hasher *h, struct sgn_digest_bytes *out, struct sgn_error *err)
{
	uint8_t whole[SGN_SHA_MAX_SIZE];
	int rc;

	*out = (struct sgn_digest_bytes){.size = h->row->size};
	if (h->evp) {
		rc = sgn_evp_finish(h->evp, out->data, out->size, err);
		return rc != 0 ? rc : hasher_begin(h, err);
	}
	sgn_sha_finish(&h->sha, whole);
	memcpy(out->data, whole, out->size);
	return hasher_begin(h, err);
}

void sgn_hasher_free(struct sgn_hasher *h)
{
	if (!h)
		return;
	sgn_evp_free(h->evp);
	sgn_free(h);
}

int sgn_digest_many(enum sgn_digest alg, const struct sgn_view *parts, size_t count,
                    struct sgn_digest_bytes *out, struct sgn_error *err)
{
	struct sgn_hasher h = {0};
	int rc = hasher_open(&h, alg, err);

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = sgn_hasher_update(&h, parts[i], err);
	if (rc == 0)
		rc = sgn_hasher_finish(&h, out, err);
	sgn_evp_free(h.evp);
	return rc;
}

int sgn_digest(enum sgn_digest alg, struct sgn_view bytes, struct sgn_digest_bytes *out,
               struct sgn_error *err)
{
	return sgn_digest_many(alg, &bytes, 1, out, err);
}
