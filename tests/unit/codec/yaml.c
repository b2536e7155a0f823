/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/codec/yaml.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "signer/base/limits.h"

static struct sgn_arena arena;
static struct sgn_error err = SGN_ERROR_INIT;

static void end(void)
{
	sgn_arena_dispose(&arena);
	sgn_error_dispose(&err);
}

TestSuite(codec_yaml, .fini = end);

static int read(const char *text, struct sgn_yaml **out)
{
	return sgn_yaml_read(sgn_view_str(text), &arena, out, &err);
}

Test(codec_yaml, mappings_lists_and_scalars_keep_their_places)
{
	struct sgn_yaml *top, *list, *item;

	cr_assert_eq(read("name: 'quoted'\nlist:\n  - one\n  - {k: v}\n", &top), 0, "%s", err.text);
	cr_assert_eq(top->kind, SGN_YAML_MAP);
	cr_assert_str_eq(top->first->key, "name");
	cr_assert_str_eq(top->first->text, "quoted");
	cr_assert_not(top->first->is_plain);
	list = top->first->next;
	cr_assert_eq(list->kind, SGN_YAML_LIST);
	cr_assert_eq(list->key_line, 2);
	cr_assert_str_eq(list->first->text, "one");
	cr_assert(list->first->is_plain);
	cr_assert_eq(list->first->line, 3);
	cr_assert_eq(list->first->column, 5);
	item = list->first->next;
	cr_assert_eq(item->kind, SGN_YAML_MAP);
	cr_assert_str_eq(item->first->key, "k");
	cr_assert_null(item->next);
}

Test(codec_yaml, nothing_is_an_empty_mapping)
{
	struct sgn_yaml *top;

	cr_assert_eq(read("", &top), 0);
	cr_assert_eq(top->kind, SGN_YAML_MAP);
	cr_assert_null(top->first);
}

static const struct {
	const char *text;
	const char *want;
} wrong[] = {
	{"a: &x 1\n", "line 1, column 4: anchors"},
	{"a: *x\n", "aliases"},
	{"a: !!str 1\n", "tags"},
	{"a: &x [1]\n", "anchors"},
	{"a: !t {b: c}\n", "tags"},
	{"a: 1\na: 2\n", "line 2, column 1: the key \"a\" is there twice"},
	{"a: 1\n---\nb: 2\n", "a second document"},
	{"[a, b]: 1\n", "a key must be a plain text"},
	{"a: [1\n", "line 2"},
	{"\ta: 1\n", "line 1"},
	{"a: \"\\0\"\n", "NUL"},
};

Test(codec_yaml, what_surprises_is_refused_with_its_place)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct sgn_yaml *top;

		cr_assert_eq(read(wrong[i].text, &top), SGN_E_FORMAT, "%s", wrong[i].text);
		cr_assert_not_null(strstr(err.text, wrong[i].want), "%s: %s", wrong[i].text,
		                   err.text);
	}
}

Test(codec_yaml, bytes_that_are_no_utf8_are_refused)
{
	static const uint8_t bytes[] = {'a', ':', ' ', 0xff, 0xfe, '\n'};
	struct sgn_yaml *top;

	cr_assert_eq(sgn_yaml_read(sgn_view_of(bytes, sizeof(bytes)), &arena, &top, &err),
	             SGN_E_FORMAT);
}

Test(codec_yaml, depth_and_number_are_bounded)
{
	static char deep[SGN_LIMIT_YAML_DEPTH + 2], *wide = NULL;
	size_t size = 2 * (SGN_LIMIT_YAML_NODES + 10);
	struct sgn_yaml *top;

	memset(deep, '[', sizeof(deep) - 1);
	cr_assert_eq(read(deep, &top), SGN_E_LIMIT, "%s", err.text);
	wide = malloc(size + 1);
	for (size_t i = 0; i < size; i++)
		wide[i] = i == 0 ? '[' : i % 2 ? '1' : ',';
	wide[size] = '\0';
	cr_assert_eq(read(wide, &top), SGN_E_LIMIT, "%s", err.text);
	free(wide);
}
