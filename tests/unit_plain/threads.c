/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker pool, shared patterns and the table of temporary files under load: loops and forests with
 * calls inside, several callers, failures, and a clean-up that meets files being opened and closed. A plain program, because ThreadSanitizer and
 * Criterion do not go together.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/compiler.h"
#include "signer/base/pool.h"
#include "signer/base/regex.h"
#include "signer/base/temps.h"
#include "signer/base/thread.h"

#define CALLERS 4
#define ROUNDS  200
#define OUTER   20
#define INNER   30

static atomic_int failures;

static void expect(bool ok, const char *what)
{
	if (ok)
		return;
	atomic_fetch_add(&failures, 1);
	printf("FAILED %s\n", what);
}

struct work {
	struct sgn_pool *pool;
	int cells[OUTER][INNER]; /* plain on purpose: each is one worker's, and then the caller's */
	int fail_at;             /* row from which on all fail; OUTER: none */
};

struct row {
	struct work *work;
	size_t number;
};

static int fill_cell(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	const struct row *row = arg;

	SGN_UNUSED(worker);
	SGN_UNUSED(err);
	row->work->cells[row->number][i]++;
	return 0;
}

static int fill_row(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct work *work = arg;
	struct row row = {work, i};

	SGN_UNUSED(worker);
	if ((int)i >= work->fail_at)
		return sgn_fail(err, SGN_E_FORMAT, "row %zu", i);
	return sgn_parallel_for(work->pool, INNER, fill_cell, &row, err);
}

static void one_round(struct sgn_pool *pool, int fail_at)
{
	struct work work = {.pool = pool, .fail_at = fail_at};
	struct sgn_error err = SGN_ERROR_INIT;
	char want[32];
	int rc = sgn_parallel_for(pool, OUTER, fill_row, &work, &err);

	snprintf(want, sizeof(want), "row %d", fail_at);
	expect(rc == (fail_at < OUTER ? SGN_E_FORMAT : 0), "the status");
	expect(fail_at == OUTER || strcmp(err.text, want) == 0, "the lowest failure wins");
	for (int r = 0; r < fail_at; r++)
		for (int c = 0; c < INNER; c++)
			expect(work.cells[r][c] == 1, "each cell is filled once");
	sgn_error_dispose(&err);
}

struct grove {
	struct work work; /* a node fills its row */
	const struct sgn_regex *digits;
	size_t parent[OUTER];
	int sum[OUTER]; /* plain on purpose: a child writes, its parent reads */
};

static int grow_node(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	struct grove *g = arg;
	char text[32];

	g->sum[i] = 1;
	for (size_t k = 0; k < i; k++)
		if (g->parent[k] == i)
			g->sum[i] += g->sum[k];
	snprintf(text, sizeof(text), "node %zu", i);
	expect(sgn_regex_search(g->digits, text), "the pattern is found");
	if (i % 2 == 0)
		sgn_forest_release(g->work.pool, g, i);
	return fill_row(&g->work, worker, i, err);
}

static void one_forest(struct sgn_pool *pool, const struct sgn_regex *digits, size_t span,
                       int fail_at)
{
	struct grove g = {.work = {.pool = pool, .fail_at = fail_at}, .digits = digits};
	struct sgn_error err = SGN_ERROR_INIT;
	int rc, total = 0;

	for (size_t i = 0; i < OUTER; i++)
		g.parent[i] = i + span < OUTER ? i + 1 + i % span : SIZE_MAX;
	rc = sgn_parallel_forest(pool, OUTER, g.parent, grow_node, &g, &err);
	expect(rc == (fail_at < OUTER ? SGN_E_FORMAT : 0), "the status of a forest");
	for (size_t i = 0; i < OUTER; i++)
		total += g.parent[i] == SIZE_MAX ? g.sum[i] : 0;
	expect(rc != 0 || total == OUTER, "each node is counted by its parent");
	sgn_error_dispose(&err);
}

struct shared {
	struct sgn_pool *pool;
	struct sgn_regex *digits;
};

static void caller(void *arg)
{
	static const char *const names[] = {"/nonexistent/signet-a", "/nonexistent/signet-b"};
	const struct shared *shared = arg;
	char mine[2][32];

	for (int i = 0; i < ROUNDS; i++) {
		one_round(shared->pool, i % 3 ? OUTER : i % OUTER);
		one_forest(shared->pool, shared->digits, 1 + (size_t)i % 5,
		           i % 4 ? OUTER : i % OUTER);
		for (int k = 0; k < 2; k++) {
			snprintf(mine[k], sizeof(mine[k]), "%s", names[k]);
			sgn_temps_add(mine[k]);
		}
		sgn_temps_unlink_all();
		for (int k = 0; k < 2; k++) {
			sgn_temps_forget(mine[k]);
			memset(mine[k], 0, sizeof(mine[k]));
		}
	}
}

int main(void)
{
	struct shared shared = {.pool = sgn_pool_new(4)};
	struct sgn_thread *threads[CALLERS];

	if (!shared.pool || sgn_regex_new(" [0-9]+$", &shared.digits, NULL) != 0)
		return 2;
	for (int i = 0; i < CALLERS; i++) {
		threads[i] = sgn_thread_start(caller, &shared);
		if (!threads[i])
			return 2;
	}
	caller(&shared);
	for (int i = 0; i < CALLERS; i++)
		sgn_thread_join(threads[i]);
	sgn_regex_free(shared.digits);
	sgn_pool_free(shared.pool);
	printf("%d callers of %d rounds, %d failures\n", CALLERS + 1, ROUNDS,
	       atomic_load(&failures));
	return atomic_load(&failures) ? 1 : 0;
}
