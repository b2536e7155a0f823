/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the tables of vectors/req; vectors/README.md tells how they were made. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/req/helpers.h"

#define LINE_MAX_SIZE 16384
#define COLUMNS       6

struct row {
	unsigned line;
	size_t columns;
	struct sgn_view col[COLUMNS]; /* unescaped */
	char text[LINE_MAX_SIZE];
};

/* \n \t \r \\ \xHH, in place. */
static struct sgn_view unescape(char *s)
{
	char *to = s, *start = s;

	for (; *s; s++) {
		if (*s != '\\') {
			*to++ = *s;
			continue;
		}
		switch (*++s) {
		case 'n': *to++ = '\n'; break;
		case 't': *to++ = '\t'; break;
		case 'r': *to++ = '\r'; break;
		case 'x':
			*to++ = (char)(sgn_hex_digit((uint8_t)s[1]) * 16 +
			               sgn_hex_digit((uint8_t)s[2]));
			s += 2;
			break;
		default: *to++ = *s; break;
		}
	}
	return sgn_view_of(start, (size_t)(to - start));
}

/* Calls check for each row of a table; returns their number. */
static unsigned for_each_row(const char *name, void (*check)(const struct row *row))
{
	static struct row row;
	char path[512];
	unsigned count = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/vectors/req/%s", SGN_SOURCE_DIR, name);
	f = fopen(path, "rb");
	cr_assert(f, "%s: %s", path, strerror(errno));
	for (row.line = 1; fgets(row.text, sizeof(row.text), f); row.line++) {
		char *at = row.text;

		row.text[strcspn(row.text, "\n")] = '\0';
		if (row.text[0] == '#' && row.text[1] == ' ')
			continue;
		for (row.columns = 0; at && row.columns < COLUMNS; row.columns++) {
			char *tab = strchr(at, '\t');

			if (tab)
				*tab++ = '\0';
			row.col[row.columns] = unescape(at);
			at = tab;
		}
		check(&row);
		count++;
	}
	fclose(f);
	return count;
}

static bool is(struct sgn_view v, const char *text)
{
	return sgn_view_equal(v, sgn_view_str(text));
}

static void copy_text(struct sgn_view v, char *out, size_t size)
{
	size_t len = v.size < size - 1 ? v.size : size - 1;

	memcpy(out, v.data, len);
	out[len] = '\0';
}

static struct sgn_view hex_of(struct sgn_view digits, uint8_t *bytes)
{
	cr_assert(sgn_hex_decode(digits, bytes, digits.size / 2));
	return sgn_view_of(bytes, digits.size / 2);
}

static int decompile_kind(struct sgn_view kind, struct sgn_view blob, struct sgn_buf *out,
                          struct sgn_error *err)
{
	if (is(kind, "set"))
		return sgn_req_set_decompile(blob, out, err);
	return sgn_req_decompile(blob, out, err);
}

static void expect_text(const struct row *row, struct sgn_view kind, struct sgn_view blob,
                        struct sgn_view want)
{
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf out;
	int rc;

	sgn_buf_init(&out, TEXT_MAX);
	rc = decompile_kind(kind, blob, &out, &err);
	cr_expect_eq(rc, 0, "line %u: %s", row->line, err.text);
	cr_expect(sgn_view_equal(sgn_buf_view(&out), want), "line %u: got '%s'", row->line,
	          sgn_buf_str(&out));
	sgn_buf_dispose(&out);
}

static void text_to_blob(const struct row *row)
{
	static uint8_t bytes[LINE_MAX_SIZE];
	const struct sgn_req_compile_options opts = {.self_identifier = "com.example.self"};
	struct sgn_view want = hex_of(row->col[3], bytes);
	struct sgn_error err = SGN_ERROR_INIT;
	struct sgn_buf out;

	sgn_buf_init(&out, TEXT_MAX);
	cr_expect_eq(sgn_req_compile(row->col[2], &opts, &out, &err), 0, "line %u: %s", row->line,
	             err.text);
	cr_expect(sgn_view_equal(sgn_buf_view(&out), want), "line %u: other bytes", row->line);
	sgn_buf_dispose(&out);
}

static void blob_to_text(const struct row *row)
{
	static uint8_t bytes[LINE_MAX_SIZE];

	expect_text(row, row->col[1], hex_of(row->col[3], bytes), row->col[4]);
}

/* "same": the canonical text gives the bytes again. "left": as many bytes in another order. "no": it
 * is no source text. */
