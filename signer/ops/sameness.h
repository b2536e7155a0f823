/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind sgn_requirement_same() share. */
#ifndef SIGNER_OPS_SAMENESS_H
#define SIGNER_OPS_SAMENESS_H

#include "signer/ops/subject.h"

/* The public answer and what it points to live and die together. */
struct sgn_same {
	struct sgn_sameness pub; /* first, so that freeing knows where it is */
	struct sgn_arena arena;
	struct sgn_subjects before, after;
	struct sgn_same_item *items;
	struct sgn_effect *effects;
	size_t effect_count, effect_cap;
	unsigned told; /* conditions that an effect was told of already */
};

/* same_effects.c: what it means that an item is, or is no longer, the same; the item is in both. */
int sgn_same_effects(struct sgn_same *same, const struct sgn_same_item *item,
                     const struct sgn_subject *before, const struct sgn_subject *after,
                     struct sgn_error *err);

/* The good news, when everything is met. */
int sgn_same_effects_kept(struct sgn_same *same, struct sgn_error *err);

#endif
