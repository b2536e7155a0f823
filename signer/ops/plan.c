/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/plan.h"

#include <string.h>

#include "signer/base/text.h"
#include "signer/ops/identifier.h"

/* Bytes reserved for the CMS by Apple's tool, also when there is none. (docs/format/macho.md) */
#define DEFAULT_CMS_SIZE 18000

const struct sgn_signature *sgn_plan_inherited(const struct sgn_code *code)
{
	const struct sgn_code_slice *s = &code->slices[code->native];

	return s->sig && sgn_code_slice_is_signed(s) ? s->sig : NULL;
}

/* The name that Info.plist gives: what sets a recommended identifier apart from a derived one. */
static struct sgn_view name_in_info_plist(const struct sgn_bundle_parts *parts,
                                          const struct sgn_plan *plan)
{
	if (parts)
		return sgn_view_str(parts->identifier);
	return sgn_value_string(sgn_value_get(plan->info, "CFBundleIdentifier"));
}

static int plan_identifier(const struct sgn_code *code, const struct sgn_bundle_parts *parts,
                           const struct sgn_sign_options *opts, struct sgn_plan *plan,
                           struct sgn_error *err)
{
	const struct sgn_signature *old = sgn_plan_inherited(code);
	struct sgn_identifier_input in = {
		.path = parts ? parts->name : code->real_path,
		.named = name_in_info_plist(parts, plan),
		.native = code->slices[code->native].macho,
		.prefix = opts->prefix,
		.adhoc = opts->identity == NULL,
	};
	const char *named = opts->identifier;
	struct sgn_buf derived;
	int rc = 0;

	sgn_buf_init(&derived, SGN_LIMIT_PATH);
	if (!named && old && (opts->preserve & SGN_PRESERVE_IDENTIFIER))
		named = old->best->identifier;
	if (!named) {
		rc = sgn_identifier_derive(&in, &derived, err);
		named = sgn_buf_str(&derived);
	}
	if (rc == 0 && (*named == '\0' || !sgn_utf8_valid(sgn_view_str(named)))) {
		rc = sgn_fail(err, SGN_E_USAGE, "the identifier is empty or not UTF-8");
		sgn_error_cure(err, rc, "name one with --identifier");
	}
	if (rc == 0) {
		plan->identifier = sgn_arena_strdup(&plan->arena, named);
		rc = plan->identifier ? 0 : sgn_fail_nomem(err);
	}
	sgn_buf_dispose(&derived);
	return rc;
}

static int plan_team(const struct sgn_sign_options *opts, struct sgn_plan *plan,
                     struct sgn_error *err)
{
	struct sgn_view cert = SGN_VIEW_EMPTY;

	if (opts->identity)
		cert = sgn_chain_team(sgn_identity_chain(opts->identity));
	if (opts->team && cert.size && !sgn_view_equal(cert, sgn_view_str(opts->team))) {
		sgn_fail(err, SGN_E_USAGE, "team identifier %s contradicts the certificate's %.*s",
		         opts->team, (int)cert.size, (const char *)cert.data);
		sgn_error_cure(err, SGN_E_USAGE, "leave --team-identifier out");
		return sgn_error_osstatus(err, SGN_E_USAGE, errSecCSInvalidFlags);
	}
	if (opts->team)
		cert = sgn_view_str(opts->team);
	if (cert.size == 0)
		return 0;
	plan->team = sgn_arena_strndup(&plan->arena, (const char *)cert.data, cert.size);
	return plan->team ? 0 : sgn_fail_nomem(err);
}

/* Exec-segment fields are written for code that names its platform. (codedirectory.md, "version") */
static void plan_exec_segment(const struct sgn_slice *s, struct sgn_codedir_spec *spec)
{
	if (!s->has_version || !s->text)
		return;
	spec->exec_base = s->text->fileoff;
	spec->exec_limit = s->text->filesize;
	if (s->filetype == MH_EXECUTE)
		spec->exec_flags = CS_EXECSEG_MAIN_BINARY;
}

/* Kept with the digests, or asked for. Hashes of another number of pages than before say nothing. */
static void plan_pre_encrypt(const struct sgn_sign_options *opts, struct sgn_plan_slice *s)
{
	const struct sgn_signature *old = s->code->sig;

	s->spec.has_pre_encrypt = opts->pre_encrypt_hashes;
	if (!(opts->preserve & SGN_PRESERVE_DIGESTS) || !old || !old->best->pre_encrypt.size ||
	    sgn_signature_is_linker_made(old))
		return;
	s->spec.has_pre_encrypt = true;
	s->old = old;
}

static int plan_slice(const struct sgn_code *code, const struct sgn_sign_options *opts,
                      struct sgn_plan *plan, size_t i, struct sgn_error *err)
{
	struct sgn_plan_slice *s = &plan->slices[i];
	int rc;

	s->code = &code->slices[i];
	rc = code->is_generic ? 0 : sgn_slice_can_sign(s->code->macho, err);
	if (rc)
		return rc;
	s->spec.identifier = plan->identifier;
	s->spec.team = plan->team;
	s->spec.flags = plan->flags;
	s->spec.code_limit = sgn_slice_code_length(s->code->macho);
	s->spec.runtime = sgn_plan_runtime(s->code, opts, plan->flags);
	plan_exec_segment(s->code->macho, &s->spec);
	plan_pre_encrypt(opts, s);
	if ((plan->flags & CS_REQUIRE_LV) && s->code->macho->cputype == CPU_TYPE_I386) {
		rc = sgn_fail(err, SGN_E_USAGE, "library validation does not exist for i386");
		return sgn_error_osstatus(err, rc, errSecCSBadLVArch);
	}
	/* Without load commands nobody reads page by page: all of the file is one hash. */
	return code->is_generic ? 0 : sgn_plan_page_shift(s->code, opts, &s->spec.page_shift, err);
}

