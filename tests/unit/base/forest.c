/* SPDX-License-Identifier: Apache-2.0 */
/* sgn_parallel_forest() of signer/base/pool.c. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "signer/base/mem.h"
#include "signer/base/pool.h"

#define COUNT 600

TestSuite(base_forest, .timeout = 60);

struct grove {
	struct sgn_pool *pool;
	size_t parent[COUNT];
	int sum[COUNT]; /* plain on purpose: a child writes, its parent reads */
	atomic_int calls[COUNT];
	atomic_int busy[16];
	atomic_int wrong;
	size_t fail_from, fail_step;
};

/* Each index gets a later one as its parent, or none. */
static void plant(struct grove *g, unsigned seed)
{
	memset(g, 0, sizeof(*g));
	g->fail_from = SIZE_MAX;
	g->fail_step = 1;
	for (size_t i = 0; i < COUNT; i++) {
		size_t later = COUNT - 1 - i;

		seed = seed * 1103515245 + 12345;
		if (later == 0 || (seed >> 16) % 20 == 0)
			g->parent[i] = SIZE_MAX;
		else
			g->parent[i] = i + 1 + (seed >> 16) % (later < 9 ? later : 9);
	}
}

static int add_up(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct grove *g = arg;
	int sum = 1;

	if (worker >= sgn_pool_jobs(g->pool) || atomic_fetch_add(&g->busy[worker], 1) != 0)
		atomic_fetch_add(&g->wrong, 1);
	for (size_t k = 0; k < i; k++)
		if (g->parent[k] == i)
			sum += g->sum[k];
	g->sum[i] = sum;
	atomic_fetch_add(&g->calls[i], 1);
	if (worker < 16)
		atomic_fetch_sub(&g->busy[worker], 1);
	if (i >= g->fail_from && (i - g->fail_from) % g->fail_step == 0)
		return sgn_fail(err, SGN_E_FORMAT, "index %zu", i);
	return 0;
}

static struct grove grove;

Test(base_forest, every_parent_runs_after_its_children_and_sees_what_they_wrote)
{
	for (unsigned jobs = 1; jobs <= 8; jobs++) {
		struct sgn_pool *pool = sgn_pool_new(jobs);
		int total = 0;

		plant(&grove, jobs);
		grove.pool = pool;
		cr_assert_eq(sgn_parallel_forest(pool, COUNT, grove.parent, add_up, &grove, NULL),
		             0);
		for (size_t i = 0; i < COUNT; i++) {
			cr_assert_eq(atomic_load(&grove.calls[i]), 1, "index %zu", i);
			if (grove.parent[i] == SIZE_MAX)
				total += grove.sum[i];
		}
		cr_expect_eq(total, COUNT);
		cr_expect_eq(atomic_load(&grove.wrong), 0, "no worker number twice at a time");
		sgn_pool_free(pool);
	}
}

Test(base_forest, no_pool_and_no_items_are_fine)
{
	plant(&grove, 7);
	cr_expect_eq(sgn_parallel_forest(NULL, 0, NULL, add_up, &grove, NULL), 0);
	cr_expect_eq(sgn_parallel_forest(NULL, COUNT, grove.parent, add_up, &grove, NULL), 0);
	cr_expect_eq(atomic_load(&grove.calls[COUNT - 1]), 1);
}

Test(base_forest, the_lowest_failure_wins_and_no_ancestor_of_it_runs)
{
	for (unsigned jobs = 1; jobs <= 6; jobs++) {
		struct sgn_pool *pool = sgn_pool_new(jobs);

		for (size_t first = 0; first < COUNT; first += 37) {
			struct sgn_error err = SGN_ERROR_INIT;
			char want[32];

			plant(&grove, (unsigned)first);
			grove.pool = pool;
			grove.fail_from = first;
			grove.fail_step = 3;
			snprintf(want, sizeof(want), "index %zu", first);
			cr_assert_eq(sgn_parallel_forest(pool, COUNT, grove.parent, add_up, &grove,
			                                 &err),
			             SGN_E_FORMAT);
			cr_assert_str_eq(err.text, want);
			for (size_t i = 0; i <= first; i++)
				cr_assert_eq(atomic_load(&grove.calls[i]), 1, "below: %zu", i);
			for (size_t i = grove.parent[first]; i != SIZE_MAX; i = grove.parent[i])
				cr_assert_eq(atomic_load(&grove.calls[i]), 0, "above: %zu", i);
			sgn_error_dispose(&err);
		}
		sgn_pool_free(pool);
	}
}

