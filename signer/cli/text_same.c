/* SPDX-License-Identifier: Apache-2.0 */
/* The same program? And the move to another team. */
#include <string.h>

#include "signer/cli/text.h"

/* --- same ------------------------------------------------------------------------------------------- */

static bool is_all_well(const struct sgn_same_item *item)
{
	return item->in_old && item->in_new && !item->problem && item->forward.met == SGN_MET &&
	       item->back.met == SGN_MET;
}

static void text_change(char *out, size_t room, const char *before, const char *after)
{
	if (!before)
		before = "none";
	if (!after)
		after = "none";
	if (!strcmp(before, after))
		snprintf(out, room, "%s", before);
	else
		snprintf(out, room, "%s -> %s", before, after);
}

static void text_item_head(const struct out *out, const struct sgn_same_item *item)
{
	const char *old_name = item->in_old ? item->old_identifier : item->new_identifier;
	const char *new_name = item->in_new ? item->new_identifier : item->old_identifier;
	const char *old_team = item->in_old ? item->old_team : item->new_team;
	const char *new_team = item->in_new ? item->new_team : item->old_team;
	char name[600], team[200];

	text_change(name, sizeof(name), old_name, new_name);
	text_change(team, sizeof(team), old_team, new_team);
	out_paint(out, PAINT_BOLD, "  %s (%s %s, team %s)", item->path, item->kind, name, team);
}

static void text_way(const struct out *out, const char *what, const struct sgn_same_way *way,
                     unsigned level)
{
	static const char *const words[] = {"no", "yes", "cannot be decided here"};

	out_paint(out, way->met == SGN_MET ? PAINT_GOOD : PAINT_BAD, "    %s: %s", what,
	          words[way->met]);
	if (level > 0)
		out_line(out, "      requirement: %s%s", way->implied ? "# " : "",
		         way->requirement);
	if (way->met != SGN_MET)
		text_decisive(out, 6, way->clauses, way->clause_count);
}

static void text_item(const struct out *out, const struct sgn_same_item *item, unsigned level)
{
	text_item_head(out, item);
	if (!item->in_new)
		out_line(out, "    only in the old build");
	else if (!item->in_old)
		out_line(out, "    only in the new build");
	if (item->problem)
		out_paint(out, PAINT_BAD, "    its signature is not valid: %s", item->problem);
	if (!item->forward.requirement || !item->back.requirement)
		return;
	text_way(out, "the new build meets the old requirement", &item->forward, level);
	text_way(out, "the old build meets the new requirement", &item->back, level);
}

static void text_effects_of(const struct out *out, const struct sgn_sameness *same, bool lost)
{
	for (size_t i = 0; i < same->effect_count; i++) {
		const struct sgn_effect *e = &same->effects[i];
		char first[64];

		if (e->lost != lost)
			continue;
		snprintf(first, sizeof(first), "  %s: ", e->area);
		text_wrapped(out, first, "    ", e->text);
	}
}

static void text_effects(const struct out *out, const struct sgn_sameness *same)
{
	out_line(out, "what it means");
	/* The good news first. */
	text_effects_of(out, same, false);
	text_effects_of(out, same, true);
	for (size_t i = 0; i < same->effect_count; i++) {
		const char *cure = same->effects[i].cure;
		bool told = !cure;

		for (size_t k = 0; k < i && !told; k++)
			told = same->effects[k].cure && !strcmp(same->effects[k].cure, cure);
		if (!told)
			text_wrapped(out, "  cure: ", "    ", cure);
	}
}

void text_sameness(const struct out *out, const char *old_path, const char *new_path,
                   const struct sgn_sameness *same, unsigned level)
{
	static const struct {
		const char *text;
		enum paint paint;
	} verdicts[] = {
		[SGN_NOT_MET] = {"NOT the same program to macOS", PAINT_BAD},
		[SGN_MET] = {"the same program to macOS", PAINT_GOOD},
		[SGN_MET_OPEN] = {"whether they are the same program cannot be decided here",
	                          PAINT_WARN},
	};

	out_paint(out, verdicts[same->met].paint, "%s, %s: %s", old_path, new_path,
	          verdicts[same->met].text);
	for (size_t i = 0; i < same->item_count; i++)
		if (i == 0 || level > 0 || !is_all_well(&same->items[i]))
			text_item(out, &same->items[i], level);
	if (same->effect_count)
		text_effects(out, same);
}

/* --- transfer --------------------------------------------------------------------------------------- */

static void text_moved(const struct out *out, const struct sgn_transferred *item)
{
	out_line(out, "# %s (%s %s)", item->path, item->kind,
	         item->identifier ? item->identifier : "?");
	if (item->before)
		out_line(out, "#   before: %s", item->before);
	if (item->problem)
		text_wrapped(out, "#   stays behind: ", "#     ", item->problem);
	if (item->cure)
		text_wrapped(out, "#   cure: ", "#     ", item->cure);
	for (size_t i = 0; i < item->note_count; i++)
		text_wrapped(out, "#   note: ", "#     ", item->notes[i]);
}

void text_transfer(const struct out *out, const struct sgn_transfer *t)
{
	char first[32];

	for (size_t i = 0; i < t->item_count; i++) {
		text_moved(out, &t->items[i]);
		if (i > 0 && t->items[i].text)
			out_line(out, "#   designated => %s", t->items[i].text);
	}
	out_line(out, "#");
	for (size_t i = 0; i < t->step_count; i++) {
		snprintf(first, sizeof(first), "# %zu. ", i + 1);
		text_wrapped(out, first, "#    ", t->steps[i]);
	}
	out_line(out, "#");
	out_line(out, "# What no requirement carries over:");
	for (size_t i = 0; i < t->limit_count; i++)
		text_wrapped(out, "# - ", "#   ", t->limits[i]);
}
