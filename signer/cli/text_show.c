/* SPDX-License-Identifier: Apache-2.0 */
/* A signature for people: what matters first, one fact per line; more with -v. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "signer/cli/text.h"

static void text_hashes(const struct out *out, const struct sgn_shown_dir *d, unsigned level)
{
	size_t size = d->digest_size;

	for (uint32_t i = d->special_count; level >= 2 && i > 0; i--) {
		char *hex = text_hex(d->special.data + (size_t)(i - 1) * size, size);

		out_line(out, "    %6d=%s", -(int)i, hex);
		free(hex);
	}
	for (uint32_t i = 0; level >= 3 && i < d->code_count; i++) {
		char *hex = text_hex(d->code.data + (size_t)i * size, size);

		out_line(out, "    %6u=%s", i, hex);
		free(hex);
	}
}

static void text_dir(const struct out *out, const struct sgn_shown_dir *d, bool best,
                     unsigned level)
{
	size_t shown = d->cdhash.size < 20 ? d->cdhash.size : 20;
	char *hex = text_hex(d->cdhash.data, shown);
	char pages[64];

	if (d->page_size)
		snprintf(pages, sizeof(pages), "%u pages of %" PRIu64, d->code_count, d->page_size);
	else
		snprintf(pages, sizeof(pages), "one page");
	out_field(out, 2, best ? "cdhash" : "also", "%s (%s)", hex, d->digest_name);
	if (best || level > 0)
		out_field(out, 2, "directory",
		          "version %x, %s, %u special slots, %" PRIu64 " bytes", d->version, pages,
		          d->special_count, d->code_limit);
	if (level > 0 && d->has_exec_seg)
		out_field(out, 2, "exec segment",
		          "at %" PRIu64 ", %" PRIu64 " bytes, flags 0x%" PRIx64, d->exec_base,
		          d->exec_limit, d->exec_flags);
	text_hashes(out, d, level);
	free(hex);
}

static void text_chain(const struct out *out, const struct sgn_shown_slice *s, unsigned level)
{
	char from[TIME_TEXT], to[TIME_TEXT];

	for (size_t i = 0; i < s->chain_count; i++) {
		const struct sgn_shown_cert *c = &s->chain[i];

		out_field(out, 2, i == 0 ? "signed by" : "", "%s", c->name);
		if (level == 0)
			continue;
		out_field(out, 2, "", "  %s to %s", text_time(c->not_before, from),
		          text_time(c->not_after, to));
		out_field(out, 2, "", "  SHA-1 %s", c->sha1);
		out_field(out, 2, "", "  SHA-256 %s", c->sha256);
	}
}

static void text_signer(const struct out *out, const struct sgn_shown_slice *s, unsigned level)
{
	char when[TIME_TEXT];

	if (s->adhoc)
		out_field(out, 2, "signed by", "nobody (%s)",
		          s->linker_signed ? "ad hoc, by a linker" : "ad hoc");
	else if (s->chain_count == 0)
		out_field(out, 2, "signed by", "unreadable certificates");
	else
		text_chain(out, s, level);
	out_field(out, 2, "team", "%s", s->team ? s->team : "not set");
	if (s->has_timestamp)
		out_field(out, 2, "timestamp", "%s", text_time(s->timestamp, when));
	if (s->has_signing_time)
		out_field(out, 2, "signing time", "%s (the signer's own claim)",
		          text_time(s->signing_time, when));
}

/* The flags and the runtime are those of the CodeDirectory that counts. */
static void text_directories(const struct out *out, const struct sgn_shown_slice *s, unsigned level)
{
	char version[VERSION_TEXT];

	if (s->best < s->dir_count) {
		const struct sgn_shown_dir *best = &s->dirs[s->best];

		out_field(out, 2, "flags", "0x%x (%s)", best->flags, best->flags_text);
		if (best->runtime)
			out_field(out, 2, "runtime", "%s", text_version(best->runtime, 3, version));
		text_dir(out, best, true, level);
	}
	for (size_t i = 0; i < s->dir_count; i++)
		if (i != s->best)
			text_dir(out, &s->dirs[i], false, level);
}

