/* SPDX-License-Identifier: Apache-2.0 */
/* What plist_xml.c and plist_xml_error.c share: the state of one parse and how it fails. */
#ifndef SIGNER_CODEC_PLIST_XML_H
#define SIGNER_CODEC_PLIST_XML_H

#include "signer/base/limits.h"
#include "signer/codec/plist_int.h"
#include "signer/codec/plist_xml_lib.h"

enum element_kind {
	ELEMENT_PLIST,
	ELEMENT_DICT,
	ELEMENT_ARRAY,
	ELEMENT_KEY,
	ELEMENT_STRING,
	ELEMENT_INTEGER,
	ELEMENT_REAL,
	ELEMENT_DATE,
	ELEMENT_DATA,
	ELEMENT_TRUE,
	ELEMENT_FALSE
};

struct element {
	const char *name;
	enum element_kind kind;
};

/* An element that is open. */
struct frame {
	const struct element *el;
	unsigned line;       /* where it was opened */
	size_t first;        /* its first entry in xml_reader.entries */
	bool has_key;        /* a <key> waits for its value */
	struct sgn_view key; /* in the arena */
};

struct place {
	unsigned line, column; /* 1-based; columns count characters */
};

struct xml_reader {
	struct sgn_view in;  /* without byte order mark and leading blanks */
	struct place origin; /* lines and columns that were cut off in front of in */
	const struct sgn_xml *lib;
	xmlParserCtxtPtr ctxt;
	struct sgn_arena *arena;
	struct sgn_plist_info *info;
	struct sgn_error *err;
	int rc; /* of the first failure; later callbacks do nothing */
	struct sgn_buf text;
	struct sgn_value_entry *entries; /* finished values of the open containers; owned */
	size_t entry_count, entry_cap;
	unsigned depth, containers;
	struct frame stack[SGN_LIMIT_PLIST_DEPTH + 2]; /* with <plist> and a leaf */
	struct sgn_value root;
	bool have_root, have_doctype;
};

/* The innermost open element, or NULL. */
struct frame *sgn_xml_top(struct xml_reader *x);

/* plist_xml_value.c: the value of an element that just ended (f is off the stack already), and
 * giving a value to the element around it. */
void sgn_xml_close_value(struct xml_reader *x, const struct frame *f, struct sgn_value *out);
void sgn_xml_deliver(struct xml_reader *x, struct sgn_value value);

/* Where the parser is now, or the byte at of the text that it hands to a callback now. */
struct place sgn_xml_here(const struct xml_reader *x);
struct place sgn_xml_chars_place(const struct xml_reader *x, struct sgn_view text, size_t at);
/* The '<' of the tag that was read last. */
struct place sgn_xml_tag_place(const struct xml_reader *x);
/* The byte at of the text that the element f holds; right after its end tag was read. */
struct place sgn_xml_text_place(const struct xml_reader *x, const struct frame *f,
                                struct sgn_view text, size_t at);

/* Records the first failure and stops the parser. */
void sgn_xml_fail(struct xml_reader *x, enum sgn_status code, struct place at, const char *fmt, ...)
	SGN_PRINTF(4, 5);
void sgn_xml_cure(struct xml_reader *x, const char *cure);
void sgn_xml_nomem(struct xml_reader *x);

/* libxml2's structured error callback; user is the struct xml_reader. */
void sgn_xml_on_error(void *user, xmlErrorPtr e);

#endif
