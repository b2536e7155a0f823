/* SPDX-License-Identifier: Apache-2.0 */
/* What a signature says, read back with the library's own readers from files on disk. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ops_test.h"
#include "signer/sigblob/cs_format.h"

static struct ops_test t;

static void begin(void)
{
	ops_test_begin(&t);
}

static void end(void)
{
	ops_test_end(&t);
}

TestSuite(ops_sign, .init = begin, .fini = end, .timeout = 60);

static struct sgn_sign_options adhoc(void)
{
	struct sgn_sign_options o;

	sgn_sign_options_init(&o);
	o.identifier = "com.example.tool";
	return o;
}

static struct sgn_description *describe(const char *path)
{
	struct sgn_description *d;

	cr_assert_eq(sgn_describe_path(t.ctx, path, &d, &t.err), 0, "%s", t.err.text);
	return d;
}

Test(ops_sign, adhoc_thin_says_what_codesign_says)
{
	struct mb_slice s = mb_arm64();
	const char *path = ops_test_thin(&t, "tool", &s);
	struct sgn_sign_options o = adhoc();
	struct sgn_description *d;
	const struct sgn_shown_slice *x;

	ops_test_sign(&t, path, &o);
	cr_assert_str_eq(ops_test_verify(&t, path), "");
	d = describe(path);
	x = &d->slices[0];
	cr_assert_str_eq(d->format, "Mach-O thin (arm64)");
	cr_assert(x->adhoc);
	cr_assert_str_eq(x->identifier, "com.example.tool");
	cr_assert_eq(x->dir_count, 1);
	cr_assert_eq(x->dirs[0].version, 0x20400);
	cr_assert_eq(x->dirs[0].flags, CS_ADHOC);
	cr_assert_eq(x->dirs[0].page_size, 16384);
	cr_assert_eq(x->dirs[0].exec_flags, CS_EXECSEG_MAIN_BINARY);
	cr_assert_eq(x->dirs[0].special_count, 2);
	cr_assert_eq(x->blob_count, 3, "CodeDirectory, empty requirement set, empty CMS wrapper");
	cr_assert_eq(x->requirement_count, 0);
	cr_assert_eq(strncmp(x->designated_implied, "cdhash H\"", 9), 0);
	cr_assert_eq(x->signature_offset % 16, 0);
	/* 12 + 8 * 3 + 12 + (CodeDirectory with 96-byte header) + 18000, rounded up */
	cr_assert_eq(x->reserved, (12 + 24 + 12 + x->dirs[0].size + 8 + 18000 + 15u) & ~15u);
	sgn_description_free(d);
}

Test(ops_sign, universal_slices_have_their_own_exec_segment_and_one_identifier)
{
	struct mb_slice s[2] = {mb_x86_64(), mb_arm64()};
	struct sgn_sign_options o = adhoc();
	struct sgn_description *d;
	const char *path;

	s[0].text_size = 70000;
	o.identifier = NULL;
	path = ops_test_fat(&t, "tool", s, 2);
	ops_test_sign(&t, path, &o);
	cr_assert_str_eq(ops_test_verify(&t, path), "");
	d = describe(path);
	cr_assert_str_eq(d->format, "Mach-O universal (x86_64 arm64)");
	cr_assert_neq(d->slices[0].dirs[0].exec_limit, d->slices[1].dirs[0].exec_limit,
	              "each slice has its own __TEXT (zsign writes the last one's everywhere)");
	cr_assert_str_eq(d->slices[0].identifier, d->slices[1].identifier);
	cr_assert_not_null(strstr(d->slices[0].identifier, "tool-55554944"));
	cr_assert_eq(d->slices[0].dirs[0].page_size, 4096);
	cr_assert_eq(d->slices[1].dirs[0].page_size, 16384);
	sgn_description_free(d);
}

