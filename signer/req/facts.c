/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/req/facts.h"

#include "signer/base/time.h"
#include "signer/req/match.h"

#define HASH_SIZE  20
#define FOUND_MAX  200 /* bytes of a value that are shown to people */
#define FOUND_LIST 8   /* elements of an array that are shown */

int sgn_req_verdict_bool(struct sgn_req_verdict *verdict, bool yes)
{
	verdict->truth = yes ? SGN_TRUE : SGN_FALSE;
	return 0;
}

int sgn_req_verdict_undecided(struct sgn_req_verdict *verdict, const char *why)
{
	verdict->truth = SGN_UNDECIDED;
	verdict->why = why;
	return 0;
}

int sgn_req_check_hash(const struct sgn_req_op *op, struct sgn_error *err)
{
	int rc;

	if (op->data.size == HASH_SIZE)
		return 0;
	rc = sgn_fail(err, SGN_E_FORMAT, "requirement: a hash of %zu bytes, not %d", op->data.size,
	              HASH_SIZE);
	return sgn_error_osstatus(err, rc, errSecCSReqInvalid);
}

/* --- what was seen ---------------------------------------------------------------------------- */

void sgn_req_found(struct sgn_req_verdict *verdict, const char *text)
{
	if (verdict->found)
		sgn_wr_str(verdict->found, text);
}

static void found_bytes(struct sgn_buf *out, struct sgn_view v, bool hex)
{
	bool cut = v.size > FOUND_MAX;

	if (cut)
		v.size = FOUND_MAX;
	if (hex)
		sgn_wr_hex(out, v);
	else
		sgn_wr_view(out, v);
	if (cut)
		sgn_wr_str(out, "...");
}

static void found_date(struct sgn_buf *out, double seconds)
{
	char text[21];

	if (!(seconds > -6e10 && seconds < 2e11)) {
		sgn_wr_str(out, "a date far away");
		return;
	}
	sgn_time_iso((int64_t)seconds + SGN_APPLE_EPOCH, text);
	sgn_wr_str(out, text);
}

static void found_scalar(struct sgn_buf *out, const struct sgn_value *v)
{
	switch (v->kind) {
	case SGN_VALUE_BOOL: sgn_wr_str(out, v->u.boolean ? "true" : "false"); break;
	case SGN_VALUE_INT:
		if (v->is_unsigned)
			sgn_wr_fmt(out, "%llu", (unsigned long long)v->u.uint);
		else
			sgn_wr_fmt(out, "%lld", (long long)v->u.integer);
		break;
	case SGN_VALUE_REAL: sgn_wr_fmt(out, "%g", v->u.real); break;
	case SGN_VALUE_STRING: found_bytes(out, v->u.bytes, false); break;
	case SGN_VALUE_DATA: found_bytes(out, v->u.bytes, true); break;
	case SGN_VALUE_DATE: found_date(out, v->u.date); break;
	case SGN_VALUE_ARRAY:
	case SGN_VALUE_DICT: sgn_wr_str(out, sgn_value_kind_name(v->kind)); break;
	}
}

void sgn_req_found_value(struct sgn_req_verdict *verdict, const struct sgn_value *v)
{
	struct sgn_buf *out = verdict->found;

	if (!out)
		return;
	if (!v) {
		sgn_wr_str(out, "not present");
		return;
	}
	if (v->kind != SGN_VALUE_ARRAY) {
		found_scalar(out, v);
		return;
	}
	sgn_wr_str(out, "[");
	for (size_t i = 0; i < v->u.array.count && i < FOUND_LIST; i++) {
		sgn_wr_str(out, i ? ", " : "");
		found_scalar(out, &v->u.array.items[i]);
	}
	sgn_wr_str(out, v->u.array.count > FOUND_LIST ? ", ...]" : "]");
}

/* --- clauses ---------------------------------------------------------------------------------- */

static int judge_false(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                       struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	SGN_UNUSED(facts);
	SGN_UNUSED(err);
	return sgn_req_verdict_bool(verdict, op->code == SGN_REQ_OP_TRUE);
}

static int judge_ident(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                       struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	SGN_UNUSED(err);
	if (verdict->found)
		found_bytes(verdict->found, facts->identifier, false);
	return sgn_req_verdict_bool(verdict, sgn_view_equal(facts->identifier, op->data));
}

static int judge_cdhash(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                        struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	bool yes = false;
	int rc = sgn_req_check_hash(op, err);

	for (size_t i = 0; i < facts->cdhash_count; i++) {
		yes |= sgn_view_equal(facts->cdhashes[i], op->data);
		sgn_req_found(verdict, i ? ", " : "");
		if (verdict->found)
			sgn_wr_hex(verdict->found, facts->cdhashes[i]);
	}
	return rc < 0 ? rc : sgn_req_verdict_bool(verdict, yes);
}

