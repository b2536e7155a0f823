/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer/pki/pki.h"
#include "tests/unit/ops/ops_test.h"

struct case_files {
	struct ops_test t;
	struct sgn_identity_source source;
	struct sgn_import_options opts;
	struct sgn_import_result result;
	char p12[512], store[512];
};

static void begin(struct case_files *c, const struct sgn_test_identity_options *make)
{
	memset(c, 0, sizeof(*c));
	ops_test_begin(&c->t);
	snprintf(c->p12, sizeof(c->p12), "%s", scratch_path(&c->t.dir, "id.p12"));
	snprintf(c->store, sizeof(c->store), "%s", scratch_path(&c->t.dir, "a/b"));
	cr_assert_eq(sgn_identity_make_test(c->t.ctx, make, c->p12, NULL, &c->t.err), 0, "%s",
	             c->t.err.text);
	c->source = (struct sgn_identity_source){.path = c->p12, .password = make->password};
	c->opts = (struct sgn_import_options){.dir = c->store, .source = &c->source};
}

static void begin_kind(struct case_files *c, const char *kind)
{
	struct sgn_test_identity_options make = {
		.kind = kind, .key_type = "p256", .password = "secret"};

	begin(c, &make);
}

static int import(struct case_files *c)
{
	return sgn_identity_import(c->t.ctx, &c->opts, &c->result, &c->t.err);
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	cr_assert_eq(stat(path, &st), 0, "%s", path);
	return (unsigned)st.st_mode & 07777;
}

/* The n-th certificate of the chain as a file. */
static const char *put_cert(struct case_files *c, size_t n, const char *name)
{
	struct sgn_identity *id;
	const struct sgn_cert *cert;
	const char *path;

	cr_assert_eq(sgn_identity_load(c->t.ctx, &c->source, &id, &c->t.err), 0);
	cert = sgn_identity_chain(id)->certs[n];
	path = scratch_write(&c->t.dir, name, cert->der.data, cert->der.size, 0644);
	sgn_identity_free(id);
	return path;
}

Test(ops_identity_import, a_pkcs12_file_is_copied_byte_for_byte)
{
	size_t before, after;
	uint8_t *old, *new;
	struct case_files c;

	begin_kind(&c, "developer-id");
	cr_assert_eq(import(&c), 0, "%s", c.t.err.text);
	cr_assert_eq(c.result.how, SGN_IMPORT_COPIED);
	cr_assert(strstr(c.result.path, "/a/b/Developer ID Application Test (TEST123456).p12"),
	          "%s", c.result.path);
	old = scratch_read(c.p12, &before);
	new = scratch_read(c.result.path, &after);
	cr_assert(before == after && memcmp(old, new, after) == 0);
	free(old);
	free(new);
	cr_assert_eq(mode_of(c.result.path), 0600);
	cr_assert_eq(mode_of(c.store), 0700);

	cr_assert_eq(import(&c), SGN_E_EXISTS);
	c.opts.replace = true;
	cr_assert_eq(import(&c), 0, "%s", c.t.err.text);
	ops_test_end(&c.t);
}

Test(ops_identity_import, the_wrong_password_imports_nothing)
{
	struct case_files c;

	begin_kind(&c, "developer-id");
	c.source.password = "guess";
	cr_assert_eq(import(&c), SGN_E_CRYPTO);
	cr_assert_neq(access(c.store, F_OK), 0);
	ops_test_end(&c.t);
}

Test(ops_identity_import, a_certificate_alone_is_refused_unless_that_is_meant)
{
	struct case_files c;

	begin_kind(&c, "self-signed");
	c.source.path = put_cert(&c, 0, "id.cer");
	cr_assert_eq(import(&c), SGN_E_UNTRUSTED);
	cr_assert(strstr(c.t.err.text, "no private key"), "%s", c.t.err.text);
	cr_assert(strstr(c.t.err.cure, "--key"), "%s", c.t.err.cure);
	c.opts.allow_unusable = true;
	cr_assert_eq(import(&c), 0, "%s", c.t.err.text);
	cr_assert_eq(c.result.how, SGN_IMPORT_CERTIFICATE);
	cr_assert(strstr(c.result.path, "/Test.cer"), "%s", c.result.path);
	ops_test_end(&c.t);
}

Test(ops_identity_import, the_certificate_of_an_authority_is_welcome)
{
	struct case_files c;

	begin_kind(&c, "developer-id");
	c.source.path = put_cert(&c, 1, "middle.cer");
	cr_assert_eq(import(&c), 0, "%s", c.t.err.text);
	cr_assert_eq(c.result.how, SGN_IMPORT_CERTIFICATE);
	cr_assert_str_eq(c.result.name, "Developer ID Certification Authority");
	cr_assert_str_eq(c.t.notes, "");
	ops_test_end(&c.t);
}

