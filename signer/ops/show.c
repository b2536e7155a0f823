/* SPDX-License-Identifier: Apache-2.0 */
/* A file's signatures as plain data. Nothing is judged here; what cannot be read is said so. */
#include <signet/show.h>

#include <stdio.h>
#include <string.h>

#include "signer/base/file.h"
#include "signer/base/mem.h"
#include "signer/base/oid.h"
#include "signer/base/text.h"
#include "signer/bundle/seal.h"
#include "signer/codec/plist.h"
#include "signer/ents/ents.h"
#include "signer/ops/code.h"
#include "signer/ops/context.h"
#include "signer/ops/enclosing.h"
#include "signer/ops/facts.h"
#include "signer/ops/generic.h"

/* The public description and what it points to live and die together. */
struct shown {
	struct sgn_description pub; /* first, so that freeing knows where it is */
	struct sgn_arena arena;
	struct sgn_code code;
	struct sgn_context *ctx;
	struct sgn_walk walk; /* of the bundle, when it is one */
	struct sgn_bundle bundle;
	bool has_walk, has_bundle;
};

static struct sgn_shown_bytes bytes_of(struct sgn_view v)
{
	return (struct sgn_shown_bytes){v.size ? v.data : NULL, v.size};
}

/* Moves the text of buf into the arena and disposes of buf. */
static int keep_text(struct shown *d, struct sgn_buf *buf, int rc, const char **out,
                     struct sgn_error *err)
{
	if (rc == 0)
		rc = sgn_buf_finish(buf, err, "description");
	if (rc == 0) {
		*out = sgn_arena_strndup(&d->arena, sgn_buf_str(buf), buf->size);
		rc = *out ? 0 : sgn_fail_nomem(err);
	}
	sgn_buf_dispose(buf);
	return rc;
}

/* --- CodeDirectories ---------------------------------------------------------------------------- */

/* All special hashes as one run of bytes, slot -1 first. */
static int show_special(struct shown *d, const struct sgn_codedir *cd, struct sgn_shown_bytes *out,
                        struct sgn_error *err)
{
	size_t size = (size_t)cd->special_count * cd->hash_size;
	uint8_t *all = size ? sgn_arena_alloc(&d->arena, size) : NULL;

	if (size && !all)
		return sgn_fail_nomem(err);
	for (uint32_t n = 1; n <= cd->special_count; n++) {
		struct sgn_view hash;

		if (sgn_codedir_special(cd, n, &hash))
			memcpy(all + (n - 1) * (size_t)cd->hash_size, hash.data, hash.size);
	}
	*out = (struct sgn_shown_bytes){all, size};
	return 0;
}

static int show_dir(struct shown *d, const struct sgn_codedir *cd, uint32_t slot,
                    struct sgn_shown_dir *out, struct sgn_error *err)
{
	struct sgn_digest_bytes full;
	struct sgn_view hashes = SGN_VIEW_EMPTY, copy;
	struct sgn_buf flags;
	int rc = sgn_codedir_hash(cd, &full, err);

	if (rc == 0 && !sgn_arena_copy(&d->arena, sgn_digest_view(&full), &copy))
		rc = sgn_fail_nomem(err);
	if (rc)
		return rc;
	sgn_view_slice(cd->blob, cd->hash_offset, (uint64_t)cd->code_count * cd->hash_size,
	               &hashes);
	*out = (struct sgn_shown_dir){
		.slot = slot,
		.version = cd->version,
		.size = (uint32_t)cd->blob.size,
		.flags = cd->flags,
		.digest = cd->digest,
		.digest_name = sgn_digest_name(cd->digest),
		.digest_size = cd->hash_size,
		.special_count = cd->special_count,
		.code_count = cd->code_count,
		.code_limit = cd->code_limit,
		.page_size = cd->page_shift ? (uint64_t)1 << cd->page_shift : 0,
		.platform = cd->platform,
		.has_exec_seg = cd->has_exec_seg,
		.exec_base = cd->exec_base,
		.exec_limit = cd->exec_limit,
		.exec_flags = cd->exec_flags,
		.runtime = cd->runtime,
		.cdhash = bytes_of(copy),
		.code = bytes_of(hashes),
	};
	sgn_buf_init(&flags, SGN_LIMIT_PATH);
	sgn_cs_flags_print(cd->flags, &flags);
	rc = keep_text(d, &flags, 0, &out->flags_text, err);
	return rc ? rc : show_special(d, cd, &out->special, err);
}

