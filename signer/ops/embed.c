/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/embed.h"

#include <string.h>

#include "signer/base/file.h"
#include "signer/base/time.h"
#include "signer/base/undo_tree.h"
#include "signer/ents/ents.h"
#include "signer/ops/facts.h"

int sgn_profiles_load(const struct sgn_sign_options *opts, struct sgn_profiles *out,
                      struct sgn_error *err)
{
	int rc = 0;

	*out = (struct sgn_profiles){0};
	out->all = sgn_arena_array(&out->arena, opts->profile_count, sizeof(*out->all));
	if (!out->all)
		return sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < opts->profile_count; i++) {
		const struct sgn_profile_file *f = &opts->profiles[i];

		rc = sgn_profile_read(sgn_view_of(f->data, f->size), f->path, &out->all[i], err);
		if (rc == 0)
			out->count++;
	}
	if (rc)
		sgn_profiles_dispose(out);
	return rc;
}

void sgn_profiles_dispose(struct sgn_profiles *p)
{
	for (size_t i = 0; i < p->count; i++)
		sgn_profile_dispose(&p->all[i]);
	sgn_arena_dispose(&p->arena);
	*p = (struct sgn_profiles){0};
}

/* What is known of the bundle before it is signed. */
struct subject {
	bool is_program;
	bool for_mac;
	const struct sgn_value *entitlements; /* that will be signed, or NULL */
};

static bool runs_on_mac(const struct sgn_slice *s)
{
	return s->platform == PLATFORM_MACOS || s->platform == PLATFORM_MACCATALYST ||
	       s->platform == PLATFORM_DRIVERKIT || s->platform == PLATFORM_UNKNOWN;
}

static int given_entitlements(const struct sgn_sign_options *opts, struct sgn_arena *arena,
                              const struct sgn_value **out, struct sgn_error *err)
{
	struct sgn_ents *ents = sgn_arena_alloc(arena, sizeof(*ents));
	int rc =
		ents ? sgn_ents_from_input(sgn_view_of(opts->entitlements, opts->entitlements_size),
	                                   arena, ents, err)
		     : sgn_fail_nomem(err);

	if (rc == 0)
		*out = &ents->dict;
	return sgn_wrap(err, rc, "entitlements");
}

static int look_at(const char *main_path, const struct sgn_sign_options *opts,
                   struct sgn_arena *arena, struct subject *out, struct sgn_error *err)
{
	const struct sgn_signature *old;
	struct sgn_code code;
	int rc = sgn_code_open(main_path, opts->intel_host, &code, err);

	*out = (struct subject){0};
	if (rc)
		return rc;
	out->is_program = code.slices[code.native].macho->filetype == MH_EXECUTE;
	out->for_mac = runs_on_mac(code.slices[code.native].macho);
	old = sgn_plan_inherited(&code);
	if (opts->entitlements)
		rc = given_entitlements(opts, arena, &out->entitlements, err);
	else if (old && (opts->preserve & SGN_PRESERVE_ENTITLEMENTS))
		out->entitlements = sgn_facts_entitlements(old, arena);
	sgn_code_close(&code);
	return rc;
}

/* The best fit, or NULL; why tells of each that was refused. */
static const struct sgn_profile *choose(const struct sgn_profiles *profiles,
                                        const struct sgn_profile_use *use, struct sgn_buf *why)
{
	const struct sgn_profile *best = NULL;
	int best_score = 0;

	for (size_t i = 0; i < profiles->count; i++) {
		const struct sgn_profile *p = &profiles->all[i];
		size_t before = why->size;
		int score;

		sgn_wr_fmt(why, "%s%s: ", before ? "; " : "", p->path);
		if (sgn_profile_fits(p, use, &score, why) != 0)
			continue;
		why->size = before;
		if (best &&
		    (score < best_score || (score == best_score && p->expires <= best->expires)))
			continue;
		best = p;
		best_score = score;
	}
	return best;
}

static int nothing_fits(const struct sgn_bundle *b, const struct subject *s, struct sgn_buf *why,
                        struct sgn_error *err)
{
	const struct sgn_value_entry *e = sgn_profile_restricted(s->entitlements);
	int rc;

