/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/survey.h"

#include <string.h>

#include "signer/base/mem.h"
#include "signer/base/reader.h"
#include "signer/bundle/bundle.h"
#include "signer/profile/profile.h"

#define KEPT (SGN_WANT_SHA1 | SGN_WANT_SHA256)

/* Small: there is one per file and folder. The digests of one file may come from two threads. */
struct sgn_survey_row {
	bool is_sniffed;
	bool not_hashed; /* lies in a bundle that may be left as it is */
	bool has_sha1, has_sha256;
	bool no_xattrs;
	enum sgn_file_kind kind;
	uint8_t sha1[20], sha256[32];
};

struct surveying {
	struct sgn_survey *s;
	struct sgn_hash_file *files;
	size_t *entry_of; /* of each file */
	size_t count;
};

static bool is_universal(struct sgn_view head)
{
	struct sgn_reader r = sgn_rd_init(head);
	uint32_t magic = sgn_rd_be32(&r);

	return sgn_rd_ok(&r) && (magic == FAT_MAGIC || magic == FAT_MAGIC_64);
}

/* The kind of a universal file is that of what lies further in: that is left to who wants to know. */
static bool look(void *arg, size_t i, struct sgn_view head)
{
	const struct surveying *a = arg;
	struct sgn_survey_row *row = &a->s->rows[a->entry_of[i]];
	struct sgn_source src;

	sgn_source_memory(head, &src);
	if (is_universal(head) || sgn_macho_sniff(&src, &row->kind, NULL) != 0)
		return false;
	row->is_sniffed = true;
	return row->kind != SGN_FILE_MACHO && !row->not_hashed;
}

static void put(void *arg, size_t i, const struct sgn_file_hashes *hashes)
{
	const struct surveying *a = arg;
	struct sgn_survey_row *row = &a->s->rows[a->entry_of[i]];

	if (hashes->sha1.size) {
		memcpy(row->sha1, hashes->sha1.data, sizeof(row->sha1));
		row->has_sha1 = true;
	}
	if (hashes->sha256.size) {
		memcpy(row->sha256, hashes->sha256.data, sizeof(row->sha256));
		row->has_sha256 = true;
	}
}

static void put_xattrs(void *arg, size_t i, bool has)
{
	const struct surveying *a = arg;

	a->s->rows[a->entry_of[i]].no_xattrs = !has;
}

static bool is_profile(const char *name)
{
	return strcmp(name, sgn_profile_file_name(true)) == 0 ||
	       strcmp(name, sgn_profile_file_name(false)) == 0;
}

static bool is_signature_dir(const struct sgn_walk_entry *e)
{
	return e->kind == SGN_WALK_DIR && strcmp(e->name, "_CodeSignature") == 0;
}

/* All that lies beside a signature, and below. */
static int spare_signed(const struct sgn_walk *walk, size_t at, struct sgn_survey_row *rows,
                        struct sgn_error *err)
{
	const char *path = walk->entries[at].path, *name = walk->entries[at].name;
	size_t len = (size_t)(name - path);
	char *above = sgn_strndup(path, len ? len - 1 : 0);
	const struct sgn_walk_entry *dir;

	if (!above)
		return sgn_fail_nomem(err);
	dir = sgn_walk_find(walk, above);
	for (size_t i = dir ? sgn_walk_index(walk, dir) : 0; dir && i < dir->end; i++)
		rows[i].not_hashed = true;
	sgn_free(above);
	return 0;
}

static int list_files(struct surveying *a, const struct sgn_walk *walk,
                      const struct sgn_survey_options *opts, struct sgn_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < walk->count;) {
		const struct sgn_walk_entry *e = &walk->entries[i];
		bool signature = is_signature_dir(e);
		bool nested = opts->leave_nested && i > 0 && sgn_bundle_looks_like(walk, e->path);

		if (signature && opts->keep_signed)
			rc = spare_signed(walk, i, a->s->rows, err);
		if (e->kind == SGN_WALK_FILE && !is_profile(e->name)) {
			a->files[a->count] = (struct sgn_hash_file){e->path, e->size};
			a->entry_of[a->count++] = i;
		}
		i = signature || nested ? e->end : i + 1;
	}
	return rc;
}

int sgn_survey_make(struct sgn_pool *pool, const struct sgn_walk *walk,
                    const struct sgn_survey_options *opts, struct sgn_survey *out,
                    struct sgn_error *err)
{
	struct surveying a = {.s = out};
	struct sgn_hash_calls calls = {.arg = &a,
	                               .wants = look,
	                               .has_xattrs = put_xattrs,
	                               .put = put,
	                               .tolerant = true,
	                               .meanwhile = opts->meanwhile,
	                               .meanwhile_arg = opts->arg};
	int rc;

	*out = (struct sgn_survey){.count = walk->count};
	out->rows = sgn_calloc(walk->count, sizeof(*out->rows));
	a.files = sgn_calloc(walk->count, sizeof(*a.files));
	a.entry_of = sgn_calloc(walk->count, sizeof(*a.entry_of));
	rc = out->rows && a.files && a.entry_of ? list_files(&a, walk, opts, err)
	                                        : sgn_fail_nomem(err);
	if (rc == 0)
		rc = sgn_hash_files(pool, walk->root, a.files, a.count, opts->wanted & KEPT, &calls,
		                    err);
	sgn_free(a.entry_of);
	sgn_free(a.files);
	if (rc)
		sgn_survey_dispose(out);
	return rc;
}

void sgn_survey_dispose(struct sgn_survey *s)
{
	sgn_free(s->rows);
	*s = (struct sgn_survey){0};
}

bool sgn_survey_kind(const struct sgn_survey *s, size_t entry, enum sgn_file_kind *out)
{
	if (!s || entry >= s->count || !s->rows[entry].is_sniffed)
		return false;
	*out = s->rows[entry].kind;
	return true;
}

bool sgn_survey_hashes(const struct sgn_survey *s, size_t entry, unsigned wanted,
                       struct sgn_file_hashes *out)
{
	const struct sgn_survey_row *row;
	unsigned have;

	*out = (struct sgn_file_hashes){0};
	if (!s || entry >= s->count)
		return false;
	row = &s->rows[entry];
	have = (row->has_sha1 ? SGN_WANT_SHA1 : 0) | (row->has_sha256 ? SGN_WANT_SHA256 : 0);
	if (wanted & ~have)
		return false;
	out->sha1.size = wanted & SGN_WANT_SHA1 ? sizeof(row->sha1) : 0;
	memcpy(out->sha1.data, row->sha1, out->sha1.size);
	out->sha256.size = wanted & SGN_WANT_SHA256 ? sizeof(row->sha256) : 0;
	memcpy(out->sha256.data, row->sha256, out->sha256.size);
	return true;
}

bool sgn_survey_no_xattrs(const struct sgn_survey *s, size_t entry)
{
	return s && entry < s->count && s->rows[entry].no_xattrs;
}
