/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that do not depend on each other, at the same time, and what they found as one report. */
#include "signer/ops/verify_slice.h"

void sgn_verify_begin_part(const struct sgn_verify *whole, struct sgn_verify_part *part)
{
	part->v = *whole;
	part->v.arena = (struct sgn_arena){0};
	sgn_report_begin_part(whole->report, &part->report);
	part->v.report = &part->report;
}

void sgn_verify_end_part(struct sgn_verify *whole, struct sgn_verify_part *part)
{
	sgn_report_append(whole->report, &part->report);
	sgn_arena_adopt(&whole->arena, &part->v.arena);
}

struct running {
	struct sgn_verify_part *parts;
	int (*check)(struct sgn_verify *part, void *arg, size_t i, struct sgn_error *err);
	void *arg;
};

static int run_one(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	const struct running *r = arg;

	SGN_UNUSED(worker);
	return r->check(&r->parts[i].v, r->arg, i, err);
}

int sgn_verify_run_parts(struct sgn_verify *whole, struct sgn_verify_part *parts, size_t count,
                         int (*check)(struct sgn_verify *part, void *arg, size_t i,
                                      struct sgn_error *err),
                         void *arg, struct sgn_error *err)
{
	struct running r = {parts, check, arg};
	int rc;

	for (size_t i = 0; i < count; i++)
		sgn_verify_begin_part(whole, &parts[i]);
	rc = sgn_parallel_for(whole->ctx->pool, count, run_one, &r, err);
	for (size_t i = 0; rc && i < count; i++)
		sgn_verify_end_part(whole, &parts[i]);
	return rc;
}
