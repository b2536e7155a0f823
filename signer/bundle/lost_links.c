/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frameworks that went through a tool without symbolic links (npm leaves links out, cp -L and many zip
 * programs copy what they lead to, git on Windows writes their text): which links must come back. A
 * copy is named only when it holds exactly what the link would lead to.
 * docs/format/bundles.md, "Lost links".
 */
#include <string.h>

#include "signer/base/file.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/bundle/internal.h"

#define CHUNK         ((size_t)65536)
#define LINK_TEXT_MAX 1024 /* a longer file is no link's text */

struct finder {
	const struct sgn_walk *walk;
	const struct sgn_walk_entry *root;
	struct sgn_arena *arena;
	struct sgn_bundle_link *links;
	size_t count;
	uint8_t *chunks; /* two, for comparing */
	struct sgn_error *err;
};

static int open_entry(struct finder *f, const struct sgn_walk_entry *e, struct sgn_source *out)
{
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s/%s", f->walk->root, e->path);
	rc = sgn_buf_finish(&path, f->err, "path");
	if (rc == 0)
		rc = sgn_source_open(sgn_buf_str(&path), out, f->err);
	sgn_buf_dispose(&path);
	return rc;
}

static int same_bytes(struct finder *f, const struct sgn_walk_entry *a,
                      const struct sgn_walk_entry *b, bool *same)
{
	struct sgn_source in[2] = {{.fd = -1}, {.fd = -1}};
	int rc = open_entry(f, a, &in[0]);

	if (rc == 0)
		rc = open_entry(f, b, &in[1]);
	*same = rc == 0 && in[0].size == in[1].size;
	for (uint64_t at = 0; rc == 0 && *same && at < in[0].size; at += CHUNK) {
		uint64_t left = in[0].size - at;
		size_t len = left < CHUNK ? (size_t)left : CHUNK;

		rc = sgn_source_read(&in[0], at, f->chunks, len, f->err);
		if (rc == 0)
			rc = sgn_source_read(&in[1], at, f->chunks + CHUNK, len, f->err);
		*same = rc == 0 && memcmp(f->chunks, f->chunks + CHUNK, len) == 0;
	}
	sgn_source_close(&in[0]);
	sgn_source_close(&in[1]);
	return rc;
}

static int same_entry(struct finder *f, const struct sgn_walk_entry *a,
                      const struct sgn_walk_entry *b, bool *same)
{
	*same = a->kind == b->kind && a->problem == 0 && b->problem == 0;
	if (!*same)
		return 0;
	switch (a->kind) {
	case SGN_WALK_FILE:
		*same = a->size == b->size;
		return *same ? same_bytes(f, a, b, same) : 0;
	case SGN_WALK_SYMLINK: *same = a->link && b->link && strcmp(a->link, b->link) == 0; break;
	case SGN_WALK_DIR: break;
	case SGN_WALK_OTHER: *same = false; break;
	}
	return 0;
}

/* The same names, kinds and content all the way down. */
static int same_tree(struct finder *f, const struct sgn_walk_entry *a,
                     const struct sgn_walk_entry *b, bool *same)
{
	size_t ia = sgn_walk_index(f->walk, a), ib = sgn_walk_index(f->walk, b);
	size_t count = a->end - ia;
	int rc = 0;

	*same = count == b->end - ib;
	for (size_t i = 0; i < count && *same && rc == 0; i++) {
		const struct sgn_walk_entry *ea = &f->walk->entries[ia + i];
		const struct sgn_walk_entry *eb = &f->walk->entries[ib + i];

		*same = strcmp(sgn_tree_relative(a, ea), sgn_tree_relative(b, eb)) == 0;
		if (*same)
			rc = same_entry(f, ea, eb, same);
	}
	return rc;
}

/* A small file that holds nothing but the link's text. */
static int is_text_of(struct finder *f, const struct sgn_walk_entry *e, const char *text, bool *is)
{
	struct sgn_source in = {.fd = -1};
	struct sgn_view got;
	int rc;

	*is = false;
	if (e->kind != SGN_WALK_FILE || e->size > LINK_TEXT_MAX)
		return 0;
	rc = open_entry(f, e, &in);
	if (rc == 0 && in.size <= LINK_TEXT_MAX) {
		rc = sgn_source_read(&in, 0, f->chunks, (size_t)in.size, f->err);
		got = sgn_view_of(f->chunks, (size_t)in.size);
		if (rc == 0 && got.size > 0 && got.data[got.size - 1] == '\n')
			got.size--;
		*is = rc == 0 && sgn_view_equal(got, sgn_view_str(text));
	}
	sgn_source_close(&in);
	return rc;
}

static const char *join(struct finder *f, const char *folder, const char *name)
{
	struct sgn_buf path;
	char *out = NULL;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s/%s", folder, name);
	if (sgn_buf_finish(&path, NULL, "path") == 0)
		out = sgn_arena_strdup(f->arena, sgn_buf_str(&path));
	sgn_buf_dispose(&path);
	return out;
}

