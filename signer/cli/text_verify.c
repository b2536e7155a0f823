/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict on one file, and under it what was found. */
#include <inttypes.h>
#include <string.h>

#include "signer/cli/text.h"

static const struct {
	const char *word;
	enum paint paint;
	unsigned level; /* shown from this verbosity on */
} severities[] = {
	[SGN_SEVERITY_ERROR] = {"error", PAINT_BAD, 0},
	[SGN_SEVERITY_WARNING] = {"warning", PAINT_WARN, 0},
	[SGN_SEVERITY_NOTE] = {"note", PAINT_NONE, 1},
};

static const char *const tristate[] = {"not satisfied", "satisfied", "cannot be decided here"};

/* "page 3, bytes 12288-16383 of the file" */
static void text_place(const struct sgn_finding *f, char *out, size_t room)
{
	char bytes[80] = "";

	if (f->offset != SGN_NO_OFFSET && f->length > 1)
		snprintf(bytes, sizeof(bytes), "bytes %" PRIu64 "-%" PRIu64 " of the file",
		         f->offset, f->offset + f->length - 1);
	else if (f->offset != SGN_NO_OFFSET)
		snprintf(bytes, sizeof(bytes), "offset %" PRIu64 " in the file", f->offset);
	if (f->has_slot)
		snprintf(out, room, "%s %" PRId64 "%s%s", f->slot < 0 ? "slot" : "page", f->slot,
		         *bytes ? ", " : "", bytes);
	else
		snprintf(out, room, "%s", bytes);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* The same thing, said of another slice. */
static bool is_repeated(const struct sgn_finding *a, const struct sgn_finding *b)
{
	return a->severity == b->severity && !strcmp(a->id, b->id) && a->osstatus == b->osstatus &&
	       a->has_slot == b->has_slot && a->slot == b->slot && a->offset == b->offset &&
	       same_text(a->text, b->text) && same_text(a->expected, b->expected) &&
	       same_text(a->found, b->found) && same_text(a->path, b->path) &&
	       same_text(a->subcomponent, b->subcomponent) && same_text(a->cause, b->cause);
}

static bool is_first(const struct sgn_report *report, size_t i)
{
	const struct sgn_finding *f = sgn_report_finding(report, i);

	/* What is not said of a slice is not repeated: a bundle may have very many of these. */
	for (size_t k = 0; *f->arch && k < i; k++)
		if (is_repeated(sgn_report_finding(report, k), f))
			return false;
	return true;
}

/* " (arm64, x86_64)": all slices of which finding i is said. */
static void text_arches(const struct sgn_report *report, size_t i, char *out, size_t room)
{
	const struct sgn_finding *f = sgn_report_finding(report, i), *other;
	size_t used = 0;

	out[0] = '\0';
	for (size_t k = i; (other = sgn_report_finding(report, k)); k++) {
		if (!*other->arch || !is_repeated(f, other) || used + 24 > room)
			continue;
		snprintf(out + used, room - used, "%s%s", used ? ", " : " (", other->arch);
		used = strlen(out);
	}
	if (used)
		snprintf(out + used, room - used, ")");
}

static void text_check(const struct out *out, const struct sgn_finding *f, int indent)
{
	const char *name = f->osstatus ? sgn_osstatus_name(f->osstatus) : NULL;
	char number[16] = "";

	if (f->osstatus)
		snprintf(number, sizeof(number), " %" PRId32, f->osstatus);
	out_field(out, indent, "check", "%s%s%s%s", f->id, number, name ? " " : "",
	          name ? name : "");
}

static void text_details(const struct out *out, const struct sgn_report *report, size_t i,
                         const char *path, int indent)
{
	const struct sgn_finding *f = sgn_report_finding(report, i);
	const char *item = f->subcomponent ? f->subcomponent : f->path ? f->path : path;
	char place[160], arches[200];

	text_arches(report, i, arches, sizeof(arches));
	text_place(f, place, sizeof(place));
	if (!f->resource)
		out_field(out, indent, "file", "%s%s", item, arches);
	if (*place)
		out_field(out, indent, "where", "%s", place);
	if (f->expected)
		out_field(out, indent, "expected", "%s", f->expected);
	if (f->found)
		out_field(out, indent, "found", "%s", f->found);
}

/* A list of files needs no more than their names. */
static bool is_file_line(const struct sgn_finding *f)
{
	return f->kind != SGN_KIND_GENERAL && f->resource != NULL;
}

/* The same, said of another piece of code, and nothing but its name differs. */
static bool is_echo(const struct sgn_finding *a, const struct sgn_finding *b)
{
	return a->severity == b->severity && !strcmp(a->id, b->id) && a->offset == SGN_NO_OFFSET &&
	       b->offset == SGN_NO_OFFSET && !a->has_slot && !b->has_slot && !a->resource &&
	       !b->resource && same_text(a->text, b->text) && same_text(a->expected, b->expected) &&
	       same_text(a->found, b->found) && !same_text(a->subcomponent, b->subcomponent);
}

/* In how many other pieces of code is that said? Two slices of one come one after the other. */
static size_t count_echoes(const struct sgn_report *report, size_t i)
{
	const struct sgn_finding *f = sgn_report_finding(report, i), *other;
	const char *last = f->subcomponent;
	size_t n = 0;

	for (size_t k = i + 1; (other = sgn_report_finding(report, k)); k++) {
		if (!is_echo(f, other) || same_text(other->subcomponent, last))
			continue;
		last = other->subcomponent;
		n++;
	}
	return n;
}

/* next: the finding that is printed behind it, or NULL. */
static void text_finding(const struct out *out, const struct sgn_report *report, size_t i,
                         const char *path, const struct sgn_finding *next, unsigned level)
{
	const struct sgn_finding *f = sgn_report_finding(report, i);
	int indent = f->subcomponent ? 4 : 2;
	size_t echoes = level == 0 ? count_echoes(report, i) : 0;

	out_paint(out, severities[f->severity].paint, "%*s%s: %s", indent, "",
	          severities[f->severity].word, f->text);
	if (!is_file_line(f))
		text_check(out, f, indent + 2);
	if (!is_file_line(f) || level > 0)
		text_details(out, report, i, path, indent + 2);
	if (echoes)
		out_field(out, indent + 2, "also", "in %zu other piece%s of code; -v lists them",
		          echoes, echoes == 1 ? "" : "s");
	/* Said once, with the last of several files. */
	if (next && is_file_line(f) && is_file_line(next) && strcmp(next->id, f->id) == 0 &&
	    same_text(next->cause, f->cause))
		return;
	if (is_file_line(f))
		text_check(out, f, indent + 2);
	if (f->cause)
		out_field(out, indent + 2, "cause", "%s", f->cause);
}

/* --- by subcomponent -------------------------------------------------------------------------------- */

static bool is_shown(const struct sgn_report *report, size_t i, unsigned level)
{
	const struct sgn_finding *f = sgn_report_finding(report, i);

	if (level < severities[f->severity].level || !is_first(report, i))
		return false;
	for (size_t k = 0; level == 0 && f->subcomponent && k < i; k++)
		if (is_echo(sgn_report_finding(report, k), f))
			return false;
	return true;
}

/* The next finding behind i that is shown under the same head; SIZE_MAX at the end. */
static size_t next_in_group(const struct sgn_report *report, size_t i, unsigned level)
{
	const struct sgn_finding *f = sgn_report_finding(report, i), *other;

	for (size_t k = i + 1; (other = sgn_report_finding(report, k)); k++)
		if (same_text(f->subcomponent, other->subcomponent) && is_shown(report, k, level))
			return k;
	return SIZE_MAX;
}

static bool begins_group(const struct sgn_report *report, size_t i, unsigned level)
{
	const struct sgn_finding *f = sgn_report_finding(report, i);

	for (size_t k = 0; k < i; k++)
		if (same_text(f->subcomponent, sgn_report_finding(report, k)->subcomponent) &&
		    is_shown(report, k, level))
			return false;
	return true;
}

static void text_group(const struct out *out, const struct sgn_report *report, size_t i,
                       const char *path, unsigned level)
{
	const char *head = sgn_report_finding(report, i)->subcomponent;
	size_t skip = strlen(path);

	if (head && !strncmp(head, path, skip) && head[skip] == '/')
		head += skip + 1;
	if (head)
		out_paint(out, PAINT_BOLD, "  in %s:", head);
	while (i != SIZE_MAX) {
		size_t next = next_in_group(report, i, level);

		text_finding(out, report, i, path,
		             next == SIZE_MAX ? NULL : sgn_report_finding(report, next), level);
		i = next;
	}
}

/* What is said of several slices counts once, as it is shown once. */
static size_t count(const struct sgn_report *report, enum sgn_severity severity)
{
	const struct sgn_finding *f;
	size_t n = 0;

	for (size_t i = 0; (f = sgn_report_finding(report, i)); i++)
		n += f->severity == severity && is_first(report, i);
	return n;
}

static void text_signer(const struct sgn_report_summary *s, char *out, size_t room)
{
	if (!s->is_signed)
		snprintf(out, room, "not signed");
	else if (s->adhoc)
		snprintf(out, room, "ad hoc signature");
	else
		snprintf(out, room, "signed by \"%s\"%s", s->authority ? s->authority : "?",
		         s->apple_anchored ? "" : ", whose root is not Apple's");
}

static void text_verdict(const struct out *out, const char *path, const struct sgn_report *report,
                         const struct sgn_report_summary *s)
{
	bool ok = sgn_report_ok(report);
	size_t errors = count(report, SGN_SEVERITY_ERROR);
	size_t warnings = count(report, SGN_SEVERITY_WARNING);
	char signer[400], counts[64] = "";

	text_signer(s, signer, sizeof(signer));
	if (!ok)
		snprintf(counts, sizeof(counts), " (%zu error%s)", errors, errors == 1 ? "" : "s");
	else if (warnings)
		snprintf(counts, sizeof(counts), " (%zu warning%s)", warnings,
		         warnings == 1 ? "" : "s");
	if (!ok)
		out_paint(out, PAINT_BAD, "%s: NOT VALID: %s%s", path, signer, counts);
	else
		out_paint(out, PAINT_GOOD, "%s: valid: %s%s", path, signer, counts);
}

static void text_checked(const struct out *out, const struct sgn_report_summary *s)
{
	char when[TIME_TEXT];

	out_field(out, 2, "format", "%s", s->format ? s->format : "?");
	out_field(out, 2, "identifier", "%s", s->identifier ? s->identifier : "none");
	out_field(out, 2, "team", "%s", s->team ? s->team : "not set");
	if (s->has_timestamp)
		out_field(out, 2, "timestamp", "%s", text_time(s->timestamp, when));
	else
		out_field(out, 2, "timestamp", "none");
	if (s->designated >= 0 && s->designated <= 2)
		out_field(out, 2, "requirement", "%s", tristate[s->designated]);
	out_field(out, 2, "checked", "%zu slice%s, %" PRIu64 " page%s, %" PRIu64 " bytes",
	          s->slices, s->slices == 1 ? "" : "s", s->pages, s->pages == 1 ? "" : "s",
	          s->bytes);
}

void text_report(const struct out *out, const char *path, const struct sgn_report *report,
                 unsigned level)
{
	struct sgn_report_summary summary;
	const struct sgn_finding *f;

	sgn_report_summarize(report, &summary);
	text_verdict(out, path, report, &summary);
	if (summary.explicit_requirement >= 0 && summary.explicit_requirement <= 2)
		out_paint(out, summary.explicit_requirement == 1 ? PAINT_GOOD : PAINT_BAD,
		          "%s: explicit requirement %s", path,
		          tristate[summary.explicit_requirement]);
	if (level > 0 && summary.is_signed)
		text_checked(out, &summary);
	for (int nested = 0; nested < 2; nested++)
		for (size_t i = 0; (f = sgn_report_finding(report, i)); i++)
			if ((f->subcomponent != NULL) == nested && is_shown(report, i, level) &&
			    begins_group(report, i, level))
				text_group(out, report, i, path, level);
}
