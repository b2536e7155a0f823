/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/unit/bundle/tree.h"

static void load(const char *resources, bool installer, int version, struct sgn_rules *out)
{
	struct sgn_bundle b = {.resources = resources, .is_installer = installer};
	struct sgn_error err = SGN_ERROR_INIT;

	cr_assert_eq(sgn_rules_default(&b, version, out, &err), 0, "%s", err.text);
	sgn_error_dispose(&err);
}

struct row {
	const char *path;
	const char *v1, *v2; /* the pattern that decides; "" for none */
};

static void check(const char *resources, const struct row *rows, size_t count)
{
	struct sgn_rules r1, r2;

	load(resources, false, 1, &r1);
	load(resources, false, 2, &r2);
	for (size_t i = 0; i < count; i++) {
		const struct sgn_rule *m1 = sgn_rules_match(&r1, rows[i].path);
		const struct sgn_rule *m2 = sgn_rules_match(&r2, rows[i].path);

		cr_expect_str_eq(m1 ? m1->pattern : "", rows[i].v1, "%s", rows[i].path);
		cr_expect_str_eq(m2 ? m2->pattern : "", rows[i].v2, "%s", rows[i].path);
	}
	sgn_rules_dispose(&r1);
	sgn_rules_dispose(&r2);
}

#define ALL     "^.*"
#define TOP     "^[^/]+$"
#define R       "^Resources/"
#define LPROJ   "^Resources/.*\\.lproj/"
#define BASE    "^Resources/Base\\.lproj/"
#define LOC     "^Resources/.*\\.lproj/locversion.plist$"
#define DSYM    ".*\\.dSYM($|/)"
#define DS      "^(.*/)?\\.DS_Store$"
#define VER1    "^version.plist$"
#define VER2    "^version\\.plist$"
#define F_LPROJ "^.*\\.lproj/"
#define F_BASE  "^Base\\.lproj/"
#define F_LOC   "^.*\\.lproj/locversion.plist$"

Test(bundle_rules_default, each_rule_of_a_deep_bundle_decides_about_its_paths)
{
	static const struct row rows[] = {
		{"Info.plist", "", "^Info\\.plist$"},
		{"sub/Info.plist", "", ALL},
		{"PkgInfo", "", "^PkgInfo$"},
		{"version.plist", VER1, VER2},
		{"versionXplist", VER1, TOP},
		{"embedded.provisionprofile", "", "^embedded\\.provisionprofile$"},
		{"README", "", TOP},
		{".DS_Store", "", DS},
		{"Resources/.DS_Store", R, DS},
		{"Resources/x.DS_Store", R, R},
		{"Frameworks/Y.framework", "", SGN_CODE_PLACES},
		{"Frameworks/Y.framework/Y", "", SGN_CODE_PLACES},
		{"SharedFrameworks/Y", "", SGN_CODE_PLACES},
		{"PlugIns/Y", "", SGN_CODE_PLACES},
		{"Plug-ins/Y", "", SGN_CODE_PLACES},
		{"Plugins/Y", "", ALL},
		{"XPCServices/Y", "", SGN_CODE_PLACES},
		{"Helpers/Y", "", SGN_CODE_PLACES},
		{"MacOS/Y", "", SGN_CODE_PLACES},
		{"Library/Automator/Y", "", SGN_CODE_PLACES},
		{"Library/Spotlight/Y", "", SGN_CODE_PLACES},
		{"Library/LoginItems/Y", "", SGN_CODE_PLACES},
		{"Library/Other/Y", "", ALL},
		{"Library/LaunchServices/Y", "", ALL},
		{"MacOS", "", TOP},
		{"Resources", "", TOP},
		{"Resources/a.txt", R, R},
		{"Resources/MacOS/a", R, R},
		{"xResources/a", "", ALL},
		{"Resources/en.lproj/a", LPROJ, LPROJ},
		{"Resources/sub/en.lproj/a", LPROJ, LPROJ},
		{"Resources/en.lproj", R, R},
		{"Resources/Base.lproj/a", BASE, BASE},
		{"Resources/sub/Base.lproj/a", LPROJ, LPROJ},
		{"Resources/en.lproj/locversion.plist", LOC, LOC},
		{"Resources/Base.lproj/locversion.plist", LOC, LOC},
		{"en.lproj/a", "", ALL},
		{"x.dSYM", "", DSYM},
		{"MacOS/X.dSYM", "", DSYM},
		{"MacOS/X.dSYM/Contents/Info.plist", "", DSYM},
		{"MacOS/X.dSYMs", "", SGN_CODE_PLACES},
		{"Resources/X.dSYM", R, R},
		{"_Other/a", "", ALL},
	};

	check("Resources", rows, SGN_ARRAY_LEN(rows));
}

