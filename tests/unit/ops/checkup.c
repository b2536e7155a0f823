/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "signer/pki/pki.h"
#include "tests/support/profile_builder.h"
#include "tests/unit/ops/ops_test.h"

#define DAY 86400

/* A look-alike as files: id.p12 (password "secret"), and its certificate alone. */
struct case_files {
	struct ops_test t;
	struct sgn_identity *id;
	struct sgn_identity_source source;
	char p12[512], cer[512];
};

static void begin(struct case_files *c, const char *kind, int days)
{
	struct sgn_test_identity_options opts = {
		.kind = kind, .key_type = "p256", .days = days, .password = "secret"};
	const char *root;
	struct sgn_context_options ctx = {.apple_root_count = 1};
	const struct sgn_cert *leaf;

	memset(c, 0, sizeof(*c));
	ops_test_begin(&c->t);
	snprintf(c->p12, sizeof(c->p12), "%s", scratch_path(&c->t.dir, "id.p12"));
	root = scratch_path(&c->t.dir, "root.pem");
	cr_assert_eq(sgn_identity_make_test(c->t.ctx, &opts, c->p12, root, &c->t.err), 0, "%s",
	             c->t.err.text);
	sgn_context_free(c->t.ctx);
	ctx.apple_roots = &root;
	cr_assert_eq(sgn_context_new(&ctx, &c->t.ctx, &c->t.err), 0);
	c->source = (struct sgn_identity_source){.path = c->p12, .password = "secret"};
	cr_assert_eq(sgn_identity_load(c->t.ctx, &c->source, &c->id, &c->t.err), 0, "%s",
	             c->t.err.text);
	leaf = sgn_identity_chain(c->id)->certs[0];
	snprintf(c->cer, sizeof(c->cer), "%s",
	         scratch_write(&c->t.dir, "id.cer", leaf->der.data, leaf->der.size, 0644));
}

static void end(struct case_files *c)
{
	sgn_identity_free(c->id);
	ops_test_end(&c->t);
}

/* "private-key code-signing! chain~": ! failed, ~ warning. */
static const char *answers(const struct sgn_checkup *k)
{
	static const char *const marks[] = {"", "~", "!"};
	static char text[512];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < k->check_count; i++) {
		const struct sgn_check *c = &k->checks[i];

		cr_assert_eq(*c->cure == '\0', c->verdict == SGN_CHECK_OK, "%s", c->id);
		cr_assert_neq(*c->text, '\0');
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%s", i ? " " : "", c->id,
		                      marks[c->verdict]);
	}
	return text;
}

static struct sgn_checkup *checkup(struct case_files *c, const struct sgn_checkup_options *opts)
{
	struct sgn_checkup *k = NULL;

	cr_assert_eq(sgn_identity_checkup(c->t.ctx, opts, &k, &c->t.err), 0, "%s", c->t.err.text);
	return k;
}

static void expect(struct case_files *c, const struct sgn_checkup_options *opts, bool usable,
                   const char *want)
{
	struct sgn_checkup *k = checkup(c, opts);

	cr_assert_str_eq(answers(k), want);
	cr_assert_eq(k->usable, usable);
	sgn_checkup_free(k);
}

Test(ops_checkup, a_whole_identity_is_usable)
{
	struct case_files c;
	struct sgn_checkup_options opts = {.source = &c.source};
	struct sgn_checkup *k;

	begin(&c, "developer-id", 100);
	k = checkup(&c, &opts);
	cr_assert_str_eq(answers(k), "private-key code-signing chain validity");
	cr_assert(k->usable);
	cr_assert_not(k->expires_soon);
	cr_assert(k->days_left == 99 || k->days_left == 100);
	cr_assert_str_eq(k->info.team, "TEST123456");
	cr_assert_null(k->profile_name);
	sgn_checkup_free(k);
	end(&c);
}

Test(ops_checkup, a_certificate_alone_is_described_and_cannot_sign)
{
	struct case_files c;
	struct sgn_checkup_options opts = {.source = &c.source};
	struct sgn_checkup *k;

	begin(&c, "self-signed", 100);
	c.source.path = c.cer;
	k = checkup(&c, &opts);
	cr_assert_str_eq(answers(k), "private-key! code-signing chain validity");
	cr_assert_not(k->usable);
	cr_assert(strstr(k->checks[0].text, "a certificate alone"), "%s", k->checks[0].text);
	cr_assert(strstr(k->checks[0].cure, "Keychain Access"), "%s", k->checks[0].cure);
	cr_assert(strstr(k->checks[0].cure, "identity csr"), "%s", k->checks[0].cure);
	cr_assert_str_eq(k->info.name, "Test");
	sgn_checkup_free(k);
	end(&c);
}