static int judge_info(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                      struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	const struct sgn_value *v = sgn_value_get_view(facts->info, op->key);
	struct sgn_req_match m = op->match;

	SGN_UNUSED(err);
	if (op->code == SGN_REQ_OP_INFO_LEGACY) {
		m.code = SGN_REQ_MATCH_EQUAL;
		m.string = op->data;
	}
	sgn_req_found_value(verdict, v);
	return sgn_req_verdict_bool(verdict, sgn_req_matches(&m, v));
}

static int judge_entitlement(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                             struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	const struct sgn_value *v = sgn_value_get_view(facts->entitlements, op->key);

	SGN_UNUSED(err);
	sgn_req_found_value(verdict, v);
	return sgn_req_verdict_bool(verdict, sgn_req_matches(&op->match, v));
}

static int judge_trusted(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                         struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	bool any = facts->cert_count > 0;

	SGN_UNUSED(err);
	if (op->code == SGN_REQ_OP_TRUSTED_CERT)
		any = sgn_req_cert_at(facts, op->number) != NULL;
	if (!any) {
		sgn_req_found(verdict, "no such certificate");
		return sgn_req_verdict_bool(verdict, false);
	}
	if (facts->trusted_by_settings == SGN_UNDECIDED)
		return sgn_req_verdict_undecided(
			verdict,
			"it depends on the trust settings of the system that runs the code");
	return sgn_req_verdict_bool(verdict, facts->trusted_by_settings == SGN_TRUE);
}

static int judge_named(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                       struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	SGN_UNUSED(op);
	SGN_UNUSED(facts);
	SGN_UNUSED(err);
	return sgn_req_verdict_undecided(
		verdict, "it names a fragment that ships with the operating system");
}

static int judge_platform(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                          struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	SGN_UNUSED(err);
	if (verdict->found)
		sgn_wr_fmt(verdict->found, "%d", facts->platform);
	return sgn_req_verdict_bool(verdict, op->number == facts->platform);
}

static int judge_notarized(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                           struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	SGN_UNUSED(op);
	SGN_UNUSED(err);
	if (facts->notarized == SGN_UNDECIDED)
		return sgn_req_verdict_undecided(
			verdict,
			"no ticket was looked at; Apple's servers may know one for this code");
	return sgn_req_verdict_bool(verdict, facts->notarized == SGN_TRUE);
}

typedef int judge_fn(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                     struct sgn_req_verdict *verdict, struct sgn_error *err);

/* NULL: has expressions, which eval.c joins. */
static judge_fn *const judges[SGN_REQ_OP_COUNT] = {
	[SGN_REQ_OP_FALSE] = judge_false,
	[SGN_REQ_OP_TRUE] = judge_false,
	[SGN_REQ_OP_IDENT] = judge_ident,
	[SGN_REQ_OP_APPLE] = sgn_req_judge_apple,
	[SGN_REQ_OP_CERT_HASH] = sgn_req_judge_cert_hash,
	[SGN_REQ_OP_INFO_LEGACY] = judge_info,
	[SGN_REQ_OP_CDHASH] = judge_cdhash,
	[SGN_REQ_OP_INFO] = judge_info,
	[SGN_REQ_OP_CERT_SUBJECT] = sgn_req_judge_subject,
	[SGN_REQ_OP_TRUSTED_CERT] = judge_trusted,
	[SGN_REQ_OP_TRUSTED_CERTS] = judge_trusted,
	[SGN_REQ_OP_CERT_FIELD] = sgn_req_judge_field,
	[SGN_REQ_OP_APPLE_GENERIC] = sgn_req_judge_apple_generic,
	[SGN_REQ_OP_ENTITLEMENT] = judge_entitlement,
	[SGN_REQ_OP_CERT_POLICY] = sgn_req_judge_policy,
	[SGN_REQ_OP_NAMED_ANCHOR] = judge_named,
	[SGN_REQ_OP_NAMED_CODE] = judge_named,
	[SGN_REQ_OP_PLATFORM] = judge_platform,
	[SGN_REQ_OP_NOTARIZED] = judge_notarized,
	[SGN_REQ_OP_CERT_DATE] = sgn_req_judge_date,
	[SGN_REQ_OP_LEGACY] = sgn_req_judge_legacy,
};

int sgn_req_judge_clause(const struct sgn_req_op *op, const struct sgn_req_facts *facts,
                         struct sgn_req_verdict *verdict, struct sgn_error *err)
{
	judge_fn *judge = op->code < SGN_REQ_OP_COUNT ? judges[op->code] : NULL;

	if (!judge)
		return sgn_fail(err, SGN_E_INTERNAL, "requirement: opcode %lu is no clause",
		                (unsigned long)op->code);
	return judge(op, facts, verdict, err);
}
