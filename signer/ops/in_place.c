/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/in_place.h"

#include <string.h>

#include "signer/base/undo.h"
#include "signer/ops/in_place_bundle.h"

/* Per slice: load commands, zeros that align the signature, signature, zeros up to the next slice. */
#define PATCHES_PER_SLICE 4

/* --- may it be done? ------------------------------------------------------------------------------- */

static int check_slices(const struct sgn_code *code, const struct sgn_layout *layout,
                        struct sgn_error *err)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct sgn_slice *s = &code->macho.slices[i];
		int rc;

		if (layout->slices[i].new_offset == s->offset)
			continue;
		rc = sgn_fail(err, SGN_E_UNSUPPORTED,
		              "cannot be changed in place: the slice would move from offset %llu "
		              "to %llu",
		              (unsigned long long)s->offset,
		              (unsigned long long)layout->slices[i].new_offset);
		sgn_error_cure(err, rc,
		               "do it without --in-place; where the file system can share blocks, "
		               "only what differs is written then, too");
		return sgn_error_at_arch(err, rc, s->arch);
	}
	return 0;
}

int sgn_in_place_check(const struct sgn_code *code, const struct sgn_layout *layout, bool twins,
                       struct sgn_error *err)
{
	uint64_t links;
	int rc = sgn_source_links(&code->src, &links, err);

	if (rc == 0 && links > 1 && !twins) {
		rc = sgn_fail(err, SGN_E_UNSUPPORTED,
		              "has %llu names (hard links): changed in place, all of them would "
		              "change",
		              (unsigned long long)links);
		sgn_error_cure(err, rc,
		               "do it without --in-place, then the other names keep the old "
		               "file; or pass --in-place=hard-links to change them all");
	}
	return rc ? rc : check_slices(code, layout, err);
}

/* --- what is written ------------------------------------------------------------------------------- */

struct plan {
	struct sgn_patch *patches;
	size_t count;
	struct sgn_arena *arena;
};

static void add(struct plan *p, uint64_t at, struct sgn_view bytes)
{
	if (bytes.size)
		p->patches[p->count++] = (struct sgn_patch){at, bytes};
}

static int add_zeros(struct plan *p, uint64_t from, uint64_t to, struct sgn_error *err)
{
	uint8_t *zeros;

	if (from >= to)
		return 0;
	zeros = sgn_arena_alloc(p->arena, (size_t)(to - from));
	if (!zeros)
		return sgn_fail_nomem(err);
	add(p, from, sgn_view_of(zeros, (size_t)(to - from)));
	return 0;
}

static int add_slice(struct plan *p, const struct sgn_layout *layout, size_t i,
                     struct sgn_view tail, struct sgn_error *err)
{
	const struct sgn_slice_layout *l = &layout->slices[i];
	uint64_t begin = l->new_offset, code_end = begin + l->code_limit;
	uint64_t next = i + 1 < layout->count ? layout->slices[i + 1].new_offset : 0;
	int rc;

	add(p, begin, l->header);
	rc = add_zeros(p, begin + l->copy_size, code_end, err);
	add(p, code_end, tail);
	return rc ? rc : add_zeros(p, code_end + tail.size, next, err);
}

int sgn_in_place_plan(const struct sgn_code *code, const struct sgn_layout *layout,
                      const struct sgn_view *tails, struct sgn_arena *arena, struct sgn_change *out,
                      struct sgn_error *err)
{
	struct plan p = {.arena = arena};
	int rc = 0;

	p.patches =
		sgn_arena_array(arena, layout->count * PATCHES_PER_SLICE + 2, sizeof(*p.patches));
	if (!p.patches)
		return sgn_fail_nomem(err);
	if (code->macho.is_fat) {
		add(&p, 0, layout->fat_header);
		rc = add_zeros(&p, layout->fat_header.size, layout->slices[0].new_offset, err);
	}
	for (size_t i = 0; rc == 0 && i < layout->count; i++)
		rc = add_slice(&p, layout, i, tails ? tails[i] : SGN_VIEW_EMPTY, err);
	*out = (struct sgn_change){p.patches, p.count, layout->file_size};
	return rc;
}

/* --- after an interruption ------------------------------------------------------------------------- */

int sgn_in_place_recover(struct sgn_context *ctx, const char *path, struct sgn_error *err)
{
	enum sgn_undone what;
	int rc = sgn_undo_recover(path, &what, err);

	if (rc == 0 && what == SGN_UNDO_RESTORED)
		sgn_note(ctx, SGN_NOTE_WARNING, path, NULL, NULL,
		         "a run that changed it in place had been interrupted: the file was "
		         "restored first");
	if (rc == 0 && what == SGN_UNDO_COMPLETE)
		sgn_note(ctx, SGN_NOTE_WARNING, path, NULL, NULL,
		         "a run that changed it in place had been interrupted after all was "
		         "written: the change stays");
	return rc;
}

/* record: its entry; name: of the file that it belongs to. */
static int recover_beside(struct sgn_context *ctx, const char *root,
                          const struct sgn_walk_entry *record, struct sgn_view name,
                          struct sgn_error *err)
{
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_wr_fmt(&path, "%s/", root);
	sgn_wr_bytes(&path, record->path, (size_t)(record->name - record->path));
	sgn_wr_view(&path, name);
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		rc = sgn_in_place_recover(ctx, sgn_buf_str(&path), err);
	sgn_buf_dispose(&path);
	return rc;
}

int sgn_in_place_recover_tree(struct sgn_context *ctx, const char *root, struct sgn_walk *walk,
                              struct sgn_error *err)
{
	bool found = false;
	int rc = sgn_in_place_recover_nested(ctx, walk, &found, err);

	for (size_t i = 0; rc == 0 && i < walk->count; i++) {
		const struct sgn_walk_entry *e = &walk->entries[i];
		struct sgn_view name;

		if (e->kind != SGN_WALK_FILE || !sgn_undo_names(e->name, &name))
			continue;
		found = true;
		rc = recover_beside(ctx, root, e, name, err);
	}
	if (rc != 0 || !found)
		return rc;
	sgn_walk_dispose(walk);
	return sgn_walk_tree(root, walk, err);
}
