/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "signer/cli/text.h"

static void text_slice(const struct out *out, const struct sgn_signed_slice *s)
{
	const char *digest = sgn_digest_name(s->digest);
	char pages[64], cms[64], version[VERSION_TEXT];

	if (s->page_size)
		snprintf(pages, sizeof(pages), "%u pages of %u", s->pages, s->page_size);
	else
		snprintf(pages, sizeof(pages), "one page");
	if (s->cms_size)
		snprintf(cms, sizeof(cms), "CMS %u", s->cms_size);
	else
		snprintf(cms, sizeof(cms), "ad hoc");
	out_line(out, "  %s: cdhash %s (%s), version %x, flags 0x%x, %s, %s, %u bytes reserved%s%s",
	         s->arch, s->cdhash, digest ? digest : "?", s->version, s->flags, pages, cms,
	         s->reserved, s->runtime ? ", runtime " : "",
	         s->runtime ? text_version(s->runtime, 3, version) : "");
}

void text_signed(const struct out *out, const char *path, const struct sgn_sign_result *r,
                 const struct sgn_sign_options *opts, unsigned level)
{
	bool dry_run = opts->dry_run;

	if (level == 0)
		return;
	out_line(out, "%s: %ssigned %s [%s]", path, dry_run ? "would be " : "", r->format,
	         r->identifier);
	text_item_counts(out, path, r, dry_run);
	if (level >= 2 || dry_run)
		text_items(out, r, opts);
	if (level == 1)
		return;
	for (size_t i = 0; i < r->slice_count; i++)
		text_slice(out, &r->slices[i]);
	out_line(out, "  team %s", r->team ? r->team : "not set");
	if (r->entitlements >= 0)
		out_line(out, "  entitlements: %ld", r->entitlements);
	if (r->requirement)
		out_line(out, "  requirement: %s", r->requirement);
	if (r->output && strcmp(r->output, path) != 0)
		out_line(out, "  %s %s", dry_run ? "would be written to" : "written to", r->output);
}