Test(base_forest, a_parent_that_comes_too_early_is_a_bug_and_not_an_endless_wait)
{
	static const size_t bad[][3] = {
		{0, SIZE_MAX, SIZE_MAX}, {1, 0, SIZE_MAX}, {3, 2, SIZE_MAX}};
	struct sgn_pool *pool = sgn_pool_new(2);

	plant(&grove, 1);
	for (size_t i = 0; i < SGN_ARRAY_LEN(bad); i++)
		cr_expect_eq(sgn_parallel_forest(pool, 3, bad[i], add_up, &grove, NULL),
		             SGN_E_INTERNAL);
	cr_expect_eq(atomic_load(&grove.calls[0]), 0);
	sgn_pool_free(pool);
}

/* Long chains beside each other: most of the time nothing is ready but what was just finished. */
Test(base_forest, chains_end)
{
	struct sgn_pool *pool = sgn_pool_new(4);

	for (int round = 0; round < 50; round++) {
		plant(&grove, 0);
		grove.pool = pool;
		for (size_t i = 0; i < COUNT; i++)
			grove.parent[i] = i + 3 < COUNT ? i + 3 : SIZE_MAX;
		cr_assert_eq(sgn_parallel_forest(pool, COUNT, grove.parent, add_up, &grove, NULL),
		             0);
		cr_assert_eq(grove.sum[COUNT - 1], COUNT / 3);
	}
	sgn_pool_free(pool);
}

/* --- early release -------------------------------------------------------------------------------- */

struct wave {
	struct sgn_pool *pool;
	size_t count;
	size_t fail_at;     /* after its parent has run */
	atomic_int begun;   /* nodes inside */
	atomic_bool lonely; /* somebody waited in vain for the others */
	int value[64];      /* plain on purpose: a child writes, its parent reads */
	size_t parent[64];
};

/* Gives its value away, and then stays until all nodes are inside. */
static int wait_for_all(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct wave *w = arg;

	(void)worker;
	w->value[i] = i == 0 ? 1 : w->value[i - 1] + 1;
	sgn_forest_release(w->pool, w, i);
	sgn_forest_release(w->pool, w, i);
	atomic_fetch_add(&w->begun, 1);
	for (int ms = 0; atomic_load(&w->begun) < (int)w->count; ms++) {
		if (ms == 20000) {
			atomic_store(&w->lonely, true);
			break;
		}
		usleep(1000);
	}
	return i >= w->fail_at ? sgn_fail(err, SGN_E_FORMAT, "node %zu", i) : 0;
}

static void chain(struct wave *w, size_t count)
{
	*w = (struct wave){
		.pool = sgn_pool_new((unsigned)count), .count = count, .fail_at = SIZE_MAX};
	for (size_t i = 0; i < count; i++)
		w->parent[i] = i + 1 < count ? i + 1 : SIZE_MAX;
}

Test(base_forest, a_chain_of_released_nodes_is_inside_all_at_once)
{
	struct wave w;

	chain(&w, 12);
	cr_expect_eq(sgn_parallel_forest(w.pool, w.count, w.parent, wait_for_all, &w, NULL), 0);
	cr_expect_not(atomic_load(&w.lonely));
	cr_expect_eq(w.value[11], 12, "each saw what its child had written");
	sgn_pool_free(w.pool);
}

Test(base_forest, a_failure_after_the_release_is_told_although_the_parents_were_well)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct wave w;

	for (size_t at = 0; at < 6; at++) {
		chain(&w, 6);
		w.fail_at = at;
		cr_expect_eq(sgn_parallel_forest(w.pool, 6, w.parent, wait_for_all, &w, &err),
		             SGN_E_FORMAT);
		cr_expect(strlen(err.text) == 6 && err.text[5] == (char)('0' + at), "%s", err.text);
		cr_expect_eq(atomic_load(&w.begun), 6);
		sgn_pool_free(w.pool);
	}
	sgn_error_dispose(&err);
}

static int release_and_fail(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct wave *w = arg;

	(void)worker;
	atomic_fetch_add(&w->begun, 1);
	sgn_forest_release(w->pool, w, i);
	return i == w->fail_at ? sgn_fail(err, SGN_E_FORMAT, "node %zu", i) : 0;
}

Test(base_forest, release_is_nothing_where_nodes_run_one_after_the_other)
{
	struct wave w;

	chain(&w, 5);
	sgn_pool_free(w.pool);
	w.pool = NULL;
	cr_expect_eq(sgn_parallel_forest(NULL, 5, w.parent, release_and_fail, &w, NULL), 0);
	w.pool = sgn_pool_new(1);
	w.fail_at = 1;
	cr_expect_eq(sgn_parallel_forest(w.pool, 5, w.parent, release_and_fail, &w, NULL),
	             SGN_E_FORMAT);
	cr_expect_eq(atomic_load(&w.begun), 5 + 2, "a failed node's parent does not run");
	sgn_pool_free(w.pool);
}

