/* SPDX-License-Identifier: Apache-2.0 */
/* Places and messages of XML property lists: what is wrong, where, and what to do about it. */
#include <libxml/xmlerror.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "signer/base/text.h"
#include "signer/codec/plist_xml.h"

static struct place shift(const struct xml_reader *x, unsigned line, unsigned column)
{
	if (line <= 1)
		column += x->origin.column;
	return (struct place){line + x->origin.line, column};
}

struct place sgn_xml_here(const struct xml_reader *x)
{
	const xmlParserInput *input = x->ctxt->input;

	if (!input)
		return shift(x, 1, 1);
	return shift(x, (unsigned)input->line, (unsigned)input->col);
}

/* What the parser has behind it in its buffer: at least a few lines. */
static struct sgn_view passed(const struct xml_reader *x)
{
	const xmlParserInput *input = x->ctxt->input;

	if (!input || !input->base || input->cur < input->base)
		return SGN_VIEW_EMPTY;
	return sgn_view_of(input->base, (size_t)(input->cur - input->base));
}

/* Characters of UTF-8: bytes that are no continuation. */
static unsigned count_chars(struct sgn_view v)
{
	unsigned count = 0;

	for (size_t i = 0; i < v.size; i++)
		count += (v.data[i] & 0xc0) != 0x80;
	return count;
}

static unsigned count_lines(struct sgn_view v)
{
	unsigned count = 0;

	for (size_t i = 0; i < v.size; i++)
		count += v.data[i] == '\n';
	return count;
}

/* The bytes of v behind its last line feed. */
static struct sgn_view last_line(struct sgn_view v)
{
	size_t at = v.size;

	while (at > 0 && v.data[at - 1] != '\n')
		at--;
	return sgn_view_from(v, at);
}

/* all ends where the parser's line counter is; back is counted from there. */
static struct place place_back(const struct xml_reader *x, struct sgn_view all, size_t back)
{
	struct sgn_view before;

	if (back > all.size || all.size == 0)
		return sgn_xml_here(x);
	before = sgn_view_of(all.data, all.size - back);
	return shift(x,
	             (unsigned)x->ctxt->input->line - count_lines(sgn_view_from(all, before.size)),
	             count_chars(last_line(before)) + 1);
}

/* libxml2 calls back when it stands behind the text, or, with the lines counted already, in front. */
struct place sgn_xml_chars_place(const struct xml_reader *x, struct sgn_view text, size_t at)
{
	struct sgn_view all = passed(x);

	if (x->ctxt->input && text.data == x->ctxt->input->cur)
		all.size += text.size;
	return place_back(x, all, text.size - at);
}

/* Where c occurred last. */
static struct place last_place(const struct xml_reader *x, uint8_t c)
{
	struct sgn_view all = passed(x);
	size_t back = 1;

	while (back <= all.size && all.data[all.size - back] != c)
		back++;
	return place_back(x, all, back);
}

struct place sgn_xml_tag_place(const struct xml_reader *x)
{
	return last_place(x, '<');
}

struct place sgn_xml_text_place(const struct xml_reader *x, const struct frame *f,
                                struct sgn_view text, size_t at)
{
	struct sgn_view before = sgn_view_of(text.data, at);
	unsigned lines = count_lines(before);

	if (lines == 0)
		return count_lines(text) == 0 ? sgn_xml_tag_place(x) : (struct place){f->line, 1};
	return (struct place){f->line + lines, count_chars(last_line(before)) + 1};
}

void sgn_xml_fail(struct xml_reader *x, enum sgn_status code, struct place at, const char *fmt, ...)
{
	char text[sizeof(x->err->text)];
	va_list ap;

	if (x->rc < 0)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	x->rc = sgn_fail(x->err, code, "line %u, column %u: %s", at.line, at.column, text);
	x->lib->StopParser(x->ctxt);
}

