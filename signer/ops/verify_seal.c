/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/ops/verify_seal.h"

#include <string.h>

#include "signer/base/mem.h"
#include "signer/ops/verify_files.h"

struct check {
	struct sgn_verify *v;
	const struct sgn_bundle *b;
	const struct sgn_seal *seal;
	const struct sgn_seal_scan *scan;
	struct sgn_sealed_files files; /* per scanned item */
	bool *seen;                    /* per sealed entry */
	struct sgn_verify_part *parts; /* see gather() */
	size_t *nested;                /* the item of each part but the first */
	size_t nested_count;
	unsigned nesting;
	struct sgn_arena *arena; /* the scan's */
};

/* --- all that takes long ---------------------------------------------------------------------------- */

/* Part 0: the files. The others: nested code. */
static int gather_part(struct sgn_verify *part, void *arg, size_t i, struct sgn_error *err)
{
	struct check *c = arg;
	const struct sgn_walk *walk = c->b->walk;
	const struct sgn_seal_item *item;

	if (i == 0)
		return sgn_verify_hash_files(c->v, walk, &c->files, c->arena, err);
	item = &c->scan->items[c->nested[i - 1]];
	return sgn_verify_nested(part, walk, walk->entries[item->entry].path,
	                         c->files.entries[c->nested[i - 1]], c->nesting + 1, err);
}

static int gather(struct check *c, struct sgn_error *err)
{
	return sgn_verify_run_parts(c->v, c->parts, 1 + c->nested_count, gather_part, c, err);
}

static int make_room(struct check *c, struct sgn_error *err)
{
	size_t count = c->scan->count;

	c->files.entries = sgn_arena_array(c->arena, count, sizeof(const struct sgn_sealed *));
	c->files.hashes = sgn_arena_array(c->arena, count, sizeof(*c->files.hashes));
	c->files.no_xattrs = sgn_arena_array(c->arena, count, sizeof(*c->files.no_xattrs));
	c->seen = sgn_arena_array(c->arena, c->seal->count, sizeof(*c->seen));
	c->nested = sgn_arena_array(c->arena, count, sizeof(*c->nested));
	if (!c->files.entries || !c->files.hashes || !c->files.no_xattrs || !c->seen || !c->nested)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < count; i++) {
		const struct sgn_seal_item *item = &c->scan->items[i];
		const struct sgn_sealed *entry = sgn_seal_find(c->seal, item->path);

		c->files.entries[i] = entry;
		if (entry && entry->kind == SGN_SEAL_NESTED && item->kind == SGN_SEAL_NESTED)
			c->nested[c->nested_count++] = i;
	}
	c->parts = sgn_arena_array(c->arena, 1 + c->nested_count, sizeof(*c->parts));
	return c->parts ? 0 : sgn_fail_nomem(err);
}

/* --- findings --------------------------------------------------------------------------------------- */

static const char *full_path(const struct check *c, const char *path)
{
	const char *support = c->b->support;
	struct sgn_buf whole;
	const char *text;

	sgn_buf_init(&whole, SGN_LIMIT_PATH);
	sgn_bundle_path(c->b, support, &whole);
	sgn_wr_fmt(&whole, "/%s", path);
	text = sgn_report_text(c->v->report, "%s", sgn_buf_str(&whole));
	sgn_buf_dispose(&whole);
	return text;
}

static struct sgn_finding *tell(const struct check *c, enum sgn_finding_code code,
                                enum sgn_finding_kind kind, const char *path, const char *what)
{
	const char *full = full_path(c, path);
	struct sgn_finding *f = sgn_report_add(c->v->report, code, "", "%s: %s", what, full);

	f->kind = kind;
	f->resource = full;
	return f;
}

static void modified(const struct check *c, const char *path, struct sgn_view want,
                     struct sgn_view got)
{
	struct sgn_finding *f =
		tell(c, SGN_FINDING_RESOURCE_MODIFIED, SGN_KIND_MODIFIED, path, "file modified");

