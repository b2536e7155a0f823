/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of codesign -d: docs/format/verification.md, "display", has their order and levels. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "signer/cli/text.h"

/* What the functions below print from. */
struct shown {
	const struct out *out;
	const struct sgn_shown_slice *slice;
	const struct sgn_shown_dir *dir; /* the one that counts */
	const struct sgn_shown_seal *seal;
};

static void put_hex(const struct out *out, const char *label, const void *data, size_t size)
{
	char *hex = text_hex(data, size);

	out_line(out, "%s=%s", label, hex);
	free(hex);
}

static void put_directory(const struct shown *s)
{
	const struct sgn_shown_dir *d = s->dir;

	out_line(s->out, "CodeDirectory v=%x size=%u flags=0x%x(%s) hashes=%u+%u location=embedded",
	         d->version, d->size, d->flags, d->flags_text, d->code_count, d->special_count);
	if (d->platform)
		out_line(s->out, "Platform identifier=%u", d->platform);
}

static void put_version(const struct shown *s)
{
	if (!s->slice->platform)
		return;
	out_line(s->out, "VersionPlatform=%u", s->slice->platform);
	out_line(s->out, "VersionMin=%u", s->slice->minos);
	out_line(s->out, "VersionSDK=%u", s->slice->sdk);
}

/* By digest number, whatever the order in the file. */
static const struct sgn_shown_dir *next_dir(const struct sgn_shown_slice *slice, int after)
{
	const struct sgn_shown_dir *best = NULL;

	for (size_t i = 0; i < slice->dir_count; i++) {
		const struct sgn_shown_dir *d = &slice->dirs[i];

		if ((int)d->digest > after && (!best || d->digest < best->digest))
			best = d;
	}
	return best;
}

static void put_candidates(const struct shown *s)
{
	const struct sgn_shown_dir *d;
	char label[64], choices[120] = "";

	for (int after = -1; (d = next_dir(s->slice, after)); after = (int)d->digest) {
		size_t used = strlen(choices);

		snprintf(label, sizeof(label), "CandidateCDHash %s", d->digest_name);
		put_hex(s->out, label, d->cdhash.data, d->cdhash.size < 20 ? d->cdhash.size : 20);
		snprintf(label, sizeof(label), "CandidateCDHashFull %s", d->digest_name);
		put_hex(s->out, label, d->cdhash.data, d->cdhash.size);
		snprintf(choices + used, sizeof(choices) - used, "%s%s", used ? "," : "",
		         d->digest_name);
	}
	out_line(s->out, "Hash choices=%s", choices);
}

/* The CMS signs the primary CodeDirectory by its SHA-256, whatever its own digest is. */
static void put_cms_digest(const struct shown *s)
{
	uint8_t digest[SGN_DIGEST_MAX_SIZE];

	for (size_t i = 0; i < s->slice->blob_count; i++) {
		const struct sgn_shown_blob *b = &s->slice->blobs[i];

		if (b->type != 0)
			continue;
		if (sgn_hash_pages(SGN_DIGEST_SHA256, b->bytes.data, b->bytes.size, 0, digest,
		                   NULL) != 0)
			return;
		put_hex(s->out, "CMSDigest", digest, sgn_digest_size(SGN_DIGEST_SHA256));
		out_line(s->out, "CMSDigestType=%d", SGN_DIGEST_SHA256);
		return;
	}
}

static void put_hashes(const struct shown *s)
{
	out_line(s->out, "Hash type=%s size=%zu", s->dir->digest_name, s->dir->digest_size);
	put_candidates(s);
	put_cms_digest(s);
}

static void put_segment(const struct shown *s)
{
	const struct sgn_shown_dir *d = s->dir;

	if (d->has_exec_seg) {
		out_line(s->out, "Executable Segment base=%" PRIu64, d->exec_base);
		out_line(s->out, "Executable Segment limit=%" PRIu64, d->exec_limit);
		out_line(s->out, "Executable Segment flags=0x%" PRIx64, d->exec_flags);
	}
	if (d->page_size)
		out_line(s->out, "Page size=%" PRIu64, d->page_size);
	else
		out_line(s->out, "Page size=none");
}

static void put_slots(const struct shown *s)
{
	const struct sgn_shown_dir *d = s->dir;
	char label[24];

	for (uint32_t i = d->special_count; i > 0; i--) {
		snprintf(label, sizeof(label), "%6d", -(int)i);
		put_hex(s->out, label, d->special.data + (size_t)(i - 1) * d->digest_size,
		        d->digest_size);
	}
	for (uint32_t i = 0; i < d->code_count; i++) {
		snprintf(label, sizeof(label), "%6u", i);
		put_hex(s->out, label, d->code.data + (size_t)i * d->digest_size, d->digest_size);
	}
}

