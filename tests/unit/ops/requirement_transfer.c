/* SPDX-License-Identifier: Apache-2.0 */
/* The move to another team, as docs/howto-team-transfer.md tells it, and what is refused. */
#include <criterion/criterion.h>
#include <stdio.h>
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

TestSuite(ops_requirement_transfer, .init = begin, .fini = end, .timeout = 120);

#define OLD "AAAAAAAAAA"
#define NEW "BBBBBBBBBB"

static const char *sign(const char *name, struct sgn_identity *id, const void *requirement,
                        size_t size)
{
	struct mb_slice s = mb_arm64();
	const char *path = ops_test_thin(&t, name, &s);
	struct sgn_sign_options o;

	sgn_sign_options_init(&o);
	o.identity = id;
	o.timestamp_none = true;
	o.identifier = "com.example.tool";
	o.requirements = requirement;
	o.requirements_size = size;
	ops_test_sign(&t, path, &o);
	return path;
}

static const char *sign_text(const char *name, struct sgn_identity *id, const char *requirement)
{
	return sign(name, id, requirement, requirement ? strlen(requirement) : 0);
}

static int try_transfer(const char *path, struct sgn_transfer **out)
{
	struct sgn_transfer_options o = {.from = OLD, .to = NEW, .path = path};

	sgn_error_dispose(&t.err);
	return sgn_requirement_transfer(t.ctx, &o, out, &t.err);
}

static struct sgn_transfer *transfer(const char *path)
{
	struct sgn_transfer *tr;
	int rc = try_transfer(path, &tr);

	cr_assert_eq(rc, 0, "%s: %s", sgn_status_name(rc), t.err.text);
	return tr;
}

static enum sgn_met same(const char *before, const char *after)
{
	struct sgn_sameness *s;
	enum sgn_met met;

	cr_assert_eq(sgn_requirement_same(t.ctx, before, after, &s, &t.err), 0, "%s", t.err.text);
	met = s->broken ? SGN_MET_OPEN : s->met;
	sgn_sameness_free(s);
	return met;
}

Test(ops_requirement_transfer, the_whole_move_of_a_developer_id_tool)
{
	const char *released, *transition, *final;
	struct sgn_identity *ids[2];
	struct sgn_transfer *tr;

	ops_test_two_teams(&t, "developer-id", "developer-id", ids);
	released = sign("released", ids[0], NULL, 0);
	tr = transfer(released);
	cr_assert_eq(tr->item_count, 1);
	cr_expect(tr->items[0].changed);
	cr_expect_str_eq(tr->items[0].text,
	                 "identifier \"com.example.tool\" and anchor apple generic and certificate "
	                 "1[field.1.2.840.113635.100.6.2.6] /* exists */ and certificate "
	                 "leaf[field.1.2.840.113635.100.6.1.13] /* exists */ and (certificate "
	                 "leaf[subject.OU] = " OLD " or certificate leaf[subject.OU] = " NEW ")");
	cr_expect_eq(tr->step_count, 3);
	cr_expect_gt(tr->limit_count, 0u);
	transition = sign("transition", ids[0], tr->items[0].blob, tr->items[0].blob_size);
	final = sign("final", ids[1], tr->items[0].blob, tr->items[0].blob_size);
	cr_expect_str_eq(ops_test_verify(&t, transition), "", "it meets its own requirement");
	cr_expect_str_eq(ops_test_verify(&t, final), "");
	cr_expect_eq(same(released, transition), SGN_MET, "the first step of the bridge");
	cr_expect_eq(same(transition, final), SGN_MET, "the second");
	cr_expect_eq(same(released, final), SGN_NOT_MET, "no way around the transition build");
	sgn_transfer_free(tr);
	/* Nothing is left to do. */
	tr = transfer(transition);
	cr_expect_not(tr->items[0].changed);
	cr_expect_not_null(strstr(tr->items[0].notes[0], "already"));
	sgn_transfer_free(tr);
	sgn_identity_free(ids[0]);
	sgn_identity_free(ids[1]);
}

static enum sgn_met meets(struct sgn_context *ctx, const char *path, const struct sgn_transfer *tr)
{
	struct sgn_judge_options o = {.requirement = tr->items[0].blob,
	                              .requirement_size = tr->items[0].blob_size};
	struct sgn_judgement *j;
	enum sgn_met met;

