/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7512, section 2.3: path attributes with semicolons, then query attributes with ampersands. */
#include "signer/pki/token_uri.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "signer/base/limits.h"
#include "signer/base/num.h"
#include "signer/base/text.h"

#define SCHEME      "pkcs11:"
#define SCHEME_SIZE (sizeof(SCHEME) - 1)

enum form { FORM_TEXT, FORM_BYTES, FORM_NUMBER, FORM_VERSION, FORM_TYPE };

/* The sizes are those of Cryptoki's fields: what is longer cannot be meant. */
static const struct {
	const char *name;
	enum form form;
	bool query;
	size_t max;
} attrs[SGN_TOKEN_ATTRS] = {
	[SGN_TOKEN_LABEL] = {"token", FORM_TEXT, false, 32},
	[SGN_TOKEN_MANUFACTURER] = {"manufacturer", FORM_TEXT, false, 32},
	[SGN_TOKEN_MODEL] = {"model", FORM_TEXT, false, 16},
	[SGN_TOKEN_SERIAL] = {"serial", FORM_TEXT, false, 16},
	[SGN_TOKEN_SLOT_DESCRIPTION] = {"slot-description", FORM_TEXT, false, 64},
	[SGN_TOKEN_SLOT_MANUFACTURER] = {"slot-manufacturer", FORM_TEXT, false, 32},
	[SGN_TOKEN_SLOT_ID] = {"slot-id", FORM_NUMBER, false, 20},
	[SGN_TOKEN_LIBRARY_DESCRIPTION] = {"library-description", FORM_TEXT, false, 32},
	[SGN_TOKEN_LIBRARY_MANUFACTURER] = {"library-manufacturer", FORM_TEXT, false, 32},
	[SGN_TOKEN_LIBRARY_VERSION] = {"library-version", FORM_VERSION, false, 7},
	[SGN_TOKEN_OBJECT] = {"object", FORM_TEXT, false, 1024},
	[SGN_TOKEN_ID] = {"id", FORM_BYTES, false, 256},
	[SGN_TOKEN_TYPE] = {"type", FORM_TYPE, false, 10},
	[SGN_TOKEN_PIN_SOURCE] = {"pin-source", FORM_TEXT, true, 2048},
	[SGN_TOKEN_MODULE_PATH] = {"module-path", FORM_TEXT, true, 2048},
};

/* Known to RFC 7512, and refused. */
static const struct {
	const char *name;
	bool query;
	const char *why, *cure;
} refused[] = {
	{"pin-value", true,
         "pin-value= is refused: everybody on this machine can read a command line, and it stays "
         "in "
         "histories and logs",
         "remove it, change the PIN if it was a real one, and use --pin-file, --pin-fd or "
         "--pin-env"},
	{"module-name", true,
         "module-name= is not supported: where a module of that name lies differs "
         "from system to system",
         "name the file of the module with module-path="},
};

static const char *const types[] = {"private", "cert", "public", "secret-key", "data"};

/* A place in the URI for messages: the offset is that of the character. */
struct parser {
	const char *text;
	struct sgn_arena *arena;
	struct sgn_token_uri *out;
	struct sgn_error *err;
};

bool sgn_token_uri_is(const char *text)
{
	return strncasecmp(text, SCHEME, SCHEME_SIZE) == 0;
}

static int bad(struct parser *p, const char *at, const char *what)
{
	int rc = sgn_fail(p->err, SGN_E_USAGE, "PKCS#11 URI: %s, at character %zu", what,
	                  (size_t)(at - p->text) + 1);

	return sgn_error_cure(p->err, rc,
	                      "the form is pkcs11:token=LABEL;object=LABEL;id=%%01 (RFC 7512), in "
	                      "quotes for the shell");
}