	if (want.size)
		f->expected = sgn_report_hex(c->v->report, want);
	if (got.size)
		f->found = sgn_report_hex(c->v->report, got);
}

/* --- one item --------------------------------------------------------------------------------------- */

/* Every digest of the signature is compared; where the seal has none for it, SHA-1 serves. */
static void compare_file(const struct check *c, size_t i, const struct sgn_sealed *entry)
{
	const struct sgn_file_hashes *h = &c->files.hashes[i];
	const struct {
		enum sgn_digest alg;
		const struct sgn_digest_bytes *got;
	} rows[] = {{SGN_DIGEST_SHA384, &h->sha384},
	            {SGN_DIGEST_SHA256, &h->sha256},
	            {SGN_DIGEST_SHA1, &h->sha1}};

	for (size_t r = 0; r < SGN_ARRAY_LEN(rows); r++) {
		struct sgn_view want = entry->hash[rows[r].alg];

		if (want.size == 0 || rows[r].got->size == 0)
			continue;
		if (!sgn_view_equal(want, sgn_digest_view(rows[r].got))) {
			modified(c, c->scan->items[i].path, want, sgn_digest_view(rows[r].got));
			return;
		}
	}
}

static void compare_item(struct check *c, size_t i, struct sgn_verify_part **nested)
{
	const struct sgn_seal_item *item = &c->scan->items[i];
	const struct sgn_sealed *entry = c->files.entries[i];

	if (!entry) {
		/* Version 1 of the seal never lists links. */
		if (c->seal->version == 2 || item->kind != SGN_SEAL_LINK)
			tell(c, SGN_FINDING_RESOURCE_ADDED, SGN_KIND_ADDED, item->path,
			     "file added");
		return;
	}
	c->seen[entry - c->seal->entries] = true;
	if (entry->kind != item->kind)
		modified(c, item->path, SGN_VIEW_EMPTY, SGN_VIEW_EMPTY);
	else if (item->kind == SGN_SEAL_NESTED)
		sgn_verify_end_part(c->v, (*nested)++);
	else if (item->kind == SGN_SEAL_FILE)
		compare_file(c, i, entry);
	else if (!sgn_view_equal(entry->link, sgn_view_str(item->link)))
		modified(c, item->path, SGN_VIEW_EMPTY, SGN_VIEW_EMPTY);
}

static int compare(struct check *c, struct sgn_error *err)
{
	struct sgn_verify_part *nested = c->parts + 1;
	int rc = gather(c, err);

	if (rc)
		return rc;
	sgn_verify_end_part(c->v, &c->parts[0]);
	for (size_t i = 0; i < c->scan->count; i++)
		compare_item(c, i, &nested);
	for (size_t i = 0; i < c->seal->count; i++) {
		const struct sgn_sealed *entry = &c->seal->entries[i];
		char *path;

		if (c->seen[i] || entry->optional)
			continue;
		path = sgn_arena_strndup(&c->v->arena, (const char *)entry->path.data,
		                         entry->path.size);
		if (!path)
			return sgn_fail_nomem(err);
		tell(c, SGN_FINDING_RESOURCE_MISSING, SGN_KIND_MISSING, path, "file missing");
	}
	return 0;
}

/* --- strictness ------------------------------------------------------------------------------------- */

static void check_rules(struct sgn_verify *v, const struct sgn_seal *seal)
{
	const char *weak;

	if (v->opts->no_strict)
		return;
	if (seal->version < 2) {
		sgn_report_add(v->report, SGN_FINDING_SEAL_OBSOLETE, "",
		               "the seal has version 1 only");
		return;
	}
	weak = sgn_rules_weakness(&seal->rules, seal->version);
	if (weak)
		sgn_report_add(v->report, SGN_FINDING_SEAL_WEAK, "",
		               "the rule \"%s\" leaves files out that must be sealed", weak);
}

