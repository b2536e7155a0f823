/* SPDX-License-Identifier: Apache-2.0 */
/* Two builds: the same program to macOS or not, in which direction, because of what, and what that
 * means. */
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

TestSuite(ops_requirement_same, .init = begin, .fini = end, .timeout = 120);

struct build {
	const char *name;
	struct sgn_identity *id;
	const char *requirement, *entitlements, *identifier;
	uint32_t seed;
};

static const char *make(const struct build *b)
{
	struct mb_slice s = mb_arm64();
	struct sgn_sign_options o;
	const char *path;

	s.seed = b->seed;
	path = ops_test_thin(&t, b->name, &s);
	sgn_sign_options_init(&o);
	o.identity = b->id;
	o.timestamp_none = true;
	o.identifier = b->identifier ? b->identifier : "com.example.tool";
	o.requirements = b->requirement;
	o.requirements_size = b->requirement ? strlen(b->requirement) : 0;
	o.entitlements = b->entitlements;
	o.entitlements_size = b->entitlements ? strlen(b->entitlements) : 0;
	ops_test_sign(&t, path, &o);
	return path;
}

static struct sgn_sameness *same(const char *before, const char *after)
{
	struct sgn_sameness *s;
	int rc = sgn_requirement_same(t.ctx, before, after, &s, &t.err);

	cr_assert_eq(rc, 0, "%s: %s", sgn_status_name(rc), t.err.text);
	return s;
}

/* The clauses that decide, joined by "; ". */
static const char *guilty(const struct sgn_same_way *w)
{
	static char text[2048];

	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < w->clause_count; i++) {
		if (w->clauses[i].group || !w->clauses[i].decisive)
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? "; " : "",
		                         w->clauses[i].text);
		cr_assert_lt(used, sizeof(text));
	}
	return text;
}

static const struct sgn_effect *effect(const struct sgn_sameness *s, const char *area,
                                       const char *word)
{
	for (size_t i = 0; i < s->effect_count; i++)
		if (!strcmp(s->effects[i].area, area) && strstr(s->effects[i].text, word))
			return &s->effects[i];
	return NULL;
}

static const struct sgn_same_item *item(const struct sgn_sameness *s, const char *path)
{
	for (size_t i = 0; i < s->item_count; i++)
		if (!strcmp(s->items[i].path, path))
			return &s->items[i];
	cr_assert_fail("%s is not among the items", path);
	return NULL;
}

Test(ops_requirement_same, an_update_of_one_team_keeps_everything)
{
	struct sgn_identity *ids[2];
	struct sgn_sameness *s;
	const char *a, *b;

	ops_test_two_teams(&t, "developer-id", NULL, ids);
	a = make(&(struct build){.name = "old", .id = ids[0], .seed = 1});
	b = make(&(struct build){.name = "new", .id = ids[0], .seed = 2});
	s = same(a, b);
	cr_expect_eq(s->met, SGN_MET);
	cr_expect_not(s->broken);
	cr_assert_eq(s->item_count, 1);
	cr_expect_str_eq(s->items[0].path, ".");
	cr_expect(s->items[0].is_program);
	cr_expect_eq(s->items[0].forward.met, SGN_MET);
	cr_expect_eq(s->items[0].back.met, SGN_MET);
	cr_expect_not(effect(s, "privacy", "applies to the new one")->lost);
	cr_expect_not_null(effect(s, "keychain", "without a question"));
	cr_expect_not_null(effect(s, "login-items", "stay registered"));
	sgn_sameness_free(s);
	sgn_identity_free(ids[0]);
}

