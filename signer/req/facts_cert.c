/* SPDX-License-Identifier: Apache-2.0 */
/* The clauses about certificates. */
#include "signer/base/oid.h"
#include "signer/base/reader.h"
#include "signer/req/facts.h"
#include "signer/req/match.h"

#define FOUND_EMAILS 16 /* addresses of one certificate that are compared; real ones have 0 or 1 */

static const struct {
	const char *name;
	enum sgn_known_oid oid;
} subject_fields[] = {
	{"subject.C", SGN_OID_C},           {"subject.CN", SGN_OID_CN},
	{"subject.D", SGN_OID_D},           {"subject.L", SGN_OID_L},
	{"subject.O", SGN_OID_O},           {"subject.C-O", SGN_OID_COLLECTIVE_O},
	{"subject.OU", SGN_OID_OU},         {"subject.C-OU", SGN_OID_COLLECTIVE_OU},
	{"subject.ST", SGN_OID_ST},         {"subject.C-ST", SGN_OID_COLLECTIVE_ST},
	{"subject.STREET", SGN_OID_STREET}, {"subject.C-STREET", SGN_OID_COLLECTIVE_STREET},
	{"subject.UID", SGN_OID_UID},
};

const struct sgn_cert *sgn_req_cert_at(const struct sgn_req_facts *facts, int32_t slot)
{
	int64_t index = slot < 0 ? (int64_t)facts->cert_count + slot : slot;

	if (index < 0 || (uint64_t)index >= facts->cert_count)
		return NULL;
	return facts->certs[index];
}

/* A missing certificate makes every clause about it false. */
static const struct sgn_cert *find_cert(const struct sgn_req_op *op,
                                        const struct sgn_req_facts *facts,
                                        struct sgn_req_verdict *verdict)
{
	const struct sgn_cert *cert = sgn_req_cert_at(facts, op->number);

	if (!cert) {
		sgn_req_found(verdict, "no such certificate");
		sgn_req_verdict_bool(verdict, false);
	}
	return cert;
}

int sgn_req_judge_cert_hash(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                            struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	const struct sgn_cert *cert = find_cert(op, facts, verdict);
	struct sgn_view hash;
	int rc = sgn_req_check_hash(op, err);

	if (rc < 0 || !cert)
		return rc;
	hash = sgn_view_of(cert->sha1, sizeof(cert->sha1));
	if (verdict->found)
		sgn_wr_hex(verdict->found, hash);
	return sgn_req_verdict_bool(verdict, sgn_view_equal(hash, op->data));
}

/* --- subject ---------------------------------------------------------------------------------- */

static int judge_value(const struct sgn_req_op *op, const struct sgn_value *v,
                       struct sgn_req_verdict *verdict)
{
	sgn_req_found_value(verdict, v);
	return sgn_req_verdict_bool(verdict, sgn_req_matches(&op->match, v));
}

static int judge_attribute(const struct sgn_req_op *op, const struct sgn_cert *cert,
                           enum sgn_known_oid oid, struct sgn_req_verdict *verdict)
{
	struct sgn_value v = {.kind = SGN_VALUE_STRING};

	/* The last of several attributes counts; an empty one is not a missing one. */
	for (size_t i = cert->subject.count; i-- > 0;) {
		if (!sgn_view_equal(cert->subject.attrs[i].oid, sgn_oid_known(oid)))
			continue;
		v.u.bytes = cert->subject.attrs[i].value;
		return judge_value(op, &v, verdict);
	}
	return judge_value(op, NULL, verdict);
}

static int judge_emails(const struct sgn_req_op *op, const struct sgn_cert *cert,
                        struct sgn_req_verdict *verdict)
{
	struct sgn_value items[FOUND_EMAILS], all = {.kind = SGN_VALUE_ARRAY};
	size_t count = 0;

	for (; count < cert->email_count && count < FOUND_EMAILS; count++) {
		items[count] = (struct sgn_value){.kind = SGN_VALUE_STRING};
		items[count].u.bytes = cert->emails[count];
	}
	all.u.array.items = items;
	all.u.array.count = count;
	return judge_value(op, count ? &all : NULL, verdict);
}

int sgn_req_judge_subject(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                          struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	const struct sgn_cert *cert = find_cert(op, facts, verdict);

	SGN_UNUSED(err);
	if (!cert)
		return 0;
	for (size_t i = 0; i < SGN_ARRAY_LEN(subject_fields); i++)
		if (sgn_view_equal(op->key, sgn_view_str(subject_fields[i].name)))
			return judge_attribute(op, cert, subject_fields[i].oid, verdict);
	if (sgn_view_equal(op->key, sgn_view_str("email")))
		return judge_emails(op, cert, verdict);
	sgn_req_found(verdict, "no such field");
	return sgn_req_verdict_bool(verdict, false);
}

/* --- extensions ------------------------------------------------------------------------------- */

/* Presence counts as the boolean true: "exists" holds, a comparison with a string never does. */
static int judge_presence(const struct sgn_req_op *op, bool there, struct sgn_req_verdict *verdict)
{
	const struct sgn_value yes = {.kind = SGN_VALUE_BOOL, .u.boolean = true};

	sgn_req_found(verdict, there ? "present" : "not present");
	return sgn_req_verdict_bool(verdict, sgn_req_matches(&op->match, there ? &yes : NULL));
}

