/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/cli/out_json.h"

/* Yes, no, or null: cannot be decided here. */
static json_t *met(enum sgn_met m)
{
	return m == SGN_MET_OPEN ? json_null() : json_boolean(m == SGN_MET);
}

static json_t *texts(const char *const *list, size_t count)
{
	json_t *array = json_new_array();

	for (size_t i = 0; i < count; i++)
		json_add(array, json_text(list[i]));
	return array;
}

static json_t *clauses(const struct sgn_clause *list, size_t count)
{
	json_t *array = json_new_array();

	for (size_t i = 0; i < count; i++) {
		const struct sgn_clause *c = &list[i];
		json_t *object = json_new_object();

		json_put(object, "depth", json_number(c->depth));
		json_put(object, "group", json_text(c->group));
		json_put(object, "text", json_text(c->group ? NULL : c->text));
		json_put(object, "met", met(c->met));
		json_put(object, "decisive", json_boolean(c->decisive));
		json_put(object, "found", json_text(c->found));
		json_put(object, "why", json_text(c->why));
		json_add(array, object);
	}
	return array;
}

void json_judgement(json_t *result, const struct sgn_judgement *j)
{
	json_t *slices = json_new_array();

	for (size_t i = 0; i < j->slice_count; i++) {
		const struct sgn_judged_slice *s = &j->slices[i];
		json_t *object = json_new_object();

		json_put(object, "arch", json_text(s->arch));
		json_put(object, "met", met(s->met));
		json_put(object, "requirement", json_text(s->requirement));
		json_put(object, "implied", json_boolean(s->implied));
		json_put(object, "clauses", clauses(s->clauses, s->clause_count));
		json_add(slices, object);
	}
	json_put(result, "met", met(j->met));
	json_put(result, "problem", json_text(j->problem));
	json_put(result, "identifier", json_text(j->identifier));
	json_put(result, "team", json_text(j->team));
	json_put(result, "own", json_boolean(j->own));
	json_put(result, "slices", slices);
}

void json_designated(json_t *result, const struct sgn_designated *d)
{
	json_t *slices = json_new_array();

	for (size_t i = 0; i < d->slice_count; i++) {
		const struct sgn_designated_slice *s = &d->slices[i];
		json_t *object = json_new_object();

		json_put(object, "arch", json_text(s->arch));
		json_put(object, "stored", json_boolean(s->stored));
		json_put(object, "text", json_text(s->text));
		json_put(object, "hex", json_hex(s->blob, s->blob_size));
		json_put(object, "standard", json_text(s->standard));
		json_put(object, "is_standard", json_boolean(s->is_standard));
		json_add(slices, object);
	}
	json_put(result, "identifier", json_text(d->identifier));
	json_put(result, "slices", slices);
}

/* --- same ------------------------------------------------------------------------------------------- */

static json_t *way(const struct sgn_same_way *w)
{
	json_t *object;

	if (!w->requirement)
		return json_null();
	object = json_new_object();
	json_put(object, "met", met(w->met));
	json_put(object, "arch", json_text(w->arch));
	json_put(object, "requirement", json_text(w->requirement));
	json_put(object, "implied", json_boolean(w->implied));
	json_put(object, "clauses", clauses(w->clauses, w->clause_count));
	return object;
}

static json_t *same_item(const struct sgn_same_item *item)
{
	json_t *object = json_new_object();

	json_put(object, "path", json_text(item->path));
	json_put(object, "kind", json_text(item->kind));
	json_put(object, "program", json_boolean(item->is_program));
	json_put(object, "in_old", json_boolean(item->in_old));
	json_put(object, "in_new", json_boolean(item->in_new));
	json_put(object, "problem", json_text(item->problem));
	json_put(object, "old_identifier", json_text(item->old_identifier));
	json_put(object, "new_identifier", json_text(item->new_identifier));
	json_put(object, "old_team", json_text(item->old_team));
	json_put(object, "new_team", json_text(item->new_team));
	json_put(object, "new_meets_old", way(&item->forward));
	json_put(object, "old_meets_new", way(&item->back));
	return object;
}

void json_sameness(json_t *result, const struct sgn_sameness *same)
{
	json_t *items = json_new_array(), *effects = json_new_array();

	for (size_t i = 0; i < same->item_count; i++)
		json_add(items, same_item(&same->items[i]));
	for (size_t i = 0; i < same->effect_count; i++) {
		const struct sgn_effect *e = &same->effects[i];
		json_t *object = json_new_object();

		json_put(object, "area", json_text(e->area));
		json_put(object, "lost", json_boolean(e->lost));
		json_put(object, "path", json_text(e->path));
		json_put(object, "text", json_text(e->text));
		json_put(object, "cure", json_text(e->cure));
		json_add(effects, object);
	}
	json_put(result, "same", met(same->met));
	json_put(result, "broken", json_boolean(same->broken));
	json_put(result, "items", items);
	json_put(result, "effects", effects);
}

/* --- transfer --------------------------------------------------------------------------------------- */

static json_t *moved(const struct sgn_transferred *item)
{
	json_t *object = json_new_object();

	json_put(object, "path", json_text(item->path));
	json_put(object, "kind", json_text(item->kind));
	json_put(object, "identifier", json_text(item->identifier));
	json_put(object, "before", json_text(item->before));
	json_put(object, "text", json_text(item->text));
	json_put(object, "hex", json_hex(item->blob, item->blob_size));
	json_put(object, "changed", json_boolean(item->changed));
	json_put(object, "problem", json_text(item->problem));
	json_put(object, "cure", json_text(item->cure));
	json_put(object, "notes", texts(item->notes, item->note_count));
	return object;
}

void json_transfer(json_t *result, const struct sgn_transfer *t)
{
	json_t *items = json_new_array();

	for (size_t i = 0; i < t->item_count; i++)
		json_add(items, moved(&t->items[i]));
	json_put(result, "items", items);
	json_put(result, "steps", texts(t->steps, t->step_count));
	json_put(result, "limits", texts(t->limits, t->limit_count));
}
