/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "signer/sigblob/codedir.h"
#include "signer/sigblob/codedir_layout.h"

/* Where everything comes to lie, from the beginning of the blob. */
struct layout {
	uint32_t version;
	uint32_t special_count;
	uint64_t page_count;
	size_t hash_size;
	uint64_t ident_offset, team_offset, pre_encrypt_offset, hash_offset, size;
};

static bool has_team(const struct sgn_codedir_spec *spec)
{
	return spec->team && spec->team[0] != '\0';
}

static uint64_t strings_size(const struct sgn_codedir_spec *spec)
{
	uint64_t size = strlen(spec->identifier) + 1;

	return has_team(spec) ? size + strlen(spec->team) + 1 : size;
}

/* The highest slot that is filled; absent ones below it hold zeros. */
static uint32_t special_count(const struct sgn_codedir_spec *spec)
{
	uint32_t n = CSSLOT_SPECIAL_MAX;

	while (n > 0 && spec->special[n].size == 0)
		n--;
	return n;
}

/* docs/format/codedirectory.md, "which version" */
uint32_t sgn_codedir_version(const struct sgn_codedir_spec *spec)
{
	if (spec->runtime != 0 || spec->has_pre_encrypt)
		return CS_SUPPORTSRUNTIME;
	if (spec->exec_limit > 0)
		return CS_SUPPORTSEXECSEG;
	if (spec->code_limit > UINT32_MAX)
		return CS_SUPPORTSCODELIMIT64;
	if (has_team(spec))
		return CS_SUPPORTSTEAMID;
	return CS_SUPPORTSSCATTER;
}

uint64_t sgn_codedir_page_count(const struct sgn_codedir_spec *spec)
{
	return sgn_codedir_pages(spec->code_limit, spec->page_shift);
}

static struct layout plan(const struct sgn_codedir_spec *spec, uint32_t version, uint32_t special)
{
	struct layout l = {.version = version, .special_count = special};

	l.hash_size = sgn_digest_size(spec->digest);
	l.page_count = sgn_codedir_page_count(spec);
	l.ident_offset = sgn_codedir_header_size(version);
	l.team_offset = has_team(spec) ? l.ident_offset + strlen(spec->identifier) + 1 : 0;
	l.hash_offset = l.ident_offset + strings_size(spec);
	if (spec->has_pre_encrypt) {
		l.pre_encrypt_offset = l.hash_offset;
		l.hash_offset += l.page_count * l.hash_size;
	}
	l.hash_offset += (uint64_t)special * l.hash_size;
	/* May wrap for an absurd code limit; check_size() looks at the number of pages first. */
	l.size = l.hash_offset + l.page_count * l.hash_size;
	return l;
}

uint64_t sgn_codedir_estimate(const struct sgn_codedir_spec *spec, uint32_t special)
{
	return plan(spec, CS_SUPPORTSRUNTIME, special).size;
}

static int check_digest(const struct sgn_codedir_spec *spec, struct sgn_error *err)
{
	int rc;

	if (sgn_digest_size(spec->digest) != 0 && spec->digest != SGN_DIGEST_SHA256_TRUNCATED)
		return 0;
	rc = sgn_fail(err, SGN_E_UNSUPPORTED, "CodeDirectory: digest type %d is not written",
	              (int)spec->digest);
	sgn_error_cure(err, rc, "use sha256, sha1 or sha384");
	return sgn_error_osstatus(err, rc, errSecCSUnsupportedDigestAlgorithm);
}

static int check_special(const struct sgn_codedir_spec *spec, const struct layout *l,
                         struct sgn_error *err)
{
	for (uint32_t n = 1; n <= l->special_count; n++)
		if (spec->special[n].size != 0 && spec->special[n].size != l->hash_size)
			return sgn_fail(err, SGN_E_INTERNAL,
			                "CodeDirectory: hash of %s has %zu bytes instead of %zu",
			                sgn_slot_name(n), spec->special[n].size, l->hash_size);
	return 0;
}

static int check_pre_encrypt(const struct sgn_codedir_spec *spec, const struct layout *l,
                             struct sgn_error *err)
{
	if (spec->pre_encrypt.size == 0 || spec->pre_encrypt.size == l->page_count * l->hash_size)
		return 0;
	return sgn_fail(err, SGN_E_INTERNAL, "CodeDirectory: %zu bytes of pre-encryption hashes",
	                spec->pre_encrypt.size);
}