void sgn_xml_cure(struct xml_reader *x, const char *cure)
{
	sgn_error_cure(x->err, x->rc, "%s", cure);
}

void sgn_xml_nomem(struct xml_reader *x)
{
	if (x->rc == 0) {
		x->rc = sgn_fail_nomem(x->err);
		x->lib->StopParser(x->ctxt);
	}
}

#define CURE_AMP    "write &amp; for every & in text"
#define CURE_LESS   "write &lt; for every < in text"
#define CURE_QUOTES "put straight quotation marks (\") around the value"
#define CURE_UTF8   "save the file as UTF-8"
#define CURE_ENTITY \
	"property lists know only &amp; &lt; &gt; &quot; &apos;: write the character itself"
#define CURE_COMMENT "end the comment with --> and use no other -- in it"

struct syntax_row {
	int code;
	bool quotes; /* curly quotation marks are a likely reason */
	const char *text;
	const char *cure;
};

static const struct syntax_row syntax_rows[] = {
	{XML_ERR_DOCUMENT_EMPTY, false, "no element found", NULL},
	{XML_ERR_DOCUMENT_END, false, "something follows the end of the property list",
         "delete everything behind </plist>"},
	{XML_ERR_UNDECLARED_ENTITY, false, "an entity that is not defined", CURE_ENTITY},
	{XML_WAR_UNDECLARED_ENTITY, false, "an entity that is not defined", CURE_ENTITY},
	{XML_ERR_INVALID_CHAR, false, "a control character, which XML does not allow",
         "delete the character"},
	{XML_ERR_INVALID_CHARREF, false, "a character number that XML does not allow", NULL},
	{XML_ERR_INVALID_HEX_CHARREF, false, "a character number that is damaged", CURE_AMP},
	{XML_ERR_INVALID_DEC_CHARREF, false, "a character number that is damaged", CURE_AMP},
	{XML_ERR_INVALID_ENCODING, false, "bytes that are not UTF-8", CURE_UTF8},
	{XML_ERR_UNKNOWN_ENCODING, false, "an encoding that is not known", CURE_UTF8},
	{XML_ERR_UNSUPPORTED_ENCODING, false, "an encoding that is not supported", CURE_UTF8},
	{XML_ERR_ATTRIBUTE_NOT_STARTED, true, "a quotation mark is missing", CURE_QUOTES},
	{XML_ERR_ATTRIBUTE_NOT_FINISHED, true, "a quotation mark is missing", CURE_QUOTES},
	{XML_ERR_LT_IN_ATTRIBUTE, true, "a quotation mark is missing", CURE_QUOTES},
	{XML_ERR_LITERAL_NOT_STARTED, true, "a quotation mark is missing", CURE_QUOTES},
	{XML_ERR_LITERAL_NOT_FINISHED, true, "a quotation mark is missing", CURE_QUOTES},
	{XML_ERR_STRING_NOT_STARTED, true, "a quotation mark is missing", CURE_QUOTES},
	{XML_ERR_STRING_NOT_CLOSED, true, "a quotation mark is missing", CURE_QUOTES},
	{XML_ERR_VERSION_MISSING, true, "the XML declaration has no version",
         "write <?xml version=\"1.0\" encoding=\"UTF-8\"?>"},
	{XML_ERR_XMLDECL_NOT_FINISHED, true, "the XML declaration does not end in ?>",
         "write <?xml version=\"1.0\" encoding=\"UTF-8\"?>"},
	{XML_ERR_DOCTYPE_NOT_FINISHED, true, "the document type declaration is damaged",
         "copy the line from another property list, or delete it"},
	{XML_ERR_RESERVED_XML_NAME, false, "<?xml is not at the very start of the file",
         "delete what stands in front of <?xml"},
	{XML_ERR_COMMENT_NOT_FINISHED, false, "a comment does not end", CURE_COMMENT},
	{XML_ERR_HYPHEN_IN_COMMENT, false, "-- inside a comment", CURE_COMMENT},
	{XML_ERR_CDATA_NOT_FINISHED, false, "a CDATA section does not end", "end it with ]]>"},
	{XML_ERR_MISPLACED_CDATA_END, false, "]]> in the text", "write ]]&gt;"},
	{XML_ERR_GT_REQUIRED, false, "a > is missing at the end of a tag", NULL},
	{XML_ERR_SPACE_REQUIRED, true, "a blank is missing", NULL},
};

