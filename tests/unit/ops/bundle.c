/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles signed inside out and verified; every way to tamper with one is found and named. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ops_test.h"
#include "tests/support/bundle_builder.h"
#include "tests/support/profile_builder.h"

static struct ops_test t;

static void begin(void)
{
	ops_test_begin(&t);
}

static void end(void)
{
	ops_test_end(&t);
}

TestSuite(ops_bundle, .init = begin, .fini = end, .timeout = 120);

static const char *app_path(void)
{
	return scratch_path(&t.dir, "My.app");
}

static const char *in_app(const char *rest)
{
	char name[400];

	snprintf(name, sizeof(name), "My.app/%s", rest);
	return scratch_path(&t.dir, name);
}

static void sign_app(struct sgn_identity *id)
{
	struct sgn_sign_options o;

	sgn_sign_options_init(&o);
	o.identity = id;
	o.timestamp_none = true;
	o.force = true;
	ops_test_sign(&t, app_path(), &o);
}

/* "id:resource-or-subcomponent id:..." of all errors of a deep verification. */
static const char *deep_errors(const char *path)
{
	static char text[4096];
	struct sgn_verify_options o = {.deep = true};
	struct sgn_report *report;
	size_t used = 0;
	int rc = sgn_verify_path(t.ctx, path, &o, &report, &t.err);

	cr_assert_eq(rc, 0, "%s: %s", sgn_status_name(rc), t.err.text);
	text[0] = '\0';
	for (size_t i = 0; i < sgn_report_count(report); i++) {
		const struct sgn_finding *f = sgn_report_finding(report, i);
		const char *at = f->resource ? f->resource : f->subcomponent ? f->subcomponent : "";

		if (f->severity == SGN_SEVERITY_ERROR && used < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s:%s ", f->id,
			                         at);
	}
	sgn_report_free(report);
	return text;
}

Test(ops_bundle, an_app_is_signed_inside_out_and_verifies)
{
	struct sgn_sign_result result;
	struct sgn_sign_options o;
	bool seen_root = false;

	bb_app(&t.dir, "My");
	sgn_sign_options_init(&o);
	cr_assert_eq(sgn_sign_path(t.ctx, app_path(), &o, &result, &t.err), 0, "%s: %s",
	             t.err.subcomponent ? t.err.subcomponent : "", t.err.text);
	cr_assert_eq(result.item_count, 9);
	for (size_t i = 0; i < result.item_count; i++) {
		cr_assert_not(seen_root, "the bundle itself comes last");
		seen_root = strcmp(result.items[i].path, ".") == 0;
		cr_assert_eq(result.items[i].action, SGN_ITEM_SIGNED);
	}
	cr_assert(seen_root);
	cr_assert_str_eq(result.identifier, "com.example.app");
	cr_assert_str_eq(result.format, "app bundle with Mach-O universal (x86_64 arm64)");
	sgn_sign_result_dispose(&result);
	cr_assert_str_eq(deep_errors(app_path()), "");
	cr_assert_str_eq(deep_errors(in_app("Contents/MacOS/Main")), "",
	                 "the main executable stands for the bundle");
	cr_assert_str_eq(deep_errors(in_app("Contents/Frameworks/Kit.framework")), "");
	cr_assert_eq(scratch_count(&t.dir), 1, "nothing is left beside the bundle");
}

Test(ops_bundle, signing_again_gives_the_same_tree)
{
	size_t size[2];
	uint8_t *bytes[2];

	bb_app(&t.dir, "My");
	for (int i = 0; i < 2; i++) {
		sign_app(NULL);
		bytes[i] = scratch_read(in_app("Contents/_CodeSignature/CodeResources"), &size[i]);
	}
	cr_assert_eq(size[0], size[1]);
	cr_assert_eq(memcmp(bytes[0], bytes[1], size[0]), 0);
	free(bytes[0]);
	free(bytes[1]);
}

