/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a leaf to a root. Issuers are found by name and proved by signature, so that the many
 * certificates that Apple gave one and the same name cannot be confused. Extensions that OpenSSL does
 * not know (Apple's markers, often critical) do not matter here: requirements look at them.
 */
#include <string.h>

#include "signer/pki/internal.h"

struct search {
	const struct sgn_cert *pool;
	size_t pool_count;
	const struct sgn_anchors *anchors;
	const struct sgn_cert *path[SGN_LIMIT_CHAIN];
	struct sgn_known *known; /* which links were proved before; or NULL */
	/* Those of the path for OpenSSL, which takes long to read one; NULL: not needed so far. */
	X509 *open[SGN_LIMIT_CHAIN];
	size_t depth;
	size_t checks_left; /* signatures that may still be checked: hostile sets cost only so much */
	struct sgn_chain best;
	struct sgn_error *err;
	int rc; /* why the search could not be finished */
};

/* May issuer stand above the last one? All on the path but the leaf are authorities between the two. */
static bool is_issuer(struct search *s, const struct sgn_cert *issuer, X509 **x_issuer)
{
	size_t child = s->depth - 1;

	return issuer->is_ca && (issuer->path_len < 0 || (size_t)issuer->path_len >= child) &&
	       sgn_known_signed(s->known, s->path[child], &s->open[child], issuer, x_issuer);
}

static bool is_self_signed(struct search *s)
{
	const struct sgn_cert *top = s->path[s->depth - 1];
	X509 **x = &s->open[s->depth - 1];

	return top->self_issued && sgn_known_signed(s->known, top, x, top, x);
}

static bool on_path(const struct search *s, const struct sgn_cert *cert)
{
	for (size_t i = 0; i < s->depth; i++)
		if (sgn_cert_same(s->path[i], cert))
			return true;
	return false;
}

/* Better: Apple's root, then any root, then the longer one; the first found wins among equals. */
static int worth(const struct sgn_chain *c)
{
	return (c->apple_root ? 2000 : 0) + (c->complete ? 1000 : 0) + (int)c->count;
}

static void record(struct search *s, bool complete)
{
	struct sgn_chain found = {.count = s->depth, .complete = complete};

	memcpy(found.certs, s->path, s->depth * sizeof(s->path[0]));
	found.apple_root = complete && sgn_anchors_is_root(s->anchors, s->path[s->depth - 1]);
	if (worth(&found) > worth(&s->best))
		s->best = found;
}

static bool key_ids_match(const struct sgn_cert *child, const struct sgn_cert *issuer)
{
	struct sgn_view want = sgn_cert_authority_key_id(child);
	struct sgn_view have = sgn_cert_subject_key_id(issuer);

	return want.size && have.size && sgn_view_equal(want, have);
}

/* Was the issuer valid when child was issued? Apple renews authorities under the same name and key. */
static bool covers(const struct sgn_cert *issuer, const struct sgn_cert *child)
{
	return issuer->not_before <= child->not_before && child->not_before <= issuer->not_after;
}

/* What speaks for an issuer before its signature is looked at; 0 is best. Hints only: they decide the
 * order, the signature decides. */
#define RANKS 4
static unsigned rank(const struct sgn_cert *issuer, const struct sgn_cert *child)
{
	return (key_ids_match(child, issuer) ? 0u : 2u) + (covers(issuer, child) ? 0u : 1u);
}

static void climb(struct search *s);

/* Is it above the last one, with the given rank? Then up from there. */
static void try_one(struct search *s, const struct sgn_cert *issuer, unsigned wanted)
{
	const struct sgn_cert *child = s->path[s->depth - 1];
	X509 *upper = NULL;

	if (!sgn_view_equal(issuer->subject_der, child->issuer_der) ||
	    rank(issuer, child) != wanted || on_path(s, issuer) || s->checks_left == 0)
		return;
	s->checks_left--;
	if (is_issuer(s, issuer, &upper)) {
		s->open[s->depth] = upper;
		s->path[s->depth++] = issuer;
		climb(s);
		upper = s->open[--s->depth];
		s->open[s->depth] = NULL;
	}
	X509_free(upper);
}

static void try_set(struct search *s, const struct sgn_cert *set, size_t count, unsigned wanted)
{
	for (size_t i = 0; i < count && !s->best.apple_root && s->rc == 0; i++)
		try_one(s, &set[i], wanted);
}

static void try_apple(struct search *s, unsigned wanted)
{
	const struct sgn_cert *child = s->path[s->depth - 1], *issuer;

	for (size_t at = 0; !s->best.apple_root && s->rc == 0;) {
		s->rc = sgn_anchors_named(s->anchors, child->issuer_der, &at, &issuer, s->err);
		if (!issuer)
			return;
		try_one(s, issuer, wanted);
	}
}

static void climb(struct search *s)
{
	if (is_self_signed(s)) {
		record(s, true);
		return;
	}
	record(s, false);
	if (s->depth == SGN_LIMIT_CHAIN)
		return;
	for (unsigned wanted = 0; wanted < RANKS; wanted++) {
		if (s->anchors) {
			try_set(s, s->anchors->extra, s->anchors->extra_count, wanted);
			try_apple(s, wanted);
		}
		try_set(s, s->pool, s->pool_count, wanted);
	}
}

int sgn_chain_build(const struct sgn_cert *leaf, const struct sgn_cert *pool, size_t pool_count,
                    const struct sgn_anchors *anchors, struct sgn_chain *out, struct sgn_error *err)
{
	struct search s = {.pool = pool,
	                   .pool_count = pool_count,
	                   .anchors = anchors,
	                   .known = sgn_anchors_known(anchors),
	                   .checks_left = SGN_LIMIT_CHAIN_CHECKS,
	                   .err = err};

	if (!leaf)
		return sgn_fail(err, SGN_E_INTERNAL, "chain without a leaf");
	s.path[0] = leaf;
	s.depth = 1;
	climb(&s);
	X509_free(s.open[0]);
	*out = s.best;
	return s.rc;
}
