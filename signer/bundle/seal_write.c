/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of CodeResources. docs/format/resources.md, "The file". */
#include <stdio.h>

#include "signer/base/text.h"
#include "signer/bundle/seal.h"
#include "signer/codec/plist.h"

/* "hash", "hash2", "hash4": by the digest's number, the oldest without one. */
static const char *const hash_keys[] = {
	[SGN_DIGEST_SHA1] = "hash",
	[SGN_DIGEST_SHA256] = "hash2",
	[SGN_DIGEST_SHA256_TRUNCATED] = "hash3",
	[SGN_DIGEST_SHA384] = "hash4",
};

#define ENTRY_KEYS (SGN_ARRAY_LEN(hash_keys) + 1)

struct writer {
	struct sgn_arena arena;
	const struct sgn_seal_scan *scan;
	const enum sgn_digest *digests;
	size_t digest_count;
	struct sgn_error *err;
};

static struct sgn_value bytes_of(enum sgn_value_kind kind, struct sgn_view v)
{
	return (struct sgn_value){.kind = kind, .u.bytes = v};
}

static const struct sgn_value yes = {.kind = SGN_VALUE_BOOL, .u.boolean = true};

static struct sgn_view digest_of(const struct sgn_seal_item *item, enum sgn_digest alg)
{
	switch (alg) {
	case SGN_DIGEST_SHA1: return sgn_digest_view(&item->hashes.sha1);
	case SGN_DIGEST_SHA256: return sgn_digest_view(&item->hashes.sha256);
	case SGN_DIGEST_SHA384: return sgn_digest_view(&item->hashes.sha384);
	default: return SGN_VIEW_EMPTY;
	}
}

static int not_ready(struct writer *w, const struct sgn_seal_item *item)
{
	int rc = sgn_fail(w->err, SGN_E_INTERNAL,
	                  "an item to be sealed lacks its hash or requirement");

	return sgn_error_at_path(w->err, rc, item->path);
}

static void put(struct sgn_value *dict, struct sgn_value_entry *entries, const char *key,
                struct sgn_value v)
{
	entries[dict->u.dict.count++] = (struct sgn_value_entry){sgn_view_str(key), v};
	dict->u.dict.entries = entries;
}

static int put_hashes(struct writer *w, const struct sgn_seal_item *item, struct sgn_value *dict,
                      struct sgn_value_entry *entries)
{
	for (size_t i = 0; i < w->digest_count; i++) {
		struct sgn_view hash = digest_of(item, w->digests[i]);

		if (hash.size == 0)
			return not_ready(w, item);
		put(dict, entries, hash_keys[w->digests[i]], bytes_of(SGN_VALUE_DATA, hash));
	}
	return 0;
}

static int value_v2(struct writer *w, const struct sgn_seal_item *item, struct sgn_value *out)
{
	struct sgn_value_entry *entries = sgn_arena_array(&w->arena, ENTRY_KEYS, sizeof(*entries));
	int rc = 0;

	if (!entries)
		return sgn_fail_nomem(w->err);
	*out = (struct sgn_value){.kind = SGN_VALUE_DICT};
	switch (item->kind) {
	case SGN_SEAL_LINK:
		put(out, entries, "symlink", bytes_of(SGN_VALUE_STRING, sgn_view_str(item->link)));
		break;
	case SGN_SEAL_NESTED:
		if (!item->requirement)
			return not_ready(w, item);
		put(out, entries, "cdhash",
		    bytes_of(SGN_VALUE_DATA, sgn_view_of(item->cdhash, sizeof(item->cdhash))));
		put(out, entries, "requirement",
		    bytes_of(SGN_VALUE_STRING, sgn_view_str(item->requirement)));
		break;
	case SGN_SEAL_FILE: rc = put_hashes(w, item, out, entries); break;
	}
	if (rc == 0 && item->optional_v2)
		put(out, entries, "optional", yes);
	/* A lone SHA-1 is written as in version 1. */
	if (rc == 0 && out->u.dict.count == 1 &&
	    sgn_view_equal(entries[0].key, sgn_view_str(hash_keys[SGN_DIGEST_SHA1])))
		*out = entries[0].value;
	return rc;
}

static int value_v1(struct writer *w, const struct sgn_seal_item *item, struct sgn_value *out)
{
	struct sgn_view hash = sgn_digest_view(&item->hashes.sha1);
	struct sgn_value_entry *entries;

	if (hash.size == 0)
		return not_ready(w, item);
	*out = bytes_of(SGN_VALUE_DATA, hash);
	if (!item->optional_v1)
		return 0;
	entries = sgn_arena_array(&w->arena, 2, sizeof(*entries));
	if (!entries)
		return sgn_fail_nomem(w->err);
	*out = (struct sgn_value){.kind = SGN_VALUE_DICT};
	put(out, entries, "hash", bytes_of(SGN_VALUE_DATA, hash));
	put(out, entries, "optional", yes);
	return 0;
}

/* A file name is a key, and a key is text. */
static int check_path(struct writer *w, const struct sgn_seal_item *item)
{
	int rc;

	if (sgn_utf8_valid(sgn_view_str(item->path)))
		return 0;
	rc = sgn_fail(w->err, SGN_E_FORMAT,
	              "%s: a file name that is not UTF-8 cannot be written into CodeResources",
	              item->path);
	sgn_error_cure(w->err, rc, "rename the file");
	return sgn_error_at_path(w->err, rc, item->path);
}

static int files_of(struct writer *w, int version, struct sgn_value *out)
{
	const struct sgn_seal_scan *scan = w->scan;
	struct sgn_value_entry *entries =
		sgn_arena_array(&w->arena, scan->count ? scan->count : 1, sizeof(*entries));
	size_t count = 0;

	if (!entries)
		return sgn_fail_nomem(w->err);
	for (size_t i = 0; i < scan->count; i++) {
		const struct sgn_seal_item *item = &scan->items[i];
		struct sgn_value_entry *e = &entries[count];
		int rc;

		if (version == 1 ? !item->in_v1 : !item->in_v2)
			continue;
		rc = check_path(w, item);
		e->key = sgn_view_str(item->path);
		if (rc == 0)
			rc = version == 1 ? value_v1(w, item, &e->value)
			                  : value_v2(w, item, &e->value);
		if (rc != 0)
			return rc;
		count++;
	}
	*out = (struct sgn_value){.kind = SGN_VALUE_DICT, .u.dict = {entries, count}};
	return 0;
}

int sgn_seal_write(const struct sgn_seal_scan *scan, const struct sgn_rules *v1,
                   const struct sgn_rules *v2, const enum sgn_digest *digests, size_t digest_count,
                   struct sgn_buf *out, struct sgn_error *err)
{
	struct writer w = {
		.scan = scan, .digests = digests, .digest_count = digest_count, .err = err};
	struct sgn_value_entry top[4];
	struct sgn_value root = {.kind = SGN_VALUE_DICT}, files;
	int rc = 0;

	if (v1) {
		rc = files_of(&w, 1, &files);
		put(&root, top, "files", files);
		put(&root, top, "rules", *v1->source);
	}
	if (rc == 0 && v2) {
		rc = files_of(&w, 2, &files);
		put(&root, top, "files2", files);
		put(&root, top, "rules2", *v2->source);
	}
	if (rc == 0)
		rc = sgn_plist_write_xml(&root, out, err);
	sgn_arena_dispose(&w.arena);
	return sgn_wrap(err, rc, "CodeResources");
}
