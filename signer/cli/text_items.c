/* SPDX-License-Identifier: Apache-2.0 */
/* What was, or would be, done to each item of a bundle, and why: the bundle first, what lies in it
 * below it, each with its place in the order of signing. */
#include <string.h>

#include "signer/cli/text.h"

static const char *const actions[] = {
	[SGN_ITEM_SIGNED] = "signed",
	[SGN_ITEM_KEPT] = "kept as it is",
	[SGN_ITEM_SKIPPED] = "skipped",
	[SGN_ITEM_WAITING] = "waiting",
};

struct items {
	const struct out *out;
	const struct sgn_sign_result *result;
	const struct sgn_sign_options *opts;
};

static void why_text(const struct items *t, const struct sgn_value_why *why, char *out, size_t room)
{
	static const char *const words[] = {
		[SGN_FROM_NOTHING] = "",
		[SGN_FROM_OPTION] = "as the options say",
		[SGN_FROM_OLD] = "from the signature that was there",
		[SGN_FROM_DERIVED] = "by default",
	};

	if (why->from == SGN_FROM_RULE && why->rule < t->opts->rule_count)
		snprintf(out, room, "  (by rule \"%s\")", t->opts->rules[why->rule].pattern);
	else if (why->from != SGN_FROM_RULE && *words[why->from])
		snprintf(out, room, "  (%s)", words[why->from]);
	else
		out[0] = '\0';
}

static void text_values(const struct items *t, const struct sgn_signed_item *item, int indent)
{
	char flags[SGN_FLAGS_TEXT], why[300], count[40] = "none";

	why_text(t, &item->identifier_why, why, sizeof(why));
	out_field(t->out, indent, "identifier", "%s%s", item->identifier, why);
	why_text(t, &item->entitlements_why, why, sizeof(why));
	if (item->entitlements >= 0)
		snprintf(count, sizeof(count), "%ld", item->entitlements);
	out_field(t->out, indent, "entitlements", "%s%s", count, why);
	why_text(t, &item->flags_why, why, sizeof(why));
	sgn_flags_text(item->flags, flags);
	out_field(t->out, indent, "flags", "0x%x (%s)%s", item->flags, flags, why);
	if (item->team)
		out_field(t->out, indent, "team", "%s", item->team);
	if (*item->cdhash)
		out_field(t->out, indent, "cdhash", "%s", item->cdhash);
}

static void text_item(const struct items *t, size_t i, int depth)
{
	const struct sgn_signed_item *item = &t->result->items[i];
	bool is_root = item->parent == i;
	int indent = 2 + 2 * depth;

	out_line(t->out, "%*s%zu. %s  (%s, %s%s%s)", indent, "", i + 1, item->path, item->kind,
	         t->opts->dry_run && item->action == SGN_ITEM_SIGNED ? "would be " : "",
	         actions[item->action], is_root || item->sealed_as_code ? "" : ", sealed as data");
	if (*item->identifier)
		text_values(t, item, indent + 3);
	for (size_t k = 0; k < i; k++)
		if (t->result->items[k].parent == i)
			text_item(t, k, depth + 1);
}

void text_items(const struct out *out, const struct sgn_sign_result *r,
                const struct sgn_sign_options *opts)
{
	const struct items t = {out, r, opts};

	if (r->item_count)
		text_item(&t, r->item_count - 1, 0);
}

void text_item_counts(const struct out *out, const char *path, const struct sgn_sign_result *r,
                      bool dry_run)
{
	size_t counts[] = {0, 0, 0, 0};

	for (size_t i = 0; i < r->item_count; i++)
		counts[r->items[i].action]++;
	if (r->item_count > 1)
		out_line(out, "%s: %zu piece%s of code %ssigned, %zu kept, %zu skipped", path,
		         counts[SGN_ITEM_SIGNED], counts[SGN_ITEM_SIGNED] == 1 ? "" : "s",
		         dry_run ? "would be " : "", counts[SGN_ITEM_KEPT],
		         counts[SGN_ITEM_SKIPPED]);
}
