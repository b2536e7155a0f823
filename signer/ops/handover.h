/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in two steps, seen from the signing code: signatures are answered from a document, or recorded as
 * wanted. <signet/handover.h> tells the whole story.
 */
#ifndef SIGNER_OPS_HANDOVER_H
#define SIGNER_OPS_HANDOVER_H

#include <signet/handover.h>

#include "signer/ops/assemble.h"

/* The options of an operation, with what the run decides: the signing time. */
void sgn_handover_apply(struct sgn_sign_options *opts);

/* The signature for the attributes of out->cms: found, or out->pending with room for one. SGN_E_MISMATCH when
 * it is neither in the document nor new. name, arch: as the document calls the code. Thread-safe, as all below. */
int sgn_handover_answer(const struct sgn_sign_options *opts, const char *name, const char *arch,
                        struct sgn_view entitlements, const struct sgn_digest_bytes *digest,
                        struct sgn_assembled *out, struct sgn_error *err);

/* A timestamp that was got for an answered signature: a later round seals it. */
int sgn_handover_keep_timestamp(struct sgn_handover_run *run, const struct sgn_assembled *a,
                                struct sgn_error *err);

/* The bundle waits for a later round: it seals the bytes of `on`, which is not signed yet. */
int sgn_handover_wait(struct sgn_handover_run *run, const char *name, const char *on,
                      struct sgn_error *err);

/* --- shared by the files of this job ---------------------------------------------------------------- */

struct sgn_handover_run {
	struct sgn_handover doc;
	const struct sgn_identity *identity;
	bool prepare;
	bool later_round;    /* there was a document to begin with */
	size_t given;        /* entries of doc that came from it: the first ones */
	const size_t *order; /* of these, by digest */
	const struct sgn_handover_waiting *waited; /* of the document that came in */
	size_t waited_count;
	const char *const *options; /* of this run, where the document has those of the first */
	size_t option_count;
	struct sgn_mutex *lock; /* over doc, whose arrays move when they grow */
	struct sgn_arena arena; /* owns order, waited and options */
};

/* Does the run record? Then nothing is written in the end. */
static inline bool sgn_handover_records(const struct sgn_handover_run *run)
{
	return run && run->prepare;
}

static inline struct sgn_view sgn_handover_view(struct sgn_handover_bytes b)
{
	return sgn_view_of(b.data, b.size);
}

/* Sets a piece of an entry to a copy. */
int sgn_handover_set(struct sgn_handover *doc, struct sgn_handover_bytes *to, struct sgn_view bytes,
                     struct sgn_error *err);

int sgn_handover_copy(struct sgn_handover *to, const struct sgn_handover *from,
                      struct sgn_error *err);

/* handover_why.c: fails with what changed since the document was prepared. */
int sgn_handover_changed(const struct sgn_handover_run *run, const char *name, const char *arch,
                         const struct sgn_assembled *now, struct sgn_error *err);

/* The certificate is the one that the document names. SGN_E_MISMATCH. */
int sgn_handover_same_certificate(const struct sgn_handover *doc, const struct sgn_identity *id,
                                  struct sgn_error *err);

/* handover_check.c: sgn_handover_check() with what is to be signed for each entry; digests may be NULL. */
int sgn_handover_check_all(const struct sgn_handover *doc, const struct sgn_identity *id,
                           const struct sgn_handover_rules *rules, struct sgn_digest_bytes *digests,
                           struct sgn_error *err);

/* An error of one entry: with its path and slice. */
int sgn_handover_at(const struct sgn_handover_entry *e, int rc, struct sgn_error *err);

#endif
