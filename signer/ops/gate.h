/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the number of threads that work at a time down to what was asked for, while more of them exist
 * because most wait for a server.
 */
#ifndef SIGNER_OPS_GATE_H
#define SIGNER_OPS_GATE_H

struct sgn_gate;

/* NULL when out of memory; free accepts NULL, and so do the other two, which then do nothing. */
struct sgn_gate *sgn_gate_new(unsigned permits);
void sgn_gate_free(struct sgn_gate *gate);

/* Waits until fewer threads than permits are inside. */
void sgn_gate_enter(struct sgn_gate *gate);
void sgn_gate_leave(struct sgn_gate *gate);

#endif
