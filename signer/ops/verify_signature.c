/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/verify_slice.h"

#include <string.h>

#include "signer/base/time.h"

/* --- CodeDirectories ---------------------------------------------------------------------------- */

static void check_limit(struct sgn_verify *v, const struct sgn_slice *s,
                        const struct sgn_codedir *cd)
{
	struct sgn_finding *f;

	if (cd->code_limit == s->dataoff)
		return;
	f = sgn_report_add(v->report, SGN_FINDING_CODE_LIMIT, s->arch,
	                   "the signature covers %llu bytes, but the code has %u",
	                   (unsigned long long)cd->code_limit, s->dataoff);
	f->expected = sgn_report_text(v->report, "%llu", (unsigned long long)cd->code_limit);
	f->found = sgn_report_text(v->report, "%u", s->dataoff);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check_directories(struct sgn_verify *v, const struct sgn_slice *s,
                              const struct sgn_signature *sig)
{
	for (size_t i = 0; i < sig->dir_count; i++) {
		const struct sgn_codedir *cd = &sig->dirs[i], *first = &sig->dirs[0];

		check_limit(v, s, cd);
		if (same_text(cd->identifier, first->identifier) &&
		    same_text(cd->team, first->team) && cd->flags == first->flags)
			continue;
		sgn_report_add(
			v->report, SGN_FINDING_DIRS_DIFFER, s->arch,
			"the %s CodeDirectory has another identifier, team or flags than the "
			"%s one",
			sgn_digest_name(cd->digest), sgn_digest_name(first->digest));
	}
}

/* --- CMS ------------------------------------------------------------------------------------------ */

static const struct {
	enum sgn_cms_problem_id problem;
	enum sgn_finding_code finding;
} cms_rows[] = {
	{SGN_CMS_UNREADABLE, SGN_FINDING_CMS_UNREADABLE},
	{SGN_CMS_BAD_SIGNATURE, SGN_FINDING_CMS_SIGNATURE},
	{SGN_CMS_WRONG_CONTENT, SGN_FINDING_CMS_CONTENT},
	{SGN_CMS_AGILITY_V1, SGN_FINDING_CMS_AGILITY},
	{SGN_CMS_AGILITY_V2, SGN_FINDING_CMS_AGILITY},
	{SGN_CMS_NO_SIGNER_CERT, SGN_FINDING_CMS_NO_SIGNER},
	{SGN_CMS_CHAIN_INCOMPLETE, SGN_FINDING_CHAIN},
	{SGN_CMS_EXPIRED, SGN_FINDING_EXPIRED},
	{SGN_CMS_NOT_YET_VALID, SGN_FINDING_NOT_YET_VALID},
	{SGN_CMS_NO_CODE_SIGNING, SGN_FINDING_USAGE},
	{SGN_CMS_BAD_TIMESTAMP, SGN_FINDING_TIMESTAMP_BAD},
	{SGN_CMS_TIMESTAMP_UNTRUSTED, SGN_FINDING_TIMESTAMP_UNTRUSTED},
};

static void report_cms_problem(struct sgn_verify *v, const char *arch,
                               const struct sgn_cms_problem *p)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(cms_rows); i++) {
		struct sgn_finding *f;

		if (cms_rows[i].problem != p->id)
			continue;
		f = sgn_report_add(v->report, cms_rows[i].finding, arch, "%s", p->text);
		if (p->osstatus)
			f->osstatus = p->osstatus;
	}
}

static void check_team(struct sgn_verify *v, const struct sgn_slice *s,
                       const struct sgn_signature *sig, const struct sgn_cms_info *cms)
{
	struct sgn_view cert = sgn_chain_team(&cms->chain);
	const char *team = sig->best->team;
	struct sgn_finding *f;

	if (!team || cert.size == 0 || sgn_view_equal(cert, sgn_view_str(team)))
		return;
	f = sgn_report_add(v->report, SGN_FINDING_TEAM, s->arch,
	                   "the CodeDirectory names team %s, the certificate %.*s", team,
	                   (int)cert.size, (const char *)cert.data);
	f->expected = sgn_report_text(v->report, "%s", team);
	f->found = sgn_report_text(v->report, "%.*s", (int)cert.size, (const char *)cert.data);
}

