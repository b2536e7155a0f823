/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads, mutexes and condition variables: the thinnest cover over what the system has, so that no
 * other file sees it.
 */
#ifndef SIGNER_BASE_THREAD_H
#define SIGNER_BASE_THREAD_H

#include <stdbool.h>

struct sgn_mutex;
struct sgn_cond;
struct sgn_thread;

/* NULL when out of memory; free accepts NULL. */
struct sgn_mutex *sgn_mutex_new(void);
void sgn_mutex_free(struct sgn_mutex *m);
void sgn_mutex_lock(struct sgn_mutex *m);
void sgn_mutex_unlock(struct sgn_mutex *m);

/* NULL when out of memory; free accepts NULL. wait needs the mutex locked, and may wake for no reason. */
struct sgn_cond *sgn_cond_new(void);
void sgn_cond_free(struct sgn_cond *c);
void sgn_cond_wait(struct sgn_cond *c, struct sgn_mutex *m);
void sgn_cond_wake_one(struct sgn_cond *c);
void sgn_cond_wake_all(struct sgn_cond *c);

/*
 * Runs run(arg) on a new thread that receives no signals: they are for the threads of the program.
 * NULL when the system has no thread to give. join waits for its end and frees it.
 */
struct sgn_thread *sgn_thread_start(void (*run)(void *arg), void *arg);
void sgn_thread_join(struct sgn_thread *t);

/* Is the caller that thread? */
bool sgn_thread_is_current(const struct sgn_thread *t);

#endif
