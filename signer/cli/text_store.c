/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a folder of identities, for people. */
#include <stdlib.h>
#include <string.h>

#include "signer/cli/store.h"
#include "signer/cli/text.h"

/* "a.cer, b.p12; private key in c.pem"; freed with free(). */
static char *where(const struct sgn_identity_candidate *c)
{
	char *text = cli_format("%s", ""), *longer;
	bool key_apart = c->key_file != NULL;

	for (size_t i = 0; i < c->file_count; i++) {
		longer = cli_format("%s%s%s", text, i ? ", " : "", c->files[i]);
		free(text);
		text = longer;
		if (c->key_file && !strcmp(c->files[i], c->key_file))
			key_apart = false;
	}
	if (key_apart) {
		longer = cli_format("%s; private key in %s", text, c->key_file);
		free(text);
		text = longer;
	}
	return text;
}

static const char *chain_words(const struct sgn_identity_info *info)
{
	if (info->apple_anchored)
		return "chain up to Apple's root";
	return info->chain_complete ? "chain complete, not Apple's" : "chain incomplete";
}

void text_identity_more(const struct out *out, const struct sgn_identity_info *info,
                        const char *requirement, const struct sgn_identity_candidate *candidate)
{
	char *files;

	out_field(out, 2, "signs", "%s", info->purpose);
	out_field(out, 2, "timestamp", "%s",
	          info->timestamp_by_default ? "by default, from Apple's server"
	                                     : "only with --timestamp");
	if (requirement)
		out_field(out, 2, "requirement", "%s", requirement);
	if (!candidate)
		return;
	files = where(candidate);
	out_field(out, 2, "files", "%s", files);
	out_field(out, 2, "usable", "%s%s", candidate->flaws ? "NO: " : "yes", candidate->why);
	if (*candidate->cure)
		out_field(out, 2, "", "cure: %s", candidate->cure);
	free(files);
}

static void one_line(const struct out *out, const struct sgn_identity_candidate *c)
{
	const struct sgn_identity_info *info = &c->info;
	char until[TIME_TEXT];

	out_paint(out, c->flaws ? PAINT_NONE : PAINT_GOOD, "%-6s  %.10s  %-10s  %s  %s",
	          c->flaws ? "no" : "yes", text_time(info->not_after, until),
	          info->team ? info->team : "-", info->sha1, info->name);
}

static void one(const struct out *out, const struct sgn_identity_candidate *c, unsigned level)
{
	char *files = where(c);

	one_line(out, c);
	if (c->flaws)
		out_paint(out, PAINT_WARN, "        %s", c->why);
	out_paint(out, PAINT_DIM, "        %s, %s, %s, in %s", c->info.kind_text, c->info.key_text,
	          chain_words(&c->info), files);
	for (size_t i = 1; level > 1 && i < c->info.chain_count; i++)
		out_paint(out, PAINT_DIM, "        issued by %s", c->info.chain[i]);
	if (c->flaws)
		out_line(out, "        cure: %s", c->cure);
	free(files);
}

/* From which -v on it is worth a line; what may be what somebody looks for always is. */
static const unsigned skip_levels[] = {
	[SGN_SKIP_HIDDEN] = 2,     [SGN_SKIP_FOLDER] = 1, [SGN_SKIP_UNKNOWN] = 1,
	[SGN_SKIP_DAMAGED] = 0,    [SGN_SKIP_LOCKED] = 0, [SGN_SKIP_LOOSE] = 0,
	[SGN_SKIP_UNREADABLE] = 0,
};

static void left_out(const struct out *out, const struct sgn_identity_store *store, unsigned level)
{
	size_t count;
	const struct sgn_identity_skipped *s = sgn_identity_store_skipped(store, &count);
	bool locked = false, loose = false;

	for (size_t i = 0; i < count; i++) {
		if (level < skip_levels[s[i].why])
			continue;
		out_line(out, "left out: %s: %s", s[i].file, s[i].text);
		locked |= s[i].why == SGN_SKIP_LOCKED;
		loose |= s[i].why == SGN_SKIP_LOOSE;
	}
	if (locked)
		out_line(out, "  cure: give the password with --password-env VAR, --password-file "
		              "FILE or --password-fd N");
	if (loose)
		out_line(out, "  cure: chmod 600 the file");
}

void text_store(const struct out *out, const char *dir, const struct sgn_identity_store *store,
                unsigned level)
{
	size_t count, usable = 0;
	const struct sgn_identity_candidate *c = sgn_identity_store_list(store, &count);

	while (usable < count && !c[usable].flaws)
		usable++;
	if (count)
		out_paint(out, PAINT_BOLD, "%-6s  %-10s  %-10s  %-40s  %s", "USABLE", "UNTIL",
		          "TEAM", "SHA-1", "NAME");
	for (size_t i = 0; i < count; i++)
		one(out, &c[i], level);
	left_out(out, store, level);
	out_line(out, "%s: %zu certificate%s, %zu usable", dir, count, count == 1 ? "" : "s",
	         usable);
}