Test(bundle_rules_default, each_rule_of_a_flat_bundle_decides_about_its_paths)
{
	static const struct row rows[] = {
		{"Info.plist", ALL, "^Info\\.plist$"},
		{"PkgInfo", ALL, "^PkgInfo$"},
		{"Frameworks/Y.framework/Info.plist", ALL, ALL},
		{"Frameworks/Y.framework/_CodeSignature/CodeResources", ALL, ALL},
		{"embedded.mobileprovision", ALL, ALL},
		{"embedded.provisionprofile", ALL, "^embedded\\.provisionprofile$"},
		{"a.dylib", ALL, ALL},
		{"sub/.DS_Store", ALL, DS},
		{"en.lproj/a", F_LPROJ, F_LPROJ},
		{"sub/en.lproj/a", F_LPROJ, F_LPROJ},
		{"Base.lproj/a", F_BASE, F_BASE},
		{"sub/Base.lproj/a", F_LPROJ, F_LPROJ},
		{"en.lproj/locversion.plist", F_LOC, F_LOC},
		{"X.dSYM/a", ALL, DSYM},
		{"version.plist", VER1, VER2},
	};

	check("", rows, SGN_ARRAY_LEN(rows));
}

Test(bundle_rules_default, flags_and_weights_are_those_of_the_table)
{
	struct sgn_rules r;
	const struct sgn_rule *m;

	load("Resources", false, 2, &r);
	cr_assert_eq(r.count, 13);
	m = sgn_rules_match(&r, "Info.plist");
	cr_assert(m->omit && !m->optional && !m->nested && m->has_weight && m->weight == 20);
	m = sgn_rules_match(&r, "Resources/en.lproj/a");
	cr_assert(m->optional && !m->omit && m->weight == 1000);
	m = sgn_rules_match(&r, "MacOS/a");
	cr_assert(m->nested && m->weight == 10);
	m = sgn_rules_match(&r, "sub/a");
	cr_assert(m->is_plain_true && !m->has_weight && m->weight == 1);
	sgn_rules_dispose(&r);
	load("", false, 2, &r);
	cr_assert_eq(r.count, 10);
	sgn_rules_dispose(&r);
	load("", false, 1, &r);
	cr_assert_eq(r.count, 5);
	sgn_rules_dispose(&r);
}

Test(bundle_rules_default, installer_packages_leave_out_the_packages_inside)
{
	struct sgn_rules r1, r2;

	load("Resources", true, 1, &r1);
	load("Resources", true, 2, &r2);
	cr_assert_eq(r1.count, 3);
	cr_assert_eq(r2.count, 4);
	cr_assert(sgn_rules_match(&r1, "Packages/a.pkg/b")->omit);
	cr_assert(sgn_rules_match(&r1, "Resources/en.lproj/b")->optional);
	cr_assert(sgn_rules_match(&r1, "Archive.bom")->is_plain_true);
	cr_assert_not(sgn_rules_match(&r2, "MacOS/x")->nested, "weight 0 is overruled by all");
	sgn_rules_dispose(&r1);
	sgn_rules_dispose(&r2);
}
