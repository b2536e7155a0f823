/* SPDX-License-Identifier: Apache-2.0 */
/* Entitlements as they come in: what is stored, and what the user should be told. The reasons are in
 * docs/format/entitlements.md, "What is stored". */
#include "signer/ents/ents_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/reader.h"
#include "signer/codec/plist.h"

/* CSMAGIC_EMBEDDED_ENTITLEMENTS; the room of blobs lies beside this one, so the number stands here. */
#define ENTITLEMENTS_MAGIC 0xfade7171u
#define BLOB_HEADER        8

/* Appends a sentence; when the list is full it is dropped: the first ones are those about the whole
 * file. Running out of memory drops it too, a warning is not worth failing for. */
static void SGN_PRINTF(3, 4)
	warn(struct sgn_ents *ents, struct sgn_arena *arena, const char *fmt, ...)
{
	char text[320];
	const char *copy;
	va_list ap;

	if (ents->warning_count == SGN_ENTS_WARNINGS)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	copy = sgn_arena_strdup(arena, text);
	if (copy)
		ents->warnings[ents->warning_count++] = copy;
}

/* ---- what the file is made of ---- */

static const struct {
	unsigned oddity;
	const char *text;
} oddity_warnings[] = {
	{SGN_PLIST_HAS_CDATA, "the XML has a CDATA section, which the kernel's parser may refuse; "
                              "write the text plainly"},
	{SGN_PLIST_NO_DOCTYPE,
         "the XML has no <!DOCTYPE plist ...> line, which some of Apple's parsers expect"},
	{SGN_PLIST_NO_ROOT, "the XML has no <plist> element around its <dict>"},
	{SGN_PLIST_DUPLICATE_KEY, "a key occurs twice in one dictionary; the last value counts"},
};

static bool has_non_ascii(struct sgn_view v)
{
	for (size_t i = 0; i < v.size; i++)
		if (v.data[i] >= 0x80)
			return true;
	return false;
}

static void warn_about_file(struct sgn_ents *ents, struct sgn_arena *arena,
                            const struct sgn_plist_info *info)
{
	if (info->oddities & SGN_PLIST_HAS_COMMENT)
		warn(ents, arena,
		     "line %u: the XML has a comment; the kernel's parser may refuse it at launch "
		     "(\"AMFIUnserializeXML: syntax error\"); delete the comments",
		     info->comment_line);
	for (size_t i = 0; i < SGN_ARRAY_LEN(oddity_warnings); i++)
		if (info->oddities & oddity_warnings[i].oddity)
			warn(ents, arena, "%s", oddity_warnings[i].text);
	if (info->format == SGN_PLIST_XML && has_non_ascii(ents->xml))
		warn(ents, arena,
		     "the XML has characters outside of ASCII, which some of Apple's parsers "
		     "refuse");
}

/* ---- build variables that nobody expanded ---- */

struct variable_search {
	struct sgn_ents *ents;
	struct sgn_arena *arena;
	struct sgn_view key; /* of the top-level entry */
};

/* $(NAME) or ${NAME} in text; the whole of it, or empty. */
static struct sgn_view find_variable(struct sgn_view text)
{
	for (size_t i = 0; i + 1 < text.size; i++) {
		uint8_t open = text.data[i + 1];

		if (text.data[i] != '$' || (open != '(' && open != '{'))
			continue;
		for (size_t end = i + 2; end < text.size; end++)
			if (text.data[end] == (open == '(' ? ')' : '}'))
				return sgn_view_of(text.data + i, end + 1 - i);
	}
	return SGN_VIEW_EMPTY;
}

static bool search_text(const struct variable_search *s, struct sgn_view text)
{
	struct sgn_view found = find_variable(text);

	if (found.size == 0)
		return false;
	warn(s->ents, s->arena,
	     "entitlement '%.*s' holds the build variable %.*s; Xcode expands it before signing, "
	     "here it "
	     "would be signed as it stands",
	     (int)(s->key.size < 100 ? s->key.size : 100), (const char *)s->key.data,
	     (int)(found.size < 60 ? found.size : 60), (const char *)found.data);
	return true;
}