/* The input line with that number, counted from where in begins. */
static struct sgn_view line_of(struct sgn_view in, unsigned line)
{
	size_t from = 0, end;

	while (line > 1 && from < in.size)
		line -= in.data[from++] == '\n';
	for (end = from; end < in.size && in.data[end] != '\n'; end++)
		;
	return sgn_view_of(sgn_view_from(in, from).data, end - from);
}

static bool has_curly_quotes(struct sgn_view line)
{
	static const char *const quotes[] = {"\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9c",
	                                     "\xe2\x80\x9d"};

	for (size_t i = 0; i < SGN_ARRAY_LEN(quotes); i++)
		if (sgn_view_contains(line, sgn_view_str(quotes[i])))
			return true;
	return false;
}

/* Errors that the element on top of the stack explains better than XML's terms do. */
static bool fail_with_element(struct xml_reader *x, const xmlError *e, struct place at)
{
	const struct frame *top = x->depth > 0 ? &x->stack[x->depth - 1] : NULL;
	char cure[64];

	if (!top)
		return false;
	if (e->code == XML_ERR_TAG_NAME_MISMATCH)
		sgn_xml_fail(x, SGN_E_FORMAT, sgn_xml_tag_place(x),
		             "</%.40s> where <%s> of line %u is still open",
		             e->str2 ? e->str2 : "?", top->el->name, top->line);
	else if (e->code == XML_ERR_TAG_NOT_FINISHED || e->code == XML_ERR_LTSLASH_REQUIRED)
		sgn_xml_fail(x, SGN_E_FORMAT, at, "the file ends inside <%s>, opened on line %u",
		             top->el->name, top->line);
	else
		return false;
	snprintf(cure, sizeof(cure), "close <%s> with </%s>", top->el->name, top->el->name);
	sgn_xml_cure(x, cure);
	return true;
}

/* libxml2 has one code for a lone '&' and a lone '<'. */
static bool fail_with_markup(struct xml_reader *x, const xmlError *e)
{
	bool ampersand = e->code == XML_ERR_ENTITYREF_SEMICOL_MISSING ||
	                 (e->message && strstr(e->message, "EntityRef"));

	if (e->code != XML_ERR_NAME_REQUIRED && e->code != XML_ERR_ENTITYREF_SEMICOL_MISSING)
		return false;
	sgn_xml_fail(x, SGN_E_FORMAT, last_place(x, ampersand ? '&' : '<'), "%s",
	             ampersand ? "an & in the text is not escaped" : "a < that begins no tag");
	sgn_xml_cure(x, ampersand ? CURE_AMP : CURE_LESS);
	return true;
}

/* What is no UTF-8 comes as an invalid encoding or as an invalid character, by its first byte. */
static int better_code(const struct xml_reader *x, int code)
{
	bool ascii = true;

	for (size_t i = 0; i < x->in.size && ascii; i++)
		ascii = x->in.data[i] < 0x80;
	if (code == XML_ERR_INVALID_CHAR && !ascii && !sgn_utf8_valid(x->in))
		return XML_ERR_INVALID_ENCODING;
	return code;
}

