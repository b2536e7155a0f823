/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The requirement language: text -> tree -> bytes, bytes -> text, bytes + facts -> verdict, and the
 * default designated requirement. The room knows no Mach-O and no OpenSSL: it is given facts as
 * values. (docs/format/requirements.md; the public face is <signet/requirement.h>)
 */
#ifndef SIGNER_REQ_REQ_H
#define SIGNER_REQ_REQ_H

#include "signer/base/arena.h"
#include "signer/base/buf.h"
#include "signer/base/cert.h"
#include "signer/base/value.h"

/* --- text to bytes ---------------------------------------------------------------------------- */

enum sgn_req_kind { SGN_REQ_ANY, SGN_REQ_SINGLE, SGN_REQ_SET };

struct sgn_req_compile_options {
	enum sgn_req_kind want;      /* ANY: as the text is */
	const char *self_identifier; /* replaces $self.identifier; NULL: the words are an error */
	/* Gives the SHA-1 of a certificate file named in the text; NULL: path forms are refused. */
	int (*cert_sha1)(void *arg, const char *path, uint8_t out[20], struct sgn_error *err);
	void *arg;
};

/* Appends the blob (fade0c00 or fade0c01). SGN_E_FORMAT (-67052) with "line L, column C: unexpected
 * ..., expected ...". */
int sgn_req_compile(struct sgn_view text, const struct sgn_req_compile_options *opts,
                    struct sgn_buf *out, struct sgn_error *err);

/* --- bytes to text ---------------------------------------------------------------------------- */

/* Appends the canonical text of a single requirement; no newline. */
int sgn_req_decompile(struct sgn_view blob, struct sgn_buf *out, struct sgn_error *err);

/* Appends "designated => ...\n" lines, or "# no requirement(s)\n". */
int sgn_req_set_decompile(struct sgn_view blob, struct sgn_buf *out, struct sgn_error *err);

/* --- verdict ---------------------------------------------------------------------------------- */

enum sgn_truth { SGN_FALSE, SGN_TRUE, SGN_UNDECIDED };

/* What is known about the code. Everything is borrowed. */
struct sgn_req_facts {
	struct sgn_view identifier;
	const struct sgn_view *cdhashes; /* 20 bytes each: those of the item in question */
	size_t cdhash_count;
	const struct sgn_cert *const *certs; /* leaf first, root last; empty for ad hoc */
	size_t cert_count;
	bool root_is_apple;                   /* the root is one of Apple's, or counts as one */
	const struct sgn_value *info;         /* Info.plist dictionary, or NULL */
	const struct sgn_value *entitlements; /* or NULL */
	uint8_t platform;                     /* of the CodeDirectory */
	enum sgn_truth notarized;             /* UNDECIDED when nobody asked */
	enum sgn_truth trusted_by_settings;
};

/* One clause as it was judged, for "requirement explain": depth-first order. */
struct sgn_req_step {
	unsigned depth;
	enum sgn_truth verdict;
	struct sgn_view text;  /* the clause, canonical; "and", "or", "!" for the inner ones */
	struct sgn_view found; /* the value that was seen, for people; may be empty */
	struct sgn_view why;   /* for UNDECIDED: the reason; may be empty */
};

struct sgn_req_trace {
	struct sgn_arena *arena; /* owns the texts */
	struct sgn_req_step *steps;
	size_t count;
};

/* Judges a single requirement (fade0c00). trace may be NULL; its steps array is made in its arena.
 * -67052 corrupt, -67072 an unknown opcode that may not be skipped, -67051 an unknown kind. */
int sgn_req_eval(struct sgn_view blob, const struct sgn_req_facts *facts, enum sgn_truth *verdict,
                 struct sgn_req_trace *trace, struct sgn_error *err);

/* --- sets ------------------------------------------------------------------------------------- */

/* The requirement of a type (kSecDesignatedRequirementType...) in a set, or empty. */
int sgn_req_set_find(struct sgn_view set, uint32_t type, struct sgn_view *out,
                     struct sgn_error *err);

/* Number of entries. */
int sgn_req_set_count(struct sgn_view set, uint32_t *count, struct sgn_error *err);

/* The set that a signature stores: explicit entries (a set blob, or empty) complemented by a
 * designated requirement (a single blob, or empty). Always writes at least the empty set. */
int sgn_req_set_make(struct sgn_view explicit_set, struct sgn_view designated, struct sgn_buf *out,
                     struct sgn_error *err);

/* A single requirement as a set with that type. */
int sgn_req_set_wrap(struct sgn_view single, uint32_t type, struct sgn_buf *out,
                     struct sgn_error *err);

const char *sgn_req_type_name(uint32_t type); /* "designated"; NULL when unknown */

/* --- designated requirement ------------------------------------------------------------------- */

/* Appends the default designated requirement as a blob. Appends nothing for ad hoc (no certs).
 * -67052 when a needed field is missing. (docs/format/requirements.md) */
int sgn_req_designated(struct sgn_view identifier, const struct sgn_cert *const *certs,
                       size_t cert_count, bool root_is_apple, struct sgn_buf *out,
                       struct sgn_error *err);

/* The implied one of ad hoc code: cdhash H"a" or cdhash H"b" ... */
int sgn_req_implied(const struct sgn_view *cdhashes, size_t count, struct sgn_buf *out,
                    struct sgn_error *err);

/* --- another team ------------------------------------------------------------------------------- */

/* Which kinds of clauses were widened, as bits. */
enum sgn_req_moved {
	SGN_REQ_MOVED_TEAM = 1, /* certificate leaf[subject.OU] and [subject.UID] */
	SGN_REQ_MOVED_NAME = 2, /* certificate leaf[subject.CN]: for the new team its kind alone */
	SGN_REQ_MOVED_COMPANY = 4, /* certificate leaf[subject.O] */
	SGN_REQ_MOVED_PREFIX = 8   /* entitlements and Info.plist values that begin with the team */
};

/* Appends a single requirement in which every clause that names team `from` is joined by "or" with one
 * that names `to`; all else is copied byte by byte. SGN_E_UNSUPPORTED when such a clause stands under
 * "!". Whether builds of `to` meet it is for the caller to find out. (docs/format/requirements.md,
 * "Another team") */
int sgn_req_move_team(struct sgn_view blob, struct sgn_view from, struct sgn_view to,
                      struct sgn_buf *out, unsigned *moved, struct sgn_error *err);

#endif