static void check_scan_problems(struct sgn_verify *v, const struct sgn_seal_scan *scan)
{
	for (size_t i = 0; !v->opts->no_strict && i < scan->problem_count; i++) {
		const struct sgn_bundle_problem *p = &scan->problems[i];
		struct sgn_finding *f = sgn_report_add(v->report, SGN_FINDING_STRUCTURE, "",
		                                       "%s: %s", p->path, p->text);

		f->osstatus = p->osstatus;
	}
}

static int check_tree(struct sgn_verify *v, const struct sgn_bundle *b, const struct sgn_seal *seal,
                      struct sgn_seal_scan *scan, unsigned wanted, unsigned nesting,
                      struct sgn_error *err)
{
	struct check c = {.v = v,
	                  .b = b,
	                  .seal = seal,
	                  .scan = scan,
	                  .files = {.scan = scan, .wanted = wanted},
	                  .nesting = nesting,
	                  .arena = &scan->arena};
	int rc = make_room(&c, err);

	if (rc == 0)
		rc = compare(&c, err);
	check_scan_problems(v, scan);
	if (rc == 0 && !v->opts->no_strict)
		sgn_verify_strict(v, b, scan, c.files.no_xattrs);
	return rc;
}

/* --- the seal itself -------------------------------------------------------------------------------- */

struct reading {
	const struct sgn_bundle *b;
	struct sgn_view bytes;
	struct sgn_seal seal;
	struct sgn_seal_scan scan;
	bool bad;             /* the seal is no seal */
	struct sgn_error why; /* then */
};

static int read_seal(void *arg, struct sgn_error *err)
{
	struct reading *r = arg;
	const struct sgn_rules *rules = &r->seal.rules;
	int rc = sgn_seal_read(r->bytes, &r->seal, &r->why);
	bool v2 = r->seal.version == 2;

	if (rc == SGN_E_NOMEM)
		sgn_error_move(err, &r->why);
	r->bad = rc != 0 && rc != SGN_E_NOMEM;
	return rc ? rc : sgn_seal_scan(r->b, v2 ? NULL : rules, v2 ? rules : NULL, &r->scan, err);
}

/* With what the seal covers hashed in the same time, if this is the outermost bundle. */
static int read_and_check(struct sgn_verify *v, const struct sgn_bundle *b,
                          const struct sgn_signature *main, unsigned nesting, struct sgn_error *err)
{
	struct reading r = {.b = b, .bytes = v->seal, .why = SGN_ERROR_INIT};
	struct sgn_survey survey = {0};
	int rc;

	if (nesting == 0) {
		rc = sgn_verify_survey(v, b->walk, main, read_seal, &r, &survey, err);
		v->survey = &survey;
	} else {
		rc = read_seal(&r, err);
	}
	if (r.bad) {
		sgn_report_add(v->report, SGN_FINDING_SEAL_BAD, "", "CodeResources: %s",
		               r.why.text);
		rc = 0;
	} else if (rc == 0) {
		check_rules(v, &r.seal);
		rc = check_tree(v, b, &r.seal, &r.scan, sgn_verify_digests(main), nesting, err);
	}
	sgn_seal_scan_dispose(&r.scan);
	sgn_seal_dispose(&r.seal);
	sgn_survey_dispose(&survey);
	sgn_error_dispose(&r.why);
	return rc;
}

/* Does any CodeDirectory say that resources are sealed? */
static bool sealed_by(const struct sgn_signature *sig)
{
	struct sgn_view hash;

	return sgn_codedir_special(sig->best, CSSLOT_RESOURCEDIR, &hash) && !sgn_view_is_zero(hash);
}

int sgn_verify_seal(struct sgn_verify *v, const struct sgn_bundle *b,
                    const struct sgn_signature *main, unsigned nesting, struct sgn_error *err)
{
	if (!v->has_seal && sealed_by(main))
		return 0; /* reported as a missing component of slot -3 */
	if (v->has_seal && sealed_by(main))
		return read_and_check(v, b, main, nesting, err);
	sgn_report_add(v->report, SGN_FINDING_SEAL_MISSING, "",
	               v->has_seal ? "there is a CodeResources, but the signature does not cover it"
	                           : "the signature seals no resources");
	return 0;
}
