/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/pool.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "signer/base/mem.h"
#include "signer/base/thread.h"

/* More than any machine has use for, and a bound for the scratch buffers that callers keep. */
#define MAX_JOBS 1024

/*
 * The order of a sgn_parallel_forest(). All but attention under the pool's lock: a node is a whole piece
 * of work, so that a lock per node costs nothing.
 */
struct forest {
	const size_t *parent;
	size_t *waiting; /* children of each node that have neither returned 0 nor been released */
	bool *released;  /* the node's parent does not wait for it any more */
	size_t *ready;   /* a stack: what became ready last is warmest in the caches */
	size_t ready_count;
	size_t running;
	atomic_bool attention; /* for a caller that helps elsewhere: look here again */
};

/*
 * One sgn_parallel_for() or sgn_parallel_forest(). It lives on the caller's stack: the caller leaves only
 * when runners is 0.
 */
struct job {
	struct job *next;
	const struct job *outer; /* what the caller was inside of; NULL: nothing */
	int (*fn)(void *arg, unsigned worker, size_t i, struct sgn_error *err);
	void *arg;
	struct forest *forest; /* NULL: plain indexes */
	atomic_size_t taken;   /* the next index that nobody has begun; not for a forest */
	atomic_size_t failed;  /* lowest failed index so far; count: none */
	unsigned owner;        /* the caller's worker number */
	bool zero_taken;  /* number 0 is in use; this, runners, rc, error under the pool's lock */
	unsigned runners; /* other threads inside the job */
	atomic_bool deserted; /* for a caller that helps elsewhere: the last of them has left */
	int rc;               /* of index failed */
	struct sgn_error error;
};

/* The innermost job that this thread works in. */
static _Thread_local const struct job *inside;

struct worker {
	struct sgn_pool *pool;
	unsigned number; /* 1 .. jobs - 1; 0 is a thread that is not ours */
	struct sgn_thread *thread;
};

struct sgn_pool {
	unsigned jobs;
	struct sgn_mutex *lock;
	struct sgn_cond *work; /* something to do in list, a forest has ended, or time to stop */
	struct sgn_cond *idle; /* the last runner has left a job, or there is a new one */
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

/* Under the lock: keeps the failure of the lowest index; takes over the content of error. */
static void keep_lowest(struct job *job, size_t i, int rc, struct sgn_error *error)
{
	if (i >= atomic_load(&job->failed))
		return;
	atomic_store(&job->failed, i);
	job->rc = rc;
	sgn_error_move(&job->error, error);
}

/*
 * Indexes are handed out in rising order. So when one fails, all lower ones have been begun, and the
 * lowest index that can fail is always run, whatever the timing. leave: a reason to stop early; or NULL.
 */
static void run_plain(struct sgn_pool *pool, struct job *job, unsigned worker,
                      const atomic_bool *leave)
{
	while (!leave || !atomic_load(leave)) {
		size_t i = atomic_fetch_add(&job->taken, 1);
		struct sgn_error error = SGN_ERROR_INIT;
		int rc;

		if (i >= atomic_load(&job->failed))
			return;
		rc = job->fn(job->arg, worker, i, &error);
		if (rc != 0) {
			sgn_mutex_lock(pool->lock);
			keep_lowest(job, i, rc, &error);
			sgn_mutex_unlock(pool->lock);
		}
		sgn_error_dispose(&error);
	}
}

/*
 * Under the lock. Children have lower indexes than their parent, so what a failed index leaves to be done
 * (all below it) never needs anything above it, and the lowest index that can fail is always run.
 */
static bool pop_ready(struct job *job, size_t *i)
{
	struct forest *f = job->forest;

	while (f->ready_count > 0) {
		*i = f->ready[--f->ready_count];
		if (*i < atomic_load(&job->failed))
			return true;
	}
	return false;
}

/* Under the lock: the parent waits for one child less; true when that was the last. */
static bool release_node(struct forest *f, size_t i)
{
	size_t parent = f->parent[i];

	if (f->released[i])
		return false;
	f->released[i] = true;
	if (parent == SIZE_MAX || --f->waiting[parent] > 0)
		return false;
	f->ready[f->ready_count++] = parent;
	return true;
}

/* Under the lock. */
static void tell_news(struct sgn_pool *pool, struct forest *f)
{
	atomic_store(&f->attention, true);
	sgn_cond_wake_all(pool->work);
}

/* Under the lock. */
static void finish_node(struct sgn_pool *pool, struct job *job, size_t i, int rc,
                        struct sgn_error *error)
{
	struct forest *f = job->forest;
	bool news = --f->running == 0;

