/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/ops/ops_test.h"

static unsigned mode_of(const char *path)
{
	struct stat st;

	cr_assert_eq(stat(path, &st), 0, "%s", path);
	return (unsigned)st.st_mode & 07777;
}

Test(ops_identity_make, a_saved_identity_is_only_for_its_owner_and_reads_again)
{
	struct sgn_p12_options opts = {.password = "secret"};
	struct sgn_identity *id, *again = NULL;
	struct sgn_identity_source source = {.password = "secret"};
	struct sgn_identity_info a, b;
	struct ops_test t;

	ops_test_begin(&t);
	id = ops_test_identity(&t, "developer-id", "p256");
	source.path = scratch_path(&t.dir, "new.p12");
	cr_assert_eq(sgn_identity_save(t.ctx, id, &opts, source.path, &t.err), 0, "%s", t.err.text);
	cr_assert_eq(mode_of(source.path), 0600);
	cr_assert_eq(sgn_identity_load(t.ctx, &source, &again, &t.err), 0, "%s", t.err.text);
	sgn_identity_describe(id, &a);
	sgn_identity_describe(again, &b);
	cr_assert_str_eq(a.sha1, b.sha1);
	cr_assert_eq(b.chain_count, 3);
	cr_assert_str_eq(t.notes, "");
	sgn_identity_free(again);
	sgn_identity_free(id);
	ops_test_end(&t);
}

Test(ops_identity_make, nothing_is_overwritten_unless_that_is_said)
{
	struct sgn_p12_options opts = {.password = "secret"};
	struct sgn_identity *id;
	const char *path;
	struct ops_test t;
	uint8_t *bytes;
	size_t size;

	ops_test_begin(&t);
	id = ops_test_identity(&t, "self-signed", "p256");
	path = scratch_write(&t.dir, "there", "precious", 8, 0644);
	cr_assert_eq(sgn_identity_save(t.ctx, id, &opts, path, &t.err), SGN_E_EXISTS);
	bytes = scratch_read(path, &size);
	cr_assert_eq(size, 8);
	cr_assert_arr_eq(bytes, "precious", 8);
	free(bytes);
	opts.replace = true;
	cr_assert_eq(sgn_identity_save(t.ctx, id, &opts, path, &t.err), 0, "%s", t.err.text);
	cr_assert_eq(mode_of(path), 0600, "the old file was readable by everybody");
	sgn_identity_free(id);
	ops_test_end(&t);
}

Test(ops_identity_make, an_empty_password_must_be_meant)
{
	struct sgn_p12_options opts = {.password = ""};
	struct sgn_identity *id;
	const char *path;
	struct ops_test t;

	ops_test_begin(&t);
	id = ops_test_identity(&t, "self-signed", "p256");
	path = scratch_path(&t.dir, "new.p12");
	cr_assert_eq(sgn_identity_save(t.ctx, id, &opts, path, &t.err), SGN_E_USAGE);
	opts.allow_empty = true;
	cr_assert_eq(sgn_identity_save(t.ctx, id, &opts, path, &t.err), 0, "%s", t.err.text);
	opts.password = NULL;
	cr_assert_eq(sgn_identity_save(t.ctx, id, &opts, path, &t.err), SGN_E_USAGE);
	sgn_identity_free(id);
	ops_test_end(&t);
}

Test(ops_identity_make, a_request_writes_the_key_for_its_owner_only)
{
	struct sgn_csr_options opts = {.key_type = "rsa2048"};
	struct sgn_csr_info info;
	const char *csr;
	struct ops_test t;

	ops_test_begin(&t);
	opts.new_key_path = scratch_path(&t.dir, "new.key");
	csr = scratch_path(&t.dir, "new.csr");
	cr_assert_eq(sgn_identity_request(t.ctx, &opts, csr, &info, &t.err), 0, "%s", t.err.text);
	cr_assert_eq(mode_of(opts.new_key_path), 0600);
	cr_assert(info.apple_takes_it);
	cr_assert_str_eq(t.notes, "");

	opts.replace = true;
	cr_assert_eq(sgn_identity_request(t.ctx, &opts, csr, &info, &t.err), SGN_E_EXISTS,
	             "a key is never overwritten");
	cr_assert_str_eq(t.err.path, opts.new_key_path);
	ops_test_end(&t);
}

Test(ops_identity_make, a_key_that_apple_does_not_take_is_told)
{
	struct sgn_csr_options opts = {.key_type = "p384"};
	struct ops_test t;

	ops_test_begin(&t);
	opts.new_key_path = scratch_path(&t.dir, "new.key");
	cr_assert_eq(
		sgn_identity_request(t.ctx, &opts, scratch_path(&t.dir, "new.csr"), NULL, &t.err),
		0);
	cr_assert(strstr(t.notes, "RSA 2048 only"), "%s", t.notes);
	ops_test_end(&t);
}

Test(ops_identity_make, contradictory_requests_write_nothing)
{
	struct sgn_identity_source source = {.path = "key"};
	struct sgn_csr_options opts = {0};
	const char *csr;
	struct ops_test t;

	ops_test_begin(&t);
	csr = scratch_path(&t.dir, "new.csr");
	cr_assert_eq(sgn_identity_request(t.ctx, &opts, csr, NULL, &t.err), SGN_E_USAGE);
	opts.key = &source;
	opts.key_type = "p256";
	cr_assert_eq(sgn_identity_request(t.ctx, &opts, csr, NULL, &t.err), SGN_E_USAGE);
	opts.key = NULL;
	opts.new_key_path = csr;
	cr_assert_eq(sgn_identity_request(t.ctx, &opts, csr, NULL, &t.err), SGN_E_USAGE,
	             "the request would replace its key");
	cr_assert_eq(scratch_count(&t.dir), 0);
	ops_test_end(&t);
}
