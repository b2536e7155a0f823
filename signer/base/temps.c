/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/base/temps.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "signer/base/compiler.h"

/* Outputs open at the same time: one or two per worker thread. */
#define SLOT_COUNT 256

/*
 * FREE -> FILLING -> LISTED -> FREE, each step by one owner. A handler takes a slot from LISTED to
 * BUSY and back, and the owner waits meanwhile, so that the path is not freed under the handler. The
 * wait ends: a handler that interrupted the owner itself has put LISTED back before the owner goes on.
 */
enum slot_state { FREE, FILLING, LISTED, BUSY };

/* A signal handler has no other way to find them, hence the one table of the process. */
static struct {
	atomic_int state;
	_Atomic(const char *) path;
} slots[SLOT_COUNT];

SGN_STATIC_ASSERT(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_POINTER_LOCK_FREE == 2,
                  "a signal handler must not meet a lock");

void sgn_temps_add(const char *path)
{
	for (size_t i = 0; i < SLOT_COUNT; i++) {
		int expected = FREE;

		if (!atomic_compare_exchange_strong(&slots[i].state, &expected, FILLING))
			continue;
		atomic_store(&slots[i].path, path);
		atomic_store(&slots[i].state, LISTED);
		return;
	}
}

/* Takes a listed slot; false when somebody else has it. */
static bool claim(size_t i, int to)
{
	int expected = LISTED;

	return atomic_compare_exchange_strong(&slots[i].state, &expected, to);
}

void sgn_temps_forget(const char *path)
{
	for (size_t i = 0; i < SLOT_COUNT; i++) {
		if (atomic_load(&slots[i].path) != path)
			continue;
		while (!claim(i, FILLING))
			; /* a handler holds it */
		atomic_store(&slots[i].path, NULL);
		atomic_store(&slots[i].state, FREE);
		return;
	}
}

void sgn_temps_unlink_all(void)
{
	int saved = errno;

	for (size_t i = 0; i < SLOT_COUNT; i++) {
		if (!claim(i, BUSY))
			continue;
		unlink(atomic_load(&slots[i].path));
		atomic_store(&slots[i].state, LISTED);
	}
	errno = saved;
}