Test(ops_sign, a_library_is_no_main_binary_and_gets_no_entitlements)
{
	static const char ents[] =
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
		"\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
		"<plist version=\"1.0\"><dict><key>a</key><true/></dict></plist>\n";
	struct sgn_sign_options o = adhoc();
	struct mb_slice s = mb_arm64();
	struct sgn_description *d;
	const char *path;

	s.filetype = 6;
	path = ops_test_thin(&t, "lib.dylib", &s);
	o.entitlements = ents;
	o.entitlements_size = sizeof(ents) - 1;
	ops_test_sign(&t, path, &o);
	d = describe(path);
	cr_assert_eq(d->slices[0].dirs[0].exec_flags, 0);
	cr_assert_eq(d->slices[0].entitlements_xml.size, 0);
	cr_assert_not_null(strstr(t.notes, "entitlements left out"));
	sgn_description_free(d);

	o.force = o.force_library_entitlements = true;
	ops_test_sign(&t, path, &o);
	d = describe(path);
	cr_assert_eq(d->slices[0].entitlements_xml.size, sizeof(ents) - 1);
	cr_assert_eq(memcmp(d->slices[0].entitlements_xml.data, ents, sizeof(ents) - 1), 0,
	             "stored verbatim");
	cr_assert_eq(d->slices[0].entitlements_der.size, 0, "the DER form is for main executables");
	cr_assert_eq(d->slices[0].dirs[0].special_count, 5);
	sgn_description_free(d);
}

Test(ops_sign, old_deployment_targets_get_sha1_too)
{
	struct mb_slice s = mb_x86_64();
	struct sgn_sign_options o = adhoc();
	struct sgn_description *d;
	const char *path;

	s.minos = 0x000a0b03; /* 10.11.3 */
	path = ops_test_thin(&t, "old", &s);
	ops_test_sign(&t, path, &o);
	cr_assert_str_eq(ops_test_verify(&t, path), "");
	d = describe(path);
	cr_assert_eq(d->slices[0].dir_count, 2);
	cr_assert_eq(d->slices[0].dirs[0].digest, SGN_DIGEST_SHA1);
	cr_assert_eq(d->slices[0].dirs[1].digest, SGN_DIGEST_SHA256);
	cr_assert_eq(d->slices[0].dirs[1].slot, 0x1000);
	cr_assert_eq(d->slices[0].best, 1);
	sgn_description_free(d);

	s.minos = 0x000a0b04;
	path = ops_test_thin(&t, "newer", &s);
	ops_test_sign(&t, path, &o);
	d = describe(path);
	cr_assert_eq(d->slices[0].dir_count, 1);
	sgn_description_free(d);
}

Test(ops_sign, runtime_version_comes_from_the_sdk_unless_named)
{
	struct mb_slice s = mb_arm64();
	const char *path = ops_test_thin(&t, "tool", &s);
	struct sgn_sign_options o = adhoc();
	struct sgn_description *d;

	o.has_flags = true;
	o.flags = CS_RUNTIME;
	ops_test_sign(&t, path, &o);
	d = describe(path);
	cr_assert_eq(d->slices[0].dirs[0].version, 0x20500);
	cr_assert_eq(d->slices[0].dirs[0].runtime, s.sdk);
	cr_assert_eq(d->slices[0].dirs[0].flags, CS_RUNTIME | CS_ADHOC);
	sgn_description_free(d);
	o.force = true;
	o.runtime_version = 0x000a0f00;
	ops_test_sign(&t, path, &o);
	d = describe(path);
	cr_assert_eq(d->slices[0].dirs[0].runtime, 0x000a0f00);
	sgn_description_free(d);
}

Test(ops_sign, signing_again_gives_the_same_bytes_and_does_not_grow)
{
	struct mb_slice s[2] = {mb_x86_64(), mb_arm64()};
	const char *path = ops_test_fat(&t, "tool", s, 2);
	struct sgn_sign_options o = adhoc();
	size_t first_size, again_size;
	uint8_t *first, *again;

	ops_test_sign(&t, path, &o);
	first = scratch_read(path, &first_size);
	o.force = true;
	for (int i = 0; i < 3; i++)
		ops_test_sign(&t, path, &o);
	again = scratch_read(path, &again_size);
	cr_assert_eq(first_size, again_size);
	cr_assert_eq(memcmp(first, again, first_size), 0);
	free(first);
	free(again);
}

/* segment_command_64: the name is followed by vmaddr and vmsize. */
static size_t linkedit_vmsize_at(const uint8_t *data, size_t size)
{
	for (size_t at = 0; at + 40 < size; at++)
		if (memcmp(data + at, "__LINKEDIT", 11) == 0)
			return at + 16 + 8;
	cr_assert_fail("no __LINKEDIT");
	return 0;
}

