/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a context remembers of certificates, asked by several threads at once from the first moment on:
 * each must hear what is true without a memory. A plain program, because ThreadSanitizer and Criterion do
 * not go together.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/compiler.h"
#include "signer/base/mem.h"
#include "signer/base/pool.h"
#include "signer/pki/apple_certs.h"
#include "signer/pki/internal.h"

#define ROUNDS  10
#define CALLERS 8

struct work {
	struct sgn_known *known;
	size_t count;
	bool *signed_by; /* [child * count + upper] */
	bool wrong[CALLERS];
};

static bool signed_by(struct sgn_known *k, const struct sgn_cert *child,
                      const struct sgn_cert *upper)
{
	X509 *x_child = NULL, *x_upper = NULL;
	bool is = sgn_known_signed(k, child, &x_child, upper, &x_upper);

	X509_free(x_child);
	X509_free(x_upper);
	return is;
}

/* Compares all pairs with what is in the table, or fills it in. */
static bool ask_all(struct work *w, struct sgn_known *known, bool fill)
{
	struct sgn_arena arena = {0};
	struct sgn_cert *certs = sgn_arena_array(&arena, w->count, sizeof(*certs));
	bool ok = certs != NULL;

	for (size_t i = 0; ok && i < w->count; i++)
		ok = sgn_known_parse(known, sgn_apple_certs[i].der, &arena, &certs[i], NULL) == 0;
	for (size_t i = 0; ok && i < w->count * w->count; i++) {
		const struct sgn_cert *child = &certs[i / w->count], *upper = &certs[i % w->count];
		bool is = sgn_view_equal(child->issuer_der, upper->subject_der) &&
		          signed_by(known, child, upper);

		if (fill)
			w->signed_by[i] = is;
		ok = w->signed_by[i] == is;
	}
	sgn_arena_dispose(&arena);
	return ok;
}

static int caller(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct work *w = arg;

	SGN_UNUSED(worker);
	SGN_UNUSED(err);
	w->wrong[i] |= !ask_all(w, w->known, false);
	return 0;
}

int main(void)
{
	struct work w = {.count = sgn_apple_cert_count};
	struct sgn_pool *pool = sgn_pool_new(4);
	size_t links = 0, failures = 0;

	w.signed_by = sgn_calloc(w.count * w.count, sizeof(*w.signed_by));
	if (!pool || !w.signed_by || !ask_all(&w, NULL, true))
		return 2;
	for (int i = 0; i < ROUNDS; i++) {
		if (sgn_known_new(&w.known, NULL) != 0 ||
		    sgn_parallel_for(pool, CALLERS, caller, &w, NULL) != 0)
			return 2;
		sgn_known_free(w.known);
	}
	for (size_t i = 0; i < w.count * w.count; i++)
		links += w.signed_by[i];
	for (size_t i = 0; i < CALLERS; i++)
		failures += w.wrong[i];
	sgn_pool_free(pool);
	sgn_free(w.signed_by);
	printf("%zu certificates, %zu links, %zu callers of %d wrong\n", w.count, links, failures,
	       CALLERS);
	return failures || links < w.count / 2 ? 1 : 0;
}
