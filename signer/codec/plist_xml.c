/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML property lists by libxml2's SAX interface: a stack of open elements, and the finished values of
 * the open containers on one heap. The grammar is narrower than XML on purpose: the kernel has a
 * parser of its own, and what the two could understand differently (attributes, entities) is refused.
 */
#include "signer/codec/plist_xml.h"

#include <string.h>
#include <strings.h>

#include "signer/base/mem.h"

static const struct element elements[] = {
	{"plist", ELEMENT_PLIST}, {"dict", ELEMENT_DICT},     {"array", ELEMENT_ARRAY},
	{"key", ELEMENT_KEY},     {"string", ELEMENT_STRING}, {"integer", ELEMENT_INTEGER},
	{"real", ELEMENT_REAL},   {"date", ELEMENT_DATE},     {"data", ELEMENT_DATA},
	{"true", ELEMENT_TRUE},   {"false", ELEMENT_FALSE},
};

static const struct element *find_element(const char *name)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(elements); i++)
		if (strcmp(elements[i].name, name) == 0)
			return &elements[i];
	return NULL;
}

struct frame *sgn_xml_top(struct xml_reader *x)
{
	return x->depth > 0 ? &x->stack[x->depth - 1] : NULL;
}

static bool is_container(enum element_kind kind)
{
	return kind == ELEMENT_DICT || kind == ELEMENT_ARRAY;
}

static bool has_content(enum element_kind kind)
{
	return kind >= ELEMENT_KEY && kind <= ELEMENT_DATA;
}

/* ---- where an element may stand ---- */

static void check_first(struct xml_reader *x, const struct element *el)
{
	if (el->kind == ELEMENT_KEY)
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_tag_place(x), "<key> outside of a <dict>");
	else if (el->kind != ELEMENT_PLIST)
		x->info->oddities |= SGN_PLIST_NO_ROOT;
}

static void check_in_dict(struct xml_reader *x, const struct frame *dict, const struct element *el)
{
	if (el->kind == ELEMENT_KEY && dict->has_key)
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_tag_place(x), "key '%.80s' has no value",
		             (const char *)dict->key.data);
	else if (el->kind != ELEMENT_KEY && !dict->has_key)
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_tag_place(x),
		             "<%s> in a <dict> without a <key> in front of it", el->name);
}

static void check_nested(struct xml_reader *x, const struct frame *parent, const struct element *el)
{
	if (el->kind == ELEMENT_PLIST)
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_tag_place(x), "<plist> inside <%s>",
		             parent->el->name);
	else if (parent->el->kind == ELEMENT_DICT)
		check_in_dict(x, parent, el);
	else if (el->kind == ELEMENT_KEY)
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_tag_place(x), "<key> outside of a <dict>");
	else if (parent->el->kind == ELEMENT_PLIST && x->have_root)
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_tag_place(x), "a second value in <plist>");
	else if (parent->el->kind >= ELEMENT_KEY) {
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_tag_place(x),
		             "<%s> inside <%s>, opened on line %u", el->name, parent->el->name,
		             parent->line);
		sgn_xml_cure(x, "close the outer element first; write &lt; for a < in text");
	}
}

/* attributes: five pointers each (local name, prefix, URI, begin, end). An IDREF would make the
 * kernel's parser take another value than ours, so nothing but the version of <plist> may be there. */
static void check_attributes(struct xml_reader *x, const struct element *el, int count,
                             const xmlChar **attributes)
{
	for (int i = 0; i < count; i++) {
		const char *name = (const char *)attributes[5 * i];

		if (el->kind != ELEMENT_PLIST || strcmp(name, "version") != 0)
			sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_tag_place(x),
			             "attribute '%.40s' on <%s>", name, el->name);
	}
}

static void open_element(struct xml_reader *x, const struct element *el)
{
	if (is_container(el->kind) && x->containers >= SGN_LIMIT_PLIST_DEPTH) {
		sgn_xml_fail(x, SGN_E_LIMIT, sgn_xml_tag_place(x), "more than %d levels",
		             SGN_LIMIT_PLIST_DEPTH);
		return;
	}
	x->containers += is_container(el->kind);
	x->stack[x->depth++] = (struct frame){
		.el = el,
		.line = sgn_xml_here(x).line,
		.first = x->entry_count,
	};
	sgn_buf_reset(&x->text);
}

