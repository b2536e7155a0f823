/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/facts.h"

#include "signer/ents/ents.h"

int sgn_facts_make(const struct sgn_signature *sig, const struct sgn_chain *chain,
                   const struct sgn_value *info, const struct sgn_value *entitlements,
                   struct sgn_facts *out, struct sgn_error *err)
{
	size_t count;
	int rc = sgn_signature_cdhashes(sig, out->cdhashes, &count, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < count; i++)
		out->cdhash_views[i] = sgn_view_of(out->cdhashes[i], CS_CDHASH_LEN);
	out->req = (struct sgn_req_facts){
		.identifier = sgn_view_str(sig->best->identifier),
		.cdhashes = out->cdhash_views,
		.cdhash_count = count,
		.certs = chain ? chain->certs : NULL,
		.cert_count = chain ? chain->count : 0,
		.root_is_apple = chain && chain->apple_root,
		.info = info,
		.entitlements = entitlements,
		.platform = sig->best->platform,
		.notarized = SGN_UNDECIDED,
		.trusted_by_settings = SGN_UNDECIDED,
	};
	return 0;
}

const struct sgn_value *sgn_facts_entitlements(const struct sgn_signature *sig,
                                               struct sgn_arena *arena)
{
	struct sgn_view der = sgn_signature_component(sig, CSSLOT_DER_ENTITLEMENTS);
	struct sgn_view xml = sgn_signature_component(sig, CSSLOT_ENTITLEMENTS);
	struct sgn_value *v = sgn_arena_alloc(arena, sizeof(*v));
	struct sgn_ents ents;

	if (!v)
		return NULL;
	if (der.size && sgn_ents_from_der(sgn_blob_payload(der), arena, v, NULL) == 0)
		return v;
	if (xml.size && sgn_ents_from_xml(sgn_blob_payload(xml), arena, &ents, NULL) == 0) {
		*v = ents.dict;
		return v;
	}
	return NULL;
}

/* The deepest clause that made the verdict what it is: what a reader has to change. */
static void explain(const struct sgn_req_trace *trace, enum sgn_truth verdict, struct sgn_buf *why)
{
	const struct sgn_req_step *guilty = NULL;

	for (size_t i = 0; i < trace->count; i++) {
		const struct sgn_req_step *s = &trace->steps[i];
		bool inner = i + 1 < trace->count && trace->steps[i + 1].depth > s->depth;

		if (!inner && s->verdict == verdict && !guilty)
			guilty = s;
	}
	if (!guilty)
		return;
	sgn_wr_fmt(why, "%s: %.*s",
	           verdict == SGN_FALSE ? "not satisfied" : "cannot be decided here",
	           (int)guilty->text.size, (const char *)guilty->text.data);
	if (verdict == SGN_UNDECIDED && guilty->why.size)
		sgn_wr_fmt(why, " (%.*s)", (int)guilty->why.size, (const char *)guilty->why.data);
	else if (guilty->found.size)
		sgn_wr_fmt(why, " (found: %.*s)", (int)guilty->found.size,
		           (const char *)guilty->found.data);
}

int sgn_facts_judge(struct sgn_view requirement, const struct sgn_facts *facts,
                    enum sgn_truth *verdict, struct sgn_buf *why, struct sgn_error *err)
{
	struct sgn_arena arena = {0};
	struct sgn_req_trace trace = {.arena = &arena};
	int rc = sgn_req_eval(requirement, &facts->req, verdict, &trace, err);

	if (rc == 0 && why && *verdict != SGN_TRUE)
		explain(&trace, *verdict, why);
	sgn_arena_dispose(&arena);
	return rc;
}

int sgn_facts_designated(const struct sgn_signature *sig, const struct sgn_facts *facts,
                         struct sgn_buf *buf, struct sgn_view *out, bool *implied,
                         struct sgn_error *err)
{
	struct sgn_view set = sgn_signature_component(sig, CSSLOT_REQUIREMENTS);
	int rc = 0;

	*out = SGN_VIEW_EMPTY;
	*implied = false;
	if (set.size)
		rc = sgn_req_set_find(set, kSecDesignatedRequirementType, out, err);
	if (rc || out->size)
		return rc;
	*implied = true;
	rc = sgn_req_implied(facts->req.cdhashes, facts->req.cdhash_count, buf, err);
	*out = sgn_buf_view(buf);
	return rc;
}

static int add_cdhashes(const struct sgn_code_slice *s, struct sgn_arena *arena,
                        struct sgn_view *hashes, size_t *count, struct sgn_error *err)
{
	uint8_t raw[SGN_LIMIT_CODEDIRS][CS_CDHASH_LEN];
	size_t n;
	int rc = s->sig ? sgn_signature_cdhashes(s->sig, raw, &n, err) : 0;

	for (size_t i = 0; rc == 0 && s->sig && i < n; i++)
		if (!sgn_arena_copy(arena, sgn_view_of(raw[i], CS_CDHASH_LEN), &hashes[(*count)++]))
			rc = sgn_fail_nomem(err);
	return rc;
}

int sgn_facts_implied(const struct sgn_code *code, size_t first, struct sgn_buf *blob,
                      struct sgn_error *err)
{
	struct sgn_arena arena = {0};
	size_t slices = code->macho.count, count = 0;
	struct sgn_view *hashes =
		sgn_arena_array(&arena, slices * SGN_LIMIT_CODEDIRS, sizeof(*hashes));
	size_t *order = sgn_arena_array(&arena, slices, sizeof(*order));
	int rc = hashes && order ? sgn_code_order(code, order, err) : sgn_fail_nomem(err);

	if (rc == 0)
		rc = add_cdhashes(&code->slices[first], &arena, hashes, &count, err);
	for (size_t i = 0; rc == 0 && i < slices; i++)
		if (order[i] != first)
			rc = add_cdhashes(&code->slices[order[i]], &arena, hashes, &count, err);
	if (rc == 0 && count)
		rc = sgn_req_implied(hashes, count, blob, err);
	sgn_arena_dispose(&arena);
	return rc;
}
