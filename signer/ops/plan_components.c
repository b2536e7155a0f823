/* SPDX-License-Identifier: Apache-2.0 */
/* The blobs that a signature carries beside its CodeDirectories: entitlements, requirements,
 * constraints. Decided once per file, then placed per slice. */
#include "signer/codec/plist.h"
#include "signer/ents/ents.h"
#include "signer/ops/plan.h"
#include "signer/req/req.h"

/* Copies the content of buf into the plan and disposes of buf. */
static int keep(struct sgn_plan *plan, struct sgn_buf *buf, int rc, const char *what,
                struct sgn_view *out, struct sgn_error *err)
{
	if (rc == 0)
		rc = sgn_buf_finish(buf, err, what);
	if (rc == 0 && !sgn_arena_copy(&plan->arena, sgn_buf_view(buf), out))
		rc = sgn_fail_nomem(err);
	sgn_buf_dispose(buf);
	return rc;
}

static int keep_blob(struct sgn_plan *plan, uint32_t magic, struct sgn_view payload,
                     struct sgn_view *out, struct sgn_error *err)
{
	struct sgn_buf buf;

	sgn_buf_init(&buf, SGN_LIMIT_ENTITLEMENTS);
	sgn_blob_write(&buf, magic, payload);
	return keep(plan, &buf, 0, "entitlements", out, err);
}

/* --- entitlements ------------------------------------------------------------------------------- */

struct ents_blobs {
	struct sgn_view xml, der;
	uint64_t exec_flags;
};

static int read_entitlements(struct sgn_context *ctx, const struct sgn_code *code,
                             const struct sgn_sign_options *opts, struct sgn_plan *plan,
                             struct sgn_ents *ents, bool *given, struct sgn_error *err)
{
	const struct sgn_signature *old = sgn_plan_inherited(code);
	struct sgn_view in = sgn_view_of(opts->entitlements, opts->entitlements_size);
	int rc;

	*given = opts->entitlements != NULL;
	if (!*given && old && (opts->preserve & SGN_PRESERVE_ENTITLEMENTS)) {
		in = sgn_signature_component(old, CSSLOT_ENTITLEMENTS);
		*given = in.size != 0;
	}
	if (!*given)
		return 0;
	rc = sgn_ents_from_input(in, &plan->arena, ents, err);
	if (rc)
		return sgn_wrap(err, rc, "entitlements");
	for (size_t i = 0; i < ents->warning_count; i++)
		sgn_note(ctx, SGN_NOTE_WARNING, code->path, NULL, NULL, "entitlements: %s",
		         ents->warnings[i]);
	return 0;
}

static int make_entitlements(const struct sgn_ents *ents, struct sgn_plan *plan,
                             struct ents_blobs *out, struct sgn_error *err)
{
	struct sgn_buf der;
	struct sgn_view payload;
	int rc;

	rc = keep_blob(plan, CSMAGIC_EMBEDDED_ENTITLEMENTS, ents->xml, &out->xml, err);
	if (rc)
		return rc;
	sgn_buf_init(&der, SGN_LIMIT_ENTITLEMENTS);
	rc = sgn_ents_to_der(&ents->dict, &der, err);
	rc = keep(plan, &der, rc, "DER entitlements", &payload, err);
	if (rc)
		return sgn_wrap(err, rc, "entitlements");
	out->exec_flags = sgn_ents_exec_flags(&ents->dict);
	return keep_blob(plan, CSMAGIC_EMBEDDED_DER_ENTITLEMENTS, payload, &out->der, err);
}

static int plan_entitlements(struct sgn_context *ctx, const struct sgn_code *code,
                             const struct sgn_sign_options *opts, struct sgn_plan *plan,
                             struct sgn_error *err)
{
	struct ents_blobs blobs = {0};
	struct sgn_ents ents = {0};
	bool given, placed = false;
	int rc;

