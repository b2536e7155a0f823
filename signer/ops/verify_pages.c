/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code pages. The same copying-and-hashing engine as for signing, with nothing to write: so that
 * verifying is as fast, and a page is cut the same way on both sides.
 */
#include "signer/ops/verify_slice.h"

#include <string.h>

#include "signer/ops/image.h"

/* Ranges of bad pages that are told one by one; the rest is counted. */
#define TOLD_RANGES 8

/* CodeDirectories of a slice with equal pages are hashed in one pass over its bytes. */
struct group {
	const struct sgn_codedir *dirs[SGN_LIMIT_CODEDIRS];
	enum sgn_digest digests[SGN_LIMIT_CODEDIRS];
	size_t count;
};

static bool can_be_hashed(const struct sgn_slice *s, const struct sgn_codedir *cd)
{
	return cd->code_limit <= s->size; /* reported by the structure check otherwise */
}

/* The n-th pass over a slice: directories that agree with the first not yet hashed one. */
static void make_group(const struct sgn_verified_slice *s, bool *done, struct group *g)
{
	g->count = 0;
	for (size_t i = 0; i < s->sig->dir_count && g->count < 3; i++) {
		const struct sgn_codedir *cd = &s->sig->dirs[i];

		if (done[i] || !can_be_hashed(s->macho, cd))
			continue;
		if (g->count && (cd->page_shift != g->dirs[0]->page_shift ||
		                 cd->code_limit != g->dirs[0]->code_limit))
			continue;
		done[i] = true;
		g->digests[g->count] = cd->digest;
		g->dirs[g->count++] = cd;
	}
}

static void report_range(struct sgn_verify *v, const struct sgn_slice *s,
                         const struct sgn_codedir *cd, uint32_t first, uint32_t last,
                         const uint8_t *got)
{
	uint64_t page = sgn_codedir_page_size(cd);
	uint64_t begin = first * page, end = (last + (uint64_t)1) * page;
	struct sgn_finding *f;
	struct sgn_view want;

	if (end > cd->code_limit)
		end = cd->code_limit;
	if (first == last)
		f = sgn_report_add(v->report, SGN_FINDING_PAGE, s->arch,
		                   "page %u was modified: bytes 0x%llx to 0x%llx of the file",
		                   first, (unsigned long long)(s->offset + begin),
		                   (unsigned long long)(s->offset + end - 1));
	else
		f = sgn_report_add(
			v->report, SGN_FINDING_PAGE, s->arch,
			"pages %u to %u were modified: bytes 0x%llx to 0x%llx of the file", first,
			last, (unsigned long long)(s->offset + begin),
			(unsigned long long)(s->offset + end - 1));
	f->has_slot = true;
	f->slot = first;
	f->offset = s->offset + begin;
	f->length = end - begin;
	if (sgn_codedir_page(cd, first, &want))
		f->expected = sgn_report_hex(v->report, want);
	f->found = sgn_report_hex(v->report, sgn_view_of(got, cd->hash_size));
}

/* All pages of all directories at once, which is how nearly every comparison ends. */
static bool all_match(const struct group *g, uint8_t *const hashes[3])
{
	for (size_t d = 0; d < g->count; d++) {
		const struct sgn_codedir *cd = g->dirs[d];
		size_t size = cd->code_count * (size_t)cd->hash_size;
		struct sgn_view want;

		if (!sgn_view_slice(cd->blob, cd->hash_offset, size, &want) ||
		    !sgn_view_equal(want, sgn_view_of(hashes[d], size)))
			return false;
	}
	return true;
}

/* Compares and reports; a page is bad once, whichever digests say so. */
static void compare(struct sgn_verify *v, const struct sgn_slice *s, const struct group *g,
                    uint8_t *const hashes[3])
{
	const struct sgn_codedir *cd = g->dirs[0];
	uint32_t bad_from = 0, ranges = 0, untold = 0;
	bool in_range = false;

	if (all_match(g, hashes))
		return;
	for (uint32_t i = 0; i <= cd->code_count; i++) {
		bool bad = false;

		for (size_t d = 0; i < cd->code_count && d < g->count; d++) {
			size_t size = g->dirs[d]->hash_size;
			struct sgn_view want;

			if (!sgn_codedir_page(g->dirs[d], i, &want) ||
			    !sgn_view_equal(want, sgn_view_of(hashes[d] + i * size, size)))
				bad = true;
		}
		if (bad && !in_range)
			bad_from = i;
		if (!bad && in_range) {
			if (ranges++ < TOLD_RANGES)
				report_range(v, s, cd, bad_from, i - 1,
				             hashes[0] + bad_from * (size_t)cd->hash_size);
			else
				untold += i - bad_from;
		}
		in_range = bad;
	}
	if (untold)
		sgn_report_add(v->report, SGN_FINDING_PAGE, s->arch, "%u more pages were modified",
		               untold);
}

static int hash_group(struct sgn_verify *v, const struct sgn_slice *s, const struct group *g,
                      struct sgn_error *err)
{
	const struct sgn_codedir *cd = g->dirs[0];
	struct sgn_image_hash hash = {
		.page_size = cd->page_shift ? (uint64_t)1 << cd->page_shift : 0,
		.digests = g->digests,
		.digest_count = g->count,
	};
	struct sgn_slice_layout one = {.code_limit = cd->code_limit, .copy_size = cd->code_limit};
	struct sgn_macho alone = {.slices = v->code->macho.slices + (s - v->code->macho.slices),
	                          .count = 1};
	struct sgn_layout layout = {.slices = &one, .count = 1};
	struct sgn_image image = {
		.src = &v->code->src, .macho = &alone, .layout = &layout, .hash = &hash};
	struct sgn_arena arena = {0};
	int rc = 0;

	for (size_t d = 0; rc == 0 && d < g->count; d++) {
		hash.hashes[d] = sgn_arena_array(&arena, cd->code_count, g->dirs[d]->hash_size);
		if (!hash.hashes[d])
			rc = sgn_fail_nomem(err);
	}
	if (rc == 0)
		rc = sgn_image_write(&image, v->ctx->pool, err);
	if (rc == 0) {
		compare(v, s, g, hash.hashes);
		v->report->summary.pages += cd->code_count * (uint64_t)g->count;
		v->report->summary.bytes += cd->code_limit;
	}
	sgn_arena_dispose(&arena);
	return rc;
}

int sgn_verify_pages(struct sgn_verify *v, const struct sgn_verified_slice *s,
                     struct sgn_error *err)
{
	bool done[SGN_LIMIT_CODEDIRS] = {false};
	struct group g;
	int rc = 0;

	if (!s->sig)
		return 0;
	make_group(s, done, &g);
	while (rc == 0 && g.count) {
		rc = hash_group(v, s->macho, &g, err);
		make_group(s, done, &g);
	}
	return rc;
}