static void canonical_again(const struct row *row)
{
	static uint8_t bytes[LINE_MAX_SIZE];
	struct sgn_view want = hex_of(row->col[3], bytes), again = row->col[5];
	struct sgn_buf out;
	int rc;

	sgn_buf_init(&out, TEXT_MAX);
	rc = sgn_req_compile(row->col[4], NULL, &out, NULL);
	if (is(again, "same"))
		cr_expect(rc == 0 && sgn_view_equal(sgn_buf_view(&out), want), "line %u",
		          row->line);
	else if (is(again, "left"))
		cr_expect(rc == 0 && out.size == want.size &&
		                  !sgn_view_equal(sgn_buf_view(&out), want),
		          "line %u", row->line);
	else
		cr_expect(rc < 0 || !sgn_view_equal(sgn_buf_view(&out), want), "line %u",
		          row->line);
	sgn_buf_dispose(&out);
}

static void only_blob_to_text(const struct row *row)
{
	static uint8_t bytes[LINE_MAX_SIZE];

	expect_text(row, row->col[0], hex_of(row->col[1], bytes), row->col[2]);
}

static void bad_blob(const struct row *row)
{
	static uint8_t bytes[LINE_MAX_SIZE];
	const struct sgn_req_facts facts = {.notarized = SGN_UNDECIDED};
	struct sgn_view blob = hex_of(row->col[1], bytes);
	struct sgn_error err = SGN_ERROR_INIT;
	char fragment[256], number[16];
	enum sgn_truth truth;
	struct sgn_buf out;
	int rc;

	copy_text(row->col[2], number, sizeof(number));
	copy_text(row->col[3], fragment, sizeof(fragment));
	sgn_buf_init(&out, TEXT_MAX);
	rc = decompile_kind(row->col[0], blob, &out, &err);
	cr_expect_lt(rc, 0, "line %u", row->line);
	cr_expect_eq(err.osstatus, strtol(number, NULL, 10), "line %u: %d", row->line,
	             (int)err.osstatus);
	cr_expect(strstr(err.text, fragment), "line %u: '%s'", row->line, err.text);
	cr_expect_eq(out.size, 0, "line %u: text of a failed call", row->line);
	if (is(row->col[0], "single"))
		cr_expect_lt(sgn_req_eval(blob, &facts, &truth, NULL, NULL), 0, "line %u",
		             row->line);
	sgn_buf_dispose(&out);
}

static void bad_text(const struct row *row)
{
	struct sgn_error err = SGN_ERROR_INIT;
	char fragment[256], place[64], line[16], column[16];
	struct sgn_buf out;

	copy_text(row->col[1], line, sizeof(line));
	copy_text(row->col[2], column, sizeof(column));
	copy_text(row->col[3], fragment, sizeof(fragment));
	snprintf(place, sizeof(place), "line %s, column %s: ", line, column);
	sgn_buf_init(&out, TEXT_MAX);
	cr_expect_eq(sgn_req_compile(row->col[0], NULL, &out, &err), SGN_E_FORMAT, "line %u",
	             row->line);
	cr_expect_eq(err.osstatus, errSecCSReqInvalid, "line %u", row->line);
	cr_expect_eq(strncmp(err.text, place, strlen(place)), 0, "line %u: '%s', not '%s'",
	             row->line, err.text, place);
	cr_expect(strstr(err.text, fragment), "line %u: '%s', not '%s'", row->line, err.text,
	          fragment);
	cr_expect_eq(out.size, 0, "line %u", row->line);
	sgn_buf_dispose(&out);
}

Test(req_vectors, source_text_compiles_to_the_bytes)
{
	cr_assert_geq(for_each_row("text-blob.tsv", text_to_blob), 150);
}

Test(req_vectors, bytes_print_as_canonical_text)
{
	cr_assert_geq(for_each_row("text-blob.tsv", blob_to_text), 150);
}

Test(req_vectors, canonical_text_compiles_again_where_it_should)
{
	cr_assert_geq(for_each_row("text-blob.tsv", canonical_again), 150);
}

Test(req_vectors, blobs_without_source_text_print_honestly)
{
	cr_assert_geq(for_each_row("blob-text.tsv", only_blob_to_text), 30);
}

Test(req_vectors, damaged_blobs_are_refused_with_their_place)
{
	cr_assert_geq(for_each_row("bad-blob.tsv", bad_blob), 35);
}

Test(req_vectors, bad_text_is_refused_with_line_and_column)
{
	cr_assert_geq(for_each_row("bad.tsv", bad_text), 100);
}
