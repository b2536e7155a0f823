/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worker threads. The caller's thread works too, so a pool of 1 starts no thread. Index decides the
 * output place, so results do not depend on timing; of several failures the lowest index wins.
 */
#ifndef SIGNER_BASE_POOL_H
#define SIGNER_BASE_POOL_H

#include "signer/base/error.h"

struct sgn_pool;

/* CPUs available to this process (affinity and cgroup quota heeded), at least 1. */
unsigned sgn_cpu_count(void);

/* jobs = 0: sgn_cpu_count(). Threads are started at the first use. NULL when out of memory. */
struct sgn_pool *sgn_pool_new(unsigned jobs);
void sgn_pool_free(struct sgn_pool *pool);
unsigned sgn_pool_jobs(const struct sgn_pool *pool);

/*
 * Calls fn(arg, worker, i) for every i in [0, count), in any order, at most once each. worker is in
 * [0, jobs), and no two calls made for one sgn_parallel_for() run at the same time with the same
 * worker, so it may index scratch buffers in arg. fn returns 0 or a negative status and may fill err. After a failure indexes not yet begun
 * are skipped, except lower ones. Return: 0, or the status of the lowest failed index with its error.
 * Several threads may call it on one pool, and fn may call it again: the caller always works on its own
 * call, so nothing waits for a free thread. When all indexes have begun, it helps with the calls that were
 * made inside of its own. pool may be NULL: runs inline.
 */
int sgn_parallel_for(struct sgn_pool *pool, size_t count,
                     int (*fn)(void *arg, unsigned worker, size_t i, struct sgn_error *err),
                     void *arg, struct sgn_error *err);

/*
 * The same for a forest: parent[i] > i or SIZE_MAX says who waits for i, and fn(i) runs once all of its
 * children have returned 0. After a failure nothing new begins except indexes below the failed one that
 * are ready. Same result rule. A leaf and its parent may run on different threads; what fn wrote is
 * visible to the parent's fn. fn may call sgn_parallel_for(): threads without a ready index help there,
 * the caller's too. SGN_E_INTERNAL for a parent that does not come later, SGN_E_NOMEM.
 */
int sgn_parallel_forest(struct sgn_pool *pool, size_t count, const size_t *parent,
                        int (*fn)(void *arg, unsigned worker, size_t i, struct sgn_error *err),
                        void *arg, struct sgn_error *err);

/*
 * For the fn of a forest, before fn(i) returns: what the parent reads is complete, so the parent need
 * not wait for the rest. The forest as a whole does, and a failure of fn(i) counts as any other, although
 * the parent may have run by then. pool and arg as given to sgn_parallel_forest(); arg must be that
 * forest's alone.
 */
void sgn_forest_release(struct sgn_pool *pool, const void *arg, size_t i);

#endif