Test(ops_requirement_same, another_team_is_another_program_both_ways)
{
	struct sgn_identity *ids[2];
	struct sgn_sameness *s;
	const char *a, *b;

	ops_test_two_teams(&t, "developer-id", "developer-id", ids);
	a = make(&(struct build){.name = "old", .id = ids[0]});
	b = make(&(struct build){.name = "new", .id = ids[1]});
	s = same(a, b);
	cr_expect_eq(s->met, SGN_NOT_MET);
	cr_expect_str_eq(guilty(&s->items[0].forward), "certificate leaf[subject.OU] = AAAAAAAAAA");
	cr_expect_str_eq(guilty(&s->items[0].back), "certificate leaf[subject.OU] = BBBBBBBBBB");
	cr_expect_str_eq(s->items[0].old_team, "AAAAAAAAAA");
	cr_expect_str_eq(s->items[0].new_team, "BBBBBBBBBB");
	cr_expect(effect(s, "privacy", "does not apply")->lost);
	cr_expect_not_null(strstr(effect(s, "privacy", "does not apply")->cure,
	                          "requirement transfer --from AAAAAAAAAA --to BBBBBBBBBB"));
	cr_expect(effect(s, "keychain", "asked for their password")->lost);
	cr_expect(effect(s, "keychain", "access groups that begin with the team")->lost);
	cr_expect(effect(s, "login-items", "registered anew")->lost);
	cr_expect_null(effect(s, "privacy", "applies to the new one"));
	sgn_sameness_free(s);
	sgn_identity_free(ids[0]);
	sgn_identity_free(ids[1]);
}

Test(ops_requirement_same, one_direction_alone_is_not_enough)
{
	static const char both[] =
		"designated => anchor apple generic and identifier com.example.tool "
		"and (certificate leaf[subject.OU] = AAAAAAAAAA or certificate "
		"leaf[subject.OU] = BBBBBBBBBB)";
	struct sgn_identity *ids[2];
	struct sgn_sameness *s;
	const char *a, *b;

	ops_test_two_teams(&t, "developer-id", "developer-id", ids);
	a = make(&(struct build){.name = "old", .id = ids[0], .requirement = both});
	b = make(&(struct build){.name = "new", .id = ids[1]});
	s = same(a, b);
	cr_expect_eq(s->met, SGN_NOT_MET);
	cr_expect_eq(s->items[0].forward.met, SGN_MET);
	cr_expect_eq(s->items[0].back.met, SGN_NOT_MET);
	cr_expect_not_null(effect(s, "privacy", "inherits"));
	cr_expect_null(effect(s, "privacy", "does not apply"));
	sgn_sameness_free(s);
	s = same(b, a);
	cr_expect_eq(s->items[0].forward.met, SGN_NOT_MET);
	cr_expect_eq(s->items[0].back.met, SGN_MET);
	cr_expect_not_null(effect(s, "privacy", "does not apply"));
	sgn_sameness_free(s);
	sgn_identity_free(ids[0]);
	sgn_identity_free(ids[1]);
}

Test(ops_requirement_same, ad_hoc_code_is_another_program_after_every_build)
{
	const char *a = make(&(struct build){.name = "old", .seed = 1});
	const char *b = make(&(struct build){.name = "new", .seed = 2});
	struct sgn_sameness *s = same(a, b);

	cr_expect_eq(s->met, SGN_NOT_MET);
	cr_expect(s->items[0].forward.implied);
	cr_expect_eq(strncmp(guilty(&s->items[0].forward), "cdhash H\"", 9), 0);
	cr_expect_not_null(strstr(effect(s, "privacy", "does not apply")->cure, "ad hoc"));
	sgn_sameness_free(s);
	s = same(a, a);
	cr_expect_eq(s->met, SGN_MET);
	sgn_sameness_free(s);
}

