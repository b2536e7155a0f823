/* SPDX-License-Identifier: Apache-2.0 */
/* The resource seal of one bundle: what lies in code that was signed since is listed anew, files are hashed
 * that the survey does not know, nested code is taken from its item. */
#include "signer/ops/sign_item.h"

#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/ops/filehash.h"
#include "signer/ops/links.h"

/* The items of a scan that are sealed by their bytes. */
struct hashing {
	struct sgn_seal_item *items;
	struct sgn_hash_file *files;
	size_t *item_of; /* of each file */
	size_t count;
};

static void put_hashes(void *arg, size_t i, const struct sgn_file_hashes *hashes)
{
	const struct hashing *h = arg;

	sgn_file_hashes_merge(&h->items[h->item_of[i]].hashes, hashes);
}

/* The path of an error is that of the bundle in the end, as the user knows it. */
static int name_file(const struct sgn_walk *walk, struct sgn_error *err, int rc)
{
	size_t len = strlen(walk->root);

	if (rc == 0 || !err || !err->path || strncmp(err->path, walk->root, len) != 0 ||
	    err->path[len] != '/')
		return rc;
	return sgn_wrap(err, rc, "%s", err->path + len + 1);
}

static int hash_items(struct sgn_bundle_job *job, const struct sgn_walk *walk,
                      struct sgn_seal_scan *scan, unsigned wanted, struct sgn_error *err)
{
	struct hashing h = {.items = scan->items};
	struct sgn_hash_calls calls = {.arg = &h, .put = put_hashes};

	h.files = sgn_arena_array(&scan->arena, scan->count, sizeof(*h.files));
	h.item_of = sgn_arena_array(&scan->arena, scan->count, sizeof(*h.item_of));
	if (!h.files || !h.item_of)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < scan->count; i++) {
		const struct sgn_walk_entry *e = &walk->entries[scan->items[i].entry];

		if (scan->items[i].kind != SGN_SEAL_FILE ||
		    sgn_survey_hashes(job->survey, e->before, wanted, &scan->items[i].hashes))
			continue;
		h.files[h.count] = (struct sgn_hash_file){e->path, e->size};
		h.item_of[h.count++] = i;
	}
	return name_file(
		walk, err,
		sgn_hash_files(job->ctx->pool, walk->root, h.files, h.count, wanted, &calls, err));
}

/* "<support>/<path>" as the tree names it, from the root of the walk that was signed. */
static const char *tree_path(const struct sgn_item *bundle, const char *path, struct sgn_buf *out)
{
	const char *support = bundle->bundle->support;

	sgn_buf_reset(out);
	sgn_wr_fmt(out, "%s%s%s%s%s", bundle->path, *bundle->path ? "/" : "", support,
	           *support ? "/" : "", path);
	return sgn_buf_str(out);
}

/* cdhash and requirement of nested code, from what was just signed or kept. */
static int seal_nested(const struct sgn_bundle_job *job, const struct sgn_item *bundle,
                       struct sgn_seal_item *item, struct sgn_error *err)
{
	const struct sgn_item *child;
	const struct sgn_item_done *done;
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	child = sgn_tree_find(job->tree, tree_path(bundle, item->path, &path));
	done = child ? &job->done[child - job->tree->items] : NULL;
	rc = sgn_buf_finish(&path, err, "path");
	if (rc) {
		sgn_buf_dispose(&path);
		return rc;
	}
	if (!done || !done->requirement) {
		rc = sgn_fail(err, SGN_E_UNSUPPORTED, "%s: code object is not signed at all",
		              item->path);
		sgn_error_osstatus(err, rc, errSecCSUnsigned);
	} else {
		memcpy(item->cdhash, done->cdhash, sizeof(item->cdhash));
		item->requirement = done->requirement;
	}
	sgn_buf_dispose(&path);
	return rc;
}

static int fill(struct sgn_bundle_job *job, const struct sgn_item *item, const struct sgn_bundle *b,
                struct sgn_seal_scan *scan, unsigned wanted, struct sgn_error *err)
{
	int rc = hash_items(job, b->walk, scan, wanted, err);

	for (size_t i = 0; rc == 0 && i < scan->count; i++)
		if (scan->items[i].kind == SGN_SEAL_NESTED)
			rc = seal_nested(job, item, &scan->items[i], err);
	return rc;
}

static int refuse_problems(const struct sgn_seal_scan *scan, struct sgn_error *err)
{
	int rc;

	if (scan->problem_count == 0)
		return 0;
	rc = sgn_fail(err, SGN_E_FORMAT, "%s: %s", scan->problems[0].path, scan->problems[0].text);
	sgn_error_osstatus(err, rc, scan->problems[0].osstatus);
	if (scan->problems[0].cure)
		sgn_error_cure(err, rc, "%s", scan->problems[0].cure);
	return rc;
}