static int check_size(const struct sgn_codedir_spec *spec, const struct layout *l,
                      struct sgn_error *err)
{
	if (spec->page_shift > SGN_LIMIT_PAGE_SHIFT)
		return sgn_fail(err, SGN_E_USAGE,
		                "CodeDirectory: a page of 2^%u bytes is more than 2^%u",
		                spec->page_shift, SGN_LIMIT_PAGE_SHIFT);
	if (spec->page_shift != 0 && spec->code_limit == 0)
		return sgn_fail(err, SGN_E_USAGE, "CodeDirectory: there is no code to sign");
	if (l->page_count > UINT32_MAX || l->size > UINT32_MAX)
		return sgn_fail(err, SGN_E_LIMIT,
		                "CodeDirectory: %llu pages do not fit its 32-bit length",
		                (unsigned long long)l->page_count);
	return 0;
}

static int check_spec(const struct sgn_codedir_spec *spec, const struct layout *l,
                      struct sgn_error *err)
{
	int rc = check_digest(spec, err);

	if (rc == 0 && spec->identifier[0] == '\0')
		rc = sgn_fail(err, SGN_E_USAGE, "CodeDirectory: the identifier is empty");
	if (rc == 0)
		rc = check_size(spec, l, err);
	if (rc == 0)
		rc = check_pre_encrypt(spec, l, err);
	return rc ? rc : check_special(spec, l, err);
}

static void write_oldest_fields(const struct sgn_codedir_spec *spec, const struct layout *l,
                                struct sgn_buf *out)
{
	bool wide = spec->code_limit > UINT32_MAX;

	sgn_wr_be32(out, CSMAGIC_CODEDIRECTORY);
	sgn_wr_be32(out, (uint32_t)l->size);
	sgn_wr_be32(out, l->version);
	sgn_wr_be32(out, spec->flags);
	sgn_wr_be32(out, (uint32_t)l->hash_offset);
	sgn_wr_be32(out, (uint32_t)l->ident_offset);
	sgn_wr_be32(out, l->special_count);
	sgn_wr_be32(out, (uint32_t)l->page_count);
	sgn_wr_be32(out, wide ? UINT32_MAX : (uint32_t)spec->code_limit);
	sgn_wr_u8(out, (uint8_t)l->hash_size);
	sgn_wr_u8(out, (uint8_t)spec->digest);
	sgn_wr_u8(out, spec->platform);
	sgn_wr_u8(out, spec->page_shift);
	sgn_wr_be32(out, 0); /* spare */
}

static void write_newer_fields(const struct sgn_codedir_spec *spec, const struct layout *l,
                               struct sgn_buf *out)
{
	sgn_wr_be32(out, 0); /* no scatter vector */
	if (l->version >= CS_SUPPORTSTEAMID)
		sgn_wr_be32(out, (uint32_t)l->team_offset);
	if (l->version >= CS_SUPPORTSCODELIMIT64) {
		sgn_wr_be32(out, 0); /* spare */
		sgn_wr_be64(out, spec->code_limit > UINT32_MAX ? spec->code_limit : 0);
	}
	if (l->version >= CS_SUPPORTSEXECSEG) {
		sgn_wr_be64(out, spec->exec_base);
		sgn_wr_be64(out, spec->exec_limit);
		sgn_wr_be64(out, spec->exec_flags);
	}
	if (l->version >= CS_SUPPORTSRUNTIME) {
		sgn_wr_be32(out, spec->runtime);
		sgn_wr_be32(out, (uint32_t)l->pre_encrypt_offset);
	}
}

static void write_strings(const struct sgn_codedir_spec *spec, struct sgn_buf *out)
{
	sgn_wr_bytes(out, spec->identifier, strlen(spec->identifier) + 1);
	if (has_team(spec))
		sgn_wr_bytes(out, spec->team, strlen(spec->team) + 1);
}

static void write_special(const struct sgn_codedir_spec *spec, const struct layout *l,
                          struct sgn_buf *out)
{
	for (uint32_t n = l->special_count; n > 0; n--) {
		if (spec->special[n].size == 0)
			sgn_wr_zero(out, l->hash_size);
		else
			sgn_wr_view(out, sgn_digest_view(&spec->special[n]));
	}
}

int sgn_codedir_write(const struct sgn_codedir_spec *spec, const uint8_t *code_hashes,
                      struct sgn_buf *out, struct sgn_error *err)
{
	struct sgn_view hashes;
	struct layout l = plan(spec, sgn_codedir_version(spec), special_count(spec));
	int rc = check_spec(spec, &l, err);

	if (rc)
		return rc;
	write_oldest_fields(spec, &l, out);
	write_newer_fields(spec, &l, out);
	write_strings(spec, out);
	hashes = sgn_view_of(code_hashes, (size_t)l.page_count * l.hash_size);
	if (spec->has_pre_encrypt)
		sgn_wr_view(out, spec->pre_encrypt.size ? spec->pre_encrypt : hashes);
	write_special(spec, &l, out);
	sgn_wr_view(out, hashes);
	return sgn_buf_finish(out, err, "CodeDirectory");
}
