/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/pool.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "signer/base/mem.h"

#define COUNT 5000

struct counted {
	atomic_int calls[COUNT];
	atomic_int busy[8]; /* by worker */
	atomic_int clashes;
	unsigned jobs;
};

static int count_call(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct counted *c = arg;

	(void)err;
	if (worker >= c->jobs || atomic_fetch_add(&c->busy[worker], 1) != 0)
		atomic_fetch_add(&c->clashes, 1);
	atomic_fetch_add(&c->calls[i], 1);
	if (worker < c->jobs)
		atomic_fetch_sub(&c->busy[worker], 1);
	return 0;
}

static void check_counts(struct sgn_pool *pool, size_t count)
{
	static struct counted c;

	memset(&c, 0, sizeof(c));
	c.jobs = sgn_pool_jobs(pool);
	cr_assert_eq(sgn_parallel_for(pool, count, count_call, &c, NULL), 0);
	for (size_t i = 0; i < COUNT; i++)
		cr_assert_eq(atomic_load(&c.calls[i]), i < count, "index %zu of %zu", i, count);
	cr_assert_eq(atomic_load(&c.clashes), 0);
}

Test(base_pool, every_index_is_called_once_and_workers_do_not_clash)
{
	static const size_t counts[] = {0, 1, 2, 7, 8, 9, COUNT};

	for (unsigned jobs = 1; jobs <= 8; jobs++) {
		struct sgn_pool *pool = sgn_pool_new(jobs);

		cr_assert_eq(sgn_pool_jobs(pool), jobs);
		for (size_t i = 0; i < SGN_ARRAY_LEN(counts); i++)
			check_counts(pool, counts[i]);
		sgn_pool_free(pool);
	}
}

Test(base_pool, no_pool_runs_inline)
{
	check_counts(NULL, 100);
	sgn_pool_free(NULL);
}

static int fail_from(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	(void)worker;
	if (i < *(const size_t *)arg)
		return 0;
	/* The lowest one fails last. */
	if (i == *(const size_t *)arg)
		usleep(300);
	return sgn_fail(err, i % 2 ? SGN_E_FORMAT : SGN_E_LIMIT, "index %zu", i);
}

Test(base_pool, the_lowest_failure_wins_whatever_the_timing)
{
	for (unsigned jobs = 1; jobs <= 8; jobs += 3) {
		struct sgn_pool *pool = sgn_pool_new(jobs);

		for (size_t first = 0; first < 60; first++) {
			struct sgn_error err = SGN_ERROR_INIT;
			char want[32];

			snprintf(want, sizeof(want), "index %zu", first);
			cr_assert_eq(sgn_parallel_for(pool, 64, fail_from, &first, &err),
			             first % 2 ? SGN_E_FORMAT : SGN_E_LIMIT);
			cr_assert_str_eq(err.text, want);
			sgn_error_dispose(&err);
		}
		sgn_pool_free(pool);
	}
}

static int fail_and_count(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	(void)worker;
	atomic_fetch_add((atomic_int *)arg, 1);
	return i == 3 ? sgn_fail(err, SGN_E_IO, "x") : 0;
}

Test(base_pool, work_after_a_failure_is_skipped)
{
	struct sgn_pool *pool = sgn_pool_new(4);
	atomic_int calls = 0;

	cr_assert_eq(sgn_parallel_for(pool, 1000000, fail_and_count, &calls, NULL), SGN_E_IO);
	cr_assert(atomic_load(&calls) >= 4);
	cr_assert(atomic_load(&calls) < 1000000);
	sgn_pool_free(pool);
}

struct nested {
	struct sgn_pool *pool;
	unsigned depth;
	atomic_int leaves;
};

struct level {
	struct nested *top;
	unsigned depth;
};

static int descend(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	const struct level *here = arg;
	struct level below = {here->top, here->depth + 1};

	(void)worker;
	(void)i;
	if (here->depth == here->top->depth) {
		atomic_fetch_add(&here->top->leaves, 1);
		return 0;
	}
	return sgn_parallel_for(here->top->pool, 5, descend, &below, err);
}

Test(base_pool, calls_from_inside_calls_do_not_wait_for_each_other, .timeout = 60)
{
	struct nested top = {sgn_pool_new(3), 3, 0};
	struct level first = {&top, 0};

	cr_assert_eq(sgn_parallel_for(top.pool, 5, descend, &first, NULL), 0);
	cr_assert_eq(atomic_load(&top.leaves), 5 * 5 * 5 * 5);
	sgn_pool_free(top.pool);
}

struct helping {
	struct sgn_pool *pool;
	pthread_t caller;
	atomic_int begun, inside;
	atomic_bool met;
};

/* Ends when two threads are here at once, or after a while. */
static int meet(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct helping *h = arg;

	(void)worker;
	(void)i;
	(void)err;
	if (atomic_fetch_add(&h->inside, 1) == 1)
		atomic_store(&h->met, true);
	for (int waited = 0; waited < 20000 && !atomic_load(&h->met); waited++)
		usleep(1000);
	return 0;
}

/* Both begin; the caller has nothing more to do then, and the other one makes a call. */
static int call_from_inside(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct helping *h = arg;

	(void)worker;
	(void)i;
	atomic_fetch_add(&h->begun, 1);
	while (atomic_load(&h->begun) < 2)
		usleep(100);
	if (pthread_equal(pthread_self(), h->caller))
		return 0;
	usleep(2000);
	return sgn_parallel_for(h->pool, 2, meet, h, err);
}

Test(base_pool, who_waits_for_others_helps_with_their_calls, .timeout = 60)
{
	struct helping h = {.pool = sgn_pool_new(2), .caller = pthread_self()};

	cr_assert_eq(sgn_parallel_for(h.pool, 2, call_from_inside, &h, NULL), 0);
	cr_assert(atomic_load(&h.met));
	sgn_pool_free(h.pool);
}

static int add_one(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	(void)worker;
	(void)err;
	((int *)arg)[i]++;
	return 0;
}

static void *many_calls(void *arg)
{
	static _Thread_local int sums[50];

	memset(sums, 0, sizeof(sums));
	for (int round = 0; round < 100; round++)
		if (sgn_parallel_for(arg, 50, add_one, sums, NULL) != 0)
			return arg;
	for (int i = 0; i < 50; i++)
		if (sums[i] != 100)
			return arg;
	return NULL;
}

Test(base_pool, several_threads_share_one_pool, .timeout = 60)
{
	struct sgn_pool *pool = sgn_pool_new(3);
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, many_calls, pool), 0);
	for (int i = 0; i < 4; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		cr_assert_null(failed);
	}
	sgn_pool_free(pool);
}

Test(base_pool, a_pool_that_gets_no_threads_still_works)
{
	struct sgn_pool *pool = sgn_pool_new(4);

	sgn_mem_fail_after(1);
	check_counts(pool, 100);
	sgn_mem_fail_after(0);
	sgn_pool_free(pool);
}

Test(base_pool, lack_of_memory_gives_no_pool)
{
	for (unsigned long n = 1; n <= 5; n++) {
		sgn_mem_fail_after(n);
		cr_assert_null(sgn_pool_new(2));
		sgn_mem_fail_after(0);
	}
}

Test(base_pool, zero_jobs_means_the_cpus_that_we_may_use)
{
	struct sgn_pool *pool = sgn_pool_new(0);

	cr_assert(sgn_cpu_count() >= 1);
	cr_assert_eq(sgn_pool_jobs(pool), sgn_cpu_count());
	cr_assert_eq(sgn_pool_jobs(NULL), 1);
	sgn_pool_free(pool);
}
