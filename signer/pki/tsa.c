/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3161 tokens: docs/format/cms.md, "timestamp". */
#include <string.h>

#include "signer/base/time.h"
#include "signer/codec/der.h"
#include "signer/pki/ber.h"
#include "signer/pki/cms.h"

/* What is needed of a TSTInfo (RFC 3161 2.4.2). */
struct tst_info {
	struct sgn_view imprint_oid;
	struct sgn_view imprint;
	int64_t time;
	bool has_nonce;
	struct sgn_view nonce; /* content of the INTEGER */
};

/* What may follow the time: accuracy, ordering, nonce, and names that are not looked at. */
static void parse_nonce(struct sgn_view in, struct tst_info *out)
{
	struct sgn_ber_item item;

	sgn_ber_take(&in, SGN_BER_SEQUENCE, &item);
	sgn_ber_take(&in, SGN_BER_BOOLEAN, &item);
	out->has_nonce = sgn_ber_take(&in, SGN_BER_INTEGER, &item);
	out->nonce = out->has_nonce ? item.content : SGN_VIEW_EMPTY;
}

static bool parse_tst_info(struct sgn_view in, struct tst_info *out)
{
	struct sgn_ber_item info, imprint, algorithm, item;

	if (!sgn_ber_take(&in, SGN_BER_SEQUENCE, &info) ||
	    !sgn_ber_take(&info.content, SGN_BER_INTEGER, &item) || /* version */
	    !sgn_ber_take(&info.content, SGN_BER_OID, &item) ||     /* policy */
	    !sgn_ber_take(&info.content, SGN_BER_SEQUENCE, &imprint) ||
	    !sgn_ber_take(&imprint.content, SGN_BER_SEQUENCE, &algorithm) ||
	    !sgn_ber_take(&algorithm.content, SGN_BER_OID, &item))
		return false;
	out->imprint_oid = item.content;
	if (!sgn_ber_take(&imprint.content, SGN_BER_OCTETS, &item))
		return false;
	out->imprint = item.content;
	if (!sgn_ber_take(&info.content, SGN_BER_INTEGER, &item) || /* serial number */
	    !sgn_ber_take(&info.content, SGN_BER_GENERALIZED_TIME, &item))
		return false;
	parse_nonce(info.content, out);
	return sgn_ber_time(&item, &out->time);
}

/* The imprint is a digest of the signature value; Apple's server takes SHA-256, older tokens have SHA-1. */
static int check_imprint(const struct tst_info *tst, struct sgn_view signature,
                         struct sgn_cms_findings *f, struct sgn_error *err)
{
	static const struct {
		enum sgn_known_oid oid;
		enum sgn_digest digest;
	} known[] = {{SGN_OID_SHA256, SGN_DIGEST_SHA256}, {SGN_OID_SHA1, SGN_DIGEST_SHA1}};
	struct sgn_digest_bytes have;

	for (size_t i = 0; i < SGN_ARRAY_LEN(known); i++) {
		int rc;

		if (!sgn_view_equal(tst->imprint_oid, sgn_oid_known(known[i].oid)))
			continue;
		rc = sgn_digest(known[i].digest, signature, &have, err);
		if (rc)
			return rc;
		if (!sgn_view_equal(tst->imprint, sgn_digest_view(&have)))
			sgn_cms_find(f, SGN_CMS_BAD_TIMESTAMP,
			             "the timestamp was made for another signature");
		return 0;
	}
	sgn_cms_find(f, SGN_CMS_BAD_TIMESTAMP, "the timestamp uses an unknown digest");
	return 0;
}

/*
 * SigningCertificate and its second version name the signer by digest (RFC 2634 5.4, RFC 5035):
 * SEQUENCE { SEQUENCE { SEQUENCE { [algorithm], OCTET STRING, ... }, ... }, ... }. Told apart by length;
 * a digest of another length is not judged.
 */
static bool names_other_signer(const struct sgn_cms *token, const struct sgn_cert *signer)
{
	static const char *const oids[] = {
		"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0c", /* ...16.2.12 */
		"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f", /* ...16.2.47 */
	};
	struct sgn_view values = SGN_VIEW_EMPTY;
	struct sgn_ber_item list, first, item;

	for (size_t i = 0; i < SGN_ARRAY_LEN(oids); i++) {
		if (sgn_cms_attribute(token->attributes, sgn_view_str(oids[i]), &values) == 0)
			continue;
		if (!sgn_ber_take(&values, SGN_BER_SEQUENCE, &item) ||
		    !sgn_ber_take(&item.content, SGN_BER_SEQUENCE, &list) ||
		    !sgn_ber_take(&list.content, SGN_BER_SEQUENCE, &first))
			return true;
		sgn_ber_take(&first.content, SGN_BER_SEQUENCE, &item);
		if (!sgn_ber_take(&first.content, SGN_BER_OCTETS, &item))
			return true;
		if ((item.content.size == sizeof(signer->sha1) &&
		     memcmp(item.content.data, signer->sha1, sizeof(signer->sha1)) != 0) ||
		    (item.content.size == sizeof(signer->sha256) &&
		     memcmp(item.content.data, signer->sha256, sizeof(signer->sha256)) != 0))
			return true;
	}
	return false;
}

