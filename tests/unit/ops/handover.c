/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing in two steps, through the API: the same files as in one step; documents that lie, and lie so well that
 * all their hashes agree. tests/cli/handover.py has the documents as JSON.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops_test.h"
#include "signer/base/text.h"
#include "signer/base/time.h"
#include "signer/ops/handover.h"
#include "tests/support/bundle_builder.h"

static struct ops_test t;
static struct sgn_identity *id;
static struct sgn_handover_run *run;
static struct sgn_handover doc;
static int64_t now;

static void begin(void)
{
	ops_test_begin(&t);
	id = ops_test_identity(&t, "apple-distribution", "rsa2048");
	now = sgn_time_now();
}

static void end(void)
{
	sgn_handover_run_free(run);
	sgn_handover_dispose(&doc);
	sgn_identity_free(id);
	ops_test_end(&t);
}

TestSuite(ops_handover, .init = begin, .fini = end, .timeout = 120);

/* --- rounds --------------------------------------------------------------------------------------- */

static const char entitlements[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
	"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
	"<plist version=\"1.0\"><dict><key>com.example.right</key><true/></dict></plist>\n";

static struct sgn_sign_options options(void)
{
	struct sgn_sign_options o;

	sgn_sign_options_init(&o);
	o.identity = id;
	o.force = true;
	return o;
}

static int new_run(const struct sgn_handover *from, bool prepare)
{
	struct sgn_handover_setup setup = {
		.identity = id,
		.document = from,
		.prepare = prepare,
		.has_signing_time = true,
		.signing_time = now,
	};

	sgn_handover_run_free(run);
	run = NULL;
	sgn_error_dispose(&t.err);
	return sgn_handover_run_new(&setup, &run, &t.err);
}

/* One round; doc is what came out, unsigned entries included. */
static void prepare(const char *path, struct sgn_sign_options o, bool first)
{
	struct sgn_handover old = doc;

	cr_assert_eq(new_run(first ? NULL : &old, true), 0, "%s", t.err.text);
	o.handover = run;
	ops_test_sign(&t, path, &o);
	doc = (struct sgn_handover){0};
	cr_assert_eq(sgn_handover_copy(&doc, sgn_handover_run_document(run), &t.err), 0);
	sgn_handover_dispose(&old);
}

static void sign_digests(void)
{
	size_t count = 0;
	int rc = sgn_handover_sign(t.ctx, &doc, id, NULL, &count, &t.err);

	cr_assert_eq(rc, 0, "%s: %s", t.err.path ? t.err.path : "", t.err.text);
	cr_assert_gt(count, 0);
}

static void attach(const char *path, struct sgn_sign_options o)
{
	cr_assert_eq(new_run(&doc, false), 0, "%s", t.err.text);
	o.handover = run;
	ops_test_sign(&t, path, &o);
}

static size_t sign_in_rounds(const char *path, struct sgn_sign_options o)
{
	size_t rounds = 0;

	do {
		prepare(path, o, rounds++ == 0);
		sign_digests();
	} while (doc.waiting_count);
	attach(path, o);
	return rounds;
}

static void one_step(const char *path, const char *output, struct sgn_sign_options o)
{
	o.has_signing_time = true;
	o.signing_time = now;
	o.output = output;
	ops_test_sign(&t, path, &o);
}

static bool same(const char *a, const char *b)
{
	char command[1200];

	snprintf(command, sizeof(command), "diff -r --no-dereference '%s' '%s'", a, b);
	return system(command) == 0;
}

/* Signs both ways. Returns the number of rounds. */
static size_t check_same(const char *path, struct sgn_sign_options o)
{
	const char *other = scratch_path(&t.dir, "one");
	size_t rounds;

	one_step(path, other, o);
	rounds = sign_in_rounds(path, o);
	cr_assert(same(path, other));
	return rounds;
}

Test(ops_handover, a_thin_file_is_the_same_as_in_one_step)
{
	struct mb_slice s = mb_arm64();

	cr_assert_eq(check_same(ops_test_thin(&t, "tool", &s), options()), 1);
	cr_assert_str_eq(ops_test_verify(&t, scratch_path(&t.dir, "tool")), "");
}

Test(ops_handover, a_universal_file_with_two_digests_is_the_same)
{
	struct mb_slice s[2] = {mb_x86_64(), mb_arm64()};
	struct sgn_sign_options o = options();

	o.digests[0] = SGN_DIGEST_SHA1;
	o.digests[1] = SGN_DIGEST_SHA256;
	o.digest_count = 2;
	o.entitlements = entitlements;
	o.entitlements_size = sizeof(entitlements) - 1;
	cr_assert_eq(check_same(ops_test_fat(&t, "tool", s, 2), o), 1);
	cr_assert_eq(doc.entry_count, 2);
	cr_assert_eq(doc.entries[0].dir_count, 2);
}

Test(ops_handover, an_app_with_code_in_code_places_takes_one_round)
{
	struct sgn_sign_options o = options();

	o.only_code_places = true;
	bb_app(&t.dir, "My");
	cr_assert_eq(check_same(scratch_path(&t.dir, "My.app"), o), 1);
}

Test(ops_handover, code_among_data_takes_one_round_more)
{
	bb_app(&t.dir, "My");
	cr_assert_eq(check_same(scratch_path(&t.dir, "My.app"), options()), 2);
}

Test(ops_handover, a_flat_app_waits_for_its_frameworks)
{
	const char *path;

	bb_ios_app(&t.dir, "My");
	path = scratch_path(&t.dir, "My.app");
	prepare(path, options(), true);
	cr_assert_eq(doc.waiting_count, 1);
	cr_assert_str_eq(doc.waiting[0].path, path);
	cr_assert_not_null(strstr(doc.waiting[0].on, "My.app/"));
	for (size_t i = 0; i < doc.entry_count; i++)
		cr_assert_str_neq(doc.entries[i].path, path);
	cr_assert_eq(check_same(path, options()), 2);
}

Test(ops_handover, recording_leaves_file_and_folder_alone)
{
	const char *path, *copy;
	char command[1200];
	size_t before;

	bb_app(&t.dir, "My");
	path = scratch_path(&t.dir, "My.app");
	copy = scratch_path(&t.dir, "copy");
	snprintf(command, sizeof(command), "cp -a '%s' '%s'", path, copy);
	cr_assert_eq(system(command), 0);
	before = scratch_count(&t.dir);
	prepare(path, options(), true);
	sign_digests();
	prepare(path, options(), false);
	cr_assert(same(path, copy));
	cr_assert_eq(scratch_count(&t.dir), before);
}

Test(ops_handover, a_certificate_alone_prepares_and_signs_nothing)
{
	struct sgn_identity_source source = {
		.path = scratch_path(&t.dir, "apple-distribution.p12"),
		.password = "secret",
		.certificate_only = true,
	};
	struct mb_slice s = mb_arm64();
	const char *path = ops_test_thin(&t, "tool", &s);
	struct sgn_sign_options o = options();
	struct sgn_identity *bare;

	cr_assert_eq(sgn_identity_load(t.ctx, &source, &bare, &t.err), 0, "%s", t.err.text);
	o.identity = bare;
	cr_assert_eq(sgn_sign_path(t.ctx, path, &o, NULL, &t.err), SGN_E_NOTFOUND);
	cr_assert_not_null(strstr(t.err.text, "no private key"));
	prepare(path, options(), true);
	cr_assert_eq(sgn_handover_check(&doc, bare, NULL, &t.err), 0, "%s", t.err.text);
	cr_assert_eq(sgn_handover_sign(t.ctx, &doc, bare, NULL, NULL, &t.err), SGN_E_NOTFOUND);
	cr_assert_eq(doc.entries[0].signature.size, 0, "all or none");
	sgn_identity_free(bare);
}

/* --- lies whose hashes agree ------------------------------------------------------------------------ */

static uint8_t forged[3][65536];

/* An entry whose digest, attributes and cdhash follow from its (changed) directories. */
static void agree(struct sgn_handover_entry *e)
{
	struct sgn_cms_sign_input in = {
		.identity = id, .has_signing_time = true, .signing_time = doc.signing_time};
	struct sgn_cms_cdhash hashes[SGN_HANDOVER_DIRS];
	static char cdhash[41], digest_text[65];
	struct sgn_digest_bytes digest;
	struct sgn_cms_draft draft;

	for (size_t i = 0; i < e->dir_count; i++) {
		struct sgn_view v = sgn_handover_view(e->dirs[i]);

		hashes[i].digest = v.data[37];
		cr_assert_eq(sgn_digest(hashes[i].digest, v, &hashes[i].full, NULL), 0);
		sgn_hex_encode(hashes[i].full.data, 20, cdhash);
	}
	in.content = sgn_handover_view(e->dirs[0]);
	in.cdhashes = hashes;
	in.cdhash_count = e->dir_count;
	cr_assert_eq(sgn_cms_draft_make(&in, &draft, &digest, NULL), 0);
	sgn_hex_encode(digest.data, digest.size, digest_text);
	cr_assert_eq(sgn_handover_set(&doc, &e->attributes, sgn_buf_view(&draft.attributes), NULL),
	             0);
	e->cdhash = cdhash;
	e->digest = digest_text;
	sgn_cms_draft_dispose(&draft);
}

/* The entry's directories, to be changed. */
static struct sgn_handover_entry *forge(void)
{
	struct sgn_handover_entry *e = &doc.entries[0];

	for (size_t i = 0; i < e->dir_count; i++) {
		cr_assert_leq(e->dirs[i].size, sizeof(forged[i]));
		memcpy(forged[i], e->dirs[i].data, e->dirs[i].size);
		e->dirs[i].data = forged[i];
	}
	return e;
}

static void refused(const char *text)
{
	int rc;

	sgn_error_dispose(&t.err);
	rc = sgn_handover_sign(t.ctx, &doc, id, NULL, NULL, &t.err);
	cr_assert_neq(rc, 0, "signed, expected: %s", text);
	cr_assert_not_null(strstr(t.err.text, text), "%s instead of %s", t.err.text, text);
	for (size_t i = 0; i < doc.entry_count; i++)
		cr_assert_eq(doc.entries[i].signature.size, 0, "nothing may be signed");
}

static void prepare_tool(bool two_digests)
{
	struct sgn_sign_options o = options();
	struct mb_slice s = mb_arm64();

	o.entitlements = entitlements;
	o.entitlements_size = sizeof(entitlements) - 1;
	o.identifier = "com.example.tool";
	if (two_digests) {
		o.digests[0] = SGN_DIGEST_SHA1;
		o.digests[1] = SGN_DIGEST_SHA256;
		o.digest_count = 2;
	}
	prepare(ops_test_thin(&t, "tool", &s), o, true);
}

Test(ops_handover, hashes_that_agree_are_accepted)
{
	prepare_tool(true);
	agree(forge());
	sign_digests();
}

Test(ops_handover, rights_without_entitlements_are_refused)
{
	struct sgn_handover_entry *e;

	prepare_tool(false);
	e = forge();
	forged[0][87] |= 0x40; /* execSegFlags, at 80: may make code at run time */
	agree(e);
	refused("executable segment");
}

Test(ops_handover, a_part_of_apples_systems_is_refused)
{
	struct sgn_handover_entry *e;

	prepare_tool(false);
	e = forge();
	forged[0][38] = 1;
	agree(e);
	refused("Apple's systems");
}

Test(ops_handover, the_ad_hoc_flag_is_refused_even_when_it_is_told)
{
	struct sgn_handover_entry *e;

	prepare_tool(false);
	e = forge();
	forged[0][15] |= 2;
	e->flags |= 2;
	agree(e);
	refused("without certificate");
}

Test(ops_handover, two_directories_for_different_code_are_refused)
{
	struct sgn_handover_entry *e;

	prepare_tool(true);
	e = forge();
	forged[1][35] ^= 1; /* codeLimit */
	agree(e);
	refused("");
}

Test(ops_handover, another_identifier_in_the_second_directory_is_refused)
{
	struct sgn_handover_entry *e;
	uint8_t *at;

	prepare_tool(true);
	e = forge();
	at = memmem(forged[1], e->dirs[1].size, "com.example.tool", 16);
	cr_assert_not_null(at);
	at[0] = 'd';
	agree(e);
	refused("says identifier");
}

Test(ops_handover, other_entitlements_than_shown_are_refused)
{
	struct sgn_handover_entry *e;
	struct sgn_codedir cd;
	struct sgn_view hash;

	prepare_tool(false);
	for (uint32_t slot = CSSLOT_ENTITLEMENTS; slot <= CSSLOT_DER_ENTITLEMENTS; slot += 2) {
		e = forge();
		cr_assert_eq(sgn_codedir_read(sgn_handover_view(e->dirs[0]), &cd, NULL), 0);
		cr_assert(sgn_codedir_special(&cd, slot, &hash));
		forged[0][hash.data - forged[0]] ^= 1;
		agree(e);
		refused("the entitlements in the document");
		forged[0][hash.data - forged[0]] ^= 1;
	}
}

Test(ops_handover, cut_and_padded_directories_are_refused)
{
	struct sgn_handover_entry *e;
	size_t whole;

	prepare_tool(false);
	e = forge();
	whole = e->dirs[0].size;
	for (size_t size = 0; size < whole; size += 1 + size / 8) {
		e->dirs[0].size = size;
		refused("");
	}
	e->dirs[0].size = whole + 8;
	memset(forged[0] + whole, 0, 8);
	refused("behind a CodeDirectory");
	e->dir_count = 0;
	refused("no CodeDirectory");
}

Test(ops_handover, no_single_flipped_bit_is_signed)
{
	struct sgn_handover_entry *e;
	uint8_t *attributes;
	struct sgn_view v;

	prepare_tool(false);
	e = forge();
	for (size_t i = 0; i < e->dirs[0].size; i += 7) {
		forged[0][i] ^= (uint8_t)(1 << (i % 8));
		refused("");
		forged[0][i] ^= (uint8_t)(1 << (i % 8));
	}
	v = sgn_handover_view(e->attributes);
	attributes = malloc(v.size);
	cr_assert_not_null(attributes);
	memcpy(attributes, v.data, v.size);
	e->attributes.data = attributes;
	for (size_t i = 0; i < v.size; i += 7) {
		attributes[i] ^= 0x20;
		refused("");
		attributes[i] ^= 0x20;
	}
	sign_digests();
	free(attributes);
}

Test(ops_handover, an_entry_must_have_its_texts)
{
	struct sgn_handover_entry e;

	prepare_tool(false);
	e = doc.entries[0];
	e.digest = NULL;
	cr_assert_eq(sgn_handover_add_entry(&doc, &e, &t.err), SGN_E_FORMAT);
	e = doc.entries[0];
	e.dir_count = SGN_HANDOVER_DIRS + 1;
	cr_assert_eq(sgn_handover_add_entry(&doc, &e, &t.err), SGN_E_LIMIT);
}

/* --- rules ------------------------------------------------------------------------------------------ */

static int check(struct sgn_handover_rules rules)
{
	sgn_error_dispose(&t.err);
	return sgn_handover_check(&doc, id, &rules, &t.err);
}

Test(ops_handover, rules_restrict_identifiers_and_teams)
{
	const char *const other[] = {"org.*", "com.example.too"}, *const right[] = {
									  "com.example.*"};
	const char *const team[] = {"ABCDE12345"}, *const another[] = {"ZZZZZ99999"};

	prepare_tool(false);
	cr_assert_eq(
		check((struct sgn_handover_rules){.identifiers = other, .identifier_count = 2}),
		SGN_E_MISMATCH);
	cr_assert_eq(
		check((struct sgn_handover_rules){.identifiers = right, .identifier_count = 1}), 0);
	cr_assert_eq(check((struct sgn_handover_rules){.teams = team, .team_count = 1}), 0);
	cr_assert_eq(check((struct sgn_handover_rules){.teams = another, .team_count = 1}),
	             SGN_E_MISMATCH);
}

Test(ops_handover, times_far_from_now_need_permission)
{
	static const int64_t far[] = {-25 * 3600, 11 * 60, INT64_MAX / 2};

	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
		struct sgn_handover_rules any = {.any_time = true, .allow_expired = true};

		prepare_tool(false);
		doc.signing_time = now + far[i];
		cr_assert_eq(check((struct sgn_handover_rules){0}), SGN_E_MISMATCH);
		cr_assert_not_null(strstr(t.err.text, "too far from now"), "%s", t.err.text);
		cr_assert_eq(check(any), SGN_E_MISMATCH, "the attributes have another time");
		cr_assert_not_null(strstr(t.err.text, "attributes"), "%s", t.err.text);
	}
}

