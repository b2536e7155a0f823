/* SPDX-License-Identifier: Apache-2.0 */
/* The text printers: one function per struct of the public API. */
#ifndef SIGNER_CLI_TEXT_H
#define SIGNER_CLI_TEXT_H

#include "signer/cli/cmd.h"

/* codesign's line for level 1, slices from level 2 on. */
void text_signed(const struct out *out, const char *path, const struct sgn_sign_result *r,
                 const struct sgn_sign_options *opts, unsigned level);
/* The items of a bundle: all of them with reasons; their number. */
void text_items(const struct out *out, const struct sgn_sign_result *r,
                const struct sgn_sign_options *opts);
void text_item_counts(const struct out *out, const char *path, const struct sgn_sign_result *r,
                      bool dry_run);

/* The verdict and the findings. */
void text_report(const struct out *out, const char *path, const struct sgn_report *report,
                 unsigned level);

/* The layout for people; arch NULL: all slices. */
void text_description(const struct out *out, const char *path, const struct sgn_description *d,
                      const char *arch, unsigned level);
void text_code_tree(const struct out *out, const char *path, const struct sgn_described_tree *tree);
/* The lines of codesign -d for one slice (docs/format/verification.md, "display"); requirements: with
 * the line on them, which codesign leaves out when their text is asked for. */
void text_codesign(const struct out *out, const struct sgn_description *d,
                   const struct sgn_shown_slice *slice, unsigned level, bool requirements);
/* "# designated => ..." when it is implied; freed with free(), NULL when there is none. */
char *text_requirements(const struct sgn_shown_slice *slice);

/* The answers, with cures; level 1: all that identity show prints, too. */
void text_checkup(const struct out *out, const char *path, const struct sgn_checkup *checkup,
                  unsigned level);

void text_identity(const struct out *out, const char *path, const struct sgn_identity_info *info);

/* text_requirement.c. The verdict, with why it is not met; tree: every clause. */
void text_judgement(const struct out *out, const char *path, const struct sgn_judgement *j,
                    bool tree);
/* "designated => ...", "# designated => ..." when it is implied. name: a comment line in front, or
 * NULL; level 1: what signing would store. */
void text_designated(const struct out *out, const char *name, const struct sgn_designated *d,
                     unsigned level);

/* text_same.c. level 1: items and requirements that agree, too. */
void text_sameness(const struct out *out, const char *old_path, const char *new_path,
                   const struct sgn_sameness *same, unsigned level);
/* Comment lines, so that with the requirement behind them they are a requirement file. */
void text_transfer(const struct out *out, const struct sgn_transfer *t);

/* "no: TEXT (found: VALUE)" for the clauses that decide. */
void text_decisive(const struct out *out, int indent, const struct sgn_clause *clauses,
                   size_t count);
/* Words in lines of 100 columns; first stands before the first line, next before the others. */
void text_wrapped(const struct out *out, const char *first, const char *next, const char *text);

#endif