Test(ops_identity_import, what_has_expired_is_refused_unless_that_is_meant)
{
	struct sgn_test_identity_options make = {
		.kind = "developer-id", .key_type = "p256", .days = -3, .password = "secret"};
	struct case_files c;

	begin(&c, &make);
	cr_assert_eq(import(&c), SGN_E_UNTRUSTED);
	cr_assert(strstr(c.t.err.text, "expired"), "%s", c.t.err.text);
	cr_assert(strstr(c.t.err.cure, "--allow-unusable"), "%s", c.t.err.cure);
	c.opts.allow_unusable = true;
	cr_assert_eq(import(&c), 0, "%s", c.t.err.text);
	cr_assert_eq(c.result.how, SGN_IMPORT_COPIED);
	ops_test_end(&c.t);
}

static int give(void *arg, const char *what, char *out, size_t room)
{
	cr_assert(strstr(what, ".p12"));
	snprintf(out, room, "%s", (const char *)arg);
	return 0;
}

Test(ops_identity_import, certificate_and_key_are_joined_under_a_new_password)
{
	char answer[] = "fresh", nothing[] = "";
	struct sgn_identity_source again = {.password = "fresh"};
	struct sgn_identity *id = NULL;
	struct case_files c;

	begin_kind(&c, "self-signed");
	c.source.key_path = c.p12; /* its key */
	c.source.path = put_cert(&c, 0, "id.cer");
	c.opts.name = "mine.p12";
	cr_assert_eq(import(&c), SGN_E_USAGE, "no password");
	c.opts.ask_new = give;
	c.opts.ask_new_arg = nothing;
	cr_assert_eq(import(&c), SGN_E_USAGE, "an empty one");
	c.opts.ask_new_arg = answer;
	cr_assert_eq(import(&c), 0, "%s", c.t.err.text);
	cr_assert_eq(c.result.how, SGN_IMPORT_JOINED);
	cr_assert(strstr(c.result.path, "/b/mine.p12"), "%s", c.result.path);
	again.path = c.result.path;
	cr_assert_eq(sgn_identity_load(c.t.ctx, &again, &id, &c.t.err), 0, "%s", c.t.err.text);
	sgn_identity_free(id);
	ops_test_end(&c.t);
}

Test(ops_identity_import, the_key_of_another_certificate_is_refused_even_if_all_is_allowed)
{
	struct sgn_csr_options request = {.key_type = "p256"};
	struct case_files c;

	begin_kind(&c, "self-signed");
	request.new_key_path = scratch_path(&c.t.dir, "other.key");
	cr_assert_eq(sgn_identity_request(c.t.ctx, &request, scratch_path(&c.t.dir, "o.csr"), NULL,
	                                  &c.t.err),
	             0);
	c.source.path = put_cert(&c, 0, "id.cer");
	c.source.key_path = request.new_key_path;
	c.opts.allow_unusable = true;
	cr_assert_eq(import(&c), SGN_E_UNTRUSTED);
	cr_assert(strstr(c.t.err.text, "does not belong"), "%s", c.t.err.text);
	ops_test_end(&c.t);
}

Test(ops_identity_import, a_name_stays_inside_the_store)
{
	static const char *const bad[] = {"", ".", "..", ".hidden", "../id", "a/b", "\xff"};
	struct case_files c;

	begin_kind(&c, "self-signed");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c.opts.name = bad[i];
		cr_assert_eq(import(&c), SGN_E_USAGE, "%s", bad[i]);
	}
	ops_test_end(&c.t);
}

Test(ops_identity_import, a_hostile_common_name_stays_inside_the_store)
{
	struct sgn_test_identity_options make = {.kind = "self-signed",
	                                         .key_type = "p256",
	                                         .password = "secret",
	                                         .common_name = "../../etc/x\x1b[2J:*"};
	struct case_files c;

	begin(&c, &make);
	cr_assert_eq(import(&c), 0, "%s", c.t.err.text);
	cr_assert(strstr(c.result.path, "/a/b/_._.._etc_x_[2J_.p12"), "%s", c.result.path);
	ops_test_end(&c.t);
}

Test(ops_identity_import, a_long_name_is_cut_between_characters)
{
	char name[401];
	struct sgn_test_identity_options make = {.kind = "self-signed",
	                                         .key_type = "p256",
	                                         .password = "secret",
	                                         .common_name = name};
	struct case_files c;
	const char *base;

	name[0] = 'x';
	for (size_t i = 1; i < 400; i += 2)
		memcpy(name + i, "ö", 2);
	name[399] = '\0';
	begin(&c, &make);
	cr_assert_eq(import(&c), 0, "%s", c.t.err.text);
	base = strrchr(c.result.path, '/') + 1;
	cr_assert_eq(strlen(base), 199 + 4, "%s", base);
	ops_test_end(&c.t);
}
