/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/cli/out_json.h"

static const char *const severities[] = {
	[SGN_SEVERITY_ERROR] = "error",
	[SGN_SEVERITY_WARNING] = "warning",
	[SGN_SEVERITY_NOTE] = "note",
};

static const char *const phases[] = {
	[SGN_PHASE_STRUCTURE] = "structure",
	[SGN_PHASE_SIGNATURE] = "signature",
	[SGN_PHASE_SLOTS] = "slots",
	[SGN_PHASE_PAGES] = "pages",
	[SGN_PHASE_RESOURCES] = "resources",
	[SGN_PHASE_STRICT] = "strict",
	[SGN_PHASE_REQUIREMENT] = "requirement",
};

static const char *const kinds[] = {
	[SGN_KIND_GENERAL] = "general",   [SGN_KIND_ADDED] = "added",
	[SGN_KIND_MODIFIED] = "modified", [SGN_KIND_MISSING] = "missing",
	[SGN_KIND_SIDEBAND] = "sideband",
};

static json_t *finding(const struct sgn_finding *f)
{
	json_t *object = json_new_object();

	json_put(object, "id", json_text(f->id));
	json_put(object, "severity", json_text(severities[f->severity]));
	json_put(object, "phase", json_text(phases[f->phase]));
	json_put(object, "kind", json_text(kinds[f->kind]));
	json_put(object, "osstatus", json_osstatus(f->osstatus));
	json_put(object, "path", json_text(f->path));
	json_put(object, "subcomponent", json_text(f->subcomponent));
	json_put(object, "arch", *f->arch ? json_text(f->arch) : json_null());
	json_put(object, "slot", f->has_slot ? json_integer(f->slot) : json_null());
	json_put(object, "offset",
	         f->offset == SGN_NO_OFFSET ? json_null() : json_number(f->offset));
	json_put(object, "length", f->length ? json_number(f->length) : json_null());
	json_put(object, "resource", json_text(f->resource));
	json_put(object, "text", json_text(f->text));
	json_put(object, "expected", json_text(f->expected));
	json_put(object, "found", json_text(f->found));
	json_put(object, "cause", json_text(f->cause));
	return object;
}

/* 0 no, 1 yes, others: nobody can say. */
static json_t *tristate(int value)
{
	return value == 0 || value == 1 ? json_boolean(value) : json_null();
}

void json_report(json_t *result, const struct sgn_report *report)
{
	json_t *findings = json_new_array();
	struct sgn_report_summary s;
	const struct sgn_finding *f;

	sgn_report_summarize(report, &s);
	for (size_t i = 0; (f = sgn_report_finding(report, i)); i++)
		json_add(findings, finding(f));
	json_put(result, "valid", json_boolean(sgn_report_ok(report)));
	json_put(result, "signed", json_boolean(s.is_signed));
	json_put(result, "adhoc", json_boolean(s.adhoc));
	json_put(result, "format", json_text(s.format));
	json_put(result, "identifier", json_text(s.identifier));
	json_put(result, "team", json_text(s.team));
	json_put(result, "authority", json_text(s.authority));
	json_put(result, "apple_anchored", json_boolean(s.apple_anchored));
	json_put(result, "timestamp", json_when(s.has_timestamp, s.timestamp));
	json_put(result, "designated_requirement", tristate(s.designated));
	json_put(result, "explicit_requirement_given", json_boolean(s.explicit_requirement >= 0));
	json_put(result, "explicit_requirement", tristate(s.explicit_requirement));
	json_put(result, "slices", json_number(s.slices));
	json_put(result, "pages", json_number(s.pages));
	json_put(result, "bytes", json_number(s.bytes));
	json_put(result, "findings", findings);
}
