/* SPDX-License-Identifier: Apache-2.0 */
#include "ops_test.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void collect_note(void *arg, const struct sgn_note *note)
{
	struct ops_test *t = arg;
	size_t used = strlen(t->notes);

	snprintf(t->notes + used, sizeof(t->notes) - used, "%s\n", note->text);
}

static void make_context_of(struct ops_test *t, const char *const *roots, size_t count)
{
	struct sgn_context_options opts = {
		.jobs = 2,
		.note = collect_note,
		.note_arg = t,
		.apple_roots = roots,
		.apple_root_count = count,
	};

	sgn_context_free(t->ctx);
	cr_assert_eq(sgn_context_new(&opts, &t->ctx, &t->err), 0, "%s", t->err.text);
}

static void make_context(struct ops_test *t, const char *root)
{
	make_context_of(t, &root, root ? 1 : 0);
}

void ops_test_begin(struct ops_test *t)
{
	*t = (struct ops_test){.err = SGN_ERROR_INIT};
	scratch_make(&t->dir);
	make_context(t, NULL);
}

void ops_test_end(struct ops_test *t)
{
	sgn_context_free(t->ctx);
	sgn_error_dispose(&t->err);
	scratch_remove(&t->dir);
}

const char *ops_test_thin(struct ops_test *t, const char *name, const struct mb_slice *slice)
{
	struct mb_image img = mb_build(slice);
	const char *path = scratch_write(&t->dir, name, img.data, img.size, 0755);

	mb_free(&img);
	return path;
}

const char *ops_test_fat(struct ops_test *t, const char *name, const struct mb_slice *slices,
                         size_t count)
{
	struct mb_image img = mb_build_fat(slices, count, 14, false);
	const char *path = scratch_write(&t->dir, name, img.data, img.size, 0755);

	mb_free(&img);
	return path;
}

struct sgn_identity *ops_test_identity(struct ops_test *t, const char *kind, const char *key_type)
{
	struct sgn_test_identity_options opts = {
		.kind = kind, .team = "ABCDE12345", .key_type = key_type, .password = "secret"};
	char p12_name[64], root_name[64];
	struct sgn_identity_source source = {.password = "secret"};
	struct sgn_identity *id;
	const char *root;

	snprintf(p12_name, sizeof(p12_name), "%s.p12", kind);
	snprintf(root_name, sizeof(root_name), "%s.pem", kind);
	source.path = scratch_path(&t->dir, p12_name);
	root = scratch_path(&t->dir, root_name);
	cr_assert_eq(sgn_identity_make_test(t->ctx, &opts, source.path, root, &t->err), 0, "%s",
	             t->err.text);
	/* A self-signed certificate is its own root; nobody would count that as Apple's. */
	make_context(t, strcmp(kind, "self-signed") == 0 ? NULL : root);
	cr_assert_eq(sgn_identity_load(t->ctx, &source, &id, &t->err), 0, "%s", t->err.text);
	return id;
}

void ops_test_two_teams(struct ops_test *t, const char *old_kind, const char *new_kind,
                        struct sgn_identity *ids[2])
{
	static const char *const teams[] = {"AAAAAAAAAA", "BBBBBBBBBB"};
	const char *const kinds[] = {old_kind, new_kind};
	const char *p12[2], *roots[2];
	size_t count = 0;

	for (size_t i = 0; i < 2; i++) {
		struct sgn_test_identity_options opts = {
			.kind = kinds[i], .team = teams[i], .key_type = "p256", .password = "x"};
		char name[32];

		if (!kinds[i])
			continue;
		snprintf(name, sizeof(name), "%s.p12", teams[i]);
		p12[i] = scratch_path(&t->dir, name);
		snprintf(name, sizeof(name), "%s.pem", teams[i]);
		roots[count] = scratch_path(&t->dir, name);
		cr_assert_eq(sgn_identity_make_test(t->ctx, &opts, p12[i], roots[count], &t->err),
		             0, "%s", t->err.text);
		count += strcmp(kinds[i], "self-signed") != 0;
	}
	/* One context for both: an identity borrows the anchors of the context that loaded it. */
	make_context_of(t, roots, count);
	for (size_t i = 0; i < 2; i++) {
		struct sgn_identity_source source = {.path = p12[i], .password = "x"};

		ids[i] = NULL;
		if (kinds[i])
			cr_assert_eq(sgn_identity_load(t->ctx, &source, &ids[i], &t->err), 0, "%s",
			             t->err.text);
	}
}

void ops_test_sign(struct ops_test *t, const char *path, const struct sgn_sign_options *opts)
{
	int rc = sgn_sign_path(t->ctx, path, opts, NULL, &t->err);

	cr_assert_eq(rc, 0, "%s: %s", sgn_status_name(rc), t->err.text);
}

const char *ops_test_verify(struct ops_test *t, const char *path)
{
	static char ids[1024];
	struct sgn_report *report;
	size_t used = 0;
	int rc = sgn_verify_path(t->ctx, path, NULL, &report, &t->err);

	cr_assert_eq(rc, 0, "%s: %s", sgn_status_name(rc), t->err.text);
	ids[0] = '\0';
	for (size_t i = 0; i < sgn_report_count(report); i++) {
		const struct sgn_finding *f = sgn_report_finding(report, i);

		if (f->severity == SGN_SEVERITY_ERROR)
			used += (size_t)snprintf(ids + used, sizeof(ids) - used, "%s%s",
			                         used ? " " : "", f->id);
	}
	cr_assert_eq(sgn_report_ok(report), used == 0);
	sgn_report_free(report);
	return ids;
}

void ops_test_flip(const char *path, size_t offset)
{
	FILE *f = fopen(path, "r+b");
	int c;

	cr_assert_not_null(f);
	cr_assert_eq(fseek(f, (long)offset, SEEK_SET), 0);
	c = fgetc(f);
	cr_assert_neq(c, EOF);
	cr_assert_eq(fseek(f, (long)offset, SEEK_SET), 0);
	cr_assert_eq(fputc(c ^ 1, f), c ^ 1);
	fclose(f);
}