static int show_dirs(struct shown *d, const struct sgn_signature *sig, struct sgn_shown_slice *out,
                     struct sgn_error *err)
{
	struct sgn_shown_dir *dirs = sgn_arena_array(&d->arena, sig->dir_count, sizeof(*dirs));
	int rc = dirs ? 0 : sgn_fail_nomem(err);

	for (size_t i = 0; rc == 0 && i < sig->dir_count; i++)
		rc = show_dir(d, &sig->dirs[i], sig->dir_slots[i], &dirs[i], err);
	out->dirs = dirs;
	out->dir_count = sig->dir_count;
	out->best = (size_t)(sig->best - sig->dirs);
	return rc;
}

static int show_blobs(struct shown *d, const struct sgn_signature *sig, struct sgn_shown_slice *out,
                      struct sgn_error *err)
{
	size_t count = sig->blobs.count;
	struct sgn_shown_blob *blobs = sgn_arena_array(&d->arena, count, sizeof(*blobs));

	if (!blobs)
		return sgn_fail_nomem(err);
	for (size_t i = 0; i < count; i++) {
		const struct sgn_superblob_entry *e = &sig->blobs.entries[i];

		blobs[i] = (struct sgn_shown_blob){e->type, sgn_slot_name(e->type), e->magic,
		                                   e->offset, bytes_of(e->blob)};
	}
	out->blobs = blobs;
	out->blob_count = count;
	return 0;
}

/* --- certificates --------------------------------------------------------------------------------- */

static int show_cert(struct shown *d, const struct sgn_cert *cert, struct sgn_shown_cert *out,
                     struct sgn_error *err)
{
	struct sgn_view name = sgn_cert_name_get(&cert->subject, sgn_oid_known(SGN_OID_CN));

	if (name.size == 0)
		name = sgn_cert_name_get(&cert->subject, sgn_oid_known(SGN_OID_O));
	out->name = sgn_arena_strndup(&d->arena, (const char *)name.data, name.size);
	if (!out->name)
		return sgn_fail_nomem(err);
	sgn_hex_encode(cert->sha1, sizeof(cert->sha1), out->sha1);
	sgn_hex_encode(cert->sha256, sizeof(cert->sha256), out->sha256);
	out->not_before = cert->not_before;
	out->not_after = cert->not_after;
	out->der = bytes_of(cert->der);
	return 0;
}

static int show_cms(struct shown *d, const struct sgn_signature *sig, struct sgn_shown_slice *out,
                    struct sgn_cms_info *info, struct sgn_error *err)
{
	struct sgn_cms_verify_input in = {
		.cms = sig->cms,
		.content = sig->dirs[0].blob,
		.anchors = &d->ctx->anchors,
	};
	struct sgn_shown_cert *chain;
	int rc;

	out->cms = bytes_of(sig->cms);
	if (sig->cms.size == 0)
		return 0;
	rc = sgn_cms_verify(&in, &d->arena, info, err);
	if (rc)
		return rc;
	chain = sgn_arena_array(&d->arena, SGN_LIMIT_CHAIN, sizeof(*chain));
	if (!chain)
		return sgn_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < info->chain.count; i++)
		rc = show_cert(d, info->chain.certs[i], &chain[i], err);
	out->chain = chain;
	out->chain_count = info->chain.count;
	out->has_signing_time = info->has_signing_time;
	out->signing_time = info->signing_time;
	out->has_timestamp = info->timestamp.present;
	out->timestamp = info->timestamp.time;
	return rc;
}

/* --- requirements, entitlements, constraints ------------------------------------------------------ */

