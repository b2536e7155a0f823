/* SPDX-License-Identifier: Apache-2.0 */
/* The document of two-step signing as a value: everything in it is a copy in one arena. */
#include "signer/ops/handover.h"

#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/text.h"
#include "signer/codec/base64.h"

static struct sgn_arena *memory(struct sgn_handover *doc)
{
	if (!doc->memory)
		doc->memory = sgn_calloc(1, sizeof(struct sgn_arena));
	return doc->memory;
}

void sgn_handover_dispose(struct sgn_handover *doc)
{
	if (doc->memory)
		sgn_arena_dispose(doc->memory);
	sgn_free(doc->memory);
	*doc = (struct sgn_handover){0};
}

/* A copy of text, which may be NULL; false when out of memory. */
static bool keep(struct sgn_handover *doc, const char *text, const char **to)
{
	struct sgn_arena *arena = memory(doc);

	*to = text && arena ? sgn_arena_strdup(arena, text) : NULL;
	return *to || (!text && arena);
}

static bool keep_bytes(struct sgn_handover *doc, struct sgn_handover_bytes from,
                       struct sgn_handover_bytes *to)
{
	struct sgn_arena *arena = memory(doc);
	struct sgn_view copy;

	*to = (struct sgn_handover_bytes){NULL, 0};
	if (!arena || !from.size)
		return arena != NULL;
	if (!sgn_arena_copy(arena, sgn_handover_view(from), &copy))
		return false;
	*to = (struct sgn_handover_bytes){copy.data, copy.size};
	return true;
}

int sgn_handover_set(struct sgn_handover *doc, struct sgn_handover_bytes *to, struct sgn_view bytes,
                     struct sgn_error *err)
{
	struct sgn_handover_bytes from = {bytes.data, bytes.size};

	return keep_bytes(doc, from, to) ? 0 : sgn_fail_nomem(err);
}

/* Room for one more element behind count of them: arrays grow at powers of two. NULL when out of memory. */
static void *grow(struct sgn_handover *doc, void *items, size_t count, size_t size)
{
	struct sgn_arena *arena = memory(doc);
	void *more;

	if (count && (count & (count - 1)) != 0)
		return items;
	more = arena ? sgn_arena_array(arena, count ? count * 2 : 1, size) : NULL;
	if (more && count)
		memcpy(more, items, count * size);
	return more;
}

static int check_count(size_t count, const char *what, struct sgn_error *err)
{
	if (count < SGN_LIMIT_HANDOVER)
		return 0;
	return sgn_fail(err, SGN_E_LIMIT, "more than %u %s in one document", SGN_LIMIT_HANDOVER,
	                what);
}

int sgn_handover_set_certificate(struct sgn_handover *doc, const char *name, const char *sha1,
                                 const char *sha256, struct sgn_error *err)
{
	if (!keep(doc, name, &doc->certificate_name) || !keep(doc, sha1, &doc->certificate_sha1) ||
	    !keep(doc, sha256, &doc->certificate_sha256))
		return sgn_fail_nomem(err);
	return 0;
}

int sgn_handover_add_option(struct sgn_handover *doc, const char *text, struct sgn_error *err)
{
	const char **more =
		grow(doc, (void *)doc->options, doc->option_count, sizeof(*doc->options));

	if (!more || !keep(doc, text, &more[doc->option_count]))
		return sgn_fail_nomem(err);
	doc->options = more;
	doc->option_count++;
	return 0;
}

static bool copy_entry(struct sgn_handover *doc, const struct sgn_handover_entry *from,
                       struct sgn_handover_entry *to)
{
	bool ok = keep(doc, from->path, &to->path) && keep(doc, from->arch, &to->arch) &&
	          keep(doc, from->identifier, &to->identifier) &&
	          keep(doc, from->team, &to->team) && keep(doc, from->cdhash, &to->cdhash) &&
	          keep(doc, from->digest, &to->digest) &&
	          keep_bytes(doc, from->attributes, &to->attributes) &&
	          keep_bytes(doc, from->entitlements, &to->entitlements) &&
	          keep_bytes(doc, from->signature, &to->signature) &&
	          keep_bytes(doc, from->timestamp, &to->timestamp);

	to->flags = from->flags;
	to->dir_count = from->dir_count;
	for (size_t i = 0; i < from->dir_count; i++)
		ok = ok && keep_bytes(doc, from->dirs[i], &to->dirs[i]);
	return ok;
}

int sgn_handover_add_entry(struct sgn_handover *doc, const struct sgn_handover_entry *entry,
                           struct sgn_error *err)
{
	int rc = check_count(doc->entry_count, "entries", err);
	struct sgn_handover_entry *more;

