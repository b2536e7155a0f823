/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requirements: conditions on code. Text to binary and back; what a requirement says about a program on
 * disk, clause by clause; whether macOS takes two builds for the same program; and the requirement with
 * which a program moves from one team to another.
 *
 * macOS stores a program's designated requirement with what the user allows it (privacy permissions,
 * keychain items, login items) and asks later whether the program that runs meets it. So "will it still
 * be the same program?" is a question about two requirements, and it is answered here without a Mac.
 *
 * Verdicts are about what a signature says. Signature, certificates, Info.plist and entitlements are
 * checked before they count; pages and resources are not: sgn_verify_path() does that.
 */
#ifndef SIGNET_REQUIREMENT_H
#define SIGNET_REQUIREMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <signet/context.h>
#include <signet/error.h>
#include <signet/identity.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * sgn_requirement_compile() - text to blob
 * @text: source: one requirement, or a set ("designated => ...")
 * @size: bytes of @text
 * @identifier: replaces $self.identifier; NULL: those words are an error
 * @blob: receives the bytes; free with sgn_bytes_free()
 * @blob_size: receives their number
 * @err:  filled on failure, with line and column; may be NULL
 *
 * Known from: docs/format/requirements.md. Thread-safe.
 *
 * Return: 0, SGN_E_FORMAT (-67052), SGN_E_LIMIT, SGN_E_NOMEM.
 */
int sgn_requirement_compile(const char *text, size_t size, const char *identifier, uint8_t **blob,
                            size_t *blob_size, struct sgn_error *err);

/**
 * sgn_requirement_print() - blob to Apple's canonical text
 * @blob: a requirement or a requirement set
 * @size: bytes of @blob
 * @text: receives the text; a set gives one line per entry. Free with sgn_bytes_free().
 * @err:  filled on failure; may be NULL
 *
 * Thread-safe.
 *
 * Return: 0, SGN_E_FORMAT (-67052), SGN_E_LIMIT, SGN_E_NOMEM.
 */
int sgn_requirement_print(const void *blob, size_t size, char **text, struct sgn_error *err);

/** sgn_bytes_free() - frees memory that one of the functions above handed out; NULL is accepted */
void sgn_bytes_free(void *p);

/* --- judging ---------------------------------------------------------------------------------- */

/** enum sgn_met - the three answers; the numbers are those of struct sgn_report_summary */
enum sgn_met {
	SGN_NOT_MET = 0,
	SGN_MET = 1,
	SGN_MET_OPEN = 2 /* cannot be decided here: trust settings, a notarization ticket, ... */
};

/**
 * struct sgn_clause - one clause of a requirement as it was judged
 * @depth:    0 for the whole; the operands of a group are one deeper and follow it
 * @group:    "and", "or" or "!", with operands of its own; NULL for a clause that looks at the code.
 *            A chain "a and b and c" is one group.
 * @met:      its verdict
 * @decisive: the verdict on the whole is this one because of this clause
 * @text:     the clause in Apple's wording; of a group its operator
 * @found:    the value that was seen in the code, or NULL
 * @why:      why it cannot be decided, or NULL
 *
 * Belongs to what it is a part of.
 */
struct sgn_clause {
	unsigned depth;
	const char *group;
	enum sgn_met met;
	bool decisive;
	const char *text;
	const char *found;
	const char *why;
};

/**
 * struct sgn_judged_slice - one slice and a requirement
 * @arch:        "arm64"; "" for code that is no Mach-O
 * @requirement: the requirement in Apple's wording
 * @implied:     it is the designated one, and not stored but implied: the slice's own hashes
 * @met:         the verdict
 * @clauses:     all clauses, depth first
 * @clause_count: number of them
 */
struct sgn_judged_slice {
	char arch[16];
	const char *requirement;
	bool implied;
	enum sgn_met met;
	const struct sgn_clause *clauses;
	size_t clause_count;
};

/**
 * struct sgn_judgement - what a requirement says about a program; free with sgn_judgement_free()
 * @identifier:  of the native slice
 * @team:        or NULL
 * @own:         the requirement was the program's own designated one
 * @problem:     why the signature is not valid, whatever the requirement says; or NULL
 * @met:         the least favourable verdict of all slices
 * @slices:      the native slice first
 * @slice_count: number of them
 */
struct sgn_judgement {
	const char *identifier;
	const char *team;
	bool own;
	const char *problem;
	enum sgn_met met;
	const struct sgn_judged_slice *slices;
	size_t slice_count;
};

/**
 * struct sgn_judge_options - start from a zeroed struct
 * @requirement: text or binary; of a set the designated one. NULL: the code's own designated
 *               requirement. $self.identifier is the code's identifier.
 * @requirement_size: bytes
 * @arch:        only this slice; NULL: all
 */
struct sgn_judge_options {
	const void *requirement;
	size_t requirement_size;
	const char *arch;
};

