/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/verify_slice.h"

static void report_damaged(struct sgn_verify *v, const char *arch, const struct sgn_error *why)
{
	struct sgn_finding *f = sgn_report_add(v->report, SGN_FINDING_REQUIREMENT_BAD, arch,
	                                       "requirement: %s", why->text);

	if (why->osstatus)
		f->osstatus = why->osstatus;
}

struct judged {
	enum sgn_finding_code no, open;
	const char *what;
	int *summary;
};

static int judge(struct sgn_verify *v, const char *arch, struct sgn_view requirement,
                 const struct sgn_facts *facts, const struct judged *j)
{
	struct sgn_error why_not = SGN_ERROR_INIT;
	enum sgn_truth verdict;
	struct sgn_buf why;

	sgn_buf_init(&why, SGN_LIMIT_REQUIREMENTS);
	if (sgn_facts_judge(requirement, facts, &verdict, &why, &why_not) != 0) {
		report_damaged(v, arch, &why_not);
		verdict = SGN_FALSE;
	} else if (verdict != SGN_TRUE) {
		sgn_report_add(v->report, verdict == SGN_FALSE ? j->no : j->open, arch, "%s %s",
		               j->what, sgn_buf_str(&why));
	}
	*j->summary = sgn_report_worse(*j->summary, (int)verdict);
	sgn_buf_dispose(&why);
	sgn_error_dispose(&why_not);
	return 0;
}

static int make_facts(struct sgn_verify *v, const struct sgn_verified_slice *s,
                      struct sgn_facts *facts, struct sgn_error *err)
{
	const struct sgn_value *info =
		s->has_info_plist ? sgn_code_dictionary(s->info_plist, &v->arena) : NULL;

	return sgn_facts_make(s->sig, s->has_cms ? &s->cms.chain : NULL, info,
	                      sgn_facts_entitlements(s->sig, &v->arena), facts, err);
}

int sgn_verify_requirements(struct sgn_verify *v, const struct sgn_verified_slice *s,
                            struct sgn_error *err)
{
	struct sgn_report_summary *sum = &v->report->summary;
	const struct judged designated = {SGN_FINDING_DESIGNATED, SGN_FINDING_DESIGNATED_OPEN,
	                                  "designated requirement", &sum->designated};
	const struct judged explicit_one = {SGN_FINDING_EXPLICIT, SGN_FINDING_EXPLICIT_OPEN,
	                                    "explicit requirement", &sum->explicit_requirement};
	struct sgn_error why = SGN_ERROR_INIT;
	struct sgn_facts facts;
	struct sgn_buf implied_buf;
	struct sgn_view dr;
	bool implied;
	int rc;

	if (!s->sig)
		return 0;
	rc = make_facts(v, s, &facts, err);
	if (rc)
		return rc;
	sgn_buf_init(&implied_buf, SGN_LIMIT_REQUIREMENTS);
	if (sgn_facts_designated(s->sig, &facts, &implied_buf, &dr, &implied, &why) != 0)
		report_damaged(v, s->macho->arch, &why);
	else
		rc = judge(v, s->macho->arch, dr, &facts, &designated);
	if (rc == 0 && v->requirement.size)
		rc = judge(v, s->macho->arch, v->requirement, &facts, &explicit_one);
	sgn_buf_dispose(&implied_buf);
	sgn_error_dispose(&why);
	return rc;
}

int sgn_verify_sealed_requirement(struct sgn_verify *v, const struct sgn_verified_slice *s,
                                  struct sgn_view requirement, enum sgn_truth *verdict,
                                  struct sgn_buf *why, struct sgn_error *err)
{
	struct sgn_facts facts;
	int rc = make_facts(v, s, &facts, err);

	return rc ? rc : sgn_facts_judge(requirement, &facts, verdict, why, err);
}
