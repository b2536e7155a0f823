/* SPDX-License-Identifier: Apache-2.0 */
/* From the YAML of a settings file to rules. docs/settings.md */
#include <signet/settings.h>

#include <string.h>

#include "signer/base/file.h"
#include "signer/base/limits.h"
#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/codec/yaml.h"

struct sgn_settings {
	struct sgn_arena arena;
	const char *path;
	struct sgn_item_rule *rules;
	size_t count;
};

/* --- values ----------------------------------------------------------------------------------------- */

static int want_text(const struct sgn_yaml *node, struct sgn_error *err)
{
	if (node->kind == SGN_YAML_SCALAR && *node->text)
		return 0;
	return sgn_yaml_fail(node, err, "%s must be a text", node->key);
}

static int take_match(struct sgn_settings *s, const struct sgn_yaml *node,
                      struct sgn_item_rule *rule, struct sgn_error *err)
{
	SGN_UNUSED(s);
	rule->pattern = node->text;
	return want_text(node, err);
}

static int take_identifier(struct sgn_settings *s, const struct sgn_yaml *node,
                           struct sgn_item_rule *rule, struct sgn_error *err)
{
	SGN_UNUSED(s);
	rule->identifier = node->text;
	return want_text(node, err);
}

/* "<folder of the settings file>/<name>" */
static void beside(const struct sgn_settings *s, const char *name, struct sgn_buf *out)
{
	if (*name != '/')
		sgn_wr_bytes(out, s->path, (size_t)(sgn_path_base(s->path) - s->path));
	sgn_wr_str(out, name);
}

static int take_entitlements(struct sgn_settings *s, const struct sgn_yaml *node,
                             struct sgn_item_rule *rule, struct sgn_error *err)
{
	struct sgn_buf path, bytes;
	struct sgn_view kept;
	int rc = want_text(node, err);

	if (rc)
		return rc;
	rule->has_entitlements = true;
	if (node->is_plain && strcmp(node->text, "none") == 0)
		return 0;
	sgn_buf_init(&path, SGN_LIMIT_PATH);
	sgn_buf_init(&bytes, SGN_LIMIT_ENTITLEMENTS);
	beside(s, node->text, &path);
	rc = sgn_buf_finish(&path, err, "path");
	if (rc == 0)
		rc = sgn_file_load(sgn_buf_str(&path), &bytes, err);
	if (rc == 0 && !sgn_arena_copy(&s->arena, sgn_buf_view(&bytes), &kept))
		rc = sgn_fail_nomem(err);
	if (rc == 0) {
		rule->entitlements = kept.data;
		rule->entitlements_size = kept.size;
	}
	sgn_buf_dispose(&bytes);
	sgn_buf_dispose(&path);
	/* The message is about the settings file, and names the other one. */
	if (rc && err) {
		sgn_free(err->path);
		err->path = NULL;
	}
	return sgn_wrap(err, rc, "line %u: entitlements %s", node->line, node->text);
}

/* A text with commas, or a list of words. */
static int flag_words(const struct sgn_yaml *node, struct sgn_buf *out, struct sgn_error *err)
{
	if (node->kind == SGN_YAML_SCALAR)
		sgn_wr_str(out, node->text);
	if (node->kind == SGN_YAML_MAP)
		return sgn_yaml_fail(node, err, "options must be a text or a list");
	for (const struct sgn_yaml *word = node->first; word; word = word->next) {
		if (word->kind != SGN_YAML_SCALAR)
			return sgn_yaml_fail(word, err, "an option must be a text");
		sgn_wr_fmt(out, "%s%s", word == node->first ? "" : ",", word->text);
	}
	return sgn_buf_finish(out, err, "options");
}

static int take_options(struct sgn_settings *s, const struct sgn_yaml *node,
                        struct sgn_item_rule *rule, struct sgn_error *err)
{
	struct sgn_buf words;
	int rc;

	SGN_UNUSED(s);
	sgn_buf_init(&words, SGN_LIMIT_PATH);
	rc = flag_words(node, &words, err);
	rule->has_flags = true;
	if (rc == 0 && words.size && strcmp(sgn_buf_str(&words), "none") != 0)
		rc = sgn_wrap(err, sgn_flags_parse(sgn_buf_str(&words), &rule->flags, err),
		              "line %u, column %u: options", node->line, node->column);
	sgn_buf_dispose(&words);
	return rc;
}

