/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/subject.h"

#include <stdlib.h>
#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/time.h"
#include "signer/ops/enclosing.h"
#include "signer/ops/generic.h"

/* --- one object --------------------------------------------------------------------------------- */

/* The first finding that makes the signature worthless. The seal was not loaded, so what is said of
 * CodeResources does not count. */
static void find_problem(struct sgn_subject *s)
{
	const struct sgn_report *r = s->v.report;

	for (size_t i = 0; i < r->count && !s->problem; i++) {
		const struct sgn_finding *f = &r->findings[i];

		if (f->severity != SGN_SEVERITY_ERROR || strcmp(f->id, "resource-directory") == 0)
			continue;
		s->problem = f->text;
		s->osstatus = f->osstatus;
	}
}

static int find_designated(struct sgn_subject *s, struct sgn_subject_slice *slice, size_t index,
                           struct sgn_error *err)
{
	struct sgn_buf implied;
	int rc;

	sgn_buf_init(&implied, SGN_LIMIT_REQUIREMENTS);
	rc = sgn_facts_designated(slice->sig, &slice->facts, &implied, &slice->designated,
	                          &slice->implied, err);
	if (rc == 0 && slice->implied) {
		/* The one that is shown and sealed names the hashes of all slices. */
		sgn_buf_reset(&implied);
		rc = sgn_facts_implied(&s->code, index, &implied, err);
		if (rc == 0)
			rc = sgn_buf_finish(&implied, err, "requirement");
		if (rc == 0 &&
		    !sgn_arena_copy(&s->v.arena, sgn_buf_view(&implied), &slice->designated))
			rc = sgn_fail_nomem(err);
	}
	sgn_buf_dispose(&implied);
	return rc;
}

static int fill_slice(struct sgn_subject *s, const struct sgn_verified_slice *from,
                      struct sgn_subject_slice *to, struct sgn_error *err)
{
	const struct sgn_value *info = NULL;
	int rc;

	to->arch = from->macho->arch;
	to->sig = from->sig;
	to->chain = from->has_cms ? &from->cms.chain : NULL;
	if (from->has_info_plist)
		info = sgn_code_dictionary(from->info_plist, &s->v.arena);
	rc = sgn_facts_make(from->sig, to->chain, info,
	                    sgn_facts_entitlements(from->sig, &s->v.arena), &to->facts, err);
	if (rc == 0)
		rc = find_designated(s, to, (size_t)(from->macho - s->code.macho.slices), err);
	return sgn_error_at_arch(err, rc, to->arch);
}

static int read_slices(struct sgn_subject *s, struct sgn_error *err)
{
	struct sgn_verified verified;
	int rc = sgn_verify_choose(&s->v, &verified, err);

	if (rc == 0)
		rc = sgn_verify_code(&s->v, SGN_VERIFY_BASIC, &verified, err);
	if (rc)
		return rc;
	find_problem(s);
	s->is_program = s->code.is_generic || s->code.macho.slices[0].filetype == MH_EXECUTE;
	s->slices = sgn_arena_array(&s->v.arena, verified.count, sizeof(*s->slices));
	if (!s->slices)
		return sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < verified.count; i++)
		if (verified.slices[i].sig)
			rc = fill_slice(s, &verified.slices[i], &s->slices[s->count++], err);
	return rc;
}

static int open_code(struct sgn_subject *s, const char *path, struct sgn_error *err)
{
	const struct sgn_bundle *b = s->bundle;
	struct sgn_buf full;
	int rc;

	if (!b)
		return sgn_code_open(path, false, &s->code, err);
	if (!b->main_path || b->main_kind == SGN_MAIN_NONE) {
		rc = sgn_fail(err, SGN_E_UNSUPPORTED, "a bundle without a main executable");
		return sgn_error_osstatus(err, rc, errSecCSBadBundleFormat);
	}
	sgn_buf_init(&full, SGN_LIMIT_PATH);
	sgn_bundle_path(b, b->main_path, &full);
	rc = sgn_buf_finish(&full, err, "path");
	if (rc == 0)
		rc = b->main_kind == SGN_MAIN_MACHO
		             ? sgn_code_open(sgn_buf_str(&full), false, &s->code, err)
		             : sgn_code_open_generic(sgn_buf_str(&full), b, &s->code, err);
	if (rc == 0)
		s->code.path = s->code.real_path;
	sgn_buf_dispose(&full);
	return rc;
}