static int add(struct finder *f, const char *path, const char *target)
{
	if (!path || !target)
		return sgn_fail_nomem(f->err);
	f->links[f->count++] = (struct sgn_bundle_link){path, target};
	return 0;
}

static bool is_version(const struct sgn_walk_entry *e)
{
	return e->kind == SGN_WALK_DIR && strcmp(e->name, "Current") != 0;
}

/* Could this version be what Current was? current: what lies in its place, or NULL. */
static int fits(struct finder *f, const struct sgn_walk_entry *version,
                const struct sgn_walk_entry *current, bool *is)
{
	*is = !current;
	if (!current)
		return 0;
	if (current->kind == SGN_WALK_FILE)
		return is_text_of(f, current, version->name, is);
	return same_tree(f, version, current, is);
}

/* The version that Current leads to, or led to when only one can have been; NULL otherwise. */
static int find_version(struct finder *f, const struct sgn_walk_entry *versions,
                        const struct sgn_walk_entry **out)
{
	const struct sgn_walk_entry *current = sgn_tree_child(f->walk, versions, "Current");
	const struct sgn_walk_entry *e = NULL;
	int rc = 0;

	*out = NULL;
	if (current && current->kind == SGN_WALK_SYMLINK) {
		*out = sgn_tree_real_dir(f->walk, current);
		return 0;
	}
	while (rc == 0 && (e = sgn_tree_next(f->walk, versions, e)) != NULL) {
		bool is = false;

		if (is_version(e))
			rc = fits(f, e, current, &is);
		if (is && *out) {
			*out = NULL;
			return 0;
		}
		if (is)
			*out = e;
	}
	if (rc != 0 || !*out)
		return rc;
	return add(f, join(f, "Versions", "Current"), (*out)->name);
}

/* Never links: signatures and hidden files. */
static bool has_no_link(const char *name)
{
	return name[0] == '.' || strcmp(name, "_CodeSignature") == 0 ||
	       strcmp(name, "CodeResources") == 0;
}

/* One entry of the version, and what lies in the root under its name. all_gone: every link was left
 * out, so that a missing one is a lost one. */
static int check_name(struct finder *f, const struct sgn_walk_entry *e, bool all_gone)
{
	const struct sgn_walk_entry *there = sgn_tree_child(f->walk, f->root, e->name);
	const char *target;
	bool is_lost = false;
	int rc = 0;

	if (has_no_link(e->name) || (there && there->kind == SGN_WALK_SYMLINK))
		return 0;
	target = join(f, "Versions/Current", e->name);
	if (!target)
		return sgn_fail_nomem(f->err);
	if (!there)
		is_lost = all_gone;
	else
		rc = is_text_of(f, there, target, &is_lost);
	if (rc == 0 && there && !is_lost)
		rc = same_tree(f, there, e, &is_lost);
	if (rc != 0 || !is_lost)
		return rc;
	return add(f, e->name, target);
}

static int find_all(struct finder *f, const struct sgn_walk_entry *versions)
{
	const struct sgn_walk_entry *version, *e = NULL;
	bool all_gone = !sgn_tree_child(f->walk, versions, "Current");
	size_t most = 1;
	int rc;

	while ((e = sgn_tree_next(f->walk, f->root, e)) != NULL)
		all_gone = all_gone && e->kind != SGN_WALK_SYMLINK;
	/* At most one link for each entry below, and Current. */
	most += versions->end - sgn_walk_index(f->walk, versions);
	f->links = sgn_arena_array(f->arena, most, sizeof(*f->links));
	if (!f->links)
		return sgn_fail_nomem(f->err);
	rc = find_version(f, versions, &version);
	e = NULL;
	while (rc == 0 && version && (e = sgn_tree_next(f->walk, version, e)) != NULL)
		rc = check_name(f, e, all_gone);
	return rc;
}

int sgn_bundle_lost_links(const struct sgn_walk *walk, const char *at, struct sgn_arena *arena,
                          struct sgn_bundle_link **links, size_t *count, struct sgn_error *err)
{
	struct finder f = {
		.walk = walk, .root = sgn_walk_find(walk, at), .arena = arena, .err = err};
	const struct sgn_walk_entry *versions;
	int rc = 0;

	*links = NULL;
	*count = 0;
	versions = f.root ? sgn_tree_child(walk, f.root, "Versions") : NULL;
	if (!versions || versions->kind != SGN_WALK_DIR)
		return 0;
	f.chunks = sgn_malloc(2 * CHUNK);
	if (!f.chunks)
		return sgn_fail_nomem(err);
	rc = find_all(&f, versions);
	sgn_free(f.chunks);
	if (rc == 0 && f.count > 0) {
		*links = f.links;
		*count = f.count;
	}
	return rc;
}