Test(ops_sign, removing_gives_the_unsigned_file_back)
{
	struct mb_slice s = mb_arm64();
	const char *path = ops_test_thin(&t, "tool", &s);
	size_t before_size, after_size;
	uint8_t *before = scratch_read(path, &before_size), *after;
	size_t vmsize;
	bool removed;

	ops_test_sign(&t, path, NULL);
	cr_assert_eq(sgn_remove_path(t.ctx, path, NULL, &removed, &t.err), 0, "%s", t.err.text);
	cr_assert(removed);
	after = scratch_read(path, &after_size);
	cr_assert_eq(before_size, after_size);
	/* __LINKEDIT's vmsize stays as it was for the signature: Apple's tool leaves it, too. */
	vmsize = linkedit_vmsize_at(before, before_size);
	memcpy(after + vmsize, before + vmsize, 8);
	cr_assert_eq(memcmp(before, after, before_size), 0);
	cr_assert_eq(sgn_remove_path(t.ctx, path, NULL, &removed, &t.err), 0);
	cr_assert_not(removed);
	cr_assert_str_eq(ops_test_verify(&t, path), "unsigned");
	free(before);
	free(after);
}

Test(ops_sign, an_existing_signature_needs_force_but_a_linkers_does_not)
{
	struct mb_slice s = mb_arm64();
	const char *path = ops_test_thin(&t, "tool", &s);
	struct sgn_sign_options o = adhoc();

	o.has_flags = true;
	o.flags = CS_LINKER_SIGNED;
	ops_test_sign(&t, path, &o);
	o.flags = 0;
	ops_test_sign(&t, path, &o);
	cr_assert_eq(sgn_sign_path(t.ctx, path, &o, NULL, &t.err), SGN_E_EXISTS);
	cr_assert_str_eq(t.err.text, "is already signed");
	cr_assert_not_null(strstr(t.err.cure, "--force"));
}

Test(ops_sign, preserving_everything_changes_nothing_but_the_signer)
{
	struct sgn_identity *id = ops_test_identity(&t, "developer-id", "p256");
	struct mb_slice s[2] = {mb_x86_64(), mb_arm64()};
	const char *path = ops_test_fat(&t, "tool", s, 2);
	struct sgn_sign_options o = adhoc();
	struct sgn_description *d;

	o.has_flags = true;
	o.flags = CS_RUNTIME | CS_HARD;
	o.page_size = 8192;
	o.digests[0] = SGN_DIGEST_SHA384;
	o.digest_count = 1;
	o.runtime_version = 0x000b0100;
	ops_test_sign(&t, path, &o);

	sgn_sign_options_init(&o);
	o.identity = id;
	o.force = o.timestamp_none = true;
	o.preserve = SGN_PRESERVE_IDENTIFIER | SGN_PRESERVE_FLAGS | SGN_PRESERVE_RUNTIME |
	             SGN_PRESERVE_PAGESIZE | SGN_PRESERVE_DIGESTS | SGN_PRESERVE_ENTITLEMENTS;
	ops_test_sign(&t, path, &o);
	cr_assert_str_eq(ops_test_verify(&t, path), "");
	d = describe(path);
	for (size_t i = 0; i < 2; i++) {
		const struct sgn_shown_dir *cd = &d->slices[i].dirs[0];

		cr_assert_str_eq(d->slices[i].identifier, "com.example.tool");
		cr_assert_eq(cd->flags, CS_RUNTIME | CS_HARD, "the ad hoc bit is not preserved");
		cr_assert_eq(cd->page_size, 8192);
		cr_assert_eq(cd->digest, SGN_DIGEST_SHA384);
		cr_assert_eq(cd->runtime, 0x000b0100);
		cr_assert_str_eq(d->slices[i].team, "ABCDE12345");
	}
	sgn_description_free(d);
	sgn_identity_free(id);
}

Test(ops_sign, a_preserved_requirement_of_another_signer_is_refused_and_the_clause_named)
{
	struct sgn_identity *id = ops_test_identity(&t, "developer-id", "p256");
	static const char dr[] =
		"designated => identifier \"com.example.tool\" and anchor apple generic "
		"and certificate leaf[subject.OU] = OTHERTEAM1";
	struct mb_slice s = mb_arm64();
	const char *path = ops_test_thin(&t, "tool", &s);
	struct sgn_sign_options o = adhoc();
	size_t before_size, after_size;
	uint8_t *before = scratch_read(path, &before_size), *after;

	o.identity = id;
	o.timestamp_none = true;
	o.requirements = dr;
	o.requirements_size = sizeof(dr) - 1;
	cr_assert_eq(sgn_sign_path(t.ctx, path, &o, NULL, &t.err), SGN_E_MISMATCH);
	cr_assert_not_null(strstr(t.err.text, "OTHERTEAM1"), "%s", t.err.text);
	cr_assert_not_null(strstr(t.err.text, "ABCDE12345"), "%s", t.err.text);
	after = scratch_read(path, &after_size);
	cr_assert_eq(before_size, after_size);
	cr_assert_eq(memcmp(before, after, after_size), 0);
	free(before);
	free(after);
	sgn_identity_free(id);
}