static int open_subject(struct sgn_context *ctx, const struct sgn_verify_options *opts,
                        const char *path, struct sgn_subject *s, struct sgn_error *err)
{
	int rc;

	s->v = (struct sgn_verify){.ctx = ctx, .opts = opts, .now = sgn_time_now()};
	rc = sgn_report_new(path, &s->v.report, err);
	if (rc == 0)
		rc = open_code(s, path, err);
	if (rc)
		return rc;
	s->v.code = &s->code;
	s->v.bundle = s->bundle;
	return read_slices(s, err);
}

/* --- the tree ------------------------------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
	const struct sgn_item *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

/* Nested code that cannot be read is told as such: the rest can still be compared. */
static int open_nested(struct sgn_context *ctx, struct sgn_subjects *all,
                       const struct sgn_item *item, struct sgn_subject *s, struct sgn_error *err)
{
	struct sgn_error why = SGN_ERROR_INIT;
	struct sgn_buf full;
	int rc;

	s->at = *item->path ? item->path : ".";
	s->kind = sgn_item_kind(item);
	s->bundle = item->bundle;
	sgn_buf_init(&full, SGN_LIMIT_PATH);
	sgn_wr_fmt(&full, "%s/%s", all->walk.root, item->path);
	rc = open_subject(ctx, &all->opts, sgn_buf_str(&full), s, &why);
	if (rc && (rc == SGN_E_NOMEM || !*item->path || !s->v.report)) {
		sgn_error_move(err, &why);
	} else if (rc) {
		s->problem = sgn_report_text(s->v.report, "%s", why.text);
		s->osstatus = why.osstatus;
		s->count = 0;
		rc = 0;
	}
	sgn_error_dispose(&why);
	sgn_buf_dispose(&full);
	return rc;
}

static int open_all(struct sgn_context *ctx, struct sgn_subjects *all, struct sgn_error *err)
{
	size_t count;
	const struct sgn_item **sorted;
	static const struct sgn_tree_options reading = {.allow_no_executable = true};
	int rc = sgn_tree_discover(&all->walk, &reading, &all->tree, err);

	if (rc)
		return rc;
	all->has_tree = true;
	count = all->tree.count;
	sorted = sgn_calloc(count, sizeof(const struct sgn_item *));
	all->items = sgn_calloc(count, sizeof(*all->items));
	if (!sorted || !all->items)
		rc = sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		sorted[i] = &all->tree.items[i];
	if (rc == 0)
		qsort(sorted, count, sizeof(const struct sgn_item *), by_path);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		all->items[i].code.src.fd = -1;
		all->count = i + 1;
		rc = open_nested(ctx, all, sorted[i], &all->items[i], err);
	}
	sgn_free(sorted);
	return rc;
}

static int open_root(struct sgn_context *ctx, struct sgn_subjects *all, const char *path,
                     struct sgn_error *err)
{
	struct sgn_subject *s = sgn_calloc(1, sizeof(*s));

	all->items = s;
	if (!s)
		return sgn_fail_nomem(err);
	all->count = 1;
	s->code.src.fd = -1;
	s->at = ".";
	s->kind = "macho";
	if (all->has_bundle) {
		const struct sgn_item as_item = {.path = "", .bundle = &all->bundle};

		s->bundle = &all->bundle;
		s->kind = sgn_item_kind(&as_item);
	}
	return open_subject(ctx, &all->opts, path, s, err);
}

static int open_bundle(struct sgn_context *ctx, struct sgn_subjects *all, const char *path,
                       bool nested, struct sgn_error *err)
{
	int rc = sgn_walk_tree(path, &all->walk, err);

	if (rc)
		return rc;
	all->has_walk = true;
	if (nested)
		return open_all(ctx, all, err);
	rc = sgn_bundle_open(&all->walk, "", NULL, &all->bundle, err);
	if (rc)
		return rc;
	all->has_bundle = true;
	return open_root(ctx, all, path, err);
}