Test(ops_bundle, a_flat_ios_app_seals_its_frameworks_file_by_file)
{
	struct sgn_sign_options o;

	bb_ios_app(&t.dir, "My");
	sgn_sign_options_init(&o);
	ops_test_sign(&t, app_path(), &o);
	cr_assert_str_eq(deep_errors(app_path()), "");
	cr_assert_str_eq(deep_errors(in_app("Frameworks/Kit.framework")), "");
	cr_assert_str_eq(deep_errors(in_app("PlugIns/Ext.appex")), "");
	ops_test_flip(in_app("Frameworks/Kit.framework/Kit"), 5000);
	cr_assert_not_null(strstr(deep_errors(app_path()), "resource-modified"));
}

/* What a child's signing changes is sealed as it is then, and what it does not change is not lost. The
 * second signature has the size of the first: only the bytes tell. */
Test(ops_bundle, changed_files_of_signed_children_are_sealed_anew)
{
	static const enum sgn_digest digests[] = {SGN_DIGEST_SHA256, SGN_DIGEST_SHA384,
	                                          SGN_DIGEST_SHA1};
	struct sgn_sign_options o;

	bb_ios_app(&t.dir, "My");
	scratch_write(&t.dir, "My.app/Frameworks/Kit.framework/data", "abc", 3, 0644);
	sgn_sign_options_init(&o);
	o.force = true;
	for (size_t i = 0; i < 2 * sizeof(digests) / sizeof(digests[0]); i++) {
		o.digests[0] = digests[i / 2];
		o.digest_count = 1;
		o.has_flags = true;
		o.flags = i % 2 ? 0x10000 : 0; /* the hardened runtime */
		ops_test_sign(&t, app_path(), &o);
		cr_assert_str_eq(deep_errors(app_path()), "", "round %zu", i);
		cr_assert_str_eq(deep_errors(in_app("Frameworks/Kit.framework")), "");
		scratch_write(&t.dir, "My.app/Frameworks/Kit.framework/data", i % 2 ? "abc" : "xyz",
		              3, 0644);
		cr_assert_not_null(strstr(deep_errors(app_path()), "resource-modified"));
		cr_assert_not_null(strstr(deep_errors(in_app("Frameworks/Kit.framework")),
		                          "resource-modified"));
	}
}

Test(ops_bundle, the_entitlements_go_to_the_app_only)
{
	static const char ents[] =
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
		"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
		"<plist version=\"1.0\"><dict><key>a</key><true/></dict></plist>\n";
	struct sgn_item_rule rules[] = {
		{.pattern = "Contents/Helpers/*", .has_flags = true, .flags = 0x10000},
		{.pattern = "kind:xpc",
	         .has_entitlements = true,
	         .entitlements = ents,
	         .entitlements_size = sizeof(ents) - 1},
		{.pattern = "id:com.example.app.plug", .identifier = "com.example.renamed"},
	};
	struct sgn_sign_result result;
	struct sgn_sign_options o;

	bb_app(&t.dir, "My");
	sgn_sign_options_init(&o);
	o.entitlements = ents;
	o.entitlements_size = sizeof(ents) - 1;
	o.rules = rules;
	o.rule_count = 3;
	cr_assert_eq(sgn_sign_path(t.ctx, app_path(), &o, &result, &t.err), 0, "%s", t.err.text);
	for (size_t i = 0; i < result.item_count; i++) {
		const struct sgn_signed_item *item = &result.items[i];
		bool has = strcmp(item->path, ".") == 0 || strcmp(item->kind, "xpc") == 0;

		cr_assert_eq(item->entitlements, has ? 1 : -1, "%s", item->path);
		cr_assert_eq((item->flags & 0x10000) != 0,
		             strcmp(item->path, "Contents/Helpers/helper") == 0, "%s", item->path);
	}
	sgn_sign_result_dispose(&result);
	cr_assert_str_eq(deep_errors(app_path()), "");
}