/* True after the first find: one warning for each top-level key is enough. */
static bool search_value(const struct variable_search *s, const struct sgn_value *v)
{
	bool found = false;

	if (v->kind == SGN_VALUE_STRING)
		return search_text(s, v->u.bytes);
	if (v->kind == SGN_VALUE_ARRAY)
		for (size_t i = 0; !found && i < v->u.array.count; i++)
			found = search_value(s, &v->u.array.items[i]);
	if (v->kind == SGN_VALUE_DICT)
		for (size_t i = 0; !found && i < v->u.dict.count; i++)
			found = search_text(s, v->u.dict.entries[i].key) ||
			        search_value(s, &v->u.dict.entries[i].value);
	return found;
}

static void warn_about_variables(struct sgn_ents *ents, struct sgn_arena *arena)
{
	for (size_t i = 0; i < ents->dict.u.dict.count; i++) {
		const struct sgn_value_entry *entry = &ents->dict.u.dict.entries[i];
		struct variable_search search = {ents, arena, entry->key};

		if (!search_text(&search, entry->key))
			search_value(&search, &entry->value);
	}
}

/* ---- reading ---- */

static int read_dict(struct sgn_view in, struct sgn_arena *arena, struct sgn_ents *out,
                     struct sgn_plist_info *info, struct sgn_error *err)
{
	int rc;

	if (in.size > SGN_LIMIT_ENTITLEMENTS)
		return sgn_ents_invalid(err, sgn_fail(err, SGN_E_LIMIT,
		                                      "entitlements: %zu bytes, more than %u",
		                                      in.size, SGN_LIMIT_ENTITLEMENTS));
	rc = sgn_plist_read(in, arena, &out->dict, info, err);
	if (rc < 0)
		return sgn_ents_invalid(err, sgn_wrap(err, rc, "entitlements"));
	if (out->dict.kind == SGN_VALUE_DICT)
		return 0;
	rc = sgn_fail(err, SGN_E_FORMAT,
	              "entitlements: the property list holds a %s, not a dictionary",
	              sgn_value_kind_name(out->dict.kind));
	return sgn_ents_invalid(err, rc);
}

/* A file that begins like a blob is one; its header must tell the truth. */
static int strip_header(struct sgn_view *in, struct sgn_error *err)
{
	struct sgn_reader r = sgn_rd_init(*in);
	uint32_t magic = sgn_rd_be32(&r), length = sgn_rd_be32(&r);
	int rc;

	if (!sgn_rd_ok(&r) || magic != ENTITLEMENTS_MAGIC)
		return 0;
	if (length != in->size) {
		rc = sgn_fail(err, SGN_E_FORMAT, "entitlements blob: length %u, but %zu bytes",
		              length, in->size);
		return sgn_ents_invalid(err, rc);
	}
	*in = sgn_view_from(*in, BLOB_HEADER);
	return 0;
}

static int rewrite(struct sgn_arena *arena, struct sgn_ents *out, struct sgn_error *err)
{
	struct sgn_buf xml;
	int rc;

	sgn_buf_init(&xml, 8 * SGN_LIMIT_ENTITLEMENTS); /* XML is larger than the binary form */
	rc = sgn_plist_write_xml(&out->dict, &xml, err);
	if (rc < 0)
		rc = sgn_ents_invalid(err, sgn_wrap(err, rc, "entitlements"));
	else if (!sgn_arena_copy(arena, sgn_buf_view(&xml), &out->xml))
		rc = sgn_fail_nomem(err);
	sgn_buf_dispose(&xml);
	return rc;
}

/* XML goes in as it is, apart from a mark in front that the kernel's parser stumbles over; what no
 * parser of Apple's kernel reads is written anew. */