/* The signature would be made all the same, but strict verification refuses it later. */
static void note_links(const struct sgn_bundle_job *job, const struct sgn_bundle *b,
                       const struct sgn_seal_scan *scan)
{
	struct sgn_buf path;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	for (size_t i = 0; i < scan->count; i++) {
		const struct sgn_seal_item *item = &scan->items[i];

		if (item->kind != SGN_SEAL_LINK)
			continue;
		sgn_buf_reset(&path);
		sgn_bundle_path(b, b->support, &path);
		sgn_wr_fmt(&path, "/%s", item->path);
		if (!sgn_link_stays_inside(job->walk->root, sgn_buf_str(&path), item->link))
			sgn_note(job->ctx, SGN_NOTE_WARNING, job->target, NULL,
			         "remove the link, or let it lead to something in the bundle",
			         "the symbolic link %s leads out of the bundle, or nowhere (%s): "
			         "strict "
			         "verification refuses it",
			         item->path, item->link);
	}
	sgn_buf_dispose(&path);
}

static int seal(struct sgn_bundle_job *job, const struct sgn_item *item, const struct sgn_bundle *b,
                const enum sgn_digest *digests, size_t digest_count, struct sgn_buf *out,
                struct sgn_error *err)
{
	struct sgn_rules v1 = {0}, v2 = {0};
	struct sgn_seal_scan scan = {0};
	/* Version 1 of the seal knows SHA-1 only, whatever the signature uses. */
	unsigned wanted = 1u << SGN_DIGEST_SHA1;
	int rc = sgn_rules_default(b, 1, &v1, err);

	for (size_t i = 0; i < digest_count; i++)
		wanted |= 1u << digests[i];
	if (rc == 0)
		rc = sgn_rules_default(b, 2, &v2, err);
	if (rc == 0)
		rc = sgn_seal_scan(b, &v1, &v2, &scan, err);
	if (rc == 0)
		rc = refuse_problems(&scan, err);
	if (rc == 0)
		note_links(job, b, &scan);
	if (rc == 0)
		rc = fill(job, item, b, &scan, wanted, err);
	if (rc == 0)
		rc = sgn_seal_write(&scan, &v1, &v2, digests, digest_count, out, err);
	sgn_seal_scan_dispose(&scan);
	sgn_rules_dispose(&v1);
	sgn_rules_dispose(&v2);
	return rc;
}

/* Marks what was signed since the walk: the items of this bundle, with what lies in them. */
static void mark_items(const struct sgn_bundle_job *job, size_t parent, size_t first, bool *changed)
{
	for (size_t i = 0; i < job->tree->count; i++) {
		const struct sgn_item *item = &job->tree->items[i];
		const struct sgn_walk_entry *e = NULL;

		if (item->parent == parent)
			e = sgn_walk_find(job->walk, item->path);
		if (e)
			changed[sgn_walk_index(job->walk, e) - first] = true;
	}
}

/* The bundle's tree as it is now. Of the bundle itself only its _CodeSignature, which no seal covers, and
 * its profile were changed. */
static int list_again(const struct sgn_bundle_job *job, size_t i, struct sgn_walk *out,
                      struct sgn_error *err)
{
	const struct sgn_item *item = &job->tree->items[i];
	const struct sgn_walk_entry *top = sgn_walk_find(job->walk, item->path);
	size_t first = sgn_walk_index(job->walk, top);
	bool *changed = sgn_calloc(top->end - first, sizeof(*changed));
	int rc = changed ? 0 : sgn_fail_nomem(err);

	if (rc == 0) {
		mark_items(job, i, first, changed);
		changed[0] = job->profiles->count > 0;
		rc = sgn_walk_again(job->walk, item->path, changed, out, err);
	}
	sgn_free(changed);
	return rc;
}

int sgn_item_seal(struct sgn_bundle_job *job, size_t i, const enum sgn_digest *digests,
                  size_t digest_count, struct sgn_buf *out, struct sgn_error *err)
{
	const struct sgn_item *item = &job->tree->items[i];
	struct sgn_bundle now = *item->bundle; /* borrowed, but for where its files are */
	struct sgn_walk walk = {0};
	int rc = list_again(job, i, &walk, err);

	now.walk = &walk;
	now.at = "";
	if (rc == 0)
		rc = seal(job, item, &now, digests, digest_count, out, err);
	sgn_walk_dispose(&walk);
	return rc;
}
