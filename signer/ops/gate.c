/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/gate.h"

#include "signer/base/mem.h"
#include "signer/base/thread.h"

struct sgn_gate {
	struct sgn_mutex *lock;
	struct sgn_cond *free; /* somebody left */
	unsigned permits;
};

struct sgn_gate *sgn_gate_new(unsigned permits)
{
	struct sgn_gate *gate = sgn_calloc(1, sizeof(*gate));

	if (!gate)
		return NULL;
	gate->permits = permits;
	gate->lock = sgn_mutex_new();
	gate->free = sgn_cond_new();
	if (gate->lock && gate->free)
		return gate;
	sgn_gate_free(gate);
	return NULL;
}

void sgn_gate_free(struct sgn_gate *gate)
{
	if (!gate)
		return;
	sgn_cond_free(gate->free);
	sgn_mutex_free(gate->lock);
	sgn_free(gate);
}

void sgn_gate_enter(struct sgn_gate *gate)
{
	if (!gate)
		return;
	sgn_mutex_lock(gate->lock);
	while (gate->permits == 0)
		sgn_cond_wait(gate->free, gate->lock);
	gate->permits--;
	sgn_mutex_unlock(gate->lock);
}

void sgn_gate_leave(struct sgn_gate *gate)
{
	if (!gate)
		return;
	sgn_mutex_lock(gate->lock);
	gate->permits++;
	sgn_cond_wake_one(gate->free);
	sgn_mutex_unlock(gate->lock);
}
