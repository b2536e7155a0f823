/* SPDX-License-Identifier: Apache-2.0 */
/* An existing CodeResources. docs/format/resources.md, "Reading". */
#include <stdlib.h>
#include <string.h>

#include "signer/bundle/seal.h"
#include "signer/codec/dict.h"
#include "signer/codec/plist.h"

static const struct {
	const char *key;
	enum sgn_digest digest;
} hash_keys[] = {
	{"hash", SGN_DIGEST_SHA1},
	{"hash2", SGN_DIGEST_SHA256},
	{"hash3", SGN_DIGEST_SHA256_TRUNCATED},
	{"hash4", SGN_DIGEST_SHA384},
};

struct place {
	const char *table; /* "files2" */
	struct sgn_view path;
	struct sgn_error *err;
};

static int bad(const struct place *at, const char *what)
{
	int rc = sgn_fail(at->err, SGN_E_FORMAT, "%s, entry \"%.*s\": %s", at->table,
	                  at->path.size < 200 ? (int)at->path.size : 200,
	                  (const char *)at->path.data, what);

	return sgn_error_osstatus(at->err, rc, errSecCSResourcesInvalid);
}

static int bad_top(struct sgn_error *err, const char *key, const char *what)
{
	int rc = sgn_fail(err, SGN_E_FORMAT, "%s %s", key, what);

	return sgn_error_osstatus(err, rc, errSecCSResourcesInvalid);
}

/* The bytes under a key: absent is fine, another kind is not. */
static int get_bytes(const struct place *at, const struct sgn_value *dict, const char *key,
                     enum sgn_value_kind kind, struct sgn_view *out)
{
	const struct sgn_value *v = sgn_value_get(dict, key);

	if (!v)
		return 0;
	if (v->kind != kind)
		return bad(at, "a value is of the wrong kind");
	*out = v->u.bytes;
	return 0;
}

static int read_hashes(const struct place *at, const struct sgn_value *dict, struct sgn_sealed *e,
                       bool *any)
{
	for (size_t i = 0; i < SGN_ARRAY_LEN(hash_keys); i++) {
		struct sgn_view *out = &e->hash[hash_keys[i].digest];
		int rc = get_bytes(at, dict, hash_keys[i].key, SGN_VALUE_DATA, out);

		if (rc != 0)
			return rc;
		*any = *any || out->data;
	}
	return 0;
}

/* An entry is a file, a link or nested code, by the keys that it has. */
static int read_dict(const struct place *at, const struct sgn_value *dict, struct sgn_sealed *e)
{
	const struct sgn_value *optional = sgn_value_get(dict, "optional");
	bool has_hash = false;
	int rc = read_hashes(at, dict, e, &has_hash);

	if (rc == 0)
		rc = get_bytes(at, dict, "symlink", SGN_VALUE_STRING, &e->link);
	if (rc == 0)
		rc = get_bytes(at, dict, "cdhash", SGN_VALUE_DATA, &e->cdhash);
	if (rc == 0)
		rc = get_bytes(at, dict, "requirement", SGN_VALUE_STRING, &e->requirement);
	if (rc != 0)
		return rc;
	if (optional && optional->kind != SGN_VALUE_BOOL)
		return bad(at, "optional is no boolean");
	e->optional = sgn_value_is_true(optional);
	if (has_hash + (e->link.data != NULL) + (e->requirement.data != NULL) != 1)
		return bad(at, "is not exactly one of file, link and nested code");
	if (e->link.data)
		e->kind = SGN_SEAL_LINK;
	else if (e->requirement.data)
		e->kind = SGN_SEAL_NESTED;
	return 0;
}

static int read_entry(const struct place *at, const struct sgn_value *v, struct sgn_sealed *e)
{
	*e = (struct sgn_sealed){.path = at->path, .kind = SGN_SEAL_FILE};
	if (v->kind == SGN_VALUE_DICT)
		return read_dict(at, v, e);
	if (v->kind != SGN_VALUE_DATA)
		return bad(at, "is neither data nor a dictionary");
	e->hash[SGN_DIGEST_SHA1] = v->u.bytes;
	return 0;
}

