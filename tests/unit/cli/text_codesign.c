/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of codesign -d from a description made by hand, compared with public captures. */
#include "signer/cli/text.h"

#include "tests/unit/cli/capture.h"

static const uint8_t hash1[20] = {0x29, 0x45};
static const uint8_t hash2[32] = {0xba, 0x85};
static const uint8_t special[64] = {1, [32] = 2};
static const uint8_t code[32] = {3};

static const struct sgn_shown_dir dirs[] = {
	{
		.version = 0x20100,
		.size = 290,
		.flags_text = "none",
		.digest = SGN_DIGEST_SHA1,
		.digest_name = "sha1",
		.digest_size = 20,
		.special_count = 3,
		.code_count = 4,
		.page_size = 4096,
		.cdhash = {hash1, sizeof(hash1)},
	},
	{
		.slot = 0x1000,
		.version = 0x20500,
		.size = 892,
		.flags = 0x10000,
		.flags_text = "runtime",
		.digest = SGN_DIGEST_SHA256,
		.digest_name = "sha256",
		.digest_size = 32,
		.special_count = 2,
		.code_count = 1,
		.page_size = 0,
		.platform = 15,
		.has_exec_seg = true,
		.exec_limit = 16384,
		.exec_flags = 1,
		.runtime = 0x000e0500,
		.cdhash = {hash2, sizeof(hash2)},
		.special = {special, sizeof(special)},
		.code = {code, sizeof(code)},
	},
};

static const struct sgn_shown_cert chain[] = {
	{.name = "Developer ID Application: Test (TEST123456)"},
	{.name = "Apple Root CA"},
};

static struct sgn_shown_slice signed_slice(void)
{
	return (struct sgn_shown_slice){
		.arch = "arm64",
		.is_signed = true,
		.platform = 1,
		.minos = 720896,
		.sdk = 918784,
		.identifier = "com.example",
		.team = "TEST123456",
		.dirs = dirs,
		.dir_count = 2,
		.best = 1,
		.cms = {hash2, 32},
		.chain = chain,
		.chain_count = 2,
		.has_timestamp = true,
		.timestamp = 1781699669, /* 2026-06-17T12:34:29Z */
		.info_plist_entries = 14,
		.requirement_count = 1,
		.requirements = {special, 64},
		.requirements_text = "designated => identifier \"com.example\"\n",
		.constraints = 1,
		.constraint_names = {"parent"},
	};
}

static void expect(struct sgn_shown_slice slice, unsigned level, bool requirements,
                   const char *expected)
{
	struct sgn_description d = {"/tool", "Mach-O thin (arm64)", &slice, 1, 0};
	struct capture c;

	setenv("TZ", "UTC", 1);
	capture_start(&c, false);
	text_codesign(&c.out, &d, &slice, level, requirements);
	capture_expect(&c, expected);
}

Test(cli_text_codesign, level_0_is_the_path)
{
	expect(signed_slice(), 0, true, "Executable=/tool\n");
}

Test(cli_text_codesign, level_1_has_what_a_person_asks_for)
{
	expect(signed_slice(), 1, true,
	       "Executable=/tool\nIdentifier=com.example\nFormat=Mach-O thin (arm64)\n"
	       "CodeDirectory v=20500 size=892 flags=0x10000(runtime) hashes=1+2 "
	       "location=embedded\n"
	       "Platform identifier=15\nSignature size=32\nTimestamp=Jun 17, 2026 at 12:34:29\n"
	       "Info.plist entries=14\nTeamIdentifier=TEST123456\nRuntime Version=14.5.0\n"
	       "Sealed Resources=none\nInternal requirements count=1 size=64\n");
}