int sgn_subjects_open(struct sgn_context *ctx, const char *path, const char *arch, bool nested,
                      struct sgn_subjects *out, struct sgn_error *err)
{
	char *bundle = NULL;
	int rc = sgn_bundle_of(path, &bundle, err);

	*out = (struct sgn_subjects){.opts = {.arch = arch}};
	if (rc == 0)
		rc = bundle ? open_bundle(ctx, out, bundle, nested, err)
		            : open_root(ctx, out, path, err);
	sgn_free(bundle);
	if (rc)
		sgn_subjects_close(out);
	return sgn_error_at_path(err, rc, path);
}

void sgn_subjects_close(struct sgn_subjects *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct sgn_subject *s = &all->items[i];

		sgn_code_close(&s->code);
		sgn_report_free(s->v.report);
		sgn_arena_dispose(&s->v.arena);
	}
	sgn_free(all->items);
	if (all->has_bundle)
		sgn_bundle_dispose(&all->bundle);
	if (all->has_tree)
		sgn_tree_dispose(&all->tree);
	if (all->has_walk)
		sgn_walk_dispose(&all->walk);
	*all = (struct sgn_subjects){0};
}

int sgn_subject_must_be_signed(const struct sgn_subject *s, struct sgn_error *err)
{
	int rc;

	if (s->count)
		return 0;
	rc = sgn_fail(err, SGN_E_NOTFOUND, "%s",
	              s->problem ? s->problem : sgn_osstatus_text(errSecCSUnsigned));
	return sgn_error_osstatus(err, rc, s->osstatus ? s->osstatus : errSecCSUnsigned);
}

const struct sgn_subject_slice *sgn_subject_slice(const struct sgn_subject *s, const char *arch)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->slices[i].arch, arch) == 0)
			return &s->slices[i];
	return &s->slices[0];
}

/* --- requirements ----------------------------------------------------------------------------------- */

int sgn_requirement_single(struct sgn_view in, const char *identifier, struct sgn_arena *arena,
                           struct sgn_view *out, struct sgn_error *err)
{
	const struct sgn_req_compile_options opts = {.self_identifier = identifier};
	struct sgn_buf buf;
	uint32_t magic;
	int rc = 0;

	sgn_buf_init(&buf, SGN_LIMIT_REQUIREMENTS);
	/* Text never begins with 0xfa, every blob does. */
	if (in.size == 0 || in.data[0] != 0xfa) {
		rc = sgn_req_compile(in, &opts, &buf, err);
		in = sgn_buf_view(&buf);
	}
	if (rc == 0)
		rc = sgn_blob_read(in, &magic, &in, err);
	if (rc == 0 && magic == CSMAGIC_REQUIREMENTS)
		rc = sgn_req_set_find(in, kSecDesignatedRequirementType, &in, err);
	if (rc == 0 && in.size == 0)
		rc = sgn_fail(err, SGN_E_USAGE, "the set holds no designated requirement");
	if (rc == 0 && !sgn_arena_copy(arena, in, out))
		rc = sgn_fail_nomem(err);
	sgn_buf_dispose(&buf);
	return rc;
}

int sgn_requirement_text(struct sgn_view blob, struct sgn_arena *arena, const char **out,
                         struct sgn_error *err)
{
	struct sgn_buf text;
	int rc;

	sgn_buf_init(&text, 4 * (size_t)SGN_LIMIT_REQUIREMENTS);
	rc = sgn_req_decompile(blob, &text, err);
	if (rc == 0)
		rc = sgn_buf_finish(&text, err, "requirement");
	if (rc == 0) {
		*out = sgn_arena_strndup(arena, sgn_buf_str(&text), text.size);
		rc = *out ? 0 : sgn_fail_nomem(err);
	}
	sgn_buf_dispose(&text);
	return rc;
}