/* --- attaching -------------------------------------------------------------------------------------- */

Test(ops_handover, a_changed_file_is_not_signed)
{
	struct sgn_sign_options o = options();
	const char *path;

	prepare_tool(false);
	sign_digests();
	path = scratch_path(&t.dir, "tool");
	ops_test_flip(path, 5000);
	cr_assert_eq(new_run(&doc, false), 0);
	o.handover = run;
	o.identifier = "com.example.tool";
	o.entitlements = entitlements;
	o.entitlements_size = sizeof(entitlements) - 1;
	cr_assert_eq(sgn_sign_path(t.ctx, path, &o, NULL, &t.err), SGN_E_MISMATCH);
	cr_assert_not_null(strstr(t.err.text, "1 of "), "%s", t.err.text);
	cr_assert_not_null(strstr(t.err.text, "page 0"), "%s", t.err.text);
	ops_test_flip(path, 5000);
	ops_test_sign(&t, path, &o);
	cr_assert_str_eq(ops_test_verify(&t, path), "");
}

Test(ops_handover, a_run_looks_at_every_signature_first)
{
	struct sgn_handover_bytes good;
	uint8_t bad[512];

	prepare_tool(false);
	cr_assert_eq(new_run(&doc, false), SGN_E_NOTFOUND, "not signed yet");
	sign_digests();
	cr_assert_eq(new_run(&doc, true), SGN_E_USAGE, "nothing to prepare");
	good = doc.entries[0].signature;
	memcpy(bad, good.data, good.size);
	bad[20] ^= 1;
	doc.entries[0].signature.data = bad;
	cr_assert_eq(new_run(&doc, false), SGN_E_MISMATCH);
	doc.entries[0].signature.size = good.size - 1;
	cr_assert_eq(new_run(&doc, false), SGN_E_MISMATCH);
	doc.entries[0].signature = good;
	doc.entries[0].digest = "nonsense";
	cr_assert_eq(new_run(&doc, false), SGN_E_FORMAT);
}