	if (rc == 0 && (!entry->path || !entry->arch || !entry->identifier || !entry->cdhash ||
	                !entry->digest))
		rc = sgn_fail(err, SGN_E_FORMAT,
		              "an entry needs path, architecture, identifier, cdhash and digest");
	if (rc == 0 && entry->dir_count > SGN_HANDOVER_DIRS)
		rc = sgn_fail(err, SGN_E_LIMIT, "%zu CodeDirectories for one slice",
		              entry->dir_count);
	if (rc)
		return rc;
	more = grow(doc, doc->entries, doc->entry_count, sizeof(*more));
	if (!more || !copy_entry(doc, entry, &more[doc->entry_count]))
		return sgn_fail_nomem(err);
	doc->entries = more;
	doc->entry_count++;
	return 0;
}

int sgn_handover_add_waiting(struct sgn_handover *doc, const char *path, const char *on,
                             struct sgn_error *err)
{
	int rc = check_count(doc->waiting_count, "waiting bundles", err);
	struct sgn_handover_waiting *more;

	if (rc)
		return rc;
	more = grow(doc, doc->waiting, doc->waiting_count, sizeof(*more));
	if (!more || !keep(doc, path, &more[doc->waiting_count].path) ||
	    !keep(doc, on, &more[doc->waiting_count].on))
		return sgn_fail_nomem(err);
	doc->waiting = more;
	doc->waiting_count++;
	return 0;
}

int sgn_handover_copy(struct sgn_handover *to, const struct sgn_handover *from,
                      struct sgn_error *err)
{
	int rc = sgn_handover_set_certificate(to, from->certificate_name, from->certificate_sha1,
	                                      from->certificate_sha256, err);

	to->has_signing_time = from->has_signing_time;
	to->signing_time = from->signing_time;
	for (size_t i = 0; rc == 0 && i < from->option_count; i++)
		rc = sgn_handover_add_option(to, from->options[i], err);
	for (size_t i = 0; rc == 0 && i < from->entry_count; i++)
		rc = sgn_handover_add_entry(to, &from->entries[i], err);
	for (size_t i = 0; rc == 0 && i < from->waiting_count; i++)
		rc = sgn_handover_add_waiting(to, from->waiting[i].path, from->waiting[i].on, err);
	return rc;
}

int sgn_handover_same_certificate(const struct sgn_handover *doc, const struct sgn_identity *id,
                                  struct sgn_error *err)
{
	const struct sgn_cert *leaf = sgn_identity_chain(id)->certs[0];
	struct sgn_identity_info info;
	char sha256[65];
	int rc;

	sgn_hex_encode(leaf->sha256, sizeof(leaf->sha256), sha256);
	if (doc->certificate_sha256 && strcmp(sha256, doc->certificate_sha256) == 0)
		return 0;
	sgn_identity_describe(id, &info);
	rc = sgn_fail(
		err, SGN_E_MISMATCH,
		"the document is for the certificate \"%s\" (SHA-256 %.16s...), not for \"%s\" "
		"(%.16s...)",
		doc->certificate_name ? doc->certificate_name : "",
		doc->certificate_sha256 ? doc->certificate_sha256 : "?", info.name, sha256);
	return sgn_error_cure(
		err, rc, "use the same certificate on both hosts: build host and guarded host");
}

int sgn_handover_at(const struct sgn_handover_entry *e, int rc, struct sgn_error *err)
{
	sgn_error_at_arch(err, rc, e->arch ? e->arch : "");
	return sgn_error_at_path(err, rc, e->path ? e->path : "");
}

/* --- base64 --------------------------------------------------------------------------------------- */

int sgn_base64_text(const void *data, size_t size, char **out, struct sgn_error *err)
{
	struct sgn_buf text;
	size_t length;
	int rc;

	*out = NULL;
	sgn_buf_init(&text, SIZE_MAX / 4);
	sgn_base64_encode(sgn_view_of(data, size), &text);
	rc = sgn_buf_finish(&text, err, "base64");
	if (rc == 0)
		*out = text.data ? (char *)sgn_buf_take(&text, &length) : sgn_strdup("");
	sgn_buf_dispose(&text);
	return rc || *out ? rc : sgn_fail_nomem(err);
}

int sgn_base64_bytes(const char *text, size_t size, void **out, size_t *out_size,
                     struct sgn_error *err)
{
	struct sgn_view in = sgn_view_of(text, size);
	struct sgn_buf bytes;
	size_t bad_at = 0;
	int rc = 0;

	*out = NULL;
	*out_size = 0;
	for (size_t i = 0; i < size; i++)
		if (text[i] <= ' ')
			return sgn_fail(err, SGN_E_FORMAT, "base64: a blank at character %zu", i);
	sgn_buf_init(&bytes, size);
	if (!sgn_base64_decode(in, &bytes, &bad_at))
		rc = sgn_fail(err, SGN_E_FORMAT, "base64: wrong at character %zu", bad_at);
	if (rc == 0)
		rc = sgn_buf_finish(&bytes, err, "base64");
	if (rc == 0)
		*out = bytes.data ? (void *)sgn_buf_take(&bytes, out_size) : sgn_calloc(1, 1);
	sgn_buf_dispose(&bytes);
	return rc || *out ? rc : sgn_fail_nomem(err);
}