static int decode_char(struct parser *p, const char **at, const char *end, uint8_t *out)
{
	const char *c = *at;
	int high, low;

	if (*c != '%') {
		*out = (uint8_t)*c;
		*at = c + 1;
		return *out < 0x20 || *out == 0x7f
		               ? bad(p, c, "a control character; write it as %XX")
		               : 0;
	}
	if (end - c < 3)
		return bad(p, c, "% without two hexadecimal digits");
	high = sgn_hex_digit((uint8_t)c[1]);
	low = sgn_hex_digit((uint8_t)c[2]);
	if (high < 0 || low < 0)
		return bad(p, c, "% without two hexadecimal digits");
	*out = (uint8_t)(high * 16 + low);
	*at = c + 3;
	return 0;
}

static int decode(struct parser *p, const char *at, const char *end, struct sgn_view *out)
{
	uint8_t *bytes = sgn_arena_alloc(p->arena, (size_t)(end - at) + 1);
	size_t size = 0;
	int rc = 0;

	if (!bytes)
		return sgn_fail_nomem(p->err);
	while (rc == 0 && at < end)
		rc = decode_char(p, &at, end, &bytes[size++]);
	bytes[size] = '\0';
	*out = sgn_view_of(bytes, size);
	return rc;
}

static int check_version(struct parser *p, const char *at, const char *text)
{
	uint64_t major = 0, minor = 0;
	const char *dot = strchr(text, '.');
	char head[4];

	if (!dot)
		dot = text + strlen(text);
	if (dot == text || (size_t)(dot - text) >= sizeof(head))
		return bad(p, at, "library-version= is no version such as 2.6");
	memcpy(head, text, (size_t)(dot - text));
	head[dot - text] = '\0';
	if (!sgn_parse_u64(head, &major) || (*dot && !sgn_parse_u64(dot + 1, &minor)) ||
	    major > UINT8_MAX || minor > UINT8_MAX)
		return bad(p, at, "library-version= is no version such as 2.6");
	p->out->library_major = (uint8_t)major;
	p->out->library_minor = (uint8_t)minor;
	return 0;
}

static int check_type(struct parser *p, const char *at, const char *text)
{
	int rc;

	for (size_t i = 0; i < SGN_ARRAY_LEN(types); i++) {
		if (strcmp(text, types[i]) != 0)
			continue;
		if (i < 2)
			return 0;
		rc = sgn_fail(p->err, SGN_E_USAGE, "PKCS#11 URI: type=%s: no such object can sign",
		              text);
		return sgn_error_cure(p->err, rc,
		                      "name the private key (type=private) or its certificate "
		                      "(type=cert)");
	}
	return bad(p, at, "type= is none of private, cert, public, secret-key, data");
}

static int check_value(struct parser *p, const char *at, enum sgn_token_attr attr)
{
	struct sgn_view value = p->out->value[attr];
	char what[80];

	if (value.size > attrs[attr].max) {
		sgn_fail(p->err, SGN_E_USAGE, "PKCS#11 URI: %s= has %zu bytes, more than %zu",
		         attrs[attr].name, value.size, attrs[attr].max);
		return sgn_error_cure(
			p->err, SGN_E_USAGE,
			"signet identity show pkcs11:token=none lists the tokens that "
			"are here");
	}
	if (attrs[attr].form == FORM_BYTES)
		return 0;
	if (value.size && !sgn_utf8_valid(value)) {
		snprintf(what, sizeof(what), "%s= is no UTF-8 text", attrs[attr].name);
		return bad(p, at, what);
	}
	switch (attrs[attr].form) {
	case FORM_NUMBER:
		return sgn_parse_u64((const char *)value.data, &p->out->slot_id)
		               ? 0
		               : bad(p, at, "slot-id= is no number");
	case FORM_VERSION: return check_version(p, at, (const char *)value.data);
	case FORM_TYPE: return check_type(p, at, (const char *)value.data);
	case FORM_TEXT:
	case FORM_BYTES: break;
	}
	return 0;
}

static bool is_name(const char *at, size_t size, const char *name)
{
	return strlen(name) == size && memcmp(at, name, size) == 0;
}

