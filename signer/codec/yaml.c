/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/codec/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "signer/base/limits.h"

struct reading {
	yaml_parser_t parser;
	struct sgn_arena *arena;
	size_t nodes;
	unsigned depth;
};

static int fail_va(unsigned line, unsigned column, struct sgn_error *err, const char *fmt,
                   va_list ap)
{
	char text[400];

	vsnprintf(text, sizeof(text), fmt, ap);
	return sgn_fail(err, SGN_E_FORMAT, "line %u, column %u: %s", line, column, text);
}

int sgn_yaml_fail(const struct sgn_yaml *at, struct sgn_error *err, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = fail_va(at->line, at->column, err, fmt, ap);
	va_end(ap);
	return rc;
}

int sgn_yaml_fail_key(const struct sgn_yaml *at, struct sgn_error *err, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = fail_va(at->key_line, at->key_column, err, fmt, ap);
	va_end(ap);
	return rc;
}

static void place(const yaml_event_t *e, struct sgn_yaml *at)
{
	at->line = (unsigned)e->start_mark.line + 1;
	at->column = (unsigned)e->start_mark.column + 1;
}

/* --- events ----------------------------------------------------------------------------------------- */

static int parser_error(const yaml_parser_t *p, struct sgn_error *err)
{
	const struct sgn_yaml at = {.line = (unsigned)p->problem_mark.line + 1,
	                            .column = (unsigned)p->problem_mark.column + 1};

	if (p->error == YAML_MEMORY_ERROR)
		return sgn_fail_nomem(err);
	if (p->error == YAML_READER_ERROR)
		return sgn_fail(err, SGN_E_FORMAT, "byte %zu: %s", p->problem_offset, p->problem);
	return sgn_yaml_fail(&at, err, "%s%s%s", p->context ? p->context : "",
	                     p->context ? ", " : "", p->problem ? p->problem : "not YAML");
}

static int next_event(struct reading *r, yaml_event_t *e, struct sgn_error *err)
{
	return yaml_parser_parse(&r->parser, e) ? 0 : parser_error(&r->parser, err);
}

/* Anchors, aliases and tags. */
static const char *refused(const yaml_event_t *e)
{
	static const char anchor[] = "anchors (&name) are not used here";
	static const char tag[] = "tags (!name) are not used here";

	switch (e->type) {
	case YAML_ALIAS_EVENT: return "aliases (*name) are not used here";
	case YAML_SCALAR_EVENT:
		return e->data.scalar.anchor ? anchor : e->data.scalar.tag ? tag : NULL;
	case YAML_SEQUENCE_START_EVENT:
		return e->data.sequence_start.anchor ? anchor
		       : e->data.sequence_start.tag  ? tag
		                                     : NULL;
	case YAML_MAPPING_START_EVENT:
		return e->data.mapping_start.anchor ? anchor
		       : e->data.mapping_start.tag  ? tag
		                                    : NULL;
	default: return NULL;
	}
}

static struct sgn_yaml *new_node(struct reading *r, const yaml_event_t *e, struct sgn_error *err)
{
	struct sgn_yaml *node;

	if (++r->nodes > SGN_LIMIT_YAML_NODES) {
		sgn_fail(err, SGN_E_LIMIT, "more than %d values", SGN_LIMIT_YAML_NODES);
		return NULL;
	}
	node = sgn_arena_alloc(r->arena, sizeof(*node));
	if (!node) {
		sgn_fail_nomem(err);
		return NULL;
	}
	place(e, node);
	return node;
}

static int take_text(struct reading *r, const yaml_event_t *e, const struct sgn_yaml *at,
                     const char **out, struct sgn_error *err)
{
	const char *value = (const char *)e->data.scalar.value;

	if (strlen(value) != e->data.scalar.length)
		return sgn_yaml_fail(at, err, "a NUL character in a text");
	*out = sgn_arena_strdup(r->arena, value);
	return *out ? 0 : sgn_fail_nomem(err);
}

/* --- nodes ------------------------------------------------------------------------------------------ */

static int read_content(struct reading *r, struct sgn_yaml *node, struct sgn_error *err);

/* The node that begins with event e, which is deleted. */
static int read_node(struct reading *r, yaml_event_t *e, struct sgn_yaml **out,
                     struct sgn_error *err)
{
	struct sgn_yaml *node = new_node(r, e, err);
	const char *why = refused(e);
	int rc = node ? 0 : SGN_E_NOMEM;

