/* SPDX-License-Identifier: Apache-2.0 */
/* The answers about an identity while they are collected. */
#ifndef SIGNER_OPS_CHECKUP_H
#define SIGNER_OPS_CHECKUP_H

#include <signet/identity.h>

#include "signer/base/arena.h"
#include "signer/base/compiler.h"

#define SGN_CHECKUP_MAX 8 /* questions */

struct sgn_checkup_run {
	struct sgn_checkup shown; /* first: this is what the caller has */
	struct sgn_arena arena;
	struct sgn_identity *own; /* what id is, unless the caller has it */
	/* Without its private key where that is missing; NULL: of a store, without its key. */
	const struct sgn_identity *id;
	int64_t now;
	unsigned warn_days;
	struct sgn_check checks[SGN_CHECKUP_MAX];
	bool nomem;
};

/* Adds an answer; cure may be NULL, and is copied. */
void sgn_checkup_add(struct sgn_checkup_run *run, const char *id, enum sgn_check_verdict verdict,
                     const char *cure, const char *fmt, ...) SGN_PRINTF(5, 6);

/* Days from now, rounded down; negative: it is over. */
int64_t sgn_checkup_days(const struct sgn_checkup_run *run, int64_t when);

/* The questions about a provisioning profile. */
int sgn_checkup_profile(struct sgn_checkup_run *run, const char *path, struct sgn_error *err);

#endif
