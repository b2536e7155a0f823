/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/survey.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "signer/base/mem.h"
#include "tests/support/macho_builder.h"
#include "tests/support/scratch.h"

#define BOTH (SGN_WANT_SHA1 | SGN_WANT_SHA256)

static struct scratch dir;
static struct sgn_walk walk;
static struct sgn_survey survey;

static void put(const char *name, const void *data, size_t size)
{
	scratch_write(&dir, name, data, size, 0644);
}

static void setup(void)
{
	static const uint8_t object[32] = {0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1, 3, 0, 0, 0, 1};
	static const uint8_t code[32] = {0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1, 3, 0, 0, 0, 2};
	static const uint8_t fat[32] = {0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 1};

	scratch_make(&dir);
	cr_assert_eq(mkdir(scratch_path(&dir, "kit"), 0755), 0);
	cr_assert_eq(mkdir(scratch_path(&dir, "kit/_CodeSignature"), 0755), 0);
	put("code", code, sizeof(code));
	put("fat", fat, sizeof(fat));
	put("object.o", object, sizeof(object));
	put("data", "abc", 3);
	put("script", "#!/bin/sh\n", 10);
	put("embedded.mobileprovision", "abc", 3);
	put("embedded.provisionprofile", "abc", 3);
	put("kit/data", "abc", 3);
	put("kit/_CodeSignature/CodeResources", "abc", 3);
	cr_assert_eq(sgn_walk_tree(dir.dir, &walk, NULL), 0);
}

static void teardown(void)
{
	sgn_survey_dispose(&survey);
	sgn_walk_dispose(&walk);
	scratch_remove(&dir);
}

TestSuite(ops_survey, .init = setup, .fini = teardown);

static void make(unsigned wanted, bool keep_signed)
{
	struct sgn_survey_options o = {.wanted = wanted, .keep_signed = keep_signed};

	cr_assert_eq(sgn_survey_make(NULL, &walk, &o, &survey, NULL), 0);
}

static size_t entry(const char *path)
{
	const struct sgn_walk_entry *e = sgn_walk_find(&walk, path);

	cr_assert_not_null(e, "%s", path);
	return sgn_walk_index(&walk, e);
}

static bool has_kind(const char *path, enum sgn_file_kind kind)
{
	enum sgn_file_kind got;

	return sgn_survey_kind(&survey, entry(path), &got) && got == kind;
}

static bool has_hashes(const char *path, unsigned wanted)
{
	struct sgn_file_hashes got, want;
	struct sgn_view text = sgn_view_str("abc");

	if (!sgn_survey_hashes(&survey, entry(path), wanted, &got))
		return false;
	cr_assert_eq(sgn_hash_many(&text, 1, wanted, &want, NULL), 0);
	return sgn_view_equal(sgn_digest_view(&got.sha1), sgn_digest_view(&want.sha1)) &&
	       sgn_view_equal(sgn_digest_view(&got.sha256), sgn_digest_view(&want.sha256));
}

Test(ops_survey, tells_what_files_are)
{
	enum sgn_file_kind kind;

	make(BOTH, false);
	cr_assert(has_kind("code", SGN_FILE_MACHO));
	cr_assert(has_kind("object.o", SGN_FILE_MACHO_OTHER));
	cr_assert(has_kind("data", SGN_FILE_OTHER));
	cr_assert(has_kind("script", SGN_FILE_SCRIPT));
	cr_assert(has_kind("kit/data", SGN_FILE_OTHER));
	cr_assert(!sgn_survey_kind(&survey, entry("fat"), &kind), "left to who wants to know");
	cr_assert(!sgn_survey_kind(&survey, entry("kit"), &kind), "a folder");
	cr_assert(!sgn_survey_kind(&survey, SIZE_MAX, &kind));
	cr_assert(!sgn_survey_kind(NULL, 0, &kind));
}

Test(ops_survey, keeps_digests_of_what_signing_never_changes)
{
	struct sgn_file_hashes got;

	make(BOTH, false);
	cr_assert(has_hashes("data", BOTH));
	cr_assert(has_hashes("data", SGN_WANT_SHA1));
	cr_assert(has_hashes("kit/data", SGN_WANT_SHA256));
	cr_assert(sgn_survey_hashes(&survey, entry("script"), BOTH, &got));
	cr_assert(sgn_survey_hashes(&survey, entry("object.o"), BOTH, &got));
	cr_assert(!has_hashes("data", BOTH | SGN_WANT_SHA384), "not kept");
	cr_assert(!sgn_survey_hashes(&survey, SIZE_MAX, BOTH, &got));
	cr_assert(!sgn_survey_hashes(NULL, 0, BOTH, &got));
}

Test(ops_survey, knows_nothing_of_what_signing_may_change)
{
	static const char *const names[] = {"code", "fat", "embedded.mobileprovision",
	                                    "embedded.provisionprofile",
	                                    "kit/_CodeSignature/CodeResources"};
	struct sgn_file_hashes got;

	make(BOTH, false);
	for (size_t i = 0; i < SGN_ARRAY_LEN(names); i++)
		cr_assert(!sgn_survey_hashes(&survey, entry(names[i]), BOTH, &got), "%s", names[i]);
}

Test(ops_survey, digests_that_were_not_asked_for_are_not_known)
{
	make(SGN_WANT_SHA256 | SGN_WANT_SHA384, false);
	cr_assert(has_hashes("data", SGN_WANT_SHA256));
	cr_assert(!has_hashes("data", SGN_WANT_SHA1));
}

Test(ops_survey, what_may_be_kept_as_it_is_is_only_looked_at)
{
	make(BOTH, true);
	cr_assert(has_kind("kit/data", SGN_FILE_OTHER));
	cr_assert(!has_hashes("kit/data", BOTH));
	cr_assert(has_hashes("data", BOTH));
}

Test(ops_survey, what_looks_like_a_bundle_may_be_left_out)
{
	struct sgn_survey_options o = {.wanted = BOTH, .leave_nested = true};

	cr_assert_eq(mkdir(scratch_path(&dir, "Inner.app"), 0755), 0);
	put("Inner.app/data", "abc", 3);
	sgn_walk_dispose(&walk);
	cr_assert_eq(sgn_walk_tree(dir.dir, &walk, NULL), 0);
	cr_assert_eq(sgn_survey_make(NULL, &walk, &o, &survey, NULL), 0);
	cr_assert(!has_hashes("Inner.app/data", BOTH));
	cr_assert(has_hashes("kit/data", BOTH));
	cr_assert(sgn_survey_no_xattrs(&survey, entry("kit/data")));
	cr_assert(!sgn_survey_no_xattrs(&survey, entry("Inner.app/data")), "not known");
	cr_assert(!sgn_survey_no_xattrs(NULL, 0));
}

Test(ops_survey, a_file_of_another_size_is_not_known)
{
	enum sgn_file_kind kind;

	put("data", "abcd", 4);
	make(BOTH, false);
	cr_assert(!sgn_survey_kind(&survey, entry("data"), &kind));
	cr_assert(!has_hashes("data", BOTH));
	cr_assert(has_hashes("kit/data", BOTH));
}

static int refuse(void *arg, struct sgn_error *err)
{
	SGN_UNUSED(arg);
	return sgn_fail(err, SGN_E_EXISTS, "no");
}

Test(ops_survey, fails_with_what_is_done_meanwhile)
{
	struct sgn_survey_options o = {.wanted = BOTH, .meanwhile = refuse};

	cr_assert_eq(sgn_survey_make(NULL, &walk, &o, &survey, NULL), SGN_E_EXISTS);
	cr_assert_null(survey.rows);
}
