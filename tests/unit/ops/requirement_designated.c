/* SPDX-License-Identifier: Apache-2.0 */
/* Designated requirements: default rules for each certificate kind, explicit ones, implied ones. */
#include <criterion/criterion.h>
#include <string.h>

#include "ops_test.h"

static struct ops_test t;

static void begin(void)
{
	ops_test_begin(&t);
}

static void end(void)
{
	ops_test_end(&t);
}

TestSuite(ops_requirement_designated, .init = begin, .fini = end, .timeout = 60);

static const char *sign(struct sgn_identity *id, const char *requirement)
{
	struct mb_slice s = mb_arm64();
	const char *path = ops_test_thin(&t, "tool", &s);
	struct sgn_sign_options o;

	sgn_sign_options_init(&o);
	o.identity = id;
	o.timestamp_none = true;
	o.identifier = "com.example.tool";
	o.requirements = requirement;
	o.requirements_size = requirement ? strlen(requirement) : 0;
	ops_test_sign(&t, path, &o);
	return path;
}

static struct sgn_designated *designated(const char *path)
{
	struct sgn_designated *d;

	cr_assert_eq(sgn_requirement_designated(t.ctx, path, &d, &t.err), 0, "%s", t.err.text);
	cr_assert_eq(d->slice_count, 1);
	cr_expect_str_eq(d->identifier, "com.example.tool");
	return d;
}

/* docs/format/requirements.md, "Default designated requirement" */
Test(ops_requirement_designated, each_kind_of_certificate_has_its_rule)
{
	static const struct {
		const char *kind, *text;
	} rows[] = {
		{"developer-id",
	         "identifier \"com.example.tool\" and anchor apple generic and certificate "
	         "1[field.1.2.840.113635.100.6.2.6] /* exists */ and certificate "
	         "leaf[field.1.2.840.113635.100.6.1.13] /* exists */ and certificate "
	         "leaf[subject.OU] = AAAAAAAAAA"},
		{"apple-development",
	         "identifier \"com.example.tool\" and anchor apple generic and certificate "
	         "leaf[subject.CN] = \"Apple Development: Test (AAAAAAAAAA)\" and certificate "
	         "1[field.1.2.840.113635.100.6.2.1] /* exists */"},
		{"apple-distribution",
	         "identifier \"com.example.tool\" and anchor apple generic and certificate "
	         "leaf[subject.CN] = \"Apple Distribution: Test (AAAAAAAAAA)\" and certificate "
	         "1[field.1.2.840.113635.100.6.2.1] /* exists */"},
		{"mac-app-distribution",
	         "identifier \"com.example.tool\" and anchor apple generic and certificate "
	         "leaf[subject.CN] = \"3rd Party Mac Developer Application: Test (AAAAAAAAAA)\" "
	         "and certificate 1[field.1.2.840.113635.100.6.2.1] /* exists */"},
		{"software-signing", "identifier \"com.example.tool\" and anchor apple"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sgn_identity *ids[2];
		struct sgn_designated *d;
		uint8_t *blob = NULL;
		size_t size = 0;

		ops_test_two_teams(&t, rows[i].kind, NULL, ids);
		d = designated(sign(ids[0], NULL));
		cr_expect(d->slices[0].stored);
		cr_expect_str_eq(d->slices[0].text, rows[i].text);
		cr_expect_str_eq(d->slices[0].standard, rows[i].text);
		cr_expect(d->slices[0].is_standard);
		cr_assert_eq(
			sgn_requirement_default(ids[0], "com.example.tool", &blob, &size, &t.err),
			0);
		cr_expect_eq(size, d->slices[0].blob_size);
		cr_expect_eq(memcmp(blob, d->slices[0].blob, size), 0,
		             "known before anything is signed");
		sgn_bytes_free(blob);
		sgn_designated_free(d);
		sgn_identity_free(ids[0]);
		scratch_remove(&t.dir);
		scratch_make(&t.dir);
	}
}

Test(ops_requirement_designated, an_explicit_one_is_stored_and_told_from_the_default)
{
	struct sgn_identity *ids[2];
	struct sgn_designated *d;

	ops_test_two_teams(&t, "developer-id", NULL, ids);
	d = designated(sign(ids[0], "designated => identifier $self.identifier and anchor apple "
	                            "generic"));
	cr_expect(d->slices[0].stored);
	cr_expect_str_eq(d->slices[0].text,
	                 "identifier \"com.example.tool\" and anchor apple generic");
	cr_expect_not(d->slices[0].is_standard);
	cr_expect_not_null(strstr(d->slices[0].standard, "subject.OU] = AAAAAAAAAA"));
	sgn_designated_free(d);
	sgn_identity_free(ids[0]);
}

Test(ops_requirement_designated, ad_hoc_code_implies_its_hash)
{
	struct sgn_designated *d = designated(sign(NULL, NULL));

	cr_expect_not(d->slices[0].stored);
	cr_expect_eq(strncmp(d->slices[0].text, "cdhash H\"", 9), 0);
	cr_expect_null(d->slices[0].standard);
	cr_expect_not(d->slices[0].is_standard);
	sgn_designated_free(d);
	sgn_designated_free(NULL);
}

Test(ops_requirement_designated, unsigned_code_has_none)
{
	struct mb_slice s = mb_arm64();
	struct sgn_designated *d;

	cr_expect_eq(sgn_requirement_designated(t.ctx, ops_test_thin(&t, "tool", &s), &d, &t.err),
	             SGN_E_NOTFOUND);
	cr_expect_eq(t.err.osstatus, -67062);
	cr_expect_null(d);
}
