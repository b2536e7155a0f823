/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/repair.h"

#include <string.h>

#include "signer/base/file.h"
#include "signer/base/txn.h"

/* Frameworks in frameworks whose links are copies: each round mends the outermost ones. */
#define ROUNDS 32

struct lost {
	struct sgn_arena arena;
	const char *at; /* the framework, from the walk's root */
	struct sgn_bundle_link *links;
	size_t count;
	size_t next; /* index in the walk behind the framework */
};

/* The first framework at or behind entry i that lost links. lost->count 0: none. */
static int find_lost(const struct sgn_walk *walk, size_t i, struct lost *lost,
                     struct sgn_error *err)
{
	int rc = 0;

	*lost = (struct lost){0};
	for (; rc == 0 && lost->count == 0 && i < walk->count; i++) {
		const struct sgn_walk_entry *e = &walk->entries[i];

		if (e->kind != SGN_WALK_DIR)
			continue;
		rc = sgn_bundle_lost_links(walk, e->path, &lost->arena, &lost->links, &lost->count,
		                           err);
		lost->at = e->path;
		lost->next = e->end;
	}
	return rc;
}

/* "Versions/Current, Kit, Resources" */
static const char *link_names(const struct lost *lost, struct sgn_buf *out)
{
	for (size_t i = 0; i < lost->count; i++)
		sgn_wr_fmt(out, "%s%s", i ? ", " : "", lost->links[i].path);
	return sgn_buf_str(out);
}

int sgn_refuse_lost_links(const struct sgn_walk *walk, struct sgn_error *err)
{
	struct sgn_buf names;
	struct lost lost;
	int rc = find_lost(walk, 0, &lost, err);

	sgn_buf_init(&names, SGN_LIMIT_PATH);
	if (rc == 0 && lost.count) {
		rc = sgn_fail(err, SGN_E_FORMAT,
		              "%s%ssymbolic links are missing or were turned into copies: %s",
		              lost.at, *lost.at ? ": " : "", link_names(&lost, &names));
		sgn_error_osstatus(err, rc, errSecCSUnsealedFrameworkRoot);
		sgn_error_cure(err, rc,
		               "pass --repair-symlinks, or unpack it with a tool that keeps links");
	}
	sgn_buf_dispose(&names);
	sgn_arena_dispose(&lost.arena);
	return rc;
}

static int make_link(const char *root, const char *at, const struct sgn_bundle_link *link,
                     struct sgn_error *err)
{
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s/%s%s%s", root, at, *at ? "/" : "", link->path);
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		rc = sgn_tree_remove(sgn_buf_str(&path), err);
	if (rc == 0)
		rc = sgn_link_make(link->target, sgn_buf_str(&path), err);
	sgn_buf_dispose(&path);
	return rc;
}

static int mend(struct sgn_context *ctx, const char *root, const char *shown,
                const struct lost *lost, struct sgn_error *err)
{
	struct sgn_buf names;
	int rc = 0;

	sgn_buf_init(&names, SGN_LIMIT_PATH);
	for (size_t i = 0; rc == 0 && i < lost->count; i++)
		rc = make_link(root, lost->at, &lost->links[i], err);
	if (rc == 0)
		sgn_note(ctx, SGN_NOTE_INFO, shown, NULL, NULL, "%s%ssymbolic links made again: %s",
		         lost->at, *lost->at ? ": " : "", link_names(lost, &names));
	sgn_buf_dispose(&names);
	return rc;
}

/* One pass over the tree; what lies inside a mended framework is for the next one. */
static int mend_all(struct sgn_context *ctx, const char *root, const char *shown, size_t *mended,
                    struct sgn_error *err)
{
	struct sgn_walk walk;
	int rc = sgn_walk_tree(root, &walk, err);

	*mended = 0;
	if (rc)
		return rc;
	for (size_t i = 0; rc == 0 && i < walk.count;) {
		struct lost lost;

		rc = find_lost(&walk, i, &lost, err);
		if (rc == 0 && lost.count) {
			rc = mend(ctx, root, shown, &lost, err);
			*mended += 1;
		}
		i = lost.count ? lost.next : walk.count;
		sgn_arena_dispose(&lost.arena);
	}
	sgn_walk_dispose(&walk);
	return rc;
}

int sgn_repair_links(struct sgn_context *ctx, const char *root, const char *shown,
                     struct sgn_error *err)
{
	size_t mended = 1, all = 0;
	int rc = 0;

	for (unsigned round = 0; rc == 0 && mended && round < ROUNDS; round++) {
		rc = mend_all(ctx, root, shown, &mended, err);
		all += mended;
	}
	if (rc == 0 && all)
		sgn_note(ctx, SGN_NOTE_WARNING, shown, NULL,
		         "pack with a tool that keeps links (tar, ditto, zip -y)",
		         "the symbolic links of %zu framework%s were made again", all,
		         all == 1 ? "" : "s");
	return rc;
}
