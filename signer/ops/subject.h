/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code that requirements are judged about: opened, its signature checked as far as a verdict rests on
 * it, its facts and its designated requirement at hand. One object, or a bundle with all nested code.
 */
#ifndef SIGNER_OPS_SUBJECT_H
#define SIGNER_OPS_SUBJECT_H

#include <signet/requirement.h>

#include "signer/ops/tree.h"
#include "signer/ops/verify_slice.h"

struct sgn_subject_slice {
	const char *arch;
	const struct sgn_signature *sig;
	const struct sgn_chain *chain; /* NULL: ad hoc */
	struct sgn_facts facts;
	struct sgn_view designated; /* a single requirement, stored or implied */
	bool implied;
};

struct sgn_subject {
	const char *at;   /* from the bundle's root; "." is the root itself */
	const char *kind; /* as sgn_item_kind() */
	bool is_program;
	const struct sgn_bundle *bundle; /* whose main part it is, or NULL */
	struct sgn_code code;
	struct sgn_verify v;              /* its arena and report own the texts */
	struct sgn_subject_slice *slices; /* those that are signed, native first */
	size_t count;
	const char *problem; /* why the signature is not valid, or NULL */
	int32_t osstatus;    /* Apple's number for that, or 0 */
};

struct sgn_subjects {
	struct sgn_walk walk;
	struct sgn_tree tree;
	struct sgn_bundle bundle; /* when only the root was asked for */
	bool has_walk, has_tree, has_bundle;
	struct sgn_verify_options opts;
	struct sgn_subject *items; /* the root first, then by path */
	size_t count;
};

/* arch: only that slice, or NULL. nested: also the code inside a bundle; what of it cannot be opened
 * has a problem. An unsigned root has no slices. */
int sgn_subjects_open(struct sgn_context *ctx, const char *path, const char *arch, bool nested,
                      struct sgn_subjects *out, struct sgn_error *err);
void sgn_subjects_close(struct sgn_subjects *all);

/* -67062 unless the subject has a signed slice. */
int sgn_subject_must_be_signed(const struct sgn_subject *s, struct sgn_error *err);

/* The slice of that architecture, else the native one. */
const struct sgn_subject_slice *sgn_subject_slice(const struct sgn_subject *s, const char *arch);

/* Text or blob, of a set the designated one, to a single requirement in arena. identifier replaces
 * $self.identifier; NULL: those words are an error. */
int sgn_requirement_single(struct sgn_view in, const char *identifier, struct sgn_arena *arena,
                           struct sgn_view *out, struct sgn_error *err);

/* The canonical text in arena. */
int sgn_requirement_text(struct sgn_view blob, struct sgn_arena *arena, const char **out,
                         struct sgn_error *err);

/* --- verdicts with their clauses (clauses.c) ---------------------------------------------------- */

struct sgn_judged {
	enum sgn_met met;
	struct sgn_clause *clauses;
	size_t count;
};

/* Everything in arena. */
int sgn_judge_clauses(struct sgn_view requirement, const struct sgn_req_facts *facts,
                      struct sgn_arena *arena, struct sgn_judged *out, struct sgn_error *err);

/* The less favourable of two. */
enum sgn_met sgn_met_worse(enum sgn_met a, enum sgn_met b);

#endif