	if (!node && r->nodes > SGN_LIMIT_YAML_NODES)
		rc = SGN_E_LIMIT;
	if (rc == 0 && why)
		rc = sgn_yaml_fail(node, err, "%s", why);
	*out = node;
	if (rc == 0 && e->type == YAML_SCALAR_EVENT) {
		node->kind = SGN_YAML_SCALAR;
		node->is_plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		rc = take_text(r, e, node, &node->text, err);
	} else if (rc == 0) {
		node->kind = e->type == YAML_MAPPING_START_EVENT ? SGN_YAML_MAP : SGN_YAML_LIST;
		if (++r->depth > SGN_LIMIT_YAML_DEPTH)
			rc = sgn_fail(err, SGN_E_LIMIT, "line %u: nested more than %d deep",
			              node->line, SGN_LIMIT_YAML_DEPTH);
		else
			rc = read_content(r, node, err);
		r->depth--;
	}
	yaml_event_delete(e);
	return rc;
}

static bool has_key(const struct sgn_yaml *map, const char *key)
{
	for (const struct sgn_yaml *child = map->first; child; child = child->next)
		if (strcmp(child->key, key) == 0)
			return true;
	return false;
}

/* A key, and then the value's event in e. */
static int read_key(struct reading *r, const struct sgn_yaml *map, yaml_event_t *e,
                    struct sgn_yaml *key, struct sgn_error *err)
{
	int rc;

	place(e, key);
	if (e->type != YAML_SCALAR_EVENT || refused(e))
		rc = sgn_yaml_fail(key, err, "a key must be a plain text");
	else
		rc = take_text(r, e, key, &key->key, err);
	if (rc == 0 && has_key(map, key->key))
		rc = sgn_yaml_fail(key, err, "the key \"%s\" is there twice", key->key);
	yaml_event_delete(e);
	return rc ? rc : next_event(r, e, err);
}

static int read_content(struct reading *r, struct sgn_yaml *node, struct sgn_error *err)
{
	struct sgn_yaml **tail = &node->first, key = {0};
	yaml_event_t e;
	int rc;

	while ((rc = next_event(r, &e, err)) == 0) {
		if (e.type == YAML_MAPPING_END_EVENT || e.type == YAML_SEQUENCE_END_EVENT) {
			yaml_event_delete(&e);
			return 0;
		}
		if (node->kind == SGN_YAML_MAP)
			rc = read_key(r, node, &e, &key, err);
		if (rc == 0)
			rc = read_node(r, &e, tail, err);
		if (rc)
			return rc;
		(*tail)->key = key.key;
		(*tail)->key_line = key.line;
		(*tail)->key_column = key.column;
		tail = &(*tail)->next;
	}
	return rc;
}

/* --- the document ------------------------------------------------------------------------------------ */

static int read_stream(struct reading *r, struct sgn_yaml **out, struct sgn_error *err)
{
	yaml_event_t e;
	int rc;

	while ((rc = next_event(r, &e, err)) == 0) {
		yaml_event_type_t type = e.type;
		struct sgn_yaml at;

		place(&e, &at);
		if (type == YAML_STREAM_START_EVENT || type == YAML_DOCUMENT_START_EVENT ||
		    type == YAML_DOCUMENT_END_EVENT || type == YAML_STREAM_END_EVENT)
			yaml_event_delete(&e);
		else if ((rc = read_node(r, &e, out, err)) != 0)
			return rc;
		if (type == YAML_DOCUMENT_START_EVENT && *out)
			return sgn_yaml_fail(&at, err, "a second document");
		if (type == YAML_STREAM_END_EVENT)
			return 0;
	}
	return rc;
}

int sgn_yaml_read(struct sgn_view bytes, struct sgn_arena *arena, struct sgn_yaml **out,
                  struct sgn_error *err)
{
	struct reading r = {.arena = arena};
	int rc;

	*out = NULL;
	if (bytes.size > SGN_LIMIT_SETTINGS)
		return sgn_fail(err, SGN_E_LIMIT, "larger than %u bytes", SGN_LIMIT_SETTINGS);
	if (!yaml_parser_initialize(&r.parser))
		return sgn_fail_nomem(err);
	yaml_parser_set_input_string(&r.parser, bytes.size ? bytes.data : (const uint8_t *)"",
	                             bytes.size);
	rc = read_stream(&r, out, err);
	yaml_parser_delete(&r.parser);
	if (rc)
		return rc;
	if (!*out) {
		*out = sgn_arena_alloc(arena, sizeof(**out));
		if (!*out)
			return sgn_fail_nomem(err);
		**out = (struct sgn_yaml){.kind = SGN_YAML_MAP, .line = 1, .column = 1};
	}
	return 0;
}