	cr_assert_eq(sgn_requirement_judge(ctx, path, &o, &j, &t.err), 0, "%s", t.err.text);
	met = j->met;
	sgn_judgement_free(j);
	return met;
}

Test(ops_requirement_transfer, it_lets_in_nobody_else)
{
	struct sgn_transfer_options third = {.from = OLD, .to = "CCCCCCCCCC"};
	struct sgn_identity *ids[2];
	struct sgn_context *plain;
	struct sgn_transfer *tr;
	const char *released, *other;

	ops_test_two_teams(&t, "developer-id", "developer-id", ids);
	released = sign("released", ids[0], NULL, 0);
	other = sign("other", ids[1], NULL, 0);
	tr = transfer(released);
	cr_expect_eq(meets(t.ctx, released, tr), SGN_MET);
	cr_expect_eq(meets(t.ctx, other, tr), SGN_MET, "made for it");
	cr_expect_eq(meets(t.ctx, sign("adhoc", NULL, NULL, 0), tr), SGN_NOT_MET);
	/* Where the roots are not Apple's, the teams in the certificates are worth nothing. */
	cr_assert_eq(sgn_context_new(NULL, &plain, &t.err), 0);
	cr_expect_eq(meets(plain, released, tr), SGN_NOT_MET);
	cr_expect_eq(meets(plain, other, tr), SGN_NOT_MET);
	sgn_context_free(plain);
	sgn_transfer_free(tr);
	third.path = released;
	cr_assert_eq(sgn_requirement_transfer(t.ctx, &third, &tr, &t.err), 0);
	cr_expect_eq(meets(t.ctx, released, tr), SGN_MET);
	cr_expect_eq(meets(t.ctx, other, tr), SGN_NOT_MET, "made for two other teams");
	sgn_transfer_free(tr);
	sgn_identity_free(ids[0]);
	sgn_identity_free(ids[1]);
}

/* Same team, same identifier, but without the markers that the requirement asks for. */
Test(ops_requirement_transfer, markers_are_asked_of_the_new_team_too)
{
	struct sgn_identity *ids[2];
	struct sgn_transfer *tr;

	ops_test_two_teams(&t, "developer-id", "apple-development", ids);
	tr = transfer(sign("released", ids[0], NULL, 0));
	cr_expect_eq(meets(t.ctx, sign("development", ids[1], NULL, 0), tr), SGN_NOT_MET);
	sgn_transfer_free(tr);
	sgn_identity_free(ids[0]);
	sgn_identity_free(ids[1]);
}

Test(ops_requirement_transfer, development_builds_keep_the_old_name_and_take_the_new_team)
{
	struct sgn_identity *ids[2];
	const char *released, *transition, *final;
	struct sgn_transfer *tr;

	ops_test_two_teams(&t, "apple-development", "apple-development", ids);
	released = sign("released", ids[0], NULL, 0);
	tr = transfer(released);
	cr_expect_str_eq(
		tr->items[0].text,
		"identifier \"com.example.tool\" and anchor apple generic and (certificate "
		"leaf[subject.CN] = \"Apple Development: Test (" OLD ")\" or certificate "
		"leaf[subject.CN] = \"Apple Development: \"* and certificate "
		"leaf[subject.OU] = " NEW ") and certificate "
		"1[field.1.2.840.113635.100.6.2.1] /* exists */");
	cr_expect_not_null(strstr(tr->items[0].notes[0], "development certificate"));
	transition = sign("transition", ids[0], tr->items[0].blob, tr->items[0].blob_size);
	final = sign("final", ids[1], tr->items[0].blob, tr->items[0].blob_size);
	cr_expect_eq(same(released, transition), SGN_MET);
	cr_expect_eq(same(transition, final), SGN_MET);
	sgn_transfer_free(tr);
	sgn_identity_free(ids[0]);
	sgn_identity_free(ids[1]);
}