Test(ops_checkup, the_key_of_another_certificate_is_told)
{
	struct sgn_csr_options request = {.key_type = "p256"};
	struct case_files c;
	struct sgn_checkup_options opts = {.source = &c.source};
	struct sgn_checkup *k;

	begin(&c, "self-signed", 100);
	request.new_key_path = scratch_path(&c.t.dir, "other.key");
	cr_assert_eq(sgn_identity_request(c.t.ctx, &request, scratch_path(&c.t.dir, "o.csr"), NULL,
	                                  &c.t.err),
	             0);
	c.source.path = c.cer;
	c.source.key_path = request.new_key_path;
	k = checkup(&c, &opts);
	cr_assert_not(k->usable);
	cr_assert(strstr(k->checks[0].text, "does not belong"), "%s", k->checks[0].text);
	sgn_checkup_free(k);
	end(&c);
}

Test(ops_checkup, a_chain_that_ends_early_fails)
{
	struct case_files c;
	struct sgn_checkup_options opts = {.source = &c.source};

	begin(&c, "developer-id", 100);
	c.source.path = c.cer;
	expect(&c, &opts, false, "private-key! code-signing chain! validity");
	end(&c);
}

Test(ops_checkup, expiry_is_judged_at_the_given_time)
{
	struct case_files c;
	struct sgn_checkup_options opts = {.source = &c.source};
	struct sgn_checkup *k;

	begin(&c, "developer-id", 100);
	opts.now = (int64_t)time(NULL) + 103 * DAY;
	k = checkup(&c, &opts);
	cr_assert_str_eq(answers(k), "private-key code-signing chain validity!");
	cr_assert(k->days_left == -3 || k->days_left == -4, "%d", (int)k->days_left);
	sgn_checkup_free(k);
	opts.now = (int64_t)time(NULL) - 10 * DAY;
	expect(&c, &opts, false, "private-key code-signing chain validity!");
	end(&c);
}

Test(ops_checkup, soon_is_a_warning_and_says_so)
{
	struct case_files c;
	struct sgn_checkup_options opts = {.source = &c.source, .warn_days = 30};
	struct sgn_checkup *k;

	begin(&c, "developer-id", 100);
	expect(&c, &opts, true, "private-key code-signing chain validity");
	opts.now = (int64_t)time(NULL) + 80 * DAY;
	k = checkup(&c, &opts);
	cr_assert_str_eq(answers(k), "private-key code-signing chain validity~");
	cr_assert(k->usable && k->expires_soon);
	sgn_checkup_free(k);
	end(&c);
}

Test(ops_checkup, what_cannot_be_read_is_an_error_not_an_answer)
{
	struct case_files c;
	struct sgn_checkup_options opts = {.source = &c.source};
	struct sgn_checkup *k = NULL;

	begin(&c, "self-signed", 100);
	c.source.password = "wrong";
	cr_assert_eq(sgn_identity_checkup(c.t.ctx, &opts, &k, &c.t.err), SGN_E_CRYPTO);
	cr_assert_null(k);
	c.source.path = "/nonexistent/id.p12";
	cr_assert_eq(sgn_identity_checkup(c.t.ctx, &opts, &k, &c.t.err), SGN_E_NOTFOUND);
	c.source.path = scratch_write(&c.t.dir, "noise", "\x30\x80\x02\x01", 4, 0600);
	cr_assert_eq(sgn_identity_checkup(c.t.ctx, &opts, &k, &c.t.err), SGN_E_FORMAT);
	end(&c);
}

/* --- with a profile ------------------------------------------------------------------------------------ */

static void put_profile(struct case_files *c, struct sgn_checkup_options *opts, const char *team,
                        const char *expires, bool with_cert)
{
	const struct sgn_cert *leaf = sgn_identity_chain(c->id)->certs[with_cert ? 0 : 1];
	struct pb_profile p = {.app_id = "TEST123456.com.example.app",
	                       .team = team,
	                       .platform = "OSX",
	                       .expires = expires,
	                       .entitlements = "",
	                       .cert = leaf->der.data,
	                       .cert_size = leaf->der.size};
	size_t size;
	uint8_t *bytes = pb_build(&p, &size);

	opts->profile_path = scratch_write(&c->t.dir, "p.provisionprofile", bytes, size, 0644);
	free(bytes);
}

