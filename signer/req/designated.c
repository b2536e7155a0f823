/* SPDX-License-Identifier: Apache-2.0 */
/* The requirement that a signature stores when nobody gave one.
 * docs/format/requirements.md, "Default designated requirement" */
#include "signer/base/oid.h"
#include "signer/req/ops.h"
#include "signer/req/req.h"

static void put(struct sgn_buf *out, enum sgn_req_opcode code)
{
	struct sgn_req_op op = sgn_req_op_make(code);

	sgn_req_emit(out, &op);
}

static void put_data(struct sgn_buf *out, enum sgn_req_opcode code, struct sgn_view data)
{
	struct sgn_req_op op = sgn_req_op_make(code);

	op.data = data;
	sgn_req_emit(out, &op);
}

static void put_cert_hash(struct sgn_buf *out, int32_t slot, const struct sgn_cert *cert)
{
	struct sgn_req_op op = sgn_req_op_make(SGN_REQ_OP_CERT_HASH);

	op.number = slot;
	op.data = sgn_view_of(cert->sha1, sizeof(cert->sha1));
	sgn_req_emit(out, &op);
}

static void put_subject(struct sgn_buf *out, const char *key, struct sgn_view value)
{
	struct sgn_req_op op = sgn_req_op_make(SGN_REQ_OP_CERT_SUBJECT);

	op.key = sgn_view_str(key);
	op.match.code = SGN_REQ_MATCH_EQUAL;
	op.match.string = value;
	sgn_req_emit(out, &op);
}

static void put_field(struct sgn_buf *out, int32_t slot, enum sgn_known_oid oid)
{
	struct sgn_req_op op = sgn_req_op_make(SGN_REQ_OP_CERT_FIELD);

	op.number = slot;
	op.key = sgn_oid_known(oid);
	op.match.code = SGN_REQ_MATCH_EXISTS;
	sgn_req_emit(out, &op);
}

static struct sgn_view subject_of(const struct sgn_cert *cert, enum sgn_known_oid oid)
{
	return sgn_cert_name_get(&cert->subject, sgn_oid_known(oid));
}

static int no_field(const char *field, struct sgn_error *err)
{
	int rc = sgn_fail(
		err, SGN_E_FORMAT,
		"designated requirement: the signing certificate has no %s in its subject", field);

	return sgn_error_osstatus(err, rc, errSecCSReqInvalid);
}

/* Certificates for development and for the stores. */
static int put_wwdr(struct sgn_buf *out, const struct sgn_cert *leaf, struct sgn_error *err)
{
	struct sgn_view name = subject_of(leaf, SGN_OID_CN);

	if (name.size == 0)
		return no_field("common name", err);
	put(out, SGN_REQ_OP_AND);
	put(out, SGN_REQ_OP_APPLE_GENERIC);
	put(out, SGN_REQ_OP_AND);
	put_subject(out, "subject.CN", name);
	put_field(out, 1, SGN_OID_APPLE_CA_WWDR);
	return 0;
}

static int put_developer_id(struct sgn_buf *out, const struct sgn_cert *leaf, struct sgn_error *err)
{
	struct sgn_view team = subject_of(leaf, SGN_OID_OU);

	if (team.size == 0)
		return no_field("organisational unit (team)", err);
	put(out, SGN_REQ_OP_AND);
	put(out, SGN_REQ_OP_APPLE_GENERIC);
	put(out, SGN_REQ_OP_AND);
	put_field(out, 1, SGN_OID_APPLE_CA_DEVELOPER_ID);
	put(out, SGN_REQ_OP_AND);
	put_field(out, 0, SGN_OID_APPLE_LEAF_DEVELOPER_ID);
	put_subject(out, "subject.OU", team);
	return 0;
}

static int put_apple(struct sgn_buf *out, const struct sgn_cert *const *certs, size_t count,
                     struct sgn_error *err)
{
	if (count == 3 && sgn_cert_ext(certs[1], sgn_oid_known(SGN_OID_APPLE_CA_WWDR)))
		return put_wwdr(out, certs[0], err);
	if (count == 3 && sgn_cert_ext(certs[1], sgn_oid_known(SGN_OID_APPLE_CA_DEVELOPER_ID)))
		return put_developer_id(out, certs[0], err);
	put(out, SGN_REQ_OP_APPLE);
	return 0;
}

/* The highest certificate of the leaf's organisation: the next one of the same organisation still
 * fits. Without an organisation it is the leaf itself. */
static void put_foreign(struct sgn_buf *out, const struct sgn_cert *const *certs, size_t count)
{
	struct sgn_view org = subject_of(certs[0], SGN_OID_O);
	size_t at = 0;
	bool is_root;

	while (org.size && at + 1 < count &&
	       sgn_view_equal(subject_of(certs[at + 1], SGN_OID_O), org))
		at++;
	is_root = org.size && at == count - 1;
	put_cert_hash(out, is_root ? -1 : (int32_t)at, certs[at]);
}

int sgn_req_designated(struct sgn_view identifier, const struct sgn_cert *const *certs,
                       size_t cert_count, bool root_is_apple, struct sgn_buf *out,
                       struct sgn_error *err)
{
	size_t start = out->size;
	struct sgn_mark begin;
	int rc = 0;

	if (cert_count == 0)
		return 0;
	begin = sgn_req_emit_begin(out);
	put(out, SGN_REQ_OP_AND);
	put_data(out, SGN_REQ_OP_IDENT, identifier);
	if (root_is_apple)
		rc = put_apple(out, certs, cert_count, err);
	else
		put_foreign(out, certs, cert_count);
	sgn_req_emit_end(out, begin);
	return sgn_req_append_done(out, start, rc, err);
}

int sgn_req_implied(const struct sgn_view *cdhashes, size_t count, struct sgn_buf *out,
                    struct sgn_error *err)
{
	size_t start = out->size;
	struct sgn_mark begin;

	for (size_t i = 0; i < count; i++)
		if (cdhashes[i].size != 20)
			return sgn_fail(err, SGN_E_INTERNAL,
			                "designated requirement: a cdhash of %zu bytes",
			                cdhashes[i].size);
	if (count == 0)
		return 0;
	begin = sgn_req_emit_begin(out);
	for (size_t i = 1; i < count; i++)
		put(out, SGN_REQ_OP_OR);
	for (size_t i = 0; i < count; i++)
		put_data(out, SGN_REQ_OP_CDHASH, cdhashes[i]);
	sgn_req_emit_end(out, begin);
	return sgn_req_append_done(out, start, 0, err);
}
