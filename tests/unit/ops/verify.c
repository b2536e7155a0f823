/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of tampering with a single file is found and named; the untouched file is not accused. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "ops_test.h"

static struct ops_test t;
static struct sgn_identity *id;

static void begin(void)
{
	ops_test_begin(&t);
	id = ops_test_identity(&t, "developer-id", "rsa2048");
}

static void end(void)
{
	sgn_identity_free(id);
	ops_test_end(&t);
}

TestSuite(ops_verify, .init = begin, .fini = end, .timeout = 60);

static const char entitlements[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
	"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
	"<plist "
	"version=\"1.0\"><dict><key>com.apple.security.cs.allow-jit</key><true/></dict></plist>\n";

static const char info_plist[] = "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict>"
				 "<key>CFBundleIdentifier</key><string>com.example.tool</string>"
				 "</dict></plist>";

static const char *signed_universal(void)
{
	struct mb_slice s[2] = {mb_x86_64(), mb_arm64()};
	struct sgn_sign_options o;
	const char *path;

	s[0].minos = 0x000a0900; /* both digests */
	s[0].info_plist = s[1].info_plist = info_plist;
	s[1].text_size = 200000;
	path = ops_test_fat(&t, "tool", s, 2);
	sgn_sign_options_init(&o);
	o.identity = id;
	o.timestamp_none = true;
	o.entitlements = entitlements;
	o.entitlements_size = sizeof(entitlements) - 1;
	ops_test_sign(&t, path, &o);
	return path;
}

/* Where in the file the blob of that slot of a slice begins. */
static size_t blob_offset(const char *path, size_t slice, uint32_t type, size_t *size)
{
	struct sgn_description *d;
	size_t at = 0;

	cr_assert_eq(sgn_describe_path(t.ctx, path, &d, &t.err), 0);
	for (size_t i = 0; i < d->slices[slice].blob_count; i++) {
		const struct sgn_shown_blob *b = &d->slices[slice].blobs[i];

		if (b->type != type)
			continue;
		at = (size_t)d->slices[slice].signature_offset + b->offset;
		*size = b->bytes.size;
	}
	sgn_description_free(d);
	cr_assert_neq(at, 0, "no blob of type 0x%x", type);
	return at;
}

static void expect_errors(const char *what, const char *path, const char *want)
{
	const char *got = ops_test_verify(&t, path);

	cr_assert_not_null(strstr(got, want), "%s: wanted %s, got \"%s\"", what, want, got);
}

Test(ops_verify, the_untouched_file_has_no_error)
{
	const char *path = signed_universal();
	struct sgn_report_summary sum;
	struct sgn_report *report;

	cr_assert_str_eq(ops_test_verify(&t, path), "");
	cr_assert_eq(sgn_verify_path(t.ctx, path, NULL, &report, &t.err), 0);
	sgn_report_summarize(report, &sum);
	cr_assert(sum.is_signed);
	cr_assert_not(sum.adhoc);
	cr_assert(sum.apple_anchored, "the test root counts as Apple's");
	cr_assert_eq(sum.designated, 1);
	cr_assert_eq(sum.explicit_requirement, -1);
	cr_assert_eq(sum.slices, 2);
	cr_assert_str_eq(sum.team, "ABCDE12345");
	cr_assert_str_eq(sum.identifier, "com.example.tool");
	sgn_report_free(report);
}

Test(ops_verify, a_flipped_bit_in_any_blob_is_found)
{
	static const struct {
		const char *what, *want;
		uint32_t slot;
		size_t at; /* from the start of the blob; SIZE_MAX: its last byte */
	} rows[] = {
		{"identifier", "cms-content", 0, 100},
		{"page hash", "page-hash", 0, SIZE_MAX},
		{"alternate CodeDirectory", "cms-agility", 0x1000, 100},
		{"requirement", "special-slot", 2, SIZE_MAX},
		{"entitlements", "special-slot", 5, 60},
		{"DER entitlements", "special-slot", 7, SIZE_MAX},
		{"CMS signature", "cms-signature", 0x10000, SIZE_MAX},
	};

	for (size_t slice = 0; slice < 2; slice++) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			const char *path = signed_universal();
			size_t size, at = blob_offset(path, slice, rows[i].slot, &size);

			ops_test_flip(path, at + (rows[i].at == SIZE_MAX ? size - 1 : rows[i].at));
			expect_errors(rows[i].what, path, rows[i].want);
		}
	}
}