static void check_token(const struct sgn_cms *token, const struct tst_info *tst,
                        struct sgn_known *known, struct sgn_cms_findings *f)
{
	const struct sgn_cert *signer = f->info->timestamp.signer;
	char why[SGN_CMS_WHY], day[21];

	if (!sgn_cms_content_ok(token, token->content, sgn_oid_known(SGN_OID_TST_INFO), why))
		sgn_cms_find(f, SGN_CMS_BAD_TIMESTAMP, "the timestamp was changed: %s", why);
	if (!signer) {
		sgn_cms_find(f, SGN_CMS_BAD_TIMESTAMP,
		             "the certificate of the timestamp's signer is missing");
		return;
	}
	if (!sgn_cms_signature_ok(token, token->content, signer, known, why))
		sgn_cms_find(f, SGN_CMS_BAD_TIMESTAMP, "the timestamp does not verify: %s", why);
	if (names_other_signer(token, signer))
		sgn_cms_find(f, SGN_CMS_BAD_TIMESTAMP,
		             "the timestamp names another certificate as its signer's");
	if (tst->time < signer->not_before || tst->time > signer->not_after) {
		sgn_time_iso(tst->time, day);
		sgn_cms_find(f, SGN_CMS_BAD_TIMESTAMP,
		             "the timestamp of %s lies outside the validity of its own certificate",
		             day);
	}
}

static int check_trust(const struct sgn_anchors *anchors, const struct sgn_cert *certs,
                       size_t count, struct sgn_cms_findings *f, struct sgn_error *err)
{
	struct sgn_cms_timestamp *ts = &f->info->timestamp;
	int rc;

	if (!ts->signer)
		return 0;
	rc = sgn_chain_build(ts->signer, certs, count, anchors, &ts->chain, err);
	if (rc)
		return rc;
	if (!ts->chain.complete)
		sgn_cms_find(f, SGN_CMS_TIMESTAMP_UNTRUSTED,
		             "the timestamp's certificate chain ends in no root");
	else if (f->info->chain.apple_root && !ts->chain.apple_root)
		sgn_cms_find(
			f, SGN_CMS_TIMESTAMP_UNTRUSTED,
			"the code was signed with an Apple certificate, the timestamp was not");
	if (!sgn_cert_has_eku(ts->signer, sgn_oid_known(SGN_OID_EKU_TIMESTAMPING)))
		sgn_cms_find(f, SGN_CMS_TIMESTAMP_UNTRUSTED,
		             "the timestamp's certificate is not meant for timestamping");
	return 0;
}

/* Everything but the nonce, which a verifier does not know. */
static int check_parsed(const struct sgn_cms *token, struct sgn_view signature,
                        const struct sgn_anchors *anchors, struct sgn_cms_findings *f,
                        struct sgn_error *err)
{
	struct sgn_cms_timestamp *ts = &f->info->timestamp;
	struct sgn_known *known = sgn_anchors_known(anchors);
	struct tst_info tst;
	struct sgn_cert *certs;
	size_t count;
	int rc;

	if (!token->has_content || !parse_tst_info(token->content, &tst)) {
		sgn_cms_find(f, SGN_CMS_BAD_TIMESTAMP, "the timestamp's content is damaged");
		return 0;
	}
	rc = sgn_cms_certs(token, known, f->arena, &certs, &count, err);
	if (rc)
		return rc;
	ts->time = tst.time;
	ts->signer = sgn_cms_signer(token, certs, count);
	check_token(token, &tst, known, f);
	rc = check_imprint(&tst, signature, f, err);
	return rc ? rc : check_trust(anchors, certs, count, f, err);
}

static int parse_token(struct sgn_view values, struct sgn_arena *arena, struct sgn_cms *out,
                       struct sgn_error *err)
{
	struct sgn_ber_item item;

	if (!sgn_ber_next(&values, &item))
		return sgn_fail(err, SGN_E_FORMAT, "no token in the attribute");
	return sgn_cms_parse(item.whole, arena, out, err);
}

int sgn_tsa_check(const struct sgn_cms *cms, const struct sgn_anchors *anchors,
                  struct sgn_cms_findings *f, struct sgn_error *err)
{
	struct sgn_cms_timestamp *ts = &f->info->timestamp;
	struct sgn_error inner = SGN_ERROR_INIT;
	size_t before = f->found;
	struct sgn_cms *token;
	struct sgn_view values;
	int rc;