Test(ops_requirement_transfer, upload_builds_are_told_that_the_store_signs_again)
{
	static const char *const kinds[] = {"apple-distribution", "mac-app-distribution"};

	for (size_t i = 0; i < 2; i++) {
		struct sgn_identity *ids[2];
		struct sgn_transfer *tr;

		ops_test_two_teams(&t, kinds[i], NULL, ids);
		tr = transfer(sign("released", ids[0], NULL, 0));
		cr_expect(tr->items[0].changed);
		cr_expect_not_null(strstr(tr->items[0].notes[0], "the store signs again"));
		sgn_transfer_free(tr);
		sgn_identity_free(ids[0]);
		scratch_remove(&t.dir);
		scratch_make(&t.dir);
	}
}

Test(ops_requirement_transfer, an_explicit_requirement_is_the_start_not_the_default)
{
	static const char both_ways[] =
		"designated => anchor apple generic and identifier com.example.tool and "
		"(certificate "
		"leaf[field.1.2.840.113635.100.6.1.9] or certificate "
		"1[field.1.2.840.113635.100.6.2.6] and certificate "
		"leaf[field.1.2.840.113635.100.6.1.13] and certificate leaf[subject.OU] = " OLD ")";
	static const char named[] =
		"designated => anchor apple generic and identifier com.example.tool and "
		"certificate "
		"leaf[subject.CN] = \"Developer ID Application: Test (" OLD ")\" and certificate "
		"leaf[subject.O] = Test";
	struct sgn_identity *ids[2];
	struct sgn_transfer *tr;

	ops_test_two_teams(&t, "developer-id", NULL, ids);
	tr = transfer(sign_text("a", ids[0], both_ways));
	cr_expect_not_null(
		strstr(tr->items[0].text, "leaf[field.1.2.840.113635.100.6.1.9] /* exists */ or "));
	cr_expect_not_null(strstr(tr->items[0].text, "(certificate leaf[subject.OU] = " OLD
	                                             " or certificate leaf[subject.OU] = " NEW));
	sgn_transfer_free(tr);
	tr = transfer(sign_text("b", ids[0], named));
	cr_expect_not_null(strstr(tr->items[0].text,
	                          "(certificate leaf[subject.O] = Test or certificate "
	                          "leaf[subject.OU] = " NEW ")"));
	sgn_transfer_free(tr);
	sgn_identity_free(ids[0]);
}

Test(ops_requirement_transfer, what_names_no_team_is_left_alone_and_said)
{
	struct sgn_identity *ids[2];
	struct sgn_transfer *tr;

	ops_test_two_teams(&t, "developer-id", NULL, ids);
	tr = transfer(sign_text("a", ids[0], "designated => identifier com.example.tool"));
	cr_expect_not(tr->items[0].changed);
	cr_assert_eq(tr->items[0].note_count, 3);
	cr_expect_not_null(strstr(tr->items[0].notes[0], "names no team"));
	cr_expect_not_null(strstr(tr->items[0].notes[1], "anchor apple generic"));
	sgn_transfer_free(tr);
	sgn_identity_free(ids[0]);
}

Test(ops_requirement_transfer, hashes_cannot_follow)
{
	struct sgn_identity *ids[2];
	struct sgn_identity_info info;
	struct sgn_transfer *tr;
	char text[200];
	const char *path;

	ops_test_two_teams(&t, "developer-id", NULL, ids);
	sgn_identity_describe(ids[0], &info);
	snprintf(text, sizeof(text),
	         "designated => identifier com.example.tool and certificate leaf = H\"%s\"",
	         info.sha1);
	path = sign_text("pinned", ids[0], text);
	cr_expect_eq(try_transfer(path, &tr), SGN_E_UNSUPPORTED);
	cr_expect_not_null(strstr(t.err.text, "can meet \"certificate leaf = H\""), "%s",
	                   t.err.text);
	cr_expect_null(tr);
	cr_expect_eq(try_transfer(sign("adhoc", NULL, NULL, 0), &tr), SGN_E_MISMATCH);
	cr_expect_not_null(strstr(t.err.text, "ad hoc"));
	path = sign_text("not", ids[0],
	                 "designated => anchor apple generic and ! (certificate leaf[subject.OU] = "
	                 "CCCCCCCCCC or never) and certificate leaf[subject.OU] = " OLD);
	tr = transfer(path);
	cr_expect(tr->items[0].changed, "another team stays out");
	sgn_transfer_free(tr);
	sgn_identity_free(ids[0]);
}