static void text_platform(const struct out *out, const struct sgn_shown_slice *s, unsigned level)
{
	char minos[VERSION_TEXT], sdk[VERSION_TEXT];

	if (s->platform)
		out_field(out, 2, "runs on", "%s %s or later (SDK %s)",
		          s->platform_name ? s->platform_name : "platform ?",
		          text_version(s->minos, 2, minos), text_version(s->sdk, 2, sdk));
	if (level > 0 && *s->uuid)
		out_field(out, 2, "UUID", "%s", s->uuid);
	if (level > 0)
		out_field(out, 2, "slice", "at %" PRIu64 ", %" PRIu64 " bytes", s->offset, s->size);
}

/* The top level of codesign's tree: one tab, then [Key]. */
static size_t count_entitlements(const char *tree)
{
	size_t n = 0;

	for (const char *p = tree; p && (p = strstr(p, "\n\t[Key] ")); p++)
		n++;
	return n;
}

static void text_stored_requirements(const struct out *out, const char *text)
{
	const char *label = "requirement";

	while (*text) {
		int size = (int)strcspn(text, "\n");

		out_field(out, 2, label, "%.*s", size, text);
		text += size + (text[size] != '\0');
		label = "";
	}
}

static void text_content(const struct out *out, const struct sgn_shown_slice *s)
{
	if (s->info_plist_entries >= 0)
		out_field(out, 2, "Info.plist", "%ld entries", s->info_plist_entries);
	if (s->requirement_count > 0 && s->requirements_text)
		text_stored_requirements(out, s->requirements_text);
	if (s->designated_implied)
		out_field(out, 2, "requirement", "%s (implied, not stored)", s->designated_implied);
	if (s->entitlements_xml.size || s->entitlements_der.size)
		out_field(out, 2, "entitlements", "%zu (--entitlements shows them)",
		          count_entitlements(s->entitlements_text));
	for (size_t i = 0; i < s->constraints && i < 4; i++)
		out_field(out, 2, i == 0 ? "constraints" : "", "%s", s->constraint_names[i]);
}

static void text_blobs(const struct out *out, const struct sgn_shown_slice *s, unsigned level)
{
	if (level == 0)
		return;
	out_field(out, 2, "signature", "at %" PRIu64 ", %" PRIu64 " bytes of %" PRIu64 " reserved",
	          s->signature_offset, s->signature_size, s->reserved);
	for (size_t i = 0; i < s->blob_count; i++) {
		const struct sgn_shown_blob *b = &s->blobs[i];

		out_field(out, 2, i == 0 ? "blobs" : "", "%#7x  %08x  at %6u  %7zu bytes  %s",
		          b->type, b->magic, b->offset, b->bytes.size, b->name ? b->name : "");
	}
}

static void text_slice(const struct out *out, const struct sgn_shown_slice *s, unsigned level)
{
	out_paint(out, PAINT_BOLD, "%s", *s->arch ? s->arch : "no Mach-O");
	if (s->problem) {
		out_paint(out, PAINT_BAD, "  the signature cannot be read: %s", s->problem);
		return;
	}
	if (!s->is_signed) {
		out_line(out, "  not signed");
		text_platform(out, s, level);
		return;
	}
	out_field(out, 2, "identifier", "%s", s->identifier ? s->identifier : "none");
	text_signer(out, s, level);
	text_directories(out, s, level);
	text_platform(out, s, level);
	text_content(out, s);
	text_blobs(out, s, level);
}

void text_description(const struct out *out, const char *path, const struct sgn_description *d,
                      const char *arch, unsigned level)
{
	out_line(out, "%s: %s", path, d->format);
	if (d->bundle) {
		out_field(out, 2, "main part", "%s", d->executable);
		if (d->seal.version)
			out_field(out, 2, "resources", "%zu sealed, %zu rules, version %d",
			          d->seal.files, d->seal.rules, d->seal.version);
		else
			out_field(out, 2, "resources", "none sealed");
	}
	for (size_t i = 0; i < d->slice_count; i++)
		if (!arch || !strcmp(arch, d->slices[i].arch))
			text_slice(out, &d->slices[i], level);
}