Test(ops_verify, a_changed_page_is_named_with_its_place)
{
	const char *path = signed_universal();
	const struct sgn_finding *f;
	struct sgn_report *report;
	struct mb_image img;
	size_t slice;

	img.data = scratch_read(path, &img.size);
	slice = mb_slice_offset(&img, 1);
	ops_test_flip(path, slice + 3 * 16384 + 5);
	cr_assert_eq(sgn_verify_path(t.ctx, path, NULL, &report, &t.err), 0);
	f = sgn_report_finding(report, 0);
	cr_assert_str_eq(f->id, "page-hash");
	cr_assert_str_eq(f->arch, "arm64");
	cr_assert_eq(f->osstatus, -67061);
	cr_assert_eq(f->slot, 3);
	cr_assert_eq(f->offset, slice + 3 * 16384);
	cr_assert_eq(f->length, 16384);
	cr_assert_neq(strcmp(f->expected, f->found), 0);
	cr_assert_not_null(f->cause);
	sgn_report_free(report);
	free(img.data);
}

Test(ops_verify, the_embedded_info_plist_is_sealed_apart_from_its_page)
{
	const char *path = signed_universal();
	size_t size, at = 0;
	uint8_t *data = scratch_read(path, &size);

	for (size_t i = 0; i + sizeof(info_plist) < size && !at; i++)
		if (memcmp(data + i, info_plist, sizeof(info_plist) - 1) == 0)
			at = i;
	cr_assert_neq(at, 0);
	ops_test_flip(path, at + 60);
	expect_errors("Info.plist", path, "info-plist");
	expect_errors("Info.plist", path, "page-hash");
	free(data);
}

Test(ops_verify, appended_bytes_are_found)
{
	const char *path = signed_universal();
	size_t size;
	uint8_t *data = scratch_read(path, &size);
	uint8_t *longer = calloc(1, size + 4);

	memcpy(longer, data, size);
	scratch_write(&t.dir, "tool", longer, size + 4, 0755);
	expect_errors("appended", path, "layout");
	free(longer);
	free(data);
}

Test(ops_verify, slices_of_two_teams_are_told)
{
	struct mb_slice s[2] = {mb_x86_64(), mb_arm64()};
	const char *path;
	uint8_t *parts[2];
	size_t sizes[2];
	struct mb_image img;

	for (int i = 0; i < 2; i++) {
		struct sgn_sign_options o;
		const char *thin = ops_test_thin(&t, "thin", &s[i]);

		sgn_sign_options_init(&o);
		o.identity = id;
		o.timestamp_none = true;
		o.identifier = "com.example.tool";
		if (i == 1)
			o.identity = NULL;
		ops_test_sign(&t, thin, &o);
		parts[i] = scratch_read(thin, &sizes[i]);
		s[i].has_signature = true;
		s[i].signature_size =
			sizes[i] -
			mb_get32(&(struct mb_image){parts[i], sizes[i]},
		                 mb_find_cmd(&(struct mb_image){parts[i], sizes[i]}, 0, 0x1d) + 8,
		                 false);
	}
	img = mb_build_fat(s, 2, 14, false);
	for (size_t i = 0; i < 2; i++)
		memcpy(img.data + mb_slice_offset(&img, i), parts[i], sizes[i]);
	path = scratch_write(&t.dir, "joined", img.data, img.size, 0755);
	expect_errors("lipo of two signers", path, "teams-differ");
	mb_free(&img);
	free(parts[0]);
	free(parts[1]);
}

Test(ops_verify, explicit_requirements)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{"identifier \"com.example.tool\"", 1},
		{"identifier \"com.example.other\"", 0},
		{"anchor apple generic and certificate leaf[subject.OU] = ABCDE12345", 1},
		{"certificate leaf[field.1.2.840.113635.100.6.1.13] exists", 1},
		{"certificate leaf[field.1.2.840.113635.100.6.1.12] exists", 0},
		{"entitlement[\"com.apple.security.cs.allow-jit\"] exists", 1},
		{"info[CFBundleIdentifier] = \"com.example.tool\"", 1},
		{"notarized", 2},
	};
	const char *path = signed_universal();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sgn_verify_options o = {.requirement = rows[i].text,
		                               .requirement_size = strlen(rows[i].text)};
		struct sgn_report_summary sum;
		struct sgn_report *report;

		cr_assert_eq(sgn_verify_path(t.ctx, path, &o, &report, &t.err), 0, "%s",
		             t.err.text);
		sgn_report_summarize(report, &sum);
		cr_assert_eq(sum.explicit_requirement, rows[i].want, "%s", rows[i].text);
		cr_assert(sgn_report_ok(report), "an explicit requirement is judged apart");
		sgn_report_free(report);
	}
}

Test(ops_verify, one_architecture_or_none)
{
	const char *path = signed_universal();
	struct sgn_verify_options o = {.arch = "x86_64"};
	struct sgn_report_summary sum;
	struct sgn_report *report;

	cr_assert_eq(sgn_verify_path(t.ctx, path, &o, &report, &t.err), 0);
	sgn_report_summarize(report, &sum);
	cr_assert_eq(sum.slices, 1);
	sgn_report_free(report);
	o.arch = "ppc";
	cr_assert_eq(sgn_verify_path(t.ctx, path, &o, &report, &t.err), SGN_E_USAGE);
}
