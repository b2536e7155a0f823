/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "signer/base/mem.h"
#include "signer/base/thread.h"
#include "signer/pki/apple_certs.h"
#include "signer/pki/internal.h"

/* One of the table by name and content; its first mention is enough. */
static const struct sgn_cert *get(const struct sgn_anchors *a, size_t i)
{
	const struct sgn_cert *cert;
	struct sgn_arena arena = {0};
	struct sgn_cert parsed;
	size_t at = 0;

	cr_assert_eq(sgn_cert_parse(sgn_apple_certs[i].der, &arena, &parsed, NULL), 0);
	do
		cr_assert_eq(sgn_anchors_named(a, parsed.subject_der, &at, &cert, NULL), 0);
	while (cert && !sgn_cert_same(cert, &parsed));
	sgn_arena_dispose(&arena);
	return cert;
}

Test(pki_anchors, each_built_in_one_is_found_by_its_name_and_parsed_once)
{
	struct sgn_anchors a;

	cr_assert_eq(sgn_anchors_load(NULL, 0, &a, NULL), 0);
	for (size_t i = 0; i < sgn_apple_cert_count; i++) {
		const struct sgn_cert *cert = get(&a, i);

		cr_assert_not_null(cert, "%s", sgn_apple_certs[i].file);
		cr_assert_eq(cert, get(&a, i));
		cr_assert_eq(sgn_anchors_is_root(&a, cert), sgn_apple_certs[i].anchor);
	}
	sgn_anchors_dispose(&a);
}

Test(pki_anchors, those_of_one_name_come_in_the_order_of_the_table)
{
	const struct sgn_cert *cert;
	struct sgn_anchors a;
	size_t at = 0, found = 0, last = 0;

	cr_assert_eq(sgn_anchors_load(NULL, 0, &a, NULL), 0);
	cert = get(&a, 0);
	for (struct sgn_view name = cert->subject_der; cert; last = at) {
		cr_assert_eq(sgn_anchors_named(&a, name, &at, &cert, NULL), 0);
		cr_assert(at > last || !cert);
		found += cert != NULL;
		if (cert)
			cr_assert(sgn_view_equal(cert->subject_der, name));
	}
	cr_assert_geq(found, 1);
	at = 0;
	cr_assert_eq(sgn_anchors_named(&a, sgn_view_str("nobody"), &at, &cert, NULL), 0);
	cr_assert_null(cert);
	sgn_anchors_dispose(&a);
}

Test(pki_anchors, without_anchors_nothing_is_a_root)
{
	struct sgn_anchors none = {0}, a;
	const struct sgn_cert *cert;
	size_t at = 0;

	cr_assert_eq(sgn_anchors_load(NULL, 0, &a, NULL), 0);
	for (size_t i = 0; i < sgn_apple_cert_count; i++) {
		cr_assert_not(sgn_anchors_is_root(&none, get(&a, i)));
		cr_assert_not(sgn_anchors_is_root(NULL, get(&a, i)));
	}
	cr_assert_eq(sgn_anchors_named(&none, get(&a, 0)->subject_der, &at, &cert, NULL), 0);
	cr_assert_null(cert);
	sgn_anchors_dispose(&a);
	sgn_anchors_dispose(&none);
}

Test(pki_anchors, after_running_out_of_memory_they_can_be_asked_again)
{
	struct sgn_arena arena = {0};
	const struct sgn_cert *cert;
	struct sgn_anchors a;
	unsigned refused = 0;

	cr_assert_eq(sgn_anchors_load(NULL, 0, &a, NULL), 0);
	for (size_t i = 0; i < sgn_apple_cert_count; i++) {
		struct sgn_cert parsed;
		size_t at = 0;

		cr_assert_eq(sgn_cert_parse(sgn_apple_certs[i].der, &arena, &parsed, NULL), 0);
		sgn_mem_fail_after(1);
		if (sgn_anchors_named(&a, parsed.subject_der, &at, &cert, NULL) == SGN_E_NOMEM) {
			cr_assert_null(cert);
			refused++;
		}
		sgn_mem_fail_after(0);
		cr_assert_not_null(get(&a, i));
	}
	cr_assert_gt(refused, 0, "some of them need more memory");
	sgn_arena_dispose(&arena);
	sgn_anchors_dispose(&a);
}

static void ask(void *arg)
{
	for (size_t i = 0; i < sgn_apple_cert_count; i++)
		cr_assert_not_null(get(arg, i));
}

Test(pki_anchors, several_threads_may_ask_first)
{
	struct sgn_thread *threads[4];
	struct sgn_anchors a;

	cr_assert_eq(sgn_anchors_load(NULL, 0, &a, NULL), 0);
	for (size_t i = 0; i < 4; i++) {
		threads[i] = sgn_thread_start(ask, &a);
		cr_assert_not_null(threads[i]);
	}
	for (size_t i = 0; i < 4; i++)
		sgn_thread_join(threads[i]);
	sgn_anchors_dispose(&a);
}
