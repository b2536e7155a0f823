/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "signer/cli/text.h"

static void text_validity(const struct out *out, const struct sgn_identity_info *info)
{
	int64_t now = (int64_t)time(NULL);
	int64_t days = (info->not_after - now) / 86400;
	char from[TIME_TEXT], to[TIME_TEXT], left[48] = "";

	if (now < info->not_before)
		snprintf(left, sizeof(left), " (NOT YET VALID)");
	else if (now > info->not_after)
		snprintf(left, sizeof(left), " (EXPIRED)");
	else if (days < 60)
		snprintf(left, sizeof(left), " (%lld days left)", (long long)days);
	out_field(out, 2, "valid", "%s to %s%s", text_time(info->not_before, from),
	          text_time(info->not_after, to), left);
}

static const char *chain_text(const struct sgn_identity_info *info)
{
	if (info->apple_anchored)
		return "complete, to an Apple root";
	return info->chain_complete ? "complete, to a root that is not Apple's"
	                            : "INCOMPLETE: add the intermediates with --cert-chain";
}

void text_identity(const struct out *out, const char *path, const struct sgn_identity_info *info)
{
	out_line(out, "%s: %s", path, info->name);
	out_field(out, 2, "kind", "%s", info->kind_text ? info->kind_text : info->kind);
	out_field(out, 2, "team", "%s", info->team ? info->team : "none");
	out_field(out, 2, "key", "%s", info->key_text);
	if (info->uri)
		out_field(out, 2, "in a token", "%s", info->uri);
	out_field(out, 2, "SHA-1", "%s", info->sha1);
	text_validity(out, info);
	out_field(out, 2, "may sign code", "%s", info->can_sign_code ? "yes" : "NO");
	for (size_t i = 0; i < info->chain_count; i++)
		out_field(out, 2, i == 0 ? "chain" : "", "%s", info->chain[i]);
	out_field(out, 2, "", "%s", chain_text(info));
}

static void text_check(const struct out *out, const struct sgn_check *c)
{
	static const struct {
		const char *text;
		enum paint paint;
	} marks[] = {{"ok     ", PAINT_GOOD}, {"WARNING", PAINT_WARN}, {"FAILED ", PAINT_BAD}};
	char label[40];

	snprintf(label, sizeof(label), "  %s  %-20s ", marks[c->verdict].text, c->id);
	out_paint(out, c->verdict == SGN_CHECK_OK ? PAINT_NONE : marks[c->verdict].paint, "%s%s",
	          label, c->text);
	if (*c->cure)
		text_wrapped(out, "           cure: ", "                 ", c->cure);
}

void text_checkup(const struct out *out, const char *path, const struct sgn_checkup *checkup,
                  unsigned level)
{
	const char *soon = checkup->usable && checkup->expires_soon ? ", but not for long" : "";

	out_paint(out,
	          !checkup->usable ? PAINT_BAD
	          : *soon          ? PAINT_WARN
	                           : PAINT_GOOD,
	          "%s: %s: %s%s", path, checkup->info.name,
	          checkup->usable ? "usable" : "NOT USABLE", soon);
	for (size_t i = 0; i < checkup->check_count; i++)
		text_check(out, &checkup->checks[i]);
	if (level > 0)
		text_identity(out, path, &checkup->info);
}