Test(ops_requirement_same, another_identifier_and_another_kind_of_certificate_are_named)
{
	struct sgn_identity *ids[2];
	struct sgn_sameness *s;
	const char *a, *b, *c;

	ops_test_two_teams(&t, "developer-id", "apple-development", ids);
	a = make(&(struct build){.name = "a", .id = ids[0]});
	b = make(&(struct build){.name = "b", .id = ids[0], .identifier = "com.example.other"});
	c = make(&(struct build){.name = "c", .id = ids[1]});
	s = same(a, b);
	cr_expect_str_eq(guilty(&s->items[0].forward), "identifier \"com.example.tool\"");
	cr_expect_not_null(strstr(effect(s, "privacy", "does not apply")->cure,
	                          "signet sign -i com.example.tool"));
	sgn_sameness_free(s);
	s = same(a, c);
	cr_expect_not_null(strstr(guilty(&s->items[0].forward), "6.1.13"));
	cr_expect_not_null(strstr(guilty(&s->items[0].back), "Apple Development: "));
	sgn_sameness_free(s);
	sgn_identity_free(ids[0]);
	sgn_identity_free(ids[1]);
}

Test(ops_requirement_same, what_depends_on_the_system_stays_open)
{
	static const char open[] = "designated => identifier com.example.tool and notarized";
	struct sgn_identity *ids[2];
	struct sgn_sameness *s;
	const char *a;

	ops_test_two_teams(&t, "developer-id", NULL, ids);
	a = make(&(struct build){.name = "a", .id = ids[0], .requirement = open});
	s = same(a, a);
	cr_expect_eq(s->met, SGN_MET_OPEN);
	cr_expect_str_eq(guilty(&s->items[0].forward), "notarized");
	cr_expect_not_null(effect(s, "privacy", "depends on the system"));
	sgn_sameness_free(s);
	sgn_identity_free(ids[0]);
}

#define ENTITLEMENTS(body)                                                               \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>" body \
	"</dict></plist>\n"

Test(ops_requirement_same, groups_that_are_given_up_are_named)
{
	static const char before[] = ENTITLEMENTS(
		"<key>keychain-access-groups</key><array><string>AAAAAAAAAA.a</string>"
		"<string>AAAAAAAAAA.b</string></array>"
		"<key>com.apple.security.application-groups</key><array><string>group.x</string>"
		"</array>");
	static const char after[] = ENTITLEMENTS(
		"<key>keychain-access-groups</key><array><string>AAAAAAAAAA.b</string></array>");
	struct sgn_identity *ids[2];
	struct sgn_sameness *s;
	const char *a, *b;

	ops_test_two_teams(&t, "developer-id", NULL, ids);
	a = make(&(struct build){.name = "a", .id = ids[0], .entitlements = before});
	b = make(&(struct build){.name = "b", .id = ids[0], .entitlements = after});
	s = same(a, b);
	cr_expect_eq(s->met, SGN_MET, "requirements are another matter");
	cr_expect_not_null(effect(s, "keychain", "any more: AAAAAAAAAA.a"));
	cr_expect_null(effect(s, "keychain", "AAAAAAAAAA.b"));
	cr_expect_not_null(effect(s, "containers", "group.x"));
	sgn_sameness_free(s);
	s = same(b, a);
	cr_expect_null(effect(s, "keychain", "any more"), "a new group takes nothing away");
	sgn_sameness_free(s);
	sgn_identity_free(ids[0]);
}

static const char *make_app(const char *name, struct sgn_identity *id, char path[512])
{
	char file[64];
	struct sgn_sign_options o;

	bb_app(&t.dir, name);
	snprintf(file, sizeof(file), "%s.app", name);
	/* The builder uses up the ring of scratch_path(). */
	snprintf(path, 512, "%s", scratch_path(&t.dir, file));
	sgn_sign_options_init(&o);
	o.identity = id;
	o.timestamp_none = true;
	ops_test_sign(&t, path, &o);
	return path;
}

