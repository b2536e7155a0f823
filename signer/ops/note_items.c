/* SPDX-License-Identifier: Apache-2.0 */
/* What will surprise somebody who signs a bundle, said before it is signed. */
#include <string.h>

#include "signer/base/text.h"
#include "signer/ops/plan_items.h"

/* How many paths one note names. */
#define NAMED 3

/* "a, b, c and 9 more" */
struct names {
	struct sgn_buf text;
	size_t count;
};

static void add_name(struct names *n, const char *path)
{
	if (n->count++ < NAMED)
		sgn_wr_fmt(&n->text, "%s%s", n->count > 1 ? ", " : "", path);
}

static void tell(const struct sgn_bundle_job *job, struct names *n, enum sgn_note_level level,
                 const char *cure, const char *what)
{
	if (n->count > NAMED)
		sgn_wr_fmt(&n->text, " and %zu more", n->count - NAMED);
	if (n->count)
		sgn_note(job->ctx, level, job->shown, NULL, cure, "%s: %s", what,
		         sgn_buf_str(&n->text));
	sgn_buf_dispose(&n->text);
}

static struct names no_names(void)
{
	struct names n = {.count = 0};

	sgn_buf_init(&n.text, SGN_LIMIT_PATH);
	return n;
}

/* A pattern with a slip of the pen would leave an item with the wrong entitlements. */
static void note_idle_rules(const struct sgn_bundle_job *job)
{
	for (size_t r = 0; r < job->opts->rule_count; r++) {
		const struct sgn_item_rule *rule = &job->opts->rules[r];
		bool used = false;

		for (size_t i = 0; i < job->tree->count && !used; i++)
			used = sgn_rule_matches(rule, &job->tree->items[i], job->before[i].name);
		if (!used)
			sgn_note(job->ctx, SGN_NOTE_WARNING, job->shown, NULL,
			         "show --tree lists paths, identifiers and kinds",
			         "no item matches the rule \"%s\"", rule->pattern);
	}
}

static bool by_rule(const struct sgn_item_plan *p)
{
	return p->identifier.from == SGN_FROM_RULE || p->entitlements.from == SGN_FROM_RULE ||
	       p->flags.from == SGN_FROM_RULE;
}

/* Kept although a rule says how to sign it. */
static void note_rules_on_kept(const struct sgn_bundle_job *job)
{
	struct names n = no_names();

	for (size_t i = 0; i < job->tree->count; i++)
		if (sgn_item_action(&job->before[i]) == SGN_ITEM_KEPT &&
		    by_rule(&job->before[i].plan))
			add_name(&n, job->tree->items[i].path);
	tell(job, &n, SGN_NOTE_WARNING, "pass --force to sign them again",
	     "a rule names code that is kept as it is, because it is signed already");
}

/* Library validation, a part of the hardened runtime, loads code of the same team only. */
static void note_foreign_kept(const struct sgn_bundle_job *job)
{
	struct sgn_view ours = SGN_VIEW_EMPTY;
	struct names n = no_names();

	if (job->opts->identity)
		ours = sgn_chain_team(sgn_identity_chain(job->opts->identity));
	for (size_t i = 0; ours.size && i < job->tree->count; i++) {
		const struct sgn_item_before *before = &job->before[i];
		const char *team = before->old.as_done.team;

		if (sgn_item_action(before) == SGN_ITEM_KEPT &&
		    !sgn_view_equal(ours, sgn_view_str(team ? team : "")))
			add_name(&n, job->tree->items[i].path);
	}
	tell(job, &n, SGN_NOTE_WARNING, "pass --force to sign it as well",
	     "code is kept that your team did not sign, which a hardened program will not load");
}

/* Systems find it all the same, but nobody checks its requirement. */
static void note_code_among_data(const struct sgn_bundle_job *job)
{
	struct names n = no_names();

	for (size_t i = 0; i + 1 < job->tree->count; i++) {
		const struct sgn_item *item = &job->tree->items[i];
		const struct sgn_bundle *around = job->tree->items[item->parent].bundle;

		if (!item->as_code && around->layout != SGN_BUNDLE_FLAT)
			add_name(&n, item->path);
	}
	tell(job, &n, SGN_NOTE_WARNING,
	     "move it to Contents/Frameworks, Helpers or PlugIns; where it lies it is signed, "
	     "too, but --only-code-places leaves it alone",
	     "code lies where the rules of its bundle seal data, not code");
}

static bool can_be_run(const struct sgn_bundle_job *job, size_t i)
{
	const struct sgn_item *item = &job->tree->items[i];
	const struct sgn_walk_entry *e;
	struct sgn_buf path;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_str(&path, item->path);
	if (item->bundle)
		sgn_wr_fmt(&path, "%s%s", *item->path ? "/" : "", item->bundle->main_path);
	e = sgn_walk_find(job->walk, sgn_buf_str(&path));
	sgn_buf_dispose(&path);
	return !e || e->kind != SGN_WALK_FILE || (e->mode & 0111);
}

static void note_lost_x(const struct sgn_bundle_job *job)
{
	struct names n = no_names();

	for (size_t i = 0; i < job->tree->count; i++)
		if (job->before[i].old.is_program &&
		    (!job->tree->items[i].bundle ||
		     job->tree->items[i].bundle->main_kind == SGN_MAIN_MACHO) &&
		    !can_be_run(job, i))
			add_name(&n, *job->tree->items[i].path ? job->tree->items[i].path : ".");
	tell(job, &n, SGN_NOTE_WARNING, "chmod +x, and pack with a tool that keeps modes",
	     "a main executable is not executable: its x bits were lost");
}

/* What a Mac leaves in archives. It gets sealed, and is then in the way of whoever removes it. */
static void note_leftovers(const struct sgn_bundle_job *job)
{
	struct names n = no_names();

	for (size_t i = 1; i < job->walk->count; i++) {
		const struct sgn_walk_entry *e = &job->walk->entries[i];

		if (sgn_is_leftover(e->name))
			add_name(&n, e->path);
	}
	tell(job, &n, SGN_NOTE_WARNING,
	     "delete them before signing, and pack with COPYFILE_DISABLE=1 tar or ditto --norsrc",
	     "AppleDouble files (._NAME, __MACOSX) are sealed as if they belonged to the bundle");
}

/* As codesign: without a word from the caller they are gone. */
static void note_dropped_entitlements(const struct sgn_bundle_job *job)
{
	const struct sgn_item_before *root = &job->before[job->tree->count - 1];
	const struct sgn_sign_options *o = &root->plan.opts;

	if (root->old.as_done.entitlements <= 0 || o->entitlements || o->profile_count ||
	    root->plan.entitlements.from != SGN_FROM_DERIVED)
		return;
	sgn_note(job->ctx, SGN_NOTE_WARNING, job->shown, NULL,
	         "pass --entitlements FILE, or --preserve-metadata=entitlements",
	         "the old signature has %ld entitlements, the new one has none",
	         root->old.as_done.entitlements);
}

void sgn_note_items(const struct sgn_bundle_job *job)
{
	note_idle_rules(job);
	note_rules_on_kept(job);
	note_dropped_entitlements(job);
	note_foreign_kept(job);
	note_code_among_data(job);
	note_lost_x(job);
	note_leftovers(job);
}
