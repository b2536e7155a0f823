/* SPDX-License-Identifier: Apache-2.0 */
/* Judging the CMS of a signature: docs/format/cms.md, "checking". */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/time.h"
#include "signer/pki/cms.h"

static const int32_t osstatus_of[] = {
	[SGN_CMS_UNREADABLE] = errSecDecode,
	[SGN_CMS_BAD_SIGNATURE] = errSecCSSignatureFailed,
	[SGN_CMS_WRONG_CONTENT] = errSecCSSignatureFailed,
	[SGN_CMS_AGILITY_V1] = errSecCSSignatureFailed,
	[SGN_CMS_AGILITY_V2] = errSecCSSignatureFailed,
	[SGN_CMS_NO_SIGNER_CERT] = errSecCSSignatureFailed,
	[SGN_CMS_CHAIN_INCOMPLETE] = CSSMERR_TP_NOT_TRUSTED,
	[SGN_CMS_EXPIRED] = CSSMERR_TP_CERT_EXPIRED,
	[SGN_CMS_NOT_YET_VALID] = CSSMERR_TP_CERT_NOT_VALID_YET,
	[SGN_CMS_NO_CODE_SIGNING] = errSecCSSignatureUntrusted,
	[SGN_CMS_BAD_TIMESTAMP] = errSecTimestampInvalid,
	[SGN_CMS_TIMESTAMP_UNTRUSTED] = errSecTimestampNotTrusted,
};

void sgn_cms_find(struct sgn_cms_findings *f, enum sgn_cms_problem_id id, const char *fmt, ...)
{
	struct sgn_cms_info *info = f->info;
	char text[SGN_CMS_WHY + 128];
	va_list args;

	f->found++;
	if (info->problem_count == SGN_CMS_PROBLEMS)
		return; /* that it is bad is known by now */
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	info->problems[info->problem_count].id = id;
	info->problems[info->problem_count].osstatus = osstatus_of[id];
	info->problems[info->problem_count].text = sgn_arena_strdup(f->arena, text);
	f->nomem |= info->problems[info->problem_count].text == NULL;
	info->problem_count++;
}

static const char *title(const struct sgn_cert *cert, struct sgn_cms_findings *f)
{
	const char *text = sgn_cert_title(cert, f->arena);

	f->nomem |= text == NULL;
	return text ? text : "";
}

static void check_signer(const struct sgn_cms *cms, const struct sgn_cms_verify_input *in,
                         struct sgn_cms_findings *f)
{
	char why[SGN_CMS_WHY];

	if (!sgn_cms_content_ok(cms, in->content, sgn_oid_known(SGN_OID_CMS_DATA), why))
		sgn_cms_find(f, SGN_CMS_WRONG_CONTENT,
		             "the CMS was not made for this CodeDirectory: %s", why);
	if (!f->info->signer)
		sgn_cms_find(f, SGN_CMS_NO_SIGNER_CERT,
		             "the signer's certificate is not among the %zu in the CMS",
		             f->info->cert_count);
	else if (!sgn_cms_signature_ok(cms, in->content, f->info->signer,
	                               sgn_anchors_known(in->anchors), why))
		sgn_cms_find(f, SGN_CMS_BAD_SIGNATURE, "the signature does not verify: %s", why);
}

static int check_chain(const struct sgn_cms_verify_input *in, struct sgn_cms_findings *f,
                       struct sgn_error *err)
{
	struct sgn_cms_info *info = f->info;
	int rc;

	if (!info->signer)
		return 0;
	rc = sgn_chain_build(info->signer, info->certs, info->cert_count, in->anchors, &info->chain,
	                     err);
	if (rc)
		return rc;
	if (!info->chain.complete)
		sgn_cms_find(f, SGN_CMS_CHAIN_INCOMPLETE,
		             "the issuer of \"%s\" is not known, so the chain ends in no root",
		             title(info->chain.certs[info->chain.count - 1], f));
	if (!sgn_cert_has_eku(info->signer, sgn_oid_known(SGN_OID_EKU_CODE_SIGNING)))
		sgn_cms_find(f, SGN_CMS_NO_CODE_SIGNING,
		             "the certificate \"%s\" is not meant for signing code",
		             title(info->signer, f));
	return 0;
}

