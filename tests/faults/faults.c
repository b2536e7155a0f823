/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Out of memory at every place: the n-th allocation fails, and all after it, for n = 1, 2, ... until the
 * call succeeds. Each time the call must say so (SGN_E_NOMEM, or another failure of what it called), must
 * leave the file as it was and no other file behind; under ASan it must not leak either.
 *
 *   faults MACH-O
 */
#include <limits.h>
#include <signet/signet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer/base/mem.h"
#include "tests/support/bundle_builder.h"
#include "tests/support/scratch.h"
#include "tests/support/tree_state.h"

static const char claims[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<plist version=\"1.0\"><dict><key>com.apple.security.cs.allow-jit</key>"
	"<true/></dict></plist>\n";

struct bench {
	struct sgn_context *ctx;
	struct sgn_identity *id;
	struct scratch scratch;
	char target[512], p12[512], bundle[512];
};

typedef int (*call_fn)(struct bench *b, struct sgn_error *err);

static unsigned passed, failed;

static void check(bool ok, const char *what, const char *name, unsigned long n)
{
	if (ok)
		return;
	failed++;
	printf("FAIL %s: allocation %lu: %s\n", name, n, what);
}

static int sign(struct bench *b, const char *path, const struct sgn_identity *id, bool in_place,
                struct sgn_error *err)
{
	struct sgn_sign_options opts;
	struct sgn_sign_result result;
	int rc;

	sgn_sign_options_init(&opts);
	memset(&result, 0, sizeof(result));
	opts.identity = id;
	opts.force = true;
	opts.in_place = in_place;
	opts.timestamp_none = true;
	opts.entitlements = claims;
	opts.entitlements_size = sizeof(claims) - 1;
	rc = sgn_sign_path(b->ctx, path, &opts, &result, err);
	sgn_sign_result_dispose(&result);
	return rc;
}

static int call_sign_adhoc(struct bench *b, struct sgn_error *err)
{
	return sign(b, b->target, NULL, false, err);
}

static int call_sign(struct bench *b, struct sgn_error *err)
{
	return sign(b, b->target, b->id, false, err);
}

static int call_sign_in_place(struct bench *b, struct sgn_error *err)
{
	return sign(b, b->target, NULL, true, err);
}

static int call_sign_bundle(struct bench *b, struct sgn_error *err)
{
	return sign(b, b->bundle, NULL, false, err);
}

static int call_sign_bundle_in_place(struct bench *b, struct sgn_error *err)
{
	return sign(b, b->bundle, NULL, true, err);
}

static int call_remove_bundle_in_place(struct bench *b, struct sgn_error *err)
{
	const struct sgn_remove_options opts = {.in_place = true, .deep = true};

	return sgn_remove_path(b->ctx, b->bundle, &opts, NULL, err);
}

static int call_remove(struct bench *b, struct sgn_error *err)
{
	return sgn_remove_path(b->ctx, b->target, NULL, NULL, err);
}

static int call_verify(struct bench *b, struct sgn_error *err)
{
	struct sgn_report *report = NULL;
	int rc = sgn_verify_path(b->ctx, b->target, NULL, &report, err);

	sgn_report_free(report);
	return rc;
}

static int call_show(struct bench *b, struct sgn_error *err)
{
	struct sgn_description *description = NULL;
	int rc = sgn_describe_path(b->ctx, b->target, &description, err);

	sgn_description_free(description);
	return rc;
}

static int call_requirement(struct bench *b, struct sgn_error *err)
{
	static const char text[] = "designated => identifier \"a.b\" and (anchor apple generic or "
				   "! certificate leaf[subject.OU] = \"TEAM\")";
	uint8_t *blob = NULL;
	size_t size = 0;
	int rc = sgn_requirement_compile(text, sizeof(text) - 1, NULL, &blob, &size, err);

	(void)b;
	sgn_bytes_free(blob);
	return rc;
}

static int call_judge(struct bench *b, struct sgn_error *err)
{
	static const char text[] = "identifier tool and (notarized or ! entitlement[x] = y)";
	struct sgn_judge_options opts = {.requirement = text, .requirement_size = sizeof(text) - 1};
	struct sgn_judgement *judgement = NULL;
	int rc = sgn_requirement_judge(b->ctx, b->target, &opts, &judgement, err);

	sgn_judgement_free(judgement);
	return rc;
}

static int call_designated(struct bench *b, struct sgn_error *err)
{
	struct sgn_designated *designated = NULL;
	int rc = sgn_requirement_designated(b->ctx, b->target, &designated, err);

	sgn_designated_free(designated);
	return rc;
}

static int call_same(struct bench *b, struct sgn_error *err)
{
	struct sgn_sameness *same = NULL;
	int rc = sgn_requirement_same(b->ctx, b->target, b->target, &same, err);

	sgn_sameness_free(same);
	return rc;
}

static int call_transfer(struct bench *b, struct sgn_error *err)
{
	struct sgn_transfer_options opts = {
		.from = "AAAAAAAAAA", .to = "BBBBBBBBBB", .identifier = "com.example.tool"};
	struct sgn_transfer *transfer = NULL;
	int rc = sgn_requirement_transfer(b->ctx, &opts, &transfer, err);

	sgn_transfer_free(transfer);
	return rc;
}

static int call_identity(struct bench *b, struct sgn_error *err)
{
	struct sgn_identity_source source;
	struct sgn_identity *id = NULL;
	int rc;

	memset(&source, 0, sizeof(source));
	source.path = b->p12;
	rc = sgn_identity_load(b->ctx, &source, &id, err);
	sgn_identity_free(id);
	return rc;
}

static int call_store(struct bench *b, struct sgn_error *err)
{
	struct sgn_identity_store_options opts;
	const struct sgn_identity_candidate *found;
	struct sgn_identity_store *store = NULL;
	struct sgn_identity *id = NULL;
	int rc;

	memset(&opts, 0, sizeof(opts));
	opts.dir = b->scratch.dir; /* the identity, and a program that is none */
	rc = sgn_identity_store_open(b->ctx, &opts, &store, err);
	if (rc == 0)
		rc = sgn_identity_store_find(store, "Test", 0, &found, err);
	if (rc == 0)
		rc = sgn_identity_store_load(store, found, &id, err);
	sgn_identity_free(id);
	sgn_identity_store_free(store);
	return rc;
}

static int call_context(struct bench *b, struct sgn_error *err)
{
	struct sgn_context_options opts;
	struct sgn_context *ctx = NULL;
	int rc;

	(void)b;
	memset(&opts, 0, sizeof(opts));
	opts.jobs = 2;
	rc = sgn_context_new(&opts, &ctx, err);
	sgn_context_free(ctx);
	return rc;
}

static bool unchanged(const struct bench *b, const char *before)
{
	char *now = tree_state(b->scratch.dir);
	bool same = strcmp(now, before) == 0;

	free(now);
	return same;
}

/* One call with failing allocations; the state of the file before is what each try starts from. */
static void run(struct bench *b, const char *name, call_fn call)
{
	struct sgn_error err = SGN_ERROR_INIT;
	char *before = tree_state(b->scratch.dir);
	unsigned before_failed = failed;
	unsigned long n;
	int rc = -1;

	for (n = 1; rc != 0 && n < 100000 && failed == before_failed; n++) {
		sgn_mem_fail_after(n);
		rc = call(b, &err);
		sgn_mem_fail_after(0);
		if (rc == 0)
			break;
		check(err.code == (enum sgn_status)rc, "the error does not carry the status", name,
		      n);
		check(rc == SGN_E_NOMEM || rc == SGN_E_CRYPTO, err.text, name, n);
		check(unchanged(b, before), "a file was changed, or left behind", name, n);
		sgn_error_dispose(&err);
	}
	check(rc == 0, "never succeeded", name, n);
	free(before);
	passed += failed == before_failed;
	printf("%-4s %s: %lu allocations\n", failed == before_failed ? "ok" : "FAIL", name, n - 1);
}

static void must(int rc, const struct sgn_error *err, const char *what)
{
	if (rc == 0)
		return;
	printf("%s: %s\n0 passed, 1 failed\n", what, err->text);
	exit(1);
}

/* An app with a library inside. */
static void make_bundle(struct bench *b, const uint8_t *program, size_t size)
{
	bb_info(&b->scratch, "My.app/Contents/Info.plist", "com.example.my", "My", "APPL");
	bb_file(&b->scratch, "My.app/Contents/Resources/data", "data");
	bb_file(&b->scratch, "My.app/Contents/MacOS/My", "");
	scratch_write(&b->scratch, "My.app/Contents/MacOS/My", program, size, 0755);
	bb_macho(&b->scratch, "My.app/Contents/Frameworks/lib.dylib", 6, false);
	snprintf(b->bundle, sizeof(b->bundle), "%s", scratch_path(&b->scratch, "My.app"));
}

static void prepare(struct bench *b, const char *program)
{
	struct sgn_context_options opts;
	struct sgn_test_identity_options test;
	struct sgn_identity_source source;
	struct sgn_error err = SGN_ERROR_INIT;
	uint8_t *bytes;
	size_t size;

	memset(&opts, 0, sizeof(opts));
	memset(&test, 0, sizeof(test));
	memset(&source, 0, sizeof(source));
	scratch_make(&b->scratch);
	bytes = scratch_read(program, &size);
	snprintf(b->target, sizeof(b->target), "%s",
	         scratch_write(&b->scratch, "tool", bytes, size, 0755));
	make_bundle(b, bytes, size);
	free(bytes);
	snprintf(b->p12, sizeof(b->p12), "%s", scratch_path(&b->scratch, "id.p12"));
	opts.jobs = 1; /* the hook counts one thread's allocations */
	must(sgn_context_new(&opts, &b->ctx, &err), &err, "context");
	test.kind = "self-signed";
	test.key_type = "p256";
	must(sgn_identity_make_test(b->ctx, &test, b->p12, NULL, &err), &err, "identity");
	source.path = b->p12;
	must(sgn_identity_load(b->ctx, &source, &b->id, &err), &err, "identity");
}

int main(int argc, char **argv)
{
	struct bench b;

	if (argc != 2)
		return 2;
	memset(&b, 0, sizeof(b));
	prepare(&b, argv[1]);
	run(&b, "context", call_context);
	run(&b, "requirement", call_requirement);
	run(&b, "identity", call_identity);
	run(&b, "identity store", call_store);
	run(&b, "sign ad hoc", call_sign_adhoc);
	run(&b, "verify ad hoc", call_verify);
	run(&b, "sign in place", call_sign_in_place);
	run(&b, "sign bundle", call_sign_bundle);
	run(&b, "sign bundle in place", call_sign_bundle_in_place);
	run(&b, "remove bundle in place", call_remove_bundle_in_place);
	run(&b, "sign", call_sign);
	run(&b, "verify", call_verify);
	run(&b, "show", call_show);
	run(&b, "requirement test", call_judge);
	run(&b, "requirement designated", call_designated);
	run(&b, "requirement same", call_same);
	run(&b, "requirement transfer", call_transfer);
	run(&b, "remove", call_remove);
	sgn_identity_free(b.id);
	sgn_context_free(b.ctx);
	scratch_remove(&b.scratch);
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}
