/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "signer/base/mem.h"
#include "signer/base/thread.h"
#include "signer/pki/apple_certs.h"
#include "signer/pki/internal.h"

Test(pki_anchors, the_built_in_ones_are_parsed_once_and_in_the_order_of_the_table)
{
	struct sgn_anchors a;
	const struct sgn_cert *first, *again;
	size_t count;

	cr_assert_eq(sgn_anchors_load(NULL, 0, &a, NULL), 0);
	cr_assert_eq(sgn_anchors_apple(&a, &first, &count, NULL), 0);
	cr_assert_eq(count, sgn_apple_cert_count);
	cr_assert_eq(sgn_anchors_apple(&a, &again, &count, NULL), 0);
	cr_assert_eq(first, again);
	for (size_t i = 0; i < count; i++) {
		cr_assert(sgn_view_equal(first[i].der, sgn_apple_certs[i].der));
		cr_assert_eq(sgn_anchors_is_root(&a, &first[i]), sgn_apple_certs[i].anchor);
	}
	sgn_anchors_dispose(&a);
}

Test(pki_anchors, without_anchors_nothing_is_a_root)
{
	struct sgn_anchors none = {0}, a;
	const struct sgn_cert *apple;
	size_t count;

	cr_assert_eq(sgn_anchors_load(NULL, 0, &a, NULL), 0);
	cr_assert_eq(sgn_anchors_apple(&a, &apple, &count, NULL), 0);
	for (size_t i = 0; i < count; i++) {
		cr_assert_not(sgn_anchors_is_root(&none, &apple[i]));
		cr_assert_not(sgn_anchors_is_root(NULL, &apple[i]));
	}
	cr_assert_eq(sgn_anchors_apple(&none, &apple, &count, NULL), 0);
	cr_assert_eq(count, 0);
	sgn_anchors_dispose(&a);
	sgn_anchors_dispose(&none);
}

Test(pki_anchors, after_running_out_of_memory_they_can_be_asked_again)
{
	struct sgn_anchors a;
	const struct sgn_cert *apple;
	size_t count;

	cr_assert_eq(sgn_anchors_load(NULL, 0, &a, NULL), 0);
	sgn_mem_fail_after(1);
	cr_assert_eq(sgn_anchors_apple(&a, &apple, &count, NULL), SGN_E_NOMEM);
	sgn_mem_fail_after(0);
	cr_assert_null(apple);
	cr_assert_eq(sgn_anchors_apple(&a, &apple, &count, NULL), 0);
	cr_assert_eq(count, sgn_apple_cert_count);
	sgn_anchors_dispose(&a);
}

static void ask(void *arg)
{
	const struct sgn_cert *apple;
	size_t count;

	cr_assert_eq(sgn_anchors_apple(arg, &apple, &count, NULL), 0);
	cr_assert_eq(count, sgn_apple_cert_count);
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
