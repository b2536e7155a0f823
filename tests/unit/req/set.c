/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/req/helpers.h"

#define TYPE_HOST       1
#define TYPE_DESIGNATED 3

static struct sgn_buf set, single, out;

static void init(void)
{
	compile_ok("host => always designated => identifier foo", &set);
	compile_ok("anchor apple", &single);
	sgn_buf_init(&out, SGN_LIMIT_REQUIREMENTS);
}

static void dispose(void)
{
	sgn_buf_dispose(&set);
	sgn_buf_dispose(&single);
	sgn_buf_dispose(&out);
}

TestSuite(req_set, .init = init, .fini = dispose);

static const char *text_of(struct sgn_view blob)
{
	static char text[1024];
	struct sgn_buf buf;

	sgn_buf_init(&buf, sizeof(text) - 1);
	cr_assert_eq(sgn_req_set_decompile(blob, &buf, NULL), 0);
	snprintf(text, sizeof(text), "%s", sgn_buf_str(&buf));
	sgn_buf_dispose(&buf);
	return text;
}

Test(req_set, entries_are_found_by_type)
{
	struct sgn_view blob;
	char text[64];

	cr_assert_eq(sgn_req_set_find(sgn_buf_view(&set), TYPE_DESIGNATED, &blob, NULL), 0);
	decompile_ok(blob, text, sizeof(text));
	cr_expect_str_eq(text, "identifier foo");
	cr_assert_eq(sgn_req_set_find(sgn_buf_view(&set), 4, &blob, NULL), 0);
	cr_expect_eq(blob.size, 0);
	cr_assert_eq(sgn_req_set_find(SGN_VIEW_EMPTY, TYPE_HOST, &blob, NULL), 0);
	cr_expect_eq(blob.size, 0);
}

Test(req_set, entries_are_counted)
{
	uint32_t count;

	cr_assert_eq(sgn_req_set_count(sgn_buf_view(&set), &count, NULL), 0);
	cr_expect_eq(count, 2);
	cr_assert_eq(sgn_req_set_count(SGN_VIEW_EMPTY, &count, NULL), 0);
	cr_expect_eq(count, 0);
	cr_assert_eq(sgn_req_set_count(sgn_buf_view(&single), &count, NULL), SGN_E_FORMAT);
}

Test(req_set, without_anything_the_empty_set_is_stored)
{
	static const uint8_t empty[] = {0xfa, 0xde, 0x0c, 0x01, 0, 0, 0, 12, 0, 0, 0, 0};

	cr_assert_eq(sgn_req_set_make(SGN_VIEW_EMPTY, SGN_VIEW_EMPTY, &out, NULL), 0);
	cr_expect(sgn_view_equal(sgn_buf_view(&out), sgn_view_of(empty, sizeof(empty))));
	cr_expect_str_eq(text_of(sgn_buf_view(&out)), "# no requirement(s)\n");
}

Test(req_set, an_explicit_designated_requirement_wins)
{
	cr_assert_eq(sgn_req_set_make(sgn_buf_view(&set), sgn_buf_view(&single), &out, NULL), 0);
	cr_expect_str_eq(text_of(sgn_buf_view(&out)),
	                 "host => always\ndesignated => identifier foo\n");
}

Test(req_set, the_default_is_added_to_others_in_the_order_of_types)
{
	struct sgn_buf others;

	compile_ok("plugin => never host => always", &others);
	cr_assert_eq(sgn_req_set_make(sgn_buf_view(&others), sgn_buf_view(&single), &out, NULL), 0);
	cr_expect_str_eq(text_of(sgn_buf_view(&out)),
	                 "host => always\ndesignated => anchor apple\nplugin => never\n");
	sgn_buf_dispose(&others);
}

Test(req_set, a_full_set_has_no_room_for_the_default)
{
	char text[2048] = "";
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf full;

	for (unsigned i = 0; i < SGN_LIMIT_BLOBS; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%u => true\n", i + 10);
	compile_ok(text, &full);
	cr_assert_eq(sgn_req_set_make(sgn_buf_view(&full), sgn_buf_view(&single), &out, &err),
	             SGN_E_LIMIT);
	cr_expect_eq(sgn_req_set_make(sgn_buf_view(&full), SGN_VIEW_EMPTY, &out, &err), 0);
	sgn_buf_dispose(&full);
}

Test(req_set, a_single_requirement_is_wrapped)
{
	cr_assert_eq(sgn_req_set_wrap(sgn_buf_view(&single), TYPE_DESIGNATED, &out, NULL), 0);
	cr_expect_str_eq(text_of(sgn_buf_view(&out)), "designated => anchor apple\n");
}

Test(req_set, only_a_requirement_can_be_wrapped)
{
	cr_expect_eq(sgn_req_set_wrap(sgn_buf_view(&set), TYPE_DESIGNATED, &out, NULL),
	             SGN_E_FORMAT);
	cr_expect_eq(sgn_req_set_wrap(SGN_VIEW_EMPTY, TYPE_DESIGNATED, &out, NULL), SGN_E_FORMAT);
	cr_expect_eq(out.size, 0);
}

Test(req_set, types_have_names)
{
	cr_expect_str_eq(sgn_req_type_name(0), "invalid");
	cr_expect_str_eq(sgn_req_type_name(3), "designated");
	cr_expect_str_eq(sgn_req_type_name(5), "plugin");
	cr_expect_null(sgn_req_type_name(6));
}