static int implied_text(struct shown *d, const struct sgn_slice *first, const char **out,
                        struct sgn_error *err)
{
	struct sgn_buf blob, text;
	int rc;

	sgn_buf_init(&blob, SGN_LIMIT_REQUIREMENTS);
	sgn_buf_init(&text, SGN_LIMIT_REQUIREMENTS);
	rc = sgn_facts_implied(&d->code, (size_t)(first - d->code.macho.slices), &blob, err);
	if (rc == 0)
		rc = sgn_req_decompile(sgn_buf_view(&blob), &text, err);
	rc = keep_text(d, &text, rc, out, err);
	sgn_buf_dispose(&blob);
	return rc;
}

static int show_requirements(struct shown *d, const struct sgn_code_slice *s,
                             struct sgn_shown_slice *out, struct sgn_error *err)
{
	struct sgn_view set = sgn_signature_component(s->sig, CSSLOT_REQUIREMENTS);
	struct sgn_view dr = SGN_VIEW_EMPTY;
	struct sgn_error why = SGN_ERROR_INIT;
	struct sgn_buf text;
	uint32_t count;
	int rc = 0;

	out->requirements = bytes_of(set);
	out->requirement_count = -1;
	sgn_buf_init(&text, SGN_LIMIT_REQUIREMENTS);
	if (set.size && sgn_req_set_count(set, &count, &why) == 0 &&
	    sgn_req_set_decompile(set, &text, &why) == 0) {
		out->requirement_count = (long)count;
		rc = keep_text(d, &text, 0, &out->requirements_text, err);
	}
	sgn_buf_dispose(&text);
	if (set.size)
		sgn_req_set_find(set, kSecDesignatedRequirementType, &dr, &why);
	sgn_error_dispose(&why);
	if (rc == 0 && dr.size == 0)
		rc = implied_text(d, s->macho, &out->designated_implied, err);
	return rc;
}

static int show_entitlements(struct shown *d, const struct sgn_signature *sig,
                             struct sgn_shown_slice *out, struct sgn_error *err)
{
	struct sgn_view xml = sgn_signature_component(sig, CSSLOT_ENTITLEMENTS);
	struct sgn_view der = sgn_signature_component(sig, CSSLOT_DER_ENTITLEMENTS);
	const struct sgn_value *dict = sgn_facts_entitlements(sig, &d->arena);
	struct sgn_buf text;

	if (xml.size)
		out->entitlements_xml = bytes_of(sgn_blob_payload(xml));
	if (der.size)
		out->entitlements_der = bytes_of(sgn_blob_payload(der));
	if (!dict)
		return 0;
	sgn_buf_init(&text, SGN_LIMIT_PLIST);
	sgn_ents_print(dict, &text);
	return keep_text(d, &text, 0, &out->entitlements_text, err);
}

static void show_constraints(const struct sgn_signature *sig, struct sgn_shown_slice *out)
{
	static const struct {
		uint32_t slot;
		const char *name;
	} rows[] = {
		{CSSLOT_LAUNCH_CONSTRAINT_SELF, "self"},
		{CSSLOT_LAUNCH_CONSTRAINT_PARENT, "parent"},
		{CSSLOT_LAUNCH_CONSTRAINT_RESPONSIBLE, "responsible"},
		{CSSLOT_LIBRARY_CONSTRAINT, "library"},
	};

	for (size_t i = 0; i < SGN_ARRAY_LEN(rows); i++)
		if (sgn_signature_component(sig, rows[i].slot).size)
			out->constraint_names[out->constraints++] = rows[i].name;
}

/* Number of keys of the Info.plist that slot -1 seals; -1 when it seals none. */
static long info_plist_entries(struct shown *d, const struct sgn_code_slice *s)
{
	const struct sgn_value *dict;
	struct sgn_view hash;

	if (!sgn_codedir_special(s->sig->best, CSSLOT_INFOSLOT, &hash) || sgn_view_is_zero(hash))
		return -1;
	dict = d->has_bundle ? d->bundle.info
	                     : sgn_code_dictionary(s->macho->info_plist, &d->arena);
	return dict ? (long)dict->u.dict.count : 0;
}

