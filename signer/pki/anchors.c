/* SPDX-License-Identifier: Apache-2.0 */
/* Which certificates are trusted as Apple's, and which merely help to build a chain to them. */
#include <string.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "signer/base/thread.h"
#include "signer/pki/apple_certs.h"
#include "signer/pki/ber.h"
#include "signer/pki/internal.h"

/*
 * Parsing one costs OpenSSL a third of a millisecond, the first one more, and there are many; a chain needs
 * two of them. So each is parsed when its name is first asked for.
 */
struct sgn_built_in {
	struct sgn_mutex *lock;
	struct sgn_arena arena;
	const struct sgn_cert **certs; /* as in the table; NULL: nobody has asked */
};

static void built_in_free(struct sgn_built_in *b)
{
	if (!b)
		return;
	sgn_mutex_free(b->lock);
	sgn_arena_dispose(&b->arena);
	sgn_free(b);
}

static int built_in_new(struct sgn_built_in **out, struct sgn_error *err)
{
	struct sgn_built_in *b = sgn_calloc(1, sizeof(*b));

	if (!b)
		return sgn_fail_nomem(err);
	b->lock = sgn_mutex_new();
	b->certs = sgn_arena_array(&b->arena, sgn_apple_cert_count, sizeof(*b->certs));
	if (!b->lock || !b->certs) {
		built_in_free(b);
		return sgn_fail_nomem(err);
	}
	*out = b;
	return 0;
}

/* The subject of a certificate, without parsing the rest (RFC 5280 4.1). */
static bool peek_subject(struct sgn_view der, struct sgn_view *out)
{
	static const uint8_t before[] = {
		SGN_BER_INTEGER, SGN_BER_SEQUENCE, SGN_BER_SEQUENCE,
		SGN_BER_SEQUENCE}; /* serial, algorithm, issuer, validity */
	struct sgn_ber_item cert, tbs, item;

	if (!sgn_ber_take(&der, SGN_BER_SEQUENCE, &cert) ||
	    !sgn_ber_take(&cert.content, SGN_BER_SEQUENCE, &tbs))
		return false;
	sgn_ber_take(&tbs.content, SGN_BER_CONTEXT_0, &item); /* version; not in version 1 */
	for (size_t i = 0; i < sizeof(before); i++)
		if (!sgn_ber_take(&tbs.content, before[i], &item))
			return false;
	if (!sgn_ber_take(&tbs.content, SGN_BER_SEQUENCE, &item))
		return false;
	*out = item.whole;
	return true;
}

/* The lock is held. A failure leaves everything as it was, but for memory. */
static int parse_built_in(struct sgn_built_in *b, struct sgn_known *known, size_t i,
                          struct sgn_error *err)
{
	struct sgn_cert *cert = sgn_arena_alloc(&b->arena, sizeof(*cert));
	int rc = cert ? sgn_known_parse(known, sgn_apple_certs[i].der, &b->arena, cert, err)
	              : sgn_fail_nomem(err);

	if (rc == 0)
		b->certs[i] = cert;
	return sgn_wrap(err, rc, "built-in %s", sgn_apple_certs[i].file);
}

static int built_in_get(const struct sgn_anchors *a, size_t i, const struct sgn_cert **out,
                        struct sgn_error *err)
{
	struct sgn_built_in *b = a->built_in;
	int rc = 0;

	sgn_mutex_lock(b->lock);
	if (!b->certs[i])
		rc = parse_built_in(b, a->known, i, err);
	*out = b->certs[i];
	sgn_mutex_unlock(b->lock);
	return rc;
}

int sgn_anchors_named(const struct sgn_anchors *a, struct sgn_view subject, size_t *at,
                      const struct sgn_cert **out, struct sgn_error *err)
{
	*out = NULL;
	for (; a->built_in && *at < sgn_apple_cert_count; ++*at) {
		struct sgn_view name;

		if (peek_subject(sgn_apple_certs[*at].der, &name) && sgn_view_equal(name, subject))
			return built_in_get(a, (*at)++, out, err);
	}
	return 0;
}

static int load_file(const char *path, struct sgn_anchors *a, struct sgn_cert **certs,
                     size_t *count, struct sgn_error *err)
{
	struct sgn_buf bytes;
	int rc;

	sgn_buf_init(&bytes, SGN_LIMIT_CERT_FILE);
	rc = sgn_file_load(path, &bytes, err);
	if (rc == 0)
		rc = sgn_certs_load_known(sgn_buf_view(&bytes), a->known, &a->arena, certs, count,
		                          err);
	sgn_buf_dispose(&bytes);
	return sgn_error_at_path(err, rc, path);
}

static int load_extra(const char *const *paths, size_t path_count, struct sgn_anchors *a,
                      struct sgn_error *err)
{
	struct sgn_cert *all, *some;
	size_t total = 0, count = 0;
	int rc = 0;

	all = sgn_arena_array(&a->arena, path_count * SGN_LIMIT_CERTS, sizeof(*all));
	if (!all)
		return sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < path_count; i++) {
		rc = load_file(paths[i], a, &some, &count, err);
		if (rc)
			break;
		memcpy(all + total, some, count * sizeof(*some));
		total += count;
	}
	a->extra = all;
	a->extra_count = total;
	return rc;
}

int sgn_anchors_load(const char *const *extra_paths, size_t extra_count, struct sgn_anchors *out,
                     struct sgn_error *err)
{
	int rc;

	memset(out, 0, sizeof(*out));
	if (extra_count > SGN_LIMIT_CERTS)
		return sgn_fail(err, SGN_E_LIMIT, "%zu files of extra roots, more than %d",
		                extra_count, SGN_LIMIT_CERTS);
	rc = sgn_known_new(&out->known, err);
	if (rc == 0)
		rc = built_in_new(&out->built_in, err);
	if (rc == 0 && extra_count)
		rc = load_extra(extra_paths, extra_count, out, err);
	if (rc)
		sgn_anchors_dispose(out);
	return rc;
}

void sgn_anchors_dispose(struct sgn_anchors *a)
{
	built_in_free(a->built_in);
	sgn_arena_dispose(&a->arena);
	sgn_known_free(a->known);
	memset(a, 0, sizeof(*a));
}

bool sgn_anchors_is_root(const struct sgn_anchors *anchors, const struct sgn_cert *cert)
{
	if (!anchors)
		return false;
	for (size_t i = 0; anchors->built_in && i < sgn_apple_cert_count; i++)
		if (sgn_apple_certs[i].anchor && sgn_view_equal(sgn_apple_certs[i].der, cert->der))
			return true;
	for (size_t i = 0; i < anchors->extra_count; i++)
		if (sgn_cert_same(&anchors->extra[i], cert))
			return true;
	return false;
}
