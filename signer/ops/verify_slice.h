/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks of one code object, in Apple's order. Each writes what it finds into the report; a negative
 * result means that a question could not be answered. (docs/format/verification.md)
 *
 * What does not depend on each other is checked at the same time: each part with a report and an arena of
 * its own, which are put together in Apple's order again. So nothing here is shared but what is only read.
 */
#ifndef SIGNER_OPS_VERIFY_SLICE_H
#define SIGNER_OPS_VERIFY_SLICE_H

#include "signer/bundle/bundle.h"
#include "signer/ops/code.h"
#include "signer/ops/context.h"
#include "signer/ops/facts.h"
#include "signer/ops/report.h"

struct sgn_survey;

struct sgn_verify {
	struct sgn_context *ctx;
	const struct sgn_verify_options *opts;
	struct sgn_view requirement; /* explicit one as a blob, or empty */
	int64_t now;
	const struct sgn_survey *survey; /* of the outermost bundle's files, or NULL */
	struct sgn_report *report;       /* this thread's, as is the arena */
	struct sgn_arena arena;          /* parsed certificates, plists */

	/* the object that is checked now */
	const struct sgn_code *code;
	const struct sgn_bundle *bundle; /* whose main part it is, or NULL */
	struct sgn_view seal;            /* bytes of the bundle's CodeResources */
	bool has_seal;
};

/* Checks of a thread of its own. */
struct sgn_verify_part {
	struct sgn_verify v;
	struct sgn_report report; /* v.report */
};

/* A part of the checks of whole; not to be moved. */
void sgn_verify_begin_part(const struct sgn_verify *whole, struct sgn_verify_part *part);

/* Its findings come next; what it has parsed lives as long as that of the whole. */
void sgn_verify_end_part(struct sgn_verify *whole, struct sgn_verify_part *part);

/*
 * Runs check(part, arg, i) for each i on all threads, with parts[i] begun. The caller ends the parts in the
 * order in which their findings are to come; after a failure, which is that of the lowest i, none is left.
 */
int sgn_verify_run_parts(struct sgn_verify *whole, struct sgn_verify_part *parts, size_t count,
                         int (*check)(struct sgn_verify *part, void *arg, size_t i,
                                      struct sgn_error *err),
                         void *arg, struct sgn_error *err);

/* What later checks need to know of a slice. */
struct sgn_verified_slice {
	const struct sgn_code_slice *code;
	const struct sgn_slice *macho;
	const struct sgn_signature *sig; /* NULL: nothing more to check */
	struct sgn_cms_info cms;         /* zero for ad hoc */
	bool has_cms;
	struct sgn_view info_plist; /* what slot -1 covers, or empty */
	bool has_info_plist;
};

/* All checks of v->code. */
struct sgn_verified {
	struct sgn_verified_slice *slices; /* native first; in v->arena */
	size_t count;
};

enum sgn_verify_depth {
	SGN_VERIFY_BASIC, /* nested code without --deep: signature, slots; no pages */
	SGN_VERIFY_FULL,  /* pages, layout */
	SGN_VERIFY_ROOT   /* and the requirements: its own, and -R */
};

/* verify_code.c: the slices of v->code that shall be checked, one at least. */
int sgn_verify_choose(struct sgn_verify *v, struct sgn_verified *out, struct sgn_error *err);

/* Everything about v->code. */
int sgn_verify_code(struct sgn_verify *v, enum sgn_verify_depth depth, struct sgn_verified *code,
                    struct sgn_error *err);

/* verify_signature.c: SuperBlob, CodeDirectories, CMS, team. */
int sgn_verify_signature(struct sgn_verify *v, struct sgn_verified_slice *s, struct sgn_error *err);

/* verify_slots.c: Info.plist, requirements, resources, entitlements ... */
int sgn_verify_slots(struct sgn_verify *v, struct sgn_verified_slice *s, struct sgn_error *err);

/* verify_pages.c: every page of every CodeDirectory of a slice. */
int sgn_verify_pages(struct sgn_verify *v, const struct sgn_verified_slice *s,
                     struct sgn_error *err);

/* verify_requirement.c: the slice's own designated requirement, and -R. */
int sgn_verify_requirements(struct sgn_verify *v, const struct sgn_verified_slice *s,
                            struct sgn_error *err);

/* Judges a requirement (a single blob) about a slice: for what a parent sealed of it. */
int sgn_verify_sealed_requirement(struct sgn_verify *v, const struct sgn_verified_slice *s,
                                  struct sgn_view requirement, enum sgn_truth *verdict,
                                  struct sgn_buf *why, struct sgn_error *err);

/* verify_bundle.c: a whole bundle, nested code included. */
int sgn_verify_bundle(struct sgn_verify *v, const char *path, struct sgn_error *err);

/* verify.c: what the caller is told in short, from the root object. */
void sgn_verify_summarize(struct sgn_verify *v, const struct sgn_verified *root);

#endif