static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int ns_count, const xmlChar **ns, int attr_count, int defaulted,
                     const xmlChar **attributes)
{
	struct xml_reader *x = user;
	const struct element *el = prefix || uri ? NULL : find_element((const char *)name);

	SGN_UNUSED(ns);
	SGN_UNUSED(ns_count);
	SGN_UNUSED(defaulted);
	if (x->rc < 0)
		return;
	if (!el) {
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_tag_place(x),
		             "<%.40s> is no element of a property list", (const char *)name);
		return;
	}
	check_attributes(x, el, attr_count, attributes);
	if (x->depth == 0)
		check_first(x, el);
	else
		check_nested(x, sgn_xml_top(x), el);
	if (x->rc == 0)
		open_element(x, el);
}

/* ---- elements that end ---- */

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct xml_reader *x = user;
	struct sgn_value value = {.kind = SGN_VALUE_BOOL};
	struct frame closed;

	SGN_UNUSED(name);
	SGN_UNUSED(prefix);
	SGN_UNUSED(uri);
	if (x->rc < 0 || x->depth == 0)
		return;
	closed = x->stack[--x->depth];
	x->containers -= is_container(closed.el->kind);
	if (x->text.bad)
		sgn_xml_nomem(x);
	else if (closed.el->kind == ELEMENT_PLIST && !x->have_root)
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_tag_place(x), "<plist> holds no value");
	if (x->rc < 0 || closed.el->kind == ELEMENT_PLIST)
		return;
	sgn_xml_close_value(x, &closed, &value);
	if (x->rc < 0)
		return;
	if (closed.el->kind == ELEMENT_KEY) {
		sgn_xml_top(x)->key = value.u.bytes;
		sgn_xml_top(x)->has_key = true;
	} else {
		sgn_xml_deliver(x, value);
	}
}

/* ---- what stands between the tags ---- */

static void on_text(void *user, const xmlChar *text, int size)
{
	struct xml_reader *x = user;
	struct frame *f = sgn_xml_top(x);
	struct sgn_view v = sgn_view_of(text, (size_t)size);

	if (x->rc < 0 || !f)
		return;
	if (has_content(f->el->kind)) {
		sgn_wr_view(&x->text, v);
		return;
	}
	for (size_t i = 0; i < v.size; i++) {
		if (sgn_plist_is_blank(v.data[i]))
			continue;
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_chars_place(x, v, i),
		             "text in <%s>, outside of a value", f->el->name);
		return;
	}
}

static void on_cdata(void *user, const xmlChar *text, int size)
{
	struct xml_reader *x = user;

	x->info->oddities |= SGN_PLIST_HAS_CDATA;
	on_text(user, text, size);
}

static void on_comment(void *user, const xmlChar *text)
{
	struct xml_reader *x = user;
	unsigned line = sgn_xml_here(x).line;

	if (x->info->oddities & SGN_PLIST_HAS_COMMENT)
		return;
	for (size_t i = 0; text[i] != '\0'; i++)
		line -= text[i] == '\n';
	x->info->oddities |= SGN_PLIST_HAS_COMMENT;
	x->info->comment_line = line;
}

static void on_doctype(void *user, const xmlChar *name, const xmlChar *public_id,
                       const xmlChar *system_id)
{
	struct xml_reader *x = user;

	SGN_UNUSED(public_id);
	SGN_UNUSED(system_id);
	x->have_doctype = true;
	if (name && strcmp((const char *)name, "plist") != 0)
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_here(x), "document type '%.40s', not plist",
		             (const char *)name);
}

/* Entities are how a small file becomes a huge one, or one that reads other files. */
static void refuse_declaration(struct xml_reader *x, const char *what)
{
	sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_here(x), "%s declared in the document type", what);
	sgn_xml_cure(x, "delete the part in brackets [...] of <!DOCTYPE");
}

static void on_entity(void *user, const xmlChar *name, int type, const xmlChar *public_id,
                      const xmlChar *system_id, xmlChar *content)
{
	SGN_UNUSED(name);
	SGN_UNUSED(type);
	SGN_UNUSED(public_id);
	SGN_UNUSED(system_id);
	SGN_UNUSED(content);
	refuse_declaration(user, "entity");
}

static void on_unparsed(void *user, const xmlChar *name, const xmlChar *public_id,
                        const xmlChar *system_id, const xmlChar *notation)
{
	SGN_UNUSED(name);
	SGN_UNUSED(public_id);
	SGN_UNUSED(system_id);
	SGN_UNUSED(notation);
	refuse_declaration(user, "entity");
}

static void on_attribute_decl(void *user, const xmlChar *element, const xmlChar *name, int type,
                              int def, const xmlChar *value, xmlEnumerationPtr tree)
{
	struct xml_reader *x = user;

	SGN_UNUSED(element);
	SGN_UNUSED(name);
	SGN_UNUSED(type);
	SGN_UNUSED(def);
	SGN_UNUSED(value);
	x->lib->FreeEnumeration(tree); /* SAX hands it over */
	refuse_declaration(x, "attribute");
}