	if (sgn_cms_attribute(cms->unsigned_attributes, sgn_oid_known(SGN_OID_ATTR_TIMESTAMP_TOKEN),
	                      &values) == 0)
		return 0;
	ts->present = true;
	token = sgn_arena_alloc(f->arena, sizeof(*token));
	if (!token)
		return sgn_fail_nomem(err);
	rc = parse_token(values, f->arena, token, &inner);
	if (rc == 0) {
		rc = check_parsed(token, cms->signature, anchors, f, err);
	} else if (rc == SGN_E_NOMEM) {
		sgn_error_move(err, &inner);
	} else {
		sgn_cms_find(f, SGN_CMS_BAD_TIMESTAMP, "the timestamp is not readable: %s",
		             inner.text);
		rc = 0;
	}
	sgn_error_dispose(&inner);
	ts->ok = rc == 0 && f->found == before;
	return rc;
}

/* --- just received ------------------------------------------------------------------------------ */

static int check_nonce(const struct sgn_cms *token, const struct sgn_tsa_query *query,
                       struct sgn_error *err)
{
	struct tst_info tst;
	uint64_t nonce;
	int rc;

	if (parse_tst_info(token->content, &tst) && tst.has_nonce &&
	    sgn_der_get_uint(tst.nonce, &nonce) && nonce == query->nonce)
		return 0;
	rc = sgn_fail(err, SGN_E_NETWORK, "the timestamp answers another request (nonce)");
	return sgn_error_osstatus(err, rc, errSecTimestampRejection);
}

/* A foreign server's root need not be known here, unless it has to be Apple's. */
static bool may_pass(const struct sgn_cms_problem *problem, const struct sgn_cms_info *info)
{
	return problem->id == SGN_CMS_TIMESTAMP_UNTRUSTED && !info->chain.apple_root &&
	       sgn_cert_has_eku(info->timestamp.signer, sgn_oid_known(SGN_OID_EKU_TIMESTAMPING));
}

static int check_signer_dates(const struct sgn_cert *leaf, int64_t when, struct sgn_error *err)
{
	char day[21];
	int rc;

	if (when >= leaf->not_before && when <= leaf->not_after)
		return 0;
	sgn_time_iso(when, day);
	rc = sgn_fail(err, SGN_E_UNTRUSTED,
	              "the signer's certificate was not valid at %s, the time of the timestamp",
	              day);
	sgn_error_osstatus(err, rc,
	                   when > leaf->not_after ? CSSMERR_TP_CERT_EXPIRED
	                                          : CSSMERR_TP_CERT_NOT_VALID_YET);
	return sgn_error_cure(err, rc, "check the clock of this machine, or renew the certificate");
}

static int judge_token(const struct sgn_tsa_token_input *in, const struct sgn_cms *token,
                       struct sgn_cms_findings *f, struct sgn_error *err)
{
	struct sgn_cms_info *info = f->info;
	int rc = check_parsed(token, in->signature, in->anchors, f, err);

	for (size_t i = 0; rc == 0 && i < info->problem_count; i++) {
		const struct sgn_cms_problem *p = &info->problems[i];

		if (may_pass(p, info))
			continue;
		rc = sgn_fail(err, SGN_E_NETWORK, "%s", p->text ? p->text : "out of memory");
		sgn_error_osstatus(err, rc, p->osstatus);
	}
	if (rc == 0)
		rc = check_nonce(token, in->query, err);
	if (rc == 0 && !in->allow_expired)
		rc = check_signer_dates(in->signer->certs[0], info->timestamp.time, err);
	return rc == 0 && f->nomem ? sgn_fail_nomem(err) : rc;
}

int sgn_tsa_token_check(const struct sgn_tsa_token_input *in, struct sgn_tsa_token *out,
                        struct sgn_error *err)
{
	struct sgn_cms_info info = {.chain = *in->signer};
	struct sgn_arena arena = {0};
	struct sgn_cms_findings f = {.info = &info, .arena = &arena};
	struct sgn_cms *token = sgn_arena_alloc(&arena, sizeof(*token));
	int rc = token ? 0 : sgn_fail_nomem(err);

	if (rc == 0)
		rc = sgn_cms_parse(in->token, &arena, token, err);
	if (rc == SGN_E_FORMAT || rc == SGN_E_LIMIT) {
		rc = sgn_fail(err, SGN_E_NETWORK, "the timestamp is not readable: %s",
		              err ? err->text : "");
		sgn_error_osstatus(err, rc, errSecTimestampInvalid);
	}
	if (rc == 0)
		rc = judge_token(in, token, &f, err);
	*out = (struct sgn_tsa_token){info.timestamp.time, !info.timestamp.chain.complete};
	sgn_arena_dispose(&arena);
	return rc;
}