/* The moment that counts for the dates of certificates, in words and seconds. */
struct moment {
	int64_t when;
	const char *words;
	bool expiry; /* an expired certificate counts, too, not only one from the future */
};

static void check_validity(const struct sgn_cert *cert, const struct moment *m,
                           struct sgn_cms_findings *f)
{
	char day[21], limit[21];

	sgn_time_iso(m->when, day);
	if (m->when > cert->not_after && m->expiry) {
		sgn_time_iso(cert->not_after, limit);
		sgn_cms_find(f, SGN_CMS_EXPIRED, "\"%s\" expired at %s, before %s (%s)",
		             title(cert, f), limit, m->words, day);
	} else if (m->when < cert->not_before) {
		sgn_time_iso(cert->not_before, limit);
		sgn_cms_find(f, SGN_CMS_NOT_YET_VALID, "\"%s\" is valid from %s, after %s (%s)",
		             title(cert, f), limit, m->words, day);
	}
}

/*
 * A timestamp proves when the signature existed: the certificates must have been valid then. Without
 * one nothing is proved; Apple's verifier then lets expired certificates pass unless it is asked not to,
 * and asked, it can only look at the present. Roots are trusted whatever their dates.
 */
static void check_dates(const struct sgn_cms_verify_input *in, struct sgn_cms_findings *f)
{
	const struct sgn_cms_info *info = f->info;
	struct moment m = {in->now, "now", in->enforce_expiry};

	if (info->timestamp.present && info->timestamp.ok)
		m = (struct moment){info->timestamp.time, "the timestamp", true};
	else if (info->has_signing_time && !in->enforce_expiry)
		m = (struct moment){info->signing_time, "the signing time", false};
	for (size_t i = 0; i < info->chain.count; i++)
		if (i == 0 || !(info->chain.complete && i + 1 == info->chain.count))
			check_validity(info->chain.certs[i], &m, f);
}

static int judge(const struct sgn_cms *cms, const struct sgn_cms_verify_input *in,
                 struct sgn_cms_findings *f, struct sgn_error *err)
{
	struct sgn_cms_info *info = f->info;
	struct sgn_cert *certs;
	int rc = sgn_cms_certs(cms, sgn_anchors_known(in->anchors), f->arena, &certs,
	                       &info->cert_count, err);

	if (rc)
		return rc;
	info->certs = certs;
	info->signer = sgn_cms_signer(cms, certs, info->cert_count);
	info->digest = sgn_cms_digest(cms);
	info->has_signing_time = sgn_cms_signing_time(cms, &info->signing_time);
	check_signer(cms, in, f);
	rc = sgn_cms_check_agility(cms, in, f, err);
	if (rc == 0)
		rc = check_chain(in, f, err);
	if (rc == 0)
		rc = sgn_tsa_check(cms, in->anchors, f, err);
	if (rc == 0)
		check_dates(in, f);
	return rc;
}

int sgn_cms_verify(const struct sgn_cms_verify_input *in, struct sgn_arena *arena,
                   struct sgn_cms_info *out, struct sgn_error *err)
{
	struct sgn_cms_findings f = {.info = out, .arena = arena};
	struct sgn_error inner = SGN_ERROR_INIT;
	struct sgn_cms *cms = sgn_arena_alloc(arena, sizeof(*cms));
	int rc;

	memset(out, 0, sizeof(*out));
	if (!cms)
		return sgn_fail_nomem(err);
	rc = sgn_cms_parse(in->cms, arena, cms, &inner);
	if (rc == SGN_E_FORMAT || rc == SGN_E_LIMIT) {
		sgn_cms_find(&f, SGN_CMS_UNREADABLE, "%s", inner.text);
		rc = 0;
	} else if (rc) {
		sgn_error_move(err, &inner);
	} else {
		rc = judge(cms, in, &f, err);
	}
	sgn_error_dispose(&inner);
	return rc == 0 && f.nomem ? sgn_fail_nomem(err) : rc;
}