Test(ops_bundle, without_force_nested_signatures_are_kept)
{
	struct sgn_sign_result result;
	struct sgn_sign_options o;
	size_t kept = 0;

	bb_app(&t.dir, "My");
	sgn_sign_options_init(&o);
	ops_test_sign(&t, in_app("Contents/Frameworks/Kit.framework"), &o);
	cr_assert_eq(sgn_sign_path(t.ctx, app_path(), &o, &result, &t.err), 0, "%s", t.err.text);
	for (size_t i = 0; i < result.item_count; i++)
		kept += result.items[i].action == SGN_ITEM_KEPT;
	cr_assert_eq(kept, 2, "the framework and the app inside it");
	sgn_sign_result_dispose(&result);
	cr_assert_eq(sgn_sign_path(t.ctx, app_path(), &o, NULL, &t.err), SGN_E_EXISTS);
}

Test(ops_bundle, a_failure_leaves_the_bundle_as_it_was)
{
	struct sgn_sign_options o;
	struct stat st;

	bb_app(&t.dir, "My");
	bb_file(&t.dir, "My.app/Contents/MacOS/readme.txt", "no code\n");
	sgn_sign_options_init(&o);
	cr_assert_neq(sgn_sign_path(t.ctx, app_path(), &o, NULL, &t.err), 0);
	cr_assert_not_null(strstr(t.err.text, "readme.txt"), "%s", t.err.text);
	cr_assert_eq(t.err.osstatus, -67062);
	cr_assert_eq(scratch_count(&t.dir), 1);
	cr_assert_neq(stat(in_app("Contents/_CodeSignature"), &st), 0);
	cr_assert_str_eq(ops_test_verify(&t, in_app("Contents/Helpers/helper")), "unsigned");
}

Test(ops_bundle, output_makes_a_copy_that_shares_nothing)
{
	struct sgn_sign_options o;
	const char *out;
	struct stat st;

	bb_app(&t.dir, "My");
	out = scratch_path(&t.dir, "Signed.app");
	sgn_sign_options_init(&o);
	o.output = out;
	ops_test_sign(&t, app_path(), &o);
	cr_assert_str_eq(deep_errors(out), "");
	cr_assert_neq(stat(in_app("Contents/_CodeSignature"), &st), 0);
	cr_assert_eq(stat(scratch_path(&t.dir, "Signed.app/Contents/Resources/icon.icns"), &st), 0);
	cr_assert_eq(st.st_nlink, 1);
	cr_assert_eq(scratch_count(&t.dir), 2);
}

Test(ops_bundle, leftovers_of_an_older_signature_go_away)
{
	struct stat st;

	bb_app(&t.dir, "My");
	bb_file(&t.dir, "My.app/Contents/_CodeSignature/CodeDirectory", "old\n");
	sign_app(NULL);
	cr_assert_neq(stat(in_app("Contents/_CodeSignature/CodeDirectory"), &st), 0);
	cr_assert_str_eq(deep_errors(app_path()), "");
	bb_link(&t.dir, "My.app/Contents/_CodeSignature/odd", "../Info.plist");
	{
		struct sgn_sign_options o;

		sgn_sign_options_init(&o);
		o.force = true;
		cr_assert_eq(sgn_sign_path(t.ctx, app_path(), &o, NULL, &t.err), SGN_E_FORMAT);
		cr_assert_eq(t.err.osstatus, -67014);
	}
}

Test(ops_bundle, a_missing_executable_needs_a_word)
{
	struct sgn_sign_options o;
	struct sgn_report *report;

	bb_app(&t.dir, "My");
	cr_assert_eq(unlink(in_app("Contents/MacOS/Main")), 0);
	sgn_sign_options_init(&o);
	cr_assert_eq(sgn_sign_path(t.ctx, app_path(), &o, NULL, &t.err), SGN_E_FORMAT);
	cr_assert_eq(t.err.osstatus, -67029);
	o.allow_no_executable = true;
	ops_test_sign(&t, app_path(), &o);
	cr_assert_eq(sgn_verify_path(t.ctx, app_path(), NULL, &report, &t.err), 0, "%s",
	             t.err.text);
	cr_assert(sgn_report_ok(report));
	sgn_report_free(report);
}