Test(ops_requirement_transfer, your_own_authority_is_met_by_everybody_below_it)
{
	struct sgn_transfer_options o = {.from = OLD, .to = NEW};
	struct sgn_identity *ids[2];
	struct sgn_transfer *tr;
	const char *path;

	ops_test_two_teams(&t, "self-signed", NULL, ids);
	path = sign("own", ids[0], NULL, 0);
	o.path = path;
	cr_expect_eq(sgn_requirement_transfer(t.ctx, &o, &tr, &t.err), SGN_E_UNSUPPORTED,
	             "the root is the signer itself");
	sgn_identity_free(ids[0]);
}

Test(ops_requirement_transfer, without_a_build_the_default_is_the_start)
{
	struct sgn_transfer_options o = {.from = OLD, .to = NEW, .identifier = "com.example.tool"};
	struct sgn_identity *ids[2];
	struct sgn_transfer *made, *built;

	ops_test_two_teams(&t, "developer-id", NULL, ids);
	cr_assert_eq(sgn_requirement_transfer(t.ctx, &o, &made, &t.err), 0, "%s", t.err.text);
	built = transfer(sign("released", ids[0], NULL, 0));
	cr_expect_str_eq(made->items[0].text, built->items[0].text);
	cr_expect_eq(made->items[0].blob_size, built->items[0].blob_size);
	cr_expect_eq(memcmp(made->items[0].blob, built->items[0].blob, built->items[0].blob_size),
	             0);
	sgn_transfer_free(made);
	sgn_transfer_free(built);
	sgn_identity_free(ids[0]);
}

Test(ops_requirement_transfer, contradictions_are_refused)
{
	static const struct sgn_transfer_options rows[] = {
		{.from = OLD, .to = OLD, .identifier = "x"},
		{.from = "AAAA", .to = NEW, .identifier = "x"},
		{.from = OLD, .to = "bbbbbbbbbb", .identifier = "x"},
		{.from = OLD, .to = "BBBBBBBBBB\"", .identifier = "x"},
		{.from = NULL, .to = NEW, .identifier = "x"},
		{.from = OLD, .to = NEW},
		{.from = OLD, .to = NEW, .path = "x", .identifier = "x"},
	};
	struct sgn_identity *ids[2];
	struct sgn_transfer *tr;
	const char *path;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_eq(sgn_requirement_transfer(t.ctx, &rows[i], &tr, &t.err), SGN_E_USAGE,
		             "%zu", i);
		cr_expect_null(tr);
	}
	ops_test_two_teams(&t, NULL, "developer-id", ids);
	path = sign("new", ids[1], NULL, 0);
	cr_expect_eq(try_transfer(path, &tr), SGN_E_MISMATCH);
	cr_expect_not_null(strstr(t.err.text, "signed by team " NEW), "%s", t.err.text);
	sgn_transfer_free(NULL);
	sgn_identity_free(ids[1]);
}

Test(ops_requirement_transfer, nested_code_gets_requirements_of_its_own)
{
	struct sgn_identity *ids[2];
	struct sgn_sign_options o;
	struct sgn_transfer *tr;
	const char *path;

	ops_test_two_teams(&t, "developer-id", NULL, ids);
	bb_app(&t.dir, "My");
	path = scratch_path(&t.dir, "My.app");
	sgn_sign_options_init(&o);
	o.identity = ids[0];
	o.timestamp_none = true;
	ops_test_sign(&t, path, &o);
	/* One item that nobody of the old team signed. */
	sgn_sign_options_init(&o);
	o.force = true;
	ops_test_sign(&t, scratch_path(&t.dir, "My.app/Contents/Frameworks/libloose.dylib"), &o);
	tr = transfer(path);
	cr_assert_eq(tr->item_count, 9);
	cr_expect_str_eq(tr->items[0].path, ".");
	for (size_t i = 0; i < tr->item_count; i++) {
		bool loose = strstr(tr->items[i].path, "libloose") != NULL;

		cr_expect_eq(tr->items[i].text == NULL, loose, "%s", tr->items[i].path);
		cr_expect_eq(tr->items[i].problem != NULL, loose);
		if (loose)
			cr_expect_not_null(strstr(tr->items[i].problem, "ad hoc"));
	}
	sgn_transfer_free(tr);
	sgn_identity_free(ids[0]);
}