int sgn_req_judge_field(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                        struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	const struct sgn_cert *cert = find_cert(op, facts, verdict);

	SGN_UNUSED(err);
	return cert ? judge_presence(op, sgn_cert_ext(cert, op->key) != NULL, verdict) : 0;
}

int sgn_req_judge_policy(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                         struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	const struct sgn_cert *cert = find_cert(op, facts, verdict);
	bool there = false;

	SGN_UNUSED(err);
	if (!cert)
		return 0;
	for (size_t i = 0; i < cert->policy_count; i++)
		there |= sgn_view_equal(cert->policies[i], op->key);
	return judge_presence(op, there, verdict);
}

/* An extension that is one DER string or time holding "YYYYMMDDHHMMSSZ". */
static bool date_of(struct sgn_view der, int64_t *seconds)
{
	struct sgn_reader rd = sgn_rd_init(der);
	uint8_t tag = sgn_rd_u8(&rd), length = sgn_rd_u8(&rd);
	struct sgn_view text = sgn_rd_bytes(&rd, length);

	if (!sgn_rd_ok(&rd) || sgn_rd_left(&rd) != 0)
		return false;
	/* UTF8String, PrintableString, IA5String, GeneralizedTime */
	if (tag != 0x0c && tag != 0x13 && tag != 0x16 && tag != 0x18)
		return false;
	return sgn_req_time_parse(text, seconds);
}

int sgn_req_judge_date(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                       struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	const struct sgn_cert *cert = find_cert(op, facts, verdict);
	struct sgn_value v = {.kind = SGN_VALUE_DATE};
	const struct sgn_cert_ext *ext;
	int64_t seconds;

	SGN_UNUSED(err);
	if (!cert)
		return 0;
	ext = sgn_cert_ext(cert, op->key);
	if (!ext)
		return judge_value(op, NULL, verdict);
	if (!date_of(ext->value, &seconds)) {
		sgn_req_found(verdict, "an extension that is no date");
		return sgn_req_verdict_bool(verdict, false);
	}
	v.u.date = (double)seconds;
	return judge_value(op, &v, verdict);
}

/* --- Apple ------------------------------------------------------------------------------------ */

static void found_root(const struct sgn_req_facts *facts, struct sgn_req_verdict *verdict)
{
	const struct sgn_cert *root = sgn_req_cert_at(facts, -1);

	if (!root) {
		sgn_req_found(verdict, "no certificates");
	} else if (verdict->found) {
		struct sgn_view name = sgn_cert_name_get(&root->subject, sgn_oid_known(SGN_OID_CN));

		sgn_wr_str(verdict->found, "root ");
		sgn_wr_view(verdict->found, name.size ? name : sgn_view_str("without a name"));
	}
}

static bool has_ext(const struct sgn_cert *cert, enum sgn_known_oid oid)
{
	return cert && sgn_cert_ext(cert, sgn_oid_known(oid)) != NULL;
}

static bool name_is(const struct sgn_cert *cert, enum sgn_known_oid oid, const char *text)
{
	return sgn_view_equal(sgn_cert_name_get(&cert->subject, sgn_oid_known(oid)),
	                      sgn_view_str(text));
}

/* Apple's own software: a chain made for it. Code without certificates may be known to the system by
 * its cdhash, which cannot be seen from outside. */
int sgn_req_judge_apple(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                        struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	const struct sgn_cert *ca = sgn_req_cert_at(facts, -2);

	SGN_UNUSED(op);
	SGN_UNUSED(err);
	found_root(facts, verdict);
	if (facts->cert_count == 0)
		return sgn_req_verdict_undecided(
			verdict,
			"code without certificates may be in the trust cache of the system");
	return sgn_req_verdict_bool(
		verdict,
		facts->root_is_apple && facts->cert_count >= 3 &&
			name_is(ca, SGN_OID_CN, "Apple Code Signing Certification Authority") &&
			name_is(ca, SGN_OID_O, "Apple Inc.") &&
			has_ext(sgn_req_cert_at(facts, 0), SGN_OID_APPLE_LEAF_SOFTWARE_SIGNING));
}

int sgn_req_judge_apple_generic(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                                struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	SGN_UNUSED(op);
	SGN_UNUSED(err);
	found_root(facts, verdict);
	return sgn_req_verdict_bool(verdict, facts->cert_count > 0 && facts->root_is_apple);
}

/* Only Developer ID code can be legacy; from when on notarization was due, the system decides. */
int sgn_req_judge_legacy(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                         struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	SGN_UNUSED(op);
	SGN_UNUSED(err);
	if (!facts->root_is_apple ||
	    !has_ext(sgn_req_cert_at(facts, 1), SGN_OID_APPLE_CA_DEVELOPER_ID)) {
		sgn_req_found(verdict, "not signed with a Developer ID");
		return sgn_req_verdict_bool(verdict, false);
	}
	return sgn_req_verdict_undecided(
		verdict, "whether this Developer ID code is from before notarization was due is "
			 "decided by the system");
}