Test(ops_bundle, a_bundle_without_code_is_signed_through_separate_files)
{
	struct stat st;

	bb_info(&t.dir, "My.app/Contents/Info.plist", "com.example.data", NULL, "BNDL");
	bb_file(&t.dir, "My.app/Contents/Resources/data.txt", "data\n");
	sign_app(NULL);
	cr_assert_eq(stat(in_app("Contents/_CodeSignature/CodeDirectory"), &st), 0);
	cr_assert_eq(stat(in_app("Contents/_CodeSignature/CodeRequirements"), &st), 0);
	cr_assert_eq(stat(in_app("Contents/_CodeSignature/CodeSignature"), &st), 0);
	cr_assert_eq(st.st_size, 0, "ad hoc");
	cr_assert_str_eq(deep_errors(app_path()), "");
	bb_file(&t.dir, "My.app/Contents/Resources/new.txt", "new\n");
	cr_assert_not_null(strstr(deep_errors(app_path()), "resource-added:"));
}

Test(ops_bundle, an_old_signature_in_separate_files_is_preserved_like_any_other)
{
	const char *alternate = in_app("Contents/_CodeSignature/CodeRequirements-1");
	struct sgn_sign_options o;
	struct sgn_sign_result r = {0};
	struct stat st;

	bb_info(&t.dir, "My.app/Contents/Info.plist", "com.example.data", NULL, "BNDL");
	sgn_sign_options_init(&o);
	ops_test_sign(&t, app_path(), &o);
	cr_assert_eq(stat(alternate, &st), 0, "SHA-1 and SHA-256 are the default here");
	o.force = true;
	o.identifier = "com.example.other";
	o.digests[0] = SGN_DIGEST_SHA384;
	o.digest_count = 1;
	ops_test_sign(&t, app_path(), &o);
	cr_assert_neq(stat(alternate, &st), 0, "one CodeDirectory only");
	sgn_sign_options_init(&o);
	o.force = true;
	o.preserve = SGN_PRESERVE_IDENTIFIER | SGN_PRESERVE_DIGESTS;
	cr_assert_eq(sgn_sign_path(t.ctx, app_path(), &o, &r, &t.err), 0, "%s", t.err.text);
	cr_expect_str_eq(r.identifier, "com.example.other");
	cr_expect_eq(r.slices[0].digest, SGN_DIGEST_SHA384);
	cr_expect_neq(stat(alternate, &st), 0);
	cr_expect_str_eq(deep_errors(app_path()), "");
	sgn_sign_result_dispose(&r);
}

Test(ops_bundle, a_link_that_leads_nowhere_is_told_when_signing)
{
	struct sgn_sign_options o;

	bb_app(&t.dir, "My");
	bb_link(&t.dir, "My.app/Contents/Resources/dangling", "nowhere");
	sgn_sign_options_init(&o);
	ops_test_sign(&t, app_path(), &o);
	cr_assert_not_null(strstr(t.notes, "Resources/dangling leads out of the bundle"), "%s",
	                   t.notes);
	cr_assert_not_null(strstr(deep_errors(app_path()), "symlink:"));
}

/* --- tampering -------------------------------------------------------------------------------------- */

struct tamper {
	const char *what;
	void (*change)(void);
	const char *want; /* in the text of deep_errors() */
};

static void replace_file(const char *rest, const char *text)
{
	char name[400];

	snprintf(name, sizeof(name), "My.app/%s", rest);
	cr_assert_eq(unlink(scratch_path(&t.dir, name)), 0, "%s", rest);
	bb_file(&t.dir, name, text);
}

static void run(const char *fmt, const char *rest)
{
	char command[1200];

	snprintf(command, sizeof(command), fmt, in_app(rest));
	cr_assert_eq(system(command), 0, "%s", command);
}

/* Flips a bit in the middle of the arm64 (or x86_64) code of a universal file. */
static void flip_slice(const char *rest, size_t slice)
{
	struct mb_image img;

	img.data = scratch_read(in_app(rest), &img.size);
	ops_test_flip(in_app(rest), mb_slice_offset(&img, slice) + 5000);
	free(img.data);
}

