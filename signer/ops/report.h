/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting findings. Built by one thread; read through <signet/verify.h>. */
#ifndef SIGNER_OPS_REPORT_H
#define SIGNER_OPS_REPORT_H

#include <signet/verify.h>

#include "signer/base/arena.h"
#include "signer/base/error.h"

#define FINDING(symbol, id, severity, phase, osstatus, cause) SGN_FINDING_##symbol,
enum sgn_finding_code {
#include "signer/ops/findings.def"
	SGN_FINDING_COUNT
};
#undef FINDING

struct sgn_report_row;

struct sgn_report {
	struct sgn_arena arena; /* owns rows and all texts */
	struct sgn_finding *findings;
	size_t count, cap;
	struct sgn_report_summary summary;
	const char *path;
	const char *subcomponent; /* nested item that findings are about now; NULL: path itself */
	bool nomem;
	struct sgn_finding scratch; /* written to when there is no memory for a finding */
};

int sgn_report_new(const char *path, struct sgn_report **out, struct sgn_error *err);

/* Adds a finding from the table with a sentence. The result may be completed until the next call;
 * never NULL (when out of memory a scratch finding is returned and sgn_report_finish() fails). */
struct sgn_finding *sgn_report_add(struct sgn_report *r, enum sgn_finding_code code,
                                   const char *arch, const char *fmt, ...) SGN_PRINTF(4, 5);

/* Was that said about that slice already? For checks that several CodeDirectories repeat. */
bool sgn_report_has(const struct sgn_report *r, enum sgn_finding_code code, const char *arch);

/*
 * A part of a report, filled by a thread of its own and then appended: that reads as if one thread had
 * written all. It is about the same item until its subcomponent is set. Empty after sgn_report_append().
 */
void sgn_report_begin_part(const struct sgn_report *whole, struct sgn_report *part);
void sgn_report_append(struct sgn_report *whole, struct sgn_report *part);

/* A verdict for the summary: the least favourable of all. Negative: there is none. */
int sgn_report_worse(int have, int verdict);

/* Texts that live as long as the report. */
const char *sgn_report_text(struct sgn_report *r, const char *fmt, ...) SGN_PRINTF(2, 3);
const char *sgn_report_hex(struct sgn_report *r, struct sgn_view bytes);

/* Sorts: errors first, then by phase; findings of one kind stay in the order in which they came. */
int sgn_report_finish(struct sgn_report *r, struct sgn_error *err);

#endif