Test(base_forest, a_release_concerns_its_own_forest_only)
{
	struct wave w;

	for (int round = 0; round < 200; round++) {
		chain(&w, 8);
		/* Two trees; nobody runs twice, nobody is left out. */
		w.parent[3] = SIZE_MAX;
		cr_assert_eq(sgn_parallel_forest(w.pool, 8, w.parent, release_and_fail, &w, NULL),
		             0);
		cr_assert_eq(atomic_load(&w.begun), 8);
		sgn_pool_free(w.pool);
	}
}

/* --- calls inside --------------------------------------------------------------------------------- */

struct nested {
	struct sgn_pool *pool;
	atomic_int busy[16];
	atomic_int inside, most, leaves, wrong;
};

struct inner {
	struct nested *top;
	atomic_int busy[16];
};

static int leaf(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct inner *in = arg;
	int now = atomic_fetch_add(&in->top->inside, 1) + 1;
	int most = atomic_load(&in->top->most);

	(void)i;
	(void)err;
	if (worker >= sgn_pool_jobs(in->top->pool) || atomic_fetch_add(&in->busy[worker], 1) != 0)
		atomic_fetch_add(&in->top->wrong, 1);
	while (now > most && !atomic_compare_exchange_weak(&in->top->most, &most, now))
		;
	usleep(2000);
	atomic_fetch_add(&in->top->leaves, 1);
	atomic_fetch_sub(&in->busy[worker], 1);
	atomic_fetch_sub(&in->top->inside, 1);
	return 0;
}

static int call_inside(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct inner in = {.top = arg};
	int rc;

	(void)i;
	if (atomic_fetch_add(&in.top->busy[worker], 1) != 0)
		atomic_fetch_add(&in.top->wrong, 1);
	rc = sgn_parallel_for(in.top->pool, 40, leaf, &in, err);
	atomic_fetch_sub(&in.top->busy[worker], 1);
	return rc;
}

Test(base_forest, calls_from_inside_use_every_idle_thread_the_callers_too)
{
	/* A chain: one node at a time, so only inner calls can keep three threads busy. */
	static const size_t chain[] = {1, 2, 3, 4, 5, SIZE_MAX};

	for (unsigned jobs = 2; jobs <= 4; jobs++) {
		struct nested top = {.pool = sgn_pool_new(jobs)};

		cr_assert_eq(sgn_parallel_forest(top.pool, 6, chain, call_inside, &top, NULL), 0);
		cr_expect_eq(atomic_load(&top.leaves), 6 * 40);
		cr_expect_eq(atomic_load(&top.most), (int)jobs);
		cr_expect_eq(atomic_load(&top.wrong), 0);
		sgn_pool_free(top.pool);
	}
}

static int forest_inside(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	static const size_t parent[] = {2, 2, 5, 5, 5, SIZE_MAX};
	struct nested *top = arg;

	(void)worker;
	(void)i;
	/* Its own numbers. */
	struct nested below = {.pool = top->pool};
	int rc = sgn_parallel_forest(top->pool, 6, parent, call_inside, &below, err);

	atomic_fetch_add(&top->leaves, atomic_load(&below.leaves));
	atomic_fetch_add(&top->wrong, atomic_load(&below.wrong));
	return rc;
}

Test(base_forest, forests_in_loops_in_forests_do_not_wait_for_each_other)
{
	struct nested top = {.pool = sgn_pool_new(3)};

	cr_assert_eq(sgn_parallel_for(top.pool, 4, forest_inside, &top, NULL), 0);
	cr_expect_eq(atomic_load(&top.leaves), 4 * 6 * 40);
	cr_expect_eq(atomic_load(&top.wrong), 0);
	sgn_pool_free(top.pool);
}

Test(base_forest, lack_of_memory_is_reported)
{
	struct sgn_pool *pool = sgn_pool_new(2);

	plant(&grove, 3);
	grove.pool = pool;
	for (unsigned long n = 1; n <= 3; n++) {
		sgn_mem_fail_after(n);
		cr_expect_eq(sgn_parallel_forest(pool, COUNT, grove.parent, add_up, &grove, NULL),
		             SGN_E_NOMEM);
		sgn_mem_fail_after(0);
	}
	sgn_pool_free(pool);
}
