/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>

#include "signer/base/mem.h"
#include "tests/unit/bundle/tree.h"

/* Opens, scans, writes and reads again; the first failure ends it. */
static int whole_way(const struct sgn_walk *walk, struct sgn_buf *out)
{
	static const enum sgn_digest digests[] = {SGN_DIGEST_SHA256};
	struct sgn_bundle b = {0};
	struct sgn_rules v1 = {0}, v2 = {0};
	struct sgn_seal_scan scan = {0};
	struct sgn_seal seal = {0};
	struct sgn_bundle_link *links;
	struct sgn_arena arena = {0};
	size_t count;
	int rc = sgn_bundle_open(walk, "", NULL, &b, NULL);

	if (rc == 0)
		rc = sgn_rules_default(&b, 1, &v1, NULL);
	if (rc == 0)
		rc = sgn_rules_derive(&v1, &v2, NULL);
	sgn_rules_dispose(&v2);
	if (rc == 0)
		rc = sgn_rules_default(&b, 2, &v2, NULL);
	if (rc == 0)
		rc = sgn_seal_scan(&b, &v1, &v2, &scan, NULL);
	for (size_t i = 0; i < scan.count; i++) {
		scan.items[i].hashes.sha1.size = 20;
		scan.items[i].hashes.sha256.size = 32;
		scan.items[i].requirement = "never";
	}
	if (rc == 0)
		rc = sgn_seal_write(&scan, &v1, &v2, digests, 1, out, NULL);
	if (rc == 0)
		rc = sgn_seal_read(sgn_buf_view(out), &seal, NULL);
	if (rc == 0)
		rc = sgn_bundle_lost_links(walk, "", &arena, &links, &count, NULL);
	sgn_arena_dispose(&arena);
	sgn_seal_dispose(&seal);
	sgn_seal_scan_dispose(&scan);
	sgn_rules_dispose(&v2);
	sgn_rules_dispose(&v1);
	sgn_bundle_dispose(&b);
	return rc;
}

Test(bundle_memory, running_out_of_it_anywhere_is_reported_and_leaks_nothing)
{
	struct scratch s;
	struct sgn_walk walk;
	int rc = SGN_E_NOMEM;

	scratch_make(&s);
	tree_write(&s, "m Versions/A/X\ni Versions/A/Resources/Info.plist|CFBundleExecutable=X\n"
	               "l Versions/Current|A\nm X\nf README\nl Versions/A/Resources/.DS_Store|x\n"
	               "m Versions/A/Frameworks/Y.framework/Y\nf Versions/A/Resources/en.lproj/a");
	cr_assert_eq(sgn_walk_tree(s.dir, &walk, NULL), 0);
	for (unsigned long n = 1; rc != 0; n++) {
		struct sgn_buf out;

		cr_assert_lt(n, 2000);
		sgn_buf_init(&out, 100000);
		sgn_mem_fail_after(n);
		rc = whole_way(&walk, &out);
		sgn_mem_fail_after(0);
		cr_assert(rc == 0 || rc == SGN_E_NOMEM, "allocation %lu: status %d", n, rc);
		sgn_buf_dispose(&out);
	}
	sgn_walk_dispose(&walk);
	scratch_remove(&s);
}