struct sgn_view sgn_plan_special(const struct sgn_plan *plan, const struct sgn_plan_slice *s,
                                 uint32_t slot, bool *present)
{
	struct sgn_view content = s->components.blob[slot];

	if (slot == CSSLOT_INFOSLOT) {
		*present = plan->has_info_plist;
		return plan->info_plist;
	}
	if (slot == CSSLOT_RESOURCEDIR)
		content = plan->resources;
	*present = content.size != 0;
	return content;
}

static uint32_t highest_special_slot(const struct sgn_plan *plan, const struct sgn_plan_slice *s)
{
	uint32_t slot = CSSLOT_SPECIAL_MAX;

	bool present = false;

	while (slot > 0 && (sgn_plan_special(plan, s, slot, &present), !present))
		slot--;
	return slot;
}

/* The room that Apple's tool reserves, to the byte: it is hashed as part of the load commands.
 * (docs/format/macho.md, "space") */
static int plan_reserve(const struct sgn_sign_options *opts, struct sgn_plan *plan,
                        struct sgn_plan_slice *s, struct sgn_error *err)
{
	uint64_t cms = opts->signature_size ? opts->signature_size : DEFAULT_CMS_SIZE;
	uint64_t entries = plan->digest_count + 1;
	uint64_t bytes = 12 + cms;

	for (uint32_t slot = 1; slot <= CSSLOT_SPECIAL_MAX; slot++) {
		if (s->components.blob[slot].size == 0)
			continue;
		entries++;
		bytes += s->components.blob[slot].size;
	}
	for (size_t d = 0; d < plan->digest_count; d++) {
		struct sgn_codedir_spec spec = s->spec;

		spec.digest = plan->digests[d];
		bytes += sgn_codedir_estimate(&spec, highest_special_slot(plan, s));
	}
	bytes = (bytes + 8 * entries + 15) & ~(uint64_t)15;
	if (bytes > SGN_LIMIT_SIGNATURE)
		return sgn_fail(err, SGN_E_LIMIT, "the signature would need %llu bytes, at most %u",
		                (unsigned long long)bytes, SGN_LIMIT_SIGNATURE);
	s->reserve = (uint32_t)bytes;
	return 0;
}

/* Slot -1 covers the bundle's Info.plist, else the one embedded in the native slice. */
static void plan_info_plist(const struct sgn_code *code, const struct sgn_bundle_parts *parts,
                            struct sgn_plan *plan)
{
	const struct sgn_slice *native = code->slices[code->native].macho;

	plan->info_plist = parts ? parts->info_plist : native->info_plist;
	plan->has_info_plist = parts ? parts->has_info_plist : native->has_info_plist;
	if (parts) {
		plan->resources = parts->resources;
		plan->format = parts->format;
	}
	if (plan->has_info_plist)
		plan->info = sgn_code_dictionary(plan->info_plist, &plan->arena);
}

static int plan_all(struct sgn_context *ctx, const struct sgn_code *code,
                    const struct sgn_bundle_parts *parts, const struct sgn_sign_options *opts,
                    struct sgn_plan *plan, struct sgn_error *err)
{
	int rc;

	plan_info_plist(code, parts, plan);
	for (size_t i = 0; i < plan->count; i++)
		plan->replaces |= sgn_code_slice_is_signed(&code->slices[i]);
	rc = plan_identifier(code, parts, opts, plan, err);
	if (rc == 0)
		rc = plan_team(opts, plan, err);
	if (rc == 0)
		rc = sgn_plan_flags(code, plan->info, opts, &plan->flags, err);
	if (rc == 0)
		rc = sgn_plan_digests(code, opts, plan, err);
	for (size_t i = 0; rc == 0 && i < plan->count; i++)
		rc = sgn_error_at_arch(err, plan_slice(code, opts, plan, i, err),
		                       code->slices[i].macho->arch);
	if (rc == 0)
		rc = sgn_plan_components(ctx, code, opts, plan, err);
	for (size_t i = 0; rc == 0 && i < plan->count; i++)
		rc = sgn_error_at_arch(err, plan_reserve(opts, plan, &plan->slices[i], err),
		                       code->slices[i].macho->arch);
	return rc;
}

int sgn_plan_make(struct sgn_context *ctx, const struct sgn_code *code,
                  const struct sgn_bundle_parts *parts, const struct sgn_sign_options *opts,
                  struct sgn_plan *out, struct sgn_error *err)
{
	int rc;

	*out = (struct sgn_plan){.count = code->macho.count, .entitlement_count = -1};
	out->slices = sgn_arena_array(&out->arena, out->count, sizeof(*out->slices));
	rc = out->slices ? plan_all(ctx, code, parts, opts, out, err) : sgn_fail_nomem(err);
	if (rc)
		sgn_plan_dispose(out);
	return rc;
}

void sgn_plan_dispose(struct sgn_plan *plan)
{
	sgn_arena_dispose(&plan->arena);
	*plan = (struct sgn_plan){0};
}
