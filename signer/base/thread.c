/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#include "signer/base/mem.h"

struct sgn_mutex {
	pthread_mutex_t os;
};

struct sgn_cond {
	pthread_cond_t os;
};

struct sgn_thread {
	pthread_t os;
	void (*run)(void *arg);
	void *arg;
};

struct sgn_mutex *sgn_mutex_new(void)
{
	struct sgn_mutex *m = sgn_malloc(sizeof(*m));

	if (m && pthread_mutex_init(&m->os, NULL) != 0) {
		sgn_free(m);
		return NULL;
	}
	return m;
}

void sgn_mutex_free(struct sgn_mutex *m)
{
	if (!m)
		return;
	pthread_mutex_destroy(&m->os);
	sgn_free(m);
}

void sgn_mutex_lock(struct sgn_mutex *m)
{
	pthread_mutex_lock(&m->os);
}

void sgn_mutex_unlock(struct sgn_mutex *m)
{
	pthread_mutex_unlock(&m->os);
}

struct sgn_cond *sgn_cond_new(void)
{
	struct sgn_cond *c = sgn_malloc(sizeof(*c));

	if (c && pthread_cond_init(&c->os, NULL) != 0) {
		sgn_free(c);
		return NULL;
	}
	return c;
}

void sgn_cond_free(struct sgn_cond *c)
{
	if (!c)
		return;
	pthread_cond_destroy(&c->os);
	sgn_free(c);
}

void sgn_cond_wait(struct sgn_cond *c, struct sgn_mutex *m)
{
	pthread_cond_wait(&c->os, &m->os);
}

void sgn_cond_wake_one(struct sgn_cond *c)
{
	pthread_cond_signal(&c->os);
}

void sgn_cond_wake_all(struct sgn_cond *c)
{
	pthread_cond_broadcast(&c->os);
}

static void *thread_main(void *arg)
{
	struct sgn_thread *t = arg;

	t->run(t->arg);
	return NULL;
}

struct sgn_thread *sgn_thread_start(void (*run)(void *arg), void *arg)
{
	struct sgn_thread *t = sgn_malloc(sizeof(*t));
	sigset_t all, before;
	int failed;

	if (!t)
		return NULL;
	t->run = run;
	t->arg = arg;
	/* A new thread inherits the mask, so it is blind from its first instruction. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&t->os, NULL, thread_main, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		sgn_free(t);
		return NULL;
	}
	return t;
}

void sgn_thread_join(struct sgn_thread *t)
{
	pthread_join(t->os, NULL);
	sgn_free(t);
}

bool sgn_thread_is_current(const struct sgn_thread *t)
{
	return pthread_equal(t->os, pthread_self()) != 0;
}
