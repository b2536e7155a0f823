/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML property lists as Apple's tools write nearly all of them: the usual three lines in front, tags without
 * attributes, text in ASCII without entities. There is only one way to understand that, so that a short reader
 * does, in a fifth of the time and without the library. Whatever is not exactly so is left to libxml2, what is
 * wrong too: no error comes from here but lack of memory.
 */
#include <string.h>

#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/codec/base64.h"
#include "signer/codec/plist_int.h"

/* Longer ones are libxml2's to judge, which has limits of its own. */
#define TEXT_MAX ((size_t)1 << 20)

struct plain {
	struct sgn_view in;
	size_t at;
	struct sgn_arena *arena;
	struct sgn_plist_info *info;
	struct sgn_value_entry *entries; /* finished values of the open containers; owned */
	size_t count, cap;
	unsigned depth;
	bool nomem;
};

static bool skip(struct plain *p, const char *text)
{
	size_t size = strlen(text);

	if (p->in.size - p->at < size || memcmp(p->in.data + p->at, text, size) != 0)
		return false;
	p->at += size;
	return true;
}

static bool skip_tag(struct plain *p, const char *tag)
{
	while (p->at < p->in.size && strchr(" \t\n", p->in.data[p->at]) && p->in.data[p->at])
		p->at++;
	return skip(p, tag);
}

/* Says itself, whoever reads it. */
static bool is_plain(uint8_t c)
{
	return (c >= 0x20 && c < 0x7f && c != '&' && c != '>') || c == '\t' || c == '\n';
}

/* What stands before the closing tag. */
static bool take_text(struct plain *p, const char *closing, struct sgn_view *out)
{
	size_t start = p->at;

	while (p->at < p->in.size && p->in.data[p->at] != '<') {
		if (!is_plain(p->in.data[p->at]))
			return false;
		p->at++;
	}
	*out = sgn_view_of(p->in.data + start, p->at - start);
	return out->size <= TEXT_MAX && skip(p, closing);
}

/* What no digit and no blank is ends the decoding, so that it need not be looked for. */
static bool take_data(struct plain *p, struct sgn_view *out)
{
	const uint8_t *start = p->in.data + p->at;
	const uint8_t *end = memchr(start, '<', p->in.size - p->at);

	if (!end)
		return false;
	*out = sgn_view_of(start, (size_t)(end - start));
	p->at += out->size;
	return out->size <= TEXT_MAX && skip(p, "</data>");
}

static bool out_of_memory(struct plain *p)
{
	p->nomem = true;
	return false;
}

static bool keep(struct plain *p, struct sgn_view v, struct sgn_view *out)
{
	return sgn_arena_copy(p->arena, v, out) || out_of_memory(p);
}

static bool push(struct plain *p, struct sgn_view key, const struct sgn_value *value)
{
	if (p->count == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 64;
		struct sgn_value_entry *grown = sgn_realloc(p->entries, cap * sizeof(*p->entries));

		if (!grown)
			return out_of_memory(p);
		p->entries = grown;
		p->cap = cap;
	}
	p->entries[p->count++] = (struct sgn_value_entry){key, *value};
	return true;
}

static bool read_value(struct plain *p, struct sgn_value *out);

static bool close_dict(struct plain *p, size_t first, struct sgn_value *out)
{
	size_t count = p->count - first;
	struct sgn_value_entry *entries = sgn_arena_array(p->arena, count, sizeof(*entries));

	if (!entries)
		return out_of_memory(p);
	if (count > 0)
		memcpy(entries, p->entries + first, count * sizeof(*entries));
	p->count = first;
	out->kind = SGN_VALUE_DICT;
	out->u.dict.entries = entries;
	out->u.dict.count = count;
	return sgn_plist_note_duplicates(out, p->info) || out_of_memory(p);
}

static bool read_dict(struct plain *p, struct sgn_value *out)
{
	size_t first = p->count;

	while (!skip_tag(p, "</dict>")) {
		struct sgn_value value = {.kind = SGN_VALUE_BOOL};
		struct sgn_view key;

		if (!skip(p, "<key>") || !take_text(p, "</key>", &key) || !keep(p, key, &key) ||
		    !read_value(p, &value) || !push(p, key, &value))
			return false;
	}
	return close_dict(p, first, out);
}

