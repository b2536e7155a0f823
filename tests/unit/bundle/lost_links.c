/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/bundle/tree.h"

#define A "m Versions/A/X\nf Versions/A/Resources/Info.plist|i\nf Versions/A/_CodeSignature/C|c\n"

static void expect(const char *lines, const char *links)
{
	struct scratch s;
	struct sgn_walk w;
	struct sgn_arena arena = {0};
	struct sgn_bundle_link *found;
	size_t count, len = 0;
	char text[1024] = "";

	scratch_make(&s);
	tree_write(&s, lines);
	cr_assert_eq(sgn_walk_tree(s.dir, &w, NULL), 0);
	cr_assert_eq(sgn_bundle_lost_links(&w, "", &arena, &found, &count, NULL), 0);
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s=%s", i ? ", " : "",
		                        found[i].path, found[i].target);
	cr_expect_str_eq(text, links, "%s", lines);
	sgn_arena_dispose(&arena);
	sgn_walk_dispose(&w);
	scratch_remove(&s);
}

#define ALL "Versions/Current=A, Resources=Versions/Current/Resources, X=Versions/Current/X"

Test(bundle_lost_links, a_sound_framework_has_lost_none)
{
	expect(A "l Versions/Current|A\nl X|Versions/Current/X", "");
	expect("i Info.plist|a=b\nm X", "");
}

Test(bundle_lost_links, links_that_were_left_out)
{
	expect(A, ALL);
}

Test(bundle_lost_links, links_that_were_turned_into_copies)
{
	expect(A "m Versions/Current/X\nf Versions/Current/Resources/Info.plist|i\n"
	         "f Versions/Current/_CodeSignature/C|c\nm X\nf Resources/Info.plist|i",
	       ALL);
	expect(A "l Versions/Current|A\nm X", "X=Versions/Current/X");
}

Test(bundle_lost_links, links_that_were_written_as_their_text)
{
	expect(A "f Versions/Current|A\nf X|Versions/Current/X\nf "
	         "Resources|Versions/Current/Resources",
	       ALL);
}

Test(bundle_lost_links, a_copy_that_differs_is_left_alone)
{
	expect(A "l Versions/Current|A\nf X|other", "");
	expect(A "l Versions/Current|A\nf Resources/Info.plist|j", "");
	expect(A "l Versions/Current|A\nf Resources/Info.plist|i\nf Resources/more", "");
	expect(A "m Versions/Current/X\nm X", "");
}

Test(bundle_lost_links, with_two_versions_nobody_can_tell)
{
	expect(A "m Versions/B/X", "");
	expect(A "m Versions/B/X\nf Versions/Current|B", "Versions/Current=B");
	expect(A "m Versions/B/X\nm Versions/Current/X\nm X",
	       "Versions/Current=B, X=Versions/Current/X");
}