static void check_trust(struct sgn_verify *v, const struct sgn_slice *s,
                        const struct sgn_cms_info *cms)
{
	if (cms->chain.complete && !cms->chain.apple_root)
		sgn_report_add(v->report, SGN_FINDING_NOT_APPLE, s->arch,
		               "the chain ends in a root that is not Apple's");
	if (!cms->timestamp.present && sgn_chain_kind(&cms->chain)->wants_timestamp)
		sgn_report_add(v->report, SGN_FINDING_NO_TIMESTAMP, s->arch,
		               "a %s signature without a secure timestamp",
		               sgn_chain_kind(&cms->chain)->text);
	if (!v->report->subcomponent && !sgn_report_has(v->report, SGN_FINDING_NOT_CHECKED, ""))
		sgn_report_add(v->report, SGN_FINDING_NOT_CHECKED, "",
		               "revocation and notarization need the network and were not checked");
}

static int check_cms(struct sgn_verify *v, const struct sgn_slice *s,
                     const struct sgn_signature *sig, struct sgn_verified_slice *out,
                     struct sgn_error *err)
{
	struct sgn_cms_cdhash hashes[SGN_LIMIT_CODEDIRS];
	const struct sgn_codedir *dirs[SGN_LIMIT_CODEDIRS];
	struct sgn_cms_verify_input in = {
		.cms = sig->cms,
		.content = sig->dirs[0].blob,
		.cdhashes = hashes,
		.cdhash_count = sig->dir_count,
		.anchors = &v->ctx->anchors,
		.now = v->now,
		.enforce_expiry =
			v->opts->check_expiration || (sig->best->flags & CS_CHECK_EXPIRATION) != 0,
	};
	int rc = 0;

	sgn_signature_dirs_by_type(sig, dirs);
	for (size_t i = 0; rc == 0 && i < sig->dir_count; i++) {
		hashes[i].digest = dirs[i]->digest;
		rc = sgn_codedir_hash(dirs[i], &hashes[i].full, err);
	}
	if (rc == 0)
		rc = sgn_cms_verify(&in, &v->arena, &out->cms, err);
	if (rc)
		return rc;
	out->has_cms = true;
	for (size_t i = 0; i < out->cms.problem_count; i++)
		report_cms_problem(v, s->arch, &out->cms.problems[i]);
	if (out->cms.signer) {
		check_team(v, s, sig, &out->cms);
		check_trust(v, s, &out->cms);
	}
	return 0;
}

/* --- one slice ------------------------------------------------------------------------------------ */

static void report_unreadable(struct sgn_verify *v, const struct sgn_code_slice *s)
{
	struct sgn_finding *f =
		sgn_report_add(v->report, SGN_FINDING_BAD_BLOB, s->macho->arch, "%s", s->why.text);

	if (s->why.osstatus)
		f->osstatus = s->why.osstatus;
	if (s->why.offset != SGN_NO_OFFSET)
		f->offset = s->macho->offset + s->macho->dataoff + s->why.offset;
}

static bool other_slice_is_signed(const struct sgn_code *code)
{
	for (size_t i = 0; i < code->macho.count; i++)
		if (code->slices[i].sig)
			return true;
	return false;
}

int sgn_verify_signature(struct sgn_verify *v, struct sgn_verified_slice *s, struct sgn_error *err)
{
	const struct sgn_signature *sig = s->sig;
	const char *arch = s->macho->arch;

	if (s->code->problem) {
		report_unreadable(v, s->code);
		return 0;
	}
	if (!sig) {
		bool mixed = other_slice_is_signed(v->code);

		sgn_report_add(v->report, mixed ? SGN_FINDING_SLICES_MIXED : SGN_FINDING_UNSIGNED,
		               arch, "code object is not signed at all");
		return 0;
	}
	check_directories(v, s->macho, sig);
	if (sig->best->flags & CS_ADHOC) {
		if (sig->cms.size)
			sgn_report_add(v->report, SGN_FINDING_ADHOC_WITH_CMS, arch,
			               "marked ad hoc, but a certificate signature is present");
		return 0;
	}
	if (sig->cms.size == 0) {
		sgn_report_add(v->report, SGN_FINDING_NO_CMS, arch,
		               "no certificate signature, and not marked ad hoc");
		return 0;
	}
	return check_cms(v, s->macho, sig, s, err);
}