Test(ops_checkup, a_profile_that_goes_with_it_is_fine)
{
	struct case_files c;
	struct sgn_checkup_options opts = {.source = &c.source};
	struct sgn_checkup *k;

	begin(&c, "developer-id", 100);
	put_profile(&c, &opts, "TEST123456", "2090-01-01T00:00:00Z", true);
	k = checkup(&c, &opts);
	cr_assert_str_eq(answers(k), "private-key code-signing chain validity profile-certificate "
	                             "profile-team profile-validity");
	cr_assert(k->usable);
	cr_assert_str_eq(k->profile_name, "Test profile");
	cr_assert_eq(k->profile_not_after, 3786912000);
	sgn_checkup_free(k);
	end(&c);
}

Test(ops_checkup, a_profile_of_others_fails_in_each_respect)
{
	struct case_files c;
	struct sgn_checkup_options opts = {.source = &c.source};
	struct sgn_checkup *k;

	begin(&c, "developer-id", 100);
	put_profile(&c, &opts, "OTHER00000", "2020-01-01T00:00:00Z", false);
	k = checkup(&c, &opts);
	cr_assert_str_eq(answers(k), "private-key code-signing chain validity profile-certificate! "
	                             "profile-team! profile-validity!");
	cr_assert_not(k->usable);
	cr_assert(strstr(k->checks[4].text, "Developer ID Certification Authority"), "%s",
	          k->checks[4].text);
	cr_assert(strstr(k->checks[5].text, "OTHER00000"), "%s", k->checks[5].text);
	sgn_checkup_free(k);
	end(&c);
}

Test(ops_checkup, a_profile_that_expires_soon_is_told)
{
	struct case_files c;
	struct sgn_checkup_options opts = {.source = &c.source, .warn_days = 30};
	struct sgn_checkup *k;

	begin(&c, "developer-id", 0);
	put_profile(&c, &opts, "TEST123456", "2090-01-01T00:00:00Z", true);
	opts.now = 0;
	expect(&c, &opts, true,
	       "private-key code-signing chain validity profile-certificate profile-team "
	       "profile-validity");
	end(&c);

	begin(&c, "developer-id", 36500);
	put_profile(&c, &opts, "TEST123456", "2040-01-01T00:00:00Z", true);
	opts.source = &c.source;
	opts.now = 2208988800 - 5 * DAY;
	k = checkup(&c, &opts);
	cr_assert(k->expires_soon);
	cr_assert_eq(k->checks[6].verdict, SGN_CHECK_WARNING);
	sgn_checkup_free(k);
	end(&c);
}

Test(ops_checkup, a_damaged_profile_is_an_error_with_its_path)
{
	struct case_files c;
	struct sgn_checkup_options opts = {.source = &c.source};
	struct sgn_checkup *k;

	begin(&c, "developer-id", 100);
	opts.profile_path = scratch_write(&c.t.dir, "bad.provisionprofile", "<html>", 6, 0644);
	cr_assert_eq(sgn_identity_checkup(c.t.ctx, &opts, &k, &c.t.err), SGN_E_FORMAT);
	cr_assert_str_eq(c.t.err.path, opts.profile_path);
	end(&c);
}

/* --- in a store ---------------------------------------------------------------------------------------- */

Test(ops_checkup, a_candidate_of_a_store_is_answered_like_files)
{
	struct sgn_identity_store_options where = {.password = "secret"};
	const struct sgn_identity_candidate *candidates;
	struct sgn_checkup_options opts = {0};
	struct sgn_identity_store *store;
	struct case_files c;
	size_t count;

	begin(&c, "developer-id", 100);
	where.dir = c.t.dir.dir;
	cr_assert_eq(sgn_identity_store_open(c.t.ctx, &where, &store, &c.t.err), 0, "%s",
	             c.t.err.text);
	candidates = sgn_identity_store_list(store, &count);
	cr_assert_eq(count, 1);
	opts.store = store;
	opts.candidate = candidates;
	expect(&c, &opts, true, "private-key code-signing chain validity");
	sgn_identity_store_free(store);

	where.password = NULL;
	cr_assert_eq(sgn_identity_store_open(c.t.ctx, &where, &store, &c.t.err), 0);
	opts.store = store;
	opts.candidate = sgn_identity_store_list(store, &count);
	cr_assert_eq(count, 1, "the .cer is there");
	expect(&c, &opts, false, "private-key! code-signing chain! validity");
	sgn_identity_store_free(store);
	end(&c);
}
