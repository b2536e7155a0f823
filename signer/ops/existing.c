/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/existing.h"

#include <string.h>

#include "signer/base/mem.h"
#include "signer/ops/facts.h"
#include "signer/ops/generic.h"

/* Text of the designated requirement: the stored one, or the implied one over all slices. */
static int requirement_of(const struct sgn_code *code, const struct sgn_signature *sig, char **out,
                          struct sgn_error *err)
{
	struct sgn_buf blob, text;
	struct sgn_view dr = SGN_VIEW_EMPTY;
	struct sgn_view set = sgn_signature_component(sig, CSSLOT_REQUIREMENTS);
	int rc = set.size ? sgn_req_set_find(set, kSecDesignatedRequirementType, &dr, err) : 0;

	sgn_buf_init(&blob, SGN_LIMIT_REQUIREMENTS);
	sgn_buf_init(&text, SGN_LIMIT_REQUIREMENTS);
	if (rc == 0 && dr.size == 0) {
		rc = sgn_facts_implied(code, code->native, &blob, err);
		dr = sgn_buf_view(&blob);
	}
	if (rc == 0)
		rc = sgn_req_decompile(dr, &text, err);
	if (rc == 0) {
		*out = sgn_strdup(sgn_buf_str(&text));
		rc = *out ? 0 : sgn_fail_nomem(err);
	}
	sgn_buf_dispose(&blob);
	sgn_buf_dispose(&text);
	return rc;
}

static int describe(const struct sgn_code *code, const struct sgn_signature *sig,
                    struct sgn_existing *out, struct sgn_error *err)
{
	struct sgn_arena arena = {0};
	const struct sgn_value *ents = sgn_facts_entitlements(sig, &arena);
	struct sgn_digest_bytes full;
	int rc = sgn_codedir_hash(sig->best, &full, err);

	if (rc == 0)
		memcpy(out->as_done.cdhash, full.data, CS_CDHASH_LEN);
	out->as_done.flags = sig->best->flags;
	out->as_done.entitlements = ents ? (long)ents->u.dict.count : -1;
	out->as_done.identifier = sgn_strdup(sig->best->identifier);
	out->identifier = out->as_done.identifier;
	if (sig->best->team)
		out->as_done.team = sgn_strdup(sig->best->team);
	out->is_adhoc = (sig->best->flags & CS_ADHOC) != 0;
	out->is_signed = !sgn_signature_is_linker_made(sig);
	if (rc == 0 && (!out->identifier || (sig->best->team && !out->as_done.team)))
		rc = sgn_fail_nomem(err);
	if (rc == 0)
		rc = requirement_of(code, sig, &out->as_done.requirement, err);
	sgn_arena_dispose(&arena);
	return rc;
}

int sgn_existing_read(const char *path, const struct sgn_bundle *b, struct sgn_existing *out,
                      struct sgn_error *err)
{
	struct sgn_code code;
	const struct sgn_signature *sig;
	int rc;

	*out = (struct sgn_existing){.as_done.entitlements = -1};
	if (b && b->main_kind != SGN_MAIN_MACHO)
		rc = sgn_code_open_generic(path, b, &code, err);
	else
		rc = sgn_code_open(path, false, &code, err);
	if (rc)
		return rc;
	sig = code.slices[code.native].sig;
	out->is_program = code.is_generic || code.slices[code.native].macho->filetype == MH_EXECUTE;
	if (sig)
		rc = describe(&code, sig, out, err);
	sgn_code_close(&code);
	if (rc)
		sgn_existing_dispose(out);
	return rc;
}

void sgn_existing_move(struct sgn_existing *e, struct sgn_item_done *done)
{
	enum sgn_item_action action = done->action;

	*done = e->as_done;
	done->action = action;
	*e = (struct sgn_existing){0};
}

void sgn_existing_dispose(struct sgn_existing *e)
{
	sgn_item_done_dispose(&e->as_done);
	*e = (struct sgn_existing){0};
}
