/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/pool.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "signer/base/mem.h"
#include "signer/base/thread.h"

/* More than any machine has use for, and a bound for the scratch buffers that callers keep. */
#define MAX_JOBS 1024

/* One sgn_parallel_for(). It lives on the caller's stack: the caller leaves only when runners is 0. */
struct job {
	struct job *next;
	int (*fn)(void *arg, unsigned worker, size_t i, struct sgn_error *err);
	void *arg;
	atomic_size_t taken;  /* the next index that nobody has begun */
	atomic_size_t failed; /* lowest failed index so far; count: none */
	unsigned runners;     /* pool threads inside run_job(); under the pool's lock */
	int rc;               /* of index failed; this and error under the pool's lock */
	struct sgn_error error;
};

struct worker {
	struct sgn_pool *pool;
	unsigned number; /* 1 .. jobs - 1; 0 is whoever called */
	struct sgn_thread *thread;
};

struct sgn_pool {
	unsigned jobs;
	struct sgn_mutex *lock;
	struct sgn_cond *work; /* there may be something in list, or it is time to stop */
	struct sgn_cond *idle; /* the last runner has left a job */
	struct job *list;      /* newest first: inner calls end before outer ones */
	struct worker *workers;
	unsigned started;
	bool start_tried;
	bool stop;
};

struct sgn_pool *sgn_pool_new(unsigned jobs)
{
	struct sgn_pool *pool = sgn_calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->jobs = jobs ? jobs : sgn_cpu_count();
	if (pool->jobs > MAX_JOBS)
		pool->jobs = MAX_JOBS;
	pool->lock = sgn_mutex_new();
	pool->work = sgn_cond_new();
	pool->idle = sgn_cond_new();
	pool->workers = sgn_calloc(pool->jobs, sizeof(*pool->workers));
	if (!pool->lock || !pool->work || !pool->idle || !pool->workers) {
		sgn_pool_free(pool);
		return NULL;
	}
	return pool;
}

void sgn_pool_free(struct sgn_pool *pool)
{
	if (!pool)
		return;
	if (pool->started) {
		sgn_mutex_lock(pool->lock);
		pool->stop = true;
		sgn_cond_wake_all(pool->work);
		sgn_mutex_unlock(pool->lock);
	}
	for (unsigned i = 0; i < pool->started; i++)
		sgn_thread_join(pool->workers[i].thread);
	sgn_free(pool->workers);
	sgn_cond_free(pool->idle);
	sgn_cond_free(pool->work);
	sgn_mutex_free(pool->lock);
	sgn_free(pool);
}

unsigned sgn_pool_jobs(const struct sgn_pool *pool)
{
	return pool ? pool->jobs : 1;
}

/* Keeps the failure of the lowest index; takes over the content of error. */
static void note_failure(struct sgn_pool *pool, struct job *job, size_t i, int rc,
                         struct sgn_error *error)
{
	sgn_mutex_lock(pool->lock);
	if (i < atomic_load(&job->failed)) {
		atomic_store(&job->failed, i);
		job->rc = rc;
		sgn_error_move(&job->error, error);
	}
	sgn_mutex_unlock(pool->lock);
	sgn_error_dispose(error);
}

/*
 * Indexes are handed out in rising order. So when one fails, all lower ones have been begun, and the
 * lowest index that can fail is always run, whatever the timing.
 */
static void run_job(struct sgn_pool *pool, struct job *job, unsigned worker)
{
	for (;;) {
		size_t i = atomic_fetch_add(&job->taken, 1);
		struct sgn_error error = SGN_ERROR_INIT;
		int rc;

		if (i >= atomic_load(&job->failed))
			return;
		rc = job->fn(job->arg, worker, i, &error);
		if (rc != 0)
			note_failure(pool, job, i, rc, &error);
		else
			sgn_error_dispose(&error);
	}
}

/* A job with an index left to begin; under the lock. */
static struct job *find_job(const struct sgn_pool *pool)
{
	for (struct job *job = pool->list; job; job = job->next)
		if (atomic_load(&job->taken) < atomic_load(&job->failed))
			return job;
	return NULL;
}

static void worker_main(void *arg)
{
	struct worker *self = arg;
	struct sgn_pool *pool = self->pool;

	sgn_mutex_lock(pool->lock);
	while (!pool->stop) {
		struct job *job = find_job(pool);

		if (!job) {
			sgn_cond_wait(pool->work, pool->lock);
			continue;
		}
		job->runners++;
		sgn_mutex_unlock(pool->lock);
		run_job(pool, job, self->number);
		sgn_mutex_lock(pool->lock);
		if (--job->runners == 0)
			sgn_cond_wake_all(pool->idle);
	}
	sgn_mutex_unlock(pool->lock);
}

/* Under the lock. Fewer threads than wanted are no failure: the caller works in any case. */
static void start_workers(struct sgn_pool *pool)
{
	if (pool->start_tried)
		return;
	pool->start_tried = true;
	while (pool->started + 1 < pool->jobs) {
		struct worker *w = &pool->workers[pool->started];

		w->pool = pool;
		w->number = pool->started + 1;
		w->thread = sgn_thread_start(worker_main, w);
		if (!w->thread)
			return;
		pool->started++;
	}
}

static void publish(struct sgn_pool *pool, struct job *job)
{
	sgn_mutex_lock(pool->lock);
	start_workers(pool);
	job->next = pool->list;
	pool->list = job;
	sgn_cond_wake_all(pool->work);
	sgn_mutex_unlock(pool->lock);
}

/* Nobody can join the job any more; waits for those who have. */
static void withdraw(struct sgn_pool *pool, struct job *job)
{
	struct job **link = &pool->list;

	sgn_mutex_lock(pool->lock);
	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
	while (job->runners > 0)
		sgn_cond_wait(pool->idle, pool->lock);
	sgn_mutex_unlock(pool->lock);
}

static int run_inline(size_t count,
                      int (*fn)(void *arg, unsigned worker, size_t i, struct sgn_error *err),
                      void *arg, struct sgn_error *err)
{
	for (size_t i = 0; i < count; i++) {
		int rc = fn(arg, 0, i, err);

		if (rc != 0)
			return rc;
	}
	return 0;
}

int sgn_parallel_for(struct sgn_pool *pool, size_t count,
                     int (*fn)(void *arg, unsigned worker, size_t i, struct sgn_error *err),
                     void *arg, struct sgn_error *err)
{
	struct job job = {.fn = fn, .arg = arg, .error = SGN_ERROR_INIT};

	if (!pool || pool->jobs == 1 || count <= 1)
		return run_inline(count, fn, arg, err);
	atomic_init(&job.taken, 0);
	atomic_init(&job.failed, count);
	publish(pool, &job);
	run_job(pool, &job, 0);
	withdraw(pool, &job);
	if (job.rc != 0)
		sgn_error_move(err, &job.error);
	return job.rc;
}
