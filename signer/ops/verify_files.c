/* SPDX-License-Identifier: Apache-2.0 */
/* The digests of a bundle's files, as early as can be. */
#include "signer/ops/verify_files.h"

#include <string.h>

#include "signer/ops/filehash.h"

unsigned sgn_verify_digests(const struct sgn_signature *sig)
{
	unsigned wanted = SGN_WANT_SHA1; /* serves where the seal has nothing else */

	for (size_t i = 0; i < sig->dir_count; i++)
		if (sig->dirs[i].digest != SGN_DIGEST_SHA256_TRUNCATED)
			wanted |= 1u << sig->dirs[i].digest;
	return wanted;
}

/* --- before the seal is read ------------------------------------------------------------------------ */

/* Which digests the seal seems to have, by a look at its text. A wrong guess costs time only: what is missing
 * is made when the seal is known. */
static unsigned guess_digests(struct sgn_view seal)
{
	static const char files2[] = "<key>files2</key>", hash[] = "<key>hash</key>";
	const uint8_t *at = memmem(seal.data, seal.size, files2, sizeof(files2) - 1);

	if (!at)
		return SGN_WANT_SHA1;
	if (memmem(at, seal.size - (size_t)(at - seal.data), hash, sizeof(hash) - 1))
		return SGN_WANT_SHA1 | SGN_WANT_SHA256;
	return SGN_WANT_SHA256;
}

int sgn_verify_survey(const struct sgn_verify *v, const struct sgn_walk *walk,
                      const struct sgn_signature *sig,
                      int (*meanwhile)(void *arg, struct sgn_error *err), void *arg,
                      struct sgn_survey *out, struct sgn_error *err)
{
	struct sgn_survey_options opts = {.wanted =
	                                          sgn_verify_digests(sig) & guess_digests(v->seal),
	                                  .leave_nested = !v->opts->deep,
	                                  .meanwhile = meanwhile,
	                                  .arg = arg};

	return sgn_survey_make(v->ctx->pool, walk, &opts, out, err);
}

/* --- afterwards --------------------------------------------------------------------------------------- */

struct hashing {
	const struct sgn_sealed_files *to;
	struct sgn_hash_file *files;
	size_t *item_of; /* of each file */
	size_t count;
};

static void put_hashes(void *arg, size_t i, const struct sgn_file_hashes *hashes)
{
	const struct hashing *h = arg;

	sgn_file_hashes_merge(&h->to->hashes[h->item_of[i]], hashes);
}

static void put_xattrs(void *arg, size_t i, bool has)
{
	const struct hashing *h = arg;

	h->to->no_xattrs[h->item_of[i]] = !has;
}

/* What is not sealed as a file is told by its name. */
static bool is_file(const struct sgn_sealed_files *f, size_t i)
{
	return f->scan->items[i].kind == SGN_SEAL_FILE && f->entries[i] &&
	       f->entries[i]->kind == SGN_SEAL_FILE;
}

/* Those of the wanted digests that any entry has: another one would be made for nothing. */
static unsigned digests_in_use(const struct sgn_sealed_files *f)
{
	unsigned have = 0;

	for (size_t i = 0; i < f->scan->count; i++)
		for (size_t d = 0; is_file(f, i) && d < SGN_ARRAY_LEN(f->entries[i]->hash); d++)
			if (f->entries[i]->hash[d].size)
				have |= 1u << d;
	return f->wanted & have;
}

/* Takes what the survey has found, and lists the rest. */
static void sort_out(struct hashing *h, const struct sgn_survey *survey,
                     const struct sgn_walk *walk, unsigned wanted)
{
	const struct sgn_sealed_files *f = h->to;

	for (size_t i = 0; i < f->scan->count; i++) {
		size_t entry = f->scan->items[i].entry;
		const struct sgn_walk_entry *e = &walk->entries[entry];

		if (!is_file(f, i))
			continue;
		if (sgn_survey_hashes(survey, entry, wanted, &f->hashes[i])) {
			f->no_xattrs[i] = sgn_survey_no_xattrs(survey, entry);
			continue;
		}
		h->files[h->count] = (struct sgn_hash_file){e->path, e->size};
		h->item_of[h->count++] = i;
	}
}

int sgn_verify_hash_files(const struct sgn_verify *v, const struct sgn_walk *walk,
                          const struct sgn_sealed_files *f, struct sgn_arena *arena,
                          struct sgn_error *err)
{
	struct hashing h = {.to = f};
	struct sgn_hash_calls calls = {.arg = &h, .has_xattrs = put_xattrs, .put = put_hashes};
	unsigned wanted = digests_in_use(f);

	h.files = sgn_arena_array(arena, f->scan->count, sizeof(*h.files));
	h.item_of = sgn_arena_array(arena, f->scan->count, sizeof(*h.item_of));
	if (!h.files || !h.item_of)
		return sgn_fail_nomem(err);
	sort_out(&h, v->survey, walk, wanted);
	if (h.count == 0)
		return 0;
	return sgn_hash_files(v->ctx->pool, walk->root, h.files, h.count, wanted, &calls, err);
}