	if (e)
		rc = sgn_fail(
			err, SGN_E_MISMATCH,
			"the entitlement %.*s needs a provisioning profile, and none fits %s: %s",
			(int)e->key.size, (const char *)e->key.data, b->identifier,
			sgn_buf_str(why));
	else
		rc = sgn_fail(err, SGN_E_MISMATCH, "no provisioning profile fits %s: %s",
		              b->identifier, sgn_buf_str(why));
	return sgn_error_cure(
		err, rc,
		"get a profile for this identifier, team and certificate, or drop the "
		"entitlement");
}

static int put(const struct sgn_context *ctx, const struct sgn_bundle *b,
               const struct sgn_profile *p, struct sgn_error *err)
{
	struct sgn_buf path;
	int rc;

	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_bundle_path(b, b->support, &path);
	sgn_wr_fmt(&path, "/%s", sgn_profile_file_name(p->for_mac));
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		rc = ctx->undo ? sgn_undo_tree_store(ctx->undo, sgn_buf_str(&path), p->bytes, 0644,
		                                     err)
		               : sgn_file_store(sgn_buf_str(&path), p->bytes, 0644, err);
	sgn_buf_dispose(&path);
	return rc;
}

/* The user named no entitlements: those of the profile, made concrete. */
static int fill_entitlements(struct sgn_context *ctx, const struct sgn_profile *p,
                             const char *bundle_id, struct sgn_sign_options *opts,
                             struct sgn_arena *arena, struct sgn_error *err)
{
	struct sgn_buf xml;
	struct sgn_view copy;
	int rc;

	sgn_buf_init(&xml, SGN_LIMIT_ENTITLEMENTS);
	rc = sgn_profile_make_entitlements(p, bundle_id, &xml, err);
	if (rc == 0)
		rc = sgn_buf_finish(&xml, err, "entitlements");
	if (rc == 0 && !sgn_arena_copy(arena, sgn_buf_view(&xml), &copy))
		rc = sgn_fail_nomem(err);
	if (rc == 0) {
		opts->entitlements = copy.data;
		opts->entitlements_size = copy.size;
		sgn_note(ctx, SGN_NOTE_INFO, p->path, NULL, NULL,
		         "the entitlements of %s are taken from this profile", bundle_id);
	}
	sgn_buf_dispose(&xml);
	return rc;
}

int sgn_embed_profile(struct sgn_context *ctx, const struct sgn_profiles *profiles,
                      const struct sgn_bundle *b, const char *main_path, bool root,
                      struct sgn_sign_options *opts, struct sgn_arena *arena, struct sgn_error *err)
{
	const struct sgn_chain *chain = opts->identity ? sgn_identity_chain(opts->identity) : NULL;
	struct sgn_profile_use use = {.bundle_id = b->identifier, .now = sgn_time_now()};
	const struct sgn_profile *best;
	struct subject s;
	struct sgn_buf why;
	int rc;

	if (profiles->count == 0 || b->main_kind != SGN_MAIN_MACHO || !b->identifier)
		return 0;
	rc = look_at(main_path, opts, arena, &s, err);
	if (rc || !s.is_program)
		return rc;
	/* A Mac program without restricted entitlements runs without a profile. */
	if (s.for_mac && s.entitlements && !sgn_profile_restricted(s.entitlements))
		return 0;
	if (s.for_mac && !s.entitlements && !root)
		return 0;
	use.cert = chain ? chain->certs[0]->der : SGN_VIEW_EMPTY;
	use.for_mac = s.for_mac;
	use.entitlements = s.entitlements;
	sgn_buf_init(&why, SGN_LIMIT_PATH);
	best = choose(profiles, &use, &why);
	if (!best)
		rc = nothing_fits(b, &s, &why, err);
	if (rc == 0 && !opts->dry_run)
		rc = put(ctx, b, best, err);
	if (rc == 0 && !s.entitlements)
		rc = fill_entitlements(ctx, best, b->identifier, opts, arena, err);
	sgn_buf_dispose(&why);
	return rc;
}
