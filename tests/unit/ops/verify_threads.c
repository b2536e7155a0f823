/* SPDX-License-Identifier: Apache-2.0 */
/* The report does not depend on how many threads made it, or on their timing. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ops_test.h"
#include "tests/support/bundle_builder.h"

#define KIT "Contents/Frameworks/Kit.framework/Versions/A/"

static struct ops_test t;

static void begin(void)
{
	ops_test_begin(&t);
}

static void end(void)
{
	ops_test_end(&t);
}

TestSuite(ops_verify_threads, .init = begin, .fini = end, .timeout = 120);

static const char *in_app(const char *rest)
{
	char name[400];

	snprintf(name, sizeof(name), "My.app/%s", rest);
	return scratch_path(&t.dir, name);
}

static void flip_slice(const char *rest, size_t slice)
{
	struct mb_image img;

	img.data = scratch_read(in_app(rest), &img.size);
	ops_test_flip(in_app(rest), mb_slice_offset(&img, slice) + 5000);
	free(img.data);
}

static void put(const char *rest, const char *text)
{
	char name[400];

	snprintf(name, sizeof(name), "My.app/%s", rest);
	unlink(scratch_path(&t.dir, name));
	bb_file(&t.dir, name, text);
}

/* Faults at every level, several of a kind, so that their order is seen. */
static void damage(void)
{
	flip_slice("Contents/MacOS/Main", 0);
	flip_slice("Contents/MacOS/Main", 1);
	flip_slice(KIT "Kit", 0);
	flip_slice(KIT "Kit", 1);
	flip_slice(KIT "Helpers/Inner.app/Contents/MacOS/Inner", 0);
	flip_slice("Contents/Frameworks/libloose.dylib", 0);
	put("Contents/Info.plist", "<plist version=\"1.0\"><dict><key>CFBundleExecutable</key>"
	                           "<string>Main</string></dict></plist>");
	put("Contents/Resources/icon.icns", "other\n");
	put("Contents/Resources/added.txt", "new\n");
	put("Contents/Resources/._added.txt", "left over\n");
	put("Contents/_CodeSignature/stray", "x\n");
	put("Contents/stray.txt", "x\n");
	put("stray.txt", "x\n");
	put(KIT "Resources/data.txt", "other\n");
	put(KIT "Resources/added.txt", "new\n");
	put(KIT "Helpers/Inner.app/Contents/stray.txt", "x\n");
	cr_assert_eq(unlink(in_app("Contents/Resources/en.lproj/Main.strings")), 0);
	cr_assert_eq(unlink(in_app("Contents/Resources/Base.lproj/Main.nib")), 0);
	bb_link(&t.dir, "My.app/Contents/Resources/passwd", "/etc/passwd");
}

static const char *or_none(const char *text)
{
	return text ? text : "-";
}

/* All that the report says. */
static char *describe(const struct sgn_report *report)
{
	struct sgn_report_summary s;
	const struct sgn_finding *f;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; (f = sgn_report_finding(report, i)); i++)
		fprintf(out, "%s %d %d %d %d|%s|%s|%s|%d %lld %llu %llu|%s|%s|%s|%s|%s\n", f->id,
		        f->severity, f->phase, f->kind, f->osstatus, f->path,
		        or_none(f->subcomponent), f->arch, f->has_slot, (long long)f->slot,
		        (unsigned long long)f->offset, (unsigned long long)f->length,
		        or_none(f->resource), f->text, or_none(f->expected), or_none(f->found),
		        or_none(f->cause));
	sgn_report_summarize(report, &s);
	fprintf(out, "%s|%s|%s|%s|%zu %llu %llu %d %d %d %d %lld %d %d\n", or_none(s.format),
	        or_none(s.identifier), or_none(s.team), or_none(s.authority), s.slices,
	        (unsigned long long)s.pages, (unsigned long long)s.bytes, s.is_signed, s.adhoc,
	        s.apple_anchored, s.has_timestamp, (long long)s.timestamp, s.designated,
	        s.explicit_requirement);
	fclose(out);
	return text;
}

/* Or what went wrong. */
static char *verify_with(unsigned jobs, const char *root, const struct sgn_verify_options *opts)
{
	struct sgn_context_options c = {.jobs = jobs, .apple_roots = &root, .apple_root_count = 1};
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_context *ctx;
	struct sgn_report *report;
	char *text;

	cr_assert_eq(sgn_context_new(&c, &ctx, &t.err), 0, "%s", t.err.text);
	if (sgn_verify_path(ctx, scratch_path(&t.dir, "My.app"), opts, &report, &err) == 0) {
		text = describe(report);
		sgn_report_free(report);
	} else {
		text = strdup(err.text);
	}
	sgn_error_dispose(&err);
	sgn_context_free(ctx);
	return text;
}

static void expect_same(const char *root, const struct sgn_verify_options *opts,
                        const char *const *wanted, size_t count)
{
	char *one = verify_with(1, root, opts);

	for (size_t i = 0; i < count; i++)
		cr_assert_not_null(strstr(one, wanted[i]), "%s is not in:\n%s", wanted[i], one);
	for (unsigned round = 0; round < 15; round++) {
		char *many = verify_with(2 + round % 3 * 3, root, opts);

		cr_assert_str_eq(many, one);
		free(many);
	}
	free(one);
}

/* Returns the path of the root certificate; freed with free(). */
static char *signed_app(void)
{
	struct sgn_identity *id = ops_test_identity(&t, "developer-id", "p256");
	struct sgn_sign_options o;

	bb_app(&t.dir, "My");
	sgn_sign_options_init(&o);
	o.identity = id;
	o.timestamp_none = true;
	ops_test_sign(&t, scratch_path(&t.dir, "My.app"), &o);
	sgn_identity_free(id);
	return strdup(scratch_path(&t.dir, "developer-id.pem"));
}

Test(ops_verify_threads, a_sound_bundle)
{
	static const char *const wanted[] = {"not-checked", "My.app"};
	static const char requirement[] = "identifier \"somebody.else\"";
	char *root = signed_app();
	struct sgn_verify_options o = {.deep = true,
	                               .requirement = requirement,
	                               .requirement_size = sizeof(requirement) - 1};

	expect_same(root, &o, wanted, 2);
	free(root);
}

Test(ops_verify_threads, a_bundle_with_faults_at_several_depths)
{
	static const char *const wanted[] = {
		"page-hash",
		"info-plist",
		"resource-modified",
		"resource-added",
		"resource-missing",
		"signature-folder",
		"bundle-structure",
		"Inner.app|x86_64|1",
		"Kit.framework|arm64|1",
		"libloose.dylib",
		"symlink",
	};
	char *root = signed_app();
	struct sgn_verify_options o = {.deep = true};

	damage();
	expect_same(root, &o, wanted, sizeof(wanted) / sizeof(wanted[0]));
	o.deep = false;
	expect_same(root, &o, wanted, 5);
	free(root);
}
