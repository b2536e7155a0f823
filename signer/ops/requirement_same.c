/* SPDX-License-Identifier: Apache-2.0 */
/* sgn_requirement_same(): each build against the designated requirement of the other, item by item.
 * (docs/howto-team-transfer.md) */
#include <stdio.h>
#include <string.h>

#include "signer/base/mem.h"
#include "signer/ops/sameness.h"

/* --- one direction -------------------------------------------------------------------------------- */

static int judge_slice(struct sgn_same *same, const struct sgn_subject_slice *code,
                       const struct sgn_subject_slice *owner, bool first, struct sgn_same_way *way,
                       struct sgn_error *err)
{
	struct sgn_judged judged;
	int rc = sgn_judge_clauses(owner->designated, &code->facts.req, &same->arena, &judged, err);

	if (rc)
		return sgn_error_at_arch(err, rc, owner->arch);
	if (!first && sgn_met_worse(way->met, judged.met) == way->met)
		return 0;
	*way = (struct sgn_same_way){.met = judged.met,
	                             .implied = owner->implied,
	                             .clauses = judged.clauses,
	                             .clause_count = judged.count};
	snprintf(way->arch, sizeof(way->arch), "%s", code->arch);
	return sgn_requirement_text(owner->designated, &same->arena, &way->requirement, err);
}

/* Every slice of code against the requirement of the owner's slice of that architecture. */
static int judge_way(struct sgn_same *same, const struct sgn_subject *code,
                     const struct sgn_subject *owner, struct sgn_same_way *way,
                     struct sgn_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < code->count; i++) {
		const struct sgn_subject_slice *s = &code->slices[i];

		rc = judge_slice(same, s, sgn_subject_slice(owner, s->arch), i == 0, way, err);
	}
	return rc;
}

/* --- one item ------------------------------------------------------------------------------------- */

static const char *problem_of(const struct sgn_subject *s)
{
	if (!s || (s->count && !s->problem))
		return NULL;
	return s->problem ? s->problem : "not signed";
}

static void describe(const struct sgn_subject *s, bool *there, const char **identifier,
                     const char **team, struct sgn_same_item *item)
{
	if (!s)
		return;
	*there = true;
	item->path = s->at;
	item->kind = s->kind;
	item->is_program |= s->is_program;
	if (s->count == 0)
		return;
	*identifier = s->slices[0].sig->best->identifier;
	*team = s->slices[0].sig->best->team;
}

/* The requirement itself may be what cannot be judged: the item's problem, not ours. */
static int judge_both(struct sgn_same *same, const struct sgn_subject *before,
                      const struct sgn_subject *after, struct sgn_same_item *item,
                      struct sgn_error *err)
{
	struct sgn_error why = SGN_ERROR_INIT;
	int rc = judge_way(same, after, before, &item->forward, &why);

	if (rc == 0)
		rc = judge_way(same, before, after, &item->back, &why);
	if (rc == SGN_E_NOMEM) {
		sgn_error_move(err, &why);
	} else if (rc) {
		item->problem = sgn_arena_strdup(&same->arena, why.text);
		rc = item->problem ? 0 : sgn_fail_nomem(err);
	}
	sgn_error_dispose(&why);
	return rc;
}

static int compare(struct sgn_same *same, const struct sgn_subject *before,
                   const struct sgn_subject *after, struct sgn_same_item *item,
                   struct sgn_error *err)
{
	int rc;

	describe(after, &item->in_new, &item->new_identifier, &item->new_team, item);
	describe(before, &item->in_old, &item->old_identifier, &item->old_team, item);
	item->problem = problem_of(before);
	if (!item->problem)
		item->problem = problem_of(after);
	item->forward.met = item->back.met = SGN_MET_OPEN;
	if (!before || !after)
		return 0;
	if (before->count && after->count) {
		rc = judge_both(same, before, after, item, err);
		if (rc)
			return rc;
		same->pub.met = sgn_met_worse(same->pub.met, item->forward.met);
		same->pub.met = sgn_met_worse(same->pub.met, item->back.met);
	}
	if (item->problem) {
		same->pub.broken = true;
		return 0;
	}
	return sgn_same_effects(same, item, before, after, err);
}

/* --- all items ------------------------------------------------------------------------------------ */

/* Both lists are sorted by path, the roots first. */
static int compare_all(struct sgn_same *same, struct sgn_error *err)
{
	const struct sgn_subjects *a = &same->before, *b = &same->after;
	size_t i = 0, k = 0, n = 0;
	int rc = 0;

	same->items = sgn_arena_array(&same->arena, a->count + b->count, sizeof(*same->items));
	if (!same->items)
		return sgn_fail_nomem(err);
	while (rc == 0 && (i < a->count || k < b->count)) {
		const struct sgn_subject *x = i < a->count ? &a->items[i] : NULL;
		const struct sgn_subject *y = k < b->count ? &b->items[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->at, y->at);

		if (order < 0)
			y = NULL;
		if (order > 0)
			x = NULL;
		i += x != NULL;
		k += y != NULL;
		rc = compare(same, x, y, &same->items[n++], err);
	}
	same->pub.items = same->items;
	same->pub.item_count = n;
	return rc;
}

static int run(struct sgn_same *same, struct sgn_context *ctx, const char *old_path,
               const char *new_path, struct sgn_error *err)
{
	int rc = sgn_subjects_open(ctx, old_path, NULL, true, &same->before, err);

	if (rc == 0)
		rc = sgn_error_at_path(err, sgn_subject_must_be_signed(&same->before.items[0], err),
		                       old_path);
	if (rc == 0)
		rc = sgn_subjects_open(ctx, new_path, NULL, true, &same->after, err);
	if (rc == 0)
		rc = sgn_error_at_path(err, sgn_subject_must_be_signed(&same->after.items[0], err),
		                       new_path);
	if (rc)
		return rc;
	same->pub.met = SGN_MET;
	rc = compare_all(same, err);
	if (rc == 0 && same->pub.met == SGN_MET && !same->pub.broken)
		rc = sgn_same_effects_kept(same, err);
	same->pub.effects = same->effects;
	same->pub.effect_count = same->effect_count;
	return rc;
}

int sgn_requirement_same(struct sgn_context *ctx, const char *old_path, const char *new_path,
                         struct sgn_sameness **out, struct sgn_error *err)
{
	struct sgn_same *same = sgn_calloc(1, sizeof(*same));
	int rc;

	*out = NULL;
	if (!same)
		return sgn_fail_nomem(err);
	rc = run(same, ctx, old_path, new_path, err);
	if (rc == 0)
		*out = &same->pub;
	else
		sgn_sameness_free(&same->pub);
	return rc;
}

void sgn_sameness_free(struct sgn_sameness *sameness)
{
	struct sgn_same *same = (struct sgn_same *)sameness;

	if (!same)
		return;
	sgn_subjects_close(&same->before);
	sgn_subjects_close(&same->after);
	sgn_free(same->effects);
	sgn_arena_dispose(&same->arena);
	sgn_free(same);
}