Test(ops_sign, every_kind_of_identity_signs_and_verifies)
{
	static const char *const kinds[][2] = {
		{"developer-id", "rsa2048"},    {"apple-development", "p256"},
		{"apple-distribution", "p384"}, {"mac-app-distribution", "rsa2048"},
		{"software-signing", "p256"},   {"self-signed", "rsa2048"},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct sgn_identity *id = ops_test_identity(&t, kinds[i][0], kinds[i][1]);
		struct mb_slice s = mb_x86_64();
		struct sgn_sign_options o = adhoc();
		const char *path;

		s.minos = 0x000a0900; /* both digests */
		path = ops_test_thin(&t, kinds[i][0], &s);
		o.identity = id;
		o.timestamp_none = true;
		ops_test_sign(&t, path, &o);
		cr_assert_str_eq(ops_test_verify(&t, path), "", "%s", kinds[i][0]);
		sgn_identity_free(id);
	}
}

Test(ops_sign, developer_id_is_not_signed_when_no_timestamp_is_to_be_had)
{
	struct sgn_identity *id = ops_test_identity(&t, "developer-id", "p256");
	struct mb_slice s = mb_arm64();
	const char *path = ops_test_thin(&t, "tool", &s);
	struct sgn_sign_options o = adhoc();

	o.identity = id;
	o.timestamp_url = "http://127.0.0.1:9/"; /* the discard port: nobody listens */
	o.timestamp_tries = 1;
	cr_assert_eq(sgn_sign_path(t.ctx, path, &o, NULL, &t.err), SGN_E_NETWORK);
	cr_assert_eq(t.err.osstatus, -67885);
	cr_assert_str_eq(ops_test_verify(&t, path), "unsigned");
	cr_assert_eq(scratch_count(&t.dir), 3, "the file and the identity's two");
	sgn_identity_free(id);
}

Test(ops_sign, a_signature_that_does_not_fit_says_by_how_much)
{
	struct sgn_identity *id = ops_test_identity(&t, "self-signed", "rsa2048");
	struct mb_slice s = mb_arm64();
	const char *path = ops_test_thin(&t, "tool", &s);
	struct sgn_sign_options o = adhoc();

	o.identity = id;
	o.signature_size = 100;
	cr_assert_eq(sgn_sign_path(t.ctx, path, &o, NULL, &t.err), SGN_E_LIMIT);
	cr_assert_eq(t.err.osstatus, -67036);
	cr_assert_not_null(strstr(t.err.cure, "--signature-size"));
	sgn_identity_free(id);
}

Test(ops_sign, output_leaves_the_input_alone_and_dry_run_writes_nothing)
{
	struct mb_slice s = mb_arm64();
	const char *in = ops_test_thin(&t, "in", &s);
	const char *out = scratch_path(&t.dir, "out");
	struct sgn_sign_result result;
	struct sgn_sign_options o = adhoc();
	struct stat st;

	o.output = out;
	o.dry_run = true;
	cr_assert_eq(sgn_sign_path(t.ctx, in, &o, &result, &t.err), 0, "%s", t.err.text);
	cr_assert_eq(result.slice_count, 1);
	cr_assert_eq(strlen(result.slices[0].cdhash), 40);
	cr_assert_neq(stat(out, &st), 0);
	cr_assert_eq(scratch_count(&t.dir), 1);
	sgn_sign_result_dispose(&result);
	o.dry_run = false;
	ops_test_sign(&t, in, &o);
	cr_assert_str_eq(ops_test_verify(&t, in), "unsigned");
	cr_assert_str_eq(ops_test_verify(&t, out), "");
	cr_assert_eq(stat(out, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0755);
}

Test(ops_sign, one_page_and_odd_page_sizes)
{
	static const int64_t sizes[] = {0, 1024, 65536, 1 << 20};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct mb_slice s = mb_arm64();
		struct sgn_sign_options o = adhoc();
		struct sgn_description *d;
		const char *path;

		s.text_size = 3u << 20;
		path = ops_test_thin(&t, "tool", &s);
		o.page_size = sizes[i];
		ops_test_sign(&t, path, &o);
		cr_assert_str_eq(ops_test_verify(&t, path), "");
		d = describe(path);
		cr_assert_eq(d->slices[0].dirs[0].page_size, (uint64_t)sizes[i]);
		sgn_description_free(d);
	}
}