static void put_constraints(const struct shown *s)
{
	static const char *const lines[][2] = {
		{"self", "Has Self Launch Constraints"},
		{"parent", "Has Parent Launch Constraints"},
		{"responsible", "Has Responsible Launch Constraints"},
		{"library", "Has Library Load Constraints"},
	};

	if (s->slice->constraints > 0)
		out_line(s->out, "Launch Constraints:");
	for (size_t i = 0; i < s->slice->constraints && i < 4; i++)
		for (size_t k = 0; k < 4; k++)
			if (!strcmp(s->slice->constraint_names[i], lines[k][0]))
				out_line(s->out, "\t%s", lines[k][1]);
}

static void put_cdhash(const struct shown *s)
{
	const struct sgn_shown_bytes *hash = &s->dir->cdhash;

	put_hex(s->out, "CDHash", hash->data, hash->size < 20 ? hash->size : 20);
}

static void put_signature(const struct shown *s)
{
	if (s->slice->adhoc)
		out_line(s->out, "Signature=adhoc");
	else
		out_line(s->out, "Signature size=%zu", s->slice->cms.size);
}

static void put_authorities(const struct shown *s)
{
	for (size_t i = 0; i < s->slice->chain_count; i++)
		out_line(s->out, "Authority=%s", s->slice->chain[i].name);
	if (!s->slice->adhoc && s->slice->chain_count == 0)
		out_line(s->out, "Authority=(unavailable)");
}

/* "Jun 7, 2026 at 12:34:29", local time: codesign's form in the C locale on current systems. */
static void put_time(const struct out *out, const char *label, int64_t unix_seconds)
{
	char month[16], rest[32];
	time_t t = (time_t)unix_seconds;
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return;
	strftime(month, sizeof(month), "%b", &tm);
	strftime(rest, sizeof(rest), "%Y at %H:%M:%S", &tm);
	out_line(out, "%s=%s %d, %s", label, month, tm.tm_mday, rest);
}

static void put_facts(const struct shown *s)
{
	const struct sgn_shown_slice *slice = s->slice;
	char version[VERSION_TEXT];

	if (slice->has_timestamp)
		put_time(s->out, "Timestamp", slice->timestamp);
	else if (slice->has_signing_time)
		put_time(s->out, "Signed Time", slice->signing_time);
	if (slice->info_plist_entries >= 0)
		out_line(s->out, "Info.plist entries=%ld", slice->info_plist_entries);
	else
		out_line(s->out, "Info.plist=not bound");
	out_line(s->out, "TeamIdentifier=%s", slice->team ? slice->team : "not set");
	if (s->dir->runtime)
		out_line(s->out, "Runtime Version=%s", text_version(s->dir->runtime, 3, version));
	if (s->seal->version)
		out_line(s->out, "Sealed Resources version=%d rules=%zu files=%zu",
		         s->seal->version, s->seal->rules, s->seal->files);
	else
		out_line(s->out, "Sealed Resources=none");
}

static void put_requirements(const struct shown *s)
{
	if (s->slice->requirement_count < 0)
		out_line(s->out, "Internal requirements=none");
	else
		out_line(s->out, "Internal requirements count=%ld size=%zu",
		         s->slice->requirement_count, s->slice->requirements.size);
}

static void put_count(const struct shown *s)
{
	out_line(s->out, "Total signatures=1");
	out_line(s->out, "Chosen signature=1");
}

/* In the order of the lines; the level is the number of v's that a line needs. */
static const struct {
	unsigned level;
	void (*put)(const struct shown *s);
} parts[] = {
	{1, put_directory},   {4, put_version},     {3, put_hashes}, {4, put_segment},
	{5, put_slots},       {3, put_constraints}, {3, put_cdhash}, {1, put_signature},
	{2, put_authorities}, {1, put_facts},
};

void text_codesign(const struct out *out, const struct sgn_description *d,
                   const struct sgn_shown_slice *slice, unsigned level, bool requirements)
{
	struct shown s = {out, slice, NULL, &d->seal};

	out_line(out, "Executable=%s", d->executable);
	if (level > 0 && slice->best < slice->dir_count) {
		s.dir = &slice->dirs[slice->best];
		out_line(out, "Identifier=%s", slice->identifier);
		out_line(out, "Format=%s", d->format);
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			if (level >= parts[i].level)
				parts[i].put(&s);
		if (requirements)
			put_requirements(&s);
	}
	if (s.dir && level >= 2)
		put_count(&s);
}

/* The text of an empty set is a remark that codesign does not print. */
char *text_requirements(const struct sgn_shown_slice *slice)
{
	const char *stored = slice->requirement_count > 0 ? slice->requirements_text : NULL;
	const char *implied = slice->designated_implied;

	if (stored && implied)
		return cli_format("%s%s# designated => %s", stored,
		                  stored[strlen(stored) - 1] == '\n' ? "" : "\n", implied);
	if (implied)
		return cli_format("# designated => %s", implied);
	return stored ? cli_format("%s", stored) : NULL;
}