static int unknown(struct parser *p, const char *at, size_t size, bool query)
{
	char what[128];

	for (size_t i = 0; i < SGN_ARRAY_LEN(refused); i++) {
		if (refused[i].query != query || !is_name(at, size, refused[i].name))
			continue;
		sgn_fail(p->err, SGN_E_USAGE, "PKCS#11 URI: %s", refused[i].why);
		return sgn_error_cure(p->err, SGN_E_USAGE, "%s", refused[i].cure);
	}
	snprintf(what, sizeof(what), "the attribute %.*s is not known %s",
	         (int)(size > 40 ? 40 : size), at,
	         query ? "behind the question mark" : "in front of a question mark");
	return bad(p, at, what);
}

static int parse_attribute(struct parser *p, const char *at, const char *end, bool query)
{
	const char *equals = memchr(at, '=', (size_t)(end - at));
	size_t size = equals ? (size_t)(equals - at) : 0;
	int rc;

	if (!equals)
		return bad(p, at, "an attribute without =");
	for (size_t i = 0; i < SGN_TOKEN_ATTRS; i++) {
		if (attrs[i].query != query || !is_name(at, size, attrs[i].name))
			continue;
		if (p->out->value[i].data)
			return bad(p, at, "the same attribute a second time");
		rc = decode(p, equals + 1, end, &p->out->value[i]);
		return rc ? rc : check_value(p, at, (enum sgn_token_attr)i);
	}
	return unknown(p, at, size, query);
}

static int parse_part(struct parser *p, const char *at, const char *end, char separator, bool query)
{
	const char *stop;
	int rc = 0;

	while (rc == 0 && at < end) {
		stop = memchr(at, separator, (size_t)(end - at));
		if (!stop)
			stop = end;
		rc = parse_attribute(p, at, stop, query);
		at = stop + 1;
	}
	return rc;
}

int sgn_token_uri_parse(const char *text, struct sgn_arena *arena, struct sgn_token_uri *out,
                        struct sgn_error *err)
{
	struct parser p = {text, arena, out, err};
	size_t size = strlen(text);
	const char *end = text + size, *query;
	int rc;

	memset(out, 0, sizeof(*out));
	if (!sgn_token_uri_is(text))
		return sgn_fail(err, SGN_E_USAGE, "no PKCS#11 URI: pkcs11: is not in front");
	if (size > SGN_LIMIT_TOKEN_URI)
		return sgn_fail(err, SGN_E_USAGE, "PKCS#11 URI: %zu bytes, more than %d", size,
		                SGN_LIMIT_TOKEN_URI);
	query = strchr(text, '?');
	rc = parse_part(&p, text + SCHEME_SIZE, query ? query : end, ';', false);
	if (rc == 0 && query)
		rc = parse_part(&p, query + 1, end, '&', true);
	return rc;
}

bool sgn_token_uri_allows(const struct sgn_token_uri *uri, enum sgn_token_attr attr,
                          struct sgn_view value)
{
	return !sgn_token_uri_has(uri, attr) || sgn_view_equal(uri->value[attr], value);
}

void sgn_token_uri_write(struct sgn_buf *out, enum sgn_token_attr attr, struct sgn_view value)
{
	static const char plain[] = "-._~"; /* with letters and digits: RFC 3986, section 2.3 */

	if (out->size == 0)
		sgn_wr_str(out, SCHEME);
	else if (out->data[out->size - 1] != ':')
		sgn_wr_str(out, ";");
	sgn_wr_fmt(out, "%s=", attrs[attr].name);
	for (size_t i = 0; i < value.size; i++) {
		uint8_t c = value.data[i];

		if (attrs[attr].form != FORM_BYTES && (sgn_is_alnum(c) || (c && strchr(plain, c))))
			sgn_wr_u8(out, c);
		else
			sgn_wr_fmt(out, "%%%02X", c);
	}
}