Test(ops_handover, a_run_wants_the_certificate_of_the_document)
{
	prepare_tool(false);
	sign_digests();
	doc.certificate_sha256 = "00";
	cr_assert_eq(new_run(&doc, false), SGN_E_MISMATCH);
	cr_assert_not_null(strstr(t.err.text, "certificate"));
	doc.certificate_sha256 = NULL;
	cr_assert_eq(new_run(&doc, false), SGN_E_MISMATCH);
}

Test(ops_handover, base64_is_strict)
{
	static const char *const wrong[] = {"A",      "AA",       "AA=",  "A===", "AAAA ",
	                                    "AA\nAA", "AA==AA==", "AA=A", "!AAA"};
	void *bytes;
	char *text;
	size_t size;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		cr_assert_eq(sgn_base64_bytes(wrong[i], strlen(wrong[i]), &bytes, &size, NULL),
		             SGN_E_FORMAT, "%s", wrong[i]);
	cr_assert_eq(sgn_base64_text("\0\1\377", 3, &text, NULL), 0);
	cr_assert_str_eq(text, "AAH/");
	cr_assert_eq(sgn_base64_bytes(text, 4, &bytes, &size, NULL), 0);
	cr_assert_eq(size, 3);
	cr_assert_eq(memcmp(bytes, "\0\1\377", 3), 0);
	sgn_bytes_free(bytes);
	sgn_bytes_free(text);
	cr_assert_eq(sgn_base64_bytes("", 0, &bytes, &size, NULL), 0);
	cr_assert_eq(size, 0);
	sgn_bytes_free(bytes);
}