static int read_entries(struct sgn_seal *s, const char *table, const struct sgn_value *files,
                        struct sgn_error *err)
{
	struct sgn_dict_order order;
	int rc = sgn_dict_sort(files, sgn_view_compare, &order, err);

	if (rc != 0)
		return rc;
	s->entries = sgn_arena_array(&s->arena, order.count ? order.count : 1, sizeof(*s->entries));
	if (!s->entries) {
		sgn_dict_order_dispose(&order);
		return sgn_fail_nomem(err);
	}
	for (size_t i = 0; i < order.count && rc == 0; i++) {
		struct place at = {table, order.entries[i]->key, err};

		rc = read_entry(&at, &order.entries[i]->value, &s->entries[s->count++]);
	}
	sgn_dict_order_dispose(&order);
	return rc;
}

/* A dictionary of the top level; NULL is allowed only for what may be missing. */
static int get_dict(const struct sgn_value *root, const char *key, const struct sgn_value **out,
                    struct sgn_error *err)
{
	*out = sgn_value_get(root, key);
	if (!*out)
		return bad_top(err, key, "is missing");
	if ((*out)->kind != SGN_VALUE_DICT)
		return bad_top(err, key, "is no dictionary");
	return 0;
}

static int read_rules(const struct sgn_value *dict, const char *key, struct sgn_rules *out,
                      struct sgn_error *err)
{
	return sgn_wrap(err, sgn_rules_read(dict, out, err), "%s", key);
}

static int read_root(struct sgn_seal *s, const struct sgn_value *root, struct sgn_error *err)
{
	const struct sgn_value *files, *rules;
	const char *rules_key;
	int rc;

	if (root->kind != SGN_VALUE_DICT)
		return bad_top(err, "the content", "is no dictionary");
	s->version = sgn_value_get(root, "files2") ? 2 : 1;
	rules_key = s->version == 2 ? "rules2" : "rules";
	rc = get_dict(root, s->version == 2 ? "files2" : "files", &files, err);
	if (rc == 0)
		rc = get_dict(root, rules_key, &rules, err);
	if (rc == 0)
		rc = read_entries(s, s->version == 2 ? "files2" : "files", files, err);
	if (rc == 0)
		rc = read_rules(rules, rules_key, &s->rules, err);
	if (rc != 0)
		return rc;
	s->rule_count = s->rules.count;
	if (s->version == 2 && sgn_value_get(root, "rules")) {
		rc = get_dict(root, "rules", &rules, err);
		if (rc == 0)
			rc = read_rules(rules, "rules", &s->other_rules, err);
		s->has_other_rules = rc == 0;
	}
	return rc;
}

int sgn_seal_read(struct sgn_view bytes, struct sgn_seal *out, struct sgn_error *err)
{
	struct sgn_value *root;
	int rc;

	*out = (struct sgn_seal){0};
	root = sgn_arena_alloc(&out->arena, sizeof(*root));
	if (!root)
		return sgn_fail_nomem(err);
	rc = sgn_plist_read(bytes, &out->arena, root, NULL, err);
	if (rc != 0 && rc != SGN_E_NOMEM)
		sgn_error_osstatus(err, rc, errSecCSResourcesInvalid);
	if (rc == 0)
		rc = read_root(out, root, err);
	if (rc != 0)
		sgn_seal_dispose(out);
	return rc == SGN_E_NOMEM ? rc : sgn_wrap(err, rc, "CodeResources");
}

void sgn_seal_dispose(struct sgn_seal *s)
{
	sgn_rules_dispose(&s->rules);
	sgn_rules_dispose(&s->other_rules);
	sgn_arena_dispose(&s->arena);
	*s = (struct sgn_seal){0};
}

static int compare_path(const void *key, const void *element)
{
	const struct sgn_view *path = key;
	const struct sgn_sealed *e = element;

	return sgn_view_compare(*path, e->path);
}

const struct sgn_sealed *sgn_seal_find(const struct sgn_seal *s, const char *path)
{
	struct sgn_view key = sgn_view_str(path);

	if (s->count == 0)
		return NULL;
	return bsearch(&key, s->entries, s->count, sizeof(*s->entries), compare_path);
}
