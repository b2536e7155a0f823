/* SPDX-License-Identifier: Apache-2.0 */
/* From the text and the children of an XML element to its value. */
#include <string.h>

#include "signer/base/mem.h"
#include "signer/codec/base64.h"
#include "signer/codec/plist_xml.h"

static bool grow_entries(struct xml_reader *x)
{
	size_t cap = x->entry_cap ? x->entry_cap * 2 : 64;
	struct sgn_value_entry *grown;

	if (x->entry_count < x->entry_cap)
		return true;
	grown = sgn_realloc(x->entries, cap * sizeof(*grown));
	if (!grown)
		return false;
	x->entries = grown;
	x->entry_cap = cap;
	return true;
}

/* Gives a finished value to the element around it. Where it may stand was checked at its tag. */
void sgn_xml_deliver(struct xml_reader *x, struct sgn_value value)
{
	struct frame *parent = sgn_xml_top(x);

	if (!parent || parent->el->kind == ELEMENT_PLIST) {
		x->root = value;
		x->have_root = true;
		return;
	}
	if (!grow_entries(x)) {
		sgn_xml_nomem(x);
		return;
	}
	x->entries[x->entry_count++] = (struct sgn_value_entry){parent->key, value};
	parent->has_key = false;
	parent->key = SGN_VIEW_EMPTY;
}

static void close_dict(struct xml_reader *x, const struct frame *f, struct sgn_value *out)
{
	size_t count = x->entry_count - f->first;
	struct sgn_value_entry *entries;

	if (f->has_key) {
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_tag_place(x),
		             "key '%.80s' at the end of <dict> has no value",
		             (const char *)f->key.data);
		return;
	}
	entries = sgn_arena_array(x->arena, count, sizeof(*entries));
	out->kind = SGN_VALUE_DICT;
	out->u.dict.entries = entries;
	out->u.dict.count = count;
	if (entries && count > 0)
		memcpy(entries, x->entries + f->first, count * sizeof(*entries));
	x->entry_count = f->first;
	if (!entries || !sgn_plist_note_duplicates(out, x->info))
		sgn_xml_nomem(x);
}

static void close_array(struct xml_reader *x, const struct frame *f, struct sgn_value *out)
{
	size_t count = x->entry_count - f->first;
	struct sgn_value *items = sgn_arena_array(x->arena, count, sizeof(*items));

	out->kind = SGN_VALUE_ARRAY;
	out->u.array.items = items;
	out->u.array.count = count;
	if (!items) {
		sgn_xml_nomem(x);
		return;
	}
	for (size_t i = 0; i < count; i++)
		items[i] = x->entries[f->first + i].value;
	x->entry_count = f->first;
}

static void close_text(struct xml_reader *x, struct sgn_view text, struct sgn_value *out)
{
	out->kind = SGN_VALUE_STRING;
	if (!sgn_arena_copy(x->arena, text, &out->u.bytes))
		sgn_xml_nomem(x);
}

static void close_data(struct xml_reader *x, const struct frame *f, struct sgn_view text,
                       struct sgn_value *out)
{
	struct sgn_buf bytes;
	size_t bad_at = 0;

	sgn_buf_init(&bytes, SGN_LIMIT_PLIST);
	out->kind = SGN_VALUE_DATA;
	if (!sgn_base64_decode(text, &bytes, &bad_at)) {
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_text_place(x, f, text, bad_at),
		             "<data> is no base64: %s",
		             bad_at < text.size ? "wrong character" : "incomplete at its end");
	} else if (sgn_buf_finish(&bytes, NULL, "data") < 0 ||
	           !sgn_arena_copy(x->arena, sgn_buf_view(&bytes), &out->u.bytes)) {
		sgn_xml_nomem(x);
	}
	sgn_buf_dispose(&bytes);
}

static void close_scalar(struct xml_reader *x, const struct element *el, struct sgn_view text,
                         struct sgn_value *out)
{
	bool ok = true;

	if (el->kind == ELEMENT_INTEGER) {
		ok = sgn_plist_parse_int(text, out);
	} else if (el->kind == ELEMENT_REAL) {
		out->kind = SGN_VALUE_REAL;
		ok = sgn_plist_parse_real(text, &out->u.real);
	} else if (el->kind == ELEMENT_DATE) {
		out->kind = SGN_VALUE_DATE;
		ok = sgn_plist_parse_date(text, &out->u.date);
	}
	if (ok)
		return;
	sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_tag_place(x), "<%s> holds '%.*s'", el->name,
	             (int)(text.size < 40 ? text.size : 40), (const char *)text.data);
	if (el->kind == ELEMENT_DATE)
		sgn_xml_cure(x, "write dates as YYYY-MM-DDThh:mm:ssZ");
}

void sgn_xml_close_value(struct xml_reader *x, const struct frame *f, struct sgn_value *out)
{
	struct sgn_view text = sgn_buf_view(&x->text);

	switch (f->el->kind) {
	case ELEMENT_DICT: close_dict(x, f, out); break;
	case ELEMENT_ARRAY: close_array(x, f, out); break;
	case ELEMENT_STRING:
	case ELEMENT_KEY: close_text(x, text, out); break;
	case ELEMENT_DATA: close_data(x, f, text, out); break;
	case ELEMENT_TRUE: out->u.boolean = true; break;
	case ELEMENT_FALSE: out->u.boolean = false; break;
	default: close_scalar(x, f->el, text, out); break;
	}
}