#define CHANGE(name, body)     \
	static void name(void) \
	{                      \
		body;          \
	}

#define KIT "Contents/Frameworks/Kit.framework/"

CHANGE(page_x86, flip_slice("Contents/MacOS/Main", 0))
CHANGE(page_arm, flip_slice("Contents/MacOS/Main", 1))
CHANGE(nested_page, flip_slice(KIT "Versions/A/Kit", 1))
CHANGE(deep_nested_page, flip_slice(KIT "Versions/A/Helpers/Inner.app/Contents/MacOS/Inner", 0))
CHANGE(loose_dylib_page, flip_slice("Contents/Frameworks/libloose.dylib", 0))
CHANGE(info_plist, replace_file("Contents/Info.plist",
                                "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict><key>"
                                "CFBundleExecutable</key><string>Main</string></dict></plist>"))
CHANGE(resource_changed, replace_file("Contents/Resources/icon.icns", "other\n"))
CHANGE(resource_added, bb_file(&t.dir, "My.app/Contents/Resources/new.txt", "new\n"))
CHANGE(resource_removed, unlink(in_app("Contents/Resources/icon.icns")))
CHANGE(localised_changed, replace_file("Contents/Resources/en.lproj/Main.strings", "x\n"))
CHANGE(base_removed, unlink(in_app("Contents/Resources/Base.lproj/Main.nib")))
CHANGE(link_retargeted,
       (unlink(in_app("Contents/Resources/link.icns")),
        bb_link(&t.dir, "My.app/Contents/Resources/link.icns", "en.lproj/Main.strings")))
CHANGE(link_to_file, replace_file("Contents/Resources/link.icns", "icon\n"))
CHANGE(file_to_link, (unlink(in_app("Contents/Resources/icon.icns")),
                      bb_link(&t.dir, "My.app/Contents/Resources/icon.icns", "en.lproj")))
CHANGE(nested_signature_gone, run("rm -r '%s'", KIT "Versions/A/_CodeSignature"))
CHANGE(seal_gone, unlink(in_app("Contents/_CodeSignature/CodeResources")))
CHANGE(seal_changed, replace_file("Contents/_CodeSignature/CodeResources", "<plist/>"))
CHANGE(nested_removed, run("rm -r '%s'", "Contents/PlugIns/Plug.appex"))
CHANGE(nested_added,
       run("cp -a '%s' \"$(dirname '%1$s')/Copy.appex\"", "Contents/PlugIns/Plug.appex"))
CHANGE(code_added, bb_macho(&t.dir, "My.app/Contents/MacOS/extra", 2, false))
CHANGE(root_file, bb_file(&t.dir, "My.app/stray.txt", "stray\n"))
CHANGE(root_dir, bb_dir(&t.dir, "My.app/Stray"))
CHANGE(signature_dir_file, bb_file(&t.dir, "My.app/Contents/_CodeSignature/extra", "x\n"))
CHANGE(current_retargeted, (unlink(in_app(KIT "Versions/Current")),
                            bb_link(&t.dir, "My.app/" KIT "Versions/Current", "B")))
CHANGE(current_as_copy, run("cd '%s' && rm Current && cp -a A Current", KIT "Versions"))
CHANGE(framework_root_file, bb_file(&t.dir, "My.app/" KIT "stray.txt", "x\n"))
CHANGE(framework_resource, replace_file(KIT "Versions/A/Resources/data.txt", "other\n"))
CHANGE(absolute_link, bb_link(&t.dir, "My.app/Contents/Resources/passwd", "/etc/passwd"))
CHANGE(data_in_contents, bb_file(&t.dir, "My.app/Contents/data.txt", "x\n"))
CHANGE(hidden_dylib, ops_test_flip(in_app("Contents/Resources/lib/hidden.dylib"), 5000))
CHANGE(appended_to_main, run("printf x >> '%s'", "Contents/MacOS/Main"))
CHANGE(main_removed, unlink(in_app("Contents/MacOS/Main")))

