/* SPDX-License-Identifier: Apache-2.0 */
/* sgn_verify_path(): what a path stands for, and the report about it. */
#include <signet/verify.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "signer/base/oid.h"
#include "signer/base/time.h"
#include "signer/ops/enclosing.h"
#include "signer/ops/verify_slice.h"

/* -R: text or blob to the blob of one requirement. */
static int read_requirement(struct sgn_verify *v, struct sgn_error *err)
{
	static const struct sgn_req_compile_options single = {.want = SGN_REQ_SINGLE};
	struct sgn_view in = sgn_view_of(v->opts->requirement, v->opts->requirement_size);
	struct sgn_buf buf;
	uint32_t magic;
	int rc = 0;

	if (!v->opts->requirement)
		return 0;
	sgn_buf_init(&buf, SGN_LIMIT_REQUIREMENTS);
	if (in.size && in.data[0] != 0xfa) {
		rc = sgn_req_compile(in, &single, &buf, err);
		in = sgn_buf_view(&buf);
	}
	if (rc == 0)
		rc = sgn_blob_read(in, &magic, &in, err);
	if (rc == 0 && magic == CSMAGIC_REQUIREMENTS)
		rc = sgn_req_set_find(in, kSecDesignatedRequirementType, &in, err);
	if (rc == 0 && in.size == 0)
		rc = sgn_fail(err, SGN_E_USAGE, "the set holds no designated requirement");
	if (rc == 0 && !sgn_arena_copy(&v->arena, in, &v->requirement))
		rc = sgn_fail_nomem(err);
	sgn_buf_dispose(&buf);
	return sgn_wrap(err, rc, "explicit requirement");
}

void sgn_verify_summarize(struct sgn_verify *v, const struct sgn_verified *root)
{
	struct sgn_report_summary *sum = &v->report->summary;
	const struct sgn_verified_slice *s = &root->slices[0];
	struct sgn_view name;
	struct sgn_buf buf;

	sgn_buf_init(&buf, SGN_LIMIT_PATH);
	if (v->bundle)
		sgn_bundle_format_name(v->bundle, &buf);
	if (!v->code->is_generic)
		sgn_macho_format_name(&v->code->macho, &buf);
	sum->format = sgn_report_text(v->report, "%s", sgn_buf_str(&buf));
	sgn_buf_dispose(&buf);
	sum->slices = root->count;
	for (size_t i = 0; i < root->count; i++)
		sum->is_signed |= root->slices[i].sig != NULL;
	if (!s->sig)
		return;
	sum->identifier = sgn_report_text(v->report, "%s", s->sig->best->identifier);
	if (s->sig->best->team)
		sum->team = sgn_report_text(v->report, "%s", s->sig->best->team);
	sum->adhoc = (s->sig->best->flags & CS_ADHOC) != 0;
	if (!s->has_cms || !s->cms.signer)
		return;
	name = sgn_cert_name_get(&s->cms.signer->subject, sgn_oid_known(SGN_OID_CN));
	sum->authority =
		sgn_report_text(v->report, "%.*s", (int)name.size, (const char *)name.data);
	sum->apple_anchored = s->cms.chain.apple_root;
	sum->has_timestamp = s->cms.timestamp.present && s->cms.timestamp.ok;
	sum->timestamp = s->cms.timestamp.time;
}

/* A lone file. */
static int verify_file(struct sgn_verify *v, const char *path, struct sgn_error *err)
{
	struct sgn_verified root;
	struct sgn_code code;
	int rc = sgn_code_open(path, false, &code, err);

	if (rc)
		return rc;
	v->code = &code;
	rc = sgn_verify_choose(v, &root, err);
	if (rc == 0)
		rc = sgn_verify_code(v, SGN_VERIFY_ROOT, &root, err);
	if (rc == 0)
		sgn_verify_summarize(v, &root);
	sgn_code_close(&code);
	return rc;
}

static int run(struct sgn_verify *v, const char *path, struct sgn_error *err)
{
	char *bundle = NULL;
	int rc = read_requirement(v, err);

	v->report->summary.designated = -1;
	if (rc == 0)
		rc = sgn_bundle_of(path, &bundle, err);
	if (rc == 0)
		rc = bundle ? sgn_verify_bundle(v, bundle, err) : verify_file(v, path, err);
	sgn_free(bundle);
	if (v->report->summary.designated < 0)
		v->report->summary.designated = (int)SGN_UNDECIDED;
	return rc ? rc : sgn_report_finish(v->report, err);
}

int sgn_verify_path(struct sgn_context *ctx, const char *path,
                    const struct sgn_verify_options *opts, struct sgn_report **report,
                    struct sgn_error *err)
{
	static const struct sgn_verify_options defaults;
	struct sgn_verify v = {.ctx = ctx, .opts = opts ? opts : &defaults};
	int rc;

	*report = NULL;
	v.now = v.opts->has_time ? v.opts->time : sgn_time_now();
	rc = sgn_report_new(path, &v.report, err);
	if (rc == 0)
		rc = run(&v, path, err);
	if (rc == 0)
		*report = v.report;
	else
		sgn_report_free(v.report);
	sgn_arena_dispose(&v.arena);
	return sgn_error_at_path(err, rc, path);
}
