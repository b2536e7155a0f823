/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What will happen to each item of a bundle, decided for all of them before the first is signed: an item
 * inside one that is kept must be kept as well, or the seal around it would break.
 */
#ifndef SIGNER_OPS_PLAN_ITEMS_H
#define SIGNER_OPS_PLAN_ITEMS_H

#include "signer/ops/existing.h"

struct sgn_item_before {
	struct sgn_existing old;
	struct sgn_item_plan plan;
	char *name;          /* what "id:" patterns are compared with */
	char *handover_name; /* what a document of two-step signing calls it, or NULL */
};

/* Fills job->before. SGN_E_EXISTS for a bundle that is signed already, and other refusals. */
int sgn_plan_items(struct sgn_bundle_job *job, struct sgn_error *err);
void sgn_plan_items_dispose(struct sgn_bundle_job *job);

enum sgn_item_action sgn_item_action(const struct sgn_item_before *before);

/* note_items.c: what the plan has to say to the user before anything is done. */
void sgn_note_items(const struct sgn_bundle_job *job);

#endif