/* --- slices ----------------------------------------------------------------------------------------- */

static void show_macho(const struct sgn_slice *m, struct sgn_shown_slice *out)
{
	snprintf(out->arch, sizeof(out->arch), "%s", m->arch);
	out->offset = m->offset;
	out->size = m->size;
	if (m->has_version) {
		out->platform = m->platform;
		out->platform_name = sgn_platform_name(m->platform);
		out->minos = m->minos;
		out->sdk = m->sdk;
	}
	if (m->has_uuid)
		sgn_hex_encode(m->uuid, sizeof(m->uuid), out->uuid);
	out->signature_offset = m->has_signature_cmd ? m->offset + m->dataoff : 0;
	out->reserved = m->datasize;
	out->info_plist_entries = -1;
	out->requirement_count = -1;
}

static int show_slice(struct shown *d, const struct sgn_code_slice *s, struct sgn_shown_slice *out,
                      struct sgn_error *err)
{
	const struct sgn_signature *sig = s->sig;
	struct sgn_cms_info *cms;
	int rc;

	show_macho(s->macho, out);
	if (s->problem) {
		out->problem = sgn_arena_strdup(&d->arena, s->why.text);
		return out->problem ? 0 : sgn_fail_nomem(err);
	}
	if (!sig)
		return 0;
	out->is_signed = true;
	out->identifier = sig->best->identifier;
	out->team = sig->best->team;
	out->adhoc = (sig->best->flags & CS_ADHOC) != 0;
	out->linker_signed = sgn_signature_is_linker_made(sig);
	out->signature_size = sig->blobs.blob.size;
	out->info_plist_entries = info_plist_entries(d, s);
	show_constraints(sig, out);
	cms = sgn_arena_alloc(&d->arena, sizeof(*cms));
	rc = cms ? show_dirs(d, sig, out, err) : sgn_fail_nomem(err);
	if (rc == 0)
		rc = show_blobs(d, sig, out, err);
	if (rc == 0)
		rc = show_cms(d, sig, out, cms, err);
	if (rc == 0)
		rc = show_requirements(d, s, out, err);
	return rc ? rc : show_entitlements(d, sig, out, err);
}

static int show_all(struct shown *d, struct sgn_error *err)
{
	size_t count = d->code.macho.count;
	const struct sgn_slice **sorted =
		sgn_arena_array(&d->arena, count, sizeof(const struct sgn_slice *));
	struct sgn_shown_slice *slices = sgn_arena_array(&d->arena, count, sizeof(*slices));
	struct sgn_buf format;
	int rc = 0;

	if (!sorted || !slices)
		return sgn_fail_nomem(err);
	if (d->code.is_generic)
		sorted[0] = &d->code.macho.slices[0];
	else
		sgn_macho_sorted(&d->code.macho, sorted);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		size_t at = (size_t)(sorted[i] - d->code.macho.slices);

		if (at == d->code.native)
			d->pub.native = i;
		rc = sgn_error_at_arch(err, show_slice(d, &d->code.slices[at], &slices[i], err),
		                       sorted[i]->arch);
	}
	if (rc)
		return rc;
	d->pub.executable = d->code.real_path;
	d->pub.slices = slices;
	d->pub.slice_count = count;
	sgn_buf_init(&format, SGN_LIMIT_PATH);
	if (d->has_bundle)
		sgn_bundle_format_name(&d->bundle, &format);
	if (!d->code.is_generic)
		sgn_macho_format_name(&d->code.macho, &format);
	return keep_text(d, &format, 0, &d->pub.format, err);
}

/* --- bundles ---------------------------------------------------------------------------------------- */