static const struct tamper tampers[] = {
	{"bit in an x86_64 page of the app", page_x86, "page-hash:"},
	{"bit in an arm64 page of the app", page_arm, "page-hash:"},
	{"bit in a framework's page", nested_page, "page-hash:"},
	{"bit in a page two levels down", deep_nested_page, "page-hash:"},
	{"bit in a loose library", loose_dylib_page, "page-hash:"},
	{"Info.plist edited", info_plist, "info-plist:"},
	{"resource changed", resource_changed, "resource-modified:"},
	{"resource added", resource_added, "resource-added:"},
	{"resource removed", resource_removed, "resource-missing:"},
	{"localised resource changed", localised_changed, "resource-modified:"},
	{"Base.lproj is not optional", base_removed, "resource-missing:"},
	{"symlink led elsewhere", link_retargeted, "resource-modified:"},
	{"symlink became a file", link_to_file, "resource-modified:"},
	{"file became a symlink", file_to_link, "resource-modified:"},
	{"nested seal deleted", nested_signature_gone, "resource-directory:"},
	{"seal deleted", seal_gone, "resource-directory:"},
	{"seal replaced", seal_changed, "resource-directory:"},
	{"nested code removed", nested_removed, "resource-missing:"},
	{"nested code added", nested_added, "resource-added:"},
	{"code added in Contents/MacOS", code_added, "resource-added:"},
	{"file beside Contents", root_file, "bundle-structure:"},
	{"folder beside Contents", root_dir, "bundle-structure:"},
	{"file in _CodeSignature", signature_dir_file, "signature-folder:"},
	{"Versions/Current dangles", current_retargeted, "bundle-structure:"},
	{"Versions/Current is a copy", current_as_copy, "bundle-structure:"},
	{"file in the framework's root", framework_root_file, "bundle-structure:"},
	{"framework resource changed", framework_resource, "resource-modified:"},
	{"symlink out of the bundle", absolute_link, "symlink:"},
	{"data beside the code", data_in_contents, "resource-added:"},
	{"bit in code among the resources", hidden_dylib, "resource-modified:"},
	{"bytes behind the executable", appended_to_main, "layout:"},
	{"main executable removed", main_removed, "unsigned:"},
};

Test(ops_bundle, every_kind_of_tampering_is_named, .timeout = 240)
{
	struct sgn_identity *id = ops_test_identity(&t, "developer-id", "p256");

	for (size_t i = 0; i < sizeof(tampers) / sizeof(tampers[0]); i++) {
		const char *got;

		bb_app(&t.dir, "My");
		sign_app(id);
		cr_assert_str_eq(deep_errors(app_path()), "", "before: %s", tampers[i].what);
		tampers[i].change();
		got = deep_errors(app_path());
		cr_expect_not_null(strstr(got, tampers[i].want), "%s: wanted %s, got %s",
		                   tampers[i].what, tampers[i].want, got);
		run("rm -rf '%s'", "");
	}
	sgn_identity_free(id);
}

Test(ops_bundle, a_framework_of_another_team_is_refused)
{
	struct sgn_identity *id = ops_test_identity(&t, "developer-id", "p256");
	struct sgn_sign_options o;

	bb_app(&t.dir, "My");
	sign_app(id);
	sgn_sign_options_init(&o);
	o.force = true;
	ops_test_sign(&t, in_app("Contents/Frameworks/Kit.framework"), &o);
	cr_assert_not_null(strstr(deep_errors(app_path()), "nested-changed:"));
	sgn_identity_free(id);
}

Test(ops_bundle, quarantine_is_fine_but_finder_info_is_not)
{
	bb_app(&t.dir, "My");
	sign_app(NULL);
	if (setxattr(in_app("Contents/Resources/icon.icns"), "user.com.apple.FinderInfo", "x", 1,
	             0) != 0)
		cr_skip_test("this file system has no user extended attributes");
	cr_assert_not_null(strstr(deep_errors(app_path()), "extended-attribute:"));
}