static bool read_array(struct plain *p, struct sgn_value *out)
{
	size_t first = p->count;
	struct sgn_value *items;

	while (!skip_tag(p, "</array>")) {
		struct sgn_value value = {.kind = SGN_VALUE_BOOL};

		if (!read_value(p, &value) || !push(p, SGN_VIEW_EMPTY, &value))
			return false;
	}
	items = sgn_arena_array(p->arena, p->count - first, sizeof(*items));
	if (!items)
		return out_of_memory(p);
	out->kind = SGN_VALUE_ARRAY;
	out->u.array.items = items;
	out->u.array.count = p->count - first;
	for (size_t i = first; i < p->count; i++)
		items[i - first] = p->entries[i].value;
	p->count = first;
	return true;
}

/* Containers, one level further in. */
static bool descend(struct plain *p, bool (*read)(struct plain *p, struct sgn_value *out),
                    struct sgn_value *out)
{
	bool ok;

	if (p->depth == SGN_LIMIT_PLIST_DEPTH)
		return false;
	p->depth++;
	ok = read(p, out);
	p->depth--;
	return ok;
}

static bool read_string(struct plain *p, struct sgn_value *out)
{
	struct sgn_view text;

	out->kind = SGN_VALUE_STRING;
	return take_text(p, "</string>", &text) && keep(p, text, &out->u.bytes);
}

static bool read_data(struct plain *p, struct sgn_value *out)
{
	struct sgn_view text;
	struct sgn_buf bytes;
	size_t bad_at;
	bool ok;

	if (!take_data(p, &text))
		return false;
	sgn_buf_init(&bytes, SGN_LIMIT_PLIST);
	out->kind = SGN_VALUE_DATA;
	ok = sgn_base64_decode(text, &bytes, &bad_at);
	if (ok && sgn_buf_finish(&bytes, NULL, "data") < 0)
		ok = out_of_memory(p);
	ok = ok && keep(p, sgn_buf_view(&bytes), &out->u.bytes);
	sgn_buf_dispose(&bytes);
	return ok;
}

static bool read_number(struct plain *p, struct sgn_value *out)
{
	struct sgn_view text;

	if (skip(p, "<integer>"))
		return take_text(p, "</integer>", &text) && sgn_plist_parse_int(text, out);
	out->kind = SGN_VALUE_REAL;
	return skip(p, "<real>") && take_text(p, "</real>", &text) &&
	       sgn_plist_parse_real(text, &out->u.real);
}

/* Dates are rare, and libxml2's. */
static bool read_value(struct plain *p, struct sgn_value *out)
{
	if (skip_tag(p, "<dict>"))
		return descend(p, read_dict, out);
	if (skip(p, "<data>"))
		return read_data(p, out);
	if (skip(p, "<string>"))
		return read_string(p, out);
	if (skip(p, "<array>"))
		return descend(p, read_array, out);
	if (skip(p, "<dict/>"))
		return close_dict(p, p->count, out);
	out->u.boolean = skip(p, "<true/>");
	return out->u.boolean || skip(p, "<false/>") || read_number(p, out);
}

static bool read_document(struct plain *p, struct sgn_value *out)
{
	return skip(p, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>") &&
	       skip_tag(p, "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
	                   "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">") &&
	       skip_tag(p, "<plist version=\"1.0\">") && read_value(p, out) &&
	       skip_tag(p, "</plist>") && skip_tag(p, "") && p->at == p->in.size;
}

bool sgn_plist_read_plain(struct sgn_view in, struct sgn_arena *arena, struct sgn_value *out,
                          struct sgn_plist_info *info, int *rc, struct sgn_error *err)
{
	struct sgn_plist_info found = *info;
	struct plain p = {.in = in, .arena = arena, .info = &found};
	struct sgn_value value = {.kind = SGN_VALUE_BOOL};
	bool ok = read_document(&p, &value);

	sgn_free(p.entries);
	if (p.nomem)
		*rc = sgn_fail_nomem(err);
	if (!ok)
		return p.nomem;
	*out = value;
	*info = found;
	*rc = 0;
	return true;
}
