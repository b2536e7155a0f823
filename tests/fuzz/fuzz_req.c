/* SPDX-License-Identifier: Apache-2.0 */
/* Target: the requirement language. Bytes that begin like a blob are printed and judged; all others
 * are compiled as text, and what that gives is printed and judged. */
#include <stdlib.h>

#include "signer/base/limits.h"
#include "signer/base/osstatus.h"
#include "signer/req/req.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One certificate with one of everything that a clause can ask for. */
static const uint8_t der_date[] = "\x0c\x0f"
				  "20190206000000Z";
static const uint8_t oid_cn[] = {0x55, 0x04, 0x03};
static const uint8_t oid_ext[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 0x06, 0x01, 0x0d};

/* A team that is let in, too, keeps nobody out. */
static void move(struct sgn_view blob, const struct sgn_req_facts *facts, enum sgn_truth before)
{
	enum sgn_truth after;
	struct sgn_buf out;
	unsigned moved;
	int rc;

	sgn_buf_init(&out, SGN_LIMIT_REQUIREMENTS);
	rc = sgn_req_move_team(blob, sgn_view_str("Example"), sgn_view_str("Another"), &out, &moved,
	                       NULL);
	if (rc < 0 && out.size)
		abort();
	/* An alternative is two levels more, which may be two too many. */
	if (rc == 0 && sgn_req_eval(sgn_buf_view(&out), facts, &after, NULL, NULL) == 0 &&
	    before == SGN_TRUE && after != SGN_TRUE)
		abort();
	if (rc == 0 && moved == 0 && !sgn_view_equal(blob, sgn_buf_view(&out)))
		abort();
	sgn_buf_dispose(&out);
}

static void judge(struct sgn_view blob, bool must_work)
{
	const struct sgn_view email = sgn_view_str("a@example.com");
	const struct sgn_cert_attr attr = {sgn_view_of(oid_cn, 3), sgn_view_str("Example")};
	const struct sgn_cert_ext ext = {sgn_view_of(oid_ext, 10), sgn_view_of(der_date, 17),
	                                 false};
	const struct sgn_cert cert = {.subject = {&attr, 1},
	                              .exts = &ext,
	                              .ext_count = 1,
	                              .policies = &ext.oid,
	                              .policy_count = 1,
	                              .emails = &email,
	                              .email_count = 1};
	const struct sgn_cert *const chain[] = {&cert, &cert, &cert};
	const struct sgn_value_entry entry = {sgn_view_str("k"), {.kind = SGN_VALUE_DATE}};
	const struct sgn_value plist = {.kind = SGN_VALUE_DICT, .u.dict = {&entry, 1}};
	const struct sgn_req_facts facts = {.identifier = sgn_view_str("com.example.app"),
	                                    .certs = chain,
	                                    .cert_count = 3,
	                                    .root_is_apple = true,
	                                    .info = &plist,
	                                    .entitlements = &plist,
	                                    .notarized = SGN_UNDECIDED,
	                                    .trusted_by_settings = SGN_UNDECIDED};
	struct sgn_arena arena = {0};
	struct sgn_req_trace trace = {.arena = &arena};
	struct sgn_error err = SGN_ERROR_INIT;
	enum sgn_truth traced = SGN_FALSE, plain = SGN_FALSE;
	int rc = sgn_req_eval(blob, &facts, &traced, &trace, &err);

	if (rc < 0 && (must_work || err.osstatus == 0))
		abort(); /* every refusal has Apple's number */
	if (sgn_req_eval(blob, &facts, &plain, NULL, NULL) != rc || (rc == 0 && plain != traced))
		abort(); /* looking must not change the verdict */
	if (rc == 0)
		move(blob, &facts, plain);
	sgn_error_dispose(&err);
	sgn_arena_dispose(&arena);
}

static void print(struct sgn_view blob, bool is_set, bool must_work)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf text;
	int rc;

	sgn_buf_init(&text, 4 * (size_t)SGN_LIMIT_REQUIREMENTS);
	rc = is_set ? sgn_req_set_decompile(blob, &text, &err)
	            : sgn_req_decompile(blob, &text, &err);
	if (rc == 0 && text.size == 0)
		abort();
	if (rc == SGN_E_FORMAT && err.osstatus == 0)
		abort();
	if (rc < 0 && (must_work || text.size))
		abort();
	sgn_buf_dispose(&text);
	sgn_error_dispose(&err);
}

/* Finds, counts and rebuilds; what is rebuilt must have the same entries. */
static void take_apart(struct sgn_view set)
{
	uint32_t count, again;
	struct sgn_buf out;

	if (sgn_req_set_count(set, &count, NULL) < 0)
		return;
	sgn_buf_init(&out, SGN_LIMIT_BLOBS * (size_t)SGN_LIMIT_REQUIREMENTS);
	if (sgn_req_set_make(set, SGN_VIEW_EMPTY, &out, NULL) < 0)
		abort();
	/* Entries may share bytes, so that the copy can be beyond the limit on a set. */
	if (sgn_req_set_count(sgn_buf_view(&out), &again, NULL) == 0 && again != count)
		abort();
	sgn_buf_dispose(&out);
}

static void each_of_set(struct sgn_view set)
{
	struct sgn_view single;

	for (uint32_t type = 0; type < 8; type++)
		if (sgn_req_set_find(set, type, &single, NULL) == 0 && single.size)
			judge(single, true);
}

static void compile(struct sgn_view text)
{
	const struct sgn_req_compile_options opts = {.self_identifier = "com.example.app"};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf out;
	int rc;

	sgn_buf_init(&out, SGN_LIMIT_REQUIREMENTS);
	rc = sgn_req_compile(text, &opts, &out, &err);
	if (rc < 0 && out.size)
		abort();
	if (rc == SGN_E_FORMAT && err.osstatus != errSecCSReqInvalid)
		abort();
	if (rc == 0) {
		bool is_set = out.data[3] == 1;

		print(sgn_buf_view(&out), is_set, true);
		if (is_set)
			each_of_set(sgn_buf_view(&out));
		else
			judge(sgn_buf_view(&out), true);
	}
	sgn_buf_dispose(&out);
	sgn_error_dispose(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sgn_view in = sgn_view_of(data, size);

	if (size == 0 || data[0] != 0xfa) {
		compile(in);
		return 0;
	}
	judge(in, false);
	print(in, false, false);
	print(in, true, false);
	take_apart(in);
	return 0;
}