Test(ops_bundle, many_files_and_many_nested_items, .timeout = 240)
{
	struct sgn_sign_result result;
	struct sgn_sign_options o;
	char name[128];

	bb_app(&t.dir, "My");
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "My.app/Contents/Resources/d%d/f%d.txt", i % 40, i);
		bb_file(&t.dir, name, name);
	}
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "My.app/Contents/Frameworks/lib%d.dylib", i);
		bb_macho(&t.dir, name, 6, false);
	}
	sgn_sign_options_init(&o);
	cr_assert_eq(sgn_sign_path(t.ctx, app_path(), &o, &result, &t.err), 0, "%s", t.err.text);
	cr_assert_eq(result.item_count, 209);
	sgn_sign_result_dispose(&result);
	cr_assert_str_eq(deep_errors(app_path()), "");
}

/* --- provisioning profiles -------------------------------------------------------------------------- */

static struct sgn_profile_file make_profile(const char *app_id, const char *entitlements)
{
	struct pb_profile p = {.app_id = app_id,
	                       .team = "ABCDE12345",
	                       .platform = "OSX",
	                       .expires = "2040-01-01T00:00:00Z",
	                       .entitlements = entitlements};
	struct sgn_profile_file f = {.path = app_id};

	f.data = pb_build(&p, &f.size);
	return f;
}

static void free_profiles(struct sgn_profile_file *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		void *data;

		memcpy(&data, &f[i].data, sizeof(data));
		free(data);
	}
}

Test(ops_bundle, each_bundle_gets_the_profile_that_fits)
{
	static const char network[] =
		"<key>com.apple.developer.networking.vpn.api</key><array><string>allow-vpn</string>"
		"</array>";
	static const char ents[] =
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC "
		"\"-//Apple//DTD PLIST "
		"1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
		"<plist "
		"version=\"1.0\"><dict><key>com.apple.developer.networking.vpn.api</key><array>"
		"<string>allow-vpn</string></array></dict></plist>\n";
	struct sgn_profile_file f[] = {make_profile("ABCDE12345.*", ""),
	                               make_profile("ABCDE12345.com.example.*", network),
	                               make_profile("ABCDE12345.com.example.app", network)};
	struct sgn_sign_options o;
	size_t size;
	uint8_t *embedded;

	bb_app(&t.dir, "My");
	sgn_sign_options_init(&o);
	o.profiles = f;
	o.profile_count = 3;
	o.entitlements = ents;
	o.entitlements_size = sizeof(ents) - 1;
	ops_test_sign(&t, app_path(), &o);
	embedded = scratch_read(in_app("Contents/embedded.provisionprofile"), &size);
	cr_assert_eq(size, f[2].size, "the exact identifier fits better than a wildcard");
	cr_assert_eq(memcmp(embedded, f[2].data, size), 0);
	cr_assert_str_eq(deep_errors(app_path()), "", "it was there before the seal");
	free(embedded);

	o.profile_count = 1;
	o.force = true;
	cr_assert_eq(sgn_sign_path(t.ctx, app_path(), &o, NULL, &t.err), SGN_E_MISMATCH);
	cr_assert_not_null(strstr(t.err.text, "vpn.api"), "%s", t.err.text);
	cr_assert_not_null(strstr(t.err.text, "ABCDE12345.*"), "%s", t.err.text);
	free_profiles(f, 3);
}

Test(ops_bundle, without_entitlements_the_profile_fills_them_in)
{
	struct sgn_profile_file f = make_profile("ABCDE12345.com.example.*", "");
	struct sgn_sign_result result;
	struct sgn_sign_options o;

	bb_app(&t.dir, "My");
	sgn_sign_options_init(&o);
	o.profiles = &f;
	o.profile_count = 1;
	cr_assert_eq(sgn_sign_path(t.ctx, app_path(), &o, &result, &t.err), 0, "%s", t.err.text);
	cr_assert_eq(result.entitlements, 1, "application-identifier");
	cr_assert_not_null(strstr(t.notes, "taken from this profile"));
	sgn_sign_result_dispose(&result);
	cr_assert_str_eq(deep_errors(app_path()), "");
	free_profiles(&f, 1);
}
