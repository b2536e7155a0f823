/* SPDX-License-Identifier: Apache-2.0 */
/* Requirements against signed programs: every kind of clause, met and not met, and what is said of it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops_test.h"
#include "tests/support/bundle_builder.h"

static struct ops_test t;

static void begin(void)
{
	ops_test_begin(&t);
}

static void end(void)
{
	ops_test_end(&t);
}

TestSuite(ops_requirement_test, .init = begin, .fini = end, .timeout = 60);

static const char entitlements[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>"
	"<key>flag</key><true/><key>off</key><false/>"
	"<key>name</key><string>value-10</string>"
	"<key>groups</key><array><string>AAAAAAAAAA.one</string><string>two</string></array>"
	"</dict></plist>\n";

static const char info[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>"
	"<key>CFBundleIdentifier</key><string>com.example.tool</string>"
	"<key>CFBundleVersion</key><string>1.10.2</string></dict></plist>\n";

static const char *make_tool(const char *name, struct sgn_identity *id)
{
	struct mb_slice s = mb_arm64();
	struct sgn_sign_options o;
	const char *path;

	s.info_plist = info;
	path = ops_test_thin(&t, name, &s);
	sgn_sign_options_init(&o);
	o.identity = id;
	o.timestamp_none = true;
	o.entitlements = entitlements;
	o.entitlements_size = sizeof(entitlements) - 1;
	ops_test_sign(&t, path, &o);
	return path;
}

static struct sgn_judgement *judge(const char *path, const char *requirement)
{
	struct sgn_judge_options o = {.requirement = requirement,
	                              .requirement_size = requirement ? strlen(requirement) : 0};
	struct sgn_judgement *j;
	int rc = sgn_requirement_judge(t.ctx, path, &o, &j, &t.err);

	cr_assert_eq(rc, 0, "%s: %s: %s", requirement ? requirement : "(own)", sgn_status_name(rc),
	             t.err.text);
	return j;
}

static enum sgn_met met(const char *path, const char *requirement)
{
	struct sgn_judgement *j = judge(path, requirement);
	enum sgn_met m = j->met;

	cr_expect_null(j->problem, "%s", j->problem);
	sgn_judgement_free(j);
	return m;
}

struct row {
	const char *text;
	enum sgn_met want;
};

static void check_rows(const char *path, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cr_expect_eq(met(path, rows[i].text), rows[i].want, "%s", rows[i].text);
}

#define CHECK(path, rows) check_rows(path, rows, sizeof(rows) / sizeof((rows)[0]))

Test(ops_requirement_test, every_clause_about_a_developer_id_tool_is_met_or_not)
{
	static const struct row rows[] = {
		{"always", SGN_MET},
		{"never", SGN_NOT_MET},
		{"! never", SGN_MET},
		{"identifier com.example.tool", SGN_MET},
		{"identifier com.example.tools", SGN_NOT_MET},
		{"identifier $self.identifier", SGN_MET},
		{"anchor apple generic", SGN_MET},
		{"anchor apple", SGN_NOT_MET},
		{"anchor apple foo", SGN_MET_OPEN},
		{"(\"foo\")", SGN_MET_OPEN},
		{"anchor trusted", SGN_MET_OPEN},
		{"certificate leaf trusted", SGN_MET_OPEN},
		{"certificate 7 trusted", SGN_NOT_MET},
		{"notarized", SGN_MET_OPEN},
		{"legacy", SGN_MET_OPEN},
		{"platform = 0", SGN_MET},
		{"platform = 13", SGN_NOT_MET},
		{"certificate leaf[subject.OU] = AAAAAAAAAA", SGN_MET},
		{"certificate leaf[subject.OU] = BBBBBBBBBB", SGN_NOT_MET},
		{"certificate leaf[subject.UID] = AAAAAAAAAA", SGN_MET},
		{"certificate leaf[subject.CN] = \"Developer ID Application: \"*", SGN_MET},
		{"certificate leaf[subject.CN] = *\"(AAAAAAAAAA)\"", SGN_MET},
		{"certificate leaf[subject.CN] ~ \"Application: Te\"", SGN_MET},
		{"certificate leaf[subject.CN] = \"Apple Development: \"*", SGN_NOT_MET},
		{"certificate leaf[subject.O] = Test", SGN_MET},
		{"certificate leaf[subject.C] = US", SGN_MET},
		{"certificate leaf[subject.L] exists", SGN_NOT_MET},
		{"certificate leaf[subject.L] absent", SGN_MET},
		{"certificate root[subject.CN] = \"Test Root CA\"", SGN_MET},
		{"certificate -2[subject.CN] = \"Developer ID Certification Authority\"", SGN_MET},
		{"certificate 3[subject.CN] exists", SGN_NOT_MET},
		{"certificate leaf[field.1.2.840.113635.100.6.1.13]", SGN_MET},
		{"certificate leaf[field.1.2.840.113635.100.6.1.9]", SGN_NOT_MET},
		{"certificate 1[field.1.2.840.113635.100.6.2.6] exists", SGN_MET},
		{"certificate 1[field.1.2.840.113635.100.6.2.1] absent", SGN_MET},
		{"certificate leaf[policy.1.2.840.113635.100.5.1]", SGN_MET},
		{"certificate leaf[policy.1.2.3.4]", SGN_NOT_MET},
		{"certificate leaf[policy.1.2.3.4] absent", SGN_MET},
		{"certificate leaf[timestamp.1.2.840.113635.100.6.1.33] >= timestamp "
	         "\"20200101000000Z\"",
	         SGN_MET},
		{"certificate leaf[timestamp.1.2.840.113635.100.6.1.33] < timestamp "
	         "\"20200101000000Z\"",
	         SGN_NOT_MET},
		{"info[CFBundleVersion] = \"1.10.2\"", SGN_MET},
		{"info[CFBundleVersion] >= \"1.9\"", SGN_MET},
		{"info[CFBundleVersion] < \"1.9\"", SGN_NOT_MET},
		{"info[CFBundleName]", SGN_NOT_MET},
		{"entitlement[flag]", SGN_MET},
		{"entitlement[off]", SGN_NOT_MET},
		{"entitlement[name] = value*", SGN_MET},
		{"entitlement[name] > \"value-9\"", SGN_MET},
		{"entitlement[groups] = two", SGN_MET},
		{"entitlement[groups] = three", SGN_NOT_MET},
		{"entitlement[missing] absent", SGN_MET},
		{"never or notarized", SGN_MET_OPEN},
		{"never and notarized", SGN_NOT_MET},
		{"always or notarized", SGN_MET},
		{"! notarized", SGN_MET_OPEN},
	};
	struct sgn_identity *ids[2];

	ops_test_two_teams(&t, "developer-id", NULL, ids);
	CHECK(make_tool("tool", ids[0]), rows);
	sgn_identity_free(ids[0]);
}

Test(ops_requirement_test, hashes_of_certificates_and_code_are_compared)
{
	char text[200];
	struct sgn_identity *ids[2];
	struct sgn_description *d;
	const char *path;

	ops_test_two_teams(&t, "developer-id", NULL, ids);
	path = make_tool("tool", ids[0]);
	cr_assert_eq(sgn_describe_path(t.ctx, path, &d, &t.err), 0, "%s", t.err.text);
	for (size_t i = 0; i < d->slices[0].chain_count; i++) {
		snprintf(text, sizeof(text), "certificate %zu = H\"%s\"", i,
		         d->slices[0].chain[i].sha1);
		cr_expect_eq(met(path, text), SGN_MET, "%s", text);
		snprintf(text, sizeof(text), "certificate %zu = H\"%s\"", (i + 1) % 3,
		         d->slices[0].chain[i].sha1);
		cr_expect_eq(met(path, text), SGN_NOT_MET, "%s", text);
	}
	snprintf(text, sizeof(text), "cdhash H\"%040d\"", 0);
	cr_expect_eq(met(path, text), SGN_NOT_MET);
	for (size_t i = 0; i < 20; i++)
		snprintf(text + 9 + 2 * i, sizeof(text) - 9 - 2 * i, "%02x\"",
		         d->slices[0].dirs[d->slices[0].best].cdhash.data[i]);
	cr_expect_eq(met(path, text), SGN_MET, "%s", text);
	sgn_description_free(d);
	sgn_identity_free(ids[0]);
}

Test(ops_requirement_test, ad_hoc_code_has_no_certificates)
{
	static const struct row rows[] = {
		{"identifier com.example.tool", SGN_MET},
		{"anchor apple generic", SGN_NOT_MET},
		{"anchor apple", SGN_MET_OPEN},
		{"anchor trusted", SGN_NOT_MET},
		{"certificate leaf[subject.CN] exists", SGN_NOT_MET},
		{"certificate root = H\"0000000000000000000000000000000000000000\"", SGN_NOT_MET},
		{"legacy", SGN_NOT_MET},
		{"entitlement[flag]", SGN_MET},
	};

	CHECK(make_tool("tool", NULL), rows);
}

Test(ops_requirement_test, apples_own_code_and_development_code_are_told_apart)
{
	static const struct row apple[] = {
		{"anchor apple", SGN_MET},
		{"anchor apple generic", SGN_MET},
		{"certificate leaf[field.1.2.840.113635.100.6.22]", SGN_MET},
		{"legacy", SGN_NOT_MET},
	};
	static const struct row development[] = {
		{"anchor apple", SGN_NOT_MET},
		{"anchor apple generic", SGN_MET},
		{"certificate 1[field.1.2.840.113635.100.6.2.1]", SGN_MET},
		{"certificate leaf[field.1.2.840.113635.100.6.1.13]", SGN_NOT_MET},
		{"legacy", SGN_NOT_MET},
	};
	struct sgn_identity *ids[2];
	const char *a, *b;

	ops_test_two_teams(&t, "software-signing", "apple-development", ids);
	a = make_tool("a", ids[0]);
	b = make_tool("b", ids[1]);
	CHECK(a, apple);
	CHECK(b, development);
	for (size_t i = 0; i < 2; i++) {
		cr_expect_eq(met(i ? b : a, NULL), SGN_MET, "its own requirement");
		sgn_identity_free(ids[i]);
	}
}

Test(ops_requirement_test, the_clauses_that_decide_are_marked_and_chains_are_one_group)
{
	static const struct {
		unsigned depth;
		const char *group;
		enum sgn_met met;
		bool decisive;
		const char *text, *found;
	} want[] = {
		{0, "and", SGN_NOT_MET, true, "and", NULL},
		{1, NULL, SGN_MET, false, "identifier \"com.example.tool\"", "com.example.tool"},
		{1, NULL, SGN_NOT_MET, true, "platform = 9", "0"},
		{1, "or", SGN_NOT_MET, true, "or", NULL},
		{2, NULL, SGN_NOT_MET, true, "never", NULL},
		{2, "!", SGN_NOT_MET, true, "!", NULL},
		{3, NULL, SGN_MET, true, "entitlement[flag] /* exists */", "true"},
		{1, NULL, SGN_MET_OPEN, false, "notarized", NULL},
	};
	const char *path = make_tool("tool", NULL);
	struct sgn_judgement *j = judge(path, "identifier com.example.tool and platform = 9 and "
	                                      "(never or ! entitlement[flag]) and notarized");
	const struct sgn_judged_slice *s = &j->slices[0];

	cr_assert_eq(j->slice_count, 1);
	cr_assert_eq(s->clause_count, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < s->clause_count; i++) {
		const struct sgn_clause *c = &s->clauses[i];

		cr_expect_eq(c->depth, want[i].depth, "%zu", i);
		cr_expect_str_eq(c->text, want[i].text);
		cr_expect_eq(c->met, want[i].met, "%s", c->text);
		cr_expect_eq(c->decisive, want[i].decisive, "%s", c->text);
		cr_expect_eq(c->group == NULL, want[i].group == NULL, "%s", c->text);
		if (want[i].found)
			cr_expect_str_eq(c->found, want[i].found);
		else
			cr_expect_null(c->found);
		cr_expect_eq(c->why != NULL, c->met == SGN_MET_OPEN && !c->group, "%s", c->text);
	}
	sgn_judgement_free(j);
}