static int take_skip(struct sgn_settings *s, const struct sgn_yaml *node,
                     struct sgn_item_rule *rule, struct sgn_error *err)
{
	SGN_UNUSED(s);
	if (node->kind != SGN_YAML_SCALAR || !node->is_plain ||
	    (strcmp(node->text, "true") != 0 && strcmp(node->text, "false") != 0))
		return sgn_yaml_fail(node, err, "skip must be true or false");
	rule->skip = node->text[0] == 't';
	return 0;
}

/* --- the file --------------------------------------------------------------------------------------- */

static const struct {
	const char *key;
	int (*take)(struct sgn_settings *s, const struct sgn_yaml *node, struct sgn_item_rule *rule,
	            struct sgn_error *err);
} keys[] = {
	{"match", take_match},     {"entitlements", take_entitlements},
	{"options", take_options}, {"identifier", take_identifier},
	{"skip", take_skip},
};

static int unknown_key(const struct sgn_yaml *node, const char *known, struct sgn_error *err)
{
	int rc = sgn_yaml_fail_key(node, err, "unknown key \"%s\"", node->key);

	return sgn_error_cure(err, rc, "known here: %s", known);
}

static int read_value(struct sgn_settings *s, const struct sgn_yaml *node,
                      struct sgn_item_rule *rule, struct sgn_error *err)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(keys); i++)
		if (strcmp(node->key, keys[i].key) == 0)
			return keys[i].take(s, node, rule, err);
	return unknown_key(node, "match, entitlements, options, identifier, skip", err);
}

static int read_rule(struct sgn_settings *s, const struct sgn_yaml *node,
                     struct sgn_item_rule *rule, struct sgn_error *err)
{
	int rc = 0;

	if (node->kind != SGN_YAML_MAP)
		return sgn_yaml_fail(node, err, "an item must be a mapping that begins with match");
	for (const struct sgn_yaml *v = node->first; rc == 0 && v; v = v->next)
		rc = read_value(s, v, rule, err);
	if (rc == 0 && !rule->pattern)
		rc = sgn_yaml_fail(node, err, "the item has no key \"match\"");
	return rc;
}

static int read_items(struct sgn_settings *s, const struct sgn_yaml *list, struct sgn_error *err)
{
	size_t count = 0;
	int rc = 0;

	if (list->kind != SGN_YAML_LIST)
		return sgn_yaml_fail(list, err, "items must be a list");
	for (const struct sgn_yaml *v = list->first; v; v = v->next)
		count++;
	s->rules = sgn_arena_array(&s->arena, count, sizeof(*s->rules));
	if (!s->rules)
		return sgn_fail_nomem(err);
	for (const struct sgn_yaml *v = list->first; rc == 0 && v; v = v->next)
		rc = read_rule(s, v, &s->rules[s->count++], err);
	return rc;
}

static int read_all(struct sgn_settings *s, const struct sgn_yaml *top, struct sgn_error *err)
{
	int rc = 0;

	if (top->kind != SGN_YAML_MAP)
		return sgn_yaml_fail(top, err, "the file must be a mapping with the key \"items\"");
	for (const struct sgn_yaml *v = top->first; rc == 0 && v; v = v->next) {
		if (strcmp(v->key, "items") == 0)
			rc = read_items(s, v, err);
		else
			rc = unknown_key(v, "items", err);
	}
	return rc;
}

static int load(struct sgn_settings *s, struct sgn_error *err)
{
	struct sgn_yaml *top;
	struct sgn_view kept;
	struct sgn_buf bytes;
	int rc;

	sgn_buf_init(&bytes, SGN_LIMIT_SETTINGS);
	rc = sgn_file_load(s->path, &bytes, err);
	if (rc == 0 && !sgn_arena_copy(&s->arena, sgn_buf_view(&bytes), &kept))
		rc = sgn_fail_nomem(err);
	sgn_buf_dispose(&bytes);
	if (rc == 0)
		rc = sgn_yaml_read(kept, &s->arena, &top, err);
	return rc ? rc : read_all(s, top, err);
}

int sgn_settings_load(const char *path, struct sgn_settings **out, struct sgn_error *err)
{
	struct sgn_settings *s = sgn_calloc(1, sizeof(*s));
	int rc;

	*out = NULL;
	if (!s)
		return sgn_fail_nomem(err);
	s->path = path;
	rc = load(s, err);
	if (rc == 0)
		*out = s;
	else
		sgn_settings_free(s);
	return sgn_error_at_path(err, rc, path);
}

void sgn_settings_free(struct sgn_settings *settings)
{
	if (!settings)
		return;
	sgn_arena_dispose(&settings->arena);
	sgn_free(settings);
}

const struct sgn_item_rule *sgn_settings_rules(const struct sgn_settings *settings, size_t *count)
{
	*count = settings->count;
	return settings->count ? settings->rules : NULL;
}