	plan->entitlement_count = -1;
	rc = read_entitlements(ctx, code, opts, plan, &ents, &given, err);
	if (rc || !given)
		return rc;
	rc = make_entitlements(&ents, plan, &blobs, err);
	for (size_t i = 0; rc == 0 && i < plan->count; i++) {
		struct sgn_plan_slice *s = &plan->slices[i];

		if (s->code->macho->filetype != MH_EXECUTE && !opts->force_library_entitlements)
			continue;
		s->components.blob[CSSLOT_ENTITLEMENTS] = blobs.xml;
		/* Real libraries with entitlements never carry the DER form: 37 of 37 in the corpus have
		 * the XML alone, 24 of 24 main executables have both. */
		if (s->code->macho->filetype == MH_EXECUTE)
			s->components.blob[CSSLOT_DER_ENTITLEMENTS] = blobs.der;
		if (s->spec.exec_limit)
			s->spec.exec_flags |= blobs.exec_flags;
		placed = true;
	}
	if (rc == 0 && placed) {
		plan->entitlements = ents.dict;
		plan->entitlement_count = (long)ents.dict.u.dict.count;
	} else if (rc == 0) {
		sgn_note(ctx, SGN_NOTE_WARNING, code->path, NULL,
		         "pass --force-library-entitlements if a library really shall carry them",
		         "entitlements left out: the file is no main executable");
	}
	return rc;
}

/* --- requirements ------------------------------------------------------------------------------- */

static int compile_text(struct sgn_view in, const char *identifier, struct sgn_plan *plan,
                        struct sgn_view *out, struct sgn_error *err)
{
	struct sgn_req_compile_options copts = {.self_identifier = identifier};
	struct sgn_buf buf;

	sgn_buf_init(&buf, SGN_LIMIT_REQUIREMENTS);
	return keep(plan, &buf, sgn_req_compile(in, &copts, &buf, err), "requirements", out, err);
}

/* What the user gave, as a set: text is compiled, a single requirement becomes the designated one. */
static int explicit_set(struct sgn_view in, struct sgn_plan *plan, struct sgn_view *set,
                        struct sgn_error *err)
{
	struct sgn_buf buf;
	struct sgn_view blob;
	uint32_t magic;
	int rc;

	/* Text never begins with 0xfa, every blob does. */
	if (in.size && in.data[0] != 0xfa) {
		rc = compile_text(in, plan->identifier, plan, &in, err);
		if (rc)
			return rc;
	}
	rc = sgn_blob_read(in, &magic, &blob, err);
	if (rc)
		return rc;
	*set = blob;
	if (magic == CSMAGIC_REQUIREMENTS)
		return 0;
	if (magic != CSMAGIC_REQUIREMENT)
		return sgn_error_osstatus(
			err, sgn_fail(err, SGN_E_FORMAT, "not a requirement: magic 0x%08x", magic),
			errSecCSReqInvalid);
	sgn_buf_init(&buf, SGN_LIMIT_REQUIREMENTS);
	return keep(plan, &buf, sgn_req_set_wrap(blob, kSecDesignatedRequirementType, &buf, err),
	            "requirements", set, err);
}

static int designated(const struct sgn_sign_options *opts, struct sgn_plan *plan,
                      struct sgn_view *out, struct sgn_error *err)
{
	const struct sgn_chain *chain = opts->identity ? sgn_identity_chain(opts->identity) : NULL;
	struct sgn_buf buf;
	int rc = 0;

	sgn_buf_init(&buf, SGN_LIMIT_REQUIREMENTS);
	if (chain)
		rc = sgn_req_designated(sgn_view_str(plan->identifier), chain->certs, chain->count,
		                        chain->apple_root, &buf, err);
	rc = sgn_wrap(err, rc, "designated requirement");
	return keep(plan, &buf, rc, "designated requirement", out, err);
}

static int plan_requirements(const struct sgn_code *code, const struct sgn_sign_options *opts,
                             struct sgn_plan *plan, struct sgn_error *err)
{
	const struct sgn_signature *old = sgn_plan_inherited(code);
	struct sgn_view set = SGN_VIEW_EMPTY, dr = SGN_VIEW_EMPTY;
	struct sgn_buf buf;
	int rc = 0;

	if (opts->requirements)
		rc = explicit_set(sgn_view_of(opts->requirements, opts->requirements_size), plan,
		                  &set, err);
	else if (old && (opts->preserve & SGN_PRESERVE_REQUIREMENTS))
		set = sgn_signature_component(old, CSSLOT_REQUIREMENTS);
	if (rc)
		return sgn_wrap(err, rc, "requirements");
	rc = designated(opts, plan, &dr, err);
	if (rc)
		return rc;
	sgn_buf_init(&buf, SGN_LIMIT_REQUIREMENTS);
	rc = keep(plan, &buf, sgn_req_set_make(set, dr, &buf, err), "requirements",
	          &plan->requirements, err);
	for (size_t i = 0; rc == 0 && i < plan->count; i++)
		plan->slices[i].components.blob[CSSLOT_REQUIREMENTS] = plan->requirements;
	return rc;
}