Test(ops_requirement_test, all_slices_count_and_one_can_be_chosen)
{
	struct mb_slice s[2] = {mb_x86_64(), mb_arm64()};
	struct sgn_judge_options o = {.requirement = "always", .requirement_size = 6};
	struct sgn_sign_options so;
	struct sgn_judgement *j;
	const char *path = ops_test_fat(&t, "fat", s, 2);

	sgn_sign_options_init(&so);
	ops_test_sign(&t, path, &so);
	cr_assert_eq(sgn_requirement_judge(t.ctx, path, &o, &j, &t.err), 0);
	cr_expect_eq(j->slice_count, 2);
	cr_expect_str_eq(j->slices[0].arch, "arm64", "the native slice first");
	sgn_judgement_free(j);
	o.arch = "x86_64";
	cr_assert_eq(sgn_requirement_judge(t.ctx, path, &o, &j, &t.err), 0);
	cr_expect_eq(j->slice_count, 1);
	cr_expect_str_eq(j->slices[0].arch, "x86_64");
	sgn_judgement_free(j);
	o.arch = "ppc";
	cr_expect_eq(sgn_requirement_judge(t.ctx, path, &o, &j, &t.err), SGN_E_USAGE);
	cr_expect_null(j);
	/* Its own requirement is implied: the hashes of both slices. */
	j = judge(path, NULL);
	cr_expect(j->own);
	cr_expect(j->slices[0].implied);
	cr_expect_eq(j->met, SGN_MET);
	cr_expect_not_null(strstr(j->slices[0].requirement, " or cdhash H\""));
	sgn_judgement_free(j);
}