/**
 * sgn_requirement_judge() - judges a requirement about a program, and says of each clause what was seen
 * @ctx:  context
 * @path: file or bundle
 * @opts: NULL: its own designated requirement
 * @out:  receives the judgement; free with sgn_judgement_free()
 * @err:  filled on failure; may be NULL
 *
 * Thread-safe.
 *
 * Return: 0 when there is a verdict; SGN_E_NOTFOUND (no file; or -67062: not signed), SGN_E_FORMAT
 * (-67052: not a requirement; or a damaged signature), SGN_E_UNSUPPORTED (not code; a requirement that
 * cannot be judged), SGN_E_USAGE (no such slice), SGN_E_IO, SGN_E_LIMIT, SGN_E_NOMEM.
 */
int sgn_requirement_judge(struct sgn_context *ctx, const char *path,
                          const struct sgn_judge_options *opts, struct sgn_judgement **out,
                          struct sgn_error *err);

/** sgn_judgement_free() - frees a judgement; NULL is accepted */
void sgn_judgement_free(struct sgn_judgement *judgement);

/* --- the same program? ------------------------------------------------------------------------ */

/**
 * struct sgn_same_way - one direction: does code meet the requirement of other code?
 * @met:         the least favourable verdict of all slices
 * @arch:        the slice that gave it, or ""
 * @requirement: the designated requirement that was asked about
 * @implied:     it is not stored but implied: the code's own hashes
 * @clauses:     all clauses of that slice, depth first; those that decide are marked
 * @clause_count: number of them
 */
struct sgn_same_way {
	enum sgn_met met;
	char arch[16];
	const char *requirement;
	bool implied;
	const struct sgn_clause *clauses;
	size_t clause_count;
};

/**
 * struct sgn_same_item - a program, or code nested in it, before and after
 * @path:    from the bundle's root; "." is the bundle, or the lone file
 * @kind:    "app", "framework", "xpc", "plugin", "bundle" or "macho"
 * @is_program: it runs by itself; a library or plug-in holds no permissions
 * @in_old:  it is in the old build
 * @in_new:  it is in the new build; the two directions apply when it is in both
 * @problem: why no question could be asked ("not signed"), or NULL; in a program of two halves, the
 *           first one's
 * @old_identifier: or NULL
 * @new_identifier: or NULL
 * @old_team: or NULL
 * @new_team: or NULL
 * @forward: the new code against the old requirement: does it inherit what users allowed?
 * @back:    the old code against the new requirement
 */
struct sgn_same_item {
	const char *path;
	const char *kind;
	bool is_program;
	bool in_old, in_new;
	const char *problem;
	const char *old_identifier, *new_identifier;
	const char *old_team, *new_team;
	struct sgn_same_way forward, back;
};

/**
 * struct sgn_effect - what it means for users
 * @area: "privacy", "keychain", "login-items", "containers" or "libraries"
 * @lost: something is lost; false: it is kept, or worth knowing
 * @path: the first item concerned
 * @text: one or two sentences
 * @cure: what to do about it, or NULL
 */
struct sgn_effect {
	const char *area;
	bool lost;
	const char *path;
	const char *text;
	const char *cure;
};

/**
 * struct sgn_sameness - is it the same program? Free with sgn_sameness_free()
 * @met:    MET when each build meets the other's requirement in every item that both have
 * @broken: an item has a @problem, so the answer is not complete
 * @items:  by path, the whole program first
 * @item_count: number of them
 * @effects: what it means
 * @effect_count: number of them
 */
struct sgn_sameness {
	enum sgn_met met;
	bool broken;
	const struct sgn_same_item *items;
	size_t item_count;
	const struct sgn_effect *effects;
	size_t effect_count;
};

/**
 * sgn_requirement_same() - does macOS take two builds for the same program?
 * @ctx: context
 * @old_path: the build that users have: file or bundle
 * @new_path: the build that comes
 * @out: receives the answer; free with sgn_sameness_free()
 * @err: filled on failure; may be NULL
 *
 * Two programs are the same when each meets the designated requirement of the other. Nested code is
 * compared with the code at the same path in the other build. Thread-safe.
 *
 * Return: 0 when there is an answer; else as sgn_requirement_judge().
 */
int sgn_requirement_same(struct sgn_context *ctx, const char *old_path, const char *new_path,
                         struct sgn_sameness **out, struct sgn_error *err);

/** sgn_sameness_free() - frees an answer; NULL is accepted */
void sgn_sameness_free(struct sgn_sameness *sameness);

/* --- moving to another team ------------------------------------------------------------------- */

/**
 * struct sgn_transfer_options - start from a zeroed struct
 * @from:       the team whose builds users have, ten characters
 * @to:         the team whose builds come
 * @path:       a build of @from: its own requirement is the start. NULL: the default requirement of a
 *              Developer ID build with @identifier is.
 * @identifier: without @path: the code identifier
 */
struct sgn_transfer_options {
	const char *from;
	const char *to;
	const char *path;
	const char *identifier;
};