Test(cli_text_codesign, level_5_has_everything_in_order)
{
	static const char expected[] =
		"Executable=/tool\nIdentifier=com.example\nFormat=Mach-O thin (arm64)\n"
		"CodeDirectory v=20500 size=892 flags=0x10000(runtime) hashes=1+2 "
		"location=embedded\n"
		"Platform identifier=15\nVersionPlatform=1\nVersionMin=720896\nVersionSDK=918784\n"
		"Hash type=sha256 size=32\n"
		"CandidateCDHash sha1=2945000000000000000000000000000000000000\n"
		"CandidateCDHashFull sha1=2945000000000000000000000000000000000000\n"
		"CandidateCDHash sha256=ba85000000000000000000000000000000000000\n"
		"CandidateCDHashFull sha256="
		"ba85000000000000000000000000000000000000000000000000000000000000\n"
		"Hash choices=sha1,sha256\n"
		"Executable Segment base=0\nExecutable Segment limit=16384\n"
		"Executable Segment flags=0x1\nPage size=none\n"
		"    -2=0200000000000000000000000000000000000000000000000000000000000000\n"
		"    -1=0100000000000000000000000000000000000000000000000000000000000000\n"
		"     0=0300000000000000000000000000000000000000000000000000000000000000\n"
		"Launch Constraints:\n\tHas Parent Launch Constraints\n"
		"CDHash=ba85000000000000000000000000000000000000\nSignature size=32\n"
		"Authority=Developer ID Application: Test (TEST123456)\nAuthority=Apple Root CA\n"
		"Timestamp=Jun 17, 2026 at 12:34:29\nInfo.plist entries=14\n"
		"TeamIdentifier=TEST123456\nRuntime Version=14.5.0\nSealed Resources=none\n"
		"Internal requirements count=1 size=64\nTotal signatures=1\nChosen signature=1\n";

	expect(signed_slice(), 5, true, expected);
}

Test(cli_text_codesign, ad_hoc_code_without_anything)
{
	struct sgn_shown_slice s = signed_slice();

	s.adhoc = true;
	s.dir_count = 1;
	s.best = 0;
	s.chain_count = 0;
	s.team = NULL;
	s.has_timestamp = false;
	s.info_plist_entries = -1;
	s.requirement_count = -1;
	expect(s, 2, true,
	       "Executable=/tool\nIdentifier=com.example\nFormat=Mach-O thin (arm64)\n"
	       "CodeDirectory v=20100 size=290 flags=0x0(none) hashes=4+3 location=embedded\n"
	       "Signature=adhoc\nInfo.plist=not bound\nTeamIdentifier=not set\n"
	       "Sealed Resources=none\nInternal requirements=none\nTotal signatures=1\n"
	       "Chosen signature=1\n");
}

Test(cli_text_codesign, certificates_that_cannot_be_read_are_unavailable)
{
	struct sgn_shown_slice s = signed_slice();

	s.chain_count = 0;
	s.has_timestamp = false;
	s.has_signing_time = true;
	s.signing_time = 951825600;
	s.constraints = 0;
	expect(s, 2, false,
	       "Executable=/tool\nIdentifier=com.example\nFormat=Mach-O thin (arm64)\n"
	       "CodeDirectory v=20500 size=892 flags=0x10000(runtime) hashes=1+2 "
	       "location=embedded\n"
	       "Platform identifier=15\nSignature size=32\nAuthority=(unavailable)\n"
	       "Signed Time=Feb 29, 2000 at 12:00:00\nInfo.plist entries=14\n"
	       "TeamIdentifier=TEST123456\nRuntime Version=14.5.0\nSealed Resources=none\n"
	       "Total signatures=1\nChosen signature=1\n");
}

Test(cli_text_codesign, requirements_are_stored_or_implied)
{
	struct sgn_shown_slice s = signed_slice();
	char *text = text_requirements(&s);

	cr_assert_str_eq(text, "designated => identifier \"com.example\"\n");
	free(text);
	s.requirement_count = 0;
	s.requirements_text = "# no requirement(s)\n";
	s.designated_implied = "cdhash H\"00\"";
	text = text_requirements(&s);
	cr_assert_str_eq(text, "# designated => cdhash H\"00\"");
	free(text);
	s.designated_implied = NULL;
	cr_assert_null(text_requirements(&s));
}
