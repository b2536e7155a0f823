/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/req/req.h"

static const struct {
	const char *id;
	enum sgn_severity severity;
	enum sgn_phase phase;
	int32_t osstatus;
	const char *cause;
} rows[SGN_FINDING_COUNT] = {
#define FINDING(symbol, id, severity, phase, osstatus, cause) \
	[SGN_FINDING_##symbol] = {id, SGN_SEVERITY_##severity, SGN_PHASE_##phase, osstatus, cause},
#include "signer/ops/findings.def"
#undef FINDING
};

int sgn_report_new(const char *path, struct sgn_report **out, struct sgn_error *err)
{
	struct sgn_report *r = sgn_calloc(1, sizeof(*r));

	*out = r;
	if (!r)
		return sgn_fail_nomem(err);
	r->summary.explicit_requirement = -1;
	r->summary.designated = 2;
	r->path = sgn_arena_strdup(&r->arena, path);
	if (r->path)
		return 0;
	sgn_report_free(r);
	*out = NULL;
	return sgn_fail_nomem(err);
}

void sgn_report_free(struct sgn_report *report)
{
	if (!report)
		return;
	sgn_free(report->findings);
	sgn_arena_dispose(&report->arena);
	sgn_free(report);
}

static const char *text_va(struct sgn_report *r, const char *fmt, va_list ap)
{
	va_list again;
	char *text = NULL;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len >= 0)
		text = sgn_arena_alloc(&r->arena, (size_t)len + 1);
	if (!text) {
		r->nomem = true;
		return "";
	}
	vsnprintf(text, (size_t)len + 1, fmt, ap);
	return text;
}

const char *sgn_report_text(struct sgn_report *r, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = text_va(r, fmt, ap);
	va_end(ap);
	return text;
}

const char *sgn_report_hex(struct sgn_report *r, struct sgn_view bytes)
{
	char *text = sgn_arena_alloc(&r->arena, 2 * bytes.size + 1);

	if (!text) {
		r->nomem = true;
		return "";
	}
	sgn_hex_encode(bytes.data, bytes.size, text);
	return text;
}

static struct sgn_finding *next_place(struct sgn_report *r)
{
	struct sgn_finding *grown;
	size_t cap = r->cap ? r->cap * 2 : 16;

	if (r->count < r->cap)
		return &r->findings[r->count++];
	grown = sgn_realloc(r->findings, cap * sizeof(*grown));
	if (grown) {
		r->findings = grown;
		r->cap = cap;
		return &r->findings[r->count++];
	}
	r->nomem = true;
	return &r->scratch;
}

struct sgn_finding *sgn_report_add(struct sgn_report *r, enum sgn_finding_code code,
                                   const char *arch, const char *fmt, ...)
{
	struct sgn_finding *f = next_place(r);
	va_list ap;

	*f = (struct sgn_finding){
		.id = rows[code].id,
		.severity = rows[code].severity,
		.phase = rows[code].phase,
		.osstatus = rows[code].osstatus,
		.cause = rows[code].cause,
		.path = r->path,
		.subcomponent = r->subcomponent,
		.offset = SGN_NO_OFFSET,
	};
	snprintf(f->arch, sizeof(f->arch), "%s", arch ? arch : "");
	va_start(ap, fmt);
	f->text = text_va(r, fmt, ap);
	va_end(ap);
	return f;
}

bool sgn_report_has(const struct sgn_report *r, enum sgn_finding_code code, const char *arch)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->findings[i].id == rows[code].id && strcmp(r->findings[i].arch, arch) == 0 &&
		    r->findings[i].subcomponent == r->subcomponent)
			return true;
	return false;
}

void sgn_report_begin_part(const struct sgn_report *whole, struct sgn_report *part)
{
	*part = (struct sgn_report){.path = whole->path, .subcomponent = whole->subcomponent};
	part->summary.designated = -1;
	part->summary.explicit_requirement = -1;
}

int sgn_report_worse(int have, int verdict)
{
	static const int rank[] = {[SGN_FALSE] = 2, [SGN_TRUE] = 0, [SGN_UNDECIDED] = 1};

	if (have < 0 || verdict < 0)
		return have < 0 ? verdict : have;
	return rank[verdict] > rank[have] ? verdict : have;
}

static void append_summary(struct sgn_report_summary *whole, const struct sgn_report_summary *part)
{
	whole->pages += part->pages;
	whole->bytes += part->bytes;
	whole->designated = sgn_report_worse(whole->designated, part->designated);
	whole->explicit_requirement =
		sgn_report_worse(whole->explicit_requirement, part->explicit_requirement);
}

void sgn_report_append(struct sgn_report *whole, struct sgn_report *part)
{
	const char *once = rows[SGN_FINDING_NOT_CHECKED].id;

	for (size_t i = 0; i < part->count; i++) {
		const struct sgn_finding *f = &part->findings[i];

		/* Each part says it, not knowing the others. */
		if (f->id != once || !sgn_report_has(whole, SGN_FINDING_NOT_CHECKED, ""))
			*next_place(whole) = *f;
	}
	append_summary(&whole->summary, &part->summary);
	whole->nomem |= part->nomem;
	sgn_arena_adopt(&whole->arena, &part->arena);
	sgn_free(part->findings);
	*part = (struct sgn_report){0};
}

static bool comes_before(const struct sgn_finding *a, const struct sgn_finding *b)
{
	if (a->severity != b->severity)
		return a->severity < b->severity;
	return a->phase < b->phase;
}

/* Insertion keeps the order of equals; reports are short, and nearly sorted when they come here. */
int sgn_report_finish(struct sgn_report *r, struct sgn_error *err)
{
	if (r->nomem)
		return sgn_fail_nomem(err);
	for (size_t i = 1; i < r->count; i++) {
		struct sgn_finding f = r->findings[i];
		size_t at = i;

		while (at > 0 && comes_before(&f, &r->findings[at - 1])) {
			r->findings[at] = r->findings[at - 1];
			at--;
		}
		r->findings[at] = f;
	}
	return 0;
}

bool sgn_report_ok(const struct sgn_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->findings[i].severity == SGN_SEVERITY_ERROR &&
		    report->findings[i].id != rows[SGN_FINDING_EXPLICIT].id)
			return false;
	return true;
}

size_t sgn_report_count(const struct sgn_report *report)
{
	return report->count;
}

const struct sgn_finding *sgn_report_finding(const struct sgn_report *report, size_t i)
{
	return i < report->count ? &report->findings[i] : NULL;
}

void sgn_report_summarize(const struct sgn_report *report, struct sgn_report_summary *out)
{
	*out = report->summary;
}