/**
 * struct sgn_transferred - the requirement of one item
 * @path:       from the bundle's root; "." is the bundle, or the lone file
 * @kind:       as in struct sgn_same_item
 * @identifier: or NULL
 * @before:     the requirement that was the start, or NULL
 * @text:       the new one in Apple's wording; NULL: see @problem
 * @blob:       the same as bytes
 * @blob_size:  number of them
 * @changed:    it differs from @before
 * @problem:    why there is none, or NULL
 * @cure:       what to do about that, or NULL
 * @notes:      what is worth knowing about it
 * @note_count: number of them
 */
struct sgn_transferred {
	const char *path;
	const char *kind;
	const char *identifier;
	const char *before;
	const char *text;
	const uint8_t *blob;
	size_t blob_size;
	bool changed;
	const char *problem;
	const char *cure;
	const char *const *notes;
	size_t note_count;
};

/**
 * struct sgn_transfer - requirements that both teams meet; free with sgn_transfer_free()
 * @items: the whole program first; it always has a @text
 * @item_count: number of them
 * @steps: the releases that are needed, in order, each a few sentences
 * @step_count: number of them
 * @limits: what no requirement can carry over
 * @limit_count: number of them
 */
struct sgn_transfer {
	const struct sgn_transferred *items;
	size_t item_count;
	const char *const *steps;
	size_t step_count;
	const char *const *limits;
	size_t limit_count;
};

/**
 * sgn_requirement_transfer() - writes a requirement that builds of both teams meet
 * @ctx:  context
 * @opts: the teams, and what to start from
 * @out:  receives the requirements; free with sgn_transfer_free()
 * @err:  filled on failure; may be NULL
 *
 * Every clause of the start is kept; one that names the old team's certificate is met by the new team
 * as well (docs/howto-team-transfer.md has the rules). Before it is handed out, the result is tried on
 * builds of the old team, the new team, a third team, and on a look-alike outside Apple's PKI: the
 * first two meet it, the others do so only where the start let them in. Thread-safe.
 *
 * Return: 0; SGN_E_USAGE (a team that is none, no start), SGN_E_MISMATCH (@path is not signed by
 * @from), SGN_E_UNSUPPORTED (the start names a thing that the new team cannot have, for instance a
 * hash); else as sgn_requirement_judge().
 */
int sgn_requirement_transfer(struct sgn_context *ctx, const struct sgn_transfer_options *opts,
                             struct sgn_transfer **out, struct sgn_error *err);

/** sgn_transfer_free() - frees the result of a transfer; NULL is accepted */
void sgn_transfer_free(struct sgn_transfer *transfer);

/* --- the designated requirement --------------------------------------------------------------- */

/**
 * struct sgn_designated_slice - the designated requirement of one slice
 * @arch:    "arm64"; "" for code that is no Mach-O
 * @stored:  it is in the signature; false: it is implied, the hashes of the code
 * @text:    in Apple's wording
 * @blob:    as bytes
 * @blob_size: number of them
 * @standard: what signing stores for this identifier and certificate when nobody says otherwise; NULL
 *           for ad hoc code, or when the certificates cannot be read
 * @is_standard: the stored one is that, byte for byte
 */
struct sgn_designated_slice {
	char arch[16];
	bool stored;
	const char *text;
	const uint8_t *blob;
	size_t blob_size;
	const char *standard;
	bool is_standard;
};

/**
 * struct sgn_designated - designated requirements; free with sgn_designated_free()
 * @identifier:  code identifier of the native slice
 * @slices:      the native slice first
 * @slice_count: number of them
 */
struct sgn_designated {
	const char *identifier;
	const struct sgn_designated_slice *slices;
	size_t slice_count;
};

/**
 * sgn_requirement_designated() - the designated requirement that a program has
 * @ctx:  context
 * @path: file or bundle
 * @out:  receives it; free with sgn_designated_free()
 * @err:  filled on failure; may be NULL
 *
 * Thread-safe.
 *
 * Return: as sgn_requirement_judge().
 */
int sgn_requirement_designated(struct sgn_context *ctx, const char *path,
                               struct sgn_designated **out, struct sgn_error *err);

/** sgn_designated_free() - frees designated requirements; NULL is accepted */
void sgn_designated_free(struct sgn_designated *designated);

/**
 * sgn_requirement_default() - the designated requirement that signing would store
 * @id:         who would sign
 * @identifier: with which code identifier
 * @blob:       receives the bytes; free with sgn_bytes_free()
 * @blob_size:  receives their number
 * @err:        filled on failure; may be NULL
 *
 * Known from: docs/format/requirements.md, "Default designated requirement". Thread-safe.
 *
 * Return: 0, SGN_E_FORMAT (-67052: the certificate lacks a field), SGN_E_NOMEM.
 */
int sgn_requirement_default(const struct sgn_identity *id, const char *identifier, uint8_t **blob,
                            size_t *blob_size, struct sgn_error *err);

#ifdef __cplusplus
}
#endif

#endif
