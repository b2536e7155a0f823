/* SPDX-License-Identifier: Apache-2.0 */
/* One item of a bundle: what it is before, how it is signed, what its parent seals of it. */
#ifndef SIGNER_OPS_SIGN_ITEM_H
#define SIGNER_OPS_SIGN_ITEM_H

#include "signer/ops/embed.h"
#include "signer/ops/item_options.h"
#include "signer/ops/plan.h"

/* What the parent's seal says of an item, and what the caller is told. Strings are owned. */
struct sgn_item_done {
	enum sgn_item_action action;
	uint8_t cdhash[CS_CDHASH_LEN];
	char *identifier;
	char *requirement;
	char *team; /* or NULL */
	uint32_t flags;
	long entitlements; /* -1: none */
	bool pending; /* two-step signing (handover.h): its signature is only recorded as wanted */
	bool blocked; /* it seals the bytes of such an item, and waits for a later round */
};

struct sgn_item_before;

struct sgn_bundle_job {
	struct sgn_context *ctx;
	const struct sgn_sign_options *opts; /* in_place is not set for the files */
	bool in_place;                       /* the bundle's own tree is signed, under ctx->undo */
	const char *target;          /* the bundle's real path: its name counts, not the stage's */
	const char *shown;           /* the same as the user wrote it, for messages */
	const struct sgn_walk *walk; /* of the tree that is signed: the stage, or target itself */
	const struct sgn_survey *survey; /* of the walk */
	const struct sgn_tree *tree;
	const struct sgn_profiles *profiles;
	struct sgn_item_before *before; /* per item of the tree: plan_items.h */
	struct sgn_item_done *done;     /* the same */
	struct sgn_sign_result *result; /* of the root; may be NULL */
	const bool *early;              /* per item, early.h; NULL: none */
	struct sgn_pool *waiting;       /* with early: what the items are signed on */
};

/* Full path of the file that carries an item's signature. */
int sgn_item_main_path(const struct sgn_bundle_job *job, const struct sgn_item *item,
                       struct sgn_buf *out, struct sgn_error *err);

/* Signs item i (its children are done), or reads what it has when it is kept. */
int sgn_sign_item(struct sgn_bundle_job *job, size_t i, struct sgn_error *err);
void sgn_item_done_dispose(struct sgn_item_done *done);

/* seal_item.c: the bytes of CodeResources for a bundle item whose children are done. */
int sgn_item_seal(struct sgn_bundle_job *job, size_t i, const enum sgn_digest *digests,
                  size_t digest_count, struct sgn_buf *out, struct sgn_error *err);

#endif