Test(ops_sign, a_page_size_that_is_no_power_of_two_is_refused)
{
	struct mb_slice s = mb_arm64();
	const char *path = ops_test_thin(&t, "tool", &s);
	struct sgn_sign_options o = adhoc();

	o.page_size = 5000;
	cr_assert_eq(sgn_sign_path(t.ctx, path, &o, NULL, &t.err), SGN_E_USAGE);
	o.page_size = -5;
	cr_assert_eq(sgn_sign_path(t.ctx, path, &o, NULL, &t.err), SGN_E_USAGE);
}

Test(ops_sign, jobs_do_not_change_the_bytes)
{
	struct mb_slice s = mb_x86_64();
	struct sgn_context_options one = {.jobs = 1}, many = {.jobs = 7};
	const struct sgn_context_options *each[] = {&one, &many};
	uint8_t *bytes[2];
	size_t size[2];

	s.text_size = 5u << 20;
	for (int i = 0; i < 2; i++) {
		struct sgn_context *ctx;
		const char *path = ops_test_thin(&t, "tool", &s);

		cr_assert_eq(sgn_context_new(each[i], &ctx, &t.err), 0);
		cr_assert_eq(sgn_sign_path(ctx, path, NULL, NULL, &t.err), 0, "%s", t.err.text);
		bytes[i] = scratch_read(path, &size[i]);
		sgn_context_free(ctx);
	}
	cr_assert_eq(size[0], size[1]);
	cr_assert_eq(memcmp(bytes[0], bytes[1], size[0]), 0);
	free(bytes[0]);
	free(bytes[1]);
}

Test(ops_sign, pre_encryption_hashes_are_written_and_kept)
{
	struct mb_slice s = mb_arm64();
	const char *path = ops_test_thin(&t, "tool", &s);
	struct sgn_sign_options o = adhoc();
	struct sgn_description *d;
	uint32_t with, without;

	ops_test_sign(&t, path, &o);
	d = describe(path);
	without = d->slices[0].dirs[0].size;
	sgn_description_free(d);
	o.force = o.pre_encrypt_hashes = true;
	ops_test_sign(&t, path, &o);
	cr_assert_str_eq(ops_test_verify(&t, path), "");
	d = describe(path);
	with = d->slices[0].dirs[0].size;
	cr_assert_eq(d->slices[0].dirs[0].version, 0x20500);
	cr_assert_eq(with, without + 8 + 32 * d->slices[0].dirs[0].code_count);
	sgn_description_free(d);
	o.pre_encrypt_hashes = false;
	o.preserve = SGN_PRESERVE_DIGESTS;
	ops_test_sign(&t, path, &o);
	d = describe(path);
	cr_assert_eq(d->slices[0].dirs[0].size, with);
	sgn_description_free(d);
	cr_assert_str_eq(ops_test_verify(&t, path), "");
}

Test(ops_sign, version_words)
{
	static const struct {
		const char *text;
		uint32_t want; /* 0: refused */
	} rows[] = {
		{"13", 0x000d0000},
		{"13.1", 0x000d0100},
		{"10.15.7", 0x000a0f07},
		{"0.0.1", 1},
		{"255.255.255", 0xffffff},
		{"", 0},
		{"0", 0},
		{"0.0.0", 0},
		{"13.", 0},
		{"13.1.", 0},
		{"13.1.0.0", 0},
		{"256", 0},
		{"1.x", 0},
		{"-1", 0},
		{" 1", 0},
		{"1..2", 0},
		{"0001", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t got = 0;
		int rc = sgn_version_parse(rows[i].text, &got, &t.err);

		cr_assert_eq(rc, rows[i].want ? 0 : SGN_E_USAGE, "\"%s\"", rows[i].text);
		cr_assert_eq(got, rows[i].want, "\"%s\"", rows[i].text);
	}
}