static void fail_by_table(struct xml_reader *x, const xmlError *e, struct place at)
{
	struct syntax_row row = {better_code(x, e->code), true, NULL, NULL};

	for (size_t i = 0; i < SGN_ARRAY_LEN(syntax_rows); i++)
		if (syntax_rows[i].code == row.code)
			row = syntax_rows[i];
	if (row.text)
		sgn_xml_fail(x, SGN_E_FORMAT, at, "%s", row.text);
	else
		sgn_xml_fail(x, SGN_E_FORMAT, at, "no well-formed XML: %.*s (libxml2 error %d)",
		             e->message ? (int)strcspn(e->message, "\n") : 0,
		             e->message ? e->message : "", e->code);
	if (row.quotes && has_curly_quotes(line_of(x->in, (unsigned)e->line)))
		sgn_xml_cure(x, "replace the curly quotation marks by straight ones (\")");
	else if (row.cure)
		sgn_xml_cure(x, row.cure);
}

void sgn_xml_on_error(void *user, xmlErrorPtr e)
{
	struct xml_reader *x = user;
	struct place at;

	if (x->rc < 0 || (e->level < XML_ERR_ERROR && e->code != XML_WAR_UNDECLARED_ENTITY))
		return;
	at = shift(x, e->line > 0 ? (unsigned)e->line : 1, e->int2 > 0 ? (unsigned)e->int2 : 1);
	if (e->code == XML_ERR_NO_MEMORY)
		sgn_xml_nomem(x);
	else if (!fail_with_element(x, e, at) && !fail_with_markup(x, e))
		fail_by_table(x, e, at);
}

#define CURE_PLUTIL "convert it to XML, for instance with: plutil -convert xml1 FILE"

/* What the first characters that are not blank promise. */
static const struct {
	const char *start;
	const char *looks_like;
	const char *cure;
} strangers[] = {
	{"(", "an old-style property list", CURE_PLUTIL},
	{"[", "JSON", CURE_PLUTIL},
	{"---", "YAML", "write the entitlements as an XML property list"},
	{"\x30\x80", "DER or a provisioning profile",
         "give the property list inside, not the signed file"},
	{"\x30\x82", "DER or a provisioning profile",
         "give the property list inside, not the signed file"},
	{"-----BEGIN", "PEM", "give a property list, not a key or certificate"},
};

/* { "a": or { a = : the first of the two characters behind a brace decides. */
static bool is_json_object(struct sgn_view in)
{
	for (size_t i = 1; i < in.size; i++) {
		if (in.data[i] == ':')
			return true;
		if (in.data[i] == '=' || in.data[i] == ';')
			return false;
	}
	return true;
}

int sgn_plist_not_xml(struct sgn_view in, struct sgn_error *err)
{
	const char *looks_like = NULL, *cure = "give an XML or a binary property list";
	struct sgn_view rest = in, skipped;
	struct place at;
	int rc;

	while (rest.size > 0 && sgn_plist_is_blank(rest.data[0]))
		rest = sgn_view_from(rest, 1);
	skipped = sgn_view_of(in.data, in.size - rest.size);
	at = (struct place){count_lines(skipped) + 1, count_chars(last_line(skipped)) + 1};
	if (rest.size == 0)
		return sgn_error_cure(
			err,
			sgn_fail(err, SGN_E_FORMAT, "line 1, column 1: the property list is empty"),
			"an empty dictionary is written <plist><dict/></plist>");
	for (size_t i = 0; i < SGN_ARRAY_LEN(strangers); i++) {
		if (sgn_view_starts_with(rest, sgn_view_str(strangers[i].start))) {
			looks_like = strangers[i].looks_like;
			cure = strangers[i].cure;
		}
	}
	if (rest.data[0] == '{') {
		looks_like = is_json_object(rest) ? "JSON" : "an old-style property list";
		cure = CURE_PLUTIL;
	}
	rc = sgn_fail(err, SGN_E_FORMAT, "line %u, column %u: %s%s, not an XML property list",
	              at.line, at.column, looks_like ? "this is " : "this does not begin with <",
	              looks_like ? looks_like : "");
	return sgn_error_cure(err, rc, "%s", cure);
}
