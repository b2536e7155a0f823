/* SPDX-License-Identifier: Apache-2.0 */
/* The picture of a bundle's code: a line for each item, under it who signed it, and what is wrong. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "signer/cli/text.h"

/* Columns that the mark takes. */
#define MARK 9

static void mark_of(const struct sgn_tree_item *item, const char **word, enum paint *paint)
{
	*word = "valid";
	*paint = PAINT_GOOD;
	if (item->errors || item->errors_inside) {
		*word = item->is_signed ? "INVALID" : "UNSIGNED";
		*paint = PAINT_BAD;
	} else if (item->warnings) {
		*word = "warning";
		*paint = PAINT_WARN;
	}
}

static const char *signer_of(const struct sgn_tree_item *item)
{
	if (item->adhoc)
		return item->linker_signed ? "ad hoc, by a linker" : "ad hoc";
	return item->authority ? item->authority : "unreadable certificates";
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* The item around item i: the nearest one before it that lies less deep. */
static const struct sgn_tree_item *around(const struct sgn_described_tree *tree, size_t i)
{
	for (size_t k = i; k-- > 0;)
		if (tree->items[k].depth < tree->items[i].depth)
			return &tree->items[k];
	return NULL;
}

/* Nearly always the signer is that of the bundle around it: told only where it is not. */
static void text_signature(const struct out *out, const struct sgn_tree_item *item,
                           const struct sgn_tree_item *outer, int indent)
{
	bool as_outer = outer && outer->is_signed && same(signer_of(item), signer_of(outer)) &&
	                same(item->team, outer->team);
	char when[TIME_TEXT] = "none";
	char *signer;

	if (item->has_timestamp)
		text_time(item->timestamp, when);
	signer = as_outer ? cli_format("signer as above")
	                  : cli_format("%s, team %s", signer_of(item),
	                               item->team ? item->team : "not set");
	out_line(out, "%*s%s, flags %s%s", indent, "", item->identifier, item->flags_text,
	         item->entitlements ? ", entitlements" : "");
	out_line(out, "%*s%s, timestamp %s", indent, "", signer, when);
	free(signer);
}

static void text_problem(const struct out *out, const struct sgn_tree_item *item, int indent)
{
	size_t more = item->errors + item->warnings - 1;
	char number[32] = "", others[48] = "";

	if (item->osstatus)
		snprintf(number, sizeof(number), " %" PRId32, item->osstatus);
	if (more)
		snprintf(others, sizeof(others), ", and %zu more", more);
	out_paint(out, item->errors ? PAINT_BAD : PAINT_WARN, "%*s%s: %s [%s%s]%s", indent, "",
	          item->errors ? "error" : "warning", item->problem, item->problem_id, number,
	          others);
}

static void text_tree_item(const struct out *out, const char *path,
                           const struct sgn_described_tree *tree, size_t i)
{
	const struct sgn_tree_item *item = &tree->items[i];
	int indent = MARK + 2 * (int)item->depth;
	const char *word;
	enum paint paint;

	mark_of(item, &word, &paint);
	out_paint(out, paint, "%-*s%s  (%s%s%s%s)", indent, word, item->depth ? item->path : path,
	          item->kind, *item->archs ? ", " : "", item->archs,
	          item->depth == 0 || item->sealed_as_code ? "" : ", sealed as data");
	if (item->is_signed)
		text_signature(out, item, around(tree, i), indent + 2);
	if (item->problem)
		text_problem(out, item, indent + 2);
	if (item->errors_inside && !item->errors)
		out_paint(out, PAINT_BAD, "%*sbecause of what lies in it: %zu error%s", indent + 2,
		          "", item->errors_inside, item->errors_inside == 1 ? "" : "s");
}

void text_code_tree(const struct out *out, const char *path, const struct sgn_described_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		text_tree_item(out, path, tree, i);
	if (tree->errors)
		out_paint(out, PAINT_BAD, "%zu error%s; signet verify --deep tells more",
		          tree->errors, tree->errors == 1 ? "" : "s");
}