Test(ops_requirement_test, a_bundle_is_judged_with_its_info_plist)
{
	struct sgn_sign_options o;
	const char *path, *main_file;

	bb_app(&t.dir, "My");
	path = scratch_path(&t.dir, "My.app");
	main_file = scratch_path(&t.dir, "My.app/Contents/MacOS/Main");
	sgn_sign_options_init(&o);
	ops_test_sign(&t, path, &o);
	cr_expect_eq(met(path, "info[CFBundlePackageType] = APPL"), SGN_MET);
	cr_expect_eq(met(main_file, "info[CFBundlePackageType] = APPL"), SGN_MET);
	cr_expect_eq(met(path, "info[CFBundlePackageType] = FMWK"), SGN_NOT_MET);
	/* What was changed after signing does not count as it stands. */
	bb_info(&t.dir, "My.app/Contents/Info.plist", "com.example.other", "Main", "FMWK");
	{
		struct sgn_judgement *j = judge(path, "info[CFBundlePackageType] = FMWK");

		cr_assert_not_null(j->problem);
		cr_expect_not_null(strstr(j->problem, "does not match its seal"));
		sgn_judgement_free(j);
	}
}

Test(ops_requirement_test, what_cannot_be_judged_says_why)
{
	struct sgn_judge_options o = {.requirement = "identifier", .requirement_size = 10};
	struct mb_slice s = mb_arm64();
	const char *path = ops_test_thin(&t, "unsigned", &s);
	struct sgn_judgement *j;

	cr_expect_eq(sgn_requirement_judge(t.ctx, path, NULL, &j, &t.err), SGN_E_NOTFOUND);
	cr_expect_eq(t.err.osstatus, -67062);
	cr_expect_eq(sgn_requirement_judge(t.ctx, "/does/not/exist", NULL, &j, &t.err),
	             SGN_E_NOTFOUND);
	path = make_tool("tool", NULL);
	cr_expect_eq(sgn_requirement_judge(t.ctx, path, &o, &j, &t.err), SGN_E_FORMAT);
	cr_expect_eq(t.err.osstatus, -67052);
	o.requirement = "host => always";
	o.requirement_size = 14;
	cr_expect_eq(sgn_requirement_judge(t.ctx, path, &o, &j, &t.err), SGN_E_USAGE);
	cr_expect_not_null(strstr(t.err.text, "no designated requirement"));
	cr_expect_null(j);
	sgn_judgement_free(NULL);
}