static void on_reference(void *user, const xmlChar *name)
{
	struct xml_reader *x = user;

	sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_here(x), "entity &%.40s; is not defined",
	             (const char *)name);
}

/* ---- one parse ---- */

/* Everything that could open a file or the network is left out: there is no externalSubset, no
 * resolveEntity, no getEntity. */
static const xmlSAXHandler handler = {
	.initialized = XML_SAX2_MAGIC,
	.internalSubset = on_doctype,
	.entityDecl = on_entity,
	.unparsedEntityDecl = on_unparsed,
	.attributeDecl = on_attribute_decl,
	.reference = on_reference,
	.characters = on_text,
	.ignorableWhitespace = on_text,
	.cdataBlock = on_cdata,
	.comment = on_comment,
	.startElementNs = on_start,
	.endElementNs = on_end,
	.serror = sgn_xml_on_error,
};

static bool is_utf8_name(const xmlChar *encoding)
{
	const char *name = (const char *)encoding;

	return !name || strcasecmp(name, "UTF-8") == 0 || strcasecmp(name, "US-ASCII") == 0;
}

static void note_document(struct xml_reader *x)
{
	xmlCharEncoding detected = XML_CHAR_ENCODING_NONE;

	if (x->in.size >= 4)
		detected = x->lib->DetectCharEncoding(x->in.data, 4);
	if ((detected != XML_CHAR_ENCODING_NONE && detected != XML_CHAR_ENCODING_UTF8) ||
	    !is_utf8_name(x->ctxt->encoding) || !is_utf8_name(x->ctxt->input->encoding))
		x->info->oddities |= SGN_PLIST_NOT_UTF8;
	if (!x->have_doctype)
		x->info->oddities |= SGN_PLIST_NO_DOCTYPE;
}

static int run(struct xml_reader *x)
{
	int rc = sgn_xml_need(&x->lib, x->err);

	if (rc)
		return rc;
	x->ctxt = x->lib->CreateMemoryParserCtxt((const char *)x->in.data, (int)x->in.size);
	if (!x->ctxt)
		return sgn_fail_nomem(x->err);
	x->lib->CtxtUseOptions(x->ctxt, XML_PARSE_NONET);
	*x->ctxt->sax = handler;
	x->ctxt->userData = x;
	x->lib->ParseDocument(x->ctxt);
	if (x->rc == 0 && (!x->ctxt->wellFormed || !x->have_root))
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_here(x), "no well-formed XML");
	if (x->rc == 0)
		note_document(x);
	if (x->ctxt->myDoc)
		x->lib->FreeDoc(x->ctxt->myDoc);
	x->lib->FreeParserCtxt(x->ctxt);
	return x->rc;
}

/* A UTF-8 mark and blanks in front of <?xml: Apple's tools store such files as they are, libxml2
 * would refuse the blanks. Lines and columns still count from the file's start. */
static void skip_front(struct xml_reader *x)
{
	static const char bom[] = "\xef\xbb\xbf";

	if (sgn_view_starts_with(x->in, sgn_view_str(bom))) {
		x->in = sgn_view_from(x->in, sizeof(bom) - 1);
		x->info->oddities |= SGN_PLIST_HAS_BOM;
	} else if (x->in.size >= 2 && ((x->in.data[0] == 0xff && x->in.data[1] == 0xfe) ||
	                               (x->in.data[0] == 0xfe && x->in.data[1] == 0xff))) {
		x->info->oddities |= SGN_PLIST_HAS_BOM;
	}
	while (x->in.size > 0 && sgn_plist_is_blank(x->in.data[0])) {
		bool feed = x->in.data[0] == '\n';

		x->origin.line += feed;
		x->origin.column = feed ? 0 : x->origin.column + 1;
		x->in = sgn_view_from(x->in, 1);
	}
}

int sgn_plist_read_xml(struct sgn_view in, struct sgn_arena *arena, struct sgn_value *out,
                       struct sgn_plist_info *info, struct sgn_error *err)
{
	struct xml_reader x = {.in = in, .arena = arena, .info = info, .err = err};
	int rc;

	sgn_buf_init(&x.text, SGN_LIMIT_PLIST);
	skip_front(&x);
	rc = run(&x);
	if (rc == 0)
		*out = x.root;
	sgn_free(x.entries);
	sgn_buf_dispose(&x.text);
	return rc;
}