/* --- constraints -------------------------------------------------------------------------------- */

static const struct {
	uint32_t slot;
	unsigned preserve;
	const char *what;
} constraint_rows[SGN_CONSTRAINT_COUNT] = {
	[SGN_CONSTRAINT_SELF] = {CSSLOT_LAUNCH_CONSTRAINT_SELF, SGN_PRESERVE_LAUNCH_CONSTRAINTS,
                                 "launch constraint (self)"},
	[SGN_CONSTRAINT_PARENT] = {CSSLOT_LAUNCH_CONSTRAINT_PARENT, SGN_PRESERVE_LAUNCH_CONSTRAINTS,
                                   "launch constraint (parent)"},
	[SGN_CONSTRAINT_RESPONSIBLE] = {CSSLOT_LAUNCH_CONSTRAINT_RESPONSIBLE,
                                        SGN_PRESERVE_LAUNCH_CONSTRAINTS,
                                        "launch constraint (responsible)"},
	[SGN_CONSTRAINT_LIBRARY] = {CSSLOT_LIBRARY_CONSTRAINT, SGN_PRESERVE_LIBRARY_CONSTRAINTS,
                                    "library constraint"},
};

/* A property list of facts becomes {ccat 0, comp 1, reqs, vers 1} in DER.
 * (docs/format/constraints.md, "blob") */
static int constraint_blob(struct sgn_view in, struct sgn_plan *plan, struct sgn_view *out,
                           struct sgn_error *err)
{
	static const char *const names[] = {"ccat", "comp", "reqs", "vers"};
	static const int64_t numbers[] = {0, 1, 0, 1};
	struct sgn_value_entry entries[SGN_ARRAY_LEN(names)] = {0};
	struct sgn_value wrapper = {.kind = SGN_VALUE_DICT};
	struct sgn_view payload;
	struct sgn_buf der;
	uint32_t magic;
	int rc;

	if (sgn_view_starts_with(in, sgn_view_str("\xfa\xde\x81\x81")))
		return sgn_blob_read(in, &magic, out, err);
	for (size_t i = 0; i < SGN_ARRAY_LEN(names); i++) {
		entries[i].key = sgn_view_str(names[i]);
		entries[i].value.kind = SGN_VALUE_INT;
		entries[i].value.u.integer = numbers[i];
	}
	rc = sgn_plist_read(in, &plan->arena, &entries[2].value, NULL, err);
	if (rc)
		return rc;
	if (entries[2].value.kind != SGN_VALUE_DICT)
		return sgn_fail(err, SGN_E_FORMAT, "not a dictionary");
	wrapper.u.dict.entries = entries;
	wrapper.u.dict.count = SGN_ARRAY_LEN(entries);
	sgn_buf_init(&der, SGN_LIMIT_ENTITLEMENTS);
	rc = keep(plan, &der, sgn_ents_to_der(&wrapper, &der, err), "constraint", &payload, err);
	return rc ? rc : keep_blob(plan, CSMAGIC_EMBEDDED_LAUNCH_CONSTRAINT, payload, out, err);
}

static int plan_constraints(const struct sgn_code *code, const struct sgn_sign_options *opts,
                            struct sgn_plan *plan, struct sgn_error *err)
{
	const struct sgn_signature *old = sgn_plan_inherited(code);

	for (size_t c = 0; c < SGN_CONSTRAINT_COUNT; c++) {
		struct sgn_view blob = SGN_VIEW_EMPTY;
		int rc = 0;

		if (opts->constraints[c])
			rc = constraint_blob(
				sgn_view_of(opts->constraints[c], opts->constraint_sizes[c]), plan,
				&blob, err);
		else if (old && (opts->preserve & constraint_rows[c].preserve))
			blob = sgn_signature_component(old, constraint_rows[c].slot);
		if (rc)
			return sgn_wrap(err, rc, "%s", constraint_rows[c].what);
		for (size_t i = 0; i < plan->count; i++)
			plan->slices[i].components.blob[constraint_rows[c].slot] = blob;
	}
	return 0;
}

int sgn_plan_components(struct sgn_context *ctx, const struct sgn_code *code,
                        const struct sgn_sign_options *opts, struct sgn_plan *plan,
                        struct sgn_error *err)
{
	int rc = plan_requirements(code, opts, plan, err);

	if (rc == 0)
		rc = plan_entitlements(ctx, code, opts, plan, err);
	return rc ? rc : plan_constraints(code, opts, plan, err);
}
