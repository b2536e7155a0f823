/* SPDX-License-Identifier: Apache-2.0 */
/* The guarded host signs what it has checked, and shows what that is. */
#include "signer/base/mem.h"
#include "signer/ents/ents.h"
#include "signer/ops/handover.h"

int sgn_handover_entitlements_text(const struct sgn_handover_entry *entry, char **text,
                                   struct sgn_error *err)
{
	struct sgn_view blob = sgn_handover_view(entry->entitlements), whole;
	struct sgn_arena arena = {0};
	struct sgn_ents ents;
	struct sgn_buf out;
	uint32_t magic;
	int rc;

	*text = NULL;
	if (!blob.size)
		return 0;
	sgn_buf_init(&out, 4 * SGN_LIMIT_ENTITLEMENTS);
	rc = sgn_blob_read(blob, &magic, &whole, err);
	if (rc == 0)
		rc = sgn_ents_from_xml(sgn_blob_payload(whole), &arena, &ents, err);
	if (rc == 0) {
		sgn_ents_print(&ents.dict, &out);
		sgn_wr_u8(&out, 0);
		rc = sgn_buf_finish(&out, err, "entitlements");
	}
	if (rc == 0)
		*text = (char *)sgn_buf_take(&out, NULL);
	sgn_buf_dispose(&out);
	sgn_arena_dispose(&arena);
	return rc;
}

struct making {
	const struct sgn_handover *doc;
	const struct sgn_identity *id;
	const struct sgn_digest_bytes *digests;
	struct sgn_buf *signatures;
};

static int make(void *arg, unsigned worker, size_t i, struct sgn_error *err)
{
	const struct making *m = arg;
	const struct sgn_handover_entry *e = &m->doc->entries[i];
	int rc;

	SGN_UNUSED(worker);
	if (e->signature.size)
		return 0;
	sgn_buf_init(&m->signatures[i], 4096);
	rc = sgn_identity_sign_digest(m->id, &m->digests[i], &m->signatures[i], err);
	if (rc == 0)
		rc = sgn_buf_finish(&m->signatures[i], err, "signature");
	return sgn_handover_at(e, rc, err);
}

/* The pieces are copied to the document first, and put into it when all are there. */
static int put(struct sgn_handover *doc, const struct sgn_buf *signatures, size_t *count,
               struct sgn_error *err)
{
	struct sgn_handover_bytes *copies = sgn_calloc(doc->entry_count + 1, sizeof(*copies));
	int rc = copies ? 0 : sgn_fail_nomem(err);

	for (size_t i = 0; rc == 0 && i < doc->entry_count; i++)
		if (signatures[i].size)
			rc = sgn_handover_set(doc, &copies[i], sgn_buf_view(&signatures[i]), err);
	for (size_t i = 0; rc == 0 && i < doc->entry_count; i++) {
		if (!copies[i].size)
			continue;
		doc->entries[i].signature = copies[i];
		++*count;
	}
	sgn_free(copies);
	return rc;
}

int sgn_handover_sign(struct sgn_context *ctx, struct sgn_handover *doc,
                      const struct sgn_identity *id, const struct sgn_handover_rules *rules,
                      size_t *count, struct sgn_error *err)
{
	struct sgn_digest_bytes *digests = sgn_calloc(doc->entry_count + 1, sizeof(*digests));
	struct sgn_buf *signatures = sgn_calloc(doc->entry_count + 1, sizeof(*signatures));
	struct making m = {doc, id, digests, signatures};
	size_t made = 0;
	int rc;

	rc = digests && signatures ? sgn_handover_check_all(doc, id, rules, digests, err)
	                           : sgn_fail_nomem(err);
	if (rc == 0)
		rc = sgn_parallel_for(ctx->pool, doc->entry_count, make, &m, err);
	if (rc == 0)
		rc = put(doc, signatures, &made, err);
	for (size_t i = 0; signatures && i < doc->entry_count; i++)
		sgn_buf_dispose(&signatures[i]);
	sgn_free(signatures);
	sgn_free(digests);
	if (count)
		*count = made;
	return rc;
}