static int choose_bytes(struct sgn_view in, struct sgn_arena *arena, struct sgn_ents *out,
                        const struct sgn_plist_info *info, struct sgn_error *err)
{
	static const char bom[] = "\xef\xbb\xbf";

	if (info->format == SGN_PLIST_BINARY) {
		warn(out, arena, "the binary property list was converted to XML");
		return rewrite(arena, out, err);
	}
	if (info->oddities & SGN_PLIST_NOT_UTF8) {
		warn(out, arena, "the XML is not UTF-8 and was written anew");
		return rewrite(arena, out, err);
	}
	if (info->oddities & SGN_PLIST_HAS_BOM) {
		warn(out, arena,
		     "the byte order mark was removed; the kernel's parser refuses it at launch");
		in = sgn_view_from(in, sizeof(bom) - 1);
	}
	return sgn_arena_copy(arena, in, &out->xml) ? 0 : sgn_fail_nomem(err);
}

static int check_der(const struct sgn_value *dict, struct sgn_error *err)
{
	struct sgn_buf der;
	int rc;

	sgn_buf_init(&der, 8 * SGN_LIMIT_ENTITLEMENTS);
	rc = sgn_ents_to_der(dict, &der, err);
	sgn_buf_dispose(&der);
	return rc;
}

int sgn_ents_from_input(struct sgn_view in, struct sgn_arena *arena, struct sgn_ents *out,
                        struct sgn_error *err)
{
	struct sgn_plist_info info;
	int rc;

	*out = (struct sgn_ents){0};
	rc = strip_header(&in, err);
	if (rc == 0)
		rc = read_dict(in, arena, out, &info, err);
	if (rc == 0)
		rc = check_der(&out->dict, err);
	if (rc == 0)
		rc = choose_bytes(in, arena, out, &info, err);
	if (rc < 0)
		return rc;
	/* In a file that was written anew only the values are still the user's. */
	if (info.format == SGN_PLIST_BINARY || info.oddities & SGN_PLIST_NOT_UTF8)
		info.oddities &= SGN_PLIST_DUPLICATE_KEY;
	warn_about_file(out, arena, &info);
	warn_about_variables(out, arena);
	return 0;
}

int sgn_ents_from_xml(struct sgn_view xml, struct sgn_arena *arena, struct sgn_ents *out,
                      struct sgn_error *err)
{
	struct sgn_error reason = SGN_ERROR_INIT;
	struct sgn_plist_info info;
	int rc;

	*out = (struct sgn_ents){0};
	rc = read_dict(xml, arena, out, &info, err);
	if (rc < 0)
		return rc;
	if (!sgn_arena_copy(arena, xml, &out->xml))
		return sgn_fail_nomem(err);
	if (info.format == SGN_PLIST_BINARY)
		warn(out, arena,
		     "the entitlements are a binary property list, which the system ignores");
	if (info.oddities & SGN_PLIST_HAS_BOM)
		warn(out, arena,
		     "the entitlements begin with a byte order mark, which the kernel's parser "
		     "refuses");
	if (check_der(&out->dict, &reason) < 0)
		warn(out, arena, "%s", reason.text);
	sgn_error_dispose(&reason);
	warn_about_file(out, arena, &info);
	warn_about_variables(out, arena);
	return 0;
}

/* docs/format/entitlements.md, "Bits of the exec segment" */
uint64_t sgn_ents_exec_flags(const struct sgn_value *dict)
{
	static const struct {
		const char *key;
		uint64_t bit;
	} rows[] = {
		{"get-task-allow", 0x10},
		{"run-unsigned-code", 0x10},
		{"com.apple.private.cs.debugger", 0x20},
		{"dynamic-codesigning", 0x40},
		{"com.apple.private.skip-library-validation", 0x80},
		{"com.apple.private.amfi.can-load-cdhash", 0x100},
		{"com.apple.private.amfi.can-execute-cdhash", 0x200},
	};
	uint64_t bits = 0;

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++)
		if (sgn_value_is_true(sgn_value_get(dict, rows[i].key)))
			bits |= rows[i].bit;
	return bits;
}