	if (rc != 0)
		keep_lowest(job, i, rc, error);
	else if (release_node(f, i))
		news = true;
	if (news)
		tell_news(pool, f);
}

/* Under the lock, which is given up while a node runs. */
static void run_ready(struct sgn_pool *pool, struct job *job, unsigned worker,
                      const atomic_bool *leave)
{
	size_t i;

	while ((!leave || !atomic_load(leave)) && pop_ready(job, &i)) {
		struct sgn_error error = SGN_ERROR_INIT;
		int rc;

		job->forest->running++;
		sgn_mutex_unlock(pool->lock);
		rc = job->fn(job->arg, worker, i, &error);
		sgn_mutex_lock(pool->lock);
		finish_node(pool, job, i, rc, &error);
		sgn_error_dispose(&error);
	}
}

/* Under the lock. */
static bool has_work(const struct job *job)
{
	if (job->forest)
		return job->forest->ready_count > 0;
	return atomic_load(&job->taken) < atomic_load(&job->failed);
}

/* Was the job published by somebody inside of outer, at whatever depth? */
static bool is_within(const struct job *job, const struct job *outer)
{
	while (job && job != outer)
		job = job->outer;
	return job != NULL;
}

/* Under the lock: a job that this worker may join. Number 0 is one thread's at a time. outer: only what was
 * begun inside of that; or NULL. */
static struct job *find_job(const struct sgn_pool *pool, unsigned worker, const struct job *outer)
{
	for (struct job *job = pool->list; job; job = job->next)
		if (has_work(job) && (worker != 0 || !job->zero_taken) &&
		    (!outer || is_within(job->outer, outer)))
			return job;
	return NULL;
}

/* Under the lock, which is given up meanwhile: works in another thread's job. */
static void join(struct sgn_pool *pool, struct job *job, unsigned worker, const atomic_bool *leave)
{
	const struct job *outer = inside;

	inside = job;
	job->runners++;
	if (worker == 0)
		job->zero_taken = true;
	if (job->forest) {
		run_ready(pool, job, worker, leave);
	} else {
		sgn_mutex_unlock(pool->lock);
		run_plain(pool, job, worker, leave);
		sgn_mutex_lock(pool->lock);
	}
	if (worker == 0)
		job->zero_taken = false;
	if (--job->runners == 0) {
		atomic_store(&job->deserted, true);
		sgn_cond_wake_all(pool->idle);
	}
	inside = outer;
}

static void worker_main(void *arg)
{
	struct worker *self = arg;
	struct sgn_pool *pool = self->pool;

	sgn_mutex_lock(pool->lock);
	while (!pool->stop) {
		struct job *job = find_job(pool, self->number, NULL);

		if (job)
			join(pool, job, self->number, NULL);
		else
			sgn_cond_wait(pool->work, pool->lock);
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

/* Under the lock. One of ours keeps its number in the calls that it makes, so that 0 is free there. */
static unsigned own_number(const struct sgn_pool *pool)
{
	for (unsigned i = 0; i < pool->started; i++)
		if (sgn_thread_is_current(pool->workers[i].thread))
			return pool->workers[i].number;
	return 0;
}

static void publish(struct sgn_pool *pool, struct job *job)
{
	job->outer = inside;
	inside = job;
	sgn_mutex_lock(pool->lock);
	start_workers(pool);
	job->owner = own_number(pool);
	job->zero_taken = job->owner == 0;
	job->next = pool->list;
	pool->list = job;
	sgn_cond_wake_all(pool->work);
	sgn_cond_wake_all(pool->idle);
	sgn_mutex_unlock(pool->lock);
}

/*
 * Under the lock. The job has no work left that anybody could join for; those inside may have made calls of
 * their own, and are helped with them. The caller is in none of these yet, so that no scratch buffer is in
 * use twice, and nobody inside waits for the caller.
 */
static void wait_for_runners(struct sgn_pool *pool, struct job *job)
{
	while (job->runners > 0) {
		struct job *other = find_job(pool, job->owner, job);

		atomic_store(&job->deserted, false);
		if (other)
			join(pool, other, job->owner, &job->deserted);
		else
			sgn_cond_wait(pool->idle, pool->lock);
	}
}

/* Waits until nobody is inside the job any more. Returns its result. */
static int withdraw(struct sgn_pool *pool, struct job *job, struct sgn_error *err)
{
	struct job **link = &pool->list;

	sgn_mutex_lock(pool->lock);
	wait_for_runners(pool, job);
	while (*link != job)
		link = &(*link)->next;
	*link = job->next;
	sgn_mutex_unlock(pool->lock);
	inside = job->outer;
	if (job->rc != 0)
		sgn_error_move(err, &job->error);
	return job->rc;
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
	atomic_init(&job.deserted, false);
	publish(pool, &job);
	run_plain(pool, &job, job.owner, NULL);
	return withdraw(pool, &job, err);
}

/* Also what keeps a wrong list from waiting for ever. */
static int check_parents(size_t count, const size_t *parent, struct sgn_error *err)
{
	for (size_t i = 0; i < count; i++)
		if (parent[i] != SIZE_MAX && (parent[i] <= i || parent[i] >= count))
			return sgn_fail(err, SGN_E_INTERNAL,
			                "item %zu of %zu cannot wait for item %zu", parent[i],
			                count, i);
	return 0;
}

static int plant(struct forest *f, size_t count, const size_t *parent, struct sgn_error *err)
{
	*f = (struct forest){.parent = parent};
	atomic_init(&f->attention, false);
	f->waiting = sgn_calloc(count, sizeof(*f->waiting));
	f->ready = sgn_calloc(count, sizeof(*f->ready));
	f->released = sgn_calloc(count, sizeof(*f->released));
	if (!f->waiting || !f->ready || !f->released)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < count; i++)
		if (parent[i] != SIZE_MAX)
			f->waiting[parent[i]]++;
	/* The lowest leaf is on top. */
	for (size_t i = count; i-- > 0;)
		if (f->waiting[i] == 0)
			f->ready[f->ready_count++] = i;
	return 0;
}

/*
 * Works until the last node has ended. Where no node is ready the caller helps the calls that running
 * nodes have made, until there is news of its own forest. A pool thread does not: it could meet a call
 * that it is already inside of, with its scratch buffers in use.
 */
static void run_forest(struct sgn_pool *pool, struct job *job)
{
	struct forest *f = job->forest;

	sgn_mutex_lock(pool->lock);
	for (;;) {
		struct job *other;

		run_ready(pool, job, job->owner, NULL);
		if (f->running == 0)
			break;
		atomic_store(&f->attention, false);
		other = job->owner == 0 ? find_job(pool, 0, NULL) : NULL;
		if (other)
			join(pool, other, 0, &f->attention);
		else
			sgn_cond_wait(pool->work, pool->lock);
	}
	sgn_mutex_unlock(pool->lock);
}

int sgn_parallel_forest(struct sgn_pool *pool, size_t count, const size_t *parent,
                        int (*fn)(void *arg, unsigned worker, size_t i, struct sgn_error *err),
                        void *arg, struct sgn_error *err)
{
	struct forest forest = {0};
	struct job job = {.fn = fn, .arg = arg, .forest = &forest, .error = SGN_ERROR_INIT};
	int rc = check_parents(count, parent, err);

	if (rc != 0)
		return rc;
	/* Children come before their parents, so the plain order is a right one. */
	if (!pool || pool->jobs == 1 || count <= 1)
		return run_inline(count, fn, arg, err);
	rc = plant(&forest, count, parent, err);
	if (rc != 0)
		goto out;
	atomic_init(&job.taken, 0);
	atomic_init(&job.failed, count);
	atomic_init(&job.deserted, false);
	publish(pool, &job);
	run_forest(pool, &job);
	rc = withdraw(pool, &job, err);
out:
	sgn_free(forest.released);
	sgn_free(forest.ready);
	sgn_free(forest.waiting);
	return rc;
}

void sgn_forest_release(struct sgn_pool *pool, const void *arg, size_t i)
{
	/* Without other threads nodes run in their order: nobody waits. */
	if (!pool)
		return;
	sgn_mutex_lock(pool->lock);
	for (struct job *job = pool->list; job; job = job->next)
		if (job->forest && job->arg == arg && release_node(job->forest, i))
			tell_news(pool, job->forest);
	sgn_mutex_unlock(pool->lock);
}