/* What the signature seals, when its CodeResources can be read. */
static int show_seal(struct shown *d, struct sgn_error *err)
{
	const struct sgn_signature *sig = d->code.slices[d->code.native].sig;
	struct sgn_error why = SGN_ERROR_INIT;
	struct sgn_view bytes, hash;
	struct sgn_seal seal;
	bool found;
	int rc;

	if (!sig || !sgn_codedir_special(sig->best, CSSLOT_RESOURCEDIR, &hash) ||
	    sgn_view_is_zero(hash))
		return 0;
	rc = sgn_bundle_seal_bytes(&d->bundle, &d->arena, &bytes, &found, &why);
	if (rc == 0 && found)
		rc = sgn_seal_read(bytes, &seal, &why);
	if (rc == 0 && found) {
		d->pub.seal = (struct sgn_shown_seal){seal.version, seal.rule_count, seal.count};
		sgn_seal_dispose(&seal);
	}
	sgn_error_dispose(&why);
	return rc == SGN_E_NOMEM ? sgn_fail_nomem(err) : 0;
}

static int no_main_part(const struct sgn_bundle *b, struct sgn_error *err)
{
	const struct sgn_bundle_problem *p = b->problem_count ? &b->problems[0] : NULL;
	int rc = sgn_fail(err, SGN_E_UNSUPPORTED, "a bundle without a main executable%s%s",
	                  p ? ": " : "", p ? p->text : "");

	sgn_error_osstatus(err, rc, p ? p->osstatus : errSecCSBadBundleFormat);
	return p && p->cure ? sgn_error_cure(err, rc, "%s", p->cure) : rc;
}

static int open_bundle(struct shown *d, const char *path, struct sgn_error *err)
{
	int rc = sgn_walk_tree(path, &d->walk, err);

	d->has_walk = rc == 0;
	if (rc == 0)
		rc = sgn_bundle_open(&d->walk, "", NULL, &d->bundle, err);
	d->has_bundle = rc == 0;
	if (rc == 0 && (d->bundle.main_kind == SGN_MAIN_NONE || !d->bundle.main_path))
		rc = no_main_part(&d->bundle, err);
	return rc ? rc : sgn_code_open_bundle(&d->bundle, &d->code, err);
}

static void close_bundle(struct shown *d)
{
	if (d->has_bundle)
		sgn_bundle_dispose(&d->bundle);
	if (d->has_walk)
		sgn_walk_dispose(&d->walk);
	d->has_bundle = d->has_walk = false;
}

/* A main executable stands for its bundle, unless that is too damaged to be one. */
static int open_any(struct shown *d, const char *path, struct sgn_error *err)
{
	struct sgn_error why = SGN_ERROR_INIT;
	char *bundle;
	int rc = sgn_bundle_of(path, &bundle, err);

	if (rc)
		return rc;
	if (bundle && open_bundle(d, bundle, &why) == 0) {
		d->pub.bundle = sgn_arena_strdup(&d->arena, bundle);
		rc = d->pub.bundle ? 0 : sgn_fail_nomem(err);
	} else if (bundle && sgn_path_is_dir(path)) {
		rc = why.code;
		sgn_error_move(err, &why);
	} else {
		close_bundle(d);
		rc = sgn_code_open(path, false, &d->code, err);
	}
	sgn_error_dispose(&why);
	sgn_free(bundle);
	return rc;
}

int sgn_describe_path(struct sgn_context *ctx, const char *path, struct sgn_description **out,
                      struct sgn_error *err)
{
	struct shown *d = sgn_calloc(1, sizeof(*d));
	int rc;

	*out = NULL;
	if (!d)
		return sgn_fail_nomem(err);
	d->ctx = ctx;
	d->code.src.fd = -1;
	rc = open_any(d, path, err);
	if (rc == 0)
		rc = show_all(d, err);
	if (rc == 0 && d->has_bundle)
		rc = show_seal(d, err);
	if (rc == 0)
		*out = &d->pub;
	else
		sgn_description_free(&d->pub);
	return sgn_error_at_path(err, rc, path);
}

void sgn_description_free(struct sgn_description *description)
{
	struct shown *d = (struct shown *)description;

	if (!d)
		return;
	sgn_code_close(&d->code);
	close_bundle(d);
	sgn_arena_dispose(&d->arena);
	sgn_free(d);
}