Test(ops_requirement_same, every_nested_item_of_a_bundle_is_compared)
{
	struct sgn_identity *ids[2];
	struct sgn_sameness *s;
	const char *a, *b;
	char paths[2][512];
	size_t programs = 0;

	ops_test_two_teams(&t, "developer-id", "developer-id", ids);
	a = make_app("Old", ids[0], paths[0]);
	b = make_app("New", ids[1], paths[1]);
	s = same(a, b);
	cr_expect_eq(s->met, SGN_NOT_MET);
	cr_expect_eq(s->item_count, 9);
	cr_expect_str_eq(s->items[0].path, ".");
	cr_expect_str_eq(s->items[0].kind, "app");
	for (size_t i = 0; i < s->item_count; i++) {
		cr_expect_null(s->items[i].problem, "%s", s->items[i].problem);
		cr_expect(s->items[i].in_old && s->items[i].in_new, "%s", s->items[i].path);
		cr_expect_eq(s->items[i].forward.met, SGN_NOT_MET);
		programs += s->items[i].is_program;
	}
	cr_expect_gt(programs, 1u);
	cr_expect_lt(programs, 9u, "libraries are told from programs");
	cr_expect_not_null(effect(s, "libraries", "holds no permissions"));
	sgn_sameness_free(s);
	s = same(a, a);
	cr_expect_eq(s->met, SGN_MET);
	sgn_sameness_free(s);
	sgn_identity_free(ids[0]);
	sgn_identity_free(ids[1]);
}

Test(ops_requirement_same, items_of_one_build_only_are_listed)
{
	struct sgn_identity *ids[2];
	struct sgn_sign_options o;
	struct sgn_sameness *s;
	const char *a, *b;
	char paths[2][512];

	ops_test_two_teams(&t, "developer-id", NULL, ids);
	a = make_app("Old", ids[0], paths[0]);
	b = make_app("New", ids[0], paths[1]);
	bb_macho(&t.dir, "New.app/Contents/Helpers/another", 2, false);
	sgn_sign_options_init(&o);
	o.identity = ids[0];
	o.timestamp_none = o.force = true;
	ops_test_sign(&t, b, &o);
	s = same(a, b);
	cr_expect_eq(s->met, SGN_MET);
	cr_expect_eq(s->item_count, 10);
	cr_expect_not(item(s, "Contents/Helpers/another")->in_old);
	cr_expect(item(s, "Contents/Helpers/another")->in_new);
	sgn_sameness_free(s);
	s = same(b, a);
	cr_expect_not(item(s, "Contents/Helpers/another")->in_new);
	cr_expect_eq(s->met, SGN_MET);
	sgn_sameness_free(s);
	sgn_identity_free(ids[0]);
}

Test(ops_requirement_same, a_broken_signature_and_unsigned_code_are_no_answer)
{
	struct mb_slice raw = mb_arm64();
	struct sgn_identity *ids[2];
	struct sgn_sameness *s;
	struct sgn_description *d;
	const char *a, *b;

	ops_test_two_teams(&t, "developer-id", NULL, ids);
	a = make(&(struct build){.name = "a", .id = ids[0]});
	b = make(&(struct build){.name = "b", .id = ids[0]});
	/* One bit of the CodeDirectory's identifier. */
	cr_assert_eq(sgn_describe_path(t.ctx, b, &d, &t.err), 0);
	ops_test_flip(b, (size_t)d->slices[0].signature_offset + d->slices[0].blobs[0].offset +
	                         d->slices[0].dirs[0].size / 2);
	sgn_description_free(d);
	s = same(a, b);
	cr_expect(s->broken);
	cr_expect_not_null(s->items[0].problem);
	sgn_sameness_free(s);
	cr_expect_eq(sgn_requirement_same(t.ctx, a, ops_test_thin(&t, "raw", &raw), &s, &t.err),
	             SGN_E_NOTFOUND);
	cr_expect_eq(t.err.osstatus, -67062);
	cr_expect_null(s);
	cr_expect_eq(sgn_requirement_same(t.ctx, "/does/not/exist", a, &s, &t.err), SGN_E_NOTFOUND);
	sgn_sameness_free(NULL);
	sgn_identity_free(ids[0]);
}
