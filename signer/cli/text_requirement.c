/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts on requirements, clause by clause. */
#include <stdlib.h>
#include <string.h>

#include "signer/cli/text.h"

#define WIDTH 100

static const struct {
	const char *word, *sentence;
	enum paint paint;
} verdicts[] = {
	[SGN_NOT_MET] = {"no", "requirement NOT met", PAINT_BAD},
	[SGN_MET] = {"yes", "requirement met", PAINT_GOOD},
	[SGN_MET_OPEN] = {"open", "requirement cannot be decided here", PAINT_WARN},
};

void text_wrapped(const struct out *out, const char *first, const char *next, const char *text)
{
	const char *prefix = first;

	while (*text) {
		size_t room = WIDTH - strlen(prefix), size = 0;

		/* As many words as fit, at least one. */
		for (;;) {
			size_t word = size + strspn(text + size, " ");

			word += strcspn(text + word, " ");
			if (size && word > room)
				break;
			size = word;
			if (!text[size])
				break;
		}
		out_line(out, "%s%.*s", prefix, (int)size, text);
		text += size;
		text += strspn(text, " ");
		prefix = next;
	}
}

/* --- clauses ---------------------------------------------------------------------------------------- */

static const char *group_text(const struct sgn_clause *c)
{
	if (!strcmp(c->group, "and"))
		return "all of:";
	return !strcmp(c->group, "or") ? "one of:" : "not:";
}

/* "identifier foo (found: bar)"; freed with free(). */
static char *clause_text(const struct sgn_clause *c)
{
	const char *label = c->why ? "" : "found: ";
	const char *extra = c->why ? c->why : c->found;

	if (c->group)
		return cli_format("%s", group_text(c));
	return cli_format("%s%s%s%s%s", c->text ? c->text : "", extra ? " (" : "",
	                  extra ? label : "", extra ? extra : "", extra ? ")" : "");
}

static void text_tree(const struct out *out, const struct sgn_clause *clauses, size_t count,
                      enum sgn_met whole)
{
	for (size_t i = 0; i < count; i++) {
		const struct sgn_clause *c = &clauses[i];
		bool guilty = c->decisive && !c->group && whole != SGN_MET;
		char *text = clause_text(c);

		out_paint(out, guilty ? verdicts[whole].paint : PAINT_NONE, "  %-5s%*s%s%s",
		          verdicts[c->met].word, (int)(2 * c->depth), "", text,
		          guilty ? "  <- this" : "");
		free(text);
	}
}

void text_decisive(const struct out *out, int indent, const struct sgn_clause *clauses,
                   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *text;

		if (clauses[i].group || !clauses[i].decisive)
			continue;
		text = clause_text(&clauses[i]);
		out_paint(out, PAINT_BAD, "%*s%s: %s", indent, "", verdicts[clauses[i].met].word,
		          text);
		free(text);
	}
}

/* --- slices ----------------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Is the same to be said of both? */
static bool same_slice(const struct sgn_judged_slice *a, const struct sgn_judged_slice *b)
{
	if (a->met != b->met || a->clause_count != b->clause_count ||
	    !same_text(a->requirement, b->requirement))
		return false;
	for (size_t i = 0; i < a->clause_count; i++)
		if (a->clauses[i].met != b->clauses[i].met ||
		    !same_text(a->clauses[i].found, b->clauses[i].found))
			return false;
	return true;
}

static bool is_repeated(const struct sgn_judgement *j, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_slice(&j->slices[k], &j->slices[i]))
			return true;
	return false;
}

/* " (arm64, x86_64)": the slices of which the same is said; "" when it is said of all. */
static void text_arches(const struct sgn_judgement *j, size_t i, char *out, size_t room)
{
	size_t used = 0, same = 0;

	out[0] = '\0';
	for (size_t k = i; k < j->slice_count; k++) {
		if (!same_slice(&j->slices[i], &j->slices[k]) || used + 24 > room)
			continue;
		snprintf(out + used, room - used, "%s%s", used ? ", " : " (", j->slices[k].arch);
		used = strlen(out);
		same++;
	}
	if (same == j->slice_count)
		out[0] = '\0';
	else
		snprintf(out + used, room - used, ")");
}

void text_judgement(const struct out *out, const char *path, const struct sgn_judgement *j,
                    bool tree)
{
	char arches[200];

	if (j->problem)
		out_paint(out, PAINT_BAD, "%s: the signature is not valid: %s", path, j->problem);
	for (size_t i = 0; i < j->slice_count; i++) {
		const struct sgn_judged_slice *s = &j->slices[i];

		if (is_repeated(j, i))
			continue;
		text_arches(j, i, arches, sizeof(arches));
		out_paint(out, verdicts[s->met].paint, "%s%s: %s%s", path, arches,
		          j->own ? "designated " : "", verdicts[s->met].sentence);
		if (tree)
			text_tree(out, s->clauses, s->clause_count, s->met);
		else if (s->met != SGN_MET)
			text_decisive(out, 2, s->clauses, s->clause_count);
	}
}

/* --- designated requirements ------------------------------------------------------------------------ */

static bool all_slices_agree(const struct sgn_designated *d)
{
	for (size_t i = 1; i < d->slice_count; i++)
		if (!same_text(d->slices[0].text, d->slices[i].text))
			return false;
	return true;
}

void text_designated(const struct out *out, const char *name, const struct sgn_designated *d,
                     unsigned level)
{
	bool agree = all_slices_agree(d);

	if (name)
		out_line(out, "# %s", name);
	for (size_t i = 0; i < (agree ? 1 : d->slice_count); i++) {
		const struct sgn_designated_slice *s = &d->slices[i];

		if (!agree)
			out_line(out, "# %s", s->arch);
		out_line(out, "%sdesignated => %s", s->stored ? "" : "# ", s->text);
		if (level == 0)
			continue;
		if (s->is_standard)
			out_line(out, "# it is the one that signing stores by itself");
		else if (s->standard)
			out_line(out, "# signing by itself would store: %s", s->standard);
		else
			out_line(out, "# nothing is stored: it is the hash of this build");
	}
}
